//! What an attachment is, and what of a stored file is shown. Nothing here waits, and all of it may take
//! long for a large file.

use super::{MAX_BYTES, Media, decode, shown, sniff, sniff::Kind, text, too_large};
use crate::{EngineError, cost};
use domain::Hash;

/// The type that PDFs are stored under.
pub(super) const PDF: &str = "application/pdf";
/// Most bytes of a text that are shown: its beginning tells what it is.
const MOST_SHOWN: usize = 1 << 20;
/// Pixels of a picture to a token, and the most that providers make of one (Anthropic's rule; the
/// others' come to the same order).
const PIXELS_PER_TOKEN: usize = 750;
const MOST_IMAGE_TOKENS: usize = 1_600;

/// A file that can be taken.
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) is_image: bool,
    /// As they are stored: text is UTF-8.
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Hash,
    /// Estimated; none for a PDF, whose text is read elsewhere.
    pub(super) tokens: u32,
    pub(super) warning: Option<String>,
}

/// Looks at a file that is to be attached.
pub(super) fn at(name: String, offered: &str, data: &str) -> Result<Seen, EngineError> {
    let bytes = decode(data)?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large(&name, bytes.len()));
    }
    if bytes.is_empty() {
        return Err(EngineError::BadInput(format!("{name} is empty")));
    }
    match sniff::kind(&bytes) {
        Kind::Image(media_type) => image(name, media_type, bytes),
        Kind::Pdf => Ok(seen(name, PDF, bytes)),
        Kind::Audio(media_type) => {
            let warning = Some("only few models take audio".to_owned());
            Ok(Seen { warning, ..seen(name, media_type, bytes) })
        }
        Kind::Other(what) => Err(EngineError::BadInput(format!(
            "{name} is {what}; attach text, a PDF, or a PNG, JPEG, GIF or WebP picture"
        ))),
        Kind::Unknown => text_file(name, offered, &bytes),
    }
}

fn seen(name: String, media_type: &'static str, bytes: Vec<u8>) -> Seen {
    let hash = Hash::of(&bytes);
    Seen { name, media_type, is_image: false, bytes, hash, tokens: 0, warning: None }
}

fn image(name: String, media_type: &'static str, bytes: Vec<u8>) -> Result<Seen, EngineError> {
    if !sniff::SENT_IMAGES.contains(&media_type) {
        let text = format!("{name} is {media_type}, which no provider takes; convert it to PNG or JPEG");
        return Err(EngineError::BadInput(text));
    }
    let (width, height) = sniff::image_size(&bytes)?;
    let tokens = (width * height / PIXELS_PER_TOKEN).clamp(1, MOST_IMAGE_TOKENS) as u32;
    let warning = (width.max(height) > sniff::USUAL_SIDE)
        .then(|| format!("{width} × {height} pixels are more than most providers take"));
    Ok(Seen { is_image: true, tokens, warning, ..seen(name, media_type, bytes) })
}

fn text_file(name: String, offered: &str, bytes: &[u8]) -> Result<Seen, EngineError> {
    let text = text::decode(bytes).ok_or_else(|| {
        EngineError::BadInput(format!(
            "{name} is neither text nor any other kind of file that models take; attach text, a PDF or a picture"
        ))
    })?;
    let warning = (text.charset != text::UTF_8)
        .then(|| format!("its bytes are no UTF-8 and were read as {}", text.charset));
    let tokens = cost::tokens_of_text(&text.text);
    let bytes = text.text.into_bytes();
    Ok(Seen { tokens, warning, ..seen(name, text::media_type(offered), bytes) })
}

/// A stored file as it is shown: pictures made of pixels, and the beginning of text.
pub(super) fn to_show(bytes: &[u8]) -> Result<Media, EngineError> {
    match sniff::kind(bytes) {
        Kind::Image(media_type) => {
            sniff::image_size(bytes)?;
            Ok(shown(media_type, bytes))
        }
        Kind::Unknown if text::decode(bytes).is_some_and(|text| text.charset == text::UTF_8) => {
            let start = &bytes[..whole_characters(bytes, MOST_SHOWN)];
            Ok(Media { size: bytes.len() as u32, ..shown("text/plain", start) })
        }
        _ => Err(EngineError::BadInput("this file is neither text nor a picture to show".to_owned())),
    }
}

/// How many of the first `most` bytes of a text in UTF-8 end with a whole character.
fn whole_characters(bytes: &[u8], most: usize) -> usize {
    let mut end = most.min(bytes.len());
    // A byte that goes on with a character has `10` at its top.
    while end < bytes.len() && end > 0 && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    end
}

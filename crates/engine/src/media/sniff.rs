//! What a file is, by its bytes.

use crate::EngineError;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture made of pixels.
    Image(&'static str),
    /// A PDF.
    Pdf,
    /// Sound that models take.
    Audio(&'static str),
    /// Something known that no model takes.
    Other(&'static str),
    /// Nothing that is known by its first bytes: text, most often.
    Unknown,
}

/// Pictures that providers take.
pub(super) const SENT_IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// Pictures that are shown beside them.
const SHOWN_IMAGES: [&str; 2] = ["image/avif", "image/bmp"];
/// Longest side of a picture in pixels that providers usually take.
pub(super) const USUAL_SIDE: usize = 8_000;
/// Most pixels of a picture: more would take a gigabyte in the web view, however small the file.
const MOST_PIXELS: usize = 100_000_000;
/// Longest file name, in characters.
const LONGEST_NAME: usize = 120;

pub(super) fn kind(bytes: &[u8]) -> Kind {
    // Some programs write a few bytes before the head (and readers accept it).
    if bytes[..bytes.len().min(1024)].windows(5).any(|window| window == b"%PDF-") {
        return Kind::Pdf;
    }
    let Some(known) = infer::get(bytes) else { return Kind::Unknown };
    let media_type = known.mime_type();
    if SENT_IMAGES.contains(&media_type) || SHOWN_IMAGES.contains(&media_type) {
        return Kind::Image(media_type);
    }
    match (known.matcher_type(), media_type) {
        (_, "audio/mpeg") => Kind::Audio("audio/mpeg"),
        (_, "audio/x-wav") => Kind::Audio("audio/wav"),
        (infer::MatcherType::Image, _) => Kind::Other("a picture of a kind that no provider takes"),
        (infer::MatcherType::Audio, _) => Kind::Other("sound other than MP3 and WAV"),
        (infer::MatcherType::Video, _) => Kind::Other("a video"),
        (infer::MatcherType::Archive, _) => Kind::Other("an archive"),
        (infer::MatcherType::App, _) => Kind::Other("a program"),
        (infer::MatcherType::Doc, _) => Kind::Other("an office document"),
        (infer::MatcherType::Book, _) => Kind::Other("an e-book"),
        (infer::MatcherType::Font, _) => Kind::Other("a font"),
        // HTML, XML and shell scripts are text; so is what only begins like something else.
        _ => Kind::Unknown,
    }
}

/// Width and height in pixels.
///
/// # Errors
/// When the bytes do not say, or there are too many of them to be shown.
pub(super) fn image_size(bytes: &[u8]) -> Result<(usize, usize), EngineError> {
    let size = imagesize::blob_size(bytes).map_err(|_| {
        EngineError::BadInput("the picture is damaged: it does not say how large it is".to_owned())
    })?;
    if size.width.saturating_mul(size.height) > MOST_PIXELS {
        return Err(EngineError::BadInput(format!(
            "the picture has {} × {} pixels; make it smaller first",
            size.width, size.height
        )));
    }
    Ok((size.width, size.height))
}

/// A name that says no more than a name: no folders, no line breaks, nothing that turns the direction
/// of writing around to hide an ending.
pub(super) fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control() && !turns(*c)).take(LONGEST_NAME).collect();
    let clean = clean.trim().trim_start_matches('.');
    if clean.is_empty() { "file".to_owned() } else { clean.to_owned() }
}

/// Directional and invisible characters.
const fn turns(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}')
}

//! Images and files: kept once in the store by the hash of their bytes, sent along as base64. What a
//! file is, its bytes say; its name and the type that came with it are only for showing.

mod link;
mod pdf;
mod sniff;
mod text;

pub use link::{LinkError, openable};
pub(crate) use pdf::Reader as PdfReader;

use crate::{Engine, EngineError, cost};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Hash, MediaSource, Part};
use serde::{Deserialize, Serialize};
use sniff::Kind;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::Store;

/// Most bytes that one attachment may have.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes of a picture that is fetched from the web.
const MAX_FETCHED: usize = 10 * 1024 * 1024;
/// How long an attached file that nothing refers to counts as being in an unsent prompt.
const RECENT: Duration = Duration::from_hours(24);
/// Pixels of a picture to a token, and the most that providers make of one (Anthropic's rule; the
/// others' come to the same order).
const PIXELS_PER_TOKEN: usize = 750;
const MOST_IMAGE_TOKENS: usize = 1_600;
/// Tokens of a page that is sent as a picture.
const TOKENS_PER_PAGE: u32 = 1_600;

/// A file that was taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The file as it is: an image or a file part.
    pub part: Part,
    /// The text in it, as a file part of its own, where it has any (PDF).
    pub text: Option<Part>,
    /// Pages of a PDF.
    pub pages: Option<u32>,
    /// Tokens that the text, or else the file, comes to; estimated.
    pub tokens: u32,
    /// What the user should know, such as a PDF without text.
    pub warning: Option<String>,
}

/// Bytes to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// For example `image/png`.
    pub media_type: String,
    /// Length in bytes.
    pub size: u32,
    /// Base64.
    pub data: String,
}

/// Files that were attached in this process, and when.
#[derive(Debug, Default)]
pub(crate) struct Attached(Mutex<HashMap<Hash, Instant>>);

impl Attached {
    fn note(&self, hash: Hash) {
        let mut attached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attached.retain(|_, at| at.elapsed() < RECENT);
        attached.insert(hash, Instant::now());
    }

    pub(crate) fn is_recent(&self, hash: Hash) -> bool {
        let attached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attached.get(&hash).is_some_and(|at| at.elapsed() < RECENT)
    }
}

impl Engine {
    /// Takes a file into the store: base64 of its bytes. Nothing is kept when it is refused.
    ///
    /// # Errors
    /// When it is too large, or of a kind that no model takes.
    pub async fn attach(&self, name: &str, media_type: &str, data: &str) -> Result<Attachment, EngineError> {
        let name = sniff::file_name(name);
        // Before it is decoded: four characters are three bytes.
        if data.len() / 4 * 3 > MAX_BYTES + 2 {
            return Err(too_large(&name, data.len() / 4 * 3));
        }
        let bytes = decode(data)?;
        if bytes.len() > MAX_BYTES {
            return Err(too_large(&name, bytes.len()));
        }
        if bytes.is_empty() {
            return Err(EngineError::BadInput(format!("{name} is empty")));
        }
        match sniff::kind(&bytes) {
            Kind::Image(media_type) => self.attach_image(&name, media_type, &bytes).await,
            Kind::Pdf => self.attach_pdf(name, bytes).await,
            Kind::Audio(media_type) => {
                let part = self.file(&name, media_type, &bytes).await?;
                let warning = Some("only few models take audio".to_owned());
                Ok(Attachment { part, text: None, pages: None, tokens: 0, warning })
            }
            Kind::Other(what) => Err(EngineError::BadInput(format!(
                "{name} is {what}; attach text, a PDF, or a PNG, JPEG, GIF or WebP picture"
            ))),
            Kind::Unknown => self.attach_text(&name, media_type, &bytes).await,
        }
    }

    /// The bytes of an attachment or of a picture that a model made. Only pictures made of pixels and
    /// text come out: nothing that could run something where it is shown.
    ///
    /// # Errors
    /// When there is none of this hash, or it is neither.
    pub async fn media(&self, hash: Hash) -> Result<Media, EngineError> {
        let bytes = self.0.store.blobs().get(hash).await?;
        let bytes = bytes.ok_or_else(|| EngineError::NotFound { what: "file", id: hash.to_string() })?;
        match sniff::kind(&bytes) {
            Kind::Image(media_type) => {
                sniff::image_size(&bytes)?;
                Ok(shown(media_type, &bytes))
            }
            Kind::Unknown if text::decode(&bytes).is_some_and(|text| text.charset == text::UTF_8) => {
                Ok(shown("text/plain", &bytes))
            }
            _ => Err(EngineError::BadInput("this file is neither text nor a picture to show".to_owned())),
        }
    }

    /// Fetches a picture from the web, after the user asked for it. It is not kept.
    ///
    /// # Errors
    /// When the address is not a public one with https, does not answer, or answers with something
    /// that is no picture of at most 10 MB.
    pub async fn fetch_image(&self, url: &str) -> Result<Media, EngineError> {
        let fetched = self.0.transport.fetch_public(url, "image/", MAX_FETCHED).await;
        let bytes = fetched.map_err(|error| EngineError::BadInput(error.to_string()))?;
        picture(&bytes)
    }

    async fn attach_image(
        &self,
        name: &str,
        media_type: &'static str,
        bytes: &[u8],
    ) -> Result<Attachment, EngineError> {
        if !sniff::SENT_IMAGES.contains(&media_type) {
            let text = format!("{name} is {media_type}, which no provider takes; convert it to PNG or JPEG");
            return Err(EngineError::BadInput(text));
        }
        let (width, height) = sniff::image_size(bytes)?;
        let tokens = (width * height / PIXELS_PER_TOKEN).clamp(1, MOST_IMAGE_TOKENS) as u32;
        let warning = (width.max(height) > sniff::USUAL_SIDE)
            .then(|| format!("{width} × {height} pixels are more than most providers take"));
        let source = self.stored(media_type, bytes).await?;
        let part = Part::Image { media_type: media_type.to_owned(), source };
        Ok(Attachment { part, text: None, pages: None, tokens, warning })
    }

    async fn attach_text(
        &self,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Attachment, EngineError> {
        let text = text::decode(bytes).ok_or_else(|| {
            EngineError::BadInput(format!(
                "{name} is neither text nor any other kind of file that models take; attach text, a PDF or a picture"
            ))
        })?;
        let warning = (text.charset != text::UTF_8)
            .then(|| format!("its bytes are no UTF-8 and were read as {}", text.charset));
        let part = self.file(name, text::media_type(media_type), text.text.as_bytes()).await?;
        let tokens = cost::tokens_of_text(&text.text);
        Ok(Attachment { part, text: None, pages: None, tokens, warning })
    }

    async fn attach_pdf(&self, name: String, bytes: Vec<u8>) -> Result<Attachment, EngineError> {
        let part = self.file(&name, "application/pdf", &bytes).await?;
        let read = self.0.pdf.read(bytes).await;
        let text = match &read.text {
            Some(text) => Some(self.file(&format!("{name}.txt"), "text/plain", text.as_bytes()).await?),
            None => None,
        };
        let tokens = match &read.text {
            Some(text) => cost::tokens_of_text(text),
            None => read.pages.unwrap_or(1).saturating_mul(TOKENS_PER_PAGE),
        };
        Ok(Attachment { part, text, pages: read.pages, tokens, warning: read.warning })
    }

    async fn file(&self, name: &str, media_type: &str, bytes: &[u8]) -> Result<Part, EngineError> {
        let source = self.stored(media_type, bytes).await?;
        Ok(Part::File { media_type: media_type.to_owned(), name: Some(name.to_owned()), source })
    }

    async fn stored(&self, media_type: &str, bytes: &[u8]) -> Result<MediaSource, EngineError> {
        // Noted first, so that nobody who tidies up takes it for left behind.
        self.0.attached.note(Hash::of(bytes));
        let hash = self.0.store.blobs().put(media_type, bytes).await?;
        Ok(MediaSource::Blob { hash, size: bytes.len() as u32 })
    }
}

/// A picture that came from elsewhere, if it is one.
fn picture(bytes: &[u8]) -> Result<Media, EngineError> {
    match sniff::kind(bytes) {
        Kind::Image(media_type) => {
            sniff::image_size(bytes)?;
            Ok(shown(media_type, bytes))
        }
        _ => Err(EngineError::BadInput(
            "what came from there is no picture that is shown here (PNG, JPEG, GIF, WebP, AVIF, BMP)"
                .to_owned(),
        )),
    }
}

fn shown(media_type: &str, bytes: &[u8]) -> Media {
    Media { media_type: media_type.to_owned(), size: bytes.len() as u32, data: BASE64_STANDARD.encode(bytes) }
}

fn too_large(name: &str, bytes: usize) -> EngineError {
    let (has, most) = (bytes.div_ceil(1 << 20), MAX_BYTES >> 20);
    EngineError::BadInput(format!("{name} has {has} MB; at most {most} MB can be attached"))
}

fn decode(data: &str) -> Result<Vec<u8>, EngineError> {
    BASE64_STANDARD
        .decode(data.as_bytes())
        .map_err(|_| EngineError::BadInput("an attachment is no valid base64".to_owned()))
}

/// Moves inline bytes into the store; what comes back can be stored in a content.
pub(crate) async fn keep(store: &Store, mut parts: Vec<Part>) -> Result<Vec<Part>, EngineError> {
    for part in &mut parts {
        let (Part::Image { media_type, source } | Part::File { media_type, source, .. }) = part else {
            continue;
        };
        let MediaSource::Inline { data } = source else { continue };
        let bytes = decode(data)?;
        if bytes.len() > MAX_BYTES {
            return Err(too_large("an attachment", bytes.len()));
        }
        let size = bytes.len() as u32;
        let hash = store.blobs().put(media_type, &bytes).await?;
        *source = MediaSource::Blob { hash, size };
    }
    Ok(parts)
}

/// Puts stored bytes back inline, as the dialects want them.
pub(crate) async fn inline(store: &Store, parts: &mut [Part]) -> Result<(), EngineError> {
    for part in parts {
        let (Part::Image { source, .. } | Part::File { source, .. }) = part else { continue };
        let MediaSource::Blob { hash, .. } = source else { continue };
        let bytes = store
            .blobs()
            .get(*hash)
            .await?
            .ok_or_else(|| EngineError::NotFound { what: "attachment", id: hash.to_string() })?;
        *source = MediaSource::Inline { data: BASE64_STANDARD.encode(bytes) };
    }
    Ok(())
}

//! Images and files: kept once in the store by the hash of their bytes, sent along as base64. What a
//! file is, its bytes say; its name and the type that came with it are only for showing.

mod link;
mod look;
mod pdf;
mod sniff;
mod text;

pub use link::{LinkError, openable};
pub(crate) use pdf::Reader as PdfReader;
pub use pdf::pdf_reader;

use crate::{Engine, EngineError, cost, engine::now};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Hash, MediaSource, Part};
use serde::{Deserialize, Serialize};
use sniff::Kind;
use store::Store;

/// Most bytes that one attachment may have.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes of a picture that is fetched from the web.
const MAX_FETCHED: usize = 10 * 1024 * 1024;
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
    /// Base64; of a longer text only its beginning.
    pub data: String,
}

impl Engine {
    /// Takes a file into the store: base64 of its bytes. Nothing is kept when it is refused.
    ///
    /// # Errors
    /// When it is too large, or of a kind that no model takes.
    pub async fn attach(
        &self,
        name: &str,
        media_type: &str,
        data: impl Into<String>,
    ) -> Result<Attachment, EngineError> {
        let (name, offered, data) = (sniff::file_name(name), media_type.to_owned(), data.into());
        // Before it is decoded: four characters are three bytes.
        if data.len() / 4 * 3 > MAX_BYTES + 2 {
            return Err(too_large(&name, data.len() / 4 * 3));
        }
        let seen = aside(move || look::at(name, &offered, &data)).await??;
        let source = self.stored(seen.media_type, &seen.bytes, seen.hash).await?;
        let media_type = seen.media_type.to_owned();
        if seen.is_image {
            let part = Part::Image { media_type, source };
            return Ok(Attachment {
                part,
                text: None,
                pages: None,
                tokens: seen.tokens,
                warning: seen.warning,
            });
        }
        let part = Part::File { media_type, name: Some(seen.name.clone()), source };
        if seen.media_type == look::PDF {
            return self.with_text(seen, part).await;
        }
        Ok(Attachment { part, text: None, pages: None, tokens: seen.tokens, warning: seen.warning })
    }

    /// The bytes of an attachment or of a picture that a model made. Only pictures made of pixels and
    /// text come out: nothing that could run something where it is shown.
    ///
    /// # Errors
    /// When there is none of this hash, or it is neither.
    pub async fn media(&self, hash: Hash) -> Result<Media, EngineError> {
        let bytes = self.0.store.blobs().get(hash).await?;
        let bytes = bytes.ok_or_else(|| EngineError::NotFound { what: "file", id: hash.to_string() })?;
        aside(move || look::to_show(&bytes)).await?
    }

    /// Fetches a picture from the web, after the user asked for it. It is not kept.
    ///
    /// # Errors
    /// When the address is not a public one with https, does not answer, or answers with something
    /// that is no picture of at most 10 MB.
    pub async fn fetch_image(&self, url: &str) -> Result<Media, EngineError> {
        let fetched = self.0.transport.fetch_public(url, "image/", MAX_FETCHED).await;
        let bytes = fetched.map_err(|error| EngineError::BadInput(error.to_string()))?;
        aside(move || picture(&bytes)).await?
    }

    /// A PDF with the text in it.
    async fn with_text(&self, seen: look::Seen, part: Part) -> Result<Attachment, EngineError> {
        let read = self.0.pdf.read(&seen.bytes).await;
        let Some(text) = read.text else {
            let tokens = read.pages.unwrap_or(1).saturating_mul(TOKENS_PER_PAGE);
            return Ok(Attachment { part, text: None, pages: read.pages, tokens, warning: read.warning });
        };
        let (text, tokens, hash) = aside(move || {
            let (tokens, hash) = (cost::tokens_of_text(&text), Hash::of(text.as_bytes()));
            (text, tokens, hash)
        })
        .await?;
        let source = self.stored("text/plain", text.as_bytes(), hash).await?;
        let name = Some(format!("{}.txt", seen.name));
        let text = Some(Part::File { media_type: "text/plain".to_owned(), name, source });
        Ok(Attachment { part, text, pages: read.pages, tokens, warning: read.warning })
    }

    async fn stored(&self, media_type: &str, bytes: &[u8], hash: Hash) -> Result<MediaSource, EngineError> {
        self.0.store.blobs().attach(hash, media_type, bytes, now()).await?;
        Ok(MediaSource::Blob { hash, size: bytes.len() as u32 })
    }
}

/// Does what takes long for a large file beside the threads that answers stream on.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| EngineError::Broken(error.to_string()))
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
        let data = std::mem::take(data);
        let (bytes, hash) = aside(move || {
            let bytes = decode(&data)?;
            let hash = Hash::of(&bytes);
            Ok::<_, EngineError>((bytes, hash))
        })
        .await??;
        if bytes.len() > MAX_BYTES {
            return Err(too_large("an attachment", bytes.len()));
        }
        let size = bytes.len() as u32;
        store.blobs().attach(hash, media_type, &bytes, now()).await?;
        *source = MediaSource::Blob { hash, size };
    }
    Ok(parts)
}

/// Puts stored bytes back inline, as the dialects want them.
pub(crate) async fn inline(store: &Store, parts: &mut [Part]) -> Result<(), EngineError> {
    for part in parts {
        if let Some(text) = absent(part) {
            *part = Part::text(text);
        }
        let (Part::Image { source, .. } | Part::File { source, .. }) = part else { continue };
        let MediaSource::Blob { hash, .. } = source else { continue };
        let bytes = store
            .blobs()
            .get(*hash)
            .await?
            .ok_or_else(|| EngineError::NotFound { what: "attachment", id: hash.to_string() })?;
        *source = MediaSource::Inline { data: aside(move || BASE64_STANDARD.encode(bytes)).await? };
    }
    Ok(())
}

/// What a model is told in place of a file that an import only named.
fn absent(part: &Part) -> Option<String> {
    let (Part::Image { source, .. } | Part::File { source, .. }) = part else { return None };
    let MediaSource::Url { url } = source else { return None };
    Some(format!("[a file that is not here: {}]", url.strip_prefix("missing:")?))
}

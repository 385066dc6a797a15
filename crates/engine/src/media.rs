//! Images and files: kept once in the store by the hash of their bytes, sent along as base64.

use crate::EngineError;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{MediaSource, Part};
use store::Store;

/// Most bytes that one attachment may have.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Moves inline bytes into the store; what comes back can be stored in a content.
pub(crate) async fn keep(store: &Store, mut parts: Vec<Part>) -> Result<Vec<Part>, EngineError> {
    for part in &mut parts {
        let (Part::Image { media_type, source } | Part::File { media_type, source, .. }) = part else {
            continue;
        };
        let MediaSource::Inline { data } = source else { continue };
        let bytes = BASE64_STANDARD
            .decode(data.as_bytes())
            .map_err(|_| EngineError::BadInput("an attachment is no valid base64".to_owned()))?;
        if bytes.len() > MAX_BYTES {
            let text = format!(
                "an attachment has {} MB; at most {} can be sent",
                bytes.len() >> 20,
                MAX_BYTES >> 20
            );
            return Err(EngineError::BadInput(text));
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

//! What parts put before a model, measured once: text by its weight, pictures by their size, PDFs by
//! their pages. Tokens come of it with a dialect, for each counts pictures in its own way.

use crate::{Engine, EngineError};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dialects::{image_tokens, pdf_tokens, text_tokens, text_weight};
use domain::{Dialect, Hash, MediaSource, Message, MessageId, MessageStatus, Part};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Most paths and files whose weight is remembered.
const REMEMBERED: usize = 1_024;
/// Steps up a path that are taken one by one before it is read whole: with every prompt it grows by two.
const STEPS: usize = 8;
/// A picture whose size cannot be read.
const USUAL_SIDE: u32 = 1_024;
/// Bytes of a PDF to a page, where its pages cannot be counted.
const BYTES_PER_PAGE: usize = 60_000;

/// What parts weigh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// In quarters of a token.
    text: u64,
    media: Vec<Medium>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Medium {
    Image(u32, u32),
    /// So many pages.
    Pdf(u32),
}

impl Weight {
    /// A text alone.
    pub(crate) fn of_text(text: &str) -> Self {
        Self { text: text_weight(text), media: Vec::new() }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.text += other.text;
        self.media.extend_from_slice(&other.media);
    }

    /// Tokens of it, estimated.
    pub(crate) fn tokens(&self, dialect: Dialect) -> u32 {
        let media = self.media.iter().map(|medium| match *medium {
            Medium::Image(width, height) => image_tokens(dialect, width, height),
            Medium::Pdf(pages) => pdf_tokens(dialect, pages),
        });
        media.fold(text_tokens(self.text), u32::saturating_add)
    }
}

/// Weights that were measured before. Messages and files never change, so they hold for ever.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    paths: Mutex<HashMap<MessageId, Weight>>,
    files: Mutex<HashMap<Hash, Weight>>,
}

fn held<K, V>(of: &Mutex<HashMap<K, V>>) -> MutexGuard<'_, HashMap<K, V>> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember<K: std::hash::Hash + Eq>(of: &Mutex<HashMap<K, Weight>>, key: K, weight: Weight) {
    let mut all = held(of);
    if all.len() >= REMEMBERED {
        all.clear();
    }
    all.insert(key, weight);
}

impl Engine {
    /// What these parts weigh. Files that are stored are read once.
    pub(crate) async fn weigh(&self, parts: &[Part]) -> Result<Weight, EngineError> {
        let mut weight = Weight::default();
        for part in parts {
            match part {
                Part::Image { media_type, source } | Part::File { media_type, source, .. } => {
                    weight.add(&self.weigh_file(media_type, source).await?);
                }
                _ => weight.text += weight_of(part),
            }
        }
        Ok(weight)
    }

    async fn weigh_file(&self, media_type: &str, source: &MediaSource) -> Result<Weight, EngineError> {
        match source {
            MediaSource::Inline { data } => Ok(BASE64_STANDARD
                .decode(data)
                .map_or_else(|_| Weight::default(), |b| measured(media_type, &b))),
            MediaSource::Url { .. } => Ok(measured(media_type, &[])),
            MediaSource::Blob { hash, .. } => {
                if let Some(known) = held(&self.0.weights.files).get(hash) {
                    return Ok(known.clone());
                }
                let Some(bytes) = self.0.store.blobs().get(*hash).await? else {
                    return Ok(Weight::default());
                };
                let weight = measured(media_type, &bytes);
                remember(&self.0.weights.files, *hash, weight.clone());
                Ok(weight)
            }
        }
    }

    /// What the path to `tip` puts before a model. A path that was weighed before, or goes on from one
    /// that was, costs no more than what is new of it.
    pub(crate) async fn weigh_path(&self, tip: MessageId) -> Result<Weight, EngineError> {
        let mut fresh: Vec<Message> = Vec::new();
        let mut at = Some(tip);
        let mut weight = Weight::default();
        while let Some(id) = at {
            if let Some(known) = held(&self.0.weights.paths).get(&id) {
                weight = known.clone();
                break;
            }
            if fresh.len() == STEPS {
                // The parents of what was read are read again with the rest: once.
                fresh = self.0.store.messages().path_to(tip).await?;
                fresh.reverse();
                break;
            }
            let Some(message) = self.0.store.messages().get(id).await? else { break };
            at = message.parent_id;
            fresh.push(message);
        }
        for message in fresh.into_iter().rev() {
            if is_sent(&message) {
                weight.add(&self.weigh(&message.parts).await?);
            }
            if message.status == MessageStatus::Streaming {
                break;
            }
            remember(&self.0.weights.paths, message.id, weight.clone());
        }
        Ok(weight)
    }
}

/// What the text of a part weighs, in quarters of a token.
pub(crate) fn weight_of(part: &Part) -> u64 {
    match part {
        Part::Text { text } | Part::Reasoning { text, .. } | Part::ToolResult { text, .. } => {
            text_weight(text)
        }
        Part::ToolCall { name, arguments, .. } => text_weight(name) + text_weight(arguments),
        // Sources of an answer and what a provider sealed: what of it is sent, only the provider knows.
        Part::Image { .. } | Part::File { .. } | Part::Raw { .. } => 0,
    }
}

/// Partial texts are sent as they are; an answer that failed before it said anything is not.
pub(crate) fn is_sent(message: &Message) -> bool {
    let says_something = message.parts.iter().any(|p| match p {
        Part::Text { text } => !text.is_empty(),
        Part::Reasoning { .. } => false,
        _ => true,
    });
    message.status == MessageStatus::Complete || says_something
}

fn measured(media_type: &str, bytes: &[u8]) -> Weight {
    let medium = match media_type {
        _ if media_type.starts_with("image/") => {
            let size = imagesize::blob_size(bytes).ok();
            let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let (width, height) = size.map_or((USUAL_SIDE, USUAL_SIDE), |s| (side(s.width), side(s.height)));
            Medium::Image(width, height)
        }
        "application/pdf" => Medium::Pdf(pages(bytes)),
        _ => return std::str::from_utf8(bytes).map_or_else(|_| Weight::default(), Weight::of_text),
    };
    Weight { text: 0, media: vec![medium] }
}

/// Pages of a PDF, by what can be seen of them without reading it; else by its length.
fn pages(bytes: &[u8]) -> u32 {
    let is_page = |at: &[u8]| {
        let rest = at.strip_prefix(b"/Type").map(<[u8]>::trim_ascii_start);
        let rest = rest.and_then(|rest| rest.strip_prefix(b"/Page"));
        rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    };
    let found =
        bytes.iter().enumerate().filter(|(at, byte)| **byte == b'/' && is_page(&bytes[*at..])).count();
    let pages = if found == 0 { bytes.len().div_ceil(BYTES_PER_PAGE).max(1) } else { found };
    u32::try_from(pages).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_where_they_can_be_seen() {
        assert_eq!(pages(b"<< /Type /Pages >> << /Type /Page /X 1 >> << /Type/Page>>"), 2);
        assert_eq!(pages(&vec![0; 100_000]), 2);
        assert_eq!(pages(b""), 1);
    }
}

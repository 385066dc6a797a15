//! What parts put before a model, measured once: text by its weight, pictures by their size, PDFs by
//! their pages. Tokens come of it with a dialect, for each counts pictures in its own way.

use crate::{Engine, EngineError, media::aside};
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
    pub(crate) text: u64,
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
    /// Of the paths that were asked for: to the ends of branches, not to each message on the way.
    paths: Mutex<Remembered<MessageId>>,
    files: Mutex<Remembered<Hash>>,
}

/// The weights that were asked for last.
#[derive(Debug)]
struct Remembered<K> {
    all: HashMap<K, (Weight, u64)>,
    most: usize,
    /// Counts what was asked for.
    clock: u64,
}

impl<K> Default for Remembered<K> {
    fn default() -> Self {
        Self { all: HashMap::new(), most: REMEMBERED, clock: 0 }
    }
}

impl<K: std::hash::Hash + Eq + Copy> Remembered<K> {
    fn get(&mut self, key: K) -> Option<Weight> {
        let (weight, asked) = self.all.get_mut(&key)?;
        self.clock += 1;
        *asked = self.clock;
        Some(weight.clone())
    }

    /// The one that was not asked for the longest makes room.
    fn put(&mut self, key: K, weight: Weight) {
        if self.all.len() >= self.most
            && !self.all.contains_key(&key)
            && let Some(oldest) = self.all.iter().min_by_key(|(_, (_, asked))| *asked).map(|(key, _)| *key)
        {
            self.all.remove(&oldest);
        }
        self.clock += 1;
        self.all.insert(key, (weight, self.clock));
    }
}

fn held<K>(of: &Mutex<Remembered<K>>) -> MutexGuard<'_, Remembered<K>> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
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
            MediaSource::Inline { data } => {
                let (media_type, data) = (media_type.to_owned(), data.clone());
                let bytes = move || BASE64_STANDARD.decode(data);
                aside(move || bytes().map_or_else(|_| Weight::default(), |b| measured(&media_type, &b))).await
            }
            MediaSource::Url { .. } => Ok(measured(media_type, &[])),
            MediaSource::Blob { hash, .. } => {
                if let Some(known) = held(&self.0.weights.files).get(*hash) {
                    return Ok(known);
                }
                let Some(bytes) = self.0.store.blobs().get(*hash).await? else {
                    return Ok(Weight::default());
                };
                let media_type = media_type.to_owned();
                let weight = aside(move || measured(&media_type, &bytes)).await?;
                held(&self.0.weights.files).put(*hash, weight.clone());
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
            if let Some(known) = held(&self.0.weights.paths).get(id) {
                weight = known;
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
        // The last message that changes no more is the one that paths go on from.
        let settled = fresh.iter().rev().take_while(|message| message.status != MessageStatus::Streaming);
        let end = settled.last().map(|message| message.id);
        for message in fresh.into_iter().rev() {
            if is_sent(&message) {
                weight.add(&self.weigh(&message.parts).await?);
            }
            if Some(message.id) == end {
                held(&self.0.weights.paths).put(message.id, weight.clone());
            }
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
    fn what_is_asked_for_again_and_again_stays_remembered() {
        let mut remembered = Remembered { most: 10, ..Remembered::default() };
        let columns = 0..8;
        for column in columns.clone() {
            remembered.put(column, Weight::of_text("a column"));
        }
        for other in 100..400 {
            remembered.put(other, Weight::of_text("a conversation that was opened once"));
            for column in columns.clone() {
                assert_eq!(remembered.get(column), Some(Weight::of_text("a column")), "{other}");
            }
        }
        assert_eq!(remembered.all.len(), 10);
        remembered.put(0, Weight::default());
        assert_eq!((remembered.get(0), remembered.all.len()), (Some(Weight::default()), 10));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_a_long_path_only_its_end_is_remembered() {
        use domain::{AskColumn, RunOrigin, StartRun};
        let home = testkit::Home::empty().unwrap();
        let engine = Engine::open(home.path(), crate::EngineOptions::command()).await.unwrap();
        let (mut conversation, mut branch, mut tip) = (None, None, None);
        for turn in 0..=STEPS {
            let target = "simulated/fast?len=2".parse().unwrap();
            let columns = vec![AskColumn { branch, ..AskColumn::of(target) }];
            let parts = vec![Part::text(format!("turn {turn}"))];
            let ask = StartRun { important: false, conversation, parts, columns, system: None };
            let started = engine.start_run(ask, RunOrigin::Cli).await.unwrap();
            let mut events = engine.events(started.run, 0).await.unwrap();
            while events.next().await.is_some() {}
            conversation = Some(started.conversation);
            (branch, tip) = (Some(started.columns[0].branch), Some(started.columns[0].message));
        }
        let whole = engine.weigh_path(tip.unwrap()).await.unwrap();
        let said = engine.0.store.messages().path_to(tip.unwrap()).await.unwrap();
        assert_eq!(whole.text, said.iter().flat_map(|m| &m.parts).map(weight_of).sum::<u64>());
        assert_eq!(held(&engine.0.weights.paths).all.keys().copied().collect::<Vec<_>>(), [tip.unwrap()]);
        assert_eq!(engine.weigh_path(tip.unwrap()).await.unwrap(), whole);
        engine.close().await;
    }

    #[test]
    fn pages_are_counted_where_they_can_be_seen() {
        assert_eq!(pages(b"<< /Type /Pages >> << /Type /Page /X 1 >> << /Type/Page>>"), 2);
        assert_eq!(pages(&vec![0; 100_000]), 2);
        assert_eq!(pages(b""), 1);
    }
}

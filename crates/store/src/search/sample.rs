//! How common things are, guessed from a sample of what was said. A wrong guess costs time, never a
//! hit: it only decides where looking begins, and in which order.

use super::index::texts;
use crate::{Store, StoreError};
use domain::Part;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

/// Contents that are looked at.
const CONTENTS: i64 = 1_000;
/// Characters of each.
const LENGTH: usize = 4_000;

/// In which share of all texts one, two or three characters stand.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    seen: HashMap<u64, u32>,
    texts: u32,
    /// The greatest row id there was.
    last: i64,
}

/// The sample, while it is good.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<Arc<Sample>>>);

impl Sample {
    /// A sample of what there is now, or one of not long ago.
    pub(super) async fn of(store: &Store, last: i64) -> Result<Arc<Self>, StoreError> {
        let kept = store.inner.sample.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sample) = kept.filter(|sample| last <= sample.last + sample.last / 4 + 200) {
            return Ok(sample);
        }
        // Odd, because what people and imports store repeats in even rhythms: a question, an answer.
        let step = (last / CONTENTS).max(1) | 1;
        let found = sqlx::query_scalar!(
            "WITH RECURSIVE place (id) AS (SELECT ?1 UNION ALL SELECT id - ?2 FROM place WHERE id > ?2)
            SELECT content.parts FROM place JOIN content ON content.id = place.id",
            last,
            step
        )
        .fetch_all(store.readers())
        .await?;
        let sample = Arc::new(Self::new(&found, last));
        *store.inner.sample.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&sample));
        Ok(sample)
    }

    fn new(contents: &[String], last: i64) -> Self {
        let mut sample = Self { last, ..Self::default() };
        let mut grams = HashSet::new();
        for json in contents {
            let parts: Vec<Part> = serde_json::from_str(json).unwrap_or_default();
            grams.clear();
            for text in texts(&parts) {
                let (mut one, mut two) = (None, None);
                for c in text.chars().take(LENGTH).flat_map(char::to_lowercase) {
                    grams.insert(key(&[c]));
                    if let Some(b) = one {
                        grams.insert(key(&[b, c]));
                        if let Some(a) = two {
                            grams.insert(key(&[a, b, c]));
                        }
                    }
                    (one, two) = (Some(c), one);
                }
            }
            if !grams.is_empty() {
                sample.texts += 1;
                for gram in &grams {
                    *sample.seen.entry(*gram).or_default() += 1;
                }
            }
        }
        sample
    }

    /// The share of texts with these one to three characters, never 0.
    pub(super) fn share(&self, gram: &str) -> f64 {
        let chars: Vec<char> = gram.chars().flat_map(char::to_lowercase).take(3).collect();
        let seen = self.seen.get(&key(&chars)).copied().unwrap_or(0);
        (f64::from(seen) + 0.2) / (f64::from(self.texts) + 0.4)
    }
}

fn key(chars: &[char]) -> u64 {
    chars.iter().fold(0, |key, c| key << 21 | u64::from(u32::from(*c)))
}

//! How common things are, guessed from a sample of what was said. A wrong guess costs time, never a
//! hit: it decides where looking begins, in which order, and whether there is too much to rank.

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
    /// In small letters.
    texts: Vec<Box<str>>,
    /// The greatest row id there was.
    last: i64,
    /// So many row ids are stood for by each that was looked at.
    step: i64,
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
        let sample = Arc::new(Self::new(&found, last, step));
        *store.inner.sample.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&sample));
        Ok(sample)
    }

    fn new(contents: &[String], last: i64, step: i64) -> Self {
        let mut sample = Self { last, step, ..Self::default() };
        let mut grams = HashSet::new();
        for json in contents {
            let parts: Vec<Part> = serde_json::from_str(json).unwrap_or_default();
            grams.clear();
            let mut said = String::new();
            for text in texts(&parts) {
                let (mut one, mut two) = (None, None);
                said.push('\n');
                for c in text.chars().take(LENGTH).flat_map(char::to_lowercase) {
                    said.push(c);
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
                sample.texts.push(said.into_boxed_str());
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
        (f64::from(seen) + 0.2) / (self.texts.len() as f64 + 0.4)
    }

    /// How many texts have all of these words, about. Where nothing is any more, nothing was found.
    pub(super) fn hits(&self, words: &[String]) -> f64 {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let seen = self.texts.iter().filter(|text| words.iter().all(|word| text.contains(word.as_str())));
        seen.count() as f64 * self.step as f64
    }
}

fn key(chars: &[char]) -> u64 {
    chars.iter().fold(0, |key, c| key << 21 | u64::from(u32::from(*c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_texts_have_all_words_is_told_by_their_share_in_the_sample() {
        let said = |text: &str| serde_json::json!([{ "type": "text", "text": text }]).to_string();
        let contents = [said("Owls and Birds"), said("birds"), said("an owl"), said("nobody")];
        // Of 20,000 ids, most of which were erased.
        let sample = Sample::new(&contents, 20_000, 1_001);
        let hits =
            |words: &[&str]| sample.hits(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert!((hits(&["OWL"]) - 2_002.0).abs() < 0.1);
        assert!((hits(&["owl", "bird"]) - 1_001.0).abs() < 0.1);
        assert!(hits(&["eagle"]).abs() < 0.1);
        assert!(Sample::default().hits(&["owl".to_owned()]).abs() < 0.1);
    }
}

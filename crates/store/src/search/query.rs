//! What was typed, as questions to the indexes.
//!
//! A long word is looked up by its rarest trigrams, not by all of them: reading the lists of all is
//! what takes time where each of them is common ("about out many then"). Whether the characters that
//! were found do make the word is then asked of the text itself.

use super::{index::is_dense, sample::Sample};
use crate::StoreError;

/// How many trigrams are looked up.
const TRIGRAMS: usize = 4;
/// A short word in a smaller share of all texts is rare.
const RARE: f64 = 0.002;

/// What stands before a text in JSON.
const AROUND: &str = "[{\"type\":\"text\",\"text\":\"";

/// What drives a search.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Driver {
    /// An FTS5 expression.
    Text(String),
    /// Two dense characters.
    Gram(String),
    /// What begins with a dense character, none too common.
    Grams(String),
    /// Rare trigrams that begin with this; which, the index knows.
    Start(String),
    /// Nothing: all contents, the newest first.
    Newest,
}

#[derive(Debug)]
pub(super) struct Query {
    pub(super) driver: Driver,
    /// The share of contents that the driver may find, guessed.
    pub(super) share: f64,
    /// Up to three `LIKE` patterns for text that is JSON escaped …
    pub(super) escaped: [Option<String>; 3],
    /// … and all of them for plain text: a JSON array of arrays of spellings.
    pub(super) plain: String,
    /// There are more words than `escaped` holds, or some with several spellings.
    pub(super) only_plain: bool,
    /// One of the words stands in what surrounds a text in JSON.
    pub(super) like_syntax: bool,
    /// It has words that only the index can compare without regard to large and small letters.
    pub(super) needs_index: bool,
    pub(super) words: Vec<String>,
}

impl Query {
    /// `None` when nothing is looked for.
    pub(super) fn of(text: &str, sample: &Sample) -> Result<Option<Self>, StoreError> {
        let words = words(text);
        if words.is_empty() {
            return Ok(None);
        }
        let (long, short): (Vec<&String>, Vec<&String>) =
            words.iter().partition(|word| word.chars().count() >= 3);
        let (mut driver, mut share) = (Driver::Newest, 1.0);
        let mut checked: Vec<Vec<String>> = short.iter().map(|word| spellings(word)).collect();
        checked.extend(long.iter().filter(|word| is_like(word)).map(|word| vec![(*word).clone()]));
        let needs_index = long.iter().any(|word| !is_like(word));
        if long.is_empty() {
            if let Some(word) = short.iter().min_by(|a, b| by_share(sample, a, b)) {
                share = sample.share(word);
                driver = match (dense(word), word.chars().count()) {
                    (true, 2) => Driver::Gram((*word).clone()),
                    (true, _) if share < RARE * 5.0 => Driver::Grams((*word).clone()),
                    (false, _) if share < RARE => Driver::Start(word.to_lowercase()),
                    _ => {
                        share = 1.0;
                        Driver::Newest
                    }
                };
            }
        } else {
            let rarest = rarest(sample, &long);
            let mut terms: Vec<String> = rarest.iter().map(|gram| quoted(gram)).collect();
            let grams = long.iter().flat_map(|word| trigrams(word));
            share = grams.map(|gram| sample.share(&gram)).fold(1.0, f64::min);
            terms.extend(long.iter().filter(|word| !is_like(word)).map(|word| quoted(word)));
            driver = Driver::Text(terms.join(" AND "));
        }
        let only_plain = checked.len() > 3 || checked.iter().any(|spellings| spellings.len() > 1);
        let mut escaped = [None, None, None];
        for (slot, spellings) in escaped.iter_mut().zip(&checked) {
            *slot = spellings.first().map(|word| like(&in_json(word)));
        }
        let patterns: Vec<Vec<String>> =
            checked.iter().map(|spellings| spellings.iter().map(|word| like(word)).collect()).collect();
        let plain = crate::rows::to_json(&patterns)?;
        let like_syntax = checked.iter().flatten().any(|word| {
            AROUND.contains(word.to_ascii_lowercase().as_str()) || word.contains(['"', '[', ']', '{', '}'])
        });
        Ok(Some(Self { driver, share, escaped, plain, only_plain, like_syntax, needs_index, words }))
    }
}

/// The rarest trigrams of all words, no two of them over each other: those say less together.
fn rarest(sample: &Sample, words: &[&String]) -> Vec<String> {
    let mut all: Vec<(usize, usize, String)> = Vec::new();
    for (word, text) in words.iter().enumerate().filter(|(_, text)| is_like(text)) {
        all.extend(trigrams(text).into_iter().enumerate().map(|(at, gram)| (word, at, gram)));
    }
    all.sort_by(|a, b| by_share(sample, &a.2, &b.2));
    let mut chosen: Vec<&(usize, usize, String)> = Vec::new();
    for gram in &all {
        let apart = chosen
            .iter()
            .all(|(word, at, text)| (*word != gram.0 || at.abs_diff(gram.1) >= 3) && *text != gram.2);
        if apart && chosen.len() < TRIGRAMS {
            chosen.push(gram);
        }
    }
    chosen.into_iter().map(|(.., gram)| gram.clone()).collect()
}

fn by_share(sample: &Sample, a: &str, b: &str) -> std::cmp::Ordering {
    sample.share(a).total_cmp(&sample.share(b)).then_with(|| a.cmp(b))
}

fn dense(word: &str) -> bool {
    word.chars().all(is_dense)
}

/// Whether `LIKE` compares this as people do: it knows large and small letters of ASCII only.
fn is_like(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii() || !(c.is_lowercase() || c.is_uppercase()))
}

/// The ways to write a short word with large and small letters, as far as `LIKE` does not know them.
fn spellings(word: &str) -> Vec<String> {
    let mut all = vec![word.to_owned()];
    if !is_like(word) {
        let mut partial = vec![String::new()];
        for c in word.chars() {
            let forms: Vec<String> = vec![c.to_lowercase().collect(), c.to_uppercase().collect()];
            partial = partial
                .iter()
                .flat_map(|begun| forms.iter().map(move |form| format!("{begun}{form}")))
                .collect();
        }
        all.extend(partial);
        all.sort();
        all.dedup();
    }
    all
}

fn trigrams(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    chars.windows(3).map(|gram| gram.iter().collect()).collect()
}

/// A string of FTS5.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text as it stands within JSON.
fn in_json(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere.
pub(crate) fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, piece) in text.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(piece.trim().to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words.retain(|word| !word.is_empty());
    words.dedup();
    words
}

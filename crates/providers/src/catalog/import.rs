//! Public lists of models, read into facts: price lists, model lists of resellers and providers, and
//! leaderboards, told apart by what is in them.
//!
//! What comes is somebody else's: it is bounded before it is read, a row that makes no sense is left
//! out and named, and a list of which too little is left is refused whole, so that a broken download
//! never replaces what is known.

mod decimal;
mod entries;
mod leaderboard;
mod lists;
mod price_lists;

use domain::{Capabilities, ModelDates, NanoUsd, Prices};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fmt};

/// Longest list that is read.
pub const MAX_BYTES: usize = 32 << 20;
/// Most rows of a list.
const MAX_ROWS: usize = 50_000;
/// Longest name of a model, and most that a message lists.
const MAX_NAME: usize = 200;
const SHOWN: usize = 20;
/// Dearest price that is believed, a million tokens, and the largest window.
const MOST_USD: NanoUsd = NanoUsd(10_000_000_000_000);
const MOST_TOKENS: u32 = 100_000_000;

/// Which kind of list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What providers themselves list.
    Provider,
    /// The collection of providers' lists at models.dev.
    ModelsDev,
    /// LiteLLM's price list.
    Litellm,
    /// OpenRouter's model list.
    Openrouter,
    /// A leaderboard of LMArena.
    Lmarena,
    /// What the Hugging Face Hub says of weights.
    HuggingFace,
}

impl Kind {
    /// Its name in the store and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::ModelsDev => "models-dev",
            Self::Litellm => "litellm",
            Self::Openrouter => "openrouter",
            Self::Lmarena => "lmarena",
            Self::HuggingFace => "hugging-face",
        }
    }
}

/// What a list says of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Fact {
    /// Whose model it is: a shelf of the catalog, or empty when the list says nothing of a provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// As it is named there.
    pub id: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Most tokens of prompt and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_limit: Option<u32>,
    /// What it costs; all `None` is unknown.
    pub prices: Prices,
    /// What it costs when more tokens than this go in. Ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<(u32, Prices)>,
    /// What it costs in a batch.
    #[serde(skip_serializing_if = "Prices::is_unknown")]
    pub batch: Prices,
    /// When it came out, and the like.
    #[serde(skip_serializing_if = "ModelDates::is_empty")]
    pub dates: ModelDates,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Other names that the list itself says are this model's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// A leaderboard, its figure and the votes behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<(String, f32, u32)>,
}

/// A list that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// What kind of list it was.
    pub kind: Kind,
    /// What it says.
    pub facts: Vec<Fact>,
    /// Rows that make no sense, and why; the first of them.
    pub skipped: Vec<(String, String)>,
    /// How many were left out.
    pub skipped_count: usize,
}

/// A list that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is longer than what is read.
    #[error("it is longer than {} MB; the lists that are known have one or two", MAX_BYTES >> 20)]
    TooLong,
    /// It is no list, or a broken one.
    #[error("it is no list of models that can be read: {0}")]
    Malformed(String),
    /// Nothing like it is known.
    #[error(
        "its form is not known; LiteLLM's prices, models.dev's api.json, OpenRouter's models, LMArena's csv, a \
         provider's own list and Hugging Face's metadata can be read"
    )]
    Unknown,
    /// Too little of it makes sense.
    #[error("{0} of its {1} rows make no sense, so the list is not trusted: {2}")]
    Broken(usize, usize, String),
    /// It is a list without models.
    #[error("there is no model in it")]
    Empty,
}

/// Collects facts and what was left out.
struct Collector {
    facts: Vec<Fact>,
    seen: HashSet<(String, String)>,
    skipped: Vec<(String, String)>,
    count: usize,
}

impl Collector {
    fn new() -> Self {
        Self { facts: Vec::new(), seen: HashSet::new(), skipped: Vec::new(), count: 0 }
    }

    fn skip(&mut self, row: &str, why: impl fmt::Display) {
        self.count += 1;
        if self.skipped.len() < SHOWN {
            let row: String = row.chars().filter(|c| !c.is_control()).take(80).collect();
            self.skipped.push((row, why.to_string()));
        }
    }

    /// Takes a row that is in order.
    fn take(&mut self, fact: Fact) {
        match fault(&fact) {
            Some(why) => self.skip(&fact.id, why),
            None if self.facts.len() >= MAX_ROWS => self.skip(&fact.id, "there are too many rows"),
            None => {
                let board = fact.score.as_ref().map_or("", |(board, ..)| board.as_str());
                let key = (format!("{}\n{board}", fact.provider), fact.id.to_lowercase());
                if self.seen.insert(key) {
                    self.facts.push(fact);
                } else {
                    self.skip(&fact.id, "it is listed twice; the first one counts");
                }
            }
        }
    }
}

/// What is wrong with a row.
fn fault(fact: &Fact) -> Option<&'static str> {
    if fact.id.trim().is_empty() {
        return Some("it has no name");
    }
    let names = [Some(&fact.id), fact.name.as_ref(), Some(&fact.provider)].into_iter().flatten();
    for name in names.chain(&fact.aliases) {
        if name.len() > MAX_NAME {
            return Some("its name is too long");
        }
        if name.chars().any(|c| {
            c.is_control() || matches!(c, '<' | '>' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        }) {
            return Some("its name has markup or control characters");
        }
    }
    let all = [&fact.prices, &fact.batch].into_iter().chain(fact.above.iter().map(|(_, prices)| prices));
    for prices in all {
        let Prices { input, output, cached_read, cached_write, reasoning } = *prices;
        for price in [input, output, cached_read, cached_write, reasoning].into_iter().flatten() {
            if price.0 < 0 {
                return Some("a price is negative");
            }
            if price > MOST_USD {
                return Some("a price is beyond belief");
            }
        }
    }
    if fact.context_window.is_some_and(|n| n > MOST_TOKENS)
        || fact.output_limit.is_some_and(|n| n > MOST_TOKENS)
    {
        return Some("a limit is beyond belief");
    }
    match fact.score {
        Some((_, value, _)) if !value.is_finite() || !(0.0..=10_000.0).contains(&value) => {
            Some("its score is no figure")
        }
        _ => None,
    }
}

/// Reads a list of any known kind. `provider` says whose list it is where that cannot be seen in it.
///
/// # Errors
/// When it is too long, malformed, of an unknown kind, or too little of it makes sense.
pub fn read(bytes: &[u8], provider: &str) -> Result<Import, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLong);
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| ImportError::Malformed("it is not UTF-8".to_owned()))?
        .trim_start_matches('\u{feff}')
        .trim_start();
    let mut rows = Collector::new();
    let kind = if text.starts_with('{') || text.starts_with('[') {
        json(text, provider, &mut rows)?
    } else {
        leaderboard::read(text, provider, &mut rows)?;
        Kind::Lmarena
    };
    let all = rows.facts.len() + rows.count;
    if all == 0 {
        return Err(ImportError::Empty);
    }
    // A few bad rows are somebody's mistake; many are a broken list.
    if rows.count * 5 > all {
        let (row, why) = rows.skipped.first().cloned().unwrap_or_default();
        return Err(ImportError::Broken(rows.count, all, format!("`{row}`: {why}")));
    }
    Ok(Import { kind, facts: rows.facts, skipped: rows.skipped, skipped_count: rows.count })
}

fn json(text: &str, provider: &str, rows: &mut Collector) -> Result<Kind, ImportError> {
    let malformed = |e: serde_json::Error| ImportError::Malformed(e.to_string());
    let object = entries::object(text).map_err(malformed)?;
    let field = |name: &str| object.iter().find(|(key, _)| key == name).map(|(_, value)| value.get());
    if let Some(list) = field("data").or_else(|| field("models")).filter(|value| value.starts_with('[')) {
        let list: Vec<&serde_json::value::RawValue> = serde_json::from_str(list).map_err(malformed)?;
        let some = |name: &str| list.iter().any(|row| entries::has(row.get(), name));
        return Ok(if some("providers") {
            lists::hugging_face_router(&list, rows);
            Kind::Provider
        } else if some("pricing") {
            price_lists::openrouter(&list, rows);
            Kind::Openrouter
        } else {
            lists::provider(&list, provider, rows);
            Kind::Provider
        });
    }
    if field("modelId").is_some() || field("inferenceProviderMapping").is_some() {
        lists::hugging_face(text, rows);
        return Ok(Kind::HuggingFace);
    }
    let some = |name: &str| object.iter().take(50).any(|(_, value)| entries::has(value.get(), name));
    if some("litellm_provider") {
        price_lists::litellm(&object, rows);
        return Ok(Kind::Litellm);
    }
    if some("models") {
        price_lists::models_dev(&object, rows);
        return Ok(Kind::ModelsDev);
    }
    Err(ImportError::Unknown)
}

#[cfg(test)]
mod tests;

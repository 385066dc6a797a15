//! Models: entries of the catalog.

pub use crate::money::Prices;
use serde::{Deserialize, Serialize};

/// What a model can do. `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// Reads images.
    pub vision: Option<bool>,
    /// Calls tools.
    pub tools: Option<bool>,
    /// Writes JSON after a schema.
    pub json: Option<bool>,
    /// Thinks first.
    pub reasoning: Option<bool>,
    /// Makes embeddings rather than answers.
    pub embeddings: Option<bool>,
    /// Can search the web on the provider's side.
    pub web_search: Option<bool>,
}

/// Days of a model's life, as lists tell them: `YYYY-MM-DD`, or `YYYY-MM` where no more is said. `None` is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, rename_all = "camelCase")]
pub struct ModelDates {
    /// When it came out.
    pub released: Option<String>,
    /// Up to when it knows of the world.
    pub knowledge: Option<String>,
    /// From when on it is not to be asked any more.
    pub deprecated: Option<String>,
}

impl ModelDates {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What these say, and of what they do not say the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            released: self.released.or(others.released),
            knowledge: self.knowledge.or(others.knowledge),
            deprecated: self.deprecated.or(others.deprecated),
        }
    }
}

/// A model that can be asked, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// What to ask for: `provider/model`.
    pub target: crate::Target,
    /// Its name for people.
    pub name: String,
    /// Most tokens of prompt and answer together; `None` is unknown.
    pub context_window: Option<u32>,
    /// Most tokens of an answer; `None` is unknown.
    pub output_limit: Option<u32>,
    /// Prices; all `None` is unknown.
    pub prices: Prices,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Whether its provider can be asked now: enabled, and with its key or in need of none.
    pub available: bool,
    /// Whether it is made up here.
    pub simulated: bool,
}

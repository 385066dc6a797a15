//! Decisions: why a route chose what it chose.

use crate::Target;
use serde::{Deserialize, Serialize};

/// One target that was weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Whom.
    pub target: Target,
    /// Why it was left out; `None` when it was not.
    pub excluded: Option<String>,
    /// Its score, higher is better; `None` when it was not ranked.
    pub score: Option<f64>,
}

/// What was chosen for one completion, and why. Stored even when the choice was the caller's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// What was asked for.
    pub requested: Target,
    /// In which order targets are tried: the chosen one first, then those to fall back to.
    pub order: Vec<Target>,
    /// Why, in a sentence.
    pub reason: String,
    /// All that were weighed.
    pub candidates: Vec<Candidate>,
}

//! What protects calls: breakers as people see them, and faults that are made up on purpose to try all of it.

use crate::{ProviderId, Target, Timestamp, error::words};
use serde::{Deserialize, Serialize};

/// What happens to an upstream call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Fault {
    /// It is not reached.
    Down,
    /// It begins so much later.
    Slow {
        /// In milliseconds.
        ms: u32,
    },
    /// It is refused: too many requests.
    RateLimited {
        /// When to come again, in milliseconds; absent says nothing.
        #[serde(default, rename = "retryAfterMs")]
        retry_after_ms: Option<u32>,
    },
    /// It breaks off in the middle.
    Cut {
        /// After so many pieces of content.
        after: u32,
    },
}

/// A fault, whom it befalls, how often and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewSimulation {
    /// A provider's id, or one of its models as `provider/model`.
    pub on: Target,
    /// What happens.
    pub fault: Fault,
    /// For how long, in milliseconds.
    pub for_ms: u32,
    /// To which share of the calls, above 0 and at most 1; absent is all of them.
    #[serde(default)]
    pub share: Option<f64>,
    /// What decides which calls these are: the same seed, the same calls.
    #[serde(default)]
    pub seed: u32,
}

/// A fault that is in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// Its number, to end it by.
    pub id: u32,
    /// What was asked for.
    pub what: NewSimulation,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Calls that it could have befallen.
    pub seen: u32,
    /// Calls that it befell.
    pub befell: u32,
}

impl NewSimulation {
    /// Longest time, in milliseconds: a day.
    pub const LONGEST_MS: u32 = 24 * 60 * 60 * 1_000;
}

words! {
    /// How a circuit breaker stands.
    BreakerWord {
        /// Calls go through.
        Closed = "closed",
        /// Calls are kept away.
        Open = "open",
        /// One call finds out.
        HalfOpen = "halfOpen",
    }
}

/// A target that failed of late, as this process sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BreakerView {
    /// Whom.
    pub target: Target,
    /// The end of the provider key that it was asked with; empty without one.
    pub key: String,
    /// How it stands.
    pub state: BreakerWord,
    /// Failures in a row.
    pub failures: u32,
    /// In how many milliseconds one call may find out; absent where calls go through.
    pub wait_ms: Option<u32>,
    /// Whether somebody opened it by hand.
    pub by_hand: bool,
}

/// What a provider allows and how much of it is used, as this process counts; and which of its targets said that
/// nothing is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LimitView {
    /// Whose.
    pub provider: ProviderId,
    /// Requests within any minute.
    pub requests: Option<UsedLimit>,
    /// Tokens within any minute.
    pub tokens: Option<UsedLimit>,
    /// Calls at a time.
    pub calls: Option<UsedLimit>,
    /// Targets that said to have nothing left.
    pub used_up: Vec<UsedUp>,
}

/// A limit, and how much of it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsedLimit {
    /// So much now.
    pub used: u32,
    /// Of so much.
    pub most: u32,
}

/// A target whose provider said that nothing is left of its limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsedUp {
    /// Which.
    pub target: Target,
    /// In how many milliseconds it may be asked again.
    pub wait_ms: u32,
}

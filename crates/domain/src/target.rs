//! Targets: what a column or a request asks for.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// `provider/model`, an alias, or a route such as `auto`. At most [`Target::MAX`] characters,
/// no white space or control characters at its ends or inside its provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Target(String);

/// A text that can be no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no target; write `provider/model`, for example `simulated/steady`")]
pub struct TargetError(String);

impl Target {
    /// Longest target, in bytes.
    pub const MAX: usize = 300;

    /// From a provider's id and its model.
    #[must_use]
    pub fn of(provider: &str, model: &str) -> Self {
        Self(format!("{provider}/{model}"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Provider and model, split at the first slash; `None` for an alias or a route.
    #[must_use]
    pub fn split(&self) -> Option<(&str, &str)> {
        self.0.split_once('/').filter(|(provider, model)| !provider.is_empty() && !model.is_empty())
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Target {
    type Error = TargetError;

    fn try_from(text: String) -> Result<Self, TargetError> {
        let bad = text.is_empty()
            || text.len() > Self::MAX
            || text.trim() != text
            || text.chars().any(char::is_control);
        if bad { Err(TargetError(text.chars().take(60).collect())) } else { Ok(Self(text)) }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.0
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

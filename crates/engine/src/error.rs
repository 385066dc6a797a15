//! What can go wrong in a use case: a variant for each thing that can be done about it.

use domain::{ErrorKind, Target};
use providers::ConfigError;
use serde::{Deserialize, Serialize};
use store::StoreError;

/// A use case that could not be carried out. Failures of a call to a provider are not here: they
/// are the state of a completion.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The caller asked for something that makes no sense; nothing was written.
    #[error("{0}")]
    BadInput(String),
    /// Nothing answers to this target.
    #[error("no model answers to `{target}`{}", near_text(.near))]
    UnknownTarget {
        /// What was asked for.
        target: Target,
        /// Names that are alike.
        near: Vec<Target>,
    },
    /// The target is known, but nobody who answers to it can be asked now.
    #[error("`{target}` cannot be asked: {why}")]
    Unusable {
        /// What was asked for.
        target: Target,
        /// Why, and what to do about it.
        why: String,
    },
    /// Whoever answers to the target cannot do what is asked: a picture, a PDF, a parameter.
    #[error("`{target}` cannot be asked this: {why}")]
    Unable {
        /// Who was asked.
        target: Target,
        /// What it cannot do, and what to do about it.
        why: String,
    },
    /// No such conversation, branch, run or completion.
    #[error("there is no {what} `{id}`; it may have been deleted")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Its id, as given.
        id: String,
    },
    /// A branch whose answer is still being written cannot be extended yet.
    #[error("an answer on this branch is still being written; stop it or wait for its end")]
    StillStreaming,
    /// The settings file cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keychain or vault refused.
    #[error(transparent)]
    Secret(#[from] secrets::SecretError),
    /// The store refused; most often the disk is full or read-only.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A call to a provider outside of a run failed (discovery, test).
    #[error("{0}")]
    Provider(domain::Failure),
    /// A fault of our own.
    #[error("Orchesity failed at this: {0}")]
    Broken(String),
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up: {0}")]
    Transport(String),
}

impl From<domain::ParamsError> for EngineError {
    fn from(error: domain::ParamsError) -> Self {
        Self::BadInput(error.to_string())
    }
}

fn near_text(near: &[Target]) -> String {
    if near.is_empty() {
        "; `orch models` lists what can be asked".to_owned()
    } else {
        let names: Vec<String> = near.iter().map(|t| format!("`{t}`")).collect();
        format!("; did you mean {}?", names.join(", "))
    }
}

/// What hosts branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum EngineErrorKind {
    /// Correct the input.
    BadInput,
    /// Name another target.
    UnknownTarget,
    /// It is gone.
    NotFound,
    /// Wait, or stop what is running.
    Busy,
    /// Mend the settings file.
    Config,
    /// Look after the keychain.
    Secret,
    /// Look after the disk.
    Storage,
    /// The provider failed.
    Provider,
}

impl EngineError {
    /// What to branch on.
    #[must_use]
    pub const fn kind(&self) -> EngineErrorKind {
        match self {
            Self::BadInput(_)
            | Self::Unable { .. }
            | Self::Config(
                ConfigError::Taken(_)
                | ConfigError::KeyHeader(_)
                | ConfigError::PolicyTaken(_)
                | ConfigError::PolicyInUse(_)
                | ConfigError::Policy(_),
            )
            | Self::Store(StoreError::Refused(_)) => EngineErrorKind::BadInput,
            Self::UnknownTarget { .. } | Self::Unusable { .. } => EngineErrorKind::UnknownTarget,
            Self::NotFound { .. }
            | Self::Config(ConfigError::NoSuchProvider(_) | ConfigError::NoSuchPolicy(_))
            | Self::Store(StoreError::NotFound { .. }) => EngineErrorKind::NotFound,
            Self::StillStreaming
            | Self::Store(
                StoreError::Busy
                | StoreError::Moved
                | StoreError::Shared
                | StoreError::Streaming
                | StoreError::LogInUse,
            ) => EngineErrorKind::Busy,
            Self::Config(_) => EngineErrorKind::Config,
            Self::Secret(_) => EngineErrorKind::Secret,
            Self::Store(_) => EngineErrorKind::Storage,
            Self::Provider(_) | Self::Transport(_) | Self::Broken(_) => EngineErrorKind::Provider,
        }
    }

    /// The kind of failure at a provider, where this is one.
    #[must_use]
    pub const fn provider_kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Provider(failure) => Some(failure.kind),
            _ => None,
        }
    }
}

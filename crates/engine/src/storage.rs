//! The state of the store as people see it, and what they can do about it.

use crate::{Engine, EngineError};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// Whether what was shown is on disk.
#[derive(Debug, Default)]
pub(crate) struct Saved(Mutex<Option<String>>);

impl Saved {
    /// The last write succeeded; says whether that is news.
    pub(crate) fn good(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    /// The last write failed; says whether that is news.
    pub(crate) fn bad(&self, why: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(why.to_owned()).is_none()
    }

    pub(crate) fn problem(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How the engine is, for the status bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct EngineStatus {
    /// The product's version.
    pub version: String,
    /// The data directory.
    pub home: String,
    /// Whether everything that was shown is on disk.
    pub saved: bool,
    /// Why not, or what happened to the data file at the last start.
    pub storage_problem: Option<String>,
    /// What is wrong with `config.toml`; the last good one stays in force.
    pub config_problem: Option<String>,
    /// Answers being written by this process.
    pub streaming: u32,
}

impl Engine {
    /// How the engine is.
    pub fn status(&self) -> EngineStatus {
        let inner = &self.0;
        let unsaved = inner.saved.problem().or_else(|| inner.given_up.problem());
        let unsaved = unsaved.or_else(|| inner.spool.problem()).or_else(|| inner.weaver.problem());
        EngineStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            home: inner.home.display().to_string(),
            saved: unsaved.is_none(),
            storage_problem: unsaved.or_else(|| inner.start_problem.clone()),
            config_problem: inner
                .config
                .problem()
                .map(|problem| problem.to_string())
                .or_else(|| inner.config.current().warnings.first().cloned()),
            streaming: inner.running.count(),
        }
    }

    /// Re-hashes everything and proves the tree whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check(&self) -> Result<store::CheckReport, EngineError> {
        Ok(self.0.store.check().run().await?)
    }
}

//! Errors as the web view gets them.

use engine::{EngineError, EngineErrorKind};
use serde::Serialize;

/// What went wrong: `kind` to branch on, `message` to show.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct IpcError {
    /// What to branch on.
    pub kind: EngineErrorKind,
    /// What to show.
    pub message: String,
}

impl IpcError {
    /// The engine is gone: the app is ending.
    pub fn closed() -> Self {
        Self { kind: EngineErrorKind::Storage, message: "the app is being closed".to_owned() }
    }

    /// What was asked for makes no sense.
    pub fn bad_input(error: &dyn std::fmt::Display) -> Self {
        Self { kind: EngineErrorKind::BadInput, message: error.to_string() }
    }

    /// The system did not open a link.
    pub fn no_program(error: &dyn std::fmt::Display) -> Self {
        let message = format!("no program was found to open it ({error}); copy the link instead");
        Self { kind: EngineErrorKind::NotFound, message }
    }

    /// A file that somebody chose could not be written.
    pub fn not_written(path: &std::path::Path, error: &std::io::Error) -> Self {
        let message = format!("{} cannot be written: {error}; choose another place", path.display());
        Self { kind: EngineErrorKind::Storage, message }
    }

    /// Preferences could not be kept.
    pub fn preferences(error: &dyn std::fmt::Display) -> Self {
        Self { kind: EngineErrorKind::Storage, message: format!("the preference was not kept: {error}") }
    }
}

impl From<EngineError> for IpcError {
    fn from(error: EngineError) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

//! How `orch` ends: codes that scripts can trust.

use crate::terminal;
use engine::{EngineError, EngineErrorKind};
use gateway::{ListenError, TokenError};
use std::process::ExitCode;

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Good,
    /// Something of ours failed: the store, the settings, the keychain.
    Failed,
    /// What was typed makes no sense; nothing was done.
    Usage,
    /// Some answers failed.
    SomeFailed,
    /// All answers failed.
    AllFailed,
    /// Ctrl-C.
    Stopped,
}

impl Exit {
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Good => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::SomeFailed => 3,
            Self::AllFailed => 4,
            Self::Stopped => 130,
        })
    }

    /// Says what happened on standard error.
    pub fn with(self, text: &str) -> ExitCode {
        eprintln!("orch: {}", terminal::err(text));
        self.code()
    }
}

/// What keeps a command from being carried out.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Tokens(#[from] TokenError),
    #[error("{0}")]
    Gateway(String),
    #[error("what was shown is not stored, or only in part: {0}; make room and ask again")]
    NotStored(String),
    #[error("nothing more can be written to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl Trouble {
    pub fn report(&self) -> ExitCode {
        let exit = match self {
            Self::Usage(_) | Self::Tokens(_) => Exit::Usage,
            Self::Listen(error) => match error {
                ListenError::Busy { .. } | ListenError::Forbidden { .. } | ListenError::Io { .. } => {
                    Exit::Failed
                }
                _ => Exit::Usage,
            },
            Self::Engine(error) => match error.kind() {
                EngineErrorKind::BadInput | EngineErrorKind::UnknownTarget | EngineErrorKind::NotFound => {
                    Exit::Usage
                }
                _ => Exit::Failed,
            },
            // The reader went away (`orch … | head`): nothing to complain about.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                return Exit::Failed.code();
            }
            Self::Gateway(_) | Self::NotStored(_) | Self::Output(_) => Exit::Failed,
        };
        exit.with(&self.to_string())
    }
}

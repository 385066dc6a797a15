//! What can go wrong between bytes and deltas.

use domain::{ErrorKind, Failure};

/// Why bytes could not become deltas, or a request could not become bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// The body ended without the dialect's terminal event.
    #[error("the answer was cut: it ended without its final event")]
    Truncated,
    /// The body is not what the dialect says.
    #[error("the answer cannot be read: {reason}")]
    Malformed {
        /// What was met, bounded.
        reason: String,
    },
    /// The provider reported an error inside its answer.
    #[error("{0}")]
    Provider(Failure),
    /// The dialect cannot say this.
    #[error("{reason}")]
    Unsupported {
        /// What, and what to do instead.
        reason: String,
    },
    /// One event, or a whole one-shot body, is longer than we keep in memory.
    #[error("the answer has an event longer than {limit} bytes")]
    TooLong {
        /// The bound that was passed, in bytes.
        limit: usize,
    },
}

impl DialectError {
    pub(crate) fn malformed(reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        if let Some((end, _)) = reason.char_indices().nth(300) {
            reason.truncate(end);
            reason.push('…');
        }
        Self::Malformed { reason }
    }

    pub(crate) fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported { reason: reason.into() }
    }

    /// The same as a failure of a call.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Provider(failure) => failure.clone(),
            Self::Unsupported { reason } => Failure::new(ErrorKind::BadRequest, reason.clone()),
            Self::Truncated | Self::Malformed { .. } | Self::TooLong { .. } => {
                Failure::new(ErrorKind::Upstream, self.to_string())
            }
        }
    }
}

//! An answer whose head has come.

use super::{AttemptError, error};
use bytes::Bytes;
use reqwest::Response;
use std::{fmt, time::Duration};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// An answer with a 2xx status. Dropping it closes its connection, unless it was read to its end.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers, names in lower case, without cookies.
    pub headers: Vec<(String, String)>,
    response: Response,
    idle_ms: u32,
    key: Option<Zeroizing<String>>,
}

impl Answer {
    pub(super) fn new(response: Response, idle_ms: u32, key: Option<&str>) -> Self {
        let (status, headers) = (response.status().as_u16(), error::headers(&response, key));
        let key = key.map(|key| Zeroizing::new(key.to_owned()));
        Self { status, headers, response, idle_ms, key }
    }

    /// The next piece of the body; `None` at its end. A body that is cut is an error.
    ///
    /// # Errors
    /// When nothing came for the idle limit, or the connection broke.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, AttemptError> {
        match timeout(Duration::from_millis(self.idle_ms.into()), self.response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) => {
                Err(self.failed(AttemptError::broken(&error, self.key.as_deref().map(String::as_str))))
            }
            Err(_) => {
                let text = format!("nothing came for {} ms in the middle of the answer", self.idle_ms);
                Err(self.failed(AttemptError::late(text)))
            }
        }
    }

    /// The whole body, at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Self::chunk`], and when it is longer.
    pub async fn body(mut self, limit: usize) -> Result<Vec<u8>, AttemptError> {
        let mut body = Vec::new();
        while let Some(piece) = self.chunk().await? {
            if body.len() + piece.len() > limit {
                return Err(self.failed(AttemptError::too_long(limit)));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// `text` of this answer without the key, should the provider have repeated it: for whatever of a
    /// body is kept or shown.
    pub fn redacted(&self, text: &str) -> String {
        crate::redact(text, self.key.as_deref().map(String::as_str))
    }

    /// A piece of the body without the key, should the provider have repeated it within that piece.
    pub fn cleaned(&self, piece: Bytes) -> Bytes {
        let key = self.key.as_deref().map_or("", String::as_str);
        if key.is_empty() || memchr::memmem::find(&piece, key.as_bytes()).is_none() {
            return piece;
        }
        // Of the same length: what says how long the body is stays true.
        let mut clean = piece.to_vec();
        while let Some(at) = memchr::memmem::find(&clean, key.as_bytes()) {
            clean[at..at + key.len()].fill(b'*');
        }
        clean.into()
    }

    fn failed(&self, error: AttemptError) -> AttemptError {
        AttemptError { status: Some(self.status), headers: self.headers.clone(), ..error }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

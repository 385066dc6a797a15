//! An answer whose head has come.

use super::{AttemptError, error};
use crate::redact::Stars;
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
    stars: Option<Stars>,
}

impl Answer {
    pub(super) fn new(response: Response, idle_ms: u32, key: Option<&str>) -> Self {
        let (status, headers) = (response.status().as_u16(), error::headers(&response, key));
        let stars = key.and_then(Stars::new);
        let key = key.map(|key| Zeroizing::new(key.to_owned()));
        Self { status, headers, response, idle_ms, key, stars }
    }

    /// The next piece of the body, without the key, should the provider repeat it; `None` at its end. A body
    /// that is cut is an error.
    ///
    /// # Errors
    /// When nothing came for the idle limit, or the connection broke.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, AttemptError> {
        loop {
            match timeout(Duration::from_millis(self.idle_ms.into()), self.response.chunk()).await {
                Ok(Ok(Some(piece))) => {
                    let Some(stars) = &mut self.stars else { return Ok(Some(piece)) };
                    let piece = stars.pass(&piece);
                    if !piece.is_empty() {
                        return Ok(Some(piece));
                    }
                }
                Ok(Ok(None)) => return Ok(self.stars.as_mut().and_then(Stars::rest)),
                Ok(Err(error)) => {
                    let key = self.key.as_deref().map(String::as_str);
                    return Err(self.failed(AttemptError::broken(&error, key)));
                }
                Err(_) => {
                    let text = format!("nothing came for {} ms in the middle of the answer", self.idle_ms);
                    return Err(self.failed(AttemptError::late(text)));
                }
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

    fn failed(&self, error: AttemptError) -> AttemptError {
        AttemptError { status: Some(self.status), headers: self.headers.clone(), ..error }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

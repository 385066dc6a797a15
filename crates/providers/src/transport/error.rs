//! Why a call failed, classified once.

use crate::{
    Timeouts,
    policy::Refusal,
    redact::{Redactor, redact},
};
use domain::{Dialect, ErrorKind, Failure};
use reqwest::Response;
use std::{error::Error, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Most bytes of an error's body that are read.
const MAX_BODY: usize = 256 << 10;
/// How long is waited for an error's body.
const BODY_TIME: Duration = Duration::from_secs(5);

/// Why a call failed. Nothing in it has the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct AttemptError {
    /// What to branch on, and a text for people.
    pub failure: Failure,
    /// HTTP status, when an answer came.
    pub status: Option<u16>,
    /// Its headers, names in lower case, without cookies.
    pub headers: Vec<(String, String)>,
    /// Its body, at most 256 KiB of it.
    pub body: String,
}

impl From<Failure> for AttemptError {
    fn from(failure: Failure) -> Self {
        Self { failure, status: None, headers: Vec::new(), body: String::new() }
    }
}

impl AttemptError {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Failure::new(kind, message).into()
    }

    pub(super) fn late(message: String) -> Self {
        Self::new(ErrorKind::Timeout, message)
    }

    pub(super) fn unsendable(message: String) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self::new(ErrorKind::BadRequest, refusal.to_string())
    }

    pub(super) fn too_long(limit: usize) -> Self {
        Self::new(ErrorKind::Upstream, format!("the answer is longer than {} KiB", limit >> 10))
    }

    pub(super) fn compressed(coding: &str) -> Self {
        let text = format!(
            "the answer came compressed ({coding}), though it was asked for plain; ask whoever runs this server or proxy to leave answers as they are"
        );
        Self::new(ErrorKind::Upstream, text)
    }

    /// No answer began.
    pub(super) fn unreached(error: &reqwest::Error, timeouts: &Timeouts, key: Option<&str>) -> Self {
        if let Some(refusal) = source::<Refusal>(error) {
            return Self::refused(refusal);
        }
        if error.is_timeout() {
            return Self::late(format!("no connection within {} ms", timeouts.connect_ms));
        }
        let cause = redact(&innermost(error), key);
        if error.is_builder() {
            return Self::unsendable(format!("the request cannot be sent: {cause}"));
        }
        let what =
            if error.is_connect() { "no connection" } else { "the connection broke before an answer began" };
        Self::new(ErrorKind::Network, format!("{what}: {cause}"))
    }

    /// The body broke off.
    pub(super) fn broken(error: &reqwest::Error, key: Option<&str>) -> Self {
        let cause = redact(&innermost(error), key);
        Self::new(ErrorKind::Network, format!("the connection broke in the middle of the answer: {cause}"))
    }

    /// An answer came, but not a good one.
    pub(super) async fn answered(dialect: Dialect, mut response: Response, key: Option<&str>) -> Self {
        let status = response.status();
        let headers = headers(&response, key);
        let mut body = Vec::new();
        let until = Instant::now() + BODY_TIME;
        let readable = coding(&response).is_none();
        // What there is of it is enough: an error's body that breaks off is no second error.
        while readable
            && body.len() < MAX_BODY
            && let Ok(Ok(Some(piece))) = timeout_at(until, response.chunk()).await
        {
            body.extend_from_slice(&piece[..piece.len().min(MAX_BODY - body.len())]);
        }
        let mut failure = if status.is_redirection() {
            let to = response.headers().get("location").and_then(|value| value.to_str().ok());
            let to =
                to.and_then(|to| response.url().join(to).ok()).map(|url| crate::provider::origin_of(&url));
            let to = to.map(|origin| format!(" to {origin}")).unwrap_or_default();
            Failure::new(
                ErrorKind::NotFound,
                format!(
                    "the provider answered with a redirect{to}, which is not followed; correct its `base_url`"
                ),
            )
        } else {
            dialects::classify_error(dialect, status.as_u16(), &headers, &body)
        };
        failure.message = redact(&failure.message, key);
        let body = redact(&String::from_utf8_lossy(&body), key);
        Self { failure, status: Some(status.as_u16()), headers, body }
    }
}

/// How a body is compressed; `None` when it can be read as it is.
pub(super) fn coding(response: &Response) -> Option<&str> {
    let coding = response.headers().get(reqwest::header::CONTENT_ENCODING)?.to_str().ok()?.trim();
    (!coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).then_some(coding)
}

/// Headers as pairs, names in lower case, without cookies and without the key.
pub(super) fn headers(response: &Response, key: Option<&str>) -> Vec<(String, String)> {
    let redactor = key.and_then(Redactor::new);
    let readable = |value: &reqwest::header::HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes());
        match &redactor {
            Some(redactor) => redactor.clean(&text).into_owned(),
            None => text.into_owned(),
        }
    };
    response
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str() != "set-cookie")
        .map(|(name, value)| (name.as_str().to_owned(), readable(value)))
        .collect()
}

fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The text of the first cause: those around it repeat the address.
fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

//! The key that a caller shows.

use super::Tokens;
use crate::refuse::{Detail, refusal};
use dialects::serving::Refusal;
use domain::{DeniedKind, ErrorKind};
use engine::{Engine, Grant};
use futures_util::future::{BoxFuture, FutureExt, ready};
use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use std::{fmt, sync::Arc};

/// Headers that hold a key alone: Anthropic's, Azure's and Google's.
static PLAIN: [HeaderName; 3] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];
/// Longest key that is looked at.
const MAX_BYTES: usize = 8192;

/// The key in a request's headers. Never one in its address: addresses are logged, kept and passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented<'a> {
    /// There is none.
    None,
    /// This one.
    One(&'a str),
    /// More than one, and not the same.
    Several,
}

pub(crate) fn presented(headers: &HeaderMap) -> Presented<'_> {
    let bearers = headers.get_all(AUTHORIZATION).iter().filter_map(bearer);
    let plain = PLAIN.iter().flat_map(|name| headers.get_all(name)).filter_map(|value| value.to_str().ok());
    let mut found = Presented::None;
    for key in bearers.chain(plain).map(str::trim).filter(|key| !key.is_empty()) {
        found = match found {
            Presented::None => Presented::One(key),
            Presented::One(first) if first == key => found,
            _ => return Presented::Several,
        };
    }
    found
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key)
}

/// Takes keys out of headers, so that whatever follows cannot pass them on or write them down.
pub(crate) fn without_keys(headers: &mut HeaderMap) {
    for name in PLAIN.iter().chain([&AUTHORIZATION]) {
        headers.remove(name);
    }
}

/// Looks a key up, for use at one path (as scopes name it, with `/v1`).
#[derive(Clone)]
pub struct KeyCheck(Arc<Look>);

type Look = dyn Fn(&str, &str) -> BoxFuture<'static, Result<Grant, DeniedKind>> + Send + Sync;

impl KeyCheck {
    /// One that asks this function.
    pub fn new<F>(look: F) -> Self
    where
        F: Fn(&str, &str) -> BoxFuture<'static, Result<Grant, DeniedKind>> + Send + Sync + 'static,
    {
        Self(Arc::new(look))
    }

    /// One that knows the virtual keys of this engine, and what each may be used for.
    #[must_use]
    pub fn of(engine: Engine) -> Self {
        Self::new(move |key, path| {
            let found = engine.virtual_keys().check(key);
            let granted = found.and_then(|grant| grant.expect_route(path).map(|()| grant));
            ready(granted.map_err(|denied| denied.kind)).boxed()
        })
    }

    /// The same, and signed tokens beside.
    #[must_use]
    pub fn or_tokens(self, tokens: Option<Tokens>) -> Self {
        let Some(tokens) = tokens else { return self };
        Self::new(move |key, path| {
            if !Tokens::looks_like_one(key) {
                return (self.0)(key, path);
            }
            let (checking, path) = (tokens.check(key), path.to_owned());
            let granted = async move {
                let grant = checking.await?;
                grant.expect_route(&path).map(|()| grant).map_err(|denied| denied.kind)
            };
            granted.boxed()
        })
    }

    /// Whose key the headers show.
    pub(crate) async fn check(&self, headers: &HeaderMap, path: &str) -> Result<Grant, Refusal> {
        let key = match presented(headers) {
            Presented::One(key) if key.len() <= MAX_BYTES => key,
            Presented::One(_) => return Err(refused(DeniedKind::Auth)),
            Presented::None => {
                return Err(unauthorized(
                    "a key is needed: send `authorization: Bearer ork_…`; `orch keys issue --name NAME` makes one",
                ));
            }
            Presented::Several => {
                return Err(unauthorized("several keys were sent, and not the same; send one"));
            }
        };
        // Named first: the key must not be held while waiting.
        let looking = (self.0)(key, path);
        looking.await.map_err(refused)
    }
}

impl fmt::Debug for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCheck")
    }
}

fn unauthorized(message: &str) -> Refusal {
    refusal(401, ErrorKind::Auth, message).code("invalid_api_key")
}

/// The same words for a key that never was, is no longer, or was taken back: they would tell a thief which.
fn refused(denied: DeniedKind) -> Refusal {
    let kind = denied.error_kind();
    match denied {
        DeniedKind::Auth | DeniedKind::Expired | DeniedKind::Revoked => {
            unauthorized("this key is not known here, or no longer; `orch keys list` shows those that are")
        }
        DeniedKind::Permission => {
            let message = "this key may not be used for that; `orch keys issue --scope …` makes one that may";
            refusal(denied.status(), kind, message).code("insufficient_scope")
        }
        DeniedKind::RateLimited => {
            refusal(denied.status(), kind, "too many calls with this key; wait, or raise its limits")
                .retry_in(1000)
        }
        DeniedKind::Budget => refusal(
            denied.status(),
            kind,
            "this key's budget has no room for the call; `orch keys list` shows it",
        ),
        DeniedKind::Unavailable => {
            let message = "keys cannot be looked up just now; try again";
            refusal(denied.status(), kind, message).retry_in(1000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Presented, presented, without_keys};
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    fn found(pairs: &[(&'static str, &'static str)]) -> Result<Option<String>, ()> {
        match presented(&headers(pairs)) {
            Presented::None => Ok(None),
            Presented::One(key) => Ok(Some(key.to_owned())),
            Presented::Several => Err(()),
        }
    }

    #[test]
    fn every_usual_header_is_read_and_different_keys_are_no_key() {
        let one = Ok(Some("ork_a".to_owned()));
        for header in ["x-api-key", "api-key", "x-goog-api-key"] {
            assert_eq!(found(&[(header, "ork_a")]), one);
        }
        assert_eq!(found(&[("authorization", "Bearer ork_a")]), one);
        assert_eq!(found(&[("authorization", "bearer  ork_a ")]), one);
        assert_eq!(found(&[("authorization", "Bearer ork_a"), ("x-api-key", "ork_a")]), one);
        assert_eq!(found(&[("authorization", "Bearer ork_a"), ("x-api-key", "ork_b")]), Err(()));
        assert_eq!(found(&[("x-api-key", "ork_a"), ("x-api-key", "ork_b")]), Err(()));
        assert_eq!(found(&[("authorization", "Basic ork_a")]), Ok(None));
        assert_eq!(found(&[("authorization", "ork_a"), ("x-api-key", "")]), Ok(None));
        assert_eq!(found(&[]), Ok(None));
    }

    #[test]
    fn keys_are_taken_out_wherever_they_stand() {
        let mut headers = headers(&[
            ("authorization", "Bearer a"),
            ("authorization", "Bearer b"),
            ("x-api-key", "c"),
            ("x-goog-api-key", "d"),
            ("accept", "e"),
        ]);
        without_keys(&mut headers);
        assert_eq!(headers.len(), 1);
    }
}

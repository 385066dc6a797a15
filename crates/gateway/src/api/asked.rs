//! What somebody asks, read with care: whatever is wrong with it is named, and nothing is made up.

use super::{
    operation::Answered,
    query::{Param, Query},
};
use crate::{
    Gateway,
    refuse::{Detail, refusal},
    route::RequestId,
};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
};
use bytes::Bytes;
use dialects::serving::Refusal;
use domain::{CaptureLevel, ErrorKind, Failure, ProviderId, RunOrigin, Target};
use engine::{AskedBy, EngineError, EngineErrorKind, Grant};
use http::{HeaderValue, Response, StatusCode, request::Parts};
use serde::{Serialize, de::DeserializeOwned};
use std::{convert::Infallible, fmt::Display, str::FromStr};

/// A request of the native API.
pub(crate) struct Asked {
    pub(crate) parts: Parts,
    pub(crate) id: RequestId,
    grant: Grant,
    path: Vec<(String, String)>,
    body: Bytes,
}

impl FromRequest<Gateway> for Asked {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &Gateway) -> Result<Self, Infallible> {
        let (mut parts, body) = request.into_parts();
        let found = RawPathParams::from_request_parts(&mut parts, &()).await;
        // What is no text names nothing that we have.
        let path = found.map_or_else(
            |_| Vec::new(),
            |found| found.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        );
        let id = parts.extensions.remove::<RequestId>();
        let id = id.unwrap_or(RequestId(HeaderValue::from_static("-")));
        let grant = parts.extensions.remove::<Grant>().unwrap_or(Grant::WITHOUT_KEY);
        // It is in memory already, and was measured.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Ok(Self { parts, id, grant, path, body })
    }
}

impl Asked {
    /// What stands in this place of the path. What can be none of ours is not there.
    pub(crate) fn named<T: FromStr>(&self, name: &str) -> Result<T, Refusal> {
        let text = self.path.iter().find(|(other, _)| other == name).map_or("", |(_, text)| text);
        text.parse().map_err(|_| {
            let shown: String = text.chars().take(60).collect();
            refusal(404, ErrorKind::NotFound, format!("there is no {name} `{shown}`")).code("not_found")
        })
    }

    /// What stands after `?`.
    pub(crate) fn query(&self, params: &'static [Param]) -> Result<Query, Refusal> {
        Query::read(&self.parts.uri, params)
    }

    /// The body.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if self.body.is_empty() {
            return Err(bad("the body is missing: send JSON, with `content-type: application/json`"));
        }
        let mut track = serde_path_to_error::Track::new();
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        let mut unknown = None;
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        let read = serde_ignored::deserialize(tracked, |path| {
            unknown.get_or_insert_with(|| place(&path.to_string()));
        });
        let read: T = read.map_err(|error| {
            let at = track.path().to_string();
            let at = if [".", "?"].contains(&at.as_str()) { None } else { Some(at) };
            let said = match &at {
                Some(at) => format!("`{at}` cannot be read: {error}"),
                None => format!("the body cannot be read: {error}"),
            };
            Refusal { param: at, ..bad(said) }
        })?;
        json.end().map_err(|error| bad(format!("the body cannot be read: {error}")))?;
        match unknown {
            Some(at) => {
                let said = format!("`{at}` is no field of this; take it out, or look at `/openapi.json`");
                Err(Refusal { param: Some(at), ..bad(said) })
            }
            None => Ok(read),
        }
    }

    /// The body; what it is when there is none.
    pub(crate) fn body_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Refusal> {
        if self.body.is_empty() { Ok(T::default()) } else { self.body() }
    }

    /// The body as it came.
    pub(crate) fn bytes(&self) -> Bytes {
        self.body.clone()
    }

    /// Whose key it is.
    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Who asks: what it comes to is charged to their key.
    pub(crate) fn by(&self) -> AskedBy {
        AskedBy { origin: RunOrigin::Gateway, grant: self.grant.clone() }
    }

    /// Whether this key may ask these targets here, where answers are always kept.
    pub(crate) fn expect_asking<'a>(
        &self,
        targets: impl IntoIterator<Item = &'a Target>,
    ) -> Result<(), Refusal> {
        let no =
            |message: String| Err(refusal(403, ErrorKind::Permission, message).code("insufficient_scope"));
        if self.grant.capture() != CaptureLevel::Full {
            return no(
                "what this key asks is not to be kept, and answers asked here are; ask through `/v1`".into()
            );
        }
        targets.into_iter().try_for_each(|target| self.expect_target(target))
    }

    /// That this key is not for some targets only, for what concerns them all.
    pub(crate) fn expect_all_targets(&self) -> Result<(), Refusal> {
        if !self.grant.is_for_some_targets() {
            return Ok(());
        }
        let said = "this key is for some targets only, and this concerns them all; use one without targets in its scope";
        Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"))
    }

    /// That this key may ask everything that a provider offers.
    pub(crate) fn expect_all_of(&self, provider: &ProviderId) -> Result<(), Refusal> {
        if self.grant.scopes().is_none_or(|scopes| scopes.allow_all_of(provider)) {
            return Ok(());
        }
        let said =
            format!("this key is not for all of `{provider}`; issue one with `{provider}/*` in its scope");
        Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"))
    }

    /// That this key may ask a target.
    pub(crate) fn expect_target(&self, target: &Target) -> Result<(), Refusal> {
        if self.grant.allows_target(target) {
            return Ok(());
        }
        let said = format!("this key is not for `{target}`; issue one with that in its scope");
        Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"))
    }

    /// Whether this key may ask anything of a provider.
    pub(crate) fn knows(&self, provider: &ProviderId) -> bool {
        self.grant.scopes().is_none_or(|scopes| scopes.allow_some_of(provider))
    }

    /// The same where it is not said who will be asked.
    pub(crate) fn expect_asking_anybody(&self) -> Result<(), Refusal> {
        self.expect_asking([])?;
        if self.grant.is_for_some_targets() {
            let said = "this key is for some targets only: say whom to ask";
            return Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"));
        }
        Ok(())
    }
}

/// `columns.0.?.x` as people write it.
fn place(path: &str) -> String {
    let mut text = String::new();
    for piece in path.split('.').filter(|piece| *piece != "?") {
        if piece.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            text.push('[');
            text.push_str(piece);
            text.push(']');
            continue;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.extend(piece.chars().take(60));
    }
    text
}

/// What makes no sense.
pub(crate) fn bad(said: impl Into<String>) -> Refusal {
    refusal(400, ErrorKind::BadRequest, said).code("bad_input")
}

/// What is not there.
pub(crate) fn missing(what: &str, id: &dyn Display) -> Refusal {
    refusal(404, ErrorKind::NotFound, format!("there is no {what} `{id}`; it may have been deleted"))
        .code("not_found")
}

/// Why the engine did not do it, by its kind.
#[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
pub(crate) fn refused(error: EngineError) -> Refusal {
    let (status, kind, code) = match error.kind() {
        EngineErrorKind::BadInput => (400, ErrorKind::BadRequest, "bad_input"),
        EngineErrorKind::UnknownTarget => (404, ErrorKind::NotFound, "unknown_target"),
        EngineErrorKind::NotFound => (404, ErrorKind::NotFound, "not_found"),
        EngineErrorKind::Busy => (409, ErrorKind::BadRequest, "busy"),
        EngineErrorKind::Config => (409, ErrorKind::BadRequest, "config"),
        EngineErrorKind::Secret => (503, ErrorKind::Auth, "secret"),
        EngineErrorKind::Storage => {
            tracing::error!(%error, "the store refuses");
            (503, ErrorKind::Overloaded, "storage")
        }
        EngineErrorKind::Provider => (502, error.provider_kind().unwrap_or(ErrorKind::Upstream), "provider"),
    };
    let refusal = refusal(status, kind, Failure::new(kind, error.to_string()).message).code(code);
    if status == 503 { refusal.retry_in(1_000) } else { refusal }
}

/// JSON.
#[expect(clippy::unnecessary_wraps, reason = "what every handler gives")]
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Answered {
    Ok(crate::ops::json(status, body))
}

/// JSON, and all is well.
pub(crate) fn good<T: Serialize>(body: &T) -> Answered {
    json(StatusCode::OK, body)
}

/// It is done, and there is nothing to say about it.
#[expect(clippy::unnecessary_wraps, reason = "what every handler gives")]
pub(crate) fn done() -> Answered {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_are_written_as_people_write_them() {
        assert_eq!(place("columns.0.?.params.x"), "columns[0].params.x");
        assert_eq!(place("title"), "title");
        assert_eq!(place("?"), "");
    }
}

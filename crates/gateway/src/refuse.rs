//! Saying no, in the words of whoever asks.

use crate::route::RequestId;
use axum::body::Body;
use dialects::serving::{Caller, Refusal, refused};
use domain::{ErrorKind, Failure};
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::{Map, Value};

/// Whose shape an error takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// A caller's dialect.
    Dialect(Caller),
    /// Ours: the native API and what tells of this program.
    Ours,
}

/// The shape that whoever asks for this path reads errors in, whether there is such a path or not.
pub(crate) fn voice(path: &str, headers: &HeaderMap) -> Voice {
    let under = |prefix: &str, path: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
    };
    let gemini = [":generateContent", ":streamGenerateContent", ":countTokens"];
    if under("/v1beta", path) || gemini.iter().any(|action| path.ends_with(action)) {
        return Voice::Dialect(Caller::Gemini);
    }
    let versioned = under("/v1", path);
    let path = if versioned { &path[3..] } else { path };
    let says = |names: &[&str]| names.iter().any(|name| headers.contains_key(*name));
    if under("/models", path) && says(&["x-goog-api-key", "x-goog-api-client"]) {
        Voice::Dialect(Caller::Gemini)
    } else if under("/messages", path) || (under("/models", path) && says(&["anthropic-version"])) {
        Voice::Dialect(Caller::Anthropic)
    } else if under("/responses", path) {
        Voice::Dialect(Caller::OpenaiResponses)
    } else if under("/completions", path) {
        Voice::Dialect(Caller::OpenaiCompletions)
    } else if versioned || ["/chat", "/embeddings", "/models"].iter().any(|prefix| under(prefix, path)) {
        Voice::Dialect(Caller::OpenaiChat)
    } else {
        Voice::Ours
    }
}

/// A refusal; the message is bounded.
pub(crate) fn refusal(status: u16, kind: ErrorKind, message: impl Into<String>) -> Refusal {
    Refusal {
        status,
        kind,
        message: Failure::new(kind, message).message,
        param: None,
        code: None,
        retry_after_ms: None,
    }
}

/// What else a refusal may say.
pub(crate) trait Detail {
    /// A word for programs.
    fn code(self, code: &str) -> Self;
    /// When to come again, in milliseconds.
    fn retry_in(self, ms: u32) -> Self;
}

impl Detail for Refusal {
    fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    fn retry_in(mut self, ms: u32) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}

/// The answer that says it, to the request of this name.
pub(crate) fn say(voice: Voice, refusal: &Refusal, id: &RequestId) -> Response<Body> {
    let mut headers = HeaderMap::new();
    let (status, body) = match voice {
        Voice::Dialect(caller) => {
            let mut refused = refused(caller, refusal);
            refused.of_request(caller, id.as_str());
            for (name, value) in refused.headers {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            (refused.status, refused.body)
        }
        Voice::Ours => {
            if let Some(ms) = refusal.retry_after_ms {
                headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
            }
            (refusal.status, ours(refusal, id))
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

fn ours(refusal: &Refusal, id: &RequestId) -> Vec<u8> {
    let mut error = Map::new();
    error.insert("kind".to_owned(), serde_json::to_value(refusal.kind).unwrap_or_default());
    error.insert("message".to_owned(), Value::from(refusal.message.as_str()));
    for (name, value) in [("param", &refusal.param), ("code", &refusal.code)] {
        if let Some(value) = value {
            error.insert(name.to_owned(), Value::from(value.as_str()));
        }
    }
    error.insert("requestId".to_owned(), Value::from(id.as_str()));
    let mut body = Map::new();
    body.insert("error".to_owned(), Value::Object(error));
    Value::Object(body).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{Voice, voice};
    use dialects::serving::Caller;
    use http::{HeaderMap, HeaderValue};

    #[test]
    fn every_path_has_the_voice_of_its_prefix() {
        let none = HeaderMap::new();
        for (path, expected) in [
            ("/v1/chat/completions", Voice::Dialect(Caller::OpenaiChat)),
            ("/chat/completions", Voice::Dialect(Caller::OpenaiChat)),
            ("/v1/nothing", Voice::Dialect(Caller::OpenaiChat)),
            ("/v1", Voice::Dialect(Caller::OpenaiChat)),
            ("/v1/responses/resp_1", Voice::Dialect(Caller::OpenaiResponses)),
            ("/completions", Voice::Dialect(Caller::OpenaiCompletions)),
            ("/v1/messages/count_tokens", Voice::Dialect(Caller::Anthropic)),
            ("/messages", Voice::Dialect(Caller::Anthropic)),
            ("/v1beta/models", Voice::Dialect(Caller::Gemini)),
            ("/models/a/b:generateContent", Voice::Dialect(Caller::Gemini)),
            ("/models/a", Voice::Dialect(Caller::OpenaiChat)),
            ("/api/v1/messages", Voice::Ours),
            ("/v10/x", Voice::Ours),
            ("/live", Voice::Ours),
        ] {
            assert_eq!(voice(path, &none), expected, "{path}");
        }
        let mut anthropic = HeaderMap::new();
        anthropic.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        assert_eq!(voice("/v1/models", &anthropic), Voice::Dialect(Caller::Anthropic));
        let mut google = HeaderMap::new();
        google.insert("x-goog-api-key", HeaderValue::from_static("ork_a"));
        assert_eq!(voice("/v1/models/a/b", &google), Voice::Dialect(Caller::Gemini));
        assert_eq!(voice("/v1/chat/completions", &google), Voice::Dialect(Caller::OpenaiChat));
    }
}

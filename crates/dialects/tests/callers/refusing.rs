//! Refusals in either shape, and what our own reader makes of them.

use dialects::classify_error;
use dialects::serving::{Caller, Refusal, refused};
use domain::{Dialect, ErrorKind};
use serde_json::Value;

fn refusal(status: u16, kind: ErrorKind) -> Refusal {
    Refusal {
        status,
        kind,
        param: None,
        retry_after_ms: (status == 429).then_some(12_000),
        ..Refusal::bad("", "ask for something else")
    }
}

#[test]
fn a_refusal_is_understood_as_what_it_is() {
    for (status, kind, anthropic, gemini) in [
        (400, ErrorKind::BadRequest, "invalid_request_error", "INVALID_ARGUMENT"),
        (400, ErrorKind::ContextLength, "invalid_request_error", "INVALID_ARGUMENT"),
        (413, ErrorKind::BadRequest, "request_too_large", "INVALID_ARGUMENT"),
        (401, ErrorKind::Auth, "authentication_error", "UNAUTHENTICATED"),
        (403, ErrorKind::Permission, "permission_error", "PERMISSION_DENIED"),
        (404, ErrorKind::NotFound, "not_found_error", "NOT_FOUND"),
        (429, ErrorKind::RateLimited, "rate_limit_error", "RESOURCE_EXHAUSTED"),
        (402, ErrorKind::Budget, "billing_error", "RESOURCE_EXHAUSTED"),
        (529, ErrorKind::Overloaded, "overloaded_error", "UNAVAILABLE"),
        (504, ErrorKind::Timeout, "timeout_error", "DEADLINE_EXCEEDED"),
        (502, ErrorKind::Upstream, "api_error", "INTERNAL"),
    ] {
        for (caller, dialect, pointer, word) in [
            (Caller::Anthropic, Dialect::AnthropicMessages, "/error/type", anthropic),
            (Caller::Gemini, Dialect::Gemini, "/error/status", gemini),
        ] {
            let mut told = refused(caller, &refusal(status, kind));
            told.of_request(caller, "req_\"1\"");
            let body: Value = serde_json::from_slice(&told.body).unwrap();
            assert_eq!(body.pointer(pointer).and_then(Value::as_str), Some(word), "{status} {kind}");
            assert_eq!(told.status, status);
            if caller == Caller::Anthropic {
                assert_eq!(body["request_id"], "req_\"1\"");
                assert_eq!(body["type"], "error");
                assert!(told.headers.contains(&("request-id", "req_\"1\"".to_owned())));
            } else {
                assert_eq!(body["error"]["code"], status);
            }
            let headers: Vec<_> =
                told.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            let read = classify_error(dialect, status, &headers, &told.body);
            let same = match kind {
                ErrorKind::Budget => ErrorKind::Quota,
                ErrorKind::BadRequest if status == 413 => ErrorKind::ContextLength,
                ErrorKind::ContextLength if caller == Caller::Gemini => ErrorKind::BadRequest,
                ErrorKind::Timeout => ErrorKind::Upstream,
                other => other,
            };
            assert_eq!(read.kind, same, "{status} {kind} {caller:?}");
            assert_eq!(read.retry_after_ms, (status == 429).then_some(12_000), "{status} {kind}");
        }
    }
}

#[test]
fn a_wrong_field_is_named() {
    let told = refused(Caller::Gemini, &Refusal::bad("contents[0].parts", "`contents[0].parts` is empty"));
    insta::assert_snapshot!(String::from_utf8(told.body).unwrap());
    let told = refused(Caller::Anthropic, &Refusal::bad("max_tokens", "`max_tokens` is missing"));
    insta::assert_snapshot!(String::from_utf8(told.body).unwrap());
}

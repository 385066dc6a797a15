//! Error bodies, error events and statuses, told apart once for all dialects: providers copy each
//! other's shapes so freely that the dialect says little about what an error looks like.

mod body;
mod retry;

use crate::DialectError;
use domain::{Dialect, ErrorKind, Failure};
use serde_json::Value;

/// What an answer with an error status means.
pub(crate) fn answer(_dialect: Dialect, status: u16, headers: &[(String, String)], body: &[u8]) -> Failure {
    let told = body::read(body);
    let message = match told.message.trim() {
        "" => format!("the provider answered with status {status} and no explanation"),
        text => text.to_owned(),
    };
    let wait = retry::from_headers(headers).or_else(|| retry::from_body(&told));
    Failure::new(kind(Some(status), &told.code, &told.message), message).retry_after(wait)
}

/// What an error inside an answer means: `error` is the event, or the object that holds `error`.
pub(crate) fn in_band(event: &Value) -> Failure {
    let told = body::of_value(event);
    let message = match told.message.trim() {
        "" => "the provider broke the answer off with an error and no explanation".to_owned(),
        text => text.to_owned(),
    };
    Failure::new(kind(told.status, &told.code, &told.message), message).retry_after(retry::from_body(&told))
}

/// A body that is neither an answer nor has an `error`: what it says of itself, else what it lacks.
pub(crate) fn no_answer(body: &Value, lacks: &str) -> DialectError {
    if body::of_value(body).message.trim().is_empty() {
        DialectError::malformed(format!("there is no `{lacks}` in it"))
    } else {
        DialectError::Provider(in_band(body))
    }
}

/// What a web page calls itself.
pub(crate) fn page_title(page: &str) -> String {
    body::plain(page)
}

/// `code` holds every code, type and status word of the body, lower case, blank between.
fn kind(status: Option<u16>, code: &str, message: &str) -> ErrorKind {
    let message = message.to_lowercase();
    let coded = |words: &[&str]| words.iter().any(|word| code.contains(word));
    let said = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let limited = status == Some(429);

    if status == Some(402)
        || coded(&[
            "insufficient_quota",
            "insufficient_balance",
            "billing",
            "exceeded_current_quota",
            "payment_required",
            "arrearage",
            "credit",
        ])
        || said(&[
            "insufficient balance",
            "insufficient credit",
            "insufficient fund",
            "credit balance",
            "any credits",
            "no credits",
            "out of credits",
            "available credits",
            "more credits",
            "spending limit",
        ])
    {
        return ErrorKind::Quota;
    }
    if !limited
        && (status == Some(413)
            || coded(&[
                "context_length",
                "context_window",
                "exceed_context",
                "request_too_large",
                "string_above_max",
            ])
            || said(&[
                "maximum context length",
                "context length",
                "context window",
                "context size",
                "prompt is too long",
                "input is too long",
                "prompt too long",
                "input length and `max_tokens` exceed",
                "exceeds the maximum number of tokens",
                "reduce the length of the messages",
                "maximum prompt length",
                "maximum number of input tokens",
                "too large for model",
                "`max_new_tokens` must be",
                "context overflow",
                "context the overflows",
                "range of input length",
                "exceeded model token limit",
                "exceeds max length",
            ]))
    {
        return ErrorKind::ContextLength;
    }
    if coded(&[
        "content_filter",
        "content_policy",
        "responsibleaipolicy",
        "data_inspection",
        "moderation",
        "sensitive",
    ]) || said(&[
        "content management policy",
        "content policy",
        "content exists risk",
        "flagged by moderation",
        "requires moderation",
        "safety system",
        "prohibited content",
        "usage policies",
    ]) {
        return ErrorKind::ContentFilter;
    }
    if status == Some(401)
        || coded(&["invalid_api_key", "api_key_invalid", "authentication", "unauthenticated", "unauthorized"])
        || (status != Some(403)
            && said(&[
                "incorrect api key",
                "invalid api key",
                "api key not valid",
                "api key not found",
                "no api key",
            ]))
    {
        return ErrorKind::Auth;
    }
    if status == Some(403)
        || coded(&["permission", "unsupported_country", "forbidden", "access_denied", "access_terminated"])
        || said(&["location is not supported"])
    {
        return ErrorKind::Permission;
    }
    if coded(&["overloaded", "slow_down", "capacity_exceeded"]) && !coded(&["service_tier_capacity"]) {
        return ErrorKind::Overloaded;
    }
    if limited || coded(&["rate_limit", "resource_exhausted", "too_many_requests", "throttl", "ratelimit"]) {
        return ErrorKind::RateLimited;
    }
    if status == Some(404)
        || status == Some(410)
        || coded(&["not_found", "notfound", "model_not_exist", "no_such_model", "unknown_model"])
        || (status.is_none_or(|s| s < 500)
            && said(&[
                "not a valid model",
                "model not exist",
                "model does not exist",
                "not found, try pulling it",
            ]))
    {
        return ErrorKind::NotFound;
    }
    match status {
        Some(498 | 503 | 529) => ErrorKind::Overloaded,
        Some(408 | 409 | 425 | 500..) => ErrorKind::Upstream,
        Some(400..=499) => ErrorKind::BadRequest,
        _ if coded(&["unavailable"]) || said(&["overloaded"]) => ErrorKind::Overloaded,
        _ if coded(&[
            "invalid_request",
            "invalid_argument",
            "bad_request",
            "failed_precondition",
            "tool_use_failed",
        ]) =>
        {
            ErrorKind::BadRequest
        }
        _ => ErrorKind::Upstream,
    }
}

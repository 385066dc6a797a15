//! The callers' routes: each reads what is asked in its caller's shape, hands it to the engine and says the
//! answer. What is decided, sent, counted and stored is the engine's affair.

mod answer;
mod ask;
mod embed;
mod models;
mod once;
mod rankings;
mod responses;
mod tokens;

pub(crate) use ask::client;
pub(crate) use once::Errands;

use crate::{
    Gateway,
    refuse::{Voice, refusal, say},
    route::{Call, Routes, Takes, handle},
};
use axum::body::Body;
use dialects::serving::{Address, Caller};
use domain::ErrorKind;
use http::{HeaderValue, Method, Response, header::CONTENT_TYPE};
use std::borrow::Cow;

/// A prompt with its pictures and files.
const PROMPT: usize = 64 << 20;
/// Texts to be embedded.
const TEXTS: usize = 16 << 20;

pub(crate) fn add(routes: Routes) -> Routes {
    let (prompt, nothing) = (Takes::Json(PROMPT), Takes::Nothing);
    routes
        .add_v1(Method::POST, "/chat/completions", prompt, handle!(chat))
        .add_v1(Method::POST, "/responses", prompt, handle!(responses))
        .add_v1(Method::GET, "/responses/{id}", nothing, handle!(responses::get))
        .add_v1(Method::DELETE, "/responses/{id}", nothing, handle!(responses::forget))
        .add_v1(Method::POST, "/completions", prompt, handle!(completions))
        .add_v1(Method::POST, "/messages", prompt, handle!(messages))
        .add_v1(Method::POST, "/messages/count_tokens", prompt, handle!(count))
        .add_v1(Method::POST, "/embeddings", Takes::Json(TEXTS), handle!(embed::embed))
        .add_v1(Method::GET, "/models", nothing, handle!(models::list))
        .add_v1(Method::GET, "/models/rankings", nothing, handle!(rankings::rankings))
        .add_v1(Method::GET, "/models/{*id}", nothing, handle!(models::one))
        // Gemini's models are asked under their names: `/v1beta/models/{model}:generateContent`.
        .add_v1(Method::POST, "/models/{*id}", prompt, handle!(gemini))
        .add_key(Method::POST, "/v1beta/models/{*id}", prompt, handle!(gemini))
        .add_key(Method::GET, "/v1beta/models", nothing, handle!(models::list))
        .add_key(Method::GET, "/v1beta/models/{*id}", nothing, handle!(models::one))
}

async fn chat(gateway: Gateway, call: Call) -> Response<Body> {
    ask::ask(gateway, call, Caller::OpenaiChat, "/v1/chat/completions", &Address::default()).await
}

async fn responses(gateway: Gateway, call: Call) -> Response<Body> {
    ask::ask(gateway, call, Caller::OpenaiResponses, "/v1/responses", &Address::default()).await
}

async fn completions(gateway: Gateway, call: Call) -> Response<Body> {
    ask::ask(gateway, call, Caller::OpenaiCompletions, "/v1/completions", &Address::default()).await
}

async fn messages(gateway: Gateway, call: Call) -> Response<Body> {
    ask::ask(gateway, call, Caller::Anthropic, "/v1/messages", &Address::default()).await
}

async fn count(gateway: Gateway, call: Call) -> Response<Body> {
    tokens::count(gateway, call, Caller::Anthropic, "/v1/messages/count_tokens", &Address::default()).await
}

/// What a Gemini address asks for: the model stands in it, and what to do behind a colon.
async fn gemini(gateway: Gateway, call: Call) -> Response<Body> {
    let path = call.uri.path().to_owned();
    let beta = path.starts_with("/v1beta/");
    let (model, action) = named(&path).rsplit_once(':').unwrap_or((named(&path), ""));
    let Some(model) = decoded(model) else {
        return say(Voice::Dialect(Caller::Gemini), &not_utf8(), &call.id);
    };
    let sse = query(&call.uri, "alt").is_some_and(|alt| alt == "sse");
    let address = |stream: bool| Address { model: Some(model.as_ref()), stream, events: stream && sse };
    match action {
        "generateContent" => {
            let route =
                if beta { "/v1beta/models/*:generateContent" } else { "/v1/models/*:generateContent" };
            ask::ask(gateway, call, Caller::Gemini, route, &address(false)).await
        }
        "streamGenerateContent" => {
            let route = if beta {
                "/v1beta/models/*:streamGenerateContent"
            } else {
                "/v1/models/*:streamGenerateContent"
            };
            ask::ask(gateway, call, Caller::Gemini, route, &address(true)).await
        }
        "countTokens" => {
            let route = if beta { "/v1beta/models/*:countTokens" } else { "/v1/models/*:countTokens" };
            tokens::count(gateway, call, Caller::Gemini, route, &address(false)).await
        }
        _ => {
            let message = "ask for `:generateContent`, `:streamGenerateContent` or `:countTokens` of a model";
            let refusal = refusal(404, ErrorKind::NotFound, message);
            say(Voice::Dialect(Caller::Gemini), &refusal, &call.id)
        }
    }
}

/// What stands behind `/models/` or `/responses/` in a path.
fn named(path: &str) -> &str {
    ["/models/", "/responses/"].iter().find_map(|before| path.split_once(before)).map_or("", |(_, name)| name)
}

/// What stands in a path, with `%2F` and the like read. `None` when it is no text.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        match (first, others) {
            (b'%', [high, low, behind @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
                rest = behind;
            }
            (b'%', _) => return None,
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// A value of an address, behind its `?`.
fn query<'a>(uri: &'a http::Uri, name: &str) -> Option<Cow<'a, str>> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| decoded(value))
}

fn not_utf8() -> dialects::serving::Refusal {
    refusal(400, ErrorKind::BadRequest, "the address is no UTF-8; encode it with `%`")
}

/// An answer of 200 that is JSON.
fn json(body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::{decoded, named, query};

    #[test]
    fn names_in_addresses_are_read_as_they_were_meant() {
        assert_eq!(decoded("a%2Fb%3A1").as_deref(), Some("a/b:1"));
        assert_eq!(decoded("a/b").as_deref(), Some("a/b"));
        for bad in ["%", "%2", "%zz", "%ff", "a%+1"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
        assert_eq!(named("/v1beta/models/a/b:generateContent"), "a/b:generateContent");
        let uri: http::Uri = "/x?alt=sse&routing_profile=my%20own".parse().unwrap();
        assert_eq!(query(&uri, "routing_profile").as_deref(), Some("my own"));
        assert_eq!(query(&uri, "profile"), None);
    }
}

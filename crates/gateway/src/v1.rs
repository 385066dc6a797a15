//! The callers' routes. Their answers are still to come; the guards already stand before them.

use crate::{
    Gateway,
    refuse::{refusal, say},
    route::{Call, Routes, Takes, handle},
};
use axum::body::Body;
use domain::ErrorKind;
use http::{Method, Response};

/// A prompt with its pictures and files.
const PROMPT: usize = 64 << 20;
/// Texts to be embedded or counted.
const TEXTS: usize = 16 << 20;

pub(crate) fn add(routes: Routes) -> Routes {
    let mut routes = routes;
    for (path, limit) in [
        ("/chat/completions", PROMPT),
        ("/responses", PROMPT),
        ("/completions", PROMPT),
        ("/messages", PROMPT),
        ("/messages/count_tokens", PROMPT),
        ("/embeddings", TEXTS),
    ] {
        routes = routes.add_v1(Method::POST, path, Takes::Json(limit), handle!(not_yet));
    }
    for path in ["/models", "/models/{*id}"] {
        routes = routes.add_v1(Method::GET, path, Takes::Nothing, handle!(not_yet));
    }
    // Gemini's models are asked under their names: `/v1beta/models/{model}:generateContent`.
    routes
        .add_key(Method::POST, "/v1beta/models/{*action}", Takes::Json(PROMPT), handle!(not_yet))
        .add_key(Method::GET, "/v1beta/models", Takes::Nothing, handle!(not_yet))
        .add_key(Method::GET, "/v1beta/models/{*id}", Takes::Nothing, handle!(not_yet))
}

async fn not_yet(_: Gateway, call: Call) -> Response<Body> {
    let message = "this version does not answer here yet; `orch chat` and the window do";
    say(call.voice, &refusal(501, ErrorKind::NotFound, message), &call.id)
}

//! The description of all routes, and a page to read it on. Both are files that this program carries.

use crate::{Gateway, route::Call};
use axum::body::Body;
use http::{
    HeaderValue, Response,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS},
};

/// Made by a test of this crate, from the routes themselves.
const DESCRIPTION: &str = include_str!("../../openapi.json");
/// A page without anybody else's script, style, font or picture.
const PAGE: &str = include_str!("docs.html");
/// Where the page's own script and style say that they are ours.
const NONCE: &str = "{nonce}";

/// `GET /openapi.json`.
pub(crate) async fn description(_: Gateway, _: Call) -> Response<Body> {
    let mut response = Response::new(Body::from(DESCRIPTION));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// `GET /docs`.
pub(crate) async fn docs(_: Gateway, _: Call) -> Response<Body> {
    let nonce = getrandom::u64().map_or_else(|_| String::new(), |one| format!("{one:016x}"));
    let mut response = Response::new(Body::from(PAGE.replace(NONCE, &nonce)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let policy = if nonce.is_empty() {
        // Without a random number the page is only text.
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'".to_owned()
    } else {
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

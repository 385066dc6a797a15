//! What this program tells of itself.

use crate::{Gateway, route::Call};
use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;

/// `GET /live`: that somebody answers, and nothing else.
pub(crate) async fn live(_: Gateway, _: Call) -> Response<Body> {
    json(StatusCode::OK, &Status { status: "ok", problem: None })
}

/// `GET /health`: whether all is well, in a word.
pub(crate) async fn health(gateway: Gateway, _: Call) -> Response<Body> {
    let status = gateway.engine().status();
    let well = status.saved && status.config_problem.is_none();
    json(StatusCode::OK, &Status { status: if well { "ok" } else { "degraded" }, problem: None })
}

/// `GET /ready`: whether calls can be taken and stored now.
pub(crate) async fn ready(gateway: Gateway, _: Call) -> Response<Body> {
    let status = gateway.engine().status();
    let (code, word, problem) = if gateway.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining", None)
    } else if status.saved {
        (StatusCode::OK, "ready", None)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "storage", status.storage_problem)
    };
    json(code, &Status { status: word, problem })
}

/// `GET /info`: what this is, and where it listens.
pub(crate) async fn info(gateway: Gateway, _: Call) -> Response<Body> {
    let status = gateway.engine().status();
    let info = Info {
        name: "orchesity",
        version: &status.version,
        addresses: gateway.addrs().iter().map(|address| format!("http://{address}")).collect(),
        connections: gateway.connections(),
        streaming: status.streaming,
    };
    json(StatusCode::OK, &info)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    name: &'static str,
    version: &'a str,
    addresses: Vec<String>,
    connections: usize,
    streaming: u32,
}

/// An answer of ours.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response<Body> {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

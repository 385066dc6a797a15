//! Embeddings.

use super::{
    ask::{refused, wire_call},
    once,
};
use crate::{Gateway, route::Call};
use axum::body::Body;
use dialects::serving::{Caller, read_embeddings};
use http::Response;

const ROUTE: &str = "/v1/embeddings";

/// `POST /v1/embeddings`.
pub(super) async fn embed(gateway: Gateway, call: Call) -> Response<Body> {
    let (id, caller) = (call.id.clone(), Caller::OpenaiChat);
    let asked = read_embeddings(&call.body);
    let guards = gateway.guards();
    let wire = match asked.and_then(|asked| wire_call(&call, caller, ROUTE, asked, false, guards)) {
        Ok(wire) => wire,
        Err(refusal) => return refused(&gateway, &call, caller, ROUTE, &refusal),
    };
    drop(call);
    once::carry_out(&gateway, wire, &id, once::Work::Embed).await
}

//! Embeddings.

use super::{answer::Said, ask::wire_call};
use crate::{
    Gateway,
    refuse::{Voice, say},
    route::Call,
};
use axum::body::Body;
use dialects::serving::{Caller, read_embeddings};
use http::Response;

/// `POST /v1/embeddings`.
pub(super) async fn embed(gateway: Gateway, call: Call) -> Response<Body> {
    let (id, caller) = (call.id.clone(), Caller::OpenaiChat);
    let asked = read_embeddings(&call.body);
    let wire = match asked.and_then(|asked| wire_call(call, caller, "/v1/embeddings", asked, false)) {
        Ok(wire) => wire,
        Err(refusal) => return say(Voice::Dialect(caller), &refusal, &id),
    };
    let said = match gateway.engine().embed(wire).await {
        Ok(answered) => Said::answer(caller, answered, &id),
        Err(refused) => Said::refused(caller, &refused, &id),
    };
    said.response()
}

//! Counting tokens without asking for an answer.

use super::{
    answer,
    ask::{refused, wire_call},
    json,
};
use crate::{
    Gateway,
    refuse::{Voice, say},
    route::Call,
};
use axum::body::Body;
use dialects::serving::{Address, Caller, counted, read_count};
use http::Response;

/// `POST /v1/messages/count_tokens`, `POST …:countTokens`.
pub(super) async fn count(
    gateway: Gateway,
    call: Call,
    caller: Caller,
    route: &'static str,
    address: &Address<'_>,
) -> Response<Body> {
    let id = call.id.clone();
    let asked = read_count(caller, &call.body, address);
    let guards = gateway.guards();
    let wire = match asked.and_then(|asked| wire_call(&call, caller, route, asked, false, guards)) {
        Ok(wire) => wire,
        Err(refusal) => return refused(&gateway, &call, caller, route, &refusal),
    };
    let tokens = gateway.engine().count(&wire).await;
    match tokens {
        Ok(tokens) => {
            let mut response = json(counted(caller, tokens));
            answer::name(response.headers_mut(), caller, &id);
            response
        }
        Err(refusal) => say(Voice::Dialect(caller), &refusal, &id),
    }
}

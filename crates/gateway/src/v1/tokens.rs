//! Counting tokens without asking for an answer.

use super::{answer, json};
use crate::{
    Gateway,
    refuse::{Voice, say},
    route::Call,
};
use axum::body::Body;
use dialects::serving::{Address, Caller, counted, read_count};
use engine::Grant;
use http::Response;

/// `POST /v1/messages/count_tokens`, `POST …:countTokens`.
pub(super) async fn count(
    gateway: Gateway,
    call: Call,
    caller: Caller,
    address: &Address<'_>,
) -> Response<Body> {
    let said = |refusal| say(Voice::Dialect(caller), refusal, &call.id);
    let asked = match read_count(caller, &call.body, address) {
        Ok(asked) => asked,
        Err(refusal) => return said(&refusal),
    };
    let grant = call.grant.clone().unwrap_or(Grant::WITHOUT_KEY);
    match gateway.engine().count(&asked, &grant).await {
        Ok(tokens) => {
            let mut response = json(counted(caller, tokens));
            answer::name(response.headers_mut(), caller, &call.id);
            response
        }
        Err(refusal) => said(&refusal),
    }
}

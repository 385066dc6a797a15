//! Stored responses: looked at and forgotten by their ids.

use super::{answer, ask::broken, decoded, json, named};
use crate::{
    Gateway,
    refuse::{Voice, refusal, say},
    route::Call,
};
use axum::body::Body;
use dialects::{
    ChatRequest,
    serving::{Asked, Caller, Choice, Head, Whole, whole},
};
use domain::{ErrorKind, Stop};
use engine::Grant;
use http::Response;
use serde_json::json;

/// Our prefix, and OpenAI's.
const PREFIX: &str = "resp_";

/// `GET /v1/responses/{id}`.
pub(super) async fn get(gateway: Gateway, call: Call) -> Response<Body> {
    let name = decoded(named(call.uri.path())).unwrap_or_default().into_owned();
    let grant = call.grant.clone().unwrap_or(Grant::WITHOUT_KEY);
    let found = match gateway.engine().answered().response(&name, &grant).await {
        Ok(Some(found)) => found,
        Ok(None) => return missing(&name, &call),
        Err(error) => return said(&broken(&error), &call),
    };
    let head = Head {
        id: found.name.strip_prefix(PREFIX).unwrap_or(&found.name).to_owned(),
        model: found.target.to_string(),
        created: found.created_at.millis() / 1000,
    };
    let request = ChatRequest { params: found.params, ..ChatRequest::default() };
    let asked = Asked { request, keep: true, choices: 1, ..Asked::default() };
    let choices = [Choice { parts: found.parts, stop: found.stop.unwrap_or(Stop::Other) }];
    let answer = Whole { head: &head, asked: &asked, choices: &choices, usage: found.usage };
    let mut response = json(whole(Caller::OpenaiResponses, &answer));
    answer::name(response.headers_mut(), Caller::OpenaiResponses, &call.id);
    response
}

/// `DELETE /v1/responses/{id}`.
pub(super) async fn forget(gateway: Gateway, call: Call) -> Response<Body> {
    let name = decoded(named(call.uri.path())).unwrap_or_default().into_owned();
    let grant = call.grant.clone().unwrap_or(Grant::WITHOUT_KEY);
    match gateway.engine().answered().forget_response(&name, &grant).await {
        Ok(true) => {
            let body = json!({ "id": name, "object": "response", "deleted": true });
            json(body.to_string().into_bytes())
        }
        Ok(false) => missing(&name, &call),
        Err(error) => said(&broken(&error), &call),
    }
}

fn missing(name: &str, call: &Call) -> Response<Body> {
    let name: String = name.chars().take(100).collect();
    let message = format!("there is no response `{name}`; it was never stored, or was made with another key");
    said(&refusal(404, ErrorKind::NotFound, message), call)
}

fn said(refusal: &dialects::serving::Refusal, call: &Call) -> Response<Body> {
    say(Voice::Dialect(Caller::OpenaiResponses), refusal, &call.id)
}

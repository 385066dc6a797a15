//! Asking a model: what a caller's request says, in its body and beside it.

use super::{answer, once, query};
use crate::{
    Gateway,
    guard::{Guard, Guards},
    refuse::{Detail, Voice, refusal, say},
    route::Call,
};
use axum::body::Body;
use dialects::serving::{Address, Asked, Caller, Refusal, read};
use domain::ErrorKind;
use engine::{Grant, Unasked, WireCall};
use http::{
    HeaderMap, HeaderValue, Response,
    header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT},
};
use std::str::FromStr;

/// Longest name of a client that is kept.
const CLIENT: usize = 120;
/// Headers that a provider of the caller's dialect is to get as they are.
const ONWARD: [&str; 3] = ["anthropic-version", "anthropic-beta", "openai-beta"];
/// Longest word that a caller can make a request known by.
const WORD: usize = 255;

/// Asks, and says the answer.
pub(super) async fn ask(
    gateway: Gateway,
    call: Call,
    caller: Caller,
    route: &'static str,
    address: &Address<'_>,
) -> Response<Body> {
    let id = call.id.clone();
    let asked = read(caller, &call.body, address);
    let guards = gateway.guards();
    let wire = match asked.and_then(|asked| wire_call(&call, caller, route, asked, address.events, guards)) {
        Ok(wire) => wire,
        Err(refusal) => return refused(&gateway, &call, caller, route, &refusal),
    };
    drop(call);
    once::carry_out(&gateway, wire, &id, once::Work::Answer).await
}

/// Says why a call is not passed on, and tells of it.
pub(super) fn refused(
    gateway: &Gateway,
    call: &Call,
    caller: Caller,
    route: &str,
    refusal: &Refusal,
) -> Response<Body> {
    let unasked = Unasked {
        request: call.id.as_str().to_owned(),
        route: route.to_owned(),
        caller,
        model: None,
        grant: call.grant.clone(),
        client: call.headers.get(USER_AGENT).and_then(client),
    };
    gateway.engine().tell_refused(&unasked, refusal);
    say(Voice::Dialect(caller), refusal, &call.id)
}

/// Who asks, as it calls itself.
pub(crate) fn client(agent: &HeaderValue) -> Option<String> {
    let agent = agent.to_str().ok().map(str::trim).filter(|agent| !agent.is_empty())?;
    Some(agent.chars().take(CLIENT).collect())
}

/// Asks the engine: what follows a stored response is told what was said before.
pub(super) async fn forward(gateway: &Gateway, mut wire: WireCall, id: &crate::RequestId) -> answer::Said {
    if let Some(name) = &wire.asked.previous_response {
        match gateway.engine().answered().history(name, &wire.grant).await {
            Ok(Some(mut said)) => {
                said.append(&mut wire.asked.request.messages);
                wire.asked.request.messages = said;
            }
            Ok(None) => {
                let message = format!(
                    "there is no response `{name}` that this key could follow; send the messages before it instead"
                );
                let refusal =
                    refusal(400, ErrorKind::BadRequest, message).code("previous_response_not_found");
                let refusal = Refusal { param: Some("previous_response_id".to_owned()), ..refusal };
                return answer::Said::refusal(wire.caller, &refusal, id);
            }
            Err(error) => return answer::Said::refusal(wire.caller, &broken(&error), id),
        }
    }
    let caller = wire.caller;
    match gateway.engine().forward(wire).await {
        Ok(answered) => answer::Said::answer(caller, answered, id),
        Err(refused) => answer::Said::refused(caller, &refused, id),
    }
}

/// What the engine is asked, of what a caller says in its body, its address and its headers.
pub(super) fn wire_call(
    call: &Call,
    caller: Caller,
    route: &'static str,
    asked: Asked,
    events: bool,
    guards: Guards,
) -> Result<WireCall, Refusal> {
    let header = |name: &str| text(&call.headers, name);
    let ours = &asked.ours;
    let profile = ours
        .profile
        .clone()
        .or_else(|| query(&call.uri, "routing_profile").map(std::borrow::Cow::into_owned))
        .or_else(|| header("x-orchesity-profile").map(str::to_owned));
    let important = ours.important || header("x-orchesity-important").is_some_and(|word| word == "true");
    let conversation = match &ours.conversation {
        Some(id) => Some(id_of("conversation_id", id)?),
        None => {
            header("x-orchesity-conversation").map(|id| id_of("x-orchesity-conversation", id)).transpose()?
        }
    };
    let parent = ours.parent.as_deref().map(|id| id_of("parent_message_id", id)).transpose()?;
    let idempotency = match header("idempotency-key") {
        Some(word) if word.len() > WORD => {
            let message = format!("`Idempotency-Key` has at most {WORD} characters; send a UUID");
            return Err(refusal(400, ErrorKind::BadRequest, message));
        }
        word => word.map(str::to_owned),
    };
    let all = !guards.stands(Guard::Onward);
    let onward = call.headers.iter().filter(|(name, _)| {
        // What frames the body is of this line only: with it no twin could ask anybody.
        let framing = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name);
        ONWARD.contains(&name.as_str()) || (all && !framing)
    });
    let headers =
        onward.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    Ok(WireCall {
        headers: headers.collect(),
        caller,
        route,
        asked,
        events,
        grant: call.grant.clone().unwrap_or(Grant::WITHOUT_KEY),
        request: call.id.as_str().to_owned(),
        client: call.headers.get(USER_AGENT).and_then(client),
        idempotency,
        conversation,
        parent,
        profile,
        important,
        body: call.body.clone(),
    })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn id_of<T: FromStr>(name: &str, id: &str) -> Result<T, Refusal> {
    id.parse().map_err(|_| {
        let message = format!("`{name}` is no id of ours; leave it out, or copy it from `/api/v1`");
        Refusal::bad(name, message)
    })
}

/// What the store could not do, to a caller who cannot help it.
pub(super) fn broken(error: &engine::EngineError) -> Refusal {
    refusal(503, ErrorKind::Overloaded, error.to_string()).retry_in(1000)
}

//! Which models can be asked, in the shape of whoever wants to know.

use super::{decoded, json, named, not_utf8, query};
use crate::{
    Gateway,
    refuse::{Detail, Voice, refusal, say},
    route::Call,
};
use axum::body::Body;
use dialects::serving::{
    Caller,
    models::{self, Card, Page},
};
use domain::{Capabilities, ErrorKind, Model, Target};
use engine::Grant;
use http::Response;

/// `GET /v1/models`, `GET /v1beta/models`.
pub(super) async fn list(gateway: Gateway, call: Call) -> Response<Body> {
    let caller = caller(&call);
    let cards = cards(&gateway, call.grant.as_ref()).await;
    let number = |name: &str| query(&call.uri, name).and_then(|text| text.parse().ok());
    let (after, before, token) =
        (query(&call.uri, "after_id"), query(&call.uri, "before_id"), query(&call.uri, "pageToken"));
    let page = match caller {
        Caller::Anthropic => {
            Page { limit: number("limit"), after: after.as_deref(), before: before.as_deref() }
        }
        Caller::Gemini => Page { limit: number("pageSize"), after: token.as_deref(), before: None },
        _ => Page::default(),
    };
    json(models::list(caller, &cards, &page))
}

/// `GET /v1/models/{id}`, `GET /v1beta/models/{id}`.
pub(super) async fn one(gateway: Gateway, call: Call) -> Response<Body> {
    let caller = caller(&call);
    let Some(id) = decoded(named(call.uri.path())) else {
        return say(Voice::Dialect(caller), &not_utf8(), &call.id);
    };
    let all = cards(&gateway, call.grant.as_ref()).await;
    if let Some(card) = all.iter().find(|card| card.id == id) {
        return json(models::one(caller, card));
    }
    // Not listed, and answers all the same: a bare name, or a model that its provider does not tell of.
    let target = Target::try_from(id.clone().into_owned()).ok();
    let decision = target.and_then(|target| gateway.engine().decide(&target).ok());
    match decision.and_then(|decision| decision.order.into_iter().next()) {
        Some(chosen) if allowed(call.grant.as_ref(), &chosen) => {
            let known = all.into_iter().find(|card| card.id == chosen.as_str());
            json(models::one(caller, &Card { id: id.into_owned(), ..known.unwrap_or_else(|| bare(&chosen)) }))
        }
        _ => {
            let message = format!("no model answers to `{id}`; `GET /v1/models` lists those that do");
            let refusal = refusal(404, ErrorKind::NotFound, message).code("model_not_found");
            say(Voice::Dialect(caller), &refusal, &call.id)
        }
    }
}

fn caller(call: &Call) -> Caller {
    match call.voice {
        Voice::Dialect(caller) => caller,
        Voice::Ours => Caller::OpenaiChat,
    }
}

/// Models that can be asked now and with this key, and other names for them.
async fn cards(gateway: &Gateway, grant: Option<&Grant>) -> Vec<Card> {
    let models = gateway.engine().models().await;
    let mut cards: Vec<Card> = models
        .into_iter()
        .filter(|model| model.available && allowed(grant, &model.target))
        .map(card)
        .collect();
    for (name, targets) in &gateway.engine().config().aliases {
        // As far as the first can: the others stand in for it.
        let Some(first) = targets.iter().find(|target| allowed(grant, target)) else { continue };
        let known = cards.iter().find(|card| card.id == first.as_str()).cloned();
        let card = Card { id: name.clone(), name: None, ..known.unwrap_or_else(|| bare(first)) };
        if cards.iter().all(|known| known.id != card.id) {
            cards.push(card);
        }
    }
    if !cards.is_empty() {
        cards.extend(routes(gateway));
    }
    cards
}

/// `auto`, and `auto:` with each policy: whoever is fit for the prompt answers.
fn routes(gateway: &Gateway) -> impl Iterator<Item = Card> {
    let (default, policies) = gateway.engine().policies();
    let card = |id: String, policy: &str| Card {
        id,
        name: Some(format!("Chosen for each prompt ({policy})")),
        created: 0,
        context_window: None,
        output_limit: None,
        capabilities: Capabilities::default(),
    };
    let auto = card("auto".to_owned(), &default);
    let named = policies.into_iter().map(move |policy| card(format!("auto:{}", policy.name), &policy.name));
    std::iter::once(auto).chain(named)
}

fn allowed(grant: Option<&Grant>, target: &Target) -> bool {
    grant.is_none_or(|grant| grant.allows_target(target))
}

fn card(model: Model) -> Card {
    Card {
        name: Some(model.name).filter(|name| *name != model.target.as_str()),
        id: model.target.into(),
        created: 0,
        context_window: model.context_window,
        output_limit: model.output_limit,
        capabilities: model.capabilities,
    }
}

fn bare(target: &Target) -> Card {
    Card {
        id: target.to_string(),
        name: None,
        created: 0,
        context_window: None,
        output_limit: None,
        capabilities: Capabilities::default(),
    }
}

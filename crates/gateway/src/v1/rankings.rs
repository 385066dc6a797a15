//! Models by rank, in the list that OpenAI's callers read: `data`, each with an `id`.

use super::{json, query};
use crate::{
    Gateway, api,
    refuse::{Detail, refusal, say},
    route::Call,
};
use axum::body::Body;
use dialects::serving::Refusal;
use domain::{ErrorKind, PromptClass};
use engine::{Grant, RankBy, RankedModel};
use http::Response;
use serde::Serialize;
use std::{fmt::Display, str::FromStr};

/// As many as are told unless more, or fewer, are asked for.
const USUAL: usize = 50;
const MOST: usize = 1_000;

#[derive(Serialize)]
struct List {
    object: &'static str,
    /// What they are ranked by.
    profile: RankBy,
    /// For which prompts.
    class: PromptClass,
    data: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    /// What to ask for where it can be asked here, else its canonical id.
    id: String,
    object: &'static str,
    #[serde(flatten)]
    ranked: RankedModel,
}

/// `GET /v1/models/rankings`.
pub(super) async fn rankings(gateway: Gateway, call: Call) -> Response<Body> {
    match listed(&gateway, &call) {
        Ok(list) => json(serde_json::to_vec(&list).unwrap_or_default()),
        Err(refusal) => say(call.voice, &refusal, &call.id),
    }
}

fn listed(gateway: &Gateway, call: &Call) -> Result<List, Refusal> {
    let profile = match parsed::<RankBy>(call, "profile")? {
        None => parsed(call, "by")?.unwrap_or(RankBy::Balanced),
        Some(profile) => profile,
    };
    let class = parsed(call, "class")?.unwrap_or(PromptClass::Other);
    let available = parsed(call, "available")?;
    let limit = parsed(call, "limit")?.unwrap_or(USUAL).min(MOST);
    let grant = call.grant.clone().unwrap_or(Grant::WITHOUT_KEY);
    let ranked = api::catalog::ranked(gateway, &grant, profile, class, available);
    let entry = |ranked: RankedModel| Entry {
        id: ranked.entry.target.as_ref().map_or_else(|| ranked.entry.model.clone(), ToString::to_string),
        object: "model_ranking",
        ranked,
    };
    Ok(List { object: "list", profile, class, data: ranked.into_iter().take(limit).map(entry).collect() })
}

/// A value of the address, or what is wrong with it.
fn parsed<T: FromStr<Err: Display>>(call: &Call, name: &str) -> Result<Option<T>, Refusal> {
    let Some(text) = query(&call.uri, name) else { return Ok(None) };
    text.parse().map(Some).map_err(|error| {
        let refusal = refusal(400, ErrorKind::BadRequest, format!("`{name}` cannot be read: {error}"));
        Refusal { param: Some(name.to_owned()), ..refusal.code("bad_input") }
    })
}

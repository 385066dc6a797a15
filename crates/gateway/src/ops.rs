//! What this program tells of itself.

mod metrics;
mod process;

use crate::{Gateway, route::Call};
use axum::body::Body;
use domain::{KeyPlaces, KeyState, Simulation};
use engine::{Backlog, BreakerState, Engine};
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use process::Process;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

pub(crate) use metrics::metrics;

/// A store that does not answer within this time is told as one that does not work.
const STORE_WITHIN: Duration = Duration::from_secs(2);

/// `GET /live`: that somebody answers, and nothing else.
pub(crate) async fn live(_: Gateway, _: Call) -> Response<Body> {
    json(StatusCode::OK, &Status { status: "ok", problem: None })
}

/// `GET /health`: whether all is well; in a word for those who show no key, whole for those who do.
pub(crate) async fn health(gateway: Gateway, call: Call) -> Response<Body> {
    let engine = gateway.engine();
    let status = engine.status();
    let (store, backlog) = (store(&gateway).await, engine.spool_backlog().await);
    let config = status.config_problem;
    let drains = gateway.is_draining();
    let simulated = engine.simulations();
    let well = store.is_none() && config.is_none() && !drains && simulated.is_empty();
    let word = if well { "ok" } else { "degraded" };
    if call.grant.is_none() {
        return json(StatusCode::OK, &Status { status: word, problem: None });
    }
    let providers = engine.providers().await.into_iter().filter(|provider| provider.enabled);
    let breakers = breakers(engine);
    let of = |provider: &str| {
        let own = breakers
            .iter()
            .filter(|(target, _)| target.split_once('/').is_some_and(|(id, _)| id == provider));
        own.map(|(target, state)| (target.clone(), *state)).collect::<BTreeMap<_, _>>()
    };
    let health = Health {
        status: word,
        version: &status.version,
        uptime_seconds: gateway.uptime().as_secs(),
        components: Components {
            gateway: Component { status: if drains { "draining" } else { "ok" }, problem: None },
            store: Component::of(store),
            config: Component::of(config),
            keys: engine.key_places(),
            spool: SpoolHealth::of(&backlog),
        },
        providers: providers
            .map(|provider| ProviderHealth {
                breakers: of(provider.id.as_str()),
                status: if provider.problem.is_some() { "degraded" } else { "ok" },
                id: provider.id.to_string(),
                key: provider.key,
                models: provider.models.len(),
                problem: provider.problem.map(|problem| problem.message),
                tested_ok: provider.last_test.map(|test| test.ok),
            })
            .collect(),
        process: Process::now(),
        connections: gateway.connections(),
        streaming: status.streaming,
        simulated,
    };
    json(StatusCode::OK, &health)
}

/// `GET /ready`: whether calls can be taken and stored now.
pub(crate) async fn ready(gateway: Gateway, _: Call) -> Response<Body> {
    let (code, word, problem) = if gateway.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining", None)
    } else if let Some(problem) = store(&gateway).await {
        (StatusCode::SERVICE_UNAVAILABLE, "storage", Some(problem))
    } else {
        (StatusCode::OK, "ready", None)
    };
    json(code, &Status { status: word, problem })
}

/// `GET /info`: what this is, and where it listens.
pub(crate) async fn info(gateway: Gateway, _: Call) -> Response<Body> {
    let status = gateway.engine().status();
    let settings = gateway.engine().gateway_settings();
    let info = Info {
        name: "orchesity",
        version: &status.version,
        addresses: gateway.addrs().iter().map(|address| format!("http://{address}")).collect(),
        exposed: gateway.is_exposed(),
        keys_needed: gateway.keys().is_some(),
        capture: settings.capture.as_str(),
        pid: std::process::id(),
        uptime_seconds: gateway.uptime().as_secs(),
        connections: gateway.connections(),
        streaming: status.streaming,
    };
    json(StatusCode::OK, &info)
}

/// Targets whose breaker is not closed, with the worst state of all keys that they were asked with.
pub(crate) fn breakers(engine: &Engine) -> BTreeMap<String, &'static str> {
    let mut worst = BTreeMap::new();
    for (target, state) in engine.breakers() {
        let word = match state {
            BreakerState::Closed => continue,
            BreakerState::HalfOpen => "half_open",
            BreakerState::Open => "open",
        };
        let entry = worst.entry(target.to_string()).or_insert(word);
        if word == "open" {
            *entry = word;
        }
    }
    worst
}

/// What is wrong with the store, if anything is.
async fn store(gateway: &Gateway) -> Option<String> {
    let status = gateway.engine().status();
    if !status.saved {
        return Some(status.storage_problem.unwrap_or_else(|| "not all is on disk".to_owned()));
    }
    match tokio::time::timeout(STORE_WITHIN, gateway.engine().store_answers()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("the store has not answered for {} s", STORE_WITHIN.as_secs())),
    }
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
struct Health<'a> {
    status: &'static str,
    version: &'a str,
    uptime_seconds: u64,
    components: Components,
    providers: Vec<ProviderHealth>,
    process: Process,
    connections: usize,
    streaming: u32,
    /// Faults that are made up on purpose: nobody is to take them for real.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    simulated: Vec<Simulation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    gateway: Component,
    store: Component,
    config: Component,
    keys: KeyPlaces,
    spool: SpoolHealth,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Component {
    fn of(problem: Option<String>) -> Self {
        Self { status: if problem.is_none() { "ok" } else { "degraded" }, problem }
    }
}

/// What was answered and is not in the database yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpoolHealth {
    status: &'static str,
    files: u32,
    bytes: u64,
}

impl SpoolHealth {
    fn of(backlog: &Backlog) -> Self {
        Self { status: "ok", files: backlog.files, bytes: backlog.bytes }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderHealth {
    id: String,
    status: &'static str,
    key: KeyState,
    models: usize,
    /// Targets that are left alone, or asked once to find out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    breakers: BTreeMap<String, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tested_ok: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    name: &'static str,
    version: &'a str,
    addresses: Vec<String>,
    exposed: bool,
    keys_needed: bool,
    capture: &'static str,
    pid: u32,
    uptime_seconds: u64,
    connections: usize,
    streaming: u32,
}

/// An answer of ours. Never kept by anybody in between: it is of this moment.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response<Body> {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

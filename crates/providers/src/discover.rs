//! What providers offer, asked of them.

use crate::{AttemptError, Config, ListedModel, Provider, Timeouts, Transport, presets};
use futures_util::future::join_all;

/// Longest list of models that is read.
const MAX_LIST: usize = 16 << 20;
/// Longest that a list is waited for.
const LIST_MS: u32 = 30_000;
/// A server on this machine that runs takes a connection at once.
const PROBE: Timeouts = Timeouts {
    connect_ms: 300,
    headers_ms: 1_500,
    first_content_ms: 1_500,
    idle_ms: 1_500,
    total_ms: 2_000,
    comments_ms: 2_000,
};

/// Asks a provider for its models. Simulated ones are known.
///
/// # Errors
/// When it cannot be asked, refuses, or answers with something else.
pub async fn discover(
    transport: &Transport,
    provider: &Provider,
    key: Option<&str>,
    timeouts: &Timeouts,
) -> Result<Vec<ListedModel>, AttemptError> {
    if provider.is_simulated() {
        return Ok(simulated());
    }
    let request = dialects::list_models_request(provider.dialect, &provider.quirks);
    let timeouts = Timeouts { total_ms: timeouts.total_ms.min(LIST_MS), ..timeouts.clone() };
    let body = transport.send(provider, key, &request, &timeouts, false).await?.body(MAX_LIST).await?;
    dialects::decode_models(provider.dialect, &body).map_err(|error| error.failure().into())
}

/// Looks for local servers on their usual loopback ports, all at once, with what they offer. Ports of
/// providers that `config` has of its own are left out.
pub async fn probe_local(transport: &Transport, config: &Config) -> Vec<(Provider, Vec<ListedModel>)> {
    let taken = |provider: &Provider| {
        config.providers.iter().any(|own| {
            own.configured
                && (own.id == provider.id
                    || own.base_url.port() == provider.base_url.port() && own.is_loopback())
        })
    };
    let known = presets::rows().iter().filter(|row| row.local).map(|row| row.provider(&|_| None));
    let asked = known.filter(|provider| !taken(provider)).map(|provider| async move {
        let models = discover(transport, &provider, None, &PROBE).await.ok()?;
        Some((provider, models))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// The simulated models, as a list.
pub fn simulated() -> Vec<ListedModel> {
    let listed = |(id, name): &(&str, &str)| ListedModel {
        id: (*id).to_owned(),
        name: Some((*name).to_owned()),
        context_window: None,
        output_limit: None,
        capabilities: domain::Capabilities::default(),
        prices: domain::Prices::FREE,
    };
    dialects::simulated::models().iter().map(listed).collect()
}

//! What providers offer, asked of them.

use crate::{AttemptError, ListedModel, Provider, Timeouts, Transport};

/// Longest list of models that is read.
const MAX_LIST: usize = 16 << 20;
/// Longest that a list is waited for.
const LIST_MS: u32 = 30_000;
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

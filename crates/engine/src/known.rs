//! What is known of one model: what its provider's list says, else what the catalog says.

use crate::Engine;
use domain::{Capabilities, Prices, Usage};
use providers::Provider;

/// What is known of one model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownModel {
    pub(crate) capabilities: Capabilities,
    pub(crate) context_window: Option<u32>,
}

/// What a call of this usage is charged at: by the user's word or the catalog, else by the provider's own
/// list. All `None` is unknown.
pub(crate) fn prices(engine: &Engine, provider: &Provider, model: &str, usage: &Usage) -> Prices {
    let prices = engine.config().prices_for(provider, model, usage);
    if prices != Prices::default() {
        return prices;
    }
    engine.listed(provider.id.as_str(), model).map_or(prices, |listed| listed.prices)
}

/// Looks a model up.
pub(crate) fn of_model(engine: &Engine, provider: &Provider, model: &str) -> KnownModel {
    let listed = engine.listed(provider.id.as_str(), model);
    let known = providers::catalog::lookup(provider.catalog_name(), model);
    let mut capabilities = merged(
        listed.as_ref().map_or_else(Capabilities::default, |m| m.capabilities),
        known.as_ref().map_or_else(Capabilities::default, |m| m.capabilities),
    );
    capabilities.web_search =
        capabilities.web_search.or_else(|| dialects::searches_web(provider.dialect, &provider.quirks, model));
    let window = listed.and_then(|m| m.context_window);
    KnownModel { capabilities, context_window: window.or_else(|| known.and_then(|m| m.context_window)) }
}

/// What a list says counts before what the catalog says.
pub(crate) fn merged(listed: Capabilities, known: Capabilities) -> Capabilities {
    Capabilities {
        vision: listed.vision.or(known.vision),
        tools: listed.tools.or(known.tools),
        json: listed.json.or(known.json),
        reasoning: listed.reasoning.or(known.reasoning),
        embeddings: listed.embeddings.or(known.embeddings),
        web_search: listed.web_search.or(known.web_search),
    }
}

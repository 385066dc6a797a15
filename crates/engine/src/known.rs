//! What is known of one model: what its provider's list says, else what the catalog says.

use crate::Engine;
use dialects::ListedModel;
use domain::{Capabilities, Prices, Usage};
use providers::{Config, Provider, catalog::Synced};

/// What is known of one model.
#[derive(Debug, Clone)]
pub(crate) struct KnownModel {
    pub(crate) name: Option<String>,
    pub(crate) capabilities: Capabilities,
    pub(crate) context_window: Option<u32>,
    pub(crate) output_limit: Option<u32>,
}

/// What a call of this usage is charged at: by the user's word or the catalog, else by the provider's own
/// list. All `None` is unknown.
pub(crate) fn prices(engine: &Engine, provider: &Provider, model: &str, usage: &Usage) -> Prices {
    let own = engine.config().prices_by(&engine.catalog(), provider, model, usage);
    let listed = || engine.listed(provider.id.as_str(), model).map(|listed| listed.prices);
    either(own, listed)
}

/// The same for a short call of a model that was just listed: what a list of models shows.
pub(crate) fn prices_of_listed(
    config: &Config,
    catalog: &Synced,
    provider: &Provider,
    listed: &ListedModel,
) -> Prices {
    let own = config.prices_by(catalog, provider, &listed.id, &Usage::default());
    either(own, || Some(listed.prices))
}

fn either(own: Prices, listed: impl FnOnce() -> Option<Prices>) -> Prices {
    if own == Prices::default() { listed().unwrap_or(own) } else { own }
}

/// Looks a model up.
pub(crate) fn of_model(engine: &Engine, provider: &Provider, model: &str) -> KnownModel {
    of(&engine.catalog(), provider, model, engine.listed(provider.id.as_str(), model).as_ref())
}

/// What is known of a model that was just listed.
pub(crate) fn of_listed(catalog: &Synced, provider: &Provider, listed: &ListedModel) -> KnownModel {
    of(catalog, provider, &listed.id, Some(listed))
}

fn of(catalog: &Synced, provider: &Provider, model: &str, listed: Option<&ListedModel>) -> KnownModel {
    let known = catalog.lookup(provider.catalog_name(), model);
    let mut capabilities = merged(
        listed.map_or_else(Capabilities::default, |m| m.capabilities),
        known.map_or_else(Capabilities::default, |m| m.capabilities),
    );
    capabilities.web_search =
        capabilities.web_search.or_else(|| dialects::searches_web(provider.dialect, &provider.quirks, model));
    // The user's word goes before every list.
    let own = provider.own(model);
    if let Some(own) = own {
        capabilities = merged(own.capabilities, capabilities);
    }
    KnownModel {
        name: own
            .and_then(|m| m.name.clone())
            .or_else(|| listed.and_then(|m| m.name.clone()))
            .or_else(|| known.map(|m| m.name.clone())),
        capabilities,
        context_window: own
            .and_then(|m| m.context_window)
            .or_else(|| listed.and_then(|m| m.context_window))
            .or_else(|| known.and_then(|m| m.context_window)),
        output_limit: own
            .and_then(|m| m.output_limit)
            .or_else(|| listed.and_then(|m| m.output_limit))
            .or_else(|| known.and_then(|m| m.output_limit)),
    }
}

/// What a list says counts before what the catalog says.
fn merged(listed: Capabilities, known: Capabilities) -> Capabilities {
    Capabilities {
        vision: listed.vision.or(known.vision),
        tools: listed.tools.or(known.tools),
        json: listed.json.or(known.json),
        reasoning: listed.reasoning.or(known.reasoning),
        embeddings: listed.embeddings.or(known.embeddings),
        web_search: listed.web_search.or(known.web_search),
    }
}

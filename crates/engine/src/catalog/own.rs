//! The user's own figures: models that no list has, and prices that are agreed.

use crate::{Engine, EngineError};
use domain::{Capabilities, Prices, Target};
use providers::{OwnModel, edit};
use serde::{Deserialize, Serialize};

/// What the user says of a model; it counts before every list. What is not said is as lists have it, but for
/// prices: they are taken together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OwnFigures {
    /// `provider/model`; for prices alone also a bare model id, at every provider that has it.
    pub model: Target,
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// Most tokens of prompt and answer together.
    #[serde(default)]
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    #[serde(default)]
    pub output_limit: Option<u32>,
    /// What it can do, as far as it is said.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What it costs; all `None` where that is left to lists.
    #[serde(default)]
    pub prices: Prices,
}

impl Engine {
    /// What the user says of models.
    #[must_use]
    pub fn own_figures(&self) -> Vec<OwnFigures> {
        let config = self.config();
        let mut all: Vec<OwnFigures> = Vec::new();
        for provider in &config.providers {
            for own in &provider.own {
                all.push(OwnFigures {
                    model: Target::of(provider.id.as_str(), &own.id),
                    name: own.name.clone(),
                    context_window: own.context_window,
                    output_limit: own.output_limit,
                    capabilities: own.capabilities,
                    prices: Prices::default(),
                });
            }
        }
        for row in &config.prices {
            if let Some(known) = all.iter_mut().find(|own| own.model.as_str() == row.model) {
                known.prices = row.prices;
            } else if let Ok(model) = row.model.parse() {
                all.push(OwnFigures {
                    model,
                    name: None,
                    context_window: None,
                    output_limit: None,
                    capabilities: Capabilities::default(),
                    prices: row.prices,
                });
            }
        }
        all.sort_by(|a, b| a.model.cmp(&b.model));
        all
    }

    /// Takes the user's word on a model into `config.toml`, comments kept. A model that nobody lists can be asked
    /// from then on.
    ///
    /// # Errors
    /// When it names no provider that there is, says nothing, or the file cannot be written.
    pub async fn set_own_figures(&self, own: OwnFigures) -> Result<(), EngineError> {
        let bad = |why: &str| Err(EngineError::BadInput(why.to_owned()));
        let name = own.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        let said = name.is_some()
            || own.context_window.is_some()
            || own.output_limit.is_some()
            || own.capabilities != Capabilities::default();
        let priced = own.prices != Prices::default();
        if priced && own.prices.input.is_none() {
            return bad("say what input costs; `0` is free");
        }
        let config = self.config();
        let provider = own.model.split().and_then(|(id, model)| Some((config.provider(id)?, model)));
        let facts = match provider {
            Some((provider, _)) if provider.is_simulated() => {
                return bad("simulated models are made up here; they have no figures of their own");
            }
            Some((provider, model)) => {
                let listed = self.found_at(provider.id.as_str()).iter().any(|listed| listed.id == model)
                    || provider.models.iter().any(|listed| listed == model)
                    || self.catalog().lookup(provider.catalog_name(), model).is_some();
                (said || !listed).then(|| OwnModel {
                    id: model.to_owned(),
                    name,
                    context_window: own.context_window,
                    output_limit: own.output_limit,
                    capabilities: own.capabilities,
                })
            }
            None if said || own.model.split().is_some() => {
                return bad("write the model as `provider/model`, of a provider that is set up");
            }
            None => None,
        };
        if facts.is_none() && !priced {
            return bad("say something of the model: what it costs, how much it reads, or what it can do");
        }
        let (model, prices) = (own.model, priced.then_some(own.prices));
        self.edit_config(move |home| edit::set_own_model(home, &model, facts.as_ref(), prices.as_ref()))
            .await?;
        self.0.changes.tell(["catalog"]);
        Ok(())
    }

    /// Takes back what the user said of a model.
    ///
    /// # Errors
    /// When nothing was said, or the file cannot be written.
    pub async fn remove_own_figures(&self, model: &Target) -> Result<(), EngineError> {
        if !self.own_figures().iter().any(|own| own.model == *model) {
            return Err(EngineError::NotFound { what: "own figures of", id: model.to_string() });
        }
        let model = model.clone();
        self.edit_config(move |home| edit::remove_own_model(home, &model)).await?;
        self.0.changes.tell(["catalog"]);
        Ok(())
    }
}

//! `[[models]]`: what the user says of models, and models that no list has.

use super::{ConfigError, file::Places};
use crate::{OwnModel, Provider};
use domain::{Capabilities, Target};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct ModelRow {
    model: Target,
    name: Option<String>,
    context_window: Option<u32>,
    output_limit: Option<u32>,
    vision: Option<bool>,
    tools: Option<bool>,
    json: Option<bool>,
    reasoning: Option<bool>,
    embeddings: Option<bool>,
    web_search: Option<bool>,
}

/// Gives each row to the provider that it names. One that names none is passed over, and said.
pub(super) fn add(
    rows: Vec<ModelRow>,
    providers: &mut [Provider],
    places: &Places<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    for (index, row) in rows.into_iter().enumerate() {
        let place = places.of_row("models", index);
        let Some((id, model)) = row.model.split() else {
            let message = format!("`{}` is no model of a provider; write `provider/model`", row.model);
            return Err(place.error("model", message));
        };
        let Some(provider) = providers.iter_mut().find(|provider| provider.id.as_str() == id) else {
            let message = format!("there is no provider `{id}`, so nothing is known of its models");
            warnings.push(place.error("model", message).to_string());
            continue;
        };
        if provider.own(model).is_some() {
            let message = format!("there is a row of `{}` above; models are described once", row.model);
            return Err(place.error("model", message));
        }
        let own = OwnModel {
            id: model.to_owned(),
            name: row.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
            context_window: row.context_window,
            output_limit: row.output_limit,
            capabilities: Capabilities {
                vision: row.vision,
                tools: row.tools,
                json: row.json,
                reasoning: row.reasoning,
                embeddings: row.embeddings,
                web_search: row.web_search,
            },
        };
        provider.own.push(own);
    }
    Ok(())
}

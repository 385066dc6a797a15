//! What providers list of themselves, and what the Hugging Face Hub says of weights.

use super::{Collector, Fact, MAX_NAME};
use domain::Capabilities;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A row of a provider's list: OpenAI's form with what others added, or Gemini's.
#[derive(Deserialize)]
struct Listed {
    id: Option<String>,
    name: Option<String>,
    #[serde(alias = "displayName")]
    display_name: Option<String>,
    #[serde(default, alias = "inputTokenLimit", alias = "context_window", alias = "context_length")]
    max_context_length: Option<u32>,
    #[serde(default, alias = "outputTokenLimit")]
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    capabilities: Option<Can>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Can {
    vision: Option<bool>,
    function_calling: Option<bool>,
    reasoning: Option<bool>,
}

pub(super) fn provider(list: &[&RawValue], provider: &str, rows: &mut Collector) {
    for raw in list {
        let row: Listed = match serde_json::from_str(raw.get()) {
            Ok(row) => row,
            Err(error) => {
                rows.skip(raw.get(), error);
                continue;
            }
        };
        let Some(id) = row.id.clone().or_else(|| row.name.clone()) else {
            rows.skip(raw.get(), "it has no name");
            continue;
        };
        let can = row.capabilities.unwrap_or_default();
        rows.take(Fact {
            provider: provider.to_owned(),
            name: row.display_name.or(row.name).filter(|name| *name != id),
            id: id.strip_prefix("models/").unwrap_or(&id).to_owned(),
            context_window: row.max_context_length.filter(|n| *n > 0),
            output_limit: row.max_completion_tokens.filter(|n| *n > 0),
            capabilities: Capabilities {
                vision: can.vision,
                tools: can.function_calling,
                reasoning: can.reasoning,
                ..Capabilities::default()
            },
            // Names that move on to the next version are no other names of this one.
            aliases: row
                .aliases
                .into_iter()
                .filter(|name| !name.ends_with("latest") && name.bytes().any(|b| b.is_ascii_digit()))
                .collect(),
            ..Fact::default()
        });
    }
}

#[derive(Deserialize)]
struct Weights {
    id: String,
    #[serde(default, rename = "inferenceProviderMapping")]
    hosts: serde_json::Map<String, serde_json::Value>,
}

/// The names that hosts have for the weights are other names of the same model.
pub(super) fn hugging_face(text: &str, rows: &mut Collector) {
    match serde_json::from_str::<Weights>(text) {
        Ok(weights) => {
            let names = weights.hosts.values().filter_map(|host| host.get("providerId")?.as_str());
            let mut aliases: Vec<String> = names
                .filter(|name| *name != weights.id && name.len() <= MAX_NAME)
                .map(str::to_owned)
                .collect();
            aliases.sort_unstable();
            aliases.dedup();
            rows.take(Fact { id: weights.id, aliases, ..Fact::default() });
        }
        Err(error) => rows.skip("", error),
    }
}

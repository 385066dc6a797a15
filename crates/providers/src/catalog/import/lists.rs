//! What providers list of themselves, and what the Hugging Face Hub says of weights.

use super::{
    Collector, Fact, MAX_NAME,
    decimal::usd,
    price_lists::{day, day_of},
};
use domain::{Capabilities, ModelDates, Prices};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

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
    /// Anthropic's; `created` is the moment of the answer at some, so that it says nothing.
    created_at: Option<Value>,
    /// Mistral's.
    deprecation: Option<Value>,
}

/// A field that is text at those who are known to have it; whatever it is elsewhere spoils no list.
fn text(field: Option<Value>) -> Option<String> {
    field.and_then(|field| field.as_str().map(str::to_owned))
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
            dates: ModelDates {
                released: day(text(row.created_at)),
                knowledge: None,
                deprecated: day(text(row.deprecation)),
            },
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

/// A row of the Hugging Face router's list: a model, and who hosts it at which price.
#[derive(Deserialize)]
struct Routed<'a> {
    id: String,
    created: Option<i64>,
    #[serde(default)]
    architecture: Modalities,
    #[serde(borrow)]
    providers: Vec<Host<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Modalities {
    input_modalities: Option<Vec<String>>,
    output_modalities: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Host<'a> {
    provider: String,
    status: Option<String>,
    context_length: Option<u32>,
    #[serde(borrow)]
    pricing: Option<HostPrices<'a>>,
    supports_tools: Option<bool>,
    supports_structured_output: Option<bool>,
}

/// Dollars for a million tokens.
#[derive(Deserialize)]
struct HostPrices<'a> {
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
}

/// Under its bare name the router chooses the host, so that no price is known; `model:host` has the host's own.
pub(super) fn hugging_face_router(list: &[&RawValue], rows: &mut Collector) {
    for raw in list {
        let row: Routed<'_> = match serde_json::from_str(raw.get()) {
            Ok(row) => row,
            Err(error) => {
                rows.skip(raw.get(), error);
                continue;
            }
        };
        let Modalities { input_modalities, output_modalities } = row.architecture;
        if output_modalities.is_some_and(|all| !all.iter().any(|kind| kind == "text")) {
            continue;
        }
        let vision = input_modalities.map(|all| all.iter().any(|kind| kind == "image"));
        let released = day_of(row.created);
        let fact = |id: String| Fact {
            provider: "huggingface".to_owned(),
            id,
            dates: ModelDates { released: released.clone(), ..ModelDates::default() },
            capabilities: Capabilities { vision, ..Capabilities::default() },
            ..Fact::default()
        };
        let live = |host: &&Host<'_>| host.status.as_deref().is_none_or(|status| status == "live");
        // Whoever is chosen takes at least what the smallest takes.
        let least = row.providers.iter().filter(live).filter_map(|host| host.context_length).min();
        rows.take(Fact { context_window: least.filter(|n| *n > 0), ..fact(row.id.clone()) });
        for host in row.providers.iter().filter(live) {
            let id = format!("{}:{}", row.id, host.provider);
            let told = host.pricing.as_ref();
            let input = usd(told.and_then(|prices| prices.input), false);
            let output = usd(told.and_then(|prices| prices.output), false);
            let (input, output) = match (input, output) {
                (Ok(input), Ok(output)) => (input, output),
                (Err(why), _) | (_, Err(why)) => {
                    rows.skip(&id, why);
                    continue;
                }
            };
            let known = input.is_some();
            let prices =
                if known { Prices { input, output, ..Prices::default() } } else { Prices::default() };
            let mut hosted = fact(id);
            hosted.context_window = host.context_length.filter(|n| *n > 0);
            hosted.prices = prices;
            hosted.capabilities.tools = host.supports_tools;
            hosted.capabilities.json = host.supports_structured_output;
            rows.take(hosted);
        }
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

//! Lists with prices: LiteLLM's, models.dev's and OpenRouter's.

use super::{
    super::step,
    Collector, Fact, MOST_TOKENS,
    decimal::usd,
    entries::{self, Entries},
};
use domain::{Capabilities, ModelDates, Prices, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// Providers whose ids begin with a prefix in LiteLLM's list.
const PREFIXES: &[(&str, &str)] = &[
    ("azure", "azure/"),
    ("deepseek", "deepseek/"),
    ("gemini", "gemini/"),
    ("groq", "groq/"),
    ("mistral", "mistral/"),
    ("openrouter", "openrouter/"),
    ("together_ai", "together_ai/"),
    ("xai", "xai/"),
];

/// Our name of a shelf.
fn ours(theirs: &str) -> &str {
    match theirs {
        "together_ai" | "togetherai" => "together",
        "google" => "gemini",
        other => other,
    }
}

type Row<'a> = Entries<'a>;

fn value<'a>(row: &Row<'a>, name: &str) -> Option<&'a RawValue> {
    row.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
}

fn get<'a, T: Deserialize<'a>>(row: &Row<'a>, name: &str) -> Option<T> {
    serde_json::from_str(value(row, name)?.get()).ok()
}

/// A count of tokens; some lists write it as text or as a float.
fn tokens(row: &Row<'_>, name: &str) -> Option<u32> {
    let text = value(row, name)?.get().trim_matches('"');
    let text = text.strip_suffix(".0").unwrap_or(text);
    text.parse().ok().filter(|count| *count > 0)
}

/// A day or a month, as it is written; what is neither says nothing.
pub(super) fn day(text: Option<String>) -> Option<String> {
    let text = text?;
    // Some say the moment as well.
    let text = text.split_once('T').map_or(text.as_str(), |(day, _)| day);
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, long: usize| part.len() == long && part.bytes().all(|b| b.is_ascii_digit());
    let within =
        |part: &str, most: u8| digits(part, 2) && part.parse().is_ok_and(|n: u8| (1..=most).contains(&n));
    let good = match parts[..] {
        [year, month] => digits(year, 4) && within(month, 12),
        [year, month, day] => digits(year, 4) && within(month, 12) && within(day, 31),
        _ => false,
    };
    good.then(|| text.to_owned())
}

/// The day of a moment in seconds since 1970; what is before 2015 is no model's.
pub(super) fn day_of(seconds: Option<i64>) -> Option<String> {
    const SINCE: i64 = 1_420_070_400;
    let millis = seconds.filter(|seconds| *seconds >= SINCE)?.checked_mul(1_000)?;
    day(Some(Timestamp::from_millis(millis).to_string()))
}

fn figures(row: &Row<'_>, names: [&str; 5], per_token: bool) -> Result<Prices, &'static str> {
    let [input, output, cached_read, cached_write, reasoning] = names;
    let price = |name| usd(value(row, name), per_token);
    Ok(Prices {
        input: price(input)?,
        output: price(output)?,
        cached_read: price(cached_read)?,
        cached_write: price(cached_write)?,
        reasoning: price(reasoning)?,
    })
}

fn prices(row: &Row<'_>, names: [&str; 5], per_token: bool) -> Result<Prices, &'static str> {
    let prices = figures(row, names, per_token)?;
    // A price without its other half says nothing about a call.
    Ok(if prices.input.is_some() { prices } else { Prices::default() })
}

/// Prices of long prompts, each with the tokens that it begins above.
type Steps = Vec<(u32, Prices)>;

/// Most steps of one model; real ones have one or two.
const MOST_STEPS: usize = 16;
const TOO_MANY_STEPS: &str = "it has too many price steps";

/// Steps as the catalog has them: whole, ascending, and of two for one length the first.
fn steps(mut told: Steps, usual: Prices) -> Steps {
    if usual.input.is_none() {
        return Vec::new();
    }
    told.retain(|(tokens, own)| *tokens <= MOST_TOKENS && *own != Prices::default());
    told.sort_by_key(|(tokens, _)| *tokens);
    told.dedup_by_key(|(tokens, _)| *tokens);
    told.into_iter().map(|(tokens, own)| (tokens, step(own, usual))).collect()
}

const MODES: [&str; 4] = ["chat", "responses", "completion", "embedding"];
const PER_TOKEN: [&str; 5] = [
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "output_cost_per_reasoning_token",
];

const PER_TOKEN_IN_BATCHES: [&str; 5] = [
    "input_cost_per_token_batches",
    "output_cost_per_token_batches",
    "cache_read_input_token_cost_batches",
    "cache_creation_input_token_cost_batches",
    "output_cost_per_reasoning_token_batches",
];

/// The length in `input_cost_per_token_above_200k_tokens`, as it is written there. Other terms also
/// come as endings (`…_tokens_priority`, `…_above_1hr_above_200k_tokens`): they are not what a call
/// costs that asks for nothing special.
fn thousands(key: &str) -> Option<&str> {
    let rest = PER_TOKEN.iter().find_map(|name| key.strip_prefix(name))?;
    let count = rest.strip_prefix("_above_")?.strip_suffix("k_tokens")?;
    count.bytes().all(|b| b.is_ascii_digit()).then_some(count)
}

fn litellm_prices(row: &Row<'_>) -> Result<(Prices, Steps, Prices), &'static str> {
    let usual = prices(row, PER_TOKEN, true)?;
    let batch = prices(row, PER_TOKEN_IN_BATCHES, true)?;
    let lengths: BTreeSet<&str> = row.iter().filter_map(|(key, _)| thousands(key)).collect();
    // Looking each up in a row as long as a whole list would take for ever.
    if lengths.len() > MOST_STEPS {
        return Err(TOO_MANY_STEPS);
    }
    let mut told = Vec::new();
    for length in lengths {
        let tokens = length.parse().ok().and_then(|count: u32| count.checked_mul(1_000));
        let Some(tokens) = tokens.filter(|tokens| *tokens > 0) else { continue };
        let names = PER_TOKEN.map(|name| format!("{name}_above_{length}k_tokens"));
        told.push((tokens, figures(row, names.each_ref().map(String::as_str), true)?));
    }
    Ok((usual, steps(told, usual), batch))
}

pub(super) fn litellm(object: &Entries<'_>, rows: &mut Collector) {
    for (key, raw) in object {
        // The first entry says what fields there are.
        if key == "sample_spec" {
            continue;
        }
        let Ok(row) = entries::object(raw.get()) else {
            rows.skip(key, "it is no object");
            continue;
        };
        let mode: String = get(&row, "mode").unwrap_or_default();
        if !MODES.contains(&mode.as_str()) {
            continue;
        }
        let provider: String = get(&row, "litellm_provider").unwrap_or_default();
        let prefix = PREFIXES.iter().find(|(name, _)| *name == provider).map_or("", |(_, prefix)| prefix);
        let id = key.strip_prefix(prefix).unwrap_or(key).to_owned();
        let embeds = mode == "embedding";
        match litellm_prices(&row) {
            Err(why) => rows.skip(key, why),
            Ok((prices, above, batch)) => rows.take(Fact {
                batch,
                dates: ModelDates { deprecated: day(get(&row, "deprecation_date")), ..ModelDates::default() },
                provider: ours(&provider).to_owned(),
                id,
                context_window: tokens(&row, "max_input_tokens"),
                output_limit: tokens(&row, "max_output_tokens").filter(|_| !embeds),
                prices,
                above,
                capabilities: Capabilities {
                    vision: get(&row, "supports_vision"),
                    tools: get(&row, "supports_function_calling"),
                    json: get(&row, "supports_response_schema"),
                    reasoning: get(&row, "supports_reasoning"),
                    embeddings: embeds.then_some(true),
                    web_search: get(&row, "supports_web_search"),
                },
                ..Fact::default()
            }),
        }
    }
}

const PER_MILLION: [&str; 5] = ["input", "output", "cache_read", "cache_write", "reasoning"];

/// Steps are `tiers` there; the one field of before is still read where there are none.
fn models_dev_prices(cost: &Row<'_>) -> Result<(Prices, Steps), &'static str> {
    let usual = prices(cost, PER_MILLION, false)?;
    let tiers: Vec<&RawValue> = get(cost, "tiers").unwrap_or_default();
    if tiers.len() > MOST_STEPS {
        return Err(TOO_MANY_STEPS);
    }
    let mut told = Vec::new();
    for tier in tiers {
        let Ok(tier) = entries::object(tier.get()) else { continue };
        let bound = value(&tier, "tier").and_then(|bound| entries::object(bound.get()).ok());
        // A step by anything but the length of the prompt is not one of ours.
        let bound = bound.filter(|bound| get::<String>(bound, "type").is_none_or(|kind| kind == "context"));
        let Some(tokens) = bound.and_then(|bound| tokens(&bound, "size")) else { continue };
        told.push((tokens, figures(&tier, PER_MILLION, false)?));
    }
    let mut above = steps(told, usual);
    let long = value(cost, "context_over_200k").and_then(|long| entries::object(long.get()).ok());
    if let Some(long) = long.filter(|_| above.is_empty()) {
        above = steps(vec![(200_000, figures(&long, PER_MILLION, false)?)], usual);
    }
    Ok((usual, above))
}

pub(super) fn models_dev(object: &Entries<'_>, rows: &mut Collector) {
    for (shelf, raw) in object {
        let models = entries::object(raw.get())
            .ok()
            .and_then(|row| value(&row, "models"))
            .and_then(|models| entries::object(models.get()).ok());
        let Some(models) = models else {
            rows.skip(shelf, "it has no models");
            continue;
        };
        for (id, raw) in &models {
            let Ok(row) = entries::object(raw.get()) else {
                rows.skip(id, "it is no object");
                continue;
            };
            let part = |name: &str| {
                value(&row, name).and_then(|part| entries::object(part.get()).ok()).unwrap_or_default()
            };
            let (cost, limit, modalities) = (part("cost"), part("limit"), part("modalities"));
            let list = |name: &str| get::<Vec<String>>(&modalities, name);
            let text =
                |list: &Option<Vec<String>>| list.as_ref().is_none_or(|l| l.iter().any(|m| m == "text"));
            let (input, output) = (list("input"), list("output"));
            // Pictures, voices and the like are not asked here.
            if !text(&input) || !text(&output) {
                continue;
            }
            let (prices, above) = match models_dev_prices(&cost) {
                Ok(told) => told,
                Err(why) => {
                    rows.skip(id, why);
                    continue;
                }
            };
            rows.take(Fact {
                provider: ours(shelf).to_owned(),
                id: id.clone(),
                name: get(&row, "name"),
                context_window: tokens(&limit, "context"),
                output_limit: tokens(&limit, "output"),
                prices,
                above,
                dates: ModelDates {
                    released: day(get(&row, "release_date")),
                    knowledge: day(get(&row, "knowledge")),
                    deprecated: None,
                },
                capabilities: Capabilities {
                    vision: input.map(|input| input.iter().any(|m| m == "image")),
                    tools: get(&row, "tool_call"),
                    json: get(&row, "structured_output"),
                    reasoning: get(&row, "reasoning"),
                    ..Capabilities::default()
                },
                ..Fact::default()
            });
        }
    }
}

const ROUTED: [&str; 5] =
    ["prompt", "completion", "input_cache_read", "input_cache_write", "internal_reasoning"];

pub(super) fn openrouter(list: &[&RawValue], rows: &mut Collector) {
    for raw in list {
        let Ok(row) = entries::object(raw.get()) else {
            rows.skip(raw.get(), "it is no object");
            continue;
        };
        let Some(id) = get::<String>(&row, "id") else {
            rows.skip(raw.get(), "it has no name");
            continue;
        };
        let part = |name: &str| {
            value(&row, name).and_then(|part| entries::object(part.get()).ok()).unwrap_or_default()
        };
        let (pricing, top, kinds) = (part("pricing"), part("top_provider"), part("architecture"));
        let kinds = |name: &str| get::<Vec<String>>(&kinds, name);
        if kinds("output_modalities").is_some_and(|all| !all.iter().any(|kind| kind == "text")) {
            continue;
        }
        // A router of theirs asks what it says later: `-1`.
        let asked_later = value(&pricing, "prompt").is_some_and(|p| p.get().trim_matches('"') == "-1");
        let priced = if asked_later { Ok(Prices::default()) } else { prices(&pricing, ROUTED, true) };
        let mut prices = match priced {
            Ok(prices) => prices,
            Err(why) => {
                rows.skip(&id, why);
                continue;
            }
        };
        // 0 stands for "as the output" here.
        prices.reasoning = prices.reasoning.filter(|price| price.0 > 0);
        let can: Vec<String> = get(&row, "supported_parameters").unwrap_or_default();
        let can = |name: &str| Some(can.iter().any(|parameter| parameter == name));
        let aliases = ["canonical_slug", "hugging_face_id"];
        let aliases = aliases.into_iter().filter_map(|name| get::<Option<String>>(&row, name).flatten());
        rows.take(Fact {
            provider: "openrouter".to_owned(),
            aliases: aliases.filter(|alias| !alias.is_empty() && *alias != id).collect(),
            id,
            name: get(&row, "name"),
            context_window: tokens(&row, "context_length"),
            output_limit: tokens(&top, "max_completion_tokens"),
            prices,
            // Theirs is when it came to them.
            dates: ModelDates {
                released: day_of(get(&row, "created")),
                knowledge: day(get::<Option<String>>(&row, "knowledge_cutoff").flatten()),
                deprecated: day(get::<Option<String>>(&row, "expiration_date").flatten()),
            },
            capabilities: Capabilities {
                vision: kinds("input_modalities").map(|all| all.iter().any(|kind| kind == "image")),
                tools: can("tools"),
                json: can("structured_outputs"),
                reasoning: can("reasoning"),
                ..Capabilities::default()
            },
            ..Fact::default()
        });
    }
}

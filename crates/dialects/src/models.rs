//! Lists of models.

use crate::{DialectError, Quirks, WireRequest, anthropic_messages, classify, json, wire};
use domain::{Capabilities, Dialect, NanoUsd, Prices};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One entry of a provider's model list: what the list says, `None` where it does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedModel {
    /// What to ask for.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Most tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    pub output_limit: Option<u32>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What it costs.
    pub prices: Prices,
}

impl ListedModel {
    /// One of which only the name is known.
    #[must_use]
    pub fn named(id: &str, name: Option<&str>) -> Self {
        Self {
            id: id.to_owned(),
            name: name.map(str::to_owned),
            context_window: None,
            output_limit: None,
            capabilities: Capabilities::default(),
            prices: Prices::default(),
        }
    }
}

pub(crate) fn request(dialect: Dialect, quirks: &Quirks) -> WireRequest {
    let usual = match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Simulated => "/models",
        Dialect::AnthropicMessages => "/v1/models?limit=1000",
        Dialect::Gemini => "/v1beta/models?pageSize=1000",
        Dialect::Ollama => "/api/tags",
    };
    let mut request = WireRequest::get(wire::path(quirks.models_path.as_ref(), usual, "", quirks));
    if dialect == Dialect::AnthropicMessages {
        request.headers.push(("anthropic-version".to_owned(), anthropic_messages::VERSION.to_owned()));
    }
    request
}

pub(crate) fn decode(_dialect: Dialect, body: &[u8]) -> Result<Vec<ListedModel>, DialectError> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let value = json::parse(text).map_err(|error| {
        if error.is_eof() {
            DialectError::Truncated
        } else {
            DialectError::malformed(format!("the model list is no JSON: {error}"))
        }
    })?;
    let lists = [value.get("data"), value.get("models"), value.get("result"), Some(&value)];
    let Some(entries) = lists.into_iter().flatten().find_map(Value::as_array) else {
        if json::some(&value, "error").is_some() {
            return Err(DialectError::Provider(classify::in_band(&value)));
        }
        return Err(DialectError::malformed("there is no list of models in it"));
    };
    let mut seen = std::collections::HashSet::new();
    Ok(entries.iter().filter_map(entry).filter(|model| seen.insert(model.id.clone())).collect())
}

fn entry(value: &Value) -> Option<ListedModel> {
    if let Value::String(id) = value {
        return Some(ListedModel {
            id: id.clone(),
            name: None,
            context_window: None,
            output_limit: None,
            capabilities: Capabilities::default(),
            prices: Prices::default(),
        });
    }
    // Google calls the id a name and writes `models/` before it.
    let resource = json::text(value, "name").and_then(|name| name.strip_prefix("models/"));
    let id =
        resource.or_else(|| ["id", "model", "name"].iter().find_map(|field| json::text(value, field)))?;
    let name = ["display_name", "displayName"]
        .iter()
        .find_map(|field| json::text(value, field))
        .or_else(|| json::text(value, "name").filter(|_| resource.is_none()))
        .filter(|name| *name != id);
    let number = |fields: &[&str]| fields.iter().find_map(|field| as_limit(value.pointer(field)?));
    Some(ListedModel {
        id: id.to_owned(),
        name: name.map(str::to_owned),
        // What the provider behind a router takes says more than what the model could.
        context_window: number(&[
            "/top_provider/context_length",
            "/context_length",
            "/context_window",
            "/max_context_length",
            "/max_model_len",
            "/meta/n_ctx",
            "/inputTokenLimit",
            "/max_input_tokens",
            "/loaded_context_length",
        ]),
        output_limit: number(&[
            "/top_provider/max_completion_tokens",
            "/max_completion_tokens",
            "/max_output_length",
            "/max_output_tokens",
            "/outputTokenLimit",
            "/max_tokens",
        ]),
        capabilities: capabilities(value, id),
        prices: prices(value.get("pricing")),
    })
}

fn as_limit(value: &Value) -> Option<u32> {
    json::as_count(value).filter(|n| *n > 0)
}

fn capabilities(value: &Value, id: &str) -> Capabilities {
    let strings = |pointer: &str| -> Option<Vec<&str>> {
        Some(value.pointer(pointer)?.as_array()?.iter().filter_map(Value::as_str).collect())
    };
    let flag = |pointer: &str| value.pointer(pointer).and_then(Value::as_bool);
    let supported = |pointer: &str| flag(pointer).or_else(|| flag(&format!("{pointer}/supported")));
    let inputs = strings("/architecture/input_modalities").or_else(|| strings("/input_modalities"));
    let outputs = strings("/architecture/output_modalities").or_else(|| strings("/output_modalities"));
    let fields = strings("/supported_parameters").or_else(|| strings("/supported_features"));
    let words = strings("/capabilities");
    let methods = strings("/supportedGenerationMethods");
    let has = |list: &Option<Vec<&str>>, any: &[&str]| {
        list.as_ref().map(|list| any.iter().any(|word| list.contains(word)))
    };
    let kind = json::text(value, "type");
    let embeddings = if id.contains("embed") || kind == Some("embedding") || kind == Some("embeddings") {
        Some(true)
    } else {
        has(&outputs, &["embedding", "embeddings"])
            .or_else(|| has(&methods, &["embedContent"]))
            .or_else(|| has(&words, &["embedding"]))
    };
    Capabilities {
        vision: has(&inputs, &["image"])
            .or_else(|| supported("/capabilities/vision"))
            .or_else(|| supported("/capabilities/image_input"))
            .or_else(|| has(&words, &["vision"]))
            .or_else(|| (kind == Some("vlm")).then_some(true)),
        tools: has(&fields, &["tools"])
            .or_else(|| supported("/capabilities/function_calling"))
            .or_else(|| has(&words, &["tools", "tool_use"])),
        json: has(&fields, &["structured_outputs", "response_format", "json_mode"])
            .or_else(|| supported("/capabilities/structured_outputs")),
        reasoning: has(&fields, &["reasoning", "include_reasoning"])
            .or_else(|| flag("/thinking"))
            .or_else(|| supported("/capabilities/reasoning"))
            .or_else(|| supported("/capabilities/thinking"))
            .or_else(|| has(&words, &["thinking"])),
        embeddings,
        // Lists say it of models; whether the address has it too is for `searches_web` to say.
        web_search: None,
    }
}

/// Prices of a router's list. Texts are dollars a token (OpenRouter); plain numbers are dollars a
/// million (Together), and are told apart by that.
fn prices(pricing: Option<&Value>) -> Prices {
    let Some(pricing) = pricing else { return Prices::default() };
    let price = |fields: &[&str]| {
        fields.iter().find_map(|field| match pricing.get(field)? {
            Value::String(text) => per_token(text),
            Value::Number(number) => per_million(&number.to_string()),
            _ => None,
        })
    };
    Prices {
        input: price(&["prompt", "input"]),
        output: price(&["completion", "output"]),
        cached_read: price(&["input_cache_read", "cached_input"]),
        cached_write: price(&["input_cache_write"]),
        reasoning: price(&["internal_reasoning"]).filter(|price| price.0 > 0),
    }
}

/// Exact: the decimal point moves by 6 + 9 places. Negative prices mean "it depends".
fn per_token(dollars: &str) -> Option<NanoUsd> {
    scaled(dollars, 15)
}

fn per_million(dollars: &str) -> Option<NanoUsd> {
    scaled(dollars, 9)
}

fn scaled(text: &str, places: usize) -> Option<NanoUsd> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 40 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let shift = i32::try_from(places).ok()? + exponent - i32::try_from(fraction.len()).ok()?;
    if shift >= 0 {
        if shift > 30 {
            return None;
        }
        digits.extend(std::iter::repeat_n('0', shift.unsigned_abs() as usize));
    } else {
        digits.truncate(digits.len().saturating_sub(shift.unsigned_abs() as usize));
    }
    if digits.is_empty() {
        return Some(NanoUsd(0));
    }
    digits.parse().ok().map(NanoUsd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        assert_eq!(per_token("0.000003"), Some(NanoUsd(3_000_000_000)));
        assert_eq!(per_token("3e-06"), Some(NanoUsd(3_000_000_000)));
        assert_eq!(per_token("0"), Some(NanoUsd(0)));
        assert_eq!(per_token("-1"), None);
        assert_eq!(per_token(""), None);
        assert_eq!(per_million("0.88"), Some(NanoUsd(880_000_000)));
        assert_eq!(per_token("0.0000000000000000001"), Some(NanoUsd(0)));
    }

    #[test]
    fn lists_of_every_shape_are_read() {
        let body = br#"{"models":[{"name":"models/gemini-x","displayName":"Gemini X","inputTokenLimit":1000,
            "outputTokenLimit":100,"thinking":true}]}"#;
        let model = decode(Dialect::Gemini, body).unwrap().remove(0);
        assert_eq!((model.id.as_str(), model.name.as_deref()), ("gemini-x", Some("Gemini X")));
        assert_eq!(
            (model.context_window, model.output_limit, model.capabilities.reasoning),
            (Some(1000), Some(100), Some(true))
        );
        let body =
            br#"[{"id":"a","type":"chat","context_length":8,"pricing":{"input":0.2,"output":0.4}}, "b", 7]"#;
        let models = decode(Dialect::OpenaiChat, body).unwrap();
        assert_eq!(models.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(models[0].prices.output, Some(NanoUsd(400_000_000)));
        assert_eq!(decode(Dialect::OpenaiChat, b"{\"data\": [").unwrap_err(), DialectError::Truncated);
    }
}

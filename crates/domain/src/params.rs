//! What a completion is asked with, beside its messages.

use crate::error::words;
use serde::{Deserialize, Serialize};

words! {
    /// How much a model should think, where it can be told.
    ReasoningEffort {
        /// Not at all, where that can be said.
        None = "none",
        /// As little as it can.
        Minimal = "minimal",
        /// A little.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much.
        High = "high",
        /// As much as it can.
        XHigh = "xhigh",
    }
}

/// Parameters of a completion. `None` leaves the choice to the provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Params {
    /// Sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Most tokens to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Texts that end the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// For reproducible sampling, where supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// How much to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<ReasoningEffort>,
    /// Structured output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Tools the model may ask for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether it must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// Let the provider search the web, where it can.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub web_search: bool,
    /// Ask for the answer in one piece instead of a stream.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_shot: bool,
    /// Further fields of the provider's own, as a JSON object in text, put into the request as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
}

/// Most texts that can end an answer: what the most generous provider takes.
const MAX_STOPS: usize = 16;
/// Longest JSON text that is taken as a schema or as extra fields, in bytes.
const MAX_JSON: usize = 256 * 1024;

/// Parameters that no provider could make sense of, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParamsError(String);

impl Params {
    /// Whether these make sense wherever they are sent. What one provider alone refuses, it says itself.
    ///
    /// # Errors
    /// Names the parameter, and what it may be.
    pub fn check(&self) -> Result<(), ParamsError> {
        let within = |value: Option<f64>, most: f64| value.is_none_or(|v| (0.0..=most).contains(&v));
        if !within(self.temperature, 2.0) {
            return bad("the temperature is a number from 0 to 2");
        }
        if !within(self.top_p, 1.0) {
            return bad("top-p is a number from 0 to 1");
        }
        if self.max_tokens == Some(0) {
            return bad("max tokens is at least 1; leave it out for the model's own limit");
        }
        if self.stop.len() > MAX_STOPS {
            return bad("at most 16 texts can end an answer");
        }
        if self.stop.iter().any(String::is_empty) {
            return bad("a stop text cannot be empty; remove it");
        }
        if let Some(ResponseFormat::JsonSchema { name, schema, .. }) = &self.response_format {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
                return bad("the schema's name has 1 to 64 of a-z, A-Z, 0-9, _ and -");
            }
            object(schema, "the JSON schema")?;
        }
        for tool in &self.tools {
            object(&tool.parameters, "a tool's parameters")?;
        }
        if let Some(extra) = self.extra.as_deref().filter(|text| !text.trim().is_empty()) {
            object(extra, "the extra fields")?;
        }
        Ok(())
    }
}

fn bad(text: &str) -> Result<(), ParamsError> {
    Err(ParamsError(text.to_owned()))
}

fn object(text: &str, what: &str) -> Result<(), ParamsError> {
    if text.len() > MAX_JSON {
        return Err(ParamsError(format!("{what} may have at most {} KiB", MAX_JSON >> 10)));
    }
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => Err(ParamsError(format!("{what} must be a JSON object such as `{{\"a\": 1}}`"))),
        Err(error) => Err(ParamsError(format!("{what} cannot be read as JSON: {error}"))),
    }
}

/// How the answer must be shaped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ResponseFormat {
    /// Any JSON object.
    JsonObject,
    /// JSON after a schema.
    JsonSchema {
        /// The schema's name.
        name: String,
        /// The schema, as JSON text.
        schema: String,
        /// Whether the provider must enforce it.
        strict: bool,
    },
}

/// A tool that the model may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// JSON schema of its arguments, as JSON text.
    pub parameters: String,
}

/// Whether the model must call a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ToolChoice {
    /// It decides.
    Auto,
    /// It must not.
    None,
    /// Any one, but one.
    Required,
    /// This one.
    Named {
        /// Which.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_make_no_sense_are_named_with_what_they_may_be() {
        let schema = |name: &str, schema: &str| {
            let (name, schema) = (name.to_owned(), schema.to_owned());
            Some(ResponseFormat::JsonSchema { name, schema, strict: true })
        };
        let refused = [
            (Params { temperature: Some(2.1), ..Params::default() }, "temperature"),
            (Params { temperature: Some(f64::NAN), ..Params::default() }, "temperature"),
            (Params { top_p: Some(-0.1), ..Params::default() }, "top-p"),
            (Params { max_tokens: Some(0), ..Params::default() }, "max tokens"),
            (Params { stop: vec!["x".to_owned(); 17], ..Params::default() }, "16"),
            (Params { stop: vec![String::new()], ..Params::default() }, "stop text"),
            (Params { response_format: schema("a", "{"), ..Params::default() }, "JSON schema"),
            (Params { response_format: schema("a b", "{}"), ..Params::default() }, "name"),
            (Params { extra: Some("[1]".to_owned()), ..Params::default() }, "extra fields"),
        ];
        for (params, named) in refused {
            let said = params.check().unwrap_err().to_string();
            assert!(said.contains(named), "{said}");
        }
        let good = Params {
            temperature: Some(2.0),
            top_p: Some(0.0),
            max_tokens: Some(1),
            response_format: schema("answer_1", "{\"type\":\"object\"}"),
            extra: Some(" ".to_owned()),
            ..Params::default()
        };
        assert_eq!(good.check(), Ok(()));
    }
}

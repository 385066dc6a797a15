//! Searching the web on the provider's side: who can, and how it is asked for. What was searched and
//! found comes back as parts of the dialect's own, to be sent back with the next turn.

use crate::{DialectError, Quirks};
use domain::{Dialect, Params};
use serde::Deserialize;
use serde_json::{Value, json};

/// How a provider is asked to search, where that is not its dialect's own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebSearch {
    /// It cannot.
    None,
    /// Only in the responses dialect, at the same address: such a question is asked in that (OpenAI's
    /// and xAI's chat addresses have no search of their own any more).
    Responses,
    /// A server tool `openrouter:web_search`, for any model.
    Openrouter,
    /// A built-in tool `browser_search` of gpt-oss models (Groq); its compound systems search anyway.
    BrowserSearch,
}

/// The dialect that a question is asked in: a provider may answer some only in another one.
#[must_use]
pub fn spoken(dialect: Dialect, quirks: &Quirks, params: &Params) -> Dialect {
    match quirks.web_search {
        Some(WebSearch::Responses) if params.web_search => Dialect::OpenaiResponses,
        _ => dialect,
    }
}

/// Whether a model can search the web at its provider; `None` is unknown, and then it is asked to.
#[must_use]
pub fn searches_web(dialect: Dialect, quirks: &Quirks, model: &str) -> Option<bool> {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if any(&["embed", "whisper", "tts", "moderation", "dall-e", "rerank"]) {
        return Some(false);
    }
    match (quirks.web_search, dialect) {
        (Some(WebSearch::None), _) | (None, Dialect::OpenaiChat | Dialect::Ollama | Dialect::Simulated) => {
            Some(false)
        }
        (Some(WebSearch::Openrouter), _) => Some(true),
        (Some(WebSearch::BrowserSearch), _) => Some(any(&["gpt-oss", "compound"])),
        (Some(WebSearch::Responses), _) | (None, Dialect::OpenaiResponses) => {
            let never = ["gpt-3.5", "gpt-4-", "gpt-4.1-nano", "o1", "audio", "realtime", "image"];
            if name == "gpt-4" || any(&never) {
                Some(false)
            } else if any(&["gpt-4o", "gpt-4.1", "gpt-5", "gpt-6", "o3", "o4", "grok-4"]) {
                Some(true)
            } else {
                None
            }
        }
        (None, Dialect::AnthropicMessages) => {
            let old = ["claude-2", "claude-instant", "claude-3-opus", "claude-3-sonnet", "claude-3-haiku"];
            if any(&old) { Some(false) } else { name.contains("claude").then_some(true) }
        }
        (None, Dialect::Gemini) => {
            if any(&["gemini-1", "gemma", "imagen", "veo", "image"]) {
                Some(false)
            } else {
                name.contains("gemini").then_some(true)
            }
        }
    }
}

/// What to tell who asked a model to search that cannot.
#[must_use]
pub fn no_web_search(model: &str) -> String {
    format!(
        "`{model}` cannot search the web here; switch web search off, or ask a provider that can, such as \
         `openai`, `anthropic`, `gemini`, `xai` or `openrouter`"
    )
}

/// Refuses a search that is known not to be there.
pub(crate) fn check(
    dialect: Dialect,
    quirks: &Quirks,
    params: &Params,
    model: &str,
) -> Result<(), DialectError> {
    if params.web_search && searches_web(dialect, quirks, model) == Some(false) {
        return Err(DialectError::unsupported(no_web_search(model)));
    }
    Ok(())
}

/// The tool that searches, for OpenAI's chat dialect.
pub(crate) fn chat_tool(params: &Params, quirks: &Quirks, model: &str) -> Option<Value> {
    match quirks.web_search? {
        _ if !params.web_search => None,
        WebSearch::Openrouter => Some(json!({ "type": "openrouter:web_search" })),
        WebSearch::BrowserSearch if model.contains("gpt-oss") => Some(json!({ "type": "browser_search" })),
        WebSearch::BrowserSearch | WebSearch::Responses | WebSearch::None => None,
    }
}

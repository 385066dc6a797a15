//! What is asked, and how providers of one dialect differ.

use crate::{DialectError, WebSearch, web_search};
use domain::{Dialect, MediaSource, Params, Part, Role};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One message of a path, as a model is sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// What it says. Media must be inline or on the web.
    pub parts: Vec<Part>,
}

/// Everything a model is asked with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChatRequest {
    /// The model as the provider names it.
    pub model: String,
    /// System text.
    pub system: Option<String>,
    /// Root to tip.
    pub messages: Vec<ChatMessage>,
    /// How to answer.
    pub params: Params,
    /// Whether the answer is to come as a stream.
    pub stream: bool,
    /// Whether the last message is the partial text of an assistant, to be gone on with.
    pub prefill: bool,
}

/// An HTTP request without its origin and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Begins with `/`, with its query; to be joined to the provider's base URL.
    pub path: String,
    /// Lower-case names; never a key.
    pub headers: Vec<(String, String)>,
    /// JSON, or empty.
    pub body: Vec<u8>,
}

/// How one provider differs from its dialect: data of `presets.toml`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// How the key is sent; the dialect's own way when absent.
    pub auth: Option<AuthStyle>,
    /// What OpenAI's chat dialect calls the output limit.
    pub max_tokens_field: MaxTokensField,
    /// Output limit sent where the dialect demands one and none was set (Anthropic).
    pub default_max_tokens: Option<u32>,
    /// Whether to ask for usage in streams (`stream_options`); yes when absent.
    pub stream_usage: Option<bool>,
    /// Whether system text goes under the role `developer`.
    pub developer_role: bool,
    /// Whether a partial answer can be gone on with; the dialect's habit when absent.
    pub prefill: Option<bool>,
    /// Field to set to `true` on a partial assistant message (`prefix` at Mistral and DeepSeek).
    pub prefill_field: Option<String>,
    /// How effort is asked for; the dialect's way when absent.
    pub effort: Option<EffortStyle>,
    /// How reasoning is sent back; only within one dialect, and only where it is wanted.
    pub reasoning_back: ReasoningBack,
    /// What the provider calls `seed`.
    pub seed_field: Option<String>,
    /// Whether JSON after a schema can be asked for; any JSON is asked for otherwise. Yes when absent.
    pub json_schema: Option<bool>,
    /// Path for chats instead of the dialect's; `{model}` stands for the model (Azure deployments).
    pub chat_path: Option<String>,
    /// Path for the model list instead of the dialect's.
    pub models_path: Option<String>,
    /// Query `api-version` on every path (Azure).
    pub api_version: Option<String>,
    /// How the web is searched, where that is not the dialect's own way.
    pub web_search: Option<WebSearch>,
    /// How PDF files are sent, where that is not the dialect's own way.
    pub pdf: Option<PdfStyle>,
    /// Top-level request fields that this provider refuses.
    pub omit: Vec<String>,
    /// Top-level request fields that this provider needs; the request's own win.
    pub body: Map<String, Value>,
}

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthStyle {
    /// `authorization: Bearer …`
    Bearer,
    /// Anthropic.
    XApiKey,
    /// Azure.
    ApiKey,
    /// Google.
    XGoogApiKey,
}

impl AuthStyle {
    pub(crate) const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::AnthropicMessages => Self::XApiKey,
            Dialect::Gemini => Self::XGoogApiKey,
            Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Ollama | Dialect::Simulated => {
                Self::Bearer
            }
        }
    }

    pub(crate) fn header(self, key: &str) -> (String, String) {
        match self {
            Self::Bearer => ("authorization".to_owned(), format!("Bearer {key}")),
            Self::XApiKey => ("x-api-key".to_owned(), key.to_owned()),
            Self::ApiKey => ("api-key".to_owned(), key.to_owned()),
            Self::XGoogApiKey => ("x-goog-api-key".to_owned(), key.to_owned()),
        }
    }
}

/// What OpenAI's chat dialect calls the output limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// What nearly everyone reads.
    #[default]
    MaxTokens,
    /// What OpenAI's reasoning models insist on.
    MaxCompletionTokens,
}

/// How PDF files are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PdfStyle {
    /// Not at all.
    None,
    /// As a `document_url` part (Mistral).
    DocumentUrl,
}

/// How effort is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffortStyle {
    /// `reasoning_effort` (OpenAI chat).
    ReasoningEffort,
    /// `reasoning: {effort}` (OpenRouter, Responses).
    Reasoning,
    /// `thinking: {type: enabled|disabled}` (DeepSeek, Z.ai, Moonshot).
    Thinking,
    /// A budget of thinking tokens (Anthropic's and Google's older models).
    Budget,
    /// A named level (Anthropic's `output_config.effort`, Gemini's `thinkingLevel`).
    Level,
    /// It cannot be asked for; leave it out.
    Ignore,
}

/// How reasoning of earlier answers goes back in OpenAI's chat dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningBack {
    /// Not at all.
    #[default]
    Omit,
    /// As `reasoning_content` (DeepSeek, Moonshot, Z.ai).
    ReasoningContent,
    /// As `reasoning` (Groq, Cerebras, vLLM).
    Reasoning,
    /// As `reasoning_details` (OpenRouter).
    ReasoningDetails,
    /// As `thinking` chunks of the content (Mistral).
    ThinkingChunks,
}

impl ChatMessage {
    /// Takes out what only the provider that wrote it can read: reasoning, proofs, blocks of one
    /// dialect. To be done to answers of another provider, which would be refused for them.
    pub fn forget_reasoning(&mut self) {
        self.parts.retain(|part| !matches!(part, Part::Reasoning { .. } | Part::Raw { .. }));
        for part in &mut self.parts {
            if let Part::ToolCall { signature, .. } = part {
                *signature = None;
            }
        }
    }
}

impl ChatRequest {
    /// What no dialect can say.
    pub(crate) fn check(&self, dialect: Dialect, quirks: &Quirks) -> Result<(), DialectError> {
        if self.messages.is_empty() {
            return Err(DialectError::unsupported("there is nothing to send; write a message first"));
        }
        if self.prefill && !crate::supports_prefill(dialect, quirks) {
            return Err(DialectError::unsupported(
                "this provider cannot go on with a partial answer; ask again from the start",
            ));
        }
        web_search::check(dialect, quirks, &self.params, &self.model)?;
        let blob = |part: &Part| {
            matches!(
                part,
                Part::Image { source: MediaSource::Blob { .. }, .. }
                    | Part::File { source: MediaSource::Blob { .. }, .. }
            )
        };
        if self.messages.iter().flat_map(|m| &m.parts).any(blob) {
            return Err(DialectError::unsupported("a stored file was not inlined before encoding"));
        }
        Ok(())
    }
}

impl WireRequest {
    /// A plain GET for JSON.
    pub fn get(path: String) -> Self {
        Self {
            method: "GET",
            path,
            headers: vec![("accept".to_owned(), "application/json".to_owned())],
            body: Vec::new(),
        }
    }

    pub(crate) fn post(path: String, body: &Map<String, Value>, stream: bool) -> Self {
        Self::with_body(path, serde_json::to_vec(body).unwrap_or_default(), stream)
    }

    pub(crate) fn with_body(path: String, body: Vec<u8>, stream: bool) -> Self {
        let accept = if stream {
            "text/event-stream, application/x-ndjson, application/json"
        } else {
            "application/json"
        };
        Self {
            method: "POST",
            path,
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("accept".to_owned(), accept.to_owned()),
            ],
            body,
        }
    }
}

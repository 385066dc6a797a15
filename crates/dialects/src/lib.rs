//! The providers' wire protocols as pure functions: a request goes in and bytes come out
//! ([`encode`]), bytes go in and [`Delta`]s come out ([`decoder`]).
//!
//! One folder for each dialect, `sse.rs` and `framing.rs` for what they share. Deliberately not
//! here: sockets, clocks, randomness, keys (a key passes through [`auth_header`] and is kept
//! nowhere), retries and prices. Missing fields and unknown events are normal; a body that ends
//! without its dialect's terminal event is an error, and no stop reason is ever made up.

mod anthropic_messages;
mod assembly;
mod classify;
mod delta;
mod error;
mod framing;
mod gemini;
mod json;
mod models;
mod ollama;
mod onward;
mod openai_chat;
mod openai_responses;
mod request;
pub mod serving;
pub mod simulated;
pub mod sse;
mod tokens;
mod web_search;
mod wire;

pub use assembly::{Assembly, Change, forget_proofs};
pub use delta::{Decoder, Delta};
pub use error::DialectError;
pub use models::ListedModel;
pub use onward::{count_request_with, embedding_decoder, embedding_request_with, request_with};
pub use request::{
    AuthStyle, ChatMessage, ChatRequest, EffortStyle, MaxTokensField, PdfStyle, Quirks, ReasoningBack,
    WireRequest,
};
pub use tokens::{image_tokens, pdf_tokens, text_tokens, text_weight};
pub use web_search::{WebSearch, no_web_search, searches_web, spoken};

use domain::{Dialect, Failure};

/// The HTTP request that asks `request` in `dialect`.
///
/// Fails with [`DialectError::Unsupported`] for what the dialect cannot say (a blob that was not
/// inlined, a prefill where there is none), never silently leaving content out. What a provider does
/// only in another dialect is said in that: [`spoken`] tells in which, and the answer is in it too.
pub fn encode(dialect: Dialect, request: &ChatRequest, quirks: &Quirks) -> Result<WireRequest, DialectError> {
    request.check(dialect, quirks)?;
    match spoken(dialect, quirks, &request.params) {
        Dialect::OpenaiChat => openai_chat::encode(request, quirks),
        Dialect::OpenaiResponses => openai_responses::encode(request, quirks),
        Dialect::AnthropicMessages => anthropic_messages::encode(request, quirks),
        Dialect::Gemini => gemini::encode(request, quirks),
        Dialect::Ollama => ollama::encode(request, quirks),
        Dialect::Simulated => {
            Err(DialectError::unsupported("simulated models have no wire; use `simulated::script`"))
        }
    }
}

/// The header that carries `key`: name (lower case) and value.
#[must_use]
pub fn auth_header(dialect: Dialect, quirks: &Quirks, key: &str) -> (String, String) {
    quirks.auth.unwrap_or_else(|| AuthStyle::of(dialect)).header(key)
}

/// Whether an answer can be gone on with from a partial text.
#[must_use]
pub fn supports_prefill(dialect: Dialect, quirks: &Quirks) -> bool {
    quirks.prefill.unwrap_or(matches!(
        dialect,
        Dialect::AnthropicMessages | Dialect::Gemini | Dialect::Ollama | Dialect::Simulated
    ))
}

/// Whether white space at the end of a partial text is not sent, since it would be refused: the model says it again.
#[must_use]
pub const fn trims_prefill(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::AnthropicMessages)
}

/// Whether PDF files go along as they are; elsewhere their text can be sent.
#[must_use]
pub fn takes_pdf(dialect: Dialect, quirks: &Quirks) -> bool {
    quirks.pdf != Some(PdfStyle::None) && !matches!(dialect, Dialect::Ollama)
}

/// The request that lists a provider's models.
#[must_use]
pub fn list_models_request(dialect: Dialect, quirks: &Quirks) -> WireRequest {
    models::request(dialect, quirks)
}

/// Reads the answer to [`list_models_request`]. Entries that cannot be read are passed over.
pub fn decode_models(dialect: Dialect, body: &[u8]) -> Result<Vec<ListedModel>, DialectError> {
    models::decode(dialect, body)
}

/// A decoder for one answer. `stream` says what the content type promised; a stream that turns out
/// to be one JSON body is read all the same, and the other way round.
#[must_use]
pub fn decoder(dialect: Dialect, stream: bool) -> Box<dyn Decoder> {
    match dialect {
        Dialect::OpenaiChat => framing::decoder(openai_chat::Chat::default(), stream),
        Dialect::OpenaiResponses => framing::decoder(openai_responses::Responses::default(), stream),
        Dialect::AnthropicMessages => framing::decoder(anthropic_messages::Messages::default(), stream),
        Dialect::Gemini => framing::decoder(gemini::Gemini::default(), stream),
        Dialect::Ollama | Dialect::Simulated => framing::decoder(ollama::Ollama::default(), stream),
    }
}

/// What an answer with an error status means. `headers` have lower-case names.
#[must_use]
pub fn classify_error(dialect: Dialect, status: u16, headers: &[(String, String)], body: &[u8]) -> Failure {
    classify::answer(dialect, status, headers, body)
}

//! The other side of the protocols: what callers of our gateway send and are sent.
//!
//! `read` makes a neutral request of a caller's bytes; `pass_on` keeps those bytes for a provider
//! that speaks the same dialect; `whole` and `encoder` say an answer in the caller's dialect, and
//! `refused` an error. Pure like the rest of this crate: ids and times are given.

mod anthropic;
mod body;
mod embeddings;
mod gemini;
pub mod models;
mod openai;
mod openai_chat;
mod openai_completions;
mod openai_responses;
mod said;
mod splice;
mod unasked;

pub use unasked::WholeEvents;

use crate::{ChatRequest, Delta};
use domain::{Dialect, ErrorKind, Failure, Part, Stop, Usage};

/// Whose shapes a caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// `POST /v1/chat/completions`
    OpenaiChat,
    /// `POST /v1/completions`: text in, text out.
    OpenaiCompletions,
    /// `POST /v1/responses`
    OpenaiResponses,
    /// `POST /v1/messages`
    Anthropic,
    /// `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`
    Gemini,
}

impl Caller {
    /// The provider dialect whose bodies are these; `None` where no provider is asked this way.
    #[must_use]
    pub const fn dialect(self) -> Option<Dialect> {
        match self {
            Self::OpenaiChat => Some(Dialect::OpenaiChat),
            Self::OpenaiCompletions => None,
            Self::OpenaiResponses => Some(Dialect::OpenaiResponses),
            Self::Anthropic => Some(Dialect::AnthropicMessages),
            Self::Gemini => Some(Dialect::Gemini),
        }
    }
}

/// What the address says beside the body (Gemini).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address<'a> {
    /// The model in the path.
    pub model: Option<&'a str>,
    /// Whether the path asks for a stream.
    pub stream: bool,
    /// Whether a Gemini stream is to come as events (`alt=sse`) and not as one JSON array.
    pub events: bool,
}

/// What a caller asks.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four wishes that have nothing to do with each other")]
pub struct Asked {
    /// The model as typed.
    pub model: String,
    /// The same in the neutral form. Its `model` is empty; `stream` is the caller's wish.
    pub request: ChatRequest,
    /// Whether the stream is to end with token counts (OpenAI's `stream_options.include_usage`; other dialects always).
    pub usage_wanted: bool,
    /// How many answers (`n`); at least 1.
    pub choices: u32,
    /// What is ours, and is not passed on.
    pub ours: Ours,
    /// The stored response that this one follows (Responses).
    pub previous_response: Option<String>,
    /// Whether the response is to be kept for that (Responses: yes unless refused).
    pub keep: bool,
    /// Text that is said before the answer (`echo` of completions).
    pub echo: Option<String>,
    /// Whether what the model thinks is wanted in the answer, where the shape leaves that to the caller.
    pub thoughts: bool,
    /// What only a provider of the caller's own dialect understands (its server tools, its stored files):
    /// the refusal to give where none such is asked. `None` where the request can be translated.
    pub bound: Option<Refusal>,
    /// The history holds thoughts of another dialect's model, which a provider of the caller's dialect
    /// would refuse: encode the request anew instead of passing it on.
    pub foreign: bool,
}

impl Asked {
    /// Notes what only a provider of the caller's dialect understands; the first is told.
    pub(in crate::serving) fn bind(&mut self, at: &body::At<'_, '_>, what: &str) {
        if self.bound.is_none() {
            self.bound = Some(at.bad(format!(
                "{what} means something only to providers of this dialect; leave it out, or ask a model of such a provider"
            )));
        }
    }
}

/// Fields of ours in a caller's body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ours {
    /// Targets to be tried in order after the first.
    pub models: Vec<String>,
    /// Routing profile.
    pub profile: Option<String>,
    /// A route tries nothing with it.
    pub important: bool,
    /// The conversation to capture into.
    pub conversation: Option<String>,
    /// The message it follows.
    pub parent: Option<String>,
}

/// How a caller's own bytes are changed on the way to a provider of the same dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onward<'a> {
    /// The model as the provider names it.
    pub model: &'a str,
    /// Whether token counts at the end of a stream are asked for (OpenAI chat).
    pub usage: AskUsage,
}

/// What becomes of a caller's wish for token counts at the end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskUsage {
    /// It goes on as it is.
    AsSent,
    /// They are asked for, whether the caller did or not.
    Always,
    /// The provider refuses the field, and tells them in any case or never.
    Never,
}

/// What every answer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The answer's id, without the dialect's prefix.
    pub id: String,
    /// The model that answers, as it is told to the caller.
    pub model: String,
    /// Seconds since 1970.
    pub created: i64,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole<'a> {
    /// Of itself.
    pub head: &'a Head,
    /// What was asked.
    pub asked: &'a Asked,
    /// The answers; one for each choice.
    pub choices: &'a [Choice],
    /// Token counts.
    pub usage: Usage,
}

/// One of the answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What it says.
    pub parts: Vec<Part>,
    /// Why it ended.
    pub stop: Stop,
}

/// Says a stream in a caller's dialect. Bytes are added to `out`; nothing waits for more.
pub trait Encoder: Send {
    /// What comes before the first delta.
    fn begin(&mut self, out: &mut Vec<u8>);

    /// One delta. Token counts and the reason of the end are kept until [`Self::end`].
    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>);

    /// The provider's answer is whole.
    fn end(&mut self, out: &mut Vec<u8>);

    /// The answer broke: an error of this dialect inside the stream, and no end that was not said.
    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>);
}

/// A request that is refused, before or instead of asking anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// What to branch on.
    pub kind: ErrorKind,
    /// What is wrong, and what to do; bounded.
    pub message: String,
    /// The field that is wrong.
    pub param: Option<String>,
    /// A word for programs, where the dialect has one (`model_not_found`).
    pub code: Option<String>,
    /// When to come again, in milliseconds.
    pub retry_after_ms: Option<u32>,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

impl Refused {
    /// Says which request was refused, where callers of this shape look for it.
    pub fn of_request(&mut self, caller: Caller, id: &str) {
        const EMPTY: &[u8] = br#""request_id":null}"#;
        if caller == Caller::Anthropic {
            self.headers.push(("request-id", id.to_owned()));
            if self.body.ends_with(EMPTY) {
                self.body.truncate(self.body.len() - EMPTY.len());
                self.body.extend_from_slice(br#""request_id":"#);
                said::quote(id, &mut self.body);
                self.body.push(b'}');
            }
        } else if caller != Caller::Gemini {
            self.headers.push(("x-request-id", id.to_owned()));
        }
    }
}

impl From<&Failure> for Refusal {
    /// What a call failed with, as an answer to whoever made it.
    fn from(failure: &Failure) -> Self {
        let status = match failure.kind {
            ErrorKind::Auth => 401,
            ErrorKind::Permission => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::BadRequest | ErrorKind::ContextLength | ErrorKind::ContentFilter => 400,
            ErrorKind::RateLimited | ErrorKind::Quota | ErrorKind::Budget => 429,
            ErrorKind::Cancelled => 499,
            ErrorKind::Network | ErrorKind::Upstream => 502,
            ErrorKind::Overloaded => 503,
            ErrorKind::Timeout => 504,
        };
        Self {
            status,
            kind: failure.kind,
            message: failure.message.clone(),
            param: None,
            code: None,
            retry_after_ms: failure.retry_after_ms,
        }
    }
}

impl Refusal {
    /// A field of the request that is wrong (400).
    #[must_use]
    pub fn bad(param: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: ErrorKind::BadRequest,
            message: Failure::new(ErrorKind::BadRequest, message).message,
            param: Some(param.to_owned()),
            code: None,
            retry_after_ms: None,
        }
    }
}

/// What a caller asks, from the body of the request.
///
/// # Errors
/// A refusal that names the field: fields we know are checked, others pass.
pub fn read(caller: Caller, body: &[u8], address: &Address<'_>) -> Result<Asked, Refusal> {
    match caller {
        Caller::OpenaiChat => openai_chat::read(body),
        Caller::OpenaiCompletions => openai_completions::read(body),
        Caller::OpenaiResponses => openai_responses::read(body),
        Caller::Anthropic => anthropic::read(body, address),
        Caller::Gemini => gemini::read(body, address),
    }
}

/// What a caller asks to be counted (`count_tokens` and `countTokens`): a request without its limits.
///
/// # Errors
/// As [`read`]; and where callers of this shape have no such route.
pub fn read_count(caller: Caller, body: &[u8], address: &Address<'_>) -> Result<Asked, Refusal> {
    match caller {
        Caller::Anthropic => anthropic::count(body),
        Caller::Gemini => gemini::count(body, address),
        _ => Err(Refusal::bad(
            "",
            "tokens are counted at `/v1/messages/count_tokens`; send the messages there",
        )),
    }
}

/// What a caller asks to be embedded, in OpenAI's shape. Only `model` and `ours` say something: the rest is
/// checked, and its provider's affair.
///
/// # Errors
/// As [`read`].
pub fn read_embeddings(body: &[u8]) -> Result<Asked, Refusal> {
    embeddings::read(body)
}

/// The answer to [`read_count`].
#[must_use]
pub fn counted(caller: Caller, tokens: u32) -> Vec<u8> {
    match caller {
        Caller::Gemini => gemini::counted(tokens),
        _ => anthropic::counted(tokens),
    }
}

/// The caller's own bytes for a provider of the same dialect. Only what has to be is changed; every
/// other byte stays as it was typed. For a body that [`read`] took.
#[must_use]
pub fn pass_on(caller: Caller, body: &[u8], onward: &Onward<'_>) -> Vec<u8> {
    splice::pass_on(caller, body, onward)
}

/// What a body asks, byte for byte, without how the answer is to come (`stream`, `stream_options`) and without
/// what is ours: bodies that differ in nothing else are answered alike. For a body that [`read`] took.
#[must_use]
pub fn essence(body: &[u8]) -> Vec<u8> {
    splice::essence(body)
}

/// A whole answer in the caller's shape.
#[must_use]
pub fn whole(caller: Caller, whole: &Whole<'_>) -> Vec<u8> {
    match caller {
        Caller::OpenaiChat => openai_chat::whole(whole),
        Caller::OpenaiCompletions => openai_completions::whole(whole),
        Caller::OpenaiResponses => openai_responses::whole(whole),
        Caller::Anthropic => anthropic::whole(whole),
        Caller::Gemini => gemini::whole(whole),
    }
}

/// Says a stream in the caller's shape. `events` is that of [`Address`].
#[must_use]
pub fn encoder(caller: Caller, head: &Head, asked: &Asked, events: bool) -> Box<dyn Encoder> {
    match caller {
        Caller::OpenaiChat => openai_chat::encoder(head, asked),
        Caller::OpenaiCompletions => openai_completions::encoder(head, asked),
        Caller::OpenaiResponses => openai_responses::encoder(head, asked),
        Caller::Anthropic => anthropic::encoder(head, asked),
        Caller::Gemini => gemini::encoder(head, asked, events),
    }
}

/// An error in the caller's shape.
#[must_use]
pub fn refused(caller: Caller, refusal: &Refusal) -> Refused {
    match caller {
        Caller::OpenaiChat | Caller::OpenaiCompletions | Caller::OpenaiResponses => openai::refused(refusal),
        Caller::Anthropic => anthropic::refused(refusal),
        Caller::Gemini => gemini::refused(refusal),
    }
}

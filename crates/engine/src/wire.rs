//! The wire lane: calls of the gateway's callers.
//!
//! A caller's bytes go upstream as they are where the dialects match, and frames go back the moment they
//! come; they are decoded beside that. What happens is appended to a [spool](spool), outside the database; the
//! weaver makes conversations, runs and ledger lines of it later. Nothing here waits for the database once
//! budgets are leased.

mod cached;
mod flow;
mod forward;
mod live;
mod order;
mod race;
mod record;
mod resume;
mod spool;
mod unasked;
mod under;
pub(crate) mod weave;

pub(crate) use forward::most_input;
pub(crate) use order::{Candidate, Known};
pub(crate) use spool::Spool;
pub(crate) use unasked::Told;
pub use unasked::Unasked;

use crate::Grant;
use bytes::Bytes;
use dialects::serving::{Asked, Caller, Refusal};
use domain::{CacheUse, ConversationId, MessageId, RunId, Target};

/// What a caller asks, read and let in by the gateway.
#[derive(Debug, Clone)]
pub struct WireCall {
    /// Whose shapes it speaks.
    pub caller: Caller,
    /// The path with its version, as scopes name it.
    pub route: &'static str,
    /// Its body as sent.
    pub body: Bytes,
    /// The same, read.
    pub asked: Asked,
    /// Whether a Gemini stream is to come as events.
    pub events: bool,
    /// Whose call it is.
    pub grant: Grant,
    /// Its name in logs and answers.
    pub request: String,
    /// Who asks, as it calls itself (`user-agent`); bounded.
    pub client: Option<String>,
    /// What is to be answered once.
    pub idempotency: Option<String>,
    /// Headers that go on to a provider of the same dialect: `anthropic-beta` and the like, never a key.
    pub headers: Vec<(String, String)>,
    /// The conversation and message that it names, by field or header.
    pub conversation: Option<ConversationId>,
    /// See there.
    pub parent: Option<MessageId>,
    /// Routing profile, by field, query or header.
    pub profile: Option<String>,
    /// Whether nothing is to be tried with it.
    pub important: bool,
}

/// An answer, or its beginning: there is content, or the whole of it.
pub struct WireAnswer {
    /// What is told of it in headers.
    pub head: WireHead,
    /// HTTP status; 200.
    pub status: u16,
    /// `application/json` or `text/event-stream`.
    pub content_type: &'static str,
    /// The answer itself.
    pub body: WireBody,
}

/// What is told of an answer.
#[derive(Debug, Clone)]
pub struct WireHead {
    /// Who answers.
    pub target: Target,
    /// Its run: names the decision, and finds it in Traffic.
    pub run: RunId,
    /// What it cost in nano-dollars; known here for whole answers only.
    pub cost_nano: Option<i64>,
    /// Upstream calls that it took.
    pub attempts: u32,
    /// Whether it had been given before.
    pub cache: CacheNote,
}

/// What the cache of answers had to do with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheNote {
    /// Nothing: it is switched off, or not for such calls.
    Off,
    /// It had none.
    Miss,
    /// The answer came from there.
    Hit,
    /// The same, since nobody else could answer.
    Offline,
}

impl CacheNote {
    /// As it is told in headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Miss => "miss",
            Self::Hit => "hit",
            Self::Offline => "offline",
        }
    }
}

impl From<CacheUse> for CacheNote {
    fn from(how: CacheUse) -> Self {
        match how {
            CacheUse::Hit => Self::Hit,
            CacheUse::Offline => Self::Offline,
        }
    }
}

/// In which way an answer comes.
pub enum WireBody {
    /// At once.
    Whole(Bytes),
    /// In pieces, each to be sent on at once. Reading pulls from the provider: who reads slowly holds it back.
    /// Dropping it closes the connection to the provider.
    Stream(futures_util::stream::BoxStream<'static, Bytes>),
}

/// A call that is not answered, and what is known of it.
#[derive(Debug)]
pub struct WireRefusal {
    /// To be said in the caller's shape.
    pub refusal: Box<Refusal>,
    /// The provider's own words of the same dialect: they go back as they came.
    pub verbatim: Option<(u16, Bytes)>,
    /// Who was asked last, where anybody was.
    pub target: Option<Target>,
    /// Its run, where it became one.
    pub run: Option<RunId>,
}

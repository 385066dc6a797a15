//! What the spool holds: records of calls, in the order in which they happened, those of many calls mixed.
//!
//! A record is its length (u32, of all that follows), its kind (u8), its call (u64, counted within one
//! spool's process), the length of its header (u32), the header as JSON, and bytes as they are. Numbers are
//! little-endian. A process that dies may leave the last record cut: what is whole before it counts.

use dialects::serving::{AskUsage, Caller};
use domain::{
    AttemptId, AttemptOutcome, CacheUse, CaptureLevel, Charge, CompletionId, CompletionState, ConversationId,
    Dialect, ErrorKind, MessageId, RunId, RunKind, Target, Timestamp, Usage, UsageBy, VirtualKeyId,
};
use serde::{Deserialize, Serialize};

/// A call that was let in. The bytes are the caller's body, where it is captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) run: RunId,
    pub(crate) completion: CompletionId,
    /// The node that the answer becomes.
    pub(crate) message: MessageId,
    pub(crate) kind: RunKind,
    pub(crate) at: Timestamp,
    /// As in `x-orchesity-request-id`.
    pub(crate) request: String,
    /// The path of the gateway, with its version.
    pub(crate) route: String,
    /// Whose shape the body is in; what is embedded is in OpenAI's.
    pub(crate) caller: CallerName,
    /// The model as asked for.
    pub(crate) requested: Target,
    /// Whether a stream was asked for.
    pub(crate) stream: bool,
    pub(crate) key: Option<VirtualKeyId>,
    pub(crate) capture: CaptureLevel,
    /// Who asks, as it calls itself.
    pub(crate) client: Option<String>,
    pub(crate) idempotency: Option<String>,
    /// The conversation and the message that the caller names.
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) parent: Option<MessageId>,
    /// What a route chose, and why.
    #[serde(default)]
    pub(crate) decision: Option<Box<domain::Decision>>,
    /// Under which name the answer can be followed (Responses).
    pub(crate) response: Option<String>,
    /// The response that this one follows: its messages stand before those of the body.
    pub(crate) follows: Option<String>,
}

/// An upstream call that is about to be made: what has to be settled if nobody comes back. The bytes are the
/// body that is sent, where it is captured and not the caller's own with nothing but the model changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
pub(crate) struct Sent {
    pub(crate) attempt: AttemptId,
    pub(crate) ord: u32,
    pub(crate) provider: String,
    pub(crate) model: String,
    /// What the answer's bytes are in.
    pub(crate) dialect: Dialect,
    pub(crate) at: Timestamp,
    pub(crate) url: String,
    /// Without keys.
    pub(crate) headers: Vec<(String, String)>,
    /// Whether the caller's own body is sent on, with what has to be changed changed.
    pub(crate) passed_on: bool,
    /// Whether token counts were asked for in the caller's place.
    #[serde(default)]
    pub(crate) asked_usage: bool,
    /// Whether the caller's wish for them was taken out, which the provider refuses.
    #[serde(default)]
    pub(crate) refuses_usage: bool,
    /// Whether it goes on with what the one before has said.
    #[serde(default)]
    pub(crate) resumes: bool,
    /// What was set aside.
    pub(crate) charge: Charge,
    /// The most that it can take.
    pub(crate) most: Usage,
}

impl Sent {
    /// What became of the caller's wish for token counts.
    pub(crate) const fn usage(&self) -> AskUsage {
        match (self.asked_usage, self.refuses_usage) {
            (true, _) => AskUsage::Always,
            (false, true) => AskUsage::Never,
            (false, false) => AskUsage::AsSent,
        }
    }
}

/// An upstream call that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Returned {
    pub(crate) attempt: AttemptId,
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    /// Whether the body came as events.
    pub(crate) events: bool,
    pub(crate) outcome: AttemptOutcome,
    pub(crate) error_kind: Option<ErrorKind>,
    pub(crate) headers_ms: Option<u32>,
    pub(crate) first_ms: Option<u32>,
    pub(crate) ended_ms: u32,
    pub(crate) usage: Usage,
    pub(crate) usage_by: Option<UsageBy>,
    /// Nano-dollars; `None` is unknown.
    pub(crate) cost_nano: Option<i64>,
    /// Whether nobody counted what the cost is made of.
    pub(crate) estimated: bool,
    /// What it came to, of which the ledger gets its line.
    pub(crate) charge: Charge,
    /// Whether somebody else who was asked beside it answered first.
    #[serde(default)]
    pub(crate) passed_over: bool,
}

/// The answer had been given before. The bytes are its parts, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FromCache {
    pub(crate) how: CacheUse,
    /// What it had cost then; `None` is unknown.
    pub(crate) saved_nano: Option<i64>,
}

/// The call is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) state: CompletionState,
    pub(crate) served: Option<Target>,
    pub(crate) at: Timestamp,
    pub(crate) ttft_ms: Option<u32>,
    pub(crate) duration_ms: u32,
    /// HTTP status that the caller got.
    pub(crate) status: u16,
    /// The name under which the provider lets the answer be followed, where that is not ours (Responses).
    #[serde(default)]
    pub(crate) response: Option<String>,
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Record {
    Begun(Box<Begun>, Vec<u8>),
    Sent(Box<Sent>, Vec<u8>),
    /// More of the answer to this call, or to the last one that was sent, as it came; keys are taken out.
    Bytes(Option<AttemptId>, Vec<u8>),
    Returned(Box<Returned>),
    Cached(Box<FromCache>, Vec<u8>),
    Ended(Box<Ended>),
}

/// A caller's dialect in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CallerName {
    OpenaiChat,
    OpenaiCompletions,
    OpenaiResponses,
    Anthropic,
    Gemini,
}

impl From<Caller> for CallerName {
    fn from(caller: Caller) -> Self {
        match caller {
            Caller::OpenaiChat => Self::OpenaiChat,
            Caller::OpenaiCompletions => Self::OpenaiCompletions,
            Caller::OpenaiResponses => Self::OpenaiResponses,
            Caller::Anthropic => Self::Anthropic,
            Caller::Gemini => Self::Gemini,
        }
    }
}

impl From<CallerName> for Caller {
    fn from(name: CallerName) -> Self {
        match name {
            CallerName::OpenaiChat => Self::OpenaiChat,
            CallerName::OpenaiCompletions => Self::OpenaiCompletions,
            CallerName::OpenaiResponses => Self::OpenaiResponses,
            CallerName::Anthropic => Self::Anthropic,
            CallerName::Gemini => Self::Gemini,
        }
    }
}

const BEGUN: u8 = 1;
const SENT: u8 = 2;
const BYTES: u8 = 3;
const RETURNED: u8 = 4;
const ENDED: u8 = 5;
const CACHED: u8 = 6;
/// Kind, call and length of the header.
const FIXED: usize = 1 + 8 + 4;
/// The longest record that is believed: a prompt with its files, and room.
const LONGEST: usize = 256 << 20;

/// Why a spool cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("a record of {0} bytes is none of ours")]
    Length(usize),
    #[error("a record of kind {0} is from a newer program")]
    Kind(u8),
    #[error("a record's header cannot be read: {0}")]
    Header(#[from] serde_json::Error),
    #[error("a record ends within its header")]
    Short,
}

/// Writes a record whose header is `header`.
fn put<H: Serialize>(out: &mut Vec<u8>, kind: u8, call: u64, header: &H, bytes: &[u8]) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    out.push(kind);
    out.extend_from_slice(&call.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    let begun = out.len();
    if let Err(error) = serde_json::to_writer(&mut *out, header) {
        // Headers are plain data, so this does not happen; half a record would hide those after it.
        tracing::error!(%error, "a spool record cannot be written");
        out.truncate(at);
        return;
    }
    let header_len = (out.len() - begun) as u32;
    out[at + 4 + 9..at + 4 + 13].copy_from_slice(&header_len.to_le_bytes());
    out.extend_from_slice(bytes);
    let len = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&len.to_le_bytes());
}

/// Writes that a call was let in.
pub(crate) fn begun(out: &mut Vec<u8>, call: u64, begun: &Begun, body: &[u8]) {
    put(out, BEGUN, call, begun, body);
}

/// Writes that an upstream call is about to be made.
pub(crate) fn sent(out: &mut Vec<u8>, call: u64, sent: &Sent, body: &[u8]) {
    put(out, SENT, call, sent, body);
}

/// Writes what came; of which attempt is said where it is not the last one that was sent.
pub(crate) fn bytes(out: &mut Vec<u8>, call: u64, of: Option<AttemptId>, bytes: &[u8]) {
    let header = of.map(|attempt| *attempt.uuid().as_bytes());
    let header = header.as_ref().map_or(&[][..], |header| header);
    out.extend_from_slice(&((FIXED + header.len() + bytes.len()) as u32).to_le_bytes());
    out.push(BYTES);
    out.extend_from_slice(&call.to_le_bytes());
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(header);
    out.extend_from_slice(bytes);
}

/// Writes that an upstream call has ended.
pub(crate) fn returned(out: &mut Vec<u8>, call: u64, returned: &Returned) {
    put(out, RETURNED, call, returned, &[]);
}

/// Writes that the answer had been given before.
pub(crate) fn cached(out: &mut Vec<u8>, call: u64, from: &FromCache, parts: &[u8]) {
    put(out, CACHED, call, from, parts);
}

/// Writes that a call is over.
pub(crate) fn ended(out: &mut Vec<u8>, call: u64, ended: &Ended) {
    put(out, ENDED, call, ended, &[]);
}

/// The first record of `from`, whose call it is of, and how many bytes it takes; `None` when the rest of it
/// is still to come.
pub(crate) fn read(from: &[u8]) -> Result<Option<(u64, Record, usize)>, SpoolError> {
    let Some((len, rest)) = from.split_first_chunk::<4>() else { return Ok(None) };
    let len = u32::from_le_bytes(*len) as usize;
    if !(FIXED..=LONGEST).contains(&len) {
        return Err(SpoolError::Length(len));
    }
    let Some(rest) = rest.get(..len) else { return Ok(None) };
    let (kind, rest) = (rest[0], &rest[1..]);
    let (Some((call, rest)), true) = (rest.split_first_chunk::<8>(), rest.len() >= 12) else {
        return Err(SpoolError::Short);
    };
    let Some((header_len, rest)) = rest.split_first_chunk::<4>() else { return Err(SpoolError::Short) };
    let Some((header, bytes)) = rest.split_at_checked(u32::from_le_bytes(*header_len) as usize) else {
        return Err(SpoolError::Short);
    };
    let record = match kind {
        BEGUN => Record::Begun(serde_json::from_slice(header)?, bytes.to_vec()),
        SENT => Record::Sent(serde_json::from_slice(header)?, bytes.to_vec()),
        BYTES => {
            let of = uuid::Uuid::from_slice(header).ok().map(AttemptId::from_uuid);
            Record::Bytes(of, bytes.to_vec())
        }
        RETURNED => Record::Returned(serde_json::from_slice(header)?),
        CACHED => Record::Cached(serde_json::from_slice(header)?, bytes.to_vec()),
        ENDED => Record::Ended(serde_json::from_slice(header)?),
        newer => return Err(SpoolError::Kind(newer)),
    };
    Ok(Some((u64::from_le_bytes(*call), record, 4 + len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_cut_record_is_still_to_come() {
        let over = Ended {
            state: CompletionState::Stopped,
            served: None,
            at: Timestamp::from_millis(5),
            ttft_ms: Some(1),
            duration_ms: 2,
            status: 200,
            response: None,
        };
        let mut out = Vec::new();
        bytes(&mut out, 7, None, b"data: x\n\n");
        let first = out.len();
        ended(&mut out, 8, &over);
        let (call, record, taken) = read(&out).unwrap().unwrap();
        assert_eq!((call, record, taken), (7, Record::Bytes(None, b"data: x\n\n".to_vec()), first));
        let (call, record, taken) = read(&out[first..]).unwrap().unwrap();
        assert_eq!((call, record, first + taken), (8, Record::Ended(Box::new(over)), out.len()));
        let (of, mut named) = (AttemptId::from_uuid(uuid::Uuid::from_u128(9)), Vec::new());
        bytes(&mut named, 7, Some(of), b"y");
        assert_eq!(read(&named).unwrap().unwrap().1, Record::Bytes(Some(of), b"y".to_vec()));
        for cut in 0..first {
            assert!(read(&out[..cut]).unwrap().is_none(), "{cut}");
        }
    }

    #[test]
    fn what_is_no_record_is_an_error_and_no_panic() {
        assert!(matches!(read(&[0; 64]), Err(SpoolError::Length(0))));
        assert!(matches!(read(&[255; 64]), Err(SpoolError::Length(_))));
        let mut out = Vec::new();
        bytes(&mut out, 1, None, b"x");
        out[4] = 99;
        assert!(matches!(read(&out), Err(SpoolError::Kind(99))));
        out[4] = BYTES;
        out[13] = 200;
        assert!(matches!(read(&out), Err(SpoolError::Short)));
    }
}

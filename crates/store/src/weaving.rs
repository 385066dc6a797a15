//! Calls of the gateway, stored behind it: many calls a transaction, many rows a statement. What a client
//! sends again of a conversation is found by its prefix keys, and only what is new is stored.

mod expire;
mod place;
mod write;

use crate::{Store, StoreError, answered, bulk, ledger, wire::PackedRequest, writer::Durability};
use domain::{
    Attempt, BranchId, CacheUse, CaptureLevel, Charge, CompletionId, CompletionState, ConversationId, Hash,
    InstanceId, MessageId, Metrics, NanoUsd, Params, Part, Role, RunId, RunKind, Target, Timestamp,
    VirtualKeyId,
};
use place::Places;
use sqlx::SqliteConnection;
use std::collections::{HashMap, HashSet};
use write::Rows;

/// Calls of the gateway, to be stored.
#[derive(Clone, Copy)]
pub struct Weaving<'a> {
    pub(crate) store: &'a Store,
}

/// A call that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCall {
    /// Its run.
    pub run: RunId,
    /// Its completion.
    pub completion: CompletionId,
    /// What it was for.
    pub kind: RunKind,
    /// When it was let in.
    pub at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// Its name in logs and answers.
    pub request: String,
    /// The path of the gateway.
    pub route: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// HTTP status that the caller got; `None` where our process died first.
    pub status: Option<u16>,
    /// Whose call it is.
    pub key: Option<VirtualKeyId>,
    /// Who asked, as it calls itself.
    pub client: Option<String>,
    /// What was sent to be answered once.
    pub idempotency: Option<String>,
    /// The model as asked for.
    pub requested: Target,
    /// What a route chose; `None` where none was asked for.
    pub decision: Option<Box<domain::Decision>>,
    /// Who answered.
    pub served: Option<Target>,
    /// How it ended.
    pub state: CompletionState,
    /// Its figures.
    pub metrics: Metrics,
    /// Upstream calls, in order.
    pub attempts: Vec<NewAttempt>,
    /// What is kept of it: with `Off` only its lines in the ledger.
    pub capture: CaptureLevel,
    /// Where its answer was given before, how it came to be given again, and what it had cost then.
    pub cached: Option<(CacheUse, Option<NanoUsd>)>,
    /// What was said, where that is kept and belongs into a tree.
    pub said: Option<Captured>,
}

/// An upstream call.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAttempt {
    /// Whom, when, and how it ended.
    pub attempt: Attempt,
    /// What it came to, or what was set aside for it.
    pub charge: Charge,
    /// Nobody saw its end: a line that somebody else has entered stands.
    pub lost: bool,
    /// What went over the wire.
    pub wire: Option<NewWire>,
}

/// What went over the wire, packed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWire {
    /// Where it was sent.
    pub url: String,
    /// Headers as sent, without keys.
    pub request_headers: Vec<(String, String)>,
    /// The body that was sent.
    pub request: PackedRequest,
    /// Headers as received.
    pub response_headers: Vec<(String, String)>,
    /// The body as received, zstd.
    pub response: Vec<u8>,
    /// Whether more of it came than is kept.
    pub cut: bool,
}

/// What was said in a call, and where it belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    /// Where.
    pub place: Place,
    /// The messages that were sent, in order.
    pub messages: Vec<Said>,
    /// The answer.
    pub answer: Said,
    /// System text.
    pub system: Option<String>,
    /// Parameters, with tools.
    pub params: Params,
    /// Title of the conversation, where it begins one.
    pub title: String,
    /// Its tags then, beside the key's name.
    pub tags: Vec<String>,
    /// A fresh id, for the case that it begins a conversation.
    pub conversation: ConversationId,
    /// A fresh id, for the case that it begins a branch.
    pub branch: BranchId,
    /// Images and files of all messages.
    pub files: Vec<NewFile>,
    /// The name under which the answer can be followed.
    pub response: Option<String>,
}

/// Where a call belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Wherever its key has said the same before.
    Found,
    /// Into this conversation.
    In(ConversationId),
    /// Below this message.
    Under(MessageId),
    /// Below the response of this name.
    After(String),
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// A fresh id, for the case that it is new.
    pub id: MessageId,
    /// Who speaks.
    pub role: Role,
    /// What it says. Its media are blobs among the call's files, or on the web.
    pub parts: Vec<Part>,
    /// [`domain::said`] of that.
    pub hash: Hash,
}

/// An image or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Hash of its bytes.
    pub hash: Hash,
    /// For example `image/png`.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What was stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Woven {
    /// Calls that were new.
    pub calls: u32,
    /// Conversations that have grown.
    pub conversations: Vec<ConversationId>,
}

/// Virtual keys by id: their rows and names.
type Keys = HashMap<VirtualKeyId, (i64, String)>;

impl Weaving<'_> {
    /// Stores calls that `instance` made, with everything that belongs to them: all of them, or none.
    /// Those that are stored already are passed over.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it is.
    pub async fn weave(&self, calls: &[NewCall], instance: InstanceId) -> Result<Woven, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let stored = stored(&mut tx, calls).await?;
        let keys = keys(&mut tx, calls).await?;
        let new: Vec<&NewCall> = calls
            .iter()
            .filter(|call| call.capture != CaptureLevel::Off && !stored.contains(&call.completion))
            .collect();
        let mut woven =
            Woven { calls: u32::try_from(new.len()).unwrap_or(u32::MAX), conversations: Vec::new() };
        if !new.is_empty() {
            let mut rows = Rows::begin(&mut tx, instance).await?;
            let mut places = Places::find(&mut tx, &new, &keys).await?;
            for call in &new {
                let scope = call.key.and_then(|key| keys.get(&key));
                places.take(call, scope, &mut rows)?;
            }
            woven.conversations = places.touched();
            places.finish(&mut rows);
            let responses = rows.write(&mut tx).await?;
            for response in &responses {
                answered::put_response(&mut tx, response).await?;
            }
        }
        let attempts: Vec<ledger::Line<'_>> = calls
            .iter()
            .flat_map(|call| &call.attempts)
            .map(|one| ledger::Line { attempt: &one.attempt, charge: &one.charge, lost: one.lost })
            .collect();
        ledger::enter_all(&mut tx, &attempts, instance).await?;
        ledger::count_where_found(&mut tx, new.iter().map(|call| call.completion)).await?;
        tx.commit().await?;
        Ok(woven)
    }
}

/// Those of these calls that are stored.
async fn stored(tx: &mut SqliteConnection, calls: &[NewCall]) -> Result<HashSet<CompletionId>, StoreError> {
    let ids = bulk::hex_list(calls.iter().map(|call| call.completion.bytes()));
    let found: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT completion.uid FROM json_each(?) AS one JOIN completion ON completion.uid = unhex(one.value)",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    found.iter().map(|uid| Ok(CompletionId::from_bytes(uid)?)).collect()
}

async fn keys(tx: &mut SqliteConnection, calls: &[NewCall]) -> Result<Keys, StoreError> {
    let wanted: HashSet<VirtualKeyId> = calls.iter().filter_map(|call| call.key).collect();
    if wanted.is_empty() {
        return Ok(Keys::new());
    }
    let ids = bulk::hex_list(wanted.iter().map(VirtualKeyId::bytes));
    let found: Vec<(i64, Vec<u8>, String)> = sqlx::query_as(
        "SELECT virtual_key.id, virtual_key.uid, name FROM json_each(?) AS one
        JOIN virtual_key ON virtual_key.uid = unhex(one.value)",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    found.into_iter().map(|(row, uid, name)| Ok((VirtualKeyId::from_bytes(&uid)?, (row, name)))).collect()
}

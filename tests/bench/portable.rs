//! Conversations with answers, as an import brings them.

use domain::{
    BranchId, BranchKind, CompletionId, CompletionState, ConversationId, ConversationSource, MessageId,
    MessageStatus, Metrics, Params, Portable, PortableBranch, PortableCompletion, PortableMessage,
    PortableRun, Role, RunId, RunKind, Stop, Target, Timestamp,
};
use serde_json::value::RawValue;

pub const MODELS: [&str; 5] =
    ["openai/gpt-5.4", "anthropic/claude-opus", "ollama/qwen3:4b", "gemini/flash", "mistral/large"];

type Failed = Box<dyn std::error::Error>;

/// What was said, and by which model if it is an answer, with its run.
pub fn message(
    parent: Option<MessageId>,
    text: &str,
    model: Option<&str>,
    at: Timestamp,
) -> Result<(PortableMessage, Option<PortableRun>), Failed> {
    let model: Option<Target> = model.map(str::parse).transpose()?;
    let completion = model.as_ref().map(|_| CompletionId::from_uuid(uuid::Uuid::now_v7()));
    let message = PortableMessage {
        id: MessageId::from_uuid(uuid::Uuid::now_v7()),
        parent,
        sources: Vec::new(),
        role: if completion.is_some() { Role::Assistant } else { Role::User },
        status: MessageStatus::Complete,
        parts: RawValue::from_string(serde_json::json!([{ "type": "text", "text": text }]).to_string())?,
        hash: None,
        completion,
        choice: 0,
        continues: None,
        copied: false,
        hidden: false,
        source_id: None,
        created_at: at,
    };
    let run = model.zip(completion).map(|(model, answer)| PortableRun {
        id: RunId::from_uuid(uuid::Uuid::now_v7()),
        kind: RunKind::Ask,
        origin: ConversationSource::Import,
        created_at: at,
        last_seq: 0,
        completions: vec![PortableCompletion {
            id: answer,
            ord: 0,
            branch: None,
            requested: model.clone(),
            served: Some(model),
            params: Params::default(),
            system: None,
            state: CompletionState::Complete { stop: Stop::Stop },
            metrics: Metrics::default(),
            created_at: at,
            ended_at: Some(at),
            synthesis: None,
            attempts: Vec::new(),
            decision: None,
        }],
    });
    Ok((message, run))
}

/// One branch, to `tip`.
pub fn conversation(
    title: String,
    at: Timestamp,
    tip: Option<MessageId>,
    messages: Vec<PortableMessage>,
    runs: Vec<PortableRun>,
) -> Portable {
    let branch = BranchId::from_uuid(uuid::Uuid::now_v7());
    Portable {
        id: ConversationId::from_uuid(uuid::Uuid::now_v7()),
        title,
        titled_by_user: false,
        source: ConversationSource::Import,
        source_system: None,
        source_id: None,
        system: None,
        folder: None,
        tags: Vec::new(),
        pinned: false,
        archived: false,
        created_at: at,
        updated_at: at,
        head: Some(branch),
        branches: vec![PortableBranch {
            id: branch,
            name: "main".to_owned(),
            kind: BranchKind::Main,
            tip,
            target: None,
            params: Params::default(),
            system: None,
            pinned: false,
            ord: 0,
            shown: true,
            scroll: 0,
        }],
        messages,
        runs,
        bookmarks: Vec::new(),
        votes: Vec::new(),
        judgements: Vec::new(),
        sibling_views: Vec::new(),
    }
}

/// A path of this length, and so many messages in all: what is not on the path hangs beside it, all over
/// it, in lines of forty.
pub fn tree(title: &str, path: u32, all: u32) -> Result<Portable, Failed> {
    let at = Timestamp::from_millis(1_700_000_000_000);
    let (mut messages, mut runs) = (Vec::new(), Vec::new());
    let mut made: Vec<(MessageId, u32)> = Vec::new();
    let (mut parent, mut depth): (Option<MessageId>, u32) = (None, 0);
    for n in 0..all {
        if n >= path && (n - path).is_multiple_of(40) {
            let (id, deep) = made[((n - path) / 40 * 9 % path) as usize];
            (parent, depth) = (Some(id), deep + 1);
        }
        let model = (depth % 2 == 1).then(|| MODELS[(n / 7) as usize % MODELS.len()]);
        let text = format!("message {n} of a conversation that went on for long");
        let (message, run) = message(parent, &text, model, at)?;
        if n < path {
            made.push((message.id, depth));
        }
        (parent, depth) = (Some(message.id), depth + 1);
        messages.push(message);
        runs.extend(run);
    }
    let tip = made.last().map(|(id, _)| *id);
    Ok(conversation(title.to_owned(), at, tip, messages, runs))
}

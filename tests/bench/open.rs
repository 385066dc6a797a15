//! Opening a conversation: a path of 10,000 messages beside one of 100, in the same store.

use crate::{Done, figure, quantile};
use domain::{
    Branch, BranchId, BranchKind, Conversation, ConversationId, ConversationSource, InstanceId, MessageId,
    MessageStatus, Params, Part, Role, Run, RunId, RunKind, Timestamp,
};
use std::time::Instant;
use store::{Move, NewMessage, NewRun, OpenOptions, Store};

const ROUNDS: usize = 40;

pub async fn run() -> Done {
    let home = tempfile::tempdir()?;
    let (store, _) = Store::open(home.path(), OpenOptions::default()).await?;
    let instance = InstanceId::from_uuid(uuid::Uuid::now_v7());
    let _guard =
        store.instances().register(instance, "bench", std::process::id(), Timestamp::from_millis(1)).await?;
    let mut medians = Vec::new();
    for length in [100, 10_000] {
        let id = fill(&store, instance, length).await?;
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            store.conversations().view(id, 24).await?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        medians.push(quantile(&mut times, 0.5));
        figure("open", &format!("{length} messages, p50"), quantile(&mut times, 0.5), "ms");
        figure("open", &format!("{length} messages, p95"), quantile(&mut times, 0.95), "ms");
    }
    figure("open", "10,000 messages beside 100", medians[1] / medians[0], "times");
    Ok(())
}

/// A conversation of one path.
async fn fill(store: &Store, instance: InstanceId, length: u32) -> Result<ConversationId, store::StoreError> {
    fill_tree(store, instance, length, length).await
}

/// One with a path of this length, and so many messages in all: what is not on the path hangs beside it, in
/// lines of forty.
pub async fn fill_tree(
    store: &Store,
    instance: InstanceId,
    length: u32,
    all: u32,
) -> Result<ConversationId, store::StoreError> {
    let at = Timestamp::from_millis(1_700_000_000_000);
    let uuid = uuid::Uuid::now_v7;
    let conversation = ConversationId::from_uuid(uuid());
    let branch = BranchId::from_uuid(uuid());
    let (mut parent, mut tip): (Option<MessageId>, Option<MessageId>) = (None, None);
    let mut path: Vec<MessageId> = Vec::new();
    let messages: Vec<NewMessage> = (0..all)
        .map(|n| {
            let id = MessageId::from_uuid(uuid());
            if n >= length && (n - length).is_multiple_of(40) {
                // Somewhere along the path, spread over all of it.
                parent = path.get(((n - length) / 40) as usize * 7 % path.len().max(1)).copied();
            }
            let message = NewMessage {
                id,
                conversation_id: conversation,
                parent_id: parent,
                role: if n % 2 == 0 { Role::User } else { Role::Assistant },
                parts: vec![Part::text(format!(
                    "message {n} of a conversation that went on for long. {}",
                    "words ".repeat(50)
                ))],
                status: MessageStatus::Complete,
                completion_id: None,
                continues_id: None,
                created_at: at,
            };
            parent = Some(id);
            if n < length {
                path.push(id);
                tip = Some(id);
            }
            message
        })
        .collect();
    let new = Conversation {
        id: conversation,
        title: format!("{length} messages"),
        source: ConversationSource::Import,
        head: None,
        system: None,
        pinned: false,
        archived: false,
        created_at: at,
        updated_at: at,
    };
    let main = Branch {
        id: branch,
        conversation_id: conversation,
        name: "main".to_owned(),
        kind: BranchKind::Main,
        tip: None,
        target: None,
        params: Params::default(),
        system: None,
        ord: 0,
        pinned: false,
        shown: true,
        scroll: 0,
    };
    let run = Run {
        id: RunId::from_uuid(uuid()),
        conversation_id: Some(conversation),
        kind: RunKind::Ask,
        origin: ConversationSource::Import,
        created_at: at,
    };
    let step = |to| Move { branch, from: None, to, leaves: None, defaults: None };
    let moves = tip.map(step).into_iter().collect();
    store
        .runs()
        .start(&NewRun {
            run,
            key: None,
            instance,
            new_conversation: Some(new),
            new_branches: vec![main],
            head: Some(branch),
            user_messages: messages,
            completions: Vec::new(),
            moves,
        })
        .await?;
    Ok(conversation)
}

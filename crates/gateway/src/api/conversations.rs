//! Conversations.

use super::{
    asked::{Asked, bad, done, good, json, refused},
    operation::{Answered, Operation},
    query::{CURSOR, Kind, LIMIT, Param, words},
};
use crate::{
    Gateway,
    refuse::{Detail, refusal},
};
use domain::{
    Archived, BatchAction, Batched, ConversationId, ConversationSource, ConversationSummary,
    ConversationView, ErrorKind, Folder, FolderBudgets, FolderId, ListQuery, MessageId, NewConversation,
    OwnedBudget, RunOrigin, SortBy, Tag, Tree, TreeOverview, UndoId,
};
use http::{Method, StatusCode};
use serde::{Deserialize, Deserializer, Serialize};

/// What is said of a conversation, without what is said in it.
const SMALL: usize = 1 << 20;
/// Most conversations of a batch.
const BATCH: usize = 1_000;

const LIST: &[Param] = &[
    LIMIT,
    CURSOR,
    Param::new("text", Kind::Text(1_000), "Those with this text in their title or in what was said."),
    Param::new(
        "archived",
        Kind::Word(archived),
        "Archived ones too, or only those; by default without them.",
    ),
    Param::new("pinned", Kind::Flag, "Only pinned ones, or only others."),
    Param::new("folder", Kind::Id, "In this folder or one below it."),
    Param::new("unfiled", Kind::Flag, "In no folder."),
    Param::many("tag", Kind::Text(100), "With this tag; several times: with all of them."),
    Param::new("model", Kind::Text(300), "With an answer of this `provider/model`."),
    Param::many("source", Kind::Word(sources), "That came in by this door; several times: by one of them."),
    Param::new("from", Kind::Time, "Last added to at this time or after it."),
    Param::new("until", Kind::Time, "Last added to before."),
    Param::new("sort", Kind::Word(sorts), "By what they are sorted; by default `updated`."),
    Param::new("reverse", Kind::Flag, "The other way round."),
];

const OVERVIEW: &[Param] = &[Param::new("after", Kind::Id, "Only what was added after this message.")];

pub(super) fn archived() -> Vec<&'static str> {
    words(Archived::ALL, Archived::as_str)
}

pub(super) fn sources() -> Vec<&'static str> {
    words(ConversationSource::ALL, ConversationSource::as_str)
}

fn sorts() -> Vec<&'static str> {
    words(SortBy::ALL, SortBy::as_str)
}

pub(super) fn operations() -> Vec<Operation> {
    const ALL: &str = "/conversations";
    const ONE: &str = "/conversations/{conversation}";
    vec![
        Operation::new(Method::GET, ALL, "listConversations", "Conversations, pinned ones first.", list)
            .query(LIST)
            .answers_list::<ConversationSummary>(),
        Operation::new(Method::POST, ALL, "createConversation", "Begins an empty conversation.", create)
            .takes::<NewConversation>(SMALL)
            .answers::<ConversationView>(201),
        Operation::new(
            Method::GET,
            ONE,
            "getConversation",
            "A conversation: its columns, each with the end of its path.",
            get,
        )
        .answers::<ConversationView>(200),
        Operation::new(
            Method::PATCH,
            ONE,
            "changeConversation",
            "Changes what is said of a conversation.",
            change,
        )
        .takes::<ConversationChange>(SMALL)
        .answers::<ConversationView>(200),
        Operation::new(
            Method::DELETE,
            ONE,
            "deleteConversation",
            "Deletes a conversation. It can be restored for 30 days.",
            delete,
        )
        .answers_nothing(),
        Operation::new(
            Method::POST,
            "/conversations/{conversation}/restore",
            "restoreConversation",
            "Takes the deletion of a conversation back.",
            restore,
        )
        .answers::<ConversationView>(200),
        Operation::new(
            Method::GET,
            "/conversations/{conversation}/tree",
            "getTree",
            "The whole tree with its texts.",
            tree,
        )
        .answers::<Tree>(200),
        Operation::new(
            Method::GET,
            "/conversations/{conversation}/overview",
            "getTreeOverview",
            "The whole tree without its texts, in columns of equal length.",
            overview,
        )
        .query(OVERVIEW)
        .answers::<TreeOverview>(200),
        Operation::new(
            Method::POST,
            "/conversations/batch",
            "changeConversations",
            "Does one thing to at most 1,000 conversations: all or none of it.",
            batch,
        )
        .takes::<Batch>(SMALL)
        .answers::<Batched>(200),
        Operation::new(
            Method::POST,
            "/conversations/batch/undo",
            "undoBatch",
            "Takes a batch back, while this program runs.",
            undo,
        )
        .takes::<Undo>(SMALL)
        .answers_nothing(),
        Operation::new(
            Method::POST,
            "/conversations/fork",
            "forkConversation",
            "Opens the path to a message as a new conversation.",
            fork,
        )
        .takes::<ConversationFork>(SMALL)
        .answers::<ConversationView>(201),
        Operation::new(Method::GET, "/folders", "listFolders", "All folders, parents first.", folders)
            .answers_list::<Folder>(),
        Operation::new(
            Method::PUT,
            "/folders/{folder}/budgets",
            "setFolderBudgets",
            "Sets what conversations of a folder, and of those within it, may take, in the place of what they might.",
            folder_budgets,
        )
        .takes::<FolderBudgets>(SMALL)
        .answers_list::<OwnedBudget>(),
        Operation::new(Method::GET, "/tags", "listTags", "All tags, by name.", tags).answers_list::<Tag>(),
    ]
}

/// A list, and where its next page begins.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    /// In order.
    pub(super) items: Vec<T>,
    /// `cursor` of the next page; `null` on the last one.
    pub(super) next: Option<String>,
    /// How many there are on all pages, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u32>,
}

impl<T> List<T> {
    /// One that has no pages.
    pub(super) fn all(items: Vec<T>) -> Self {
        let total = u32::try_from(items.len()).ok();
        Self { items, next: None, total }
    }
}

/// A change of what is said of a conversation. What is absent stays.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
struct ConversationChange {
    /// Its title.
    title: Option<String>,
    /// Kept at the top of lists.
    pinned: Option<bool>,
    /// Hidden from lists.
    archived: Option<bool>,
    /// System text that new completions get; `null` for none.
    #[serde(deserialize_with = "given")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    #[expect(clippy::option_option, reason = "absent is another thing than `null`")]
    system: Option<Option<String>>,
}

/// Tells `null` from nothing.
#[expect(clippy::option_option, reason = "absent is another thing than `null`")]
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// One thing to do to many conversations.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Batch {
    /// Which; at most 1,000.
    #[cfg_attr(test, schema(max_items = 1000))]
    conversations: Vec<ConversationId>,
    /// What to do.
    action: BatchAction,
}

/// A batch to be taken back.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Undo {
    /// What the batch answered.
    undo: UndoId,
}

/// A path to be opened as a conversation of its own.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct ConversationFork {
    /// Its end.
    message: MessageId,
    /// The new conversation's title; absent: the old one's.
    #[serde(default)]
    title: Option<String>,
}

async fn list(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(LIST)?;
    let offset = query.offset()?;
    let filter = ListQuery {
        text: query.text("text").map(str::to_owned),
        archived: query.parsed("archived")?.unwrap_or(Archived::Without),
        pinned: query.flag("pinned"),
        folder: query.parsed("folder")?,
        unfiled: query.flag("unfiled").unwrap_or(false),
        tags: query.all("tag")?,
        model: query.parsed("model")?,
        sources: query.all("source")?,
        from: query.time("from"),
        until: query.time("until"),
        sort: query.parsed("sort")?.unwrap_or(SortBy::Updated),
        reverse: query.flag("reverse").unwrap_or(false),
        limit: query.count(&LIMIT),
        offset,
    };
    let page = gateway.engine().find_conversations(&filter).await.map_err(refused)?;
    let seen = offset.saturating_add(page.conversations.len() as u32);
    let next = (seen < page.total && !page.conversations.is_empty()).then(|| query.next(seen));
    good(&List { items: page.conversations, next, total: Some(page.total) })
}

async fn create(gateway: Gateway, asked: Asked) -> Answered {
    let new: NewConversation = asked.body()?;
    let id = gateway.engine().create_conversation(new, RunOrigin::Gateway).await.map_err(refused)?;
    view(&gateway, id, StatusCode::CREATED).await
}

async fn view(gateway: &Gateway, id: ConversationId, status: StatusCode) -> Answered {
    json(status, &gateway.engine().open_conversation(id).await.map_err(refused)?)
}

async fn get(gateway: Gateway, asked: Asked) -> Answered {
    view(&gateway, asked.named("conversation")?, StatusCode::OK).await
}

async fn change(gateway: Gateway, asked: Asked) -> Answered {
    let (id, change): (ConversationId, ConversationChange) = (asked.named("conversation")?, asked.body()?);
    let engine = gateway.engine();
    // Whatever is wrong is said before anything is changed.
    engine.open_conversation(id).await.map_err(refused)?;
    if let Some(title) = &change.title {
        engine.rename_conversation(id, title).await.map_err(refused)?;
    }
    if let Some(pinned) = change.pinned {
        engine.set_pinned(id, pinned).await.map_err(refused)?;
    }
    if let Some(archived) = change.archived {
        engine.set_archived(id, archived).await.map_err(refused)?;
    }
    if let Some(system) = &change.system {
        engine.set_conversation_system(id, system.as_deref()).await.map_err(refused)?;
    }
    view(&gateway, id, StatusCode::OK).await
}

async fn delete(gateway: Gateway, asked: Asked) -> Answered {
    gateway.engine().delete_conversation(asked.named("conversation")?).await.map_err(refused)?;
    done()
}

async fn restore(gateway: Gateway, asked: Asked) -> Answered {
    let id = asked.named("conversation")?;
    gateway.engine().restore_conversation(id).await.map_err(refused)?;
    view(&gateway, id, StatusCode::OK).await
}

async fn tree(gateway: Gateway, asked: Asked) -> Answered {
    good(&gateway.engine().tree(asked.named("conversation")?).await.map_err(refused)?)
}

async fn overview(gateway: Gateway, asked: Asked) -> Answered {
    let after = asked.query(OVERVIEW)?.parsed("after")?;
    good(&gateway.engine().tree_overview(asked.named("conversation")?, after).await.map_err(refused)?)
}

async fn batch(gateway: Gateway, asked: Asked) -> Answered {
    let batch: Batch = asked.body()?;
    if batch.conversations.len() > BATCH {
        return Err(bad(format!("at most {BATCH} conversations can be changed at once")));
    }
    let changed = gateway.engine().change_conversations(&batch.conversations, &batch.action).await;
    good(&changed.map_err(refused)?)
}

async fn undo(gateway: Gateway, asked: Asked) -> Answered {
    let Undo { undo } = asked.body()?;
    gateway.engine().undo_change(undo).await.map_err(refused)?;
    done()
}

async fn fork(gateway: Gateway, asked: Asked) -> Answered {
    let ConversationFork { message, title } = asked.body()?;
    let forked = gateway.engine().fork_conversation(message, title, RunOrigin::Gateway).await;
    view(&gateway, forked.map_err(refused)?, StatusCode::CREATED).await
}

async fn folder_budgets(gateway: Gateway, asked: Asked) -> Answered {
    let (folder, wanted): (FolderId, FolderBudgets) = (asked.named("folder")?, asked.body()?);
    if asked.grant().is_capped() {
        let said = "a key with limits of its own sets no budgets; `orch folders budget` does";
        return Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"));
    }
    gateway.engine().set_folder_budgets(folder, &wanted.budgets).await.map_err(refused)?;
    let mut all = gateway.engine().budgets().await.map_err(refused)?;
    all.retain(|budget| budget.folder == Some(folder));
    good(&List::all(all))
}

async fn folders(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().folders().await.map_err(refused)?))
}

async fn tags(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().tags().await.map_err(refused)?))
}

//! Branches: pointers to messages, and what can be done with two of them.

use super::{
    asked::{Asked, done, good, json, refused},
    conversations::List,
    messages::one,
    operation::{Answered, Operation},
    query::{Kind, LIMIT, Param},
};
use crate::Gateway;
use domain::{
    Branch, BranchId, BranchSummary, ColumnDefaults, Comparison, Deletion, Fork, Merged, MessageId,
    MessageView, Part, Role, TakeSide,
};
use http::{Method, StatusCode};
use serde::Deserialize;

const SMALL: usize = 1 << 20;
/// A message with its pictures and files.
const MESSAGE: usize = 64 << 20;

const BEFORE: Param = Param::new(
    "before",
    Kind::Count { least: 0, most: u32::MAX, usual: u32::MAX },
    "Only messages above this depth: `next` of the page before this one.",
);
const PATH: &[Param] = &[LIMIT, BEFORE];

const SKIP: Param =
    Param::new("skip", Kind::Count { least: 0, most: u32::MAX, usual: 0 }, "Pairs to leave out.");
const PAIRS: Param =
    Param::new("limit", Kind::Count { least: 1, most: 100, usual: 50 }, "How many pairs at most.");
const COMPARE: &[Param] = &[
    Param::new("left", Kind::Id, "The last message of one line; needed."),
    Param::new("right", Kind::Id, "The last message of the other; needed."),
    SKIP,
    PAIRS,
];

pub(super) fn operations() -> Vec<Operation> {
    const ONE: &str = "/branches/{branch}";
    const SAID: &str = "/branches/{branch}/messages";
    vec![
        Operation::new(
            Method::GET,
            "/conversations/{conversation}/branches",
            "listBranches",
            "The branches of a conversation with their figures, the active one first.",
            list,
        )
        .answers_list::<BranchSummary>(),
        Operation::new(
            Method::POST,
            "/branches",
            "createBranch",
            "Makes a branch from any message; nothing is copied.",
            create,
        )
        .takes::<Fork>(SMALL)
        .answers::<Branch>(201),
        Operation::new(
            Method::GET,
            "/branches/compare",
            "compareLines",
            "Two lines from where they part, message beside message.",
            compare,
        )
        .query(COMPARE)
        .answers::<Comparison>(200),
        Operation::new(
            Method::POST,
            "/branches/merge",
            "mergeBranches",
            "Merges answers by taking one of them; `POST /runs/synthesis` has a model do it.",
            merge,
        )
        .takes::<TakeSide>(SMALL)
        .answers::<Merged>(201),
        Operation::new(
            Method::PATCH,
            ONE,
            "changeBranch",
            "Names or pins a branch, or changes what it asks by default.",
            change,
        )
        .takes::<BranchChange>(SMALL)
        .answers_nothing(),
        Operation::new(
            Method::DELETE,
            ONE,
            "deleteBranch",
            "Deletes the pointer and no message. It can be restored for 30 days.",
            delete,
        )
        .answers::<Deletion>(200),
        Operation::new(
            Method::POST,
            "/branches/{branch}/activate",
            "activateBranch",
            "Makes a branch the active one of its conversation.",
            activate,
        )
        .answers_nothing(),
        Operation::new(Method::GET, SAID, "listMessages", "A branch's messages, from its end upwards.", path)
            .query(PATH)
            .answers_list::<MessageView>(),
        Operation::new(
            Method::POST,
            SAID,
            "addMessage",
            "Adds a message to the end of a branch. Nobody is asked; `POST /runs` asks.",
            add,
        )
        .takes::<NewMessage>(MESSAGE)
        .answers::<MessageView>(201),
    ]
}

/// A change of a branch. What is absent stays.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct BranchChange {
    /// Its name; a column becomes a named branch.
    #[serde(default)]
    name: Option<String>,
    /// Kept at the top of the list of branches.
    #[serde(default)]
    pinned: Option<bool>,
    /// What it asks by default, all of it.
    #[serde(default)]
    defaults: Option<ColumnDefaults>,
}

/// What was said.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[cfg_attr(test, schema(as = AddMessage))]
struct NewMessage {
    /// By whom.
    role: Role,
    /// What.
    parts: Vec<Part>,
}

async fn list(gateway: Gateway, asked: Asked) -> Answered {
    good(&List::all(gateway.engine().branches(asked.named("conversation")?).await.map_err(refused)?))
}

async fn create(gateway: Gateway, asked: Asked) -> Answered {
    let fork: Fork = asked.body()?;
    json(StatusCode::CREATED, &gateway.engine().fork(fork).await.map_err(refused)?)
}

async fn compare(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(COMPARE)?;
    let (left, right) = (query.needed::<MessageId>("left")?, query.needed::<MessageId>("right")?);
    let (skip, limit) = (query.count(&SKIP), query.count(&PAIRS));
    good(&gateway.engine().compare_lines(left, right, skip, limit).await.map_err(refused)?)
}

async fn merge(gateway: Gateway, asked: Asked) -> Answered {
    let request: TakeSide = asked.body()?;
    json(StatusCode::CREATED, &gateway.engine().take_side(request).await.map_err(refused)?)
}

async fn change(gateway: Gateway, asked: Asked) -> Answered {
    let (id, change): (BranchId, BranchChange) = (asked.named("branch")?, asked.body()?);
    let engine = gateway.engine();
    if let Some(name) = &change.name {
        engine.rename_branch(id, name).await.map_err(refused)?;
    }
    if let Some(pinned) = change.pinned {
        engine.pin_branch(id, pinned).await.map_err(refused)?;
    }
    if let Some(defaults) = change.defaults {
        engine.set_column(id, defaults).await.map_err(refused)?;
    }
    done()
}

async fn delete(gateway: Gateway, asked: Asked) -> Answered {
    good(&gateway.engine().delete_branch(asked.named("branch")?).await.map_err(refused)?)
}

async fn activate(gateway: Gateway, asked: Asked) -> Answered {
    gateway.engine().activate_branch(asked.named("branch")?).await.map_err(refused)?;
    done()
}

async fn path(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(PATH)?;
    let before = query.text(BEFORE.name).map(|_| query.count(&BEFORE));
    let limit = query.count(&LIMIT);
    let mut items =
        gateway.engine().path_page(asked.named("branch")?, before, limit).await.map_err(refused)?;
    let next = items.first().map(|view| view.message.depth).filter(|depth| *depth > 0);
    // The end comes first, as pages do.
    items.reverse();
    good(&List { items, next: next.map(|depth| depth.to_string()), total: None })
}

async fn add(gateway: Gateway, asked: Asked) -> Answered {
    let (branch, NewMessage { role, parts }) = (asked.named("branch")?, asked.body()?);
    let id = gateway.engine().add_message(branch, role, parts).await.map_err(refused)?;
    one(&gateway, id, StatusCode::CREATED).await
}

//! Messages: looking at them, saying them differently, asking again.

use super::{
    asked::{Asked, bad, good, json, missing, refused},
    conversations::List,
    operation::{Answered, Operation},
};
use crate::Gateway;
use dialects::serving::Refusal;
use domain::{
    AgainColumn, AskAgain, BranchId, CompletionId, EditAndAsk, EditColumn, MessageId, MessageView, Params,
    Part, Place, SaveEdit, SavedEdit, Sibling, StartedRun, Target,
};
use http::{Method, StatusCode};
use serde::Deserialize;

const SMALL: usize = 4 << 20;
/// A message with its pictures and files.
const MESSAGE: usize = 64 << 20;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/messages/{message}",
            "getMessage",
            "A message with its answer's figures.",
            get,
        )
        .answers::<MessageView>(200),
        Operation::new(
            Method::GET,
            "/messages/{message}/place",
            "getPlace",
            "Where a message stands, for jumping to it.",
            place,
        )
        .answers::<Place>(200),
        Operation::new(
            Method::GET,
            "/messages/{message}/siblings",
            "listSiblings",
            "The versions of a message, oldest first.",
            siblings,
        )
        .answers_list::<Sibling>(),
        Operation::new(
            Method::POST,
            "/messages/{message}/edit",
            "editMessage",
            "Saves an edit as a sibling; what follows on the branch is carried along, and nothing is asked.",
            edit,
        )
        .takes::<MessageEdit>(MESSAGE)
        .answers::<SavedEdit>(200),
        Operation::new(
            Method::POST,
            "/messages/{message}/ask",
            "editAndAsk",
            "Says a user's message differently and asks it again.",
            ask,
        )
        .takes::<MessageAsk>(MESSAGE)
        .answers::<StartedRun>(202),
        Operation::new(
            Method::POST,
            "/messages/{message}/regenerate",
            "regenerate",
            "Asks for an answer again, as a sibling: the same target or another.",
            regenerate,
        )
        .may_take::<Regenerate>(SMALL)
        .answers::<StartedRun>(202),
        Operation::new(
            Method::POST,
            "/messages/{message}/continue",
            "continueAnswer",
            "Goes on with an answer that ended early, as a sibling.",
            go_on,
        )
        .answers::<StartedRun>(202),
    ]
}

/// What a message says now.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct MessageEdit {
    /// The branch that takes the edit; its path goes through the message.
    branch: BranchId,
    /// What it says now.
    parts: Vec<Part>,
}

/// What a user's message says now, and who is asked it.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct MessageAsk {
    /// What it says now.
    parts: Vec<Part>,
    /// Whom to ask, one completion each.
    columns: Vec<EditColumn>,
    /// Whether routes are to try nothing with it; absent: as it was when it was said before.
    #[serde(default)]
    important: Option<bool>,
}

/// How an answer is asked for again. What is absent is as it was.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default)]
struct Regenerate {
    /// Another target.
    target: Option<Target>,
    /// Other parameters.
    params: Option<Params>,
    /// Another system text, empty for none.
    system: Option<String>,
}

/// One message.
pub(super) async fn one(gateway: &Gateway, id: MessageId, status: StatusCode) -> Answered {
    json(status, &view(gateway, id).await?)
}

async fn view(gateway: &Gateway, id: MessageId) -> Result<MessageView, Refusal> {
    let found = gateway.engine().messages(&[id]).await.map_err(refused)?;
    found.into_iter().next().ok_or_else(|| missing("message", &id))
}

/// The completion that wrote a message, and whom it asked.
async fn answer(gateway: &Gateway, id: MessageId) -> Result<(CompletionId, Target), Refusal> {
    match view(gateway, id).await?.completion {
        Some(completion) => Ok((completion.id, completion.requested)),
        None => Err(bad("this message is no answer; `POST /runs` asks for one")),
    }
}

async fn get(gateway: Gateway, asked: Asked) -> Answered {
    one(&gateway, asked.named("message")?, StatusCode::OK).await
}

async fn place(gateway: Gateway, asked: Asked) -> Answered {
    good(&gateway.engine().locate(asked.named("message")?).await.map_err(refused)?)
}

async fn siblings(gateway: Gateway, asked: Asked) -> Answered {
    good(&List::all(gateway.engine().siblings(asked.named("message")?).await.map_err(refused)?))
}

async fn edit(gateway: Gateway, asked: Asked) -> Answered {
    let (message, MessageEdit { branch, parts }) = (asked.named("message")?, asked.body()?);
    good(&gateway.engine().save_edit(SaveEdit { branch, message, parts }).await.map_err(refused)?)
}

async fn ask(gateway: Gateway, asked: Asked) -> Answered {
    let (message, MessageAsk { parts, columns, important }) = (asked.named("message")?, asked.body()?);
    asked.expect_asking(columns.iter().filter_map(|column| column.target.as_ref()))?;
    if columns.iter().any(|column| column.target.is_none()) {
        asked.expect_asking_anybody()?;
    }
    let request = EditAndAsk { message, parts, columns, important };
    let started = gateway.engine().edit_and_ask(request, asked.by()).await.map_err(refused)?;
    json(StatusCode::ACCEPTED, &started)
}

async fn regenerate(gateway: Gateway, asked: Asked) -> Answered {
    let message = asked.named("message")?;
    let Regenerate { target, params, system } = asked.body_or_default()?;
    let (completion, before) = answer(&gateway, message).await?;
    asked.expect_asking([target.as_ref().unwrap_or(&before)])?;
    let again = AskAgain { answers: vec![AgainColumn { completion, target, params, system }] };
    let started = gateway.engine().ask_again(again, asked.by()).await.map_err(refused)?;
    json(StatusCode::ACCEPTED, &started)
}

async fn go_on(gateway: Gateway, asked: Asked) -> Answered {
    let (completion, before) = answer(&gateway, asked.named("message")?).await?;
    asked.expect_asking([&before])?;
    let started = gateway.engine().continue_answer(completion, asked.by()).await.map_err(refused)?;
    json(StatusCode::ACCEPTED, &started)
}

//! Deleting messages and pruning branches, and taking that back.

use super::{
    asked::{Asked, done, good, json, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{Kind, Param},
};
use crate::Gateway;
use domain::{DeleteWhat, Deletion, DeletionCount};
use http::{Method, StatusCode};

const SMALL: usize = 1 << 20;

const LIST: &[Param] = &[Param::new("conversation", Kind::Id, "Only those of this conversation.")];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/deletions",
            "listDeletions",
            "What was deleted and can be restored, newest first.",
            list,
        )
        .query(LIST)
        .answers_list::<Deletion>(),
        Operation::new(
            Method::POST,
            "/deletions",
            "deleteMessages",
            "Deletes a message with all below it, or prunes all but some branches. It can be restored for 30 days.",
            delete,
        )
        .takes::<DeleteWhat>(SMALL)
        .answers::<Deletion>(201),
        Operation::new(
            Method::POST,
            "/deletions/count",
            "countDeletion",
            "How much a deletion would take; nothing is deleted.",
            count,
        )
        .takes::<DeleteWhat>(SMALL)
        .answers::<DeletionCount>(200),
        Operation::new(
            Method::POST,
            "/deletions/{deletion}/restore",
            "restoreDeletion",
            "Takes a deletion back.",
            restore,
        )
        .answers_nothing(),
    ]
}

async fn list(gateway: Gateway, asked: Asked) -> Answered {
    let of = asked.query(LIST)?.parsed("conversation")?;
    good(&List::all(gateway.engine().deletions(of).await.map_err(refused)?))
}

async fn delete(gateway: Gateway, asked: Asked) -> Answered {
    let what: DeleteWhat = asked.body()?;
    json(StatusCode::CREATED, &gateway.engine().delete_messages(&what).await.map_err(refused)?)
}

async fn count(gateway: Gateway, asked: Asked) -> Answered {
    let what: DeleteWhat = asked.body()?;
    good(&gateway.engine().count_deletion(&what).await.map_err(refused)?)
}

async fn restore(gateway: Gateway, asked: Asked) -> Answered {
    gateway.engine().restore_deletion(asked.named("deletion")?).await.map_err(refused)?;
    done()
}

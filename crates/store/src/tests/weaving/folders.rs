//! Calls that count in a folder's budget from when it is known that they belong there.

use super::{Lane, call};
use crate::testing::*;
use domain::{BatchAction, BudgetCap, BudgetPeriod, ConversationId, FolderId, NanoUsd, Zone};

const CAP: BudgetCap = BudgetCap { period: BudgetPeriod::Total, usd: Some(NanoUsd(1_000)), tokens: None };

impl Lane {
    async fn folder(&self, name: &str, parent: Option<FolderId>) -> FolderId {
        let id = folder_id();
        self.store.folders().create(id, name, parent).await.unwrap();
        id
    }

    async fn cap(&self, folder: FolderId) {
        self.store.budgets().set_of_folder(folder, &[CAP], &Zone::UTC).await.unwrap();
    }

    async fn file(&self, conversation: ConversationId, folder: Option<FolderId>) {
        let action = BatchAction::Move { folder };
        self.store.conversations().change(&[conversation], &action, NOW).await.unwrap();
    }

    /// Money and tokens that a folder's budget has spent.
    async fn spent(&self, folder: FolderId) -> (i64, u32) {
        let all = self.store.budgets().folders_at(NOW).await.unwrap();
        let (_, budget, _) = all.into_iter().find(|(id, ..)| *id == folder).unwrap();
        (budget.spent_usd.0, budget.spent_tokens)
    }
}

#[tokio::test]
async fn a_call_that_is_woven_into_a_folder_counts_in_its_budgets_once_and_in_those_around_it() {
    let (home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let outer = lane.folder("outer", None).await;
    let (inner, beside) = (lane.folder("inner", Some(outer)).await, lane.folder("beside", None).await);
    // What was asked before it was in a folder stays outside.
    let talk = lane.weave(&[call(&["u1"], "a1")]).await.conversations[0];
    lane.file(talk, Some(inner)).await;
    for folder in [outer, inner, beside] {
        lane.cap(folder).await;
    }
    assert_eq!((lane.spent(outer).await, lane.spent(inner).await), ((0, 0), (0, 0)));

    // Nobody named the conversation: that it goes on there is found in what was said.
    let second = [call(&["u1", "a1", "u2"], "a2"), call(&["somewhere else"], "a")];
    lane.weave(&second).await;
    for _ in 0..2 {
        assert_eq!((lane.spent(outer).await, lane.spent(inner).await), ((7, 15), (7, 15)));
        assert_eq!(lane.spent(beside).await, (0, 0));
        lane.is_sound().await;
        assert_eq!(lane.weave(&second).await.calls, 0, "what is stored is not stored again");
    }

    // Of two attempts both were paid for; one that was let in by name is counted already.
    let mut two = call(&["u1", "a1", "u2", "a2", "u3"], "a3");
    let mut again = two.attempts[0].clone();
    again.attempt.id = domain::AttemptId::from_uuid(uuid::Uuid::now_v7());
    again.attempt.ord = 1;
    again.charge.folders = vec![inner, outer];
    two.attempts.push(again);
    lane.weave(&[two]).await;
    assert_eq!((lane.spent(outer).await, lane.spent(inner).await), ((21, 45), (21, 45)));

    // It stays spent there when the conversation leaves, and what is asked then counts elsewhere.
    lane.file(talk, Some(beside)).await;
    lane.weave(&[call(&["u1", "a1", "u4"], "a4")]).await;
    assert_eq!((lane.spent(inner).await, lane.spent(beside).await), ((21, 45), (7, 15)));
    lane.is_sound().await;

    drop(lane);
    store.close().await;
    let (store, _) = home.open().await;
    let lane = Lane::new(&store).await;
    assert_eq!(lane.weave(&second).await.calls, 0);
    assert_eq!((lane.spent(outer).await, lane.spent(beside).await), ((21, 45), (7, 15)));
    lane.is_sound().await;
}

/// A line counts where it was let in, though its conversation is in another folder by the time it is stored.
#[tokio::test]
async fn a_call_that_was_let_in_to_one_folder_counts_there_wherever_its_conversation_went() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let (before, since) = (lane.folder("before", None).await, lane.folder("since", None).await);
    let talk = lane.weave(&[call(&["u1"], "a1")]).await.conversations[0];
    lane.file(talk, Some(since)).await;
    for folder in [before, since] {
        lane.cap(folder).await;
    }
    let mut let_in = call(&["u1", "a1", "u2"], "a2");
    let_in.attempts[0].charge.folders = vec![before];
    lane.weave(&[let_in]).await;
    assert_eq!(lane.spent(since).await, (0, 0));
    lane.is_sound().await;
}

/// The twin: a line that is entered without a look at its conversation is missing in the budget.
#[tokio::test]
async fn without_that_count_a_folder_does_not_hear_of_its_call() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let folder = lane.folder("work", None).await;
    let talk = lane.weave(&[call(&["u1"], "a1")]).await.conversations[0];
    lane.cap(folder).await;
    let second = call(&["u1", "a1", "u2"], "a2");
    lane.weave(std::slice::from_ref(&second)).await;
    lane.file(talk, Some(folder)).await;
    assert_eq!(lane.spent(folder).await, (0, 0), "it was not in the folder when it was stored");
    let mut tx = store.write(crate::writer::Durability::Process).await.unwrap();
    for _ in 0..3 {
        crate::ledger::count_where_found(&mut tx, [second.completion]).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(lane.spent(folder).await, (7, 15));
    lane.is_sound().await;
}

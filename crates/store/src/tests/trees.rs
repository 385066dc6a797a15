use crate::{Store, StoreError, testing::*};
use domain::{
    BranchId, BranchKind, BranchPlace, ColumnOf, DeleteWhat, DeletionId, MessageId, Part, Role, SaveEdit,
    Timestamp,
};
use uuid::Uuid;

fn deletion_id() -> DeletionId {
    DeletionId::from_uuid(Uuid::now_v7())
}

async fn texts(store: &Store, tip: MessageId) -> Vec<String> {
    store.messages().path_to(tip).await.unwrap().iter().map(domain::Message::text).collect()
}

async fn tip(store: &Store, branch: BranchId) -> Option<MessageId> {
    store.branches().get(branch).await.unwrap().unwrap().tip
}

async fn expect_whole(store: &Store) {
    assert_eq!(store.check().run().await.unwrap().problems, [] as [&str; 0]);
}

async fn fork(store: &Store, talk: &Talk, at: MessageId, place: BranchPlace) -> BranchId {
    let mut new = branch(branch_id(), talk.conversation, BranchKind::Named);
    new.tip = Some(at);
    store.trees().fork(&new, place).await.unwrap().id
}

/// A question with two answers; the second one goes on. The branch stands at its end.
async fn two_lines(store: &Store) -> (Talk, [MessageId; 5]) {
    let talk = Talk::new(store).await;
    let root = talk.say(None, "question").await;
    let (a, b) = (talk.say(Some(root), "answer a").await, talk.say(Some(root), "answer b").await);
    let more = talk.say(Some(b), "and then").await;
    let end = talk.say(Some(more), "the end").await;
    store.branches().move_to(talk.branch, end).await.unwrap();
    (talk, [root, a, b, more, end])
}

#[tokio::test]
async fn a_saved_edit_carries_what_followed_and_leaves_the_old_line() {
    let (_home, store) = opened().await;
    let (talk, [root, a, b, more, end]) = two_lines(&store).await;
    let merge = talk.message(Some(end), Role::Assistant, "merged");
    store.messages().insert(&merge, &[a, b]).await.unwrap();
    store.branches().move_to(talk.branch, merge.id).await.unwrap();
    let contents = rows_in(&store, "content").await;
    let edit = SaveEdit { branch: talk.branch, message: root, parts: vec![Part::text("other question")] };
    let saved = store.trees().save_edit(&edit, NOW, message_id).await.unwrap();
    assert_eq!((saved.carried, rows_in(&store, "content").await), (4, contents + 1));
    assert_eq!(tip(&store, talk.branch).await, Some(saved.tip));
    assert_eq!(
        texts(&store, saved.tip).await,
        ["other question", "answer b", "and then", "the end", "merged"]
    );
    assert_eq!(texts(&store, merge.id).await, ["question", "answer b", "and then", "the end", "merged"]);
    expect_whole(&store).await;
    // Back at the old question is back at its end, and an edit of what is off the path is refused.
    let shown = store.trees().show_message(root, Some(talk.branch), branch_id(), None).await.unwrap();
    assert_eq!(shown.tip, merge.id);
    let edit = SaveEdit { branch: talk.branch, message: a, parts: vec![Part::text("x")] };
    assert_eq!(store.trees().save_edit(&edit, NOW, message_id).await.unwrap_err().kind(), "refused");
    let edit = SaveEdit { branch: talk.branch, message: more, parts: vec![Part::text("or else")] };
    let saved = store.trees().save_edit(&edit, NOW, message_id).await.unwrap();
    assert_eq!(texts(&store, saved.tip).await, ["question", "answer b", "or else", "the end", "merged"]);
    expect_whole(&store).await;
}

#[tokio::test]
async fn a_path_opened_as_a_conversation_outlives_the_one_it_is_from() {
    let (home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    talk.answer(&asked, "hi").await;
    let contents = rows_in(&store, "content").await;
    let id = conversation_id();
    let new = branch(branch_id(), id, BranchKind::Main);
    store.trees().copy_path(asked.answer, &conversation(id, "copy"), &new, message_id).await.unwrap();
    assert_eq!(rows_in(&store, "content").await, contents);
    let there = tip(&store, new.id).await.unwrap();
    let page = store.messages().path_page(there, None, 9).await.unwrap();
    assert_eq!(
        (page.len(), &page[1].completion),
        (2, &None),
        "nobody asks in the old conversation from here"
    );
    store.conversations().delete(talk.conversation, NOW).await.unwrap();
    assert_eq!(store.erase().deleted(None).await.unwrap(), 1);
    assert_eq!(texts(&store, there).await, ["hello", "hi"]);
    expect_whole(&store).await;
    drop(home);
}

#[tokio::test]
async fn deleted_messages_come_back_with_the_tips_that_were_led_away() {
    let (_home, store) = opened().await;
    let (talk, [root, a, b, more, end]) = two_lines(&store).await;
    let beside = fork(&store, &talk, end, BranchPlace::Beside).await;
    let count = store.trees().count(&DeleteWhat::Below { message: b }).await.unwrap();
    assert_eq!((count.messages, count.branches, count.also_in), (3, 2, 0));
    let id = deletion_id();
    store.trees().delete_below(b, id, NOW).await.unwrap();
    // One branch shows the version that is left, the other would show the same: it stands at the question.
    assert_eq!((tip(&store, talk.branch).await, tip(&store, beside).await), (Some(a), Some(root)));
    assert!(store.messages().get(more).await.unwrap().is_none());
    expect_whole(&store).await;
    let listed = store.trees().deletions(Some(talk.conversation)).await.unwrap();
    assert_eq!((listed.len(), listed[0].id, listed[0].nodes), (1, id, 3));
    assert_eq!(listed[0].label, "answer b");
    // One that has gone on since stays where it is.
    let on = talk.say(Some(a), "gone on").await;
    store.branches().move_to(talk.branch, on).await.unwrap();
    assert_eq!(store.trees().restore(id).await.unwrap(), talk.conversation);
    assert_eq!((tip(&store, talk.branch).await, tip(&store, beside).await), (Some(on), Some(end)));
    assert_eq!(texts(&store, end).await, ["question", "answer b", "and then", "the end"]);
    assert_eq!(store.trees().restore(id).await.unwrap_err().kind(), "notFound");
    expect_whole(&store).await;
}

#[tokio::test]
async fn what_hung_under_something_deleted_later_comes_back_after_it() {
    let (_home, store) = opened().await;
    let (_talk, [_, _, b, more, _]) = two_lines(&store).await;
    let (inner, outer) = (deletion_id(), deletion_id());
    store.trees().delete_below(more, inner, NOW).await.unwrap();
    store.trees().delete_below(b, outer, NOW).await.unwrap();
    assert_eq!(store.trees().restore(inner).await.unwrap_err().kind(), "refused");
    store.trees().restore(outer).await.unwrap();
    expect_whole(&store).await;
    store.trees().restore(inner).await.unwrap();
    expect_whole(&store).await;
}

#[tokio::test]
async fn nothing_that_is_being_written_is_deleted() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    let refused = store.trees().delete_below(asked.user, deletion_id(), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Streaming), "{refused}");
    assert!(store.messages().get(asked.user).await.unwrap().is_some());
    talk.answer(&asked, "hi").await;
    store.trees().delete_below(asked.user, deletion_id(), NOW).await.unwrap();
    assert_eq!(tip(&store, talk.branch).await, None);
    expect_whole(&store).await;
}

#[tokio::test]
async fn pruning_keeps_the_paths_of_the_branches_that_are_named() {
    let (_home, store) = opened().await;
    let (talk, [root, a, b, _, end]) = two_lines(&store).await;
    let other = fork(&store, &talk, a, BranchPlace::Alone).await;
    let what = DeleteWhat::Others { keep: vec![talk.branch] };
    let count = store.trees().count(&what).await.unwrap();
    assert_eq!((count.messages, count.branches), (1, 1));
    let id = deletion_id();
    store.trees().delete_others(&[talk.branch], id, NOW).await.unwrap();
    let head = || async { store.conversations().get(talk.conversation).await.unwrap().unwrap().head };
    assert_eq!(head().await, Some(talk.branch), "another branch is active");
    assert_eq!(store.branches().of(talk.conversation).await.unwrap().len(), 1);
    assert_eq!(store.messages().siblings(b).await.unwrap(), [b]);
    assert_eq!(texts(&store, end).await.len(), 4);
    expect_whole(&store).await;
    store.trees().restore(id).await.unwrap();
    assert_eq!((head().await, tip(&store, other).await), (Some(other), Some(a)));
    assert_eq!(store.messages().children(root).await.unwrap().len(), 2);
    expect_whole(&store).await;
}

#[tokio::test]
async fn the_last_branch_stays_and_a_deleted_one_returns() {
    let (_home, store) = opened().await;
    let (talk, [_, a, ..]) = two_lines(&store).await;
    let refused = store.trees().delete_branch(talk.branch, deletion_id(), NOW).await.unwrap_err();
    assert_eq!(refused.kind(), "refused");
    let other = fork(&store, &talk, a, BranchPlace::List).await;
    let id = deletion_id();
    store.trees().delete_branch(talk.branch, id, NOW).await.unwrap();
    let view = store.conversations().view(talk.conversation, 9).await.unwrap().unwrap();
    assert_eq!(
        (view.conversation.head, view.columns.len()),
        (Some(other), 1),
        "there is a column to be seen"
    );
    expect_whole(&store).await;
    store.trees().restore(id).await.unwrap();
    expect_whole(&store).await;
}

#[tokio::test]
async fn any_messages_and_branches_become_the_columns() {
    let (_home, store) = opened().await;
    let (talk, [_, a, b, _, end]) = two_lines(&store).await;
    let named = fork(&store, &talk, a, BranchPlace::List).await;
    let order = [ColumnOf::Message { id: b }, ColumnOf::Branch { id: named }, ColumnOf::Message { id: b }];
    let shown = store.trees().show(talk.conversation, &order, branch_id).await.unwrap();
    assert_eq!(shown[..2], [talk.branch, named], "branches that are there are taken first");
    let view = store.conversations().view(talk.conversation, 9).await.unwrap().unwrap();
    assert_eq!(view.columns.iter().map(|c| c.branch.id).collect::<Vec<_>>(), shown);
    assert_eq!(tip(&store, shown[2]).await, Some(end));
    store.trees().show(talk.conversation, &[ColumnOf::Branch { id: named }], branch_id).await.unwrap();
    let view = store.conversations().view(talk.conversation, 9).await.unwrap().unwrap();
    assert_eq!((view.columns.len(), view.conversation.head), (1, Some(named)));
    assert_eq!(store.branches().of(talk.conversation).await.unwrap().len(), 3, "others stay, out of sight");
    // A message on no shown line is found on the branch that has it, which then is the column.
    let found = store.trees().show_message(end, None, branch_id(), None).await.unwrap();
    assert_eq!((found.branch, found.depth), (talk.branch, 3));
    let left = talk.say(Some(a), "on no branch").await;
    let found = store.trees().show_message(left, None, branch_id(), None).await.unwrap();
    assert_eq!(found.tip, left);
    expect_whole(&store).await;
}

#[tokio::test]
async fn branches_are_listed_with_what_they_hold() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    let mut done = complete(&asked, "hi");
    done.metrics.usage = domain::Usage { input: Some(5), output: Some(7), ..domain::Usage::default() };
    done.metrics.cost = Some(domain::Cost { usd: domain::NanoUsd(40), estimated: true });
    assert!(store.completions().finish(&done).await.unwrap());
    let next = talk.ask(Some(asked.answer), "again").await;
    talk.answer(&next, "hi again").await;
    let short = fork(&store, &talk, asked.answer, BranchPlace::List).await;
    store.trees().pin(short, true).await.unwrap();
    let all = store.trees().branches(talk.conversation).await.unwrap();
    assert_eq!(
        all.iter().map(|s| (s.head, s.messages, s.own)).collect::<Vec<_>>(),
        [(true, 4, 2), (false, 2, 0)]
    );
    assert_eq!((all[0].usage.output, all[0].unpriced, all[0].models[0].answers), (Some(7), 1, 2));
    assert_eq!((all[1].cost, all[1].cost_estimated, all[1].unpriced), (Some(domain::NanoUsd(40)), true, 0));
    assert!(all[1].branch.pinned);
}

#[tokio::test]
async fn lines_are_paired_turn_by_turn_from_where_they_part() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let answer = async |parent, text: &str| {
        let message = talk.message(Some(parent), Role::Assistant, text);
        store.messages().insert(&message, &[]).await.unwrap();
        message.id
    };
    let root = talk.say(None, "q").await;
    let (a, b) = (answer(root, "a").await, answer(root, "b").await);
    let (a2, b2) = (talk.say(Some(a), "next").await, talk.say(Some(b), "next").await);
    let b3 = answer(b2, "only here").await;
    let lines = store.trees().lines(a2, b3).await.unwrap();
    assert_eq!((lines.ancestor, lines.left, lines.right), (Some(root), 2, 3));
    let pairs: Vec<_> = lines.pairs.iter().map(|p| (p.turn, p.left, p.right, p.same)).collect();
    assert_eq!(
        pairs,
        [(0, Some(a), Some(b), false), (1, Some(a2), Some(b2), true), (1, None, Some(b3), false)]
    );
}

#[tokio::test]
async fn a_tree_is_seen_whole_and_then_only_what_is_new() {
    let (_home, store) = opened().await;
    let (talk, [root, a, b, _, end]) = two_lines(&store).await;
    let merge = talk.message(Some(root), Role::Assistant, "both");
    store.messages().insert(&merge, &[a, b]).await.unwrap();
    store.trees().set_bookmark(a, "good", *Uuid::now_v7().as_bytes(), NOW).await.unwrap();
    store.trees().set_bookmark(a, "better", *Uuid::now_v7().as_bytes(), NOW).await.unwrap();
    assert_eq!(store.trees().bookmarks(None).await.unwrap()[0].note, "better");
    let all = store.trees().overview(talk.conversation, None).await.unwrap();
    assert_eq!((all.total, all.first, all.ids.len()), (6, 0, 6 * 32));
    assert_eq!(all.parents, [-1, 0, 0, 2, 3, 0]);
    assert_eq!(all.flags, [4, 2, 4, 4, 4 + 8, 1]);
    assert_eq!(all.merges, [[5, 1, 2]]);
    assert_eq!((all.labels[4].as_str(), all.branches[0].tip), ("the end", 4));
    let new = talk.say(Some(end), "new").await;
    let part = store.trees().overview(talk.conversation, Some(merge.id)).await.unwrap();
    assert_eq!((part.total, part.first, part.parents[0]), (7, 6, 4));
    assert_eq!(part.ids, new.uuid().simple().to_string());
}

#[tokio::test]
async fn fifty_thousand_in_a_row_are_edited_deleted_and_brought_back() {
    const LENGTH: usize = 50_000;
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let chain = super::tree::deep_chain(&store, &talk, LENGTH).await;
    store.branches().move_to(talk.branch, chain[LENGTH - 1]).await.unwrap();
    let edit = SaveEdit { branch: talk.branch, message: chain[0], parts: vec![Part::text("another begin")] };
    let saved = store.trees().save_edit(&edit, NOW, message_id).await.unwrap();
    assert_eq!(saved.carried as usize, LENGTH - 1);
    let path = store.messages().path_to(saved.tip).await.unwrap();
    assert_eq!(
        (path.len(), path[0].text().as_str(), path[9].text().as_str()),
        (LENGTH, "another begin", "again")
    );
    let id = deletion_id();
    store.trees().delete_below(chain[1], id, NOW).await.unwrap();
    assert_eq!(store.trees().deletions(None).await.unwrap()[0].nodes as usize, LENGTH - 1);
    store.trees().restore(id).await.unwrap();
    assert_eq!(store.trees().overview(talk.conversation, None).await.unwrap().total as usize, 2 * LENGTH);
    assert_eq!(store.trees().branches(talk.conversation).await.unwrap()[0].messages as usize, LENGTH);
    store.trees().delete_below(chain[0], id, NOW).await.unwrap();
    store.erase().deletion(id).await.unwrap();
    assert_eq!(rows_in(&store, "message").await as usize, LENGTH);
    expect_whole(&store).await;
}

#[tokio::test]
async fn a_month_after_a_deletion_what_it_took_is_gone() {
    let (_home, store) = opened().await;
    let (talk, [_, _, b, ..]) = two_lines(&store).await;
    store.trees().delete_below(b, deletion_id(), NOW).await.unwrap();
    let month = Timestamp::from_millis(NOW.millis() + 30 * 86_400_000);
    assert_eq!(store.erase().due_nodes(Timestamp::from_millis(month.millis() - 1)).await.unwrap(), 0);
    assert_eq!(store.erase().due_nodes(month).await.unwrap(), 1);
    assert_eq!((rows_in(&store, "message").await, rows_in(&store, "deletion").await), (2, 0));
    assert!(tip(&store, talk.branch).await.is_some());
    expect_whole(&store).await;
}

/// Files of a home in which a text stands.
fn hits(folder: &std::path::Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(hits(&path, text));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

async fn sent(store: &Store, asked: &Asked, body: &str) {
    let id = domain::AttemptId::from_uuid(Uuid::now_v7());
    let attempt = domain::Attempt {
        id,
        completion_id: asked.completion,
        ord: 0,
        provider: "p".to_owned(),
        model: "m".to_owned(),
        http_status: Some(200),
        outcome: domain::AttemptOutcome::Running,
        error_kind: None,
        started_at: NOW,
        headers_ms: None,
        first_ms: None,
        ended_ms: None,
        usage: domain::Usage::default(),
        usage_by: None,
        cost: None,
    };
    store.attempts().start(&attempt).await.unwrap();
    let exchange = crate::Exchange {
        attempt: id,
        method: "POST".to_owned(),
        url: "http://127.0.0.1/".to_owned(),
        request_headers: Vec::new(),
        request_body: body.to_owned(),
        status: Some(200),
        response_headers: Vec::new(),
        response_body: body.to_owned(),
        response_cut: false,
    };
    store.wire().put(&exchange).await.unwrap();
}

#[tokio::test]
async fn erased_messages_are_nowhere_and_what_shares_their_answers_is_whole() {
    const MARKER: &str = "qzvxmarkerjwk";
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let mut tip = None;
    for number in 0..120 {
        let asked = talk.ask(tip, &format!("{MARKER} asks {number}")).await;
        sent(&store, &asked, &format!("{MARKER} {number}")).await;
        talk.answer(&asked, &format!("{MARKER} answers {number}")).await;
        tip = Some(asked.answer);
    }
    // The last answer is copied to a line that says nothing of the marker, and stays there.
    let first = store.messages().path_to(tip.unwrap()).await.unwrap()[0].id;
    let clean = talk.ask(Some(tip.unwrap()), "clean question").await;
    sent(&store, &clean, &format!("{MARKER} was in the prompt")).await;
    talk.answer(&clean, "clean answer").await;
    let edit = SaveEdit { branch: talk.branch, message: clean.user, parts: vec![Part::text("clean edit")] };
    let saved = store.trees().save_edit(&edit, NOW, message_id).await.unwrap();
    let beside = talk.say(None, "another begin").await;
    // A merge that was made of an answer that goes.
    let (mut run, merge) = talk.run(None, "make one of these");
    run.moves.clear();
    run.completions[0].merge = Some(crate::NewMerge {
        sources: vec![tip.unwrap(), beside],
        how: domain::SynthesisKind::Fuse,
        instruction: String::new(),
    });
    store.runs().start(&run).await.unwrap();
    sent(&store, &merge, &format!("{MARKER} was merged")).await;
    talk.answer(&merge, "one of both").await;
    let id = conversation_id();
    let new = branch(branch_id(), id, BranchKind::Main);
    store.trees().copy_path(merge.answer, &conversation(id, "kept"), &new, message_id).await.unwrap();
    store.search().catch_up().await.unwrap();
    let ledger = rows_in(&store, "ledger").await;

    let deletion = deletion_id();
    store.trees().delete_below(first, deletion, NOW).await.unwrap();
    // The twin: deleting alone only hides.
    store.erase().compact().await.unwrap();
    assert!(!hits(home.folder.path(), MARKER).is_empty());
    assert!(store.messages().get(saved.tip).await.unwrap().is_none());

    store.erase().deletion(deletion).await.unwrap();
    store.erase().unused_contents().await.unwrap();
    store.erase().compact().await.unwrap();
    assert_eq!(hits(home.folder.path(), MARKER), [] as [&str; 0]);
    assert_eq!(rows_in(&store, "ledger").await, ledger, "the ledger keeps its numbers");
    assert_eq!(store.trees().restore(deletion).await.unwrap_err().kind(), "notFound");
    let sources = store.trees().sources(merge.answer).await.unwrap();
    assert_eq!(
        sources.iter().map(|s| (s.message, s.deleted)).collect::<Vec<_>>(),
        [(None, true), (Some(beside), false)]
    );
    assert_eq!(texts(&store, merge.answer).await, ["make one of these", "one of both"]);
    expect_whole(&store).await;
    assert_eq!(store.erase().deletion(deletion).await.unwrap_err().kind(), "notFound");
}

use crate::{Move, testing::*};
use domain::{BranchKind, ColumnDefaults, MediaSource, Params, Part};

fn step(talk: &Talk, from: Option<domain::MessageId>, to: domain::MessageId) -> Move {
    Move { branch: talk.branch, from, to, leaves: None, defaults: None }
}

#[tokio::test]
async fn of_two_processes_that_saw_the_same_tip_only_one_extends_it() {
    let home = Home::new();
    let (one, _) = home.open().await;
    let (two, _) = home.open().await;
    let talk = Talk::new(&one).await;
    let asked = talk.ask(None, "hello").await;
    talk.answer(&asked, "hi").await;
    let ((mut first, a), (mut second, b)) =
        (talk.run(Some(asked.answer), "one"), talk.run(Some(asked.answer), "two"));
    first.moves = vec![step(&talk, Some(asked.answer), a.answer)];
    second.moves = vec![step(&talk, Some(asked.answer), b.answer)];
    let before = rows_in(&one, "message").await;
    one.runs().start(&first).await.unwrap();
    assert_eq!(two.runs().start(&second).await.unwrap_err().kind(), "moved");
    assert_eq!(rows_in(&one, "message").await, before + 2, "nothing of the second is left");
    assert_eq!(two.branches().get(talk.branch).await.unwrap().unwrap().tip, Some(a.answer));
}

#[tokio::test]
async fn a_line_is_found_again_where_it_was_left() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let root = talk.say(None, "hello").await;
    let old = talk.say(Some(root), "old").await;
    let left_at = talk.say(Some(old), "where I was").await;
    talk.say(Some(old), "a newer end, never looked at").await;
    let new = talk.say(Some(root), "new").await;
    store.branches().move_to(talk.branch, left_at).await.unwrap();
    let go = async |to, scroll| {
        store.trees().show_message(to, Some(talk.branch), branch_id(), scroll).await.unwrap()
    };
    assert_eq!(go(new, Some(420)).await.tip, new);
    let back = go(old, None).await;
    assert_eq!((back.tip, back.depth, back.scroll), (left_at, 1, 420), "and where the window was in it");
    assert_eq!(store.branches().get(talk.branch).await.unwrap().unwrap().tip, Some(left_at));
}

#[tokio::test]
async fn a_line_nobody_has_been_to_is_entered_at_its_newest_end() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let root = talk.say(None, "hello").await;
    let (here, there) = (talk.say(Some(root), "here").await, talk.say(Some(root), "there").await);
    talk.say(Some(there), "older").await;
    let newest = talk.say(Some(there), "newer").await;
    store.branches().move_to(talk.branch, here).await.unwrap();
    let shown = store.trees().show_message(there, Some(talk.branch), branch_id(), None).await.unwrap();
    assert_eq!(shown.tip, newest);
}

#[tokio::test]
async fn columns_keep_the_order_they_are_given() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let mut ids = vec![talk.branch];
    for ord in 1..4 {
        let mut column = branch(branch_id(), talk.conversation, BranchKind::Column);
        column.ord = ord;
        store.branches().create(&column).await.unwrap();
        ids.push(column.id);
    }
    store.branches().arrange(talk.conversation, &[ids[2], ids[0]]).await.unwrap();
    let order: Vec<_> =
        store.branches().of(talk.conversation).await.unwrap().into_iter().map(|b| b.id).collect();
    assert_eq!(order, [ids[2], ids[0], ids[1], ids[3]]);
    let twice = store.branches().arrange(talk.conversation, &[ids[0], ids[0]]).await.unwrap_err();
    assert_eq!(twice.kind(), "notFound");
    let other = Talk::new(&store).await;
    assert!(store.branches().arrange(other.conversation, &ids).await.is_err());
}

#[tokio::test]
async fn a_column_is_named_after_whom_it_asks_and_no_other_branch_is() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let column = branch(branch_id(), talk.conversation, BranchKind::Column);
    store.branches().create(&column).await.unwrap();
    let defaults = ColumnDefaults {
        target: Some("other/model".parse().unwrap()),
        params: Params { temperature: Some(0.5), ..Params::default() },
        system: Some(String::new()),
    };
    let mut names = Vec::new();
    for id in [talk.branch, column.id] {
        store.branches().set_defaults(id, &defaults).await.unwrap();
        let now = store.branches().get(id).await.unwrap().unwrap();
        let kept = ColumnDefaults { target: now.target, params: now.params, system: now.system };
        assert_eq!(kept, defaults);
        names.push(now.name);
    }
    assert_ne!(names[0], "other/model");
    assert_eq!(names[1], "other/model");
}

#[tokio::test]
async fn a_draft_is_kept_for_each_conversation_and_one_for_that_to_come() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let hash = store.blobs().put("image/png", b"bytes").await.unwrap();
    let source = MediaSource::Blob { hash, size: 5 };
    let mine = vec![Part::text("mine"), Part::Image { media_type: "image/png".to_owned(), source }];
    let drafts = store.drafts();
    assert_eq!(drafts.of(None).await.unwrap(), []);
    drafts.keep(Some(talk.conversation), &mine, NOW).await.unwrap();
    drafts.keep(None, &[Part::text("to come")], NOW).await.unwrap();
    drafts.keep(None, &[Part::text("to come, longer")], NOW).await.unwrap();
    assert_eq!(drafts.of(Some(talk.conversation)).await.unwrap(), mine);
    assert_eq!(drafts.of(None).await.unwrap(), [Part::text("to come, longer")]);
    drafts.keep(None, &[], NOW).await.unwrap();
    assert_eq!((drafts.of(None).await.unwrap(), rows_in(&store, "draft").await), (vec![], 1));
}

#[tokio::test]
async fn a_conversations_system_text_can_be_changed_and_taken_away() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let system = async || store.conversations().get(talk.conversation).await.unwrap().unwrap().system;
    store.conversations().set_system(talk.conversation, Some("be brief")).await.unwrap();
    assert_eq!(system().await.as_deref(), Some("be brief"));
    store.conversations().set_system(talk.conversation, None).await.unwrap();
    assert_eq!(system().await, None);
}

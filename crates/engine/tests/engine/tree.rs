//! Editing, merging and replaying: what is asked, and where it ends up.

use crate::ground::Ground;
use domain::{
    AgainColumn, AskAgain, CompletionId, EditAndAsk, EditColumn, Params, Part, Replay, RunOrigin, StartedRun,
    SynthesisKind, Synthesize, TakeSide,
};
use engine::EngineErrorKind;

/// What the provider was sent for an answer.
async fn sent(ground: &Ground, id: CompletionId) -> String {
    ground.engine.exchanges(id).await.unwrap().remove(0).request_body
}

async fn go_on(ground: &Ground, started: &StartedRun, column: usize, text: &str) -> StartedRun {
    let of = &started.columns[column];
    let mut ask = crate::ground::asking(Some(started.conversation), text, &[]);
    ask.columns = vec![crate::ground::column(Some(of.branch), of.target.as_str())];
    let next = ground.engine.start_run(ask, RunOrigin::Window).await.unwrap();
    ground.end_of(&next).await;
    next
}

fn synthesis(sources: Vec<domain::MessageId>, how: SynthesisKind) -> Synthesize {
    let target = "chat/ok?seed=9".parse().unwrap();
    Synthesize { sources, how, instruction: None, target, params: Params::default(), branch: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_is_asked_once_for_all_columns_and_the_old_line_stays() {
    let ground = Ground::new().await;
    let first = ground.ask("old question", &["chat/ok", "chat/ok?seed=2"]).await;
    ground.end_of(&first).await;
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let user = view.columns[0].messages[0].message.id;
    let columns = first
        .columns
        .iter()
        .map(|c| EditColumn { branch: Some(c.branch), target: None, params: None, system: None })
        .collect();
    let ask = EditAndAsk { message: user, parts: vec![Part::text("new question")], columns, important: None };
    let second = ground.engine.edit_and_ask(ask, RunOrigin::Window).await.unwrap();
    ground.end_of(&second).await;
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let edited = &view.columns[0].messages[0];
    assert_eq!((view.columns.len(), edited.sibling, edited.siblings), (2, 1, 2));
    assert_eq!(edited.message.id, view.columns[1].messages[0].message.id, "one message for both");
    let body = sent(&ground, second.columns[0].completion).await;
    assert!(body.contains("new question") && !body.contains("old question"), "{body}");
    let back =
        ground.engine.step_sibling(first.columns[1].branch, edited.message.id, -1, None).await.unwrap();
    assert_eq!(back.tip, first.columns[1].message);
    let bad =
        EditAndAsk { message: back.tip, parts: vec![Part::text("x")], columns: vec![], important: None };
    let refused = ground.engine.edit_and_ask(bad, RunOrigin::Window).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::BadInput);
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_edit_carried_along_is_asked_again_with_the_edit() {
    let ground = Ground::new().await;
    let first = ground.ask("old question", &["chat/ok"]).await;
    ground.end_of(&first).await;
    let second = go_on(&ground, &first, 0, "and then").await;
    let branch = first.columns[0].branch;
    let page = ground.engine.path_page(branch, None, 9).await.unwrap();
    let parts = vec![Part::text("new question")];
    let edit = domain::SaveEdit { branch, message: page[0].message.id, parts };
    let saved = ground.engine.save_edit(edit).await.unwrap();
    assert_eq!(saved.carried, 3);
    let again = ground.engine.retry(second.columns[0].completion, RunOrigin::Window).await.unwrap();
    ground.end_of(&again).await;
    assert_eq!(again.columns[0].branch, branch, "no column is added");
    let body = sent(&ground, again.columns[0].completion).await;
    assert!(body.contains("new question") && !body.contains("old question"), "{body}");
    let tip = ground.engine.path_page(branch, None, 9).await.unwrap().pop().unwrap();
    assert_eq!((tip.message.id, tip.siblings), (again.columns[0].message, 2));
    // Also when the line that it is a copy of is erased.
    let what = domain::DeleteWhat::Below { message: page[0].message.id };
    let deletion = ground.engine.delete_messages(&what).await.unwrap();
    ground.engine.erase_deletion(deletion.id).await.unwrap();
    ground.engine.step_sibling(branch, tip.message.id, -1, None).await.unwrap();
    let again = ground.engine.retry(second.columns[0].completion, RunOrigin::Window).await.unwrap();
    ground.end_of(&again).await;
    assert_eq!(again.columns[0].branch, branch);
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synthesis_is_sent_its_sources_and_later_turns_are_not() {
    let ground = Ground::new().await;
    let first = ground.ask("question", &["chat/ok", "chat/ok?seed=2"]).await;
    let texts: Vec<String> = ground.end_of(&first).await.iter().map(crate::ground::Answer::text).collect();
    let sources: Vec<_> = first.columns.iter().map(|c| c.message).collect();
    let request = synthesis(sources.clone(), SynthesisKind::Fuse);
    let merged = ground.engine.synthesize(request, RunOrigin::Window).await.unwrap();
    ground.end_of(&merged).await;
    let body: serde_json::Value =
        serde_json::from_str(&sent(&ground, merged.columns[0].completion).await).unwrap();
    let messages = body["messages"].as_array().unwrap();
    let task = messages.last().unwrap()["content"].to_string();
    let inside = |text: &str| serde_json::to_string(text.trim()).unwrap().trim_matches('"').to_owned();
    assert!(texts.iter().all(|text| task.contains(&inside(text))), "{task}");
    assert!(task.contains("question") && !task.contains("seed=2"), "it is not told who wrote them: {task}");
    assert_eq!(
        messages.iter().filter(|m| m["role"] == "user").count(),
        1,
        "what was asked and the task are one"
    );

    let made = ground.engine.provenance(merged.columns[0].message).await.unwrap();
    assert_eq!(made.how, Some(SynthesisKind::Fuse));
    assert_eq!(made.sources.iter().filter_map(|s| s.message).collect::<Vec<_>>(), sources);
    let tree = ground.engine.tree(first.conversation).await.unwrap();
    let node = tree.nodes.iter().find(|n| n.id == merged.columns[0].message).unwrap();
    assert_eq!((node.parents[0], &node.parents[1..]), (tree.nodes[0].id, &sources[..]));
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    assert_eq!(view.columns.len(), 3, "it is a column of its own");

    let next = go_on(&ground, &merged, 0, "go on").await;
    let body = sent(&ground, next.columns[0].completion).await;
    assert!(!body.contains("<answer name"), "{body}");
    // Asked again it is a synthesis again, of the same sources.
    let same =
        AgainColumn { completion: merged.columns[0].completion, target: None, params: None, system: None };
    let again = ground.engine.ask_again(AskAgain { answers: vec![same] }, RunOrigin::Window).await.unwrap();
    ground.end_of(&again).await;
    assert!(sent(&ground, again.columns[0].completion).await.contains("<answer name"));
    assert_eq!(ground.engine.provenance(again.columns[0].message).await.unwrap().sources.len(), 2);
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_a_side_keeps_both_and_says_who_wrote_it() {
    let ground = Ground::new().await;
    let first = ground.ask("question", &["chat/ok", "chat/ok?seed=2"]).await;
    let answers = ground.end_of(&first).await;
    let sources: Vec<_> = first.columns.iter().map(|c| c.message).collect();
    let branch = Some(first.columns[0].branch);
    let take = TakeSide { sources: sources.clone(), take: sources[1], branch };
    let merged = ground.engine.take_side(take).await.unwrap();
    let view = ground.engine.messages(&[merged.message]).await.unwrap().remove(0);
    assert!(view.merge);
    assert_eq!((view.message.text(), view.siblings), (answers[1].text(), 3));
    assert_eq!(view.completion.unwrap().requested.as_str(), "chat/ok?seed=2");
    let made = ground.engine.provenance(merged.message).await.unwrap();
    assert_eq!((made.how, made.sources.len()), (None, 2));
    assert!(made.passages.iter().any(|p| p.source == 1), "{:?}", made.passages);
    let back = ground.engine.step_sibling(first.columns[0].branch, merged.message, -1, None).await.unwrap();
    assert_eq!(back.tip, sources[1]);
    let one = TakeSide { sources: vec![sources[0]], take: sources[0], branch: None };
    assert_eq!(ground.engine.take_side(one).await.unwrap_err().kind(), EngineErrorKind::BadInput);
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_column_of_a_merge_keeps_the_system_text_of_the_branch_that_was_asked() {
    let ground = Ground::new().await;
    let first = ground.ask("question", &["chat/ok", "chat/ok?seed=2"]).await;
    ground.end_of(&first).await;
    let defaults = domain::ColumnDefaults {
        target: Some(first.columns[0].target.clone()),
        params: Params::default(),
        system: Some("only on this branch".to_owned()),
    };
    ground.engine.set_column(first.columns[0].branch, defaults).await.unwrap();
    let sources: Vec<_> = first.columns.iter().map(|c| c.message).collect();

    let merged = synthesis(sources.clone(), SynthesisKind::Fuse);
    let merged = ground.engine.synthesize(merged, RunOrigin::Window).await.unwrap();
    ground.end_of(&merged).await;
    assert!(sent(&ground, merged.columns[0].completion).await.contains("only on this branch"));
    let next = go_on(&ground, &merged, 0, "go on").await;
    assert!(sent(&ground, next.columns[0].completion).await.contains("only on this branch"));

    let take = TakeSide { sources: sources.clone(), take: sources[0], branch: None };
    let taken = ground.engine.take_side(take).await.unwrap();
    let mut ask = crate::ground::asking(Some(first.conversation), "and then", &[]);
    ask.columns = vec![crate::ground::column(Some(taken.branch), "chat/ok")];
    let next = ground.engine.start_run(ask, RunOrigin::Window).await.unwrap();
    ground.end_of(&next).await;
    assert!(sent(&ground, next.columns[0].completion).await.contains("only on this branch"));

    // A branch that was led elsewhere: the old answer is asked again on a new column.
    let other = first.columns[1].message;
    ground.engine.show_message(other, Some(first.columns[0].branch), None).await.unwrap();
    let again = ground.engine.retry(first.columns[0].completion, RunOrigin::Window).await.unwrap();
    ground.end_of(&again).await;
    let next = go_on(&ground, &again, 0, "more").await;
    assert_ne!(again.columns[0].branch, first.columns[0].branch);
    assert!(sent(&ground, next.columns[0].completion).await.contains("only on this branch"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_asks_every_turn_again_of_another_target() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok"]).await;
    ground.end_of(&first).await;
    go_on(&ground, &first, 0, "two").await;
    go_on(&ground, &first, 0, "three").await;
    let request = Replay {
        branch: first.columns[0].branch,
        target: "anthropic/ok?seed=2".parse().unwrap(),
        params: None,
        system: None,
        name: Some("again".to_owned()),
    };
    let replay = ground.engine.replay(request, RunOrigin::Window).await.unwrap();
    let branch = replay.columns[0].branch;
    let whole = async || {
        let page = ground.engine.path_page(branch, None, 20).await.unwrap();
        (page.len() == 6 && page[5].completion.as_ref().is_some_and(|c| c.state.is_terminal()))
            .then_some(page)
    };
    let page = loop {
        if let Some(page) = whole().await {
            break page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    let said: Vec<String> = page.iter().step_by(2).map(|view| view.message.text()).collect();
    assert_eq!(said, ["one", "two", "three"]);
    let asked = |view: &domain::MessageView| view.completion.as_ref().unwrap().requested.to_string();
    assert!(page.iter().skip(1).step_by(2).all(|view| asked(view) == "anthropic/ok?seed=2"));
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    assert_eq!(view.columns[0].length, 6, "the branch that was replayed is as it was");
    assert_eq!(view.columns.iter().find(|c| c.branch.id == branch).unwrap().branch.name, "again");
    assert!(ground.engine.check().await.unwrap().ok);
}

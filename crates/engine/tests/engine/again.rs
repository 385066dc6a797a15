//! Asking again: several answers in one run, other targets, and further targets for what was asked.

use crate::ground::{Ground, asking, column};
use domain::{AddTargets, AgainColumn, AskAgain, AskColumn, ColumnDefaults, Params, RunOrigin, StartRun};
use engine::EngineErrorKind;

fn same(completion: domain::CompletionId) -> AgainColumn {
    AgainColumn { completion, target: None, params: None, system: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_answers_of_a_turn_are_asked_again_in_one_run() {
    let ground = Ground::new().await;
    let first = ground.ask("Again.", &["chat/ok", "anthropic/ok?seed=2", "chat/ok?seed=3"]).await;
    ground.end_of(&first).await;
    let answers = first.columns.iter().map(|c| same(c.completion)).collect();
    let second = ground.engine.ask_again(AskAgain { answers }, RunOrigin::Window).await.unwrap();
    assert_eq!(ground.end_of(&second).await.len(), 3);
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    assert_eq!(view.columns.len(), 3, "no column was added");
    for (number, shown) in view.columns.iter().enumerate() {
        let tip = &shown.messages.last().unwrap();
        assert_eq!(tip.message.id, second.columns[number].message);
        assert_eq!((tip.sibling as usize, tip.siblings), (3 + number, 6));
    }
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_target_and_other_parameters_become_what_the_column_asks() {
    let ground = Ground::new().await;
    let first = ground.ask("Compare.", &["chat/ok", "chat/ok?seed=2"]).await;
    ground.end_of(&first).await;
    let params = Params { temperature: Some(0.2), ..Params::default() };
    let again = AgainColumn {
        target: Some("anthropic/ok?seed=9".parse().unwrap()),
        params: Some(params.clone()),
        system: Some("Be brief.".to_owned()),
        ..same(first.columns[1].completion)
    };
    let ask = AskAgain { answers: vec![again] };
    let second = ground.engine.ask_again(ask, RunOrigin::Window).await.unwrap();
    let answer = ground.end_of(&second).await.remove(0);
    assert_eq!(second.columns[0].branch, first.columns[1].branch);
    assert_eq!((answer.outcome().as_str(), &answer.completion.params), ("complete", &params));
    let call = ground.provider.calls_of("ok?seed=9").remove(0);
    assert_eq!((&call.body["temperature"], &call.body["system"]), (&0.2.into(), &"Be brief.".into()));
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let branch = &view.columns[1].branch;
    assert_eq!(branch.target.as_ref().unwrap().as_str(), "anthropic/ok?seed=9");
    assert_eq!((branch.name.as_str(), &branch.params), ("anthropic/ok?seed=9", &params));
    assert_eq!(branch.system.as_deref(), Some("Be brief."));
    let details = ground.engine.completion_details(answer.completion.id).await.unwrap();
    assert_eq!(details.system.as_deref(), Some("Be brief."));
    assert_eq!(details.decision.unwrap().order[0].as_str(), "anthropic/ok?seed=9");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_in_the_middle_is_asked_again_and_the_old_line_is_found_where_it_was_left() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok"]).await;
    ground.end_of(&first).await;
    let branch = first.columns[0].branch;
    let mut next = asking(Some(first.conversation), "two", &[]);
    next.columns = vec![column(Some(branch), "chat/ok?seed=2")];
    let second = ground.engine.start_run(next, RunOrigin::Window).await.unwrap();
    ground.end_of(&second).await;
    let again = AskAgain { answers: vec![same(first.columns[0].completion)] };
    let again = ground.engine.ask_again(again, RunOrigin::Window).await.unwrap();
    ground.end_of(&again).await;
    let path = async || {
        let view = ground.engine.open_conversation(first.conversation).await.unwrap();
        assert_eq!(view.columns.len(), 1);
        view.columns[0].messages.iter().map(|m| m.message.id).collect::<Vec<_>>()
    };
    assert_eq!(path().await.last(), Some(&again.columns[0].message));
    ground.engine.step_sibling(branch, again.columns[0].message, -1, None).await.unwrap();
    let back = path().await;
    assert_eq!((back.len(), back.last()), (4, Some(&second.columns[0].message)));
    ground.engine.step_sibling(branch, first.columns[0].message, 1, None).await.unwrap();
    assert_eq!(path().await.last(), Some(&again.columns[0].message));
    for (message, by) in [(again.columns[0].message, 1), (second.columns[0].message, -1)] {
        let refused = ground.engine.step_sibling(branch, message, by, None).await.unwrap_err();
        assert_eq!(refused.kind(), EngineErrorKind::BadInput, "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn further_targets_answer_the_same_prompt_in_columns_of_their_own() {
    let ground = Ground::new().await;
    let first = ground.ask("Compare this.", &["chat/ok"]).await;
    ground.end_of(&first).await;
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let prompt = view.columns[0].messages[0].message.id;
    let columns = ["anthropic/ok?seed=2", "simulated/fast"].map(|t| column(None, t)).to_vec();
    let added = ground.engine.add_targets(AddTargets { prompt, columns }, RunOrigin::Window).await.unwrap();
    ground.end_of(&added).await;
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let tips: Vec<_> = view.columns.iter().map(|c| c.messages.last().unwrap()).collect();
    assert_eq!(tips.iter().map(|t| (t.sibling, t.siblings)).collect::<Vec<_>>(), [(0, 3), (1, 3), (2, 3)]);
    assert!(view.columns.iter().all(|c| c.messages[0].message.id == prompt));
    let answer = AddTargets { prompt: tips[0].message.id, columns: vec![column(None, "chat/ok")] };
    let refused = ground.engine.add_targets(answer, RunOrigin::Window).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::BadInput);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_one_bad_column_writes_nothing_and_asks_nobody() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok", "chat/ok?seed=2"]).await;
    ground.end_of(&first).await;
    let (calls, nodes) =
        (ground.provider.log().len(), ground.engine.tree(first.conversation).await.unwrap().nodes.len());
    let [a, b] = [same(first.columns[0].completion), same(first.columns[1].completion)];
    let hot = Params { temperature: Some(3.0), ..Params::default() };
    let bad = [
        AgainColumn { target: Some("nobody/model".parse().unwrap()), ..b.clone() },
        AgainColumn { params: Some(hot.clone()), ..b.clone() },
        AgainColumn { params: Some(Params { web_search: true, ..Params::default() }), ..b.clone() },
    ];
    for bad in bad {
        let ask = AskAgain { answers: vec![a.clone(), bad] };
        ground.engine.ask_again(ask, RunOrigin::Window).await.unwrap_err();
    }
    let bad = AskColumn { params: hot, ..column(None, "chat/ok") };
    let ask = StartRun { columns: vec![column(None, "chat/ok"), bad], ..asking(None, "hi", &[]) };
    let refused = ground.engine.start_run(ask, RunOrigin::Window).await.unwrap_err();
    assert!(refused.to_string().contains("temperature"), "{refused}");
    assert_eq!(ground.provider.log().len(), calls);
    assert_eq!(ground.engine.tree(first.conversation).await.unwrap().nodes.len(), nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_asked_again_twice_at_once_gets_two_siblings_and_a_column_for_the_second() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok"]).await;
    ground.end_of(&first).await;
    let answers = vec![same(first.columns[0].completion), same(first.columns[0].completion)];
    let again = ground.engine.ask_again(AskAgain { answers }, RunOrigin::Window).await.unwrap();
    ground.end_of(&again).await;
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let tips: Vec<_> = view.columns.iter().map(|c| c.messages.last().unwrap().message.id).collect();
    assert_eq!(tips, again.columns.iter().map(|c| c.message).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_asked_is_what_its_columns_ask_by_default() {
    let ground = Ground::new().await;
    let own = AskColumn {
        params: Params { max_tokens: Some(99), ..Params::default() },
        system: Some("Be curt.".to_owned()),
        ..column(None, "chat/ok")
    };
    let none = AskColumn { system: Some(String::new()), ..column(None, "chat/ok?seed=2") };
    let plain = column(None, "chat/ok?seed=3");
    let ask = StartRun {
        columns: vec![own, none, plain],
        system: Some("Shared.".to_owned()),
        ..asking(None, "hi", &[])
    };
    let started = ground.engine.start_run(ask, RunOrigin::Window).await.unwrap();
    ground.end_of(&started).await;
    let system_of = |model: &str| {
        let first = ground.provider.calls_of(model)[0].body["messages"][0].clone();
        (first["role"] == "system").then(|| first["content"].as_str().unwrap().to_owned())
    };
    assert_eq!(system_of("ok").as_deref(), Some("Be curt."));
    assert_eq!(system_of("ok?seed=2"), None, "an empty text of its own is none");
    assert_eq!(system_of("ok?seed=3").as_deref(), Some("Shared."));
    let view = ground.engine.open_conversation(started.conversation).await.unwrap();
    let kept: Vec<_> = view
        .columns
        .into_iter()
        .map(|c| ColumnDefaults { target: c.branch.target, params: c.branch.params, system: c.branch.system })
        .collect();
    assert_eq!(kept[0].params.max_tokens, Some(99));
    assert_eq!(
        kept.iter().map(|k| k.system.as_deref()).collect::<Vec<_>>(),
        [Some("Be curt."), Some(""), None]
    );
    // The next turn says another target; the branch keeps it, and its own system text.
    let next = StartRun {
        columns: vec![column(Some(started.columns[0].branch), "chat/ok?seed=4")],
        ..asking(Some(started.conversation), "more", &[])
    };
    let next = ground.engine.start_run(next, RunOrigin::Window).await.unwrap();
    ground.end_of(&next).await;
    assert_eq!(system_of("ok?seed=4").as_deref(), Some("Be curt."));
    let view = ground.engine.open_conversation(started.conversation).await.unwrap();
    assert_eq!(view.columns[0].branch.target.as_ref().unwrap().as_str(), "chat/ok?seed=4");
    assert_eq!(view.columns[0].branch.params, Params::default());
}

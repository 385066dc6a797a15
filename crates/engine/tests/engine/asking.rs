//! Asking: what is stored, what is sent, and what is refused before anything is written.

use crate::ground::{Ground, asking, column};
use domain::ListQuery;
use domain::{MessageStatus, Part, Role, RunOrigin, StartRun};
use engine::{Engine, EngineErrorKind, EngineOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_one_turn_are_siblings_under_one_user_message() {
    let ground = Ground::new().await;
    let started = ground.ask("Compare this.", &["chat/ok", "anthropic/ok?seed=2", "simulated/fast"]).await;
    ground.end_of(&started).await;
    let view = ground.engine.open_conversation(started.conversation).await.unwrap();
    let paths: Vec<_> = view.columns.iter().map(|c| &c.messages).collect();
    assert_eq!(paths.len(), 3);
    assert!(paths.iter().all(|p| p.len() == 2 && p[0].message.id == paths[0][0].message.id));
    let places: Vec<_> = paths.iter().map(|p| (p[1].sibling, p[1].siblings)).collect();
    assert_eq!(places, [(0, 3), (1, 3), (2, 3)]);
    assert_eq!(view.conversation.title, "Compare this.");
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_turn_sends_each_column_its_own_path() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok?seed=1", "chat/ok?seed=2"]).await;
    ground.end_of(&first).await;
    let columns = first.columns.iter().map(|c| column(Some(c.branch), c.target.as_str())).collect();
    let next = StartRun {
        important: false,
        conversation: Some(first.conversation),
        parts: vec![Part::text("two")],
        columns,
        system: None,
    };
    let next = ground.engine.start_run(next, RunOrigin::Window).await.unwrap();
    ground.end_of(&next).await;
    for seed in [1, 2] {
        let calls = ground.provider.calls_of(&format!("ok?seed={seed}"));
        let sent = calls[1].body["messages"].as_array().unwrap();
        assert_eq!(sent.len(), 3);
        assert!(sent[1].to_string().contains(&format!("·{seed}.0 ")), "{}", sent[1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_found_again_by_the_next_process() {
    let ground = Ground::new().await;
    let started = ground.ask("Remember me.", &["chat/ok", "chat/ok?seed=3"]).await;
    let answers = ground.end_of(&started).await;
    ground.engine.close().await;
    let again = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let list = again.conversations(&ListQuery::default()).await.unwrap();
    assert_eq!((list.len(), list[0].messages, list[0].title.as_str()), (1, 3, "Remember me."));
    let tree = again.tree(started.conversation).await.unwrap();
    let texts: Vec<_> =
        tree.nodes.iter().filter(|n| n.role == Role::Assistant).map(|n| n.parts.clone()).collect();
    assert_eq!(texts, answers.iter().map(|a| a.parts.clone()).collect::<Vec<_>>());
    let raw = again.exchanges(started.columns[0].completion).await.unwrap();
    assert!(raw[0].request_body.contains("Remember me.") && raw[0].response_body.contains("data:"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused_and_leaves_nothing() {
    let ground = Ground::new().await;
    let kind = |ask: StartRun| {
        let engine = ground.engine.clone();
        async move { engine.start_run(ask, RunOrigin::Cli).await.unwrap_err().kind() }
    };
    assert_eq!(kind(asking(None, "hi", &["nobody/model"])).await, EngineErrorKind::UnknownTarget);
    assert_eq!(kind(asking(None, "hi", &["chat/ok", "nobody/model"])).await, EngineErrorKind::UnknownTarget);
    assert_eq!(kind(asking(None, " \n", &["chat/ok"])).await, EngineErrorKind::BadInput);
    assert_eq!(kind(asking(None, "hi", &[])).await, EngineErrorKind::BadInput);
    assert_eq!(kind(asking(None, "hi", &["simulated/steady?tps=banana"])).await, EngineErrorKind::BadInput);
    assert!(ground.engine.conversations(&ListQuery::default()).await.unwrap().is_empty());
    assert!(ground.provider.log().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_provider_that_cannot_be_asked_says_what_it_lacks() {
    let own = "[[providers]]\nid = \"own\"\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\nkey = \"none\"\nenabled = false\n";
    let ground = Ground::with(own).await;
    let refused =
        ground.engine.start_run(asking(None, "hi", &["azure/gpt"]), RunOrigin::Cli).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::UnknownTarget);
    assert!(refused.to_string().contains("AZURE_OPENAI_API_KEY"), "{refused}");
    let refused = ground.engine.start_run(asking(None, "hi", &["own/m"]), RunOrigin::Cli).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::UnknownTarget, "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_prompt_goes_out_without_the_key_that_it_needs() {
    let remote = "[[providers]]\nid = \"remote\"\ndialect = \"openai-chat\"\nbase_url = \"https://models.invalid/v1\"\nkey = \"env:ORCHESITY_TEST_NO_SUCH_KEY\"\n";
    let ground = Ground::with(remote).await;
    let answer = ground.answer("remote/m").await;
    assert_eq!((answer.outcome().as_str(), answer.attempts.len()), ("auth", 1));
    let domain::CompletionState::Failed { error } = &answer.completion.state else { panic!() };
    assert!(error.message.contains("ORCHESITY_TEST_NO_SUCH_KEY"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_is_a_sibling_and_the_old_answer_stays() {
    let ground = Ground::new().await;
    let first = ground.ask("Again.", &["chat/ok"]).await;
    let old = ground.end_of(&first).await.remove(0);
    let second = ground.engine.retry(old.completion.id, RunOrigin::Window).await.unwrap();
    ground.end_of(&second).await;
    assert_eq!(second.columns[0].branch, first.columns[0].branch, "the branch moves to the new answer");
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let tip = view.columns[0].messages.last().unwrap();
    assert_eq!((tip.message.id, tip.sibling, tip.siblings), (second.columns[0].message, 1, 2));
    assert_eq!(ground.engine.tree(first.conversation).await.unwrap().nodes.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_on_begins_with_the_text_that_was_there() {
    let ground = Ground::new().await;
    for dialect in ["chat", "anthropic"] {
        let first = ground.ask("Go on.", &[&format!("{dialect}/cut?after=10&tokens=20")]).await;
        let cut = ground.end_of(&first).await.remove(0);
        let next = ground.engine.continue_answer(cut.completion.id, RunOrigin::Window).await.unwrap();
        let grown = ground.end_of(&next).await.remove(0);
        assert!(grown.text().starts_with(&cut.text()) && grown.text().len() > cut.text().len(), "{dialect}");
        assert_eq!(grown.shown, grown.text());
        let sent = ground.provider.log().pop().unwrap().body["messages"].to_string();
        assert!(sent.contains("·9"), "{dialect} is sent what was there: {sent}");
        let node = ground.engine.tree(first.conversation).await.unwrap();
        let old = node.nodes.iter().find(|n| n.id == first.columns[0].message).unwrap();
        assert_eq!(old.status, MessageStatus::Failed, "the old answer stays as it was");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_answer_without_text_is_not_sent_with_the_next_turn() {
    let ground = Ground::new().await;
    let first = ground.ask("first", &["chat/401"]).await;
    ground.end_of(&first).await;
    let columns = vec![column(Some(first.columns[0].branch), "chat/ok")];
    let next = StartRun {
        important: false,
        conversation: Some(first.conversation),
        parts: vec![Part::text("second")],
        columns,
        system: None,
    };
    let next = ground.engine.start_run(next, RunOrigin::Window).await.unwrap();
    assert_eq!(ground.end_of(&next).await[0].outcome(), "complete");
    let sent = ground.provider.calls_of("ok").pop().unwrap().body["messages"].clone();
    assert!(sent.as_array().unwrap().iter().all(|m| m["role"] == "user"), "{sent}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_is_not_extended_while_its_answer_is_being_written() {
    let ground = Ground::new().await;
    let first = ground.ask("slowly", &["chat/slow"]).await;
    let columns = vec![column(Some(first.columns[0].branch), "chat/ok")];
    let next = StartRun {
        important: false,
        conversation: Some(first.conversation),
        parts: vec![Part::text("now")],
        columns,
        system: None,
    };
    let refused = ground.engine.start_run(next, RunOrigin::Window).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::Busy);
    ground.engine.stop_run(first.run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_simulated_question_gets_the_same_answer_and_costs_nothing() {
    let ground = Ground::new().await;
    let target = "simulated/steady?seed=7&tps=5000&ttft=1";
    let (one, two) = (ground.answer(target).await, ground.answer(target).await);
    assert_eq!(one.text(), two.text());
    assert!(!one.text().is_empty());
    assert_eq!(one.completion.metrics.cost.unwrap().usd.0, 0);
}

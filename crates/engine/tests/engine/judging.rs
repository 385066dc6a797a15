//! Votes, the board and judges; and many conversations at once.

use crate::{
    ground::Ground,
    moving::{import, opened},
};
use domain::{
    Ballot, BatchAction, BoardQuery, CastVote, ConversationId, ErrorKind, ExportFormat, ExportRequest,
    ExportScope, JudgeAnswers, Judgement, JudgementState, ListQuery, MessageId, RunOrigin, SearchQuery,
    Verdict, VoteBy,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Two whole answers to one prompt.
async fn two(ground: &Ground) -> (ConversationId, MessageId, MessageId) {
    let run = ground.ask("Which is better?", &["chat/ok?seed=1", "chat/ok?seed=2"]).await;
    ground.end_of(&run).await;
    (run.conversation, run.columns[0].message, run.columns[1].message)
}

fn ask(a: MessageId, b: MessageId, judge: &str, rubric: &str) -> JudgeAnswers {
    JudgeAnswers { a, b, judge: judge.parse().unwrap(), rubric: Some(rubric.to_owned()) }
}

/// The judgement once it has ended.
async fn judged(ground: &Ground, conversation: ConversationId) -> Judgement {
    loop {
        let judgement = ground.engine.judgements(conversation).await.unwrap().pop().unwrap();
        if judgement.state != JudgementState::Asking {
            return judgement;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_is_asked_in_both_orders_and_a_preference_for_a_place_is_a_tie() {
    let ground = Ground::new().await;
    let (conversation, a, b) = two(&ground).await;
    // This model says what it was told, so the rubric's own line is its verdict: whoever came second.
    let request = ask(a, b, "chat/echo", "Verdict: second");
    let begun = ground.engine.judge(request, RunOrigin::Window).await.unwrap();
    assert_eq!((begun.state, begun.verdict, begun.opinions.len()), (JudgementState::Asking, None, 2));
    let done = judged(&ground, conversation).await;
    assert_eq!(
        (done.state, done.verdict, done.agreed),
        (JudgementState::Done, Some(Verdict::Tie), Some(false))
    );
    assert_eq!((done.opinions[0].verdict, done.opinions[1].verdict), (Some(Verdict::B), Some(Verdict::A)));
    let sent: Vec<String> = ground.provider.calls_of("echo").iter().map(|c| c.body.to_string()).collect();
    assert_eq!(sent.len(), 2);
    // Each answer's pieces carry its seed: one call has the first answer first, the other the second.
    let place = |body: &str, seed: &str| body.find(seed).unwrap();
    let mut orders: Vec<bool> = sent.iter().map(|body| place(body, "·1.0 ") < place(body, "·2.0 ")).collect();
    orders.sort_unstable();
    assert_eq!(orders, [false, true]);
    // Beside the user's votes, never among them.
    let votes = loop {
        let votes = ground.engine.votes(conversation).await.unwrap();
        if !votes.is_empty() {
            break votes;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((votes.len(), votes[0].by), (1, VoteBy::Judge));
    assert_eq!(ground.engine.rating_board(&BoardQuery::default()).await.unwrap().ratings, []);
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_judge_said_goes_from_one_home_to_another() {
    let ground = Ground::new().await;
    let (conversation, a, b) = two(&ground).await;
    ground.engine.judge(ask(a, b, "chat/echo", "Verdict: first"), RunOrigin::Window).await.unwrap();
    judged(&ground, conversation).await;
    while ground.engine.votes(conversation).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (home, other) = opened().await;
    let path = home.path().join("out.json");
    let request = ExportRequest {
        conversations: vec![conversation],
        format: ExportFormat::Json,
        scope: ExportScope::Tree,
    };
    ground.engine.export_file(&request, &path).await.unwrap();
    let imported = import(&other, &path).await;
    assert_eq!((imported.report.conversations, imported.report.warnings), (1, vec![]));
    let here = ground.engine.judgements(conversation).await.unwrap();
    assert_eq!((here.len(), here[0].opinions.len()), (1, 2));
    assert_eq!(other.judgements(conversation).await.unwrap(), here);
    assert_eq!(other.votes(conversation).await.unwrap(), ground.engine.votes(conversation).await.unwrap());
    assert!(other.check().await.unwrap().ok);
    other.close().await;
}

/// Something that is changed in a file.
type Tie<'a> = &'a dyn Fn(&mut Value);

/// What a file says of judges could else keep an answer, and all that is due after it, from ever being erased.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgement_that_is_tied_to_something_else_is_refused_with_its_conversation() {
    let ground = Ground::new().await;
    let (conversation, a, b) = two(&ground).await;
    ground.engine.judge(ask(a, b, "chat/echo", "Verdict: first"), RunOrigin::Window).await.unwrap();
    judged(&ground, conversation).await;
    while ground.engine.votes(conversation).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (home, other) = opened().await;
    let path = home.path().join("out.json");
    let conversations = vec![conversation];
    let request = ExportRequest { conversations, format: ExportFormat::Json, scope: ExportScope::Tree };
    ground.engine.export_file(&request, &path).await.unwrap();
    let good: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let whole =
        good["items"].as_array().unwrap().iter().position(|item| item["type"] == "conversation").unwrap();
    let asked = |kind: &str| {
        let runs = good["items"][whole]["runs"].as_array().unwrap();
        runs.iter().position(|run| run["kind"] == kind).unwrap()
    };
    let (judge, ask) = (asked("judge"), asked("ask"));
    let ties: [(&str, Tie<'_>); 7] = [
        ("the run of a prompt", &|it| it["judgements"][0]["run"] = it["runs"][ask]["id"].clone()),
        ("a vote of the user", &|it| it["votes"][0]["by"] = "user".into()),
        ("a vote on others", &|it| it["votes"][0]["on"][0]["message"] = it["messages"][0]["id"].clone()),
        ("an answer of the judge", &|it| {
            let answer = it["runs"][judge]["completions"][0]["id"].clone();
            let messages = it["messages"].as_array_mut().unwrap();
            messages.iter_mut().find(|one| one.get("completion").is_some()).unwrap()["completion"] = answer;
        }),
        ("a vote in the judge's run", &|it| it["votes"][0]["run"] = it["runs"][judge]["id"].clone()),
        ("a merge by the judge", &|it| {
            it["runs"][judge]["completions"][0]["synthesis"] = json!({"how": "fuse", "instruction": null});
        }),
        ("somebody else's opinion", &|it| {
            it["judgements"][0]["opinions"][0]["completion"] =
                it["runs"][ask]["completions"][0]["id"].clone();
        }),
    ];
    for (what, tie) in ties {
        let mut file = good.clone();
        tie(&mut file["items"][whole]);
        std::fs::write(&path, file.to_string()).unwrap();
        let imported = import(&other, &path).await;
        assert_eq!((imported.report.conversations, imported.report.skipped), (0, 1), "{what}: {imported:?}");
    }
    // As it was, it comes in, and is erased with all that was thought of it.
    std::fs::write(&path, good.to_string()).unwrap();
    assert_eq!(import(&other, &path).await.report.conversations, 1);
    other.delete_conversation(conversation).await.unwrap();
    other.erase(engine::EraseKind::DeletedConversations).await.unwrap();
    assert_eq!(other.judgements(conversation).await.unwrap(), []);
    assert!(other.check().await.unwrap().ok);
    other.close().await;
}

/// A newer export of what is here already: what was judged since then comes too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_judged_since_the_last_export_comes_with_the_next() {
    let ground = Ground::new().await;
    let (conversation, a, b) = two(&ground).await;
    let (home, other) = opened().await;
    let path = home.path().join("out.json");
    let conversations = vec![conversation];
    let request = ExportRequest { conversations, format: ExportFormat::Json, scope: ExportScope::Tree };
    ground.engine.export_file(&request, &path).await.unwrap();
    assert_eq!(import(&other, &path).await.report.conversations, 1);
    ground.engine.judge(ask(a, b, "chat/echo", "Verdict: first"), RunOrigin::Window).await.unwrap();
    judged(&ground, conversation).await;
    while ground.engine.votes(conversation).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ground.engine.export_file(&request, &path).await.unwrap();
    import(&other, &path).await;
    let here = ground.engine.judgements(conversation).await.unwrap();
    assert_eq!(here.len(), 1);
    assert_eq!(other.judgements(conversation).await.unwrap(), here);
    // Once more adds nothing.
    import(&other, &path).await;
    assert_eq!(other.judgements(conversation).await.unwrap(), here);
    assert!(other.check().await.unwrap().ok);
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_without_a_verdict_or_without_an_answer_has_failed() {
    let ground = Ground::quick().await;
    let (conversation, a, b) = two(&ground).await;
    ground.engine.judge(ask(a, b, "chat/ok", ""), RunOrigin::Window).await.unwrap();
    let silent = judged(&ground, conversation).await;
    assert_eq!((silent.state, silent.failure.unwrap().kind), (JudgementState::Failed, ErrorKind::Upstream));
    assert_eq!(silent.rubric, engine::Engine::judge_rubric());
    ground.engine.judge(ask(a, b, "chat/401", ""), RunOrigin::Window).await.unwrap();
    let refused = judged(&ground, conversation).await;
    assert_eq!((refused.state, refused.verdict), (JudgementState::Failed, None));
    assert!(ground.engine.judge(ask(a, a, "chat/ok", ""), RunOrigin::Window).await.is_err());
    assert!(ground.engine.judge(ask(a, b, "nobody/knows", ""), RunOrigin::Window).await.is_err());
    assert_eq!(ground.engine.judgements(conversation).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vote_names_the_models_on_the_board() {
    let ground = Ground::new().await;
    let (conversation, a, b) = two(&ground).await;
    let cast = CastVote { ballot: Ballot::Pair { a, b, verdict: Verdict::B }, blind: true };
    let vote = ground.engine.vote(&cast).await.unwrap();
    let board = ground.engine.rating_board(&BoardQuery::default()).await.unwrap();
    let names: Vec<&str> = board.ratings.iter().map(|rating| rating.model.as_str()).collect();
    assert_eq!(names, ["chat/ok?seed=2", "chat/ok?seed=1"]);
    assert_eq!((board.votes, board.blind, board.ratings[0].wins, board.ratings[1].losses), (1, 1, 1, 1));
    ground.engine.take_back_vote(vote.id).await.unwrap();
    assert_eq!(ground.engine.rating_board(&BoardQuery::default()).await.unwrap().votes, 0);
    assert_eq!(ground.engine.votes(conversation).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_conversations_are_changed_and_taken_back_as_one() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let (one, ..) = two(&ground).await;
    let (other, ..) = two(&ground).await;
    let folder = engine.create_folder(" work ", None).await.unwrap();
    assert!(engine.create_folder("Work", None).await.is_err());
    assert!(engine.create_folder("two\nlines", None).await.is_err());
    let put = BatchAction::Move { folder: Some(folder) };
    let done = engine.change_conversations(&[one, other], &put).await.unwrap();
    assert_eq!((done.changed, engine.folders().await.unwrap()[0].conversations), (2, 2));
    let found =
        SearchQuery { text: "which better".to_owned(), folder: Some(folder), ..SearchQuery::default() };
    assert_eq!(engine.search(&found).await.unwrap().hits.len(), 2);
    engine.undo_change(done.undo.unwrap()).await.unwrap();
    assert_eq!(engine.search(&found).await.unwrap().hits.len(), 0);
    assert!(engine.undo_change(done.undo.unwrap()).await.is_err(), "once");
    let gone = engine.change_conversations(&[one, other], &BatchAction::Delete).await.unwrap();
    assert_eq!(engine.find_conversations(&ListQuery::default()).await.unwrap().total, 0);
    engine.undo_change(gone.undo.unwrap()).await.unwrap();
    assert_eq!(engine.find_conversations(&ListQuery::default()).await.unwrap().total, 2);
    assert!(engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgement_whose_process_died_has_failed_and_nobody_waits_for_it() {
    let ground = Ground::new().await;
    let (conversation, a, b) = two(&ground).await;
    let home = ground.home.path().to_owned();
    let died = tokio::task::spawn_blocking(move || {
        let process =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        process.block_on(async {
            let engine = engine::Engine::open(&home, engine::EngineOptions::command()).await.unwrap();
            engine.judge(ask(a, b, "chat/silence", ""), RunOrigin::Cli).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
        });
        process.shutdown_timeout(Duration::from_secs(10));
    });
    died.await.unwrap();
    // Whoever comes next mends it.
    let next = engine::Engine::open(ground.home.path(), engine::EngineOptions::command()).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), judged(&ground, conversation)).await.unwrap();
    next.close().await;
    assert_eq!((ended.state, ended.verdict), (JudgementState::Failed, None));
    ground.engine.erase(engine::EraseKind::Conversations).await.unwrap();
    assert!(ground.engine.check().await.unwrap().ok);
}

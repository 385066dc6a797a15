use crate::{Exchange, Finish, JournalRow, Move, testing::*};
use domain::{
    Attempt, AttemptId, AttemptOutcome, CompletionState, Cost, ErrorKind, Failure, Hash, MediaSource,
    MessageStatus, Metrics, NanoUsd, Part, Timestamp, Tool, Usage, UsageBy,
};

fn row(asked: &Asked, seq: u32, data: &str) -> JournalRow {
    JournalRow { run: asked.run, completion: asked.completion, seq, data: data.to_owned() }
}

fn attempt(asked: &Asked) -> Attempt {
    Attempt {
        id: AttemptId::from_uuid(uuid::Uuid::now_v7()),
        completion_id: asked.completion,
        ord: 0,
        provider: "simulated".to_owned(),
        model: "steady".to_owned(),
        http_status: None,
        outcome: AttemptOutcome::Running,
        error_kind: None,
        started_at: NOW,
        headers_ms: None,
        first_ms: None,
        ended_ms: None,
        usage: Usage::default(),
        usage_by: None,
        cost: None,
    }
}

fn exchange(attempt: AttemptId) -> Exchange {
    Exchange {
        attempt,
        method: "POST".to_owned(),
        url: "http://127.0.0.1:1/v1/chat/completions".to_owned(),
        request_headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        request_body: "{}".to_owned(),
        status: Some(429),
        response_headers: vec![],
        response_body: String::new(),
        response_cut: false,
    }
}

#[tokio::test]
async fn what_was_started_is_found_again_after_a_restart() {
    let home = Home::new();
    let (store, report) = home.open().await;
    assert!(report.created);
    let talk = Talk::new(&store).await;
    let (mut new, asked) = talk.run(None, "hello");
    let tool = Tool { name: "look".to_owned(), description: None, parameters: "{}".to_owned() };
    new.completions[0].params.tools.push(tool);
    store.runs().start(&new).await.unwrap();
    store.journal().append(&[row(&asked, 1, "[]")]).await.unwrap();
    store.close().await;
    let (store, report) = home.open().await;
    assert_eq!(report, crate::OpenReport::default());
    assert_eq!(store.runs().get(asked.run).await.unwrap(), Some(new.run.clone()));
    assert_eq!(store.runs().live().await.unwrap(), [asked.run]);
    let completion = store.completions().get(asked.completion).await.unwrap().unwrap();
    assert_eq!((&completion.params, completion.message_id), (&new.completions[0].params, Some(asked.answer)));
    assert_eq!(store.completions().system_of(asked.completion).await.unwrap().as_deref(), Some("be brief"));
    assert_eq!(store.completions().decision_of(asked.completion).await.unwrap(), Some(decision()));
    let view = store.conversations().view(talk.conversation, 30).await.unwrap().unwrap();
    assert_eq!((view.live_runs, view.columns[0].length), (vec![asked.run], 2));
    // Nobody writes it any more.
    drop(talk.guard);
    assert_eq!(store.instances().dead().await.unwrap(), [talk.instance]);
    let left = store.instances().unfinished_of(talk.instance).await.unwrap();
    assert_eq!(left, [completion]);
    store.completions().finish(&complete(&asked, "")).await.unwrap();
    store.instances().remove(talk.instance).await.unwrap();
    assert_eq!(store.instances().dead().await.unwrap(), []);
}

#[tokio::test]
async fn a_wish_to_stop_goes_with_the_end_of_its_answer() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    store.stops().wish(asked.completion).await.unwrap();
    assert!(store.stops().wished(asked.completion).await.unwrap());
    store.completions().finish(&complete(&asked, "done before it was seen")).await.unwrap();
    assert!(!store.stops().wished(asked.completion).await.unwrap());
    // What has ended is not asked.
    store.stops().wish(asked.completion).await.unwrap();
    assert!(!store.stops().wished(asked.completion).await.unwrap());
}

#[tokio::test]
async fn an_end_is_stored_whole_and_takes_its_journal_with_it() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    store.journal().append(&[row(&asked, 1, "[1]"), row(&asked, 2, "[2]")]).await.unwrap();
    store.journal().append(&[row(&asked, 2, "[2]"), row(&asked, 3, "[3]")]).await.unwrap();
    assert_eq!(
        store.journal().of(asked.completion).await.unwrap().len(),
        3,
        "appending again changes nothing"
    );
    assert_eq!(
        store.journal().since(asked.run, 1).await.unwrap(),
        [row(&asked, 2, "[2]"), row(&asked, 3, "[3]")]
    );
    let metrics = Metrics {
        ttft_ms: Some(300),
        duration_ms: Some(2_000),
        usage: Usage { input: Some(5), output: Some(7), ..Usage::default() },
        usage_by: Some(UsageBy::Reported),
        cost: Some(Cost { usd: NanoUsd(42), estimated: true }),
    };
    let finish = Finish { metrics, ..complete(&asked, "hi") };
    assert!(store.completions().finish(&finish).await.unwrap());
    assert_eq!(store.journal().of(asked.completion).await.unwrap(), []);
    assert_eq!(store.journal().last_seq(asked.run).await.unwrap(), 3);
    let message = store.messages().get(asked.answer).await.unwrap().unwrap();
    assert_eq!((message.text().as_str(), message.status), ("hi", MessageStatus::Complete));
    assert!(message.hash.is_some());
    let completion = store.completions().get(asked.completion).await.unwrap().unwrap();
    assert_eq!(
        (completion.state, completion.metrics, completion.served),
        (finish.state.clone(), metrics, Some(target()))
    );
    let feed = store.runs().feed(asked.run, 0, true).await.unwrap();
    assert_eq!((feed.last_seq, feed.rows.len(), &feed.completions[0].1), (3, 0, &vec![Part::text("hi")]));

    // It never changes again.
    let again = Finish {
        state: CompletionState::Stopped,
        status: MessageStatus::Stopped,
        ..complete(&asked, "other")
    };
    assert!(!store.completions().finish(&again).await.unwrap());
    assert_eq!(store.messages().get(asked.answer).await.unwrap().unwrap(), message);
    // What comes after the end is dropped with the run.
    store.journal().append(&[row(&asked, 4, "[4]")]).await.unwrap();
    store.journal().forget_finished(asked.run).await.unwrap();
    assert_eq!(rows_in(&store, "journal").await, 0);
    assert_eq!(store.journal().last_seq(asked.run).await.unwrap(), 4);
    assert!(store.check().run().await.unwrap().ok);
}

#[tokio::test]
async fn an_end_that_cannot_be_stored_changes_nothing() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    store.journal().append(&[row(&asked, 1, "[1]")]).await.unwrap();
    let unknown = MediaSource::Blob { hash: Hash::of(b"never stored"), size: 12 };
    let part = Part::Image { media_type: "image/png".to_owned(), source: unknown };
    let finish = Finish { parts: vec![Part::text("kept?"), part], ..complete(&asked, "") };
    assert_eq!(store.completions().finish(&finish).await.unwrap_err().kind(), "notFound");
    assert_eq!(store.journal().of(asked.completion).await.unwrap().len(), 1);
    assert_eq!(store.messages().get(asked.answer).await.unwrap().unwrap().status, MessageStatus::Streaming);
    let hash = store.blobs().put("image/png", b"never stored").await.unwrap();
    assert_eq!(store.blobs().get(hash).await.unwrap().as_deref(), Some(b"never stored".as_slice()));
    assert!(store.completions().finish(&finish).await.unwrap());
}

#[tokio::test]
async fn a_run_is_stored_whole_or_not_at_all() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let (mut new, asked) = talk.run(None, "hello");
    let elsewhere = Move { branch: branch_id(), from: None, to: asked.answer, leaves: None, defaults: None };
    new.moves.push(elsewhere);
    assert!(store.runs().start(&new).await.is_err());
    for table in ["run", "completion", "message", "decision"] {
        assert_eq!(rows_in(&store, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_run_stored_while_its_process_was_leaving_is_not_forgotten() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    store.journal().append(&[row(&asked, 1, "[1]")]).await.unwrap();
    drop(talk.guard);
    store.instances().remove(talk.instance).await.unwrap();
    assert_eq!(store.journal().of(asked.completion).await.unwrap().len(), 1, "nobody has its text yet");
    assert_eq!(store.instances().dead().await.unwrap(), [talk.instance]);
    store.completions().finish(&complete(&asked, "hi")).await.unwrap();
    assert_eq!(store.instances().dead().await.unwrap(), []);
    // A batch that came after the end, from a process that died before it could drop it.
    store.journal().append(&[row(&asked, 2, "[2]")]).await.unwrap();
    store.instances().remove(talk.instance).await.unwrap();
    assert_eq!(rows_in(&store, "journal").await, 0);
}

#[tokio::test]
async fn looking_for_news_reads_no_text() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    talk.answer(&asked, "hi").await;
    assert!(store.runs().feed(asked.run, 0, false).await.unwrap().completions[0].1.is_empty());
    assert_eq!(store.runs().feed(asked.run, 0, true).await.unwrap().completions[0].1, [Part::text("hi")]);
}

#[tokio::test]
async fn raw_exchanges_are_bounded_by_age_and_by_size_and_the_oldest_go_first() {
    const DAY: i64 = 86_400_000;
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    // Does not compress: a MiB and a half for each call.
    let noise: String = (0..49_152_u32).map(|n| Hash::of(&n.to_le_bytes()).to_string()).collect();
    for day in 0..4_u32 {
        let mut attempt = attempt(&asked);
        attempt.id = AttemptId::from_uuid(uuid::Uuid::now_v7());
        attempt.ord = day;
        attempt.started_at = Timestamp::from_millis(NOW.millis() + i64::from(day) * DAY);
        store.attempts().start(&attempt).await.unwrap();
        let (body, url) = (noise.clone(), format!("http://127.0.0.1/{day}"));
        store.wire().put(&Exchange { url, response_body: body, ..exchange(attempt.id) }).await.unwrap();
    }
    let left = async || -> Vec<String> {
        let kept = store.wire().of(asked.completion).await.unwrap();
        kept.into_iter().map(|e| e.url.rsplit('/').next().unwrap().to_owned()).collect()
    };
    let at = |day: i64| Timestamp::from_millis(NOW.millis() + day * DAY);
    assert_eq!(store.wire().prune(at(3), 30, 100).await.unwrap(), 0);
    assert_eq!(store.wire().prune(at(31), 30, 100).await.unwrap(), 1);
    assert_eq!(left().await, ["1", "2", "3"]);
    assert_eq!(store.wire().prune(at(3), 30, 4).await.unwrap(), 1);
    assert_eq!(left().await, ["2", "3"]);
    assert_eq!(store.attempts().of(asked.completion).await.unwrap().len(), 4, "what was spent stays known");
}

#[tokio::test]
async fn attempts_are_kept_with_what_went_over_the_wire() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    let mut attempt = attempt(&asked);
    store.attempts().start(&attempt).await.unwrap();
    attempt.outcome = AttemptOutcome::Failed;
    attempt.error_kind = Some(ErrorKind::RateLimited);
    attempt.http_status = Some(429);
    store.attempts().finish(&attempt).await.unwrap();
    store.attempts().finish(&attempt).await.unwrap();
    assert_eq!(store.attempts().of(asked.completion).await.unwrap(), [attempt.clone()]);
    assert_eq!(rows_in(&store, "ledger").await, 1, "one line for each call");
    let long = "ü".repeat(Exchange::MAX_RESPONSE);
    let exchange = Exchange { response_body: long, ..exchange(attempt.id) };
    store.wire().put(&exchange).await.unwrap();
    let kept = store.wire().of(asked.completion).await.unwrap().remove(0);
    assert!(kept.response_cut && kept.response_body.len() == Exchange::MAX_RESPONSE);
    assert_eq!((kept.request_body, kept.url), (exchange.request_body, exchange.url));

    let failure = Failure::new(ErrorKind::RateLimited, "slow down").retry_after(Some(700));
    let state = CompletionState::Failed { error: failure };
    let failed =
        Finish { parts: vec![], status: MessageStatus::Failed, state: state.clone(), ..complete(&asked, "") };
    store.completions().finish(&failed).await.unwrap();
    let view = store.messages().path_page(asked.answer, None, 1).await.unwrap().remove(0);
    assert_eq!((view.completion.unwrap().state, view.attempts), (state, vec![attempt]));
    assert!(store.check().run().await.unwrap().ok);
}

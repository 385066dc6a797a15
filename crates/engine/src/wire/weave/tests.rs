use super::super::{
    WireBody, WireCall,
    record::{self, Begun, CallerName, Ended, Returned, Sent},
    spool,
};
use crate::{Engine, EngineOptions, Grant};
use bytes::Bytes;
use dialects::serving::{self, Address, Caller};
use domain::{
    AttemptId, AttemptOutcome, CaptureLevel, Charge, CompletionId, CompletionState, Dialect, InstanceId,
    ListQuery, MessageId, NanoUsd, Part, Role, RunId, RunKind, Stop, Timestamp, TrafficQuery, Tree, Usage,
    UsageBy,
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::path::Path;
use testkit::{Home, ScriptedProvider};
use uuid::Uuid;

const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

struct Ground {
    engine: Engine,
    home: Home,
    provider: ScriptedProvider,
}

impl Ground {
    async fn new() -> Self {
        let provider = ScriptedProvider::start().await;
        let home = Home::scripted(&provider.url()).unwrap();
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        Self { engine, home, provider }
    }

    /// Calls as a client does; the body of the answer.
    async fn call(&self, body: &Value) -> String {
        let body = Bytes::from(body.to_string());
        let asked = serving::read(Caller::OpenaiChat, &body, &Address::default()).unwrap();
        let call = WireCall {
            caller: Caller::OpenaiChat,
            route: "/v1/chat/completions",
            body,
            asked,
            events: false,
            grant: Grant::WITHOUT_KEY,
            request: Uuid::now_v7().to_string(),
            client: Some("probe/2.1 (tests)".to_owned()),
            idempotency: None,
            headers: Vec::new(),
            conversation: None,
            parent: None,
            profile: None,
            important: false,
        };
        let answer = self.engine.forward(call).await.unwrap();
        match answer.body {
            WireBody::Whole(body) => String::from_utf8(body.to_vec()).unwrap(),
            WireBody::Stream(stream) => {
                let pieces: Vec<Bytes> = stream.collect().await;
                String::from_utf8(pieces.concat()).unwrap()
            }
        }
    }
}

async fn only_tree(engine: &Engine) -> Tree {
    let list = engine.conversations(&ListQuery::default()).await.unwrap();
    assert_eq!(list.len(), 1, "{list:?}");
    engine.tree(list[0].id).await.unwrap()
}

async fn is_sound(engine: &Engine) {
    let report = engine.check().await.unwrap();
    assert!(report.ok, "{:?}", report.problems);
}

fn spools(home: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(home.join(spool::FOLDER)) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_asks_and_is_told_is_a_conversation_with_its_calls() {
    let ground = Ground::new().await;
    let first = json!({"model": "chat/ok?tokens=12&gap_ms=0", "messages": [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}]});
    let answer: Value = serde_json::from_str(&ground.call(&first).await).unwrap();
    let said = answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    // Another spelling, and a stream.
    let second = json!({"stream": true, "model": "chat/ok?tokens=12&gap_ms=0", "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
        {"role": "assistant", "content": said}, {"role": "user", "content": "and now?"}]});
    ground.call(&second).await;
    ground.engine.catch_up_calls().await;

    let tree = only_tree(&ground.engine).await;
    let roles: Vec<Role> = tree.nodes.iter().map(|node| node.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::Assistant]);
    assert_eq!(tree.nodes[1].parts, [Part::text(&said)]);
    assert_eq!(tree.nodes[3].parts, tree.nodes[1].parts);
    assert_eq!(tree.title, "hello");
    let page = ground.engine.traffic().list(&TrafficQuery::default()).await.unwrap();
    assert_eq!(page.calls.len(), 2);
    assert!(page.calls[0].stream && page.calls[0].status == Some(200));
    for (call, body) in page.calls.iter().zip([&second, &first]) {
        let detail = ground.engine.traffic().of_run(call.run).await.unwrap();
        assert_eq!(detail.body.as_deref(), Some(body.to_string().as_str()));
        let exchange = detail.attempts[0].exchange.as_ref().unwrap();
        let kept: Value = serde_json::from_str(&exchange.request_body).unwrap();
        assert!(ground.provider.log().iter().any(|seen| seen.body == kept), "{kept}");
        assert!(exchange.response_body.contains("choices"));
        assert_eq!(call.conversation, Some(tree.id));
        assert!(call.metrics.usage.output.is_some());
    }
    is_sound(&ground.engine).await;
    ground.engine.close().await;
    assert_eq!(spools(ground.home.path()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_stored_waits_in_the_spool_for_the_next_start() {
    let ground = Ground::new().await;
    ground.call(&json!({"model": "chat/ok?tokens=12&gap_ms=0", "messages": [{"role": "user", "content": "hello"}]})).await;
    ground.engine.0.store.close().await;
    ground.engine.catch_up_calls().await;
    assert!(ground.engine.status().storage_problem.is_some());
    assert_eq!(spools(ground.home.path()).len(), 1);
    drop(ground.engine);
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    assert_eq!(only_tree(&engine).await.nodes.len(), 2);
    assert_eq!(spools(ground.home.path()), Vec::<String>::new());
    is_sound(&engine).await;
    engine.close().await;
}

/// Records of calls, as a process leaves them, and where each ends.
struct Left {
    bytes: Vec<u8>,
    /// Ends of `Sent` and of `Ended`, by call.
    ends: Vec<(usize, usize)>,
}

fn usage() -> Usage {
    Usage { input: Some(3), output: Some(2), ..Usage::default() }
}

fn begun(number: u64, capture: CaptureLevel) -> Begun {
    Begun {
        run: RunId::from_uuid(Uuid::now_v7()),
        completion: CompletionId::from_uuid(Uuid::now_v7()),
        message: MessageId::from_uuid(Uuid::now_v7()),
        kind: RunKind::Ask,
        at: AT,
        request: format!("req-{number}"),
        route: "/v1/chat/completions".to_owned(),
        caller: CallerName::OpenaiChat,
        requested: "chat/m".parse().unwrap(),
        stream: false,
        key: None,
        capture,
        client: None,
        idempotency: None,
        conversation: None,
        parent: None,
        decision: None,
        response: None,
        follows: None,
    }
}

fn charge(nano: i64) -> Charge {
    Charge { key: None, at: AT, usd: NanoUsd(nano), tokens: 5, leased: Vec::new(), folders: Vec::new() }
}

/// `count` calls, their records mixed.
fn left(count: u64, capture: CaptureLevel) -> Left {
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    let mut open: Vec<(u64, AttemptId)> = Vec::new();
    let end = |bytes: &mut Vec<u8>, ends: &mut Vec<(usize, usize)>, (number, attempt): (u64, AttemptId)| {
        if capture == CaptureLevel::Full {
            let answer = format!(
                "{{\"choices\":[{{\"message\":{{\"content\":\"answer {number}\"}},\"finish_reason\":\"stop\"}}]}}"
            );
            record::bytes(bytes, number, None, &answer.as_bytes()[..20]);
            record::bytes(bytes, number, None, &answer.as_bytes()[20..]);
        }
        let returned = Returned {
            attempt,
            status: Some(200),
            headers: Vec::new(),
            events: false,
            outcome: AttemptOutcome::Complete,
            error_kind: None,
            headers_ms: Some(1),
            first_ms: Some(2),
            ended_ms: 3,
            usage: usage(),
            usage_by: Some(UsageBy::Reported),
            cost_nano: Some(7),
            estimated: false,
            charge: charge(7),
            passed_over: false,
        };
        record::returned(bytes, number, &returned);
        let over = Ended {
            state: CompletionState::Complete { stop: Stop::Stop },
            served: Some("chat/m".parse().unwrap()),
            at: AT,
            ttft_ms: Some(2),
            duration_ms: 3,
            status: 200,
            response: None,
        };
        record::ended(bytes, number, &over);
        ends[number as usize - 1].1 = bytes.len();
    };
    for number in 1..=count {
        let body = json!({"model": "chat/m", "messages": [{"role": "user", "content": format!("question {number}")}]});
        let body = if capture == CaptureLevel::Full { body.to_string() } else { String::new() };
        record::begun(&mut bytes, number, &begun(number, capture), body.as_bytes());
        let attempt = AttemptId::from_uuid(Uuid::now_v7());
        let sent = Sent {
            attempt,
            ord: 0,
            provider: "chat".to_owned(),
            model: "m".to_owned(),
            dialect: Dialect::OpenaiChat,
            at: AT,
            url: "http://127.0.0.1/v1/chat/completions".to_owned(),
            headers: Vec::new(),
            passed_on: true,
            asked_usage: false,
            refuses_usage: false,
            resumes: false,
            charge: charge(100),
            most: Usage { input: Some(9), output: Some(9), ..Usage::default() },
        };
        record::sent(&mut bytes, number, &sent, b"");
        ends.push((bytes.len(), usize::MAX));
        open.push((number, attempt));
        if open.len() == 4 {
            let which = (number % 3) as usize;
            let over = open.remove(which);
            end(&mut bytes, &mut ends, over);
        }
    }
    for over in open {
        end(&mut bytes, &mut ends, over);
    }
    Left { bytes, ends }
}

/// What is there after a start: calls by state, lines of the ledger and their sum.
async fn told(engine: &Engine) -> (usize, usize, i64, i64) {
    let query = TrafficQuery { limit: Some(500), ..TrafficQuery::default() };
    let calls = engine.traffic().list(&query).await.unwrap().calls;
    let whole = calls.iter().filter(|call| matches!(call.state, CompletionState::Complete { .. })).count();
    let interrupted = calls.iter().filter(|call| call.state == CompletionState::Interrupted).count();
    assert_eq!(whole + interrupted, calls.len());
    let (lines, sum) = engine.0.store.attempts().entered().await.unwrap();
    (whole, interrupted, i64::from(lines), sum.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_a_process_dies_nothing_is_lost_and_nothing_is_there_twice() {
    let all = left(24, CaptureLevel::Full);
    let mut seed = 0x9e37_79b9_u64;
    for round in 0..10 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let cut = if round == 0 { all.bytes.len() } else { (seed >> 33) as usize % all.bytes.len() };
        let home = Home::empty().unwrap();
        let folder = home.path().join(spool::FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        let dead = InstanceId::from_uuid(Uuid::now_v7());
        // In two files, the first of which ends with a record.
        let first = all.ends[5].0.min(cut);
        let write = || {
            std::fs::write(spool::path(&folder, dead, 1), &all.bytes[..first]).unwrap();
            if cut > first {
                std::fs::write(spool::path(&folder, dead, 2), &all.bytes[first..cut]).unwrap();
            }
        };
        write();
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        let sent = all.ends.iter().filter(|(sent, _)| *sent <= cut).count();
        let ended = all.ends.iter().filter(|(_, ended)| *ended <= cut).count();
        let before = told(&engine).await;
        assert_eq!((before.0, before.2), (ended, sent as i64), "cut at {cut}");
        // One that began and sent nothing cost nothing, and may be there.
        assert!(before.1 == sent - ended || before.1 == sent - ended + 1, "cut at {cut}: {before:?}");
        assert!(before.3 >= ended as i64 * 7 + (sent - ended) as i64 * 7, "{before:?}");
        assert_eq!(spools(home.path()), Vec::<String>::new());
        // As if it had died between storing and deleting.
        write();
        super::fold_orphans(&engine).await;
        assert_eq!(told(&engine).await, before);
        is_sound(&engine).await;
        engine.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_whole_before_damage_counts_and_the_damaged_file_is_kept() {
    let mut all = left(12, CaptureLevel::Full);
    let cut = all.ends[7].0;
    all.bytes[cut..cut + 4].copy_from_slice(&[0; 4]);
    let home = Home::empty().unwrap();
    let folder = home.path().join(spool::FOLDER);
    std::fs::create_dir_all(&folder).unwrap();
    let dead = InstanceId::from_uuid(Uuid::now_v7());
    std::fs::write(spool::path(&folder, dead, 1), &all.bytes).unwrap();
    let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
    let ended = all.ends.iter().filter(|(_, ended)| *ended <= cut).count();
    let (whole, interrupted, lines, _) = told(&engine).await;
    assert_eq!((whole, whole + interrupted, lines), (ended, 8, 8));
    assert_eq!(spools(home.path()), [format!("{dead}-1.spool.damaged")]);
    is_sound(&engine).await;
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_to_be_kept_is_not() {
    for (capture, calls) in [(CaptureLevel::Metadata, 12), (CaptureLevel::Off, 0)] {
        let all = left(12, capture);
        let home = Home::empty().unwrap();
        let folder = home.path().join(spool::FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        let dead = InstanceId::from_uuid(Uuid::now_v7());
        std::fs::write(spool::path(&folder, dead, 1), &all.bytes).unwrap();
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        assert_eq!(told(&engine).await, (calls, 0, 12, 84));
        assert!(engine.conversations(&ListQuery::default()).await.unwrap().is_empty());
        for call in engine.traffic().list(&TrafficQuery::default()).await.unwrap().calls {
            let detail = engine.traffic().call(call.completion).await.unwrap();
            assert!(detail.body.is_none() && detail.attempts[0].exchange.is_none());
        }
        is_sound(&engine).await;
        engine.close().await;
    }
}

//! Calls of the gateway: captured as trees, once, and counted once.

mod folders;

use crate::{
    Captured, InstanceGuard, NewAttempt, NewCall, NewWire, Packer, Place, Said, Store, Woven, testing::*,
};
use domain::{
    Attempt, AttemptId, AttemptOutcome, Budget, BudgetPeriod, CaptureLevel, Charge, CompletionState,
    ConversationId, ConversationSource, Cost, ErrorKind, Failure, InstanceId, KeyLimits, KeyScopes,
    ListQuery, Metrics, NanoUsd, Params, Part, Role, RunKind, Stop, Timestamp, TrafficOutcome, TrafficQuery,
    Tree, Usage, UsageBy, VirtualKey, VirtualKeyId, VirtualKeyState, Zone,
};
use uuid::Uuid;

/// A process, and calls that it makes.
struct Lane {
    store: Store,
    instance: InstanceId,
    _guard: InstanceGuard,
}

impl Lane {
    async fn new(store: &Store) -> Self {
        let instance = instance_id();
        let guard = store.instances().register(instance, "serve", std::process::id(), NOW).await.unwrap();
        Self { store: store.clone(), instance, _guard: guard }
    }

    async fn weave(&self, calls: &[NewCall]) -> Woven {
        self.store.weaving().weave(calls, self.instance).await.unwrap()
    }

    async fn only_tree(&self) -> Tree {
        let all = self.store.conversations().list(&ListQuery::default()).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        self.store.conversations().tree(all[0].id).await.unwrap().unwrap()
    }

    async fn is_sound(&self) {
        let report = self.store.check().run().await.unwrap();
        assert!(report.ok, "{:?}", report.problems);
        assert_eq!(self.store.budgets().audit().await.unwrap(), Vec::<String>::new());
    }
}

pub(super) fn key(number: usize, name: &str) -> VirtualKey {
    VirtualKey {
        id: VirtualKeyId::from_uuid(Uuid::now_v7()),
        public_id: format!("public{number}"),
        name: name.to_owned(),
        state: VirtualKeyState::Active,
        scopes: KeyScopes::default(),
        limits: KeyLimits::default(),
        budgets: vec![Budget {
            period: BudgetPeriod::Day,
            usd: Some(NanoUsd(1_000)),
            tokens: None,
            spent_usd: NanoUsd(0),
            spent_tokens: 0,
            reserved_usd: NanoUsd(0),
            reserved_tokens: 0,
            until: None,
        }],
        capture: CaptureLevel::Full,
        created_by: ConversationSource::Cli,
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
    }
}

fn said(role: Role, text: &str) -> Said {
    let parts = if text.is_empty() { vec![] } else { vec![Part::text(text)] };
    Said { id: message_id(), role, hash: domain::said(&parts), parts }
}

/// A call that says `words` (user and assistant by turns) and is answered.
fn call(words: &[&str], answer: &str) -> NewCall {
    let messages = words
        .iter()
        .enumerate()
        .map(|(at, text)| said(if at % 2 == 0 { Role::User } else { Role::Assistant }, text))
        .collect();
    let completion = completion_id();
    let usage = Usage { input: Some(10), output: Some(5), ..Usage::default() };
    let mut packer = Packer::new().unwrap();
    let heard = format!("{{\"model\":\"chat/a\",\"messages\":{words:?}}}");
    let sent = heard.replace("chat/a", "a");
    NewCall {
        cached: None,
        run: run_id(),
        completion,
        kind: RunKind::Ask,
        at: NOW,
        ended_at: Timestamp::from_millis(NOW.millis() + 5),
        request: format!("req-{completion}"),
        route: "/v1/chat/completions".to_owned(),
        stream: false,
        status: Some(200),
        key: None,
        client: Some("probe/1.0".to_owned()),
        idempotency: None,
        requested: target(),
        decision: None,
        served: Some(target()),
        state: CompletionState::Complete { stop: Stop::Stop },
        metrics: Metrics {
            ttft_ms: Some(3),
            duration_ms: Some(5),
            usage,
            usage_by: Some(UsageBy::Reported),
            cost: Some(Cost { usd: NanoUsd(7), estimated: false }),
        },
        attempts: vec![NewAttempt {
            attempt: Attempt {
                id: AttemptId::from_uuid(Uuid::now_v7()),
                completion_id: completion,
                ord: 0,
                provider: "chat".to_owned(),
                model: "a".to_owned(),
                http_status: Some(200),
                outcome: AttemptOutcome::Complete,
                error_kind: None,
                started_at: NOW,
                headers_ms: Some(1),
                first_ms: Some(2),
                ended_ms: Some(4),
                usage,
                usage_by: Some(UsageBy::Reported),
                cost: Some(NanoUsd(7)),
            },
            charge: Charge {
                key: None,
                at: NOW,
                usd: NanoUsd(7),
                tokens: 15,
                leased: vec![],
                folders: vec![],
            },
            lost: false,
            wire: Some(NewWire {
                url: "http://127.0.0.1/v1/chat/completions".to_owned(),
                request_headers: vec![],
                request: packer.request(heard.as_bytes(), sent.as_bytes()).unwrap(),
                response_headers: vec![],
                response: packer.pack(answer.as_bytes()).unwrap(),
                cut: false,
            }),
        }],
        capture: CaptureLevel::Full,
        said: Some(Captured {
            place: Place::Found,
            messages,
            answer: said(Role::Assistant, answer),
            system: Some("be brief".to_owned()),
            params: Params::default(),
            title: words.first().copied().unwrap_or("Untitled").to_owned(),
            tags: vec!["probe".to_owned()],
            conversation: conversation_id(),
            branch: branch_id(),
            files: vec![],
            response: None,
        }),
    }
}

/// Paths from root to leaf, as texts.
fn lines(tree: &Tree) -> Vec<String> {
    let text = |parts: &[Part]| match parts {
        [Part::Text { text }] => text.clone(),
        _ => String::new(),
    };
    let mut lines: Vec<String> = tree
        .nodes
        .iter()
        .filter(|leaf| !tree.nodes.iter().any(|node| node.parents.first() == Some(&leaf.id)))
        .map(|leaf| {
            let mut path = vec![text(&leaf.parts)];
            let mut above = leaf.parents.first();
            while let Some(node) = above.and_then(|id| tree.nodes.iter().find(|node| node.id == *id)) {
                path.push(text(&node.parts));
                above = node.parents.first();
            }
            path.reverse();
            path.join(" ")
        })
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_history_that_is_sent_again_adds_only_its_tail() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let mut words = vec!["u1"];
    let answers: Vec<String> = (1..40).map(|number| format!("a{number}")).collect();
    let users: Vec<String> = (2..41).map(|number| format!("u{number}")).collect();
    for (answer, user) in answers.iter().zip(&users) {
        lane.weave(&[call(&words, answer)]).await;
        words.push(answer);
        words.push(user);
    }
    let tree = lane.only_tree().await;
    assert_eq!(tree.nodes.len(), 78);
    assert_eq!(lines(&tree), [words[..78].join(" ")]);
    assert_eq!(tree.branches.len(), 1);
    assert_eq!(tree.branches[0].tip, Some(tree.nodes.last().unwrap().id));
    assert_eq!(tree.title, "u1");
    let list = store.conversations().list(&ListQuery::default()).await.unwrap();
    assert_eq!(
        (list[0].source, list[0].tags.as_slice()),
        (ConversationSource::Gateway, &["probe".to_owned()][..])
    );
    lane.is_sound().await;
}

#[tokio::test]
async fn an_edited_history_branches_and_the_same_request_again_is_a_sibling() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    lane.weave(&[call(&["u1"], "a1"), call(&["u1", "a1", "u2"], "a2")]).await;
    // Spelled otherwise: outer white space.
    lane.weave(&[call(&["u1 ", "a1", "u2x"], "a2x")]).await;
    lane.weave(&[call(&["u1", "a1", "u2x", "a2x", "u3"], "a3")]).await;
    lane.weave(&[call(&["u1", "a1", "u2"], "again")]).await;
    let tree = lane.only_tree().await;
    assert_eq!(lines(&tree), ["u1 a1 u2 a2", "u1 a1 u2 again", "u1 a1 u2x a2x u3 a3"]);
    let tips: Vec<_> = tree.branches.iter().map(|branch| (branch.name.as_str(), branch.tip)).collect();
    let node =
        |text: &str| tree.nodes.iter().find(|node| node.parts == [Part::text(text)]).map(|node| node.id);
    assert_eq!(tips, [("main", node("again")), ("branch 2", node("a3"))]);
    lane.is_sound().await;
}

#[tokio::test]
async fn what_only_begins_alike_is_another_conversation() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    // Its answer is another one than the one that was given: it is not known whose history it is.
    lane.weave(&[call(&["u1"], "a1"), call(&["u1", "other", "u2"], "a2")]).await;
    assert_eq!(store.conversations().list(&ListQuery::default()).await.unwrap().len(), 2);
    lane.is_sound().await;
}

#[tokio::test]
async fn what_others_said_is_not_looked_at() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let mut calls = vec![call(&["u1"], "a1")];
    for (number, name) in ["one", "two"].into_iter().enumerate() {
        let key = key(number, name);
        let hash = domain::Hash::of(name.as_bytes());
        store.virtual_keys().insert(&key, &hash, &Zone::UTC).await.unwrap();
        let mut theirs = call(&["u1"], "a1");
        theirs.key = Some(key.id);
        theirs.attempts[0].charge.key = Some(key.id);
        calls.push(theirs);
    }
    lane.weave(&calls).await;
    let list = store.conversations().list(&ListQuery::default()).await.unwrap();
    assert_eq!(list.len(), 3);
    assert!(list.iter().any(|one| one.tags == ["probe", "two"] || one.tags == ["two", "probe"]), "{list:?}");
    lane.is_sound().await;
}

#[tokio::test]
async fn calls_go_where_they_name() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let talk = Talk::new(&store).await;
    let user = talk.say(None, "hello").await;
    store.branches().move_to(talk.branch, user).await.unwrap();
    let place = |mut call: NewCall, place: Place| {
        call.said.as_mut().unwrap().place = place;
        call
    };
    lane.weave(&[place(call(&["hi", "there", "more"], "a1"), Place::In(talk.conversation))]).await;
    lane.weave(&[place(call(&["below"], "a2"), Place::Under(user))]).await;
    // A response is followed with what is new alone, also within one batch.
    let mut first = place(call(&["first"], "a3"), Place::Under(user));
    first.said.as_mut().unwrap().response = Some("resp_1".to_owned());
    let second = place(call(&["second"], "a4"), Place::After("resp_1".to_owned()));
    lane.weave(&[first, second]).await;
    lane.weave(&[place(call(&["third"], "a5"), Place::After("resp_1".to_owned()))]).await;
    let tree = store.conversations().tree(talk.conversation).await.unwrap().unwrap();
    assert_eq!(
        lines(&tree),
        ["hello below a2", "hello first a3 second a4", "hello first a3 third a5", "hello more a1"]
    );
    // What belongs to the window is not a key's to name.
    let stranger = key(9, "stranger");
    store.virtual_keys().insert(&stranger, &domain::Hash::of(b"stranger"), &Zone::UTC).await.unwrap();
    for (number, into) in [Place::In(talk.conversation), Place::Under(user)].into_iter().enumerate() {
        let mut theirs = place(call(&[&format!("let me in {number}")], "no"), into);
        theirs.key = Some(stranger.id);
        lane.weave(&[theirs]).await;
    }
    let after = store.conversations().tree(talk.conversation).await.unwrap().unwrap();
    assert_eq!(after.nodes.len(), tree.nodes.len());
    // A history is found, although it names what is not there.
    let gone = Place::Under(message_id());
    lane.weave(&[place(call(&["let"], "go"), Place::Found)]).await;
    lane.weave(&[place(call(&["let", "go", "on"], "there"), gone)]).await;
    assert_eq!(store.conversations().list(&ListQuery::default()).await.unwrap().len(), 4);
    // What is not there is as if it were not named.
    let nowhere = Place::In(ConversationId::from_uuid(Uuid::now_v7()));
    lane.weave(&[place(call(&["lost"], "a6"), nowhere)]).await;
    assert_eq!(store.conversations().list(&ListQuery::default()).await.unwrap().len(), 5);
    lane.is_sound().await;
}

#[tokio::test]
async fn two_hundred_calls_of_many_kinds_are_one_batch_and_storing_them_again_changes_nothing() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let mut calls = Vec::new();
    for number in 0..200 {
        let words = [format!("u{}", number % 40), "a".to_owned(), format!("more {number}")];
        let words: Vec<&str> =
            words.iter().map(String::as_str).take(if number < 40 { 1 } else { 3 }).collect();
        let mut one = call(&words, if number < 40 { "a" } else { "b" });
        match number % 7 {
            5 => (one.capture, one.said, one.attempts[0].wire) = (CaptureLevel::Metadata, None, None),
            6 => (one.capture, one.said, one.attempts[0].wire) = (CaptureLevel::Off, None, None),
            4 => {
                one.state = CompletionState::Interrupted;
                one.said.as_mut().unwrap().answer = said(Role::Assistant, "");
                one.attempts[0].lost = true;
            }
            _ => {}
        }
        calls.push(one);
    }
    let off = calls.iter().filter(|call| call.capture == CaptureLevel::Off).count();
    assert_eq!(lane.weave(&calls).await.calls as usize, 200 - off);
    let counts = || async {
        let mut counts = Vec::new();
        for table in
            ["run", "completion", "attempt", "wire", "message", "ledger", "conversation", "branch", "content"]
        {
            counts.push(rows_in(&store, table).await);
        }
        counts
    };
    let before = counts().await;
    assert_eq!((before[0], before[5]), (200 - off as i64, 200));
    assert_eq!(lane.weave(&calls).await.calls, 0);
    assert_eq!(counts().await, before);
    let sum: i64 =
        sqlx::query_scalar("SELECT sum(cost_nano) FROM ledger").fetch_one(store.readers()).await.unwrap();
    assert_eq!(sum, 200 * 7);
    lane.is_sound().await;
}

#[tokio::test]
async fn traffic_lists_calls_newest_first_by_page_and_filter_and_shows_what_was_sent() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let mut calls: Vec<NewCall> = (0..25)
        .map(|number| {
            let mut one = call(&[&format!("question {number}")], "answer");
            one.at = Timestamp::from_millis(NOW.millis() + number);
            one
        })
        .collect();
    calls[3].state = CompletionState::Failed {
        error: domain::Failure::new(domain::ErrorKind::Overloaded, "too busy for this"),
    };
    calls[3].status = Some(503);
    calls[4].client = Some("other".to_owned());
    lane.weave(&calls).await;
    let traffic = store.traffic();
    let mut query = TrafficQuery { limit: Some(10), ..TrafficQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = traffic.list(&query).await.unwrap();
        seen.extend(page.calls.iter().map(|call| call.completion));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    let wanted: Vec<_> = calls.iter().rev().map(|call| call.completion).collect();
    assert_eq!(seen, wanted);
    let count = |query: TrafficQuery| async move { traffic.list(&query).await.unwrap().calls.len() };
    let all = TrafficQuery::default;
    assert_eq!(count(TrafficQuery { outcomes: vec![TrafficOutcome::Failed], ..all() }).await, 1);
    assert_eq!(count(TrafficQuery { status: Some(5), ..all() }).await, 1);
    assert_eq!(count(TrafficQuery { text: Some("TOO BUSY".to_owned()), ..all() }).await, 1);
    assert_eq!(count(TrafficQuery { client: Some("oth".to_owned()), ..all() }).await, 1);
    assert_eq!(count(TrafficQuery { served: Some("steady".to_owned()), ..all() }).await, 25);
    assert_eq!(count(TrafficQuery { min_tokens: Some(16), ..all() }).await, 0);
    assert_eq!(count(TrafficQuery { fell_back: Some(false), cached: Some(false), ..all() }).await, 25);
    assert_eq!(count(TrafficQuery { origins: vec![ConversationSource::Window], ..all() }).await, 0);
    let detail = traffic.call(calls[7].completion).await.unwrap().unwrap();
    assert_eq!(detail.title.as_deref(), Some("question 7"));
    assert_eq!(detail.body.as_deref(), Some("{\"model\":\"chat/a\",\"messages\":[\"question 7\"]}"));
    let exchange = detail.attempts[0].exchange.as_ref().unwrap();
    assert_eq!(exchange.request_body, "{\"model\":\"a\",\"messages\":[\"question 7\"]}");
    assert_eq!(exchange.response_body, "answer");
    assert_eq!(detail.call.conversation, Some(calls[7].said.as_ref().unwrap().conversation));
    let facets = traffic.facets().await.unwrap();
    assert_eq!(facets.clients, ["other", "probe/1.0"]);
}

#[tokio::test]
async fn what_was_captured_beyond_its_size_goes_oldest_first() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let long = "word ".repeat(120_000);
    let calls: Vec<NewCall> = (0..4)
        .map(|number| {
            let at = Timestamp::from_millis(NOW.millis() + number * 1_000);
            NewCall { at, ended_at: at, ..call(&[&format!("{number} {long}")], "a") }
        })
        .collect();
    lane.weave(&calls).await;
    let id = |at: usize| calls[at].said.as_ref().unwrap().conversation;
    let hours = |hours: i64| Timestamp::from_millis(NOW.millis() + hours * 3_600_000 + 10_000);
    assert_eq!(store.weaving().expire(hours(0), 30, 1).await.unwrap(), 0, "just now somebody talked there");
    // Each has 0.6 MB: one is below a MiB, two are not.
    assert_eq!(store.weaving().expire(hours(2), 30, 1).await.unwrap(), 3);
    assert_eq!(store.erase().deleted(Some(hours(2))).await.unwrap(), 3);
    for (at, kept) in [(0, false), (1, false), (2, false), (3, true)] {
        assert_eq!(store.conversations().get(id(at)).await.unwrap().is_some(), kept, "{at}");
    }
    lane.is_sound().await;
}

#[tokio::test]
async fn calls_without_attempts_are_forgotten_after_their_time() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let asked = call(&["q"], "a");
    let error = Failure::new(ErrorKind::Auth, "no key");
    let mut refused = NewCall { state: CompletionState::Failed { error }, ..call(&["x"], "a") };
    let mut counted = NewCall { kind: RunKind::Count, ..call(&["y"], "a") };
    for unasked in [&mut refused, &mut counted] {
        (unasked.said, unasked.capture) = (None, CaptureLevel::Metadata);
        unasked.attempts.clear();
    }
    lane.weave(&[asked, refused, counted]).await;
    assert_eq!(rows_in(&store, "run").await, 3);
    let month = Timestamp::from_millis(NOW.millis() + 30 * 86_400_000 + 1_000);
    store.weaving().expire(month, 31, 512).await.unwrap();
    assert_eq!(rows_in(&store, "run").await, 3, "not yet");
    store.weaving().expire(month, 30, 512).await.unwrap();
    assert_eq!((rows_in(&store, "run").await, rows_in(&store, "decision").await), (1, 1));
    lane.is_sound().await;
}

#[tokio::test]
async fn what_was_captured_goes_after_its_time_unless_somebody_cares_for_it() {
    let (_home, store) = opened().await;
    let lane = Lane::new(&store).await;
    let calls: Vec<NewCall> = (0..5).map(|number| call(&[&format!("q{number}")], "a")).collect();
    lane.weave(&calls).await;
    let talk = Talk::new(&store).await;
    let id = |at: usize| calls[at].said.as_ref().unwrap().conversation;
    store.weaving().opened(id(0), NOW).await.unwrap();
    store.conversations().set_pinned(id(1), true).await.unwrap();
    store.conversations().rename(id(2), "mine", true).await.unwrap();
    let days = |days: i64| Timestamp::from_millis(NOW.millis() + days * 86_400_000 + 1_000);
    assert_eq!(store.weaving().expire(days(29), 30, 512).await.unwrap(), 0);
    assert_eq!(store.weaving().expire(days(30), 30, 512).await.unwrap(), 2);
    assert_eq!(store.erase().deleted(Some(days(30))).await.unwrap(), 2);
    for (at, kept) in [(0, true), (1, true), (2, true), (3, false), (4, false)] {
        assert_eq!(store.conversations().get(id(at)).await.unwrap().is_some(), kept, "{at}");
    }
    assert!(store.conversations().get(talk.conversation).await.unwrap().is_some());
    assert_eq!((rows_in(&store, "ledger").await, rows_in(&store, "run").await), (5, 3));
    lane.is_sound().await;
}

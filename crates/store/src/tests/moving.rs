//! Whole conversations in and out: what comes back is what went, and twice is once.

use crate::{
    Incoming, Store, Taken,
    testing::{Home, NOW, instance_id, opened, rows_in, tamper},
};
use domain::{
    Attempt, AttemptId, AttemptOutcome, BranchId, BranchKind, CompletionId, CompletionState, ConversationId,
    ConversationSource, Cost, Decision, ErrorKind, Failure, Hash, InstanceId, MediaSource, MessageId,
    MessageStatus, Metrics, NanoUsd, Params, Part, Portable, PortableBookmark, PortableBranch,
    PortableCompletion, PortableFolder, PortableJudgement, PortableMessage, PortableOpinion, PortableRun,
    PortableScore, PortableSource, PortableSynthesis, PortableView, PortableVote, Role, RunId, RunKind,
    SaveEdit, Stop, Timestamp, Tool, Usage, UsageBy, Verdict,
};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

/// What a node is made of: numbers that mean what `grown` makes of them.
type Seed = (usize, u8, u8);

fn fresh() -> Uuid {
    Uuid::now_v7()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + ms)
}

/// A conversation with something of everything.
fn grown(seeds: &[Seed], blob: Hash, folder: Uuid) -> Portable {
    let main = BranchId::from_uuid(fresh());
    let mut messages: Vec<PortableMessage> = Vec::new();
    let mut runs = Vec::new();
    for (at_index, (above, kind, detail)) in seeds.iter().enumerate() {
        let id = MessageId::from_uuid(fresh());
        let parent = (*above > 0 && !messages.is_empty()).then(|| messages[above % messages.len()].id);
        let role = [Role::User, Role::Assistant, Role::System, Role::Tool][usize::from(kind % 4)];
        let mut parts = vec![Part::text(format!("said {at_index} {detail} — “quoted” 漢字 \u{0} \\ \n"))];
        match detail % 5 {
            0 => parts.clear(),
            1 => parts.push(Part::Image {
                media_type: "image/png".to_owned(),
                source: MediaSource::Blob { hash: blob, size: 5 },
            }),
            2 => parts.insert(
                0,
                Part::Reasoning {
                    text: "hm".to_owned(),
                    signature: Some("s".to_owned()),
                    sealed: None,
                    id: None,
                },
            ),
            _ => {}
        }
        let ended = detail % 4;
        let (status, state) = match ended {
            0 => (MessageStatus::Complete, CompletionState::Complete { stop: Stop::Length }),
            1 => (MessageStatus::Stopped, CompletionState::Stopped),
            2 => (MessageStatus::Interrupted, CompletionState::Interrupted),
            _ => {
                let error = Failure::new(ErrorKind::RateLimited, "slow down").retry_after(Some(7));
                (MessageStatus::Failed, CompletionState::Failed { error })
            }
        };
        let completion = (role == Role::Assistant).then(|| CompletionId::from_uuid(fresh()));
        if let Some(completion) = completion {
            runs.push(run(completion, state, *detail, main));
        }
        let earlier = |n: usize| messages.get(n % messages.len().max(1)).map(|message| message.id);
        let mut sources = Vec::new();
        if kind % 7 == 3 {
            let hash = Hash::of(b"gone");
            sources.extend(earlier(usize::from(*detail)).map(|id| PortableSource { id: Some(id), hash }));
            sources.push(PortableSource { id: None, hash });
        }
        messages.push(PortableMessage {
            id,
            parent,
            sources,
            role,
            status: if completion.is_some() { status } else { MessageStatus::Complete },
            parts: RawValue::from_string(serde_json::to_string(&parts).unwrap()).unwrap(),
            hash: None,
            completion,
            choice: 0,
            continues: (kind % 11 == 5).then(|| earlier(usize::from(*kind))).flatten(),
            copied: kind % 13 == 6,
            hidden: kind % 5 == 4,
            source_id: (kind % 3 == 0).then(|| format!("node-{at_index}")),
            created_at: at(at_index as i64),
        });
    }
    let tip = messages.last().map(|message| message.id);
    let some = messages[0].id;
    let branch = |id, name: &str, kind, tip| PortableBranch {
        id,
        name: name.to_owned(),
        kind,
        tip,
        target: Some("simulated/steady".parse().unwrap()),
        params: Params { temperature: Some(0.25), stop: vec!["x".to_owned()], ..Params::default() },
        system: Some("on this branch".to_owned()),
        pinned: kind == BranchKind::Named,
        ord: 3,
        shown: kind != BranchKind::Named,
        scroll: 17,
    };
    let votes = runs.first().map(|run: &PortableRun| PortableVote {
        id: fresh(),
        run: run.id,
        by: "user".to_owned(),
        reason: "shorter".to_owned(),
        created_at: at(90),
        on: vec![PortableScore { message: some, score: 0.5 }],
        kind: "best".to_owned(),
        blind: true,
    });
    // A judge's run has calls of its own, which wrote no message.
    let judgement = (messages.len() > 1).then(|| {
        let calls = [(); 2].map(|()| CompletionId::from_uuid(fresh()));
        let mut asked = run(calls[0], CompletionState::Complete { stop: Stop::Stop }, 1, main);
        asked.completions.extend(run(calls[1], CompletionState::Stopped, 2, main).completions);
        asked.kind = RunKind::Judge;
        for (completion, ord) in asked.completions.iter_mut().zip(0..) {
            (completion.ord, completion.branch) = (ord, None);
        }
        let opinion = |at: usize, verdict| PortableOpinion {
            completion: calls[at],
            swapped: at == 1,
            verdict,
            reason: format!("said {at}"),
        };
        let judgement = PortableJudgement {
            id: fresh(),
            run: asked.id,
            a: some,
            b: messages[1].id,
            rubric: "which is shorter".to_owned(),
            vote: votes.as_ref().map(|vote| vote.id),
            created_at: at(95),
            opinions: vec![opinion(0, Some(Verdict::B)), opinion(1, None)],
        };
        runs.push(asked);
        judgement
    });
    Portable {
        id: ConversationId::from_uuid(fresh()),
        title: "a “title”".to_owned(),
        titled_by_user: seeds.len().is_multiple_of(2),
        source: ConversationSource::Import,
        source_system: Some("chatgpt".to_owned()),
        source_id: Some(fresh().to_string()),
        system: Some("for all".to_owned()),
        folder: Some(folder),
        tags: vec!["a".to_owned(), "b".to_owned()],
        pinned: true,
        archived: seeds.len().is_multiple_of(3),
        created_at: at(0),
        updated_at: at(100),
        head: Some(main),
        messages,
        branches: vec![
            branch(main, "main", BranchKind::Main, tip),
            branch(BranchId::from_uuid(fresh()), "other", BranchKind::Named, Some(some)),
        ],
        runs,
        bookmarks: vec![PortableBookmark {
            id: fresh(),
            message: some,
            note: "here".to_owned(),
            created_at: at(80),
        }],
        votes: votes.into_iter().collect(),
        judgements: judgement.into_iter().collect(),
        sibling_views: tip.map(|tip| PortableView { message: some, tip, scroll: 12 }).into_iter().collect(),
    }
}

fn run(completion: CompletionId, state: CompletionState, detail: u8, branch: BranchId) -> PortableRun {
    let target: domain::Target = "simulated/steady".parse().unwrap();
    let tool = Tool { name: "t".to_owned(), description: None, parameters: "{}".to_owned() };
    let known = detail.is_multiple_of(2);
    PortableRun {
        id: RunId::from_uuid(fresh()),
        kind: RunKind::Regenerate,
        origin: ConversationSource::Cli,
        created_at: at(5),
        last_seq: 9,
        completions: vec![PortableCompletion {
            id: completion,
            ord: 0,
            branch: known.then_some(branch),
            requested: "auto".parse().unwrap(),
            served: known.then(|| target.clone()),
            params: Params {
                tools: if known { vec![tool] } else { vec![] },
                seed: Some(3),
                ..Params::default()
            },
            system: known.then(|| "for this one".to_owned()),
            state,
            metrics: Metrics {
                ttft_ms: Some(3),
                duration_ms: Some(40),
                usage: Usage {
                    input: Some(1),
                    output: Some(2),
                    cached_read: None,
                    cached_write: Some(0),
                    reasoning: None,
                },
                usage_by: known.then_some(UsageBy::Estimated),
                cost: known.then_some(Cost { usd: NanoUsd(12_345), estimated: true }),
            },
            created_at: at(6),
            ended_at: known.then(|| at(7)),
            synthesis: known
                .then(|| PortableSynthesis { how: "fuse".to_owned(), instruction: "so".to_owned() }),
            attempts: vec![Attempt {
                id: AttemptId::from_uuid(fresh()),
                completion_id: completion,
                ord: 0,
                provider: "simulated".to_owned(),
                model: "steady".to_owned(),
                http_status: Some(200),
                outcome: AttemptOutcome::Complete,
                error_kind: None,
                started_at: at(6),
                headers_ms: Some(1),
                first_ms: None,
                ended_ms: Some(9),
                usage: Usage::default(),
                usage_by: None,
                cost: Some(NanoUsd(5)),
            }],
            decision: known.then(|| Decision {
                requested: target.clone(),
                order: vec![target],
                reason: "why".to_owned(),
                candidates: vec![],
                routed: None,
            }),
        }],
    }
}

struct Place {
    _home: Home,
    store: Store,
    instance: InstanceId,
    _guard: crate::InstanceGuard,
    blob: Hash,
}

const FOLDER: Uuid = Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_0001);

async fn place() -> Place {
    let (home, store) = opened().await;
    let instance = instance_id();
    let guard = store.instances().register(instance, "test", std::process::id(), NOW).await.unwrap();
    let blob = store.blobs().put("image/png", b"bytes").await.unwrap();
    let folder = PortableFolder { id: FOLDER, parent: None, name: "work".to_owned(), ord: 1 };
    store.moving().take_folder(&folder).await.unwrap();
    Place { _home: home, store, instance, _guard: guard, blob }
}

impl Place {
    async fn take(&self, whole: &Portable, fresh: bool) -> Taken {
        let incoming = Incoming { whole: Box::new(whole.clone()), fresh };
        self.store.moving().take(&[incoming], self.instance).await.unwrap().remove(0)
    }

    async fn give(&self, id: ConversationId) -> Portable {
        self.store.moving().give(id).await.unwrap().unwrap()
    }

    async fn expect_whole(&self) {
        let report = self.store.check().run().await.unwrap();
        assert!(report.ok, "{:?}", report.problems);
    }
}

fn without_hashes(whole: &Portable) -> Value {
    let mut value = json!(whole);
    for message in value["messages"].as_array_mut().unwrap() {
        message.as_object_mut().unwrap().remove("hash");
        for source in message["sources"].as_array_mut().into_iter().flatten() {
            source.as_object_mut().unwrap().remove("hash");
        }
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_went_in_comes_out_and_twice_is_once(
        seeds in proptest::collection::vec((0_usize..64, any::<u8>(), any::<u8>()), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (here, there) = (place().await, place().await);
            let whole = grown(&seeds, here.blob, FOLDER);
            let messages = u32::try_from(seeds.len()).unwrap();
            assert_eq!(here.take(&whole, false).await, Taken::Added { conversation: whole.id, messages });
            let given = here.give(whole.id).await;
            assert_eq!(without_hashes(&given), without_hashes(&whole));
            assert!(matches!(there.take(&given, false).await, Taken::Added { .. }));
            assert_eq!(json!(there.give(whole.id).await), json!(given));
            assert_eq!(there.take(&given, false).await, Taken::Known);
            assert_eq!(json!(there.give(whole.id).await), json!(given));
            there.expect_whole().await;
        });
    }

    #[test]
    fn a_newer_export_adds_only_what_is_new(
        seeds in proptest::collection::vec((0_usize..64, any::<u8>(), any::<u8>()), 2..30),
        cut in 1_usize..29,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let here = place().await;
            let mut newer = grown(&seeds, here.blob, FOLDER);
            // As another product's: known by source ids, with nothing but nodes and their completions.
            for (number, message) in newer.messages.iter_mut().enumerate() {
                message.source_id = Some(format!("n{number}"));
                message.sources.clear();
                message.continues = None;
            }
            newer.branches.truncate(1);
            without_marks(&mut newer);
            let cut = cut.min(newer.messages.len() - 1);
            let older = renamed(&newer, cut);
            let Taken::Added { conversation, messages } = here.take(&older, true).await else { panic!() };
            assert_eq!(messages as usize, cut);
            let again = renamed(&newer, newer.messages.len());
            let rest = u32::try_from(newer.messages.len() - cut).unwrap();
            assert_eq!(here.take(&again, true).await, Taken::Added { conversation, messages: rest });
            assert_eq!(here.take(&renamed(&newer, newer.messages.len()), true).await, Taken::Known);
            let now = here.give(conversation).await;
            let shape = |whole: &Portable| -> Vec<(Option<String>, Option<String>, String)> {
                let source = |id: MessageId| whole.messages.iter().find(|m| m.id == id).unwrap().source_id.clone();
                let all = whole.messages.iter();
                all.map(|m| (m.source_id.clone(), m.parent.and_then(source), m.parts.get().to_owned())).collect()
            };
            assert_eq!(shape(&now), shape(&newer));
            assert_eq!(now.runs.len(), newer.runs.len());
            here.expect_whole().await;
        });
    }
}

/// The first messages of a conversation, under ids that were drawn anew.
/// With nothing but messages, branches and what wrote them.
fn without_marks(whole: &mut Portable) {
    (whole.votes, whole.bookmarks, whole.sibling_views) = (vec![], vec![], vec![]);
    whole.judgements.clear();
    whole.runs.retain(|run| run.kind != RunKind::Judge);
}

fn renamed(whole: &Portable, messages: usize) -> Portable {
    let mut text = json!(whole);
    text["messages"].as_array_mut().unwrap().truncate(messages);
    let kept: Vec<Value> = text["messages"].as_array().unwrap().clone();
    let wanted: Vec<&Value> = kept.iter().filter_map(|message| message.get("completion")).collect();
    let runs = text.get_mut("runs").and_then(Value::as_array_mut);
    if let Some(runs) = runs {
        runs.retain(|run| wanted.contains(&&run["completions"][0]["id"]));
    }
    text["branches"][0]["tip"] = kept.last().unwrap()["id"].clone();
    let mut text = text.to_string();
    let ids = whole.messages.iter().map(|m| m.id.to_string());
    let ids = ids.chain(whole.runs.iter().flat_map(|r| {
        let of = r.completions.iter().flat_map(|c| [c.id.to_string(), c.attempts[0].id.to_string()]);
        of.chain([r.id.to_string()])
    }));
    for id in ids.chain(whole.branches.iter().map(|b| b.id.to_string())).chain([whole.id.to_string()]) {
        text = text.replace(&id, &fresh().to_string());
    }
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn what_belongs_to_another_conversation_is_refused_and_nothing_of_it_is_stored() {
    let here = place().await;
    let one = grown(&[(0, 0, 3), (1, 1, 0)], here.blob, FOLDER);
    here.take(&one, false).await;
    let before = rows_in(&here.store, "message").await;
    let mut thief = grown(&[(0, 0, 3), (1, 0, 4)], here.blob, FOLDER);
    thief.messages[1].id = one.messages[0].id;
    thief.branches[0].tip = None;
    thief.sibling_views.clear();
    assert!(matches!(here.take(&thief, false).await, Taken::Refused(_)));
    // Also when both come at once.
    let there = place().await;
    let both = [&one, &thief].map(|whole| Incoming { whole: Box::new(whole.clone()), fresh: false });
    let taken = there.store.moving().take(&both, there.instance).await.unwrap();
    assert!(matches!(taken.as_slice(), [Taken::Added { .. }, Taken::Refused(_)]), "{taken:?}");
    assert_eq!(rows_in(&here.store, "message").await, before);
    assert_eq!(rows_in(&here.store, "conversation").await, 1);
    here.expect_whole().await;
}

#[tokio::test]
async fn what_was_deleted_here_does_not_come_back_by_itself() {
    let here = place().await;
    let one = grown(&[(0, 0, 3), (1, 2, 4)], here.blob, FOLDER);
    here.take(&one, false).await;
    tamper(
        &here.store,
        "INSERT INTO deletion (id, kind, nodes, created_at, erase_after) VALUES (1, 'conversation', 2, 0, 0)",
    )
    .await;
    tamper(&here.store, "UPDATE conversation SET deletion_id = 1").await;
    assert!(matches!(here.take(&one, false).await, Taken::Refused(_)));
}

#[tokio::test]
async fn a_branch_goes_on_only_where_it_was_left() {
    let here = place().await;
    let newer = grown(&[(0, 0, 3), (1, 0, 4), (2, 0, 3), (3, 0, 4)], here.blob, FOLDER);
    let chain = |mut whole: Portable| {
        for at in 0..whole.messages.len() {
            whole.messages[at].source_id = Some(format!("n{at}"));
            whole.messages[at].parent = at.checked_sub(1).map(|above| whole.messages[above].id);
        }
        whole.branches.truncate(1);
        without_marks(&mut whole);
        whole
    };
    let newer = chain(newer);
    let Taken::Added { conversation, .. } = here.take(&renamed(&newer, 2), true).await else { panic!() };
    here.take(&renamed(&newer, 3), true).await;
    let now = here.give(conversation).await;
    assert_eq!(now.branches[0].tip, Some(now.messages[2].id), "nobody has moved it");
    here.store.branches().move_to(now.branches[0].id, now.messages[0].id).await.unwrap();
    here.take(&renamed(&newer, 4), true).await;
    let now = here.give(conversation).await;
    assert_eq!((now.messages.len(), now.branches[0].tip), (4, Some(now.messages[0].id)), "the user has");
}

#[tokio::test]
async fn an_edited_import_goes_out_and_in_whole_and_a_newer_export_goes_on_below_the_old_line() {
    let (here, there) = (place().await, place().await);
    let mut newer = grown(&[(0, 0, 3), (1, 0, 4), (2, 0, 3), (3, 0, 4)], here.blob, FOLDER);
    for at in 0..newer.messages.len() {
        newer.messages[at].source_id = Some(format!("n{at}"));
        newer.messages[at].parent = at.checked_sub(1).map(|above| newer.messages[above].id);
    }
    newer.branches.truncate(1);
    without_marks(&mut newer);
    let Taken::Added { conversation, .. } = here.take(&renamed(&newer, 3), true).await else { panic!() };
    let before = here.give(conversation).await;
    let edit = SaveEdit {
        branch: before.branches[0].id,
        message: before.messages[1].id,
        parts: vec![Part::text("said differently")],
    };
    let saved = here.store.trees().save_edit(&edit, NOW, || MessageId::from_uuid(fresh())).await.unwrap();
    let edited = here.give(conversation).await;
    assert_eq!((edited.messages.len(), edited.branches[0].tip), (5, Some(saved.tip)));

    assert!(matches!(there.take(&edited, false).await, Taken::Added { messages: 5, .. }));
    assert_eq!(json!(there.give(conversation).await), json!(edited), "the edited line too");

    here.take(&renamed(&newer, 4), true).await;
    let after = here.give(conversation).await;
    assert_eq!(after.messages.len(), 6);
    assert_eq!(after.messages[5].parent, Some(before.messages[2].id), "where the other product has it");
    assert_eq!(after.branches[0].tip, Some(saved.tip));
    // Copies of one node by one id, in a file from elsewhere, are nodes all the same.
    let mut twice = edited.clone();
    for message in &mut twice.messages {
        message.source_id = Some("same".to_owned());
    }
    let elsewhere = place().await;
    assert!(matches!(elsewhere.take(&twice, false).await, Taken::Added { messages: 5, .. }));
    assert_eq!(elsewhere.give(conversation).await.messages.len(), 5);
    here.expect_whole().await;
    there.expect_whole().await;
    elsewhere.expect_whole().await;
}

use crate::{NewJudgement, Store, StoreError, testing::*};
use domain::{
    Ballot, BoardQuery, CompletionState, JudgementId, JudgementState, MessageId, Params, RunOrigin, Stop,
    Verdict, VoteBy, VoteId,
};
use uuid::Uuid;

fn vote_id() -> VoteId {
    VoteId::from_uuid(Uuid::now_v7())
}

/// A prompt and three answers to it.
async fn answers(talk: &Talk) -> Vec<Asked> {
    let first = talk.ask(None, "which?").await;
    talk.answer(&first, "this one").await;
    let mut all = vec![first];
    for text in ["that one", "another"] {
        let (mut new, mut asked) = talk.run(None, "which?");
        let prompt = all[0].user;
        new.user_messages.clear();
        new.completions[0].message.parent_id = Some(prompt);
        new.moves[0].from = talk.store.branches().get(talk.branch).await.unwrap().unwrap().tip;
        asked.user = prompt;
        talk.store.runs().start(&new).await.unwrap();
        talk.store.completions().begin(asked.completion, &target()).await.unwrap();
        talk.answer(&asked, text).await;
        all.push(asked);
    }
    all
}

fn pair(a: MessageId, b: MessageId, verdict: Verdict) -> Ballot {
    Ballot::Pair { a, b, verdict }
}

async fn cast(store: &Store, ballot: &Ballot) -> Result<domain::Vote, StoreError> {
    store.votes().cast(vote_id(), ballot, false, NOW).await.map(|(vote, _)| vote)
}

#[tokio::test]
async fn a_vote_is_kept_changed_and_taken_back() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let [a, b, c] = &answers(&talk).await[..] else { panic!("three") };
    let first =
        store.votes().cast(vote_id(), &pair(a.answer, b.answer, Verdict::A), true, NOW).await.unwrap().0;
    assert_eq!(store.votes().of(talk.conversation).await.unwrap(), std::slice::from_ref(&first));
    assert!(first.blind && first.by == VoteBy::User && first.run == b.run);
    for verdict in [Verdict::B, Verdict::Tie, Verdict::BothBad] {
        // The same two, the other way round.
        let ballot = pair(b.answer, a.answer, verdict);
        let changed = cast(&store, &ballot).await.unwrap();
        let kept = store.votes().of(talk.conversation).await.unwrap();
        assert_eq!(kept, [changed]);
        assert_eq!(kept[0].ballot, ballot);
    }
    cast(&store, &pair(a.answer, c.answer, Verdict::A)).await.unwrap();
    assert_eq!(store.votes().of(talk.conversation).await.unwrap().len(), 2, "another pair");
    let heart = Ballot::Best { best: c.answer, others: vec![a.answer, b.answer] };
    cast(&store, &heart).await.unwrap();
    let moved = cast(&store, &Ballot::Best { best: a.answer, others: vec![c.answer] }).await.unwrap();
    let kept = store.votes().of(talk.conversation).await.unwrap();
    assert_eq!((kept.len(), &kept[2]), (3, &moved), "one prompt has one best answer");
    store.votes().take_back(moved.id).await.unwrap();
    assert!(store.votes().take_back(moved.id).await.is_err());
    assert_eq!(store.votes().of(talk.conversation).await.unwrap().len(), 2);
    let counted = store.votes().counted(&BoardQuery::default()).await.unwrap();
    assert_eq!((counted.len(), counted[0].verdict, counted[0].models.len()), (2, Verdict::BothBad, 2));
    let blind = BoardQuery { blind_only: true, ..BoardQuery::default() };
    assert_eq!(store.votes().counted(&blind).await.unwrap(), []);
}

#[tokio::test]
async fn only_answers_to_one_prompt_are_voted_on() {
    let (_home, store) = opened().await;
    let (talk, other) = (Talk::new(&store).await, Talk::new(&store).await);
    let [a, b, _] = &answers(&talk).await[..] else { panic!("three") };
    let elsewhere = answers(&other).await.remove(0);
    let later = talk.ask(Some(a.answer), "something else?").await;
    for (ballot, what) in [
        (pair(a.answer, a.answer, Verdict::A), "itself"),
        (pair(a.answer, a.user, Verdict::A), "a prompt"),
        (pair(a.answer, elsewhere.answer, Verdict::A), "another conversation"),
        (Ballot::Best { best: a.answer, others: vec![] }, "alone"),
    ] {
        assert!(matches!(cast(&store, &ballot).await, Err(StoreError::Refused(_))), "{what}");
    }
    let streaming = cast(&store, &pair(b.answer, later.answer, Verdict::A)).await;
    assert!(matches!(streaming, Err(StoreError::Streaming)));
    talk.answer(&later, "no").await;
    let unlike = cast(&store, &pair(b.answer, later.answer, Verdict::A)).await;
    assert!(matches!(unlike, Err(StoreError::Refused(_))), "another prompt");
    assert_eq!(rows_in(&store, "vote").await, 0);
}

fn judgement(talk: &Talk, a: &Asked, b: &Asked) -> NewJudgement {
    NewJudgement {
        id: JudgementId::from_uuid(Uuid::now_v7()),
        run: run_id(),
        origin: RunOrigin::Window,
        instance: talk.instance,
        a: a.answer,
        b: b.answer,
        judge: target(),
        rubric: "be strict".to_owned(),
        params: Params::default(),
        decision: decision(),
        calls: [completion_id(), completion_id()],
        created_at: NOW,
    }
}

async fn end(talk: &Talk, completion: domain::CompletionId, state: CompletionState) {
    let finish = crate::Finish {
        completion,
        message: None,
        parts: vec![],
        status: domain::MessageStatus::Complete,
        state,
        metrics: domain::Metrics::default(),
        served: None,
        ended_at: NOW,
    };
    assert!(talk.store.completions().finish(&finish).await.unwrap());
}

#[tokio::test]
async fn a_judgement_needs_both_orders_and_is_no_vote_of_the_users() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let [a, b, _] = &answers(&talk).await[..] else { panic!("three") };
    let complete = CompletionState::Complete { stop: Stop::Stop };
    for (second, verdict, agreed) in [(Verdict::A, Verdict::A, true), (Verdict::B, Verdict::Tie, false)] {
        let new = judgement(&talk, a, b);
        store.judgements().start(&new).await.unwrap();
        let of = async || store.judgements().of(talk.conversation).await.unwrap().pop().unwrap();
        assert_eq!(of().await.state, JudgementState::Asking);
        store.judgements().opine(new.calls[0], Some(Verdict::A), "because").await.unwrap();
        end(&talk, new.calls[0], complete.clone()).await;
        assert_eq!((of().await.state, of().await.verdict), (JudgementState::Asking, None));
        store.judgements().opine(new.calls[1], Some(second), "the other way").await.unwrap();
        end(&talk, new.calls[1], complete.clone()).await;
        let done = of().await;
        assert_eq!(
            (done.state, done.verdict, done.agreed),
            (JudgementState::Done, Some(verdict), Some(agreed))
        );
        assert_eq!(done.opinions[0].reason, "because");
        assert!(!done.opinions[0].swapped && done.opinions[1].swapped);
        store
            .judgements()
            .conclude(new.id, vote_id(), &pair(a.answer, b.answer, verdict), "because", NOW)
            .await
            .unwrap();
    }
    let votes = store.votes().of(talk.conversation).await.unwrap();
    assert_eq!(votes.iter().map(|vote| vote.by).collect::<Vec<_>>(), [VoteBy::Judge, VoteBy::Judge]);
    assert_eq!(store.votes().counted(&BoardQuery::default()).await.unwrap(), []);
    assert!(
        store.votes().take_back(votes[0].id).await.is_err(),
        "a judge's vote is not the user's to take back"
    );
    let view = store.conversations().view(talk.conversation, 9).await.unwrap().unwrap();
    assert_eq!(view.live_runs, []);
    assert!(store.check().run().await.unwrap().ok);
}

#[tokio::test]
async fn a_judge_that_says_nothing_has_failed() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let [a, b, _] = &answers(&talk).await[..] else { panic!("three") };
    let new = judgement(&talk, a, b);
    store.judgements().start(&new).await.unwrap();
    assert_eq!(store.conversations().view(talk.conversation, 9).await.unwrap().unwrap().live_runs, []);
    end(&talk, new.calls[0], CompletionState::Stopped).await;
    end(&talk, new.calls[1], CompletionState::Interrupted).await;
    let failed = store.judgements().of(talk.conversation).await.unwrap().remove(0);
    assert_eq!((failed.state, failed.verdict), (JudgementState::Failed, None));
    assert!(failed.failure.unwrap().message.contains("stopped"));
}

#[tokio::test]
async fn erasing_takes_votes_and_judgements_along() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let [a, b, c] = &answers(&talk).await[..] else { panic!("three") };
    cast(&store, &pair(a.answer, b.answer, Verdict::A)).await.unwrap();
    cast(&store, &Ballot::Best { best: c.answer, others: vec![a.answer] }).await.unwrap();
    let new = judgement(&talk, a, b);
    store.judgements().start(&new).await.unwrap();
    for call in new.calls {
        store.judgements().opine(call, Some(Verdict::A), "zqxjkv").await.unwrap();
        end(&talk, call, CompletionState::Complete { stop: Stop::Stop }).await;
    }
    let ballot = pair(a.answer, b.answer, Verdict::A);
    store.judgements().conclude(new.id, vote_id(), &ballot, "zqxjkv", NOW).await.unwrap();
    store.conversations().delete(talk.conversation, NOW).await.unwrap();
    assert_eq!(store.votes().counted(&BoardQuery::default()).await.unwrap(), []);
    assert_eq!(store.votes().of(talk.conversation).await.unwrap(), []);
    assert_eq!(store.erase().deleted(None).await.unwrap(), 1);
    for table in ["vote", "vote_on", "judgement", "opinion", "run", "completion", "message", "conversation"] {
        assert_eq!(rows_in(&store, table).await, 0, "{table}");
    }
}

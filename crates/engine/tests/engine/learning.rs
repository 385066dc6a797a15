//! What routes learn from votes: each counts once, whatever was thought before.

use crate::ground::Ground;
use domain::{Ballot, CastVote, MessageId, PromptClass, Timestamp, Verdict, VoteId};
use engine::{Engine, EngineOptions};
use store::{OpenOptions, Store};

async fn two(ground: &Ground) -> (MessageId, MessageId) {
    let run = ground
        .ask("Prove that there are infinitely many primes.", &["chat/ok?seed=1", "chat/ok?seed=2"])
        .await;
    ground.end_of(&run).await;
    (run.columns[0].message, run.columns[1].message)
}

/// How much the first of the two is liked for proofs, and by how many votes.
fn liked(engine: &Engine) -> Option<(f64, f64)> {
    let all = engine.learned();
    let one = all
        .iter()
        .find(|one| one.target.as_str() == "chat/ok?seed=1" && one.class == Some(PromptClass::Maths))?;
    let measure = one.measures.iter().find(|measure| measure.measure == "liked")?;
    Some((measure.mean, (measure.weight * 100.0).round() / 100.0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vote_that_is_changed_or_taken_back_counts_once_or_not_at_all() {
    let ground = Ground::new().await;
    let (a, b) = two(&ground).await;
    let cast = |verdict| CastVote { ballot: Ballot::Pair { a, b, verdict }, blind: false };
    ground.engine.vote(&cast(Verdict::A)).await.unwrap();
    assert_eq!(liked(&ground.engine), Some((1.0, 1.0)));
    let last = ground.engine.vote(&cast(Verdict::B)).await.unwrap();
    let (mean, weight) = liked(&ground.engine).unwrap();
    assert!(mean.abs() < 1e-3 && (weight - 1.0).abs() < 0.02, "{mean} {weight}");
    ground.engine.take_back_vote(last.id).await.unwrap();
    assert_eq!(liked(&ground.engine), None);
    ground.engine.close().await;
    let again = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    assert_eq!(liked(&again), None, "nor is it there the next time");
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_preferred_is_measured_by_the_other_and_who_is_no_good_by_the_prompt() {
    let ground = Ground::new().await;
    let (a, b) = two(&ground).await;
    let needed = || {
        let all = ground.engine.learned();
        let one = all
            .iter()
            .find(|one| one.target.as_str() == "chat/ok?seed=1" && one.class == Some(PromptClass::Maths));
        one.unwrap().measures.iter().find(|measure| measure.measure == "needed").map(|measure| measure.mean)
    };
    let cast = |verdict| CastVote { ballot: Ballot::Pair { a, b, verdict }, blind: false };
    let vote = ground.engine.vote(&cast(Verdict::A)).await.unwrap();
    // Nothing is published of the other: it is taken for the middle.
    assert!((needed().unwrap() - 0.5).abs() < 1e-3, "{:?}", needed());
    ground.engine.take_back_vote(vote.id).await.unwrap();
    ground.engine.vote(&cast(Verdict::BothBad)).await.unwrap();
    let strength = routing::classify("Prove that there are infinitely many primes.").strength;
    assert!((needed().unwrap() - f64::from(strength)).abs() < 1e-3, "{:?} {strength}", needed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_from_before_anything_was_learned_are_learned_from_once() {
    let ground = Ground::new().await;
    let (a, b) = two(&ground).await;
    ground.engine.close().await;
    // As it was given then: stored, and nobody told.
    let (store, _) = Store::open(ground.home.path(), OpenOptions::default()).await.unwrap();
    let id = VoteId::from_uuid(uuid::Uuid::now_v7());
    let then = Timestamp::from_millis(engine::clock().millis() - 90 * 86_400_000);
    store.votes().cast(id, &Ballot::Pair { a, b, verdict: Verdict::A }, false, then).await.unwrap();
    store.close().await;
    for _ in 0..2 {
        let again = Engine::open(ground.home.path(), EngineOptions::serve()).await.unwrap();
        while liked(&again).is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        // Half of it is left after ninety days.
        assert_eq!(liked(&again), Some((1.0, 0.5)));
        again.close().await;
    }
}

//! What routes learn from votes: each counts once, whatever was thought before.

use crate::ground::Ground;
use domain::{Ballot, CastVote, Fault, MessageId, NewSimulation, PromptClass, Timestamp, Verdict, VoteId};
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
async fn an_answer_that_was_corrected_was_not_as_good_as_it_could_be() {
    let ground = Ground::new().await;
    let run = ground.ask("Prove that there are infinitely many primes.", &["chat/ok?seed=1"]).await;
    ground.end_of(&run).await;
    let save = async |message| {
        let parts = vec![domain::Part::text("Said otherwise.")];
        let edit = domain::SaveEdit { branch: run.columns[0].branch, message, parts };
        ground.engine.save_edit(edit).await.unwrap()
    };
    let saved = save(run.columns[0].message).await;
    let (mean, weight) = liked(&ground.engine).unwrap();
    assert!((mean - 0.4).abs() < 1e-3 && (weight - 1.0).abs() < 0.02, "{mean} {weight}");
    // What somebody wrote is nobody's answer.
    save(saved.message).await;
    assert!((liked(&ground.engine).unwrap().1 - weight).abs() < 1e-6);
}

/// What the first or the second of the two was measured by for proofs.
fn needed(engine: &Engine, seed: u32) -> f64 {
    let (all, target) = (engine.learned(), format!("chat/ok?seed={seed}"));
    let one = all
        .iter()
        .find(|one| one.target.as_str() == target && one.class == Some(PromptClass::Maths))
        .unwrap();
    one.measures.iter().find(|measure| measure.measure == "needed").unwrap().mean
}

/// The two as routes know them: of the second it is published how good it is, of the first nothing is. Gives also
/// that figure.
async fn one_known() -> (Ground, f64) {
    let rows = "[[models]]\nmodel = \"chat/ok?seed=1\"\n\n[[models]]\nmodel = \"chat/ok?seed=2\"\n";
    let ground = Ground::with(rows).await;
    let model = ground.engine.catalog().resolve("gemini-2.5-pro", "gemini").unwrap().model;
    ground.engine.set_model_name("ok?seed=2", Some(&model)).await.unwrap();
    let published = ground.engine.catalog().scores().quality(&model, PromptClass::Maths).unwrap().value;
    assert!(published > 0.8, "far from what is taken where nothing is known: {published}");
    (ground, f64::from(published))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_preferred_is_measured_by_the_other_and_who_is_no_good_by_the_prompt() {
    let (ground, published) = one_known().await;
    let (a, b) = two(&ground).await;
    let cast = |verdict| CastVote { ballot: Ballot::Pair { a, b, verdict }, blind: false };
    let strength = f64::from(routing::classify("Prove that there are infinitely many primes.").strength);
    // Who won did better than the second, and who lost did worse than the first, of which nothing is published.
    let by_each_other = (published, 0.5);
    for (verdict, (first, second)) in [
        (Verdict::A, by_each_other),
        (Verdict::BothBad, (strength, strength)),
        (Verdict::B, by_each_other),
        (Verdict::Tie, by_each_other),
    ] {
        let vote = ground.engine.vote(&cast(verdict)).await.unwrap();
        let found = (needed(&ground.engine, 1), needed(&ground.engine, 2));
        let near = (found.0 - first).abs() < 1e-3 && (found.1 - second).abs() < 1e-3;
        assert!(near, "{verdict:?}: {found:?}, not {first} {second}");
        ground.engine.take_back_vote(vote.id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_that_one_replaces_are_taken_back_each_as_it_was_learned() {
    let (ground, published) = one_known().await;
    let run = ground
        .ask(
            "Prove that there are infinitely many primes.",
            &["chat/ok?seed=1", "chat/ok?seed=1", "chat/ok?seed=2", "chat/ok?seed=2"],
        )
        .await;
    ground.end_of(&run).await;
    let [a, b, c, d] = [0, 1, 2, 3].map(|at: usize| run.columns[at].message);
    let best = |best, others: &[MessageId]| CastVote {
        ballot: Ballot::Best { best, others: others.to_vec() },
        blind: false,
    };
    // Among answers of one model each, then one among all: it takes the place of both.
    ground.engine.vote(&best(a, &[b])).await.unwrap();
    ground.engine.vote(&best(c, &[d])).await.unwrap();
    assert!((needed(&ground.engine, 1) - 0.5).abs() < 1e-3);
    let last = ground.engine.vote(&best(a, &[b, c, d])).await.unwrap();
    let found = (needed(&ground.engine, 1), needed(&ground.engine, 2));
    // The first won of the second, and its other answer lost to it; so did both of the second.
    let first = f64::midpoint(published, 0.5);
    assert!((found.0 - first).abs() < 0.02 && (found.1 - 0.5).abs() < 0.02, "{found:?}, not {first} 0.5");
    ground.engine.take_back_vote(last.id).await.unwrap();
    assert_eq!(liked(&ground.engine), None);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_simulated_fault_made_of_a_call_teaches_nothing() {
    let ground = Ground::with("[engine]\nmax_attempts = 1\n").await;
    let target = "chat/ok?gap_ms=0";
    let observed = || ground.engine.learned().iter().any(|one| one.target.as_str() == target);
    for (fault, outcome) in [
        (Fault::Down, "network"),
        (Fault::RateLimited { retry_after_ms: Some(60_000) }, "rate_limited"),
        (Fault::Cut { after: 1 }, "upstream"),
        (Fault::Slow { ms: 1 }, "complete"),
    ] {
        let on = "chat".parse().unwrap();
        let simulated = NewSimulation { on, fault, for_ms: 60_000, share: None, seed: 1 };
        ground.engine.simulate(simulated).unwrap();
        assert_eq!(ground.answer(target).await.outcome(), outcome);
        assert_eq!(ground.engine.end_simulations(None), 1);
        assert!(!observed(), "{fault:?}");
        assert!(ground.engine.used_up().is_empty(), "{fault:?}");
    }
    // The twin: a call like these that nothing befell.
    assert_eq!(ground.answer(target).await.outcome(), "complete");
    assert!(observed());
}

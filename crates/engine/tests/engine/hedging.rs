//! A column that hears nothing from one of its targets asks the next beside it: who has something to say first
//! answers, and both are paid for.

use crate::ground::{Answer, Ground, Shown, asking};
use domain::{AttemptOutcome, BatchAction, BudgetCap, BudgetPeriod, EventItem, RunOrigin, UsageBy};
use engine::{Engine, EngineOptions};

/// Nobody waits for a first word that comes after ten minutes.
const PAIRS: &str = "[engine]\nmax_attempts = 3\n\n[routing]\nhedge_ms = 50\n\n[aliases]\n\
    late = [\"chat/slow-first?ms=600000\", \"anthropic/ok?tokens=8&gap_ms=0\"]\n\
    mute = [\"chat/silence\", \"responses/ok?tokens=8&gap_ms=0\"]\n\
    first = [\"chat/slow-first?ms=300&tokens=8&gap_ms=0\", \"anthropic/silence\"]\n\
    steady = [\"chat/ok?tokens=20&gap_ms=10\", \"anthropic/ok?tokens=8\"]\n\
    broken = [\"chat/500-always?head_ms=200\", \"anthropic/401?head_ms=400\"]\n\
    rescued = [\"chat/500-always?head_ms=150\", \"anthropic/slow-first?ms=300&tokens=8&gap_ms=0\"]\n\
    alone = [\"chat/slow-first?ms=300&tokens=8&gap_ms=0\"]\n";

fn outcomes(answer: &Answer) -> Vec<(&str, AttemptOutcome)> {
    answer.attempts.iter().map(|one| (one.provider.as_str(), one.outcome)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_in_time_is_left_when_another_answers() {
    use AttemptOutcome::{Cancelled, Complete};
    let ground = Ground::with(PAIRS).await;
    for (alias, other) in [("late", "anthropic"), ("mute", "responses")] {
        let before = ground.provider.log().len();
        let answer = ground.answer(alias).await;
        assert_eq!(answer.outcome(), "complete", "{alias}");
        assert!(answer.served().unwrap().as_str().starts_with(other), "{alias}");
        assert_eq!(outcomes(&answer), [("chat", Cancelled), (other, Complete)], "{alias}");
        // All that was shown is of the one, and what is stored is what was shown.
        assert_eq!((answer.text(), &answer.shown), (testkit::answer(8, 0), &answer.text()));
        ground.provider.closed(before).await;
        assert!(ground.provider.log()[before].abandoned(), "{alias}: its connection is closed");
        let left = &answer.attempts[0].usage;
        assert!(left.input.unwrap() > 0 && left.output.unwrap_or(0) == 0, "its prompt at least: {left:?}");
    }
    // Routes learn that it took at least so long.
    let learned = ground.engine.learned();
    let slow = learned.iter().find(|one| one.target.as_str() == "chat/silence").unwrap();
    assert!(slow.measures.iter().any(|one| one.measure == "firstMs"), "{slow:?}");
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_may_still_be_the_first_and_who_is_in_time_is_alone() {
    use AttemptOutcome::{Cancelled, Complete};
    let ground = Ground::with(PAIRS).await;
    let answer = ground.answer("first").await;
    assert_eq!(outcomes(&answer), [("chat", Complete), ("anthropic", Cancelled)]);
    assert!(answer.served().unwrap().as_str().starts_with("chat/"));
    // A stream that has begun is not joined, nor is one that there is no other for.
    for alias in ["steady", "alone"] {
        let answer = ground.answer(alias).await;
        assert_eq!(outcomes(&answer), [("chat", Complete)], "{alias}");
    }
    // The twin: nobody is asked beside another where the settings do not say so.
    let ground = Ground::with(&PAIRS.replace("hedge_ms = 50", "hedge_ms = 0")).await;
    assert_eq!(outcomes(&ground.answer("first").await), [("chat", Complete)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_fails_leaves_it_to_the_other_and_two_that_fail_are_told() {
    use AttemptOutcome::{Complete, Failed};
    let ground = Ground::with(PAIRS).await;
    let answer = ground.answer("rescued").await;
    assert_eq!((answer.outcome().as_str(), answer.text()), ("complete", testkit::answer(8, 0)));
    assert_eq!(outcomes(&answer), [("chat", Failed), ("anthropic", Complete)]);
    let answer = ground.answer("broken").await;
    assert_eq!(answer.outcome(), "auth");
    assert_eq!(outcomes(&answer)[..2], [("chat", Failed), ("anthropic", Failed)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stops_stops_both() {
    let pairs = PAIRS.replace("anthropic/ok?tokens=8&gap_ms=0", "anthropic/silence");
    let ground = Ground::with(&pairs).await;
    let run = ground.ask("Wait.", &["late"]).await;
    while ground.provider.log().len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    ground.engine.stop_run(run.run).await.unwrap();
    let answer = ground.end_of(&run).await.remove(0);
    assert_eq!(answer.outcome(), "stopped");
    assert!(
        answer.attempts.iter().all(|one| one.outcome == AttemptOutcome::Cancelled),
        "{:?}",
        answer.attempts
    );
    assert_eq!(answer.attempts.len(), 2);
    ground.provider.closed(0).await;
    ground.provider.closed(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_count_in_a_budget_and_where_it_has_no_room_for_two_one_is_asked() {
    let ground = Ground::with(PAIRS).await;
    let folder = ground.engine.create_folder("Work", None).await.unwrap();
    let run = ground.ask("Say something.", &["chat/ok?tokens=2&gap_ms=0"]).await;
    ground.end_of(&run).await;
    let action = BatchAction::Move { folder: Some(folder) };
    ground.engine.change_conversations(&[run.conversation], &action).await.unwrap();
    let capped = async |tokens: u32| {
        let cap = BudgetCap { period: BudgetPeriod::Total, usd: None, tokens: Some(tokens) };
        ground.engine.set_folder_budgets(folder, &[cap]).await.unwrap();
    };
    let spent = async || {
        let budgets = ground.engine.budgets().await.unwrap();
        let budget = budgets.into_iter().find(|one| one.folder == Some(folder)).unwrap().budget;
        u64::from(budget.spent_tokens)
    };
    let again = async |alias: &str| {
        let request = asking(Some(run.conversation), "Go on.", &[alias]);
        let run = ground.engine.start_run(request, RunOrigin::Cli).await.unwrap();
        ground.end_of(&run).await.remove(0)
    };
    capped(50_000).await;
    let answer = again("mute").await;
    let took: u64 = answer.attempts.iter().map(|attempt| attempt.usage.total()).sum();
    assert_eq!((answer.attempts.len(), spent().await), (2, took));
    // Room for one answer of usual length, and not for two.
    capped(u32::try_from(took).unwrap() + 6_000).await;
    let answer = again("first").await;
    assert_eq!(outcomes(&answer), [("chat", AttemptOutcome::Complete)]);
    assert_eq!(spent().await, took + answer.attempts[0].usage.total());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_cost_what_both_of_its_calls_did() {
    let row = |model: &str| format!("[[prices]]\nmodel = {model:?}\ninput = 1000.0\noutput = 1000.0\n");
    let prices = row("chat/silence") + &row("responses/ok?tokens=8&gap_ms=0");
    let ground = Ground::with(&format!("{PAIRS}{prices}")).await;
    let answer = ground.answer("mute").await;
    let costs: Vec<i64> = answer.attempts.iter().map(|one| one.cost.unwrap().0).collect();
    assert!(costs.len() == 2 && costs.iter().all(|cost| *cost > 0), "{costs:?}");
    assert_eq!(answer.completion.metrics.cost.unwrap().usd.0, costs.iter().sum::<i64>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_calls_whose_process_dies_are_each_a_line_of_their_own() {
    let pair = "[routing]\nhedge_ms = 50\n\n[aliases]\npair = [\"chat/silence\", \"anthropic/silence\"]\n";
    let ground = Ground::with(pair).await;
    let home = ground.home.path().to_owned();
    let died = tokio::task::spawn_blocking(move || {
        let process =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let run = process.block_on(async {
            let engine = Engine::open(&home, EngineOptions::command()).await.unwrap();
            let started = engine.start_run(asking(None, "long", &["pair"]), RunOrigin::Cli).await.unwrap();
            let mut events = engine.events(started.run, 0).await.unwrap();
            let second = |item: &EventItem| matches!(item, EventItem::Attempt { number: 2, .. });
            while !events.next().await.unwrap().items.iter().any(second) {}
            started
        });
        process.shutdown_timeout(std::time::Duration::from_secs(10));
        run
    });
    let started = died.await.unwrap();
    Shown::of(&ground.engine, started.run).await;
    let answer = ground.end_of(&started).await.remove(0);
    assert_eq!(answer.attempts.len(), 2);
    for call in &answer.attempts {
        // Nobody reported anything of either.
        assert_eq!((call.outcome, call.usage_by), (AttemptOutcome::Interrupted, Some(UsageBy::Estimated)));
        assert!(call.usage.input.unwrap() > 0 && call.usage.output.unwrap_or(0) == 0, "{:?}", call.usage);
    }
    assert_eq!(answer.completion.metrics.usage_by, Some(UsageBy::Estimated));
}

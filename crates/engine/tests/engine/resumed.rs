//! A column whose answer breaks off after its first words, where the settings have the next target go on with it.

use crate::ground::{Answer, Ground, Shown, asking};
use domain::AttemptOutcome::{Complete, Failed};
use domain::{AttemptOutcome, EventItem, RunOrigin, UsageBy};
use engine::{Engine, EngineOptions};

const BROKEN: &str = "[engine]\nmax_attempts = 3\n\n[routing]\non_cut = \"resume\"\n\n[aliases]\n\
    broken = [\"chat/cut?after=40&tokens=60\", \"responses/ok?tokens=60&goes_on=1\", \"anthropic/ok?tokens=60&goes_on=1\"]\n\
    twice = [\"anthropic/cut?after=20&tokens=60\", \"anthropic/cut?goes_on=1&after=20&tokens=60\", \"anthropic/ok?tokens=60&goes_on=1\"]\n\
    refused = [\"chat/cut?after=40&tokens=60\", \"anthropic/no-prefill?tokens=60\"]\n\
    nobody = [\"chat/cut?after=40&tokens=60\", \"responses/ok?tokens=60&goes_on=1\"]\n";

fn outcomes(answer: &Answer) -> Vec<(&str, AttemptOutcome)> {
    answer.attempts.iter().map(|one| (one.provider.as_str(), one.outcome)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_broke_off_is_gone_on_with_by_the_next_and_shown_as_one_answer() {
    let ground = Ground::with(BROKEN).await;
    for (alias, attempts) in [
        ("broken", &[("chat", Failed), ("anthropic", Complete)][..]),
        ("twice", &[("anthropic", Failed), ("anthropic", Failed), ("anthropic", Complete)]),
    ] {
        let answer = ground.answer(alias).await;
        assert_eq!(answer.outcome(), "complete", "{alias}");
        assert_eq!((answer.text(), &answer.shown), (testkit::answer(60, 0), &answer.text()), "{alias}");
        assert_eq!(outcomes(&answer), attempts, "{alias}");
        assert!(answer.served().unwrap().as_str().starts_with("anthropic/ok"), "{alias}");
        // Who broke off was not counted to the end by anybody: its words are estimated, and the answer's are all.
        let output = |at: usize| answer.attempts[at].usage.output.unwrap();
        let all: u32 = (0..attempts.len()).map(output).sum();
        let usage = answer.completion.metrics.usage;
        assert_eq!(
            (usage.output, answer.completion.metrics.usage_by),
            (Some(all), Some(UsageBy::Estimated)),
            "{alias}"
        );
        assert!((0..attempts.len()).all(|at| output(at) > 0), "{alias}");
    }
    // Who would begin anew was not asked.
    let asked = ground.provider.calls_of("ok?tokens=60&goes_on=1");
    assert!(asked.iter().all(|call| call.path.ends_with("/messages")));
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_goes_on_it_has_failed_as_it_broke_off_and_the_text_is_kept() {
    for (config, alias, calls) in [
        (BROKEN.to_owned(), "refused", 2),
        (BROKEN.to_owned(), "nobody", 1),
        (BROKEN.replace("max_attempts = 3", "max_attempts = 2"), "twice", 2),
        // The twin: nobody wishes it.
        (BROKEN.replace("\"resume\"", "\"fail\""), "broken", 1),
    ] {
        let ground = Ground::with(&config).await;
        let answer = ground.answer(alias).await;
        assert_eq!((answer.outcome().as_str(), answer.attempts.len()), ("network", calls), "{alias}");
        let text = answer.text();
        assert!(!text.is_empty() && testkit::answer(60, 0).starts_with(&text), "{alias}");
        assert_eq!(answer.shown, text, "{alias}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_while_somebody_goes_on_counts_each_word_once() {
    let pair = "[routing]\non_cut = \"resume\"\n\n[aliases]\n\
        pair = [\"chat/cut?after=40&tokens=400\", \"anthropic/stall?goes_on=1&after=20&tokens=400\"]\n";
    let ground = Ground::with(pair).await;
    let home = ground.home.path().to_owned();
    let died = tokio::task::spawn_blocking(move || {
        let process =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let run = process.block_on(async {
            let engine = Engine::open(&home, EngineOptions::command()).await.unwrap();
            let started = engine.start_run(asking(None, "long", &["pair"]), RunOrigin::Cli).await.unwrap();
            let mut events = engine.events(started.run, 0).await.unwrap();
            let mut second = false;
            loop {
                let batch = events.next().await.unwrap();
                let items = &batch.items;
                for item in items {
                    second |= matches!(item, EventItem::Attempt { number: 2, .. });
                    if second && matches!(item, EventItem::Append { .. }) {
                        return started;
                    }
                }
            }
        });
        process.shutdown_timeout(std::time::Duration::from_secs(10));
        run
    });
    let started = died.await.unwrap();
    Shown::of(&ground.engine, started.run).await;
    let answer = ground.end_of(&started).await.remove(0);
    assert!(testkit::answer(400, 0).starts_with(&answer.text()) && answer.text().len() > 100);
    assert_eq!(outcomes(&answer), [("chat", Failed), ("anthropic", AttemptOutcome::Interrupted)]);
    let output = |at: usize| answer.attempts[at].usage.output.unwrap();
    let all = u32::try_from(answer.text().len()).unwrap();
    let usage = answer.completion.metrics.usage;
    assert_eq!(usage.output, Some(output(0) + output(1)));
    assert!(output(0) > output(1) && output(0) + output(1) < all, "{usage:?}");
}

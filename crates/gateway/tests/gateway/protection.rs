//! Faults that are simulated, breakers that are opened by hand, and limits of providers.

use crate::wire::{Shape, Wire};
use domain::{BreakerWord, Fault, NewSimulation};

const ENGINE: &str = "[engine]\nmax_attempts = 3\n\n[aliases]\nfast = [\"chat/ok?gap_ms=0&tokens=8\", \"anthropic/ok?gap_ms=0&tokens=8\"]\n";

fn simulation(on: &str, fault: Fault) -> NewSimulation {
    NewSimulation { on: on.parse().unwrap(), fault, for_ms: 60_000, share: None, seed: 1 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_simulated_to_fail_is_survived_and_never_asked() {
    let wire = Wire::with(ENGINE).await;
    let good = wire.ask(Shape::Chat, "fast", false).await;
    assert_eq!(good.header("x-orchesity-target"), "chat/ok?gap_ms=0&tokens=8");
    for fault in [Fault::Down, Fault::RateLimited { retry_after_ms: Some(60_000) }] {
        let before = wire.server.log().len();
        let simulated = wire.engine.simulate(simulation("chat", fault)).unwrap();
        let heard = wire.ask(Shape::Chat, "fast", true).await;
        heard.expect_whole(&good.text, "the other one");
        assert!(heard.header("x-orchesity-target").starts_with("anthropic/"), "{fault:?}");
        assert_eq!(wire.server.log().len(), before + 1, "{fault:?}");
        assert!(wire.engine.simulations()[0].befell > 0);
        assert_eq!(wire.engine.end_simulations(Some(simulated.id)), 1);
        wire.engine.reset_breaker(&"chat/ok?gap_ms=0&tokens=8".parse().unwrap());
    }
    // Cut before it said anything to its end: told as broken, never as whole.
    wire.engine.simulate(simulation("chat/ok?gap_ms=1&tokens=30", Fault::Cut { after: 3 })).unwrap();
    let heard = wire.ask(Shape::Chat, "chat/ok?gap_ms=1&tokens=30", true).await;
    heard.expect_error("cut");
    assert!(!heard.text.is_empty());
    assert!(wire.engine.simulate(simulation("nobody", Fault::Down)).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_gateway_too_a_simulated_fault_teaches_nothing_and_leaves_no_limit_used_up() {
    let wire = Wire::with(ENGINE).await;
    let (first, other) = ("chat/ok?gap_ms=0&tokens=8", "anthropic/ok?gap_ms=0&tokens=8");
    let observed = |target| wire.engine.learned().iter().any(|one| one.target.as_str() == target);
    for fault in [Fault::Down, Fault::RateLimited { retry_after_ms: Some(60_000) }] {
        wire.engine.simulate(simulation("chat", fault)).unwrap();
        assert_eq!(wire.ask(Shape::Chat, "fast", true).await.header("x-orchesity-target"), other);
        assert_eq!(wire.engine.used_up().len(), usize::from(fault != Fault::Down));
        assert_eq!(wire.engine.end_simulations(None), 1);
        assert!(wire.engine.used_up().is_empty(), "{fault:?}");
        assert!(!observed(first), "{fault:?}");
    }
    // The twins: who answered instead was observed, and so is the first when it is asked in earnest.
    assert!(observed(other));
    assert_eq!(wire.ask(Shape::Chat, "fast", true).await.header("x-orchesity-target"), first);
    assert!(observed(first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_breaker_that_is_opened_by_hand_sends_calls_elsewhere_until_it_is_reset() {
    let wire = Wire::with(ENGINE).await;
    let first = "chat/ok?gap_ms=0&tokens=8".parse().unwrap();
    wire.engine.trip_breaker(&first).await.unwrap();
    let view = wire.engine.breaker_views().remove(0);
    assert_eq!((view.state, view.by_hand), (BreakerWord::Open, true));
    let heard = wire.ask(Shape::Chat, "fast", false).await;
    assert!(heard.header("x-orchesity-target").starts_with("anthropic/"));
    assert_eq!(wire.engine.reset_breaker(&first), 1);
    let heard = wire.ask(Shape::Chat, "fast", false).await;
    assert_eq!(heard.header("x-orchesity-target"), first.as_str());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_never_asked_for_more_at_a_time_than_it_allows() {
    let config = "limits = { concurrent = 2 }\n\n[engine]\nmax_attempts = 1\n";
    let wire = std::sync::Arc::new(Wire::with(config).await);
    // The row above is the last provider's: `anthropic`.
    let mut asking = Vec::new();
    for _ in 0..8 {
        let wire = wire.clone();
        asking.push(tokio::spawn(async move {
            wire.ask(Shape::Messages, "anthropic/ok?gap_ms=5&tokens=10", true).await.status
        }));
    }
    for one in asking {
        assert_eq!(one.await.unwrap(), 200);
    }
    let log = wire.server.log();
    let most = log.iter().map(|one| {
        // The server notes an end some time after we have heard it; a call takes several times as long.
        let heard = one.at + std::time::Duration::from_millis(20);
        let meets =
            |other: &&testkit::Call| other.at <= one.at && other.ended.is_none_or(|ended| ended > heard);
        log.iter().filter(meets).count()
    });
    assert_eq!((log.len(), most.max()), (8, Some(2)));
}

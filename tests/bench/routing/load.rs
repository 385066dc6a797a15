//! Breakers and budgets under 64 threads at once: how many go through in a second, all threads together.

use crate::{Done, figure};
use domain::{
    BudgetCap, BudgetPeriod, CaptureLevel, ErrorKind, KeyLimits, KeyScopes, NanoUsd, NewKey, Target,
};
use engine::{Engine, EngineOptions, Estimate};
use routing::Breaker;
use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Arc, Barrier, Mutex, PoisonError},
    thread,
    time::Instant,
};

const THREADS: usize = 64;
const TARGETS: usize = 40;
/// Steps of each thread.
const BREAKER_STEPS: usize = if cfg!(debug_assertions) { 200 } else { 20_000 };
const BUDGET_STEPS: usize = if cfg!(debug_assertions) { 5 } else { 500 };

pub async fn run() -> Done {
    breakers()?;
    budgets().await
}

/// Leave to call and how it ended, with every breaker behind the one lock that the engine has them behind.
fn breakers() -> Done {
    let targets: Vec<Target> =
        (0..TARGETS).map(|at| format!("provider-{at}/model").parse()).collect::<Result<_, _>>()?;
    let all: Mutex<HashMap<Target, Breaker>> = Mutex::default();
    let (per_second, _) = together(BREAKER_STEPS, |thread, step| {
        let target = &targets[(thread * 7 + step) % TARGETS];
        let now = step as u64;
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let breaker = all.entry(target.clone()).or_default();
        if let Ok(leave) = breaker.enter(now) {
            // One in ten fails, so that some of them open, too.
            if (thread + step).is_multiple_of(10) {
                black_box(breaker.failed(leave, ErrorKind::Upstream, now));
            } else {
                breaker.succeeded(leave);
            }
        }
        true
    });
    figure("routing", "breaker, 64 threads, one lock", per_second, "calls/s");
    Ok(())
}

/// Room in a key's budget of the day is set aside and given back, as for a call that was not sent.
async fn budgets() -> Done {
    let home = tempfile::tempdir()?;
    let engine = Engine::open(home.path(), EngineOptions::command()).await?;
    let new = NewKey {
        name: "bench".to_owned(),
        scopes: KeyScopes::default(),
        limits: KeyLimits::default(),
        budgets: vec![BudgetCap {
            period: BudgetPeriod::Day,
            usd: Some(NanoUsd(1_000_000_000_000)),
            tokens: None,
        }],
        capture: CaptureLevel::Full,
        expires_at: None,
    };
    let issued = engine.virtual_keys().issue(new).await?;
    let grant = engine.virtual_keys().check(&issued.key)?;
    let target: Target = "simulated/steady".parse()?;
    let estimate = Estimate {
        route: "/v1/chat/completions",
        target: &target,
        input_tokens_max: 1_000,
        output_tokens_max: 1_000,
        cost_max: Some(NanoUsd(1_000_000)),
    };
    let runtime = tokio::runtime::Handle::current();
    let (per_second, let_in) = tokio::task::block_in_place(|| {
        together(BUDGET_STEPS, |_, _| runtime.block_on(engine.admit(&grant, estimate)).is_ok())
    });
    figure("routing", "budget, 64 threads, one key", per_second, "calls/s");
    engine.close().await;
    let all = THREADS * BUDGET_STEPS;
    if let_in < all {
        return Err(format!("{} of {all} calls found no room in a budget that has it", all - let_in).into());
    }
    Ok(())
}

/// Every thread does a step so often; how many steps that were in a second, and how many of them came to something.
fn together(steps: usize, one: impl Fn(usize, usize) -> bool + Sync) -> (f64, usize) {
    let start = Arc::new(Barrier::new(THREADS + 1));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (start, one) = (Arc::clone(&start), &one);
                scope.spawn(move || {
                    start.wait();
                    (0..steps).filter(|step| one(thread, *step)).count()
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        let done = threads.into_iter().map(|thread| thread.join().unwrap_or_default()).sum();
        ((THREADS * steps) as f64 / begun.elapsed().as_secs_f64(), done)
    })
}

//! The breaker beside a model of what it promises, through whatever callers may do in whatever order. The model
//! knows callers by name and keeps what it saw; the breaker knows only the leaves that it gave. Twins that break
//! one promise each have to be found out.

use super::{Breaker, BreakerState, Leave, OPEN_MS, PROBE_MS};
use domain::ErrorKind;
use proptest::{prelude::*, sample::Index, strategy::ValueTree, test_runner::TestRunner};

/// What somebody does. Who of those under way it is, is chosen among them.
#[derive(Debug, Clone)]
enum Step {
    Enter,
    Succeed(Index),
    Fail(Index, ErrorKind),
    /// The call is not made, or its caller leaves.
    Leave(Index),
    Trip,
    /// It is forgotten, as `reset` does.
    Reset,
    Pass(u64),
}

/// Whatever says nothing of a target's health.
const HARMLESS: [ErrorKind; 5] = [
    ErrorKind::RateLimited,
    ErrorKind::BadRequest,
    ErrorKind::Cancelled,
    ErrorKind::ContextLength,
    ErrorKind::Auth,
];
const TELLING: [ErrorKind; 4] =
    [ErrorKind::Network, ErrorKind::Timeout, ErrorKind::Overloaded, ErrorKind::Upstream];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = any::<Index>;
    // Times around the edges of a minute and of a probe's patience: elsewhere nothing changes.
    let wait = prop_oneof![
        5 => 0..5_u64,
        2 => 1..OPEN_MS,
        4 => OPEN_MS - 2..OPEN_MS + 2,
        1 => PROBE_MS - 2..PROBE_MS + 2,
    ];
    let step = prop_oneof![
        8 => Just(Step::Enter),
        2 => who().prop_map(Step::Succeed),
        6 => (who(), proptest::sample::select(&TELLING)).prop_map(|(who, kind)| Step::Fail(who, kind)),
        3 => (who(), proptest::sample::select(&HARMLESS)).prop_map(|(who, kind)| Step::Fail(who, kind)),
        3 => who().prop_map(Step::Leave),
        1 => Just(Step::Trip),
        1 => Just(Step::Reset),
        5 => wait.prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..120)
}

/// What is promised, said once more.
#[derive(Debug, Default)]
struct Model {
    in_a_row: u32,
    open_since: Option<u64>,
    by_hand: bool,
    /// Who finds out, and since when.
    probe: Option<(usize, u64)>,
}

impl Model {
    /// Whether somebody may call, and then whether it is they who find out.
    fn enter(&mut self, who: usize, now: u64) -> Option<bool> {
        let Some(since) = self.open_since else { return Some(false) };
        let taken = self.probe.is_some_and(|(_, began)| now < began + PROBE_MS);
        if now < since + OPEN_MS || taken {
            return None;
        }
        self.probe = Some((who, now));
        Some(true)
    }

    fn is_probe(&self, who: usize) -> bool {
        self.probe.is_some_and(|(probe, _)| probe == who)
    }

    fn ended(&mut self, who: usize, how: Result<(), ErrorKind>, now: u64) {
        match how {
            Ok(()) if self.by_hand && !self.is_probe(who) => {}
            Ok(()) => *self = Self::default(),
            Err(kind) if HARMLESS.contains(&kind) => self.left(who),
            Err(_) => {
                self.in_a_row += 1;
                if self.is_probe(who) || (self.open_since.is_none() && self.in_a_row >= 3) {
                    (self.open_since, self.probe) = (Some(now), None);
                }
            }
        }
    }

    fn left(&mut self, who: usize) {
        if self.is_probe(who) {
            self.probe = None;
        }
    }

    fn state(&self, now: u64) -> BreakerState {
        match self.open_since {
            None => BreakerState::Closed,
            Some(since) if now < since + OPEN_MS => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }
}

/// A breaker, or one that breaks a promise.
#[derive(Debug, Clone, Copy)]
enum Kept {
    All,
    /// The place of a call that was not made does not come back.
    Leaks,
    /// Any call that once found out frees the place, whoever has it now.
    FreesForOthers,
    /// A limit counts as a failure.
    CountsLimits,
}

impl Kept {
    fn left(self, breaker: &mut Breaker, leave: Leave) {
        match (self, leave) {
            (Self::Leaks, _) => {}
            (Self::FreesForOthers, Leave::Probe(_)) => breaker.probing = None,
            _ => breaker.unused(leave),
        }
    }

    fn failed(self, breaker: &mut Breaker, leave: Leave, kind: ErrorKind, now: u64) {
        match (self, kind) {
            (Self::CountsLimits, ErrorKind::RateLimited) => {
                breaker.failed(leave, ErrorKind::Overloaded, now);
            }
            (Self::Leaks | Self::FreesForOthers, kind) if HARMLESS.contains(&kind) => {
                self.left(breaker, leave);
            }
            _ => {
                breaker.failed(leave, kind, now);
            }
        }
    }
}

/// Walks both through the steps; the first thing in which they differ.
fn walk(steps: &[Step], kept: Kept) -> Result<(), String> {
    let (mut breaker, mut model) = (Breaker::default(), Model::default());
    let (mut now, mut under_way, mut callers) = (1_u64, Vec::<(usize, Leave)>::new(), 0);
    for (at, step) in steps.iter().enumerate() {
        let mut take = |who: &Index| {
            let some = !under_way.is_empty();
            some.then(|| under_way.swap_remove(who.index(under_way.len())))
        };
        match step {
            Step::Enter => {
                callers += 1;
                let (let_in, promised) = (breaker.enter(now), model.enter(callers, now));
                let probe = let_in.ok().map(|leave| leave != Leave::Usual);
                if probe != promised {
                    return Err(format!("step {at}: let in as {let_in:?}, promised {promised:?}"));
                }
                under_way.extend(let_in.ok().map(|leave| (callers, leave)));
            }
            Step::Succeed(who) => {
                if let Some((who, leave)) = take(who) {
                    breaker.succeeded(leave);
                    model.ended(who, Ok(()), now);
                }
            }
            Step::Fail(who, kind) => {
                if let Some((who, leave)) = take(who) {
                    kept.failed(&mut breaker, leave, *kind, now);
                    model.ended(who, Err(*kind), now);
                }
            }
            Step::Leave(who) => {
                if let Some((who, leave)) = take(who) {
                    kept.left(&mut breaker, leave);
                    model.left(who);
                }
            }
            Step::Trip => {
                breaker.trip(now);
                (model.open_since, model.probe, model.by_hand) = (Some(now), None, true);
            }
            Step::Reset => (breaker, model) = (Breaker::default(), Model::default()),
            Step::Pass(ms) => now += ms,
        }
        if (breaker.state(now), breaker.failures()) != (model.state(now), model.in_a_row) {
            return Err(format!("step {at}: {breaker:?} is not {model:?}"));
        }
    }
    // Whoever is still under way leaves: a minute later one may call, and of many no second finds out.
    for (_, leave) in under_way {
        kept.left(&mut breaker, leave);
    }
    now += OPEN_MS;
    match breaker.enter(now) {
        Err(wait) => Err(format!("it stays shut: come again in {wait} ms")),
        Ok(Leave::Probe(_)) if breaker.enter(now).is_ok() => Err("two find out at once".to_owned()),
        Ok(_) => Ok(()),
    }
}

fn found(kept: Kept) -> Option<String> {
    let mut runner = TestRunner::deterministic();
    (0..400).find_map(|_| walk(&steps().new_tree(&mut runner).ok()?.current(), kept).err())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_callers_do_one_finds_out_and_its_place_comes_back(steps in steps()) {
        prop_assert_eq!(walk(&steps, Kept::All), Ok(()));
    }
}

#[test]
fn a_breaker_that_breaks_a_promise_is_found_out() {
    for kept in [Kept::Leaks, Kept::FreesForOthers, Kept::CountsLimits] {
        assert!(found(kept).is_some(), "{kept:?} looks as good as the breaker");
    }
    assert_eq!(found(Kept::All), None);
}

/// Somebody opens it while a call finds out: what becomes of that call says nothing of the next one that does.
#[test]
fn who_found_out_before_it_was_opened_anew_gives_back_nobody_elses_place() {
    let mut breaker = Breaker::default();
    breaker.trip(0);
    let old = breaker.enter(OPEN_MS).unwrap();
    breaker.trip(OPEN_MS);
    let new = breaker.enter(2 * OPEN_MS).unwrap();
    breaker.unused(old);
    assert!(breaker.enter(2 * OPEN_MS).is_err(), "two find out at once");
    assert!(!breaker.succeeded(old) && !breaker.failed(old, ErrorKind::Upstream, 2 * OPEN_MS));
    assert_eq!(breaker.state(2 * OPEN_MS), BreakerState::HalfOpen);
    assert!(breaker.succeeded(new));
}

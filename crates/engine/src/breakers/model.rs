//! Passes of many callers for two targets with two keys each, in random order: whoever has one gives it back by
//! how the call ended or by letting go of it, and at no time do two find out about one.

use super::*;
use proptest::{prelude::*, sample::Index, strategy::ValueTree, test_runner::TestRunner};

#[derive(Debug, Clone)]
enum Step {
    Enter(usize),
    Succeed(Index),
    Fail(Index, ErrorKind),
    Drop(Index),
    Trip(usize),
    Reset(usize),
    Pass(u64),
}

const KINDS: [ErrorKind; 4] =
    [ErrorKind::Upstream, ErrorKind::Timeout, ErrorKind::RateLimited, ErrorKind::BadRequest];
const MINUTE: u64 = 60_000;
/// How long a probe is waited for.
const PATIENCE: u64 = 30 * MINUTE;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..4_usize).prop_map(Step::Enter),
        1 => any::<Index>().prop_map(Step::Succeed),
        6 => (any::<Index>(), proptest::sample::select(&KINDS)).prop_map(|(who, kind)| Step::Fail(who, kind)),
        3 => any::<Index>().prop_map(Step::Drop),
        1 => (0..4_usize).prop_map(Step::Trip),
        1 => (0..4_usize).prop_map(Step::Reset),
        4 => prop_oneof![0..5_u64, MINUTE - 2..MINUTE + 2].prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..150)
}

/// The target and the key of a place.
fn of(place: usize) -> (Target, String) {
    let target = if place / 2 == 0 { "a/b" } else { "a/c" };
    (target.parse().unwrap(), (place % 2).to_string())
}

/// A probe counts as under way until somebody opens or forgets its breaker.
struct UnderWay {
    place: usize,
    pass: Pass,
    since: u64,
    current: bool,
}

fn walk(steps: &[Step], leak: bool) -> Result<(), String> {
    let breakers = Arc::new(Breakers::default());
    let (mut now, mut under_way) = (0_u64, Vec::<UnderWay>::new());
    for (at, step) in steps.iter().enumerate() {
        let mut take = |who: &Index| {
            let some = !under_way.is_empty();
            some.then(|| under_way.swap_remove(who.index(under_way.len())))
        };
        match step {
            Step::Enter(place) => {
                let (target, key) = of(*place);
                if let Ok(pass) = breakers.enter_at(&target, &key, now) {
                    let mut others = under_way
                        .iter()
                        .filter(|one| one.place == *place && one.current && now < one.since + PATIENCE);
                    if pass.finds_out() && others.any(|one| one.pass.finds_out()) {
                        return Err(format!("step {at}: two find out about {target} at once"));
                    }
                    under_way.push(UnderWay { place: *place, pass, since: now, current: true });
                }
            }
            Step::Succeed(who) => {
                if let Some(one) = take(who) {
                    one.pass.succeeded();
                    // Where it closed, who was finding out is one of many now.
                    let open = breakers.held().contains_key(&of(one.place));
                    let others = under_way.iter_mut().filter(|other| other.place == one.place && !open);
                    others.for_each(|other| other.current = false);
                }
            }
            Step::Fail(who, kind) => {
                if let Some(one) = take(who) {
                    one.pass.failed_at(*kind, now);
                }
            }
            Step::Drop(who) => {
                if let Some(one) = take(who) {
                    if leak { std::mem::forget(one.pass) } else { drop(one.pass) }
                }
            }
            Step::Trip(place) | Step::Reset(place) => {
                let (target, key) = of(*place);
                if matches!(step, Step::Trip(_)) {
                    breakers.trip_at(&target, &key, now);
                } else {
                    breakers.reset(&target);
                }
                under_way
                    .iter_mut()
                    .filter(|one| of(one.place).0 == target)
                    .for_each(|one| one.current = false);
            }
            Step::Pass(ms) => now += ms,
        }
    }
    for one in under_way {
        if leak { std::mem::forget(one.pass) } else { drop(one.pass) }
    }
    now += MINUTE;
    (0..4).try_for_each(|place| {
        let (target, key) = of(place);
        let shut = |wait| format!("{target} stays shut for {wait} ms more");
        breakers.enter_at(&target, &key, now).map(drop).map_err(shut)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn of_all_who_have_leave_one_finds_out_and_however_it_goes_the_place_comes_back(steps in steps()) {
        prop_assert_eq!(walk(&steps, false), Ok(()));
    }
}

#[test]
fn a_pass_that_is_not_given_back_is_found_out() {
    let mut runner = TestRunner::deterministic();
    let mut walks = (0..500).filter_map(|_| Some(walk(&steps().new_tree(&mut runner).ok()?.current(), true)));
    assert!(walks.any(|walk| walk.is_err()), "a leaked pass looks as good as one that comes back");
}

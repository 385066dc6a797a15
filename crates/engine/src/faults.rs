//! Fault injection: upstream calls that are made to fail, to be slow, to be refused or to break off, for a
//! while. The same seed befalls the same calls. Nothing of it outlives the process.

use crate::{Engine, EngineError, engine::now};
use domain::{AttemptId, ErrorKind, Failure, Fault, NewSimulation, Simulation, Target};
use providers::AttemptError;
use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Most at a time.
const MOST: usize = 64;
/// Most befallen calls that are remembered; those that never came to an end are forgotten first.
const REMEMBERED: usize = 4_096;

/// All faults in force.
#[derive(Default)]
pub(crate) struct Faults {
    /// Whether there are any: all that is looked at while there are none.
    any: AtomicBool,
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    last: u32,
    list: Vec<Simulation>,
    /// Calls that something befell, and that have not ended yet: a fault may be over before its call is.
    befallen: VecDeque<AttemptId>,
}

impl Faults {
    fn held(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What befalls this call of a target now. Those that were begun first come first.
    pub(crate) fn befall(&self, target: &Target, attempt: AttemptId) -> Option<Fault> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let mut all = self.held();
        self.forget_old(&mut all);
        let befalls = |one: &mut Simulation| {
            one.seen = one.seen.saturating_add(1);
            let share = one.what.share.unwrap_or(1.0);
            let drawn = routing::unit(u64::from(one.what.seed), u64::from(one.seen));
            let hit = drawn < share;
            one.befell = one.befell.saturating_add(u32::from(hit));
            hit
        };
        let mut on_it = all.list.iter_mut().filter(|one| is_on(&one.what.on, target));
        let found = on_it.find_map(|one| befalls(one).then_some(one.what.fault));
        if found.is_some() {
            if all.befallen.len() >= REMEMBERED {
                all.befallen.pop_front();
            }
            all.befallen.push_back(attempt);
        }
        drop(all);
        if let Some(fault) = found {
            tracing::warn!(%target, ?fault, "a simulated fault befalls this call");
        }
        found
    }

    /// Whether something befell a call that has ended: what became of it says nothing of whom it was made to.
    pub(crate) fn befell(&self, attempt: AttemptId) -> bool {
        let mut all = self.held();
        let at = all.befallen.iter().position(|one| *one == attempt);
        at.is_some_and(|at| all.befallen.remove(at).is_some())
    }

    /// For how many milliseconds more something befalls calls of this target; `None`: nothing does.
    pub(crate) fn rest_ms(&self, target: &Target) -> Option<u32> {
        let now = now().millis();
        let all = self.held();
        let of_target = all.list.iter().filter(|one| is_on(&one.what.on, target));
        let rest = of_target.map(|one| one.until.millis() - now).max()?;
        u32::try_from(rest).ok()
    }

    fn forget_old(&self, all: &mut All) {
        let now = now();
        all.list.retain(|one| {
            let lasts = one.until > now;
            if !lasts {
                tracing::warn!(id = one.id, on = %one.what.on, "a simulated fault has ended");
            }
            lasts
        });
        self.any.store(!all.list.is_empty(), Ordering::Relaxed);
    }
}

/// Whether a fault on a provider, or on one of its models, is on this target.
fn is_on(on: &Target, target: &Target) -> bool {
    on == target || target.split().is_some_and(|(provider, _)| provider == on.as_str())
}

/// What happens to a call before it is made: it fails, or is late, and no later than the head of an answer.
pub(crate) async fn meet(fault: Option<Fault>, target: &Target, head_ms: u32) -> Result<(), AttemptError> {
    let failed = |kind, what: &str| {
        AttemptError::from(Failure::new(kind, format!("`{target}` is simulated to be {what}")))
    };
    match fault {
        None | Some(Fault::Cut { .. }) => Ok(()),
        Some(Fault::Down) => Err(failed(ErrorKind::Network, "down")),
        Some(Fault::RateLimited { retry_after_ms }) => {
            let AttemptError { failure, headers, body, .. } = failed(ErrorKind::RateLimited, "rate-limited");
            Err(AttemptError {
                failure: failure.retry_after(retry_after_ms),
                status: Some(429),
                headers,
                body,
            })
        }
        Some(Fault::Slow { ms }) => {
            tokio::time::sleep(Duration::from_millis(ms.min(head_ms).into())).await;
            if ms < head_ms {
                Ok(())
            } else {
                Err(failed(ErrorKind::Timeout, "slow: no answer began in time"))
            }
        }
    }
}

/// Breaks an answer off after so many pieces of content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cutter(u32);

impl Cutter {
    pub(crate) fn of(fault: Option<Fault>) -> Option<Self> {
        match fault {
            Some(Fault::Cut { after }) => Some(Self(after)),
            _ => None,
        }
    }

    /// Of what came from this place on, takes away what comes after the cut; the failure, once it has come.
    pub(crate) fn cut(&mut self, deltas: &mut Vec<dialects::Delta>, from: usize) -> Option<Failure> {
        for at in from..deltas.len() {
            if !deltas[at].is_content() {
                continue;
            }
            if self.0 == 0 {
                deltas.truncate(at);
                let text = "the answer broke off: it is simulated to";
                return Some(Failure::new(ErrorKind::Upstream, text));
            }
            self.0 -= 1;
        }
        None
    }
}

impl Engine {
    /// Makes upstream calls of a provider, or of one of its models, fail from now on. Says which simulation
    /// it is.
    ///
    /// # Errors
    /// When nobody has such a provider, or a number makes no sense.
    pub fn simulate(&self, new: NewSimulation) -> Result<Simulation, EngineError> {
        let bad = |text: String| Err(EngineError::BadInput(text));
        let provider = new.on.split().map_or(new.on.as_str(), |(provider, _)| provider);
        if self.config().provider(provider).is_none() {
            return bad(format!(
                "there is no provider `{provider}`; name one, or one of its models as `provider/model`"
            ));
        }
        if !(1..=NewSimulation::LONGEST_MS).contains(&new.for_ms) {
            return bad("a simulated fault lasts at least 1 ms and at most a day".to_owned());
        }
        if new.share.is_some_and(|share| !(share > 0.0 && share <= 1.0)) {
            return bad("a share is above 0 and at most 1".to_owned());
        }
        let faults = &self.0.faults;
        let mut all = faults.held();
        faults.forget_old(&mut all);
        if all.list.len() >= MOST {
            return bad(format!("{MOST} faults are simulated already; end some of them"));
        }
        all.last += 1;
        let until = domain::Timestamp::from_millis(now().millis() + i64::from(new.for_ms));
        let simulation = Simulation { id: all.last, what: new, until, seen: 0, befell: 0 };
        tracing::warn!(
            id = simulation.id, on = %simulation.what.on, fault = ?simulation.what.fault, for_ms = simulation.what.for_ms,
            "a fault is simulated from now on"
        );
        all.list.push(simulation.clone());
        faults.any.store(true, Ordering::Relaxed);
        drop(all);
        self.0.changes.tell(["routing"]);
        Ok(simulation)
    }

    /// Faults that are simulated now, oldest first.
    #[must_use]
    pub fn simulations(&self) -> Vec<Simulation> {
        let faults = &self.0.faults;
        let mut all = faults.held();
        faults.forget_old(&mut all);
        all.list.clone()
    }

    /// Ends a simulated fault, or all of them; says how many it was.
    pub fn end_simulations(&self, id: Option<u32>) -> u32 {
        let faults = &self.0.faults;
        let mut all = faults.held();
        let ends = |one: &Simulation| id.is_none_or(|id| one.id == id);
        let over: Vec<_> = all.list.iter().filter(|one| ends(one)).map(|one| one.what.on.clone()).collect();
        all.list.retain(|one| !ends(one));
        let ended = over.len();
        faults.forget_old(&mut all);
        drop(all);
        // A limit that was used up in earnest is told anew with the next call.
        self.0.quotas.forget(|target| over.iter().any(|on| is_on(on, target)));
        if ended > 0 {
            tracing::warn!(ended, "simulated faults were ended");
            self.0.changes.tell(["routing"]);
        }
        u32::try_from(ended).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::Delta;

    fn attempt(number: u128) -> AttemptId {
        AttemptId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn put(faults: &Faults, on: &str, fault: Fault, share: Option<f64>, seed: u32) {
        let what = NewSimulation { on: on.parse().unwrap(), fault, for_ms: 60_000, share, seed };
        let until = domain::Timestamp::from_millis(now().millis() + 60_000);
        faults.held().list.push(Simulation { id: 1, what, until, seen: 0, befell: 0 });
        faults.any.store(true, Ordering::Relaxed);
    }

    #[test]
    fn a_share_of_calls_is_befallen_and_the_same_seed_befalls_the_same() {
        let drawn = |seed| {
            let faults = Faults::default();
            put(&faults, "a", Fault::Down, Some(0.3), seed);
            let target: Target = "a/b".parse().unwrap();
            (0..1_000).map(|_| faults.befall(&target, attempt(1)).is_some()).collect::<Vec<_>>()
        };
        let first = drawn(7);
        let hit = first.iter().filter(|hit| **hit).count();
        assert!((250..350).contains(&hit), "{hit}");
        assert_eq!(first, drawn(7));
        assert_ne!(first, drawn(8));
    }

    #[test]
    fn a_fault_is_on_a_provider_or_on_one_of_its_models_and_on_nobody_else() {
        let faults = Faults::default();
        assert_eq!(faults.befall(&"a/b".parse().unwrap(), attempt(1)), None);
        put(&faults, "a/b", Fault::Down, None, 0);
        put(&faults, "c", Fault::Cut { after: 1 }, None, 0);
        let befalls = |target: &str| faults.befall(&target.parse().unwrap(), attempt(1));
        assert_eq!(befalls("a/b"), Some(Fault::Down));
        assert_eq!(befalls("c/d/e"), Some(Fault::Cut { after: 1 }));
        assert_eq!((befalls("a/c"), befalls("cc/d")), (None, None));
    }

    #[test]
    fn calls_that_something_befell_are_known_to_their_end_though_the_fault_is_over() {
        let faults = Faults::default();
        let target = "a/b".parse().unwrap();
        put(&faults, "a", Fault::Slow { ms: 1 }, None, 0);
        assert!(faults.befall(&target, attempt(1)).is_some());
        faults.held().list.clear();
        faults.any.store(false, Ordering::Relaxed);
        assert!(faults.befall(&target, attempt(2)).is_none());
        assert!(faults.befell(attempt(1)) && !faults.befell(attempt(2)));
        assert!(!faults.befell(attempt(1)), "it has ended");
        put(&faults, "a", Fault::Down, None, 0);
        for number in 0..5_000 {
            faults.befall(&target, attempt(number));
        }
        assert_eq!(faults.held().befallen.len(), REMEMBERED);
    }

    #[test]
    fn what_a_fault_says_of_limits_counts_no_longer_than_it_lasts() {
        let faults = Faults::default();
        put(&faults, "a", Fault::RateLimited { retry_after_ms: Some(600_000) }, None, 0);
        let rest = faults.rest_ms(&"a/b".parse().unwrap());
        assert!(rest.is_some_and(|ms| ms <= 60_000), "{rest:?}");
        assert_eq!(faults.rest_ms(&"c/b".parse().unwrap()), None);
    }

    #[test]
    fn what_comes_after_the_cut_is_not_told() {
        let mut cutter = Cutter::of(Some(Fault::Cut { after: 2 })).unwrap();
        let text = |text: &str| Delta::Text(text.to_owned());
        let mut deltas = vec![text("a")];
        assert_eq!(cutter.cut(&mut deltas, 0), None);
        let mut deltas = vec![text("b"), text("c"), text("d")];
        assert_eq!(cutter.cut(&mut deltas, 0).unwrap().kind, ErrorKind::Upstream);
        assert_eq!(deltas, [text("b")]);
    }
}

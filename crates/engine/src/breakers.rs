//! Whether targets are worth asking, as this process sees them: by calls of the window and of the gateway alike.

use crate::{Engine, EngineError, ways::KeysInUse};
use domain::{BreakerView, BreakerWord, ErrorKind, ProviderId, Target};
use routing::{Breaker, BreakerState, Leave};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Most targets that are remembered; those that are well are forgotten first.
const REMEMBERED: usize = 4_096;

/// One for each target and key of its provider.
pub(crate) struct Breakers {
    all: Mutex<HashMap<(Target, String), Breaker>>,
    pub(crate) in_use: KeysInUse,
    since: Instant,
}

impl Default for Breakers {
    fn default() -> Self {
        Self { all: Mutex::default(), in_use: KeysInUse::default(), since: Instant::now() }
    }
}

/// Leave to call a target. It goes back however the call ends, or is dropped.
pub(crate) struct Pass {
    breakers: Arc<Breakers>,
    of: (Target, String),
    leave: Option<Leave>,
}

impl Breakers {
    /// Leave to call a target with a key, of which the last characters tell it from others.
    ///
    /// # Errors
    /// In how many milliseconds it is worth coming again.
    pub(crate) fn enter(self: &Arc<Self>, target: &Target, key: &str) -> Result<Pass, u32> {
        self.enter_at(target, key, self.now())
    }

    /// Leave to call a target that is asked in any case: somebody chose it, and there is nobody else. How it ends
    /// counts like any other.
    pub(crate) fn attend(self: &Arc<Self>, target: &Target, key: &str) -> Pass {
        self.enter(target, key).unwrap_or_else(|_| Pass {
            breakers: Arc::clone(self),
            of: (target.clone(), key.to_owned()),
            leave: Some(Leave::Usual),
        })
    }

    fn enter_at(self: &Arc<Self>, target: &Target, key: &str, now: u64) -> Result<Pass, u32> {
        let of = (target.clone(), key.to_owned());
        let leave = match self.held().get_mut(&of) {
            Some(breaker) => breaker.enter(now)?,
            // One that never failed needs no place.
            None => Leave::Usual,
        };
        Ok(Pass { breakers: Arc::clone(self), of, leave: Some(leave) })
    }

    /// In how many milliseconds a target is worth asking with the key that its provider is asked with; `None` is
    /// now.
    pub(crate) fn wait_for(&self, target: &Target) -> Option<u32> {
        let now = self.now();
        let held = self.held();
        let fits = |known: &Target, key: &str| known == target && self.in_use.is(target, key);
        let mut of_target = held.iter().filter(|((known, key), _)| fits(known, key)).map(|(_, b)| *b);
        of_target.find_map(|mut breaker| breaker.enter(now).err())
    }

    /// Targets that are left alone now with the keys that are in use, and for how many milliseconds more.
    pub(crate) fn open(&self) -> Vec<(Target, u32)> {
        let now = self.now();
        let held = self.held();
        let mut open = Vec::new();
        for ((target, key), breaker) in held.iter() {
            let mut breaker = *breaker;
            if let Err(wait) = breaker.enter(now)
                && self.in_use.is(target, key)
            {
                open.push((target.clone(), wait));
            }
        }
        open
    }

    /// Opens that of a target and a key.
    fn trip(&self, target: &Target, key: &str) {
        self.trip_at(target, key, self.now());
    }

    fn trip_at(&self, target: &Target, key: &str, now: u64) {
        let mut held = self.held();
        held.entry((target.clone(), key.to_owned())).or_default();
        held.iter_mut().filter(|((known, _), _)| known == target).for_each(|(_, breaker)| breaker.trip(now));
    }

    /// Forgets those of a target; says how many there were.
    fn reset(&self, target: &Target) -> usize {
        let mut held = self.held();
        let before = held.len();
        held.retain(|(known, _), _| known != target);
        before - held.len()
    }

    /// Forgets those of a provider; says whether there were any.
    fn forget(&self, provider: &ProviderId) -> bool {
        let mut held = self.held();
        let before = held.len();
        held.retain(|(known, _), _| known.split().is_none_or(|(id, _)| id != provider.as_str()));
        held.len() < before
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<(Target, String), Breaker>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// Whether this is the call that finds out whether a target is well again.
    pub(crate) fn finds_out(&self) -> bool {
        matches!(self.leave, Some(Leave::Probe(_)))
    }

    /// The target answered.
    pub(crate) fn succeeded(mut self) {
        let Some(leave) = self.leave.take() else { return };
        let mut held = self.breakers.held();
        // One that is well needs no place.
        if held.get_mut(&self.of).is_some_and(|breaker| breaker.succeeded(leave)) {
            held.remove(&self.of);
        }
    }

    /// The call failed.
    pub(crate) fn failed(self, kind: ErrorKind) {
        let now = self.breakers.now();
        self.failed_at(kind, now);
    }

    fn failed_at(mut self, kind: ErrorKind, now: u64) {
        let Some(leave) = self.leave.take() else { return };
        let mut held = self.breakers.held();
        if held.len() >= REMEMBERED {
            held.retain(|_, breaker| breaker.state(now) != BreakerState::Closed);
        }
        let opened = held.entry(self.of.clone()).or_default().failed(leave, kind, now);
        drop(held);
        if opened {
            tracing::warn!(target = %self.of.0, %kind, "left alone for a minute after failures in a row");
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(leave) = self.leave.take()
            && let Some(breaker) = self.breakers.held().get_mut(&self.of)
        {
            breaker.unused(leave);
        }
    }
}

impl Engine {
    /// Leaves a target alone for a minute, with whichever key.
    ///
    /// # Errors
    /// When there is no such provider.
    pub async fn trip_breaker(&self, target: &Target) -> Result<(), EngineError> {
        let Some((provider, _)) = self.provider_and_model(target) else {
            let text = format!("`{target}` is no model of a provider; name it as `provider/model`");
            return Err(EngineError::BadInput(text));
        };
        // A keychain that is locked says no more than that it would be asked without a key.
        let key = self.lend(&provider).await.ok().flatten();
        self.0.breakers.trip(target, key.as_ref().map_or("", secrets::SecretKey::last4));
        tracing::warn!(%target, "left alone for a minute: somebody wants it so");
        self.0.changes.tell(["routing"]);
        Ok(())
    }

    /// Forgets that a target failed, with whichever key, or said to have nothing left; says how many times.
    pub fn reset_breaker(&self, target: &Target) -> u32 {
        let reset = self.0.breakers.reset(target) + self.0.quotas.forget(|one| one == target);
        if reset > 0 {
            tracing::info!(%target, "asked again: somebody wants it so");
            self.0.changes.tell(["routing"]);
        }
        u32::try_from(reset).unwrap_or(u32::MAX)
    }

    /// Forgets what became of a provider's calls: another key or address is used from now on, and what failed with
    /// the one before tells nothing of it.
    pub(crate) fn forget_breakers(&self, provider: &ProviderId) {
        let used_up =
            self.0.quotas.forget(|target| target.split().is_some_and(|(id, _)| id == provider.as_str()));
        if self.0.breakers.forget(provider) || used_up > 0 {
            tracing::info!(%provider, "asked again: its key or its address is another");
            self.0.changes.tell(["routing"]);
        }
    }

    /// Targets that failed of late, as people see them.
    #[must_use]
    pub fn breaker_views(&self) -> Vec<BreakerView> {
        let breakers = &self.0.breakers;
        let now = breakers.now();
        let mut views: Vec<BreakerView> = breakers
            .held()
            .iter()
            .map(|((target, key), breaker)| BreakerView {
                target: target.clone(),
                key: key.clone(),
                state: match breaker.state(now) {
                    BreakerState::Closed => BreakerWord::Closed,
                    BreakerState::Open => BreakerWord::Open,
                    BreakerState::HalfOpen => BreakerWord::HalfOpen,
                },
                failures: breaker.failures(),
                wait_ms: breaker.wait(now),
                by_hand: breaker.is_by_hand(),
            })
            .collect();
        views.sort_by(|a, b| (&a.target, &a.key).cmp(&(&b.target, &b.key)));
        views
    }

    /// Targets that failed of late, and whether they are left alone.
    #[must_use]
    pub fn breakers(&self) -> Vec<(Target, BreakerState)> {
        let breakers = &self.0.breakers;
        let now = breakers.now();
        let mut all: Vec<_> = breakers
            .held()
            .iter()
            .map(|((target, _), breaker)| (target.clone(), breaker.state(now)))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_fails_is_left_alone_and_others_are_not() {
        let breakers = Arc::new(Breakers::default());
        let (bad, good): (Target, Target) = ("a/b".parse().unwrap(), "a/c".parse().unwrap());
        for _ in 0..3 {
            breakers.enter(&bad, "1234").unwrap().failed(ErrorKind::Upstream);
        }
        assert!(breakers.enter(&bad, "1234").is_err());
        assert!(breakers.wait_for(&bad).is_some());
        assert!(breakers.enter(&bad, "5678").is_ok());
        assert!(breakers.enter(&good, "1234").is_ok());
        assert_eq!(breakers.wait_for(&good), None);
    }

    #[test]
    fn what_somebody_opened_is_not_closed_by_a_call_that_was_under_way() {
        let breakers = Arc::new(Breakers::default());
        let target: Target = "a/b".parse().unwrap();
        let under_way = breakers.enter(&target, "1234").unwrap();
        breakers.trip(&target, "1234");
        under_way.succeeded();
        assert!(breakers.enter(&target, "1234").is_err() && breakers.wait_for(&target).is_some());
        assert_eq!(breakers.reset(&target), 1);
        assert!(breakers.enter(&target, "1234").is_ok());
    }

    #[test]
    fn of_two_hundred_threads_at_the_half_open_instant_one_finds_out_and_its_place_comes_back() {
        let breakers = Arc::new(Breakers::default());
        let target: Target = "a/b".parse().unwrap();
        // Opened a minute ago.
        let mut opened = Breaker::default();
        opened.trip(0);
        let now = breakers.now() + 60_000;
        breakers.held().insert((target.clone(), String::new()), opened);
        for round in 0..3 {
            let start = std::sync::Barrier::new(200);
            let let_in: Vec<_> = std::thread::scope(|scope| {
                let enter = || {
                    start.wait();
                    breakers.enter_at(&target, "", now).ok()
                };
                let threads: Vec<_> = (0..200).map(|_| scope.spawn(enter)).collect();
                threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(let_in.len(), 1, "round {round}");
            assert!(let_in[0].finds_out());
            // Left unused, as by a caller who has gone, it is the next one's.
            drop(let_in);
        }
        let last = breakers.enter_at(&target, "", now).unwrap();
        last.succeeded();
        assert!(breakers.enter_at(&target, "", now).is_ok());
    }

    #[test]
    fn with_its_key_what_failed_with_it_is_forgotten_and_others_are_not() {
        let breakers = Arc::new(Breakers::default());
        let (mine, other): (Target, Target) = ("a/b".parse().unwrap(), "ab/b".parse().unwrap());
        for target in [&mine, &other] {
            for _ in 0..3 {
                breakers.enter(target, "1234").unwrap().failed(ErrorKind::Upstream);
            }
        }
        assert!(breakers.forget(&"a".parse().unwrap()));
        assert_eq!((breakers.wait_for(&mine), breakers.open().len()), (None, 1));
        assert!(breakers.enter(&mine, "1234").is_ok() && breakers.wait_for(&other).is_some());
        assert!(!breakers.forget(&"a".parse().unwrap()));
    }

    #[test]
    fn what_failed_with_a_key_keeps_nobody_from_asking_with_the_one_that_is_in_use() {
        let breakers = Arc::new(Breakers::default());
        let target: Target = "a/b".parse().unwrap();
        for _ in 0..3 {
            breakers.enter(&target, "1234").unwrap().failed(ErrorKind::Upstream);
        }
        assert!(breakers.wait_for(&target).is_some() && breakers.open().len() == 1, "no key was lent yet");
        breakers.in_use.note(&"a".parse().unwrap(), "5678");
        assert_eq!((breakers.wait_for(&target), breakers.open().len()), (None, 0));
        breakers.in_use.note(&"a".parse().unwrap(), "1234");
        assert!(breakers.wait_for(&target).is_some() && breakers.open().len() == 1);
    }

    #[test]
    fn a_success_forgets_what_was_before() {
        let breakers = Arc::new(Breakers::default());
        let target: Target = "a/b".parse().unwrap();
        for _ in 0..10 {
            breakers.enter(&target, "").unwrap().failed(ErrorKind::Timeout);
            breakers.enter(&target, "").unwrap().failed(ErrorKind::Timeout);
            breakers.enter(&target, "").unwrap().succeeded();
        }
        assert!(breakers.held().is_empty());
    }
}

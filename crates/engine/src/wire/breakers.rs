//! Whether targets are worth asking, as this process sees them.

use crate::Engine;
use domain::{ErrorKind, Target};
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
    since: Instant,
}

impl Default for Breakers {
    fn default() -> Self {
        Self { all: Mutex::default(), since: Instant::now() }
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
        let of = (target.clone(), key.to_owned());
        let now = self.now();
        let leave = match self.held().get_mut(&of) {
            Some(breaker) => breaker.enter(now)?,
            // One that never failed needs no place.
            None => Leave::Usual,
        };
        Ok(Pass { breakers: Arc::clone(self), of, leave: Some(leave) })
    }

    /// In how many milliseconds a target is worth asking; `None` is now.
    pub(crate) fn wait_for(&self, target: &Target) -> Option<u32> {
        let now = self.now();
        let held = self.held();
        let mut of_target = held.iter().filter(|((known, _), _)| known == target).map(|(_, b)| *b);
        of_target.find_map(|mut breaker| breaker.enter(now).err())
    }

    /// Targets that are left alone now, and for how many milliseconds more.
    pub(crate) fn open(&self) -> Vec<(Target, u32)> {
        let now = self.now();
        let held = self.held();
        let mut open = Vec::new();
        for ((target, _), breaker) in held.iter() {
            let mut breaker = *breaker;
            if let Err(wait) = breaker.enter(now) {
                open.push((target.clone(), wait));
            }
        }
        open
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
        self.leave == Some(Leave::Probe)
    }

    /// The target answered.
    pub(crate) fn succeeded(mut self) {
        self.leave = None;
        self.breakers.held().remove(&self.of);
    }

    /// The call failed; says whether the target is left alone from now on.
    pub(crate) fn failed(mut self, kind: ErrorKind) -> bool {
        let Some(leave) = self.leave.take() else { return false };
        let now = self.breakers.now();
        let mut held = self.breakers.held();
        if held.len() >= REMEMBERED {
            held.retain(|_, breaker| breaker.state(now) != BreakerState::Closed);
        }
        held.entry(self.of.clone()).or_default().failed(leave, kind, now)
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

//! Whether a target is worth asking: after failures in a row it is left alone for a while, then one call
//! finds out. Pure: the time is an argument.

use domain::ErrorKind;

/// Failures in a row that open it.
const FAILURES: u32 = 3;
/// How long it stays open, in milliseconds.
const OPEN_MS: u64 = 60_000;
/// How long the one call of a half-open breaker is waited for. Its leave always comes back; this is for
/// clocks that stand still while a machine sleeps.
const PROBE_MS: u64 = 30 * 60_000;

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are kept away.
    Open,
    /// One call finds out.
    HalfOpen,
}

/// Leave to make a call. It goes back with how the call ended, or unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// One of many.
    Usual,
    /// The one that finds out, by when it began: one that comes back after the breaker was opened or forgotten
    /// meanwhile is not taken for the one that is under way by then.
    Probe(u64),
}

/// One target with one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    /// When it opened, in milliseconds of any clock that only goes forward.
    opened: Option<u64>,
    /// When the call that finds out began.
    probing: Option<u64>,
    /// Whether somebody opened it.
    by_hand: bool,
}

impl Breaker {
    /// How it stands.
    #[must_use]
    pub fn state(&self, now_ms: u64) -> BreakerState {
        match self.opened {
            None => BreakerState::Closed,
            Some(opened) if now_ms < opened.saturating_add(OPEN_MS) => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// Leave to make a call now.
    ///
    /// # Errors
    /// In how many milliseconds it is worth coming again.
    pub fn enter(&mut self, now_ms: u64) -> Result<Leave, u32> {
        let Some(opened) = self.opened else { return Ok(Leave::Usual) };
        let until = opened.saturating_add(OPEN_MS);
        if now_ms < until {
            return Err(u32::try_from(until - now_ms).unwrap_or(u32::MAX));
        }
        if self.probing.is_some_and(|since| now_ms < since.saturating_add(PROBE_MS)) {
            return Err(1_000);
        }
        self.probing = Some(now_ms);
        Ok(Leave::Probe(now_ms))
    }

    /// Whether this is the leave of the call that finds out now.
    fn finds_out(&self, leave: Leave) -> bool {
        matches!(leave, Leave::Probe(since) if self.probing == Some(since))
    }

    /// Opens it: somebody wants the target to be left alone.
    pub fn trip(&mut self, now_ms: u64) {
        (self.opened, self.probing, self.by_hand) = (Some(now_ms), None, true);
    }

    /// Whether somebody opened it. Then only the call that finds out closes it, and none that was under way.
    #[must_use]
    pub const fn is_by_hand(&self) -> bool {
        self.by_hand
    }

    /// Failures in a row.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// In how many milliseconds one call may find out; `None` where calls go through.
    #[must_use]
    pub fn wait(&self, now_ms: u64) -> Option<u32> {
        let until = self.opened?.saturating_add(OPEN_MS);
        Some(u32::try_from(until.saturating_sub(now_ms)).unwrap_or(u32::MAX))
    }

    /// The call was answered. Says whether this closed it: what somebody opened is closed only by the call that
    /// finds out, since whoever was under way before says nothing of now.
    pub fn succeeded(&mut self, leave: Leave) -> bool {
        if self.by_hand && !self.finds_out(leave) {
            return false;
        }
        *self = Self::default();
        true
    }

    /// The call failed. Only what tells of the target's health counts: neither a limit, nor a request that is
    /// wrong, nor a caller who left. Says whether this opened it.
    pub fn failed(&mut self, leave: Leave, kind: ErrorKind, now_ms: u64) -> bool {
        if !counts(kind) {
            self.unused(leave);
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        if self.finds_out(leave) || (self.opened.is_none() && self.failures >= FAILURES) {
            (self.opened, self.probing) = (Some(now_ms), None);
            return true;
        }
        false
    }

    /// The call was not made, or nobody saw its end.
    pub fn unused(&mut self, leave: Leave) {
        if self.finds_out(leave) {
            self.probing = None;
        }
    }
}

/// Whether a failure tells of the target's health.
const fn counts(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Overloaded | ErrorKind::Upstream)
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(at: u64) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES {
            let leave = breaker.enter(at).unwrap();
            breaker.failed(leave, ErrorKind::Upstream, at);
        }
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_it_and_a_success_between_does_not() {
        let mut breaker = Breaker::default();
        for kind in [ErrorKind::Network, ErrorKind::Timeout] {
            assert!(!breaker.failed(Leave::Usual, kind, 0));
        }
        breaker.succeeded(Leave::Usual);
        assert!(!breaker.failed(Leave::Usual, ErrorKind::Overloaded, 0));
        assert_eq!(breaker.state(0), BreakerState::Closed);
        assert!(!breaker.failed(Leave::Usual, ErrorKind::Overloaded, 0));
        assert!(breaker.failed(Leave::Usual, ErrorKind::Overloaded, 5));
        assert_eq!(breaker.enter(5), Err(60_000));
        assert_eq!(breaker.state(6), BreakerState::Open);
    }

    #[test]
    fn what_says_nothing_of_a_targets_health_does_not_open_it() {
        let mut breaker = Breaker::default();
        for kind in [
            ErrorKind::RateLimited,
            ErrorKind::BadRequest,
            ErrorKind::Cancelled,
            ErrorKind::Auth,
            ErrorKind::ContextLength,
            ErrorKind::ContentFilter,
            ErrorKind::Quota,
        ] {
            for _ in 0..10 {
                assert!(!breaker.failed(Leave::Usual, kind, 0), "{kind}");
            }
        }
        assert_eq!(breaker.state(0), BreakerState::Closed);
    }

    #[test]
    fn of_two_hundred_at_the_half_open_instant_one_finds_out() {
        let mut breaker = opened(0);
        let leaves: Vec<_> = (0..200).filter_map(|_| breaker.enter(OPEN_MS).ok()).collect();
        assert_eq!(leaves, [Leave::Probe(OPEN_MS)]);
        breaker.succeeded(leaves[0]);
        assert_eq!(breaker.enter(OPEN_MS), Ok(Leave::Usual));
    }

    #[test]
    fn a_probe_that_was_not_made_frees_its_place_and_one_that_failed_opens_anew() {
        let mut breaker = opened(0);
        let leave = breaker.enter(OPEN_MS).unwrap();
        breaker.unused(leave);
        let leave = breaker.enter(OPEN_MS + 1).unwrap();
        breaker.failed(leave, ErrorKind::Cancelled, OPEN_MS + 1);
        let leave = breaker.enter(OPEN_MS + 2).unwrap();
        assert!(breaker.failed(leave, ErrorKind::Timeout, OPEN_MS + 2));
        assert_eq!(breaker.enter(OPEN_MS + 3), Err(59_999));
    }
}

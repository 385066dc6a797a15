//! What to do after a failed call: ask again, ask the next target, or give up.

use domain::{ErrorKind, Failure};

/// What was tried for one completion so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Upstream calls made, all targets together; at least 1.
    pub calls: u32,
    /// Most calls that may be made, fallbacks included.
    pub max_calls: u32,
    /// Calls made to the present target; at least 1.
    pub calls_here: u32,
    /// Targets left to fall back to.
    pub targets_left: u32,
    /// Whether any content was delivered: then nothing may be tried again.
    pub delivered: bool,
    /// Whether somebody else may go on with what was delivered.
    pub resumable: bool,
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Ask the same target again after this many milliseconds.
    Retry {
        /// How long to wait.
        wait_ms: u32,
    },
    /// Ask the next target now.
    FallBack,
    /// Have the next target go on with what was delivered.
    Resume,
    /// The failure stands.
    GiveUp,
}

/// Longest wait that a provider may ask for; beyond it the failure is shown with the wait in it.
pub const RETRY_AFTER_MAX_MS: u32 = 60_000;
/// First wait and longest wait of our own, before jitter.
const BASE_MS: u64 = 500;
const LONGEST_MS: u64 = 8_000;

/// Decides from the failure and what was tried. Waits grow exponentially with full jitter from
/// `seed` (Brooker, "Exponential Backoff And Jitter"); a provider's retry-after is never undercut
/// and exceeded by at most a tenth.
#[must_use]
pub fn next_step(failure: &Failure, tried: Tried, seed: u64) -> Next {
    if tried.calls >= tried.max_calls {
        return Next::GiveUp;
    }
    if tried.delivered {
        let may = tried.resumable && tried.targets_left > 0 && failure.kind.is_retryable();
        return if may { Next::Resume } else { Next::GiveUp };
    }
    let may_fall_back =
        tried.targets_left > 0 && (failure.kind.is_retryable() || failure.kind == ErrorKind::Quota);
    let may_retry = failure.kind.is_retryable()
        && failure.retry_after_ms.unwrap_or(0) <= RETRY_AFTER_MAX_MS
        // Each target that is left keeps one call in reserve.
        && tried.max_calls - tried.calls > tried.targets_left;
    if may_retry {
        Next::Retry { wait_ms: wait(failure.retry_after_ms, tried.calls_here, seed) }
    } else if may_fall_back {
        Next::FallBack
    } else {
        Next::GiveUp
    }
}

fn wait(retry_after_ms: Option<u32>, calls_here: u32, seed: u64) -> u32 {
    let random = splitmix(seed ^ u64::from(calls_here));
    if let Some(asked) = retry_after_ms {
        return asked + (random % (u64::from(asked) / 10 + 1)) as u32;
    }
    let ceiling = (BASE_MS << calls_here.saturating_sub(1).min(10)).min(LONGEST_MS);
    (ceiling / 2 + random % (ceiling / 2 + 1)) as u32
}

/// A number from 0 up to 1, the same for the same seed and place.
#[must_use]
pub fn unit(seed: u64, place: u64) -> f64 {
    (splitmix(splitmix(seed) ^ place) >> 11) as f64 / (1_u64 << 53) as f64
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014): enough to spread waits.
pub(crate) fn splitmix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Tried =
        Tried { calls: 1, max_calls: 3, calls_here: 1, targets_left: 0, delivered: false, resumable: false };

    fn failed(kind: ErrorKind) -> Failure {
        Failure::new(kind, "x")
    }

    #[test]
    fn nothing_is_tried_again_once_content_was_delivered() {
        let tried = Tried { delivered: true, ..FIRST };
        assert_eq!(next_step(&failed(ErrorKind::Network), tried, 1), Next::GiveUp);
    }

    #[test]
    fn what_was_delivered_is_gone_on_with_by_somebody_else_where_that_is_wished() {
        let tried = Tried { delivered: true, resumable: true, targets_left: 1, ..FIRST };
        let next = |kind, tried| next_step(&failed(kind), tried, 1);
        assert_eq!(next(ErrorKind::Network, tried), Next::Resume);
        assert_eq!(next(ErrorKind::ContentFilter, tried), Next::GiveUp);
        assert_eq!(next(ErrorKind::Network, Tried { targets_left: 0, ..tried }), Next::GiveUp);
        assert_eq!(next(ErrorKind::Network, Tried { calls: 3, ..tried }), Next::GiveUp);
        assert_eq!(next(ErrorKind::Network, Tried { resumable: false, ..tried }), Next::GiveUp);
    }

    #[test]
    fn what_asking_again_cannot_change_is_neither_retried_nor_handed_on() {
        for kind in [
            ErrorKind::BadRequest,
            ErrorKind::Auth,
            ErrorKind::Permission,
            ErrorKind::NotFound,
            ErrorKind::ContentFilter,
        ] {
            assert_eq!(
                next_step(&failed(kind), Tried { targets_left: 1, ..FIRST }, 1),
                Next::GiveUp,
                "{kind}"
            );
        }
    }

    #[test]
    fn an_empty_account_falls_back_and_is_not_asked_again() {
        assert_eq!(next_step(&failed(ErrorKind::Quota), FIRST, 1), Next::GiveUp);
        assert_eq!(
            next_step(&failed(ErrorKind::Quota), Tried { targets_left: 1, ..FIRST }, 1),
            Next::FallBack
        );
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_and_at_most_a_tenth_longer() {
        for seed in 0..1_000 {
            let Next::Retry { wait_ms } =
                next_step(&failed(ErrorKind::RateLimited).retry_after(Some(2_000)), FIRST, seed)
            else {
                panic!("no retry");
            };
            assert!((2_000..=2_200).contains(&wait_ms), "{wait_ms}");
        }
    }

    #[test]
    fn a_wait_of_minutes_is_shown_instead_of_served() {
        let failure = failed(ErrorKind::RateLimited).retry_after(Some(RETRY_AFTER_MAX_MS + 1));
        assert_eq!(next_step(&failure, FIRST, 1), Next::GiveUp);
    }

    #[test]
    fn calls_never_exceed_the_limit_and_every_target_gets_its_turn() {
        let step = |calls, targets_left| {
            next_step(&failed(ErrorKind::Upstream), Tried { calls, targets_left, ..FIRST }, 7)
        };
        assert_eq!(step(2, 1), Next::FallBack);
        assert!(matches!(step(2, 0), Next::Retry { .. }));
        assert_eq!(step(3, 1), Next::GiveUp);
    }
}

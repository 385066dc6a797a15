//! Limits of one caller: requests and tokens within any minute, and calls at a time. Time comes in
//! as milliseconds of a clock that does not go back.

use domain::KeyLimits;
use std::collections::VecDeque;

/// The span that limits are about.
const MINUTE_MS: u64 = 60_000;
/// What happened within so many milliseconds is one entry, which counts until its latest instant is a
/// minute ago: a log has a bounded size, and never forgets early.
const STEP_MS: u64 = 100;
/// When to come again where a call must end first, and nobody knows when.
const SOON_MS: u32 = 1_000;

/// What happened within the last minute.
#[derive(Debug, Default)]
struct Window {
    /// Numbers of steps, and how much was in each.
    log: VecDeque<(u64, u64)>,
    sum: u64,
}

impl Window {
    fn forget(&mut self, now: u64) {
        while let Some(&(step, amount)) = self.log.front() {
            if (step + 1) * STEP_MS + MINUTE_MS > now {
                break;
            }
            self.sum -= amount;
            self.log.pop_front();
        }
    }

    /// Milliseconds until there is room for an amount; `None` when there is.
    fn wait(&mut self, limit: u32, amount: u64, now: u64) -> Option<u64> {
        self.forget(now);
        // What is larger than the limit goes when nothing else does, or it never could.
        let room = u64::from(limit).saturating_sub(amount);
        if self.sum <= room {
            return None;
        }
        let mut rest = self.sum;
        for &(step, gone) in &self.log {
            rest -= gone;
            if rest <= room {
                return Some(((step + 1) * STEP_MS + MINUTE_MS).saturating_sub(now).max(1));
            }
        }
        Some(MINUTE_MS)
    }

    /// Enters an amount; the step that it is in.
    fn add(&mut self, amount: u64, now: u64) -> u64 {
        let step = now / STEP_MS;
        self.sum += amount;
        match self.log.back_mut() {
            Some((last, so_far)) if *last >= step => {
                *so_far += amount;
                *last
            }
            _ => {
                self.log.push_back((step, amount));
                step
            }
        }
    }

    /// Puts another amount in the place of one that was entered.
    fn correct(&mut self, step: u64, from: u64, to: u64) {
        if let Ok(at) = self.log.binary_search_by_key(&step, |(step, _)| *step) {
            let amount = &mut self.log[at].1;
            let corrected = (*amount).saturating_sub(from) + to;
            self.sum = self.sum - *amount + corrected;
            *amount = corrected;
        }
    }
}

/// What one caller has used of its limits.
#[derive(Debug, Default)]
pub struct Meter {
    requests: Window,
    tokens: Window,
    running: u32,
}

/// A call that was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    request: u64,
    step: u64,
    tokens: u64,
}

/// Which limit is in the way, and when to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Which.
    pub limit: Limit,
    /// In milliseconds.
    pub retry_after_ms: u32,
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Requests within a minute.
    Requests,
    /// Tokens within a minute.
    Tokens,
    /// Calls at a time.
    Parallel,
}

impl Meter {
    /// Which limit by the minute is in the way of a call that takes so many tokens; `None` when none is.
    pub fn wait(&mut self, limits: &KeyLimits, tokens: u64, now_ms: u64) -> Option<Wait> {
        let wait = |limit, ms: u64| Wait { limit, retry_after_ms: u32::try_from(ms).unwrap_or(u32::MAX) };
        if let Some(ms) = limits.rpm.and_then(|most| self.requests.wait(most, 1, now_ms)) {
            return Some(wait(Limit::Requests, ms));
        }
        let ms = limits.tpm.and_then(|most| self.tokens.wait(most, tokens, now_ms))?;
        Some(wait(Limit::Tokens, ms))
    }

    /// Lets a call in that takes so many tokens at most.
    ///
    /// # Errors
    /// When a limit is in the way; then nothing was taken from any.
    pub fn enter(&mut self, limits: &KeyLimits, tokens: u64, now_ms: u64) -> Result<Ticket, Wait> {
        if limits.parallel.is_some_and(|most| self.running >= most) {
            return Err(Wait { limit: Limit::Parallel, retry_after_ms: SOON_MS });
        }
        if let Some(wait) = self.wait(limits, tokens, now_ms) {
            return Err(wait);
        }
        // A log that nobody asks is not kept.
        let request = if limits.rpm.is_some() { self.requests.add(1, now_ms) } else { 0 };
        let step = if limits.tpm.is_some() { self.tokens.add(tokens, now_ms) } else { 0 };
        self.running += 1;
        Ok(Ticket { request, step, tokens })
    }

    /// Enters how many tokens it really was.
    pub fn settle(&mut self, ticket: &mut Ticket, tokens: u64) {
        self.tokens.correct(ticket.step, ticket.tokens, tokens);
        ticket.tokens = tokens;
    }

    /// Gives everything back but the slot: the call was not made.
    pub fn take_back(&mut self, ticket: &mut Ticket) {
        self.requests.correct(ticket.request, 1, 0);
        self.settle(ticket, 0);
    }

    /// Gives the slot back.
    pub fn leave(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Requests and tokens that count now, as far as limits had them counted.
    pub fn used(&mut self, now_ms: u64) -> (u64, u64) {
        self.requests.forget(now_ms);
        self.tokens.forget(now_ms);
        (self.requests.sum, self.tokens.sum)
    }

    /// Calls under way.
    #[must_use]
    pub const fn running(&self) -> u32 {
        self.running
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn limits(rpm: Option<u32>, tpm: Option<u32>, parallel: Option<u32>) -> KeyLimits {
        KeyLimits { rpm, tpm, parallel }
    }

    #[test]
    fn a_refusal_says_when_and_costs_nothing() {
        let (mut meter, limits) = (Meter::default(), limits(Some(2), None, None));
        meter.enter(&limits, 0, 0).unwrap();
        meter.enter(&limits, 0, 30_000).unwrap();
        for _ in 0..100 {
            let wait = meter.enter(&limits, 0, 59_000).unwrap_err();
            assert_eq!((wait.limit, wait.retry_after_ms), (Limit::Requests, 1_100));
        }
        meter.enter(&limits, 0, 59_000 + 1_100).unwrap();
        assert_eq!(meter.running(), 3);
    }

    #[test]
    fn what_a_call_did_not_use_is_there_for_the_next() {
        let (mut meter, limits) = (Meter::default(), limits(None, Some(100), None));
        let mut ticket = meter.enter(&limits, 100, 0).unwrap();
        assert!(meter.enter(&limits, 50, 1).is_err());
        meter.settle(&mut ticket, 40);
        meter.enter(&limits, 50, 2).unwrap();
        // Larger than the limit: when it is alone.
        assert!(meter.enter(&limits, 1_000, 3).is_err());
        meter.enter(&limits, 1_000, 70_000).unwrap();
    }

    #[test]
    fn five_hundred_cancels_leave_no_slot_taken() {
        let (mut meter, limits) = (Meter::default(), limits(Some(1), Some(10), Some(1)));
        for now in 0..500 {
            let mut ticket = meter.enter(&limits, 10, now).unwrap();
            assert_eq!(meter.enter(&limits, 10, now).unwrap_err().limit, Limit::Parallel);
            meter.take_back(&mut ticket);
            meter.leave();
        }
        assert_eq!((meter.running(), meter.requests.sum, meter.tokens.sum), (0, 0, 0));
    }

    #[test]
    fn a_log_stays_small() {
        let (mut meter, limits) = (Meter::default(), limits(Some(u32::MAX), None, None));
        for now in 0..200_000 {
            meter.enter(&limits, 0, now).unwrap();
        }
        assert!(meter.requests.log.len() <= 602);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn no_minute_is_above_the_limit(
            rpm in 1_u32..40,
            tpm in 1_u32..2_000,
            arrivals in prop::collection::vec((0_u64..3_000, 0_u64..400, 0_u8..4), 10_000 / 60),
        ) {
            let (mut meter, limits) = (Meter::default(), limits(Some(rpm), Some(tpm), None));
            let (mut now, mut went): (u64, Vec<(u64, u64)>) = (0, Vec::new());
            let mut most = u64::from(tpm);
            for (after, tokens, end) in arrivals {
                now += after;
                let Ok(mut ticket) = meter.enter(&limits, tokens, now) else { continue };
                most = most.max(tokens);
                match end {
                    0 => meter.take_back(&mut ticket),
                    1 => {
                        meter.settle(&mut ticket, tokens / 2);
                        went.push((now, tokens / 2));
                    }
                    _ => went.push((now, tokens)),
                }
                meter.leave();
                let minute: Vec<_> = went.iter().filter(|(at, _)| at + 60_000 > now).collect();
                prop_assert!(minute.len() <= rpm as usize);
                prop_assert!(minute.iter().map(|(_, tokens)| tokens).sum::<u64>() <= most);
            }
        }

        #[test]
        fn nobody_waits_longer_than_told(
            rpm in 1_u32..10, arrivals in prop::collection::vec(0_u64..20_000, 1..100)
        ) {
            let (mut meter, limits) = (Meter::default(), limits(Some(rpm), None, None));
            let mut now = 0;
            for after in arrivals {
                now += after;
                if let Err(wait) = meter.enter(&limits, 1, now) {
                    now += u64::from(wait.retry_after_ms);
                    prop_assert!(meter.enter(&limits, 1, now).is_ok());
                }
            }
        }
    }
}

//! The two clocks: what the calendar says, which may be set, and what has passed, which only grows.

use crate::engine::now;
use domain::Timestamp;
use std::{sync::Arc, time::Instant};

#[derive(Clone)]
pub(crate) struct Clock {
    calendar: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ticks: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl Clock {
    pub(crate) fn of_this_machine() -> Self {
        let start = Instant::now();
        let passed = move || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Self { calendar: Arc::new(now), ticks: Arc::new(passed) }
    }

    #[cfg(test)]
    pub(crate) fn of(
        calendar: impl Fn() -> Timestamp + Send + Sync + 'static,
        ticks: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self { calendar: Arc::new(calendar), ticks: Arc::new(ticks) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.calendar)()
    }

    /// Milliseconds that have passed since some instant.
    pub(crate) fn ticks(&self) -> u64 {
        (self.ticks)()
    }
}

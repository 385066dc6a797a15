//! What is counted of the gateway's calls, for whoever watches it: numbers since the start of this process.
//!
//! Counting is a few atomic additions; nothing is allocated or locked for a call, but for the first one of a
//! provider. Numbers of one moment need not fit together exactly.

use arc_swap::ArcSwap;
use dialects::serving::Caller;
use domain::{ErrorKind, Usage};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// So many providers have numbers of their own; later ones share a row.
const MAX_PROVIDERS: usize = 64;
/// The row that they share.
const OTHERS: &str = "other";
const CALLERS: usize = 5;
const KINDS: usize = ErrorKind::ALL.len();
/// Upper bounds of the histograms, in microseconds: from a cached word to a long think.
const BOUNDS: [u64; 16] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    300_000_000,
];

/// How long things took.
#[derive(Debug, Default)]
struct Histogram {
    /// One for each bound, and one for what is longer; not summed up.
    counts: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    fn took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS.partition_point(|bound| *bound < micros);
        self.counts[at].fetch_add(1, Relaxed);
        self.micros.fetch_add(micros, Relaxed);
    }

    fn read(&self) -> Times {
        let mut below = 0;
        let buckets = BOUNDS.iter().zip(&self.counts).map(|(bound, count)| {
            below += count.load(Relaxed);
            (Duration::from_micros(*bound), below)
        });
        let buckets: Vec<_> = buckets.collect();
        let count = below + self.counts[BOUNDS.len()].load(Relaxed);
        Times { buckets, count, sum: Duration::from_micros(self.micros.load(Relaxed)) }
    }
}

/// The calls of one caller's dialect.
#[derive(Debug, Default)]
struct Calls {
    good: AtomicU64,
    /// By [`ErrorKind`].
    failed: [AtomicU64; KINDS],
    took: Histogram,
    first: Histogram,
}

/// What was asked of one provider.
#[derive(Debug, Default)]
struct Asked {
    good: AtomicU64,
    failed: [AtomicU64; KINDS],
    tokens: [AtomicU64; 5],
    nano_usd: AtomicI64,
    /// Answers whose price is not known.
    unpriced: AtomicU64,
}

/// Counts the gateway's calls.
#[derive(Debug, Default)]
pub struct Meters {
    calls: [Calls; CALLERS],
    providers: ArcSwap<BTreeMap<Box<str>, Arc<Asked>>>,
    active: AtomicI64,
    streams: AtomicI64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How an upstream call ended.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    /// Who was asked.
    pub provider: &'a str,
    /// What went wrong, if anything did.
    pub error: Option<ErrorKind>,
    /// What it took.
    pub usage: &'a Usage,
    /// What it cost; `None` is unknown.
    pub cost_nano: Option<i64>,
}

/// A call that is being answered. Dropped without having [ended](Self::ended) it was cancelled.
#[derive(Debug)]
pub struct Metered {
    meters: Arc<Meters>,
    caller: usize,
    streaming: bool,
    since: Instant,
    first: bool,
    ended: bool,
}

impl Meters {
    /// A call begins.
    pub fn begun(self: &Arc<Self>, caller: Caller, streaming: bool) -> Metered {
        self.active.fetch_add(1, Relaxed);
        if streaming {
            self.streams.fetch_add(1, Relaxed);
        }
        let caller = place(caller);
        Metered { meters: self.clone(), caller, streaming, since: Instant::now(), first: false, ended: false }
    }

    /// A call was refused before anybody could be asked. It took no time that would tell anything.
    pub fn refused(&self, caller: Caller, kind: ErrorKind) {
        self.calls[place(caller)].failed[place_of(kind)].fetch_add(1, Relaxed);
    }

    /// An answer was looked for among those that are kept.
    pub fn cache(&self, hit: bool) {
        if hit { &self.hits } else { &self.misses }.fetch_add(1, Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn snapshot(&self) -> MeterSnapshot {
        let failed = |counts: &[AtomicU64; KINDS]| {
            let all = ErrorKind::ALL.iter().zip(counts).map(|(kind, count)| (*kind, count.load(Relaxed)));
            all.filter(|(_, count)| *count > 0).collect()
        };
        let calls = ALL.iter().zip(&self.calls).map(|(caller, calls)| CallerSnapshot {
            caller: name(*caller),
            good: calls.good.load(Relaxed),
            failed: failed(&calls.failed),
            took: calls.took.read(),
            first: calls.first.read(),
        });
        let providers = self.providers.load();
        let providers = providers.iter().map(|(provider, asked)| {
            let [input, output, cached_read, cached_write, reasoning] =
                asked.tokens.each_ref().map(|count| count.load(Relaxed));
            ProviderSnapshot {
                provider: provider.to_string(),
                good: asked.good.load(Relaxed),
                failed: failed(&asked.failed),
                tokens: [
                    ("input", input),
                    ("output", output),
                    ("cached_read", cached_read),
                    ("cached_write", cached_write),
                    ("reasoning", reasoning),
                ],
                nano_usd: asked.nano_usd.load(Relaxed),
                unpriced: asked.unpriced.load(Relaxed),
            }
        });
        MeterSnapshot {
            calls: calls.collect(),
            providers: providers.collect(),
            active: self.active.load(Relaxed),
            streams: self.streams.load(Relaxed),
            cache_hits: self.hits.load(Relaxed),
            cache_misses: self.misses.load(Relaxed),
        }
    }

    /// The row of a provider; made at its first call.
    fn provider(&self, id: &str) -> Arc<Asked> {
        if let Some(found) = self.providers.load().get(id) {
            return found.clone();
        }
        let new = Arc::new(Asked::default());
        self.providers.rcu(|rows| {
            let mut rows = BTreeMap::clone(rows);
            let id = if rows.len() < MAX_PROVIDERS { id } else { OTHERS };
            rows.entry(id.into()).or_insert_with(|| new.clone());
            rows
        });
        let rows = self.providers.load();
        rows.get(id).or_else(|| rows.get(OTHERS)).cloned().unwrap_or(new)
    }
}

impl Metered {
    /// Something of the answer goes out; only the first time counts.
    pub fn first(&mut self) {
        if !std::mem::replace(&mut self.first, true) {
            self.meters.calls[self.caller].first.took(self.since.elapsed());
        }
    }

    /// A provider was asked, and answered or failed.
    pub fn attempt(&self, end: Attempted<'_>) {
        let row = self.meters.provider(end.provider);
        match end.error {
            None => &row.good,
            Some(kind) => &row.failed[place_of(kind)],
        }
        .fetch_add(1, Relaxed);
        let usage = end.usage;
        let counts = [usage.input, usage.output, usage.cached_read, usage.cached_write, usage.reasoning];
        for (sum, count) in row.tokens.iter().zip(counts) {
            if let Some(count) = count.filter(|count| *count > 0) {
                sum.fetch_add(count.into(), Relaxed);
            }
        }
        match end.cost_nano {
            Some(cost) => row.nano_usd.fetch_add(cost, Relaxed),
            None if end.error.is_none() => row.unpriced.fetch_add(1, Relaxed).cast_signed(),
            None => 0,
        };
    }

    /// The call is over.
    pub fn ended(mut self, error: Option<ErrorKind>) {
        self.over(error);
    }

    fn over(&mut self, error: Option<ErrorKind>) {
        self.ended = true;
        let calls = &self.meters.calls[self.caller];
        match error {
            None => &calls.good,
            Some(kind) => &calls.failed[place_of(kind)],
        }
        .fetch_add(1, Relaxed);
        calls.took.took(self.since.elapsed());
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        if !self.ended {
            self.over(Some(ErrorKind::Cancelled));
        }
        self.meters.active.fetch_sub(1, Relaxed);
        if self.streaming {
            self.meters.streams.fetch_sub(1, Relaxed);
        }
    }
}

/// What was counted, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterSnapshot {
    /// By the caller's dialect.
    pub calls: Vec<CallerSnapshot>,
    /// By provider; an empty name stands for calls that reached nobody.
    pub providers: Vec<ProviderSnapshot>,
    /// Calls being answered.
    pub active: i64,
    /// Those of them that stream.
    pub streams: i64,
    /// Answers that were found among those kept.
    pub cache_hits: u64,
    /// Answers that were looked for there and not found.
    pub cache_misses: u64,
}

/// The calls of one caller's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerSnapshot {
    /// Its name.
    pub caller: &'static str,
    /// How many were answered.
    pub good: u64,
    /// How many were not, by kind.
    pub failed: Vec<(ErrorKind, u64)>,
    /// From request to end.
    pub took: Times,
    /// From request to the first content.
    pub first: Times,
}

/// What was asked of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSnapshot {
    /// Its id.
    pub provider: String,
    /// Upstream calls that were answered.
    pub good: u64,
    /// Those that failed, by kind.
    pub failed: Vec<(ErrorKind, u64)>,
    /// Tokens by bucket; buckets are disjoint.
    pub tokens: [(&'static str, u64); 5],
    /// Known costs.
    pub nano_usd: i64,
    /// Answers whose price is not known.
    pub unpriced: u64,
}

/// A histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// How many took at most so long.
    pub buckets: Vec<(Duration, u64)>,
    /// How many there were.
    pub count: u64,
    /// All together.
    pub sum: Duration,
}

const ALL: [Caller; CALLERS] = [
    Caller::OpenaiChat,
    Caller::OpenaiCompletions,
    Caller::OpenaiResponses,
    Caller::Anthropic,
    Caller::Gemini,
];

const fn place(caller: Caller) -> usize {
    match caller {
        Caller::OpenaiChat => 0,
        Caller::OpenaiCompletions => 1,
        Caller::OpenaiResponses => 2,
        Caller::Anthropic => 3,
        Caller::Gemini => 4,
    }
}

const fn name(caller: Caller) -> &'static str {
    match caller {
        Caller::OpenaiChat => "openai-chat",
        Caller::OpenaiCompletions => "openai-completions",
        Caller::OpenaiResponses => "openai-responses",
        Caller::Anthropic => "anthropic",
        Caller::Gemini => "gemini",
    }
}

fn place_of(kind: ErrorKind) -> usize {
    ErrorKind::ALL.iter().position(|known| *known == kind).unwrap_or(KINDS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempted(provider: &str, error: Option<ErrorKind>) -> Attempted<'_> {
        const USAGE: Usage = Usage {
            input: Some(3),
            output: Some(5),
            cached_read: None,
            cached_write: None,
            reasoning: Some(2),
        };
        Attempted { provider, error, usage: &USAGE, cost_nano: Some(7) }
    }

    #[test]
    fn every_call_is_counted_once_whatever_becomes_of_it() {
        let meters = Arc::new(Meters::default());
        let mut answered = meters.begun(Caller::OpenaiChat, true);
        let failed = meters.begun(Caller::OpenaiChat, false);
        let dropped = meters.begun(Caller::Anthropic, true);
        let during = meters.snapshot();
        assert_eq!((during.active, during.streams), (3, 2));
        answered.first();
        answered.first();
        let refused = attempted("a", Some(ErrorKind::Overloaded));
        answered.attempt(Attempted { usage: &Usage::default(), cost_nano: Some(0), ..refused });
        answered.attempt(attempted("b", None));
        answered.ended(None);
        failed.ended(Some(ErrorKind::Timeout));
        drop(dropped);
        let after = meters.snapshot();
        assert_eq!((after.active, after.streams), (0, 0));
        let chat = &after.calls[0];
        assert_eq!((chat.good, &chat.failed[..]), (1, &[(ErrorKind::Timeout, 1)][..]));
        assert_eq!((chat.took.count, chat.first.count), (2, 1));
        assert_eq!(after.calls[3].failed, [(ErrorKind::Cancelled, 1)]);
        let [a, b] = &after.providers[..] else { panic!("{:?}", after.providers) };
        assert_eq!((a.good, &a.failed[..]), (0, &[(ErrorKind::Overloaded, 1)][..]));
        assert_eq!((b.good, b.nano_usd, b.unpriced), (1, 7, 0));
        assert_eq!(b.tokens.map(|(_, count)| count), [3, 5, 0, 0, 2]);
    }

    #[test]
    fn histograms_hold_each_time_in_every_bucket_that_it_fits() {
        let histogram = Histogram::default();
        for micros in [0, 1_000, 1_001, 300_000_000, 300_000_001] {
            histogram.took(Duration::from_micros(micros));
        }
        let times = histogram.read();
        assert_eq!(times.count, 5);
        assert_eq!(times.buckets[0], (Duration::from_millis(1), 2));
        assert_eq!(times.buckets[1].1, 3);
        assert_eq!(times.buckets.last().map(|last| last.1), Some(4));
        assert_eq!(times.sum, Duration::from_micros(600_002_002));
    }

    #[test]
    fn callers_cannot_make_rows_without_end() {
        let meters = Arc::new(Meters::default());
        for number in 0..3 * MAX_PROVIDERS {
            meters.begun(Caller::Gemini, false).attempt(attempted(&format!("p{number}"), None));
        }
        let rows = meters.snapshot().providers;
        assert_eq!(rows.len(), MAX_PROVIDERS + 1);
        assert_eq!(rows.iter().map(|row| row.nano_usd).sum::<i64>(), 7 * 3 * MAX_PROVIDERS as i64);
    }

    #[test]
    fn threads_lose_no_count() {
        let meters = Arc::new(Meters::default());
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let meters = &meters;
                scope.spawn(move || {
                    for call in 0..1000 {
                        let call = meters.begun(Caller::Anthropic, call % 2 == 0);
                        call.attempt(attempted(&format!("p{thread}"), None));
                        call.ended(None);
                    }
                });
            }
        });
        let after = meters.snapshot();
        assert_eq!((after.active, after.calls[3].good, after.calls[3].took.count), (0, 8000, 8000));
        assert_eq!(after.providers.iter().map(|row| row.tokens[0].1).sum::<u64>(), 24_000);
    }
}

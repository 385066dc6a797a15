//! What providers allow: requests and tokens within a minute and calls at a time, as the settings say, and
//! what providers tell of themselves. Who has to wait waits in the order in which they came.

use crate::{
    Engine,
    ways::KeysInUse,
    weigh::{Weight, weight_of},
};
use dialects::ChatRequest;
use domain::{ErrorKind, Failure, KeyLimits, LimitView, ProviderId, Target, UsedLimit, UsedUp};
use providers::{Provider, ProviderLimits};
use routing::{Limit, Meter, Ticket, Wait};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Longest that is waited for a limit to be new.
const SOON: Duration = Duration::from_secs(10);
/// Longest that is waited for another call to end.
const QUEUE: Duration = Duration::from_secs(30);
/// Longest that a provider's word counts: clocks differ, and quotas of a day may be raised meanwhile.
const LONGEST_MS: u32 = 10 * 60 * 1_000;
/// Tokens that an answer takes at most, where nobody limits it.
const USUAL_ANSWER: u32 = 4_096;
/// Most targets that are remembered.
const REMEMBERED: usize = 4_096;

/// All providers of this process.
pub(crate) struct Quotas {
    lanes: Mutex<HashMap<ProviderId, Arc<Lane>>>,
    /// Whether anybody said that nothing is left: all that is looked at while nobody did.
    any: AtomicBool,
    /// Until when there is nothing left, by target and the end of the key that it was asked with.
    used_up: Mutex<HashMap<(Target, String), u64>>,
    pub(crate) in_use: KeysInUse,
    since: Instant,
}

/// One provider under one set of limits.
struct Lane {
    limits: ProviderLimits,
    meter: Arc<Mutex<Meter>>,
    /// Whoever is first waits for the minute; the others wait for that.
    first: tokio::sync::Mutex<()>,
    slots: Option<Arc<Semaphore>>,
}

/// A place among a provider's calls. Dropped unused, it counts for nothing.
pub(crate) struct Slot {
    meter: Arc<Mutex<Meter>>,
    ticket: Ticket,
    settled: bool,
    _place: Option<OwnedSemaphorePermit>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            lanes: Mutex::default(),
            any: AtomicBool::new(false),
            used_up: Mutex::default(),
            in_use: KeysInUse::default(),
            since: Instant::now(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lane {
    fn limits(&self) -> KeyLimits {
        KeyLimits { rpm: self.limits.rpm, tpm: self.limits.tpm, parallel: None }
    }
}

impl Quotas {
    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lane(&self, provider: &Provider) -> Option<Arc<Lane>> {
        let limits = provider.limits.filter(|limits| *limits != ProviderLimits::default())?;
        let mut lanes = locked(&self.lanes);
        let known = lanes.get(&provider.id);
        if let Some(lane) = known.filter(|lane| lane.limits == limits) {
            return Some(Arc::clone(lane));
        }
        // What was called within the last minute still counts under other limits.
        let meter = known.map(|lane| Arc::clone(&lane.meter)).unwrap_or_default();
        let slots = limits.concurrent.map(|most| Arc::new(Semaphore::new(most as usize)));
        let lane = Arc::new(Lane { limits, meter, first: tokio::sync::Mutex::default(), slots });
        lanes.insert(provider.id.clone(), Arc::clone(&lane));
        Some(lane)
    }

    /// In how many milliseconds a provider that said to have nothing left may be asked for this target, with this
    /// key or else with the one in use.
    fn used_up_for(&self, target: &Target, key: Option<&str>) -> Option<u32> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let now = self.now();
        let mut used_up = locked(&self.used_up);
        used_up.retain(|_, until| *until > now);
        self.any.store(!used_up.is_empty(), Ordering::Relaxed);
        let fits = |last4: &str| key.map_or_else(|| self.in_use.is(target, last4), |key| key == last4);
        let of_target = used_up.iter().filter(|((one, last4), _)| one == target && fits(last4));
        of_target.map(|(_, until)| u32::try_from(*until - now).unwrap_or(u32::MAX)).max()
    }

    /// Forgets that targets said to have nothing left; how many there were.
    pub(crate) fn forget(&self, of: impl Fn(&Target) -> bool) -> usize {
        let mut used_up = locked(&self.used_up);
        let before = used_up.len();
        used_up.retain(|(target, _), _| !of(target));
        before - used_up.len()
    }

    /// In how many milliseconds a call of this target could be made; `None` is now.
    pub(crate) fn wait_for(&self, provider: &Provider, target: &Target, tokens: u64) -> Option<u32> {
        if let Some(ms) = self.used_up_for(target, None) {
            return Some(ms);
        }
        let lane = self.lane(provider)?;
        if lane.slots.as_ref().is_some_and(|slots| slots.available_permits() == 0) {
            return Some(1_000);
        }
        locked(&lane.meter).wait(&lane.limits(), tokens, self.now()).map(|wait| wait.retry_after_ms)
    }

    /// Takes a place for a call of so many tokens, after those who came before.
    ///
    /// # Errors
    /// When it would take too long; the failure says when to come again.
    pub(crate) async fn enter(
        &self,
        provider: &Provider,
        target: &Target,
        key: &str,
        tokens: u64,
    ) -> Result<Option<Slot>, Failure> {
        if let Some(ms) = self.used_up_for(target, Some(key)) {
            let wait = Duration::from_millis(ms.into());
            if wait > SOON {
                let text = format!("`{target}` says that nothing is left of its limits for now");
                return Err(Failure::new(ErrorKind::RateLimited, text).retry_after(Some(ms)));
            }
            tokio::time::sleep(wait).await;
        }
        let Some(lane) = self.lane(provider) else { return Ok(None) };
        let slot = match &lane.slots {
            Some(slots) => match tokio::time::timeout(QUEUE, Arc::clone(slots).acquire_owned()).await {
                Ok(Ok(slot)) => Some(slot),
                Ok(Err(_)) | Err(_) => return Err(refused(provider, Limit::Parallel, 1_000)),
            },
            None => None,
        };
        let until = tokio::time::Instant::now() + SOON;
        let Ok(_first) = tokio::time::timeout_at(until, lane.first.lock()).await else {
            return Err(self.refused(provider, &lane, tokens));
        };
        loop {
            let entered = locked(&lane.meter).enter(&lane.limits(), tokens, self.now());
            match entered {
                Ok(ticket) => {
                    let meter = Arc::clone(&lane.meter);
                    return Ok(Some(Slot { meter, ticket, settled: false, _place: slot }));
                }
                Err(Wait { limit, retry_after_ms }) => {
                    let again = tokio::time::Instant::now() + Duration::from_millis(retry_after_ms.into());
                    if again > until {
                        return Err(refused(provider, limit, retry_after_ms));
                    }
                    tokio::time::sleep_until(again).await;
                }
            }
        }
    }

    fn refused(&self, provider: &Provider, lane: &Lane, tokens: u64) -> Failure {
        let wait = locked(&lane.meter).wait(&lane.limits(), tokens, self.now());
        wait.map_or_else(
            || refused(provider, Limit::Requests, 1_000),
            |wait| refused(provider, wait.limit, wait.retry_after_ms),
        )
    }

    /// Hears what a provider tells of its limits with an answer, or with a refusal.
    pub(crate) fn heard(
        &self,
        target: &Target,
        key: &str,
        headers: &[(String, String)],
        failure: Option<&Failure>,
    ) {
        let now = crate::engine::now().millis();
        let told =
            routing::room_again(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())), now);
        let refused = failure.filter(|failure| failure.kind == ErrorKind::RateLimited);
        let Some(ms) = told.max(refused.and_then(|failure| failure.retry_after_ms)) else { return };
        let until = self.now() + u64::from(ms.min(LONGEST_MS));
        let mut used_up = locked(&self.used_up);
        if used_up.len() >= REMEMBERED {
            used_up.clear();
        }
        let entry = used_up.entry((target.clone(), key.to_owned())).or_insert(until);
        *entry = until.max(*entry);
        self.any.store(true, Ordering::Relaxed);
        drop(used_up);
        tracing::info!(%target, ms, "nothing is left of the provider's limits");
    }

    /// Those that are not even waited for, with the keys that are in use.
    pub(crate) fn away(&self) -> Vec<(Target, u32)> {
        if !self.any.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut away = self.used_up_with(|target, last4| self.in_use.is(target, last4));
        away.retain(|(_, ms)| Duration::from_millis((*ms).into()) > SOON);
        away
    }

    /// Targets that said to have nothing left, and for how many milliseconds.
    pub(crate) fn used_up(&self) -> Vec<(Target, u32)> {
        self.used_up_with(|_, _| true)
    }

    fn used_up_with(&self, fits: impl Fn(&Target, &str) -> bool) -> Vec<(Target, u32)> {
        let now = self.now();
        let used_up = locked(&self.used_up);
        let still = used_up.iter().filter(|((target, key), until)| **until > now && fits(target, key));
        still
            .map(|((target, _), until)| (target.clone(), u32::try_from(*until - now).unwrap_or(u32::MAX)))
            .collect()
    }
}

/// About how many tokens a call takes at most: its texts, and as much as it may say.
pub(crate) fn estimate(request: &ChatRequest) -> u64 {
    let weight = request.system.as_deref().map_or_else(Weight::default, Weight::of_text);
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let text = parts.fold(weight.text, |sum, part| sum + weight_of(part));
    u64::from(dialects::text_tokens(text)) + u64::from(request.params.max_tokens.unwrap_or(USUAL_ANSWER))
}

fn refused(provider: &Provider, limit: Limit, retry_after_ms: u32) -> Failure {
    let what = match limit {
        Limit::Requests => "requests within a minute",
        Limit::Tokens => "tokens within a minute",
        Limit::Parallel => "calls at a time",
    };
    let text = format!("`{}` is allowed no more {what}: `limits` in config.toml says how many", provider.id);
    Failure::new(ErrorKind::RateLimited, text).retry_after(Some(retry_after_ms))
}

impl Slot {
    /// The call was made, and took so many tokens.
    pub(crate) fn settle(&mut self, tokens: u64) {
        self.settled = true;
        locked(&self.meter).settle(&mut self.ticket, tokens);
    }

    /// The call is made: it counts, whatever becomes of it.
    pub(crate) fn made(mut self) -> Self {
        self.settled = true;
        self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut meter = locked(&self.meter);
        if !self.settled {
            meter.take_back(&mut self.ticket);
        }
        meter.leave();
    }
}

impl Engine {
    /// Targets whose providers said that nothing is left of their limits, and for how many milliseconds.
    #[must_use]
    pub fn used_up(&self) -> Vec<(Target, u32)> {
        self.0.quotas.used_up()
    }

    /// Limits of providers and how much of them is used, as this process counts: those of the settings, and
    /// those that providers told of themselves.
    #[must_use]
    pub fn limit_views(&self) -> Vec<LimitView> {
        let quotas = &self.0.quotas;
        let mut told = quotas.used_up();
        // Of several keys of one target the last to be free counts.
        told.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        told.dedup_by(|a, b| a.0 == b.0);
        let of = |provider: &Provider| {
            let mine = told
                .iter()
                .filter(|(target, _)| target.split().is_some_and(|(id, _)| id == provider.id.as_str()));
            let used_up: Vec<UsedUp> =
                mine.map(|(target, wait_ms)| UsedUp { target: target.clone(), wait_ms: *wait_ms }).collect();
            let lane = quotas.lane(provider);
            if lane.is_none() && used_up.is_empty() {
                return None;
            }
            let limits = lane.as_ref().map(|lane| lane.limits).unwrap_or_default();
            let (requests, tokens, calls) = lane.map_or((0, 0, 0), |lane| {
                let mut meter = locked(&lane.meter);
                let (requests, tokens) = meter.used(quotas.now());
                (requests, tokens, u64::from(meter.running()))
            });
            let used = |most: Option<u32>, used: u64| {
                most.map(|most| UsedLimit { used: u32::try_from(used).unwrap_or(u32::MAX), most })
            };
            Some(LimitView {
                provider: provider.id.clone(),
                requests: used(limits.rpm, requests),
                tokens: used(limits.tpm, tokens),
                calls: used(limits.concurrent, calls),
                used_up,
            })
        };
        self.config().providers.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests;

//! Who is let in at the gateway, and with how much: virtual keys, limits and budgets.
//!
//! Nothing here asks the database on the way of a call: keys are a snapshot, budgets are slices that were
//! leased before (`pot`). What a call came to leaves its slice with its line in the ledger, so that
//! what is spent is always the sum of that.

mod clock;
mod keys;
mod permit;
mod pot;
#[cfg(test)]
mod tests;

pub(crate) use clock::Clock;
pub use keys::{Grant, Issued, VirtualKeys};
pub use permit::Permit;

use crate::{Engine, EngineError, cost, known};
use domain::{
    BudgetCap, BudgetPeriod, Charge, ConversationId, DeniedKind, Failure, FolderId, NanoUsd, Target,
    Timestamp, Usage, VirtualKeyId, Zone,
};
use keys::{KeyInForce, Snapshot};
use permit::Lost;
use pot::{Amount, Pot, Refused};
use providers::Provider;
use routing::Limit;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::{Store, StoreError};

/// Tokens of an answer that nobody limited, for which room is kept in a budget.
const USUAL_ANSWER: u32 = 4_096;

/// Why a caller is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// What to branch on.
    pub kind: DeniedKind,
    /// For people: what is in the way, and what to do about it.
    pub message: String,
    /// When to come again, where that is known.
    pub retry_after_ms: Option<u32>,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Denied {}

impl Denied {
    pub(crate) fn new(kind: DeniedKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after_ms: None }
    }

    fn unavailable(error: &StoreError) -> Self {
        Self {
            kind: DeniedKind::Unavailable,
            message: format!("the budget cannot be looked up: {error}"),
            retry_after_ms: Some(1_000),
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self::new(denied.kind.error_kind(), denied.message).retry_after(denied.retry_after_ms)
    }
}

/// What a call may take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate<'a> {
    /// The path of the gateway, with its version: `/v1/chat/completions`.
    pub route: &'a str,
    /// Who is to answer: `provider/model`.
    pub target: &'a Target,
    /// Input tokens: no more than the bytes of all texts.
    pub input_tokens_max: u32,
    /// Output tokens that the caller allows, or that are usual.
    pub output_tokens_max: u32,
    /// The price of all that; `None` is unknown.
    pub cost_max: Option<NanoUsd>,
}

impl Estimate<'_> {
    fn amount(&self) -> Amount {
        Amount {
            nano: self.cost_max.map_or(0, |cost| cost.0.max(0)),
            tokens: i64::from(self.input_tokens_max) + i64::from(self.output_tokens_max),
        }
    }
}

/// Caps of all calls together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Everybody {
    pub(crate) caps: Vec<(BudgetPeriod, NanoUsd)>,
    pub(crate) zone: Zone,
}

/// All that is known of who may do how much, in this process.
pub(crate) struct Admission {
    store: Store,
    instance: domain::InstanceId,
    clock: Clock,
    snapshot: arc_swap::ArcSwap<Snapshot>,
    /// All slices of this process, by their budgets. None is ever forgotten: calls under way return to them.
    pots: Mutex<HashMap<i64, Arc<Pot>>>,
    /// Calls that were sent, and whose end nobody saw.
    lost: Mutex<Vec<Lost>>,
    refreshing: tokio::sync::Mutex<()>,
}

impl Admission {
    pub(crate) fn new(store: Store, instance: domain::InstanceId, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            store,
            instance,
            clock,
            snapshot: arc_swap::ArcSwap::default(),
            pots: Mutex::default(),
            lost: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
        })
    }

    /// Takes over what is stored of keys and budgets, whoever wrote it. What is under way goes on.
    pub(crate) async fn refresh(&self, everybody: &Everybody) -> Result<(), StoreError> {
        let _one = self.refreshing.lock().await;
        let stored = self.store.virtual_keys().all().await?;
        let periods: Vec<_> = everybody.caps.iter().map(|(period, _)| *period).collect();
        let shared = self.store.budgets().of_everybody(&periods, &everybody.zone).await?;
        let folders = self.store.budgets().of_folders().await?;
        let before = self.snapshot.load_full();
        let mut pots = locked(&self.pots);
        let mut pot = |budget: &store::StoredBudget, nano: Option<i64>, tokens: Option<i64>| {
            let pot = pots.entry(budget.id).or_insert_with(|| Arc::new(Pot::new(budget)));
            pot.set(&budget.zone, nano, tokens);
            Arc::clone(pot)
        };
        let mut next = Snapshot::default();
        for budget in &shared {
            let cap = everybody.caps.iter().find(|(period, _)| *period == budget.period);
            next.everybody.push(pot(budget, cap.map(|(_, nano)| nano.0), None));
        }
        for stored in stored {
            let own = stored.budgets.iter().map(|b| pot(b, b.nano, b.tokens)).collect();
            next.add(KeyInForce::new(stored, own, &before));
        }
        for budget in &folders {
            if let Some(folder) = budget.folder {
                next.folders.entry(folder).or_default().push(pot(budget, budget.nano, budget.tokens));
            }
        }
        drop(pots);
        // A folder's that was taken away caps nothing, whoever had it before.
        for pot in before.folders.values().flatten() {
            let stays = next.folders.values().flatten().any(|other| other.id() == pot.id());
            if !stays {
                pot.lift();
            }
        }
        self.snapshot.store(Arc::new(next));
        Ok(())
    }

    /// The same leave for a call of this conversation, whose folders may have budgets.
    pub(crate) async fn within(
        &self,
        grant: &Grant,
        conversation: Option<ConversationId>,
    ) -> Result<Grant, Denied> {
        let Some(conversation) = conversation.filter(|_| !self.snapshot.load().folders.is_empty()) else {
            return Ok(grant.clone());
        };
        let folders = self.store.folders().around(conversation).await;
        Ok(grant.within(folders.map_err(|error| Denied::unavailable(&error))?))
    }

    /// Lets a call in: its limits are counted, and its most is set aside in every budget that it is of.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        grant: &Grant,
        estimate: &Estimate<'_>,
    ) -> Result<Permit, Denied> {
        grant.expect_route(estimate.route)?;
        self.admit_run(grant, estimate).await
    }

    /// The same for a run, whose route was looked at when it was asked for.
    pub(crate) async fn admit_run(
        self: &Arc<Self>,
        grant: &Grant,
        estimate: &Estimate<'_>,
    ) -> Result<Permit, Denied> {
        grant.expect_target(estimate.target)?;
        let mut permit = Permit::new(self, grant);
        permit.enter(estimate)?;
        permit.set_aside(estimate).await?;
        Ok(permit)
    }

    /// Sets aside for a call that is made beside another to answer the same request: it is no further request of
    /// its minute, and takes no further place.
    pub(crate) async fn admit_beside(
        self: &Arc<Self>,
        grant: &Grant,
        estimate: &Estimate<'_>,
    ) -> Result<Permit, Denied> {
        grant.expect_target(estimate.target)?;
        let mut permit = Permit::new(self, grant);
        permit.set_aside(estimate).await?;
        Ok(permit)
    }

    /// Lets a call in that nobody is asked for: a request of its minute, at no cost.
    pub(crate) fn admit_free(
        self: &Arc<Self>,
        grant: &Grant,
        route: &str,
        target: &Target,
    ) -> Result<Permit, Denied> {
        grant.expect_route(route)?;
        grant.expect_target(target)?;
        let mut permit = Permit::new(self, grant);
        permit.enter(&Estimate {
            route,
            target,
            input_tokens_max: 0,
            output_tokens_max: 0,
            cost_max: Some(NanoUsd(0)),
        })?;
        permit.answered();
        Ok(permit)
    }

    /// Sets an amount aside in each of these; all or none.
    async fn set_aside(
        &self,
        pots: &[Arc<Pot>],
        at: Timestamp,
        estimate: &Estimate<'_>,
    ) -> Result<Vec<(Arc<Pot>, i64)>, Denied> {
        let amount = estimate.amount();
        let mut taken: Taken = Taken { amount, from: Vec::new() };
        for pot in pots {
            if !pot.is_capped() {
                continue;
            }
            if estimate.cost_max.is_none() && pot.caps_money() {
                let text = format!(
                    "the price of `{}` is not known, and this call has a budget; write it under `[[prices]]` in \
                     config.toml",
                    estimate.target
                );
                return Err(Denied::new(DeniedKind::Budget, text));
            }
            match pot.reserve(&self.store, self.instance, at, self.clock.ticks(), amount).await {
                Ok(period) => taken.from.push((Arc::clone(pot), period)),
                Err(Refused::Full(text)) => return Err(Denied::new(DeniedKind::Budget, text)),
                Err(Refused::Store(error)) => return Err(Denied::unavailable(&error)),
            }
        }
        Ok(std::mem::take(&mut taken.from))
    }

    /// Gives back what is not needed, and enters what was lost. To be called every second or so.
    pub(crate) async fn tidy(&self) -> Result<(), StoreError> {
        let ticks = self.clock.ticks();
        let pots: Vec<_> = locked(&self.pots).values().cloned().collect();
        for pot in pots {
            let slices = pot.spare(self.clock.now(), ticks);
            if let Err(error) = self.store.budgets().give_back(self.instance, &slices).await {
                pot.put_back(&slices);
                return Err(error);
            }
        }
        let lost = std::mem::take(&mut *locked(&self.lost));
        for (at, lost_call) in lost.iter().enumerate() {
            let (attempt, charge) = lost_call.entry();
            if let Err(error) = self.store.attempts().enter_lost(&attempt, &charge, self.instance).await {
                locked(&self.lost).extend_from_slice(&lost[at..]);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// What was set aside so far. Dropped, also by a caller who has left, it returns.
struct Taken {
    amount: Amount,
    from: Vec<(Arc<Pot>, i64)>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        for (pot, period) in &self.from {
            pot.settle(*period, self.amount, Amount::default());
        }
    }
}

fn limit_text(limit: Limit, name: &str) -> String {
    let what = match limit {
        Limit::Requests => "requests within a minute",
        Limit::Tokens => "tokens within a minute",
        Limit::Parallel => "calls at a time",
    };
    format!("the key `{name}` allows no more {what}; try again later")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// Keys for callers of the gateway.
    #[must_use]
    pub fn virtual_keys(&self) -> VirtualKeys<'_> {
        VirtualKeys { engine: self }
    }

    /// Lets a call in, or says why not. Dropping the answer gives everything back, as long as nothing
    /// was sent.
    ///
    /// # Errors
    /// When the key is not for this, a limit is in the way, or a budget has no room.
    pub async fn admit(&self, grant: &Grant, estimate: Estimate<'_>) -> Result<Permit, Denied> {
        self.0.admission.admit(grant, &estimate).await
    }

    /// Lets a call in that is answered without asking anybody.
    pub(crate) fn admit_free(&self, grant: &Grant, route: &str, target: &Target) -> Result<Permit, Denied> {
        self.0.admission.admit_free(grant, route, target)
    }

    /// The most that a call can take, of a target that stands for one model of one provider. Without a
    /// limit of the caller's, what answers usually come to at most.
    #[must_use]
    pub fn most<'a>(
        &self,
        route: &'a str,
        target: &'a Target,
        input_tokens_max: u32,
        output_tokens_max: Option<u32>,
    ) -> Estimate<'a> {
        let Some((provider, model)) = self.provider_and_model(target) else {
            let output_tokens_max = output_tokens_max.unwrap_or(USUAL_ANSWER);
            return Estimate { route, target, input_tokens_max, output_tokens_max, cost_max: None };
        };
        self.most_of(route, target, &provider, model, input_tokens_max, output_tokens_max)
    }

    /// The same where it is known who is asked.
    pub(crate) fn most_of<'a>(
        &self,
        route: &'a str,
        target: &'a Target,
        provider: &Provider,
        model: &str,
        input_tokens_max: u32,
        output_tokens_max: Option<u32>,
    ) -> Estimate<'a> {
        let output_tokens_max = output_tokens_max.unwrap_or_else(|| {
            let limit = known::of_model(self, provider, model).output_limit;
            limit.map_or(USUAL_ANSWER, |limit| limit.min(USUAL_ANSWER))
        });
        let usage =
            Usage { input: Some(input_tokens_max), output: Some(output_tokens_max), ..Usage::default() };
        let prices = known::prices(self, provider, model, &usage);
        let cost_max = cost::most(&prices, &usage);
        Estimate { route, target, input_tokens_max, output_tokens_max, cost_max }
    }

    /// What is capped for all calls together.
    pub(crate) fn everybody(&self) -> Everybody {
        let budget = &self.config().budget;
        let caps = [(BudgetPeriod::Day, budget.day_usd), (BudgetPeriod::Month, budget.month_usd)];
        Everybody {
            caps: caps.into_iter().filter_map(|(period, cap)| Some((period, cap?))).collect(),
            zone: budget.time_zone.clone(),
        }
    }

    /// Takes over keys and caps as they are stored now.
    pub(crate) async fn refresh_admission(&self) {
        if let Err(error) = self.0.admission.refresh(&self.everybody()).await {
            tracing::warn!(%error, "virtual keys and budgets stay as they were last known");
        }
    }
}

impl Engine {
    /// Sets what conversations of a folder, and of those within it, may take. Nothing takes its budgets away.
    ///
    /// # Errors
    /// When there is no such folder, or the caps make no sense.
    pub async fn set_folder_budgets(&self, folder: FolderId, caps: &[BudgetCap]) -> Result<(), EngineError> {
        keys::check_caps(caps)?;
        let zone = &self.config().budget.time_zone;
        self.0.store.budgets().set_of_folder(folder, caps, zone).await?;
        self.refresh_admission().await;
        // What was leased under the caps of before is asked for anew under these.
        self.0.admission.tidy().await?;
        self.0.changes.tell(["folders"]);
        Ok(())
    }
}

/// What was set aside for a call, as it is written down before the call is sent.
fn charge(
    (key, folders): (Option<VirtualKeyId>, &[FolderId]),
    at: Timestamp,
    pots: &[(Arc<Pot>, i64)],
    usd: NanoUsd,
    tokens: u64,
) -> Charge {
    let leased = pots.iter().map(|(pot, period)| (pot.id(), *period)).collect();
    Charge { key, at, usd, tokens, leased, folders: folders.to_vec() }
}

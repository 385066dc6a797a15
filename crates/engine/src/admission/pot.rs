//! One budget in this process: for each of its periods the slice that was leased, and what of it is free.
//!
//! At every instant the slice in the database is what is free or recalled here, plus what is set aside, plus
//! what was spent and is not in the ledger yet. Nobody has to be told when the ledger catches up.

use super::locked;
use domain::{BudgetPeriod, InstanceId, NanoUsd, Timestamp, Zone};
use std::sync::{Arc, Mutex};
use store::{Leased, Store, StoreError, StoredBudget, Want};

/// After so long without a call the free part of a slice returns.
const IDLE_MS: u64 = 2_000;
/// So long a budget that had no room is not asked again for as much.
const FULL_MS: u64 = 100;

/// Money and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amount {
    pub(crate) nano: i64,
    pub(crate) tokens: i64,
}

impl Amount {
    const fn plus(self, other: Self) -> Self {
        Self { nano: self.nano + other.nano, tokens: self.tokens + other.tokens }
    }

    const fn minus(self, other: Self) -> Self {
        Self { nano: self.nano - other.nano, tokens: self.tokens - other.tokens }
    }
}

/// Why nothing was set aside.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no room; for people.
    Full(String),
    /// It cannot be found out.
    Store(StoreError),
}

/// What a budget counts.
#[derive(Debug, Clone, Copy)]
enum Of {
    Key,
    Folder,
    Everybody,
}

pub(crate) struct Pot {
    id: i64,
    period: BudgetPeriod,
    of: Of,
    state: Mutex<State>,
    /// One slice grows at a time, so that many who ask at once lease together.
    growing: tokio::sync::Mutex<()>,
}

struct State {
    zone: Zone,
    most_nano: Option<i64>,
    most_tokens: Option<i64>,
    slices: Vec<Slice>,
    /// Until when so much of a period is not asked for again.
    full: Option<(u64, i64, Amount)>,
}

struct Slice {
    /// When its period begins and the next one does. One that is over has `until` at its beginning.
    from: i64,
    until: i64,
    free: Amount,
    set_aside: Amount,
    used_at: u64,
    /// Was free when the caps changed: it goes back, and nothing is taken of it.
    recalled: Amount,
}

impl Slice {
    /// What was leased under other caps is not spent under these; a debt stays one.
    fn recall(&mut self) {
        let free = Amount { nano: self.free.nano.max(0), tokens: self.free.tokens.max(0) };
        (self.free, self.recalled) = (self.free.minus(free), self.recalled.plus(free));
    }
}

impl State {
    fn slice_at(&mut self, period: BudgetPeriod, at: Timestamp) -> &mut Slice {
        let now = at.millis();
        if let Some(found) = self.slices.iter().position(|slice| slice.from <= now && now < slice.until) {
            return &mut self.slices[found];
        }
        let (from, until) = period.around(&self.zone, at);
        let slice = self.slice_of(from.millis());
        slice.until = until.millis();
        slice
    }

    fn slice_of(&mut self, from: i64) -> &mut Slice {
        let at = self.slices.iter().position(|slice| slice.from == from).unwrap_or_else(|| {
            let (free, set_aside) = (Amount::default(), Amount::default());
            self.slices.push(Slice {
                from,
                until: from,
                free,
                set_aside,
                used_at: 0,
                recalled: Amount::default(),
            });
            self.slices.len() - 1
        });
        &mut self.slices[at]
    }

    /// What a slice lacks for an amount, debts included; `None` where it has it.
    fn lack(&mut self, period: BudgetPeriod, at: Timestamp, amount: Amount) -> Option<Amount> {
        let (most_nano, most_tokens) = (self.most_nano, self.most_tokens);
        let free = self.slice_at(period, at).free;
        let lacks = |most: Option<i64>, wanted: i64, free: i64| {
            if most.is_none() || wanted == 0 { 0 } else { (wanted - free).max(0) }
        };
        let lack = Amount {
            nano: lacks(most_nano, amount.nano, free.nano),
            tokens: lacks(most_tokens, amount.tokens, free.tokens),
        };
        (lack != Amount::default()).then_some(lack)
    }
}

impl Pot {
    pub(crate) fn new(budget: &StoredBudget) -> Self {
        Self {
            id: budget.id,
            period: budget.period,
            of: match (budget.key, budget.folder) {
                (Some(_), _) => Of::Key,
                (None, Some(_)) => Of::Folder,
                (None, None) => Of::Everybody,
            },
            state: Mutex::new(State {
                zone: budget.zone.clone(),
                most_nano: None,
                most_tokens: None,
                slices: Vec::new(),
                full: None,
            }),
            growing: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) const fn id(&self) -> i64 {
        self.id
    }

    /// Sets what is in force from now on.
    pub(crate) fn set(&self, zone: &Zone, most_nano: Option<i64>, most_tokens: Option<i64>) {
        let mut state = locked(&self.state);
        if state.zone != *zone {
            state.zone = zone.clone();
            // Days begin elsewhere now; what is under way returns to the old ones.
            state.slices.iter_mut().for_each(|slice| slice.until = slice.from);
        }
        if (state.most_nano, state.most_tokens) != (most_nano, most_tokens) {
            (state.most_nano, state.most_tokens, state.full) = (most_nano, most_tokens, None);
            state.slices.iter_mut().for_each(Slice::recall);
        }
    }

    /// It caps nothing any more.
    pub(crate) fn lift(&self) {
        let mut state = locked(&self.state);
        (state.most_nano, state.most_tokens, state.full) = (None, None, None);
    }

    pub(crate) fn is_capped(&self) -> bool {
        let state = locked(&self.state);
        state.most_nano.is_some() || state.most_tokens.is_some()
    }

    pub(crate) fn caps_money(&self) -> bool {
        locked(&self.state).most_nano.is_some()
    }

    /// Sets an amount aside in the period of `at`, which is the answer.
    pub(crate) async fn reserve(
        self: &Arc<Self>,
        store: &Store,
        instance: InstanceId,
        at: Timestamp,
        ticks: u64,
        amount: Amount,
    ) -> Result<i64, Refused> {
        loop {
            if let Some(period) = self.take(at, ticks, amount)? {
                return Ok(period);
            }
            // Goes on where the caller leaves: what was leased is ours, whoever wanted it.
            let (pot, store) = (Arc::clone(self), store.clone());
            let grown = tokio::spawn(async move { pot.grow(&store, instance, at, ticks, amount).await });
            match grown.await {
                Ok(grown) => grown?,
                Err(fault) => {
                    return Err(Refused::Store(StoreError::Io(std::io::Error::other(fault))));
                }
            }
        }
    }

    fn take(&self, at: Timestamp, ticks: u64, amount: Amount) -> Result<Option<i64>, Refused> {
        let mut state = locked(&self.state);
        if state.lack(self.period, at, amount).is_some() {
            let from = state.slice_at(self.period, at).from;
            let full = state.full.is_some_and(|(until, of, least)| {
                ticks < until && of == from && amount.nano >= least.nano && amount.tokens >= least.tokens
            });
            return if full { Err(Refused::Full(self.full_text(&state))) } else { Ok(None) };
        }
        let slice = state.slice_at(self.period, at);
        slice.free = slice.free.minus(amount);
        slice.set_aside = slice.set_aside.plus(amount);
        slice.used_at = ticks;
        Ok(Some(slice.from))
    }

    async fn grow(
        &self,
        store: &Store,
        instance: InstanceId,
        at: Timestamp,
        ticks: u64,
        amount: Amount,
    ) -> Result<(), Refused> {
        let _one = self.growing.lock().await;
        let (want, period) = {
            let mut state = locked(&self.state);
            let Some(lack) = state.lack(self.period, at, amount) else { return Ok(()) };
            let want = Want {
                budget: self.id,
                at,
                nano: lack.nano,
                tokens: lack.tokens,
                most_nano: state.most_nano,
                most_tokens: state.most_tokens,
            };
            (want, state.slice_at(self.period, at).from)
        };
        match store.budgets().lease(instance, &want).await {
            Ok(Leased::Grown { nano, tokens }) => {
                let mut state = locked(&self.state);
                state.full = None;
                let slice = state.slice_of(period);
                slice.free = slice.free.plus(Amount { nano, tokens });
                slice.used_at = ticks;
                Ok(())
            }
            Ok(Leased::Full(_)) => {
                let mut state = locked(&self.state);
                state.full = Some((ticks + FULL_MS, period, amount));
                Err(Refused::Full(self.full_text(&state)))
            }
            Err(error) => Err(Refused::Store(error)),
        }
    }

    fn full_text(&self, state: &State) -> String {
        let cap = match (state.most_nano, state.most_tokens) {
            (Some(nano), Some(tokens)) => format!("${} and {tokens} tokens", NanoUsd(nano)),
            (Some(nano), None) => format!("${}", NanoUsd(nano)),
            (None, Some(tokens)) => format!("{tokens} tokens"),
            (None, None) => "nothing".to_owned(),
        };
        let each = match self.period {
            BudgetPeriod::Day => " a day",
            BudgetPeriod::Month => " a month",
            BudgetPeriod::Total => "",
        };
        let (whose, raise) = match self.of {
            Of::Key => ("this key", "issue a key with a larger one"),
            Of::Folder => ("this conversation's folder", "raise it with `orch folders budget`"),
            Of::Everybody => ("all calls together", "raise it under `[budget]` in config.toml"),
        };
        format!(
            "the budget of {whose}, {cap}{each}, has no room for this call; ask for a shorter answer, or {raise}"
        )
    }

    /// Puts what a call came to in the place of what was set aside for it.
    pub(crate) fn settle(&self, period: i64, set_aside: Amount, came_to: Amount) {
        let mut state = locked(&self.state);
        let slice = state.slice_of(period);
        slice.set_aside = slice.set_aside.minus(set_aside);
        slice.free = slice.free.plus(set_aside).minus(came_to);
    }

    /// What slices have free and nobody needs, as the store takes it back. It is gone from here.
    pub(crate) fn spare(&self, now: Timestamp, ticks: u64) -> Vec<(i64, i64, i64, i64)> {
        let mut state = locked(&self.state);
        let (most_nano, most_tokens) = (state.most_nano, state.most_tokens);
        let now = now.millis();
        let mut spare = Vec::new();
        for slice in &mut state.slices {
            let over = now < slice.from || now >= slice.until;
            let idle = ticks.saturating_sub(slice.used_at) >= IDLE_MS;
            // Others are to know of it at once.
            let owes =
                most_nano.is_some() && slice.free.nano < 0 || most_tokens.is_some() && slice.free.tokens < 0;
            let recalled = std::mem::take(&mut slice.recalled);
            if recalled != Amount::default() {
                spare.push((self.id, slice.from, recalled.nano, recalled.tokens));
            }
            if (over || idle || owes) && slice.free != Amount::default() {
                let free = std::mem::take(&mut slice.free);
                spare.push((self.id, slice.from, free.nano, free.tokens));
            }
        }
        state.slices.retain(|slice| {
            let over = now < slice.from || now >= slice.until;
            !over || slice.free != Amount::default() || slice.set_aside != Amount::default()
        });
        spare
    }

    /// The store did not take it.
    pub(crate) fn put_back(&self, spare: &[(i64, i64, i64, i64)]) {
        let mut state = locked(&self.state);
        for (_, period, nano, tokens) in spare {
            let slice = state.slice_of(*period);
            slice.free = slice.free.plus(Amount { nano: *nano, tokens: *tokens });
            // Perhaps leased under caps of before: it goes back the next time, and is not spent until then.
            slice.recall();
        }
    }
}

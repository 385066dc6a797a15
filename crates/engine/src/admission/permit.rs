//! A call that was let in, until what it came to is known.

use super::{
    Admission, Denied, Estimate, charge, keys::KeyInForce, limit_text, locked, pot::Amount, pot::Pot,
};
use crate::Grant;
use domain::{
    Attempt, AttemptId, AttemptOutcome, Charge, CompletionId, DeniedKind, FolderId, NanoUsd, Target,
    Timestamp, Usage, UsageBy,
};
use routing::Ticket;
use std::sync::Arc;

/// Room for a call: a slot, a place in its minute, and money and tokens set aside.
///
/// Dropped before anything was sent, all of it returns. Dropped after that and unsettled, the call counts
/// as what was set aside for it, and is entered in the ledger as that unless somebody knows better.
#[must_use = "dropping it gives the room back"]
pub struct Permit {
    admission: Arc<Admission>,
    key: Option<Arc<KeyInForce>>,
    /// The folders whose budgets count it.
    folders: Vec<FolderId>,
    ticket: Option<Ticket>,
    at: Timestamp,
    pots: Vec<(Arc<Pot>, i64)>,
    amount: Amount,
    open: bool,
    /// Whether anything was sent.
    made: bool,
    /// Tokens of calls that were settled.
    tokens: u64,
    /// Tokens that are set aside for a call that is made beside this one.
    beside: u64,
    /// The attempt, once it is sent.
    sent: Option<AttemptId>,
    call: Option<Call>,
}

/// What is known of a call before it is made.
#[derive(Debug, Clone)]
struct Call {
    target: Target,
    usage: Usage,
    cost: Option<NanoUsd>,
}

/// A call that was sent, and whose end nobody saw.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    attempt: AttemptId,
    call: Call,
    charge: Charge,
}

impl Lost {
    pub(super) fn entry(&self) -> (Attempt, Charge) {
        let (provider, model) = self.call.target.split().unwrap_or(("", self.call.target.as_str()));
        let attempt = Attempt {
            id: self.attempt,
            // Only the ledger is written, which knows of none.
            completion_id: CompletionId::from_uuid(self.attempt.uuid()),
            ord: 0,
            provider: provider.to_owned(),
            model: model.to_owned(),
            http_status: None,
            outcome: AttemptOutcome::Interrupted,
            error_kind: None,
            started_at: self.charge.at,
            headers_ms: None,
            first_ms: None,
            ended_ms: None,
            usage: self.call.usage,
            usage_by: Some(UsageBy::Estimated),
            cost: self.call.cost,
        };
        (attempt, self.charge.clone())
    }
}

impl Permit {
    pub(super) fn new(admission: &Arc<Admission>, grant: &Grant) -> Self {
        Self {
            admission: Arc::clone(admission),
            key: grant.key().cloned(),
            folders: grant.folders().to_vec(),
            ticket: None,
            at: admission.clock.now(),
            pots: Vec::new(),
            amount: Amount::default(),
            open: false,
            made: false,
            tokens: 0,
            beside: 0,
            sent: None,
            call: None,
        }
    }

    /// Counts the call among those of its minute, and takes a slot.
    pub(super) fn enter(&mut self, estimate: &Estimate<'_>) -> Result<(), Denied> {
        let Some(key) = &self.key else { return Ok(()) };
        let tokens = estimate.amount().tokens.unsigned_abs();
        let entered = locked(key.meter()).enter(&key.limits(), tokens, self.admission.clock.ticks());
        self.ticket = Some(entered.map_err(|wait| Denied {
            kind: DeniedKind::RateLimited,
            message: limit_text(wait.limit, key.name()),
            retry_after_ms: Some(wait.retry_after_ms),
        })?);
        Ok(())
    }

    /// Sets the most that the call can take aside.
    pub(super) async fn set_aside(&mut self, estimate: &Estimate<'_>) -> Result<(), Denied> {
        self.at = self.admission.clock.now();
        let snapshot = self.admission.snapshot.load_full();
        let own = self.key.as_ref().map_or(&[][..], |key| key.pots());
        let around = self.folders.iter().filter_map(|folder| snapshot.folders.get(folder)).flatten();
        let pots: Vec<_> = own.iter().chain(around).chain(&snapshot.everybody).cloned().collect();
        let admission = Arc::clone(&self.admission);
        self.pots = admission.set_aside(&pots, self.at, estimate).await?;
        (self.amount, self.open) = (estimate.amount(), true);
        self.call = Some(Call {
            target: estimate.target.clone(),
            usage: Usage {
                input: Some(estimate.input_tokens_max),
                output: Some(estimate.output_tokens_max),
                ..Usage::default()
            },
            cost: estimate.cost_max,
        });
        Ok(())
    }

    /// Sets aside for a further call to answer the same request: a retry, or a fallback. The one before is
    /// settled as it is, if nobody has settled it.
    ///
    /// # Errors
    /// When the key is not for this target, or a budget has no room.
    pub async fn again(&mut self, estimate: Estimate<'_>) -> Result<(), Denied> {
        self.close();
        let scopes = self.key.as_ref().is_none_or(|key| key.scopes().allow_target(estimate.target));
        if !scopes {
            return Err(super::keys::not_for_target(estimate.target));
        }
        self.set_aside(&estimate).await?;
        self.meter(self.tokens + self.amount.tokens.unsigned_abs());
        Ok(())
    }

    /// What was set aside of its minute for a call that is made beside this one, and has a permit of its own.
    pub(crate) fn beside(&mut self, other: &Self) {
        self.beside = other.amount.tokens.unsigned_abs();
        let own = if self.open { self.amount.tokens.unsigned_abs() } else { 0 };
        self.meter(self.tokens + own);
    }

    /// What such a call came to, once its own permit knows.
    pub(crate) fn beside_came_to(&mut self, tokens: u64) {
        self.beside = 0;
        self.tokens += tokens;
        let own = if self.open { self.amount.tokens.unsigned_abs() } else { 0 };
        self.meter(self.tokens + own);
    }

    /// What is set aside, for whoever has to settle the call if this process cannot.
    #[must_use]
    pub fn intent(&self) -> Charge {
        let tokens = self.amount.tokens.unsigned_abs();
        charge((self.key_id(), &self.folders), self.at, &self.pots, NanoUsd(self.amount.nano), tokens)
    }

    /// When the call was let in.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// From now on the call may cost something: to be said before the first byte is sent.
    pub fn sent(&mut self, attempt: AttemptId) {
        self.made = true;
        self.sent = Some(attempt);
    }

    /// The call is answered without one upstream: it counts among those of its minute all the same.
    pub(super) fn answered(&mut self) {
        self.made = true;
    }

    /// What the call came to, of which the answer goes with its line in the ledger. Without a cost it
    /// counts as what was set aside.
    pub fn settle(&mut self, usage: &Usage, cost: Option<NanoUsd>) -> Charge {
        let mut came_to = self.amount;
        if let Some(cost) = cost {
            came_to.nano = cost.0;
        }
        if !usage.is_empty() {
            came_to.tokens = i64::try_from(usage.total()).unwrap_or(i64::MAX);
        }
        let settled = charge(
            (self.key_id(), &self.folders),
            self.at,
            &self.pots,
            NanoUsd(came_to.nano),
            came_to.tokens.unsigned_abs(),
        );
        self.come_to(came_to);
        settled
    }

    /// The same of an attempt's figures; one that nobody counted cost nothing.
    pub(crate) fn settle_attempt(&mut self, attempt: &Attempt) -> Charge {
        if attempt.usage_by.is_none() {
            let none = Usage { input: Some(0), output: Some(0), ..Usage::default() };
            return self.settle(&none, Some(NanoUsd(0)));
        }
        self.settle(&attempt.usage, attempt.cost)
    }

    fn come_to(&mut self, came_to: Amount) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        for (pot, period) in std::mem::take(&mut self.pots) {
            pot.settle(period, self.amount, came_to);
        }
        self.tokens += came_to.tokens.unsigned_abs();
        self.meter(self.tokens);
        self.sent = None;
    }

    /// Says how many tokens all calls of this request take.
    fn meter(&mut self, tokens: u64) {
        if let (Some(key), Some(ticket)) = (&self.key, &mut self.ticket) {
            locked(key.meter()).settle(ticket, tokens + self.beside);
        }
    }

    /// Ends an unsettled call.
    fn close(&mut self) {
        if !self.open {
            return;
        }
        match (self.sent, self.call.take()) {
            (Some(attempt), Some(call)) => {
                let charge = self.intent();
                self.come_to(self.amount);
                locked(&self.admission.lost).push(Lost { attempt, call, charge });
            }
            _ => self.come_to(Amount::default()),
        }
    }

    fn key_id(&self) -> Option<domain::VirtualKeyId> {
        self.key.as_ref().map(|key| key.id())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.close();
        if let (Some(key), Some(ticket)) = (&self.key, &mut self.ticket) {
            let mut meter = locked(key.meter());
            if !self.made {
                meter.take_back(ticket);
            }
            meter.leave();
        }
    }
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Permit").field("at", &self.at).field("amount", &self.amount).finish_non_exhaustive()
    }
}

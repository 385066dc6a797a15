//! Carrying out one completion: calls, retries and fallbacks until it has a terminal state, and
//! the one transaction that stores it.

mod resuming;

use super::{
    begin::Plan,
    beside::{Beside, Found, most, provider_of},
    call::{ms_since, new_attempt_id},
    decide::branch_key,
    legs::{self, Came, Ended, Left, Leg},
    prompt::Prompt,
    status_of,
};
use crate::{
    Denied, Engine, EngineError, Permit, cost, engine::now, known, resume::Seam, routing::Routed,
    weigh::Weight,
};
use dialects::{Assembly, Change, ChatRequest, Delta};
use domain::{
    Attempt, AttemptOutcome, Charge, CompletionState, Cost, ErrorKind, EventItem, Failure, LiveEnd, Metrics,
    Part, Stop, Target, Usage, UsageBy,
};
use providers::Provider;
use routing::{CallEnd, Next, Tried};
use std::{pin::pin, sync::Arc, time::Duration};
use store::{Exchange, Finish, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long to wait before the store is asked again to take an answer's end.
const STORE_AGAIN: Duration = Duration::from_millis(500);
/// How long an end is offered to a store that refuses it for a reason that does not pass.
const NEVER_AGAIN: Duration = Duration::from_secs(3);

/// One completion under way.
pub(crate) struct Answering {
    engine: Engine,
    plan: Arc<Plan>,
    stop: CancellationToken,
    assembly: Assembly,
    metrics: Metrics,
    calls: u32,
    /// When the first request was sent.
    first_sent: Option<Instant>,
    served: Option<Target>,
    /// What the prompt weighs, for estimates.
    prompt: Weight,
    /// Calls whose end the store has not taken: the ledger has a line for each, however late.
    unnoted: Vec<(Attempt, Charge)>,
    /// Room for its calls in limits and budgets.
    permit: Option<Permit>,
    /// Whether any of its calls has come to something.
    has_cost: bool,
    /// What a call begins with that another has said: sent, not answered.
    begun: Vec<Part>,
    /// Why the answer broke off after its first words, where somebody else goes on with it.
    cut: Option<Failure>,
    seam: Seam,
}

impl Answering {
    pub(crate) fn new(engine: Engine, plan: Plan, stop: CancellationToken) -> Self {
        Self {
            engine,
            begun: plan.begins_with.clone(),
            cut: None,
            seam: Seam::default(),
            plan: Arc::new(plan),
            stop,
            assembly: Assembly::new(),
            metrics: Metrics::default(),
            calls: 0,
            first_sent: None,
            served: None,
            prompt: Weight::default(),
            unnoted: Vec::new(),
            permit: None,
            has_cost: false,
        }
    }

    /// Runs to the end, whatever that is, and stores it.
    pub(crate) async fn run(mut self) {
        let state = self.carry_out().await;
        self.finish(state).await;
    }

    async fn carry_out(&mut self) -> CompletionState {
        let mut order = self.plan.decision.order.clone();
        self.note_target(&order[0]).await;
        self.show_beginning().await;
        let mut prompt = match Prompt::read(&self.engine, &self.plan).await {
            Ok(prompt) => prompt,
            Err(error) => {
                return failed(Failure::new(
                    ErrorKind::Upstream,
                    format!("the prompt cannot be read: {error}"),
                ));
            }
        };
        self.prompt = prompt.weight.clone();
        // Known before the call; a provider would say it less clearly, or leave out what it cannot take.
        let mut refused = None;
        order.retain(|target| {
            if let Err(denied) = self.plan.grant.expect_target(target) {
                refused = Some(denied.message);
                return false;
            }
            let asked = self.engine.provider_and_model(target);
            let why = asked.and_then(|(p, model)| prompt.refused_by(&self.engine, &p, model, &self.plan));
            refused = why.clone().or_else(|| refused.take());
            why.is_none()
        });
        match (order.first(), refused) {
            (None, why) => return failed(Failure::new(ErrorKind::BadRequest, why.unwrap_or_default())),
            (Some(first), Some(_)) => self.note_target(first).await,
            (Some(_), None) => {}
        }
        let max_calls = self.engine.config().engine.max_attempts.max(1);
        let (mut at, mut calls_here, mut denied) = (0, 0, None);
        loop {
            if let (None, Some(well)) = (&self.cut, self.first_well(&order, at)) {
                (at, calls_here) = (well, 0);
                self.note_target(&order[at]).await;
            }
            calls_here += 1;
            let failure = match self.call(&order, &mut at, &prompt).await {
                Ended::Whole => {
                    return CompletionState::Complete { stop: self.assembly.stop().unwrap_or(Stop::Other) };
                }
                Ended::Stopped => return CompletionState::Stopped,
                Ended::Denied(failure) if self.cut.is_some() => failure,
                // A budget may have room for another, and a key may be for another.
                Ended::Denied(failure)
                    if at + 1 < order.len()
                        && matches!(failure.kind, ErrorKind::Budget | ErrorKind::Permission) =>
                {
                    tracing::info!(target = %order[at], kind = %failure.kind, "not let in: asking the next");
                    denied.get_or_insert(failure);
                    (at, calls_here) = (at + 1, 0);
                    self.note_target(&order[at]).await;
                    continue;
                }
                Ended::Denied(failure) => return failed(denied.unwrap_or(failure)),
                Ended::Failed(failure) => failure,
            };
            let tried = Tried {
                calls: self.calls,
                max_calls,
                calls_here,
                targets_left: (order.len() - at - 1) as u32,
                delivered: self.assembly.has_content(),
                resumable: self.is_resumable(),
            };
            // Whatever becomes of those who were to go on with it, this is why it broke off.
            let failure = if tried.delivered { self.cut.get_or_insert(failure).clone() } else { failure };
            if failure.kind == ErrorKind::ContextLength
                && !tried.delivered
                && self.calls < max_calls
                && let Some(larger) = self.larger(&order, at)
            {
                tracing::info!(target = %order[at], larger = %order[larger], "too long for it: asking a larger one");
                (at, calls_here) = (larger, 0);
                self.note_target(&order[at]).await;
                continue;
            }
            match routing::next_step(&failure, tried, self.plan.completion.uuid().as_u64_pair().1) {
                Next::GiveUp => return failed(failure),
                // Whoever is left alone is not waited for while somebody else can be asked.
                Next::Retry { .. } if self.first_well(&order, at).is_some() => {}
                Next::Resume => {
                    let Some(next) = self.who_goes_on(&order, at) else { return failed(failure) };
                    tracing::info!(target = %order[at], kind = %failure.kind, next = %order[next], "broke off: the next goes on");
                    self.begin_with_what_came(&mut prompt, &order[next]);
                    (at, calls_here) = (next, 0);
                    self.note_target(&order[at]).await;
                }
                Next::FallBack => {
                    tracing::info!(target = %order[at], kind = %failure.kind, next = %order[at + 1], "falling back");
                    (at, calls_here) = (at + 1, 0);
                    self.note_target(&order[at]).await;
                }
                Next::Retry { wait_ms } => {
                    tracing::info!(target = %order[at], kind = %failure.kind, wait_ms, "asking again");
                    tokio::select! {
                        () = self.stop.cancelled() => return CompletionState::Stopped,
                        () = tokio::time::sleep(Duration::from_millis(wait_ms.into())) => {}
                    }
                }
            }
        }
    }

    /// The next that may take what was too long for this one: one with more room, or of unknown room.
    fn larger(&self, order: &[Target], at: usize) -> Option<usize> {
        let room = |target: &Target| {
            let (provider, model) = self.engine.provider_and_model(target)?;
            known::of_model(&self.engine, &provider, model).context_window
        };
        let here = room(&order[at]);
        (at + 1..order.len()).find(|next| match (here, room(&order[*next])) {
            (Some(here), Some(next)) => next > here,
            _ => true,
        })
    }

    /// The next one that is not left alone, where this one is. With nobody else it is asked all the same: somebody
    /// chose it.
    fn first_well(&self, order: &[Target], at: usize) -> Option<usize> {
        let left_alone = |target: &Target| self.engine.0.breakers.wait_for(target).is_some();
        if order.len() == at + 1 || !left_alone(&order[at]) {
            return None;
        }
        (at + 1..order.len()).find(|&place| !left_alone(&order[place]))
    }

    /// The policy by which the route chose, where one did.
    fn policy(&self) -> Option<&str> {
        self.plan.decision.routed.as_ref().map(|routed| routed.policy.as_str())
    }

    /// Notes whom the completion asks, for those who find it after a crash.
    async fn note_target(&self, target: &Target) {
        if let Err(error) = self.engine.0.store.completions().begin(self.plan.completion, target).await {
            tracing::warn!(%error, "whom a completion asks was not noted");
        }
    }

    /// An answer that continues another begins with a copy of its text, journaled like any other.
    async fn show_beginning(&mut self) {
        if self.plan.begins_with.is_empty() {
            return;
        }
        self.assembly = Assembly::with_parts(self.plan.begins_with.clone());
        let mut items = Vec::new();
        for (part, shown) in crate::fold::shown_of(&self.plan.begins_with).into_iter().enumerate() {
            let (completion, part) = (self.plan.completion, part as u32);
            items.push(EventItem::Open { completion, part, kind: shown.kind, text: shown.label });
            items.push(EventItem::Append { completion, part, at: 0, text: shown.text });
        }
        self.engine.0.journal.write(self.plan.run, items).await;
    }

    /// Asks one of the order; after a while without a word the next one too, where the settings say so. `at` is
    /// whoever answered, or failed last.
    async fn call(&mut self, order: &[Target], at: &mut usize, prompt: &Prompt) -> Ended {
        let mut legs = match self.start(*at, &order[*at], prompt).await {
            Ok(leg) => vec![leg],
            Err(ended) => return ended,
        };
        let max_calls = self.engine.config().engine.max_attempts.max(1);
        let hedge =
            self.hedge().filter(|_| self.cut.is_none() && order.len() > *at + 1 && self.calls < max_calls);
        let room =
            Beside { engine: self.engine.clone(), plan: Arc::clone(&self.plan), prompt, order, at: *at };
        let mut beside = pin!(room.after(legs[0].out(), hedge.unwrap_or_default()));
        let (mut may_hedge, mut two) = (hedge.is_some(), false);
        loop {
            let (place, mut came) = tokio::select! {
                biased;
                came = legs::first(&mut legs) => came,
                found = &mut beside, if may_hedge => {
                    may_hedge = false;
                    if let Some(Found { place, provider, request, own }) = found
                        && !self.stop.is_cancelled()
                    {
                        let target = &order[place];
                        tracing::info!(slow = %order[*at], beside = %target, "no word yet: asking another too");
                        if let Some(permit) = &mut self.permit {
                            permit.beside(&own);
                        }
                        legs.push(self.send((place, target), provider, request, Some(own)).await);
                        two = true;
                    }
                    continue;
                }
            };
            let mut leg = legs.swap_remove(place);
            may_hedge = false;
            leg.heard(&came);
            if came.is_nothing() && !legs.is_empty() {
                tracing::info!(target = %leg.target, "failed; the other goes on");
                self.put_away(leg.left(came)).await;
                continue;
            }
            if two {
                self.tell_call(&leg.target).await;
            }
            // What there is to show does not wait for the other to be noted.
            self.show(&mut came.deltas, &mut leg).await;
            let mut left = Vec::new();
            for other in legs.drain(..) {
                left.push(other.leave().await);
            }
            if std::mem::replace(at, leg.at) != leg.at {
                self.note_target(&leg.target).await;
            }
            let ended = self.follow(leg, came).await;
            for other in left {
                self.put_away(other).await;
            }
            return ended;
        }
    }

    /// After how long without a word another is asked too.
    fn hedge(&self) -> Option<Duration> {
        let ms = self.engine.config().routing.hedge_ms(self.policy())?;
        Some(Duration::from_millis(ms.into()))
    }

    /// An upstream call, noted before it is made.
    async fn start(&mut self, at: usize, target: &Target, prompt: &Prompt) -> Result<Leg, Ended> {
        let Some((provider, model)) = provider_of(&self.engine, target) else {
            self.calls += 1;
            let text = format!("the provider of `{target}` is no longer configured");
            return Err(Ended::Failed(Failure::new(ErrorKind::NotFound, text)));
        };
        let request = prompt.request(&model, &self.plan, &provider);
        if let Err(denied) = self.let_in(target, &provider, &request).await {
            return Err(Ended::Denied(denied.into()));
        }
        Ok(self.send((at, target), provider, request, None).await)
    }

    async fn send(
        &mut self,
        (at, target): (usize, &Target),
        provider: Arc<Provider>,
        request: ChatRequest,
        mut own: Option<Permit>,
    ) -> Leg {
        self.calls += 1;
        let (id, started_at) = new_attempt_id();
        let attempt = Attempt {
            id,
            completion_id: self.plan.completion,
            ord: self.calls - 1,
            provider: provider.id.to_string(),
            model: request.model.clone(),
            http_status: None,
            outcome: AttemptOutcome::Running,
            error_kind: None,
            started_at,
            headers_ms: None,
            first_ms: None,
            ended_ms: None,
            usage: Usage::default(),
            usage_by: None,
            cost: None,
        };
        if let Err(error) = self.engine.0.store.attempts().start(&attempt).await {
            tracing::warn!(%error, "an attempt was not noted");
        }
        self.tell_call(target).await;
        if let Some(permit) = own.as_mut().or(self.permit.as_mut()) {
            permit.sent(id);
        }
        let leg = Leg::start(&self.engine, (at, target), provider, request, attempt, own, &self.stop);
        self.first_sent.get_or_insert(leg.sent);
        leg
    }

    /// Shows whom the completion asks, or who answers it, and how many calls it has taken.
    async fn tell_call(&self, target: &Target) {
        let (completion, number) = (self.plan.completion, self.calls);
        let item = EventItem::Attempt { completion, number, target: target.clone() };
        self.engine.0.journal.write(self.plan.run, vec![item]).await;
    }

    /// Shows an answer as it comes, to its end.
    async fn follow(&mut self, mut leg: Leg, mut came: Came) -> Ended {
        let stop = self.stop.clone();
        let mut deltas = std::mem::take(&mut came.deltas);
        let mut ended = came.ended.take();
        let ended = loop {
            self.show(&mut deltas, &mut leg).await;
            match (ended, &mut came.call) {
                (Some(ended), _) => break ended,
                // Nothing has ended without an answer.
                (None, None) => break Ended::Whole,
                (None, Some(call)) => {
                    let more = tokio::select! {
                        () = stop.cancelled() => Some(Ended::Stopped),
                        more = call.next(&mut deltas) => match more {
                            Ok(true) => None,
                            Ok(false) => Some(Ended::Whole),
                            Err(failure) => Some(Ended::Failed(failure)),
                        },
                    };
                    ended = more;
                }
            }
        };
        leg.attempt.ended_ms = Some(ms_since(leg.sent));
        let (parts, out) = (self.assembly.parts(), leg.is_out());
        let cost = self.account(&mut leg.attempt, &leg.provider, &ended, &parts, out);
        let attempt = &leg.attempt;
        if attempt.usage_by.is_some() {
            let resumed = self.cut.is_some() && self.metrics.usage_by.is_some();
            if resumed {
                // The answer is what both have said.
                self.metrics.usage = self.metrics.usage.plus(attempt.usage);
                if attempt.usage_by == Some(UsageBy::Estimated) {
                    self.metrics.usage_by = attempt.usage_by;
                }
            } else {
                (self.metrics.usage, self.metrics.usage_by) = (attempt.usage, attempt.usage_by);
            }
            self.served = Some(leg.target.clone());
            self.add_cost(cost);
        }
        self.close(leg, &ended, came.into_exchange(), None).await;
        ended
    }

    /// Ends a call whose answer is not the answer: another was first, or is still waited for.
    async fn put_away(&mut self, left: Left) {
        let Left { mut leg, ended, parts, exchange } = left;
        let out = leg.is_out();
        let cost = self.account(&mut leg.attempt, &leg.provider, &ended, &parts, out);
        if leg.attempt.usage_by.is_some() {
            self.add_cost(cost);
        }
        // Who was too slow to be waited for took at least so long.
        let passed_over = out && matches!(ended, Ended::Stopped) && !self.stop.is_cancelled();
        let late = leg.attempt.ended_ms.filter(|_| passed_over);
        self.close(leg, &ended, exchange, late).await;
    }

    /// What the answer cost is what all of its calls did; not known as soon as it is not known of one.
    fn add_cost(&mut self, cost: Option<Cost>) {
        let first = !std::mem::replace(&mut self.has_cost, true);
        self.metrics.cost = if first { cost } else { cost::sum(self.metrics.cost, cost) };
    }

    /// Notes how a call ended, what it came to, and what went over the wire.
    async fn close(&mut self, leg: Leg, ended: &Ended, exchange: Option<Exchange>, late: Option<u32>) {
        let Leg { mut attempt, target, provider, own, .. } = leg;
        (attempt.outcome, attempt.error_kind) = ended.outcome();
        self.learn(&attempt, &target, &provider, late);
        let charge = self.settle(&attempt, own);
        if let Err(error) = self.note_end(&attempt, &charge).await {
            tracing::warn!(%error, "an attempt's end was not noted yet");
            self.unnoted.push((attempt, charge));
        }
        if let Some(exchange) = exchange
            && let Err(error) = self.engine.0.store.wire().put(&exchange).await
        {
            tracing::warn!(%error, "a raw exchange was not kept");
        }
    }

    /// Routes learn from every call, whoever chose it. `late`: after so long without a word another was first.
    fn learn(&self, attempt: &Attempt, target: &Target, provider: &Provider, late: Option<u32>) {
        let routed = Routed::of(&self.plan.decision, self.plan.branch.map(branch_key));
        let expected = routed.as_ref().and_then(|of| self.engine.expected(provider, &attempt.model, of));
        let usage = &attempt.usage;
        let outcome = CallEnd {
            error: attempt.error_kind,
            first_ms: attempt.first_ms.or(late),
            ended_ms: attempt.ended_ms.unwrap_or_default(),
            output: usage.output.map(|tokens| tokens.saturating_add(usage.reasoning.unwrap_or(0))),
            cost: attempt.cost.map(|cost| cost.0).zip(expected),
        };
        self.engine.observe(attempt.id, target, provider, routed.as_ref().map(|of| of.class), &outcome);
        if let (None, Some(conversation)) = (attempt.error_kind, routed.and_then(|of| of.conversation)) {
            self.engine.keep_warm(conversation, target);
        }
    }

    /// Folds deltas into the answer and hands what they change to the journal.
    async fn show(&mut self, deltas: &mut Vec<Delta>, leg: &mut Leg) {
        if deltas.is_empty() {
            return;
        }
        self.seam.join(deltas);
        let attempt = &mut leg.attempt;
        let completion = self.plan.completion;
        let mut changes = Vec::new();
        let mut items = Vec::new();
        for delta in deltas.drain(..) {
            if delta.is_content() && attempt.first_ms.is_none() {
                attempt.first_ms = Some(ms_since(leg.sent));
                // Whoever asked has waited since the first of the two.
                let since = leg.own.as_ref().and(self.first_sent).unwrap_or(leg.sent);
                self.metrics.ttft_ms.get_or_insert_with(|| ms_since(since));
                self.served = Some(leg.target.clone());
                items.push(EventItem::Figures { completion, metrics: self.metrics });
            }
            if let Delta::Usage(usage) = &delta {
                attempt.usage.merge(usage);
            }
            self.assembly.push(delta, &mut changes);
        }
        items.extend(changes.into_iter().map(|change| match change {
            Change::Open { part, kind, label } => EventItem::Open { completion, part, kind, text: label },
            Change::Append { part, at, text } => EventItem::Append { completion, part, at, text },
        }));
        self.engine.0.journal.write(self.plan.run, items).await;
    }

    /// Sets the most that a call can take aside; the first time this also counts it among those of its key.
    async fn let_in(
        &mut self,
        target: &Target,
        provider: &Provider,
        request: &ChatRequest,
    ) -> Result<(), Denied> {
        let most = most(&self.engine, target, provider, request);
        if let Some(permit) = &mut self.permit {
            return permit.again(most).await;
        }
        let admission = &self.engine.0.admission;
        let grant = admission.within(&self.plan.grant, Some(self.plan.conversation)).await?;
        let permit = admission.admit_run(&grant, &most).await?;
        self.permit = Some(permit);
        Ok(())
    }

    /// What the call came to, for limits and budgets.
    fn settle(&mut self, attempt: &Attempt, own: Option<Permit>) -> Charge {
        match (own, &mut self.permit) {
            (Some(mut own), permit) => {
                let charge = own.settle_attempt(attempt);
                if let Some(permit) = permit {
                    permit.beside_came_to(charge.tokens);
                }
                charge
            }
            (None, Some(permit)) => permit.settle_attempt(attempt),
            (None, None) => Charge::default(),
        }
    }

    async fn note_end(&self, attempt: &Attempt, charge: &Charge) -> Result<(), StoreError> {
        self.engine.0.store.attempts().finish_charged(attempt, charge, self.engine.0.instance).await
    }

    /// What this call cost, by the provider's counts or by ours. One that was refused, or never got
    /// through, costs nothing that we know of; one that we left, or that was accepted and then broke
    /// off, costs its prompt at least.
    fn account(
        &self,
        attempt: &mut Attempt,
        provider: &Provider,
        ended: &Ended,
        parts: &[Part],
        out: bool,
    ) -> Option<Cost> {
        let accepted = attempt.http_status.is_some_and(|status| (200..300).contains(&status));
        let left = matches!(ended, Ended::Stopped) && out;
        if attempt.first_ms.is_none() && attempt.usage.is_empty() && !accepted && !left {
            return None;
        }
        let sent = self.prompt.tokens(provider.dialect);
        let (usage, by) = cost::usage_or_estimate(attempt.usage, sent, &self.begun, parts);
        let (usage, by) = if matches!(ended, Ended::Whole) {
            (usage, by)
        } else {
            cost::at_least(usage, by, &cost::estimate_of(&self.begun, parts))
        };
        let prices = known::prices(&self.engine, provider, &attempt.model, &usage);
        let mut cost = cost::cost(&prices, &usage, by);
        if let Some(cost) = cost.as_mut().filter(|cost| self.plan.params.web_search && cost.usd.0 != 0) {
            // Searches are charged apart from tokens, and few say how many there were.
            cost.estimated = true;
        }
        attempt.usage = usage;
        attempt.usage_by = Some(by);
        attempt.cost = cost.map(|c| c.usd);
        cost
    }

    /// The answer's parts with images and files moved into the store. Bytes that are no base64 were
    /// never an image: the provider's own text of them stays in the raw exchange.
    async fn keep_media(&mut self, since: Instant) -> Vec<Part> {
        let mut parts = std::mem::take(&mut self.assembly).into_parts();
        loop {
            match crate::media::keep(&self.engine.0.store, parts.clone()).await {
                Ok(kept) => return kept,
                Err(EngineError::BadInput(why)) => {
                    tracing::warn!(%why, "an answer's attachment is left out");
                    parts.retain(|p| !matches!(p, Part::Image { .. } | Part::File { .. }));
                }
                Err(error) if self.engine.waits_for_disk(&error, since) => {
                    tokio::time::sleep(STORE_AGAIN).await;
                }
                Err(_) => parts.retain(|p| !matches!(p, Part::Image { .. } | Part::File { .. })),
            }
        }
    }

    /// The calls that are not in the ledger yet, and the end itself.
    async fn store_end(&mut self, finish: &Finish) -> Result<(), EngineError> {
        while let Some((attempt, charge)) = self.unnoted.last() {
            self.note_end(attempt, charge).await?;
            self.unnoted.pop();
        }
        self.engine.0.store.completions().finish(finish).await?;
        Ok(())
    }

    /// Stores the end, then shows it. Nothing that was shown is given up while the disk refuses.
    async fn finish(mut self, state: CompletionState) {
        let engine = self.engine.clone();
        self.metrics.duration_ms = self.first_sent.map(ms_since);
        let (completion, run, attempts) = (self.plan.completion, self.plan.run, self.calls);
        engine.0.journal.flush().await;
        let since = Instant::now();
        let parts = self.keep_media(since).await;
        let finish = Finish {
            completion,
            message: Some(self.plan.message),
            parts,
            status: status_of(&state),
            state: state.clone(),
            metrics: self.metrics,
            served: self.served.clone(),
            ended_at: now(),
        };
        let mut stored = true;
        while let Err(error) = self.store_end(&finish).await {
            tracing::error!(%error, %completion, "an answer's end cannot be stored");
            stored = engine.waits_for_disk(&error, since);
            if !stored {
                engine.0.given_up.bad(&error.to_string());
                break;
            }
            tokio::time::sleep(STORE_AGAIN).await;
        }
        if stored && engine.0.saved.good() {
            engine.0.changes.tell(["status"]);
        }
        let end = LiveEnd { completion, state, metrics: self.metrics, attempts };
        engine.0.journal.write(run, vec![EventItem::End(end)]).await;
        engine.0.journal.flush().await;
        engine.0.running.end(completion);
        engine.tell_conversation(self.plan.conversation);
    }
}

impl Engine {
    /// Tells people that the disk refuses, and says whether it is worth waiting for. What it will
    /// never take is given up here: the journal still has it, and the next start mends it.
    fn waits_for_disk(&self, error: &EngineError, since: Instant) -> bool {
        if self.0.saved.bad(&error.to_string()) {
            self.0.changes.tell(["status"]);
        }
        let may_pass = matches!(error, EngineError::Store(error) if error.may_pass());
        let within = if may_pass { self.0.store_within } else { Some(NEVER_AGAIN) };
        within.is_none_or(|limit| since.elapsed() < limit)
    }
}

fn failed(error: Failure) -> CompletionState {
    CompletionState::Failed { error }
}

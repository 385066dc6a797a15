//! One call under way: what is noted of it, and what it takes of budgets, to whatever end it comes.

use super::{
    WireCall,
    cached::Keeping,
    order::Candidate,
    record::{self, Begun, Ended, Returned, Sent},
};
use crate::{
    Engine, Permit,
    breakers::Pass,
    cost,
    engine::now,
    known,
    meters::{Attempted, Metered},
    quotas::Slot,
    routing::{Busy, Routed},
    runs::{ms_since, new_attempt_id},
    weigh::{Weight, weight_of},
};
use dialects::{Delta, serving::AskUsage, text_tokens, text_weight};
use domain::{
    AttemptId, AttemptOutcome, CaptureLevel, CompletionId, CompletionState, Decision, Dialect, ErrorKind,
    Failure, MessageId, NanoUsd, RunId, RunKind, Stop, Target, Usage, UsageBy,
};
use providers::Provider;
use routing::CallEnd;
use std::sync::Arc;
use tokio::time::Instant;
use uuid::Uuid;

/// A call, from when it was let in to its end. Dropped before that, its caller has left.
#[expect(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
pub(super) struct Under {
    pub(super) engine: Engine,
    pub(super) call: Arc<WireCall>,
    pub(super) run: RunId,
    pub(super) completion: CompletionId,
    message: MessageId,
    /// Its number in the spool; `None` until something was sent.
    noted: Option<u64>,
    pub(super) kind: RunKind,
    pub(super) permit: Option<Permit>,
    /// Upstream calls so far.
    pub(super) attempts: u32,
    begun: Instant,
    capture: CaptureLevel,
    metered: Option<Metered>,
    open: Option<Open>,
    /// The other, while two are asked at once.
    beside: Option<Open>,
    /// The last call that was sent: bytes of the other are noted with its name.
    last_sent: Option<AttemptId>,
    served: Option<Target>,
    ttft_ms: Option<u32>,
    /// What all upstream calls cost together, in nano-dollars; `None` where that is not known of one.
    pub(super) cost_nano: Option<i64>,
    /// Whether any of them has ended.
    has_cost: bool,
    /// The provider's name of the answer (Responses).
    response: Option<String>,
    /// Whether the caller is told the answer anew, under a name of ours.
    said_anew: bool,
    /// What the last upstream call used, and those that it goes on with.
    usage: Usage,
    /// What those used that the next one goes on with; `None` where it begins the answer.
    resumed: Option<Usage>,
    /// The answer is whole, though its connection may go on.
    pub(super) whole: bool,
    /// What a route chose, until it is noted.
    decision: Option<Box<Decision>>,
    /// What of it is learned from.
    routed: Option<Box<Routed>>,
    over: bool,
    /// What the answer comes to, where it may be given again.
    pub(super) keeping: Option<Box<Keeping>>,
}

/// An upstream call that is being made.
struct Open {
    attempt: AttemptId,
    target: Target,
    provider: Arc<Provider>,
    model: String,
    pass: Option<Pass>,
    /// Its place among the provider's calls.
    slot: Option<Slot>,
    /// What was set aside for it alone, where it was made beside another.
    permit: Option<Permit>,
    /// Whether the caller's own body was sent on.
    passed_on: bool,
    sent: Instant,
    status: Option<u16>,
    headers: Vec<(String, String)>,
    events: bool,
    headers_ms: Option<u32>,
    first_ms: Option<u32>,
    usage: Usage,
    stop: Option<Stop>,
    /// What the answer weighs so far: said, and thought.
    said: u64,
    thought: u64,
    /// Counts it as under way, where a route chose.
    _busy: Option<Busy>,
}

/// What is known of an upstream call before it is made.
pub(super) struct Going<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) dialect: Dialect,
    pub(super) url: String,
    pub(super) headers: &'a [(String, String)],
    pub(super) passed_on: bool,
    pub(super) usage: AskUsage,
    /// The body, where it is not the caller's own.
    pub(super) body: &'a [u8],
    pub(super) pass: Pass,
    pub(super) slot: Option<Slot>,
    pub(super) most: Usage,
    /// Its own, where it is made beside another.
    pub(super) permit: Option<Permit>,
}

impl Under {
    pub(super) fn new(engine: &Engine, call: WireCall, kind: RunKind) -> Self {
        let config = engine.config();
        let capture = config.gateway.capture_of(call.grant.capture());
        let keeping =
            if config.cache.enabled { Keeping::of(&call, kind, capture, &config.cache) } else { None };
        let metered = engine.0.meters.begun(call.caller, call.asked.request.stream);
        Self {
            capture,
            metered: Some(metered),
            engine: engine.clone(),
            call: Arc::new(call),
            run: RunId::from_uuid(Uuid::now_v7()),
            completion: CompletionId::from_uuid(Uuid::now_v7()),
            message: MessageId::from_uuid(Uuid::now_v7()),
            noted: None,
            kind,
            permit: None,
            attempts: 0,
            begun: Instant::now(),
            open: None,
            beside: None,
            last_sent: None,
            served: None,
            ttft_ms: None,
            cost_nano: None,
            has_cost: false,
            response: None,
            said_anew: false,
            usage: Usage::default(),
            resumed: None,
            whole: false,
            decision: None,
            routed: None,
            over: false,
            keeping,
        }
    }

    /// Takes what a route chose: it is noted with the call, and learned from.
    pub(super) fn routed_by(&mut self, decision: Option<Box<Decision>>, conversation: Option<u64>) {
        self.routed = decision.as_ref().and_then(|of| Routed::of(of, conversation)).map(Box::new);
        self.decision = decision;
    }

    /// Learns from an upstream call.
    fn learn(
        &self,
        open: &Open,
        error: Option<ErrorKind>,
        usage: &Usage,
        cost: Option<i64>,
        passed_over: bool,
    ) {
        let routed = self.routed.as_deref();
        let expected = routed.and_then(|of| self.engine.expected(&open.provider, &open.model, of));
        let outcome = CallEnd {
            error,
            // Who was too slow to be waited for took at least so long.
            first_ms: open.first_ms.or_else(|| passed_over.then(|| ms_since(open.sent))),
            ended_ms: ms_since(open.sent),
            output: usage.output.map(|tokens| tokens.saturating_add(usage.reasoning.unwrap_or(0))),
            cost: cost.zip(expected),
        };
        let class = routed.map(|of| of.class);
        self.engine.observe(open.attempt, &open.target, &open.provider, class, &outcome);
        if let (None, Some(conversation)) = (error, routed.and_then(|of| of.conversation)) {
            self.engine.keep_warm(conversation, &open.target);
        }
    }

    /// Who is being asked.
    pub(super) fn target(&self) -> Option<Target> {
        self.open.as_ref().map(|open| open.target.clone()).or_else(|| self.served.clone())
    }

    /// Whether texts are kept.
    pub(super) fn captures(&self) -> bool {
        self.capture == CaptureLevel::Full
    }

    /// Notes an upstream call, and hands that to the system: from now on it may cost something. One that is
    /// being made goes on beside it.
    pub(super) fn go(&mut self, mut going: Going<'_>) -> AttemptId {
        let (attempt, at) = new_attempt_id();
        self.attempts += 1;
        self.response = None;
        if let Some(keeping) = &mut self.keeping {
            keeping.again();
        }
        let captures = self.captures();
        let charge = going.permit.as_ref().or(self.permit.as_ref()).map(Permit::intent).unwrap_or_default();
        let sent = Sent {
            attempt,
            ord: self.attempts - 1,
            provider: going.candidate.provider.id.to_string(),
            model: going.candidate.model.clone(),
            dialect: going.dialect,
            at,
            url: going.url,
            headers: going.headers.to_vec(),
            passed_on: going.passed_on,
            asked_usage: going.usage == AskUsage::Always,
            refuses_usage: going.usage == AskUsage::Never,
            resumes: self.resumed.is_some(),
            charge,
            most: going.most,
        };
        let body = if captures && !going.passed_on { going.body } else { &[] };
        let (begun, number) = self.begin_noting();
        let own = &self.call.body;
        self.engine.0.spool.note_now(|out| {
            if let Some(begun) = &begun {
                record::begun(out, number, begun, if captures { own } else { &[] });
            }
            record::sent(out, number, &sent, body);
        });
        if let Some(own) = &mut going.permit {
            own.sent(attempt);
            if let Some(permit) = &mut self.permit {
                permit.beside(own);
            }
        } else if let Some(permit) = &mut self.permit {
            permit.sent(attempt);
        }
        self.last_sent = Some(attempt);
        self.beside = self.open.take();
        self.open = Some(Open {
            attempt,
            target: going.candidate.target.clone(),
            provider: Arc::clone(&going.candidate.provider),
            model: going.candidate.model.clone(),
            pass: Some(going.pass),
            slot: going.slot.map(Slot::made),
            permit: going.permit,
            passed_on: going.passed_on,
            sent: Instant::now(),
            status: None,
            headers: Vec::new(),
            events: false,
            headers_ms: None,
            first_ms: None,
            usage: Usage::default(),
            stop: None,
            said: 0,
            thought: 0,
            _busy: self.routed.as_ref().map(|_| self.engine.busy(&going.candidate.target)),
        });
        attempt
    }

    /// Makes this call the one that is gone on with, if it is one of two.
    fn turn_to(&mut self, attempt: AttemptId) {
        if self.beside.as_ref().is_some_and(|open| open.attempt == attempt) {
            std::mem::swap(&mut self.open, &mut self.beside);
        }
    }

    /// One of two said the first content, and this is what it said: it is the answer, and the other is stopped.
    pub(super) fn won(&mut self, attempt: AttemptId, bytes: &[u8], deltas: &[Delta]) {
        self.turn_to(attempt);
        if let Some(other) = self.beside.take() {
            let text = "somebody else, who was asked too, answered first";
            tracing::info!(slow = %other.target, "{text}");
            self.close(other, Err(&Failure::new(ErrorKind::Cancelled, text)), None, true);
        }
        if let Some(keeping) = &mut self.keeping {
            keeping.again();
            keeping.mean(deltas);
        }
        let responses = self.call.caller == dialects::serving::Caller::OpenaiResponses;
        let passed_on = self.open.as_ref().is_some_and(|open| open.passed_on);
        self.response = if responses && passed_on && self.captures() { response_id(bytes) } else { None };
    }

    /// The caller is told the answer anew, and knows it by our name.
    pub(super) fn say_anew(&mut self) {
        (self.said_anew, self.response) = (true, None);
    }

    /// What is to be noted of the call itself, if that was not done, and under which number.
    pub(super) fn begin_noting(&mut self) -> (Option<Begun>, u64) {
        let begun = if self.noted.is_none() {
            let decision = self.decision.take();
            Some(Begun { decision, ..self.begun_record() })
        } else {
            None
        };
        (begun, *self.noted.get_or_insert_with(|| self.engine.0.spool.next_call()))
    }

    /// The answer is this target's, given before: it is there at once, at no cost.
    pub(super) fn answered_by(&mut self, target: &Target) {
        self.served = Some(target.clone());
        self.ttft_ms = Some(ms_since(self.begun));
        (self.usage, self.cost_nano) = (Usage::default(), Some(0));
        if let Some(metered) = &mut self.metered {
            metered.first();
        }
    }

    /// The answer broke off: the next call goes on with it. What has been used so far.
    pub(super) fn broke_off(&mut self, failure: &Failure) -> Usage {
        self.returned(Err(failure), None);
        // It is of two, and never given again from memory.
        self.keeping = None;
        self.counts_as_before()
    }

    /// What was used so far counts with whatever the next call uses.
    pub(super) fn counts_as_before(&mut self) -> Usage {
        self.resumed = Some(self.usage);
        self.usage
    }

    /// Whether its end is noted.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// What the last upstream call used.
    pub(super) const fn used(&self) -> Usage {
        self.usage
    }

    fn begun_record(&self) -> Begun {
        let call = &self.call;
        Begun {
            run: self.run,
            completion: self.completion,
            message: self.message,
            kind: self.kind,
            at: now(),
            request: call.request.clone(),
            route: call.route.to_owned(),
            caller: call.caller.into(),
            requested: call.asked.model.parse().unwrap_or_else(|_| Target::of("", &call.asked.model)),
            stream: call.asked.request.stream,
            key: call.grant.id(),
            capture: self.capture,
            client: call.client.clone(),
            idempotency: call.idempotency.clone(),
            conversation: call.conversation,
            parent: call.parent,
            decision: None,
            response: self.response_name(),
            follows: call.asked.previous_response.clone(),
        }
    }

    /// Under which name the answer can be followed, where that is ours to say.
    fn response_name(&self) -> Option<String> {
        let follows = self.call.caller == dialects::serving::Caller::OpenaiResponses && self.call.asked.keep;
        follows.then(|| format!("resp_{}", self.answer_id()))
    }

    /// The answer's id in its caller's shape, without the prefix.
    pub(super) fn answer_id(&self) -> String {
        self.completion.uuid().simple().to_string()
    }

    /// The head of a call's answer has come.
    pub(super) fn head(
        &mut self,
        of: AttemptId,
        status: Option<u16>,
        headers: Vec<(String, String)>,
        events: bool,
    ) {
        self.turn_to(of);
        if let Some(open) = &mut self.open {
            open.headers_ms = Some(ms_since(open.sent));
            (open.status, open.headers, open.events) = (status, headers, events);
        }
    }

    /// A piece of one of two answers has come.
    pub(super) fn came_of(&mut self, of: AttemptId, bytes: &[u8], deltas: &[Delta]) {
        self.turn_to(of);
        self.came(bytes, deltas);
    }

    /// A piece of the answer has come: as bytes, and what they mean.
    pub(super) fn came(&mut self, bytes: &[u8], deltas: &[Delta]) {
        if let Some(keeping) = &mut self.keeping {
            keeping.mean(deltas);
        }
        let captures = self.captures();
        let Some(open) = &mut self.open else { return };
        for delta in deltas {
            if delta.is_content() && open.first_ms.is_none() {
                open.first_ms = Some(ms_since(open.sent));
                self.served = Some(open.target.clone());
                // Who finds out whether a target is well again has found out: others need not wait for the end.
                if open.pass.as_ref().is_some_and(Pass::finds_out)
                    && let Some(pass) = open.pass.take()
                {
                    pass.succeeded();
                }
                if self.ttft_ms.is_none() {
                    self.ttft_ms = Some(ms_since(self.begun));
                    if let Some(metered) = &mut self.metered {
                        metered.first();
                    }
                }
            }
            match delta {
                Delta::Text(text) | Delta::ToolArguments { text, .. } => open.said += text_weight(text),
                Delta::Reasoning(text) => open.thought += text_weight(text),
                Delta::Usage(usage) => open.usage.merge(usage),
                Delta::Stop(stop) => open.stop = Some(*stop),
                _ => {}
            }
        }
        if !bytes.is_empty() && captures {
            let responses = self.call.caller == dialects::serving::Caller::OpenaiResponses;
            if self.response.is_none() && open.passed_on && responses && !self.said_anew {
                self.response = response_id(bytes);
            }
            if let Some(number) = self.noted {
                let of = Some(open.attempt).filter(|attempt| self.last_sent != Some(*attempt));
                self.engine.0.spool.note_piece(|out| record::bytes(out, number, of, bytes));
            }
        }
    }

    /// Token counts as far as they are known.
    pub(super) fn usage(&self) -> Usage {
        self.open.as_ref().map(|open| open.usage).unwrap_or_default()
    }

    /// Why the answer ended, if it said so.
    pub(super) fn stop(&self) -> Stop {
        self.open.as_ref().and_then(|open| open.stop).unwrap_or(Stop::Other)
    }

    /// One of two upstream calls has ended before there was anything to tell.
    pub(super) fn returned_of(&mut self, of: AttemptId, ended: Result<(), &Failure>, status: Option<u16>) {
        self.turn_to(of);
        self.returned(ended, status);
    }

    /// Whether content has come.
    pub(super) fn has_content(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.first_ms.is_some())
    }

    /// The upstream call has ended: settles what it took, and notes it. The other of two goes on.
    pub(super) fn returned(&mut self, ended: Result<(), &Failure>, status: Option<u16>) {
        let Some(open) = self.open.take() else { return };
        self.open = self.beside.take();
        self.close(open, ended, status, false);
    }

    fn close(&mut self, mut open: Open, ended: Result<(), &Failure>, status: Option<u16>, passed_over: bool) {
        open.status = open.status.or(status);
        let (outcome, error_kind) = match ended {
            Ok(()) => {
                self.served.get_or_insert_with(|| open.target.clone());
                (AttemptOutcome::Complete, None)
            }
            Err(failure) if failure.kind == ErrorKind::Cancelled => {
                (AttemptOutcome::Cancelled, Some(ErrorKind::Cancelled))
            }
            Err(failure) => (AttemptOutcome::Failed, Some(failure.kind)),
        };
        match (open.pass.take(), error_kind) {
            (Some(pass), None) => pass.succeeded(),
            (Some(pass), Some(kind)) => pass.failed(kind),
            (None, _) => {}
        }
        let accepted = open.status.is_some_and(|status| (200..300).contains(&status));
        let left = outcome == AttemptOutcome::Cancelled;
        let free = open.first_ms.is_none() && open.usage.is_empty() && !accepted && !left;
        let (usage, usage_by, cost) = if free {
            (Usage::default(), None, None)
        } else {
            let (usage, by) = self.usage_of(&open, ended.is_ok());
            let prices = known::prices(&self.engine, &open.provider, &open.model, &usage);
            (usage, Some(by), cost::cost(&prices, &usage, by))
        };
        let charge = open.permit.as_mut().or(self.permit.as_mut()).map(|permit| {
            if free {
                let none = Usage { input: Some(0), output: Some(0), ..Usage::default() };
                permit.settle(&none, Some(NanoUsd(0)))
            } else {
                permit.settle(&usage, cost.map(|cost| cost.usd))
            }
        });
        if let (Some(_), Some(permit)) = (&open.permit, &mut self.permit) {
            permit.beside_came_to(if free { 0 } else { usage.total() });
        }
        if let Some(slot) = &mut open.slot {
            slot.settle(if free { 0 } else { usage.total() });
        }
        self.usage = self.resumed.unwrap_or_default().plus(usage);
        let came_to = if free { Some(0) } else { cost.map(|cost| cost.usd.0) };
        self.cost_nano = if std::mem::replace(&mut self.has_cost, true) {
            self.cost_nano.zip(came_to).map(|(before, more)| before.saturating_add(more))
        } else {
            came_to
        };
        if let Some(metered) = &self.metered {
            let (provider, error) = (open.provider.id.as_str(), error_kind);
            metered.attempt(Attempted { provider, error, usage: &usage, cost_nano: came_to });
        }
        self.learn(&open, error_kind, &usage, cost.map(|cost| cost.usd.0), passed_over);
        let returned = Returned {
            attempt: open.attempt,
            status: open.status,
            headers: open.headers,
            events: open.events,
            outcome,
            error_kind,
            headers_ms: open.headers_ms,
            first_ms: open.first_ms,
            ended_ms: ms_since(open.sent),
            usage,
            usage_by,
            cost_nano: cost.map(|cost| cost.usd.0),
            estimated: cost.is_some_and(|cost| cost.estimated),
            charge: charge.unwrap_or_default(),
            passed_over,
        };
        if let Some(number) = self.noted {
            self.engine.0.spool.note(|out| record::returned(out, number, &returned));
        }
    }

    /// The provider's counts, or an estimate from what was sent and what came.
    fn usage_of(&self, open: &Open, whole: bool) -> (Usage, UsageBy) {
        let came = Usage {
            output: Some(text_tokens(open.said)),
            reasoning: Some(text_tokens(open.thought)).filter(|tokens| *tokens > 0),
            ..Usage::default()
        };
        if open.usage.input.is_some() || open.usage.output.is_some() {
            let told = (open.usage, UsageBy::Reported);
            return if whole { told } else { cost::at_least(told.0, told.1, &came) };
        }
        let estimate = Usage { input: Some(self.prompt().tokens(open.provider.dialect)), ..came };
        (estimate, UsageBy::Estimated)
    }

    /// What the texts of the prompt weigh.
    fn prompt(&self) -> Weight {
        if self.kind == RunKind::Embed {
            let mut weight = Weight::default();
            weight.text = self.call.body.len() as u64;
            return weight;
        }
        let request = &self.call.asked.request;
        let mut weight = request.system.as_deref().map_or_else(Weight::default, Weight::of_text);
        for part in request.messages.iter().flat_map(|message| &message.parts) {
            weight.text += weight_of(part);
        }
        weight
    }

    /// The call is over: this is what its caller got.
    pub(super) fn end(&mut self, state: CompletionState, status: u16) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let error = match &state {
            CompletionState::Failed { error } => Some(error.kind),
            CompletionState::Stopped => Some(ErrorKind::Cancelled),
            _ => None,
        };
        if let Some(metered) = self.metered.take() {
            metered.ended(error);
        }
        let ended = Ended {
            state,
            served: self.served.clone(),
            at: now(),
            ttft_ms: self.ttft_ms,
            duration_ms: ms_since(self.begun),
            status,
            response: self.response.take(),
        };
        let Some(number) = self.noted else {
            // A caller who left before anybody was asked has nothing to be told of.
            if status != 499 {
                self.engine.note_unasked(self.begun_record(), &ended, true);
            }
            return;
        };
        self.engine.0.spool.note(|out| record::ended(out, number, &ended));
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        if self.whole {
            // It had all that there was to say.
            let stop = self.stop();
            self.returned(Ok(()), None);
            self.end(CompletionState::Complete { stop }, 200);
            return;
        }
        let left = Failure::new(ErrorKind::Cancelled, "the caller has left");
        // Both, where two are asked.
        while self.open.is_some() {
            self.returned(Err(&left), None);
        }
        self.end(CompletionState::Stopped, 499);
    }
}

/// The provider's name of an answer, at the beginning of what it says.
fn response_id(bytes: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(bytes, b"\"resp_")?;
    let rest = &bytes[at + 1..];
    let end = memchr::memchr(b'"', rest)?;
    (end < 200).then(|| String::from_utf8_lossy(&rest[..end]).into_owned())
}

//! From a call to its answer: who is asked, what follows a failure, and when the caller hears of it.
//!
//! Until the first content nothing was said to the caller, and another call may be made in its place; after
//! that the answer goes on to its end, or breaks with an error in the caller's own dialect.

use super::{
    CacheNote, Unasked, WireAnswer, WireBody, WireCall, WireHead, WireRefusal,
    live::Live,
    order::{Candidate, Order, refuse, told},
    race::{Broken, Gathered},
    resume::OnCut,
    under::Under,
};
use crate::{Engine, Estimate, Permit, routing::nobody};
use bytes::Bytes;
use dialects::{Assembly, ChatRequest, serving};
use domain::{
    CacheUse, CompletionState, Decision, ErrorKind, Failure, MediaSource, Part, RunKind, Target, Usage,
};
use routing::{Next, Tried};
use std::time::Duration;

/// Tokens that are set aside for a picture or a file: more than any provider counts for a picture, and a
/// usual document.
const PER_MEDIUM: u32 = 3_000;
/// For a file that we do not see: as much as most models take.
const UNSEEN_FILE: u32 = 200_000;

impl Engine {
    /// Answers a call of the gateway, or begins to: what streams is content when this returns. Dropping the
    /// future, or the answer, stops the provider.
    ///
    /// # Errors
    /// When it is not let in, nobody can answer it, or nobody did.
    pub async fn forward(&self, call: WireCall) -> Result<WireAnswer, WireRefusal> {
        self.carry(call, RunKind::Ask).await
    }

    /// Has texts embedded; the body is of OpenAI's shape.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub async fn embed(&self, call: WireCall) -> Result<WireAnswer, WireRefusal> {
        self.carry(call, RunKind::Embed).await
    }

    async fn carry(&self, mut call: WireCall, kind: RunKind) -> Result<WireAnswer, WireRefusal> {
        if !self.0.spool.has_room() {
            let text = "what is asked cannot be written down: the disk is full or read-only; free some space";
            return Err(refuse(503, ErrorKind::Overloaded, text.to_owned(), ""));
        }
        let Order { all: order, away, decision, conversation, hedge_ms, resumes } =
            match self.order_of(&call, kind) {
                Ok(order) => order,
                Err(refusal) => {
                    self.tell_refused(&Unasked::of(&call), &refusal.refusal);
                    return Err(refusal);
                }
            };
        call.grant = match self.0.admission.within(&call.grant, call.conversation).await {
            Ok(grant) => grant,
            Err(denied) => return Err(denied.into()),
        };
        let nobody_well = order.is_empty().then(|| left_alone(&away, decision.as_deref()));
        let mut under = Box::new(Under::new(self, call, kind));
        under.routed_by(decision, conversation);
        if let Some(keeping) = &mut under.keeping {
            keeping.away = away.into_iter().map(|(target, _)| target).collect();
            if let Some(kept) = self.kept_for(&under, &order).await {
                return under.answer_kept(&kept, CacheUse::Hit);
            }
        }
        if let Some(failure) = nobody_well {
            return under.nobody_well(failure).await;
        }
        let config = self.config();
        let max_calls = config.engine.max_attempts.max(1);
        // Who is asked for vectors is not asked twice: those of two models do not go together.
        let hedge = hedge_ms.filter(|_| kind == RunKind::Ask).map(|ms| Duration::from_millis(ms.into()));
        let (mut at, mut calls_here, mut denied) = (0, 0, None);
        loop {
            // Whoever has nothing left is passed over while there is somebody else.
            if order.len() > at + 1
                && self.0.quotas.wait_for(&order[at].provider, &order[at].target, 1).is_some()
            {
                (at, calls_here) = (at + 1, 0);
                continue;
            }
            calls_here += 1;
            let hedge = hedge.filter(|_| under.attempts + 1 < max_calls);
            let broken = match under.ask(&order, &mut at, hedge).await {
                Ok(gathered) => {
                    let target = order[at].target.clone();
                    let on_cut = resumes && under.may_be_gone_on_with(&order[at + 1..], max_calls);
                    let on_cut = on_cut.then(|| OnCut::new(order, at));
                    return Ok(under.answer(&target, gathered, on_cut));
                }
                Err(broken) => broken,
            };
            if let Some(refusal) = broken.refusal {
                let kind = broken.failure.kind;
                // A budget may have room for another, and a key may be for another.
                if matches!(kind, ErrorKind::Budget | ErrorKind::Permission) && order.len() > at + 1 {
                    tracing::info!(target = %order[at].target, %kind, "not let in: asking the next");
                    denied.get_or_insert((broken.failure, refusal));
                    (at, calls_here) = (at + 1, 0);
                    continue;
                }
                let (failure, refusal) = denied.unwrap_or((broken.failure, refusal));
                under.end(CompletionState::Failed { error: failure }, refusal.refusal.status);
                return Err(*refusal);
            }
            let tried = Tried {
                calls: under.attempts.max(1),
                max_calls,
                calls_here,
                targets_left: (order.len() - at - 1) as u32,
                delivered: false,
                resumable: false,
            };
            let next = match broken.failure.kind {
                ErrorKind::ContextLength if under.attempts < max_calls => self.larger(&order, at),
                _ => None,
            };
            if let Some(larger) = next {
                tracing::info!(target = %order[at].target, larger = %order[larger].target, "too long for it: asking a larger one");
                (at, calls_here) = (larger, 0);
                continue;
            }
            let seed = under.completion.uuid().as_u64_pair().1;
            match routing::next_step(&broken.failure, tried, seed) {
                // Nothing was said that could be gone on with.
                Next::GiveUp | Next::Resume => return under.without_answer(&order, at, broken).await,
                // Whoever is left alone is not waited for while somebody else can be asked.
                Next::Retry { .. } if order.len() > at + 1 && self.is_kept_away(&order[at]) => {
                    tell_fallback(&order, at, broken.failure.kind);
                    (at, calls_here) = (at + 1, 0);
                }
                Next::FallBack => {
                    tell_fallback(&order, at, broken.failure.kind);
                    (at, calls_here) = (at + 1, 0);
                }
                Next::Retry { .. }
                    if broken.held_back || self.0.breakers.wait_for(&order[at].target).is_some() =>
                {
                    return under.without_answer(&order, at, broken).await;
                }
                Next::Retry { wait_ms } => {
                    tracing::info!(target = %order[at].target, kind = %broken.failure.kind, wait_ms, "asking again");
                    tokio::time::sleep(Duration::from_millis(wait_ms.into())).await;
                }
            }
        }
    }
}

/// Why nobody is asked: all who could answer are left alone, and after the shortest wait one of them is not.
fn left_alone(away: &[(Target, u32)], decision: Option<&Decision>) -> Failure {
    let text = decision.map_or_else(String::new, nobody);
    let wait = away.iter().map(|(_, wait)| *wait).min();
    Failure::new(ErrorKind::Overloaded, text).retry_after(wait)
}

fn tell_fallback(order: &[Candidate], at: usize, kind: ErrorKind) {
    let (target, next) = (&order[at].target, order.get(at + 1).map(|next| next.target.as_str()));
    tracing::info!(%target, %kind, next, "falling back");
}

impl Engine {
    /// Whether a target is not to be asked for now: it failed too often, or has nothing left.
    pub(super) fn is_kept_away(&self, candidate: &Candidate) -> bool {
        let Candidate { target, provider, .. } = candidate;
        self.0.breakers.wait_for(target).is_some() || self.0.quotas.wait_for(provider, target, 1).is_some()
    }
}

impl Under {
    /// All who could answer are left alone just now: what was answered before is told where that is wished, else
    /// when to come again.
    async fn nobody_well(mut self: Box<Self>, failure: Failure) -> Result<WireAnswer, WireRefusal> {
        if let Some(kept) = self.offline(&failure, &[]).await {
            tracing::warn!("all are left alone; what was answered before is told");
            return self.answer_kept(&kept, CacheUse::Offline);
        }
        let mut refusal = refuse(503, failure.kind, failure.message.clone(), "model");
        refusal.refusal.retry_after_ms = failure.retry_after_ms;
        self.end(CompletionState::Failed { error: failure }, 503);
        Err(refusal)
    }

    /// Nobody answers: what was answered before is told where that is wished, else why there is no answer.
    async fn without_answer(
        mut self: Box<Self>,
        order: &[Candidate],
        at: usize,
        broken: Broken,
    ) -> Result<WireAnswer, WireRefusal> {
        if let Some(kept) = self.offline(&broken.failure, order).await {
            tracing::warn!(kind = %broken.failure.kind, "nobody answers; what was answered before is told");
            return self.answer_kept(&kept, CacheUse::Offline);
        }
        Err(self.give_up(&order[at].target, broken))
    }

    /// Tells the caller what there is.
    fn answer(mut self: Box<Self>, target: &Target, gathered: Gathered, on_cut: Option<OnCut>) -> WireAnswer {
        let stream = self.call.asked.request.stream;
        // What came in another way than it was asked for (a stream in one piece) is said anew.
        // So is what somebody else may have to go on with.
        let may_change = stream && on_cut.is_some();
        let passed_on = gathered.passed_on && stream == gathered.flow.events && !may_change;
        if !passed_on {
            self.say_anew();
        }
        let cache = if self.keeping.is_some() { CacheNote::Miss } else { CacheNote::Off };
        let mut head = WireHead {
            target: target.clone(),
            run: self.run,
            cost_nano: None,
            attempts: self.attempts,
            cache,
        };
        let content_type = self.content_type();
        if stream {
            let live = Live::new(self, gathered, passed_on, on_cut);
            return WireAnswer { head, status: 200, content_type, body: WireBody::Stream(live.stream()) };
        }
        let usage = self.usage();
        let stop = self.stop();
        let body = if passed_on {
            Bytes::from(gathered.bytes)
        } else {
            let mut assembly = Assembly::new();
            let mut changes = Vec::new();
            for delta in gathered.deltas {
                assembly.push(delta, &mut changes);
                changes.clear();
            }
            let choice = serving::Choice { parts: assembly.into_parts(), stop };
            self.whole(target, choice, usage)
        };
        self.returned(Ok(()), None);
        self.keep_answer(stop, Some(&body));
        self.end(CompletionState::Complete { stop }, 200);
        head.cost_nano = self.cost_nano;
        WireAnswer { head, status: 200, content_type, body: WireBody::Whole(body) }
    }

    /// What the answer comes as.
    pub(super) fn content_type(&self) -> &'static str {
        let array = self.call.caller == serving::Caller::Gemini && !self.call.events;
        if self.call.asked.request.stream && !array { "text/event-stream" } else { "application/json" }
    }

    pub(super) fn whole(&self, target: &Target, choice: serving::Choice, usage: Usage) -> Bytes {
        let head = self.serving_head(target);
        let whole = serving::Whole { head: &head, asked: &self.call.asked, choices: &[choice], usage };
        serving::whole(self.call.caller, &whole).into()
    }

    /// What an answer says of itself.
    pub(super) fn serving_head(&self, target: &Target) -> serving::Head {
        serving::Head {
            id: self.answer_id(),
            model: target.split().map_or(target.as_str(), |(_, model)| model).to_owned(),
            created: crate::engine::now().millis() / 1_000,
        }
    }

    /// Tells the caller why there is no answer.
    fn give_up(&mut self, target: &Target, broken: Broken) -> WireRefusal {
        let provider = target.split().map_or("", |(provider, _)| provider);
        let refusal = Box::new(told(&broken.failure, provider));
        // That our key is refused is not the caller's to hear in the provider's words.
        let own_fault = matches!(broken.failure.kind, ErrorKind::Auth | ErrorKind::Permission);
        let verbatim =
            broken.verbatim.zip(broken.status).filter(|_| !own_fault).map(|(body, status)| (status, body));
        let status = verbatim.as_ref().map_or(refusal.status, |(status, _)| *status);
        self.end(CompletionState::Failed { error: broken.failure }, status);
        let run = (self.attempts > 0).then_some(self.run);
        WireRefusal { refusal, verbatim, target: Some(target.clone()), run }
    }
}

impl Engine {
    /// The most that a call of this target can take.
    fn most_of_call<'a>(&self, call: &WireCall, kind: RunKind, candidate: &'a Candidate) -> Estimate<'a> {
        let request = &call.asked.request;
        let (input, output) = if kind == RunKind::Embed {
            (u32::try_from(call.body.len()).unwrap_or(u32::MAX), Some(0))
        } else {
            (most_input(request), request.params.max_tokens)
        };
        let Candidate { target, provider, model } = candidate;
        let of = |output| self.most_of(call.route, target, provider, model, input, output);
        let estimate = of(output);
        // Each of several answers may take as much.
        match call.asked.choices {
            0 | 1 => estimate,
            choices => of(Some(estimate.output_tokens_max.saturating_mul(choices))),
        }
    }

    /// Sets aside what a call of this target can take at most; the first time also lets it in. A call beside
    /// another has a permit of its own.
    pub(super) async fn room_for(
        &self,
        call: &WireCall,
        kind: RunKind,
        candidate: &Candidate,
        permit: Option<&mut Option<Permit>>,
    ) -> Result<(Usage, Option<Permit>), WireRefusal> {
        let estimate = self.most_of_call(call, kind, candidate);
        let usage = Usage {
            input: Some(estimate.input_tokens_max),
            output: Some(estimate.output_tokens_max),
            ..Usage::default()
        };
        let own = match permit {
            None => Some(self.0.admission.admit_beside(&call.grant, &estimate).await?),
            Some(Some(permit)) => {
                permit.again(estimate).await?;
                None
            }
            Some(first) => {
                *first = Some(self.admit(&call.grant, estimate).await?);
                None
            }
        };
        Ok((usage, own))
    }
}

/// No more tokens than this go in: a token is at least a byte of text.
pub(crate) fn most_input(request: &ChatRequest) -> u32 {
    let of = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
    let of_part = |part: &Part| match part {
        Part::Text { text } | Part::Reasoning { text, .. } | Part::ToolResult { text, .. } => of(text),
        Part::ToolCall { name, arguments, .. } => of(name).saturating_add(of(arguments)),
        Part::Image { .. } => PER_MEDIUM,
        // Half a token for each byte: documents are denser than pictures.
        Part::File { source: MediaSource::Inline { data }, .. } => (of(data) / 8 * 3).max(PER_MEDIUM),
        Part::File { .. } => UNSEEN_FILE,
        Part::Raw { json, .. } => of(json),
    };
    let tools = request.params.tools.iter().map(|tool| {
        of(&tool.name)
            .saturating_add(of(tool.description.as_deref().unwrap_or_default()))
            .saturating_add(of(&tool.parameters))
    });
    let parts = request.messages.iter().flat_map(|message| &message.parts).map(of_part);
    // A few for what stands around each message.
    let around = u32::try_from(request.messages.len() + 1).unwrap_or(u32::MAX).saturating_mul(8);
    tools
        .chain(parts)
        .fold(around.saturating_add(request.system.as_deref().map_or(0, of)), u32::saturating_add)
}

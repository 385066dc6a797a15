//! From a call to its answer: who is asked, what follows a failure, and when the caller hears of it.
//!
//! Until the first content nothing was said to the caller, and another call may be made in its place; after
//! that the answer goes on to its end, or breaks with an error in the caller's own dialect.

use super::{
    CacheNote, Unasked, WireAnswer, WireBody, WireCall, WireHead, WireRefusal,
    flow::{self, Flow, Outgoing, Piece},
    live::Live,
    order::{Candidate, Order, WRITTEN_AS, refuse, told},
    under::{Going, Under},
};
use crate::{
    Engine, faults,
    runs::{lacks_key, wants_key},
};
use bytes::Bytes;
use dialects::{Assembly, ChatRequest, Delta, serving};
use domain::{CacheUse, CompletionState, ErrorKind, Failure, MediaSource, Part, RunKind, Target, Usage};
use providers::AttemptError;
use routing::{Next, Tried};
use std::time::Duration;

/// Longest answer that is gathered before it is said, in bytes.
const LONGEST: usize = 64 << 20;
/// Tokens that are set aside for a picture or a file: more than any provider counts for a picture, and a
/// usual document.
const PER_MEDIUM: u32 = 3_000;
/// For a file that we do not see: as much as most models take.
const UNSEEN_FILE: u32 = 200_000;

/// Why an upstream call came to nothing.
struct Broken {
    failure: Failure,
    /// HTTP status, where there was an answer.
    status: Option<u16>,
    /// The provider's own words, in the caller's dialect.
    verbatim: Option<Bytes>,
    /// Whether asking again is out of the question, whatever the kind: the caller is told this.
    refusal: Option<Box<WireRefusal>>,
    /// Whether we did not even ask: the provider's limits have no room for now.
    held_back: bool,
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self { failure, status: None, verbatim: None, refusal: None, held_back: false }
    }
}

/// What came until it was time to tell the caller.
struct Gathered {
    flow: Flow,
    /// Bytes as they came, to be passed on.
    bytes: Vec<u8>,
    /// What they mean, to be said anew.
    deltas: Vec<Delta>,
    passed_on: bool,
    /// Whether nothing more comes.
    whole: bool,
}

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

    async fn carry(&self, call: WireCall, kind: RunKind) -> Result<WireAnswer, WireRefusal> {
        if !self.0.spool.has_room() {
            let text = "what is asked cannot be written down: the disk is full or read-only; free some space";
            return Err(refuse(503, ErrorKind::Overloaded, text.to_owned(), ""));
        }
        let Order { all: order, decision, conversation } = match self.order_of(&call, kind) {
            Ok(order) => order,
            Err(refusal) => {
                self.tell_refused(&Unasked::of(&call), &refusal.refusal);
                return Err(refusal);
            }
        };
        let mut under = Box::new(Under::new(self, call, kind));
        under.routed_by(decision, conversation);
        if under.keeping.is_some()
            && let Some(kept) = self.kept_for(&under, &order).await
        {
            return under.answer_kept(&kept, CacheUse::Hit);
        }
        let max_calls = self.config().engine.max_attempts.max(1);
        let (mut at, mut calls_here) = (0, 0);
        loop {
            // Whoever has nothing left is passed over while there is somebody else.
            if order.len() > at + 1
                && self.0.quotas.wait_for(&order[at].provider, &order[at].target, 1).is_some()
            {
                (at, calls_here) = (at + 1, 0);
                continue;
            }
            calls_here += 1;
            let broken = match under.ask(&order[at]).await {
                Ok(gathered) => return Ok(under.answer(&order[at].target, gathered)),
                Err(broken) => broken,
            };
            if let Some(refusal) = broken.refusal {
                under.end(CompletionState::Failed { error: broken.failure }, refusal.refusal.status);
                return Err(*refusal);
            }
            let tried = Tried {
                calls: under.attempts.max(1),
                max_calls,
                calls_here,
                targets_left: (order.len() - at - 1) as u32,
                delivered: false,
            };
            let next = match broken.failure.kind {
                ErrorKind::ContextLength if under.attempts < max_calls => self.larger(&order, at),
                _ => None,
            };
            if let Some(larger) = next {
                (at, calls_here) = (larger, 0);
                continue;
            }
            let seed = under.completion.uuid().as_u64_pair().1;
            match routing::next_step(&broken.failure, tried, seed) {
                Next::GiveUp => return under.without_answer(&order, at, broken).await,
                // Whoever is left alone is not waited for while somebody else can be asked.
                Next::Retry { .. } if order.len() > at + 1 && self.is_kept_away(&order[at]) => {
                    (at, calls_here) = (at + 1, 0);
                }
                Next::FallBack => (at, calls_here) = (at + 1, 0),
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

impl Engine {
    /// Whether a target is not to be asked for now: it failed too often, or has nothing left.
    fn is_kept_away(&self, candidate: &Candidate) -> bool {
        let Candidate { target, provider, .. } = candidate;
        self.0.breakers.wait_for(target).is_some() || self.0.quotas.wait_for(provider, target, 1).is_some()
    }
}

impl Under {
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

    /// Makes one upstream call, until there is something to tell.
    async fn ask(&mut self, candidate: &Candidate) -> Result<Gathered, Broken> {
        let Candidate { provider, model, .. } = candidate;
        let (outgoing, request) = flow::outgoing(provider, model, &self.call, self.kind)?;
        self.open(candidate, outgoing.as_ref(), &request).await
    }

    async fn open(
        &mut self,
        candidate: &Candidate,
        outgoing: Option<&Outgoing>,
        request: &ChatRequest,
    ) -> Result<Gathered, Broken> {
        let Candidate { target, provider, .. } = candidate;
        let key = match outgoing {
            Some(_) => self.engine.lend(provider).await?,
            None => None,
        };
        if outgoing.is_some() && key.is_none() && wants_key(provider) {
            return Err(lacks_key(provider).into());
        }
        let last4 = key.as_ref().map_or("", secrets::SecretKey::last4);
        let pass = self.engine.0.breakers.enter(target, last4).map_err(|wait| {
            let text = format!("`{target}` failed three times in a row and is left alone for a minute");
            Failure::new(ErrorKind::Overloaded, text).retry_after(Some(wait))
        })?;
        let most = self.most(candidate).await.map_err(|refusal| Broken {
            failure: Failure::new(refusal.refusal.kind, refusal.refusal.message.clone()),
            status: None,
            verbatim: None,
            refusal: Some(Box::new(refusal)),
            held_back: false,
        })?;
        let slot = self.engine.0.quotas.enter(provider, target, last4, most.total()).await;
        let slot = slot.map_err(|failure| Broken { held_back: true, ..failure.into() })?;
        let passed_on = outgoing.is_some_and(|outgoing| outgoing.passed_on);
        let dialect = dialects::spoken(provider.dialect, &provider.quirks, &self.call.asked.request.params);
        let mut headers = outgoing.map(|o| o.wire.headers.clone()).unwrap_or_default();
        if key.is_some() {
            let (name, _) = dialects::auth_header(provider.dialect, &provider.quirks, "");
            headers.push((name, format!("…{last4} (redacted)")));
        }
        self.go(Going {
            candidate,
            dialect: if outgoing.is_some() { dialect } else { WRITTEN_AS },
            url: outgoing.map_or_else(
                || target.to_string(),
                |o| format!("{}{}", provider.base_url.as_str().trim_end_matches('/'), o.wire.path),
            ),
            headers: &headers,
            passed_on,
            asked_usage: outgoing.is_some_and(|outgoing| outgoing.asked_usage),
            body: outgoing.map_or(&[], |o| &o.wire.body),
            pass,
            slot,
            most,
        });
        let fault = self.engine.0.faults.befall(target);
        let met = if fault.is_none() {
            Ok(())
        } else {
            let head_ms = self.engine.config().engine.timeouts.headers_ms;
            faults::meet(fault, target, head_ms).await.map_err(Box::new)
        };
        let opened = match (met, outgoing) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(outgoing)) => {
                let params = &self.call.asked.request.params;
                Flow::open(&self.engine, provider, outgoing, key.as_ref(), params, self.kind).await
            }
            (Ok(()), None) => {
                Flow::simulate(&self.engine, request, self.attempts).map_err(|e| Box::new(e.into()))
            }
        };
        let mut flow = match opened {
            Ok(flow) => flow,
            Err(error) => {
                let AttemptError { failure, status, headers, body } = *error;
                self.engine.0.quotas.heard(target, last4, &headers, Some(&failure));
                self.head(status, headers, false);
                self.came(body.as_bytes(), &[]);
                self.returned(Err(&failure), status);
                // Limits of an account are told in words of ours: theirs name the account.
                let limits = matches!(failure.kind, ErrorKind::RateLimited | ErrorKind::Quota);
                let fault = status.is_some_and(|status| status >= 400);
                let json = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
                let verbatim = (passed_on && fault && json && !limits).then(|| Bytes::from(body));
                return Err(Broken { failure, status, verbatim, refusal: None, held_back: false });
            }
        };
        self.engine.0.quotas.heard(target, last4, &flow.headers, None);
        flow.cutter = faults::Cutter::of(fault);
        self.head(flow.status, flow.headers.clone(), flow.events);
        let gathered = Gathered { flow, bytes: Vec::new(), deltas: Vec::new(), passed_on, whole: false };
        self.gather(gathered).await
    }

    /// Reads until there is content to stream, or the whole answer.
    async fn gather(&mut self, mut gathered: Gathered) -> Result<Gathered, Broken> {
        let stream = self.call.asked.request.stream;
        let mut said = super::live::WrittenDown::new(self, &gathered.flow);
        loop {
            let before = gathered.deltas.len();
            let piece = gathered.flow.next(&mut gathered.deltas).await;
            let fresh = &gathered.deltas[before..];
            match piece {
                Ok(Piece::Bytes(bytes)) => {
                    self.came(&bytes, fresh);
                    if gathered.passed_on {
                        gathered.bytes.extend_from_slice(&bytes);
                    }
                }
                Ok(Piece::Said) => self.came(&said.write(fresh), fresh),
                Ok(Piece::End) => {
                    self.came(&said.end(fresh), fresh);
                    gathered.whole = true;
                }
                Err(failure) => {
                    self.came(&said.write(fresh), fresh);
                    self.came(&gathered.flow.unread(), &[]);
                    self.returned(Err(&failure), None);
                    return Err(failure.into());
                }
            }
            if gathered.whole || (stream && self.has_content()) {
                gathered.flow.written_down = Some(said);
                return Ok(gathered);
            }
            if gathered.bytes.len() > LONGEST {
                let failure = Failure::new(ErrorKind::Upstream, "the answer is longer than 64 MiB");
                self.returned(Err(&failure), None);
                return Err(failure.into());
            }
        }
    }

    /// Tells the caller what there is.
    fn answer(mut self: Box<Self>, target: &Target, gathered: Gathered) -> WireAnswer {
        let stream = self.call.asked.request.stream;
        // What came in another way than it was asked for (a stream in one piece, events instead of an array) is
        // said anew.
        let array = self.call.caller == serving::Caller::Gemini && !self.call.events;
        let passed_on = gathered.passed_on && stream == gathered.flow.events && !(stream && array);
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
            let Gathered { flow, bytes, deltas, whole, .. } = gathered;
            let live = Live::new(self, flow, passed_on, &bytes, &deltas, whole);
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

    /// Sets the most that a call of this target can take aside; the first time also lets it in.
    async fn most(&mut self, candidate: &Candidate) -> Result<Usage, WireRefusal> {
        let request = &self.call.asked.request;
        let choices = self.call.asked.choices.max(1);
        let (input, output) = if self.kind == RunKind::Embed {
            (u32::try_from(self.call.body.len()).unwrap_or(u32::MAX), Some(0))
        } else {
            (most_input(request), request.params.max_tokens)
        };
        let engine = self.engine.clone();
        let estimate = engine.most_of(
            self.call.route,
            &candidate.target,
            &candidate.provider,
            &candidate.model,
            input,
            output,
        );
        // Each of several answers may take as much.
        let estimate = if choices > 1 {
            let each = estimate.output_tokens_max;
            engine.most_of(
                self.call.route,
                &candidate.target,
                &candidate.provider,
                &candidate.model,
                input,
                Some(each.saturating_mul(choices)),
            )
        } else {
            estimate
        };
        let usage = Usage {
            input: Some(estimate.input_tokens_max),
            output: Some(estimate.output_tokens_max),
            ..Usage::default()
        };
        match &mut self.permit {
            Some(permit) => permit.again(estimate).await?,
            None => self.permit = Some(engine.admit(&self.call.grant, estimate).await?),
        }
        Ok(usage)
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

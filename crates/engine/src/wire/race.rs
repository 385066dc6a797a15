//! One upstream call, or two beside each other, until there is something to tell.
//!
//! Where the first has said nothing for as long as the settings allow, the next is asked too (hedged requests:
//! Dean and Barroso, "The Tail at Scale", 2013). Whoever says the first content answers. The other is stopped;
//! it is an attempt like any other, and counts as what it took by then. What has begun to be told is told by whom
//! it was begun.

use super::{
    WireCall, WireRefusal,
    flow::{self, Flow, Outgoing, Piece},
    live::WrittenDown,
    order::{Candidate, WRITTEN_AS},
    under::{Going, Under},
};
use crate::{
    Engine, Permit,
    breakers::Pass,
    faults,
    quotas::Slot,
    runs::{lacks_key, wants_key},
};
use bytes::Bytes;
use dialects::{ChatRequest, Delta, serving::AskUsage};
use domain::{AttemptId, ErrorKind, Failure, RunKind, Target, Usage};
use futures_util::future::BoxFuture;
use providers::AttemptError;
use secrets::SecretKey;
use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::Poll::{Pending, Ready},
    time::Duration,
};

/// Longest answer that is gathered before it is said, in bytes.
const LONGEST: usize = 64 << 20;

/// Why an upstream call came to nothing.
pub(super) struct Broken {
    pub(super) failure: Failure,
    /// HTTP status, where there was an answer.
    pub(super) status: Option<u16>,
    /// The provider's own words, in the caller's dialect.
    pub(super) verbatim: Option<Bytes>,
    /// Whether asking again is out of the question, whatever the kind: the caller is told this.
    pub(super) refusal: Option<Box<WireRefusal>>,
    /// Whether we did not even ask: the provider's limits have no room for now.
    pub(super) held_back: bool,
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self { failure, status: None, verbatim: None, refusal: None, held_back: false }
    }
}

/// What came until it was time to tell the caller.
pub(super) struct Gathered {
    pub(super) flow: Flow,
    /// Bytes as they came, to be passed on.
    pub(super) bytes: Vec<u8>,
    /// What they mean, to be said anew.
    pub(super) deltas: Vec<Delta>,
    pub(super) passed_on: bool,
    /// Whether nothing more comes.
    pub(super) whole: bool,
}

/// All that a call takes, before it is made.
struct Room {
    outgoing: Option<Outgoing>,
    request: ChatRequest,
    key: Option<SecretKey>,
    pass: Pass,
    slot: Option<Slot>,
    most: Usage,
    permit: Option<Permit>,
}

/// A call that is being made.
struct Leg {
    /// Its place in the order.
    at: usize,
    attempt: AttemptId,
    target: Target,
    last4: String,
    passed_on: bool,
    /// Whether a simulated fault befell it.
    befallen: bool,
    cutter: Option<faults::Cutter>,
    /// Where it is made up, it is written down as if it had been said.
    said: Option<WrittenDown>,
    step: BoxFuture<'static, Step>,
}

/// What one of them comes to next.
enum Step {
    Opened(Result<Box<Flow>, Box<AttemptError>>),
    Came { gathered: Box<Gathered>, before: usize, piece: Result<Piece, Failure> },
}

/// Where a call is after that.
enum After {
    GoesOn,
    /// There is content; all of it, where it is whole.
    Content(Box<Gathered>),
    Broken(Broken),
}

/// Takes of limits and budgets what a call needs. `permit` is the answer's own; without one the call is made
/// beside another.
async fn room(
    engine: &Engine,
    call: &WireCall,
    kind: RunKind,
    candidate: &Candidate,
    permit: Option<&mut Option<Permit>>,
) -> Result<Room, Broken> {
    let Candidate { target, provider, model } = candidate;
    let (outgoing, request) = flow::outgoing(provider, model, call, kind)?;
    let key = match outgoing {
        Some(_) => engine.lend(provider).await?,
        None => None,
    };
    if outgoing.is_some() && key.is_none() && wants_key(provider) {
        return Err(lacks_key(provider).into());
    }
    let last4 = key.as_ref().map_or("", SecretKey::last4);
    let pass = engine.0.breakers.enter(target, last4).map_err(|wait| {
        let text = format!("`{target}` failed three times in a row and is left alone for a minute");
        Failure::new(ErrorKind::Overloaded, text).retry_after(Some(wait))
    })?;
    let (most, permit) = engine.room_for(call, kind, candidate, permit).await.map_err(|refusal| Broken {
        failure: Failure::new(refusal.refusal.kind, refusal.refusal.message.clone()),
        status: None,
        verbatim: None,
        refusal: Some(Box::new(refusal)),
        held_back: false,
    })?;
    let slot = engine.0.quotas.enter(provider, target, last4, most.total()).await;
    let slot = slot.map_err(|failure| Broken { held_back: true, ..failure.into() })?;
    Ok(Room { outgoing, request, key, pass, slot, most, permit })
}

/// After a while, room for the first of the others that has any; `None` where nobody has.
async fn room_beside(
    engine: Engine,
    call: Arc<WireCall>,
    kind: RunKind,
    order: &[Candidate],
    at: usize,
    after: Option<Duration>,
) -> Option<(usize, Room)> {
    tokio::time::sleep(after?).await;
    for (place, candidate) in order.iter().enumerate().skip(at + 1) {
        match room(&engine, &call, kind, candidate, None).await {
            Ok(room) => return Some((place, room)),
            Err(Broken { failure, .. }) => {
                tracing::debug!(target = %candidate.target, why = failure.message, "not asked beside another");
            }
        }
    }
    None
}

/// The next step of whichever call is first.
async fn next(legs: &mut [Leg]) -> (usize, Step) {
    poll_fn(|cx| {
        let mut polled = legs.iter_mut().map(|leg| leg.step.as_mut().poll(cx)).enumerate();
        polled
            .find_map(|(place, step)| match step {
                Ready(step) => Some(Ready((place, step))),
                Pending => None,
            })
            .unwrap_or(Pending)
    })
    .await
}

fn read_on(mut gathered: Box<Gathered>) -> BoxFuture<'static, Step> {
    Box::pin(async move {
        let before = gathered.deltas.len();
        let piece = gathered.flow.next(&mut gathered.deltas).await;
        Step::Came { gathered, before, piece }
    })
}

impl Under {
    /// Asks one of the order, until there is something to tell; after `hedge` without a word the next one too.
    /// `at` is whoever answered, or failed last.
    pub(super) async fn ask(
        &mut self,
        order: &[Candidate],
        at: &mut usize,
        hedge: Option<Duration>,
    ) -> Result<Gathered, Broken> {
        let (engine, call, kind) = (self.engine.clone(), Arc::clone(&self.call), self.kind);
        let candidate = &order[*at];
        let room = room(&engine, &call, kind, candidate, Some(&mut self.permit)).await?;
        let mut legs = vec![self.start(*at, candidate, room)];
        let mut beside = pin!(room_beside(engine, call, kind, order, *at, hedge));
        let (mut may_hedge, mut hedged) = (hedge.is_some() && order.len() > *at + 1, false);
        loop {
            let (place, step) = tokio::select! {
                biased;
                step = next(&mut legs) => step,
                found = &mut beside, if may_hedge => {
                    may_hedge = false;
                    if let Some((place, room)) = found {
                        tracing::info!(slow = %candidate.target, beside = %order[place].target, "no word yet: asking another too");
                        legs.push(self.start(place, &order[place], room));
                        hedged = true;
                    }
                    continue;
                }
            };
            match self.step(&mut legs[place], step) {
                After::GoesOn => {}
                After::Broken(broken) => {
                    let leg = legs.swap_remove(place);
                    *at = leg.at;
                    if legs.is_empty() {
                        return Err(broken);
                    }
                    may_hedge = false;
                    tracing::info!(target = %leg.target, kind = %broken.failure.kind, "failed; the other goes on");
                }
                After::Content(mut gathered) => {
                    let mut leg = legs.swap_remove(place);
                    // The other's connection is closed with this.
                    legs.clear();
                    (may_hedge, *at) = (false, leg.at);
                    if std::mem::take(&mut hedged) {
                        self.won(leg.attempt, &gathered.bytes, &gathered.deltas);
                    }
                    if gathered.whole || self.call.asked.request.stream {
                        gathered.flow.written_down = leg.said.take();
                        return Ok(*gathered);
                    }
                    leg.step = read_on(gathered);
                    legs.push(leg);
                }
            }
        }
    }

    /// Makes an upstream call.
    fn start(&mut self, at: usize, candidate: &Candidate, room: Room) -> Leg {
        let Candidate { target, provider, .. } = candidate;
        let Room { outgoing, request, key, pass, slot, most, permit } = room;
        let last4 = key.as_ref().map_or("", SecretKey::last4).to_owned();
        let sent = outgoing.as_ref();
        let passed_on = sent.is_some_and(|outgoing| outgoing.passed_on);
        let params = &self.call.asked.request.params;
        let dialect = dialects::spoken(provider.dialect, &provider.quirks, params);
        let mut headers = sent.map(|o| o.wire.headers.clone()).unwrap_or_default();
        if key.is_some() {
            let (name, _) = dialects::auth_header(provider.dialect, &provider.quirks, "");
            headers.push((name, format!("…{last4} (redacted)")));
        }
        let attempt = self.go(Going {
            candidate,
            dialect: if sent.is_some() { dialect } else { WRITTEN_AS },
            url: sent.map_or_else(
                || target.to_string(),
                |o| format!("{}{}", provider.base_url.as_str().trim_end_matches('/'), o.wire.path),
            ),
            headers: &headers,
            passed_on,
            usage: sent.map_or(AskUsage::AsSent, |outgoing| outgoing.usage),
            body: sent.map_or(&[], |o| &o.wire.body),
            pass,
            slot,
            most,
            permit,
        });
        let fault = self.engine.0.faults.befall(target, attempt);
        let (engine, call, kind, number) =
            (self.engine.clone(), Arc::clone(&self.call), self.kind, self.attempts);
        let (target, provider) = (target.clone(), Arc::clone(provider));
        let opening = {
            let target = target.clone();
            async move {
                if fault.is_some() {
                    let head_ms = engine.config().engine.timeouts.headers_ms;
                    faults::meet(fault, &target, head_ms).await.map_err(Box::new)?;
                }
                let flow = match &outgoing {
                    Some(outgoing) => {
                        let params = &call.asked.request.params;
                        Flow::open(&engine, &provider, outgoing, key.as_ref(), params, kind).await?
                    }
                    None => Flow::simulate(&engine, &request, number).map_err(|e| Box::new(e.into()))?,
                };
                Ok(Box::new(flow))
            }
        };
        let step = Box::pin(async move { Step::Opened(opening.await) });
        let cutter = faults::Cutter::of(fault);
        let befallen = fault.is_some();
        Leg { at, attempt, target, last4, passed_on, befallen, cutter, said: None, step }
    }

    /// Takes up what came of one of the calls.
    fn step(&mut self, leg: &mut Leg, step: Step) -> After {
        match step {
            Step::Opened(Ok(mut flow)) => {
                self.engine.0.quotas.heard(&leg.target, &leg.last4, &flow.headers, None);
                flow.cutter = leg.cutter.take();
                self.head(leg.attempt, flow.status, flow.headers.clone(), flow.events);
                leg.said = Some(WrittenDown::new(self, &flow));
                let passed_on = leg.passed_on;
                let (bytes, deltas) = (Vec::new(), Vec::new());
                leg.step =
                    read_on(Box::new(Gathered { flow: *flow, bytes, deltas, passed_on, whole: false }));
                After::GoesOn
            }
            Step::Opened(Err(error)) => After::Broken(self.refused(leg, *error)),
            Step::Came { gathered, before, piece } => self.came_to(leg, gathered, before, piece),
        }
    }

    /// The call did not even begin.
    fn refused(&mut self, leg: &Leg, error: AttemptError) -> Broken {
        let AttemptError { failure, status, headers, body } = error;
        let mut told = failure.clone();
        if leg.befallen {
            // Calls go elsewhere as after a real refusal, but no longer than there is a fault.
            told.retry_after_ms = told.retry_after_ms.min(self.engine.0.faults.rest_ms(&leg.target));
        }
        self.engine.0.quotas.heard(&leg.target, &leg.last4, &headers, Some(&told));
        self.head(leg.attempt, status, headers, false);
        self.came_of(leg.attempt, body.as_bytes(), &[]);
        self.returned_of(leg.attempt, Err(&failure), status);
        // Limits of an account are told in words of ours: theirs name the account.
        let limits = matches!(failure.kind, ErrorKind::RateLimited | ErrorKind::Quota);
        let fault = status.is_some_and(|status| status >= 400);
        let json = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
        let verbatim = (leg.passed_on && fault && json && !limits).then(|| Bytes::from(body));
        Broken { failure, status, verbatim, refusal: None, held_back: false }
    }

    /// A piece of a call's answer came, or its end.
    fn came_to(
        &mut self,
        leg: &mut Leg,
        mut gathered: Box<Gathered>,
        before: usize,
        piece: Result<Piece, Failure>,
    ) -> After {
        let fresh = &gathered.deltas[before..];
        let mut write = |end: bool| match &mut leg.said {
            Some(said) if end => said.end(fresh),
            Some(said) => said.write(fresh),
            None => Vec::new(),
        };
        match piece {
            Ok(Piece::Bytes(bytes)) => {
                self.came_of(leg.attempt, &bytes, fresh);
                if gathered.passed_on {
                    gathered.bytes.extend_from_slice(&bytes);
                }
            }
            Ok(Piece::Said) => self.came_of(leg.attempt, &write(false), fresh),
            Ok(Piece::End) => {
                self.came_of(leg.attempt, &write(true), fresh);
                gathered.whole = true;
            }
            Err(failure) => {
                self.came_of(leg.attempt, &write(false), fresh);
                self.came_of(leg.attempt, &gathered.flow.unread(), &[]);
                self.returned_of(leg.attempt, Err(&failure), None);
                return After::Broken(failure.into());
            }
        }
        if gathered.whole || self.has_content() {
            return After::Content(gathered);
        }
        if gathered.bytes.len() > LONGEST {
            let failure = Failure::new(ErrorKind::Upstream, "the answer is longer than 64 MiB");
            self.returned_of(leg.attempt, Err(&failure), None);
            return After::Broken(failure.into());
        }
        leg.step = read_on(gathered);
        After::GoesOn
    }
}

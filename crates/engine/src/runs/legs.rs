//! The upstream calls of one answer, up to the first thing that there is to show: one, or two beside each other.
//!
//! Where the first has said nothing for as long as the settings allow, the next is asked too, as the gateway does
//! it (`wire/race.rs`): whoever has the first content answers, and the other is left.

use super::call::{Call, ms_since};
use crate::{Engine, Permit};
use dialects::{Assembly, ChatRequest, Delta};
use domain::{Attempt, AttemptOutcome, ErrorKind, Failure, Part, Target};
use futures_util::future::BoxFuture;
use providers::Provider;
use std::{
    future::poll_fn,
    sync::Arc,
    task::Poll::{Pending, Ready},
};
use store::Exchange;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// How one call ended.
#[derive(Debug)]
pub(super) enum Ended {
    Whole,
    Stopped,
    Failed(Failure),
    /// Not let in: nobody was asked, and nobody else will be.
    Denied(Failure),
}

impl Ended {
    /// As an attempt says it.
    pub(super) fn outcome(&self) -> (AttemptOutcome, Option<ErrorKind>) {
        match self {
            Self::Whole => (AttemptOutcome::Complete, None),
            Self::Stopped => (AttemptOutcome::Cancelled, Some(ErrorKind::Cancelled)),
            Self::Failed(failure) | Self::Denied(failure) => (AttemptOutcome::Failed, Some(failure.kind)),
        }
    }
}

/// An upstream call that has shown nothing yet.
pub(super) struct Leg {
    /// Its place in the order.
    pub(super) at: usize,
    pub(super) target: Target,
    pub(super) provider: Arc<Provider>,
    pub(super) attempt: Attempt,
    pub(super) sent: Instant,
    /// What was set aside for it alone, where it is made beside another.
    pub(super) own: Option<Permit>,
    /// Whether it went out: until then it waits for room of ours.
    out: watch::Receiver<bool>,
    stop: CancellationToken,
    coming: BoxFuture<'static, Came>,
}

/// A call whose answer is not the answer.
pub(super) struct Left {
    pub(super) leg: Leg,
    pub(super) ended: Ended,
    /// What it had said.
    pub(super) parts: Vec<Part>,
    pub(super) exchange: Option<Exchange>,
}

/// What has come by the first content, or by the end.
pub(super) struct Came {
    /// The answer, where there is one.
    pub(super) call: Option<Call>,
    pub(super) deltas: Vec<Delta>,
    /// How it ended, where it has.
    pub(super) ended: Option<Ended>,
    status: Option<u16>,
    headers_ms: Option<u32>,
    /// What was exchanged where nobody answered.
    refused: Option<Box<Exchange>>,
}

impl Came {
    /// Whether it was refused, or failed before it had said anything.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.ended, Some(Ended::Failed(_))) && !self.deltas.iter().any(Delta::is_content)
    }

    /// What went over the wire. The connection is closed with this.
    pub(super) fn into_exchange(self) -> Option<Exchange> {
        self.call.map(Call::into_exchange).or_else(|| self.refused.map(|exchange| *exchange))
    }
}

impl Leg {
    /// Makes a call. `stop` is the answer's own.
    pub(super) fn start(
        engine: &Engine,
        (at, target): (usize, &Target),
        provider: Arc<Provider>,
        request: ChatRequest,
        attempt: Attempt,
        own: Option<Permit>,
        stop: &CancellationToken,
    ) -> Self {
        let (stop, sent) = (stop.child_token(), Instant::now());
        let (goes_out, out) = watch::channel(false);
        let coming = {
            let (engine, provider, stop) = (engine.clone(), Arc::clone(&provider), stop.clone());
            let (id, number) = (attempt.id, attempt.ord + 1);
            Box::pin(async move {
                // Dropping the future closes the socket, before the answer's head as well as after it.
                let call = tokio::select! {
                    () = stop.cancelled() => return Came::without(Ended::Stopped, None, None),
                    call = Call::send(&engine, &provider, &request, (id, number), &goes_out) => call,
                };
                match call {
                    Ok(call) => begun(call, sent, &stop).await,
                    Err(refused) => {
                        Came::without(Ended::Failed(refused.failure), refused.status, refused.exchange)
                    }
                }
            })
        };
        Self { at, target: target.clone(), provider, attempt, sent, own, out, stop, coming }
    }

    /// Takes up what has come.
    pub(super) fn heard(&mut self, came: &Came) {
        (self.attempt.http_status, self.attempt.headers_ms) = (came.status, came.headers_ms);
    }

    /// Whether it went out.
    pub(super) fn is_out(&self) -> bool {
        *self.out.borrow()
    }

    /// Told when it goes out; never, where it does not.
    pub(super) fn out(&self) -> watch::Receiver<bool> {
        self.out.clone()
    }

    /// Leaves it: its connection is closed with this.
    pub(super) async fn leave(mut self) -> Left {
        self.stop.cancel();
        let came = (&mut self.coming).await;
        self.heard(&came);
        self.left(came)
    }

    /// Puts away what has come of it.
    pub(super) fn left(mut self, mut came: Came) -> Left {
        self.attempt.ended_ms = Some(ms_since(self.sent));
        let mut assembly = Assembly::new();
        for delta in came.deltas.drain(..) {
            if let Delta::Usage(usage) = &delta {
                self.attempt.usage.merge(usage);
            }
            assembly.push(delta, &mut Vec::new());
        }
        // Whatever it was about to say comes too late.
        let ended = came.ended.take().unwrap_or(Ended::Stopped);
        Left { leg: self, ended, parts: assembly.into_parts(), exchange: came.into_exchange() }
    }
}

impl Came {
    fn without(ended: Ended, status: Option<u16>, refused: Option<Box<Exchange>>) -> Self {
        Self { call: None, deltas: Vec::new(), ended: Some(ended), status, headers_ms: None, refused }
    }
}

/// Reads an answer until it says something.
async fn begun(mut call: Call, sent: Instant, stop: &CancellationToken) -> Came {
    let (status, headers_ms) = (call.status(), Some(ms_since(sent)));
    let mut deltas = Vec::new();
    let ended = loop {
        let more = tokio::select! {
            () = stop.cancelled() => break Some(Ended::Stopped),
            more = call.next(&mut deltas) => more,
        };
        match more {
            Ok(true) if deltas.iter().any(Delta::is_content) => break None,
            Ok(true) => {}
            Ok(false) => break Some(Ended::Whole),
            Err(failure) => break Some(Ended::Failed(failure)),
        }
    };
    Came { call: Some(call), deltas, ended, status, headers_ms, refused: None }
}

/// Whichever call is first.
pub(super) async fn first(legs: &mut [Leg]) -> (usize, Came) {
    poll_fn(|cx| {
        let mut polled = legs.iter_mut().map(|leg| leg.coming.as_mut().poll(cx)).enumerate();
        polled
            .find_map(|(place, came)| match came {
                Ready(came) => Some(Ready((place, came))),
                Pending => None,
            })
            .unwrap_or(Pending)
    })
    .await
}

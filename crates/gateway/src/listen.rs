//! Accepting calls: where we listen, how many may be connected, how long a head may take, and how it ends.
//!
//! Not `axum::serve`: that keeps half-open sockets for ever, takes heads of any size, and reads requests
//! that can be read in two ways.

mod bind;
mod framing;
mod strict;

pub(crate) use bind::bind;
pub use bind::{Host, ListenError};

use crate::guard::{Guard, Guards};
use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use strict::Strict;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

/// What one caller may take of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many may be connected. Less where the system does not give us the files for it.
    pub connections: usize,
    /// How long a head may take.
    pub head: Duration,
    /// How long a connection may wait for its next request.
    pub idle: Duration,
    /// How long the next piece of a body may take.
    pub body_idle: Duration,
    /// How long a caller may read nothing of what it is sent: its call holds a provider, and memory. Buffers of
    /// the system are a megabyte long, and tell of being read in large steps: a slow reader needs minutes for one.
    pub write_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body_idle: Duration::from_secs(20),
            write_idle: Duration::from_mins(30),
        }
    }
}

/// Whether calls are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// They are.
    Open,
    /// No longer; what is being answered may end until then.
    Draining(Instant),
}

/// Who is connected.
#[derive(Debug, Default)]
pub(crate) struct Connected(AtomicUsize);

impl Connected {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn enter(self: &Arc<Self>, limit: usize) -> Option<Seat> {
        let seat = Seat(self.clone());
        (self.0.fetch_add(1, Ordering::Relaxed) < limit).then_some(seat)
    }
}

/// One of those who are connected.
pub(crate) struct Seat(Arc<Connected>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What answers a request.
pub(crate) trait Answer: Send + Sync + 'static {
    /// One request of this caller.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        from: SocketAddr,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// How connections are served.
#[derive(Debug, Clone)]
pub(crate) struct Serving {
    limits: Limits,
    guards: Guards,
    connected: Arc<Connected>,
    http: http1::Builder,
}

impl Serving {
    pub(crate) fn new(limits: Limits, guards: Guards, connected: Arc<Connected>) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new());
        // Of a connection between requests; the head's own time is watched below.
        http.header_read_timeout(guards.stands(Guard::Patience).then_some(limits.idle));
        if guards.stands(Guard::Size) {
            http.max_header_size(framing::MAX_HEAD);
            http.max_buf_size(framing::MAX_HEAD * 2);
        }
        Self { limits, guards, connected, http }
    }
}

/// Takes calls until told to drain, then waits for those that are being answered.
pub(crate) async fn accept<A: Answer>(
    listener: TcpListener,
    serving: Serving,
    answer: Arc<A>,
    mut phase: watch::Receiver<Phase>,
) {
    let limit = if serving.guards.stands(Guard::Connections) {
        serving.limits.connections.min(bind::room_for(serving.limits.connections))
    } else {
        usize::MAX
    };
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            changed = phase.changed() => {
                if changed.is_err() || *phase.borrow() != Phase::Open {
                    break;
                }
            }
            Some(ended) = open.join_next() => tell_of_panic(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => match serving.connected.enter(limit) {
                    Some(seat) => {
                        let one = connection(stream, from, seat, serving.clone(), answer.clone(), phase.clone());
                        open.spawn(one);
                    }
                    None => turn_away(&stream),
                },
                Err(error) => {
                    // A caller that is gone before we looked is none of our troubles; too few files are.
                    if !matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset) {
                        tracing::warn!(%error, "a call could not be taken");
                        sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        }
    }
    drop(listener);
    let until = match *phase.borrow() {
        Phase::Draining(until) => until,
        Phase::Open => Instant::now(),
    };
    while let Ok(Some(ended)) = timeout_at(until, open.join_next()).await {
        tell_of_panic(ended);
    }
    if !open.is_empty() {
        tracing::warn!(calls = open.len(), "calls that did not end in time are cut");
    }
    open.shutdown().await;
}

fn tell_of_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a call ended in a panic");
    }
}

async fn connection<A: Answer>(
    stream: TcpStream,
    from: SocketAddr,
    seat: Seat,
    serving: Serving,
    answer: Arc<A>,
    mut phase: watch::Receiver<Phase>,
) {
    let _seat = seat;
    // Small answers must not wait for acknowledgements.
    let _ = stream.set_nodelay(true);
    let patience = serving.guards.stands(Guard::Patience).then_some(serving.limits.head);
    let read_within = serving.guards.stands(Guard::Patience).then_some(serving.limits.write_idle);
    let strict = Strict::new(stream, serving.guards.stands(Guard::Framing), patience, read_within);
    let io = TokioIo::new(strict);
    let service = service_fn(move |request| {
        let answer = answer.clone();
        async move { Ok::<_, Infallible>(answer.answer(request, from).await) }
    });
    let mut served = pin!(serving.http.serve_connection(io, service).with_upgrades());
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = no_longer_open(&mut phase) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %from, "a connection broke");
    }
}

async fn no_longer_open(phase: &mut watch::Receiver<Phase>) {
    let _ = phase.wait_for(|phase| *phase != Phase::Open).await;
}

/// Says that we are full, to somebody whose request is not read.
fn turn_away(stream: &TcpStream) {
    const FULL: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
        connection: close\r\ncontent-length: 76\r\n\r\n\
        {\"error\":{\"message\":\"too many connections are open; try again in a second\"}}";
    tracing::warn!("too many connections are open; a caller is turned away");
    let _ = stream.try_write(FULL);
}

#[cfg(test)]
mod tests;

//! One upstream call: bytes or made-up steps become deltas, within all time limits.

use crate::{
    Engine,
    breakers::Pass,
    engine::now,
    faults::{self, Cutter},
    quotas::{self, Slot},
};
use bytes::Bytes;
use dialects::{ChatRequest, Decoder, Delta, DialectError, simulated};
use domain::{AttemptId, Dialect, ErrorKind, Failure, KeySource, Target, Usage};
use providers::{Answer, AttemptError, Provider, Timeouts};
use secrets::SecretKey;
use std::time::Duration;
use store::Exchange;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};

/// Most bytes of an answer's body that are kept for looking at it raw.
const KEPT_BODY: usize = 8 * 1024 * 1024;
/// How long figures may still follow after an answer's terminal event.
const AFTER_END: Duration = Duration::from_secs(3);

/// An answer that is coming in.
pub(crate) struct Call {
    source: Source,
    limits: Limits,
    exchange: Exchange,
    raw: Vec<u8>,
    raw_cut: bool,
    /// Where a simulated fault breaks it off.
    cutter: Option<Cutter>,
    /// Its place among the provider's calls.
    slot: Option<Slot>,
    /// Tells how it ended to whoever asks its target next.
    pass: Option<Pass>,
    /// What the provider counted.
    usage: Usage,
}

enum Source {
    Wire {
        answer: Box<Answer>,
        decoder: Box<dyn Decoder>,
    },
    /// `due` is when the next step happens: waits add up without drifting.
    Simulated {
        script: simulated::Script,
        due: Instant,
        ended: bool,
    },
}

/// Instants after which waiting ends.
pub(crate) struct Limits {
    first_content: Instant,
    total: Instant,
    comments: Duration,
    pub(crate) last_delta: Instant,
    pub(crate) has_content: bool,
    first_content_ms: u32,
    total_ms: u32,
    comments_ms: u32,
}

/// A call that could not even begin, with what was exchanged.
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    pub(crate) status: Option<u16>,
    /// Boxed: an error should not make every result as large as this.
    pub(crate) exchange: Option<Box<Exchange>>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, status: None, exchange: None }
    }
}

impl Call {
    /// Sends the request and waits for the answer's head. `sent` becomes true when there is room for it and it
    /// goes out: what is waited for before that is nobody's silence.
    pub(crate) async fn send(
        engine: &Engine,
        provider: &Provider,
        request: &ChatRequest,
        (attempt, number): (AttemptId, u32),
        sent: &watch::Sender<bool>,
    ) -> Result<Self, Refused> {
        let simulated = provider.dialect == Dialect::Simulated;
        let key = if simulated { None } else { engine.lend(provider).await? };
        if !simulated && key.is_none() && wants_key(provider) {
            return Err(lacks_key(provider).into());
        }
        let target = Target::of(provider.id.as_str(), &request.model);
        let last4 = key.as_ref().map_or("", SecretKey::last4);
        let pass = engine.0.breakers.attend(&target, last4);
        let begun =
            Self::begin(engine, provider, &target, request, (attempt, number), key.as_ref(), sent).await;
        match begun {
            Ok(call) => Ok(Self { pass: Some(pass), ..call }),
            Err(refused) => {
                pass.failed(refused.failure.kind);
                Err(refused)
            }
        }
    }

    async fn begin(
        engine: &Engine,
        provider: &Provider,
        target: &Target,
        request: &ChatRequest,
        (attempt, number): (AttemptId, u32),
        key: Option<&SecretKey>,
        sent: &watch::Sender<bool>,
    ) -> Result<Self, Refused> {
        let config = engine.config();
        let mut timeouts = config.engine.timeouts.clone();
        let quotas = &engine.0.quotas;
        let last4 = key.map_or("", SecretKey::last4);
        let slot = quotas.enter(provider, target, last4, quotas::estimate(request)).await?.map(Slot::made);
        sent.send_replace(true);
        let fault = engine.0.faults.befall(target, attempt);
        let late =
            |error: AttemptError| Refused { failure: error.failure, status: error.status, exchange: None };
        faults::meet(fault, target, timeouts.headers_ms).await.map_err(late)?;
        if provider.dialect == Dialect::Simulated {
            let call = Self::simulate(provider, request, attempt, number, &timeouts)?;
            return Ok(Self { cutter: Cutter::of(fault), slot, ..call });
        }
        if !request.stream || provider.is_loopback() {
            // A one-shot answer's head comes with its end, and a local model may have to be loaded first.
            timeouts.headers_ms = timeouts.total_ms;
        }
        if !request.stream {
            timeouts.first_content_ms = timeouts.total_ms;
            timeouts.idle_ms = timeouts.total_ms;
        }
        let limits = Limits::from(&timeouts);
        let wire = dialects::encode(provider.dialect, request, &provider.quirks).map_err(|e| e.failure())?;
        let mut exchange = Exchange {
            attempt,
            method: wire.method.to_owned(),
            url: provider.url_of(&wire).to_string(),
            request_headers: wire.headers.clone(),
            request_body: String::from_utf8_lossy(&wire.body).into_owned(),
            status: None,
            response_headers: Vec::new(),
            response_body: String::new(),
            response_cut: false,
        };
        if let Some(key) = key {
            let (name, _) = dialects::auth_header(provider.dialect, &provider.quirks, "");
            exchange.request_headers.push((name, format!("…{} (redacted)", key.last4())));
        }
        let exposed = key.map(SecretKey::expose);
        let sent = engine.0.transport.send(provider, exposed, &wire, &timeouts, request.stream);
        // Whatever has no limit of its own for the head is still waited for no longer than for content.
        let (until, late) = limits.next();
        let sent = timeout_at(until, sent).await.unwrap_or_else(|_| Err(Failure::from(late).into()));
        match sent {
            Ok(answer) => {
                quotas.heard(target, last4, &answer.headers, None);
                exchange.status = Some(answer.status);
                exchange.response_headers.clone_from(&answer.headers);
                let is_stream = is_stream(&answer.headers, request.stream);
                let dialect = dialects::spoken(provider.dialect, &provider.quirks, &request.params);
                let decoder = dialects::decoder(dialect, is_stream);
                let source = Source::Wire { answer: Box::new(answer), decoder };
                let cutter = Cutter::of(fault);
                let usage = Usage::default();
                Ok(Self {
                    source,
                    limits,
                    exchange,
                    raw: Vec::new(),
                    raw_cut: false,
                    cutter,
                    slot,
                    pass: None,
                    usage,
                })
            }
            Err(AttemptError { failure, status, headers, body }) => {
                quotas.heard(target, last4, &headers, Some(&failure));
                exchange.status = status;
                exchange.response_headers = headers;
                exchange.response_body = body;
                Err(Refused { failure, status, exchange: Some(Box::new(exchange)) })
            }
        }
    }

    fn simulate(
        provider: &Provider,
        request: &ChatRequest,
        attempt: AttemptId,
        number: u32,
        timeouts: &Timeouts,
    ) -> Result<Self, Refused> {
        let script = simulated::script(&request.model, request, number - 1).map_err(|e| e.failure())?;
        let shown: Vec<_> = request.messages.iter().map(|m| (m.role, &m.parts)).collect();
        let exchange = Exchange {
            attempt,
            method: "SIMULATE".to_owned(),
            url: format!("{}/{}", provider.id, request.model),
            request_headers: Vec::new(),
            request_body: serde_json::to_string_pretty(&shown).unwrap_or_default(),
            status: None,
            response_headers: Vec::new(),
            response_body: String::new(),
            response_cut: false,
        };
        let source = Source::Simulated { script, due: Instant::now(), ended: false };
        Ok(Self {
            source,
            limits: Limits::from(timeouts),
            exchange,
            raw: Vec::new(),
            raw_cut: false,
            cutter: None,
            slot: None,
            pass: None,
            usage: Usage::default(),
        })
    }

    /// HTTP status of the answer's head.
    pub(crate) fn status(&self) -> Option<u16> {
        self.exchange.status
    }

    /// The next deltas; `Ok(false)` when the answer is whole. On an error the deltas that came
    /// before it are in `out`.
    pub(crate) async fn next(&mut self, out: &mut Vec<Delta>) -> Result<bool, Failure> {
        let before = out.len();
        let read = self.read(out, before).await;
        for delta in out.iter().skip(before) {
            if let Delta::Usage(usage) = delta {
                self.usage.merge(usage);
            }
        }
        let cut = self.cutter.as_mut().and_then(|cutter| cutter.cut(out, before));
        let read = cut.map_or(read, Err);
        self.tell_end(&read);
        read.map_err(|failure| Failure { message: self.without_key(&failure.message), ..failure })
    }

    /// Tells the target's breaker how the call ended; the one that finds out whether a target is well has found
    /// out with the first content.
    fn tell_end(&mut self, read: &Result<bool, Failure>) {
        let known = match read {
            Ok(true) => self.limits.has_content && self.pass.as_ref().is_some_and(Pass::finds_out),
            Ok(false) | Err(_) => true,
        };
        match (self.pass.take_if(|_| known), read) {
            (Some(pass), Ok(_)) => pass.succeeded(),
            (Some(pass), Err(failure)) => pass.failed(failure.kind),
            (None, _) => {}
        }
    }

    /// A provider may repeat the key that it was sent; what is kept or shown does not.
    fn without_key(&self, text: &str) -> String {
        match &self.source {
            Source::Wire { answer, .. } => answer.redacted(text),
            Source::Simulated { .. } => text.to_owned(),
        }
    }

    /// `before`: how many there were already, of an earlier piece.
    async fn read(&mut self, out: &mut Vec<Delta>, before: usize) -> Result<bool, Failure> {
        let more = match &mut self.source {
            Source::Simulated { script, due, ended } => {
                next_step(script, due, ended, &self.limits, out).await?
            }
            Source::Wire { answer, decoder } => {
                if decoder.closed() {
                    return Ok(false);
                }
                match next_chunk(answer, decoder.finished(), &self.limits).await {
                    Ok(Some(bytes)) => {
                        keep(&mut self.raw, &mut self.raw_cut, &bytes);
                        match decoder.feed(&bytes, out) {
                            Ok(()) => true,
                            // Noise after the end is none of ours; an error said in so many words is.
                            Err(error)
                                if decoder.finished() && !matches!(error, DialectError::Provider(_)) =>
                            {
                                decoder.end(out).map_err(|e| e.failure())?;
                                false
                            }
                            Err(error) => return Err(error.failure()),
                        }
                    }
                    Ok(None) => {
                        decoder.end(out).map_err(|e| e.failure())?;
                        false
                    }
                    // Whole is whole, however the connection ends after it.
                    Err(_) if decoder.finished() => {
                        decoder.end(out).map_err(|e| e.failure())?;
                        false
                    }
                    Err(failure) => return Err(failure),
                }
            }
        };
        let fresh = &out[before..];
        if !fresh.is_empty() {
            self.limits.last_delta = Instant::now();
            self.limits.has_content |= fresh.iter().any(Delta::is_content);
        }
        if let Source::Simulated { .. } = self.source {
            for delta in fresh {
                if let Delta::Text(text) = delta {
                    keep(&mut self.raw, &mut self.raw_cut, text.as_bytes());
                }
            }
        }
        Ok(more)
    }

    /// What was exchanged. The connection is closed with this.
    pub(crate) fn into_exchange(mut self) -> Exchange {
        if let Some(slot) = self.slot.as_mut().filter(|_| !self.usage.is_empty()) {
            slot.settle(self.usage.total());
        }
        self.exchange.response_body = self.without_key(&String::from_utf8_lossy(&self.raw));
        self.exchange.response_cut = self.raw_cut;
        self.exchange
    }
}

impl Limits {
    pub(crate) fn from(timeouts: &Timeouts) -> Self {
        let (start, ms) = (Instant::now(), |n: u32| Duration::from_millis(n.into()));
        Self {
            first_content: start + ms(timeouts.first_content_ms),
            total: start + ms(timeouts.total_ms),
            comments: ms(timeouts.comments_ms),
            last_delta: start,
            has_content: false,
            first_content_ms: timeouts.first_content_ms,
            total_ms: timeouts.total_ms,
            comments_ms: timeouts.comments_ms,
        }
    }

    /// The next instant at which waiting ends, and what is wrong then.
    pub(crate) fn next(&self) -> (Instant, Late) {
        let comments = self.last_delta + self.comments;
        if !self.has_content && self.first_content < self.total.min(comments) {
            return (self.first_content, Late::Content(self.first_content_ms));
        }
        if comments < self.total {
            return (comments, Late::Comments(self.comments_ms));
        }
        (self.total, Late::Whole(self.total_ms))
    }
}

/// What did not come in time, within so many milliseconds. It becomes words only where it is told: it is asked for
/// each piece of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Late {
    Content(u32),
    Comments(u32),
    Whole(u32),
    Close,
}

impl From<Late> for Failure {
    fn from(late: Late) -> Self {
        let seconds = |ms: u32| format!("{:.1} s", f64::from(ms) / 1_000.0);
        let text = match late {
            Late::Content(ms) => format!("no content came within {}", seconds(ms)),
            Late::Comments(ms) => format!("only comments came for {}", seconds(ms)),
            Late::Whole(ms) => format!("the answer took longer than {}", seconds(ms)),
            Late::Close => "the connection was not closed".to_owned(),
        };
        Self::new(ErrorKind::Timeout, text)
    }
}

pub(crate) async fn next_chunk(
    answer: &mut Answer,
    finished: bool,
    limits: &Limits,
) -> Result<Option<Bytes>, Failure> {
    let (mut until, mut late) = limits.next();
    if finished {
        let after_end = Instant::now() + AFTER_END;
        if after_end < until {
            (until, late) = (after_end, Late::Close);
        }
    }
    match timeout_at(until, answer.chunk()).await {
        Ok(chunk) => chunk.map_err(|e| e.failure),
        Err(_) => Err(late.into()),
    }
}

pub(crate) async fn next_step(
    script: &mut simulated::Script,
    due: &mut Instant,
    ended: &mut bool,
    limits: &Limits,
    out: &mut Vec<Delta>,
) -> Result<bool, Failure> {
    if *ended {
        return Ok(false);
    }
    match script.next() {
        Some(simulated::Step::Wait { ms }) => {
            let (until, late) = limits.next();
            *due += Duration::from_millis(ms.into());
            sleep_until((*due).min(until)).await;
            if *due > until { Err(late.into()) } else { Ok(true) }
        }
        Some(simulated::Step::Delta(delta)) => {
            out.push(delta);
            Ok(true)
        }
        Some(simulated::Step::Fail(failure)) => Err(failure),
        Some(simulated::Step::Cut) => {
            *ended = true;
            Err(DialectError::Truncated.failure())
        }
        None => {
            *ended = true;
            Ok(false)
        }
    }
}

/// Servers on this machine and in the local network often need no key; others would refuse a prompt
/// without one, after they have read it.
pub(crate) fn wants_key(provider: &Provider) -> bool {
    provider.key != KeySource::None && !provider.is_loopback() && !provider.allow_lan
}

pub(crate) fn lacks_key(provider: &Provider) -> Failure {
    let id = &provider.id;
    let set = match &provider.key_variable {
        Some(variable) => format!("set `{variable}`"),
        None => "write `key = \"none\"` if it needs none".to_owned(),
    };
    let text = format!(
        "no key is stored for `{id}`; enter one under Settings, Providers and keys, \
         or with `orch providers key set {id}`, or {set}"
    );
    Failure::new(ErrorKind::Auth, text)
}

fn keep(raw: &mut Vec<u8>, cut: &mut bool, bytes: &[u8]) {
    let room = KEPT_BODY.saturating_sub(raw.len());
    *cut |= room < bytes.len();
    raw.extend_from_slice(&bytes[..room.min(bytes.len())]);
}

/// Some servers answer a request for a stream in one piece, and say so in the content type.
pub(crate) fn is_stream(headers: &[(String, String)], asked: bool) -> bool {
    let kind =
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, value)| value);
    match kind.map(|k| k.to_ascii_lowercase()) {
        Some(kind) if kind.contains("event-stream") || kind.contains("ndjson") => true,
        Some(kind) if kind.starts_with("application/json") && !asked => false,
        _ => asked,
    }
}

/// Milliseconds since an instant.
pub(crate) fn ms_since(start: Instant) -> u32 {
    u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX)
}

/// A new attempt's identity and time.
pub(crate) fn new_attempt_id() -> (AttemptId, domain::Timestamp) {
    (AttemptId::from_uuid(uuid::Uuid::now_v7()), now())
}

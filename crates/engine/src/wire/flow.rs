//! One upstream answer, piece by piece: the bytes as they came, and what they mean.

use super::WireCall;
use crate::{
    Engine,
    faults::Cutter,
    runs::{Limits, is_stream, next_chunk, next_step},
};
use bytes::Bytes;
use dialects::{
    ChatRequest, Decoder, Delta, DialectError, WireRequest,
    serving::{AskUsage, Onward},
    simulated,
};
use domain::{Dialect, ErrorKind, Failure, Params, RunKind};
use providers::{Answer, AttemptError, Provider};
use secrets::SecretKey;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long the end of a connection is waited for, once nothing more can come over it: then it is used again.
const END_OF_CONNECTION: Duration = Duration::from_millis(20);

/// An answer that is coming in.
pub(super) struct Flow {
    source: Source,
    limits: Limits,
    /// Whether what comes after the last event counts too: it is passed on.
    to_the_end: bool,
    /// HTTP status of its head; `None` where nobody was asked over a wire.
    pub(super) status: Option<u16>,
    /// Headers of its head.
    pub(super) headers: Vec<(String, String)>,
    /// Whether it comes as events.
    pub(super) events: bool,
    /// Whether token counts were asked for in the caller's place.
    pub(super) asked_usage: bool,
    /// Bytes that could not be read.
    unread: Option<Bytes>,
    /// Where a simulated fault breaks it off.
    pub(super) cutter: Option<Cutter>,
    /// A made-up answer in the words of a dialect, for the spool.
    pub(super) written_down: Option<super::live::WrittenDown>,
}

enum Source {
    Wire {
        answer: Box<Answer>,
        decoder: Box<dyn Decoder>,
    },
    Simulated {
        script: simulated::Script,
        due: Instant,
        ended: bool,
    },
    /// Nothing more is read.
    Left,
}

/// What came.
pub(super) enum Piece {
    /// Bytes, and what they mean was added to the deltas.
    Bytes(Bytes),
    /// Only deltas.
    Said,
    /// The answer is whole.
    End,
}

/// What is sent.
pub(super) struct Outgoing {
    pub(super) wire: WireRequest,
    /// Whether the caller's own body is sent on.
    pub(super) passed_on: bool,
    /// What became of the caller's wish for token counts.
    pub(super) usage: AskUsage,
    pub(super) stream: bool,
}

impl Flow {
    /// Sends a request and waits for the answer's head.
    pub(super) async fn open(
        engine: &Engine,
        provider: &Provider,
        outgoing: &Outgoing,
        key: Option<&SecretKey>,
        params: &Params,
        kind: RunKind,
    ) -> Result<Self, Box<AttemptError>> {
        let mut timeouts = engine.config().engine.timeouts.clone();
        if !outgoing.stream || provider.is_loopback() {
            // A one-shot answer's head comes with its end, and a local model may have to be loaded first.
            timeouts.headers_ms = timeouts.total_ms;
        }
        if !outgoing.stream {
            timeouts.first_content_ms = timeouts.total_ms;
            timeouts.idle_ms = timeouts.total_ms;
        }
        let limits = Limits::from(&timeouts);
        let exposed = key.map(SecretKey::expose);
        let sent = engine.0.transport.send(provider, exposed, &outgoing.wire, &timeouts, outgoing.stream);
        let (until, late) = limits.next();
        let answer = timeout_at(until, sent).await.unwrap_or_else(|_| Err(Failure::from(late).into()));
        let answer = answer.map_err(Box::new)?;
        let events = is_stream(&answer.headers, outgoing.stream);
        let decoder = if kind == RunKind::Embed {
            dialects::embedding_decoder()
        } else {
            dialects::decoder(dialects::spoken(provider.dialect, &provider.quirks, params), events)
        };
        Ok(Self {
            limits,
            to_the_end: outgoing.passed_on,
            status: Some(answer.status),
            headers: answer.headers.clone(),
            events,
            asked_usage: outgoing.usage == AskUsage::Always,
            unread: None,
            cutter: None,
            written_down: None,
            source: Source::Wire { answer: Box::new(answer), decoder },
        })
    }

    /// A made-up answer; `number` counts the calls of one request from 1.
    pub(super) fn simulate(engine: &Engine, request: &ChatRequest, number: u32) -> Result<Self, Failure> {
        let script = simulated::script(&request.model, request, number - 1).map_err(|e| e.failure())?;
        Ok(Self {
            source: Source::Simulated { script, due: Instant::now(), ended: false },
            limits: Limits::from(&engine.config().engine.timeouts),
            to_the_end: false,
            status: None,
            headers: Vec::new(),
            events: true,
            asked_usage: false,
            unread: None,
            cutter: None,
            written_down: None,
        })
    }

    /// Closes the connection.
    pub(super) fn leave(&mut self) {
        self.source = Source::Left;
    }

    /// Whether all of the answer has come; figures may follow.
    pub(super) fn is_whole(&self) -> bool {
        matches!(&self.source, Source::Wire { decoder, .. } if decoder.finished())
    }

    /// Whether nothing that counts can follow.
    pub(super) fn is_over(&self) -> bool {
        matches!(&self.source, Source::Wire { decoder, .. } if decoder.closed())
    }

    /// The bytes that ended in an error, if that is what ended it: they were sent too.
    pub(super) fn unread(&mut self) -> Bytes {
        self.unread.take().unwrap_or_default()
    }

    /// The next piece. On an error the deltas that came before it are in `out`.
    pub(super) async fn next(&mut self, out: &mut Vec<Delta>) -> Result<Piece, Failure> {
        let before = out.len();
        let piece = match &mut self.source {
            Source::Left => {
                return Err(Failure::new(ErrorKind::Network, "nothing more is read of this answer"));
            }
            Source::Simulated { script, due, ended } => {
                if next_step(script, due, ended, &self.limits, out).await? { Piece::Said } else { Piece::End }
            }
            Source::Wire { answer, decoder } => {
                let read =
                    wire(answer, decoder.as_mut(), &self.limits, self.to_the_end, out, &mut self.unread)
                        .await;
                read.map_err(|failure| Failure { message: answer.redacted(&failure.message), ..failure })?
            }
        };
        if let Some(failure) = self.cutter.as_mut().and_then(|cutter| cutter.cut(out, before)) {
            return Err(failure);
        }
        if out.len() > before {
            self.limits.last_delta = Instant::now();
            self.limits.has_content |= out[before..].iter().any(Delta::is_content);
        }
        Ok(piece)
    }
}

async fn wire(
    answer: &mut Answer,
    decoder: &mut dyn Decoder,
    limits: &Limits,
    to_the_end: bool,
    out: &mut Vec<Delta>,
    unread: &mut Option<Bytes>,
) -> Result<Piece, Failure> {
    if decoder.closed() && !to_the_end {
        // Read to its end a connection can be used again; it is not worth waiting for.
        let _ = timeout(END_OF_CONNECTION, answer.chunk()).await;
        return end(decoder, out);
    }
    match next_chunk(answer, decoder.finished(), limits).await {
        Ok(Some(bytes)) => {
            match decoder.feed(&bytes, out) {
                Ok(()) => {}
                // Noise after the end is none of ours; an error said in so many words is.
                Err(error) if decoder.finished() && !matches!(error, DialectError::Provider(_)) => {}
                Err(error) => {
                    *unread = Some(bytes);
                    return Err(error.failure());
                }
            }
            Ok(Piece::Bytes(bytes))
        }
        Ok(None) => end(decoder, out),
        // Whole is whole, however the connection ends after it.
        Err(_) if decoder.finished() => end(decoder, out),
        Err(failure) => {
            // What stands in the bytes that came is heard, as it is when these are read again.
            let _ = decoder.end(out);
            Err(failure)
        }
    }
}

fn end(decoder: &mut dyn Decoder, out: &mut Vec<Delta>) -> Result<Piece, Failure> {
    decoder.end(out).map_err(|e| e.failure())?;
    Ok(Piece::End)
}

/// What is sent to a provider: the caller's own bytes where they mean the same there, else the request said
/// anew; `None` for simulated ones.
pub(super) fn outgoing(
    provider: &Provider,
    model: &str,
    call: &WireCall,
    kind: RunKind,
) -> Result<(Option<Outgoing>, ChatRequest), Failure> {
    let asked = &call.asked;
    if kind == RunKind::Embed {
        let body =
            dialects::serving::pass_on(call.caller, &call.body, &Onward { model, usage: AskUsage::AsSent });
        let wire = dialects::embedding_request_with(provider.dialect, &provider.quirks, model, body);
        let wire = wire.ok_or_else(|| Failure::new(ErrorKind::BadRequest, no_embeddings(provider)))?;
        let outgoing = Outgoing { wire, passed_on: true, usage: AskUsage::AsSent, stream: false };
        return Ok((Some(outgoing), ChatRequest::default()));
    }
    let stream = asked.request.stream;
    let dialect = dialects::spoken(provider.dialect, &provider.quirks, &asked.request.params);
    if passes(provider, call) {
        let takes = provider.quirks.stream_usage.unwrap_or(true);
        let ask_usage = stream && dialect == Dialect::OpenaiChat && !asked.usage_wanted && takes;
        let usage = match (takes, ask_usage) {
            (false, _) => AskUsage::Never,
            (true, true) => AskUsage::Always,
            (true, false) => AskUsage::AsSent,
        };
        let onward = Onward { model, usage };
        let body = dialects::serving::pass_on(call.caller, &call.body, &onward);
        let made = dialects::request_with(dialect, &provider.quirks, model, stream, body);
        if let Some(mut wire) = made {
            for (name, value) in &call.headers {
                wire.headers.retain(|(known, _)| known != name);
                wire.headers.push((name.clone(), value.clone()));
            }
            let empty = ChatRequest { model: model.to_owned(), ..ChatRequest::default() };
            return Ok((Some(Outgoing { wire, passed_on: true, usage, stream }), empty));
        }
    }
    let request = ChatRequest { model: model.to_owned(), ..asked.request.clone() };
    if provider.is_simulated() {
        return Ok((None, request));
    }
    let wire = dialects::encode(provider.dialect, &request, &provider.quirks).map_err(|e| e.failure())?;
    Ok((Some(Outgoing { wire, passed_on: false, usage: AskUsage::AsSent, stream }), request))
}

/// Whether a provider is sent the caller's own bytes.
pub(super) fn passes(provider: &Provider, call: &WireCall) -> bool {
    let asked = &call.asked;
    call.caller.dialect() == Some(dialects::spoken(provider.dialect, &provider.quirks, &asked.request.params))
        && call.caller.dialect() == Some(provider.dialect)
        && !asked.foreign
        && asked.previous_response.is_none()
}

/// Why a provider cannot be asked for embeddings.
pub(super) fn no_embeddings(provider: &Provider) -> String {
    format!("`{}` is not asked for embeddings; ask a model of a provider of OpenAI's dialect", provider.id)
}

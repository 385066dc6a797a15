//! A model provider on loopback that does what the model's name says, in `OpenAI`'s two dialects, Anthropic's,
//! Gemini's and Ollama's.
//!
//! | model | what happens |
//! |---|---|
//! | `ok` | the whole answer; `?tokens=60&gap_ms=5&seed=1&reasoning=5&split=3&first_ms=…&head_ms=…` fit every model |
//! | `slow` | the same, 200 tokens 25 ms apart |
//! | `echo?piece=2&as=reasoning\|tool\|error` | the last user text, back: a piece of it between lines `%%`, as something else |
//! | `reasoning`, `tools?calls=2` | with reasoning; tool calls instead of text |
//! | `429-once`, `500-always`, `503-always?times=3`, `401` … | that status, once, so many times or always; `?retry_after=S`, `?retry_after_ms=MS`; 401 repeats the key |
//! | `down?ms=60000` | 503 until so long after the first call |
//! | any with `goes_on=1` | goes on with what it is told that the answer begins with |
//! | `context-too-long`, `content-filter?status=400`, `no-prefill` | refused with 400 (the last only when the last message is an assistant's) |
//! | `reset-before-headers`, `reset-once` | a TCP reset instead of a head |
//! | `silence` | no head, ever |
//! | `slow-headers?ms=`, `slow-first?ms=` | late head; head at once and late content |
//! | `cut?after=40&how=close\|reset\|clean` | ends in mid-answer |
//! | `stall?after=20&ms=` | falls silent in mid-answer |
//! | `comments?ms=20`, `dribble?ms=` | only comments; one byte at a time |
//! | `malformed?after=5`, `error-event?after=5` | an event that is no JSON; an error event |
//! | `no-done` | all text, no terminal event |
//! | `content-filter?after=10`, `length?after=10` | those stop reasons |
//! | `redirect?to=URL` | 307 |
//! | `embed` | at `/v1/embeddings`: three numbers for each text |
//!
//! `close=1` closes the connection after a good answer without having said so, as some local
//! servers do to connections that a client keeps.

mod http;
mod script;
mod speech;

use crate::text;
use http::{ClientLeft, Request, Wire};
use script::{Course, CutBy, EchoAs, Fault, Script};
use serde_json::{Value, json};
use speech::{Said, Speech, StopAs};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::Instant,
};

/// Input tokens that every answer reports.
pub const INPUT_TOKENS: usize = 11;

/// One request as it came, and what became of its connection.
#[derive(Debug, Clone)]
pub struct Call {
    /// The model asked for; empty for a list of models.
    pub model: String,
    /// Method, in capitals.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body; `Null` when it was no JSON.
    pub body: Value,
    /// When it had come whole.
    pub at: Instant,
    /// When the script had come to its end (a fault is an end too), with the client still there.
    pub ended: Option<Instant>,
    /// When the client left before that, or else when the connection closed.
    pub closed: Option<Instant>,
}

impl Call {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether the client left before the script had come to its end.
    #[must_use]
    pub const fn abandoned(&self) -> bool {
        self.closed.is_some() && self.ended.is_none()
    }
}

/// The server. It stops when dropped, and its connections with it.
#[derive(Debug)]
pub struct ScriptedProvider {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    calls: Mutex<Calls>,
    /// Bumped when anything in `calls` changed.
    changed: watch::Sender<u64>,
    /// Becomes true when the server goes.
    stop: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Calls {
    log: Vec<Call>,
    /// For each model: how many calls came before, and when the first did.
    before: HashMap<String, (usize, Instant)>,
}

impl Shared {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, call: usize, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.calls().log.get_mut(call) {
            change(call);
        }
        self.changed.send_modify(|changes| *changes += 1);
    }
}

impl ScriptedProvider {
    /// Starts on a free port of loopback.
    ///
    /// # Panics
    /// When loopback cannot be bound: no test can go on without it.
    pub async fn start() -> Self {
        match Self::bind(0).await {
            Ok(server) => server,
            #[expect(clippy::panic, reason = "testkit is only linked into tests")]
            Err(error) => panic!("the scripted provider cannot listen on loopback: {error}"),
        }
    }

    /// Starts on a port of loopback, 0 for a free one.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            changed: watch::Sender::new(0),
            stop: watch::Sender::new(false),
        });
        let listener = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, listener })
    }

    /// `http://127.0.0.1:PORT`, the base for Anthropic's dialect, Gemini's and Ollama's.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `http://127.0.0.1:PORT/v1`, the base for OpenAI's dialects.
    #[must_use]
    pub fn v1(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, in the order in which they came.
    #[must_use]
    pub fn log(&self) -> Vec<Call> {
        self.shared.calls().log.clone()
    }

    /// The calls that asked for this model.
    #[must_use]
    pub fn calls_of(&self, model: &str) -> Vec<Call> {
        self.shared.calls().log.iter().filter(|call| call.model == model).cloned().collect()
    }

    /// Waits for `n` requests in all.
    pub async fn called(&self, n: usize) -> Vec<Call> {
        self.when(|log| (log.len() >= n).then(|| log.to_vec())).await
    }

    /// Waits until the connection of the `n`th request (from 0) has closed, and says when.
    pub async fn closed(&self, n: usize) -> Instant {
        self.when(|log| log.get(n).and_then(|call| call.closed)).await
    }

    async fn when<T>(&self, test: impl Fn(&[Call]) -> Option<T>) -> T {
        let mut changed = self.shared.changed.subscribe();
        loop {
            if let Some(found) = test(&self.shared.calls().log) {
                return found;
            }
            // The sender lives as long as `self`.
            let _ = changed.changed().await;
        }
    }
}

impl Drop for ScriptedProvider {
    fn drop(&mut self) {
        self.listener.abort();
        self.shared.stop.send_replace(true);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut stop = shared.stop.subscribe();
            tokio::select! {
                () = connection(socket, &shared) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }
}

/// What to do with the connection when a request has been served.
enum Then {
    Keep,
    Close,
    Reset,
}

async fn connection(socket: TcpStream, shared: &Shared) {
    let mut wire = Wire::new(socket);
    let mut mine = Vec::new();
    let mut reset = false;
    while let Some(request) = wire.request().await {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let model = body["model"].as_str().map(str::to_owned);
        let model = model.or_else(|| speech::named(&request.path)).unwrap_or_default();
        let now = Instant::now();
        let (number, before, first) = {
            let mut calls = shared.calls();
            let entry = calls.before.entry(model.clone()).or_insert((0, now));
            let (before, first) = *entry;
            entry.0 += 1;
            calls.log.push(Call {
                model: model.clone(),
                method: request.method.clone(),
                path: request.path.clone(),
                headers: request.headers.clone(),
                body: body.clone(),
                at: now,
                ended: None,
                closed: None,
            });
            (calls.log.len() - 1, before, first)
        };
        shared.changed.send_modify(|changes| *changes += 1);
        mine.push(number);
        let served = serve(&mut wire, &request, &body, &model, before, now - first).await;
        if served.is_ok() {
            shared.update(number, |call| call.ended = Some(Instant::now()));
        }
        match served {
            Ok(Then::Keep) => {}
            Ok(Then::Reset) => {
                reset = true;
                break;
            }
            Ok(Then::Close) | Err(ClientLeft) => break,
        }
    }
    if reset {
        wire.reset();
    } else {
        wire.close().await;
    }
    let closed = Instant::now();
    for number in mine {
        shared.update(number, |call| call.closed = Some(closed));
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

async fn refuse(
    wire: &mut Wire,
    speech: Speech,
    status: u16,
    code: &str,
    message: &str,
    more: &[(&str, String)],
) -> Result<Then, ClientLeft> {
    let mut headers = vec![(JSON.0, JSON.1.to_owned())];
    headers.extend_from_slice(more);
    wire.answer(status, &headers, speech.error(status, code, message).to_string().as_bytes()).await?;
    Ok(Then::Keep)
}

async fn serve(
    wire: &mut Wire,
    request: &Request,
    body: &Value,
    model: &str,
    before: usize,
    since_first: Duration,
) -> Result<Then, ClientLeft> {
    let path = request.path.split('?').next().unwrap_or_default();
    if request.method == "GET" && path.trim_end_matches('/') == "/v1/models" {
        wire.answer(200, &[(JSON.0, JSON.1.to_owned())], models().to_string().as_bytes()).await?;
        return Ok(Then::Keep);
    }
    if request.method == "POST" && path == "/v1/messages/count_tokens" && Script::read(model).is_some() {
        let counted = json!({ "input_tokens": INPUT_TOKENS });
        wire.answer(200, &[(JSON.0, JSON.1.to_owned())], counted.to_string().as_bytes()).await?;
        return Ok(Then::Keep);
    }
    if request.method == "POST" && path == "/v1/embeddings" && model == "embed" {
        wire.answer(200, &[(JSON.0, JSON.1.to_owned())], embedded(body).to_string().as_bytes()).await?;
        return Ok(Then::Keep);
    }
    let Some(speech) = Speech::of(path).filter(|_| request.method == "POST") else {
        return refuse(wire, Speech::Chat, 404, "not_found", "no such endpoint here", &[]).await;
    };
    let Some(script) = Script::read(model) else {
        let message = format!("the model `{model}` does not exist");
        return refuse(wire, speech, 404, "model_not_found", &message, &[]).await;
    };
    let (mut user_text, begun) = speech.last_texts(body);
    if let Some(piece) = script.piece {
        user_text = user_text.split("\n%%\n").nth(piece).unwrap_or_default().to_owned();
    }
    wire.split = script.split;
    wire.wait(script.head_delay).await?;
    if script.echo && script.echo_as == EchoAs::Error {
        return refuse(wire, speech, 400, "scripted", &user_text, &[]).await;
    }
    match &script.course {
        Course::NoPrefill if begun.is_some() => {
            let message = "This model does not support assistant message prefill.";
            return refuse(wire, speech, 400, "invalid_request_error", message, &[]).await;
        }
        Course::Refuse { status, times } if before < *times => {
            let mut headers = Vec::new();
            headers.extend(script.retry_after.map(|s| ("retry-after", s.to_string())));
            headers.extend(script.retry_after_ms.map(|ms| ("retry-after-ms", ms.to_string())));
            let code = if *status == 429 { "rate_limit_exceeded" } else { "scripted" };
            let message = match request.key() {
                // As some providers do.
                Some(key) if *status == 401 => format!("Incorrect API key provided: {key}."),
                _ => format!("scripted status {status}"),
            };
            return refuse(wire, speech, *status, code, &message, &headers).await;
        }
        Course::Down { for_ } if since_first < *for_ => {
            return refuse(wire, speech, 503, "scripted", "scripted to be down", &[]).await;
        }
        Course::TooLong => {
            let message = if speech == Speech::Anthropic {
                "prompt is too long: 250000 tokens > 200000 maximum"
            } else {
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
            };
            return refuse(wire, speech, 400, "context_length_exceeded", message, &[]).await;
        }
        Course::Filtered => {
            let message = "The response was filtered due to the prompt triggering content management policy.";
            return refuse(wire, speech, 400, "content_filter", message, &[]).await;
        }
        Course::Reset { times } if before < *times => return Ok(Then::Reset),
        Course::Answer
        | Course::NoPrefill
        | Course::Refuse { .. }
        | Course::Down { .. }
        | Course::Reset { .. } => {}
        Course::Silence => {
            wire.until_left().await;
            return Err(ClientLeft);
        }
        Course::Redirect { to } => {
            wire.answer(307, &[("location", to.clone())], b"").await?;
            return Ok(Then::Keep);
        }
    }
    let streams = speech.streams(&request.path, body);
    let begun = begun.filter(|_| script.goes_on).unwrap_or_default();
    answer(wire, speech, &script, streams, model, (&user_text, &begun)).await
}

async fn answer(
    wire: &mut Wire,
    speech: Speech,
    script: &Script,
    streams: bool,
    model: &str,
    (user_text, begun): (&str, &str),
) -> Result<Then, ClientLeft> {
    let mut tools: Vec<(String, String)> = (0..script.tools)
        .map(|call| (format!("lookup_{call}"), json!({"city": "Kraków 🏰", "call": call}).to_string()))
        .collect();
    let echo_as = script.echo.then_some(script.echo_as);
    if echo_as == Some(EchoAs::Tool) {
        tools.push((user_text.to_owned(), json!({ user_text: user_text }).to_string()));
    }
    let mut pieces = match (echo_as, tools.is_empty()) {
        (Some(EchoAs::Text), _) => text::cut(user_text),
        (_, true) => match text::answer(script.tokens, script.seed).strip_prefix(begun) {
            Some(rest) if !begun.is_empty() => text::cut(rest),
            _ => text::pieces(script.tokens, script.seed),
        },
        (_, false) => Vec::new(),
    };
    let stop = match script.fault {
        Some(Fault::Filter { after }) => {
            pieces.truncate(after);
            StopAs::Filter
        }
        Some(Fault::Length { after }) => {
            pieces.truncate(after);
            StopAs::Length
        }
        _ if tools.is_empty() => StopAs::Stop,
        _ => StopAs::Tools,
    };
    let mut reasoning: Vec<String> = (0..script.reasoning).map(|step| format!("thought·{step} ")).collect();
    if echo_as == Some(EchoAs::Reasoning) {
        reasoning.extend(text::cut(user_text));
    }
    let said =
        Said { model, reasoning: &reasoning, pieces: &pieces, tools: &tools, stop, input: INPUT_TOKENS };
    if streams { stream(wire, speech, script, &said).await } else { whole(wire, speech, script, &said).await }
}

/// A one-shot answer. Faults of streams fall on it where they have a meaning: it is cut in its
/// middle, stalls there, or is no JSON.
async fn whole(
    wire: &mut Wire,
    speech: Speech,
    script: &Script,
    said: &Said<'_>,
) -> Result<Then, ClientLeft> {
    let headers = [(JSON.0, JSON.1.to_owned())];
    let time = script.first_delay + script.gap * u32::try_from(said.pieces.len()).unwrap_or(u32::MAX);
    wire.wait(time).await?;
    let mut body = speech.whole(said).to_string().into_bytes();
    let half = body.len() / 2;
    match script.fault {
        Some(Fault::Cut { how, .. }) => {
            wire.begin(200, &headers).await?;
            wire.piece(&body[..half]).await?;
            return cut(wire, how).await;
        }
        Some(Fault::Stall { time, .. }) => {
            wire.begin(200, &headers).await?;
            wire.piece(&body[..half]).await?;
            wire.wait(time).await?;
            wire.piece(&body[half..]).await?;
            wire.finish().await?;
        }
        Some(Fault::Dribble { every } | Fault::Comments { every }) => {
            wire.begin(200, &headers).await?;
            loop {
                wire.piece(b" ").await?;
                wire.wait(every).await?;
            }
        }
        Some(Fault::ErrorEvent { .. }) => {
            return refuse(wire, speech, 500, "server_error", "the scripted server failed", &[]).await;
        }
        Some(Fault::Malformed { .. }) => {
            body.truncate(half);
            wire.answer(200, &headers, &body).await?;
        }
        Some(Fault::NoDone | Fault::Filter { .. } | Fault::Length { .. }) | None => {
            wire.answer(200, &headers, &body).await?;
        }
    }
    Ok(if script.close { Then::Close } else { Then::Keep })
}

async fn cut(wire: &mut Wire, how: CutBy) -> Result<Then, ClientLeft> {
    match how {
        CutBy::Close => Ok(Then::Close),
        CutBy::Reset => {
            // A reset drops what the other side has not read yet: give it a moment to.
            wire.wait(Duration::from_millis(50)).await?;
            Ok(Then::Reset)
        }
        CutBy::Clean => {
            wire.finish().await?;
            Ok(Then::Keep)
        }
    }
}

async fn stream(
    wire: &mut Wire,
    speech: Speech,
    script: &Script,
    said: &Said<'_>,
) -> Result<Then, ClientLeft> {
    let headers =
        [("content-type", speech.stream_type().to_owned()), ("cache-control", "no-cache".to_owned())];
    wire.begin(200, &headers).await?;
    if let Some(Fault::Comments { every }) = script.fault {
        loop {
            wire.piece(b": keep-alive\n\n").await?;
            wire.wait(every).await?;
        }
    }
    for event in speech.opening(said) {
        wire.piece(event.as_bytes()).await?;
    }
    wire.wait(script.first_delay).await?;
    if let Some(Fault::Dribble { every }) = script.fault {
        for event in speech.content(said) {
            for byte in event.text.bytes() {
                wire.piece(&[byte]).await?;
                wire.wait(every).await?;
            }
        }
    }
    let mut tokens = 0;
    for event in speech.content(said) {
        if event.token {
            match script.fault {
                Some(Fault::Cut { after, how }) if after == tokens => return cut(wire, how).await,
                Some(Fault::Stall { after, time }) if after == tokens => wire.wait(time).await?,
                Some(Fault::Malformed { after }) if after == tokens => {
                    wire.piece(speech.malformed().as_bytes()).await?;
                }
                Some(Fault::ErrorEvent { after }) if after == tokens => {
                    wire.piece(speech.error_event().as_bytes()).await?;
                    wire.finish().await?;
                    return Ok(Then::Keep);
                }
                _ => {}
            }
            if tokens > 0 {
                wire.wait(script.gap).await?;
            }
            tokens += 1;
        }
        wire.piece(event.text.as_bytes()).await?;
    }
    for event in speech.closing(said) {
        wire.piece(event.as_bytes()).await?;
    }
    if script.fault != Some(Fault::NoDone) {
        wire.piece(speech.terminal(said).as_bytes()).await?;
    }
    wire.finish().await?;
    Ok(if script.close { Then::Close } else { Then::Keep })
}

/// Three numbers for each text.
fn embedded(body: &Value) -> Value {
    let texts = body["input"].as_array().map_or(1, Vec::len);
    let one = |index: usize| json!({"object": "embedding", "index": index, "embedding": [0.5, -0.25, index]});
    json!({"object": "list", "model": "embed", "data": (0..texts).map(one).collect::<Vec<_>>(),
        "usage": {"prompt_tokens": INPUT_TOKENS, "total_tokens": INPUT_TOKENS}})
}

/// A list that both OpenAI's and Anthropic's readers understand.
fn models() -> Value {
    let list: Vec<Value> = ["ok", "slow", "echo", "reasoning", "tools"]
        .iter()
        .map(|id| {
            json!({"id": id, "object": "model", "created": 1_760_000_000, "owned_by": "testkit",
                "type": "model", "display_name": format!("Scripted {id}"), "created_at": "2025-10-09T08:53:20Z"})
        })
        .collect();
    json!({"object": "list", "data": list, "has_more": false, "first_id": "ok", "last_id": "tools"})
}

#[cfg(test)]
mod tests;

//! `Idempotency-Key`: of requests that come under one word, one is carried out. The others wait for its
//! answer, and for a day those who ask again are given it. What failed is carried out anew.

use super::{
    answer::{Said, SaidBody},
    ask::{broken, forward},
};
use crate::{
    Gateway, RequestId,
    refuse::{Detail, refusal},
};
use axum::body::{Body, Bytes};
use dialects::serving::{Caller, Refusal};
use domain::{ErrorKind, Hash, VirtualKeyId};
use engine::{Claim, Engine, Errand, StoredAnswer, WireCall};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use memchr::memmem;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

/// How often it is looked whether another process has answered.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Longest answer that is kept.
const MAX_KEPT: usize = 16 << 20;
/// What an answer that is given again does not repeat: it names another request.
const OF_ONE_REQUEST: [&str; 2] = ["x-request-id", "request-id"];

type Word = (Option<VirtualKeyId>, String);

/// What is being carried out in this process.
#[derive(Debug, Default)]
pub(crate) struct Errands(Mutex<HashMap<Word, (Hash, watch::Receiver<()>)>>);

impl Errands {
    fn open(&self) -> MutexGuard<'_, HashMap<Word, (Hash, watch::Receiver<()>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by whoever carries a request out.
struct Turn {
    errands: Arc<Errands>,
    word: Word,
    /// Dropped with this: whoever waits goes on.
    _ended: watch::Sender<()>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.errands.open().remove(&self.word);
    }
}

enum Entered {
    Mine(Turn),
    Wait(watch::Receiver<()>),
    OtherBody,
}

fn enter(errands: &Arc<Errands>, errand: &Errand) -> Entered {
    let word = (errand.grant.id(), errand.word.clone());
    let mut open = errands.open();
    match open.get(&word) {
        Some((body, _)) if *body != errand.body => Entered::OtherBody,
        Some((_, ended)) => Entered::Wait(ended.clone()),
        None => {
            let (sender, ended) = watch::channel(());
            open.insert(word.clone(), (errand.body, ended));
            Entered::Mine(Turn { errands: errands.clone(), word, _ended: sender })
        }
    }
}

/// What a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// An answer.
    Answer,
    /// Numbers for texts.
    Embed,
}

impl Work {
    async fn done(self, gateway: &Gateway, wire: WireCall, id: &RequestId) -> Said {
        if self == Self::Answer {
            return forward(gateway, wire, id).await;
        }
        let caller = wire.caller;
        match gateway.engine().embed(wire).await {
            Ok(answered) => Said::answer(caller, answered, id),
            Err(refused) => Said::refused(caller, &refused, id),
        }
    }
}

/// Has a call carried out: once, where its caller says so.
pub(super) async fn carry_out(
    gateway: &Gateway,
    wire: WireCall,
    id: &RequestId,
    work: Work,
) -> Response<Body> {
    let Some(word) = wire.idempotency.clone() else { return work.done(gateway, wire, id).await.response() };
    let caller = wire.caller;
    let errand = Errand { grant: wire.grant.clone(), word, body: hash(&wire) };
    let said = |refusal: &Refusal| Said::refusal(caller, refusal, id).response();
    let (turn, engine) = loop {
        match enter(gateway.errands(), &errand) {
            Entered::OtherBody => return said(&other_body()),
            Entered::Wait(mut ended) => {
                // Ends with an error, for nothing is ever sent: the sender is gone.
                let _ = ended.changed().await;
            }
            Entered::Mine(turn) => match gateway.engine().answered().claim(&errand).await {
                Ok(Claim::Mine) => break (turn, gateway.engine().clone()),
                Ok(Claim::Answered(answer)) => return replay(caller, answer, id),
                Ok(Claim::OtherBody) => return said(&other_body()),
                Ok(Claim::Running(_)) => {
                    drop(turn);
                    sleep(LOOK_EVERY).await;
                }
                Err(error) => return said(&broken(&error)),
            },
        }
    };
    // From here on, whatever becomes of this caller, the word is let go of or answered.
    let mut kept = Kept { held: Some((engine, errand, turn)), answer: None };
    let answered = work.done(gateway, wire, id).await;
    let head = |headers: &HeaderMap| StoredAnswer {
        status: answered.status,
        headers: repeated(headers),
        body: Vec::new(),
    };
    match &answered.body {
        SaidBody::Refusal(_) => answered.response(),
        SaidBody::Whole(body) => {
            kept.answer = Some(StoredAnswer { body: body.to_vec(), ..head(&answered.headers) });
            kept.end().await;
            answered.response()
        }
        SaidBody::Stream(_) => {
            let begun = head(&answered.headers);
            let Said { status, headers, body } = answered;
            let SaidBody::Stream(stream) = body else { return Response::new(Body::empty()) };
            let body = SaidBody::Stream(heard(stream, kept, begun, caller));
            Said { status, headers, body }.response()
        }
    }
}

/// A claimed request. Dropped without an answer, its word is let go of.
struct Kept {
    held: Option<(Engine, Errand, Turn)>,
    answer: Option<StoredAnswer>,
}

impl Kept {
    /// Stores the answer, or lets go; then others may go on.
    async fn end(mut self) {
        if let Some((engine, errand, turn)) = self.held.take() {
            store(engine, errand, turn, self.answer.take()).await;
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some((engine, errand, turn)) = self.held.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(store(engine, errand, turn, self.answer.take()));
        }
    }
}

async fn store(engine: Engine, errand: Errand, turn: Turn, answer: Option<StoredAnswer>) {
    let answered = engine.answered();
    let stored = match &answer {
        Some(answer) => answered.keep(&errand, answer).await,
        None => answered.let_go(&errand).await,
    };
    if let Err(error) = stored {
        tracing::warn!(%error, "what was asked under an Idempotency-Key may be carried out again");
    }
    drop(turn);
}

/// The same stream, written down as it passes.
fn heard(
    stream: BoxStream<'static, Bytes>,
    kept: Kept,
    begun: StoredAnswer,
    caller: Caller,
) -> BoxStream<'static, Bytes> {
    let first = (stream, kept, begun);
    let pass = move |(mut stream, mut kept, mut begun): (BoxStream<'static, Bytes>, Kept, StoredAnswer)| async move {
        if let Some(piece) = stream.next().await {
            if begun.body.len() <= MAX_KEPT {
                begun.body.extend_from_slice(&piece);
            }
            return Some((piece, (stream, kept, begun)));
        }
        if begun.body.len() <= MAX_KEPT && is_whole(caller, &begun.body) {
            kept.answer = Some(begun);
        }
        kept.end().await;
        None
    };
    stream::unfold(first, pass).boxed()
}

/// Whether a stream came to the end that its dialect has for good answers. What a model says cannot look
/// like it: line ends and quotes are escaped there.
fn is_whole(caller: Caller, body: &[u8]) -> bool {
    let has = |needle: &str| memmem::find(body, needle.as_bytes()).is_some();
    match caller {
        Caller::OpenaiChat | Caller::OpenaiCompletions => has("\ndata: [DONE]") || has("\ndata:[DONE]"),
        Caller::OpenaiResponses => {
            has("\"type\":\"response.completed\"") || has("\"type\":\"response.incomplete\"")
        }
        Caller::Anthropic => has("\nevent: message_stop"),
        Caller::Gemini => has("\"finishReason\"") && !has("\n{\"error\"") && !has("data: {\"error\""),
    }
}

fn hash(wire: &WireCall) -> Hash {
    let mut asked = wire.route.as_bytes().to_vec();
    // Gemini's model stands in the address.
    asked.extend_from_slice(wire.asked.model.as_bytes());
    asked.push(0);
    asked.extend_from_slice(&wire.body);
    Hash::of(&asked)
}

fn other_body() -> Refusal {
    let message = "another request was sent under this `Idempotency-Key`; send a new one for each request";
    refusal(422, ErrorKind::BadRequest, message).code("idempotency_key_reuse")
}

fn repeated(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !OF_ONE_REQUEST.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

fn replay(caller: Caller, answer: StoredAnswer, id: &RequestId) -> Response<Body> {
    let mut headers = HeaderMap::new();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            headers.insert(name, value);
        }
    }
    headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    super::answer::name(&mut headers, caller, id);
    Said { status: answer.status, headers, body: SaidBody::Whole(answer.body.into()) }.response()
}

#[cfg(test)]
mod tests {
    use super::is_whole;
    use dialects::serving::Caller;

    #[test]
    fn only_a_stream_that_came_to_its_good_end_is_given_again() {
        for (caller, good, bad) in [
            (
                Caller::OpenaiChat,
                "data: {\"x\":1}\n\ndata: [DONE]\n\n",
                "data: {\"content\":\"\\ndata: [DONE]\"}\n\n",
            ),
            (
                Caller::Anthropic,
                "event: a\ndata: {}\n\nevent: message_stop\ndata: {}\n\n",
                "event: error\ndata: {\"text\":\"\\nevent: message_stop\"}\n\n",
            ),
            (
                Caller::OpenaiResponses,
                "data: {\"type\":\"response.completed\"}\n\n",
                "data: {\"delta\":\"\\\"type\\\":\\\"response.completed\\\"\"}\n\n",
            ),
            (
                Caller::Gemini,
                "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n",
                "data: {\"text\":\"\\\"finishReason\\\"\"}\n\n",
            ),
        ] {
            assert!(is_whole(caller, good.as_bytes()), "{caller:?}");
            assert!(!is_whole(caller, bad.as_bytes()), "{caller:?}");
        }
    }
}

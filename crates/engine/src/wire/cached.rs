//! Calls that are answered with what was answered before: whether they may be, which answer is theirs, and
//! saying it.

use super::{
    WireAnswer, WireBody, WireCall, WireHead, WireRefusal,
    order::Candidate,
    record::{self, FromCache},
    under::Under,
};
use crate::{
    Engine, Grant,
    cache::{Kept, KeptHead, LONGEST},
};
use bytes::Bytes;
use dialects::{
    Assembly, Delta,
    serving::{self, Caller},
};
use domain::{
    CacheUse, CaptureLevel, CompletionState, ErrorKind, Failure, Hash, NanoUsd, Part, RunKind, Stop, Target,
};
use providers::CacheConfig;
use std::sync::Arc;

/// A call whose answer may be kept, and be one that was kept.
pub(super) struct Keeping {
    key: Hash,
    form: u8,
    config: CacheConfig,
    /// What is said, as it is said.
    said: Vec<u8>,
    /// What it means.
    assembly: Assembly,
    too_long: bool,
    /// Who could answer too, but is left alone just now: what they said may be said again.
    pub(super) away: Vec<Target>,
}

impl Keeping {
    /// `None` where an answer of such a call is not to be given again.
    pub(super) fn of(
        call: &WireCall,
        kind: RunKind,
        capture: CaptureLevel,
        config: &CacheConfig,
    ) -> Option<Box<Self>> {
        let asked = &call.asked;
        // Texts of a key that keeps none are not kept here either. What is searched for changes by the hour,
        // and of several answers nobody can tell whether each is whole.
        let may = kind == RunKind::Ask
            && capture == CaptureLevel::Full
            && asked.choices <= 1
            && !asked.request.params.web_search
            && asked.bound.is_none();
        may.then(|| {
            Box::new(Self {
                key: key_of(call),
                form: form_of(call),
                config: config.clone(),
                said: Vec::new(),
                assembly: Assembly::new(),
                too_long: false,
                away: Vec::new(),
            })
        })
    }

    /// More of the answer, as it is sent to the caller.
    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.too_long |= self.said.len() + bytes.len() > LONGEST;
        if self.too_long {
            self.said = Vec::new();
        } else {
            self.said.extend_from_slice(bytes);
        }
    }

    /// More of what it means.
    pub(super) fn mean(&mut self, deltas: &[Delta]) {
        let mut changes = Vec::new();
        for delta in deltas {
            self.assembly.push(delta.clone(), &mut changes);
            changes.clear();
        }
    }

    /// Another call is made: what came of the one before does not count.
    pub(super) fn again(&mut self) {
        (self.said, self.assembly, self.too_long) = (Vec::new(), Assembly::new(), false);
    }
}

/// What tells a request from all others, and whoever may be given its answer.
fn key_of(call: &WireCall) -> Hash {
    hash_of(&pieces(call))
}

/// Every piece has its length before it, so that no two lists of pieces read the same.
fn hash_of(pieces: &[(&'static str, Vec<u8>)]) -> Hash {
    let mut all = Vec::with_capacity(pieces.iter().map(|(_, piece)| piece.len() + 32).sum());
    for (name, piece) in pieces {
        for text in [name.as_bytes(), piece] {
            all.extend_from_slice(&(text.len() as u64).to_le_bytes());
            all.extend_from_slice(text);
        }
    }
    Hash::of(&all)
}

/// All that an answer depends on.
fn pieces(call: &WireCall) -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let mut pieces = vec![
        ("bearer", bearer(&call.grant)),
        ("caller", text(&format!("{:?}", call.caller))),
        ("model", text(&call.asked.model)),
        ("profile", text(call.profile.as_deref().unwrap_or_default())),
    ];
    pieces.extend(call.asked.ours.models.iter().map(|model| ("further", text(model))));
    for (name, value) in &call.headers {
        pieces.extend([("header", text(name)), ("value", text(value))]);
    }
    if needs_form(call) {
        pieces.push(("form", vec![form_of(call)]));
    }
    pieces.push(("body", serving::essence(&call.body)));
    pieces
}

/// Whose answers these are: never another's.
fn bearer(grant: &Grant) -> Vec<u8> {
    match (grant.id(), grant.name()) {
        (Some(key), _) => [b"key ".as_slice(), key.bytes()].concat(),
        (None, Some(token)) => [b"token ".as_slice(), token.as_bytes()].concat(),
        (None, None) => b"anyone".to_vec(),
    }
}

/// In which of its forms an answer is wanted: whole or as a stream, with or without figures, as events.
fn form_of(call: &WireCall) -> u8 {
    let asked = &call.asked;
    u8::from(asked.request.stream) | u8::from(asked.usage_wanted) << 1 | u8::from(call.events) << 2
}

/// Whether an answer in one form holds what one in another form would not: then it is only given in its own.
fn needs_form(call: &WireCall) -> bool {
    call.asked.echo.is_some() || memchr::memmem::find(&call.body, b"logprobs").is_some()
}

/// Whether an answer means no more than its text: then it can be said in any form.
fn is_text(parts: &[Part]) -> bool {
    !parts.is_empty() && parts.iter().all(|part| matches!(part, Part::Text { .. }))
}

/// Whether an answer may be given again: whole, and nothing in it asks for something to be done.
fn is_good(stop: Stop, parts: &[Part]) -> bool {
    let harmless = |part: &Part| matches!(part, Part::Text { .. } | Part::Reasoning { .. });
    stop == Stop::Stop && !parts.is_empty() && parts.iter().all(harmless)
}

/// Whether nobody can be asked, or as good as that.
const fn is_down(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Overloaded | ErrorKind::Upstream)
}

impl Engine {
    /// The answer that was kept for a call, if it may still be given.
    pub(super) async fn kept_for(&self, under: &Under, order: &[Candidate]) -> Option<Arc<Kept>> {
        let keeping = under.keeping.as_ref()?;
        let kept = self.0.cache.get(&self.0.store, &keeping.key, &keeping.config).await;
        // What the name meant then it may not mean now, nor may this key still ask for it.
        let kept = kept.filter(|kept| kept.is_fresh(&keeping.config) && can_say(keeping, kept, order));
        self.0.meters.cache(kept.is_some());
        kept
    }
}

/// Whether an answer is of somebody who may be asked for it, now or when they are well again, and can be said in
/// the form that is wanted.
fn can_say(keeping: &Keeping, kept: &Kept, order: &[Candidate]) -> bool {
    let target = &kept.head.target;
    let may = order.iter().any(|one| one.target == *target) || keeping.away.contains(target);
    may && (keeping.form == kept.head.form || is_text(&kept.head.parts))
}

impl Under {
    /// The answer that was kept for this call, however old, where nobody answers any more.
    pub(super) async fn offline(&self, failure: &Failure, order: &[Candidate]) -> Option<Arc<Kept>> {
        let keeping =
            self.keeping.as_ref().filter(|keeping| keeping.config.offline && is_down(failure.kind))?;
        let cache = &self.engine.0.cache;
        let kept = cache.get(&self.engine.0.store, &keeping.key, &keeping.config).await?;
        can_say(keeping, &kept, order).then_some(kept)
    }

    /// Keeps what was answered, if it may be given again. `whole` is what was said, where that was at once.
    pub(super) fn keep_answer(&mut self, stop: Stop, whole: Option<&Bytes>) {
        let Some(keeping) = self.keeping.take() else { return };
        let Keeping { key, form, config, said, assembly, too_long, .. } = *keeping;
        let body = whole.cloned().unwrap_or_else(|| said.into());
        // The upstream call may have been closed with its last word: then only what was said tells how it ended.
        let stop = assembly.stop().unwrap_or(stop);
        let parts = assembly.into_parts();
        let Some(target) = self.target().filter(|_| is_good(stop, &parts)) else { return };
        if too_long || body.len() > LONGEST {
            return;
        }
        let head = KeptHead { target, form, parts, usage: self.used(), cost_nano: self.cost_nano };
        let at = crate::engine::now();
        self.engine.0.cache.put(key, Kept { run: self.run, at, head, body }, &config);
    }

    /// Answers with what was kept. It costs nothing, and nobody is asked.
    pub(super) fn answer_kept(
        mut self: Box<Self>,
        kept: &Kept,
        how: CacheUse,
    ) -> Result<WireAnswer, WireRefusal> {
        let Some(keeping) = self.keeping.take() else {
            return Err(super::order::refuse(
                500,
                ErrorKind::Upstream,
                "there is no kept answer".to_owned(),
                "",
            ));
        };
        let target = kept.head.target.clone();
        if self.permit.is_none() {
            // A request like any other, though for nothing.
            match self.engine.admit_free(&self.call.grant, self.call.route, &target) {
                Ok(permit) => self.permit = Some(permit),
                Err(denied) => {
                    let refused = WireRefusal::from(denied);
                    let (kind, message) = (refused.refusal.kind, refused.refusal.message.clone());
                    let error = Failure::new(kind, message);
                    self.end(CompletionState::Failed { error }, refused.refusal.status);
                    return Err(refused);
                }
            }
        }
        self.engine.0.cache.used(keeping.key);
        let parts = serde_json::to_vec(&kept.head.parts).unwrap_or_default();
        self.note_cached(&FromCache { how, saved_nano: kept.head.cost_nano }, &parts, &target);
        let stream = self.call.asked.request.stream;
        let same = keeping.form == kept.head.form;
        let caller = self.call.caller;
        let mut body = match (same, stream) {
            (true, _) => kept.body.clone(),
            (false, true) => self.said_anew(kept),
            (false, false) => {
                let choice = serving::Choice { parts: kept.head.parts.clone(), stop: Stop::Stop };
                self.whole(&target, choice, kept.head.usage)
            }
        };
        if stream && caller != Caller::Gemini {
            let cost = format!(": x-orchesity-cost-usd {}\n\n", NanoUsd(0));
            body = [body.as_ref(), cost.as_bytes()].concat().into();
        }
        let head = WireHead {
            target,
            run: self.run,
            cost_nano: Some(0),
            attempts: self.attempts,
            cache: how.into(),
        };
        self.end(CompletionState::Complete { stop: Stop::Stop }, 200);
        let content_type = self.content_type();
        let body = if stream {
            WireBody::Stream(Box::pin(futures_util::stream::once(std::future::ready(body))))
        } else {
            WireBody::Whole(body)
        };
        Ok(WireAnswer { head, status: 200, content_type, body })
    }

    /// A text as a stream of the caller's dialect.
    fn said_anew(&self, kept: &Kept) -> Bytes {
        let call = &self.call;
        let mut out = Vec::new();
        let mut encoder =
            serving::encoder(call.caller, &self.serving_head(&kept.head.target), &call.asked, call.events);
        encoder.begin(&mut out);
        for part in &kept.head.parts {
            if let Part::Text { text } = part {
                encoder.delta(&Delta::Text(text.clone()), &mut out);
            }
        }
        encoder.delta(&Delta::Usage(kept.head.usage), &mut out);
        encoder.delta(&Delta::Stop(Stop::Stop), &mut out);
        encoder.end(&mut out);
        out.into()
    }

    /// Notes that the answer had been given before.
    fn note_cached(&mut self, from: &FromCache, parts: &[u8], target: &Target) {
        let (begun, number) = self.begin_noting();
        let own: &[u8] = if self.captures() { &self.call.body } else { &[] };
        self.engine.0.spool.note(|out| {
            if let Some(begun) = &begun {
                record::begun(out, number, begun, own);
            }
            record::cached(out, number, from, parts);
        });
        self.answered_by(target);
    }
}

#[cfg(test)]
mod tests;

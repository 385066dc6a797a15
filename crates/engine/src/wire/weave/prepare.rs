//! What a call becomes in the store: decoded, hashed and packed, before anybody has to wait for it.

use super::gather::{Call, Tried};
use crate::{Engine, cost, known, resume::Seam, runs::title_of};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dialects::{
    Assembly, ChatMessage,
    serving::{self, Address, Asked, Caller, Onward},
};
use domain::{
    Attempt, AttemptOutcome, BranchId, CaptureLevel, CompletionState, ConversationId, Cost, Dialect, Hash,
    MediaSource, MessageId, Metrics, NanoUsd, Part, Role, RunKind, Target, Timestamp, Usage, UsageBy,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use store::{
    Captured, Exchange, NewAttempt, NewCall, NewFile, NewWire, PackedRequest, Packer, Place, Said, StoreError,
};
use uuid::Uuid;

/// Longest client that becomes a tag, in characters.
const CLIENT: usize = 50;

/// What calls become. One that cannot be read is still paid for.
pub(super) fn all(engine: &Engine, calls: &[Call]) -> Result<Vec<NewCall>, StoreError> {
    let mut packer = Packer::new()?;
    let mut new = Vec::with_capacity(calls.len());
    for call in calls {
        let made = catch_unwind(AssertUnwindSafe(|| one(engine, &mut packer, call, call.begun.capture)));
        new.push(if let Ok(made) = made {
            made?
        } else {
            let request = &call.begun.request;
            tracing::error!(request, "a call cannot be read; only what it cost is kept");
            packer = Packer::new()?;
            one(engine, &mut packer, call, CaptureLevel::Off)?
        });
    }
    Ok(new)
}

fn one(
    engine: &Engine,
    packer: &mut Packer,
    call: &Call,
    capture: CaptureLevel,
) -> Result<NewCall, StoreError> {
    let begun = &*call.begun;
    let kept = capture == CaptureLevel::Full;
    let asked = if kept && begun.kind == RunKind::Ask { asked(call) } else { None };
    let mut attempts = Vec::with_capacity(call.tried.len());
    for (at, tried) in call.tried.iter().enumerate() {
        let (attempt, charge) = match &tried.returned {
            Some(returned) => (ended(call, tried), returned.charge.clone()),
            None => (lost(engine, call, tried, asked.as_ref(), kept), tried.sent.charge.clone()),
        };
        let wire = if kept { Some(wire(packer, call, tried, at == 0)?) } else { None };
        attempts.push(NewAttempt { attempt, charge, lost: tried.returned.is_none(), wire });
    }
    let over = call.ended.as_deref();
    let state = over.map_or(CompletionState::Interrupted, |ended| ended.state.clone());
    let ended_at = over.map_or_else(|| last_seen(call), |ended| ended.at);
    let served = over.map_or_else(
        || call.answering().map(|tried| Target::of(&tried.sent.provider, &tried.sent.model)),
        |ended| ended.served.clone(),
    );
    Ok(NewCall {
        run: begun.run,
        completion: begun.completion,
        kind: begun.kind,
        at: begun.at,
        ended_at,
        request: begun.request.clone(),
        route: begun.route.clone(),
        stream: begun.stream,
        status: over.map(|ended| ended.status),
        key: begun.key,
        client: begun.client.clone(),
        idempotency: begun.idempotency.clone(),
        requested: begun.requested.clone(),
        decision: begun.decision.clone(),
        served,
        state,
        metrics: metrics(call, &attempts),
        attempts,
        capture,
        cached: call.cached.as_ref().map(|(from, _)| (from.how, from.saved_nano.map(NanoUsd))),
        said: asked.map(|asked| said(call, asked)),
    })
}

/// The caller's request, read again.
fn asked(call: &Call) -> Option<Asked> {
    let begun = &*call.begun;
    let address = Address { model: Some(begun.requested.as_str()), stream: begun.stream, events: false };
    match serving::read(begun.caller.into(), &call.body, &address) {
        Ok(asked) => Some(asked),
        Err(refusal) => {
            tracing::warn!(
                request = begun.request,
                why = refusal.message,
                "a call has no conversation: its body cannot be read again"
            );
            None
        }
    }
}

/// An upstream call whose end was seen.
fn ended(call: &Call, tried: &Tried) -> Attempt {
    let mut attempt = unseen(call, tried);
    if let Some(returned) = &tried.returned {
        attempt.http_status = returned.status;
        attempt.outcome = returned.outcome;
        attempt.error_kind = returned.error_kind;
        attempt.headers_ms = returned.headers_ms;
        attempt.first_ms = returned.first_ms;
        attempt.ended_ms = Some(returned.ended_ms);
        attempt.usage = returned.usage;
        attempt.usage_by = returned.usage_by;
        attempt.cost = returned.cost_nano.map(NanoUsd);
    }
    attempt
}

/// What is known of an upstream call when it is made.
fn unseen(call: &Call, tried: &Tried) -> Attempt {
    let sent = &*tried.sent;
    Attempt {
        id: sent.attempt,
        completion_id: call.begun.completion,
        ord: sent.ord,
        provider: sent.provider.clone(),
        model: sent.model.clone(),
        http_status: None,
        outcome: match &call.ended {
            Some(_) => AttemptOutcome::Cancelled,
            None => AttemptOutcome::Interrupted,
        },
        error_kind: None,
        started_at: sent.at,
        headers_ms: None,
        first_ms: None,
        ended_ms: None,
        usage: Usage::default(),
        usage_by: None,
        cost: None,
    }
}

/// An upstream call whose end nobody saw: it was not free, and what it took is estimated.
fn lost(engine: &Engine, call: &Call, tried: &Tried, asked: Option<&Asked>, kept: bool) -> Attempt {
    let mut attempt = unseen(call, tried);
    let answer = if kept { decoded(tried, call.begun.stream, Vec::new()) } else { Assembly::new() };
    let prompt = match asked {
        Some(asked) => prompt_tokens(asked),
        None => tried.sent.most.input.unwrap_or_default(),
    };
    let (usage, by) = cost::usage_or_estimate(answer.usage(), prompt, &[], &answer.into_parts());
    (attempt.usage, attempt.usage_by) = (usage, Some(by));
    if let Some(provider) = engine.config().provider(&attempt.provider) {
        let prices = known::prices(engine, provider, &attempt.model, &usage);
        attempt.cost = cost::cost(&prices, &usage, by).map(|cost| cost.usd);
    }
    attempt
}

fn prompt_tokens(asked: &Asked) -> u32 {
    let request = &asked.request;
    let texts = request.messages.iter().flat_map(|message| &message.parts).map(|part| match part {
        Part::Text { text } | Part::Reasoning { text, .. } | Part::ToolResult { text, .. } => text.as_str(),
        Part::ToolCall { arguments, .. } => arguments,
        _ => "",
    });
    let weight = texts.chain(request.system.as_deref()).map(dialects::text_weight).sum();
    dialects::text_tokens(weight)
}

fn metrics(call: &Call, attempts: &[NewAttempt]) -> Metrics {
    let over = call.ended.as_deref();
    let mut metrics = Metrics {
        ttft_ms: over.and_then(|ended| ended.ttft_ms),
        duration_ms: over.map(|ended| ended.duration_ms),
        ..Metrics::default()
    };
    // Without anybody who counted nothing was used: it was refused.
    let paid = || attempts.iter().map(|one| &one.attempt).filter(|attempt| attempt.usage_by.is_some());
    for attempt in call.saying().into_iter().filter_map(|at| attempts.get(at)).map(|one| &one.attempt) {
        metrics.usage = metrics.usage.plus(attempt.usage);
        if metrics.usage_by != Some(UsageBy::Estimated) {
            metrics.usage_by = attempt.usage_by.or(metrics.usage_by);
        }
    }
    if let (None, Some(last)) = (metrics.usage_by, paid().next_back()) {
        (metrics.usage, metrics.usage_by) = (last.usage, last.usage_by);
    }
    let mut usd = Some(0_i64);
    for attempt in paid() {
        usd = usd.zip(attempt.cost).map(|(sum, cost)| sum.saturating_add(cost.0));
    }
    if metrics.usage_by.is_some() {
        let sure = |tried: &Tried| tried.returned.as_ref().is_some_and(|returned| !returned.estimated);
        let estimated = !call.tried.iter().all(sure);
        metrics.cost = usd.map(|usd| Cost { usd: NanoUsd(usd), estimated: estimated && usd != 0 });
    } else if call.cached.is_some() {
        // Known: nobody was asked, or nobody answered.
        metrics.cost = Some(Cost { usd: NanoUsd(0), estimated: false });
    }
    metrics
}

/// The last time that something is known to have happened.
fn last_seen(call: &Call) -> Timestamp {
    call.tried.last().map_or(call.begun.at, |tried| tried.sent.at)
}

/// What was said, by one or by several that went on with each other.
fn answer_of(call: &Call, gone_on: Vec<Part>) -> Vec<Part> {
    let (mut said, mut by) = (gone_on, None);
    for tried in call.saying().into_iter().map(|at| &call.tried[at]) {
        let provider = tried.sent.provider.as_str();
        if by.replace(provider).is_some_and(|before| before != provider) {
            // Thoughts are proved to whoever wrote them, and the answer is told as another's.
            dialects::forget_proofs(&mut said);
        }
        said = decoded(tried, call.begun.stream, said).into_parts();
    }
    said
}

/// The answer to one upstream call, as far as it came.
fn decoded(tried: &Tried, stream: bool, begun: Vec<Part>) -> Assembly {
    let mut seam =
        if tried.sent.resumes { Seam::behind(&begun, tried.sent.dialect) } else { Seam::default() };
    let mut answer = Assembly::with_parts(begun);
    let refused =
        tried.returned.as_ref().and_then(|returned| returned.status).is_some_and(|status| status >= 300);
    if refused || tried.came.is_empty() {
        return answer;
    }
    let events = tried.returned.as_ref().map_or(stream, |returned| returned.events);
    let mut decoder = dialects::decoder(tried.sent.dialect, events);
    let mut deltas = Vec::new();
    // What came before an error counts.
    let fed = decoder.feed(&tried.came, &mut deltas);
    if fed.is_ok() {
        let _ = decoder.end(&mut deltas);
    }
    seam.join(&mut deltas);
    let mut changes = Vec::new();
    for delta in deltas {
        answer.push(delta, &mut changes);
        changes.clear();
    }
    answer
}

fn said(call: &Call, asked: Asked) -> Captured {
    let begun = &*call.begun;
    let mut files = Vec::new();
    let mut messages = asked.request.messages;
    // A partial answer that is to be gone on with is not said again: the answer begins with it.
    let gone_on = match messages.pop_if(|last| last.role == Role::Assistant) {
        Some(ChatMessage { parts, .. }) if !messages.is_empty() => parts,
        Some(lone) => {
            messages.push(lone);
            Vec::new()
        }
        None => Vec::new(),
    };
    let title = messages.iter().find(|message| message.role == Role::User).map_or(&[][..], |m| &m.parts);
    let title = title_of(title);
    let answer = match &call.cached {
        Some((_, parts)) => serde_json::from_slice(parts).ok(),
        None => Some(answer_of(call, gone_on)),
    };
    let answer = message(begun.message, Role::Assistant, answer.unwrap_or_default(), &mut files);
    let messages = messages
        .into_iter()
        .map(|one| message(MessageId::from_uuid(Uuid::now_v7()), one.role, one.parts, &mut files))
        .collect();
    let place = match (&begun.follows, begun.parent, begun.conversation) {
        (Some(name), ..) => Place::After(name.clone()),
        (None, Some(parent), _) => Place::Under(parent),
        (None, None, Some(conversation)) => Place::In(conversation),
        (None, None, None) => Place::Found,
    };
    let named = call.ended.as_ref().and_then(|ended| ended.response.clone());
    let whole = call.ended.as_ref().is_some_and(|e| matches!(e.state, CompletionState::Complete { .. }));
    Captured {
        place,
        messages,
        answer,
        system: asked.request.system.filter(|text| !text.trim().is_empty()),
        params: asked.request.params,
        title,
        tags: begun.client.as_deref().and_then(product).into_iter().collect(),
        conversation: ConversationId::from_uuid(Uuid::now_v7()),
        branch: BranchId::from_uuid(Uuid::now_v7()),
        files,
        response: begun.response.as_ref().filter(|_| whole).map(|ours| named.unwrap_or_else(|| ours.clone())),
    }
}

/// What a client calls itself, without its version.
fn product(client: &str) -> Option<String> {
    let word = client.split_whitespace().next()?;
    let name = match word.rsplit_once('/') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit() || c == 'v') => name,
        _ => word,
    };
    let name: String = name.chars().filter(|c| !c.is_control()).take(CLIENT).collect();
    Some(name).filter(|name| !name.is_empty())
}

/// A message whose files are taken out.
fn message(id: MessageId, role: Role, mut parts: Vec<Part>, files: &mut Vec<NewFile>) -> Said {
    for part in &mut parts {
        let (Part::Image { media_type, source } | Part::File { media_type, source, .. }) = &mut *part else {
            continue;
        };
        let MediaSource::Inline { data } = source else { continue };
        let Ok(bytes) = BASE64_STANDARD.decode(data.as_bytes()) else {
            *part = Part::text("[a file that cannot be read]");
            continue;
        };
        let (hash, size) = (Hash::of(&bytes), u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        if !files.iter().any(|file| file.hash == hash) {
            files.push(NewFile { hash, media_type: media_type.clone(), bytes });
        }
        *source = MediaSource::Blob { hash, size };
    }
    let hash = domain::said(&parts);
    Said { id, role, parts, hash }
}

/// What went over the wire. The caller's own body is kept with the first call.
fn wire(packer: &mut Packer, call: &Call, tried: &Tried, first: bool) -> Result<NewWire, StoreError> {
    let sent = &*tried.sent;
    let caller = Caller::from(call.begun.caller);
    let rebuilt;
    let body = if sent.passed_on {
        let onward = Onward { model: &sent.model, usage: sent.usage() };
        rebuilt = serving::pass_on(caller, &call.body, &onward);
        &rebuilt
    } else if sent.dialect == Dialect::OpenaiChat && tried.body.is_empty() {
        // Simulated: nothing was sent but what the caller said.
        &call.body
    } else {
        &tried.body
    };
    let request = if first {
        packer.request(&call.body, body)?
    } else {
        PackedRequest { body: packer.pack(body)?, ..PackedRequest::default() }
    };
    let kept = tried.came.len().min(Exchange::MAX_RESPONSE);
    Ok(NewWire {
        url: sent.url.clone(),
        request_headers: sent.headers.clone(),
        request,
        response_headers: tried
            .returned
            .as_ref()
            .map(|returned| returned.headers.clone())
            .unwrap_or_default(),
        response: packer.pack(&tried.came[..kept])?,
        cut: tried.cut || kept < tried.came.len(),
    })
}

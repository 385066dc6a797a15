//! Calls for which nobody was asked to answer: refused ones, and counts. Traffic tells of them as runs without
//! attempts, of which no text is kept. Whoever floods us with them is told of now and then only.

use super::{
    WireCall,
    record::{self, Begun, Ended},
};
use crate::{Engine, Grant, engine::now};
use dialects::serving::{Caller, Refusal};
use domain::{CaptureLevel, CompletionId, CompletionState, Failure, MessageId, RunId, RunKind, Stop, Target};
use std::sync::{Mutex, PoisonError};
use tokio::time::{Duration, Instant};
use uuid::Uuid;

/// So many at once of callers whose key counts, and one more each second.
const KEYED: (f64, Duration) = (60.0, Duration::from_secs(1));
/// The same of everybody else.
const OTHERS: (f64, Duration) = (20.0, Duration::from_secs(15));

/// How much of it was told lately.
#[derive(Debug, Default)]
pub(crate) struct Told {
    keyed: Bucket,
    others: Bucket,
}

#[derive(Debug, Default)]
struct Bucket(Mutex<Option<(f64, Instant)>>);

impl Bucket {
    /// Whether there is room for one more.
    fn take(&self, (most, every): (f64, Duration)) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let left = state.map_or(most, |(left, at)| {
            let more = now.duration_since(at).as_secs_f64() / every.as_secs_f64();
            (left + more).min(most)
        });
        let room = left >= 1.0;
        *state = Some((if room { left - 1.0 } else { left }, now));
        room
    }
}

/// A call that nobody was asked to answer.
#[derive(Debug, Clone)]
pub struct Unasked {
    /// Its name in logs and answers.
    pub request: String,
    /// The path with its version, as scopes name it; bounded.
    pub route: String,
    /// Whose shapes its caller speaks.
    pub caller: Caller,
    /// The model that it named, where that could be read.
    pub model: Option<String>,
    /// Whose call it is; `None` where no key counted.
    pub grant: Option<Grant>,
    /// Who asks, as it calls itself; bounded.
    pub client: Option<String>,
}

impl Unasked {
    /// What is told of a call that was read.
    pub(crate) fn of(call: &WireCall) -> Self {
        Self {
            request: call.request.clone(),
            route: call.route.to_owned(),
            caller: call.caller,
            model: Some(call.asked.model.clone()),
            grant: Some(call.grant.clone()),
            client: call.client.clone(),
        }
    }
}

impl Engine {
    /// Tells of a call that was refused before anybody was asked.
    pub fn tell_refused(&self, call: &Unasked, refusal: &Refusal) {
        self.0.meters.refused(call.caller, refusal.kind);
        let error = Failure::new(refusal.kind, refusal.message.clone());
        let error = error.retry_after(refusal.retry_after_ms);
        let state = CompletionState::Failed { error };
        self.tell_unasked(call, RunKind::Ask, Instant::now(), None, state, refusal.status);
    }

    /// Tells of a call whose tokens were counted, or that this was refused to.
    pub(crate) fn tell_counted(
        &self,
        call: &Unasked,
        begun: Instant,
        served: Option<Target>,
        refused: Option<&Refusal>,
    ) {
        let (state, status) = match refused {
            None => (CompletionState::Complete { stop: Stop::Stop }, 200),
            Some(refusal) => {
                let error = Failure::new(refusal.kind, refusal.message.clone());
                (CompletionState::Failed { error }, refusal.status)
            }
        };
        self.tell_unasked(call, RunKind::Count, begun, served, state, status);
    }

    fn tell_unasked(
        &self,
        call: &Unasked,
        kind: RunKind,
        since: Instant,
        served: Option<Target>,
        state: CompletionState,
        status: u16,
    ) {
        let model = call.model.as_deref().unwrap_or_default();
        let begun = Begun {
            run: RunId::from_uuid(Uuid::now_v7()),
            completion: CompletionId::from_uuid(Uuid::now_v7()),
            message: MessageId::from_uuid(Uuid::now_v7()),
            kind,
            at: now(),
            request: call.request.clone(),
            route: call.route.clone(),
            caller: call.caller.into(),
            requested: model.parse().unwrap_or_else(|_| Target::of("?", "?")),
            stream: false,
            key: call.grant.as_ref().and_then(Grant::id),
            capture: self
                .config()
                .gateway
                .capture_of(call.grant.as_ref().map_or(CaptureLevel::Full, Grant::capture)),
            client: call.client.clone(),
            idempotency: None,
            conversation: None,
            parent: None,
            response: None,
            follows: None,
            decision: None,
        };
        let ended = Ended {
            state,
            served,
            at: now(),
            ttft_ms: None,
            duration_ms: crate::runs::ms_since(since),
            status,
            response: None,
        };
        self.note_unasked(begun, &ended, call.grant.is_some());
    }

    /// Notes it, unless too many like it were noted lately, or nothing of such calls is to be kept.
    pub(super) fn note_unasked(&self, begun: Begun, ended: &Ended, keyed: bool) {
        if begun.capture == CaptureLevel::Off {
            return;
        }
        let told = &self.0.told;
        let room = if keyed { told.keyed.take(KEYED) } else { told.others.take(OTHERS) };
        if !room {
            return;
        }
        // No text: what was refused is nobody's conversation.
        let begun = Begun { capture: CaptureLevel::Metadata, ..begun };
        let number = self.0.spool.next_call();
        self.0.spool.note(|out| {
            record::begun(out, number, &begun, &[]);
            record::ended(out, number, ended);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_told_of_now_and_then_only() {
        let bucket = Bucket::default();
        let told = |times: usize| (0..times).filter(|_| bucket.take(OTHERS)).count();
        assert_eq!(told(1_000), 20);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(told(1_000), 2);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(told(1_000), 20);
    }
}

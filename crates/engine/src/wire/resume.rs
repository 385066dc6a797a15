//! A stream that breaks off after its first words, gone on with by the next of its order where the policy wishes
//! that: its caller has one answer.
//!
//! Such a stream is always said anew: the bytes of two providers do not fit together.

use super::{WireCall, order::Candidate, race::Gathered, under::Under};
use crate::resume::{self, Seam};
use dialects::{Assembly, ChatMessage, Delta};
use domain::{Failure, Role, Target, Usage};
use routing::{Next, Tried};
use std::sync::Arc;

/// Who may go on with an answer, and with what.
pub(super) struct OnCut {
    order: Vec<Candidate>,
    at: usize,
    /// The call as it was asked, without what was said since.
    asked: Option<Arc<WireCall>>,
    said: Assembly,
    seam: Seam,
    /// What the calls before this one used: the caller is told of all.
    before: Usage,
}

impl OnCut {
    /// `at` is who answers.
    pub(super) fn new(order: Vec<Candidate>, at: usize) -> Self {
        let (said, seam, before) = (Assembly::new(), Seam::default(), Usage::default());
        Self { order, at, asked: None, said, seam, before }
    }

    /// Takes up what goes to the caller, and makes one answer of it.
    pub(super) fn hear(&mut self, deltas: &mut Vec<Delta>) {
        self.seam.join(deltas);
        let mut changes = Vec::new();
        for delta in deltas {
            if let Delta::Usage(usage) = delta {
                *usage = self.before.plus(*usage);
            }
            self.said.push(delta.clone(), &mut changes);
            changes.clear();
        }
    }

    /// The request with what was said as the beginning of the answer; `None` where that is not to be gone on with.
    fn begun(&self, call: &WireCall) -> Option<(WireCall, Seam)> {
        // What only its own dialect understands cannot be said anew.
        if call.asked.choices > 1 || call.asked.bound.is_some() {
            return None;
        }
        let texts = resume::beginning(&self.said.parts())?;
        let seam = Seam::behind(&texts);
        let mut call = call.clone();
        let request = &mut call.asked.request;
        match request.messages.last_mut() {
            // The caller has begun it.
            Some(last) if request.prefill && last.role == Role::Assistant => last.parts.extend(texts),
            _ => request.messages.push(ChatMessage { role: Role::Assistant, parts: texts }),
        }
        request.prefill = true;
        call.asked.foreign = true;
        Some((call, seam))
    }
}

impl Under {
    /// Has the next that can go on with what was said; its answer from the first content on, and who that is.
    pub(super) async fn go_on(&mut self, on: &mut OnCut, failure: &Failure) -> Option<(Gathered, Target)> {
        let asked = Arc::clone(on.asked.get_or_insert_with(|| Arc::clone(&self.call)));
        let (call, seam) = on.begun(&asked)?;
        let max_calls = self.engine.config().engine.max_attempts.max(1);
        let tried = Tried {
            calls: self.attempts,
            max_calls,
            calls_here: 1,
            targets_left: (on.order.len() - on.at - 1) as u32,
            delivered: true,
            resumable: true,
        };
        if routing::next_step(failure, tried, 0) != Next::Resume {
            return None;
        }
        on.before = self.broke_off(failure, call);
        while on.at + 1 < on.order.len() && self.attempts < max_calls {
            let from = on.order[on.at].target.clone();
            on.at += 1;
            let candidate = &on.order[on.at];
            let params = &self.call.asked.request.params;
            if !resume::goes_on(&candidate.provider, params) || self.engine.is_kept_away(candidate) {
                continue;
            }
            tracing::info!(target = %from, kind = %failure.kind, next = %candidate.target, "broke off: the next goes on");
            let mut at = on.at;
            match self.ask(&on.order[..=on.at], &mut at, None).await {
                Ok(gathered) => {
                    on.seam = seam;
                    return Some((gathered, on.order[on.at].target.clone()));
                }
                Err(broken) => {
                    tracing::info!(target = %on.order[on.at].target, kind = %broken.failure.kind, "does not go on with it");
                }
            }
        }
        self.call = asked;
        None
    }
}

//! A stream that breaks off after its first words, gone on with by the next of its order where the policy wishes
//! that: its caller has one answer.
//!
//! Such a stream is always said anew: the bytes of two providers do not fit together.

use super::{WireCall, order::Candidate, race::Gathered, under::Under};
use crate::resume::{self, Seam};
use dialects::{Assembly, ChatMessage, Delta};
use domain::{Failure, Part, Role, Target, Usage};
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
    /// What the calls before this one used, and what this one has said of itself: the caller is told of all.
    before: Usage,
    own: Usage,
}

impl OnCut {
    /// `at` is who answers.
    pub(super) fn new(order: Vec<Candidate>, at: usize) -> Self {
        let (said, seam, before) = (Assembly::new(), Seam::default(), Usage::default());
        Self { order, at, asked: None, said, seam, before, own: before }
    }

    /// Takes up what goes to the caller, and makes one answer of it.
    pub(super) fn hear(&mut self, deltas: &mut Vec<Delta>) {
        self.seam.join(deltas);
        let mut changes = Vec::new();
        for delta in deltas {
            if let Delta::Usage(usage) = delta {
                self.own.merge(usage);
                *usage = self.before.plus(self.own);
            }
            self.said.push(delta.clone(), &mut changes);
            changes.clear();
        }
    }

    /// What the next begins with; `None` where that is not to be gone on with, or where nothing is missing.
    fn beginning(&self) -> Option<Vec<Part>> {
        self.said.stop().is_none().then(|| resume::beginning(&self.said.parts())).flatten()
    }

    /// The request with what was said as the beginning of the answer; `None` where it may not be longer.
    fn begun(&self, call: &WireCall, texts: Vec<Part>) -> Option<WireCall> {
        let mut call = call.clone();
        let request = &mut call.asked.request;
        request.params.max_tokens = resume::left(request.params.max_tokens, &self.before).ok()?;
        match request.messages.last_mut() {
            // The caller has begun it.
            Some(last) if request.prefill && last.role == Role::Assistant => last.parts.extend(texts),
            _ => request.messages.push(ChatMessage { role: Role::Assistant, parts: texts }),
        }
        request.prefill = true;
        call.asked.foreign = true;
        Some(call)
    }
}

impl Under {
    /// Whether anybody of these could go on with the answer. Where nobody can, it may as well be passed on.
    pub(super) fn may_be_gone_on_with(&self, others: &[Candidate], max_calls: u32) -> bool {
        let asked = &self.call.asked;
        // What only its own dialect understands cannot be said anew, and of several answers only one would be.
        asked.request.stream
            && asked.choices <= 1
            && asked.bound.is_none()
            && self.attempts < max_calls
            && others.iter().any(|other| resume::goes_on(&other.provider, &asked.request.params))
    }

    /// Has the next that can go on with what was said; its answer from the first content on, and who that is.
    pub(super) async fn go_on(&mut self, on: &mut OnCut, failure: &Failure) -> Option<(Gathered, Target)> {
        let asked = Arc::clone(on.asked.get_or_insert_with(|| Arc::clone(&self.call)));
        let texts = on.beginning().filter(|_| !self.whole && !self.is_over())?;
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
        on.before = self.broke_off(failure);
        let seam_behind = texts.clone();
        self.call = Arc::new(on.begun(&asked, texts)?);
        while on.at + 1 < on.order.len() && self.attempts < max_calls {
            let from = on.order[on.at].target.clone();
            on.at += 1;
            let candidate = &on.order[on.at];
            let provider = Arc::clone(&candidate.provider);
            let asking = Arc::clone(&self.call);
            let params = &asking.asked.request.params;
            if !resume::goes_on(&provider, params) || self.engine.is_kept_away(candidate) {
                continue;
            }
            tracing::info!(target = %from, kind = %failure.kind, next = %candidate.target, "broke off: the next goes on");
            let mut at = on.at;
            match self.ask(&on.order[..=on.at], &mut at, None).await {
                Ok(gathered) => {
                    let spoken = dialects::spoken(provider.dialect, &provider.quirks, params);
                    (on.seam, on.own) = (Seam::behind(&seam_behind, spoken), Usage::default());
                    return Some((gathered, on.order[on.at].target.clone()));
                }
                Err(broken) => {
                    tracing::info!(target = %on.order[on.at].target, kind = %broken.failure.kind, "does not go on with it");
                    // It may have cost something all the same.
                    on.before = self.counts_as_before();
                }
            }
        }
        self.call = asked;
        None
    }
}

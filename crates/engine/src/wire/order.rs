//! Who can answer a call, in the order to be tried.

use super::{
    WireCall, WireRefusal,
    flow::{no_embeddings, passes},
};
use crate::{Engine, EngineError, runs::Said};
use dialects::serving::Refusal;
use domain::{DeniedKind, Dialect, ErrorKind, Failure, Part, RunKind, Target};
use providers::ResolveError;

/// Most targets of one call.
const MOST: usize = 16;

impl Engine {
    /// The targets of a call, the first to be asked first. Those that cannot answer it are left out; what the
    /// first of them lacks is told where nobody is left.
    pub(super) fn order_of(&self, call: &WireCall, kind: RunKind) -> Result<Vec<Target>, WireRefusal> {
        let config = self.config();
        let names = std::iter::once(&call.asked.model).chain(&call.asked.ours.models);
        let mut order: Vec<Target> = Vec::new();
        let mut why = None;
        for name in names.take(MOST) {
            let target: Target = name.parse().map_err(|error| {
                refuse(400, ErrorKind::BadRequest, format!("the model cannot be read: {error}"), "model")
            })?;
            let found = config.resolve_for(&target, call.caller.dialect(), &|id| self.seen(id));
            for found in found.map_err(|error| unknown(&error))? {
                let target = Target::of(found.provider.as_str(), &found.model);
                if order.contains(&target) {
                    continue;
                }
                match self.lack(&target, call, kind) {
                    None => order.push(target),
                    Some(lack) => why = why.or(Some(lack)),
                }
            }
        }
        if order.is_empty() {
            return Err(why.unwrap_or_else(|| {
                refuse(404, ErrorKind::NotFound, "no model is asked for".to_owned(), "model")
            }));
        }
        Ok(order)
    }

    /// What keeps a target from answering a call.
    fn lack(&self, target: &Target, call: &WireCall, kind: RunKind) -> Option<WireRefusal> {
        if let Err(denied) = call.grant.expect_target(target) {
            return Some(denied.into());
        }
        if let Err(error) = self.decide(target) {
            let (status, kind) = match error {
                EngineError::BadInput(_) => (400, ErrorKind::BadRequest),
                _ => (404, ErrorKind::NotFound),
            };
            return Some(refuse(status, kind, error.to_string(), "model"));
        }
        let (provider, model) = self.provider_and_model(target)?;
        if kind == RunKind::Embed {
            let body = Vec::new();
            let asked = dialects::embedding_request_with(provider.dialect, &provider.quirks, model, body);
            let none = || refuse(400, ErrorKind::BadRequest, no_embeddings(&provider), "model");
            return asked.is_none().then(none);
        }
        if !passes(&provider, call) {
            if let Some(bound) = &call.asked.bound {
                return Some(bound.clone().into());
            }
            if call.asked.choices > 1 {
                let text = "several answers at once are to be had from providers of this dialect only; leave `n` out, \
                            or ask several times"
                    .to_owned();
                return Some(refuse(400, ErrorKind::BadRequest, text, "n"));
            }
        }
        let shown = |part: &Part| matches!(part, Part::Image { .. } | Part::File { .. });
        let messages = &call.asked.request.messages;
        if messages.iter().any(|message| message.parts.iter().any(shown)) {
            let params = &call.asked.request.params;
            let lack = messages
                .iter()
                .find_map(|message| self.lack_of_eyes(&provider, model, params, &message.parts, Said::Now));
            return lack.map(|text| refuse(400, ErrorKind::BadRequest, text, "messages"));
        }
        None
    }

    /// The next target that may take what was too long for this one: one with more room, or of unknown room.
    pub(super) fn larger(&self, order: &[Target], at: usize) -> Option<usize> {
        let room = |target: &Target| {
            let (provider, model) = self.provider_and_model(target)?;
            crate::known::of_model(self, &provider, model).context_window
        };
        let here = room(&order[at]);
        (at + 1..order.len()).find(|next| match (here, room(&order[*next])) {
            (Some(here), Some(next)) => next > here,
            _ => true,
        })
    }
}

/// A refusal of ours.
pub(super) fn refuse(status: u16, kind: ErrorKind, message: String, param: &str) -> WireRefusal {
    Refusal {
        status,
        kind,
        message: Failure::new(kind, message).message,
        param: (!param.is_empty()).then(|| param.to_owned()),
        code: None,
        retry_after_ms: None,
    }
    .into()
}

fn unknown(error: &ResolveError) -> WireRefusal {
    let mut refusal = refuse(404, ErrorKind::NotFound, error.to_string(), "model");
    refusal.refusal.code = Some("model_not_found".to_owned());
    refusal
}

impl From<Refusal> for WireRefusal {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, verbatim: None, target: None, run: None }
    }
}

impl From<crate::Denied> for WireRefusal {
    fn from(denied: crate::Denied) -> Self {
        let mut refusal = refuse(denied.kind.status(), denied.kind.error_kind(), denied.message, "");
        refusal.refusal.retry_after_ms = denied.retry_after_ms;
        if denied.kind == DeniedKind::Budget {
            refusal.refusal.code = Some("budget_exceeded".to_owned());
        }
        refusal
    }
}

/// What a call failed with, as its caller is told it. That a provider refused *our* key is no fault of the
/// caller's.
pub(super) fn told(failure: &Failure, provider: &str) -> Refusal {
    let mut refusal = Refusal::from(failure);
    if matches!(failure.kind, ErrorKind::Auth | ErrorKind::Permission) {
        let text = format!("`{provider}` refused: {}", failure.message);
        (refusal.status, refusal.kind) = (502, ErrorKind::Upstream);
        refusal.message = Failure::new(ErrorKind::Upstream, text).message;
    }
    refusal
}

/// In which dialect what is said of a made-up answer is written down.
pub(super) const WRITTEN_AS: Dialect = Dialect::OpenaiChat;

//! Who can answer a call, in the order to be tried.

use super::{
    WireCall, WireRefusal,
    flow::{no_embeddings, passes},
};
use crate::{
    Engine, EngineError,
    routing::{Route, RouteAsk, conversation_of, needs_of, nobody, text_of, tokens_of},
    runs::Said,
};
use dialects::serving::Refusal;
use domain::{Decision, DeniedKind, Dialect, ErrorKind, Failure, Part, Role, RunKind, Target};
use providers::{Config, Provider, ResolveError, route_of};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Most targets of one call.
const MOST: usize = 16;

/// Somebody who may answer.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) target: Target,
    pub(crate) provider: Arc<Provider>,
    /// As the provider names it.
    pub(crate) model: String,
}

/// Who may answer a call, the first to be asked first.
pub(super) struct Order {
    pub(super) all: Vec<Candidate>,
    /// Who could answer too, but is left alone just now, and in how many milliseconds that is over. With nobody
    /// else, there is somebody here.
    pub(super) away: Vec<(Target, u32)>,
    /// What a route chose; `None` where none was asked for.
    pub(super) decision: Option<Box<Decision>>,
    /// The conversation by which whoever answers is kept.
    pub(super) conversation: Option<u64>,
    /// After how many milliseconds without a word the next is asked too.
    pub(super) hedge_ms: Option<u32>,
    /// Whether the next goes on with an answer that breaks off.
    pub(super) resumes: bool,
}

/// What names meant when they were last asked for, under one state of the settings.
#[derive(Default)]
pub(crate) struct Known(Mutex<Names>);

#[derive(Default)]
struct Names {
    of: Option<Arc<Config>>,
    all: HashMap<String, Arc<[Candidate]>>,
}

/// Most names that are remembered; then it is begun anew.
const REMEMBERED: usize = 1_024;

impl Known {
    fn get(&self, config: &Arc<Config>, name: &str) -> Option<Arc<[Candidate]>> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = names.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, config));
        names.all.get(name).filter(|_| same).cloned()
    }

    fn put(&self, config: &Arc<Config>, name: &str, meant: &Arc<[Candidate]>) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = names.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, config));
        if !same || names.all.len() >= REMEMBERED {
            *names = Names { of: Some(Arc::clone(config)), all: HashMap::new() };
        }
        names.all.insert(name.to_owned(), Arc::clone(meant));
    }
}

impl Engine {
    /// Who may answer a call, the first to be asked first. Those that cannot are left out; what the first of
    /// them lacks is told where nobody is left.
    pub(super) fn order_of(&self, call: &WireCall, kind: RunKind) -> Result<Order, WireRefusal> {
        if route_of(&call.asked.model).is_some() {
            return self.routed(call, kind, None);
        }
        let all = self.named(call, kind)?;
        match &call.profile {
            // A profile chooses among those that the names mean.
            Some(profile) if all.len() > 1 => self.routed(call, kind, Some((profile, &all))),
            _ => {
                let routing = &self.config().routing;
                let (hedge_ms, resumes) = (routing.hedge_ms, routing.resumes(None));
                Ok(Order { all, away: Vec::new(), decision: None, conversation: None, hedge_ms, resumes })
            }
        }
    }

    /// Who answers to a route, by what its policy says of them.
    fn routed(
        &self,
        call: &WireCall,
        kind: RunKind,
        among: Option<(&str, &[Candidate])>,
    ) -> Result<Order, WireRefusal> {
        let asked = &call.asked;
        if kind == RunKind::Embed {
            let text = "a route chooses among models that answer; name a model for embeddings".to_owned();
            return Err(refuse(400, ErrorKind::BadRequest, text, "model"));
        }
        let bad = |error: String| refuse(400, ErrorKind::BadRequest, error, "model");
        let requested = match (&call.profile, among) {
            (Some(profile), None) => format!("auto:{profile}").parse(),
            _ => asked.model.parse::<Target>(),
        };
        let requested = requested.map_err(|error| bad(error.to_string()))?;
        let messages = &asked.request.messages;
        let last = messages.iter().rev().find(|message| message.role == Role::User);
        let text = last.map_or(Cow::Borrowed(""), |message| text_of(&message.parts));
        let conversation = Self::conversation_asked(call);
        let params = &asked.request.params;
        let needs = needs_of(params, messages.iter().flat_map(|message| &message.parts));
        // A key that is for this route is for whomever it chooses; any other for those that it names.
        let for_all = call.grant.allows_target(&requested);
        let lacks = |candidate: &Candidate| {
            let right = if for_all { Ok(()) } else { call.grant.expect_target(&candidate.target) };
            let lack = match right {
                Ok(()) => self.lack_of_means(candidate, call, kind)?,
                Err(denied) => denied.into(),
            };
            Some(lack.refusal.message)
        };
        // A conversation that nobody has answered yet is warm nowhere.
        let goes_on = messages.iter().any(|message| message.role == Role::Assistant);
        let ask = RouteAsk {
            text: &text,
            // What stands around texts in the body is about as long as what other files would add.
            input_tokens: tokens_of(call.body.len()),
            max_output: params.max_tokens,
            needs: &needs,
            important: call.important,
            conversation: goes_on.then_some(conversation),
            lacks: Some(&lacks),
            ..RouteAsk::default()
        };
        let found = match among {
            None => self.route(&requested, &ask),
            Some((profile, among)) => self.route_among(&requested, profile, among, &ask),
        };
        let Route { decision, order, away } = found.map_err(|error| {
            let mut refusal = refuse(404, ErrorKind::NotFound, error.to_string(), "model");
            refusal.refusal.code = Some("model_not_found".to_owned());
            refusal
        })?;
        if order.is_empty() && away.is_empty() {
            let nobody_there = decision.candidates.is_empty();
            let (status, kind) =
                if nobody_there { (404, ErrorKind::NotFound) } else { (400, ErrorKind::BadRequest) };
            return Err(refuse(status, kind, nobody(&decision), "model"));
        }
        let policy = decision.routed.as_ref().map(|routed| routed.policy.as_str());
        let routing = &self.config().routing;
        let (hedge_ms, resumes) = (routing.hedge_ms(policy), routing.resumes(policy));
        let decision = Some(Box::new(decision));
        Ok(Order { all: order, away, decision, conversation: Some(conversation), hedge_ms, resumes })
    }

    /// The conversation that a call belongs to: as it says, else by what it begins with.
    fn conversation_asked(call: &WireCall) -> u64 {
        let request = &call.asked.request;
        let owner = call.grant.id().map_or_else(String::new, |id| id.to_string());
        if let Some(id) = call.conversation {
            return conversation_of(&owner, Some(&id.to_string()), &[]);
        }
        let first = request.messages.iter().find(|message| message.role == Role::User);
        let parts = first.map_or(&[][..], |message| &message.parts);
        conversation_of(&owner, request.system.as_deref(), parts)
    }

    /// Who the names of a call mean, without routes.
    fn named(&self, call: &WireCall, kind: RunKind) -> Result<Vec<Candidate>, WireRefusal> {
        let config = self.config();
        let names = std::iter::once(&call.asked.model).chain(&call.asked.ours.models);
        let mut order: Vec<Candidate> = Vec::new();
        let mut why = None;
        for name in names.take(MOST) {
            for candidate in self.meant_by(&config, name, call)?.iter() {
                if order.iter().any(|known| known.target == candidate.target) {
                    continue;
                }
                match self.lack(candidate, call, kind) {
                    None => order.push(candidate.clone()),
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

    /// What a name means now.
    fn meant_by(
        &self,
        config: &Arc<Config>,
        name: &str,
        call: &WireCall,
    ) -> Result<Arc<[Candidate]>, WireRefusal> {
        if let Some(known) = self.0.names.get(config, name) {
            return Ok(known);
        }
        let target: Target = name.parse().map_err(|error| {
            refuse(400, ErrorKind::BadRequest, format!("the model cannot be read: {error}"), "model")
        })?;
        let found = config
            .resolve_for(&target, call.caller.dialect(), &|id| self.seen(id))
            .map_err(|error| unknown(&error))?;
        let mut all = Vec::with_capacity(found.len());
        let mut why = None;
        for found in found {
            let target = Target::of(found.provider.as_str(), &found.model);
            if let Err(error) = self.decide(&target) {
                let (status, kind) = match error {
                    EngineError::BadInput(_) => (400, ErrorKind::BadRequest),
                    _ => (404, ErrorKind::NotFound),
                };
                why = why.or_else(|| Some(refuse(status, kind, error.to_string(), "model")));
            } else if let Some(provider) = config.provider(found.provider.as_str()) {
                all.push(Candidate { target, provider: Arc::new(provider.clone()), model: found.model });
            }
        }
        if let (true, Some(why)) = (all.is_empty(), why) {
            return Err(why);
        }
        let all: Arc<[Candidate]> = all.into();
        // Who offers a bare name changes with what providers say they offer; the others say it themselves.
        let says = target.split().is_some_and(|(id, _)| config.provider(id).is_some());
        let all_say = |targets: &Vec<Target>| {
            targets.iter().all(|one| one.split().is_some_and(|(id, _)| config.provider(id).is_some()))
        };
        if says || config.aliases.get(name).is_some_and(all_say) {
            self.0.names.put(config, name, &all);
        }
        Ok(all)
    }

    /// What keeps somebody from answering a call.
    fn lack(&self, candidate: &Candidate, call: &WireCall, kind: RunKind) -> Option<WireRefusal> {
        match call.grant.expect_target(&candidate.target) {
            Ok(()) => self.lack_of_means(candidate, call, kind),
            Err(denied) => Some(denied.into()),
        }
    }

    /// What of a call somebody cannot do.
    fn lack_of_means(&self, candidate: &Candidate, call: &WireCall, kind: RunKind) -> Option<WireRefusal> {
        let Candidate { provider, model, .. } = candidate;
        if kind == RunKind::Embed {
            let body = Vec::new();
            let asked = dialects::embedding_request_with(provider.dialect, &provider.quirks, model, body);
            let none = || refuse(400, ErrorKind::BadRequest, no_embeddings(provider), "model");
            return asked.is_none().then(none);
        }
        if !passes(provider, call) {
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
                .find_map(|message| self.lack_of_eyes(provider, model, params, &message.parts, Said::Now));
            return lack.map(|text| refuse(400, ErrorKind::BadRequest, text, "messages"));
        }
        None
    }

    /// The next that may take what was too long for this one: one with more room, or of unknown room.
    pub(super) fn larger(&self, order: &[Candidate], at: usize) -> Option<usize> {
        let room = |one: &Candidate| crate::known::of_model(self, &one.provider, &one.model).context_window;
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
        Self { refusal: Box::new(refusal), verbatim: None, target: None, run: None }
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
        // In its own words it may name the account, or the end of the key.
        let text = format!(
            "`{provider}` refused the key that is stored for it; `orch providers test {provider}` says more"
        );
        (refusal.status, refusal.kind) = (502, ErrorKind::Upstream);
        refusal.message = Failure::new(ErrorKind::Upstream, text).message;
    }
    refusal
}

/// In which dialect what is said of a made-up answer is written down.
pub(super) const WRITTEN_AS: Dialect = Dialect::OpenaiChat;

//! What a target means now, and who of those that answer to it can do what is asked.

use crate::{
    Engine, EngineError, Grant,
    known::of_model,
    routing::{RouteAsk, conversation_of, needs_of, nobody, text_of},
    weigh::Weight,
    wire::Candidate,
};
use dialects::ChatRequest;
use domain::{BranchId, ConversationId, Decision, Dialect, MessageId, Params, Part, Target};
use providers::{Provider, route_of};
use routing::Known;

/// What an answer needs of whoever gives it.
pub(crate) struct Needs<'a> {
    pub(crate) params: &'a Params,
    /// What is said in this turn. What was said before is looked at when it is sent.
    pub(crate) parts: &'a [Part],
    /// The branch that it goes on with: a route stays with whom it has while that is warm.
    pub(crate) branch: Option<BranchId>,
    /// The message that this turn is said below: all that was said up to there is sent too.
    pub(crate) under: Option<MessageId>,
    /// Whether a route is to try nothing with it.
    pub(crate) important: bool,
    /// The system text that goes with it.
    pub(crate) system: Option<&'a str>,
    /// Whose wish it is: whom its key may not ask is no candidate, so that others have their places.
    pub(crate) grant: &'a Grant,
}

/// Where a column's next turn is said. Only routes want to know.
#[derive(Default)]
pub(crate) struct Place {
    /// The message that it is said below.
    pub(crate) under: Option<MessageId>,
    /// The system text that holds there.
    pub(crate) system: Option<String>,
}

/// When something was said: what was said in an earlier turn cannot be taken out any more.
#[derive(Clone, Copy)]
pub(crate) enum Said {
    Now,
    Before,
}

impl Engine {
    /// What a target means now, and why.
    ///
    /// # Errors
    /// When nothing answers to it.
    pub fn decide(&self, target: &Target) -> Result<Decision, EngineError> {
        if route_of(target.as_str()).is_some() {
            return self.decide_route(target, &RouteAsk::default());
        }
        let config = self.config();
        let resolved = config
            .resolve(target, &|provider| self.seen(provider))
            .map_err(|e| EngineError::UnknownTarget { target: target.clone(), near: e.near })?;
        let known: Vec<Known> = resolved
            .iter()
            .map(|r| {
                let provider = config.provider(r.provider.as_str());
                let unusable = provider.filter(|p| !p.enabled).map(why_unusable);
                Known { target: Target::of(r.provider.as_str(), &r.model), unusable }
            })
            .collect();
        let decision = routing::named(target, &known);
        if decision.order.is_empty() {
            let why: Vec<String> = known.into_iter().filter_map(|known| known.unusable).collect();
            return Err(EngineError::Unusable { target: target.clone(), why: why.join("; ") });
        }
        for chosen in &decision.order {
            if let Some(("simulated", model)) = chosen.split() {
                // A misspelt simulation is found out before anything is stored.
                let nothing = ChatRequest { model: model.to_owned(), ..ChatRequest::default() };
                dialects::simulated::script(model, &nothing, 0)
                    .map_err(|e| EngineError::BadInput(e.failure().message))?;
            }
        }
        Ok(decision)
    }

    fn decide_route(&self, target: &Target, ask: &RouteAsk<'_>) -> Result<Decision, EngineError> {
        let decision = self.route(target, ask)?.decision;
        if decision.order.is_empty() {
            return Err(EngineError::Unusable { target: target.clone(), why: nobody(&decision) });
        }
        Ok(decision)
    }

    /// The same, without those that are known not to be able to do what is asked: they would refuse
    /// it, or leave out half of it.
    ///
    /// # Errors
    /// When nothing answers to it, or nobody who does can do it.
    pub(crate) async fn decide_for(
        &self,
        target: &Target,
        needs: &Needs<'_>,
    ) -> Result<Decision, EngineError> {
        if route_of(target.as_str()).is_some() {
            let text = text_of(needs.parts);
            let mut weight = self.weigh(needs.parts).await?;
            if let Some(under) = needs.under {
                weight.add(&self.weigh_path(under).await?);
            }
            if let Some(system) = needs.system {
                weight.add(&Weight::of_text(system));
            }
            let lacks = |candidate: &Candidate| match needs.grant.expect_target(&candidate.target) {
                Ok(()) => self.lack_of(&candidate.target, needs),
                Err(denied) => Some(denied.message),
            };
            let ask = RouteAsk {
                text: &text,
                input_tokens: weight.tokens(Dialect::OpenaiChat),
                max_output: needs.params.max_tokens,
                needs: &needs_of(needs.params, needs.parts.iter()),
                conversation: needs.branch.map(branch_key),
                lacks: Some(&lacks),
                important: needs.important,
                ..RouteAsk::default()
            };
            return self.decide_route(target, &ask);
        }
        let mut decision = self.decide(target)?;
        let mut why = Vec::new();
        let order = std::mem::take(&mut decision.order);
        for chosen in order {
            let Some(lack) = self.lack_of(&chosen, needs) else {
                decision.order.push(chosen);
                continue;
            };
            for candidate in decision.candidates.iter_mut().filter(|c| c.target == chosen) {
                candidate.excluded = Some(lack.clone());
            }
            why.push(lack);
        }
        if decision.order.is_empty() {
            why.dedup();
            return Err(EngineError::Unable { target: target.clone(), why: why.join("; ") });
        }
        Ok(decision)
    }

    /// Where the next turn of a column is said; `own` is the system text that is said of it.
    pub(crate) async fn place_of(
        &self,
        target: &Target,
        conversation: Option<ConversationId>,
        branch: Option<BranchId>,
        own: Option<&str>,
    ) -> Result<Place, EngineError> {
        let Some(conversation) = conversation.filter(|_| route_of(target.as_str()).is_some()) else {
            return Ok(Place { under: None, system: own.map(str::to_owned) });
        };
        let found = self.0.store.conversations().get(conversation).await?;
        let (head, of_all) = found.map_or((None, None), |found| (found.head, found.system));
        let branches = self.0.store.branches().of(conversation).await?;
        let at = |id: Option<BranchId>| branches.iter().find(|branch| Some(branch.id) == id);
        let system = own.map(str::to_owned).or_else(|| at(branch)?.system.clone()).or(of_all);
        Ok(Place { under: at(branch.or(head)).and_then(|branch| branch.tip), system })
    }

    /// What a target is known to be unable to do of what is asked, with a way out.
    fn lack_of(&self, target: &Target, needs: &Needs<'_>) -> Option<String> {
        let (provider, model) = self.provider_and_model(target)?;
        let params = needs.params;
        if params.web_search
            && dialects::searches_web(provider.dialect, &provider.quirks, model) == Some(false)
        {
            return Some(dialects::no_web_search(model));
        }
        let moved = dialects::spoken(provider.dialect, &provider.quirks, params) != provider.dialect;
        if moved && !params.stop.is_empty() {
            return Some(format!(
                "with web search `{}` takes no stop texts; leave `stop` out, or switch web search off",
                provider.id
            ));
        }
        if moved && params.seed.is_some() {
            return Some(format!(
                "with web search `{}` takes no seed; leave `seed` out, or switch web search off",
                provider.id
            ));
        }
        self.lack_of_eyes(&provider, model, params, needs.parts, Said::Now)
    }

    /// What of these parts a model is known not to take.
    pub(crate) fn lack_of_eyes(
        &self,
        provider: &Provider,
        model: &str,
        params: &Params,
        parts: &[Part],
        said: Said,
    ) -> Option<String> {
        let shown = |part: &Part| matches!(part, Part::Image { .. });
        if parts.iter().any(shown) && of_model(self, provider, model).capabilities.vision == Some(false) {
            return Some(match said {
                Said::Now => {
                    format!(
                        "`{model}` does not read images; take the image out, or ask a model that reads them"
                    )
                }
                Said::Before => format!(
                    "`{model}` does not read images, and there is one further up; ask a model that reads \
                     them, or begin a new conversation"
                ),
            });
        }
        let pdf =
            |part: &Part| matches!(part, Part::File { media_type, .. } if media_type == "application/pdf");
        let dialect = dialects::spoken(provider.dialect, &provider.quirks, params);
        if parts.iter().any(pdf) && !dialects::takes_pdf(dialect, &provider.quirks) {
            let id = &provider.id;
            return Some(match said {
                Said::Now => {
                    format!("`{id}` takes no PDF files; send the PDF's text instead, or ask another provider")
                }
                Said::Before => format!(
                    "`{id}` takes no PDF files, and there is one further up; ask another provider, or begin \
                     a new conversation"
                ),
            });
        }
        None
    }

    /// Who a resolved target is asked of, and which of its models.
    pub(crate) fn provider_and_model<'a>(&self, target: &'a Target) -> Option<(Provider, &'a str)> {
        let (id, model) = target.split()?;
        Some((self.provider(&id.parse().ok()?).ok()?, model))
    }
}

/// A branch as a conversation that may be warm somewhere.
pub(crate) fn branch_key(branch: BranchId) -> u64 {
    conversation_of("branch", Some(&branch.to_string()), &[])
}

/// Why a provider is left out. One that nobody configured lacks its key, or is not running.
pub(crate) fn why_unusable(provider: &Provider) -> String {
    let id = &provider.id;
    match &provider.key_variable {
        _ if provider.configured => format!("`{id}` is switched off in `config.toml`"),
        Some(variable) => {
            format!("`{id}` has no key; set `{variable}`, or store one with `orch providers key set {id}`")
        }
        None => format!("`{id}` is not set up; add it with `orch providers add {id}`"),
    }
}

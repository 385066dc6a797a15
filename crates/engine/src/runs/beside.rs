//! Who is asked beside a target that says nothing, and with what room.

use super::{begin::Plan, call::wants_key, prompt::Prompt};
use crate::{Denied, Engine, Estimate, Permit, wire::most_input};
use dialects::ChatRequest;
use domain::{ProviderId, Target};
use providers::Provider;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Looks for another to ask.
pub(super) struct Beside<'a> {
    pub(super) engine: Engine,
    pub(super) plan: Arc<Plan>,
    pub(super) prompt: &'a Prompt,
    pub(super) order: &'a [Target],
    /// Who says nothing.
    pub(super) at: usize,
}

/// One that can be asked, and all that its call needs.
pub(super) struct Found {
    /// Its place in the order.
    pub(super) place: usize,
    pub(super) provider: Arc<Provider>,
    pub(super) request: ChatRequest,
    pub(super) own: Permit,
}

impl Beside<'_> {
    /// The first of the others that can be asked, once the first call has been `out` for so long. To be polled beside
    /// that call: what this waits for holds nothing up.
    pub(super) async fn after(self, mut out: watch::Receiver<bool>, silence: Duration) -> Option<Found> {
        out.wait_for(|out| *out).await.ok()?;
        tokio::time::sleep(silence).await;
        for (place, target) in self.order.iter().enumerate().skip(self.at + 1) {
            let Some((provider, model)) = provider_of(&self.engine, target) else { continue };
            if self.is_kept_away(&provider, target).await {
                continue;
            }
            let request = self.prompt.request(&model, &self.plan, &provider);
            match self.let_in(target, &provider, &request).await {
                Ok(own) => return Some(Found { place, provider, request, own }),
                Err(denied) => tracing::debug!(%target, why = denied.message, "not asked beside another"),
            }
        }
        None
    }

    async fn is_kept_away(&self, provider: &Provider, target: &Target) -> bool {
        let engine = &self.engine;
        if engine.0.breakers.wait_for(target).is_some()
            || engine.0.quotas.wait_for(provider, target, 1).is_some()
        {
            return true;
        }
        let simulated = provider.is_simulated();
        !simulated && wants_key(provider) && !matches!(engine.lend(provider).await, Ok(Some(_)))
    }

    /// It is no further request of its key's minute, and has a permit of its own.
    async fn let_in(
        &self,
        target: &Target,
        provider: &Provider,
        request: &ChatRequest,
    ) -> Result<Permit, Denied> {
        let most = most(&self.engine, target, provider, request);
        let admission = &self.engine.0.admission;
        let grant = admission.within(&self.plan.grant, Some(self.plan.conversation)).await?;
        admission.admit_beside(&grant, &most).await
    }
}

/// Who a target is asked of, and which of its models.
pub(super) fn provider_of(engine: &Engine, target: &Target) -> Option<(Arc<Provider>, String)> {
    let (id, model) = target.split()?;
    let id: ProviderId = id.parse().ok()?;
    Some((Arc::new(engine.provider(&id).ok()?), model.to_owned()))
}

/// The most that a call can take.
pub(super) fn most<'t>(
    engine: &Engine,
    target: &'t Target,
    provider: &Provider,
    request: &ChatRequest,
) -> Estimate<'t> {
    engine.most_of("", target, provider, &request.model, most_input(request), request.params.max_tokens)
}

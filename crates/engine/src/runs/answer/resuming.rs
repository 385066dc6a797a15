//! An answer that broke off, gone on with by the next target (see `crate::resume`).

use super::Answering;
use crate::{
    resume::{self, Seam},
    runs::{beside::provider_of, prompt::Prompt},
};
use domain::Target;

impl Answering {
    /// Whether somebody else may go on with what was shown: the policy wishes it, and there is nothing but text.
    pub(super) fn is_resumable(&self) -> bool {
        self.engine.config().routing.resumes(self.policy())
            && self.assembly.stop().is_none()
            && resume::left(self.plan.params.max_tokens, &self.metrics.usage).is_ok()
            && resume::beginning(&self.assembly.parts()).is_some()
    }

    /// The next one that is not left alone and goes on with what another has begun.
    pub(super) fn who_goes_on(&self, order: &[Target], at: usize) -> Option<usize> {
        let goes_on = |target: &Target| {
            let provider = provider_of(&self.engine, target);
            provider.is_some_and(|(provider, _)| resume::goes_on(&provider, &self.plan.params))
                && self.engine.0.breakers.wait_for(target).is_none()
        };
        (at + 1..order.len()).find(|&place| goes_on(&order[place]))
    }

    /// What was shown is what the next call begins with.
    pub(super) fn begin_with_what_came(&mut self, prompt: &mut Prompt, next: &Target) {
        let Some(texts) = resume::beginning(&self.assembly.parts()) else { return };
        if let Some((provider, _)) = provider_of(&self.engine, next) {
            let params = &self.plan.params;
            let dialect = dialects::spoken(provider.dialect, &provider.quirks, params);
            self.seam = Seam::behind(&texts, dialect);
        }
        if let Some(by) = &self.served {
            if by.split().map(|(by, _)| by) != next.split().map(|(next, _)| next) {
                // Thoughts are proved to whoever wrote them, and the answer will be told as another's.
                self.assembly.forget_proofs();
            }
            let most = resume::left(self.plan.params.max_tokens, &self.metrics.usage).ok().flatten();
            prompt.begin_with(texts, by, most);
        }
        self.begun = self.assembly.parts();
    }
}

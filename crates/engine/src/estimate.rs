//! What a prompt would cost before it is sent.

use crate::{Engine, EngineError, known, weigh::Weight};
use domain::{Dialect, Estimate, NanoUsd, StartRun, Target, Usage};

/// Tokens of an answer that nobody limited: what a question and its answer usually come to.
const USUAL_ANSWER: u32 = 500;

impl Engine {
    /// What a prompt would cost, for each column. Made to be asked at each keystroke: what is stored is
    /// weighed once, and a target that nothing answers to is unknown instead of an error.
    ///
    /// # Errors
    /// When the conversation is not there, or the store cannot be read.
    pub async fn estimate(&self, ask: StartRun) -> Result<Vec<Estimate>, EngineError> {
        let (conversation, branches) = match ask.conversation {
            Some(id) => {
                let found = self.0.store.conversations().get(id).await?;
                let found = found.ok_or_else(|| crate::conversations::missing(id))?;
                (Some(found), self.0.store.branches().of(id).await?)
            }
            None => (None, Vec::new()),
        };
        let head = conversation.as_ref().and_then(|c| c.head);
        let shared = conversation.as_ref().map_or(ask.system.as_ref(), |c| c.system.as_ref());
        let prompt = self.weigh(&ask.parts).await?;
        let mut estimates = Vec::with_capacity(ask.columns.len());
        for column in ask.columns {
            let branch = branches.iter().find(|b| Some(b.id) == column.branch.or(head));
            let own = branch.filter(|_| column.branch.is_some()).and_then(|b| b.system.as_ref());
            let system = column.system.as_ref().or(own).or(shared);
            let mut weight = system.map_or_else(Weight::default, |text| Weight::of_text(text));
            if let Some(tip) = branch.and_then(|b| b.tip) {
                weight.add(&self.weigh_path(tip).await?);
            }
            weight.add(&prompt);
            let output = column.params.max_tokens.map_or(USUAL_ANSWER, |most| most.min(USUAL_ANSWER));
            let (dialect, cost, context_window) = self.price(&column.target, &column.params, &weight, output);
            let input = weight.tokens(dialect);
            estimates.push(Estimate { target: column.target, input, output, cost, context_window });
        }
        Ok(estimates)
    }

    fn price(
        &self,
        target: &Target,
        params: &domain::Params,
        weight: &Weight,
        output: u32,
    ) -> (Dialect, Option<NanoUsd>, Option<u32>) {
        let chosen = self.decide(target).ok().and_then(|d| d.order.into_iter().next());
        let asked = chosen.as_ref().and_then(|chosen| self.provider_and_model(chosen));
        let Some((provider, model)) = asked else { return (Dialect::OpenaiChat, None, None) };
        let dialect = dialects::spoken(provider.dialect, &provider.quirks, params);
        let known = known::of_model(self, &provider, model);
        let usage = Usage { input: Some(weight.tokens(dialect)), output: Some(output), ..Usage::default() };
        let prices = known::prices(self, &provider, model, &usage);
        (dialect, prices.cost_of(&usage), known.context_window)
    }
}

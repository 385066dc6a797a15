//! How many tokens a prompt has, for callers who ask before they send it.

use crate::{Engine, EngineError, Grant, weigh::Weight};
use dialects::serving::{Asked, Refusal};
use domain::{Dialect, ErrorKind, Failure, Part, Target};

/// What a message costs beside its text, in every dialect about the same.
const BESIDE: u32 = 4;

impl Engine {
    /// An estimate of a prompt's tokens, for the model that it would be sent to.
    ///
    /// # Errors
    /// When no model answers to what is asked for, or this key may not ask it.
    pub async fn count(&self, asked: &Asked, grant: &Grant) -> Result<u32, Refusal> {
        let target = Target::try_from(asked.model.clone())
            .map_err(|error| Refusal::bad("model", error.to_string()))?;
        let decision = self.decide(&target).map_err(|error| Refusal {
            status: 404,
            code: Some("model_not_found".to_owned()),
            param: Some("model".to_owned()),
            ..Refusal::from(&Failure::new(ErrorKind::NotFound, error.to_string()))
        })?;
        let chosen = decision.order.iter().find(|chosen| grant.allows_target(chosen));
        let Some(chosen) = chosen else {
            let denied = grant.expect_target(&target).err();
            let text = denied.map_or_else(|| format!("this key is not for `{target}`"), |d| d.message);
            return Err(Refusal::from(&Failure::new(ErrorKind::Permission, text)));
        };
        let dialect = self.provider_and_model(chosen).map_or(Dialect::OpenaiChat, |(p, _)| p.dialect);
        let weight = self.weight_of_asked(asked).await.map_err(|error| Refusal {
            status: 503,
            ..Refusal::from(&Failure::new(ErrorKind::Overloaded, error.to_string()))
        })?;
        let turns = u32::try_from(asked.request.messages.len()).unwrap_or(u32::MAX);
        Ok(weight.tokens(dialect).saturating_add(turns.saturating_mul(BESIDE)))
    }

    async fn weight_of_asked(&self, asked: &Asked) -> Result<Weight, EngineError> {
        let request = &asked.request;
        let mut weight = Weight::of_text(request.system.as_deref().unwrap_or_default());
        for message in &request.messages {
            weight.add(&self.weigh(&message.parts).await?);
        }
        for tool in &request.params.tools {
            let described = format!(
                "{} {} {}",
                tool.name,
                tool.description.as_deref().unwrap_or_default(),
                tool.parameters
            );
            weight.add(&self.weigh(&[Part::text(described)]).await?);
        }
        Ok(weight)
    }
}

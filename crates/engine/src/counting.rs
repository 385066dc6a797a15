//! How many tokens a prompt has, for callers who ask before they send it: its provider's own count where it
//! counts bodies of the caller's dialect, else an estimate.

use crate::{Engine, EngineError, Unasked, WireCall, weigh::Weight};
use dialects::serving::{AskUsage, Asked, Onward, Refusal, pass_on};
use domain::{Dialect, ErrorKind, Failure, Part, Target};
use providers::Provider;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// What a message costs beside its text, in every dialect about the same.
const BESIDE: u32 = 4;
/// How long a provider is waited for: an estimate is better than none.
const WITHIN: Duration = Duration::from_secs(10);
/// Longest answer that can be a count.
const LONGEST: usize = 64 << 10;

#[derive(Deserialize)]
struct Counted {
    input_tokens: u32,
}

impl Engine {
    /// Counts a prompt's tokens for the model that it would be sent to.
    ///
    /// # Errors
    /// When no model answers to what is asked for, or this key may not ask it.
    pub async fn count(&self, call: &WireCall) -> Result<u32, Refusal> {
        let begun = Instant::now();
        let counted = self.count_for(call).await;
        let told = Unasked::of(call);
        let served = counted.as_ref().ok().map(|(_, target)| target.clone());
        self.tell_counted(&told, begun, served, counted.as_ref().err());
        counted.map(|(tokens, _)| tokens)
    }

    /// The count, and for whom it was counted.
    async fn count_for(&self, call: &WireCall) -> Result<(u32, Target), Refusal> {
        let asked = &call.asked;
        let target = Target::try_from(asked.model.clone())
            .map_err(|error| Refusal::bad("model", error.to_string()))?;
        let decision = self.decide(&target).map_err(|error| Refusal {
            status: 404,
            code: Some("model_not_found".to_owned()),
            param: Some("model".to_owned()),
            ..Refusal::from(&Failure::new(ErrorKind::NotFound, error.to_string()))
        })?;
        let Some(chosen) = decision.order.iter().find(|chosen| call.grant.allows_target(chosen)) else {
            let denied = call.grant.expect_target(&target).err();
            let text = denied.map_or_else(|| format!("this key is not for `{target}`"), |d| d.message);
            return Err(Refusal::from(&Failure::new(ErrorKind::Permission, text)));
        };
        let found = self.provider_and_model(chosen);
        if let Some((provider, model)) = &found
            && call.caller.dialect() == Some(provider.dialect)
        {
            match timeout(WITHIN, self.counted_by(provider, model, call)).await {
                Ok(Ok(Some(tokens))) => return Ok((tokens, chosen.clone())),
                Ok(Ok(None)) => {}
                Ok(Err(failure)) => {
                    tracing::info!(provider = %provider.id, error = failure.message, "tokens are estimated");
                }
                Err(_) => tracing::info!(provider = %provider.id, "tokens are estimated: no count came"),
            }
        }
        let dialect = found.map_or(Dialect::OpenaiChat, |(provider, _)| provider.dialect);
        let weight = self.weight_of_asked(asked).await.map_err(|error| Refusal {
            status: 503,
            ..Refusal::from(&Failure::new(ErrorKind::Overloaded, error.to_string()))
        })?;
        let turns = u32::try_from(asked.request.messages.len()).unwrap_or(u32::MAX);
        let tokens = weight.tokens(dialect).saturating_add(turns.saturating_mul(BESIDE));
        Ok((tokens, chosen.clone()))
    }

    /// What a provider counts; `None` where it does not.
    async fn counted_by(
        &self,
        provider: &Provider,
        model: &str,
        call: &WireCall,
    ) -> Result<Option<u32>, Failure> {
        let body = pass_on(call.caller, &call.body, &Onward { model, usage: AskUsage::AsSent });
        let Some(mut request) = dialects::count_request_with(provider.dialect, &provider.quirks, body) else {
            return Ok(None);
        };
        for (name, value) in &call.headers {
            request.headers.retain(|(known, _)| known != name);
            request.headers.push((name.clone(), value.clone()));
        }
        let key = self.lend(provider).await?;
        let exposed = key.as_ref().map(secrets::SecretKey::expose);
        let timeouts = self.config().engine.timeouts.clone();
        let sent = self.0.transport.send(provider, exposed, &request, &timeouts, false).await;
        let mut answer = sent.map_err(|error| error.failure)?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| error.failure)? {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST {
                return Err(Failure::new(ErrorKind::Upstream, "the count is longer than 64 KiB"));
            }
        }
        let counted: Counted = serde_json::from_slice(&body).map_err(|error| {
            Failure::new(ErrorKind::Upstream, format!("the count cannot be read: {error}"))
        })?;
        Ok(Some(counted.input_tokens))
    }

    async fn weight_of_asked(&self, asked: &Asked) -> Result<Weight, EngineError> {
        let request = &asked.request;
        let mut weight = Weight::of_text(request.system.as_deref().unwrap_or_default());
        for message in &request.messages {
            weight.add(&self.weigh(&message.parts).await?);
        }
        for tool in &request.params.tools {
            let told = tool.description.as_deref().unwrap_or_default();
            let described = format!("{} {told} {}", tool.name, tool.parameters);
            weight.add(&self.weigh(&[Part::text(described)]).await?);
        }
        Ok(weight)
    }
}

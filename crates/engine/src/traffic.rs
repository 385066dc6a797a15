//! Traffic: looking over the gateway's shoulder.

use crate::{Engine, EngineError};
use domain::{
    CompletionId, RunId, TrafficCall, TrafficDetail, TrafficFacets, TrafficOutcome, TrafficPage, TrafficQuery,
};

/// The calls of the gateway, and of the window where that is asked for.
#[derive(Clone, Copy)]
pub struct Traffic<'e> {
    engine: &'e Engine,
}

impl Engine {
    /// The calls that were made.
    #[must_use]
    pub const fn traffic(&self) -> Traffic<'_> {
        Traffic { engine: self }
    }
}

impl Traffic<'_> {
    /// Some calls, newest first; before the first page those that are under way here. Those that have just
    /// ended are there a moment later, which is told as a change of `traffic`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list(&self, query: &TrafficQuery) -> Result<TrafficPage, EngineError> {
        let mut page = self.engine.0.store.traffic().list(query).await?;
        if query.after.is_none() {
            let mut running = self.engine.0.weaver.running();
            running.retain(|call| shows(query, call) && !page.calls.iter().any(|c| c.run == call.run));
            if running.iter().any(|call| call.key.is_some()) {
                let names = self.engine.0.store.virtual_keys().names().await?;
                for call in &mut running {
                    call.key_name = call.key.and_then(|key| names.get(&key).cloned());
                }
            }
            running.append(&mut page.calls);
            page.calls = running;
        }
        Ok(page)
    }

    /// One call with all that is kept of it.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn call(&self, completion: CompletionId) -> Result<TrafficDetail, EngineError> {
        let found = self.engine.0.store.traffic().call(completion).await?;
        found.ok_or_else(|| EngineError::NotFound { what: "call", id: completion.to_string() })
    }

    /// The call that a run is: what `x-orchesity-decision` names. One of the window may be several, of which
    /// this is the first.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn of_run(&self, run: RunId) -> Result<TrafficDetail, EngineError> {
        match self.engine.0.store.traffic().of_run(run).await? {
            Some(completion) => self.call(completion).await,
            None => Err(EngineError::NotFound { what: "call", id: run.to_string() }),
        }
    }

    /// What filters can be set to: clients and models of the latest calls.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn facets(&self) -> Result<TrafficFacets, EngineError> {
        Ok(self.engine.0.store.traffic().facets().await?)
    }
}

/// Whether a call that is under way is among those that are asked for: nothing is known of its end.
fn shows(query: &TrafficQuery, call: &TrafficCall) -> bool {
    let within = |part: &Option<String>, text: Option<&str>| {
        part.as_deref()
            .is_none_or(|part| text.is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase())))
    };
    let served = call.served.as_ref().map(domain::Target::as_str);
    let any = [call.request.as_deref(), call.client.as_deref(), Some(call.requested.as_str()), served];
    (query.origins.is_empty() || query.origins.contains(&call.origin))
        && (query.outcomes.is_empty() || query.outcomes.contains(&TrafficOutcome::Running))
        && (query.kinds.is_empty() || query.kinds.contains(&call.kind))
        && query.from.is_none_or(|from| call.at >= from)
        && query.until.is_none_or(|until| call.at < until)
        && query.key.is_none_or(|key| call.key == Some(key))
        && within(&query.client, call.client.as_deref())
        && within(&query.requested, Some(call.requested.as_str()))
        && within(&query.served, served)
        && (query.text.is_none() || any.into_iter().any(|text| within(&query.text, text)))
        && query.from_cache.is_none_or(|again| call.cached.is_some() == again)
        && query.fell_back.is_none_or(|more| (call.attempts > 1) == more)
        && query.errors.is_empty()
        && query.status.is_none()
        && query.min_ttft_ms.is_none()
        && query.min_duration_ms.is_none()
        && query.min_tokens.is_none()
        && query.min_cost.is_none()
        && query.cached.is_none()
}

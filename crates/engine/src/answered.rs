//! What callers of the gateway come back for: responses that were stored under an id, and requests that
//! are to be carried out once.

use crate::{Engine, EngineError, Grant, engine::now, runs::history};
use dialects::ChatMessage;
use domain::{CompletionState, Hash, Params, Part, Stop, Target, Timestamp, Usage};
use std::time::Duration;
pub use store::{Claim, StoredAnswer};
use store::{Once, StoredResponse};

/// How long an answer can be asked for again.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// What was answered a moment ago is still being stored: how often, and how far apart, it is looked for.
const LOOKS: u32 = 12;
const APART: Duration = Duration::from_millis(50);

/// A stored response of the Responses API.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptResponse {
    /// Its id as callers know it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who answered, or was asked.
    pub target: Target,
    /// What it says.
    pub parts: Vec<Part>,
    /// Why it ended; `None` when it did not come to its end.
    pub stop: Option<Stop>,
    /// Token counts.
    pub usage: Usage,
    /// What it was asked with.
    pub params: Params,
}

/// A request that is to be carried out once.
#[derive(Debug, Clone)]
pub struct Errand {
    /// Whose it is.
    pub grant: Grant,
    /// What it is known by.
    pub word: String,
    /// What is asked.
    pub body: Hash,
}

impl Errand {
    fn once(&self) -> Once<'_> {
        Once { key: self.grant.id(), word: &self.word, body: self.body }
    }
}

/// What callers come back for.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    engine: &'a Engine,
}

impl Engine {
    /// What callers of the gateway come back for.
    #[must_use]
    pub fn answered(&self) -> Answered<'_> {
        Answered { engine: self }
    }
}

impl Answered<'_> {
    /// A response by its id. Those of other keys are not there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn response(&self, name: &str, grant: &Grant) -> Result<Option<KeptResponse>, EngineError> {
        let Some(found) = self.find(name, grant).await? else { return Ok(None) };
        let store = &self.engine.0.store;
        let (Some(message), Some(completion)) =
            (store.messages().get(found.message).await?, store.completions().get(found.completion).await?)
        else {
            return Ok(None);
        };
        Ok(Some(KeptResponse {
            name: found.name,
            created_at: found.created_at,
            target: completion.served.unwrap_or(completion.requested),
            parts: message.parts,
            stop: match completion.state {
                CompletionState::Complete { stop } => Some(stop),
                _ => None,
            },
            usage: completion.metrics.usage,
            params: completion.params,
        }))
    }

    /// All that was said up to a response and in it, for a request that follows it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn history(&self, name: &str, grant: &Grant) -> Result<Option<Vec<ChatMessage>>, EngineError> {
        let Some(found) = self.find(name, grant).await? else { return Ok(None) };
        history(self.engine, found.message).await.map(Some)
    }

    /// Forgets a response, whose message stays; whether there was one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget_response(&self, name: &str, grant: &Grant) -> Result<bool, EngineError> {
        if self.find(name, grant).await?.is_none() {
            return Ok(false);
        }
        Ok(self.engine.0.store.answered().forget_response(name, grant.id()).await?)
    }

    /// Answers reach the store a moment after their callers.
    async fn find(&self, name: &str, grant: &Grant) -> Result<Option<StoredResponse>, EngineError> {
        for look in 0..LOOKS {
            match look {
                0 => {}
                1 => self.engine.catch_up_calls().await,
                // Another process may have answered.
                _ => tokio::time::sleep(APART).await,
            }
            if let Some(found) = self.engine.0.store.answered().response(name, grant.id()).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Claims a request for this process, or says what became of it. Within one process callers take turns:
    /// one that finds an open claim of this process has found what could not be let go of before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn claim(&self, errand: &Errand) -> Result<Claim, EngineError> {
        let (at, inner) = (now(), &self.engine.0);
        let until = Timestamp::from_millis(at.millis().saturating_add(KEPT_MS));
        let store = inner.store.answered();
        let claim = store.claim(&errand.once(), inner.instance, at, until).await?;
        if claim != Claim::Running(inner.instance) {
            return Ok(claim);
        }
        store.let_go(&errand.once()).await?;
        Ok(store.claim(&errand.once(), inner.instance, at, until).await?)
    }

    /// Keeps the answer to a claimed request.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep(&self, errand: &Errand, answer: &StoredAnswer) -> Result<(), EngineError> {
        Ok(self.engine.0.store.answered().answer(&errand.once(), None, answer).await?)
    }

    /// Lets go of a claimed request that was not answered: the next one is carried out anew.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn let_go(&self, errand: &Errand) -> Result<(), EngineError> {
        Ok(self.engine.0.store.answered().let_go(&errand.once()).await?)
    }
}

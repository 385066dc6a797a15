//! Whether a provider can be asked: a cheap call that says step by step what worked.

use crate::{AttemptError, ListedModel, Provider, Timeouts, Transport, discover};
use dialects::{ChatMessage, ChatRequest};
use domain::{ErrorKind, Params, Part, Role};

/// What a [`test`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was tried, in order; the last one decides.
    pub steps: Vec<CheckStep>,
    /// What the provider offers, where it has a list.
    pub models: Vec<ListedModel>,
    /// Why it cannot be asked; `None` when it can.
    pub problem: Option<AttemptError>,
}

/// One step of a [`test`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckStep {
    /// What was tried.
    pub name: &'static str,
    /// Whether it worked.
    pub ok: bool,
    /// What came of it, for people.
    pub detail: String,
}

/// Asks for the list of models, which costs nothing; where there is no such list, for an answer of one token.
pub async fn test(
    transport: &Transport,
    provider: &Provider,
    key: Option<&str>,
    timeouts: &Timeouts,
) -> Check {
    let mut steps = Vec::new();
    let listed = discover(transport, provider, key, timeouts).await;
    let error = match listed {
        Ok(models) => {
            steps.push(CheckStep {
                name: "list models",
                ok: true,
                detail: format!("{} models", models.len()),
            });
            return Check { steps, models, problem: None };
        }
        Err(error) => error,
    };
    steps.push(CheckStep { name: "list models", ok: false, detail: error.failure.message.clone() });
    // Some endpoints answer chats and have no list.
    let no_list = matches!(error.status, Some(404 | 405 | 501))
        || error.failure.kind == ErrorKind::Upstream && error.status.is_none();
    let Some(model) = provider.models.first().filter(|_| no_list) else {
        return Check { steps, models: Vec::new(), problem: Some(error) };
    };
    match complete(transport, provider, key, timeouts, model).await {
        Ok(()) => {
            steps.push(CheckStep { name: "one token", ok: true, detail: format!("{model} answered") });
            Check { steps, models: Vec::new(), problem: None }
        }
        Err(error) => {
            steps.push(CheckStep { name: "one token", ok: false, detail: error.failure.message.clone() });
            Check { steps, models: Vec::new(), problem: Some(error) }
        }
    }
}

async fn complete(
    transport: &Transport,
    provider: &Provider,
    key: Option<&str>,
    timeouts: &Timeouts,
    model: &str,
) -> Result<(), AttemptError> {
    const MAX_ANSWER: usize = 1 << 20;
    let request = ChatRequest {
        model: model.to_owned(),
        system: None,
        messages: vec![ChatMessage { role: Role::User, parts: vec![Part::Text { text: "hi".to_owned() }] }],
        params: Params { max_tokens: Some(1), ..Params::default() },
        stream: false,
        prefill: false,
    };
    let wire = dialects::encode(provider.dialect, &request, &provider.quirks)
        .map_err(|error| AttemptError::from(error.failure()))?;
    transport.send(provider, key, &wire, timeouts, false).await?.body(MAX_ANSWER).await?;
    Ok(())
}

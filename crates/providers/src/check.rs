//! Whether a provider can be asked: cheap calls that say step by step what worked.

use crate::{AttemptError, ListedModel, Provider, Timeouts, Transport, catalog, discover};
use dialects::{ChatMessage, ChatRequest};
use domain::{Dialect, ErrorKind, NanoUsd, Params, Part, Prices, Role, Usage};
use std::time::Instant;

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
    /// How long it took, in ms.
    pub ms: u32,
}

/// So many models are asked, the cheapest first, before the test gives up: one of them may be out of
/// service, or not for this account.
const TRIES: usize = 3;
/// Longest that one answer is waited for.
const ANSWER_MS: u32 = 30_000;

/// Asks for the list of models, then the cheapest known chat model for one token: some lists are open
/// to everyone, so only an answer shows that a key is good. A server on this machine is not asked for
/// an answer, since that may load a model of many gigabytes.
pub async fn test(
    transport: &Transport,
    provider: &Provider,
    key: Option<&str>,
    timeouts: &Timeouts,
    prices: &(dyn Fn(&ListedModel) -> Prices + Sync),
) -> Check {
    let mut steps = Vec::new();
    let began = Instant::now();
    let listed = discover(transport, provider, key, timeouts).await;
    let ms = since(began);
    let (models, refused) = match listed {
        Ok(models) => {
            let detail = listed_words(provider, &models);
            steps.push(CheckStep { name: "list models", ok: true, detail, ms });
            (models, None)
        }
        Err(error) => {
            let detail = refusal(provider, &error);
            // Some endpoints answer chats and have no list.
            let no_list = matches!(error.status, Some(404 | 405 | 501))
                || error.failure.kind == ErrorKind::Upstream && error.status.is_none();
            steps.push(CheckStep { name: "list models", ok: false, detail, ms });
            if !no_list || provider.models.is_empty() {
                return Check { steps, models: Vec::new(), problem: Some(error) };
            }
            (Vec::new(), Some(error))
        }
    };
    if provider.is_simulated() || provider.is_loopback() && refused.is_none() {
        return Check { steps, models, problem: None };
    }
    let mut problem = refused;
    for model in cheapest(provider, &models, prices).into_iter().take(TRIES) {
        let began = Instant::now();
        let answered = complete(transport, provider, key, timeouts, &model.id).await;
        let ms = since(began);
        let named = short(&model.id);
        match answered {
            Ok(usage) => {
                let detail = format!("{named} answered, {}", cost_words(prices(&model).cost_of(&usage)));
                steps.push(CheckStep { name: "one token", ok: true, detail, ms });
                return Check { steps, models, problem: None };
            }
            Err(error) => {
                let detail = format!("{named}: {}", refusal(provider, &error));
                steps.push(CheckStep { name: "one token", ok: false, detail, ms });
                let of_this_model = matches!(
                    error.failure.kind,
                    ErrorKind::NotFound
                        | ErrorKind::BadRequest
                        | ErrorKind::RateLimited
                        | ErrorKind::Overloaded
                        | ErrorKind::Upstream
                );
                problem = Some(error);
                if !of_this_model {
                    break;
                }
            }
        }
    }
    Check { steps, models, problem }
}

fn since(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX)
}

fn listed_words(provider: &Provider, models: &[ListedModel]) -> String {
    let count = match models.len() {
        1 => "1 model".to_owned(),
        n => format!("{n} models"),
    };
    if provider.is_loopback() || provider.is_simulated() || provider.catalog_name().is_empty() {
        return format!("listed {count}");
    }
    let known = models.iter().filter(|m| catalog::lookup(provider.catalog_name(), &m.id).is_some()).count();
    match known {
        _ if models.is_empty() => "listed no models".to_owned(),
        n if n == models.len() => format!("listed {count}, all in the catalog"),
        n => format!("listed {count}, {n} in the catalog"),
    }
}

/// What a failure means for whoever entered the key.
fn refusal(provider: &Provider, error: &AttemptError) -> String {
    let message = &error.failure.message;
    match error.failure.kind {
        ErrorKind::Auth => format!("{} refused the key: {message}", provider.name),
        ErrorKind::Permission => format!("the key may not do this: {message}"),
        ErrorKind::Quota => format!("the key is good, but its account cannot pay: {message}"),
        _ => message.clone(),
    }
}

fn cost_words(cost: Option<NanoUsd>) -> String {
    match cost {
        Some(NanoUsd(0)) => "free".to_owned(),
        Some(cost) => format!("${cost}"),
        None => "cost unknown".to_owned(),
    }
}

/// Without the path that routers put before it.
fn short(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

/// Models to ask, the cheapest first, those without a price last. Of those that cost nothing only one:
/// they are the ones that are out of service most often.
fn cheapest(
    provider: &Provider,
    listed: &[ListedModel],
    prices: &(dyn Fn(&ListedModel) -> Prices + Sync),
) -> Vec<ListedModel> {
    let found = |id: &String| listed.iter().find(|m| m.id == *id).cloned();
    let mut models: Vec<ListedModel> = if provider.models.is_empty() {
        listed.iter().filter(|m| chats(m)).cloned().collect()
    } else {
        let named = |id: &String| found(id).unwrap_or_else(|| ListedModel::named(id, None));
        provider.models.iter().map(named).collect()
    };
    let cost = |model: &ListedModel| {
        // What the call of one token comes to, roughly.
        prices(model).cost_of(&Usage { input: Some(8), output: Some(1), ..Usage::default() })
    };
    models.sort_by_key(|model| cost(model).map_or((1, 0), |cost| (0, cost.0)));
    let mut free = 0;
    models.retain(|model| {
        free += u32::from(cost(model) == Some(NanoUsd(0)));
        cost(model) != Some(NanoUsd(0)) || free == 1
    });
    models
}

/// Whether a model answers chats, by its name where nobody says.
fn chats(model: &ListedModel) -> bool {
    const OTHERS: [&str; 18] = [
        "embed",
        "rerank",
        "tts",
        "whisper",
        "transcribe",
        "audio",
        "realtime",
        "image",
        "dall-e",
        "imagen",
        "veo",
        "sora",
        "moderation",
        "guard",
        "ocr",
        "davinci-002",
        "babbage-002",
        "instruct-0914",
    ];
    let name = model.id.to_ascii_lowercase();
    model.capabilities.embeddings != Some(true) && !OTHERS.iter().any(|other| name.contains(other))
}

async fn complete(
    transport: &Transport,
    provider: &Provider,
    key: Option<&str>,
    timeouts: &Timeouts,
    model: &str,
) -> Result<Usage, AttemptError> {
    const MAX_ANSWER: usize = 1 << 20;
    // The least that the dialect takes.
    let max_tokens = if provider.dialect == Dialect::OpenaiResponses { 16 } else { 1 };
    let request = ChatRequest {
        model: model.to_owned(),
        system: None,
        messages: vec![ChatMessage { role: Role::User, parts: vec![Part::Text { text: "hi".to_owned() }] }],
        params: Params { max_tokens: Some(max_tokens), ..Params::default() },
        stream: false,
        prefill: false,
    };
    let wire = dialects::encode(provider.dialect, &request, &provider.quirks)
        .map_err(|error| AttemptError::from(error.failure()))?;
    let timeouts = Timeouts { total_ms: timeouts.total_ms.min(ANSWER_MS), ..timeouts.clone() };
    let answer = match transport.send(provider, key, &wire, &timeouts, false).await {
        Ok(answer) => answer,
        // A model that thinks first has no token left to say anything, and OpenAI calls that an error.
        Err(error)
            if error.status == Some(400)
                && error.failure.message.contains("max_tokens or model output limit") =>
        {
            return Ok(Usage::default());
        }
        Err(error) => return Err(error),
    };
    let body = answer.body(MAX_ANSWER).await?;
    let mut decoder = dialects::decoder(provider.dialect, false);
    let mut deltas = Vec::new();
    let read = decoder.feed(&body, &mut deltas).and_then(|()| decoder.end(&mut deltas));
    read.map_err(|error| {
        let mut failure = error.failure();
        failure.message = crate::redact(&failure.message, key);
        AttemptError::from(failure)
    })?;
    let mut assembly = dialects::Assembly::new();
    let mut changes = Vec::new();
    for delta in deltas {
        assembly.push(delta, &mut changes);
    }
    Ok(assembly.usage())
}

#[cfg(test)]
mod tests;

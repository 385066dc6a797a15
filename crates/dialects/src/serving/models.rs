//! Lists of models, as callers' shapes have them: `GET /v1/models` (OpenAI, Anthropic), `GET /v1beta/models`
//! (Gemini), and one model of them.

use super::Caller;
use domain::{Capabilities, Timestamp};
use serde_json::{Map, Value, json};

/// What is told of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What to ask for.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Seconds since 1970; 0 where nobody knows.
    pub created: i64,
    /// Most tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    pub output_limit: Option<u32>,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// Which piece of a list is wanted: `limit`, `after_id` and `before_id` at Anthropic, `pageSize` and
/// `pageToken` (the last id that was told) at Google. OpenAI tells all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// Most entries; all of them when absent.
    pub limit: Option<usize>,
    /// Those behind this one.
    pub after: Option<&'a str>,
    /// Those before this one.
    pub before: Option<&'a str>,
}

/// The list in a caller's shape.
#[must_use]
pub fn list(caller: Caller, models: &[Card], page: &Page<'_>) -> Vec<u8> {
    let body = match caller {
        Caller::OpenaiChat | Caller::OpenaiCompletions | Caller::OpenaiResponses => {
            json!({ "object": "list", "data": models.iter().map(openai).collect::<Vec<_>>() })
        }
        Caller::Anthropic => {
            let (told, more) = cut(models, page);
            json!({
                "data": told.iter().map(anthropic).collect::<Vec<_>>(),
                "has_more": more,
                "first_id": told.first().map(|model| &model.id),
                "last_id": told.last().map(|model| &model.id),
            })
        }
        Caller::Gemini => {
            let (told, more) = cut(models, page);
            let mut body = json!({ "models": told.iter().map(gemini).collect::<Vec<_>>() });
            if let (true, Some(last), Some(fields)) = (more, told.last(), body.as_object_mut()) {
                fields.insert("nextPageToken".to_owned(), json!(last.id));
            }
            body
        }
    };
    body.to_string().into_bytes()
}

/// One model in a caller's shape.
#[must_use]
pub fn one(caller: Caller, model: &Card) -> Vec<u8> {
    let body = match caller {
        Caller::OpenaiChat | Caller::OpenaiCompletions | Caller::OpenaiResponses => openai(model),
        Caller::Anthropic => anthropic(model),
        Caller::Gemini => gemini(model),
    };
    body.to_string().into_bytes()
}

/// The entries of a page, and whether more follow in its direction. An id that is not there cuts nothing.
fn cut<'m>(models: &'m [Card], page: &Page<'_>) -> (&'m [Card], bool) {
    let place = |id: Option<&str>| id.and_then(|id| models.iter().position(|model| model.id == id));
    let from = place(page.after).map_or(0, |at| at + 1);
    let to = place(page.before).unwrap_or(models.len());
    let rest = models.get(from..to).unwrap_or_default();
    let most = page.limit.unwrap_or(usize::MAX).max(1);
    if page.before.is_some() && page.after.is_none() {
        let skipped = rest.len().saturating_sub(most);
        return (rest.get(skipped..).unwrap_or_default(), skipped > 0);
    }
    (rest.get(..most).unwrap_or(rest), rest.len() > most)
}

fn openai(model: &Card) -> Value {
    let owner = model.id.split_once('/').map_or("orchesity", |(owner, _)| owner);
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(model.id));
    out.insert("object".to_owned(), json!("model"));
    out.insert("created".to_owned(), json!(model.created));
    out.insert("owned_by".to_owned(), json!(owner));
    // Not OpenAI's own, and read by many clients.
    if let Some(name) = &model.name {
        out.insert("name".to_owned(), json!(name));
    }
    if let Some(window) = model.context_window {
        out.insert("context_length".to_owned(), json!(window));
    }
    if let Some(limit) = model.output_limit {
        out.insert("max_output_tokens".to_owned(), json!(limit));
    }
    let Capabilities { vision, tools, json, reasoning, embeddings, web_search } = model.capabilities;
    let known: Map<String, Value> = [
        ("vision", vision),
        ("function_calling", tools),
        ("structured_outputs", json),
        ("reasoning", reasoning),
        ("embeddings", embeddings),
        ("web_search", web_search),
    ]
    .into_iter()
    .filter_map(|(name, can)| Some((name.to_owned(), json!(can?))))
    .collect();
    if !known.is_empty() {
        out.insert("capabilities".to_owned(), Value::Object(known));
    }
    Value::Object(out)
}

fn anthropic(model: &Card) -> Value {
    let can = |known: Option<bool>| json!({ "supported": known.unwrap_or(false) });
    let Capabilities { vision, json, reasoning, web_search, .. } = model.capabilities;
    let effort = can(reasoning);
    // Anthropic's own clients expect every name of this list.
    let capabilities = json!({
        "batch": can(None),
        "citations": can(None),
        "code_execution": can(None),
        "context_management": can(None),
        "effort": {
            "supported": reasoning.unwrap_or(false),
            "low": effort, "medium": effort, "high": effort, "max": effort,
        },
        "image_input": can(vision),
        "pdf_input": can(None),
        "server_tools": {
            "supported": web_search.unwrap_or(false), "web_search": can(web_search), "code_execution": can(None),
        },
        "structured_outputs": can(json),
        "thinking": {
            "supported": reasoning.unwrap_or(false),
            "types": {
                "adaptive": can(reasoning), "enabled": can(reasoning),
                "disabled": can(reasoning), "between_tools": can(None),
            },
        },
    });
    json!({
        "type": "model",
        "id": model.id,
        "display_name": model.name.as_ref().unwrap_or(&model.id),
        "created_at": Timestamp::from_millis(model.created.saturating_mul(1_000)).to_string(),
        "lifecycle": "active",
        "max_input_tokens": model.context_window,
        "max_tokens": model.output_limit,
        "capabilities": capabilities,
    })
}

fn gemini(model: &Card) -> Value {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(format!("models/{}", model.id)));
    out.insert("version".to_owned(), json!(model.id));
    out.insert("displayName".to_owned(), json!(model.name.as_ref().unwrap_or(&model.id)));
    if let Some(window) = model.context_window {
        out.insert("inputTokenLimit".to_owned(), json!(window));
    }
    if let Some(limit) = model.output_limit {
        out.insert("outputTokenLimit".to_owned(), json!(limit));
    }
    let methods: &[&str] = if model.capabilities.embeddings == Some(true) {
        &["embedContent"]
    } else {
        &["generateContent", "countTokens"]
    };
    out.insert("supportedGenerationMethods".to_owned(), json!(methods));
    if let Some(thinks) = model.capabilities.reasoning {
        out.insert("thinking".to_owned(), json!(thinks));
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode_models;
    use domain::Dialect;

    fn cards() -> Vec<Card> {
        let card = |id: &str, created| Card {
            id: id.to_owned(),
            name: Some(format!("The {id}")),
            created,
            context_window: Some(8_192),
            output_limit: Some(1_024),
            capabilities: Capabilities {
                vision: Some(true),
                reasoning: Some(true),
                ..Capabilities::default()
            },
        };
        vec![card("local/a", 0), card("anthropic/b", 1_700_000_000), card("auto", 0)]
    }

    #[test]
    fn our_own_reader_finds_in_every_shape_what_was_told() {
        for (caller, dialect) in [
            (Caller::OpenaiChat, Dialect::OpenaiChat),
            (Caller::Anthropic, Dialect::AnthropicMessages),
            (Caller::Gemini, Dialect::Gemini),
        ] {
            let read = decode_models(dialect, &list(caller, &cards(), &Page::default())).unwrap();
            let ids: Vec<_> = read.iter().map(|model| model.id.as_str()).collect();
            assert_eq!(ids, ["local/a", "anthropic/b", "auto"], "{caller:?}");
            for model in &read {
                assert_eq!(
                    (model.context_window, model.output_limit),
                    (Some(8_192), Some(1_024)),
                    "{caller:?}"
                );
                assert_eq!(model.capabilities.reasoning, Some(true), "{caller:?}");
                assert!(model.name.as_deref().is_some_and(|name| name.starts_with("The ")), "{caller:?}");
            }
            let single: Value = serde_json::from_slice(&one(caller, &cards()[1])).unwrap();
            assert!(single.to_string().contains("anthropic/b"), "{caller:?}");
        }
    }

    #[test]
    fn pages_follow_each_other_in_both_directions() {
        let cards = cards();
        let ids = |page: Page<'_>| {
            let (told, more) = cut(&cards, &page);
            (told.iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(" "), more)
        };
        let (limit, none) = (Some(2), Page::default());
        assert_eq!(ids(Page { limit, ..none.clone() }), ("local/a anthropic/b".to_owned(), true));
        let after = Some("anthropic/b");
        assert_eq!(ids(Page { limit, after, ..none.clone() }), ("auto".to_owned(), false));
        let before = Some("auto");
        assert_eq!(ids(Page { limit: Some(1), before, ..none.clone() }), ("anthropic/b".to_owned(), true));
        assert_eq!(ids(Page { before: Some("local/a"), ..none.clone() }), (String::new(), false));
        assert_eq!(ids(Page { after: Some("auto"), before: Some("local/a"), limit }), (String::new(), false));
        assert_eq!(ids(Page { after: Some("gone"), ..none }).0, "local/a anthropic/b auto");
    }
}

//! LibreChat: a list of messages, each naming the one above, or messages with their children inside.

mod nested;

use crate::{
    chatgpt::{media_type, plain, reasoning},
    json::{Members, Time, text},
    tree::{Foreign, Node, Refused, Said, short, shown, target},
};
use domain::{MediaSource, MessageStatus, Part, Role, Target};
use serde_json::Value;

/// Parent of those that have none.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

pub(crate) fn read(members: &Members<'_>) -> Result<Foreign, Refused> {
    let endpoint = members.text("endpoint").unwrap_or_default();
    let options = members.value("options").unwrap_or(Value::Null);
    let model = text(&options, "model").map(ToOwned::to_owned).or_else(|| members.text("model"));
    let mut foreign = Foreign {
        id: members.text("conversationId"),
        title: members.text("title").unwrap_or_default(),
        system: text(&options, "promptPrefix").or_else(|| text(&options, "system")).map(ToOwned::to_owned),
        created: Some(Time::of(members.value("createdAt").as_ref())),
        updated: Some(Time::of(members.value("updatedAt").as_ref())),
        archived: members.is_true("isArchived"),
        ..Foreign::default()
    };
    let mut missing = 0;
    for laid in nested::apart(members.raw("messages").ok_or("its `messages` are no list")?)? {
        let number = foreign.nodes.len() + 1;
        let message =
            Members::of(laid.text.as_bytes()).ok_or_else(|| format!("message {number} is no object"))?;
        let inside = laid.inside.map(|above| foreign.nodes[above].id.clone());
        let parent = inside
            .or_else(|| message.text("parentMessageId"))
            .filter(|parent| parent != NOBODY && !parent.is_empty());
        // Before those inside it name it: one long id would be there as often as it has children.
        let id = match message.text("messageId") {
            Some(id) => short("message", &id)?,
            None => format!("message-{number}"),
        };
        let said = said(&message, &endpoint, model.as_deref(), &mut missing);
        foreign.nodes.push(Node { id, parent, rank: number, said: Some(said) });
    }
    if missing > 0 {
        foreign.warnings.push(format!("{missing} of its files are not in the export; their names stay"));
    }
    Ok(foreign)
}

fn said(message: &Members<'_>, endpoint: &str, model: Option<&str>, missing: &mut usize) -> Said {
    let by_user = message.is_true("isCreatedByUser") || message.text("sender").as_deref() == Some("User");
    let role = if by_user { Role::User } else { Role::Assistant };
    let mut parts = Vec::new();
    for block in message.value("content").as_ref().and_then(Value::as_array).into_iter().flatten() {
        content(block, &mut parts);
    }
    let told = parts.iter().any(|part| matches!(part, Part::Text { .. }));
    if !told {
        parts.extend(plain(&message.text("text").unwrap_or_default()));
    }
    for file in message.value("files").as_ref().and_then(Value::as_array).into_iter().flatten() {
        let name = text(file, "filename").or_else(|| text(file, "file_id")).unwrap_or("file");
        *missing += 1;
        let media_type = media_type(text(file, "type"), name, &[], false);
        let source = MediaSource::Url { url: format!("missing:{}", shown(name)) };
        parts.push(if media_type.starts_with("image/") {
            Part::Image { media_type, source }
        } else {
            Part::File { media_type, name: Some(shown(name)), source }
        });
    }
    let mut said = Said::by(role, parts);
    said.at = Time::of(message.value("createdAt").as_ref());
    if role == Role::Assistant {
        let own = message.text("endpoint");
        let name = message.text("model");
        said.model =
            name.as_deref().or(model).and_then(|name| asked(own.as_deref().unwrap_or(endpoint), name));
        if message.is_true("error") {
            said.status = MessageStatus::Failed;
        } else if message.is_true("unfinished") || message.is_true("cancelled") {
            said.status = MessageStatus::Stopped;
        }
    }
    said
}

fn content(block: &Value, parts: &mut Vec<Part>) {
    // A text is a string, or an object that has it as `value`.
    let string = |name: &str| match block.get(name) {
        Some(Value::String(said)) => Some(said.clone()),
        Some(value) => text(value, "value").map(ToOwned::to_owned),
        None => None,
    };
    match text(block, "type").unwrap_or_default() {
        "think" => parts.extend(reasoning(&string("think").unwrap_or_default())),
        "tool_call" => {
            let Some(call) = block.get("tool_call") else { return };
            let id = text(call, "id").map_or_else(|| format!("call-{}", parts.len()), ToOwned::to_owned);
            let name = text(call, "name").unwrap_or("tool").to_owned();
            let arguments = match call.get("args") {
                Some(Value::String(arguments)) => arguments.clone(),
                Some(arguments) => arguments.to_string(),
                None => String::new(),
            };
            parts.push(Part::ToolCall { id: id.clone(), name: name.clone(), arguments, signature: None });
            if let Some(output) = text(call, "output") {
                let name = Some(name);
                parts.push(Part::ToolResult { call_id: id, name, text: output.to_owned(), is_error: false });
            }
        }
        _ => parts.extend(plain(&string("text").or_else(|| string("error")).unwrap_or_default())),
    }
}

fn asked(endpoint: &str, model: &str) -> Option<Target> {
    let provider = match endpoint {
        "openAI" | "azureOpenAI" | "assistants" | "chatGPTBrowser" | "gptPlugins" => "openai".to_owned(),
        "google" => "gemini".to_owned(),
        "" => "librechat".to_owned(),
        other => {
            let plain: String = other.chars().filter(char::is_ascii_alphanumeric).collect();
            if plain.is_empty() { "librechat".to_owned() } else { plain.to_ascii_lowercase() }
        }
    };
    if model.contains('/') && provider == "librechat" { model.parse().ok() } else { target(&provider, model) }
}

//! Claude: a list of messages, in newer exports with the message that each one follows. `text` and the
//! blocks of `content` tell the same in two ways; the blocks tell more, where they are whole.

use crate::{
    chatgpt::{fenced, plain, reasoning},
    json::{Members, Time, text, value},
    tree::{Foreign, Node, Refused, Said, shown, target},
};
use domain::{MediaSource, MessageStatus, Part, Role};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// Parent of those that have none.
const NOBODY: [&str; 2] = ["00000000-0000-4000-8000-000000000000", "00000000-0000-0000-0000-000000000000"];

pub(crate) fn read(members: &Members<'_>) -> Result<Foreign, Refused> {
    let messages = members.list("chat_messages").ok_or("its `chat_messages` is no list")?;
    let model = members.text("model").and_then(|model| target("anthropic", &model));
    let mut foreign = Foreign {
        id: members.text("uuid"),
        title: members.text("name").unwrap_or_default(),
        created: Some(Time::of(members.value("created_at").as_ref())),
        updated: Some(Time::of(members.value("updated_at").as_ref())),
        pinned: members.is_true("is_starred"),
        current: members.text("current_leaf_message_uuid"),
        ..Foreign::default()
    };
    let (mut unknown, mut missing) = (BTreeSet::new(), 0);
    let mut before: Option<String> = None;
    for (rank, message) in messages.iter().enumerate() {
        let message: Value =
            value(message.get()).map_err(|error| format!("message {} cannot be read: {error}", rank + 1))?;
        if !message.is_object() {
            return Err(format!("message {} is no object", rank + 1));
        }
        let id = text(&message, "uuid").map_or_else(|| format!("message-{}", rank + 1), ToOwned::to_owned);
        let parent = match message.get("parent_message_uuid") {
            Some(Value::String(parent)) if NOBODY.contains(&parent.as_str()) => None,
            Some(Value::String(parent)) => Some(parent.clone()),
            _ => before.clone(),
        };
        let role = match text(&message, "sender") {
            Some("human" | "user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system") => Role::System,
            Some("tool") => Role::Tool,
            other => {
                return Err(format!("message {} is by `{}`", rank + 1, shown(other.unwrap_or("nobody"))));
            }
        };
        let mut said = Said::by(role, parts(&message, role, &mut unknown, &mut missing));
        said.at = Time::of(message.get("created_at"));
        if role == Role::Assistant {
            said.model =
                text(&message, "model").and_then(|m| target("anthropic", m)).or_else(|| model.clone());
            if matches!(text(&message, "stop_reason"), Some("user_canceled" | "user_cancelled")) {
                said.status = MessageStatus::Stopped;
            }
        }
        before = Some(id.clone());
        foreign.nodes.push(Node { id, parent, rank, said: Some(said) });
    }
    if missing > 0 {
        foreign.warnings.push(format!("{missing} of its files are not in the export; their names stay"));
    }
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.into_iter().take(8).collect();
        foreign
            .warnings
            .push(format!("it has blocks that are new here ({}); their text was taken", names.join(", ")));
    }
    Ok(foreign)
}

fn parts(message: &Value, role: Role, unknown: &mut BTreeSet<String>, missing: &mut usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut told = false;
    for block in message.get("content").and_then(Value::as_array).into_iter().flatten() {
        let kind = text(block, "type").unwrap_or_default();
        match kind {
            "text" => {
                if let Some(said) = text(block, "text") {
                    told |= !said.is_empty();
                    parts.extend(plain(said));
                }
            }
            "thinking" => parts.extend(reasoning(text(block, "thinking").unwrap_or_default())),
            "tool_use" => parts.push(Part::ToolCall {
                id: text(block, "id").unwrap_or_default().to_owned(),
                name: text(block, "name").unwrap_or("tool").to_owned(),
                arguments: block.get("input").map(ToString::to_string).unwrap_or_default(),
                signature: None,
            }),
            "tool_result" => parts.push(Part::ToolResult {
                call_id: text(block, "tool_use_id").unwrap_or_default().to_owned(),
                name: text(block, "name").map(ToOwned::to_owned),
                text: result(block),
                is_error: block.get("is_error").and_then(Value::as_bool) == Some(true),
            }),
            // Bookkeeping of the product.
            "token_budget" | "flag" => {}
            other => {
                unknown.insert(format!("`{}`", shown(other)));
                parts.extend(plain(text(block, "text").unwrap_or_default()));
            }
        }
    }
    tie(&mut parts, role);
    // What the blocks do not tell, the text does.
    if !told && !parts.iter().any(|part| matches!(part, Part::ToolCall { .. } | Part::ToolResult { .. })) {
        parts.extend(plain(text(message, "text").unwrap_or_default()));
    }
    for attachment in message.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let name = text(attachment, "file_name").filter(|name| !name.is_empty()).unwrap_or("attachment");
        match text(attachment, "extracted_content").filter(|said| !said.is_empty()) {
            Some(said) => parts.push(Part::text(format!("{}:\n\n{}", shown(name), fenced("", said)))),
            None => parts.push(absent(name, text(attachment, "file_type"), missing)),
        }
    }
    let mut named = HashSet::new();
    for list in ["files", "files_v2"] {
        for file in message.get(list).and_then(Value::as_array).into_iter().flatten() {
            let name = text(file, "file_name").filter(|name| !name.is_empty()).unwrap_or("file");
            if named.insert(name.to_owned()) {
                parts.push(absent(name, text(file, "file_kind").filter(|kind| kind.contains('/')), missing));
            }
        }
    }
    parts
}

/// Calls and results stand in one message here. A result is kept with its call; one without a call is a text.
fn tie(parts: &mut [Part], role: Role) {
    let mut open: Option<String> = None;
    for (at, part) in parts.iter_mut().enumerate() {
        match part {
            Part::ToolCall { id, .. } => {
                if id.is_empty() {
                    *id = format!("call-{at}");
                }
                open = Some(id.clone());
            }
            Part::ToolResult { call_id, text, .. } => match open.as_ref() {
                Some(call) if role == Role::Assistant => {
                    if call_id.is_empty() {
                        call_id.clone_from(call);
                    }
                }
                _ => *part = Part::text(std::mem::take(text)),
            },
            _ => {}
        }
    }
}

fn result(block: &Value) -> String {
    match block.get("content") {
        Some(Value::String(said)) => said.clone(),
        Some(Value::Array(blocks)) => {
            let texts: Vec<&str> = blocks.iter().filter_map(|block| text(block, "text")).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// A file that the export only names.
fn absent(name: &str, kind: Option<&str>, missing: &mut usize) -> Part {
    *missing += 1;
    let media_type = crate::chatgpt::media_type(kind, name, &[], false);
    let source = MediaSource::Url { url: format!("missing:{}", shown(name)) };
    Part::File { media_type, name: Some(shown(name)), source }
}

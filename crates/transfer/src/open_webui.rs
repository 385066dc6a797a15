//! Open WebUI: a chat holds a `history` of messages by id; older ones have only the list that was open.

use crate::{
    chatgpt::{media_type, plain},
    json::{Members, Time, text, value},
    read::Beside,
    tree::{Foreign, Node, Refused, Said, shown, target},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Hash, MediaSource, MessageStatus, Part, Role, Target};
use serde_json::Value;

pub(crate) fn read(outer: &Members<'_>, beside: &mut Beside<'_>) -> Result<Foreign, Refused> {
    let inner = outer.raw("chat").and_then(|text| Members::of(text.as_bytes()));
    // An export of a single chat may be its inner object alone.
    let chat = inner.as_ref().unwrap_or(outer);
    let mut foreign = Foreign {
        id: outer.text("id").or_else(|| chat.text("id")).filter(|id| !id.is_empty()),
        title: outer.text("title").or_else(|| chat.text("title")).unwrap_or_default(),
        system: chat
            .value("params")
            .and_then(|p| text(&p, "system").map(ToOwned::to_owned))
            .or_else(|| chat.text("system")),
        created: Some(Time::of(outer.value("created_at").or_else(|| chat.value("timestamp")).as_ref())),
        updated: Some(Time::of(outer.value("updated_at").as_ref())),
        pinned: outer.is_true("pinned"),
        archived: outer.is_true("archived"),
        ..Foreign::default()
    };
    let tags = outer.value("meta").and_then(|meta| meta.get("tags").cloned()).or_else(|| chat.value("tags"));
    for tag in tags.as_ref().and_then(Value::as_array).into_iter().flatten().take(64) {
        let name = tag.as_str().or_else(|| text(tag, "name"));
        foreign.tags.extend(name.map(shown).filter(|name| !name.is_empty()));
    }
    let mut missing = 0;
    let history = chat.raw("history").and_then(|text| Members::of(text.as_bytes()));
    let by_id =
        history.as_ref().and_then(|h| h.raw("messages")).and_then(|text| Members::of(text.as_bytes()));
    if let (Some(history), Some(by_id)) = (&history, by_id) {
        foreign.current = history.text("currentId");
        let mut ranks = std::collections::HashMap::new();
        for (id, message) in by_id.0 {
            let message: Value = value(message.get()).map_err(|error| format!("a message of it: {error}"))?;
            for (rank, child) in
                message.get("childrenIds").and_then(Value::as_array).into_iter().flatten().enumerate()
            {
                if let Some(child) = child.as_str() {
                    ranks.entry(child.to_owned()).or_insert(rank);
                }
            }
            let parent =
                text(&message, "parentId").filter(|parent| !parent.is_empty()).map(ToOwned::to_owned);
            let said = said(&message, &mut missing, beside);
            foreign.nodes.push(Node { id: id.into_owned(), parent, rank: usize::MAX, said });
        }
        for node in &mut foreign.nodes {
            node.rank = ranks.remove(&node.id).unwrap_or(usize::MAX);
        }
    } else {
        let list = chat.list("messages").ok_or("it has neither a `history` nor `messages`")?;
        let mut before = None;
        for (rank, message) in list.iter().enumerate() {
            let message: Value = value(message.get()).map_err(|error| format!("a message of it: {error}"))?;
            let id = text(&message, "id").map_or_else(|| format!("message-{}", rank + 1), ToOwned::to_owned);
            let parent = before.replace(id.clone());
            let said = said(&message, &mut missing, beside);
            foreign.nodes.push(Node { id, parent, rank, said });
        }
    }
    if missing > 0 {
        foreign.warnings.push(format!("{missing} of its files are not in the export; their names stay"));
    }
    Ok(foreign)
}

fn said(message: &Value, missing: &mut usize, beside: &mut Beside<'_>) -> Option<Said> {
    let role = match text(message, "role")? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => Role::System,
    };
    let mut parts = match message.get("content") {
        Some(Value::String(said)) => plain(said),
        // As it is sent to a model.
        Some(Value::Array(list)) => {
            list.iter().filter_map(|part| text(part, "text")).flat_map(plain).collect()
        }
        _ => Vec::new(),
    };
    for file in message.get("files").and_then(Value::as_array).into_iter().flatten() {
        parts.push(attached(file, missing, beside));
    }
    let failed = message.get("error").is_some_and(|error| error.is_object() || error == &Value::Bool(true));
    if let Some(why) = message.pointer("/error/content").and_then(Value::as_str).filter(|_| parts.is_empty())
    {
        parts.extend(plain(why));
    }
    let mut said = Said::by(role, parts);
    said.at = Time::of(message.get("timestamp"));
    if role == Role::Assistant {
        said.model = text(message, "model").and_then(named);
        if failed {
            said.status = MessageStatus::Failed;
        } else if message.get("done") == Some(&Value::Bool(false)) {
            said.status = MessageStatus::Interrupted;
        }
    }
    Some(said)
}

/// Models are named as their own server names them, some with a maker before a slash.
fn named(model: &str) -> Option<Target> {
    if model.contains('/') { model.trim().parse().ok() } else { target("open-webui", model) }
}

fn attached(file: &Value, missing: &mut usize, beside: &mut Beside<'_>) -> Part {
    let url = text(file, "url").unwrap_or_default();
    let name = text(file, "name").or_else(|| text(file, "id")).unwrap_or("file");
    let image = text(file, "type") == Some("image");
    // Pictures come as data addresses.
    if let Some((kind, data)) = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"))
        && let Ok(bytes) = BASE64_STANDARD.decode(data.as_bytes())
        && media_type(Some(kind), name, &bytes, image).starts_with("image/")
    {
        let media_type = media_type(Some(kind), name, &bytes, image);
        let hash = Hash::of(&bytes);
        let source = MediaSource::Blob { hash, size: u32::try_from(bytes.len()).unwrap_or(u32::MAX) };
        beside.keep(hash, &media_type, bytes);
        return Part::Image { media_type, source };
    }
    *missing += 1;
    let source = MediaSource::Url { url: format!("missing:{}", shown(name)) };
    let kind = text(file, "content_type")
        .or_else(|| file.pointer("/file/meta/content_type").and_then(Value::as_str));
    let media_type = media_type(kind, name, &[], image);
    if image {
        Part::Image { media_type, source }
    } else {
        Part::File { media_type, name: Some(shown(name)), source }
    }
}

//! ChatGPT: `mapping` is a tree of nodes by id. A node without a message only holds others together.

mod content;

use crate::{
    json::{Members, Time, text},
    read::Beside,
    tree::{Foreign, Node, Refused, Said, target},
};
use content::Content;
pub(crate) use content::{fenced, media_type, plain, reasoning};
use domain::{MessageStatus, Part, Role};
use serde_json::Value;
use std::collections::HashMap;

const PROVIDER: &str = "openai";

pub(crate) fn read(members: &Members<'_>, beside: &mut Beside<'_>) -> Result<Foreign, Refused> {
    let mapping = members.raw("mapping").and_then(|text| Members::of(text.as_bytes()));
    let mapping = mapping.ok_or("its `mapping` is no object")?;
    let mut foreign = Foreign {
        id: members.text("id").or_else(|| members.text("conversation_id")),
        title: members.text("title").unwrap_or_default(),
        created: Some(Time::of(members.value("create_time").as_ref())),
        updated: Some(Time::of(members.value("update_time").as_ref())),
        archived: members.is_true("is_archived"),
        pinned: members.is_true("is_starred"),
        current: members.text("current_node"),
        ..Foreign::default()
    };
    let mut nodes = Nodes::default();
    let mut content = Content::new(beside);
    for (id, node) in &mapping.0 {
        let node =
            Members::of(node.get().as_bytes()).ok_or_else(|| format!("its message `{id}` is no object"))?;
        let message = node.value("message");
        if message.is_none() && node.raw("message").is_some() {
            content.unreadable();
        }
        nodes.add(id, &node, message.and_then(|message| said(&message, id, &mut content)));
    }
    foreign.nodes = nodes.into_ordered();
    name_calls(&mut foreign.nodes);
    foreign.warnings = content.warnings();
    Ok(foreign)
}

/// Nodes of a `mapping`, with what their parents say of their order.
#[derive(Default)]
pub(crate) struct Nodes {
    nodes: Vec<Node>,
    /// For a child: who names it, and at which place.
    listed: HashMap<String, (String, usize)>,
}

impl Nodes {
    pub(crate) fn add(&mut self, id: &str, node: &Members<'_>, said: Option<Said>) {
        if let Some(Value::Array(children)) = node.value("children") {
            for (rank, child) in children.into_iter().enumerate() {
                if let Value::String(child) = child {
                    self.listed.entry(child).or_insert_with(|| (id.to_owned(), rank));
                }
            }
        }
        self.nodes.push(Node { id: id.to_owned(), parent: node.text("parent"), rank: usize::MAX, said });
    }

    pub(crate) fn into_ordered(mut self) -> Vec<Node> {
        for node in &mut self.nodes {
            let Some((parent, rank)) = self.listed.remove(&node.id) else { continue };
            // What a node says of its parent counts; where it says nothing, what the parent says of it.
            let by = node.parent.get_or_insert_with(|| parent.clone());
            if *by == parent {
                node.rank = rank;
            }
        }
        self.nodes
    }
}

fn said(message: &Value, node: &str, content: &mut Content<'_, '_>) -> Option<Said> {
    let message_role = message.pointer("/author/role").and_then(Value::as_str)?;
    let role = match message_role {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        // Parts of the product that speak to the model: `critic`, `discovery`, …
        other => {
            content.unknown_role(other);
            Role::System
        }
    };
    let metadata = message.get("metadata").unwrap_or(&Value::Null);
    let hidden = metadata.get("is_visually_hidden_from_conversation").and_then(Value::as_bool) == Some(true)
        || message.get("weight").and_then(Value::as_f64) == Some(0.0);
    let status = match text(message, "status") {
        Some("in_progress") => MessageStatus::Interrupted,
        Some("finished_partial_completion") => MessageStatus::Stopped,
        _ if metadata.pointer("/finish_details/type").and_then(Value::as_str) == Some("interrupted") => {
            MessageStatus::Stopped
        }
        _ => MessageStatus::Complete,
    };
    let model = (role == Role::Assistant).then(|| text(metadata, "model_slug")).flatten();
    let mut said = Said::by(role, content.parts(message, role, node));
    said.model = model.and_then(|model| target(PROVIDER, model));
    said.at = Time::of(message.get("create_time"));
    // Only an answer ends early.
    said.status = if role == Role::Assistant { status } else { MessageStatus::Complete };
    said.hidden = hidden;
    Some(said)
}

/// A tool's answer names the call it belongs to: the nearest one above. An answer without a call is a text,
/// for no provider takes such an answer.
fn name_calls(nodes: &mut [Node]) {
    let by_id: HashMap<String, usize> =
        nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
    let is_call = |node: &Node| {
        node.said.as_ref().is_some_and(|said| said.parts.iter().any(|p| matches!(p, Part::ToolCall { .. })))
    };
    let mut named = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        if node.said.as_ref().is_none_or(|said| said.role != Role::Tool) {
            continue;
        }
        // A call's answers stand close to it; a circle ends this as well.
        let above = std::iter::successors(node.parent.as_ref(), |id| {
            nodes.get(*by_id.get(*id)?).and_then(|node| node.parent.as_ref())
        });
        let call = above.take(32).find(|id| by_id.get(*id).is_some_and(|at| is_call(&nodes[*at])));
        named.push((at, call.cloned()));
    }
    for (at, call) in named {
        for part in nodes[at].said.iter_mut().flat_map(|said| &mut said.parts) {
            let Part::ToolResult { call_id, text, .. } = part else { continue };
            match &call {
                Some(call) => call_id.clone_from(call),
                None => *part = Part::text(std::mem::take(text)),
            }
        }
    }
}

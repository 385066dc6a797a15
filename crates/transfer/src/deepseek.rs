//! DeepSeek: ChatGPT's tree, with `fragments` in place of contents.

use crate::{
    chatgpt::Nodes,
    json::{Members, Time, text},
    tree::{Foreign, Refused, Said, target},
};
use domain::{Part, Role};
use serde_json::Value;

pub(crate) fn is(members: &Members<'_>) -> bool {
    members.raw("inserted_at").is_some()
        || members.raw("mapping").is_some_and(|text| {
            // Looked for only where the first nodes are.
            let head = text.get(..text.len().min(64 * 1024)).unwrap_or_default();
            head.contains("\"fragments\"") && !head.contains("\"content_type\"")
        })
}

pub(crate) fn read(members: &Members<'_>) -> Result<Foreign, Refused> {
    let mapping = members.raw("mapping").and_then(|text| Members::of(text.as_bytes()));
    let mapping = mapping.ok_or("its `mapping` is no object")?;
    let (mut nodes, mut unreadable) = (Nodes::default(), 0);
    for (id, node) in &mapping.0 {
        let node =
            Members::of(node.get().as_bytes()).ok_or_else(|| format!("its message `{id}` is no object"))?;
        let message = node.value("message");
        unreadable += usize::from(message.is_none() && node.raw("message").is_some());
        nodes.add(id, &node, message.and_then(|message| said(&message)));
    }
    let left_out = format!("{unreadable} of its messages cannot be read, and were left out");
    Ok(Foreign {
        warnings: (unreadable > 0).then_some(left_out).into_iter().collect(),
        id: members.text("id"),
        title: members.text("title").unwrap_or_default(),
        created: Some(Time::of(members.value("inserted_at").as_ref())),
        updated: Some(Time::of(members.value("updated_at").as_ref())),
        current: members.text("current_node"),
        nodes: nodes.into_ordered(),
        ..Foreign::default()
    })
}

fn said(message: &Value) -> Option<Said> {
    let fragments = message.get("fragments").and_then(Value::as_array)?;
    let mut role = Role::Assistant;
    let mut parts = Vec::new();
    for fragment in fragments {
        let Some(said) = text(fragment, "content").filter(|said| !said.is_empty()) else { continue };
        let said = said.to_owned();
        match text(fragment, "type").unwrap_or_default() {
            "REQUEST" => {
                role = Role::User;
                parts.push(Part::Text { text: said });
            }
            "THINK" => parts.push(Part::Reasoning { text: said, signature: None, sealed: None, id: None }),
            _ => parts.push(Part::Text { text: said }),
        }
    }
    let mut all = Said::by(role, parts);
    all.model =
        text(message, "model").filter(|_| role == Role::Assistant).and_then(|m| target("deepseek", m));
    all.at = Time::of(message.get("inserted_at"));
    Some(all)
}

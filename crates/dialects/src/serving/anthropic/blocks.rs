//! The content of messages.

use super::super::{
    Asked, Refusal,
    body::{At, Node},
    said,
};
use crate::{Assembly, ChatMessage, Delta, anthropic_messages::Sources};
use base64::Engine as _;
use domain::{Dialect, MediaSource, Part, Role};

/// A text, or blocks that must all be text.
pub(super) fn texts(at: &At<'_, '_>, between: &str) -> Result<String, Refusal> {
    if let Some(text) = at.node.as_text() {
        return Ok(text.to_owned());
    }
    if !matches!(at.node, Node::List(_)) {
        return Err(at.not("a string or an array of text blocks"));
    }
    let mut all: Vec<&str> = Vec::new();
    for block in at.list()? {
        let kind = block.need("type")?;
        if kind.text()? != "text" {
            return Err(kind.bad(format!("`{}` must be `text`", kind.place())));
        }
        all.push(block.need("text")?.text()?);
    }
    Ok(all.join(between))
}

/// What a user says. Results of tools are a message of their own, before the rest.
pub(super) fn user(at: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    if let Some(text) = at.node.as_text() {
        asked.request.messages.push(ChatMessage { role: Role::User, parts: vec![Part::text(text)] });
        return Ok(());
    }
    let (mut results, mut parts) = (Vec::new(), Vec::new());
    for block in blocks(at)? {
        if block.need("type")?.text()? == "tool_result" {
            results.push(result(&block, &mut parts, asked)?);
        } else {
            content(&block, &mut parts, asked)?;
        }
    }
    let silent = results.is_empty();
    if !silent {
        asked.request.messages.push(ChatMessage { role: Role::Tool, parts: results });
    }
    if silent || !parts.is_empty() {
        asked.request.messages.push(ChatMessage { role: Role::User, parts });
    }
    Ok(())
}

fn blocks<'n, 'a>(
    at: &At<'n, 'a>,
) -> Result<impl ExactSizeIterator<Item = At<'n, 'a>> + use<'n, 'a>, Refusal> {
    if !matches!(at.node, Node::List(_)) {
        return Err(at.not("a string or an array of blocks"));
    }
    at.list()
}

/// A block that is no result of a tool.
fn content(block: &At<'_, '_>, parts: &mut Vec<Part>, asked: &mut Asked) -> Result<(), Refusal> {
    match block.need("type")?.text()? {
        "text" => parts.push(Part::text(block.need("text")?.text()?)),
        "image" => match source(&block.need("source")?, asked)? {
            Some((media_type, source)) => {
                parts.push(Part::Image { media_type: type_of(media_type, &source, "image/png"), source });
            }
            None => parts.push(raw(block)),
        },
        "document" => document(block, parts, asked)?,
        "search_result" => {
            let (title, source) = (block.text_of("title")?, block.text_of("source")?);
            let text = texts(&block.need("content")?, "\n")?;
            let said: Vec<&str> = title.into_iter().chain(source).chain([text.as_str()]).collect();
            parts.push(Part::text(said.join("\n")));
        }
        kind => {
            let what = format!("a block of type `{kind}`");
            asked.bind(block, &what);
            parts.push(raw(block));
        }
    }
    Ok(())
}

fn type_of(said: Option<&str>, source: &MediaSource, usual: &'static str) -> String {
    match (said, source) {
        (Some(said), _) => said.to_owned(),
        (None, MediaSource::Url { url }) => said::type_of(url, usual).to_owned(),
        (None, _) => usual.to_owned(),
    }
}

fn raw(block: &At<'_, '_>) -> Part {
    Part::Raw { dialect: Dialect::AnthropicMessages, json: block.node.to_json() }
}

/// Where media are; `None` where only Anthropic has them.
fn source<'n>(at: &At<'n, '_>, asked: &mut Asked) -> Result<Option<(Option<&'n str>, MediaSource)>, Refusal> {
    let kind = at.need("type")?;
    Ok(match kind.text()? {
        "base64" => {
            let media_type = at.need("media_type")?.text()?;
            let data = at.need("data")?.text()?.to_owned();
            Some((Some(media_type), MediaSource::Inline { data }))
        }
        "url" => Some((None, MediaSource::Url { url: at.need("url")?.text()?.to_owned() })),
        other => {
            let what = format!("a source of type `{other}`");
            asked.bind(&kind, &what);
            None
        }
    })
}

fn document(block: &At<'_, '_>, parts: &mut Vec<Part>, asked: &mut Asked) -> Result<(), Refusal> {
    let name = block.text_of("title")?.map(str::to_owned);
    if let Some(context) = block.text_of("context")?.filter(|text| !text.is_empty()) {
        parts.push(Part::text(context));
    }
    let at = block.need("source")?;
    match at.need("type")?.text()? {
        "text" => {
            let data = base64::engine::general_purpose::STANDARD.encode(at.need("data")?.text()?);
            let source = MediaSource::Inline { data };
            parts.push(Part::File { media_type: "text/plain".to_owned(), name, source });
        }
        "content" => {
            parts.extend(name.map(Part::text));
            let inner = at.need("content")?;
            if let Some(text) = inner.node.as_text() {
                parts.push(Part::text(text));
            } else {
                for item in blocks(&inner)? {
                    match item.need("type")?.text()? {
                        "text" | "image" => content(&item, parts, asked)?,
                        _ => return Err(item.bad(format!("`{}` must be text or an image", item.place()))),
                    }
                }
            }
        }
        _ => match source(&at, asked)? {
            Some((media_type, source)) => {
                let media_type = type_of(media_type, &source, "application/pdf");
                parts.push(Part::File { media_type, name, source });
            }
            None => parts.push(raw(block)),
        },
    }
    Ok(())
}

/// A tool's result. Its pictures and files are shown after it, for a result is text.
fn result(block: &At<'_, '_>, shown: &mut Vec<Part>, asked: &mut Asked) -> Result<Part, Refusal> {
    let call_id = block.need("tool_use_id")?.text()?.to_owned();
    let is_error = block.flag_of("is_error")?;
    let mut text = String::new();
    let before = shown.len();
    if let Some(at) = block.get("content")? {
        if let Some(said) = at.node.as_text() {
            said.clone_into(&mut text);
        } else {
            let mut parts = Vec::new();
            for item in blocks(&at)? {
                content(&item, &mut parts, asked)?;
            }
            for part in parts {
                match part {
                    Part::Text { text: more } if text.is_empty() => text = more,
                    Part::Text { text: more } => {
                        text.push('\n');
                        text.push_str(&more);
                    }
                    other => shown.push(other),
                }
            }
        }
    }
    if text.is_empty() && shown.len() > before {
        "(shown below)".clone_into(&mut text);
    }
    Ok(Part::ToolResult { call_id, name: None, text, is_error })
}

/// What a model said, made of the same pieces as when it said it.
pub(super) fn assistant(at: &At<'_, '_>, asked: &mut Asked) -> Result<Vec<Part>, Refusal> {
    let mut made = Assembly::new();
    let (mut deltas, mut changes) = (Vec::new(), Vec::new());
    let mut sources = Sources::default();
    if let Some(text) = at.node.as_text() {
        return Ok(if text.is_empty() { Vec::new() } else { vec![Part::text(text)] });
    }
    for (key, block) in blocks(at)?.enumerate() {
        let key = key as u32;
        let kind = block.need("type")?.text()?;
        if kind != "text" {
            sources.tell(&mut deltas);
        }
        match kind {
            "text" => {
                let text = block.need("text")?.text()?;
                let from = sources.chars;
                sources.chars += text.chars().count() as u32;
                deltas.push(Delta::Text(text.to_owned()));
                if let Some(cited) = block.get("citations")?
                    && cited.list()?.len() > 0
                {
                    let cited = serde_json::from_str::<Vec<serde_json::Value>>(&cited.node.to_json());
                    sources.add(from, &cited.unwrap_or_default());
                }
            }
            "thinking" => {
                let proof = said::unpacked(block.text_of("signature")?.unwrap_or_default());
                let text = block.need("thinking")?.text()?.to_owned();
                // Anthropic takes only proofs of its own, and no thought without one.
                asked.foreign |= proof.packed || proof.signature.is_none();
                deltas.extend([Delta::ReasoningStart, Delta::Reasoning(text)]);
                if proof != said::Proof::default() {
                    let said::Proof { signature, sealed, id, .. } = proof;
                    deltas.push(Delta::ReasoningSeal { signature, sealed, id });
                }
            }
            "redacted_thinking" => {
                let sealed = Some(block.need("data")?.text()?.to_owned());
                let seal = Delta::ReasoningSeal { signature: None, sealed, id: None };
                deltas.extend([Delta::ReasoningStart, seal]);
            }
            "tool_use" => {
                let id = block.need("id")?.text()?.to_owned();
                let name = block.need("name")?.text()?.to_owned();
                let text = block.need("input")?.object_json()?;
                deltas.extend([Delta::ToolCall { key, id, name }, Delta::ToolArguments { key, text }]);
            }
            "image" | "document" | "search_result" | "tool_result" => {
                return Err(block.bad(format!(
                    "`{}` is of type `{kind}`, which only users send; give it the role `user`",
                    block.place()
                )));
            }
            // Server tools and their results: kept for the provider that knows them.
            _ => deltas.push(Delta::Part(raw(&block))),
        }
        for delta in deltas.drain(..) {
            made.push(delta, &mut changes);
        }
        changes.clear();
    }
    sources.tell(&mut deltas);
    for delta in deltas {
        made.push(delta, &mut changes);
    }
    Ok(made.into_parts())
}

//! The parts of contents.

use super::{
    super::{
        Asked, Refusal,
        body::{At, Node},
        said,
    },
    read::get,
};
use crate::{Assembly, ChatMessage, Delta};
use domain::{Dialect, MediaSource, Part, Role};

/// System text: contents whose parts are text, or a text alone.
pub(super) fn system(at: &At<'_, '_>) -> Result<Option<String>, Refusal> {
    let mut all = String::new();
    if let Some(text) = at.node.as_text() {
        all.push_str(text);
    } else {
        for part in items(at)? {
            let text = part.need("text")?.text()?;
            if !all.is_empty() && !text.is_empty() {
                all.push_str("\n\n");
            }
            all.push_str(text);
        }
    }
    Ok((!all.is_empty()).then_some(all))
}

/// The parts of a content. One part may stand without a list around it.
fn items<'n, 'a>(at: &At<'n, 'a>) -> Result<Vec<At<'n, 'a>>, Refusal> {
    let parts = at.need("parts")?;
    let items: Vec<At<'n, 'a>> = match parts.node {
        Node::Object(_) => vec![parts.clone()],
        _ => parts.list()?.collect(),
    };
    if items.is_empty() {
        return Err(parts.bad(format!("`{}` is empty; send at least one part", parts.place())));
    }
    Ok(items)
}

/// What a part is.
enum Said<'n, 'a> {
    Text(&'n str),
    Media { media_type: String, name: Option<String>, source: MediaSource },
    Call(At<'n, 'a>),
    Result(At<'n, 'a>),
    Other,
}

fn said<'n, 'a>(part: &At<'n, 'a>) -> Result<Said<'n, 'a>, Refusal> {
    if let Some(text) = part.text_of("text")? {
        return Ok(Said::Text(text));
    }
    if let Some(inline) = get(part, "inlineData", "inline_data")? {
        let media_type = need(&inline, "mimeType", "mime_type")?.text()?.to_owned();
        let name = get(&inline, "displayName", "display_name")?.map(|n| n.text()).transpose()?;
        // Some clients write the alphabet of addresses.
        let data = inline.need("data")?.text()?.replace('-', "+").replace('_', "/");
        return Ok(Said::Media {
            media_type,
            name: name.map(str::to_owned),
            source: MediaSource::Inline { data },
        });
    }
    if let Some(file) = get(part, "fileData", "file_data")? {
        let url = need(&file, "fileUri", "file_uri")?.text()?.to_owned();
        let told = get(&file, "mimeType", "mime_type")?.map(|kind| kind.text()).transpose()?;
        let media_type = told.unwrap_or_else(|| said::type_of(&url, "application/octet-stream")).to_owned();
        return Ok(Said::Media { media_type, name: None, source: MediaSource::Url { url } });
    }
    if let Some(call) = get(part, "functionCall", "function_call")? {
        return Ok(Said::Call(call));
    }
    if let Some(result) = get(part, "functionResponse", "function_response")? {
        return Ok(Said::Result(result));
    }
    match part.node {
        Node::Object(fields) if fields.iter().any(|(_, value)| *value != Node::Null) => Ok(Said::Other),
        Node::Object(_) => {
            Err(part.bad(format!("`{}` says nothing; give it `text` or another field", part.place())))
        }
        _ => Err(part.not("an object")),
    }
}

fn need<'n, 'a>(at: &At<'n, 'a>, camel: &'n str, snake: &'n str) -> Result<At<'n, 'a>, Refusal> {
    get(at, camel, snake)?.ok_or_else(|| at.lacks(camel))
}

fn media(media_type: String, name: Option<String>, source: MediaSource) -> Part {
    if media_type.starts_with("image/") {
        Part::Image { media_type, source }
    } else {
        Part::File { media_type, name, source }
    }
}

/// Files that only Google has.
fn bind_file(part: &At<'_, '_>, source: &MediaSource, asked: &mut Asked) {
    if let MediaSource::Url { url } = source
        && (url.starts_with("gs://") || url.contains("generativelanguage.googleapis.com"))
    {
        asked.bind(part, "a file stored at Google");
    }
}

fn raw(part: &At<'_, '_>) -> Part {
    Part::Raw { dialect: Dialect::Gemini, json: part.node.to_json() }
}

/// What a user says. Results of functions are a message of their own, before the rest.
pub(super) fn user(content: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let (mut results, mut parts) = (Vec::new(), Vec::new());
    for part in items(content)? {
        match said(&part)? {
            Said::Text(text) => parts.push(Part::text(text)),
            Said::Media { media_type, name, source } => {
                bind_file(&part, &source, asked);
                parts.push(media(media_type, name, source));
            }
            Said::Result(at) => {
                let result = result(&at, &results, &mut parts, asked)?;
                results.push(result);
            }
            Said::Call(at) => {
                return Err(at.bad(format!(
                    "`{}` is a call, which only models make; give it the role `model`",
                    at.place()
                )));
            }
            Said::Other => {
                asked.bind(&part, "this part");
                parts.push(raw(&part));
            }
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

/// A function's result. Where it does not say which call it answers, it answers the first call of that
/// name that has none.
fn result(
    at: &At<'_, '_>,
    before: &[Part],
    shown: &mut Vec<Part>,
    asked: &mut Asked,
) -> Result<Part, Refusal> {
    let name = at.need("name")?.text()?.to_owned();
    let response = at.get("response")?;
    if let Some(response) = &response
        && !matches!(response.node, Node::Object(_))
    {
        return Err(response.not("an object"));
    }
    let (text, is_error) = response.map_or((String::new(), false), |response| spelled(response.node));
    let call_id = match at.text_of("id")? {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => answered(&name, before, asked),
    };
    if let Some(parts) = at.get("parts")? {
        for part in parts.list()? {
            match said(&part)? {
                Said::Media { media_type, name, source } => {
                    bind_file(&part, &source, asked);
                    shown.push(media(media_type, name, source));
                }
                _ => asked.bind(&part, "this part of a result"),
            }
        }
    }
    Ok(Part::ToolResult { call_id, name: Some(name), text, is_error })
}

/// A response that is only a wrapping of one text is that text; so does our encoder wrap them.
fn spelled(response: &Node<'_>) -> (String, bool) {
    if let Node::Object(fields) = response
        && let [(name, value)] = fields.as_slice()
        && let Some(text) = value.as_text()
    {
        match name.as_ref() {
            "result" | "output" => return (text.to_owned(), false),
            "error" => return (text.to_owned(), true),
            _ => {}
        }
    }
    (response.to_json(), false)
}

fn answered(name: &str, before: &[Part], asked: &Asked) -> String {
    let messages = &asked.request.messages;
    let asking = messages.iter().rposition(|m| m.role == Role::Assistant);
    let (calls, since) = match asking.and_then(|at| messages.get(at..)) {
        Some([call, since @ ..]) => (call.parts.as_slice(), since),
        _ => return format!("call_{name}"),
    };
    let told = |id: &str| {
        since
            .iter()
            .flat_map(|m| &m.parts)
            .chain(before)
            .any(|part| matches!(part, Part::ToolResult { call_id, .. } if call_id == id))
    };
    calls
        .iter()
        .find_map(|part| match part {
            Part::ToolCall { id, name: called, .. } if called == name && !told(id) => Some(id.clone()),
            _ => None,
        })
        .unwrap_or_else(|| format!("call_{name}"))
}

/// What a model said, made of the same pieces as when it said it.
pub(super) fn model(content: &At<'_, '_>, asked: &mut Asked) -> Result<Vec<Part>, Refusal> {
    let mut made = Assembly::new();
    let (mut deltas, mut changes) = (Vec::new(), Vec::new());
    let mut key = 0;
    for part in items(content)? {
        let proof = match get(&part, "thoughtSignature", "thought_signature")? {
            Some(at) => said::unpacked(at.text()?),
            None => said::Proof::default(),
        };
        // Google takes only proofs of its own.
        asked.foreign |= proof.packed;
        let sealed = proof != said::Proof::default();
        let said::Proof { signature, sealed: secret, id: item, .. } = proof;
        match said(&part)? {
            Said::Text(text) => {
                if part.flag_of("thought")? {
                    deltas.push(Delta::Reasoning(text.to_owned()));
                } else {
                    deltas.push(Delta::Text(text.to_owned()));
                    // A proof for text: it goes back as a thought of its own.
                    deltas.extend(sealed.then_some(Delta::ReasoningStart));
                }
                if sealed {
                    deltas.push(Delta::ReasoningSeal { signature, sealed: secret, id: item });
                }
            }
            Said::Call(at) => {
                let name = at.need("name")?.text()?.to_owned();
                let id = at.text_of("id")?.filter(|id| !id.is_empty());
                let id = id.map_or_else(|| format!("call_{key}"), str::to_owned);
                deltas.push(Delta::ToolCall { key, id, name });
                if let Some(arguments) = at.get("args")? {
                    deltas.push(Delta::ToolArguments { key, text: arguments.object_json()? });
                }
                deltas.extend(signature.map(|signature| Delta::ToolSeal { key, signature }));
                key += 1;
            }
            Said::Media { media_type, name, source } => {
                bind_file(&part, &source, asked);
                deltas.push(Delta::Part(media(media_type, name, source)));
            }
            Said::Result(at) => {
                return Err(at.bad(format!(
                    "`{}` is a result, which only users send; give it the role `user`",
                    at.place()
                )));
            }
            // Code that Google ran: kept for the provider that knows it.
            Said::Other => deltas.push(Delta::Part(raw(&part))),
        }
        for delta in deltas.drain(..) {
            made.push(delta, &mut changes);
        }
        changes.clear();
    }
    Ok(made.into_parts())
}

//! What a response asks.

use super::proof;
use crate::{
    ChatMessage,
    serving::{
        Asked, Refusal,
        body::{self, At, Node},
        openai, said,
    },
};
use domain::{Dialect, MediaSource, Part, ResponseFormat, Role, ToolChoice};

pub(in crate::serving) fn read(bytes: &[u8]) -> Result<Asked, Refusal> {
    let node = body::parse(bytes)?;
    let body = At::root(&node);
    let mut asked = Asked {
        model: body::model(&body)?,
        ours: body::ours(&body)?,
        choices: 1,
        usage_wanted: true,
        thoughts: true,
        previous_response: body.text_of("previous_response_id")?.map(str::to_owned),
        ..Asked::default()
    };
    openai::common(&body, &mut asked)?;
    asked.usage_wanted = true;
    asked.keep = body.get("store")?.map(|at| at.flag()).transpose()?.unwrap_or(true);
    asked.request.system = body.text_of("instructions")?.map(str::to_owned);
    params(&body, &mut asked)?;
    for (name, what) in [
        ("conversation", "a conversation that is stored at a provider"),
        ("prompt", "a prompt that is stored at a provider"),
    ] {
        if let Some(at) = body.get(name)? {
            asked.bind(&at, what);
        }
    }
    if let Some(at) = body.get("background")?
        && at.flag()?
    {
        asked.bind(&at, "answering in the background");
    }
    input(&body, &mut asked)?;
    openai::lead(&mut asked);
    Ok(asked)
}

fn params(body: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let params = &mut asked.request.params;
    params.max_tokens = body.count_of("max_output_tokens", 1)?;
    if let Some(reasoning) = body.get("reasoning")?
        && let Some(effort) = reasoning.get("effort")?
    {
        params.reasoning_effort = Some(openai::effort(&effort)?);
    }
    if let Some(text) = body.get("text")?
        && let Some(format) = text.get("format")?
    {
        let kind = format.need("type")?;
        params.response_format = match kind.text()? {
            "text" => None,
            "json_object" => Some(ResponseFormat::JsonObject),
            "json_schema" => Some(openai::schema(&format)?),
            _ => return Err(kind.bad("`text.format.type` must be `text`, `json_object` or `json_schema`")),
        };
    }
    if let Some(include) = body.get("include")? {
        for item in include.list()? {
            item.text()?;
        }
    }
    if let Some(tools) = body.get("tools")? {
        for tool in tools.list()? {
            match tool.need("type")?.text()? {
                "function" => asked.request.params.tools.push(openai::tool(&tool)?),
                kind if kind.starts_with("web_search") => asked.request.params.web_search = true,
                kind => asked.bind(&tool, &format!("the tool type `{kind}`")),
            }
        }
    }
    let Some(choice) = body.get("tool_choice")? else { return Ok(()) };
    asked.request.params.tool_choice = Some(match choice.node {
        Node::Text(word) => match word.as_ref() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => return Err(choice.bad("`tool_choice` must be `auto`, `none`, `required` or a function")),
        },
        _ => match choice.need("type")?.text()? {
            "function" => ToolChoice::Named { name: choice.need("name")?.text()?.to_owned() },
            kind => {
                asked.bind(&choice, &format!("the tool choice `{kind}`"));
                return Ok(());
            }
        },
    });
    Ok(())
}

fn input(body: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let follows = asked.previous_response.is_some() || body.node.peek("prompt").is_some();
    let Some(input) = body.get("input")? else {
        return if follows { Ok(()) } else { Err(body.lacks("input")) };
    };
    if let Some(text) = input.node.as_text() {
        push(asked, Role::User, vec![Part::text(text)]);
        return Ok(());
    }
    let items = input.list().map_err(|_| input.not("a string or an array of items"))?;
    if items.len() == 0 && !follows {
        return Err(input.bad("`input` is empty; send at least one item"));
    }
    for item in items {
        self::item(&item, asked)?;
    }
    Ok(())
}

/// Adds parts: what an assistant says, thinks and calls in a row is one message, and so are results.
fn push(asked: &mut Asked, role: Role, parts: Vec<Part>) {
    if parts.is_empty() {
        return;
    }
    match asked.request.messages.last_mut() {
        Some(last) if last.role == role && matches!(role, Role::Assistant | Role::Tool) => {
            last.parts.extend(parts);
        }
        _ => asked.request.messages.push(ChatMessage { role, parts }),
    }
}

fn item(at: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let kind = at.text_of("type")?.unwrap_or("message");
    match kind {
        "message" => {
            let role = at.need("role")?;
            let role = match role.text()? {
                "system" | "developer" => Role::System,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                _ => {
                    return Err(role.bad(format!(
                        "`{}` must be `system`, `developer`, `user` or `assistant`",
                        role.place()
                    )));
                }
            };
            let parts = content(&at.need("content")?, asked)?;
            push(asked, role, parts);
        }
        "function_call" => {
            let arguments = at.text_of("arguments")?.unwrap_or_default();
            let part = Part::ToolCall {
                id: at.need("call_id")?.text()?.to_owned(),
                name: at.need("name")?.text()?.to_owned(),
                arguments: if arguments.trim().is_empty() { "{}" } else { arguments }.to_owned(),
                signature: None,
            };
            push(asked, Role::Assistant, vec![part]);
        }
        "function_call_output" => {
            let call_id = at.need("call_id")?.text()?.to_owned();
            let mut parts = content(&at.need("output")?, asked)?;
            let text = crate::wire::text_of(&parts);
            parts.retain(|part| !matches!(part, Part::Text { .. }));
            parts.insert(0, Part::ToolResult { call_id, name: None, text, is_error: false });
            push(asked, Role::Tool, parts);
        }
        "reasoning" => {
            let mut texts = Vec::new();
            for field in ["summary", "content"] {
                if let Some(pieces) = at.get(field)?
                    && texts.is_empty()
                {
                    for piece in pieces.list()? {
                        texts.extend(piece.text_of("text")?);
                    }
                }
            }
            let (encrypted, id) = (at.text_of("encrypted_content")?, at.text_of("id")?);
            let (part, packed) = proof::unpacked(texts.join("\n\n"), encrypted, id);
            asked.foreign |= packed;
            push(asked, Role::Assistant, vec![part]);
        }
        "item_reference" => asked.bind(at, "an item that is stored at a provider"),
        // What a provider's own tools did; others pass over it.
        "web_search_call" | "file_search_call" | "code_interpreter_call" | "image_generation_call" => {
            let json = at.node.to_json();
            push(asked, Role::Assistant, vec![Part::Raw { dialect: Dialect::OpenaiResponses, json }]);
        }
        // Custom, computer, shell, MCP and compaction items, and those newer than this code.
        kind => asked.bind(at, &format!("the item type `{kind}`")),
    }
    Ok(())
}

/// A text or parts.
fn content(at: &At<'_, '_>, asked: &mut Asked) -> Result<Vec<Part>, Refusal> {
    match at.node {
        Node::Text(text) => Ok(vec![Part::text(text.as_ref())]),
        Node::List(_) => {
            let mut parts = Vec::new();
            for item in at.list()? {
                parts.extend(part(&item, asked)?);
            }
            Ok(parts)
        }
        _ => Err(at.not("a string or an array of parts")),
    }
}

/// One part; `None` where only a provider of this dialect understands it.
fn part(at: &At<'_, '_>, asked: &mut Asked) -> Result<Option<Part>, Refusal> {
    let kind = at.need("type")?;
    let part = match kind.text()? {
        "input_text" | "output_text" | "text" | "summary_text" => Part::text(at.need("text")?.text()?),
        "refusal" => Part::text(at.need("refusal")?.text()?),
        "input_audio" => openai::audio(&at.need("input_audio")?)?,
        "input_image" => match (at.get("image_url")?, at.get("file_id")?) {
            (Some(url), _) => openai::image(&url)?,
            (None, Some(id)) => {
                asked.bind(&id, "a file that is stored at a provider");
                return Ok(None);
            }
            (None, None) => return Err(at.lacks("image_url")),
        },
        "input_file" => {
            let name = at.text_of("filename")?;
            match (at.get("file_data")?, at.text_of("file_url")?, at.get("file_id")?) {
                (Some(data), ..) => openai::file(&data, name)?,
                (None, Some(url), _) => Part::File {
                    media_type: said::type_of(url, "application/pdf").to_owned(),
                    name: name.map(str::to_owned),
                    source: MediaSource::Url { url: url.to_owned() },
                },
                (None, None, Some(id)) => {
                    asked.bind(&id, "a file that is stored at a provider");
                    return Ok(None);
                }
                (None, None, None) => return Err(at.lacks("file_data")),
            }
        }
        _ => {
            return Err(kind.bad(format!(
                "`{}` must be `input_text`, `input_image`, `input_file`, `input_audio` or `output_text`",
                kind.place()
            )));
        }
    };
    Ok(Some(part))
}

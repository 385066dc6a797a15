//! What a chat asks.

use crate::{
    ChatMessage,
    serving::{
        Asked, Refusal,
        body::{self, At, Node},
        openai,
    },
};
use domain::{MediaSource, Part, ResponseFormat, Role, ToolChoice};

pub(in crate::serving) fn read(bytes: &[u8]) -> Result<Asked, Refusal> {
    let node = body::parse(bytes)?;
    let body = At::root(&node);
    let mut asked = Asked {
        model: body::model(&body)?,
        ours: body::ours(&body)?,
        choices: body.count_of("n", 1)?.unwrap_or(1),
        thoughts: true,
        ..Asked::default()
    };
    if asked.choices > 128 {
        return Err(Refusal::bad("n", "`n` may be at most 128; ask for fewer answers"));
    }
    openai::common(&body, &mut asked)?;
    params(&body, &mut asked)?;
    messages(&body, &mut asked)?;
    openai::lead(&mut asked);
    Ok(asked)
}

fn params(body: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let params = &mut asked.request.params;
    params.max_tokens = body.count_of("max_tokens", 1)?;
    // Of two that differ, whoever is asked may read either: budgets count the larger.
    params.max_tokens = params.max_tokens.max(body.count_of("max_completion_tokens", 1)?);
    params.stop = openai::stops(body)?;
    params.seed = openai::seed(body)?;
    body.flag_of("logprobs")?;
    body.count_of("top_logprobs", 0)?;
    if let Some(effort) = body.get("reasoning_effort")? {
        params.reasoning_effort = Some(openai::effort(&effort)?);
    } else if let Some(reasoning) = body.get("reasoning")?
        && matches!(reasoning.node, Node::Object(_))
        && let Some(effort) = reasoning.get("effort")?
    {
        // OpenRouter's way.
        params.reasoning_effort = Some(openai::effort(&effort)?);
    }
    if let Some(format) = body.get("response_format")? {
        let kind = format.need("type")?;
        params.response_format = match kind.text()? {
            "text" => None,
            "json_object" => Some(ResponseFormat::JsonObject),
            "json_schema" => Some(openai::schema(&format.need("json_schema")?)?),
            _ => {
                return Err(kind.bad("`response_format.type` must be `text`, `json_object` or `json_schema`"));
            }
        };
    }
    params.web_search = body.get("web_search_options")?.is_some();
    tools(body, asked)?;
    if let Some(modalities) = body.get("modalities")? {
        for modality in modalities.list()? {
            if modality.text()? != "text" {
                asked.bind(&modality, "an answer that is not text");
            }
        }
    }
    Ok(())
}

fn tools(body: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    if let Some(tools) = body.get("tools")? {
        for tool in tools.list()? {
            match tool.need("type")?.text()? {
                "function" => asked.request.params.tools.push(openai::tool(&tool.need("function")?)?),
                kind => asked.bind(&tool, &format!("the tool type `{kind}`")),
            }
        }
    }
    if let Some(functions) = body.get("functions")? {
        for function in functions.list()? {
            asked.request.params.tools.push(openai::tool(&function)?);
        }
    }
    let choice = match body.get("tool_choice")? {
        Some(choice) => Some(choice),
        None => body.get("function_call")?,
    };
    let Some(choice) = choice else { return Ok(()) };
    asked.request.params.tool_choice = Some(match choice.node {
        Node::Text(word) => match word.as_ref() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            // `any` is Mistral's word.
            "required" | "any" => ToolChoice::Required,
            _ => {
                return Err(choice
                    .bad(format!("`{}` must be `auto`, `none`, `required` or a function", choice.place())));
            }
        },
        _ => match choice.text_of("type")?.unwrap_or("function") {
            "function" => {
                let function = choice.get("function")?;
                let name = function
                    .as_ref()
                    .unwrap_or(&choice)
                    .need("name")
                    .map_err(|_| choice.lacks("function.name"))?;
                ToolChoice::Named { name: name.text()?.to_owned() }
            }
            kind => {
                asked.bind(&choice, &format!("the tool choice `{kind}`"));
                return Ok(());
            }
        },
    });
    Ok(())
}

fn messages(body: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let messages = body.need("messages")?;
    let items = messages.list()?;
    if items.len() == 0 {
        return Err(messages.bad("`messages` is empty; send at least one message"));
    }
    let last = items.len() - 1;
    // The function that was called last, for results in the old shape.
    let mut called = None;
    asked.request.messages.reserve(items.len());
    for (index, message) in items.enumerate() {
        let role = message.need("role")?;
        let (role, parts) = match role.text()? {
            "system" | "developer" => (Role::System, content(&message, true, asked)?),
            "user" => (Role::User, content(&message, true, asked)?),
            "assistant" => {
                asked.request.prefill =
                    index == last && (message.flag_of("prefix")? || message.flag_of("partial")?);
                (Role::Assistant, assistant(&message, index, &mut called, asked)?)
            }
            "tool" => {
                let call_id = message.need("tool_call_id")?.text()?.to_owned();
                let name = message.text_of("name")?.map(str::to_owned);
                (Role::Tool, result(&message, call_id, name, asked)?)
            }
            "function" => {
                let name = message.need("name")?.text()?.to_owned();
                let call_id = called.take().unwrap_or_else(|| format!("call_{name}"));
                (Role::Tool, result(&message, call_id, Some(name), asked)?)
            }
            _ => {
                return Err(role.bad(format!(
                    "`{}` must be `system`, `developer`, `user`, `assistant` or `tool`",
                    role.place()
                )));
            }
        };
        // An assistant that said nothing is no turn for most providers.
        if role != Role::Assistant || !parts.is_empty() {
            asked.request.messages.push(ChatMessage { role, parts });
        }
    }
    Ok(())
}

fn result(
    message: &At<'_, '_>,
    call_id: String,
    name: Option<String>,
    asked: &mut Asked,
) -> Result<Vec<Part>, Refusal> {
    let mut parts = content(message, false, asked)?;
    let text = crate::wire::text_of(&parts);
    parts.retain(|part| !matches!(part, Part::Text { .. }));
    parts.insert(0, Part::ToolResult { call_id, name, text, is_error: false });
    Ok(parts)
}

fn assistant(
    message: &At<'_, '_>,
    index: usize,
    called: &mut Option<String>,
    asked: &mut Asked,
) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    for field in ["reasoning_content", "reasoning"] {
        if let Some(Node::Text(text)) = message.get(field)?.map(|at| at.node)
            && !text.is_empty()
        {
            parts.push(Part::Reasoning { text: text.to_string(), signature: None, sealed: None, id: None });
            break;
        }
    }
    parts.append(&mut content(message, false, asked)?);
    if let Some(text) = message.text_of("refusal")? {
        parts.push(Part::text(text));
    }
    if let Some(audio) = message.get("audio")? {
        asked.bind(&audio, "an earlier spoken answer");
    }
    if let Some(calls) = message.get("tool_calls")? {
        for call in calls.list()? {
            let id = call.need("id")?.text()?.to_owned();
            let kind = call.text_of("type")?.unwrap_or("function");
            if kind != "function" {
                asked.bind(&call, &format!("a call of type `{kind}`"));
                continue;
            }
            let function = call.need("function")?;
            let signature = match call.get("extra_content")? {
                Some(extra) => extra.node.peek("google").and_then(|g| g.peek("thought_signature")?.as_text()),
                None => None,
            };
            parts.push(Part::ToolCall {
                id,
                name: function.need("name")?.text()?.to_owned(),
                arguments: arguments(&function)?,
                signature: signature.map(str::to_owned),
            });
        }
    }
    if let Some(call) = message.get("function_call")? {
        let id = format!("call_{index}");
        *called = Some(id.clone());
        let (name, arguments) = (call.need("name")?.text()?.to_owned(), arguments(&call)?);
        parts.push(Part::ToolCall { id, name, arguments, signature: None });
    }
    Ok(parts)
}

/// JSON text; some clients send the object itself.
fn arguments(function: &At<'_, '_>) -> Result<String, Refusal> {
    match function.get("arguments")? {
        None => Ok("{}".to_owned()),
        Some(at) => match at.node {
            Node::Text(text) if text.trim().is_empty() => Ok("{}".to_owned()),
            Node::Text(text) => Ok(text.to_string()),
            Node::Object(_) => Ok(at.node.to_json()),
            _ => Err(at.not("JSON text")),
        },
    }
}

/// `content`: a text or parts.
fn content(message: &At<'_, '_>, needed: bool, asked: &mut Asked) -> Result<Vec<Part>, Refusal> {
    let Some(content) = message.get("content")? else {
        return if needed { Err(message.lacks("content")) } else { Ok(Vec::new()) };
    };
    match content.node {
        Node::Text(text) if text.is_empty() && !needed => Ok(Vec::new()),
        Node::Text(text) => Ok(vec![Part::text(text.as_ref())]),
        Node::List(items) if items.is_empty() && needed => {
            Err(content.bad(format!("`{}` is empty; say something in it", content.place())))
        }
        Node::List(_) => {
            let mut parts = Vec::new();
            for item in content.list()? {
                parts.extend(part(&item, asked)?);
            }
            Ok(parts)
        }
        _ => Err(content.not("a string or an array of parts")),
    }
}

/// One part; `None` where only a provider of this dialect understands it.
fn part(at: &At<'_, '_>, asked: &mut Asked) -> Result<Option<Part>, Refusal> {
    if let Some(text) = at.node.as_text() {
        return Ok(Some(Part::text(text)));
    }
    let kind = at.need("type")?;
    let part = match kind.text()? {
        "text" | "input_text" | "output_text" => Part::text(at.need("text")?.text()?),
        "refusal" => Part::text(at.need("refusal")?.text()?),
        "image_url" | "input_image" => {
            let image = at.need("image_url")?;
            match image.node {
                Node::Object(_) => openai::image(&image.need("url")?)?,
                _ => openai::image(&image)?,
            }
        }
        "input_audio" => openai::audio(&at.need("input_audio")?)?,
        "file" => {
            let file = at.need("file")?;
            if let Some(id) = file.get("file_id")? {
                asked.bind(&id, "a file that is stored at a provider");
                return Ok(None);
            }
            openai::file(&file.need("file_data")?, file.text_of("filename")?)?
        }
        // Mistral's.
        "document_url" => {
            let address = at.need("document_url")?;
            let url = address.text()?;
            if url.starts_with("data:") {
                openai::file(&address, at.text_of("document_name")?)?
            } else {
                Part::File {
                    media_type: "application/pdf".to_owned(),
                    name: at.text_of("document_name")?.map(str::to_owned),
                    source: MediaSource::Url { url: url.to_owned() },
                }
            }
        }
        // What providers of this dialect take beside OpenAI's own.
        kind @ ("video_url" | "input_video" | "video" | "audio_url" | "thinking" | "reference") => {
            asked.bind(at, &format!("the part type `{kind}`"));
            return Ok(None);
        }
        _ => {
            return Err(
                kind.bad(format!("`{}` must be `text`, `image_url`, `input_audio` or `file`", kind.place()))
            );
        }
    };
    Ok(Some(part))
}

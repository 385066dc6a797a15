//! Requests. Names come in camelCase or snake_case: both are theirs.

use super::{
    super::{
        Address, Asked, Refusal,
        body::{self, At},
    },
    parts, schema,
};
use crate::ChatMessage;
use domain::{ReasoningEffort, ResponseFormat, Role, Tool, ToolChoice};

/// A field by either of its names.
pub(super) fn get<'n, 'a>(
    at: &At<'n, 'a>,
    camel: &'n str,
    snake: &'n str,
) -> Result<Option<At<'n, 'a>>, Refusal> {
    match at.get(camel)? {
        Some(found) => Ok(Some(found)),
        None if camel == snake => Ok(None),
        None => at.get(snake),
    }
}

/// A word of an enumeration: in capitals, as written by some clients not.
fn word(at: &At<'_, '_>) -> Result<String, Refusal> {
    Ok(at.text()?.to_ascii_uppercase())
}

pub(in super::super) fn read(body: &[u8], address: &Address<'_>) -> Result<Asked, Refusal> {
    let node = body::parse(body)?;
    let root = At::root(&node);
    let mut asked = contents(&root, address)?;
    asked.request.stream = address.stream;
    Ok(asked)
}

/// What is asked to be counted: contents, or a whole request inside another.
pub(in super::super) fn count(body: &[u8], address: &Address<'_>) -> Result<Asked, Refusal> {
    let node = body::parse(body)?;
    let root = At::root(&node);
    match get(&root, "generateContentRequest", "generate_content_request")? {
        Some(inner) => contents(&inner, address),
        None => contents(&root, address),
    }
}

fn model(root: &At<'_, '_>, address: &Address<'_>) -> Result<String, Refusal> {
    let named = match address.model {
        Some(model) => Some(model.to_owned()),
        None => root.text_of("model")?.map(str::to_owned),
    };
    let model = named.unwrap_or_default();
    match model.trim().trim_start_matches("models/") {
        "" => Err(Refusal::bad(
            "model",
            "name a model in the address, such as `/v1beta/models/provider/model:generateContent`",
        )),
        model => Ok(model.to_owned()),
    }
}

fn contents(root: &At<'_, '_>, address: &Address<'_>) -> Result<Asked, Refusal> {
    let mut asked = Asked {
        model: model(root, address)?,
        choices: 1,
        usage_wanted: true,
        ours: body::ours(root)?,
        ..Asked::default()
    };
    if let Some(system) = get(root, "systemInstruction", "system_instruction")? {
        asked.request.system = parts::system(&system)?;
    }
    let list = root.need("contents")?;
    let turns = list.list()?;
    if turns.len() == 0 {
        return Err(list.bad("`contents` is empty; send at least one"));
    }
    for turn in turns {
        let role = turn.get("role")?;
        match role.as_ref().map(At::text).transpose()?.unwrap_or("user") {
            "user" | "function" | "" => parts::user(&turn, &mut asked)?,
            "model" => {
                let parts = parts::model(&turn, &mut asked)?;
                asked.request.messages.push(ChatMessage { role: Role::Assistant, parts });
            }
            other => {
                let text = format!("`{}.role` is `{other}`; it must be `user` or `model`", turn.place());
                return Err(role.as_ref().unwrap_or(&turn).bad(text));
            }
        }
    }
    asked.request.prefill = asked.request.messages.last().is_some_and(|m| m.role == Role::Assistant);
    if let Some(config) = get(root, "generationConfig", "generation_config")? {
        self::config(&config, &mut asked)?;
    }
    tools(root, &mut asked)?;
    if let Some(settings) = get(root, "safetySettings", "safety_settings")? {
        for setting in settings.list()? {
            setting.text_of("category")?;
        }
    }
    if let Some(cache) = get(root, "cachedContent", "cached_content")? {
        cache.text()?;
        asked.bind(&cache, "a stored prompt");
    }
    Ok(asked)
}

fn config(config: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let params = &mut asked.request.params;
    params.temperature = between(config.get("temperature")?, 2.0)?;
    params.top_p = between(get(config, "topP", "top_p")?, 1.0)?;
    if let Some(most) = get(config, "maxOutputTokens", "max_output_tokens")? {
        params.max_tokens = Some(most.count(1)?);
    }
    if let Some(stops) = get(config, "stopSequences", "stop_sequences")? {
        params.stop = stops.list()?.map(|stop| stop.text().map(str::to_owned)).collect::<Result<_, _>>()?;
    }
    if let Some(seed) = config.get("seed")? {
        // A signed number there; one that is not is cut to its bits.
        let number = seed.number()?;
        params.seed = Some((number as i64 & 0xffff_ffff) as u32);
    }
    if let Some(count) = get(config, "candidateCount", "candidate_count")? {
        asked.choices = count.count(1)?;
    }
    format(config, asked)?;
    if let Some(kinds) = get(config, "responseModalities", "response_modalities")? {
        for kind in kinds.list()? {
            if word(&kind)? != "TEXT" {
                asked.bind(&kind, "an answer that is not text");
            }
        }
    }
    if let Some(speech) = get(config, "speechConfig", "speech_config")? {
        asked.bind(&speech, "speech");
    }
    let Some(thinking) = get(config, "thinkingConfig", "thinking_config")? else { return Ok(()) };
    if let Some(shown) = get(&thinking, "includeThoughts", "include_thoughts")? {
        asked.thoughts = shown.flag()?;
    }
    let params = &mut asked.request.params;
    if let Some(budget) = get(&thinking, "thinkingBudget", "thinking_budget")? {
        params.reasoning_effort = match budget.number()? {
            n if n < 0.0 => None, // as much as the model likes
            0.0 => Some(ReasoningEffort::None),
            n if n < 4_096.0 => Some(ReasoningEffort::Low),
            n if n < 12_288.0 => Some(ReasoningEffort::Medium),
            _ => Some(ReasoningEffort::High),
        };
    }
    if let Some(level) = get(&thinking, "thinkingLevel", "thinking_level")? {
        params.reasoning_effort = match word(&level)?.as_str() {
            "MINIMAL" => Some(ReasoningEffort::Minimal),
            "LOW" => Some(ReasoningEffort::Low),
            "MEDIUM" => Some(ReasoningEffort::Medium),
            "HIGH" => Some(ReasoningEffort::High),
            _ => None,
        };
    }
    Ok(())
}

fn between(at: Option<At<'_, '_>>, most: f64) -> Result<Option<f64>, Refusal> {
    let Some(at) = at else { return Ok(None) };
    match at.number()? {
        number if (0.0..=most).contains(&number) => Ok(Some(number)),
        _ => Err(at.bad(format!("`{}` must be a number from 0 to {most}", at.place()))),
    }
}

fn format(config: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let kind = get(config, "responseMimeType", "response_mime_type")?;
    let theirs = get(config, "responseSchema", "response_schema")?;
    let plain = get(config, "responseJsonSchema", "response_json_schema")?;
    let schema = match (plain, theirs) {
        (Some(plain), _) => Some(plain.object_json()?),
        (None, Some(theirs)) => Some(schema::plain(&theirs)?.to_string()),
        (None, None) => None,
    };
    match (kind.as_ref().map(At::text).transpose()?, schema) {
        (None | Some("" | "text/plain"), None) => {}
        (Some("application/json"), None) => {
            asked.request.params.response_format = Some(ResponseFormat::JsonObject);
        }
        (None | Some("application/json"), Some(schema)) => {
            let name = "answer".to_owned();
            asked.request.params.response_format =
                Some(ResponseFormat::JsonSchema { name, schema, strict: true });
        }
        (Some(other), _) => {
            let what = format!("an answer of type `{other}`");
            asked.bind(kind.as_ref().unwrap_or(config), &what);
        }
    }
    Ok(())
}

fn tools(root: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    if let Some(tools) = root.get("tools")? {
        for tool in tools.list()? {
            let body::Node::Object(fields) = tool.node else { return Err(tool.not("an object")) };
            for (name, value) in fields {
                match name.as_ref() {
                    _ if *value == body::Node::Null => {}
                    "functionDeclarations" | "function_declarations" => {
                        for function in tool.need(name)?.list()? {
                            let declared = self::function(&function)?;
                            asked.request.params.tools.push(declared);
                        }
                    }
                    "googleSearch"
                    | "google_search"
                    | "googleSearchRetrieval"
                    | "google_search_retrieval" => {
                        asked.request.params.web_search = true;
                    }
                    other => {
                        let what = format!("the tool `{other}`");
                        asked.bind(&tool, &what);
                    }
                }
            }
        }
    }
    let Some(config) = get(root, "toolConfig", "tool_config")? else { return Ok(()) };
    let Some(calling) = get(&config, "functionCallingConfig", "function_calling_config")? else {
        return Ok(());
    };
    let mut allowed = Vec::new();
    if let Some(names) = get(&calling, "allowedFunctionNames", "allowed_function_names")? {
        for name in names.list()? {
            allowed.push(name.text()?);
        }
    }
    let params = &mut asked.request.params;
    let Some(mode) = calling.get("mode")? else { return Ok(()) };
    params.tool_choice = match (word(&mode)?.as_str(), allowed.as_slice()) {
        ("AUTO" | "VALIDATED", _) => Some(ToolChoice::Auto),
        ("NONE", _) => Some(ToolChoice::None),
        ("ANY", [only]) => Some(ToolChoice::Named { name: (*only).to_owned() }),
        ("ANY", _) => Some(ToolChoice::Required),
        ("MODE_UNSPECIFIED", _) => None,
        (other, _) => {
            return Err(
                mode.bad(format!("`{}` is `{other}`; it must be `AUTO`, `ANY` or `NONE`", mode.place()))
            );
        }
    };
    if !allowed.is_empty() {
        params.tools.retain(|tool| allowed.contains(&tool.name.as_str()));
    }
    Ok(())
}

fn function(at: &At<'_, '_>) -> Result<Tool, Refusal> {
    let name = at.need("name")?.text()?.to_owned();
    let description = at.text_of("description")?.filter(|text| !text.is_empty()).map(str::to_owned);
    let parameters = if let Some(plain) = get(at, "parametersJsonSchema", "parameters_json_schema")? {
        plain.object_json()?
    } else if let Some(theirs) = at.get("parameters")? {
        schema::plain(&theirs)?.to_string()
    } else {
        r#"{"type":"object","properties":{}}"#.to_owned()
    };
    Ok(Tool { name, description, parameters })
}

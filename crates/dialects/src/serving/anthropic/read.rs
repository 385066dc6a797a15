//! Requests.

use super::{
    super::{
        Address, Asked, Refusal,
        body::{self, At},
    },
    blocks,
};
use crate::{ChatMessage, ChatRequest};
use domain::{Part, ReasoningEffort, ResponseFormat, Role, Tool, ToolChoice};

pub(in super::super) fn read(body: &[u8], _address: &Address<'_>) -> Result<Asked, Refusal> {
    let node = body::parse(body)?;
    let root = At::root(&node);
    let mut asked = messages(&root)?;
    let params = &mut asked.request.params;
    params.max_tokens = Some(root.need("max_tokens")?.count(1)?);
    params.temperature = within(&root, "temperature")?;
    params.top_p = within(&root, "top_p")?;
    root.count_of("top_k", 0)?;
    if let Some(stops) = root.get("stop_sequences")? {
        params.stop = stops.list()?.map(|stop| stop.text().map(str::to_owned)).collect::<Result<_, _>>()?;
    }
    asked.request.stream = root.flag_of("stream")?;
    if let Some(metadata) = root.get("metadata")? {
        metadata.text_of("user_id")?;
    }
    root.text_of("service_tier")?;
    Ok(asked)
}

/// What is asked to be counted: a request without its limits.
pub(in super::super) fn count(body: &[u8]) -> Result<Asked, Refusal> {
    let node = body::parse(body)?;
    messages(&At::root(&node))
}

fn within(root: &At<'_, '_>, name: &'static str) -> Result<Option<f64>, Refusal> {
    let Some(at) = root.get(name)? else { return Ok(None) };
    match at.number()? {
        number if (0.0..=1.0).contains(&number) => Ok(Some(number)),
        _ => Err(at.bad(format!("`{name}` must be a number from 0 to 1"))),
    }
}

/// What requests and counts have in common.
fn messages(root: &At<'_, '_>) -> Result<Asked, Refusal> {
    let mut asked = Asked {
        model: body::model(root)?,
        choices: 1,
        usage_wanted: true,
        ours: body::ours(root)?,
        ..Asked::default()
    };
    if let Some(system) = root.get("system")? {
        asked.request.system = Some(blocks::texts(&system, "\n\n")?).filter(|text| !text.is_empty());
    }
    let list = root.need("messages")?;
    let turns = list.list()?;
    if turns.len() == 0 {
        return Err(list.bad("`messages` is empty; send at least one message"));
    }
    for turn in turns {
        let role = turn.need("role")?;
        let content = turn.need("content")?;
        match role.text()? {
            "user" => blocks::user(&content, &mut asked)?,
            "assistant" => {
                let parts = blocks::assistant(&content, &mut asked)?;
                asked.request.messages.push(ChatMessage { role: Role::Assistant, parts });
            }
            "system" => {
                let parts = vec![Part::text(blocks::texts(&content, "\n\n")?)];
                asked.request.messages.push(ChatMessage { role: Role::System, parts });
            }
            other => {
                return Err(role.bad(format!(
                    "`{}` is `{other}`; it must be `user`, `assistant` or `system`",
                    role.place()
                )));
            }
        }
    }
    asked.request.prefill = asked.request.messages.last().is_some_and(|m| m.role == Role::Assistant);
    tools(root, &mut asked)?;
    thinking(root, &mut asked)?;
    for (name, what) in [("mcp_servers", "servers of tools"), ("container", "a container")] {
        if let Some(at) = root.get(name)?.filter(|at| !matches!(at.node, body::Node::List(l) if l.is_empty()))
        {
            asked.bind(&at, what);
        }
    }
    Ok(asked)
}

fn tools(root: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    if let Some(tools) = root.get("tools")? {
        for tool in tools.list()? {
            match tool.text_of("type")?.unwrap_or("custom") {
                "custom" => {
                    let name = tool.need("name")?.text()?.to_owned();
                    let description = tool.text_of("description")?.map(str::to_owned);
                    let parameters = tool.need("input_schema")?.object_json()?;
                    asked.request.params.tools.push(Tool { name, description, parameters });
                }
                kind if kind.starts_with("web_search") => {
                    asked.request.params.web_search = true;
                    for limit in ["allowed_domains", "blocked_domains"] {
                        if let Some(at) = tool.get(limit)? {
                            asked.bind(&at, "limits of a web search");
                        }
                    }
                }
                kind => {
                    let what = format!("the tool `{kind}`");
                    asked.bind(&tool, &what);
                }
            }
        }
    }
    let Some(choice) = root.get("tool_choice")? else { return Ok(()) };
    let kind = choice.need("type")?;
    asked.request.params.tool_choice = Some(match kind.text()? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named { name: choice.need("name")?.text()?.to_owned() },
        other => {
            return Err(kind.bad(format!(
                "`tool_choice.type` is `{other}`; it must be `auto`, `any`, `tool` or `none`"
            )));
        }
    });
    Ok(())
}

fn thinking(root: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let ChatRequest { params, .. } = &mut asked.request;
    if let Some(config) = root.get("output_config")? {
        if let Some(effort) = config.get("effort")? {
            params.reasoning_effort = Some(match effort.text()? {
                "low" => ReasoningEffort::Low,
                "medium" => ReasoningEffort::Medium,
                "high" => ReasoningEffort::High,
                "xhigh" | "max" => ReasoningEffort::XHigh,
                other => {
                    return Err(effort.bad(format!(
                        "`output_config.effort` is `{other}`; it must be `low`, `medium`, `high`, `xhigh` or `max`"
                    )));
                }
            });
        }
        if let Some(format) = config.get("format")? {
            params.response_format = Some(self::format(&format)?);
        }
    }
    if let Some(format) = root.get("output_format")? {
        params.response_format = Some(self::format(&format)?);
    }
    let Some(thinking) = root.get("thinking")? else { return Ok(()) };
    let kind = thinking.need("type")?;
    match kind.text()? {
        "enabled" => {
            let budget = thinking.need("budget_tokens")?.count(1)?;
            params.reasoning_effort.get_or_insert(match budget {
                0..=4_095 => ReasoningEffort::Low,
                4_096..=12_287 => ReasoningEffort::Medium,
                _ => ReasoningEffort::High,
            });
            asked.thoughts = true;
        }
        "disabled" => params.reasoning_effort = Some(ReasoningEffort::None),
        // The model decides. Kinds newer than this code ask for thoughts of some sort.
        _ => asked.thoughts = thinking.text_of("display")? != Some("omitted"),
    }
    Ok(())
}

fn format(at: &At<'_, '_>) -> Result<ResponseFormat, Refusal> {
    let kind = at.need("type")?;
    if kind.text()? != "json_schema" {
        return Err(kind.bad(format!("`{}` must be `json_schema`", kind.place())));
    }
    let schema = at.need("schema")?.object_json()?;
    Ok(ResponseFormat::JsonSchema { name: "answer".to_owned(), schema, strict: true })
}

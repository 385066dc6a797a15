//! `POST /v1/responses`.

mod items;
mod proof;
mod read;
mod stream;

pub(super) use read::read;

use super::{Asked, Encoder, Head, Whole, openai};
use domain::{Failure, ResponseFormat, Stop, ToolChoice, Usage};
use items::{Item, status};
use serde_json::{Value, json};

pub(super) fn encoder(head: &Head, asked: &Asked) -> Box<dyn Encoder> {
    Box::new(stream::Events::new(head, asked))
}

/// The first choice: a response has no others.
pub(super) fn whole(whole: &Whole<'_>) -> Vec<u8> {
    let (parts, stop) =
        whole.choices.first().map_or((&[][..], Stop::Other), |choice| (choice.parts.as_slice(), choice.stop));
    let items = parts.iter().filter_map(Item::of);
    let output: Vec<Value> =
        items.enumerate().map(|(place, item)| item.json(&whole.head.id, place, Some(status(stop)))).collect();
    let answer = response(whole.head, whole.asked, State::Ended(stop), &output, &whole.usage);
    serde_json::to_vec(&answer).unwrap_or_default()
}

/// How far a response is.
#[derive(Clone, Copy)]
enum State<'s> {
    Begun,
    Ended(Stop),
    Failed(&'s Failure),
}

fn id(head: &Head) -> String {
    format!("resp_{}", head.id)
}

/// The response object, with what it was asked with.
fn response(head: &Head, asked: &Asked, state: State<'_>, output: &[Value], usage: &Usage) -> Value {
    let (status, incomplete, error) = match state {
        State::Begun => ("in_progress", Value::Null, Value::Null),
        State::Ended(Stop::Length) => ("incomplete", json!({ "reason": "max_output_tokens" }), Value::Null),
        State::Ended(Stop::ContentFilter) => {
            ("incomplete", json!({ "reason": "content_filter" }), Value::Null)
        }
        State::Ended(_) => ("completed", Value::Null, Value::Null),
        State::Failed(failure) => {
            let code = openai::words(failure.kind).1.unwrap_or("invalid_prompt");
            ("failed", Value::Null, json!({ "code": code, "message": failure.message }))
        }
    };
    let params = &asked.request.params;
    let mut tools: Vec<Value> = params
        .tools
        .iter()
        .map(|tool| {
            json!({ "type": "function", "name": tool.name, "description": tool.description,
                "parameters": schema(&tool.parameters), "strict": false })
        })
        .collect();
    if params.web_search {
        tools.push(json!({ "type": "web_search" }));
    }
    let format = match &params.response_format {
        None => json!({ "type": "text" }),
        Some(ResponseFormat::JsonObject) => json!({ "type": "json_object" }),
        Some(ResponseFormat::JsonSchema { name, schema: text, strict }) => {
            json!({ "type": "json_schema", "name": name, "schema": schema(text), "strict": strict })
        }
    };
    let choice = match &params.tool_choice {
        None | Some(ToolChoice::Auto) => json!("auto"),
        Some(ToolChoice::None) => json!("none"),
        Some(ToolChoice::Required) => json!("required"),
        Some(ToolChoice::Named { name }) => json!({ "type": "function", "name": name }),
    };
    json!({
        "id": id(head),
        "object": "response",
        "created_at": head.created,
        "status": status,
        "background": false,
        "error": error,
        "incomplete_details": incomplete,
        "instructions": null,
        "max_output_tokens": params.max_tokens,
        "model": head.model,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": asked.previous_response,
        "reasoning": { "effort": params.reasoning_effort, "summary": null },
        "store": asked.keep,
        "temperature": params.temperature,
        "text": { "format": format },
        "tool_choice": choice,
        "tools": tools,
        "top_p": params.top_p,
        "truncation": "disabled",
        "usage": openai::response_usage(usage),
        "user": null,
        "metadata": {},
    })
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

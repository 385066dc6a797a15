//! `POST /v1/completions`: text in, text out, asked as a chat.

use super::{
    Asked, Encoder, Head, Refusal, Whole,
    body::{self, At, Node},
    openai, said,
};
use crate::{ChatMessage, Delta};
use domain::{Failure, Part, Role, Stop, Usage};
use serde_json::{Value, json};

pub(super) fn read(bytes: &[u8]) -> Result<Asked, Refusal> {
    let node = body::parse(bytes)?;
    let body = At::root(&node);
    let mut asked = Asked {
        model: body::model(&body)?,
        ours: body::ours(&body)?,
        choices: body.count_of("n", 1)?.unwrap_or(1),
        ..Asked::default()
    };
    if asked.choices > 128 {
        return Err(Refusal::bad("n", "`n` may be at most 128; ask for fewer answers"));
    }
    openai::common(&body, &mut asked)?;
    let params = &mut asked.request.params;
    params.max_tokens = body.count_of("max_tokens", 1)?;
    params.stop = openai::stops(&body)?;
    params.seed = openai::seed(&body)?;
    if let Some(at) = body.get("suffix")?
        && !at.text()?.is_empty()
    {
        return Err(at.bad("text cannot be filled in before a `suffix` here; leave `suffix` out"));
    }
    if let Some(at) = body.get("logprobs")? {
        at.count(0)?;
        return Err(at.bad("completions have no `logprobs` here; leave it out"));
    }
    if let Some(at) = body.get("best_of")?
        && at.count(1)? > asked.choices
    {
        return Err(at.bad("`best_of` may not be more than `n`; leave it out"));
    }
    let prompt = prompt(&body)?.to_owned();
    if body.flag_of("echo")? {
        asked.echo = Some(prompt.clone());
    }
    asked.request.messages.push(ChatMessage { role: Role::User, parts: vec![Part::Text { text: prompt }] });
    Ok(asked)
}

fn prompt<'n>(body: &At<'n, '_>) -> Result<&'n str, Refusal> {
    let prompt = body.need("prompt")?;
    let text = match prompt.node {
        Node::Text(text) => text.as_ref(),
        Node::List(items) => match items.as_slice() {
            [Node::Text(text)] => text.as_ref(),
            [Node::Number(_) | Node::List(_), ..] => {
                return Err(
                    prompt.bad("a prompt of token numbers cannot be read here; send `prompt` as text")
                );
            }
            [Node::Text(_), ..] => {
                return Err(prompt.bad("only one prompt can be asked at a time; send one request for each"));
            }
            _ => return Err(prompt.not("a string or an array of one string")),
        },
        _ => return Err(prompt.not("a string or an array of one string")),
    };
    if text.is_empty() { Err(prompt.bad("`prompt` is empty; send a text")) } else { Ok(text) }
}

/// This dialect's answers are text only.
fn finish(stop: Stop) -> &'static str {
    match openai::finish(stop) {
        "tool_calls" => "stop",
        word => word,
    }
}

pub(super) fn whole(whole: &Whole<'_>) -> Vec<u8> {
    let echo = whole.asked.echo.as_deref().unwrap_or_default();
    let choices: Vec<Value> = whole
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| {
            let text = format!("{echo}{}", crate::wire::text_of(&choice.parts));
            json!({ "text": text, "index": index, "logprobs": null, "finish_reason": finish(choice.stop) })
        })
        .collect();
    let mut answer = json!({
        "id": format!("cmpl-{}", whole.head.id),
        "object": "text_completion",
        "created": whole.head.created,
        "model": whole.head.model,
        "choices": choices,
    });
    if !whole.usage.is_empty() {
        answer["usage"] = openai::chat_usage(&whole.usage);
    }
    serde_json::to_vec(&answer).unwrap_or_default()
}

pub(super) fn encoder(head: &Head, asked: &Asked) -> Box<dyn Encoder> {
    let lead = format!(
        r#"data: {{"id":{},"object":"text_completion","created":{},"model":{},"#,
        openai::quoted(&format!("cmpl-{}", head.id)),
        head.created,
        openai::quoted(&head.model)
    );
    Box::new(Texts {
        lead: lead.into_bytes(),
        echo: asked.echo.clone(),
        usage_wanted: asked.usage_wanted,
        stop: None,
        usage: Usage::default(),
    })
}

struct Texts {
    lead: Vec<u8>,
    echo: Option<String>,
    usage_wanted: bool,
    stop: Option<Stop>,
    usage: Usage,
}

impl Texts {
    fn chunk(&self, text: &str, finish: Option<&str>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.lead);
        out.extend_from_slice(br#""choices":[{"text":"#);
        said::quote(text, out);
        out.extend_from_slice(br#","index":0,"logprobs":null,"finish_reason":"#);
        match finish {
            Some(word) => said::quote(word, out),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(if self.usage_wanted { b"}],\"usage\":null}\n\n" } else { b"}]}\n\n" });
    }
}

impl Encoder for Texts {
    fn begin(&mut self, out: &mut Vec<u8>) {
        if let Some(text) = self.echo.take() {
            self.chunk(&text, None, out);
        }
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text(text) if !text.is_empty() => self.chunk(text, None, out),
            Delta::Stop(stop) => self.stop = Some(*stop),
            Delta::Usage(usage) => self.usage.merge(usage),
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.chunk("", Some(finish(self.stop.unwrap_or(Stop::Other))), out);
        openai::done(&self.lead, self.usage_wanted.then_some(&self.usage), out);
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        openai::broken(failure, out);
    }
}

//! Events of a response: each item is announced, told in pieces, and then told once more whole.

use super::{
    State,
    items::{Item, output, status, summary},
    openai, response,
};
use crate::{
    ChatRequest, Delta,
    serving::{Asked, Encoder, Head, said},
};
use domain::{Failure, Params, Stop, Usage};
use serde_json::{Value, json};

/// An item that has been announced.
struct Told {
    item: Item,
    id: String,
    /// Which call of the provider's answer it is.
    key: Option<u32>,
    /// Its part has been announced (messages and reasoning).
    begun: bool,
    done: bool,
}

pub(super) struct Events {
    head: Head,
    /// What is said again of the request, without its messages.
    asked: Asked,
    items: Vec<Told>,
    /// Reasoning after this begins an item of its own.
    reasoning_ended: bool,
    sequence: u64,
    stop: Option<Stop>,
    usage: Usage,
}

impl Events {
    pub(super) fn new(head: &Head, asked: &Asked) -> Self {
        let params: Params = asked.request.params.clone();
        let asked = Asked {
            request: ChatRequest { params, ..ChatRequest::default() },
            previous_response: asked.previous_response.clone(),
            keep: asked.keep,
            ..Asked::default()
        };
        Self {
            head: head.clone(),
            asked,
            items: Vec::new(),
            reasoning_ended: false,
            sequence: 0,
            stop: None,
            usage: Usage::default(),
        }
    }

    /// One event. The number is put after the other fields, as OpenAI does.
    fn event(&mut self, kind: &str, mut data: Value, out: &mut Vec<u8>) {
        if let Some(fields) = data.as_object_mut() {
            fields.insert("sequence_number".to_owned(), self.sequence.into());
            fields.shift_insert(0, "type".to_owned(), kind.into());
        }
        self.sequence += 1;
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        let _ = serde_json::to_writer(&mut *out, &data);
        out.extend_from_slice(b"\n\n");
    }

    /// A delta, written without a tree: these are nearly all that is sent.
    fn piece(&mut self, kind: &str, place: usize, index: &str, text: &str, out: &mut Vec<u8>) {
        let Some(told) = self.items.get(place) else { return };
        let start = format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"item_id\":");
        out.extend_from_slice(start.as_bytes());
        said::quote(&told.id, out);
        out.extend_from_slice(format!(",\"output_index\":{place},{index}\"delta\":").as_bytes());
        said::quote(text, out);
        out.extend_from_slice(format!(",\"sequence_number\":{}}}\n\n", self.sequence).as_bytes());
        self.sequence += 1;
    }

    fn open(&mut self, item: Item, key: Option<u32>, out: &mut Vec<u8>) -> usize {
        self.close_text(out);
        let place = self.items.len();
        let id = item.id(&self.head.id, place);
        let data = json!({ "output_index": place, "item": item.json(&self.head.id, place, None) });
        self.items.push(Told { item, id, key, begun: false, done: false });
        self.event("response.output_item.added", data, out);
        place
    }

    /// The text or reasoning that stands open; calls stay so until the end, for their arguments may mix.
    fn close_text(&mut self, out: &mut Vec<u8>) {
        if let Some(last) = self.items.len().checked_sub(1)
            && !matches!(self.items[last].item, Item::Call { .. })
        {
            self.close(last, "completed", out);
        }
    }

    fn close(&mut self, place: usize, status: &str, out: &mut Vec<u8>) {
        let told = &mut self.items[place];
        if std::mem::replace(&mut told.done, true) {
            return;
        }
        let (id, begun) = (told.id.clone(), told.begun);
        match &told.item {
            Item::Message { text } if begun => {
                let (text, part) = (text.clone(), output(text));
                let data = json!({ "item_id": id, "output_index": place, "content_index": 0, "text": text, "logprobs": [] });
                self.event("response.output_text.done", data, out);
                let data = json!({ "item_id": id, "output_index": place, "content_index": 0, "part": part });
                self.event("response.content_part.done", data, out);
            }
            Item::Reasoning { text, .. } if begun => {
                let (text, part) = (text.clone(), summary(text));
                let data = json!({ "item_id": id, "output_index": place, "summary_index": 0, "text": text });
                self.event("response.reasoning_summary_text.done", data, out);
                let data = json!({ "item_id": id, "output_index": place, "summary_index": 0, "part": part });
                self.event("response.reasoning_summary_part.done", data, out);
            }
            Item::Call { name, arguments, .. } => {
                let blank = arguments.trim().is_empty();
                let arguments = if blank { "{}".to_owned() } else { arguments.clone() };
                let name = name.clone();
                if blank {
                    self.piece("response.function_call_arguments.delta", place, "", "{}", out);
                }
                let data =
                    json!({ "item_id": id, "output_index": place, "name": name, "arguments": arguments });
                self.event("response.function_call_arguments.done", data, out);
            }
            _ => {}
        }
        let item = self.items[place].item.json(&self.head.id, place, Some(status));
        self.event("response.output_item.done", json!({ "output_index": place, "item": item }), out);
    }

    fn text(&mut self, text: &str, out: &mut Vec<u8>) {
        let place = match self.items.last() {
            Some(Told { item: Item::Message { .. }, done: false, .. }) => self.items.len() - 1,
            _ => self.open(Item::Message { text: String::new() }, None, out),
        };
        let told = &mut self.items[place];
        if let Item::Message { text: all } = &mut told.item {
            all.push_str(text);
        }
        if !std::mem::replace(&mut told.begun, true) {
            let id = told.id.clone();
            let data =
                json!({ "item_id": id, "output_index": place, "content_index": 0, "part": output("") });
            self.event("response.content_part.added", data, out);
        }
        self.piece("response.output_text.delta", place, "\"content_index\":0,\"logprobs\":[],", text, out);
    }

    /// The reasoning item that is written to.
    fn thinking(&mut self, out: &mut Vec<u8>) -> usize {
        let ended = std::mem::take(&mut self.reasoning_ended);
        match self.items.last() {
            Some(Told { item: Item::Reasoning { .. }, done: false, .. }) if !ended => self.items.len() - 1,
            _ => {
                let item = Item::Reasoning { text: String::new(), signature: None, sealed: None, id: None };
                self.open(item, None, out)
            }
        }
    }

    fn reasoning(&mut self, text: &str, out: &mut Vec<u8>) {
        let place = self.thinking(out);
        let told = &mut self.items[place];
        if let Item::Reasoning { text: all, .. } = &mut told.item {
            all.push_str(text);
        }
        if !std::mem::replace(&mut told.begun, true) {
            let id = told.id.clone();
            let data =
                json!({ "item_id": id, "output_index": place, "summary_index": 0, "part": summary("") });
            self.event("response.reasoning_summary_part.added", data, out);
        }
        self.piece("response.reasoning_summary_text.delta", place, "\"summary_index\":0,", text, out);
    }

    fn arguments(&mut self, key: u32, text: &str, out: &mut Vec<u8>) {
        let Some(place) = self.items.iter().rposition(|told| told.key == Some(key)) else { return };
        if let Item::Call { arguments, .. } = &mut self.items[place].item {
            arguments.push_str(text);
        }
        self.piece("response.function_call_arguments.delta", place, "", text, out);
    }

    fn response(&self, state: State<'_>) -> Value {
        let ended = match &state {
            State::Begun => None,
            State::Ended(stop) => Some(status(*stop)),
            State::Failed(_) => Some("incomplete"),
        };
        let last = self.items.len().saturating_sub(1);
        let output: Vec<Value> = self
            .items
            .iter()
            .enumerate()
            .map(|(place, told)| {
                let own = if place == last || !told.done { ended } else { Some("completed") };
                told.item.json(&self.head.id, place, own)
            })
            .collect();
        response(&self.head, &self.asked, state, &output, &self.usage)
    }
}

impl Encoder for Events {
    fn begin(&mut self, out: &mut Vec<u8>) {
        let response = json!({ "response": self.response(State::Begun) });
        self.event("response.created", response.clone(), out);
        self.event("response.in_progress", response, out);
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text(text) if text.is_empty() => {}
            Delta::Text(text) => self.text(text, out),
            Delta::Reasoning(text) if text.is_empty() => {}
            Delta::Reasoning(text) => self.reasoning(text, out),
            Delta::ReasoningStart => self.reasoning_ended = true,
            Delta::ReasoningSeal { signature, sealed, id } => {
                let place = self.thinking(out);
                if let Item::Reasoning { signature: s, sealed: c, id: i, .. } = &mut self.items[place].item {
                    *s = signature.clone().or_else(|| s.take());
                    *c = sealed.clone().or_else(|| c.take());
                    *i = id.clone().or_else(|| i.take());
                }
            }
            Delta::ToolCall { key, id, name } => {
                let item = Item::Call { id: id.clone(), name: name.clone(), arguments: String::new() };
                self.open(item, Some(*key), out);
            }
            Delta::ToolArguments { text, .. } if text.is_empty() => {}
            Delta::ToolArguments { key, text } => self.arguments(*key, text, out),
            Delta::Part(part) => match Item::of(part) {
                Some(Item::Message { text }) => self.text(&text, out),
                Some(item) => {
                    let place = self.open(item, None, out);
                    self.close(place, "completed", out);
                }
                None => {}
            },
            Delta::Stop(stop) => self.stop = Some(*stop),
            Delta::Usage(usage) => self.usage.merge(usage),
            // A proof of a call has no place in this dialect.
            Delta::ToolSeal { .. } | Delta::Served(_) => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let stop = self.stop.unwrap_or(Stop::Other);
        let last = self.items.len().saturating_sub(1);
        for place in 0..self.items.len() {
            self.close(place, if place == last { status(stop) } else { "completed" }, out);
        }
        let kind = if status(stop) == "incomplete" { "response.incomplete" } else { "response.completed" };
        let response = json!({ "response": self.response(State::Ended(stop)) });
        self.event(kind, response, out);
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        let error = openai::failure(failure);
        // OpenAI documents the fields bare and sends them inside `error`, which is what SDKs raise.
        let data =
            json!({ "code": error["code"], "message": error["message"], "param": null, "error": error });
        self.event("error", data, out);
        let response = json!({ "response": self.response(State::Failed(failure)) });
        self.event("response.failed", response, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Part;

    #[test]
    fn a_part_that_arrives_whole_is_announced_and_done() {
        let head = Head { id: "1".to_owned(), model: "m".to_owned(), created: 1 };
        let mut events = Events::new(&head, &Asked::default());
        let mut out = Vec::new();
        let json = r#"{"type":"web_search_call","id":"ws_1","status":"completed"}"#.to_owned();
        events.delta(&Delta::Part(Part::Raw { dialect: domain::Dialect::OpenaiResponses, json }), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches(r#""id":"ws_1""#).count(), 2, "{text}");
    }
}

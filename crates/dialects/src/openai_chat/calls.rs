//! Tool calls, put together from the many ways in which they are sent.

use crate::{Delta, json};
use serde_json::Value;

struct Call {
    index: Option<u32>,
    id: String,
    begun: bool,
    /// What has come of the arguments; also held back here until the name is known.
    arguments: String,
}

/// The calls of one answer.
#[derive(Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
}

impl Calls {
    pub(super) fn any(&self) -> bool {
        !self.calls.is_empty()
    }

    /// One entry of `tool_calls`, or a legacy `function_call`.
    pub(super) fn take(&mut self, entry: &Value, out: &mut Vec<Delta>) {
        let function = ["function", "custom"].iter().find_map(|f| json::some(entry, f)).unwrap_or(entry);
        let index = json::count(entry, "index");
        let id = json::id(entry, "id");
        let name = json::text(function, "name").unwrap_or_default();
        let arguments = match function.get("arguments").or_else(|| function.get("input")) {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        };
        let key = match self.find(index, id.as_deref(), name, &arguments) {
            Some(key) => key,
            None if id.is_none() && name.is_empty() && arguments.is_empty() => return,
            None => {
                let id = id.unwrap_or_else(|| format!("call_{}", self.calls.len()));
                self.calls.push(Call { index, id, begun: false, arguments: String::new() });
                self.calls.len() - 1
            }
        };
        let Some(call) = self.calls.get_mut(key) else { return };
        let key = key as u32;
        if !call.begun && !name.is_empty() {
            call.begun = true;
            out.push(Delta::ToolCall { key, id: call.id.clone(), name: name.to_owned() });
            if !call.arguments.is_empty() {
                out.push(Delta::ToolArguments { key, text: call.arguments.clone() });
            }
        }
        if !arguments.is_empty() {
            call.arguments.push_str(&arguments);
            if call.begun {
                out.push(Delta::ToolArguments { key, text: arguments });
            }
        }
        let signature = entry.pointer("/extra_content/google/thought_signature").and_then(Value::as_str);
        if let Some(signature) = signature {
            out.push(Delta::ToolSeal { key, signature: signature.to_owned() });
        }
    }

    /// Which call an entry goes on with; `None` when it begins one.
    fn find(&self, index: Option<u32>, id: Option<&str>, name: &str, arguments: &str) -> Option<usize> {
        let found = match (index, id) {
            (Some(index), _) => self.calls.iter().rposition(|call| call.index == Some(index))?,
            (None, Some(id)) => return self.calls.iter().rposition(|call| call.id == id),
            (None, None) => self.calls.len().checked_sub(1)?,
        };
        let call = &self.calls[found];
        let new_id = id.is_some_and(|id| id != call.id);
        // The same index with another id is another call; but some make up an id for each piece of
        // one call, and those pieces carry no name.
        let another = !name.is_empty()
            && call.begun
            && (new_id
                || (id.is_none() && index.is_none() && !arguments.is_empty())
                || (id.is_none() && !arguments.trim().is_empty() && json::object(&call.arguments).is_some()));
        (!another).then_some(found)
    }

    /// The answer is over: calls that never got a name are begun without one.
    pub(super) fn flush(&mut self, out: &mut Vec<Delta>) {
        for (key, call) in self.calls.iter_mut().enumerate().filter(|(_, call)| !call.begun) {
            call.begun = true;
            let key = key as u32;
            out.push(Delta::ToolCall { key, id: call.id.clone(), name: String::new() });
            if !call.arguments.is_empty() {
                out.push(Delta::ToolArguments { key, text: call.arguments.clone() });
            }
        }
    }
}

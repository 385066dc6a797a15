//! What answers cite. Anthropic cuts a text into blocks so that each cites for itself; here a text stays
//! whole for those who read it, and a part after it says which of it cites what. The two become blocks
//! again when they go back, for the proofs in them are wanted.

use crate::{Delta, json, wire};
use domain::{Dialect, Part};
use serde_json::{Value, json};

/// Citations of the text that is being told.
#[derive(Default)]
pub(crate) struct Sources {
    /// Characters told of it.
    pub(crate) chars: u32,
    spans: Vec<Value>,
}

impl Sources {
    /// The text from here to where it stands now cites these.
    pub(crate) fn add(&mut self, from: u32, citations: &[Value]) {
        self.spans.push(json!({ "from": from, "to": self.chars, "citations": citations }));
    }

    /// The text has ended: its citations follow it.
    pub(crate) fn tell(&mut self, out: &mut Vec<Delta>) {
        let (chars, spans) = (std::mem::take(&mut self.chars), std::mem::take(&mut self.spans));
        if !spans.is_empty() {
            let json = json!({ "type": wire::CITATIONS, "chars": chars, "spans": spans }).to_string();
            out.push(Delta::Part(Part::Raw { dialect: Dialect::AnthropicMessages, json }));
        }
    }
}

/// A text and the part that says what it cites, as blocks. Spans count from where the last `chars`
/// characters begin: the text may have gone on from another.
pub(crate) fn blocks(text: &str, cited: &Value) -> Vec<Value> {
    let all: Vec<char> = text.chars().collect();
    let told = json::count(cited, "chars").unwrap_or(0) as usize;
    let start = all.len().saturating_sub(told);
    let mut out: Vec<Value> = Vec::new();
    let mut at = 0;
    let mut push = |chars: &[char], citations: Option<&Value>| {
        let text: String = chars.iter().collect();
        if text.trim().is_empty() && citations.is_none() {
            // A block of white space is refused: it goes with the one before it.
            if let Some(Value::String(last)) = out.last_mut().and_then(|block| block.get_mut("text")) {
                last.push_str(&text);
            }
            return;
        }
        let mut block = json!({ "type": "text", "text": text });
        if let (Some(citations), Some(fields)) = (citations, block.as_object_mut()) {
            fields.insert("citations".to_owned(), citations.clone());
        }
        out.push(block);
    };
    for span in json::list(cited, "spans") {
        let place = |field| (start + json::count(span, field).unwrap_or(0) as usize).clamp(at, all.len());
        let (from, to) = (place("from"), place("to"));
        if from >= to {
            continue;
        }
        push(&all[at..from], None);
        push(&all[from..to], span.get("citations"));
        at = to;
    }
    push(&all[at..], None);
    out
}

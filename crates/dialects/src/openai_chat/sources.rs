//! Where an answer comes from: `annotations` beside the text (OpenAI, OpenRouter), `citations` and
//! `search_results` beside the choices (Perplexity), `executed_tools` (Groq).

use crate::{Delta, json};
use domain::{Dialect, Part};
use serde_json::{Map, Value};

const FIELDS: [&str; 4] = ["annotations", "citations", "search_results", "executed_tools"];
/// Most entries of one kind that are kept.
const MOST: usize = 1_000;

/// Sources as they came, each once: some providers repeat all of them with every chunk.
#[derive(Default)]
pub(super) struct Sources {
    found: Map<String, Value>,
}

impl Sources {
    pub(super) fn take(&mut self, holder: &Value) {
        for field in FIELDS {
            for entry in json::list(holder, field) {
                let list = self.found.entry(field).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list
                    && list.len() < MOST
                    && !list.contains(entry)
                {
                    list.push(entry.clone());
                }
            }
        }
    }

    pub(super) fn part(&mut self) -> Option<Delta> {
        let found = std::mem::take(&mut self.found);
        (!found.is_empty()).then(|| {
            let json = Value::Object(found).to_string();
            Delta::Part(Part::Raw { dialect: Dialect::OpenaiChat, json })
        })
    }
}

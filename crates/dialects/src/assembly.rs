//! Deltas folded into the parts of a message.

use crate::Delta;
use domain::{Part, PartKind, Stop, Usage};
use std::collections::HashMap;

/// What folding a delta changed: what those who watch are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A part began.
    Open {
        /// Its place among the parts.
        part: u32,
        /// What it is.
        kind: PartKind,
        /// The tool's name, or the media type.
        label: String,
    },
    /// Text was added at a part's end.
    Append {
        /// Which part.
        part: u32,
        /// UTF-16 code units before this text.
        at: u32,
        /// What was added.
        text: String,
    },
}

/// Folds deltas into parts, in order of appearance. Consecutive text joins; a tool call or
/// reasoning between makes a new part. Costs what the delta costs, never what the answer does.
#[derive(Debug, Clone, Default)]
pub struct Assembly {
    parts: Vec<Part>,
    /// UTF-16 length of each part's text.
    lengths: Vec<u32>,
    calls: HashMap<u32, usize>,
    /// The next reasoning begins a part of its own.
    reasoning_ended: bool,
    last_reasoning: Option<usize>,
    stop: Option<Stop>,
    usage: Usage,
    served: Option<String>,
    has_content: bool,
}

fn utf16(text: &str) -> u32 {
    text.chars().map(|c| c.len_utf16() as u32).sum()
}

/// Drops proofs of thoughts, and thoughts that only their writer can read.
pub fn forget_proofs(parts: &mut [Part]) {
    for part in parts {
        if let Part::Reasoning { signature, sealed, id, .. } = part {
            (*signature, *sealed, *id) = (None, None, None);
        }
    }
}

impl Assembly {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with an interrupted answer. These parts are not content of the new call.
    #[must_use]
    pub fn with_parts(parts: Vec<Part>) -> Self {
        let lengths = parts
            .iter()
            .map(|part| match part {
                Part::Text { text } | Part::Reasoning { text, .. } => utf16(text),
                Part::ToolCall { arguments, .. } => utf16(arguments),
                _ => 0,
            })
            .collect();
        Self { parts, lengths, reasoning_ended: true, ..Self::default() }
    }

    /// Takes one delta in.
    pub fn push(&mut self, delta: Delta, changes: &mut Vec<Change>) {
        self.has_content |= delta.is_content();
        match delta {
            Delta::Text(text) if text.is_empty() => {}
            Delta::Text(text) => {
                let index = match self.parts.last() {
                    Some(Part::Text { .. }) => self.parts.len() - 1,
                    _ => self.open(Part::text(""), PartKind::Text, "", changes),
                };
                self.append(index, text, changes);
            }
            Delta::Reasoning(text) if text.is_empty() => {}
            Delta::Reasoning(text) => {
                let index = match self.parts.last() {
                    Some(Part::Reasoning { .. }) if !self.reasoning_ended => self.parts.len() - 1,
                    _ => self.open_reasoning(changes),
                };
                self.append(index, text, changes);
            }
            Delta::ReasoningStart => self.reasoning_ended = true,
            Delta::ReasoningSeal { signature, sealed, id } => self.seal(signature, sealed, id, changes),
            Delta::ToolCall { key, id, name } => {
                let part =
                    Part::ToolCall { id, name: name.clone(), arguments: String::new(), signature: None };
                let index = self.open(part, PartKind::ToolCall, &name, changes);
                self.calls.insert(key, index);
            }
            Delta::ToolArguments { key, text } => {
                if let Some(&index) = self.calls.get(&key)
                    && !text.is_empty()
                {
                    self.append(index, text, changes);
                }
            }
            Delta::ToolSeal { key, signature } => {
                if let Some(&index) = self.calls.get(&key)
                    && let Some(Part::ToolCall { signature: mine, .. }) = self.parts.get_mut(index)
                {
                    *mine = Some(signature);
                }
            }
            Delta::Part(part) => {
                let label = match &part {
                    Part::Image { media_type, .. } | Part::File { media_type, .. } => media_type.clone(),
                    _ => "application/json".to_owned(),
                };
                self.open(part, PartKind::Media, &label, changes);
            }
            Delta::Stop(stop) => self.stop = Some(stop),
            Delta::Usage(usage) => self.usage.merge(&usage),
            Delta::Served(model) => self.served = Some(model),
        }
    }

    fn open(&mut self, part: Part, kind: PartKind, label: &str, changes: &mut Vec<Change>) -> usize {
        let index = self.parts.len();
        self.parts.push(part);
        self.lengths.push(0);
        changes.push(Change::Open { part: index as u32, kind, label: label.to_owned() });
        index
    }

    fn open_reasoning(&mut self, changes: &mut Vec<Change>) -> usize {
        let part = Part::Reasoning { text: String::new(), signature: None, sealed: None, id: None };
        let index = self.open(part, PartKind::Reasoning, "", changes);
        self.reasoning_ended = false;
        self.last_reasoning = Some(index);
        index
    }

    fn append(&mut self, index: usize, text: String, changes: &mut Vec<Change>) {
        let (Some(part), Some(length)) = (self.parts.get_mut(index), self.lengths.get_mut(index)) else {
            return;
        };
        let (Part::Text { text: all }
        | Part::Reasoning { text: all, .. }
        | Part::ToolCall { arguments: all, .. }) = part
        else {
            return;
        };
        all.push_str(&text);
        let at = *length;
        *length = at.saturating_add(utf16(&text));
        changes.push(Change::Append { part: index as u32, at, text });
    }

    fn seal(
        &mut self,
        signature: Option<String>,
        sealed: Option<String>,
        id: Option<String>,
        changes: &mut Vec<Change>,
    ) {
        let index = match self.last_reasoning {
            Some(index) if !self.reasoning_ended => index,
            _ => self.open_reasoning(changes),
        };
        if let Some(Part::Reasoning { signature: s, sealed: c, id: i, .. }) = self.parts.get_mut(index) {
            *s = signature.or_else(|| s.take());
            *c = sealed.or_else(|| c.take());
            *i = id.or_else(|| i.take());
        }
    }

    /// The parts so far, ready to be stored: a call without arguments has `{}`.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        self.clone().into_parts()
    }

    /// The same, for the last time.
    #[must_use]
    pub fn into_parts(mut self) -> Vec<Part> {
        for part in &mut self.parts {
            if let Part::ToolCall { arguments, .. } = part
                && arguments.trim().is_empty()
            {
                "{}".clone_into(arguments);
            }
        }
        self.parts
    }

    /// Drops what only the writer of the thoughts so far can read or prove: somebody else goes on.
    pub fn forget_proofs(&mut self) {
        forget_proofs(&mut self.parts);
    }

    /// Why the answer ended; `None` until that was said.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// Token counts so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The model that answered, as the provider names it.
    #[must_use]
    pub fn served(&self) -> Option<&str> {
        self.served.as_deref()
    }

    /// Whether this call has brought content.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.has_content
    }
}

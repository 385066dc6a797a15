//! Folding what was shown back into what it says: the journal's items into parts.

use domain::{CompletionId, EventItem, LiveEnd, Metrics, Part, PartKind, Target};

/// One part of an answer as far as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownPart {
    pub(crate) kind: PartKind,
    pub(crate) label: String,
    pub(crate) text: String,
    /// Length of `text` in UTF-16 code units, kept so that nothing is counted twice.
    units: u32,
}

/// All that was shown of one answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) parts: Vec<ShownPart>,
    pub(crate) attempt: Option<(u32, Target)>,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) end: Option<LiveEnd>,
}

impl Shown {
    /// Takes in one item. Items that do not fit (a part that was never opened, an offset beyond
    /// the end) are passed over: the journal may have been cut by a power loss.
    pub(crate) fn push(&mut self, item: &EventItem) {
        match item {
            EventItem::Reset { .. } => *self = Self::default(),
            EventItem::Attempt { number, target, .. } => self.attempt = Some((*number, target.clone())),
            EventItem::Open { part, kind, text, .. } => {
                if *part as usize == self.parts.len() {
                    self.parts.push(ShownPart {
                        kind: *kind,
                        label: text.clone(),
                        text: String::new(),
                        units: 0,
                    });
                }
            }
            EventItem::Append { part, at, text, .. } => {
                if let Some(shown) = self.parts.get_mut(*part as usize)
                    && shown.units == *at
                {
                    shown.units += text.encode_utf16().count() as u32;
                    shown.text.push_str(text);
                }
            }
            EventItem::Figures { metrics, .. } => self.metrics = Some(*metrics),
            EventItem::End(end) => self.end = Some(end.clone()),
        }
    }

    /// The parts as a message has them. A tool call that was not finished is kept as it came;
    /// an image that was announced but not stored leaves nothing.
    pub(crate) fn into_parts(self) -> Vec<Part> {
        let whole = |(at, part): (usize, ShownPart)| match part.kind {
            PartKind::Text => Some(Part::Text { text: part.text }),
            PartKind::Reasoning => {
                Some(Part::Reasoning { text: part.text, signature: None, sealed: None, id: None })
            }
            PartKind::ToolCall => Some(Part::ToolCall {
                id: format!("interrupted_{at}"),
                name: part.label,
                arguments: part.text,
                signature: None,
            }),
            PartKind::Media => None,
        };
        self.parts.into_iter().enumerate().filter_map(whole).collect()
    }

    /// The items that bring a watcher who knows nothing to this state, each text at most `piece`
    /// bytes long.
    pub(crate) fn replay(&self, completion: CompletionId, piece: usize) -> Vec<EventItem> {
        let mut items = vec![EventItem::Reset { completion }];
        if let Some((number, target)) = &self.attempt {
            items.push(EventItem::Attempt { completion, number: *number, target: target.clone() });
        }
        for (part, shown) in self.parts.iter().enumerate() {
            let part = part as u32;
            items.push(EventItem::Open { completion, part, kind: shown.kind, text: shown.label.clone() });
            let mut at = 0;
            for text in pieces(&shown.text, piece) {
                items.push(EventItem::Append { completion, part, at, text: text.to_owned() });
                at += text.encode_utf16().count() as u32;
            }
        }
        if let Some(metrics) = self.metrics {
            items.push(EventItem::Figures { completion, metrics });
        }
        if let Some(end) = &self.end {
            items.push(EventItem::End(end.clone()));
        }
        items
    }
}

/// A stored message's parts as what would have been shown of them.
pub(crate) fn shown_of(parts: &[Part]) -> Vec<ShownPart> {
    let shown = |kind, label: &str, text: &str| ShownPart {
        kind,
        label: label.to_owned(),
        text: text.to_owned(),
        units: text.encode_utf16().count() as u32,
    };
    parts
        .iter()
        .map(|part| match part {
            Part::Text { text } => shown(PartKind::Text, "", text),
            Part::Reasoning { text, .. } => shown(PartKind::Reasoning, "", text),
            Part::ToolCall { name, arguments, .. } => shown(PartKind::ToolCall, name, arguments),
            Part::Image { media_type, .. } | Part::File { media_type, .. } => {
                shown(PartKind::Media, media_type, "")
            }
            Part::ToolResult { .. } | Part::Raw { .. } => shown(PartKind::Media, "", ""),
        })
        .collect()
}

/// Cuts a text into pieces of at most `size` bytes, never inside a character.
pub(crate) fn pieces(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut cut = size.max(4).min(rest.len());
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        let (piece, tail) = rest.split_at(cut);
        rest = tail;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> CompletionId {
        CompletionId::from_uuid(uuid::Uuid::from_u128(1))
    }

    #[test]
    fn what_is_replayed_folds_to_what_was_shown() {
        let mut shown = Shown::default();
        shown.push(&EventItem::Open { completion: id(), part: 0, kind: PartKind::Text, text: String::new() });
        let long = "a𝄞é".repeat(5_000);
        shown.push(&EventItem::Append { completion: id(), part: 0, at: 0, text: long.clone() });
        let mut again = Shown::default();
        for item in shown.replay(id(), 1_000) {
            again.push(&item);
        }
        assert_eq!(again, shown);
        assert_eq!(again.into_parts(), [Part::text(long)]);
    }

    #[test]
    fn an_item_after_a_gap_is_not_glued_to_the_wrong_place() {
        let mut shown = Shown::default();
        shown.push(&EventItem::Open { completion: id(), part: 0, kind: PartKind::Text, text: String::new() });
        shown.push(&EventItem::Append { completion: id(), part: 0, at: 3, text: "later".into() });
        assert_eq!(shown.into_parts(), [Part::text("")]);
    }
}

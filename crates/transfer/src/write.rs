//! Conversations as people read them.

mod html;
mod markdown;

pub use html::{Bytes, Html, html};
pub use markdown::markdown;

use domain::{MessageId, Part, Portable, PortableMessage, Role, Target};
use std::collections::HashMap;

/// A message with what is shown of it.
pub(crate) struct Shown<'p> {
    pub(crate) message: &'p PortableMessage,
    pub(crate) parts: Vec<Part>,
    pub(crate) model: Option<&'p Target>,
    /// How many forks lie above it: how far it is set in.
    pub(crate) forks: usize,
    /// Its place among its siblings, where it has any.
    pub(crate) sibling: Option<(usize, usize)>,
}

impl Shown<'_> {
    pub(crate) fn who(&self) -> &'static str {
        match self.message.role {
            Role::System => "System",
            Role::User => "You",
            Role::Assistant => "Assistant",
            Role::Tool => "Tool",
        }
    }
}

/// What is written of a conversation, in the order in which it is read: a path, or the whole tree, each
/// line of it to its end before the next.
pub(crate) fn lines(whole: &Portable, tip: Option<MessageId>) -> Vec<Shown<'_>> {
    let at: HashMap<MessageId, usize> =
        whole.messages.iter().enumerate().map(|(at, message)| (message.id, at)).collect();
    let models: HashMap<_, _> = whole
        .runs
        .iter()
        .flat_map(|run| &run.completions)
        .map(|completion| (completion.id, completion.served.as_ref().unwrap_or(&completion.requested)))
        .collect();
    let parent = |index: usize| whole.messages[index].parent.and_then(|id| at.get(&id).copied());
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for index in 0..whole.messages.len() {
        children.entry(parent(index)).or_default().push(index);
    }
    let mut order = Vec::new();
    if let Some(tip) = tip {
        let mut next = at.get(&tip).copied();
        while let Some(index) = next {
            order.push((index, 0));
            next = parent(index);
        }
        order.reverse();
    } else {
        let roots = children.get(&None).map_or(&[][..], Vec::as_slice);
        let deeper = |siblings: &[usize]| usize::from(siblings.len() > 1);
        let mut open: Vec<(usize, usize)> = roots.iter().rev().map(|root| (*root, deeper(roots))).collect();
        while let Some((index, forks)) = open.pop() {
            order.push((index, forks));
            let below = children.get(&Some(index)).map_or(&[][..], Vec::as_slice);
            open.extend(below.iter().rev().map(|child| (*child, forks + deeper(below))));
        }
    }
    let shown = |(index, forks): (usize, usize)| {
        let message = &whole.messages[index];
        let siblings = children.get(&parent(index)).map_or(&[][..], Vec::as_slice);
        let place = siblings.iter().position(|sibling| *sibling == index).unwrap_or(0);
        Shown {
            message,
            parts: serde_json::from_str(message.parts.get()).unwrap_or_default(),
            model: message.completion.and_then(|id| models.get(&id).copied()),
            forks,
            sibling: (siblings.len() > 1).then_some((place + 1, siblings.len())),
        }
    };
    order.into_iter().map(shown).collect()
}

/// A name for a picture or a file.
pub(crate) fn file_name(part: &Part) -> String {
    match part {
        Part::File { name: Some(name), .. } => name.clone(),
        Part::File { media_type, .. } | Part::Image { media_type, .. } => media_type.clone(),
        _ => String::new(),
    }
}

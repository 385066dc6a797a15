//! Prefix keys: by which the history that a stateless client sends again is known.

use crate::{Hash, MediaSource, Part, Role};
use serde_json::Value;
use std::fmt;

/// What a path says down to one of its nodes, whatever its spelling: 16 bytes of BLAKE3 over the key of
/// the parent, the role, and what is said.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrefixKey([u8; 16]);

impl PrefixKey {
    /// The key of a node below another; `None` is a root's parent.
    #[must_use]
    pub fn below(parent: Option<Self>, role: Role, said: &Hash) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"orchesity.prefix.1\0");
        hasher.update(&parent.map_or([0; 16], |key| key.0));
        hasher.update(role.as_str().as_bytes());
        hasher.update(b"\0");
        hasher.update(said.bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        Self(key)
    }

    /// From stored bytes; `None` unless there are 16.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for PrefixKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PrefixKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrefixKey({self})")
    }
}

/// What a message says: its text without outer white space, however it is cut into parts; the tools it
/// calls with their arguments, however these are spelled; what tools answered; and its files. Thoughts,
/// ids and blocks of one dialect are not looked at: clients leave them out, or change them.
#[must_use]
pub fn said(parts: &[Part]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    let mut put = |tag: u8, bytes: &[u8]| {
        hasher.update(&[tag]);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    match texts(parts).as_slice() {
        [] => {}
        [one] => put(1, one.trim().as_bytes()),
        many => put(1, many.concat().trim().as_bytes()),
    }
    for part in parts {
        match part {
            Part::ToolCall { name, arguments, .. } => {
                put(2, name.as_bytes());
                put(3, canonical(arguments).as_bytes());
            }
            Part::ToolResult { text, .. } => put(4, text.trim().as_bytes()),
            Part::Image { source, .. } | Part::File { source, .. } => match source {
                MediaSource::Blob { hash, .. } => put(5, hash.bytes()),
                MediaSource::Inline { data } => put(6, data.as_bytes()),
                MediaSource::Url { url } => put(7, url.as_bytes()),
            },
            Part::Text { .. } | Part::Reasoning { .. } | Part::Raw { .. } => {}
        }
    }
    crate::Hash::from_bytes(hasher.finalize().as_bytes()).unwrap_or(Hash::ZERO)
}

fn texts(parts: &[Part]) -> Vec<&str> {
    parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text } if !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// Arguments as sorted JSON without white space; what is no JSON stays as it is.
fn canonical(arguments: &str) -> String {
    let trimmed = arguments.trim();
    if trimmed.is_empty() {
        return "{}".to_owned();
    }
    match serde_json::from_str::<Value>(trimmed) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str, arguments: &str) -> Part {
        Part::ToolCall {
            id: id.to_owned(),
            name: "find".to_owned(),
            arguments: arguments.to_owned(),
            signature: None,
        }
    }

    #[test]
    fn spelling_thoughts_and_ids_make_no_difference() {
        let whole = [Part::text("a b"), call("1", r#"{"x":1,"y":{"b":2,"a":3}}"#)];
        let thought = Part::Reasoning { text: "hm".to_owned(), signature: None, sealed: None, id: None };
        let again =
            [thought, Part::text(" a"), Part::text(" b\n"), call("2", r#"{ "y": {"a":3, "b":2}, "x": 1 }"#)];
        assert_eq!(said(&whole), said(&again));
        assert_eq!(said(&[]), said(&[Part::text("")]));
        assert_eq!(said(&[call("1", "")]), said(&[call("1", "{}")]));
    }

    #[test]
    fn what_is_said_by_whom_and_after_what_does() {
        let hash = said(&[Part::text("a")]);
        assert_ne!(hash, said(&[Part::text("b")]));
        assert_ne!(said(&[call("1", "{}")]), said(&[call("1", r#"{"x":1}"#)]));
        let root = PrefixKey::below(None, Role::User, &hash);
        assert_ne!(root, PrefixKey::below(None, Role::Assistant, &hash));
        assert_ne!(root, PrefixKey::below(Some(root), Role::User, &hash));
        assert_eq!(PrefixKey::from_bytes(root.bytes()), Some(root));
    }
}

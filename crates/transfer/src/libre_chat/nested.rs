//! Messages that lie inside each other, taken apart in one pass: whoever reads an object with its children
//! in it, and then each of these, reads the deepest once for each one above it.

use crate::{MAX_MESSAGES, scan, tree::Refused};

/// The member that holds what follows a message.
const CHILDREN: &str = "children";

/// A message by itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Laid {
    /// The object as it stands in the export, with nothing among its children.
    pub(crate) text: String,
    /// Where the one is, in the same list, among whose children it was.
    pub(crate) inside: Option<usize>,
}

/// Every message of a list, or of the one root that may stand in its place, the outer ones before the inner
/// ones. `text` is JSON that a parser has been through; nothing of it is lost.
///
/// # Errors
/// An element that is no object, more messages than are taken, or no list at all.
pub(crate) fn apart(text: &str) -> Result<Vec<Laid>, Refused> {
    let bytes = text.as_bytes();
    let mut laid: Vec<Laid> = Vec::new();
    // The messages that are open, the innermost last, and up to where the text of that one was taken.
    let (mut open, mut taken): (Vec<usize>, usize) = (Vec::new(), 0);
    let mut at = match bytes.first() {
        Some(b'[') => 1,
        Some(b'{') => 0,
        _ => return Err("its `messages` are no list".to_owned()),
    };
    let mut among_messages = true;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => at += 1,
            b'{' if among_messages => {
                if laid.len() == MAX_MESSAGES {
                    return Err(format!("it has more than {MAX_MESSAGES} messages"));
                }
                laid.push(Laid { text: String::new(), inside: open.last().copied() });
                open.push(laid.len() - 1);
                taken = at;
                at += 1;
                among_messages = false;
            }
            b']' if among_messages => {
                taken = at;
                at += 1;
                among_messages = false;
            }
            _ if among_messages => return Err(format!("message {} is no object", laid.len() + 1)),
            b'}' => {
                at += 1;
                if let Some(message) = open.pop() {
                    laid[message].text.push_str(&text[taken..at]);
                }
                among_messages = true;
            }
            _ => {
                let name = at..value(bytes, at);
                at = skipped(bytes, name.end);
                if bytes.get(at) == Some(&b'[') && text.get(name).is_some_and(is_children) {
                    at += 1;
                    if let Some(message) = open.last() {
                        laid[*message].text.push_str(&text[taken..at]);
                    }
                    among_messages = true;
                } else {
                    at = value(bytes, at);
                }
            }
        }
    }
    Ok(laid)
}

/// Where the value ends that begins here.
fn value(bytes: &[u8], at: usize) -> usize {
    at + scan::Value::default().take(&bytes[at..]).0.max(1)
}

/// Where a member's value begins, behind its name.
fn skipped(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n' | b':')) {
        at += 1;
    }
    at
}

/// A name may be written with escapes.
fn is_children(name: &str) -> bool {
    name.trim_matches('"') == CHILDREN
        || (name.contains('\\') && serde_json::from_str::<String>(name).is_ok_and(|name| name == CHILDREN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(text: &str) -> Vec<(String, Option<usize>)> {
        serde_json::from_str::<&serde_json::value::RawValue>(text).unwrap();
        apart(text).unwrap().into_iter().map(|laid| (laid.text, laid.inside)).collect()
    }

    fn own(text: &str, inside: Option<usize>) -> (String, Option<usize>) {
        (text.to_owned(), inside)
    }

    #[test]
    fn each_message_is_by_itself_with_all_that_is_its_own() {
        let text = r#"[{"id":1,"x":{"children":[{"not":"one"}]},"children" : [ {"id":2, "children":[]},
            {"children":[{"id":4}],"id":3} ] ,"text":"]}\"children\":[{"}, {"id":5}]"#;
        assert_eq!(
            laid(text),
            [
                own(
                    r#"{"id":1,"x":{"children":[{"not":"one"}]},"children" : [] ,"text":"]}\"children\":[{"}"#,
                    None
                ),
                own(r#"{"id":2, "children":[]}"#, Some(0)),
                own(r#"{"children":[],"id":3}"#, Some(0)),
                own(r#"{"id":4}"#, Some(2)),
                own(r#"{"id":5}"#, None),
            ]
        );
    }

    #[test]
    fn one_root_children_that_are_none_and_a_name_with_escapes_are_understood() {
        assert_eq!(laid(r#"{"a":null,"children":null}"#), [own(r#"{"a":null,"children":null}"#, None)]);
        assert_eq!(
            laid(r#"{"\u0063hildren":[{"b":1.5e3}],"n":-1}"#),
            [own(r#"{"\u0063hildren":[],"n":-1}"#, None), own(r#"{"b":1.5e3}"#, Some(0))]
        );
        assert_eq!(laid("[]"), []);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert_eq!(apart("7"), Err("its `messages` are no list".to_owned()));
        assert_eq!(apart("[{},null]"), Err("message 2 is no object".to_owned()));
        assert_eq!(apart(r#"[{"children":["x"]}]"#), Err("message 2 is no object".to_owned()));
    }

    #[test]
    fn what_was_cut_ends() {
        let text = r#"[{"ä":"x\"é","children":[{"b":[1,{}]}],"c":tr,ü}]"#;
        for (end, _) in text.char_indices() {
            for part in [&text[..end], &text[end..]] {
                // Whatever is made of it: there is no message more than there are openings.
                assert!(apart(part).map_or(0, |laid| laid.len()) <= 3);
                let _ = apart(&format!("[{part}"));
            }
        }
    }
}

//! Editing a JSON object as bytes: what is not changed keeps its spelling, its order, its white
//! space and its doubles. Linear in the body, without recursion, and without a tree.

use super::{AskUsage, Caller, Onward, body::OURS};
use std::{borrow::Cow, ops::Range};

/// One change to the fields of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change<'c> {
    /// The field is gone.
    Remove(&'c str),
    /// The field has this value, JSON text; it is added at the end where it was not there.
    Put(&'c str, Cow<'c, str>),
    /// A field inside a field has this value; the outer one is made where it was no object.
    PutIn(&'c str, &'c str, &'c str),
}

impl Change<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Remove(name) | Self::Put(name, _) | Self::PutIn(name, ..) => name,
        }
    }
}

/// The caller's bytes for a provider of the same dialect.
pub(super) fn pass_on(caller: Caller, body: &[u8], onward: &Onward<'_>) -> Vec<u8> {
    let mut changes: Vec<Change<'_>> = OURS.iter().map(|name| Change::Remove(name)).collect();
    // Gemini's model stands in the address.
    if caller != Caller::Gemini {
        changes.push(Change::Put("model", quoted(onward.model).into()));
    }
    if matches!(caller, Caller::OpenaiChat | Caller::OpenaiCompletions) {
        match onward.usage {
            AskUsage::AsSent => {}
            AskUsage::Always => changes.push(Change::PutIn("stream_options", "include_usage", "true")),
            AskUsage::Never => changes.push(Change::Remove("stream_options")),
        }
    }
    edit(body, &changes)
}

/// What is asked, without how it is to be answered and without what is ours.
pub(super) fn essence(body: &[u8]) -> Vec<u8> {
    let ours = OURS.iter().chain(&["stream", "stream_options"]);
    edit(body, &ours.map(|name| Change::Remove(name)).collect::<Vec<_>>())
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The object with all `changes` made to every field of those names, however the names are escaped.
/// Bytes that are no object come back as they are.
pub(super) fn edit(body: &[u8], changes: &[Change<'_>]) -> Vec<u8> {
    let Some((fields, open)) = fields(body, 0..body.len()) else { return body.to_vec() };
    let mut edits: Vec<(Range<usize>, Cow<'_, str>)> = Vec::new();
    let mut done = vec![false; changes.len()];
    let mut kept = 0_usize;
    // End of the fields that are taken out before any that stays.
    let mut leading = None;
    for (index, field) in fields.iter().enumerate() {
        let Some(which) = changes.iter().position(|change| change.name() == field.name) else {
            kept += 1;
            continue;
        };
        done[which] = true;
        match &changes[which] {
            Change::Remove(_) if kept > 0 => edits.push((field.comma..field.value.end, "".into())),
            Change::Remove(_) => {
                let next = fields.get(index + 1).map_or(field.value.end, |next| next.start);
                leading.get_or_insert(field.start);
                edits.push((field.start..next, "".into()));
            }
            Change::Put(_, json) => {
                kept += 1;
                edits.push((field.value.clone(), json.as_ref().into()));
            }
            Change::PutIn(_, inner, json) => {
                kept += 1;
                put_in(body, &field.value, inner, json, &mut edits);
            }
        }
    }
    let end = fields.last().map_or(open, |last| last.value.end);
    for (change, done) in changes.iter().zip(done) {
        let json = match change {
            Change::Put(_, json) if !done => json.to_string(),
            Change::PutIn(_, inner, json) if !done => format!("{{{}:{json}}}", quoted(inner)),
            _ => continue,
        };
        let comma = if kept > 0 { "," } else { "" };
        kept += 1;
        edits.push((end..end, format!("{comma}{}:{json}", quoted(change.name())).into()));
    }
    let more: usize = edits.iter().map(|(_, text)| text.len()).sum();
    let mut out = Vec::with_capacity(body.len() + more);
    let mut at = 0;
    for (range, text) in edits {
        out.extend_from_slice(&body[at..range.start]);
        out.extend_from_slice(text.as_bytes());
        at = range.end;
    }
    out.extend_from_slice(&body[at..]);
    out
}

fn put_in<'e>(
    body: &[u8],
    value: &Range<usize>,
    inner: &str,
    json: &'e str,
    edits: &mut Vec<(Range<usize>, Cow<'e, str>)>,
) {
    let Some((fields, open)) = fields(body, value.clone()) else {
        edits.push((value.clone(), format!("{{{}:{json}}}", quoted(inner)).into()));
        return;
    };
    let before = edits.len();
    for field in fields.iter().filter(|field| field.name == inner) {
        edits.push((field.value.clone(), json.into()));
    }
    if edits.len() == before {
        let comma = if fields.is_empty() { "" } else { "," };
        edits.push((open..open, format!("{}:{json}{comma}", quoted(inner)).into()));
    }
}

/// A field of an object, by where it stands.
#[derive(Debug, PartialEq)]
struct Field<'b> {
    name: Cow<'b, str>,
    /// The comma before it; of the first, its name.
    comma: usize,
    /// Its name's quotation mark.
    start: usize,
    value: Range<usize>,
}

/// The fields of the object that stands in `range`, and where the first could begin.
fn fields(body: &[u8], range: Range<usize>) -> Option<(Vec<Field<'_>>, usize)> {
    let body = body.get(..range.end)?;
    let mut at = blank(body, range.start);
    if body.get(at) != Some(&b'{') {
        return None;
    }
    at += 1;
    let open = at;
    let mut fields = Vec::new();
    let mut comma = None;
    loop {
        at = blank(body, at);
        match body.get(at)? {
            b'}' if comma.is_none() => return Some((fields, open)),
            b'"' => {}
            _ => return None,
        }
        let start = at;
        at = string(body, at)?;
        let name = name(&body[start..at])?;
        at = blank(body, at);
        if body.get(at) != Some(&b':') {
            return None;
        }
        let from = blank(body, at + 1);
        at = value(body, from)?;
        fields.push(Field { name, comma: comma.unwrap_or(start), start, value: from..at });
        at = blank(body, at);
        match body.get(at)? {
            b',' => comma = Some(at),
            b'}' => return Some((fields, open)),
            _ => return None,
        }
        at += 1;
    }
}

/// A name without its quotation marks and escapes.
fn name(quoted: &[u8]) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', quoted).is_some() {
        return serde_json::from_slice::<String>(quoted).ok().map(Cow::Owned);
    }
    std::str::from_utf8(quoted.get(1..quoted.len() - 1)?).ok().map(Cow::Borrowed)
}

fn blank(body: &[u8], from: usize) -> usize {
    let rest = body.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}

/// The end of the string that begins at `from`.
fn string(body: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', body.get(at..)?)?;
        if body[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The end of the value that begins at `from`.
fn value(body: &[u8], from: usize) -> Option<usize> {
    match body.get(from)? {
        b'"' => string(body, from),
        b'{' | b'[' => {
            let (mut at, mut depth) = (from, 0_usize);
            loop {
                match body.get(at)? {
                    b'"' => {
                        at = string(body, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        _ => {
            let rest = &body[from..];
            let length = rest
                .iter()
                .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'))?;
            (length > 0).then_some(from + length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn onward(body: &str) -> String {
        let onward = Onward { model: "m\"2", usage: AskUsage::Always };
        String::from_utf8(pass_on(Caller::OpenaiChat, body.as_bytes(), &onward)).unwrap()
    }

    #[test]
    fn only_what_is_changed_is_touched() {
        let typed = "{ \"temperature\" : 1.0e0,\n\t\"model\":\"a\\/b\" , \"x\":1, \"x\":[1,2 ,{\"model\":\"in\"}],\"stream_options\":{} }";
        let sent = "{ \"temperature\" : 1.0e0,\n\t\"model\":\"m\\\"2\" , \"x\":1, \"x\":[1,2 ,{\"model\":\"in\"}],\"stream_options\":{\"include_usage\":true} }";
        assert_eq!(onward(typed), sent);
    }

    #[test]
    fn a_provider_that_refuses_stream_options_is_sent_none() {
        let onward = Onward { model: "m", usage: AskUsage::Never };
        let sent =
            |body: &str| String::from_utf8(pass_on(Caller::OpenaiChat, body.as_bytes(), &onward)).unwrap();
        let asked = r#"{"model":"a","stream":true,"stream_options":{"include_usage":true},"x":1}"#;
        assert_eq!(sent(asked), r#"{"model":"m","stream":true,"x":1}"#);
        assert_eq!(sent(r#"{"model":"a","stream":true}"#), r#"{"model":"m","stream":true}"#);
        // The twin: as it was sent it is refused.
        let as_sent = Onward { usage: AskUsage::AsSent, ..onward };
        let sent = pass_on(Caller::OpenaiChat, asked.as_bytes(), &as_sent);
        assert!(String::from_utf8(sent).unwrap().contains("stream_options"));
    }

    #[test]
    fn our_fields_go_wherever_they_stand_and_however_they_are_spelled() {
        let plain = r#"{"model":"m\"2","stream_options":{"include_usage":true}}"#;
        for typed in [
            r#"{"models":["a"],"model":"a","stream_options":null}"#,
            r#"{"model":"a","stream_options":7,"models":["a"],"orchesity":{"a":[]}}"#,
            r#"{"models":1,"orchesity":2,"model":"a","conversation_id":"x","stream_options":{"include_usage":false}}"#,
            r#"{"m\u006fdels":[],"mod\u0065l":"a","stream_options":[]}"#,
        ] {
            let sent = onward(typed).replace(r"mod\u0065l", "model");
            assert_eq!(sent, plain, "{typed}");
        }
        assert_eq!(onward("{}"), plain);
        assert_eq!(
            onward(r#"{ "models" : [1] , "orchesity" : 2 }"#),
            format!("{{ {} }}", &plain[1..plain.len() - 1])
        );
        assert_eq!(
            onward(r#"{"model":"a","models":1,"model":"b","stream_options":{"x":1}}"#),
            r#"{"model":"m\"2","model":"m\"2","stream_options":{"include_usage":true,"x":1}}"#
        );
        let gemini = Onward { model: "m", usage: AskUsage::Always };
        assert_eq!(
            pass_on(Caller::Gemini, br#"{"orchesity":1,"contents":[]}"#, &gemini),
            br#"{"contents":[]}"#
        );
    }

    #[test]
    fn what_is_no_object_comes_back_as_it_was() {
        let deep = "[".repeat(1_000_000);
        for text in [
            "",
            "[]",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\\",
            "\u{0}",
            &deep,
            &format!("{{\"a\":{deep}"),
        ] {
            let text: &str = text;
            assert_eq!(onward(text), text);
        }
    }

    /// A body as pieces: white space, names and values in odd spellings.
    fn object() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
        let space = "[ \n\t]{0,2}";
        let name = prop_oneof![
            Just("model".to_owned()),
            Just("models".to_owned()),
            Just("orchesity".to_owned()),
            Just("stream_options".to_owned()),
            Just("mod\\u0065l".to_owned()),
            "[a-z{},:\\[\\]é]{0,6}",
        ];
        let value = prop_oneof![
            Just("1.50e+3".to_owned()),
            Just("null".to_owned()),
            Just("\"\\\"}],\"".to_owned()),
            Just("{\"include_usage\" : false, \"models\":1}".to_owned()),
            Just("[{\"a\":[]}, \"{\"]".to_owned()),
            Just("-0".to_owned()),
            Just("{ }".to_owned()),
            Just("\"\\\\\"".to_owned()),
        ];
        prop::collection::vec((space, name, space, space, value, space), 0..8).prop_map(|pieces| {
            let fields = pieces.iter().map(|(_, n, _, _, v, _)| (n.clone(), v.clone())).collect();
            let text: Vec<String> =
                pieces.iter().map(|(a, n, b, c, v, d)| format!("{a}\"{n}\"{b}:{c}{v}{d}")).collect();
            (format!(" {{{}}}\n", text.join(",")), fields)
        })
    }

    proptest! {
        #[test]
        fn all_other_bytes_stay((typed, fields) in object()) {
            let sent = onward(&typed);
            prop_assert!(serde_json::from_str::<Value>(&sent).is_ok(), "{typed} became {sent}");
            let (after, _) = super::fields(sent.as_bytes(), 0..sent.len()).unwrap();
            let theirs = |name: &str| !OURS.contains(&name) && name != "stream_options" && !name.starts_with("mod");
            let kept: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).filter(|(n, _)| theirs(n)).collect();
            let came: Vec<(&str, &str)> = after.iter().map(|f| (f.name.as_ref(), &sent[f.value.clone()])).filter(|(n, _)| theirs(n)).collect();
            prop_assert_eq!(kept, came);
            let value: Value = serde_json::from_str(&sent).unwrap();
            prop_assert_eq!(value.pointer("/stream_options/include_usage"), Some(&Value::Bool(true)));
            prop_assert!(after.iter().filter(|f| f.name == "model").all(|f| &sent[f.value.clone()] == "\"m\\\"2\""));
            prop_assert!(after.iter().all(|f| !OURS.contains(&f.name.as_ref())));
            // Changed once, it is changed.
            prop_assert_eq!(onward(&sent), sent);
        }

        #[test]
        fn nothing_to_change_changes_no_byte(typed in "\\PC{0,200}", (object, _) in object()) {
            prop_assert_eq!(edit(typed.as_bytes(), &[Change::Remove("\u{1}")]), typed.as_bytes());
            prop_assert_eq!(edit(object.as_bytes(), &[Change::Remove("\u{1}")]), object.as_bytes());
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(prop::sample::select(&b"{}[]\":,\\ a1\xff"[..]), 0..60)) {
            let _ = pass_on(Caller::OpenaiChat, &bytes, &Onward { model: "m", usage: AskUsage::Always });
        }
    }
}

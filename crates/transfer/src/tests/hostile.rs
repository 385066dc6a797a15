//! Files from those who mean harm, or were unlucky: what does not fit is refused, and nothing else is lost.

use super::{read, zip};
use crate::{MAX_DEPTH, ReadError};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

fn node(parent: Option<&str>, text: &str) -> Value {
    json!({"parent": parent, "children": [], "message": {"author": {"role": "user"},
        "content": {"content_type": "text", "parts": [text]}}})
}

fn chat(id: &str, mapping: &Value) -> Value {
    json!({"id": id, "title": format!("title of {id}"), "create_time": 1_704_067_200, "mapping": mapping})
}

fn good(id: &str) -> Value {
    chat(id, &json!({"a": node(None, "hello")}))
}

/// The good ones around it arrive; it is refused, and named.
fn refused(bad: &str, why: &str) {
    let file = format!("[{}, {bad}, {}]", good("before"), good("after"));
    let got = read(file.as_bytes());
    assert!(got.error.is_none(), "{:?}", got.error);
    let ids: Vec<_> = got.all.iter().filter_map(|whole| whole.source_id.as_deref()).collect();
    assert_eq!(ids, ["before", "after"], "{why}");
    assert_eq!(got.skipped, 1);
    assert!(got.warnings.iter().any(|warning| warning.contains(why)), "{why}: {:?}", got.warnings);
}

#[test]
fn a_circle_is_refused() {
    let circle = json!({"a": node(Some("b"), "x"), "b": node(Some("a"), "y"), "c": node(None, "z")});
    refused(&chat("bad", &circle).to_string(), "in a circle");
    refused(
        &chat("bad", &json!({"a": node(Some("a"), "x")})).to_string(),
        "“title of bad”: its messages hang",
    );
}

#[test]
fn a_parent_that_is_not_there_is_refused() {
    refused(
        &chat("bad", &json!({"a": node(Some("elsewhere"), "x")})).to_string(),
        "`elsewhere`, which is not there",
    );
}

#[test]
fn an_id_that_is_there_twice_is_refused() {
    let twice = "{\"id\": \"bad\", \"title\": \"t\", \"mapping\": {\"a\": NODE, \"a\": NODE}}";
    refused(&twice.replace("NODE", &node(None, "x").to_string()), "have the id `a`");
}

#[test]
fn a_tree_that_is_too_deep_is_refused_and_a_deep_one_is_not() {
    let chain = |length: usize| {
        let mut text = String::from("{\"id\": \"deep\", \"title\": \"deep\", \"mapping\": {");
        for at in 0..length {
            let parent = if at == 0 { "null".to_owned() } else { format!("\"{}\"", at - 1) };
            let comma = if at == 0 { "" } else { "," };
            write!(
                text,
                "{comma}\"{at}\":{{\"parent\":{parent},\"message\":{{\"author\":{{\"role\":\"user\"}},\
                 \"content\":{{\"parts\":[\"x\"]}}}}}}"
            )
            .unwrap();
        }
        text + "}}"
    };
    let got = read(chain(50_000).as_bytes());
    assert_eq!(got.all[0].messages.len(), 50_000);
    refused(&chain(MAX_DEPTH + 1), "more than 100000 messages");
    refused(&chain(1_000_000), "“deep”: it is larger than 24 MiB");
}

#[test]
fn json_inside_json_inside_json_is_refused() {
    refused(
        &format!("{{\"title\": \"bad\", \"mapping\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000)),
        "left out",
    );
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let inside = format!("{{\"id\":\"bad\",\"title\":\"bad\",\"mapping\":{{\"a\":{{\"message\":{deep}}}}}}}");
    refused(&inside, "left out");
}

#[test]
fn wrong_types_cost_one_conversation() {
    for bad in
        ["12", "null", "\"mapping\"", "{}", "[]", "{\"title\": \"bad\", \"mapping\": [1]}", "{\"mapping\": }"]
    {
        refused(bad, "left out");
    }
    refused("{\"title\": \"bad\", \"mapping\": {\"a\": 1}}", "“bad”: its message `a` is no object");
    refused(
        "{\"title\": \"bad\", \"mapping\": {\"a\": {\"message\": {\"author\": 4}}}}",
        "nothing is said in it",
    );
    refused("{\"title\": \"bad\", \"chat_messages\": {}}", "“bad”: its `chat_messages` is no list");
    refused("{\"title\": \"bad\", \"mapping\": {\"\\u0000\": {}}}", "left out");
}

#[test]
fn absurd_times_are_replaced_and_said() {
    let mut mapping = json!({"a": node(None, "x"), "b": node(Some("a"), "y")});
    mapping["a"]["message"]["create_time"] = json!(1e18);
    mapping["b"]["message"]["create_time"] = json!("soon");
    let got = read(json!([chat("c", &mapping)]).to_string().as_bytes());
    assert_eq!(got.all[0].messages[1].created_at, got.all[0].created_at);
    assert_eq!(got.warnings, ["“title of c”: 2 of its times make no sense; others stand in for them"]);
}

#[test]
fn a_file_that_breaks_off_gives_its_whole_conversations_and_names_the_last() {
    let text = json!([good("one"), good("two")]).to_string();
    let got = read(&text.as_bytes()[..text.len() - 40]);
    assert_eq!(got.all.len(), 1);
    assert!(
        matches!(&got.error, Some(ReadError::Damaged(why)) if why.contains("title of two")),
        "{:?}",
        got.error
    );
}

#[test]
fn a_name_that_points_outside_refuses_the_whole_zip_file() {
    let text = json!([good("one")]).to_string();
    for name in
        ["../conversations.json", "/etc/conversations.json", "a/../../b.json", "..\\b.json", "C:/b.json"]
    {
        let got = read(&zip(&[("conversations.json", text.as_bytes()), (name, text.as_bytes())]));
        assert!(matches!(&got.error, Some(ReadError::Hostile(_))), "{name}: {:?}", got.error);
        assert!(got.all.is_empty(), "{name}");
    }
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_unpacked() {
    let blanks = vec![b' '; 4 << 20];
    let got = read(&zip(&[("conversations.json", &blanks)]));
    assert!(matches!(&got.error, Some(ReadError::Hostile(why)) if why.contains("bomb")), "{:?}", got.error);
    let pictures =
        zip(&[("conversations.json", json!([good("one")]).to_string().as_bytes()), ("a.png", &blanks)]);
    assert!(matches!(read(&pictures).error, Some(ReadError::Hostile(_))));
}

#[test]
fn a_zip_bomb_that_lies_about_its_size_is_cut() {
    let blanks = vec![b' '; 4 << 20];
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("conversations.json", ::zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(&blanks).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    // The unpacked size, wherever it stands: in the head of the entry and in the directory.
    let size = u32::try_from(blanks.len()).unwrap().to_le_bytes();
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == size {
            bytes[at..at + 4].copy_from_slice(&4096_u32.to_le_bytes());
        }
    }
    let got = read(&bytes);
    assert!(got.error.is_some() && got.all.is_empty(), "{:?}", got.error);
}

#[test]
fn a_zip_file_whose_list_of_files_is_endless_is_refused() {
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..600 {
        let name = format!("{number}{}", "n".repeat(60_000));
        writer.start_file(name, ::zip::write::SimpleFileOptions::default()).unwrap();
    }
    let got = read(&writer.finish().unwrap().into_inner());
    assert!(
        matches!(&got.error, Some(ReadError::Zip(why)) if why.contains("list of files")),
        "{:?}",
        got.error
    );
}

#[test]
fn files_of_a_conversation_are_handed_on_one_by_one() {
    let picture = |id: &str| json!({"content_type": "image_asset_pointer", "asset_pointer": format!("sediment://{id}")});
    let mut said = node(None, "x");
    said["message"]["content"] =
        json!({"content_type": "multimodal_text", "parts": [picture("file_1"), picture("file_2")]});
    let text = json!([chat("c", &json!({"a": said}))]).to_string();
    let bytes =
        zip(&[("conversations.json", text.as_bytes()), ("file_1-a.png", b"one"), ("file_2.png", b"two")]);
    assert_eq!(read(&bytes).blobs, [b"one", b"two"]);
    // Whoever takes them has the first before the second is unpacked, and can end it there.
    let open = move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn crate::source::File>);
    let mut found = Vec::new();
    let mut sink = |item| match item {
        crate::Item::Format(_) => Ok(()),
        item => {
            found.push(item);
            Err(crate::Stop)
        }
    };
    let mut source = crate::Source::open(&open, &std::sync::Arc::default()).unwrap();
    let mut ids = || uuid::Uuid::nil();
    let read = crate::Reader { now: super::NOW, ids: &mut ids, sink: &mut sink }.read(&mut source);
    assert!(matches!(read, Err(ReadError::Stopped)), "{read:?}");
    assert!(matches!(found.as_slice(), [crate::Item::Blob { bytes, .. }] if bytes == b"one"), "{found:?}");
}

#[test]
fn an_odd_conversation_at_the_beginning_costs_only_itself_in_a_zip_file_too() {
    let text = json!([{"title": "odd", "mapping": null}, 12, good("one")]).to_string();
    let other = json!([{"title": "no conversation"}, {"a": 1}]).to_string();
    let broken = r#"{"a": 1} and no more"#;
    let got = read(&zip(&[
        ("a.json", other.as_bytes()),
        ("b.json", broken.as_bytes()),
        ("conversations.json", text.as_bytes()),
    ]));
    assert!(got.error.is_none(), "{:?}", got.error);
    assert_eq!((got.all.len(), got.skipped), (1, 2), "{:?}", got.warnings);
    assert!(got.warnings[0].contains("“odd”"), "{:?}", got.warnings);
}

#[test]
fn what_is_no_export_is_said_to_be_none() {
    for bytes in [b"\x89PNG".as_slice(), b"", b"hello", b"<html></html>"] {
        assert!(matches!(read(bytes).error, Some(ReadError::Unknown)), "{bytes:?}");
    }
    assert!(matches!(read(&zip(&[("a.txt", b"x")])).error, Some(ReadError::Nothing)));
    assert!(matches!(read(b"{\"a\": 1}").error, Some(ReadError::Nothing)));
    assert!(matches!(read(b"PK\x03\x04 and nothing").error, Some(ReadError::Zip(_))));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_bytes_come_the_reader_ends_and_what_it_gives_is_whole(
        changes in proptest::collection::vec((0_usize..4096, proptest::num::u8::ANY), 0..12),
        cut in 0_usize..4096,
        zipped in proptest::bool::ANY,
    ) {
        let text = json!([good("one"), chat("two", &json!({"a": node(None, "x"), "b": node(Some("a"), "y")}))]).to_string();
        let mut bytes = if zipped { zip(&[("c.json", text.as_bytes())]) } else { text.into_bytes() };
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        bytes.truncate(cut.max(1));
        let got = read(&bytes);
        for whole in &got.all {
            let mut before = std::collections::HashSet::new();
            for message in &whole.messages {
                assert!(message.parent.is_none_or(|parent| before.contains(&parent)));
                before.insert(message.id);
            }
            assert!(whole.branches[0].tip.is_some_and(|tip| before.contains(&tip)));
        }
    }
}

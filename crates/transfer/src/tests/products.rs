//! One conversation of each product, made up here after its own shape.

use super::{read, said, zip};
use domain::{BranchKind, ImportFormat, MessageStatus, Role};
use serde_json::json;
use std::fmt::Write as _;

fn chat_gpt() -> serde_json::Value {
    json!([{
        "title": "Branches", "create_time": 1_704_067_200.25, "update_time": 1_704_067_300, "conversation_id": "c1",
        "is_archived": true, "current_node": "a1",
        "mapping": {
            "root": {"id": "root", "parent": null, "children": ["sys"], "message": null},
            "sys": {"id": "sys", "parent": "root", "children": ["u"], "message": {"author": {"role": "system"},
                "content": {"content_type": "text", "parts": [""]}}},
            "u": {"id": "u", "parent": "sys", "children": ["a2", "a1"], "message": {"author": {"role": "user"},
                "create_time": 1_704_067_201, "content": {"content_type": "multimodal_text", "parts": [
                    {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"},
                    {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_2"}, "what is this"]},
                "metadata": {"attachments": [{"id": "file_1", "name": "a.png"}, {"id": "file_3", "name": "b.py"}]}}},
            "a1": {"id": "a1", "parent": "u", "children": [], "message": {"author": {"role": "assistant"},
                "weight": 0, "content": {"content_type": "text", "parts": ["one"]},
                "metadata": {"model_slug": "gpt-4o"}}},
            "a2": {"id": "a2", "parent": "u", "children": ["t"], "message": {"author": {"role": "assistant"},
                "recipient": "python", "status": "in_progress",
                "content": {"content_type": "code", "language": "unknown", "text": "print(1)"},
                "metadata": {"model_slug": "o1"}}},
            "t": {"id": "t", "parent": "a2", "children": ["e"], "message": {"author": {"role": "tool", "name": "python"},
                "content": {"content_type": "execution_output", "text": "1"}}},
            "e": {"id": "e", "parent": "t", "children": ["th"], "message": {"author": {"role": "assistant"},
                "content": {"content_type": "text", "parts": []}}},
            "th": {"id": "th", "parent": "e", "children": [], "message": {"author": {"role": "assistant"},
                "content": {"content_type": "thoughts", "thoughts": [{"summary": "hm", "content": "well"}]}}}
        }
    }])
}

#[test]
fn chatgpt_keeps_every_branch_and_drops_the_empty_root() {
    let got = read(chat_gpt().to_string().as_bytes());
    assert!(got.error.is_none(), "{:?}", got.error);
    assert_eq!(got.format, Some(ImportFormat::ChatGpt));
    let whole = &got.all[0];
    let expected = [
        (Some("u"), None, "[image/png]|[image/png]|what is this|[text/plain]"),
        (Some("a2"), Some("u"), "python(print(1))"),
        (Some("t"), Some("a2"), "gets 1"),
        // It says nothing, and holds a place on the path.
        (Some("e"), Some("t"), ""),
        (Some("th"), Some("e"), "thinks hm\n\nwell"),
        (Some("a1"), Some("u"), "one"),
    ];
    assert_eq!(said(whole), expected.map(|(id, parent, text)| (id, parent, text.to_owned())));
    assert_eq!((whole.title.as_str(), whole.archived), ("Branches", true));
    assert_eq!(whole.created_at.to_string(), "2024-01-01T00:00:00.250Z");
    assert_eq!(whole.source_id.as_deref(), Some("c1"));
    let tip = whole.branches[0].tip.unwrap();
    assert_eq!(whole.branches[0].kind, BranchKind::Main);
    let active = whole.messages.iter().find(|m| m.id == tip).unwrap();
    assert_eq!(active.source_id.as_deref(), Some("a1"));
    assert!(active.hidden);
    let models: Vec<&str> =
        whole.runs.iter().flat_map(|run| &run.completions).map(|c| c.requested.as_str()).collect();
    assert_eq!(models, ["openai/o1", "openai/gpt-4o"]);
    assert_eq!(whole.messages[1].status, MessageStatus::Interrupted);
    assert_eq!(whole.messages[2].role, Role::Tool);
    // Without a time of its own, a message has that of the one above.
    assert_eq!(whole.messages[5].created_at, whole.messages[0].created_at);
    assert_eq!(got.warnings, ["“Branches”: 3 of its attachments are not in the file; their names stay"]);
}

#[test]
fn a_zip_file_is_told_by_its_content_and_brings_its_pictures() {
    let png = b"\x89PNG\r\n\x1a\nand so on".as_slice();
    let text = chat_gpt().to_string();
    let other = text.replace("\"c1\"", "\"c2\"");
    let archive = zip(&[
        ("export/conversations-001.json", other.as_bytes()),
        ("export/conversations-000.json", text.as_bytes()),
        ("user.json", b"{\"id\": \"user-1\"}"),
        ("shared_conversations.json", b"[{\"id\": \"x\", \"conversation_id\": \"c1\", \"title\": \"t\"}]"),
        ("broken.json", b"<html>"),
        ("file_1-a.png", png),
        ("dalle/file_12-not-it.png", png),
        ("file_3-b.py", b"print(1)"),
    ]);
    let got = read(&archive);
    assert!(got.error.is_none(), "{:?}", got.error);
    let ids: Vec<_> = got.all.iter().filter_map(|whole| whole.source_id.as_deref()).collect();
    assert_eq!(ids, ["c1", "c2"]);
    assert_eq!(got.skipped, 0);
    assert_eq!(got.blobs[..2], [png.to_vec(), b"print(1)".to_vec()]);
    assert_eq!(got.warnings[0], "“Branches”: 1 of its attachments are not in the file; their names stay");
    let parts = got.all[0].messages[0].parts.get();
    assert!(
        parts.contains("\"kind\":\"blob\"") && parts.contains("missing:file_2") && parts.contains("b.py")
    );
}

#[test]
fn claude_tells_by_blocks_and_by_text() {
    let got = read(
        json!([{
            "uuid": "k1", "name": "Cake", "created_at": "2024-01-15T10:00:00Z", "updated_at": "2024-01-15T11:00:00Z",
            "chat_messages": [
                {"uuid": "m1", "sender": "human", "text": "hello", "content": [], "created_at": "2024-01-15T10:00:00Z",
                    "parent_message_uuid": "00000000-0000-4000-8000-000000000000",
                    "attachments": [{"file_name": "r.txt", "extracted_content": "flour"}], "files": [{"file_name": "p.png"}]},
                {"uuid": "m2", "sender": "assistant", "text": "same", "parent_message_uuid": "m1", "content": [
                    {"type": "thinking", "thinking": "so"}, {"type": "text", "text": "hi"},
                    {"type": "tool_use", "id": "t1", "name": "web", "input": {"q": 1}},
                    {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "found"}]},
                    {"type": "token_budget"}]},
                {"uuid": "m3", "sender": "assistant", "text": "other", "parent_message_uuid": "m1"}
            ]
        }])
        .to_string()
        .as_bytes(),
    );
    assert_eq!(got.format, Some(ImportFormat::Claude));
    let expected = [
        (Some("m1"), None, "hello|r.txt:\n\n```\nflour\n```|[application/octet-stream]"),
        (Some("m2"), Some("m1"), "thinks so|hi|web({\"q\":1})|gets found"),
        (Some("m3"), Some("m1"), "other"),
    ];
    assert_eq!(said(&got.all[0]), expected.map(|(id, parent, text)| (id, parent, text.to_owned())));
}

#[test]
fn open_webui_keeps_its_history() {
    let message = |id: &str, parent: Option<&str>, children: &[&str], role: &str, text: &str| {
        json!({"id": id, "parentId": parent, "childrenIds": children, "role": role, "content": text,
            "timestamp": 1_704_067_200, "model": "llama3:8b"})
    };
    let got = read(
        json!([{"id": "w1", "title": "Web", "created_at": 1_704_067_200, "updated_at": 1_704_067_200, "pinned": true,
            "meta": {"tags": ["work"]},
            "chat": {"history": {"currentId": "b", "messages": {
                "u": message("u", None, &["b", "a"], "user", "q"),
                "a": message("a", Some("u"), &[], "assistant", "A"),
                "b": message("b", Some("u"), &[], "assistant", "B")}}, "messages": []}}])
        .to_string()
        .as_bytes(),
    );
    assert_eq!(got.format, Some(ImportFormat::OpenWebUi));
    let whole = &got.all[0];
    let texts: Vec<String> = said(whole).into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, ["q", "B", "A"]);
    assert_eq!((whole.pinned, whole.tags.as_slice()), (true, ["work".to_owned()].as_slice()));
    assert_eq!(whole.runs[0].completions[0].requested.as_str(), "open-webui/llama3:8b");
}

#[test]
fn libre_chat_comes_flat_or_nested() {
    let root = "00000000-0000-0000-0000-000000000000";
    let flat = json!({"conversationId": "l1", "title": "Libre", "endpoint": "openAI", "branches": true,
    "options": {"model": "gpt-4"}, "messages": [
        {"messageId": "1", "parentMessageId": root, "sender": "User", "isCreatedByUser": true, "text": "q",
            "createdAt": "2024-01-01T00:00:00.000Z"},
        {"messageId": "2", "parentMessageId": "1", "sender": "GPT-4", "text": "a"},
        {"messageId": "3", "parentMessageId": "1", "sender": "GPT-4", "text": "", "content": [
            {"type": "think", "think": "hm"}, {"type": "text", "text": {"value": "b"}},
            {"type": "tool_call", "tool_call": {"id": "c", "name": "f", "args": "{}", "output": "o"}}]}
    ]});
    let nested = json!({"conversationId": "l1", "title": "Libre", "endpoint": "openAI", "recursive": true,
    "options": {"model": "gpt-4"}, "messages": [
        {"messageId": "1", "parentMessageId": root, "sender": "User", "text": "q", "children": [
            {"messageId": "2", "sender": "GPT-4", "text": "a", "children": []},
            {"messageId": "3", "sender": "GPT-4", "text": "", "children": [], "content": [
                {"type": "think", "think": "hm"}, {"type": "text", "text": "b"},
                {"type": "tool_call", "tool_call": {"id": "c", "name": "f", "args": {}, "output": "o"}}]}
        ]}]});
    let expected = [
        (Some("1"), None, "q"),
        (Some("2"), Some("1"), "a"),
        (Some("3"), Some("1"), "thinks hm|b|f({})|gets o"),
    ];
    for file in [flat, nested] {
        let got = read(file.to_string().as_bytes());
        assert_eq!(got.format, Some(ImportFormat::LibreChat));
        assert_eq!(said(&got.all[0]), expected.map(|(id, parent, text)| (id, parent, text.to_owned())));
        assert_eq!(got.all[0].runs[0].completions[0].requested.as_str(), "openai/gpt-4");
    }
}

#[test]
fn a_libre_chat_conversation_of_any_depth_is_read_in_one_pass() {
    // Read once for each message above it, this would be 100,000 million bytes.
    let depth = 60_000;
    let mut messages = String::new();
    for at in 0..depth {
        write!(messages, r#"[{{"messageId":"{at}","sender":"User","text":"{at}","children":"#).unwrap();
    }
    messages.push_str("[]");
    messages.push_str(&"}]".repeat(depth));
    let file = format!(r#"{{"conversationId":"deep","endpoint":"openAI","messages":{messages}}}"#);
    let got = read(file.as_bytes());
    let last = got.all[0].messages.last().unwrap();
    assert_eq!((got.all[0].messages.len(), last.source_id.as_deref()), (depth, Some("59999")));
}

#[test]
fn a_libre_chat_message_with_an_endless_id_and_endless_children_is_refused_at_once() {
    // Named by each of its children, this would be 6 TB.
    let (id, children) = ("x".repeat(12_000_000), "{},".repeat(499_998) + "{}");
    let file = format!(
        r#"{{"conversationId":"c","title":"bad","messages":[{{"messageId":"{id}","children":[{children}]}}]}}"#
    );
    let got = read(file.as_bytes());
    assert!(got.all.is_empty());
    assert!(got.warnings[0].contains("its message id"), "{:?}", got.warnings);
}

#[test]
fn a_text_that_was_cut_within_a_character_is_kept_and_what_cannot_be_read_is_said() {
    let node = |parent: &str, said: &str| {
        format!(
            r#"{{"parent": {parent}, "message": {{"author": {{"role": "user"}}, "content": {{"parts": ["x", {said}]}}}}}}"#
        )
    };
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let (a, b) = (node("null", r#""cut \ud83d""#), node("\"a\"", &deep));
    let chat = format!(r#"{{"id": "c", "title": "so \ud83d", "mapping": {{"a": {a}, "b": {b}}}}}"#);
    let got = read(chat.as_bytes());
    assert_eq!(said(&got.all[0]), [(Some("a"), None, "x|cut \u{fffd}".to_owned())]);
    assert_eq!(got.warnings, ["“so \u{fffd}”: 1 of its messages cannot be read, and were left out"]);
    let claude =
        r#"{"uuid": "c", "name": "n", "chat_messages": [{"sender": "human", "text": "cut \ud83d"}]}"#;
    assert_eq!(said(&read(claude.as_bytes()).all[0])[0].2, "cut \u{fffd}");
}

//! Real files, where they are: they are nobody's to ship, so without them these tests say so and end.

use super::{Got, read, said};
use domain::ImportFormat;
use std::path::Path;

/// The samples lie beside the checkout.
fn sample(name: &str) -> Option<Got> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/imports");
    let bytes = std::fs::read(folder.join(name)).ok();
    if bytes.is_none() {
        eprintln!("skipped: the sample `{name}` is not on this machine");
    }
    bytes.map(|bytes| read(&bytes))
}

#[test]
fn real_exports_are_read_to_their_ends() {
    for (name, format) in [
        ("chatgpt/example-conversation.json", ImportFormat::ChatGpt),
        ("chatgpt/three-conversations-with-branches.json", ImportFormat::ChatGpt),
        ("chatgpt/sample-conversation.json", ImportFormat::ChatGpt),
        ("claude/conversations.json", ImportFormat::Claude),
        ("claude/bakery-chat.json", ImportFormat::Claude),
        ("claude/conversations-small.json", ImportFormat::Claude),
        ("claude/conversation-with-errors.json", ImportFormat::Claude),
        ("deepseek/conversations.json", ImportFormat::DeepSeek),
    ] {
        let Some(got) = sample(name) else { continue };
        assert!(got.error.is_none(), "{name}: {:?}", got.error);
        assert_eq!(got.format, Some(format), "{name}");
        assert!(!got.all.is_empty(), "{name}: {:?}", got.warnings);
        eprintln!("{name}: {} conversations, {} skipped, {:?}", got.all.len(), got.skipped, got.warnings);
    }
}

#[test]
fn a_regenerated_answer_of_a_real_export_is_a_sibling() {
    let Some(got) = sample("chatgpt/three-conversations-with-branches.json") else { return };
    assert_eq!(got.all.len(), 2);
    let said = said(&got.all[0]);
    let below: Vec<_> = said.iter().filter(|(_, parent, _)| *parent == Some("cgpt-001-u1")).collect();
    assert_eq!(below.len(), 2);
    assert_eq!(said[0].1, None, "the empty roots are dropped");
}

#[test]
fn what_the_blocks_of_a_real_export_leave_out_its_text_tells() {
    let Some(got) = sample("claude/conversation-with-errors.json") else { return };
    let said = said(&got.all[0]);
    let text =
        |id: &str| said.iter().find(|(source, _, _)| *source == Some(id)).map(|(_, _, text)| text.as_str());
    assert_eq!(text("msg-3"), Some("This message has null content array - should trigger error handling"));
    assert_eq!(text("msg-4"), Some("This message has null text in content item"));
    assert_eq!(text("msg-6"), Some("Invalid content type - not an array"));
    assert_eq!(text("msg-7"), Some("Message with unknown content type"));
}

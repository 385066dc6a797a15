//! What is written, and reading it again.

use super::{NOW, read};
use crate::{Exporter, html, markdown};
use domain::{Hash, Part, Portable};
use serde_json::{json, value::RawValue};

const NASTY: &str = "</div><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u{0}";

fn nasty() -> Portable {
    let mapping = json!({
        "u": {"parent": null, "message": {"author": {"role": "user"}, "content": {"parts": [NASTY]}}},
        "a": {"parent": "u", "message": {"author": {"role": "assistant"}, "content": {"parts": ["# one\n```\nx\n```"]},
            "metadata": {"model_slug": "<b>m</b>"}}},
        "b": {"parent": "u", "message": {"author": {"role": "assistant"}, "recipient": "<i>",
            "content": {"content_type": "code", "text": NASTY}}},
        "t": {"parent": "b", "message": {"author": {"role": "tool", "name": NASTY},
            "content": {"content_type": "execution_output", "text": NASTY}}},
    });
    let file = json!([{"id": "n", "title": NASTY, "create_time": 1_704_067_200, "current_node": "a", "mapping": mapping}]);
    let mut got = read(file.to_string().as_bytes());
    assert!(got.error.is_none() && got.all.len() == 1, "{:?} {:?}", got.error, got.warnings);
    got.all.remove(0)
}

#[test]
fn a_page_runs_nothing_whatever_is_in_it() {
    let mut page = Vec::new();
    assert_eq!(html(&mut page, &nasty(), None, &mut |_| None).unwrap(), 4);
    let page = String::from_utf8(page).unwrap();
    for tag in page.split('<').skip(1) {
        let name: String =
            tag.chars().take_while(|c| c.is_ascii_alphanumeric() || "/!".contains(*c)).collect();
        let known = [
            "!doctype", "html", "head", "meta", "title", "style", "body", "section", "h1", "p", "time",
            "article", "header", "div", "pre", "footer", "details", "summary",
        ];
        assert!(known.contains(&name.trim_start_matches('/')), "<{name}");
    }
    assert!(page.contains("default-src 'none'") && !page.contains('\0'));
    assert_eq!(page.matches("&lt;script&gt;").count(), 6);
}

#[test]
fn markdown_has_one_branch_or_the_tree() {
    let whole = nasty();
    let mut tree = Vec::new();
    assert_eq!(markdown(&mut tree, &whole, None).unwrap(), 4);
    let tip = whole.branches[0].tip;
    let mut path = Vec::new();
    assert_eq!(markdown(&mut path, &whole, tip).unwrap(), 2);
    let path = String::from_utf8(path).unwrap();
    assert!(
        path.contains("# one\n```\nx\n```") && path.contains("Assistant · openai/\\<b\\>m\\</b\\> · 1/2"),
        "{path}"
    );
    assert!(!path.contains("alert(1)</script><img src=x onerror=alert(1)>\"'&\u{0}\n```"));
}

#[test]
fn what_is_written_is_read_again_as_it_was() {
    let whole = nasty();
    let mut file = Exporter::begin(Vec::new(), NOW).unwrap();
    file.blob(Hash::of(b"bytes"), "text/plain", b"bytes").unwrap();
    file.blob(Hash::of(b"bytes"), "text/plain", b"bytes").unwrap();
    file.conversation(&whole).unwrap();
    let bytes = file.finish().unwrap();
    let got = read(&bytes);
    assert!(got.error.is_none() && got.warnings.is_empty(), "{:?} {:?}", got.error, got.warnings);
    assert_eq!(got.blobs, [b"bytes".to_vec()]);
    let (mut before, after) = (json!(whole), json!(got.all[0]));
    for (before, after) in
        before["messages"].as_array_mut().unwrap().iter_mut().zip(after["messages"].as_array().unwrap())
    {
        // A foreign one gets its hash when it is stored.
        before["hash"] = after["hash"].clone();
    }
    assert_eq!(before, after);
    // Laid out by another program, it is still the same.
    let pretty =
        serde_json::to_vec_pretty(&serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()).unwrap();
    let again = read(&pretty);
    assert!(again.warnings.is_empty(), "{:?}", again.warnings);
    assert_eq!(json!(again.all[0]), after);
}

#[test]
fn an_export_that_was_tampered_with_is_refused_or_said_to_be_changed() {
    let mut file = Exporter::begin(Vec::new(), NOW).unwrap();
    file.conversation(&nasty()).unwrap();
    let first = read(&file.finish().unwrap());
    let mut file = Exporter::begin(Vec::new(), NOW).unwrap();
    file.conversation(&first.all[0]).unwrap();
    let text = String::from_utf8(file.finish().unwrap()).unwrap();
    assert!(read(text.as_bytes()).warnings.is_empty());
    let changed = read(text.replace("# one", "# two").as_bytes());
    assert!(changed.warnings[0].contains("1 of its messages were changed"), "{:?}", changed.warnings);
    let first_id = first.all[0].messages[0].id.to_string();
    let gone = text.replacen(
        &format!("{{\"id\":\"{first_id}\""),
        "{\"id\":\"00000000-0000-0000-0000-00000000ffff\"",
        1,
    );
    let refused = read(gone.as_bytes());
    assert!(
        refused.all.is_empty() && refused.warnings[0].contains("which is not before it"),
        "{:?}",
        refused.warnings
    );
    assert!(read(text.replace("\"version\":1", "\"version\":2").as_bytes()).error.is_some());
}

#[test]
fn a_conversation_that_is_larger_than_those_of_others_may_be_is_read_again() {
    let mut whole = nasty();
    let parts = serde_json::to_string(&[Part::text("x".repeat(crate::MAX_CONVERSATION))]).unwrap();
    whole.messages[0].parts = RawValue::from_string(parts).unwrap();
    whole.messages.truncate(1);
    whole.branches[0].tip = None;
    let mut exporter = Exporter::begin(Vec::new(), NOW).unwrap();
    exporter.conversation(&whole).unwrap();
    let got = read(&exporter.finish().unwrap());
    assert!(got.error.is_none(), "{:?}", got.error);
    assert_eq!((got.all.len(), got.skipped), (1, 0), "{:?}", got.warnings);
}

#[test]
fn folders_without_end_lie_no_deeper_than_they_can_by_hand() {
    let mut exporter = Exporter::begin(Vec::new(), NOW).unwrap();
    let id = |number: u128| uuid::Uuid::from_u128(number + 1);
    for number in 0..100_u128 {
        let parent = number.checked_sub(1).map(id);
        let folder = domain::PortableFolder { id: id(number), parent, name: format!("f{number}"), ord: 0 };
        exporter.folder(&folder).unwrap();
    }
    let got = read(&exporter.finish().unwrap());
    assert!(got.error.is_none(), "{:?}", got.error);
    assert_eq!(got.warnings.len(), 3, "{:?}", got.warnings);
    assert!(got.warnings[0].contains("“f32”"), "{:?}", got.warnings);
}

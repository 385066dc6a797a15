//! `orch import` and `orch export`: what scripts rely on, with files as they come and as others send them.

use serde_json::{Value, json};
use std::{fs, path::Path};
use system_tests::orch::{Finished, Orch};
use testkit::Home;

fn orch(home: &Path, arguments: &[&str]) -> Finished {
    Orch::new(home).unwrap().run(arguments).unwrap()
}

/// Two branches below an empty root and an empty system message.
fn export() -> Value {
    let node = |parent: Option<&str>, children: &[&str], role: &str, text: &str| {
        json!({"parent": parent, "children": children, "message": {"author": {"role": role},
            "create_time": 1_704_067_200.5, "content": {"content_type": "text", "parts": [text]},
            "metadata": {"model_slug": "gpt-4o"}}})
    };
    json!([{"id": "c1", "title": "Two ways", "create_time": 1_704_067_200, "update_time": 1_704_067_260, "current_node": "a2",
    "mapping": {
        "root": {"parent": null, "children": ["sys"], "message": null},
        "sys": node(Some("root"), &["u1"], "system", ""),
        "u1": node(Some("sys"), &["a1", "a2"], "user", "How?"),
        "a1": node(Some("u1"), &[], "assistant", "One way."),
        "a2": node(Some("u1"), &[], "assistant", "Another <way>."),
    }}])
}

#[test]
fn an_import_says_what_it_did_and_the_tree_is_there() {
    let home = Home::empty().unwrap();
    let file = home.path().join("whatever.bin");
    fs::write(&file, export().to_string()).unwrap();
    let file = file.to_str().unwrap();
    let first = orch(home.path(), &["import", file, "--json"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(
        first.json().unwrap(),
        json!({"conversations": 1, "messages": 3, "skipped": 0, "warnings": []})
    );
    let again = orch(home.path(), &["import", file, "--json"]).json().unwrap();
    assert_eq!(again, json!({"conversations": 0, "messages": 0, "skipped": 1, "warnings": []}));

    let list = orch(home.path(), &["conversations", "list", "--json"]).lines().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["title"], &list[0]["source"]), (&json!("Two ways"), &json!("import")));
    assert_eq!((&list[0]["messages"], &list[0]["branches"]), (&json!(3), &json!(1)));
    assert_eq!(list[0]["createdAt"], "2024-01-01T00:00:00.000Z");
    let tree = orch(home.path(), &["conversations", "tree", list[0]["id"].as_str().unwrap(), "--json"])
        .json()
        .unwrap();
    let nodes = tree["nodes"].as_array().unwrap();
    let sources: Vec<&str> = nodes.iter().filter_map(|node| node["sourceId"].as_str()).collect();
    assert_eq!(sources, ["u1", "a1", "a2"]);
    assert_eq!((&nodes[0]["parents"], &nodes[2]["parents"]), (&json!([]), &json!([nodes[0]["id"]])));
    assert_eq!(
        (&nodes[1]["model"], &nodes[1]["createdAt"]),
        (&json!("openai/gpt-4o"), &json!("2024-01-01T00:00:00.500Z"))
    );
    assert_eq!(tree["branches"][0]["tip"], nodes[2]["id"]);
    assert_eq!(orch(home.path(), &["check"]).code, Some(0));
}

#[test]
fn an_export_is_read_again_and_written_for_people() {
    let (home, other) = (Home::empty().unwrap(), Home::empty().unwrap());
    let file = home.path().join("in.json");
    fs::write(&file, export().to_string()).unwrap();
    orch(home.path(), &["import", file.to_str().unwrap()]);
    let json = orch(home.path(), &["export", "--all"]);
    assert_eq!(json.code, Some(0), "{json:?}");
    let out = other.path().join("out.json");
    fs::write(&out, &json.stdout).unwrap();
    let read = orch(other.path(), &["import", out.to_str().unwrap(), "--json"]).json().unwrap();
    assert_eq!(read, json!({"conversations": 1, "messages": 3, "skipped": 0, "warnings": []}));
    let items = |text: &str| serde_json::from_str::<Value>(text).unwrap()["items"].clone();
    assert_eq!(items(&orch(other.path(), &["export", "--all"]).stdout), items(&json.stdout));

    let id = items(&json.stdout)[0]["id"].as_str().unwrap().to_owned();
    let markdown = orch(home.path(), &["export", &id, "--format", "markdown", "--active"]).stdout;
    assert!(markdown.contains("Another <way>.") && !markdown.contains("One way."), "{markdown}");
    let page = home.path().join("page.html");
    let said = orch(home.path(), &["export", &id, "--format", "html", "-o", page.to_str().unwrap()]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""));
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Another &lt;way&gt;.") && page.contains("One way.") && !page.contains("<script"));
    assert_eq!(orch(home.path(), &["export"]).code, Some(2));
    assert_eq!(orch(home.path(), &["export", "0198c0de-0000-7000-8000-000000000000"]).code, Some(2));
}

#[test]
fn what_cannot_be_read_leaves_nothing_and_says_why() {
    let home = Home::empty().unwrap();
    let bad = home.path().join("bad.json");
    let circle = json!({"id": "x", "title": "Round", "mapping": {
        "a": {"parent": "b", "message": {"author": {"role": "user"}, "content": {"parts": ["x"]}}},
        "b": {"parent": "a", "message": {"author": {"role": "user"}, "content": {"parts": ["y"]}}}}});
    fs::write(&bad, json!([circle]).to_string()).unwrap();
    let refused = orch(home.path(), &["import", bad.to_str().unwrap(), "--json"]);
    // It was read, and none of it was believed.
    assert_eq!(refused.code, Some(3), "{refused:?}");
    let report = refused.json().unwrap();
    assert_eq!((&report["conversations"], &report["skipped"]), (&json!(0), &json!(1)));
    assert!(report["warnings"][0].as_str().unwrap().contains("“Round”"), "{report}");
    // Nothing was said in it: there was nothing to believe.
    let empty = json!({"id": "y", "title": "Empty", "mapping": {"a": {"parent": null, "message": null}}});
    fs::write(&bad, json!([empty]).to_string()).unwrap();
    assert_eq!(orch(home.path(), &["import", bad.to_str().unwrap(), "--json"]).code, Some(0));
    fs::write(&bad, "no JSON").unwrap();
    let refused = orch(home.path(), &["import", bad.to_str().unwrap(), "--json"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_eq!(refused.json().unwrap()["conversations"], 0);
    assert_eq!(orch(home.path(), &["import", "/nowhere/at/all.json"]).code, Some(2));
    assert!(orch(home.path(), &["conversations", "list", "--json"]).lines().unwrap().is_empty());
}

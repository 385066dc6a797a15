//! Conversations that come from elsewhere and leave again: a ChatGPT export with branches imported, searched to a
//! line that was left there, exported through the system's own dialog, and read again by another home without a
//! difference. By mouse, and again by keyboard alone.

use crate::{
    stage::{PATIENCE, command, photograph, play},
    steps::{are, in_the_list, plain, saying, tree_of, whole},
};
use serde_json::{Value, json};
use std::{fs, path::Path};
use system_tests::{
    desktop::Desktop,
    keyring::Keyring,
    orch::{Orch, text_of},
    places,
    webdriver::Session,
};
use testkit::Home;

const TITLE: &str = "Birds of passage";

/// A conversation as ChatGPT exports it: an answer that was asked for twice, a prompt that was edited, and further
/// turns on the line that is open.
fn chatgpt() -> Value {
    let said = |id: &str, parent: Option<&str>, role: &str, text: &str, model: Option<&str>| {
        let message = json!({
            "id": id, "author": {"role": role}, "create_time": 1_748_851_200.25, "status": "finished_successfully",
            "content": {"content_type": "text", "parts": [text]}, "metadata": {"model_slug": model},
        });
        (id.to_owned(), json!({"id": id, "parent": parent, "message": message, "children": []}))
    };
    let root = ("root".to_owned(), json!({"id": "root", "parent": null, "message": null, "children": []}));
    let mut mapping: serde_json::Map<String, Value> = [
        root,
        said("u1", Some("root"), "user", "Where do storks go in winter?", None),
        said(
            "a1",
            Some("u1"),
            "assistant",
            "Over the Bosporus, like the quetzal never does.",
            Some("gpt-4o-mini"),
        ),
        said("a2", Some("u1"), "assistant", "To Africa, most of them.", Some("gpt-4o")),
        said("u2", Some("a2"), "user", "And cranes?", None),
        said("a3", Some("u2"), "assistant", "To Spain, in long rows.", Some("gpt-4o")),
        said("u3", Some("a2"), "user", "And swifts, 雨燕?", None),
        said("a4", Some("u3"), "assistant", "Further than both: 🕊 south of the equator.", Some("o3")),
    ]
    .into_iter()
    .collect();
    let children: Vec<(String, String)> = mapping
        .iter()
        .filter_map(|(id, node)| Some((node["parent"].as_str()?.to_owned(), id.clone())))
        .collect();
    for (parent, child) in children {
        if let Some(list) = mapping[&parent]["children"].as_array_mut() {
            list.push(child.into());
        }
    }
    json!([{
        "id": "birds-1", "title": TITLE, "create_time": 1_748_851_200.25, "update_time": 1_748_851_815.5,
        "current_node": "a4", "mapping": mapping,
    }])
}

/// What a tree says, whoever tells it: the source's id, its parent's, its role, its words and its model.
fn essence(tree: &Value) -> Vec<(String, String, String, String, String)> {
    let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
    let source = |id: &Value| {
        let node = nodes.iter().find(|node| node["id"] == *id);
        node.and_then(|node| node["sourceId"].as_str()).unwrap_or_default().to_owned()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> = nodes
        .iter()
        .map(|node| {
            let parent = source(&node["parents"][0]);
            (text(&node["sourceId"]), parent, text(&node["role"]), text_of(node), text(&node["model"]))
        })
        .collect();
    all.sort();
    all
}

/// Everything that ChatGPT's export has is in the home, and nothing else.
fn as_it_was(home: &Path) -> Result<(), String> {
    let source = chatgpt();
    let mut wanted: Vec<_> = source[0]["mapping"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, node)| !node["message"].is_null())
        .map(|(id, node)| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let parent = text(&node["parent"]);
            let message = &node["message"];
            (
                id.clone(),
                if parent == "root" { String::new() } else { parent },
                text(&message["author"]["role"]),
                text(&message["content"]["parts"][0]),
                text(&message["metadata"]["model_slug"]),
            )
        })
        .collect();
    wanted.sort();
    let tree = tree_of(home, TITLE)?;
    let mut is = essence(&tree);
    // Ours has the provider before the model.
    for one in &mut is {
        one.4 = one.4.rsplit('/').next().unwrap_or_default().to_owned();
    }
    assert_eq!(is, wanted, "{tree}");
    Ok(())
}

/// The items of an export, without the time at which it was made.
fn items(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let all: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    assert_eq!((&all["format"], &all["version"]), (&json!("orchesity"), &json!(1)), "{text}");
    Ok(all["items"].clone())
}

/// What was exported is read by a home that has nothing, and exported from there again: the same, item by item.
fn round_trip(file: &Path, folder: &Path) -> Result<(), String> {
    let other = Home::empty().map_err(|error| error.to_string())?;
    let orch = Orch::new(other.path())?;
    let run = |arguments: &[&str]| orch.run(arguments).map_err(|error| error.to_string());
    let told = run(&["import", &file.to_string_lossy(), "--json"])?.json()?;
    assert_eq!((&told["conversations"], &told["skipped"]), (&json!(1), &json!(0)), "{told}");
    let again = folder.join("again.json");
    let exported = run(&["export", "--all", "--output", &again.to_string_lossy()])?;
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert_eq!(items(file)?, items(&again)?, "what was exported and imported is not what it was");
    as_it_was(other.path())?;
    whole(other.path())
}

/// Waits until the engine has this file's words in its index and the list shows a message with them.
async fn hit(window: &Session, words: &str) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("message with \"{words}\""), async || {
            let script = "return [...document.querySelectorAll('[data-hit]')].length";
            Ok((window.run(script, json!([])).await? == 1).then_some(()))
        })
        .await
}

/// A hit leads to its words, on the line that was left, in its turn.
async fn landed(window: &Session, words: &str) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("answer with \"{words}\""), async || {
            let all = window.answers().await?;
            Ok((all.len() == 1 && all[0].text.contains(&plain(words))).then_some(()))
        })
        .await?;
    let marked = "[...(CSS.highlights.get('found-now') ?? [])].map(String).join()";
    window
        .until(PATIENCE, "coloured words", async || Ok((window.value(marked).await? == words).then_some(())))
        .await
}

async fn drop_file(window: &Session, file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // In place of a file manager that a file is dragged from.
    let script = "const data = new DataTransfer();
        data.items.add(new File([arguments[1]], arguments[0], { type: 'application/json' }));
        const section = document.querySelector('[aria-labelledby=import-head]');
        for (const kind of ['dragover', 'drop'])
          section.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));";
    window.run(script, json!([name, text])).await?;
    window.named("group", &format!("Import of {name}"), PATIENCE).await.map(drop)
}

async fn by_mouse(desktop: &mut Desktop, home: &Home, folder: &Path) -> Result<(), String> {
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    command(&window, "Settings: data").await?;
    window.named("heading", "Import", PATIENCE).await?;
    let export = folder.join("conversations.json");
    fs::write(&export, chatgpt().to_string()).map_err(|error| error.to_string())?;
    drop_file(&window, &export).await?;
    window.shows("Imported 1\u{a0}conversation, 7\u{a0}messages", PATIENCE).await?;
    as_it_was(home.path())?;
    // Twice adds nothing.
    let again = folder.join("twice.json");
    fs::copy(&export, &again).map_err(|error| error.to_string())?;
    drop_file(&window, &again).await?;
    window.shows("Nothing new", PATIENCE).await?;
    let mut count = 1;
    if let Some(sample) = places::shared("imports/chatgpt/three-conversations-with-branches.json") {
        drop_file(&window, &sample).await?;
        window.shows("Imported 2\u{a0}conversations", PATIENCE).await?;
        let tree = tree_of(home.path(), "Planning a Weekend Trip")?;
        assert_eq!(saying(&tree, "Old regenerated draft").len(), 1, "{tree}");
        count = 3;
    }
    photograph(desktop, "moving-imported.png");
    in_the_list(&window, count).await?;

    // An answer that ChatGPT no longer showed.
    window.click_named("button", "Workbench", PATIENCE).await?;
    let search = window.named("textbox", "Search conversations", PATIENCE).await?;
    window.type_text(&search, "quetzal").await?;
    hit(&window, "quetzal").await?;
    photograph(desktop, "moving-found.png");
    let found = window.at("[data-hit]", PATIENCE).await?;
    window.click(&found).await?;
    landed(&window, "quetzal").await?;
    photograph(desktop, "moving-landed.png");
    // And from there to its sibling, with the line that it was left at.
    window.named("group", "Answer 1 of 2", PATIENCE).await?;
    window.click_named("button", "Next answer", PATIENCE).await?;
    window.shows("south of the equator", PATIENCE).await?;

    command(&window, "Export this conversation").await?;
    window.named("dialog", "Export 1\u{a0}conversation", PATIENCE).await?;
    let file = folder.join("birds.json");
    window.click_named("button", "Save", PATIENCE).await?;
    desktop.save_as(&file).await?;
    window.shows("Saved 1\u{a0}conversation, 7\u{a0}messages", PATIENCE).await?;
    round_trip(&file, folder)?;
    whole(home.path())?;
    window.end().await
}

async fn by_keys(desktop: &mut Desktop, home: &Home, folder: &Path) -> Result<(), String> {
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    let export = folder.join("conversations.json");
    fs::write(&export, chatgpt().to_string()).map_err(|error| error.to_string())?;
    window.choose_files(&[export], async || command(&window, "Import conversations").await, PATIENCE).await?;
    window.shows("Imported 1\u{a0}conversation, 7\u{a0}messages", PATIENCE).await?;
    as_it_was(home.path())?;

    window.press("Control+Shift+f").await?;
    window.focus_reaches("Search conversations", PATIENCE).await?;
    window.type_keys("quetzal").await?;
    hit(&window, "quetzal").await?;
    // Below the conversation itself stands what was said in it.
    window.step_to("Tab", &format!("{TITLE}Over the Bosporus")).await?;
    window.press("Enter").await?;
    landed(&window, "quetzal").await?;
    window.press("Escape").await?;
    window.press("Control+1").await?;
    window.focus_reaches("Column of gpt-4o-mini", PATIENCE).await.ok();
    window.press("Right").await?;
    window.shows("south of the equator", PATIENCE).await?;

    command(&window, "Export this conversation").await?;
    window.named("dialog", "Export 1\u{a0}conversation", PATIENCE).await?;
    let file = folder.join("birds.json");
    // Space is heard when it is let go: Enter would still be held down when the dialog takes the keyboard.
    window.step_to("Tab", "Save").await?;
    window.press("Space").await?;
    desktop.save_as(&file).await?;
    window.shows("Saved 1\u{a0}conversation, 7\u{a0}messages", PATIENCE).await?;
    are(&window, 0, "dialog", "Export").await?;
    round_trip(&file, folder)?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatgpt_export_is_imported_searched_and_exported_again_and_is_the_same_by_mouse() {
    let home = Home::empty().unwrap();
    let folder = tempfile::tempdir().unwrap();
    play("moving", &home, Keyring::NoService, async |desktop| by_mouse(desktop, &home, folder.path()).await)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatgpt_export_is_imported_searched_and_exported_again_and_is_the_same_by_keyboard_alone() {
    let home = Home::empty().unwrap();
    let folder = tempfile::tempdir().unwrap();
    play("moving-keys", &home, Keyring::NoService, async |desktop| {
        by_keys(desktop, &home, folder.path()).await
    })
    .await;
}

//! Steps of those who branch, judge and find, and what `orch` says of the same home afterwards.

use crate::stage::PATIENCE;
use serde_json::{Value, json};
use std::path::Path;
use system_tests::{
    orch::{Orch, text_of},
    webdriver::{Answer, Session},
};

/// An entry of a column's menu, by mouse.
pub async fn menu(window: &Session, target: &str, item: &str) -> Result<(), String> {
    from_menu(window, &format!("Menu of {target}"), item).await
}

/// An entry of the menu behind a button, by mouse.
pub async fn from_menu(window: &Session, button: &str, item: &str) -> Result<(), String> {
    window.click_beginning("button", button, PATIENCE).await?;
    window.click_beginning("menuitem", item, PATIENCE).await
}

/// The answers, as soon as there are so many, all ended, and the one at `at` has these words.
pub async fn says(window: &Session, count: usize, at: usize, words: &str) -> Result<Vec<Answer>, String> {
    let wanted = plain(words);
    window
        .until(PATIENCE, &format!("\"{words}\" in answer {} of {count}", at + 1), async || {
            let all = window.answers().await?;
            let ended = all.len() == count && all.iter().all(|one| !one.busy);
            Ok((ended && all[at].text.contains(&wanted)).then_some(all))
        })
        .await
}

/// As [`Answer::text`] has it: how lines break is the renderer's affair.
pub fn plain(words: &str) -> String {
    words.split_whitespace().collect()
}

/// Waits until there is nothing of this role and name.
pub async fn gone(window: &Session, role: &str, name: &str) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("page without {role} \"{name}\""), async || {
            Ok((window.begins(role, name).await? == 0).then_some(()))
        })
        .await
}

/// Waits until there are so many of this role whose names begin so.
pub async fn are(window: &Session, count: u64, role: &str, name: &str) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("{count} × {role} \"{name}…\""), async || {
            Ok((window.begins(role, name).await? == count).then_some(()))
        })
        .await
}

/// The inspector, on this tab.
pub async fn inspect(window: &Session, tab: &str) -> Result<(), String> {
    window.named("textbox", "Prompt", PATIENCE).await?;
    if window.count("complementary", "Inspector").await? == 0 {
        window.press("Control+Alt+i").await?;
    }
    window.click_named("tab", tab, PATIENCE).await
}

/// Opens what has the keyboard, and takes the entry that begins so.
pub async fn pick(window: &Session, entry: &str) -> Result<(), String> {
    window.press("Enter").await?;
    window
        .until(PATIENCE, "list that has the keyboard", async || {
            let script = "return document.activeElement?.closest('[role=menu],[role=listbox]') !== null";
            Ok((window.run(script, json!([])).await? == true).then_some(()))
        })
        .await?;
    window.step_to("Down", entry).await?;
    window.press("Enter").await
}

/// Waits until what has the keyboard has a name that begins so.
pub async fn focus_begins(window: &Session, name: &str) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("focus on \"{name}…\""), async || {
            Ok(window.focused().await?.starts_with(name).then_some(()))
        })
        .await
}

/// So many conversations are in the list.
pub async fn in_the_list(window: &Session, count: usize) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("{count} conversations"), async || {
            let told = system_tests::tap::call(window, "list_conversations", json!({"text": null})).await?;
            Ok((told["good"].as_array().map(Vec::len) == Some(count)).then_some(()))
        })
        .await
}

/// The whole tree of the conversation whose title begins so, as `orch` tells it.
pub fn tree_of(home: &Path, title: &str) -> Result<Value, String> {
    let orch = Orch::new(home)?;
    let list = orch.conversations()?;
    let titled = list.iter().filter(|one| one["title"].as_str().is_some_and(|all| all.starts_with(title)));
    // Of a conversation and what was taken from it the whole one.
    let one = titled.max_by_key(|one| one["messages"].as_u64());
    let id = one.and_then(|one| one["id"].as_str()).ok_or_else(|| format!("no \"{title}\" in {list:?}"))?;
    orch.tree(id)
}

/// The nodes of a tree that have these words.
pub fn saying<'a>(tree: &'a Value, words: &str) -> Vec<&'a Value> {
    let nodes = tree["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    nodes.iter().filter(|node| text_of(node).contains(words)).collect()
}

/// The branches of a tree that are named so.
pub fn branches(tree: &Value, name: &str) -> usize {
    let all = tree["branches"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter(|one| one["name"] == name).count()
}

/// Every hash verifies, every tip is live: what `orch check` proves.
pub fn whole(home: &Path) -> Result<(), String> {
    let told = Orch::new(home)?.check()?;
    if told["ok"] == true { Ok(()) } else { Err(format!("not whole: {told}")) }
}

//! What is done with a whole line, by mouse: two answers judged by a model, a branch's prompts asked again of
//! another model, the other branches pruned, brought back, pruned again and erased; then no file of the home has
//! a word of them.

use crate::{
    stage::{CONTROL_A, ENTER, PATIENCE, choose_targets, fill, photograph, play, send},
    steps::{are, branches, from_menu, gone, inspect, saying, says, tree_of, whole},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use system_tests::{desktop::Desktop, keyring::Keyring, orch::text_of, webdriver::Session};
use testkit::{Home, ScriptedProvider};

const LEFT: &str = "chat/echo";
/// Says what nobody else here says.
const RIGHT: &str = "anthropic/ok?tokens=40&seed=9";

/// A model for the dialog that is open.
async fn choose(window: &Session, target: &str) -> Result<(), String> {
    window.click_named("button", "Choose", PATIENCE).await?;
    let search = window.named("combobox", "Search models", PATIENCE).await?;
    window.type_text(&search, CONTROL_A).await?;
    window.type_text(&search, &format!("{target}{ENTER}")).await?;
    gone(window, "combobox", "Search models").await?;
    window.shows(target, PATIENCE).await
}

/// The judge answers with its own rubric, and prefers a place by it: that is a tie, and is said to be one.
async fn judged(desktop: &Desktop, window: &Session) -> Result<(), String> {
    from_menu(window, &format!("Menu of {LEFT}"), "Which is better, and why").await?;
    window.named("dialog", "Which is better, and why", PATIENCE).await?;
    fill(window, "Rubric", &format!("It must name a bird.{ENTER}Verdict: first")).await?;
    choose(window, LEFT).await?;
    window.click_named("button", "Ask twice", PATIENCE).await?;
    window.shows("the place decided, not the answer", PATIENCE).await?;
    photograph(desktop, "pruning-judged.png");
    window.click_named("button", "Close", PATIENCE).await?;
    gone(window, "dialog", "Which is better").await
}

/// Both prompts of the line asked again of another model, on a branch of its own.
async fn replayed(window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    inspect(window, "Branches").await?;
    let calls = server.log().len();
    from_menu(window, "Menu of the branch main", "Replay with another model").await?;
    window.named("dialog", "Replay with another model", PATIENCE).await?;
    choose(window, "anthropic/echo?again=1").await?;
    fill(window, "Name of the new branch", "Again").await?;
    window.click_named("button", "Replay", PATIENCE).await?;
    gone(window, "dialog", "Replay with another model").await?;
    window.named("button", "Menu of the branch Again", PATIENCE).await?;
    are(window, 3, "button", "Menu of the branch").await?;
    window
        .until(PATIENCE, "two more calls, answered", async || {
            let log = server.log();
            Ok((log.len() == calls + 2 && log.iter().all(|call| call.ended.is_some())).then_some(()))
        })
        .await
}

async fn prune(window: &Session) -> Result<(), String> {
    from_menu(window, "Menu of the branch Again", "Prune the other branches").await?;
    window.named("dialog", "Prune the other branches?", PATIENCE).await?;
    window.shows("It can be undone for 30 days", PATIENCE).await?;
    window.click_named("button", "Prune", PATIENCE).await?;
    gone(window, "dialog", "Prune").await?;
    are(window, 1, "button", "Menu of the branch").await
}

/// The one that is left has all that was said on it; what went comes back, goes again, and is then gone for good.
async fn pruned(desktop: &Desktop, window: &Session) -> Result<(), String> {
    prune(window).await?;
    says(window, 1, 0, "counted").await?;
    window.named("region", "Deleted", PATIENCE).await?;
    window.click_named("button", "Restore", PATIENCE).await?;
    are(window, 3, "button", "Menu of the branch").await?;
    gone(window, "region", "Deleted").await?;
    prune(window).await?;
    window.named("region", "Deleted", PATIENCE).await?;
    photograph(desktop, "pruning-pruned.png");
    window.click_named("button", "Erase", PATIENCE).await?;
    window.named("dialog", "Erase for good?", PATIENCE).await?;
    window.shows("Nothing can bring it back", PATIENCE).await?;
    photograph(desktop, "pruning-erase.png");
    // The one of the dialog, which is the first that a person can reach.
    window.tab_and_press("Erase").await?;
    gone(window, "dialog", "Erase for good?").await?;
    gone(window, "region", "Deleted").await
}

/// The end of what a model answered.
fn said_by(tree: &Value, model: &str) -> Result<String, String> {
    let nodes = tree["nodes"].as_array().ok_or_else(|| format!("no nodes: {tree}"))?;
    let node = nodes.iter().find(|node| node["model"] == model);
    let text = text_of(node.ok_or_else(|| format!("nothing of {model}: {tree}"))?);
    let words: Vec<&str> = text.split(' ').collect();
    Ok(words[words.len().saturating_sub(6)..].join(" "))
}

/// The files below a folder that have these words.
fn having(folder: &Path, words: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    paths
        .flat_map(|path| match fs::read(&path) {
            Err(_) => having(&path, words),
            Ok(all) if all.windows(words.len()).any(|part| part == words.as_bytes()) => vec![path],
            Ok(_) => Vec::new(),
        })
        .collect()
}

async fn story(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    choose_targets(&window, &[LEFT, RIGHT].map(str::to_owned)).await?;
    send(&window, "Which bird nests on chimneys?").await?;
    says(&window, 2, 0, "chimneys").await?;
    judged(desktop, &window).await?;
    send(&window, "And who has counted them?").await?;
    says(&window, 2, 0, "counted").await?;
    replayed(&window, server).await?;
    let words = said_by(&tree_of(home.path(), "Which bird")?, RIGHT)?;
    assert_ne!(having(home.path(), &words), [] as [PathBuf; 0], "what was never there cannot be erased");
    pruned(desktop, &window).await?;
    assert_eq!(having(home.path(), &words), [] as [PathBuf; 0], "erased, and still there: {words}");
    window.end().await?;
    let tree = tree_of(home.path(), "Which bird")?;
    assert_eq!(branches(&tree, "Again"), 1, "{tree}");
    assert_eq!(saying(&tree, "counted").len(), 2, "one prompt and one answer: {tree}");
    whole(home.path())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_judged_by_a_model_and_asked_again_and_the_others_are_pruned_and_erased() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("pruning", &home, Keyring::NoService, async |desktop| story(desktop, &home, &server).await).await;
}

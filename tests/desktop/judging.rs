//! Answers judged and the tree gone through, by mouse and again by keyboard alone: votes, given, changed and taken
//! back; names hidden until the vote; the board of models; the tree beside the columns and in a tab of its own.

use crate::{
    branching_keys::{ask, targets},
    stage::{PATIENCE, choose_targets, command, ended, photograph, play, send},
    steps::{are, focus_begins, gone, in_the_list, inspect, saying, says, tree_of, whole},
};
use serde_json::{Value, json};
use system_tests::{
    desktop::Desktop,
    keyring::Keyring,
    tap::call,
    webdriver::{Point, Session},
};
use testkit::{Home, ScriptedProvider};

const LEFT: &str = "chat/echo";
const RIGHT: &str = "anthropic/ok?tokens=30&gap_ms=0";
const PROMPT: &str = "Which bird flies highest?";

/// The votes as the engine has them.
async fn votes(window: &Session) -> Result<Vec<Value>, String> {
    let all = call(window, "list_conversations", json!({"text": null})).await?;
    let told = call(window, "list_votes", json!({"conversation": all["good"][0]["id"]})).await?;
    told["good"].as_array().cloned().ok_or_else(|| format!("no votes: {told}"))
}

/// So many votes, of which the last is of this verdict.
async fn voted(window: &Session, count: usize, verdict: &str, blind: bool) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("{count} votes, the last {verdict}"), async || {
            let all = votes(window).await?;
            let last =
                all.last().is_some_and(|one| one["ballot"]["verdict"] == verdict && one["blind"] == blind);
            Ok((all.len() == count && (count == 0 || last)).then_some(()))
        })
        .await
}

/// Nothing of the columns, of the inspector or of the row of votes tells whose answers these are.
async fn hidden(window: &Session) -> Result<(), String> {
    window.named("region", "Answer A", PATIENCE).await?;
    window.named("region", "Answer B", PATIENCE).await?;
    let told = "[...document.querySelectorAll('[data-column], [aria-label=Inspector], [aria-label=Vote]')]
        .map((one) => one.outerHTML).join()";
    let told = window.value(told).await?;
    let told = told.as_str().unwrap_or_default();
    for name in ["anthropic", "chat/", "echo", "tok/s", "tokens=30"] {
        assert!(!told.contains(name), "`{name}` can be read while names are hidden: {told}");
    }
    Ok(())
}

async fn voted_by_mouse(desktop: &Desktop, window: &Session) -> Result<(), String> {
    choose_targets(window, &[LEFT, RIGHT].map(str::to_owned)).await?;
    send(window, PROMPT).await?;
    ended(window, 2).await?;
    window.click_named("button", "Vote on answers", PATIENCE).await?;
    window.click_beginning("button", "Both bad", PATIENCE).await?;
    voted(window, 1, "bothBad", false).await?;
    window.click_beginning("button", "echo is better", PATIENCE).await?;
    voted(window, 1, "a", false).await?;
    are(window, 1, "img", "You voted: better than").await?;
    photograph(desktop, "judging-voted.png");
    window.click_named("button", "Take back", PATIENCE).await?;
    voted(window, 0, "", false).await?;
    are(window, 0, "img", "You voted").await?;

    window.click_named("button", "Hide names until I vote", PATIENCE).await?;
    inspect(window, "Run").await?;
    hidden(window).await?;
    photograph(desktop, "judging-blind.png");
    window.click_beginning("button", "Answer B is better", PATIENCE).await?;
    voted(window, 1, votes_side(window).await?, true).await?;
    are(window, 2, "region", "Answer of").await?;
    window.click_named("button", "Hide names until I vote", PATIENCE).await?;
    command(window, "Ratings").await?;
    window.shows("under 10 votes", PATIENCE).await?;
    photograph(desktop, "judging-ratings.png");
    window.press("Control+w").await
}

/// Which side of the stored pair stood as B: the columns may have changed places while names were hidden.
async fn votes_side(window: &Session) -> Result<&'static str, String> {
    are(window, 1, "img", "You voted: better than").await?;
    let last = votes(window).await?.last().map(|one| one["ballot"]["verdict"].clone());
    Ok(if last.is_some_and(|side| side == "a") { "a" } else { "b" })
}

/// What the keyboard is at in a tree.
async fn at(window: &Session, name: &str) -> Result<(), String> {
    let script = "return [...document.querySelectorAll('[role=tree]')].map((tree) =>
        document.getElementById(tree.getAttribute('aria-activedescendant'))?.getAttribute('aria-label') ?? '').join('|')";
    window
        .until(PATIENCE, &format!("tree at \"{name}\""), async || {
            let now = window.run(script, json!([])).await?;
            Ok(now.as_str().is_some_and(|all| all.contains(name)).then_some(()))
        })
        .await
}

/// Where a node of the tree is drawn.
async fn node(window: &Session, name: &str) -> Result<Point, String> {
    let item = window.beginning("treeitem", name, PATIENCE).await?;
    Ok(window.rect(&item).await?.middle())
}

/// An entry of the menu of a node, by the right button.
async fn from_node(window: &Session, name: &str, item: &str) -> Result<(), String> {
    let place = node(window, name).await?;
    window
        .until(PATIENCE, &format!("menu of \"{name}\""), async || {
            // The menu before this one may still be closing, and then takes the click.
            gone(window, "menuitem", "").await?;
            window.right_click(place).await?;
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            Ok((window.begins("menuitem", item).await? > 0).then_some(()))
        })
        .await?;
    window.click_beginning("menuitem", item, PATIENCE).await
}

async fn seen_by_mouse(desktop: &Desktop, window: &Session) -> Result<(), String> {
    send(window, "And how high is that?").await?;
    says(window, 2, 0, "how high").await?;
    // Beside the columns: a prompt far up is opened with its turn.
    inspect(window, "Tree").await?;
    // Two prompts, each asked of both: the second stands below each answer to the first, and folded where the
    // line is not the active one.
    are(window, 5, "treeitem", "").await?;
    photograph(desktop, "tree-beside.png");
    window.double_click(node(window, &format!("you: {PROMPT}")).await?).await?;
    window.shows("turn 1 of 2", PATIENCE).await?;

    // In a tab of its own: marked, searched, selected, and opened as columns.
    window.click_named("button", "Open the tree in a tab", PATIENCE).await?;
    window.named("toolbar", "Tree", PATIENCE).await?;
    let answer = format!("{LEFT}: {PROMPT}");
    from_node(window, &answer, "Bookmark").await?;
    are(window, 1, "treeitem", &format!("{answer}, bookmarked")).await?;
    let search = window.named("textbox", "Search in the tree", PATIENCE).await?;
    window.type_text(&search, "how high").await?;
    window.shows("of 3", PATIENCE).await?;
    from_node(window, &answer, "Select").await?;
    from_node(window, &format!("{RIGHT}: "), "Select").await?;
    photograph(desktop, "tree-tab.png");
    window.click_named("button", "Open 2 as columns", PATIENCE).await?;
    are(window, 2, "region", "Answer of").await?;
    window.shows("turn 1 of 2", PATIENCE).await?;
    inspect(window, "Branches").await?;
    window.named("region", "Bookmarks", PATIENCE).await?;
    are(window, 1, "button", "Take the bookmark of").await
}

async fn voted_by_keys(window: &Session) -> Result<(), String> {
    targets(window, &[LEFT, RIGHT]).await?;
    ask(window, PROMPT).await?;
    ended(window, 2).await?;
    window.press("Alt+3").await?;
    voted(window, 1, "bothBad", false).await?;
    window.press("Alt+1").await?;
    voted(window, 1, "a", false).await?;
    command(window, "Take the vote back").await?;
    voted(window, 0, "", false).await?;
    window.press("Control+Shift+h").await?;
    window.press("Control+Alt+i").await?;
    window.named("complementary", "Inspector", PATIENCE).await?;
    hidden(window).await?;
    window.press("Alt+4").await?;
    voted(window, 1, votes_side(window).await?, true).await?;
    command(window, "Ratings").await?;
    window.shows("under 10 votes", PATIENCE).await?;
    window.press("Control+w").await?;
    are(window, 2, "region", "Answer of").await?;
    // The best of all, by the column that has the keyboard.
    window.press("Control+Shift+h").await?;
    ask(window, "And how high is that?").await?;
    says(window, 2, 0, "how high").await?;
    window.press("Control+2").await?;
    focus_begins(window, "Column of ").await?;
    window.press("Alt+5").await?;
    voted(window, 2, "b", false).await
}

async fn seen_by_keys(desktop: &Desktop, window: &Session) -> Result<(), String> {
    // Beside the columns.
    window.press("Control+1").await?;
    focus_begins(window, "Column of ").await?;
    window.step_to("Tab", "Run").await?;
    window.step_to("Left", "Tree").await?;
    are(window, 5, "treeitem", "").await?;
    window.step_to("Tab", "Tree of this conversation").await?;
    window.press("Home").await?;
    at(window, &format!("you: {PROMPT}")).await?;
    window.press("Enter").await?;
    window.shows("turn 1 of 2", PATIENCE).await?;

    // In a tab of its own.
    window.press("Control+Shift+l").await?;
    window.named("toolbar", "Tree", PATIENCE).await?;
    window.step_to("Tab", "Tree of ").await?;
    window.press("Home").await?;
    window.press("Down").await?;
    at(window, PROMPT).await?;
    window.press("b").await?;
    at(window, "bookmarked").await?;
    window.press("Space").await?;
    window.press("Right").await?;
    window.press("Space").await?;
    window.named("button", "Open 2 as columns", PATIENCE).await?;
    photograph(desktop, "tree-keys.png");
    window.press("Control+Enter").await?;
    window.shows("turn 1 of 2", PATIENCE).await?;
    are(window, 2, "region", "Answer of").await?;
    // Deleted in the tree, and undone though its notice may have gone.
    window.press("Control+Shift+l").await?;
    window.step_to("Tab", "Tree of ").await?;
    window.press("Home").await?;
    window.press("Delete").await?;
    window.named("dialog", "Delete 7 messages?", PATIENCE).await?;
    window.tab_and_press("Delete").await?;
    gone(window, "dialog", "Delete").await?;
    window.shows("Nothing has been said yet", PATIENCE).await?;
    window.press("Control+Alt+z").await?;
    are(window, 7, "treeitem", "").await
}

async fn kept(window: &Session, home: &Home) -> Result<(), String> {
    in_the_list(window, 1).await?;
    let tree = tree_of(home.path(), PROMPT)?;
    assert_eq!(saying(&tree, PROMPT).len(), 2, "{tree}");
    whole(home.path())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_voted_on_blind_or_not_and_the_tree_leads_to_each_by_mouse() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("judging", &home, Keyring::NoService, async |desktop| {
        let window = desktop.open().await?;
        voted_by_mouse(desktop, &window).await?;
        seen_by_mouse(desktop, &window).await?;
        kept(&window, &home).await?;
        window.end().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_voted_on_blind_or_not_and_the_tree_leads_to_each_by_keyboard_alone() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("judging-keys", &home, Keyring::NoService, async |desktop| {
        let window = desktop.open().await?;
        voted_by_keys(&window).await?;
        seen_by_keys(desktop, &window).await?;
        kept(&window, &home).await?;
        window.end().await
    })
    .await;
}

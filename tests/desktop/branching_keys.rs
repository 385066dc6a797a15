//! The same as by mouse, by keyboard alone: edits, versions, forks, a comparison of branches, a merge, and a
//! deletion that is undone. Shortcuts, Tab, arrows, Enter and Escape are all there is.

use crate::{
    stage::{PATIENCE, command, photograph, play},
    steps::{are, branches, focus_begins, gone, in_the_list, pick, saying, says, tree_of, whole},
};
use serde_json::json;
use system_tests::{desktop::Desktop, keyring::Keyring, webdriver::Session};
use testkit::{Home, ScriptedProvider};

const LEFT: &str = "chat/echo";
const RIGHT: &str = "anthropic/echo";

/// Chooses targets, and leaves the keyboard in the prompt.
pub async fn targets(window: &Session, all: &[&str]) -> Result<(), String> {
    window.named("textbox", "Prompt", PATIENCE).await?;
    window.press("Control+l").await?;
    window.press("Control+m").await?;
    window.focus_reaches("Search models", PATIENCE).await?;
    for target in all {
        window.press("Control+a").await?;
        window.type_keys(target).await?;
        window.press("Enter").await?;
        window.named("button", &format!("Remove target {target}"), PATIENCE).await?;
    }
    window.press("Escape").await?;
    window.focus_reaches("Prompt", PATIENCE).await
}

/// Asks, from wherever the keyboard is.
pub async fn ask(window: &Session, prompt: &str) -> Result<(), String> {
    window.press("Control+l").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.type_keys(prompt).await?;
    window.press("Control+Enter").await
}

/// The menu of a column, by its number.
async fn menu(window: &Session, column: u8, item: &str) -> Result<(), String> {
    window.press(&format!("Control+{column}")).await?;
    focus_begins(window, "Column of ").await?;
    window.step_to("Shift+Tab", "Menu of ").await?;
    pick(window, item).await
}

/// Writes over what stands in the field of a dialog. The prompt behind it may have the same name.
async fn rewrite(window: &Session, field: &str, text: &str) -> Result<(), String> {
    window.named("dialog", &format!("Edit the {}", field.to_lowercase()), PATIENCE).await?;
    window
        .until(PATIENCE, "keyboard in the dialog", async || {
            let script = "return document.activeElement?.matches('[role=dialog] textarea') === true";
            Ok((window.run(script, json!([])).await? == true).then_some(()))
        })
        .await?;
    window.press("Control+a").await?;
    window.type_keys(text).await
}

async fn edited(window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    targets(window, &[LEFT, RIGHT]).await?;
    ask(window, "Where do storks spend the winter?").await?;
    says(window, 2, 0, "storks").await?;
    window.press("Control+e").await?;
    rewrite(window, "Prompt", "Where do cranes spend the winter?").await?;
    window.press("Control+Enter").await?;
    gone(window, "dialog", "Edit the").await?;
    says(window, 2, 1, "cranes").await?;
    window.press("Control+1").await?;
    window.step_to("Shift+Tab", "Previous version of the prompt").await?;
    window.press("Enter").await?;
    says(window, 2, 1, "storks").await?;
    window.press("Control+1").await?;
    window.step_to("Shift+Tab", "Next version of the prompt").await?;
    window.press("Enter").await?;
    says(window, 2, 0, "cranes").await?;

    ask(window, "And who has counted them?").await?;
    says(window, 2, 1, "counted").await?;
    let calls = server.log().len();
    window.press("Control+1").await?;
    window.step_to("Shift+Tab", "Turn 1: ").await?;
    window.press("Enter").await?;
    says(window, 2, 0, "cranes").await?;
    window.press("Control+1").await?;
    command(window, "Edit the answer").await?;
    rewrite(window, "Answer", "In Spain, said by hand.").await?;
    window.tab_and_press("Save only").await?;
    gone(window, "dialog", "Edit the").await?;
    says(window, 2, 0, "said by hand").await?;
    window.press("Control+1").await?;
    window.step_to("Tab", "Turn 2: ").await?;
    window.press("Enter").await?;
    says(window, 2, 0, "counted").await?;
    assert_eq!(server.log().len(), calls, "an edit that is only saved asked somebody");

    // Asked again, and the answers to one prompt by the arrows.
    menu(window, 2, "Regenerate").await?;
    window.named("group", "Answer 2 of 2", PATIENCE).await?;
    says(window, 2, 1, "counted").await?;
    window.press("Control+2").await?;
    focus_begins(window, "Column of ").await?;
    window.press("Left").await?;
    window.named("group", "Answer 1 of 2", PATIENCE).await?;
    window.press("Right").await?;
    window.named("group", "Answer 2 of 2", PATIENCE).await.map(drop)
}

async fn merged(window: &Session) -> Result<(), String> {
    window.press("Control+Shift+e").await?;
    window.named("dialog", "Merge answers", PATIENCE).await?;
    window.tab_and_press("Merge 2").await?;
    gone(window, "dialog", "Merge answers").await?;
    says(window, 3, 2, "counted").await?;
    menu(window, 3, "What it was made of").await?;
    window.shows("% of the text", PATIENCE).await?;
    window.press("Escape").await?;
    gone(window, "dialog", "What it was made of").await
}

async fn forked(window: &Session) -> Result<(), String> {
    window.press("Control+2").await?;
    focus_begins(window, "Column of ").await?;
    command(window, "Fork here, beside").await?;
    are(window, 4, "region", "Answer of").await?;
    ask(window, "Do they fly at night?").await?;
    says(window, 4, 3, "at night").await?;
    window.press("Control+1").await?;
    focus_begins(window, "Column of ").await?;
    window.press("Control+Shift+b").await?;
    are(window, 1, "region", "Answer of").await?;
    ask(window, "Or only by day?").await?;
    says(window, 1, 0, "only by day").await.map(drop)
}

/// Named, compared, gone and back, in the list of branches.
async fn listed(desktop: &Desktop, window: &Session) -> Result<(), String> {
    window.press("Control+1").await?;
    window.press("Control+Alt+i").await?;
    window.named("tab", "Branches", PATIENCE).await?;
    window.step_to("Tab", "Run").await?;
    window.step_to("Right", "Branches").await?;
    window.step_to("Tab", "Menu of the branch Branch").await?;
    pick(window, "Rename").await?;
    // What it was called is selected.
    window.focus_reaches("Name of the branch", PATIENCE).await?;
    window.type_keys("By day").await?;
    window.press("Enter").await?;
    window.named("button", "Menu of the branch By day", PATIENCE).await?;
    window.step_to("Tab", "Menu of the branch By day").await?;
    pick(window, "Compare with").await?;
    window.shows("Both have, up to here", PATIENCE).await?;
    window.press("Escape").await?;
    gone(window, "dialog", "Compare branches").await?;
    photograph(desktop, "branching-keys.png");

    window.press("Control+1").await?;
    command(window, "Delete from this prompt on").await?;
    window.focus_reaches("Delete", PATIENCE).await?;
    window.press("Enter").await?;
    says(window, 1, 0, "at night").await?;
    window.press("Control+Alt+z").await?;
    says(window, 1, 0, "only by day").await?;
    window.press("Control+1").await?;
    command(window, "Delete from this answer on").await?;
    window.focus_reaches("Delete", PATIENCE).await?;
    window.press("Enter").await?;
    window.named("region", "Deleted", PATIENCE).await?;
    window.press("Control+l").await?;
    window.step_to("Tab", "Restore").await?;
    window.press("Enter").await?;
    says(window, 1, 0, "only by day").await?;
    menu(window, 1, "Go on in a new conversation").await?;
    in_the_list(window, 2).await
}

async fn story(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    edited(&window, server).await?;
    merged(&window).await?;
    forked(&window).await?;
    listed(desktop, &window).await?;
    let tree = tree_of(home.path(), "Where do storks")?;
    assert_eq!(saying(&tree, "said by hand").len(), 1, "{tree}");
    assert_eq!(saying(&tree, "Where do storks").len(), 3, "the first prompt and its answers: {tree}");
    assert_eq!(branches(&tree, "By day"), 1, "{tree}");
    whole(home.path())?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_edited_forked_compared_merged_and_deleted_by_keyboard_alone() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("branching-keys", &home, Keyring::NoService, async |desktop| story(desktop, &home, &server).await)
        .await;
}

//! A conversation that branches, by mouse, against providers that answer with what they are asked: edited,
//! asked again, forked in three ways, compared, merged by a model, deleted and brought back. What the window
//! showed is then read from the same home by `orch`.

use crate::{
    stage::{CONTROL_A, ENTER, PATIENCE, choose_targets, photograph, play, send},
    steps::{are, branches, from_menu, gone, in_the_list, inspect, menu, saying, says, tree_of, whole},
};
use serde_json::Value;
use system_tests::{desktop::Desktop, keyring::Keyring, webdriver::Session};
use testkit::{Home, ScriptedProvider};

const LEFT: &str = "chat/echo";
const RIGHT: &str = "anthropic/echo";

async fn edit(window: &Session, name: &str, text: &str, end: &str) -> Result<(), String> {
    let field = window.named("field", name, PATIENCE).await?;
    window.type_text(&field, CONTROL_A).await?;
    window.type_text(&field, text).await?;
    window.click_beginning("button", end, PATIENCE).await?;
    gone(window, "dialog", "Edit the").await
}

async fn edited(window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    choose_targets(window, &[LEFT, RIGHT].map(str::to_owned)).await?;
    send(window, "Where do storks spend the winter?").await?;
    says(window, 2, 0, "storks").await?;

    // Asked anew with other words, and back to the words before: both columns go along.
    window.click_named("button", "Edit the prompt", PATIENCE).await?;
    window.named("dialog", "Edit the prompt", PATIENCE).await?;
    edit(window, "Prompt", "Where do cranes spend the winter?", "Save and ask all 2").await?;
    says(window, 2, 1, "cranes").await?;
    window.click_named("button", "Previous version of the prompt", PATIENCE).await?;
    says(window, 2, 1, "storks").await?;
    window.click_named("button", "Next version of the prompt", PATIENCE).await?;
    says(window, 2, 0, "cranes").await?;

    // Saved only, below a second turn: nobody is asked, and the second turn stays.
    send(window, "And who has counted them?").await?;
    says(window, 2, 1, "counted").await?;
    let calls = server.log().len();
    window.click_beginning("button", "Turn 1: ", PATIENCE).await?;
    says(window, 2, 0, "cranes").await?;
    menu(window, LEFT, "Edit the answer").await?;
    window.named("dialog", "Edit the answer", PATIENCE).await?;
    edit(window, "Answer", "In Spain, said by hand.", "Save only").await?;
    says(window, 2, 0, "said by hand").await?;
    window.click_beginning("button", "Turn 2: ", PATIENCE).await?;
    says(window, 2, 0, "counted").await?;
    assert_eq!(server.log().len(), calls, "an edit that is only saved asked somebody");
    Ok(())
}

/// Asked again, and back to what was answered before: ‹1/2›.
async fn again(window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    let calls = server.log().len();
    menu(window, RIGHT, "Regenerate").await?;
    window.named("group", "Answer 2 of 2", PATIENCE).await?;
    says(window, 2, 1, "counted").await?;
    assert_eq!(server.log().len(), calls + 1);
    window.click_named("button", "Previous answer", PATIENCE).await?;
    window.named("group", "Answer 1 of 2", PATIENCE).await?;
    window.click_named("button", "Next answer", PATIENCE).await?;
    window.named("group", "Answer 2 of 2", PATIENCE).await.map(drop)
}

/// Two answers by a model into one, which says what it was made of.
async fn merged(desktop: &Desktop, window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    from_menu(window, "More for this turn", "Merge answers").await?;
    window.named("dialog", "Merge answers", PATIENCE).await?;
    photograph(desktop, "branching-merge.png");
    let calls = server.log().len();
    window.click_named("button", "Merge 2", PATIENCE).await?;
    gone(window, "dialog", "Merge answers").await?;
    are(window, 3, "region", "Answer of").await?;
    // The one that merges is given both, and answers with what it was given.
    says(window, 3, 2, "counted").await?;
    assert_eq!(server.log().len(), calls + 1);
    let button = window.at("[data-column='3'] [aria-label^='Menu of']", PATIENCE).await?;
    window.click(&button).await?;
    window.click_named("menuitem", "What it was made of", PATIENCE).await?;
    window.named("dialog", "What it was made of", PATIENCE).await?;
    window.shows("% of the text", PATIENCE).await?;
    photograph(desktop, "branching-made-of.png");
    window.press("Escape").await?;
    gone(window, "dialog", "What it was made of").await
}

/// As a column beside the others, which is asked along with them; as a branch; as a conversation.
async fn forked(desktop: &Desktop, window: &Session) -> Result<(), String> {
    menu(window, RIGHT, "Fork here, beside").await?;
    window.shows("It stands beside the others", PATIENCE).await?;
    are(window, 4, "region", "Answer of").await?;
    are(window, 4, "button", "Remove target ").await?;
    send(window, "Do they fly at night?").await?;
    says(window, 4, 3, "at night").await?;
    photograph(desktop, "branching-columns.png");

    menu(window, LEFT, "Fork here").await?;
    window.shows("You are on it now", PATIENCE).await?;
    are(window, 1, "region", "Answer of").await?;
    send(window, "Or only by day?").await?;
    says(window, 1, 0, "only by day").await?;
    inspect(window, "Branches").await?;
    from_menu(window, "Menu of the branch Branch", "Rename").await?;
    let field = window.named("textbox", "Name of the branch", PATIENCE).await?;
    window.type_text(&field, CONTROL_A).await?;
    window.type_text(&field, &format!("By day{ENTER}")).await?;
    window.named("button", "Menu of the branch By day", PATIENCE).await.map(drop)
}

/// Two branches from where they part.
async fn compared(desktop: &Desktop, window: &Session) -> Result<(), String> {
    from_menu(window, "Menu of the branch By day", "Compare with").await?;
    window.named("dialog", "Compare branches", PATIENCE).await?;
    window.shows("Both have, up to here", PATIENCE).await?;
    window.shows("Or only by day?", PATIENCE).await?;
    photograph(desktop, "branching-compared.png");
    window.press("Escape").await?;
    gone(window, "dialog", "Compare branches").await
}

/// What follows a message goes, comes back by one click, goes again, and comes back from the list.
async fn deleted(desktop: &Desktop, window: &Session) -> Result<(), String> {
    // The name that was given can be had back too, by a button of the same name.
    gone(window, "button", "Undo").await?;
    from_menu(window, "More for this turn", "Delete from this prompt on").await?;
    window.named("dialog", "Delete from here on?", PATIENCE).await?;
    window.shows("2 messages", PATIENCE).await?;
    window.click_named("button", "Delete", PATIENCE).await?;
    gone(window, "dialog", "Delete from here on?").await?;
    says(window, 1, 0, "at night").await?;
    photograph(desktop, "branching-deleted.png");
    window.click_named("button", "Undo", PATIENCE).await?;
    says(window, 1, 0, "only by day").await?;
    menu(window, LEFT, "Delete from here on").await?;
    window.shows("1 message", PATIENCE).await?;
    window.click_named("button", "Delete", PATIENCE).await?;
    window.named("region", "Deleted", PATIENCE).await?;
    window.click_named("button", "Restore", PATIENCE).await?;
    says(window, 1, 0, "only by day").await?;
    // Back on the line that was left.
    window.click_beginning("button", "main", PATIENCE).await?;
    says(window, 1, 0, "at night").await?;
    menu(window, LEFT, "Go on in a new conversation").await?;
    in_the_list(window, 2).await
}

/// All that was said is there, each version where it belongs.
fn kept(home: &Home) -> Result<(), String> {
    let tree = tree_of(home.path(), "Where do storks")?;
    let of = |words: &str, role: &str| {
        saying(&tree, words).into_iter().filter(|node| node["role"] == role).cloned().collect::<Vec<Value>>()
    };
    assert_eq!(of("storks", "assistant").len(), 2, "{tree}");
    assert_eq!(of("said by hand", "assistant").len(), 1, "{tree}");
    let merged = |node: &&Value| node["parents"].as_array().is_some_and(|all| all.len() > 1);
    let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
    assert_eq!(nodes.iter().filter(merged).count(), 1, "one message was merged: {tree}");
    assert_eq!(branches(&tree, "By day"), 1, "{tree}");
    whole(home.path())
}

async fn story(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    edited(&window, server).await?;
    again(&window, server).await?;
    merged(desktop, &window, server).await?;
    forked(desktop, &window).await?;
    compared(desktop, &window).await?;
    deleted(desktop, &window).await?;
    kept(home)?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_edited_forked_compared_merged_and_deleted_and_loses_nothing() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("branching", &home, Keyring::NoService, async |desktop| story(desktop, &home, &server).await).await;
}

//! The same work as by mouse, by keyboard alone and in one go: a provider and its key in a vault, parameters,
//! columns, a prompt that waits, and the care of the data. Tab, arrows, Enter, Escape and the shortcuts are
//! all there is: what they do not lead to fails here.

use crate::stage::{PATIENCE, answers_when, command, ended, photograph, play};
use serde_json::json;
use std::fs;
use system_tests::{desktop::Desktop, keyring::Keyring, webdriver::Session};
use testkit::{Home, ScriptedProvider};

const KEY: &str = "sk-typed-0123456789";
const PASSPHRASE: &str = "four words without mouse";

/// Goes on to a field and writes over what stands in it.
async fn write(window: &Session, name: &str, text: &str) -> Result<(), String> {
    window.step_to("Tab", name).await?;
    window.press("Control+a").await?;
    window.type_keys(text).await
}

/// Opens what has the keyboard, and takes the entry that begins so.
async fn pick(window: &Session, entry: &str) -> Result<(), String> {
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

async fn provider(window: &Session, server: &ScriptedProvider, home: &Home) -> Result<(), String> {
    window.press("Control+,").await?;
    window.named("status", "Where keys are kept", PATIENCE).await?;
    window.tab_and_press("Add provider").await?;
    window.focus_reaches("Name", PATIENCE).await?;
    window.type_keys("Workshop").await?;
    write(window, "Base URL", &server.v1()).await?;
    window.press("Enter").await?;
    window.focus_reaches("Key for Workshop", PATIENCE).await?;
    window.type_keys(KEY).await?;
    window.step_to("Tab", "Where the key is kept").await?;
    pick(window, "Encrypted vault").await?;
    window.focus_reaches("Where the key is kept", PATIENCE).await?;
    window.step_to("Shift+Tab", "Key for Workshop").await?;
    window.press("Enter").await?;
    window.focus_reaches("Passphrase", PATIENCE).await?;
    window.type_keys(PASSPHRASE).await?;
    write(window, "The same again", PASSPHRASE).await?;
    window.press("Enter").await?;
    window.shows("works,", PATIENCE).await?;
    let key = |call: &testkit::Call| call.header("authorization").is_some_and(|all| all.ends_with(KEY));
    assert!(server.log().iter().any(key), "the key was not tried");

    write(window, "Name", "Shed").await?;
    window.tab_and_press("Save").await?;
    window.shows("Shed is saved", PATIENCE).await?;
    assert!(fs::read_to_string(home.path().join("config.toml")).unwrap().contains("Shed"));

    window.step_to("Shift+Tab", "Vault open").await?;
    pick(window, "Lock the vault").await?;
    window.focus_reaches("Vault locked", PATIENCE).await?;
    pick(window, "Unlock the vault").await?;
    window.focus_reaches("Passphrase", PATIENCE).await?;
    window.type_keys(PASSPHRASE).await?;
    window.press("Enter").await?;
    window.named("button", "Vault open", PATIENCE).await?;
    let before = server.log().len();
    window.tab_and_press("Test").await?;
    window.until(PATIENCE, "call of the test", async || Ok((server.log().len() > before).then_some(()))).await
}

/// Three columns, asked with parameters of their own.
async fn asked(window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    window.press("Control+n").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.press("Control+m").await?;
    window.focus_reaches("Search models", PATIENCE).await?;
    for target in ["workshop/ok?tokens=400&gap_ms=0", "workshop/echo", "simulated/fast?len=20"] {
        window.press("Control+a").await?;
        window.type_keys(target).await?;
        window.press("Enter").await?;
        window.named("button", &format!("Remove target {target}"), PATIENCE).await?;
    }
    window.press("Escape").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.press("Control+Shift+y").await?;
    window.named("dialog", "System text and parameters", PATIENCE).await?;
    window.focus_reaches("System text of the conversation", PATIENCE).await?;
    window.type_keys("Be brief.").await?;
    write(window, "Temperature", "0.3").await?;
    window.step_to("Shift+Tab", "echo").await?;
    window.press("Enter").await?;
    write(window, "Seed", "7").await?;
    window.step_to("Tab", "Reasoning effort").await?;
    pick(window, "high").await?;
    window.focus_reaches("Reasoning effort", PATIENCE).await?;
    window.press("Control+Enter").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.type_keys("What is the limit?").await?;
    window.press("Control+Enter").await?;
    ended(window, 3).await?;
    let body = server.calls_of("echo").pop().map(|call| call.body).unwrap_or_default();
    assert_eq!(body["temperature"], json!(0.3), "{body}");
    assert_eq!((&body["seed"], &body["reasoning_effort"]), (&json!(7), &json!("high")), "{body}");
    assert!(body.to_string().contains("Be brief."), "{body}");
    Ok(())
}

async fn order(window: &Session, wanted: &[&str]) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("columns {wanted:?}"), async || {
            let now = window.answers().await?;
            let fits = now.len() == wanted.len()
                && now.iter().zip(wanted).all(|(one, wanted)| one.target.contains(wanted));
            Ok(fits.then_some(()))
        })
        .await
}

async fn columns(window: &Session) -> Result<(), String> {
    window.press("Control+1").await?;
    window.focus_reaches("Column of workshop/ok", PATIENCE).await.ok();
    window.press("Alt+Shift+Right").await?;
    order(window, &["echo", "ok", "fast"]).await?;
    window.press("Control+j").await?;
    order(window, &["ok"]).await?;
    window.press("Control+j").await?;
    order(window, &["echo", "ok", "fast"]).await?;

    // The edge of a column, and its fold.
    let width = "document.querySelector('[data-column=\"2\"]').getBoundingClientRect().width";
    let before = window.value(width).await?.as_f64().unwrap_or_default();
    window.press("Control+2").await?;
    window.step_to("Tab", "Width of workshop/ok").await?;
    window.press("Right").await?;
    window.press("Right").await?;
    window
        .until(PATIENCE, "wider column", async || {
            let now = window.value(width).await?.as_f64().unwrap_or_default();
            Ok((now > before + 24.0).then_some(()))
        })
        .await?;
    window.press("Control+3").await?;
    window.step_to("Shift+Tab", "Menu of simulated/fast").await?;
    pick(window, "Fold").await?;
    window.named("button", "Unfold column 3, simulated/fast?len=20", PATIENCE).await?;
    window.press("Control+3").await?;
    window.focus_reaches("Unfold column 3, simulated/fast?len=20", PATIENCE).await?;
    window.press("Enter").await?;
    window.named("button", "Menu of simulated/fast?len=20", PATIENCE).await.map(drop)
}

/// What waits goes out at the end, and not when all is stopped.
async fn waits(window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    let asked = |prompt: &str| server.log().iter().filter(|c| c.body.to_string().contains(prompt)).count();
    window.press("Control+l").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.press("Control+m").await?;
    window.focus_reaches("Search models", PATIENCE).await?;
    window.type_keys("workshop/slow?tokens=400").await?;
    window.press("Enter").await?;
    window.named("button", "Remove target workshop/slow?tokens=400", PATIENCE).await?;
    window.press("Escape").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.type_keys("Take your time").await?;
    window.press("Control+Enter").await?;
    answers_when(window, "an answer under way", |all| all.iter().any(|one| one.busy)).await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.type_keys("One thing more").await?;
    window.press("Control+Enter").await?;
    window.named("button", "Edit queued prompt", PATIENCE).await?;
    window.press("Control+Shift+Escape").await?;
    window.shows("this was not sent", PATIENCE).await?;
    ended(window, 4).await?;
    assert_eq!(asked("One thing more"), 0, "it was sent though all was stopped");
    window.step_to("Shift+Tab", "Send now").await?;
    window.press("Enter").await?;
    window
        .until(PATIENCE, "waiting prompt at the provider", async || {
            Ok((asked("One thing more") == 3).then_some(()))
        })
        .await?;
    window.press("Control+Shift+Escape").await?;
    ended(window, 4).await.map(drop)
}

/// Checked, compacted, backed up, erased and brought back.
async fn data(window: &Session) -> Result<(), String> {
    command(window, "Settings: data").await?;
    window.shows("on this machine", PATIENCE).await?;
    window.tab_and_press("Back up now").await?;
    window.shows("Backed up and verified", PATIENCE).await?;
    window.tab_and_press("Check now").await?;
    window.shows("Everything is whole", PATIENCE).await?;
    window.tab_and_press("Compact now").await?;
    window.shows("Compacted:", PATIENCE).await?;
    window.tab_and_press("Erase everything").await?;
    // What cannot be undone begins on Cancel.
    window.focus_reaches("Cancel", PATIENCE).await?;
    window.tab_and_press("Erase everything").await?;
    window.shows("Erased: all conversations", PATIENCE).await?;
    in_the_list(window, 0).await?;
    // The newest copy stands first; below it is the one of the day, made before there was anything.
    window.step_to("Shift+Tab", "Back up now").await?;
    window.tab_and_press("Restore the copy of").await?;
    window.focus_reaches("Cancel", PATIENCE).await?;
    window.tab_and_press("Restore").await?;
    window.shows("The data is that of", PATIENCE).await?;
    in_the_list(window, 1).await
}

/// So many conversations are in the list.
async fn in_the_list(window: &Session, count: u64) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("{count} conversations"), async || {
            let told = system_tests::tap::call(window, "list_conversations", json!({"text": null})).await?;
            Ok((told["good"].as_array().map(Vec::len) == usize::try_from(count).ok()).then_some(()))
        })
        .await
}

async fn removed(window: &Session, home: &Home) -> Result<(), String> {
    window.press("Control+,").await?;
    window.named("button", "Shed", PATIENCE).await?;
    window.tab_and_press("Shed").await?;
    window.tab_and_press("Remove this provider").await?;
    window.focus_reaches("Cancel", PATIENCE).await?;
    window.tab_and_press("Remove provider").await?;
    window
        .until(PATIENCE, "list without the provider", async || {
            Ok((window.count("button", "Shed").await? == 0).then_some(()))
        })
        .await?;
    assert!(!fs::read_to_string(home.path().join("config.toml")).unwrap_or_default().contains("Shed"));
    Ok(())
}

async fn story(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    provider(&window, server, home).await?;
    photograph(desktop, "keys-provider.png");
    asked(&window, server).await?;
    columns(&window).await?;
    photograph(desktop, "keys-columns.png");
    waits(&window, server).await?;
    data(&window).await?;
    photograph(desktop, "keys-data.png");
    removed(&window, home).await?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_parameters_columns_waiting_prompts_and_the_data_by_keyboard_alone() {
    let server = ScriptedProvider::start().await;
    let home = Home::empty().unwrap();
    play("keys-only", &home, Keyring::NoService, async |desktop| story(desktop, &home, &server).await).await;
}

//! A day's work in the window, by mouse: a key for this session, a comparison with a file, a target more,
//! asking again, drafts over a kill, the raw record, and the care of the data. All that the engine tells
//! the page meanwhile is searched for the key: guarantees 37 and 38.

use crate::stage::{
    CONTROL_A, PATIENCE, acme, answers_when, choose_targets, command, ended, open_titled, photograph, play,
    send,
};
use serde_json::json;
use std::fs;
use system_tests::{
    canary::Canary,
    desktop::Desktop,
    keyring::Keyring,
    places,
    tap::{self, call},
    webdriver::Session,
};
use testkit::{Home, ScriptedProvider};

const KEY: &str = "sk-canary/Zz+0123456789=abcdef";

/// Nothing that crossed to the page, stands in it, or lies in the home has the key.
async fn keeps_the_key(window: &Session, home: &Home, canary: &Canary) -> Result<usize, String> {
    let heard = tap::read(window).await?;
    for message in &heard.heard {
        assert_eq!(canary.found_in(message.as_bytes()), None, "the page was told {message}");
    }
    for (command, sent) in &heard.asked {
        assert!(
            command == "set_key" || canary.found_in(sent.as_bytes()).is_none(),
            "{command} took the key along"
        );
    }
    assert_eq!(heard.wrong, Vec::<String>::new());
    let page = window.value("document.documentElement.outerHTML").await?;
    assert_eq!(canary.found_in(page.as_str().unwrap_or_default().as_bytes()), None, "it stands in the page");
    for file in places::files_below(home.path()).unwrap() {
        let Ok(bytes) = fs::read(&file) else { continue };
        assert_eq!(canary.found_in(&bytes), None, "it is in {}", file.display());
    }
    Ok(heard.heard.len())
}

async fn enter_key(window: &Session) -> Result<(), String> {
    command(window, "Settings: providers and keys").await?;
    window.click_named("button", "Acme", PATIENCE).await?;
    let _ = window.click_first("Enter key").await?;
    let field = window.named("field", "Key for Acme", PATIENCE).await?;
    window.type_text(&field, KEY).await?;
    window.click_named("button", "Keep key", PATIENCE).await?;
    window
        .until(PATIENCE, "empty key field or none", async || {
            // The keychain is asked first; where there is none, the next click keeps the key for this session.
            let script = "const field = document.querySelector('[aria-label=\"Key for Acme\"]');
                const kept = !field || field.value === '';
                if (!kept && document.body.innerText.includes('choose another place'))
                  [...document.querySelectorAll('button')].find((b) => b.textContent === 'Keep key')?.click();
                return kept;";
            Ok((window.run(script, json!([])).await? == true).then_some(()))
        })
        .await
}

/// The file comes as if it had been chosen in the dialog.
async fn attach(window: &Session, name: &str, text: &str) -> Result<(), String> {
    let script = "const data = new DataTransfer();
        data.items.add(new File([arguments[1]], arguments[0], { type: 'text/plain' }));
        const input = document.querySelector('input[type=file][data-attach]');
        input.files = data.files;
        input.dispatchEvent(new Event('change', { bubbles: true }));";
    window.run(script, json!([name, text])).await?;
    window.shows(name, PATIENCE).await
}

async fn story(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let canary = Canary::new(KEY);
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    tap::set(&window).await?;
    enter_key(&window).await?;

    // A comparison with a file; one provider repeats the key in its refusal.
    command(&window, "New conversation").await?;
    let targets = ["acme/echo", "acme/401", "simulated/fast?len=40"].map(str::to_owned);
    choose_targets(&window, &targets).await?;
    attach(&window, "limits.txt", "The limit is 20 requests a minute.").await?;
    send(&window, "What is the limit?").await?;
    let answers = ended(&window, 3).await?;
    assert!(answers[1].all.contains("key"), "the refusal is not explained: {}", answers[1].all);
    photograph(desktop, "daily.png");
    let asked = server.calls_of("echo");
    let body = asked.last().map(|call| call.body.to_string()).unwrap_or_default();
    assert!(body.contains("20 requests a minute"), "the file was not sent: {body}");
    assert!(asked.iter().all(|call| call.header("authorization").is_some_and(|value| value.ends_with(KEY))));

    // One target more for the same turn, then all of them again.
    window.click_named("button", "Add a model to this turn", PATIENCE).await?;
    let search = window.named("combobox", "Search models", PATIENCE).await?;
    window.type_text(&search, CONTROL_A).await?;
    window.type_text(&search, "simulated/steady?tps=400&len=30\u{e007}").await?;
    ended(&window, 4).await?;
    window.click_named("button", "More for this turn", PATIENCE).await?;
    window.click_named("menuitem", "Regenerate all", PATIENCE).await?;
    window
        .until(PATIENCE, "a second answer of everyone", async || {
            Ok((server.calls_of("echo").len() >= 2).then_some(()))
        })
        .await?;
    ended(&window, 4).await?;

    // The record of the refusal, as it went.
    let completions = window.run(
        "return [...document.querySelectorAll('main section button')].filter((b) => b.getAttribute('aria-label') === 'Raw').length",
        json!([]),
    );
    assert_eq!(completions.await?, 4);
    assert!(window.click_first("Raw").await?);
    window.named("dialog", "Raw request and response", PATIENCE).await?;
    window.shows("POST", PATIENCE).await?;
    window.press("Escape").await?;

    // Every reading command once more, as a script of the page could.
    for name in [
        "engine_status",
        "list_providers",
        "list_models",
        "key_places",
        "environment_keys",
        "presets",
        "data_report",
        "load_preferences",
    ] {
        let told = call(&window, name, json!({})).await?;
        assert!(told["bad"].is_null(), "{name}: {told}");
    }
    let heard = keeps_the_key(&window, home, &canary).await?;
    assert!(heard > 60, "only {heard} messages were heard");
    // The twin: the tap sees what goes the other way.
    let sent = tap::read(&window).await?.asked;
    assert!(sent.iter().any(|(command, sent)| command == "set_key" && sent.contains("canary")));

    // A prompt that was not sent outlives the app.
    let prompt = window.named("textbox", "Prompt", PATIENCE).await?;
    window.type_text(&prompt, "Half a thought").await?;
    window
        .until(PATIENCE, "draft in the store", async || {
            let told = tap::read(&window).await?.asked;
            Ok(told
                .iter()
                .any(|(name, sent)| name == "save_draft" && sent.contains("Half a thought"))
                .then_some(()))
        })
        .await?;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    desktop.kill_app().await?;
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    window.shows("Half a thought", PATIENCE).await?;
    answers_when(&window, "the four answers again", |all| all.len() == 4).await?;

    care(&window).await?;
    photograph(desktop, "settings-data.png");
    window.end().await
}

/// Back up, check, compact, erase everything, and bring it back.
async fn care(window: &Session) -> Result<(), String> {
    tap::set(window).await?;
    command(window, "Settings: data").await?;
    // Where everything is once the sizes stand above it.
    window.shows("on this machine", PATIENCE).await?;
    window.click_named("button", "Back up now", PATIENCE).await?;
    window.shows("Backed up and verified", PATIENCE).await?;
    window.click_named("button", "Check now", PATIENCE).await?;
    window.shows("Everything is whole", PATIENCE).await?;
    window.click_named("button", "Compact now", PATIENCE).await?;
    window.shows("Compacted:", PATIENCE).await?;
    let before = call(window, "list_conversations", json!({"text": null})).await?;
    assert_eq!(before["good"].as_array().map(Vec::len), Some(1));
    window.click_named("button", "Erase everything", PATIENCE).await?;
    window.named("dialog", "Erase all conversations?", PATIENCE).await?;
    window.click_named("button", "Erase everything", PATIENCE).await?;
    conversations(window, 0).await?;

    // The copy is put back, and what was said is there again. The newest stands first.
    window.click_beginning("button", "Restore the copy of", PATIENCE).await?;
    window.named("dialog", "Restore this copy?", PATIENCE).await?;
    window.click_named("button", "Restore", PATIENCE).await?;
    conversations(window, 1).await?;
    window.click_named("button", "Workbench", PATIENCE).await?;
    open_titled(window, "What is the limit?").await?;
    let again = answers_when(window, "the four answers of the copy", |all| {
        all.len() == 4 && all.iter().all(|one| !one.busy)
    })
    .await?;
    assert!(again[0].text.contains("Whatisthelimit?"), "the copy has another text: {}", again[0].text);
    Ok(())
}

async fn conversations(window: &Session, count: usize) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("{count} conversations in the engine"), async || {
            let now = call(window, "list_conversations", json!({"text": null})).await?;
            Ok((now["good"].as_array().map(Vec::len) == Some(count)).then_some(()))
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_work_by_mouse_and_no_word_of_the_key_to_the_page() {
    let server = ScriptedProvider::start().await;
    let home = acme(&server);
    play("daily", &home, Keyring::NoService, async |desktop| story(desktop, &home, &server).await).await;
}

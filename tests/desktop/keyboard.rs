//! From nothing to a comparison and through the whole frame, by keyboard alone: guarantee 48.

use crate::stage::{PATIENCE, answers_when, command, ended, photograph, play};
use serde_json::json;
use system_tests::{desktop::Desktop, keyring::Keyring, webdriver::Session};
use testkit::Home;

async fn shown_tab(window: &Session, title: &str) -> Result<(), String> {
    window
        .until(PATIENCE, &format!("tab \"{title}\" in front"), async || {
            let now = window.run(
                "return document.querySelector('[role=tablist][aria-label=\"Open tabs\"] [aria-selected=true]')?.textContent ?? ''",
                json!([]),
            );
            Ok(now.await?.as_str().is_some_and(|text| text.contains(title)).then_some(()))
        })
        .await
}

async fn story(desktop: &mut Desktop) -> Result<(), String> {
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    photograph(desktop, "first-start.png");

    command(&window, "Compare simulated models").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.type_keys("What is a good retry policy?").await?;
    window.press("Control+Enter").await?;
    let first = ended(&window, 3).await?;
    assert!(first.iter().all(|one| !one.text.is_empty()), "{first:#?}");

    // The next turn, and all of it stopped.
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.type_keys("/echo ").await?;
    window.type_keys(&"again and again ".repeat(12)).await?;
    window.press("Control+Enter").await?;
    answers_when(&window, "a second turn under way", |all| all.iter().any(|one| one.busy)).await?;
    window.press("Control+Shift+Escape").await?;
    ended(&window, 3).await?;

    // The frame: inspector, settings, theme, tabs.
    window.press("Control+Alt+i").await?;
    window.named("complementary", "Inspector", PATIENCE).await?;
    window.named("tab", "Raw", PATIENCE).await?;
    photograph(desktop, "inspector.png");
    window.press("Control+Alt+i").await?;
    window.press("Control+,").await?;
    shown_tab(&window, "Settings").await?;
    window.press("Control+w").await?;
    shown_tab(&window, "What is a good").await?;
    command(&window, "Theme: light").await?;
    window
        .until(PATIENCE, "light theme", async || {
            Ok((window.run("return document.documentElement.dataset.theme", json!([])).await? == "light")
                .then_some(()))
        })
        .await?;
    photograph(desktop, "light.png");
    window.press("Control+n").await?;
    shown_tab(&window, "New conversation").await?;
    window.focus_reaches("Prompt", PATIENCE).await?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_start_to_a_comparison_and_through_the_frame_by_keyboard_alone() {
    let home = Home::empty().unwrap();
    play("keyboard", &home, Keyring::NoService, story).await;
}

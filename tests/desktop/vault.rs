//! Where there is no keychain: a provider of one's own with its key in an encrypted vault, tried, changed,
//! locked, opened again after a restart, and removed; once by mouse, once by keyboard alone.

use crate::stage::{PATIENCE, choose_targets, chosen, ended, fill, photograph, play, send};
use std::fs;
use system_tests::{canary::Canary, desktop::Desktop, keyring::Keyring, places, webdriver::Session};
use testkit::{Call, Home, ScriptedProvider};

const KEY: &str = "sk-in-the-vault-0123456789abcdef";
const PASSPHRASE: &str = "some words in a row";

fn with_key(call: &Call) -> bool {
    call.header("authorization").is_some_and(|value| value.ends_with(KEY))
}

fn config(home: &Home) -> String {
    fs::read_to_string(home.path().join("config.toml")).unwrap_or_default()
}

/// Neither the key nor the passphrase lies readable in the home.
fn keeps_its_secrets(home: &Home) {
    for secret in [KEY, PASSPHRASE] {
        let canary = Canary::new(secret);
        for file in places::files_below(home.path()).unwrap() {
            let Ok(bytes) = fs::read(&file) else { continue };
            assert_eq!(canary.found_in(&bytes), None, "it is in {}", file.display());
        }
    }
}

/// A test by its button, and what it says when it has ended.
async fn tested(window: &Session, says: &str) -> Result<(), String> {
    if window.count("button", "Test again").await? > 0 {
        window.click_named("button", "Test again", PATIENCE).await?;
    } else {
        window.click_named("button", "Test", PATIENCE).await?;
    }
    window.shows(says, PATIENCE).await
}

async fn vault_is(window: &Session, state: &str) -> Result<(), String> {
    window.named("button", state, PATIENCE).await.map(drop)
}

async fn by_mouse(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    window.click_named("button", "Settings", PATIENCE).await?;

    // Added, with a key whose place is made on the way.
    window.click_named("button", "Add provider", PATIENCE).await?;
    window.named("dialog", "Add a provider", PATIENCE).await?;
    fill(&window, "Name", "Workshop").await?;
    fill(&window, "Base URL", "nowhere").await?;
    window.click_named("button", "Add provider", PATIENCE).await?;
    window.shows("no whole address", PATIENCE).await?;
    fill(&window, "Base URL", &server.v1()).await?;
    window.click_named("button", "Add provider", PATIENCE).await?;
    let field = window.named("field", "Key for Workshop", PATIENCE).await?;
    chosen(&window, "Where the key is kept", "Encrypted vault").await?;
    window.type_text(&field, KEY).await?;
    window.click_named("button", "Keep key", PATIENCE).await?;
    window.named("dialog", "Create a vault", PATIENCE).await?;
    fill(&window, "Passphrase", PASSPHRASE).await?;
    fill(&window, "The same again", "other words").await?;
    window.click_named("button", "Create vault", PATIENCE).await?;
    window.shows("not the same", PATIENCE).await?;
    fill(&window, "The same again", PASSPHRASE).await?;
    window.click_named("button", "Create vault", PATIENCE).await?;
    vault_is(&window, "Vault open").await?;
    window.shows("in the vault", PATIENCE).await?;
    window.shows("works,", PATIENCE).await?;
    assert!(server.log().iter().any(with_key), "the key was not tried");
    keeps_its_secrets(home);
    photograph(desktop, "vault-open.png");

    // Changed: what is sent from now on is what was written.
    fill(&window, "Name", "Workshop GPU").await?;
    window.click_named("button", "Add a header", PATIENCE).await?;
    fill(&window, "Name of header 1", "x-team").await?;
    fill(&window, "Value of header 1", "red").await?;
    fill(&window, "Base URL", &format!("{}/elsewhere", server.url())).await?;
    window.click_named("button", "Save", PATIENCE).await?;
    window.shows("Workshop GPU is saved", PATIENCE).await?;
    tested(&window, "does not work,").await?;
    fill(&window, "Base URL", &server.v1()).await?;
    window.click_named("button", "Save", PATIENCE).await?;
    let before = server.log().len();
    tested(&window, "works,").await?;
    let calls = server.log();
    assert!(calls.len() > before, "the test asked nobody");
    assert!(calls[before..].iter().all(|call| with_key(call) && call.header("x-team") == Some("red")));
    assert!(config(home).contains("Workshop GPU") && config(home).contains("x-team"), "{}", config(home));

    // Locked: nothing is asked, and the reason has its way out.
    window.click_named("button", "Vault open", PATIENCE).await?;
    window.click_named("menuitem", "Lock the vault", PATIENCE).await?;
    vault_is(&window, "Vault locked").await?;
    let before = server.log().len();
    tested(&window, "the vault is locked").await?;
    assert_eq!(server.log().len(), before, "a call went out without its key");
    photograph(desktop, "vault-locked.png");

    // After a restart it is locked, until somebody says the passphrase.
    desktop.kill_app().await?;
    let window = desktop.open().await?;
    vault_is(&window, "Vault locked").await?;
    window.click_named("button", "Vault locked", PATIENCE).await?;
    window.click_named("menuitem", "Unlock the vault", PATIENCE).await?;
    window.named("dialog", "Unlock the vault", PATIENCE).await?;
    fill(&window, "Passphrase", "other words").await?;
    window.click_named("button", "Unlock", PATIENCE).await?;
    window.shows("not the vault's passphrase", PATIENCE).await?;
    fill(&window, "Passphrase", PASSPHRASE).await?;
    window.click_named("button", "Unlock", PATIENCE).await?;
    vault_is(&window, "Vault open").await?;
    window.click_named("button", "Workbench", PATIENCE).await?;
    choose_targets(&window, &["workshop/echo".to_owned()]).await?;
    send(&window, "What is in the vault?").await?;
    let answers = ended(&window, 1).await?;
    assert!(answers[0].text.contains("Whatisinthevault?"), "{answers:#?}");
    assert!(server.calls_of("echo").iter().all(with_key), "the key of the vault was not used");

    // Removed: its models can be asked no longer.
    window.click_named("button", "Settings", PATIENCE).await?;
    window.click_named("button", "Workshop GPU", PATIENCE).await?;
    window.click_named("button", "Remove this provider", PATIENCE).await?;
    window.named("dialog", "Remove Workshop GPU?", PATIENCE).await?;
    window.click_named("button", "Remove provider", PATIENCE).await?;
    window
        .until(PATIENCE, "list without the provider", async || {
            Ok((window.count("button", "Workshop GPU").await? == 0).then_some(()))
        })
        .await?;
    assert!(!config(home).contains("Workshop"), "{}", config(home));
    keeps_its_secrets(home);
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_and_its_key_in_a_vault_by_mouse_from_adding_it_to_removing_it() {
    let server = ScriptedProvider::start().await;
    let home = Home::empty().unwrap();
    play("vault", &home, Keyring::NoService, async |desktop| by_mouse(desktop, &home, &server).await).await;
}

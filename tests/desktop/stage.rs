//! What the journeys share: the stage that they play on, and the steps that most of them take.

use std::{fs, path::PathBuf, time::Duration};
use system_tests::{
    desktop::{self, Desktop},
    keyring::Keyring,
    places,
    webdriver::{Answer, Session},
};
use testkit::{Home, ScriptedProvider};

/// A step of the window, on a machine that is also compiling.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// WebDriver's code points for keys without a character.
pub const CONTROL_A: &str = "\u{e009}a";
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";

/// Opens a screen for this home and plays there; what went wrong is photographed. Skipped where the
/// programs for it are missing, but not under `cargo xtask`, which has installed them.
pub async fn play(
    name: &str,
    home: &Home,
    keyring: Keyring,
    story: impl AsyncFnOnce(&mut Desktop) -> Result<(), String>,
) {
    if let Some(missing) = desktop::missing() {
        assert!(std::env::var_os("ORCHESITY_E2E").is_none(), "{missing}");
        println!("skipped: {missing}; `cargo xtask e2e` installs it");
        return;
    }
    let mut desktop = Desktop::start_with(home.path(), keyring).await.unwrap();
    if let Err(error) = story(&mut desktop).await {
        photograph(&desktop, &format!("failed-{name}.png"));
        panic!("{error}\n{}", desktop.complaints());
    }
}

/// A home whose one provider, Acme, wants a key from the keychain.
pub fn acme(server: &ScriptedProvider) -> Home {
    let config = format!(
        "[[providers]]\nid = \"acme\"\nname = \"Acme\"\ndialect = \"openai-chat\"\nbase_url = {:?}\nkey = \"keychain\"\n",
        server.v1()
    );
    Home::with_config(&config).unwrap()
}

fn screenshots() -> PathBuf {
    let folder = places::built().unwrap().join("../e2e");
    fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn photograph(desktop: &Desktop, name: &str) {
    let path = screenshots().join(name);
    match desktop.screenshot(&path) {
        Ok(()) => println!("screenshot: target/e2e/{name}"),
        Err(error) => println!("no screenshot: {error}"),
    }
}

pub async fn choose_targets(window: &Session, targets: &[String]) -> Result<(), String> {
    window.named("textbox", "Prompt", PATIENCE).await?;
    while window.click_first("Remove target ").await? {}
    let add = window.named("button", "Add target", PATIENCE).await?;
    window.click(&add).await?;
    let search = window.named("combobox", "Search models", PATIENCE).await?;
    for target in targets {
        // In two calls: WebKit's driver lets go of a modifier only at the end of one.
        window.type_text(&search, CONTROL_A).await?;
        window.type_text(&search, &format!("{target}{ENTER}")).await?;
        window.named("button", &format!("Remove target {target}"), PATIENCE).await?;
    }
    window.type_text(&search, ESCAPE).await
}

pub async fn send(window: &Session, prompt: &str) -> Result<(), String> {
    let composer = window.named("textbox", "Prompt", PATIENCE).await?;
    window.type_text(&composer, prompt).await?;
    window.click_named("button", "Send", PATIENCE).await
}

/// Writes over what stands in a field.
pub async fn fill(window: &Session, name: &str, text: &str) -> Result<(), String> {
    let field = window.named("field", name, PATIENCE).await?;
    window.type_text(&field, CONTROL_A).await?;
    window.type_text(&field, text).await
}

/// Chooses in a list that opens.
pub async fn chosen(window: &Session, list: &str, option: &str) -> Result<(), String> {
    window.click_named("combobox", list, PATIENCE).await?;
    window.click_beginning("option", option, PATIENCE).await?;
    // What lies behind the list is there again when it has closed.
    window.named("combobox", list, PATIENCE).await.map(drop)
}

/// The answers of the turn that is shown, as soon as `test` holds for them.
pub async fn answers_when(
    window: &Session,
    what: &str,
    test: impl Fn(&[Answer]) -> bool,
) -> Result<Vec<Answer>, String> {
    window
        .until(PATIENCE, what, async || {
            let answers = window.answers().await?;
            Ok((!answers.is_empty() && test(&answers)).then_some(answers))
        })
        .await
}

/// So many answers, all of them ended.
pub async fn ended(window: &Session, count: usize) -> Result<Vec<Answer>, String> {
    answers_when(window, &format!("{count} ended answers"), |all| {
        all.len() == count && all.iter().all(|one| !one.busy)
    })
    .await
}

/// A command of the palette, by its name.
pub async fn command(window: &Session, title: &str) -> Result<(), String> {
    window.press("Control+k").await?;
    window.named("combobox", "Search commands", PATIENCE).await?;
    window.type_keys(title).await?;
    // The list is filtered as one types; the first row is what Enter takes.
    window
        .until(PATIENCE, title, async || {
            let first = window.run(
                "return document.querySelector('[role=dialog] [role=option]')?.textContent ?? ''",
                serde_json::json!([]),
            );
            Ok(first.await?.as_str().is_some_and(|text| text.contains(title)).then_some(()))
        })
        .await?;
    window.press("Enter").await
}

/// Opens the conversation whose title begins so, by a click in the list.
pub async fn open_titled(window: &Session, title: &str) -> Result<(), String> {
    let script =
        "const rows = [...document.querySelectorAll('nav[aria-label=Conversations] button[data-open]')];
        const row = rows.find((row) => row.title.startsWith(arguments[0]));
        row?.click(); return row !== undefined;";
    window
        .until(PATIENCE, &format!("conversation \"{title}\" in the list"), async || {
            Ok((window.run(script, serde_json::json!([title])).await? == true).then_some(()))
        })
        .await
}

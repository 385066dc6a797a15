//! Guarantee 42 in the window: a key that was replaced or removed is gone from all that the app itself put
//! into memory. What the web view keeps of what was typed into it is said, not promised: its own process,
//! and in ours the message that brought the key, which its toolkit frees without clearing.

use crate::stage::{CONTROL_A, PATIENCE, acme, command, play};
use serde_json::json;
use std::time::{Duration, Instant};
use system_tests::{desktop::Desktop, keyring::Keyring, memory::count_in_memory, tap, webdriver::Session};
use testkit::ScriptedProvider;

/// Half of the bytes of a key are enough to know it by.
const KEYS: [(&str, &str); 2] = [
    ("sk-window-canary/5d1c0b9f83c1d2e7b64a05", "window-canary/5d1c0b9f83"),
    ("sk-second-canary/a7e6f4420c9d8e1b37ff61", "second-canary/a7e6f4420c"),
];
const APP: &str = "orchesity";
/// How long the guarantee gives.
const WITHIN: Duration = Duration::from_secs(5);

/// How often a key was found in the app while it was used, and at last after it was to go: by itself, and
/// in what is left of the message that brought it.
#[derive(Debug, Clone, Copy)]
struct Found {
    used: usize,
    gone: usize,
    message: usize,
}

/// How often the text is in the memory of the processes whose program has such a name.
fn count(desktop: &Desktop, program: &str, text: &str) -> Result<usize, String> {
    let mut found = None;
    for (pid, name) in desktop.processes().map_err(|error| error.to_string())? {
        if name.contains(program) {
            let more = count_in_memory(pid, text).map_err(|error| format!("{name}: {error}"))?;
            found = Some(found.unwrap_or(0) + more);
        }
    }
    found.ok_or_else(|| format!("no process is called {program}"))
}

/// What is left, as soon as it is nothing, or else when the time is over.
async fn left(
    desktop: &Desktop,
    program: &str,
    (key, part): (&str, &str),
    used: usize,
) -> Result<Found, String> {
    let until = Instant::now() + WITHIN;
    loop {
        let all = count(desktop, program, part)?;
        // The second look may miss what was written over meanwhile, and must then not count as its excuse.
        let message = if all == 0 { 0 } else { count(desktop, program, &format!("\"key\":\"{key}"))? };
        let gone = all.saturating_sub(message);
        if all == 0 || Instant::now() >= until {
            return Ok(Found { used, gone, message });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Types the key into its field, has it kept, and asks with it; 401 repeats it.
async fn keep_and_use(window: &Session, server: &ScriptedProvider, key: &str) -> Result<(), String> {
    let field = window.named("field", "Key for Acme", PATIENCE).await?;
    window.type_text(&field, CONTROL_A).await?;
    window.type_text(&field, key).await?;
    window.click_named("button", "Keep key", PATIENCE).await?;
    window.named("button", "Remove", PATIENCE).await?;
    let column = |model: &str| json!({"target": format!("acme/{model}")});
    let columns = [column("ok?tokens=5"), column("401"), column("cut?after=3")];
    let request = json!({"request": {"parts": [{"type": "text", "text": "hi"}], "columns": columns}});
    tap::call(window, "start_run", request).await?;
    let with_key = |call: &testkit::Call| call.headers.iter().any(|(_, value)| value.contains(key));
    window
        .until(PATIENCE, "calls with the key", async || {
            Ok((server.log().iter().filter(|call| with_key(call)).count() >= 4).then_some(()))
        })
        .await
}

/// Keeps a key, replaces it by another one, and removes that.
async fn visit(desktop: &Desktop, server: &ScriptedProvider) -> Result<[Found; 2], String> {
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    command(&window, "Settings: providers and keys").await?;
    window.click_named("button", "Acme", PATIENCE).await?;
    let _ = window.click_first("Enter key").await?;
    let [first @ (first_key, first_part), second @ (second_key, second_part)] = KEYS;

    keep_and_use(&window, server, first_key).await?;
    let used = count(desktop, APP, first_part)?;
    window.click_named("button", "Replace", PATIENCE).await?;
    keep_and_use(&window, server, second_key).await?;
    let replaced = left(desktop, APP, first, used).await?;

    let used = count(desktop, APP, second_part)?;
    window.click_named("button", "Remove", PATIENCE).await?;
    window.click_named("button", "Remove key", PATIENCE).await?;
    let gone = window.until(PATIENCE, "removed key", async || {
        Ok((window.count("button", "Remove").await? == 0).then_some(()))
    });
    gone.await?;
    let removed = left(desktop, APP, second, used).await?;

    for (part, what) in [(first_part, "replaced"), (second_part, "removed")] {
        assert_eq!(count(desktop, "WebKitNetwork", part)?, 0, "{what}: it went through the network process");
        // Not promised, and not in our hands: the web process frees strings without clearing them.
        println!("{what}: the web process has it {} times", count(desktop, "WebKitWeb", part)?);
    }
    window.end().await?;
    Ok([replaced, removed])
}

/// Its twin is that of `tests/orch/memory.rs`: what the app frees is overwritten by the same allocator.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_replaced_or_removed_in_the_window_is_gone_from_the_apps_memory() {
    let server = ScriptedProvider::start().await;
    play("memory", &acme(&server), Keyring::Open, async |desktop: &mut Desktop| {
        let found = visit(desktop, &server).await?;
        for Found { used, gone, message } in &found {
            println!("used: {used} times; then {gone}, and {message} in what is left of its message");
        }
        assert!(found.iter().any(|found| found.used > 0), "it is looked for in the wrong place");
        assert!(found.iter().all(|found| found.gone == 0), "{found:?}");
        Ok(())
    })
    .await;
}

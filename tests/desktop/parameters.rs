//! What one asks with, as it arrives at the provider: system text and parameters of all columns and of single
//! ones, line-ups and favourites that are there again after a restart, and what the inspector has of it.

use crate::stage::{PATIENCE, choose_targets, chosen, command, ended, fill, photograph, play, send};
use serde_json::{Value, json};
use system_tests::{desktop::Desktop, keyring::Keyring, webdriver::Session};
use testkit::{Home, ScriptedProvider};

const TARGETS: [&str; 3] = ["chat/ok?tokens=3", "responses/ok?tokens=4", "anthropic/ok?tokens=5"];
const SCHEMA: &str = r#"{"type": "object", "properties": {"limit": {"type": "integer"}}}"#;

/// The last body that came for a target.
fn body(server: &ScriptedProvider, target: &str) -> Value {
    let (_, model) = target.split_once('/').unwrap_or_default();
    server.calls_of(model).pop().map(|call| call.body).unwrap_or_default()
}

/// How everything is asked that the story sets; the system text is the conversation's where the column has none.
fn arrived(server: &ScriptedProvider, shared: Option<&str>) {
    let chat = body(server, TARGETS[0]);
    assert_eq!(chat["temperature"], json!(0.3), "{chat}");
    assert!([&chat["max_tokens"], &chat["max_completion_tokens"]].contains(&&json!(64)), "{chat}");
    assert_eq!(chat["stop"], json!(["END"]), "{chat}");
    assert_eq!(chat["seed"], json!(7), "{chat}");
    assert_eq!(chat["reasoning_effort"], json!("low"), "{chat}");
    assert_eq!(chat["response_format"]["type"], json!("json_schema"), "{chat}");
    assert_eq!(chat["response_format"]["json_schema"]["name"], json!("limits"), "{chat}");
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(chat["response_format"]["json_schema"]["schema"], schema, "{chat}");
    assert_eq!(chat["messages"].to_string().contains("Be brief."), shared.is_some(), "{chat}");

    let responses = body(server, TARGETS[1]);
    assert_eq!(responses["temperature"], json!(0.9), "{responses}");
    assert_eq!(responses["max_output_tokens"], json!(64), "{responses}");
    assert_eq!(responses["instructions"], json!("Explain at length."), "{responses}");
    assert_eq!((&responses["seed"], &responses["text"]), (&Value::Null, &Value::Null), "{responses}");

    let anthropic = body(server, TARGETS[2]);
    assert_eq!(anthropic["temperature"], json!(0.3), "{anthropic}");
    assert_eq!(anthropic["max_tokens"], json!(64), "{anthropic}");
    assert_eq!(anthropic["stop_sequences"], json!(["END"]), "{anthropic}");
    assert_eq!(anthropic["system"].to_string().contains("Be brief."), shared.is_some(), "{anthropic}");
}

/// The text of the one element with this label.
async fn text_of(window: &Session, css: &str) -> Result<Vec<String>, String> {
    let script = format!("[...document.querySelectorAll({css:?})].map((e) => e.innerText)");
    let texts = window.value(&script);
    Ok(serde_json::from_value(texts.await?).unwrap_or_default())
}

async fn story(desktop: &mut Desktop, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    choose_targets(&window, &TARGETS.map(str::to_owned)).await?;
    window.click_named("button", "System text and parameters", PATIENCE).await?;
    window.named("dialog", "System text and parameters", PATIENCE).await?;
    fill(&window, "System text of the conversation", "Be brief.").await?;
    for (name, value) in
        [("Temperature", "0.3"), ("Max tokens", "64"), ("Stop texts", "END"), ("Top-p", "three")]
    {
        fill(&window, name, value).await?;
    }
    // What cannot be sent is said, and changes nothing.
    window.click_named("button", "Save", PATIENCE).await?;
    window.shows("Correct what is marked", PATIENCE).await?;
    fill(&window, "Top-p", "\u{e003}").await?;

    // One column by one: what the others have is not touched.
    window.click_beginning("button", "ok?tokens=3", PATIENCE).await?;
    fill(&window, "Seed", "7").await?;
    chosen(&window, "Reasoning effort", "low").await?;
    chosen(&window, "Answer format", "JSON after a schema").await?;
    fill(&window, "Name of the schema", "limits").await?;
    fill(&window, "JSON schema", SCHEMA).await?;
    window.click_beginning("button", "ok?tokens=4", PATIENCE).await?;
    fill(&window, "Temperature", "0.9").await?;
    // Its dialect has no stop texts.
    fill(&window, "Stop texts", "\u{e003}").await?;
    window.click_named("button", "Its own", PATIENCE).await?;
    fill(&window, "System text of this column", "Explain at length.").await?;
    photograph(desktop, "parameters.png");
    window.click_named("button", "Save", PATIENCE).await?;

    // Before anything is sent one sees in what they differ, and what they share.
    let chips = text_of(&window, "[aria-label=Targets] > li").await?;
    assert!(chips[0].contains("low") && chips[1].contains("temp 0.9"), "{chips:?}");
    window.named("button", "max 64", PATIENCE).await?;
    send(&window, "What is the limit?").await?;
    ended(&window, 3).await?;
    arrived(server, Some("Be brief."));
    let asked_with = text_of(&window, "[aria-label='Asked with']").await?.concat();
    for chip in ["temp 0.3", "seed 7", "low", "limits", "temp 0.9"] {
        assert!(asked_with.contains(chip), "{chip} is not in {asked_with:?}");
    }
    inspected(&window).await?;
    photograph(desktop, "inspected.png");

    // Kept under a name, and with a favourite.
    window.click_named("button", "Add target", PATIENCE).await?;
    let search = window.named("combobox", "Search models", PATIENCE).await?;
    window.type_text(&search, "simulated/steady").await?;
    let star = window.at("[role=option] [title^='Make it a favourite']", PATIENCE).await?;
    window.click(&star).await?;
    window.at("[role=option] [title^='No longer a favourite']", PATIENCE).await?;
    window.click_named("button", "Line-ups", PATIENCE).await?;
    fill(&window, "Name of the line-up", "Three dialects").await?;
    window.click_named("button", "Save current", PATIENCE).await?;
    window.beginning("button", "Use line-up Three dialects", PATIENCE).await?;
    window.press("Escape").await?;
    desktop.kill_app().await?;

    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    command(&window, "New conversation").await?;
    choose_targets(&window, &["simulated/fast?len=5".to_owned()]).await?;
    window.click_named("button", "Add target", PATIENCE).await?;
    window.named("combobox", "Search models", PATIENCE).await?;
    window.shows("Favourites", PATIENCE).await?;
    window.click_named("button", "Line-ups", PATIENCE).await?;
    window.click_beginning("button", "Use line-up Three dialects", PATIENCE).await?;
    for target in TARGETS {
        window.named("button", &format!("Remove target {target}"), PATIENCE).await?;
    }
    send(&window, "And now?").await?;
    ended(&window, 3).await?;
    // The conversation's own text is no part of a line-up; a column's own is.
    arrived(server, None);
    window.end().await
}

/// The answer that was clicked, in the inspector: how it was asked and what that took, and what went over
/// the wire.
async fn inspected(window: &Session) -> Result<(), String> {
    command(window, "Show or hide the inspector").await?;
    window.named("complementary", "Inspector", PATIENCE).await?;
    let body = window.at(&format!("[aria-label='Column of {}']", TARGETS[0]), PATIENCE).await?;
    window.click(&body).await?;
    window.named("region", "Decision", PATIENCE).await?;
    let run = text_of(window, "[aria-label=Inspector] section").await?.join("\n");
    for words in ["complete", "200", "Be brief.", "seed 7", "as the provider says"] {
        assert!(run.contains(words), "{words} is not in {run}");
    }
    window.click_named("tab", "Raw", PATIENCE).await?;
    window.shows("POST", PATIENCE).await?;
    let raw = text_of(window, "[aria-label=Request]").await?.concat();
    assert!(raw.contains("/v1/chat/completions") && raw.contains(r#""seed": 7"#), "{raw}");
    window.click_named("button", "Response", PATIENCE).await?;
    window.shows("Status 200", PATIENCE).await?;
    let raw = text_of(window, "[aria-label=Response]").await?.concat();
    assert!(raw.contains("data: "), "{raw}");
    command(window, "Show or hide the inspector").await?;

    // What it took, the columns take back.
    let left = "(() => { const all = [...document.querySelectorAll('[data-column]')];
        return all[0].parentElement.getBoundingClientRect().right - all.at(-1).getBoundingClientRect().right; })()";
    window
        .until(PATIENCE, "columns that fill their room", async || {
            Ok(window.value(left).await?.as_f64().is_some_and(|px| px.abs() < 2.0).then_some(()))
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_arrive_as_they_were_set_for_all_columns_and_for_single_ones_after_a_restart_too() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("parameters", &home, Keyring::NoService, async |desktop| story(desktop, &server).await).await;
}

//! A tool asks through the window's own gateway, and its talk is gone on with there: the gateway is switched on by
//! mouse, a key is issued, a client that sends its whole history again and again asks three turns, the last call is
//! opened as the conversation that they became, and replayed to two other targets.

use crate::{
    stage::{PATIENCE, fill, photograph, play},
    steps::{saying, says, tree_of, whole},
};
use serde_json::{Value, json};
use system_tests::{
    desktop::Desktop,
    keyring::Keyring,
    webdriver::{Answer, Session},
};
use testkit::{Home, ScriptedProvider};

const TURNS: [&str; 3] = ["Where do storks go?", "And cranes, in autumn?", "Which of them is heavier?"];
const OTHERS: [&str; 2] = ["anthropic/echo", "responses/echo"];
const ROWS: &str = "[role=grid][aria-label=Calls] [role=rowgroup] [role=row]";

/// The text of the first element that fits, once there is one and `test` holds for it.
async fn text_when(window: &Session, css: &str, test: impl Fn(&str) -> bool) -> Result<String, String> {
    let script = format!("[...document.querySelectorAll({css:?})].map((e) => e.textContent.trim())");
    window
        .until(PATIENCE, css, async || {
            let texts: Vec<String> = serde_json::from_value(window.value(&script).await?).unwrap_or_default();
            Ok(texts.into_iter().find(|text| test(text)))
        })
        .await
}

/// Switches it on; its address and a key for it, as one copies them.
async fn switched_on(desktop: &Desktop, window: &Session) -> Result<(String, String), String> {
    window.click_named("button", "gateway off", PATIENCE).await?;
    window.click_named("switch", "Gateway", PATIENCE).await?;
    let url = text_when(window, "main span", |text| text.starts_with("http://127.0.0.1:")).await?;
    window.click_named("button", "Issue a key", PATIENCE).await?;
    window.named("dialog", "Issue a key", PATIENCE).await?;
    fill(window, "Name", "birdwatch").await?;
    window.click_named("button", "Issue", PATIENCE).await?;
    window.named("dialog", "Key of birdwatch", PATIENCE).await?;
    let key = text_when(window, "[role=dialog] *", |text| text.len() == 68 && text.starts_with("ork_"));
    let key = key.await?;
    window.click_named("button", "Done", PATIENCE).await?;
    window.shows("birdwatch", PATIENCE).await?;
    photograph(desktop, "gateway-on.png");
    Ok((url, key))
}

/// A client as most are: it keeps the talk itself, and sends all of it each time.
async fn talk(url: &str, key: &str) -> Result<(), String> {
    let http = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
    let mut messages = vec![json!({"role": "system", "content": "Answer about birds."})];
    for (turn, prompt) in TURNS.into_iter().enumerate() {
        messages.push(json!({"role": "user", "content": prompt}));
        // Streamed and whole answers are captured alike.
        let stream = turn == 1;
        let body = json!({"model": "chat/echo", "messages": messages, "stream": stream});
        let request = http.post(format!("{url}/v1/chat/completions")).bearer_auth(key).json(&body);
        let response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status();
        let text = response.text().await.map_err(|error| error.to_string())?;
        assert!(status.is_success(), "{status}: {text}");
        let said = if stream { streamed(&text) } else { whole_answer(&text) };
        assert_eq!(said, prompt, "{text}");
        messages.push(json!({"role": "assistant", "content": said}));
    }
    Ok(())
}

fn whole_answer(text: &str) -> String {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

fn streamed(text: &str) -> String {
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter_map(|event| Some(event["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect()
}

/// The rows of Traffic, newest first, once there are so many. Where they do not come, what the engine has of them
/// tells whether they were not stored, or not shown.
async fn rows(window: &Session, count: usize) -> Result<Vec<String>, String> {
    let script = format!("[...document.querySelectorAll({ROWS:?})].map((e) => e.innerText)");
    let shown = window
        .until(PATIENCE, &format!("{count} calls in Traffic"), async || {
            let rows: Vec<String> = serde_json::from_value(window.value(&script).await?).unwrap_or_default();
            Ok((rows.len() == count && rows.iter().all(|row| row.contains("birdwatch"))).then_some(rows))
        })
        .await;
    match shown {
        Ok(rows) => Ok(rows),
        Err(error) => {
            let ask = "const done = arguments[arguments.length - 1];
                window.__TAURI_INTERNALS__.invoke('list_traffic', { query: {} })
                    .then((page) => done(page.calls.length), (why) => done(JSON.stringify(why)))";
            let stored = window.run_until_done(ask, json!([])).await?;
            Err(format!("{error}; the engine lists {stored}"))
        }
    }
}

async fn open_newest(window: &Session) -> Result<(), String> {
    window.click_named("button", "Traffic", PATIENCE).await?;
    let rows = rows(window, TURNS.len()).await?;
    assert!(rows.iter().all(|row| row.contains("chat/echo")), "{rows:?}");
    let newest = window.at(ROWS, PATIENCE).await?;
    window.click(&newest).await?;
    window.named("button", "Open as conversation", PATIENCE).await.map(drop)
}

async fn replayed(window: &Session) -> Result<Vec<Answer>, String> {
    window.click_named("button", "Traffic", PATIENCE).await?;
    window.click_named("button", "Replay with…", PATIENCE).await?;
    let search = window.named("combobox", "Search models", PATIENCE).await?;
    for target in OTHERS {
        window.type_text(&search, crate::stage::CONTROL_A).await?;
        window.type_text(&search, &format!("{target}{}", crate::stage::ENTER)).await?;
        window.named("button", &format!("Leave {target} out"), PATIENCE).await?;
    }
    window.click_named("button", "Replay", PATIENCE).await?;
    says(window, 3, 2, TURNS[2]).await
}

/// What the client sent again is there once: three prompts, three answers, one after the other.
fn grown(home: &Home, answers: usize) -> Result<(), String> {
    let tree = tree_of(home.path(), "Where do storks")?;
    for (turn, prompt) in TURNS.into_iter().enumerate() {
        let said = saying(&tree, prompt);
        let of = |role: &str| said.iter().filter(|node| node["role"] == role).count();
        let wanted = if turn == 2 { answers } else { 1 };
        assert_eq!((of("user"), of("assistant")), (1, wanted), "turn {}: {tree}", turn + 1);
    }
    let list = system_tests::orch::Orch::new(home.path())?.conversations()?;
    assert_eq!(list.len(), 1, "{list:?}");
    whole(home.path())
}

async fn story(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    let (url, key) = switched_on(desktop, &window).await?;
    talk(&url, &key).await?;
    open_newest(&window).await?;
    photograph(desktop, "traffic-call.png");
    window.click_named("button", "Open as conversation", PATIENCE).await?;
    says(&window, 1, 0, TURNS[2]).await?;
    grown(home, 1)?;
    photograph(desktop, "traffic-conversation.png");

    let before = server.log().len();
    let answers = replayed(&window).await?;
    let targets: Vec<&str> = answers.iter().map(|answer| answer.target.as_str()).collect();
    assert!(
        targets.contains(&"chat/echo") && OTHERS.iter().all(|other| targets.contains(other)),
        "{targets:?}"
    );
    photograph(desktop, "traffic-replayed.png");
    let asked = &server.log()[before..];
    assert_eq!(asked.len(), OTHERS.len(), "each of the two was asked once");
    for call in asked {
        // The whole talk went along, in the words of each dialect.
        let sent = call.body.to_string();
        assert!(TURNS.iter().all(|turn| sent.contains(turn)), "{sent}");
        assert!(sent.contains("Answer about birds."), "{sent}");
    }
    grown(home, 3)?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_asked_through_the_window_is_opened_there_as_a_tree_and_replayed_to_two_others() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    // Any free port: others test on this machine too.
    home.write_config(&format!("{config}[gateway]\nport = 0\n")).unwrap();
    play("gateway", &home, Keyring::NoService, async |desktop| story(desktop, &home, &server).await).await;
}

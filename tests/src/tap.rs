//! What crosses between page and engine, listened to from inside the page. The product has no door for
//! this: the test's driver runs a script there that wraps what every page has, `fetch`, and the table of
//! callbacks that Tauri keeps for its own debugging.

use crate::webdriver::Session;
use serde_json::{Value, json};

const TAP: &str = r#"
if (window.tapped) return;
const tapped = (window.tapped = { asked: [], heard: [], wrong: [] });
const text = (data) => typeof data === "string" ? data
  : data instanceof ArrayBuffer ? new TextDecoder().decode(data) : JSON.stringify(data) ?? "";
const original = window.fetch;
window.fetch = function (address, options) {
  const url = String(address?.url ?? address);
  if (!url.startsWith("ipc:")) tapped.wrong.push(`asked for ${url}`);
  const body = options?.body;
  tapped.asked.push([decodeURIComponent(url.split("/").pop() ?? ""), body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body ?? "")]);
  return original.call(window, address, options);
};
const { callbacks } = window.__TAURI_INTERNALS__;
callbacks.get = function (id) {
  const found = Map.prototype.get.call(callbacks, id);
  return found && ((data) => { tapped.heard.push(text(data)); return found(data); });
};
for (const name of ["open", "alert", "confirm", "prompt"]) window[name] = () => tapped.wrong.push(`called ${name}`);
window.hit = () => tapped.wrong.push("a script ran");
window.addEventListener("error", (event) => tapped.wrong.push(`threw ${event.message}`));
document.addEventListener("securitypolicyviolation", (event) =>
  tapped.wrong.push(`${event.violatedDirective} refused ${event.blockedURI}`));
"#;

/// What was heard since the tap was set.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Commands, and what was sent with each.
    pub asked: Vec<(String, String)>,
    /// Answers and messages of channels, as text.
    pub heard: Vec<String>,
    /// Scripts that ran, requests to elsewhere, refusals of the page's policy.
    pub wrong: Vec<String>,
}

/// Begins to listen on this page; again after each time that it was loaded.
///
/// # Errors
/// When the page is gone.
pub async fn set(window: &Session) -> Result<(), String> {
    window.run(TAP, json!([])).await.map(drop)
}

/// What was heard.
///
/// # Errors
/// When the page is gone.
pub async fn read(window: &Session) -> Result<Heard, String> {
    let told = window.value("window.tapped").await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |name: &str| told[name].as_array().cloned().unwrap_or_default();
    Ok(Heard {
        asked: list("asked").iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        heard: list("heard").iter().map(text).collect(),
        wrong: list("wrong").iter().map(text).collect(),
    })
}

/// Calls a command of the engine as a script in the page would.
///
/// # Errors
/// When the page is gone. What the engine refuses is part of the answer.
pub async fn call(window: &Session, command: &str, arguments: Value) -> Result<Value, String> {
    let script = "const [command, given, done] = arguments;
        window.__TAURI_INTERNALS__.invoke(command, given)
          .then((good) => done({ good }), (bad) => done({ bad }));";
    window.run_until_done(script, json!([command, arguments])).await
}

//! A small WebDriver client: as much of the protocol as the desktop test needs.

mod hands;

pub use hands::{Point, Rect};

use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The key of an element reference in WebDriver's JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A session with a window.
#[derive(Debug)]
pub struct Session {
    http: reqwest::Client,
    url: String,
}

/// An element of the page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Session {
    /// Asks the driver to start `application`.
    ///
    /// # Errors
    /// When the driver cannot.
    pub async fn start(driver: &str, application: &str) -> Result<Self, String> {
        let http = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        // No browserName: WebKitWebDriver refuses a session that names one.
        let capabilities =
            json!({"capabilities": {"alwaysMatch": {"tauri:options": {"application": application}}}});
        let answer = call(&http, Method::POST, &format!("{driver}/session"), Some(&capabilities)).await?;
        let id = answer["sessionId"].as_str().ok_or_else(|| format!("no session in {answer}"))?;
        Ok(Self { url: format!("{driver}/session/{id}"), http })
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        call(&self.http, Method::POST, &format!("{}{path}", self.url), Some(body)).await
    }

    /// Runs a function body in the page and returns what it returns.
    ///
    /// # Errors
    /// When the page or the driver is gone, or the script throws.
    pub async fn run(&self, script: &str, arguments: Value) -> Result<Value, String> {
        let body = json!({"script": script, "args": arguments});
        for _ in 0..20 {
            match self.post("/execute/sync", &body).await {
                // WebKit's driver loses what a script returned when the page is much occupied.
                Err(error) if error.ends_with("Could not parse script result") => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                done => return done,
            }
        }
        self.post("/execute/sync", &body).await
    }

    /// What an expression of the page is, whatever characters are in its texts: the driver cannot pass on
    /// some of them.
    ///
    /// # Errors
    /// When the page or the driver is gone, or it throws.
    pub async fn value(&self, expression: &str) -> Result<Value, String> {
        let script = format!(
            "const good = (_, text) => (typeof text === 'string' ? (text.toWellFormed?.() ?? text) : text);
             const json = JSON.stringify(({expression}) ?? null, good);
             return json.replace(/[^ -~]/g, (c) => '\\\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));"
        );
        let text = self.run(&script, json!([])).await?;
        serde_json::from_str(text.as_str().unwrap_or("null")).map_err(|error| error.to_string())
    }

    /// [`Self::run`] for a script that calls its last argument when it is done.
    ///
    /// # Errors
    /// When the page or the driver is gone, or the script throws.
    pub async fn run_until_done(&self, script: &str, arguments: Value) -> Result<Value, String> {
        self.post("/execute/async", &json!({"script": script, "args": arguments})).await
    }

    /// The element with this role and accessible name, as soon as it is there and not disabled.
    ///
    /// # Errors
    /// When it does not come within `limit`; the message has what the page shows instead.
    pub async fn named(&self, role: &str, name: &str, limit: Duration) -> Result<Element, String> {
        let script =
            format!("{FIND} return find(arguments[0], arguments[1]).find((e) => !e.disabled) ?? null;");
        let found = self
            .until(limit, &format!("{role} \"{name}\""), async || {
                let found = self.run(&script, json!([role, name])).await?;
                Ok(found[ELEMENT].as_str().map(str::to_owned))
            })
            .await?;
        Ok(Element(found))
    }

    /// Looks again until `look` finds something.
    ///
    /// # Errors
    /// When that takes longer than `limit`.
    pub async fn until<T>(
        &self,
        limit: Duration,
        what: &str,
        look: impl AsyncFn() -> Result<Option<T>, String>,
    ) -> Result<T, String> {
        let end = Instant::now() + limit;
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if Instant::now() >= end {
                let page = self.text().await;
                return Err(format!("no {what} within {limit:?}; the window shows: {page:?}"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Clicks it.
    ///
    /// # Errors
    /// When something lies over it or it has gone.
    pub async fn click(&self, element: &Element) -> Result<(), String> {
        // WebKit's driver does not scroll to what is in sight with a sliver of it, and then cannot click it.
        let script = "arguments[0].scrollIntoView({ block: 'nearest', inline: 'nearest' });";
        self.run(script, json!([{ELEMENT: element.0}])).await?;
        self.post(&format!("/element/{}/click", element.0), &json!({})).await.map(drop)
    }

    /// Types into it.
    ///
    /// # Errors
    /// When it takes no keys.
    pub async fn type_text(&self, element: &Element, text: &str) -> Result<(), String> {
        self.post(&format!("/element/{}/value", element.0), &json!({"text": text})).await.map(drop)
    }

    /// The element with this role and name, clicked as soon as it can be.
    ///
    /// # Errors
    /// When it does not come within `limit`.
    pub async fn click_named(&self, role: &str, name: &str, limit: Duration) -> Result<(), String> {
        let what = format!("{role} \"{name}\"");
        self.click_when_free(&what, limit, async || self.named(role, name, limit).await).await
    }

    /// Something that fades away may lie over it for a moment.
    async fn click_when_free(
        &self,
        what: &str,
        limit: Duration,
        find: impl AsyncFn() -> Result<Element, String>,
    ) -> Result<(), String> {
        let mut last = String::new();
        let end = Instant::now() + limit;
        while Instant::now() < end {
            let element = find().await?;
            match self.click(&element).await {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(format!("{what} cannot be clicked: {last}"))
    }

    /// How many elements have this role and name.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn count(&self, role: &str, name: &str) -> Result<u64, String> {
        let script = format!("{FIND} return find(arguments[0], arguments[1]).length;");
        Ok(self.run(&script, json!([role, name])).await?.as_u64().unwrap_or(0))
    }

    /// How many elements of this role have a name that begins so.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn begins(&self, role: &str, name: &str) -> Result<u64, String> {
        let script = format!("{FIND} return begins(arguments[0], arguments[1]).length;");
        Ok(self.run(&script, json!([role, name])).await?.as_u64().unwrap_or(0))
    }

    /// All that the page shows.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn text(&self) -> Result<String, String> {
        let text = self.value("document.body.innerText").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page shows this text.
    ///
    /// # Errors
    /// When it does not within `limit`.
    pub async fn shows(&self, text: &str, limit: Duration) -> Result<(), String> {
        self.until(limit, &format!("text \"{text}\""), async || {
            Ok(self.text().await?.contains(text).then_some(()))
        })
        .await
    }

    /// Presses keys at once, the last one last, wherever the focus is: `Control+Shift+p`, `Enter`.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn press(&self, keys: &str) -> Result<(), String> {
        let keys: Vec<String> = match keys {
            "+" => vec!["+".to_owned()],
            _ => keys.split('+').map(|key| code_point(key).unwrap_or_else(|| key.to_owned())).collect(),
        };
        let down = keys.iter().map(|key| json!({"type": "keyDown", "value": key}));
        let up = keys.iter().rev().map(|key| json!({"type": "keyUp", "value": key}));
        self.keys(down.chain(up).collect()).await
    }

    /// Types a text, wherever the focus is.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn type_keys(&self, text: &str) -> Result<(), String> {
        let keys = text
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})));
        self.keys(keys.collect()).await
    }

    async fn keys(&self, actions: Vec<Value>) -> Result<(), String> {
        let source = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", &json!({"actions": [source]})).await.map(drop)
    }

    /// Clicks the first button whose name begins like this; `false` when there is none.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn click_first(&self, name: &str) -> Result<bool, String> {
        let script = format!(
            "{FIND} const [first] = begins('button', arguments[0]); first?.click(); return first !== undefined;"
        );
        Ok(self.run(&script, json!([name])).await? == true)
    }

    /// Loads the page anew.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn reload(&self) -> Result<(), String> {
        self.post("/refresh", &json!({})).await.map(drop)
    }

    /// The regions "Answer of …": name, whether busy, and text.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn answers(&self) -> Result<Vec<Answer>, String> {
        let list = self.value(&format!("(() => {{ {FIND} return {ANSWERS}; }})()")).await?;
        let list = list.as_array().cloned().unwrap_or_default();
        Ok(list
            .iter()
            .map(|one| Answer {
                target: one["target"].as_str().unwrap_or_default().to_owned(),
                busy: one["busy"] == true,
                // How lines break is the renderer's affair.
                text: one["text"].as_str().unwrap_or_default().split_whitespace().collect(),
                all: one["all"].as_str().unwrap_or_default().to_owned(),
            })
            .collect())
    }

    /// Ends the session, and the application with it.
    ///
    /// # Errors
    /// When the driver is gone.
    pub async fn end(self) -> Result<(), String> {
        call(&self.http, Method::DELETE, &self.url, None).await.map(drop)
    }
}

/// WebDriver's character for a key that has none.
fn code_point(key: &str) -> Option<String> {
    let code = match key {
        "Control" => '\u{e009}',
        "Shift" => '\u{e008}',
        "Alt" => '\u{e00a}',
        "Enter" => '\u{e007}',
        "Escape" => '\u{e00c}',
        "Tab" => '\u{e004}',
        "Backspace" => '\u{e003}',
        "Home" => '\u{e011}',
        "End" => '\u{e010}',
        "Space" => ' ',
        "PageUp" => '\u{e00e}',
        "PageDown" => '\u{e00f}',
        "Left" => '\u{e012}',
        "Up" => '\u{e013}',
        "Right" => '\u{e014}',
        "Down" => '\u{e015}',
        "Delete" => '\u{e017}',
        _ => return None,
    };
    Some(code.to_string())
}

/// One column, as a screen reader finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What stands behind "Answer of".
    pub target: String,
    /// `aria-busy`.
    pub busy: bool,
    /// Its text, without white space.
    pub text: String,
    /// All that the column shows, head and foot too.
    pub all: String,
}

/// Finds elements by role and accessible name: the roles that tags have of themselves, and names
/// from `aria-label`, `aria-labelledby`, a `<label>`, or the text.
const FIND: &str = r#"
const ROLES = {
  button: "button,[role=button]", textbox: "textarea,input:not([type]),input[type=text],input[type=search],[contenteditable=true],[role=textbox]",
  field: "input,textarea,select",
  tab: "[role=tab]", menuitem: "[role=menuitem]", switch: "[role=switch]", dialog: "[role=dialog],[role=alertdialog]",
  complementary: "aside,[role=complementary]", heading: "h1,h2,h3,[role=heading]",
  region: "section,[role=region]", status: "output,[role=status]", combobox: "[role=combobox],input[list]",
  option: "[role=option]", listitem: "li,[role=listitem]", link: "a[href],[role=link]",
};
const said = (node) => node.nodeType === 3 ? node.data
  : node.nodeType !== 1 || node.getAttribute("aria-hidden") === "true" ? ""
  : node.getAttribute("aria-label") ?? [...node.childNodes].map(said).join("");
function nameOf(e) {
  const by = e.getAttribute("aria-labelledby");
  if (by) return by.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
  return (e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? said(e)).trim();
}
// What lies behind a dialog is not there for a screen reader, and what is not drawn neither.
const heard = (e) => !e.closest("[aria-hidden=true],[inert]") && e.checkVisibility?.() !== false;
const all = (role) => [...document.querySelectorAll(ROLES[role] ?? `[role=${role}]`)].filter(heard);
const find = (role, name) => all(role).filter((e) => nameOf(e) === name);
const begins = (role, name) => all(role).filter((e) => nameOf(e).startsWith(name));
"#;

const ANSWERS: &str = r#"begins("region", "Answer of ").map((e) => {
  const target = nameOf(e).slice("Answer of ".length);
  const body = [...e.querySelectorAll("[role=group]")].find((g) => nameOf(g) === `Text of ${target}`);
  return { target, busy: e.getAttribute("aria-busy") === "true", text: body?.textContent ?? "", all: e.innerText };
})"#;

async fn call(
    http: &reqwest::Client,
    method: Method,
    url: &str,
    body: Option<&Value>,
) -> Result<Value, String> {
    let mut request = http.request(method, url).timeout(Duration::from_mins(1));
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.map_err(|error| format!("{url}: {error}"))?;
    let good = answer.status().is_success();
    let text = answer.text().await.map_err(|error| format!("{url}: {error}"))?;
    let mut json: Value = serde_json::from_str(&text).map_err(|error| format!("{url}: {error} in {text}"))?;
    let value = json["value"].take();
    if good {
        Ok(value)
    } else {
        Err(format!(
            "{url}: {}: {}",
            value["error"].as_str().unwrap_or("?"),
            value["message"].as_str().unwrap_or("?")
        ))
    }
}

//! Hands on the window: a mouse that drags, and a keyboard that has nothing but itself.

use super::{ELEMENT, Element, FIND, Session};
use serde_json::{Value, json};
use std::time::Duration;

/// A place in the window, in CSS pixels from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// What an element covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Its upper left corner.
    pub at: Point,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Rect {
    /// Its middle.
    #[must_use]
    pub fn middle(&self) -> Point {
        self.at.by(self.width / 2.0, self.height / 2.0)
    }
}

impl Point {
    /// So far from here.
    #[must_use]
    pub fn by(self, x: f64, y: f64) -> Self {
        Self { x: self.x + x, y: self.y + y }
    }
}

/// As many stops as a page may have between two things that are used one after the other.
const MOST_STOPS: usize = 120;

impl Session {
    /// The element of this role whose name begins so, as soon as it is there and not disabled.
    ///
    /// # Errors
    /// When it does not come within `limit`.
    pub async fn beginning(&self, role: &str, name: &str, limit: Duration) -> Result<Element, String> {
        let script =
            format!("{FIND} return begins(arguments[0], arguments[1]).find((e) => !e.disabled) ?? null;");
        let found = self
            .until(limit, &format!("{role} \"{name}…\""), async || {
                let found = self.run(&script, json!([role, name])).await?;
                Ok(found[ELEMENT].as_str().map(str::to_owned))
            })
            .await?;
        Ok(Element(found))
    }

    /// The element of this role whose name begins so, clicked as soon as it can be.
    ///
    /// # Errors
    /// When it does not come within `limit`.
    pub async fn click_beginning(&self, role: &str, name: &str, limit: Duration) -> Result<(), String> {
        let element = self.beginning(role, name, limit).await?;
        self.click_when_free(&format!("{role} \"{name}…\""), limit, async || Ok(element.clone())).await
    }

    /// The first element that a CSS selector finds, as soon as there is one: for what has no name.
    ///
    /// # Errors
    /// When it does not come within `limit`.
    pub async fn at(&self, css: &str, limit: Duration) -> Result<Element, String> {
        let script = "return document.querySelector(arguments[0]);";
        let found = self
            .until(limit, css, async || {
                Ok(self.run(script, json!([css])).await?[ELEMENT].as_str().map(str::to_owned))
            })
            .await?;
        Ok(Element(found))
    }

    /// What it covers.
    ///
    /// # Errors
    /// When it has gone.
    pub async fn rect(&self, element: &Element) -> Result<Rect, String> {
        let script = "const { x, y, width, height } = arguments[0].getBoundingClientRect();
            return [x, y, width, height];";
        let told = self.run(script, json!([{ ELEMENT: element.0 }])).await?;
        let number = |at: usize| told[at].as_f64().unwrap_or_default();
        Ok(Rect { at: Point { x: number(0), y: number(1) }, width: number(2), height: number(3) })
    }

    async fn mouse(&self, actions: Vec<Value>) -> Result<(), String> {
        let source = json!({
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions
        });
        self.post("/actions", &json!({"actions": [source]})).await.map(drop)
    }

    /// Presses the left button at one place and lets go of it at another.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn drag(&self, from: Point, to: Point) -> Result<(), String> {
        let halfway = Point { x: f64::midpoint(from.x, to.x), y: f64::midpoint(from.y, to.y) };
        self.mouse(vec![
            moved(from),
            json!({"type": "pointerDown", "button": 0}),
            moved(halfway),
            moved(to),
            json!({"type": "pointerUp", "button": 0}),
        ])
        .await
    }

    /// Two clicks at one place, soon after each other.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn double_click(&self, at: Point) -> Result<(), String> {
        let click = ["pointerDown", "pointerUp"].map(|kind| json!({"type": kind, "button": 0}));
        let actions = std::iter::once(moved(at)).chain(click.clone()).chain(click);
        self.mouse(actions.collect()).await
    }

    /// Opens what the right button opens at a place.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn right_click(&self, at: Point) -> Result<(), String> {
        let press = ["pointerDown", "pointerUp"].map(|kind| json!({"type": kind, "button": 2}));
        self.mouse(std::iter::once(moved(at)).chain(press).collect()).await
    }

    /// Chooses files as the system's own dialog gives them to a page; `open` is what asks for them. That dialog is
    /// beyond WebDriver, so only its opening is held back: the files are read from disk as ever.
    ///
    /// # Errors
    /// When nothing asks for files.
    pub async fn choose_files(
        &self,
        paths: &[std::path::PathBuf],
        open: impl AsyncFnOnce() -> Result<(), String>,
        limit: Duration,
    ) -> Result<(), String> {
        let hold = "window.held ??= HTMLInputElement.prototype.click;
            HTMLInputElement.prototype.click = function () { if (this.type !== 'file') window.held.call(this); };";
        self.run(hold, json!([])).await?;
        open().await?;
        let input = self.at("input[type=file][data-import]", limit).await?;
        let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
        self.type_text(&input, &paths.join("\n")).await?;
        self.run("HTMLInputElement.prototype.click = window.held;", json!([])).await.map(drop)
    }

    /// Turns the wheel over a place, downwards.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn wheel(&self, at: Point, by: f64) -> Result<(), String> {
        let turn = json!({
            "type": "scroll", "duration": 0, "origin": "viewport",
            "x": at.x.round(), "y": at.y.round(), "deltaX": 0, "deltaY": by.round()
        });
        let source = json!({"type": "wheel", "id": "wheel", "actions": [turn]});
        self.post("/actions", &json!({"actions": [source]})).await.map(drop)
    }

    /// The name of what has the keyboard.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn focused(&self) -> Result<String, String> {
        let script = format!(
            "{FIND} const e = document.activeElement; return e && e !== document.body ? nameOf(e) : '';"
        );
        let name = self.run(&script, json!([])).await?;
        Ok(name.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until what has this name has the keyboard.
    ///
    /// # Errors
    /// When that takes longer than `limit`.
    pub async fn focus_reaches(&self, name: &str, limit: Duration) -> Result<(), String> {
        let what = format!("focus on \"{name}\"");
        self.until(limit, &what, async || Ok((self.focused().await? == name).then_some(()))).await
    }

    /// Presses a key until what has the keyboard has a name that begins so: `Tab`, `Shift+Tab`, `Down`.
    ///
    /// # Errors
    /// When it is not reached in many stops; the message has the stops that were.
    pub async fn step_to(&self, key: &str, name: &str) -> Result<(), String> {
        let mut stops = Vec::new();
        for _ in 0..MOST_STOPS {
            let now = self.focused().await?;
            if now.starts_with(name) {
                return Ok(());
            }
            if stops.len() > 8 && stops.iter().rev().take(8).all(|stop| *stop == now) {
                break;
            }
            stops.push(now);
            self.press(key).await?;
        }
        Err(format!("{key} does not lead to \"{name}\": it passes {stops:?}"))
    }

    /// Goes there with Tab and presses Enter.
    ///
    /// # Errors
    /// When Tab does not lead there.
    pub async fn tab_and_press(&self, name: &str) -> Result<(), String> {
        self.step_to("Tab", name).await?;
        self.press("Enter").await
    }
}

fn moved(to: Point) -> Value {
    let Point { x, y } = to;
    // Whole pixels: the driver takes no others.
    json!({"type": "pointerMove", "duration": 0, "origin": "viewport", "x": x.round(), "y": y.round()})
}

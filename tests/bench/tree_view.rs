//! The tree of 50,000 messages in the app's own window: layout, and the gaps between frames while it is
//! panned and zoomed, beside those of the same page with nothing moving, in one run. And the time from the click
//! that opens such a conversation to the frame that shows its end, beside those of conversations of 100 messages.
//!
//! Movements are made inside the page, one with each frame, so that the driver costs nothing meanwhile; the
//! layout is what the page itself notes (its measure `tree layout`). Xvfb draws in software.

use crate::{Done, figure, portable, quantile};
use domain::{InstanceId, Timestamp};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use store::{Incoming, OpenOptions, Store};
use system_tests::{
    desktop::{self, Desktop},
    webdriver::Session,
};

const PATIENCE: Duration = Duration::from_mins(2);
const TITLE: &str = "Fifty thousand";
const ALL: u32 = 50_000;
const PATH: u32 = 10_000;
/// Messages of the conversations beside it, all on the path.
const SMALL: u32 = 100;
const LAYOUTS: usize = 7;
/// Conversations of each size: what was opened once may be opened faster.
const OPENED: usize = 5;

/// Opens a conversation, and notes how long it took until a frame had its last words: `window.opened`.
const OPEN: &str = "const [title, last] = arguments;
  window.opened = null;
  const rows = [...document.querySelectorAll('nav[aria-label=Conversations] button[data-open]')];
  const row = rows.find((row) => row.title === title);
  if (!row) return false;
  const begun = performance.now();
  row.click();
  const look = () => requestAnimationFrame(() => {
    if (!document.querySelector('main').textContent.includes(last)) return look();
    // What is begun inside a frame comes after its layout and painting.
    setTimeout(() => { window.opened = performance.now() - begun; });
  });
  look();
  return true;";

/// Moves once with each of so many frames, and notes the gaps between them: `window.bench`.
const MOVE: &str = "const [kind, count] = arguments;
  const host = document.querySelector('[role=tree]');
  const { left, top, width, height } = host.getBoundingClientRect();
  const bench = (window.bench = { frames: [], done: false });
  let [x, y] = [Math.round(left + width / 2), Math.round(top + height / 2)];
  const [midX, midY] = [x, y];
  const fire = (type, buttons) => host.dispatchEvent(new PointerEvent(type,
    { bubbles: true, clientX: x, clientY: y, button: type === 'pointermove' ? -1 : 0, buttons, pointerId: 1, isPrimary: true }));
  // No finger is down that could be held.
  host.setPointerCapture = () => {};
  if (kind === 'pan') fire('pointerdown', 1);
  let before, at = 0;
  const frame = (now) => {
    if (before) bench.frames.push(now - before);
    before = now;
    if (at++ >= count) {
      if (kind === 'pan') fire('pointerup', 0);
      bench.done = true;
      return;
    }
    if (kind === 'pan') {
      x += 10 + Math.round(6 * Math.cos(at / 20));
      y += Math.round(8 * Math.sin(at / 20));
      fire('pointermove', 1);
    } else if (kind === 'zoom') {
      const deltaY = at % 24 < 12 ? 40 : -40;
      host.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: midX, clientY: midY, deltaY }));
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);";

pub async fn run() -> Done {
    if let Some(missing) = desktop::missing() {
        return Err(missing.into());
    }
    let home = tempfile::tempdir()?;
    fill(home.path()).await?;
    let desktop = Desktop::start(home.path()).await?;
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    openings(&window).await?;
    window.shows("message 9999", PATIENCE).await?;
    window.press("Control+Shift+l").await?;
    there(&window, "document.querySelector('[role=treeitem]') !== null").await?;
    layouts(&window).await?;

    window.click_beginning("button", "Fit", PATIENCE).await?;
    press_zoom(&window, 8).await?;
    let afar = moved(&window, "pan", 200).await?;
    let at = "document.querySelector('[role=group][aria-label=Zoom] button:nth-child(2)')";
    window.run(&format!("{at}.click();"), json!([])).await?;
    window.run("document.querySelector('[role=tree]').focus();", json!([])).await?;
    window.press("End").await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let still = moved(&window, "nothing", 120).await?;
    let pan = moved(&window, "pan", 300).await?;
    let zoom = moved(&window, "zoom", 240).await?;
    let again = moved(&window, "nothing", 120).await?;
    let frames = [
        ("nothing moving, before", still),
        ("pan at 100 %", pan),
        ("zoom around 100 % by the wheel", zoom),
        ("pan from afar", afar),
        ("nothing moving, after", again),
    ];
    for (what, mut frames) in frames {
        for (name, share) in [("p50", 0.5), ("p95", 0.95), ("longest", 1.0)] {
            figure("tree-view", &format!("{what}, frame {name}"), quantile(&mut frames, share), "ms");
        }
    }
    window.end().await?;
    Ok(())
}

/// Opens conversations of both sizes by turns; the last one stays open.
async fn openings(window: &Session) -> Done {
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for at in 0..OPENED {
        for (name, last, times) in [
            (format!("Hundred {at}"), SMALL - 1, &mut small),
            (format!("{TITLE} {at}"), PATH - 1, &mut large),
        ] {
            let asked = json!([name, format!("message {last} of")]);
            let click = async || Ok((window.run(OPEN, asked.clone()).await? == true).then_some(()));
            window.until(PATIENCE, "conversation in the list", click).await?;
            let look = async || Ok(window.value("window.opened").await?.as_f64());
            times.push(window.until(PATIENCE, "opened conversation", look).await?);
        }
    }
    let mut medians = [0.0; 2];
    for (place, (name, times)) in
        [("100 messages", &mut small), ("50,000 messages", &mut large)].into_iter().enumerate()
    {
        medians[place] = quantile(times, 0.5);
        figure(
            "tree-view",
            &format!("from the click to the first screen, {name}, p50"),
            medians[place],
            "ms",
        );
        figure(
            "tree-view",
            &format!("from the click to the first screen, {name}, longest"),
            quantile(times, 1.0),
            "ms",
        );
    }
    figure("tree-view", "first screen of 50,000 beside 100", medians[1] / medians[0], "times");
    Ok(())
}

async fn there(window: &Session, expression: &str) -> Result<(), String> {
    let look = async || Ok((window.value(expression).await? == true).then_some(()));
    window.until(PATIENCE, expression, look).await
}

/// Folds and unfolds all, after the layout that opening made: that one had nothing warm.
async fn layouts(window: &Session) -> Done {
    let button = |name: &str| {
        format!("[...document.querySelectorAll('button')].find((b) => b.textContent.includes('{name}'))")
    };
    let count = "performance.getEntriesByName('tree layout').length";
    let first = window.value("performance.getEntriesByName('tree layout')[0]?.duration ?? null").await?;
    figure(
        "tree-view",
        "layout of 50,000, the first",
        first.as_f64().ok_or("no measure of the layout")?,
        "ms",
    );
    let mut times = Vec::new();
    for _ in 0..LAYOUTS {
        window.run(&format!("{}?.click();", button("Collapse others")), json!([])).await?;
        there(window, &format!("{} !== undefined", button("Expand all"))).await?;
        let before = window.value(count).await?.as_u64().unwrap_or_default();
        window.run(&format!("{}.click();", button("Expand all")), json!([])).await?;
        there(window, &format!("{count} > {before} && {} !== undefined", button("Collapse others"))).await?;
        let last = "performance.getEntriesByName('tree layout').at(-1).duration";
        let took = window.value(last).await?.as_f64().ok_or("no measure of the layout")?;
        times.push(took);
    }
    figure("tree-view", "layout of 50,000, p50", quantile(&mut times, 0.5), "ms");
    figure("tree-view", "layout of 50,000, longest", quantile(&mut times, 1.0), "ms");
    Ok(())
}

async fn press_zoom(window: &Session, times: usize) -> Done {
    let larger = "document.querySelector('[aria-label=\"Zoom in\"]').click();";
    for _ in 0..times {
        window.run(larger, json!([])).await?;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(())
}

/// The gaps between the frames of a movement.
async fn moved(window: &Session, kind: &str, frames: u32) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    window.run(MOVE, json!([kind, frames])).await?;
    there(window, "window.bench.done").await?;
    let told = window.value("window.bench.frames").await?;
    Ok(told.as_array().into_iter().flatten().filter_map(Value::as_f64).collect())
}

async fn fill(home: &Path) -> Done {
    let (store, _) = Store::open(home, OpenOptions::default()).await?;
    let instance = InstanceId::from_uuid(uuid::Uuid::now_v7());
    let at = Timestamp::from_millis(1_700_000_000_000);
    let guard = store.instances().register(instance, "bench", std::process::id(), at).await?;
    for at in 0..OPENED {
        for (title, path, all) in [("Hundred", SMALL, SMALL), (TITLE, PATH, ALL)] {
            let whole = Box::new(portable::tree(&format!("{title} {at}"), path, all)?);
            store.moving().take(&[Incoming { whole, fresh: true }], instance).await?;
        }
    }
    drop(guard);
    store.close().await;
    Ok(())
}

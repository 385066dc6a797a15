//! The window while eight columns stream 200 tokens a second each, beside an empty window, in one run.
//!
//! Measured inside the page: the gaps between its frames (`requestAnimationFrame`), and the time from a
//! key's event to the moment after the frame that has its character. The keys come through WebDriver.
//! What the processes use is measured before that, while the same keys are typed: a page that is asked for each of
//! its frames draws more of them. Xvfb draws in software and the driver slows both programs alike: the difference is
//! the figure.

use crate::{Done, figure, processes::Family, quantile};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use system_tests::{
    desktop::{self, Desktop},
    places, tap,
    webdriver::Session,
};

pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
const MEASURED: Duration = Duration::from_secs(20);
/// Before that, without looking.
const UNSEEN: Duration = Duration::from_secs(10);
/// Between two keys: a quick typist.
const KEY: Duration = Duration::from_millis(120);
pub(crate) const COLUMNS: usize = 8;

const RECORD: &str = "const box = arguments[0];
  const field = document.querySelector(box);
  field.focus();
  const said = () => ('value' in field ? field.value : field.textContent ?? '').length;
  const bench = (window.bench = { frames: [], keys: [], long: [] });
  let before;
  const frame = (now) => { if (before) bench.frames.push(now - before); before = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  try {
    new PerformanceObserver((list) => { for (const task of list.getEntries()) bench.long.push(task.duration); })
      .observe({ type: 'longtask' });
  } catch { /* this web view tells no long tasks */ }
  window.addEventListener('keydown', () => {
    const begun = performance.now();
    const length = said();
    const look = () => requestAnimationFrame(() => {
      if (said() <= length) return performance.now() - begun < 5000 ? look() : bench.keys.push(5000);
      // What is begun inside a frame comes after its layout and painting: a timer at once, a message sometimes
      // after the next frame only. Whichever is first.
      let noted = false;
      const note = () => { if (!noted) bench.keys.push(performance.now() - begun); noted = true; };
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = note;
      port2.postMessage(0);
      setTimeout(note);
    });
    look();
  }, true);";

/// What was found in one window.
struct Found {
    frames: Vec<f64>,
    keys: Vec<f64>,
    long: Vec<f64>,
    /// Of one core.
    cpu: f64,
}

pub async fn run() -> Done {
    if let Some(missing) = desktop::missing() {
        return Err(missing.into());
    }
    let empty = measure_empty().await?;
    let (app, beyond) = measure_app().await?;
    tell("an empty window", empty, None);
    tell("eight columns at 200 tokens/s", app, Some(beyond));
    Ok(())
}

fn tell(name: &str, mut found: Found, beyond: Option<[f64; 2]>) {
    let line = |what: &str, value: f64, unit: &str| figure("window", &format!("{what}, {name}"), value, unit);
    line("frame p50", quantile(&mut found.frames, 0.5), "ms");
    line("frame p95", quantile(&mut found.frames, 0.95), "ms");
    line("frame longest", quantile(&mut found.frames, 1.0), "ms");
    line("typing p50", quantile(&mut found.keys, 0.5), "ms");
    line("typing p95", quantile(&mut found.keys, 0.95), "ms");
    line("long tasks", found.long.len() as f64, "tasks");
    line("CPU", found.cpu, "% of one core");
    if let Some([frame, typing]) = beyond {
        figure("window", "frame p95 beyond the empty window", frame, "ms");
        figure("window", "typing p95 beyond the empty window", typing, "ms");
    }
}

/// Types into `field` for a while, and reads what the page noted.
async fn type_and_read(
    window: &Session,
    field: &str,
    root: u32,
) -> Result<Found, Box<dyn std::error::Error>> {
    window.run("document.querySelector(arguments[0]).focus();", json!([field])).await?;
    let family = Family::of(root)?;
    let (begun, cpu) = (Instant::now(), family.cpu_seconds());
    type_for(window, UNSEEN).await?;
    let used = (family.cpu_seconds() - cpu) / begun.elapsed().as_secs_f64() * 100.0;
    window.run(RECORD, json!([field])).await?;
    type_for(window, MEASURED).await?;
    let told = window.run("return window.bench", json!([])).await?;
    let list = |name: &str| -> Vec<f64> {
        told[name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let found = Found { frames: list("frames"), keys: list("keys"), long: list("long"), cpu: used };
    if found.frames.len() < 20 || found.keys.len() < 20 {
        return Err(format!("only {} frames and {} keys", found.frames.len(), found.keys.len()).into());
    }
    Ok(found)
}

async fn type_for(window: &Session, time: Duration) -> Done {
    let begun = Instant::now();
    for letter in "the quick brown fox jumps over the lazy dog ".chars().cycle() {
        if begun.elapsed() >= time {
            break;
        }
        window.type_keys(&letter.to_string()).await?;
        tokio::time::sleep(KEY).await;
    }
    Ok(())
}

async fn measure_empty() -> Result<Found, Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let desktop = Desktop::start(home.path()).await?;
    let program = places::program("examples/empty_window")?;
    let window = desktop.open_app(&program).await?;
    let make =
        "const field = document.createElement('textarea'); field.id = 'field'; document.body.append(field);
        return location.href !== 'about:blank';";
    window
        .until(
            PATIENCE,
            "empty page",
            async || Ok((window.run(make, json!([])).await? == true).then_some(())),
        )
        .await?;
    let root = the_one(&desktop, &program)?;
    let found = type_and_read(&window, "#field", root).await?;
    window.end().await?;
    let mut frames = found.frames.clone();
    let mut keys = found.keys.clone();
    EMPTY.set([quantile(&mut frames, 0.95), quantile(&mut keys, 0.95)]).map_err(|_| "measured twice")?;
    Ok(found)
}

/// The empty window's 95th percentiles, of frames and of keys.
static EMPTY: std::sync::OnceLock<[f64; 2]> = std::sync::OnceLock::new();

pub(crate) fn the_one(desktop: &Desktop, program: &Path) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(desktop.processes_of(program)?.into_iter().min().ok_or("the program is not running")?)
}

async fn measure_app() -> Result<(Found, [f64; 2]), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let desktop = Desktop::start(home.path()).await?;
    let program = places::program("orchesity")?;
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    let root = the_one(&desktop, &program)?;
    let tokens = 200 * ((UNSEEN + MEASURED).as_secs() + 25);
    let targets: Vec<String> = (0..COLUMNS)
        .map(|seed| format!("simulated/steady?tps=200&ttft=100&len={tokens}&seed={seed}"))
        .collect();
    let id = start(&window, None, "Eight", &targets).await?;
    open(&window, "Eight").await?;
    window
        .until(PATIENCE, "eight columns under way", async || {
            let all = window.answers().await?;
            Ok((all.len() == COLUMNS && all.iter().all(|one| one.busy && one.text.len() > 200)).then_some(()))
        })
        .await?;
    let found = type_and_read(&window, "[role=textbox][aria-label=Prompt]", root).await?;
    let all = window.answers().await?;
    if !all.iter().all(|one| one.busy) {
        return Err("the answers ended before the measurement".into());
    }
    tap::call(&window, "delete_conversation", json!({ "id": id })).await?;
    let [frame, typing] = EMPTY.get().copied().ok_or("the empty window was not measured")?;
    let beyond =
        [quantile(&mut found.frames.clone(), 0.95) - frame, quantile(&mut found.keys.clone(), 0.95) - typing];

    window.end().await?;
    Ok((found, beyond))
}

/// Asks `targets` as new columns, or as those that the conversation has.
pub(crate) async fn start(
    window: &Session,
    conversation: Option<&str>,
    title: &str,
    targets: &[String],
) -> Result<String, String> {
    let mut branches = Vec::new();
    if let Some(id) = conversation {
        let view = tap::call(window, "open_conversation", json!({ "id": id })).await?;
        branches = view["good"]["columns"].as_array().cloned().unwrap_or_default();
    }
    let columns: Vec<Value> = (targets.iter().enumerate())
        .map(|(at, target)| json!({"target": target, "branch": branches.get(at).map(|one| one["branch"]["id"].clone())}))
        .collect();
    let request = json!({"conversation": conversation, "columns": columns,
        "parts": [{"type": "text", "text": title}]});
    let started = tap::call(window, "start_run", json!({ "request": request })).await?;
    started["good"]["conversation"].as_str().map(str::to_owned).ok_or_else(|| started.to_string())
}

/// Opens a conversation by a click in the list.
pub(crate) async fn open(window: &Session, title: &str) -> Result<(), String> {
    let script =
        "const rows = [...document.querySelectorAll('nav[aria-label=Conversations] button[data-open]')];
        const row = rows.find((row) => row.title === arguments[0]);
        row?.click(); return row !== undefined;";
    window
        .until(PATIENCE, "conversation in the list", async || {
            Ok((window.run(script, json!([title])).await? == true).then_some(()))
        })
        .await
}

//! The app's start and its memory, beside those of an empty window, by turns and in one run.
//!
//! The driver of the desktop test opens each program through a two-line script, which notes the
//! wall clock and its process id and then *becomes* the program (`exec`), so nothing of the driver's
//! own start is counted. First paint is what the page itself reports: `performance.timeOrigin` plus
//! its `first-contentful-paint`, the first frame with a letter in it (WebKit reports no earlier one),
//! on the same clock. Typing is accepted when the prompt says that it has the focus (its mark `prompt`);
//! a letter that is typed then has to appear in it. Memory is the proportional share (PSS) of the program and of every process
//! under it, WebKit's included, some seconds after that.
//!
//! Xvfb draws in software and the driver slows both programs alike: the difference is the figure.

use crate::{Done, figure, processes::Family, quantile};
use serde_json::json;
use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use system_tests::{
    desktop::{self, Desktop},
    places,
    webdriver::Session,
};

/// After one that is not counted, which brings the programs into the page cache.
const ROUNDS: usize = 7;
const PATIENCE: Duration = Duration::from_mins(1);
const PROMPT: &str = "[role=textbox][aria-label=Prompt]";
/// Until whatever begins with the window has come to rest.
const REST: Duration = Duration::from_secs(4);

/// A program under measurement, and what was found.
struct Subject {
    name: &'static str,
    script: PathBuf,
    note: PathBuf,
    /// The element that takes what is typed, as CSS selects it; none in an empty window.
    field: Option<&'static str>,
    paints: Vec<f64>,
    typings: Vec<f64>,
    megabytes: Vec<f64>,
}

/// Milliseconds from the start of the program, and megabytes at rest.
struct Found {
    paint: f64,
    typing: Option<f64>,
    megabytes: f64,
}

pub async fn run() -> Done {
    if let Some(missing) = desktop::missing() {
        return Err(missing.into());
    }
    let folder = tempfile::tempdir()?;
    let mut subjects = [
        Subject::new("the app", &places::program("orchesity")?, folder.path(), Some(PROMPT))?,
        Subject::new("an empty window", &places::program("examples/empty_window")?, folder.path(), None)?,
    ];
    for round in 0..=ROUNDS {
        for subject in &mut subjects {
            // A fresh home each time: the first start of a new user is the one that counts.
            let home = tempfile::tempdir()?;
            let found = subject.measure(home.path()).await?;
            if round > 0 {
                subject.paints.push(found.paint);
                subject.typings.extend(found.typing);
                subject.megabytes.push(found.megabytes);
            }
        }
    }
    let [app, empty] = &mut subjects;
    compare("first paint", "ms", (app.name, &mut app.paints), (empty.name, &mut empty.paints));
    figure("start", "typing accepted, the app, p50", quantile(&mut app.typings, 0.5), "ms");
    figure("start", "typing accepted, the app, highest", quantile(&mut app.typings, 1.0), "ms");
    compare("idle memory", "MB", (app.name, &mut app.megabytes), (empty.name, &mut empty.megabytes));
    Ok(())
}

fn compare(what: &str, unit: &str, app: (&str, &mut [f64]), empty: (&str, &mut [f64])) {
    let medians = [app, empty].map(|(name, samples)| {
        let median = quantile(samples, 0.5);
        figure("start", &format!("{what}, {name}, p50"), median, unit);
        figure("start", &format!("{what}, {name}, highest"), quantile(samples, 1.0), unit);
        median
    });
    figure("start", &format!("{what}, beyond the empty window"), medians[0] - medians[1], unit);
}

impl Subject {
    fn new(
        name: &'static str,
        program: &Path,
        folder: &Path,
        field: Option<&'static str>,
    ) -> io::Result<Self> {
        let program = program.canonicalize()?;
        let file = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (script, note) = (folder.join(format!("{file}.sh")), folder.join(format!("{file}.started")));
        let (program, noted) = (quoted(&program), quoted(&note));
        fs::write(
            &script,
            format!("#!/bin/sh\necho \"$(date +%s%N) $$\" > {noted}\nexec {program} \"$@\"\n"),
        )?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700))?;
        let (paints, typings, megabytes) = Default::default();
        Ok(Self { name, script, note, field, paints, typings, megabytes })
    }

    async fn measure(&self, home: &Path) -> Result<Found, Box<dyn std::error::Error>> {
        let desktop = Desktop::start(home).await?;
        let window = desktop.open_app(&self.script).await?;
        let script = "const [paint] = performance.getEntriesByName('first-contentful-paint');
            return location.href === 'about:blank' || !paint ? null : performance.timeOrigin + paint.startTime;";
        let painted = window
            .until(PATIENCE, "first paint", async || Ok(window.run(script, json!([])).await?.as_f64()))
            .await?;
        let noted = fs::read_to_string(&self.note)?;
        let (nanoseconds, id) = noted.trim().split_once(' ').ok_or("the script noted nothing")?;
        let started = nanoseconds.parse::<f64>()? / 1e6;
        let typing = match self.field {
            Some(field) => Some(typing(&window, field).await? - started),
            None => None,
        };
        tokio::time::sleep(REST).await;
        let megabytes = Family::of(id.parse()?)?.megabytes()?;
        window.end().await?;
        Ok(Found { paint: painted - started, typing, megabytes })
    }
}

/// When the prompt had the focus, on the wall clock; and it takes a letter.
async fn typing(window: &Session, field: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let mark = "const [mark] = performance.getEntriesByName('prompt');
        return mark ? performance.timeOrigin + mark.startTime : null;";
    let ready =
        window.until(PATIENCE, "prompt", async || Ok(window.run(mark, json!([])).await?.as_f64())).await?;
    window.type_keys("a").await?;
    let letter = "const field = document.activeElement;
        return field.matches(arguments[0]) && field.textContent === 'a' ? true : null;";
    window
        .until(PATIENCE, "letter", async || Ok(window.run(letter, json!([field])).await?.as_bool()))
        .await?;
    Ok(ready)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

//! The app's start and its memory, beside those of an empty window, by turns and in one run.
//!
//! The driver of the desktop test opens each program through a two-line script, which notes the
//! wall clock and its process id and then *becomes* the program (`exec`), so nothing of the driver's
//! own start is counted. First paint is what the page itself reports: `performance.timeOrigin` plus
//! its `first-contentful-paint`, the first frame with a letter in it (WebKit reports no earlier one),
//! on the same clock. Memory is the proportional share (PSS) of the program and of every process
//! under it, WebKit's included, some seconds after that paint.
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
};

/// After one that is not counted, which brings the programs into the page cache.
const ROUNDS: usize = 7;
const PATIENCE: Duration = Duration::from_mins(1);
/// Until whatever begins with the window has come to rest.
const REST: Duration = Duration::from_secs(4);

/// A program under measurement, and what was found.
struct Subject {
    name: &'static str,
    script: PathBuf,
    note: PathBuf,
    paints: Vec<f64>,
    megabytes: Vec<f64>,
}

pub async fn run() -> Done {
    if let Some(missing) = desktop::missing() {
        return Err(missing.into());
    }
    let folder = tempfile::tempdir()?;
    let mut subjects = [
        Subject::new("the app", &places::program("orchesity")?, folder.path())?,
        Subject::new("an empty window", &places::program("examples/empty_window")?, folder.path())?,
    ];
    for round in 0..=ROUNDS {
        for subject in &mut subjects {
            // A fresh home each time: the first start of a new user is the one that counts.
            let home = tempfile::tempdir()?;
            let (paint, megabytes) = subject.measure(home.path()).await?;
            if round > 0 {
                subject.paints.push(paint);
                subject.megabytes.push(megabytes);
            }
        }
    }
    let [app, empty] = &mut subjects;
    compare("first paint", "ms", (app.name, &mut app.paints), (empty.name, &mut empty.paints));
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
    fn new(name: &'static str, program: &Path, folder: &Path) -> io::Result<Self> {
        let program = program.canonicalize()?;
        let file = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (script, note) = (folder.join(format!("{file}.sh")), folder.join(format!("{file}.started")));
        let (program, noted) = (quoted(&program), quoted(&note));
        fs::write(
            &script,
            format!("#!/bin/sh\necho \"$(date +%s%N) $$\" > {noted}\nexec {program} \"$@\"\n"),
        )?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700))?;
        Ok(Self { name, script, note, paints: Vec::new(), megabytes: Vec::new() })
    }

    /// Milliseconds to the first paint, and megabytes at rest.
    async fn measure(&self, home: &Path) -> Result<(f64, f64), Box<dyn std::error::Error>> {
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
        tokio::time::sleep(REST).await;
        let megabytes = Family::of(id.parse()?)?.megabytes()?;
        window.end().await?;
        Ok((painted - started, megabytes))
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

//! `orch route --batch` and `--calibrate`: many prompts at once, classified, or learned from.

use crate::exit::{Exit, Trouble};
use routing::{Calibration, Outcome, classify_by};
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

#[derive(Deserialize)]
struct Asked {
    id: serde_json::Value,
    prompt: String,
}

/// Lines of `{"id","prompt"}` in, lines of `{"id","class","complexity","strength"}` out, in the same order.
pub fn run(home: &Path, file: &Path) -> Result<Exit, Trouble> {
    let calibration = calibration(home)?;
    let mut out = BufWriter::new(io::stdout().lock());
    lines(file, |asked: Asked| {
        let found = classify_by(&asked.prompt, calibration.as_ref());
        let line = serde_json::json!({
            "id": asked.id,
            "class": found.class,
            "complexity": figure(found.complexity),
            "strength": figure(found.strength),
        });
        Ok(writeln!(out, "{line}")?)
    })?;
    out.flush()?;
    Ok(Exit::Good)
}

/// Lines of `{"prompt","weak","strong"}` in: how good two models' answers were, 0 to 1. Kept for the batches to come.
pub fn calibrate(home: &Path, file: &Path) -> Result<Exit, Trouble> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    lines(file, |outcome: Outcome| {
        if ![outcome.weak, outcome.strong].iter().all(|good| (0.0..=1.0).contains(good)) {
            let text = format!(
                "outcome {}: `weak` and `strong` are how good the answers were, 0 to 1",
                outcomes.len() + 1
            );
            return Err(Trouble::Usage(text));
        }
        outcomes.push(outcome);
        Ok(())
    })?;
    let learned = Calibration::fit(&outcomes).map_err(|error| Trouble::Usage(error.to_string()))?;
    std::fs::create_dir_all(home)?;
    let path = path(home);
    // Beside it first: what was learned before stays whole if this is cut short.
    let beside = path.with_extension("json.new");
    std::fs::write(&beside, serde_json::to_vec(&learned).map_err(io::Error::other)?)?;
    std::fs::rename(&beside, &path)?;
    eprintln!("learned from {} outcomes; remove {} to forget them", learned.outcomes, path.display());
    Ok(Exit::Good)
}

/// Six digits: more are noise of the type.
fn figure(value: f32) -> f64 {
    (f64::from(value) * 1e6).round() / 1e6
}

fn path(home: &Path) -> PathBuf {
    home.join(engine::Engine::CALIBRATION)
}

fn calibration(home: &Path) -> Result<Option<Calibration>, Trouble> {
    let path = path(home);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Trouble::Usage(format!("{} cannot be read ({error}); remove it or calibrate again", path.display()))
    })
}

/// Each line of a file, or of standard input for `-`.
fn lines<T: serde::de::DeserializeOwned>(
    file: &Path,
    mut each: impl FnMut(T) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let reader: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let opened = File::open(file)
            .map_err(|error| Trouble::Usage(format!("`{}` cannot be read: {error}", file.display())))?;
        Box::new(BufReader::new(opened))
    };
    for (number, line) in reader.lines().enumerate() {
        let line =
            line.map_err(|error| Trouble::Usage(format!("line {} cannot be read: {error}", number + 1)))?;
        if line.trim().is_empty() {
            continue;
        }
        each(
            serde_json::from_str(&line)
                .map_err(|error| Trouble::Usage(format!("line {}: {error}", number + 1)))?,
        )?;
    }
    Ok(())
}

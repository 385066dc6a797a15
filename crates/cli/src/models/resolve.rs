//! `orch models resolve`: which model a name means, for one or for a file of them.

use crate::exit::Trouble;
use clap::Args as ClapArgs;
use providers::catalog::Synced;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
};

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub struct ResolveArgs {
    /// A model's name, as any provider, list or leaderboard writes it
    pub name: Option<String>,
    /// A file of names, `-` for standard input: lines of {"id", "name", "source"}, each answered by a
    /// line of {"id", "model", "score"}; two names are one model when they have the same `model`
    #[arg(long, value_name = "FILE")]
    pub batch: Option<PathBuf>,
}

/// A name to be resolved; `id` comes back as it was.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    id: serde_json::Value,
    name: String,
    #[serde(default)]
    source: Option<String>,
}

#[derive(Serialize)]
struct Answered<'a> {
    id: &'a serde_json::Value,
    model: Option<&'a str>,
    score: f32,
}

/// Reads and answers line by line: a file may be long.
pub fn run(catalog: &Synced, args: &ResolveArgs, out: &mut impl Write) -> Result<(), Trouble> {
    if let Some(name) = &args.name {
        match catalog.resolve(name, "") {
            Some(found) => {
                let known = if found.known { "" } else { "  (not in the catalog)" };
                writeln!(out, "{}  {:.2}{known}", found.model, found.score)?;
            }
            None => return Err(Trouble::Usage(format!("`{name}` says nothing of a model"))),
        }
        return Ok(());
    }
    let Some(path) = &args.batch else { return Ok(()) };
    let lines: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path)
            .map_err(|e| Trouble::Usage(format!("{} cannot be read: {e}", path.display())))?;
        Box::new(BufReader::new(file))
    };
    batch(catalog, lines, out)
}

fn batch(catalog: &Synced, lines: impl BufRead, out: &mut impl Write) -> Result<(), Trouble> {
    for (at, line) in lines.lines().enumerate() {
        let bad = |what: &dyn std::fmt::Display| {
            Trouble::Usage(format!("line {}: {what}; a line is {{\"id\", \"name\", \"source\"}}", at + 1))
        };
        let line = line.map_err(|e| bad(&e))?;
        if line.trim().is_empty() {
            continue;
        }
        let asked: Asked = serde_json::from_str(&line).map_err(|e| bad(&e))?;
        let found = catalog.resolve(&asked.name, asked.source.as_deref().unwrap_or_default());
        let answer = Answered {
            id: &asked.id,
            model: found.as_ref().map(|found| found.model.as_str()),
            score: found.as_ref().map_or(0.0, |found| found.score),
        };
        serde_json::to_writer(&mut *out, &answer).map_err(io::Error::other)?;
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(lines: &str) -> Result<String, Trouble> {
        let mut out = Vec::new();
        batch(&Synced::default(), lines.as_bytes(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_line_is_answered_under_its_own_id_and_a_bad_one_is_named() {
        let out = answers(concat!(
            "{\"id\":7,\"name\":\"openai/gpt-4o\",\"source\":\"openrouter\"}\n",
            "\n",
            "{\"id\":\"x\",\"name\":\"azure/gpt-4o\"}\n",
            "{\"id\":null,\"name\":\"---\",\"source\":null}\n",
        ));
        let out = out.unwrap();
        let rows: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!((&rows[0]["id"], &rows[1]["id"]), (&7.into(), &"x".into()));
        assert_eq!(rows[0]["model"], rows[1]["model"]);
        assert!(rows[2]["model"].is_null() && rows[2]["score"] == 0.0);
        let error = answers("{\"id\":1,\"name\":\"a\"}\n{\"id\":2}\n").unwrap_err().to_string();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}

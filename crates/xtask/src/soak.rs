//! `cargo xtask soak`: the long loops, each noted with date and commit. What went well at this commit
//! is not done again, so that a soak that was broken off goes on where it was.

use crate::{
    setup,
    step::{Done, Failed, Step, has, root, say, step, target},
};
use std::{fs, io::Write as _, path::PathBuf, time::Instant};

/// Minutes for each fuzz target, unless said otherwise.
const MINUTES: u64 = 10;
const CARGO_FUZZ: &str = "0.13.2";
/// Where it is noted how each loop went.
const NOTED: &str = "docs/soaks.jsonl";

struct Loop {
    name: &'static str,
    what: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A test of a package, at its full size.
    Test { package: &'static str, test: &'static str, name: &'static str },
    /// The same of tests that stand beside the code: those of a module.
    Unit { package: &'static str, module: &'static str },
    /// The crash loop of the benches.
    Crash,
    /// A target of `fuzz/`, with what else it needs.
    Fuzz { target: &'static str, feature: Option<&'static str>, dict: Option<&'static str> },
}

const LOOPS: &[Loop] = &[
    Loop {
        name: "backups",
        what: "50 copies while eight answers stream, each opened and checked",
        kind: Kind::Test {
            package: "engine",
            test: "engine",
            name: "copies_made_while_eight_answers_stream_are_whole",
        },
    },
    Loop {
        name: "tree",
        what: "10,000 random operations on a tree while answers stream",
        kind: Kind::Test {
            package: "engine",
            test: "engine",
            name: "whatever_is_done_to_a_tree_while_it_grows_nothing_vanishes_that_was_not_deleted",
        },
    },
    Loop {
        name: "key-timing",
        what: "a wrong key takes as long to refuse wherever it is wrong",
        kind: Kind::Test {
            package: "engine",
            test: "engine",
            name: "a_wrong_key_takes_as_long_wherever_it_is_wrong",
        },
    },
    Loop {
        name: "ledger",
        what: "2,000 random faults through `orch serve`, killed in every second round: each call is a line",
        kind: Kind::Test {
            package: "system-tests",
            test: "orch",
            name: "every_call_that_the_provider_saw_is_a_line_of_the_ledger_whatever_dies",
        },
    },
    Loop {
        name: "budget",
        what: "100 budgets of a dollar, each spent by 64 callers of two processes",
        kind: Kind::Test {
            package: "system-tests",
            test: "orch",
            name: "two_processes_on_one_home_spend_no_more_than_one_budget",
        },
    },
    Loop {
        name: "admission",
        what: "budgets, limits and slots as processes die and come back: 500 rounds, 10,000 operations",
        kind: Kind::Unit { package: "engine", module: "admission::tests" },
    },
    Loop {
        name: "slow-readers",
        what: "64 callers that read a kilobyte a second, for ten minutes",
        kind: Kind::Test {
            package: "system-tests",
            test: "orch",
            name: "sixty_four_slow_readers_cost_no_more_memory_the_longer_they_read",
        },
    },
    Loop { name: "crash", what: "200 kills during eight streams", kind: Kind::Crash },
    Loop {
        name: "fuzz-sse",
        what: "framing of server-sent events",
        kind: Kind::Fuzz { target: "sse", feature: None, dict: None },
    },
    Loop {
        name: "fuzz-decode",
        what: "each dialect's decoder, lists of models, errors",
        kind: Kind::Fuzz { target: "decode", feature: None, dict: Some("json.dict") },
    },
    Loop {
        name: "fuzz-config",
        what: "config.toml, and what edits make of it",
        kind: Kind::Fuzz { target: "config", feature: Some("config"), dict: Some("toml.dict") },
    },
    Loop {
        name: "fuzz-vault",
        what: "the vault file",
        kind: Kind::Fuzz { target: "vault", feature: Some("vault"), dict: None },
    },
];

/// Does those of these names, or all that have not gone well at this commit; `--minutes N` for each
/// fuzz target.
pub fn soak(words: &[&str]) -> Done {
    let (minutes, names) = match words {
        ["--minutes", minutes, names @ ..] => {
            (minutes.parse().map_err(|_| Failed(format!("`{minutes}` is no number of minutes")))?, names)
        }
        names => (MINUTES, names),
    };
    if let Some(unknown) = names.iter().find(|name| LOOPS.iter().all(|one| one.name != **name)) {
        let known: Vec<String> = LOOPS.iter().map(|one| format!("  {}: {}", one.name, one.what)).collect();
        return Err(Failed(format!("there is no soak `{unknown}`; there are\n{}", known.join("\n"))));
    }
    let commit = commit();
    let noted = fs::read_to_string(root().join(NOTED)).unwrap_or_default();
    let mut bad = Vec::new();
    for one in LOOPS {
        if if names.is_empty() { is_done(&noted, one.name, &commit) } else { !names.contains(&one.name) } {
            continue;
        }
        say(&format!("{}: {}", one.name, one.what));
        let begun = Instant::now();
        let done = one.run(minutes);
        note(&line(one.name, &commit, begun.elapsed().as_secs(), &done))?;
        if let Err(Failed(why)) = done {
            say(&format!("{}: {why}", one.name));
            bad.push(one.name);
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(Failed(format!("not well: {}", bad.join(", ")))) }
}

impl Loop {
    fn run(&self, minutes: u64) -> Done {
        match self.kind {
            Kind::Test { package, test, name } => step(["cargo", "test", "--locked", "--package", package])
                .with(["--test", test, "--", "--nocapture", name])
                .env("ORCHESITY_SOAK", "1")
                .run(),
            Kind::Unit { package, module } => {
                step(["cargo", "test", "--locked", "--package", package, "--lib", "--", module])
                    .env("ORCHESITY_SOAK", "1")
                    .run()
            }
            Kind::Crash => {
                setup::desktop()?;
                setup::page()?;
                step(["cargo", "build", "--workspace", "--bins", "--locked"]).run()?;
                let program = target().join("debug/bench-crash").to_string_lossy().into_owned();
                step([program.as_str()]).run()
            }
            Kind::Fuzz { target, feature, dict } => fuzz(target, feature, dict, minutes),
        }
    }
}

/// Without a sanitizer: our code has no `unsafe`, and so it needs no nightly compiler.
fn fuzz(name: &str, feature: Option<&str>, dict: Option<&str>, minutes: u64) -> Done {
    let mut run: Step = step([fuzzer()?.as_str(), "fuzz", "run", "--sanitizer", "none"]);
    run = run.with(feature.map(|feature| format!("--features={feature}")));
    // What was found interesting is kept in `corpus`, and the seeds are read beside it.
    let (corpus, seeds) = (format!("fuzz/corpus/{name}"), format!("fuzz/seeds/{name}"));
    fs::create_dir_all(root().join(&corpus))
        .map_err(|error| Failed(format!("{corpus} cannot be made: {error}")))?;
    run = run.with([name, &corpus, &seeds, "--"]);
    run = run.with(dict.map(|dict| format!("-dict=fuzz/{dict}")));
    run.with([format!("-max_total_time={}", minutes * 60)])
        .with(["-timeout=20", "-rss_limit_mb=2048", "-max_len=16384", "-print_final_stats=1"])
        .run()
}

/// `cargo-fuzz`, installed into `target/tools` where there is none.
fn fuzzer() -> Result<String, Failed> {
    if has("cargo-fuzz") {
        return Ok("cargo-fuzz".to_owned());
    }
    let tools = target().join("tools");
    let program = tools.join("bin/cargo-fuzz");
    if !program.is_file() {
        step(["cargo", "install", "cargo-fuzz", "--version", CARGO_FUZZ, "--locked", "--root"])
            .with([tools.to_string_lossy().into_owned()])
            .run()?;
    }
    Ok(program.to_string_lossy().into_owned())
}

/// The commit, and a `+` where the files are not quite those of it.
fn commit() -> String {
    let asked = |words: [&str; 3]| step(words).ask().map(|text| text.trim().to_owned()).unwrap_or_default();
    let id = asked(["git", "rev-parse", "HEAD"]);
    let id: String = id.chars().take(12).collect();
    let changed = asked(["git", "status", "--porcelain"]);
    // The notes themselves do not count.
    if changed.lines().all(|line| line.ends_with(NOTED)) { id } else { id + "+" }
}

fn is_done(noted: &str, name: &str, commit: &str) -> bool {
    let (name, commit) = (format!("\"soak\":\"{name}\""), format!("\"commit\":\"{commit}\""));
    let good = |line: &&str| line.contains("\"good\":true") && line.contains(&name) && line.contains(&commit);
    !commit.contains('+') && noted.lines().any(|line| good(&line))
}

fn line(name: &str, commit: &str, seconds: u64, done: &Done) -> String {
    let date = step(["date", "+%F"]).ask().unwrap_or_default();
    let (date, good) = (date.trim(), done.is_ok());
    format!(
        "{{\"soak\":\"{name}\",\"date\":\"{date}\",\"commit\":\"{commit}\",\"good\":{good},\"seconds\":{seconds}}}\n"
    )
}

fn note(line: &str) -> Done {
    let path: PathBuf = root().join(NOTED);
    let written = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    written.map_err(|error| Failed(format!("{} cannot be written: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_went_well_at_this_very_commit_is_not_done_again() {
        let noted = line("backups", "0123456789ab", 60, &Ok(()))
            + &line("crash", "0123456789ab", 60, &Err(Failed(String::new())))
            + &line("fuzz-sse", "0123456789ab+", 60, &Ok(()));
        assert!(is_done(&noted, "backups", "0123456789ab"));
        assert!(!is_done(&noted, "backups", "ba9876543210"));
        assert!(!is_done(&noted, "crash", "0123456789ab"));
        assert!(!is_done(&noted, "fuzz-sse", "0123456789ab"));
        assert!(!is_done(&noted, "fuzz-sse", "0123456789ab+"), "nobody knows what was changed since");
    }
}

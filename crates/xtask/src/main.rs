//! `cargo xtask …`: everything that a contributor types, so that a fresh Debian or Ubuntu needs
//! only Rust, Node and a C compiler. Every step prints the plain command that it runs.

mod bench;
mod e2e;
mod generated;
mod package;
mod report;
mod run;
mod setup;
mod shots;
mod soak;
mod step;
mod test;

use std::process::ExitCode;
use step::Failed;

const USAGE: &str = "\
cargo xtask run                    install what is missing, build, open the window (or compare in the terminal)
cargo xtask test                   install what is missing, build, check and test everything
cargo xtask ci                     the same; what CI runs
cargo xtask fix                    format everything and apply what the linters can mend
cargo xtask bindings [--check]     write ui/src/ipc/bindings.ts from the commands of the shell
cargo xtask sqlx [--check]         write .sqlx/ from the queries of the store
cargo xtask e2e [--real-model]     the real app in a real window, alone
cargo xtask shots [SCREEN ...]     pictures of every screen, both themes, three sizes, in target/shots
cargo xtask bench [NAME] [ARGS]    one line of JSON for each figure; without a name, all of them
cargo xtask report routing [--seed N] [--scenario FILE]  a day of simulated traffic: docs/routing-day.md
cargo xtask soak [--minutes N] [NAME ...]  the long loops, fuzzing too; noted in docs/soaks.jsonl
cargo xtask package                a .deb in target/release/bundle/deb
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.split_first() {
        Some((&"run", rest)) => run::run(rest),
        Some((&("test" | "ci"), [])) => test::test(),
        Some((&"fix", [])) => test::fix(),
        Some((&"bindings", rest @ ([] | ["--check"]))) => generated::bindings(!rest.is_empty()),
        Some((&"sqlx", rest @ ([] | ["--check"]))) => generated::sqlx(!rest.is_empty()),
        Some((&"e2e", rest @ ([] | ["--real-model"]))) => e2e::e2e(!rest.is_empty()),
        Some((&"shots", rest)) => shots::shots(rest),
        Some((&"bench", rest)) => bench::bench(rest),
        Some((&"report", ["routing", rest @ ..])) => {
            let day = ["cargo", "run", "--locked", "--package", "routing", "--example", "day", "--"];
            step::step(day).with(rest.iter().copied()).run()
        }
        Some((&"soak", rest)) => soak::soak(rest),
        Some((&"package", [])) => package::package(),
        Some((&("help" | "--help" | "-h"), _)) => {
            print!("{USAGE}");
            Ok(())
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            step::say(&format!("failed: {why}"));
            ExitCode::FAILURE
        }
    }
}

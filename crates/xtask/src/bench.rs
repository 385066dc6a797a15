//! `cargo xtask bench`: figures, one line of JSON each. Never a pass or a failure on time.

use crate::step::{Done, Failed, step, target};

/// One figure or a few that belong together.
struct Bench {
    name: &'static str,
    /// Program of `tests/`, and its first argument.
    program: &'static [&'static str],
    /// Speed is measured as it ships; a crash loop is about promises, not speed.
    release: bool,
    what: &'static str,
}

const fn figure(name: &'static str, program: &'static [&'static str], what: &'static str) -> Bench {
    Bench { name, program, release: true, what }
}

const BENCHES: &[Bench] = &[
    figure("decode", &["bench", "decode"], "decoding and folding a stream, each dialect, MB/s"),
    figure("journal", &["bench", "journal"], "committing a frame of eight answers"),
    figure(
        "fanout",
        &["bench", "fanout"],
        "8 x 200 tokens/s through the engine to a watcher: CPU, gaps between batches",
    ),
    figure("open", &["bench", "open"], "opening a conversation of 10,000 messages beside one of 100"),
    Bench {
        name: "crash",
        program: &["bench-crash"],
        release: false,
        what: "200 kills during eight streams: characters lost, state of the store",
    },
];

/// Runs one, or all.
pub fn bench(words: &[&str]) -> Done {
    let (name, arguments) = words.split_first().map_or((None, words), |(name, rest)| (Some(*name), rest));
    let chosen: Vec<_> = BENCHES.iter().filter(|bench| name.is_none_or(|name| name == bench.name)).collect();
    if chosen.is_empty() {
        let known: Vec<String> =
            BENCHES.iter().map(|bench| format!("  {}: {}", bench.name, bench.what)).collect();
        return Err(Failed(format!("there is no such bench; there are\n{}", known.join("\n"))));
    }
    if chosen.iter().any(|bench| bench.release) {
        step(["cargo", "build", "--release", "--package", "system-tests", "--bin", "bench"]).run()?;
    }
    if chosen.iter().any(|bench| !bench.release) {
        step(["cargo", "build", "--workspace", "--bins"]).run()?;
    }
    for bench in chosen {
        let Some((program, first)) = bench.program.split_first() else { continue };
        let profile = if bench.release { "release" } else { "debug" };
        let program = target().join(profile).join(program).to_string_lossy().into_owned();
        step([program.as_str()]).with(first.iter().copied()).with(arguments.iter().copied()).run()?;
    }
    Ok(())
}

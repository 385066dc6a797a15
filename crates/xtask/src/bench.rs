//! `cargo xtask bench`: figures, one line of JSON each. Never a pass or a failure on time.

use crate::step::{Done, Failed, step, target};

/// Name, program of `tests/`, and what it measures.
const BENCHES: &[(&str, &str, &str)] =
    &[("crash", "bench-crash", "200 kills during eight streams: characters lost, state of the store")];

/// Runs one, or all.
pub fn bench(words: &[&str]) -> Done {
    let (name, arguments) = words.split_first().map_or((None, words), |(name, rest)| (Some(*name), rest));
    let chosen: Vec<_> =
        BENCHES.iter().filter(|(known, _, _)| name.is_none_or(|name| name == *known)).collect();
    if chosen.is_empty() {
        let known: Vec<String> = BENCHES.iter().map(|(name, _, what)| format!("  {name}: {what}")).collect();
        return Err(Failed(format!("there is no such bench; there are\n{}", known.join("\n"))));
    }
    step(["cargo", "build", "--workspace", "--bins"]).run()?;
    for (_, program, _) in chosen {
        let program = target().join("debug").join(program).to_string_lossy().into_owned();
        step([program.as_str()]).with(arguments.iter().copied()).run()?;
    }
    Ok(())
}

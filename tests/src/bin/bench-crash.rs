//! `cargo xtask bench crash`: 200 kills during eight streams, watched from outside. Its last line
//! is the result; everything else goes to standard error. An argument sets the number of kills, a
//! second one the seed of their moments.
//!
//! Its twin, the same with the journal written *after* a batch is shown, must lose some. That
//! order is a value injected into the engine that exists only under the engine's cargo feature
//! `guards`, which neither `orch` nor the app asks for, and which no flag of theirs can set.

use std::process::ExitCode;
use system_tests::crash;
use testkit::ScriptedProvider;

#[tokio::main]
async fn main() -> Result<ExitCode, String> {
    let number = |at: usize, default: u64| match std::env::args().nth(at) {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is no number")),
        None => Ok(default),
    };
    let (kills, seed) = (number(1, 200)?, number(2, 1)?);
    let server = ScriptedProvider::start().await;
    let work = tokio::task::spawn_blocking(move || {
        crash::run(&server, u32::try_from(kills).unwrap_or(u32::MAX), seed, |found| {
            if found.kills % 10 == 0 {
                eprintln!(
                    "{} kills, {} in mid-stream, {} characters seen, {} lost, slowest start {} ms",
                    found.kills,
                    found.mid_stream,
                    found.seen_characters,
                    found.lost_characters,
                    found.slowest_start.as_millis()
                );
            }
        })
    });
    let found = work.await.map_err(|error| error.to_string())??;
    for fault in found.faults.iter().take(20) {
        eprintln!("fault: {fault}");
    }
    println!("{}", found.line());
    Ok(if found.lost_characters == 0 && found.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

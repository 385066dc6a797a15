//! Figures, one JSON line each: `cargo xtask bench [decode|journal|fanout|gateway|open|import|memory|routing|search|tree|tree-view|start|window]`.
//! Nothing here asserts on a figure; ratios are measured in one run, because the machine has other work. A bench
//! that cannot be carried out says why and fails.

mod decode;
mod fanout;
mod gateway;
mod import;
mod journal;
mod memory;
mod open;
mod portable;
mod processes;
mod routing;
mod search;
mod start;
mod tree;
mod tree_view;
mod window;

use std::process::ExitCode;

/// Measured, or why not.
type Done = Result<(), Box<dyn std::error::Error>>;

const NAMES: [&str; 13] = [
    "decode",
    "journal",
    "fanout",
    "gateway",
    "open",
    "import",
    "routing",
    "search",
    "tree",
    "tree-view",
    "start",
    "window",
    "memory",
];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| !NAMES.contains(&name.as_str())) {
        eprintln!("there is no bench `{unknown}`; there are {}", NAMES.join(", "));
        return ExitCode::from(2);
    }
    let mut code = ExitCode::SUCCESS;
    for name in NAMES.into_iter().filter(|name| wanted.is_empty() || wanted.iter().any(|one| one == name)) {
        let done = match name {
            "decode" => decode::run(),
            "journal" => journal::run().await,
            "fanout" => fanout::run().await,
            "gateway" => gateway::run().await,
            "open" => open::run().await,
            "import" => import::run().await,
            "routing" => routing::run().await,
            "search" => search::run().await,
            "tree" => tree::run().await,
            "tree-view" => tree_view::run().await,
            "start" => start::run().await,
            "window" => window::run().await,
            _ => memory::run().await,
        };
        if let Err(error) = done {
            eprintln!("{name}: {error}");
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// Prints one figure.
fn figure(bench: &str, what: &str, value: f64, unit: &str) {
    println!(
        "{}",
        serde_json::json!({ "bench": bench, "what": what, "value": (value * 1000.0).round() / 1000.0, "unit": unit })
    );
}

/// The value below which this share of the samples lies.
fn quantile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let at = ((samples.len() as f64 - 1.0) * share).round() as usize;
    samples.get(at).copied().unwrap_or(f64::NAN)
}

/// CPU seconds that this process has used, from the kernel's own count (`/proc/self/stat`, in ticks of 10 ms).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

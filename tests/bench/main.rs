//! Figures, one JSON line each: `cargo xtask bench [decode|journal|fanout|open]`. Nothing here
//! asserts; ratios are measured in one run, because the machine has other work.

mod decode;
mod fanout;
mod journal;
mod open;

use std::process::ExitCode;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    if is_wanted("decode") {
        decode::run();
    }
    if is_wanted("journal") {
        journal::run().await;
    }
    if is_wanted("fanout") {
        fanout::run().await;
    }
    if is_wanted("open") {
        open::run().await;
    }
    ExitCode::SUCCESS
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

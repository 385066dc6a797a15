//! What is written to standard error beside answers and complaints: for people, or for programs that collect it.

use crate::otel;
use clap::ValueEnum;
use std::io::IsTerminal as _;
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// Lines for people; errors only.
    #[default]
    Text,
    /// One JSON object a line; a line for each request.
    Json,
}

/// Begins to write. `ORCHESITY_LOG` says how much, as `warn` or `info,gateway=debug`.
///
/// Spans of requests go to a collector where the environment names one and `serves` says that there are any.
pub fn start(format: LogFormat, serves: bool) {
    let usual = match format {
        LogFormat::Text => "error",
        LogFormat::Json => "warn,orch=info,engine=info,gateway=info",
    };
    let filter = EnvFilter::try_from_env("ORCHESITY_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let log = fmt::layer().with_writer(std::io::stderr);
    let log = match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let spans = if serves { otel::layer() } else { Ok(None) };
    let registry = tracing_subscriber::registry();
    match spans {
        Ok(None) => registry.with(log).with(filter).init(),
        Ok(Some(spans)) => {
            let door = Targets::new().with_target(otel::DOOR, LevelFilter::INFO);
            registry.with(log.with_filter(filter)).with(spans.with_filter(door)).init();
        }
        Err(problem) => {
            registry.with(log).with(filter).init();
            tracing::error!("{problem}");
        }
    }
}

//! `orch attach`: watching a run from outside.

use crate::{
    args::AttachArgs,
    exit::{Exit, Trouble},
    terminal,
};
use domain::{EventBatch, EventItem};
use engine::Engine;
use std::io::{self, Write as _};

/// Follows a run to its end.
pub async fn run(engine: &Engine, args: &AttachArgs) -> Result<Exit, Trouble> {
    let mut events = engine.events(args.run, args.since).await?;
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    loop {
        let batch = tokio::select! {
            batch = events.next() => batch,
            _ = &mut interrupt => return Ok(Exit::Stopped),
        };
        let Some(batch) = batch else { return Ok(Exit::Good) };
        if args.json {
            let line = serde_json::to_string(&*batch).map_err(io::Error::other)?;
            let mut out = io::stdout().lock();
            writeln!(out, "{line}")?;
            out.flush()?;
        } else {
            show(&batch)?;
        }
    }
}

fn show(batch: &EventBatch) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for item in &batch.items {
        let id = item.completion().to_string();
        // The end of a UUIDv7 is its random part: what tells answers of one run apart.
        let short = &id[id.len() - 6..];
        match item {
            EventItem::Reset { .. } => writeln!(out, "{short} from the beginning")?,
            EventItem::Attempt { number, target, .. } => writeln!(out, "{short} call {number}: {target}")?,
            EventItem::Open { kind, text, .. } => writeln!(out, "{short} {kind} {}", terminal::out(text))?,
            EventItem::Append { text, .. } => writeln!(out, "{short} + {text:?}")?,
            EventItem::Figures { .. } => {}
            EventItem::End(end) => writeln!(out, "{short} {}", end.state.as_str())?,
        }
    }
    out.flush()
}

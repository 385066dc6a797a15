//! The engine, streaming to standard output, in an order of choice: what the crash loop's twin
//! kills. `crash-victim --order commit-first|show-first TARGET…`

use domain::{AskColumn, ConversationSource, Part, StartRun, Target};
use engine::{Engine, EngineOptions, JournalOrder};
use std::{error::Error, io::Write as _, path::Path, time::Duration};

/// How much later the twin commits what it has shown.
const LATER: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let order = match (arguments.next().as_deref(), arguments.next().as_deref()) {
        (Some("--order"), Some("commit-first")) => JournalOrder::CommitFirst,
        (Some("--order"), Some("show-first")) => JournalOrder::ShowFirst(LATER),
        _ => return Err("usage: crash-victim --order commit-first|show-first TARGET…".into()),
    };
    let home = std::env::var_os("ORCHESITY_HOME").ok_or("set ORCHESITY_HOME")?;
    let engine = Engine::open(Path::new(&home), EngineOptions { order, ..EngineOptions::command() }).await?;
    let column = |target: String| -> Result<AskColumn, domain::TargetError> {
        Ok(AskColumn::of(Target::try_from(target)?))
    };
    let request = StartRun {
        important: false,
        conversation: None,
        parts: vec![Part::text("tell me")],
        columns: arguments.map(column).collect::<Result<_, _>>()?,
        system: None,
    };
    let started = engine.start_run(request, ConversationSource::Cli).await?;
    eprintln!("run {} in conversation {}", started.run, started.conversation);
    let mut events = engine.events(started.run, 0).await?;
    let mut stdout = std::io::stdout().lock();
    while let Some(batch) = events.next().await {
        writeln!(stdout, "{}", serde_json::to_string(&*batch)?)?;
        stdout.flush()?;
    }
    Ok(())
}

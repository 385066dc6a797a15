//! `orch import` and `orch export`.

use crate::{
    args::{ExportArgs, ImportArgs},
    exit::{Exit, Trouble},
    terminal,
};
use domain::{ExportRequest, ExportScope, ImportReport, ImportState};
use engine::Engine;
use std::{
    io::{self, BufWriter, IsTerminal as _, Write as _},
    time::Duration,
};

/// How long a command stays to make findable what it read; the rest follows when somebody next opens the home.
const INDEX_FOR: Duration = Duration::from_secs(5);

/// Reads a file in, and says what that did.
pub async fn import(engine: &Engine, args: &ImportArgs) -> Result<Exit, Trouble> {
    let mut watch = engine.import_file(&args.file)?;
    let id = watch.borrow().id;
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let (mut interrupted, shown) = (false, io::stderr().is_terminal());
    let status = loop {
        let status = watch.borrow_and_update().clone();
        if !matches!(status.state, ImportState::Receiving | ImportState::Reading) {
            break status;
        }
        if shown {
            let report = &status.report;
            eprint!(
                "\r{} of {} MiB, {} conversations, {} messages ",
                status.done_kib >> 10,
                status.total_kib >> 10,
                report.conversations,
                report.messages
            );
        }
        tokio::select! {
            changed = watch.changed() => {
                if changed.is_err() {
                    break watch.borrow().clone();
                }
            }
            _ = &mut interrupt, if !interrupted => {
                interrupted = true;
                engine.cancel_import(id)?;
            }
        }
    };
    if shown {
        eprintln!();
    }
    let mut report = status.report;
    let exit = match status.state {
        ImportState::Failed { message } => {
            let some = report.conversations + report.skipped > 0;
            eprintln!("orch: {}", terminal::err(&format!("{}: {message}", args.file.display())));
            report.warnings.push(message);
            if some { Exit::SomeFailed } else { Exit::Usage }
        }
        ImportState::Cancelled => Exit::Stopped,
        // There was something in it, and none of it was believed.
        _ if report.refused > 0 && report.conversations == 0 && report.skipped == report.refused => {
            Exit::SomeFailed
        }
        _ => Exit::Good,
    };
    say(&report, args.json)?;
    let waiting = engine.index_for(INDEX_FOR).await?;
    if waiting > 0 {
        eprintln!(
            "orch: {waiting} texts are still to be indexed for searching; that goes on where this home is next used"
        );
    }
    Ok(exit)
}

fn say(report: &ImportReport, json: bool) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(report).map_err(io::Error::other)?)?;
    } else {
        writeln!(
            out,
            "{} conversations, {} messages, {} skipped",
            report.conversations, report.messages, report.skipped
        )?;
        for warning in &report.warnings {
            writeln!(out, "{}", terminal::out(warning))?;
        }
    }
    Ok(out.flush()?)
}

/// Writes conversations, to a file or to standard output.
pub async fn export(engine: &Engine, args: &ExportArgs) -> Result<Exit, Trouble> {
    if args.ids.is_empty() && !args.all {
        return Err(Trouble::Usage("name conversations by their ids, or say `--all`".to_owned()));
    }
    let scope = match (&args.branch, args.active) {
        (Some(branch), _) => ExportScope::Branch { branch: *branch },
        (None, true) => ExportScope::Active,
        (None, false) => ExportScope::Tree,
    };
    let request = ExportRequest { conversations: args.ids.clone(), format: args.format, scope };
    let exported = match &args.output {
        Some(path) => engine.export_file(&request, path).await?,
        None => engine.export(&request, Box::new(BufWriter::new(io::stdout()))).await?,
    };
    if args.output.is_some() || !io::stdout().is_terminal() {
        eprintln!(
            "orch: {} conversations, {} messages, {} KiB",
            exported.conversations, exported.messages, exported.kib
        );
    }
    Ok(Exit::Good)
}

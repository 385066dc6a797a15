//! `orch chat` and `orch compare`.

mod input;
mod report;

use crate::{
    args::{Ask, ChatArgs, CompareArgs},
    exit::{Exit, Trouble},
    terminal, vault,
};
use domain::{
    AskColumn, CompletionId, CompletionState, ConversationSource, EventItem, PartKind, StartRun, StartedRun,
    Target,
};
use engine::{Engine, EngineOptions};
use report::Report;
use std::{
    collections::HashMap,
    io::{self, Write as _},
    path::Path,
};

/// Asks one target; its text streams to standard output as it comes.
pub async fn chat(home: &Path, args: ChatArgs) -> Result<Exit, Trouble> {
    let conversation = args.conversation;
    let show = if args.ask.json { Show::Json } else { Show::Stream };
    ask(home, &args.ask, vec![args.model], conversation, show).await
}

/// Asks several targets; each answer is printed when it is finished.
pub async fn compare(home: &Path, args: CompareArgs) -> Result<Exit, Trouble> {
    let show = if args.ask.json { Show::Json } else { Show::Blocks };
    ask(home, &args.ask, args.models, None, show).await
}

/// Waits for all of a run, showing nothing of it; Ctrl-C stops what is left.
pub async fn wait(engine: &Engine, started: &StartedRun) -> Result<Exit, Trouble> {
    watch(engine, started, Show::Nothing).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    Json,
    Stream,
    Blocks,
    Nothing,
}

async fn ask(
    home: &Path,
    ask: &Ask,
    targets: Vec<Target>,
    conversation: Option<domain::ConversationId>,
    show: Show,
) -> Result<Exit, Trouble> {
    let params = input::params(ask)?;
    let (text, files) = (input::prompt(ask)?, input::files(ask)?);
    // Without a store the data file lives in a folder that goes with this process.
    let nowhere = if ask.no_store { Some(tempfile::tempdir()?) } else { None };
    let mut options = EngineOptions::command();
    options.pdf_reader = std::env::current_exe().ok();
    options.store_in = nowhere.as_ref().map(|dir| dir.path().to_owned());
    let engine = Engine::open(home, options).await?;
    if targets.iter().any(|target| engine.wants_vault(target)) {
        vault::unlock(&engine).await?;
    }
    let parts = input::parts(&engine, ask, text, files).await?;
    let branch = match conversation {
        Some(id) => engine.open_conversation(id).await?.conversation.head,
        None => None,
    };
    let column = |target| AskColumn { branch, params: params.clone(), ..AskColumn::of(target) };
    let columns = targets.into_iter().map(column).collect();
    let system = ask.system.clone();
    let started = engine
        .start_run(
            StartRun { important: ask.important, conversation, parts, columns, system },
            ConversationSource::Cli,
        )
        .await?;
    eprintln!("run {} in conversation {}", started.run, started.conversation);
    let exit = watch(&engine, &started, show).await?;
    let unsaved = engine.status().storage_problem.filter(|_| !engine.status().saved);
    engine.close().await;
    match unsaved {
        Some(why) => Err(Trouble::NotStored(why)),
        None => Ok(exit),
    }
}

/// Shows a run until all of it has ended; Ctrl-C stops what is left.
async fn watch(engine: &Engine, started: &StartedRun, show: Show) -> Result<Exit, Trouble> {
    let targets: HashMap<CompletionId, &Target> =
        started.columns.iter().map(|c| (c.completion, &c.target)).collect();
    let mut events = engine.events(started.run, 0).await?;
    let mut tally = Tally::default();
    let mut stream = Stream::default();
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    while tally.ended < started.columns.len() {
        let batch = tokio::select! {
            batch = events.next() => batch,
            _ = &mut interrupt, if !tally.interrupted => {
                tally.interrupted = true;
                engine.stop_run(started.run).await?;
                continue;
            }
        };
        let Some(batch) = batch else { break };
        for item in &batch.items {
            match item {
                EventItem::End(end) => {
                    tally.count(&end.state);
                    let Some(target) = targets.get(&end.completion) else { continue };
                    let report = Report::of(engine, end.completion, target).await?;
                    match show {
                        Show::Json => report.print_json()?,
                        Show::Stream => stream.end(&report)?,
                        Show::Blocks => report.print_block()?,
                        Show::Nothing => {}
                    }
                }
                item if show == Show::Stream => stream.show(item)?,
                _ => {}
            }
        }
    }
    Ok(tally.exit())
}

#[derive(Debug, Default)]
struct Tally {
    ended: usize,
    failed: usize,
    interrupted: bool,
}

impl Tally {
    fn count(&mut self, state: &CompletionState) {
        self.ended += 1;
        self.failed +=
            usize::from(matches!(state, CompletionState::Failed { .. } | CompletionState::Interrupted));
    }

    fn exit(&self) -> Exit {
        match self.failed {
            _ if self.interrupted => Exit::Stopped,
            0 => Exit::Good,
            n if n == self.ended => Exit::AllFailed,
            _ => Exit::SomeFailed,
        }
    }
}

/// One answer as it streams to a terminal: its text on standard output, the rest on standard error.
#[derive(Debug, Default)]
struct Stream {
    kinds: Vec<PartKind>,
    /// UTF-16 units printed of each part, so that a snapshot prints nothing twice.
    printed: Vec<u32>,
}

impl Stream {
    fn show(&mut self, item: &EventItem) -> io::Result<()> {
        match item {
            EventItem::Open { part, kind, text, .. } if *part as usize == self.kinds.len() => {
                // Each part begins on a line of its own; what goes to a file is the text alone.
                if !self.kinds.is_empty() {
                    eprintln!();
                }
                self.kinds.push(*kind);
                self.printed.push(0);
                match kind {
                    PartKind::Reasoning => eprintln!("[reasoning]"),
                    PartKind::ToolCall => eprintln!("[calls {}]", terminal::err(text)),
                    PartKind::Media => eprintln!("[{}]", terminal::err(text)),
                    PartKind::Text => {}
                }
            }
            EventItem::Append { part, at, text, .. } => {
                let Some(printed) = self.printed.get_mut(*part as usize) else { return Ok(()) };
                let known = printed.saturating_sub(*at);
                *printed = (*printed).max(at + text.encode_utf16().count() as u32);
                let fresh = skip_units(text, known);
                if self.kinds.get(*part as usize) == Some(&PartKind::Text) {
                    let mut out = io::stdout().lock();
                    out.write_all(terminal::out(fresh).as_bytes())?;
                    out.flush()?;
                } else {
                    eprint!("{}", terminal::err(fresh));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, report: &Report) -> io::Result<()> {
        if self.kinds.contains(&PartKind::Text) {
            writeln!(io::stdout())?;
        } else if !self.kinds.is_empty() {
            eprintln!();
        }
        eprintln!("{}", terminal::err(&report.line()));
        Ok(())
    }
}

/// The text without its first UTF-16 units.
fn skip_units(text: &str, units: u32) -> &str {
    let mut left = units as usize;
    for (at, c) in text.char_indices() {
        if left == 0 {
            return &text[at..];
        }
        left = left.saturating_sub(c.len_utf16());
    }
    if left == 0 && units == 0 { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_say_whether_none_some_or_all_failed() {
        let exit = |failed, ended| Tally { ended, failed, interrupted: false }.exit();
        assert_eq!((exit(0, 2), exit(1, 2), exit(2, 2)), (Exit::Good, Exit::SomeFailed, Exit::AllFailed));
    }

    #[test]
    fn what_was_printed_is_not_printed_again() {
        assert_eq!(skip_units("a𝄞b", 0), "a𝄞b");
        assert_eq!(skip_units("a𝄞b", 3), "b");
        assert_eq!(skip_units("a𝄞b", 4), "");
    }
}

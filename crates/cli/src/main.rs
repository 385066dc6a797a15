//! `orch`: the engine without a window. Each command is a few lines over a use case of the
//! engine; what it prints with `--json` is a contract that scripts rely on.

mod args;
mod ask;
mod attach;
mod branches;
mod conversations;
mod exit;
mod finding;
mod folders;
mod home;
mod keys;
mod logging;
mod models;
mod moving;
mod otel;
mod providers_cmd;
mod route;
mod serve;
mod table;
mod terminal;
mod usage;
mod vault;

use args::{Args, Command, ConversationsCommand};
use clap::Parser as _;
use engine::{Engine, EngineOptions};
use exit::{Exit, Trouble};
use logging::LogFormat;
use std::process::ExitCode;

/// Overwrites what is freed: keys pass through buffers that are not ours to clear.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    engine::leave_no_dumps();
    if let Some(end) = engine::pdf_reader() {
        return end;
    }
    let args = Args::parse();
    match &args.command {
        Command::Serve(serve) => logging::start(serve.log, true),
        _ => logging::start(LogFormat::Text, false),
    }
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(workers()).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return Exit::Failed.with(&format!("no threads can be started: {error}")),
        };
    let code = match runtime.block_on(run(args)) {
        Ok(exit) => exit.code(),
        Err(trouble) => trouble.report(),
    };
    otel::flush();
    // A keychain that does not answer must not keep the process.
    runtime.shutdown_background();
    code
}

/// Threads for what waits for others: half of the processors, since SQLite, and whoever asks a gateway, need
/// theirs too. More than a few only wake each other up.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, 4))
}

async fn run(args: Args) -> Result<Exit, Trouble> {
    let named = args.home.is_some();
    let home = home::resolve(args.home)?;
    match args.command {
        Command::Chat(chat) => ask::chat(&home, chat).await,
        Command::Compare(compare) => ask::compare(&home, compare).await,
        Command::Providers { command } => providers_cmd::run(&home, command).await,
        Command::Serve(args) => serve::run(&home, named, args).await,
        Command::Route(args) => route::run(&home, args).await,
        Command::Keys { command } => keys::run(&home, command).await,
        Command::Folders { command } => folders::run(&home, command).await,
        Command::Models(list) => {
            let engine = Engine::open(&home, EngineOptions::command()).await?;
            let exit = match list.command {
                Some(command) => models::run_command(&engine, command).await?,
                None => models::run(&engine, &list).await.map(|()| Exit::Good)?,
            };
            engine.close().await;
            Ok(exit)
        }
        Command::Usage(wanted) => {
            let engine = Engine::open(&home, EngineOptions::command()).await?;
            usage::run(&engine, &wanted).await?;
            engine.close().await;
            Ok(Exit::Good)
        }
        Command::Attach(attach) => {
            let engine = Engine::open(&home, EngineOptions::command()).await?;
            let exit = attach::run(&engine, &attach).await?;
            engine.close().await;
            Ok(exit)
        }
        Command::Import(import) => {
            let engine = Engine::open(&home, EngineOptions::command()).await?;
            let exit = moving::import(&engine, &import).await?;
            engine.close().await;
            Ok(exit)
        }
        Command::Export(export) => {
            let engine = Engine::open(&home, EngineOptions::command()).await?;
            let exit = moving::export(&engine, &export).await?;
            engine.close().await;
            Ok(exit)
        }
        Command::Check { json } => {
            let engine = Engine::open(&home, EngineOptions::command()).await?;
            let exit = conversations::check(&engine, json).await?;
            engine.close().await;
            Ok(exit)
        }
        Command::Conversations { command } => {
            let engine = Engine::open(&home, EngineOptions::command()).await?;
            let mut exit = Exit::Good;
            match command {
                ConversationsCommand::List(list) => finding::list(&engine, &list).await?,
                ConversationsCommand::Search(search) => finding::search(&engine, &search).await?,
                ConversationsCommand::Tree { id, json } => conversations::tree(&engine, id, json).await?,
                ConversationsCommand::Show(show) => branches::show(&engine, &show).await?,
                ConversationsCommand::Branches(list) => branches::branches(&engine, &list).await?,
                ConversationsCommand::Merge(merge) => exit = branches::merge(&engine, &merge).await?,
                ConversationsCommand::Delete(delete) => branches::delete(&engine, &delete).await?,
                ConversationsCommand::Restore(restore) => branches::restore(&engine, &restore).await?,
            }
            engine.close().await;
            Ok(exit)
        }
    }
}

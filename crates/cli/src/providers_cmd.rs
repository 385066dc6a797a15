//! `orch providers`.

use crate::{
    args::{AddProvider, KeyCommand, ProvidersCommand},
    exit::{Exit, Trouble},
    table, terminal,
};
use domain::ProviderId;
use engine::{Engine, EngineError, EngineOptions};
use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

/// Carries out one of the subcommands.
pub async fn run(home: &Path, command: ProvidersCommand) -> Result<Exit, Trouble> {
    match command {
        ProvidersCommand::Add(add) => self::add(home, add),
        ProvidersCommand::Remove { id } => {
            providers::edit::remove_provider(home, &id).map_err(EngineError::from)?;
            eprintln!("`{id}` is no longer in {}", home.join("config.toml").display());
            Ok(Exit::Good)
        }
        ProvidersCommand::List { json } => {
            let engine = Engine::open(home, EngineOptions::command()).await?;
            list(&engine, json).await?;
            engine.close().await;
            Ok(Exit::Good)
        }
        ProvidersCommand::Test { id, json } => {
            let engine = Engine::open(home, EngineOptions::command()).await?;
            let exit = test(&engine, &id, json).await?;
            engine.close().await;
            Ok(exit)
        }
        ProvidersCommand::Key { command } => {
            let engine = Engine::open(home, EngineOptions::command()).await?;
            key(home, &engine, command).await?;
            engine.close().await;
            Ok(Exit::Good)
        }
    }
}

fn add(home: &Path, add: AddProvider) -> Result<Exit, Trouble> {
    let key = add.key.map(domain::KeySource::try_from).transpose().map_err(Trouble::Usage)?;
    let new = providers::edit::NewProvider {
        id: add.id.clone(),
        preset: add.preset,
        dialect: add.dialect,
        base_url: add.base_url,
        key,
        models: add.models,
        allow_lan: add.allow_lan,
    };
    providers::edit::add_provider(home, &new).map_err(EngineError::from)?;
    eprintln!(
        "`{}` is in {}; `orch providers test {}` tries it",
        add.id,
        home.join("config.toml").display(),
        add.id
    );
    Ok(Exit::Good)
}

async fn list(engine: &Engine, json: bool) -> Result<(), Trouble> {
    let all = engine.providers().await;
    let mut out = io::stdout().lock();
    if json {
        for status in &all {
            writeln!(out, "{}", serde_json::to_string(status).map_err(io::Error::other)?)?;
        }
        return Ok(out.flush()?);
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|p| {
            let key = if p.enabled { p.key.to_string() } else { "off".to_owned() };
            vec![p.id.to_string(), p.dialect.to_string(), key, p.models.len().to_string(), p.base_url.clone()]
        })
        .collect();
    table::write(&mut out, &["ID", "DIALECT", "KEY", "MODELS", "BASE URL"], &rows)?;
    Ok(out.flush()?)
}

/// Exit code 4 when the provider cannot be asked.
async fn test(engine: &Engine, id: &ProviderId, json: bool) -> Result<Exit, Trouble> {
    let check = engine.test_provider(id).await?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&check).map_err(io::Error::other)?)?;
    } else {
        for step in &check.steps {
            let detail = terminal::out(&step.detail);
            writeln!(out, "{} {}: {detail}", if step.ok { "✓" } else { "✗" }, step.name)?;
        }
    }
    out.flush()?;
    Ok(if check.ok { Exit::Good } else { Exit::AllFailed })
}

async fn key(home: &Path, engine: &Engine, command: KeyCommand) -> Result<(), Trouble> {
    match command {
        KeyCommand::Set { id } => {
            // Never from the arguments: those are in the shell's history and in the process list.
            let key = if io::stdin().is_terminal() {
                rpassword::prompt_password(format!("key of {id}: "))?
            } else {
                let mut line = String::new();
                io::stdin().read_line(&mut line)?;
                line
            };
            engine.store_key(&id, &key).await?;
            eprintln!("the key of `{id}` is in the keychain");
            // A preset with its key only in the keychain is not known to be usable until it is named.
            let configured = engine.config().provider(id.as_str()).is_some_and(|p| p.configured);
            if !configured && let Err(error) = providers::edit::set_enabled(home, &id, true) {
                eprintln!("it is not in `config.toml` yet: {error}");
            }
        }
        KeyCommand::Remove { id } => {
            let had = engine.remove_key(&id).await?;
            eprintln!(
                "{}",
                if had { format!("the key of `{id}` is removed") } else { format!("`{id}` had no key") }
            );
        }
    }
    Ok(())
}

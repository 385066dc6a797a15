//! `orch providers`.

use crate::{
    args::{AddProvider, KeyCommand, ProvidersCommand},
    exit::{Exit, Trouble},
    table, terminal, vault,
};
use domain::{KeyPlace, KeyState, KeychainState, ProviderId};
use engine::{Engine, EngineError, EngineOptions};
use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};
use zeroize::Zeroizing;

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
            key(&engine, command).await?;
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
        name: add.name,
        headers: add.headers,
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
    for warning in &engine.config().warnings {
        eprintln!("{}", terminal::err(warning));
    }
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
            let key = match p.key_place {
                _ if !p.enabled => "off".to_owned(),
                Some(place) if p.key == KeyState::Present => place.to_string(),
                Some(place) => format!("{} ({place})", p.key),
                None => p.key.to_string(),
            };
            vec![p.id.to_string(), p.dialect.to_string(), key, p.models.len().to_string(), p.base_url.clone()]
        })
        .collect();
    table::write(&mut out, &["ID", "DIALECT", "KEY", "MODELS", "BASE URL"], &rows)?;
    Ok(out.flush()?)
}

/// Exit code 4 when the provider cannot be asked.
async fn test(engine: &Engine, id: &ProviderId, json: bool) -> Result<Exit, Trouble> {
    if engine.locked_in_vault().contains(id) {
        vault::unlock(engine).await?;
    }
    let check = engine.test_provider(id).await?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&check).map_err(io::Error::other)?)?;
    } else {
        for step in &check.steps {
            let detail = terminal::out(&step.detail);
            let took = step.ms.map(|ms| format!(" ({ms} ms)")).unwrap_or_default();
            writeln!(out, "{} {}: {detail}{took}", if step.ok { "✓" } else { "✗" }, step.name)?;
        }
    }
    out.flush()?;
    Ok(if check.ok { Exit::Good } else { Exit::AllFailed })
}

async fn key(engine: &Engine, command: KeyCommand) -> Result<(), Trouble> {
    match command {
        KeyCommand::Set { id, vault } => {
            // Never from the arguments: those are in the shell's history and in the process list.
            let key = Zeroizing::new(if io::stdin().is_terminal() {
                rpassword::prompt_password(format!("key of {id}: "))?
            } else {
                let mut line = String::new();
                io::stdin().read_line(&mut line)?;
                line
            });
            let place = if vault { KeyPlace::Vault } else { KeyPlace::Keychain };
            if vault {
                vault::unlock_or_create(engine).await?;
            } else if engine.is_locked_in_vault(&id) {
                // Its older key has to leave the vault.
                vault::unlock(engine).await?;
            }
            let wins = match engine.set_key(&id, key, place).await {
                Ok(wins) => wins,
                Err(error) => {
                    // Only where it was the keychain that refused.
                    let keychain = engine.key_places().keychain;
                    if !vault && !matches!(keychain, KeychainState::Open | KeychainState::Unknown) {
                        eprintln!(
                            "`orch providers key set {id} --vault` keeps it in an encrypted file instead"
                        );
                    }
                    return Err(error.into());
                }
            };
            eprintln!("the key of `{id}` is in the {place}");
            if let Some(variable) = wins {
                eprintln!("{variable} is set too, and wins: this key is not used until you unset it");
            }
        }
        KeyCommand::Remove { id } => {
            if engine.is_locked_in_vault(&id) {
                vault::unlock(engine).await?;
            }
            let had = engine.remove_key(&id).await?;
            eprintln!(
                "{}",
                if had { format!("the key of `{id}` is removed") } else { format!("`{id}` had no key") }
            );
            let status = engine.providers().await.into_iter().find(|status| status.id == id);
            if let Some(variable) = status
                .filter(|status| status.key_place == Some(KeyPlace::Environment))
                .and_then(|status| status.key_variable)
            {
                eprintln!("{variable} still has one; unset it to be rid of that too");
            }
        }
    }
    Ok(())
}

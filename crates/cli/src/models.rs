//! `orch models`.

mod args;
mod catalog;
mod own;
mod resolve;

pub use args::ModelsCommand;
pub use catalog::run as run_command;

use crate::{args::ModelsArgs, exit::Trouble, table, vault};
use domain::{Model, NanoUsd};
use engine::Engine;
use std::io::{self, Write as _};

/// Models that can be asked, with window and prices (US dollars per million tokens).
pub async fn run(engine: &Engine, args: &ModelsArgs) -> Result<(), Trouble> {
    if args.refresh {
        if !engine.locked_in_vault().is_empty() {
            vault::unlock(engine).await?;
        }
        eprintln!("asking the providers what they offer …");
        engine.refresh_models().await;
    } else {
        engine.find_missing_models().await;
    }
    let wanted = |m: &Model| args.filter.as_ref().is_none_or(|f| m.target.as_str().contains(f.as_str()));
    let models: Vec<Model> = engine.models().await.into_iter().filter(wanted).collect();
    let mut out = io::stdout().lock();
    if args.json {
        for model in &models {
            writeln!(out, "{}", serde_json::to_string(model).map_err(io::Error::other)?)?;
        }
        return Ok(out.flush()?);
    }
    let price = |p: Option<NanoUsd>| p.map_or_else(|| "unknown".to_owned(), |p| format!("${p}"));
    let rows: Vec<Vec<String>> = models
        .iter()
        .map(|m| {
            vec![
                m.target.to_string(),
                m.context_window.map_or_else(|| "unknown".to_owned(), |n| n.to_string()),
                price(m.prices.input),
                price(m.prices.output),
                if m.available { m.name.clone() } else { format!("{} (no key)", m.name) },
            ]
        })
        .collect();
    table::write(&mut out, &["TARGET", "CONTEXT", "IN/1M", "OUT/1M", "NAME"], &rows)?;
    Ok(out.flush()?)
}

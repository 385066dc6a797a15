//! `orch folders`: folders of conversations, and what their conversations may take.

use crate::{
    exit::{Exit, Trouble},
    finding, table,
};
use clap::{Args as ClapArgs, Subcommand};
use domain::{Budget, BudgetCap, BudgetPeriod, NanoUsd};
use engine::{Engine, EngineOptions};
use std::{
    io::{self, Write as _},
    path::Path,
};

#[derive(Debug, Subcommand)]
pub enum FoldersCommand {
    /// List folders, with what is spent of their budgets
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Say how much conversations of a folder, and of those within it, may take
    Budget(BudgetArgs),
}

#[derive(Debug, ClapArgs)]
pub struct BudgetArgs {
    /// Its name, or `outer/inner`, or its id
    pub folder: String,
    /// How much money they may spend, in US dollars
    #[arg(long, value_name = "USD")]
    pub budget_usd: Option<NanoUsd>,
    /// How many tokens they may take
    #[arg(long, value_name = "N")]
    pub budget_tokens: Option<u32>,
    /// How often that begins anew: day, month or total (never) [default: total]
    #[arg(long, value_name = "PERIOD")]
    pub per: Option<BudgetPeriod>,
    /// Take all its budgets away, or with `--per` that one
    #[arg(long, conflicts_with_all = ["budget_usd", "budget_tokens"])]
    pub none: bool,
}

/// Carries out one of the subcommands.
pub async fn run(home: &Path, command: FoldersCommand) -> Result<Exit, Trouble> {
    let engine = Engine::open(home, EngineOptions::command()).await?;
    let done = match command {
        FoldersCommand::List { json } => list(&engine, json).await,
        FoldersCommand::Budget(args) => budget(&engine, &args).await,
    };
    engine.close().await;
    done.map(|()| Exit::Good)
}

async fn list(engine: &Engine, json: bool) -> Result<(), Trouble> {
    let (all, budgets) = (engine.folders().await?, engine.budgets().await?);
    let of = |folder| -> Vec<&Budget> {
        budgets.iter().filter(|one| one.folder == Some(folder)).map(|one| &one.budget).collect()
    };
    let mut out = io::stdout().lock();
    if json {
        for folder in &all {
            let line = serde_json::json!({ "id": folder.id, "parent": folder.parent, "name": folder.name,
                "conversations": folder.conversations, "budgets": of(folder.id) });
            writeln!(out, "{line}")?;
        }
        return Ok(out.flush()?);
    }
    let row = |folder: &domain::Folder| {
        let shown: Vec<String> = of(folder.id).into_iter().flat_map(crate::keys::budget).collect();
        let budget = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
        vec![folder.id.to_string(), folder.conversations.to_string(), budget, folder.name.clone()]
    };
    table::write(
        &mut out,
        &["ID", "CONVERSATIONS", "BUDGET", "NAME"],
        &all.iter().map(row).collect::<Vec<_>>(),
    )?;
    Ok(out.flush()?)
}

async fn budget(engine: &Engine, args: &BudgetArgs) -> Result<(), Trouble> {
    if !args.none && args.budget_usd.is_none() && args.budget_tokens.is_none() {
        let text = "give `--budget-usd` or `--budget-tokens`, or `--none` to take its budgets away";
        return Err(Trouble::Usage(text.to_owned()));
    }
    let Some(folder) = finding::folder(engine, Some(&args.folder)).await? else { return Ok(()) };
    let period = args.per.unwrap_or(BudgetPeriod::Total);
    let before = engine.budgets().await?;
    let others = before.iter().filter(|one| one.folder == Some(folder)).map(|one| &one.budget);
    let stays = |budget: &&Budget| {
        if args.none { args.per.is_some_and(|per| budget.period != per) } else { budget.period != period }
    };
    let mut caps: Vec<BudgetCap> = others
        .filter(stays)
        .map(|budget| BudgetCap { period: budget.period, usd: budget.usd, tokens: budget.tokens })
        .collect();
    if !args.none {
        caps.push(BudgetCap { period, usd: args.budget_usd, tokens: args.budget_tokens });
    }
    Ok(engine.set_folder_budgets(folder, &caps).await?)
}

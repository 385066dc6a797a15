//! `orch models own`: what the user says of models, in `config.toml`. It counts before every list.

use super::catalog::{lines, or_unknown, usd};
use crate::{exit::Trouble, table};
use clap::{Args as ClapArgs, Subcommand};
use domain::{Ability, Capabilities, NanoUsd, Prices, Target};
use engine::{Engine, OwnFigures};
use std::io::Write;

#[derive(Debug, ClapArgs)]
pub struct OwnArgs {
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Option<OwnCommand>,
}

#[derive(Debug, Subcommand)]
pub enum OwnCommand {
    /// Say what a model is and costs; what is not said again stays as it was said before
    Set(SetArgs),
    /// Take back what was said of a model; lists count again
    Remove {
        /// Which, as `orch models own` lists it
        model: Target,
    },
}

#[derive(Debug, ClapArgs)]
pub struct SetArgs {
    /// `provider/model`, of a provider that is set up; for prices alone also the model's id at every provider
    pub model: Target,
    /// Its name for people
    #[arg(long)]
    pub name: Option<String>,
    /// Most tokens of prompt and answer together
    #[arg(long, value_name = "TOKENS")]
    pub context_window: Option<u32>,
    /// Most tokens of an answer
    #[arg(long, value_name = "TOKENS")]
    pub output_limit: Option<u32>,
    /// What it can do: vision, tools, json, reasoning, web_search
    #[arg(long, value_name = "ABILITY", value_delimiter = ',')]
    pub can: Vec<Ability>,
    /// What it cannot do
    #[arg(long, value_name = "ABILITY", value_delimiter = ',')]
    pub cannot: Vec<Ability>,
    /// It makes embeddings, and answers nothing
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    pub embeddings: Option<bool>,
    /// Dollars for a million tokens of input; 0 is free
    #[arg(long, value_name = "USD")]
    pub input: Option<NanoUsd>,
    /// Of output
    #[arg(long, value_name = "USD")]
    pub output: Option<NanoUsd>,
    /// Of input from the provider's cache
    #[arg(long, value_name = "USD")]
    pub cached_read: Option<NanoUsd>,
    /// Of input into the provider's cache
    #[arg(long, value_name = "USD")]
    pub cached_write: Option<NanoUsd>,
    /// Of thinking; without it, as output
    #[arg(long, value_name = "USD")]
    pub reasoning: Option<NanoUsd>,
}

impl SetArgs {
    /// What was said before, with this over it.
    fn over(self, before: Option<OwnFigures>) -> Result<OwnFigures, Trouble> {
        if let Some(both) = self.can.iter().find(|ability| self.cannot.contains(ability)) {
            return Err(Trouble::Usage(format!(
                "`{both}` is said to be both; name it in `--can` or in `--cannot`"
            )));
        }
        let mut own = before.unwrap_or_else(|| OwnFigures {
            model: self.model.clone(),
            name: None,
            context_window: None,
            output_limit: None,
            capabilities: Capabilities::default(),
            prices: Prices::default(),
        });
        let can = &mut own.capabilities;
        for (abilities, says) in [(&self.can, true), (&self.cannot, false)] {
            for ability in abilities {
                *match ability {
                    Ability::Vision => &mut can.vision,
                    Ability::Tools => &mut can.tools,
                    Ability::Json => &mut can.json,
                    Ability::Reasoning => &mut can.reasoning,
                    Ability::WebSearch => &mut can.web_search,
                } = Some(says);
            }
        }
        can.embeddings = self.embeddings.or(can.embeddings);
        let prices = &mut own.prices;
        for (said, price) in [
            (self.input, &mut prices.input),
            (self.output, &mut prices.output),
            (self.cached_read, &mut prices.cached_read),
            (self.cached_write, &mut prices.cached_write),
            (self.reasoning, &mut prices.reasoning),
        ] {
            *price = said.or(*price);
        }
        own.name = self.name.or(own.name);
        own.context_window = self.context_window.or(own.context_window);
        own.output_limit = self.output_limit.or(own.output_limit);
        Ok(own)
    }
}

/// Lists what is said, or changes it and shows what is said then.
pub async fn run(engine: &Engine, args: OwnArgs, out: &mut impl Write) -> Result<(), Trouble> {
    match args.command {
        None => shown(out, &engine.own_figures(), args.json),
        Some(OwnCommand::Set(set)) => {
            let model = set.model.clone();
            let before = engine.own_figures().into_iter().find(|own| own.model == model);
            engine.set_own_figures(set.over(before)?).await?;
            let now: Vec<OwnFigures> =
                engine.own_figures().into_iter().filter(|own| own.model == model).collect();
            shown(out, &now, args.json)
        }
        Some(OwnCommand::Remove { model }) => {
            engine.remove_own_figures(&model).await?;
            if args.json {
                return lines(out, &[serde_json::json!({ "removed": model })]);
            }
            Ok(writeln!(out, "lists count again for {model}")?)
        }
    }
}

fn shown(out: &mut impl Write, all: &[OwnFigures], json: bool) -> Result<(), Trouble> {
    if json {
        return lines(out, all);
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|own| {
            vec![
                own.model.to_string(),
                or_unknown(own.context_window),
                or_unknown(own.output_limit),
                usd(own.prices.input),
                usd(own.prices.output),
                abilities(own.capabilities),
                own.name.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table::write(out, &["MODEL", "CONTEXT", "OUTPUT", "IN/1M", "OUT/1M", "CAN", "NAME"], &rows)?;
    Ok(())
}

/// `tools, not vision`
fn abilities(can: Capabilities) -> String {
    let all = [
        ("vision", can.vision),
        ("tools", can.tools),
        ("json", can.json),
        ("reasoning", can.reasoning),
        ("web_search", can.web_search),
        ("embeddings", can.embeddings),
    ];
    let said = all
        .iter()
        .filter_map(|(name, can)| Some(if (*can)? { (*name).to_owned() } else { format!("not {name}") }));
    said.collect::<Vec<_>>().join(", ")
}

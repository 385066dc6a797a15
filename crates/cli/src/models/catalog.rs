//! `orch models search`, `show`, `compare`, `rankings`, `sync` and what belongs to them.

use super::args::{HeldAnswer, ModelsCommand, PriceArgs, SyncArgs};
use crate::{
    exit::{Exit, Trouble},
    table,
};
use domain::{NanoUsd, Prices};
use engine::{
    CatalogCard, CatalogEntry, CatalogSync, ChangeKind, Engine, LoadCost, PriceChange, PriceLoad, PricedModel,
};
use serde::Serialize;
use std::io::{self, Write};

/// Carries one of them out.
pub async fn run(engine: &Engine, command: ModelsCommand) -> Result<Exit, Trouble> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut exit = Exit::Good;
    match command {
        ModelsCommand::Search { text, json } => entries(&mut out, &engine.search_catalog(&text), json)?,
        ModelsCommand::Show { name, json } => card(&mut out, &engine.catalog_card(&name)?, json)?,
        ModelsCommand::Compare { names, json } => {
            let cards = names.iter().map(|name| engine.catalog_card(name)).collect::<Result<Vec<_>, _>>()?;
            compare(&mut out, &cards, json)?;
        }
        ModelsCommand::Rankings { by, class, number, json } => {
            let ranked: Vec<_> = engine.rank_models(by, class).into_iter().take(number).collect();
            if json {
                lines(&mut out, &ranked)?;
            } else {
                let rows: Vec<Vec<String>> = ranked
                    .iter()
                    .map(|one| {
                        let mut row = vec![one.rank.to_string(), format!("{:.3}", one.score)];
                        row.extend(cells(&one.entry));
                        row
                    })
                    .collect();
                let head = ["RANK", "SCORE", "MODEL", "PROVIDER", "CONTEXT", "IN/1M", "OUT/1M", "QUALITY"];
                table::write(&mut out, &head, &rows)?;
            }
        }
        ModelsCommand::Price(args) => priced(engine, &args, &mut out)?,
        ModelsCommand::Sync(args) => exit = sync(engine, &args, &mut out).await?,
        ModelsCommand::Sources { schedule, json } => {
            if let Some(on) = schedule {
                engine.set_catalog_schedule(on).await?;
            }
            sources(engine, &mut out, json).await?;
        }
        ModelsCommand::Held { answer, json } => held(engine, &answer, &mut out, json).await?,
        ModelsCommand::Own(args) => super::own::run(engine, args, &mut out).await?,
        ModelsCommand::History { number, json } => {
            changes(&mut out, &engine.price_changes(number).await?, json)?;
        }
        ModelsCommand::Doubtful { json } => doubtful(engine, &mut out, json)?,
        ModelsCommand::Name { name, model } => engine.set_model_name(&name, model.as_deref()).await?,
        ModelsCommand::Resolve(names) => super::resolve::run(&engine.catalog(), &names, &mut out)?,
    }
    out.flush()?;
    Ok(exit)
}

pub(super) fn lines<T: Serialize>(out: &mut impl Write, all: &[T]) -> Result<(), Trouble> {
    for one in all {
        writeln!(out, "{}", serde_json::to_string(one).map_err(io::Error::other)?)?;
    }
    Ok(())
}

pub(super) fn or_unknown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| value.to_string())
}

pub(super) fn usd(price: Option<NanoUsd>) -> String {
    price.map_or_else(|| "unknown".to_owned(), |price| format!("${price}"))
}

fn both(prices: &Prices) -> String {
    format!("{} / {}", usd(prices.input), usd(prices.output))
}

fn cells(entry: &CatalogEntry) -> Vec<String> {
    vec![
        entry.model.clone(),
        entry.provider.clone(),
        or_unknown(entry.context_window),
        usd(entry.prices.input),
        usd(entry.prices.output),
        // What was measured is an earlier version of this one.
        entry.quality.map_or_else(
            || "unknown".to_owned(),
            |value| format!("{}{value:.2}", if entry.quality_of.is_some() { "≥ " } else { "" }),
        ),
    ]
}

fn entries(out: &mut impl Write, all: &[CatalogEntry], json: bool) -> Result<(), Trouble> {
    if json {
        return lines(out, all);
    }
    let rows: Vec<Vec<String>> = all.iter().map(cells).collect();
    table::write(out, &["MODEL", "PROVIDER", "CONTEXT", "IN/1M", "OUT/1M", "QUALITY"], &rows)?;
    Ok(())
}

fn card(out: &mut impl Write, card: &CatalogCard, json: bool) -> Result<(), Trouble> {
    if json {
        return lines(out, std::slice::from_ref(card));
    }
    let known = if card.known { "" } else { "  (not in the catalog)" };
    writeln!(out, "{}  (match {:.2}){known}", card.model, card.match_score)?;
    for score in &card.scores {
        writeln!(
            out,
            "{}: {} from {} votes, {} ({})",
            score.board, score.value, score.votes, score.source, score.date
        )?;
    }
    let rows: Vec<Vec<String>> = card
        .offers
        .iter()
        .map(|offer| {
            vec![
                offer.provider.clone(),
                offer.id.clone(),
                or_unknown(offer.context_window),
                or_unknown(offer.output_limit),
                usd(offer.prices.input),
                usd(offer.prices.output),
                format!("{} {}", offer.source, offer.date),
            ]
        })
        .collect();
    table::write(out, &["PROVIDER", "AS", "CONTEXT", "OUTPUT", "IN/1M", "OUT/1M", "SOURCE"], &rows)?;
    for offer in &card.offers {
        let days = [
            ("released", &offer.dates.released),
            ("knows up to", &offer.dates.knowledge),
            ("deprecated from", &offer.dates.deprecated),
        ];
        let mut told: Vec<String> =
            days.iter().filter_map(|(word, day)| Some(format!("{word} {}", day.as_ref()?))).collect();
        if !offer.batch.is_unknown() {
            told.push(format!("in batches {}", both(&offer.batch)));
        }
        if !told.is_empty() {
            writeln!(out, "{}/{}: {}", offer.provider, offer.id, told.join(", "))?;
        }
    }
    Ok(())
}

fn priced(engine: &Engine, args: &PriceArgs, out: &mut impl Write) -> Result<(), Trouble> {
    let PriceArgs { input, output, cached, requests, batch, .. } = *args;
    let load = PriceLoad { input, cached, output, requests, batch };
    let all = engine.price_models(&args.models, load, Some)?;
    if args.json {
        return lines(out, &all);
    }
    let row = |PricedModel { offer, cost }: &PricedModel| {
        let of = |part: fn(&LoadCost) -> NanoUsd| usd(cost.as_ref().map(part));
        vec![
            offer.model.clone(),
            offer.provider.clone(),
            of(|cost| cost.input),
            of(|cost| cost.cached),
            of(|cost| cost.output),
            of(|cost| cost.one),
            of(|cost| cost.all),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table::write(out, &["MODEL", "PROVIDER", "INPUT", "CACHED", "OUTPUT", "ONE", "ALL"], &rows)?;
    Ok(())
}

fn compare(out: &mut impl Write, cards: &[CatalogCard], json: bool) -> Result<(), Trouble> {
    if json {
        return lines(out, cards);
    }
    let row = |name: &str, value: &dyn Fn(&CatalogCard) -> String| {
        std::iter::once(name.to_owned()).chain(cards.iter().map(value)).collect::<Vec<String>>()
    };
    let first = |card: &CatalogCard| card.offers.first().cloned();
    let most = |card: &CatalogCard, of: &dyn Fn(&CatalogEntry) -> Option<u32>| {
        or_unknown(card.offers.iter().filter_map(of).max())
    };
    let can = |card: &CatalogCard, of: &dyn Fn(&CatalogEntry) -> Option<bool>| {
        let known: Vec<bool> = card.offers.iter().filter_map(of).collect();
        let word = if known.is_empty() {
            "unknown"
        } else if known.contains(&true) {
            "yes"
        } else {
            "no"
        };
        word.to_owned()
    };
    let rows = [
        row("offered by", &|card| card.offers.len().to_string()),
        row("context", &|card| most(card, &|offer| offer.context_window)),
        row("output", &|card| most(card, &|offer| offer.output_limit)),
        row("cheapest in / out, 1M", &|card| {
            let cheapest = card.offers.iter().filter(|offer| offer.prices.input.is_some());
            let cheapest = cheapest.min_by_key(|offer| (offer.prices.input, offer.prices.output));
            cheapest.map_or_else(|| "unknown".to_owned(), |offer| both(&offer.prices))
        }),
        row("quality", &|card| {
            first(card).map_or_else(|| "unknown".to_owned(), |offer| cells(&offer).pop().unwrap_or_default())
        }),
        row("images", &|card| can(card, &|offer| offer.capabilities.vision)),
        row("tools", &|card| can(card, &|offer| offer.capabilities.tools)),
        row("JSON", &|card| can(card, &|offer| offer.capabilities.json)),
        row("reasoning", &|card| can(card, &|offer| offer.capabilities.reasoning)),
    ];
    let head: Vec<&str> = std::iter::once("").chain(cards.iter().map(|card| card.model.as_str())).collect();
    table::write(out, &head, &rows)?;
    Ok(())
}

async fn held(engine: &Engine, answer: &HeldAnswer, out: &mut impl Write, json: bool) -> Result<(), Trouble> {
    let (word, done) = if answer.accept.is_some() || answer.accept_all {
        ("accepted", engine.accept_prices(answer.accept.as_deref()).await?)
    } else if answer.refuse.is_some() || answer.refuse_all {
        ("refused", engine.refuse_prices(answer.refuse.as_deref()).await?)
    } else {
        return changes(out, &engine.held_prices().await?, json);
    };
    if json {
        return lines(out, &[serde_json::json!({ word: done })]);
    }
    let text = if word == "accepted" { "taken over" } else { "left as it was" };
    Ok(writeln!(out, "{text}: {done}")?)
}

async fn sync(engine: &Engine, args: &SyncArgs, out: &mut impl Write) -> Result<Exit, Trouble> {
    if let Some(from) = &args.from {
        let done = engine.sync_catalog(from, &args.provider).await?;
        said(out, &done, args.json)?;
        return Ok(Exit::Good);
    }
    eprintln!("asking for the known lists …");
    let (mut good, mut bad) = (0, 0);
    for (source, result) in engine.sync_catalog_sources().await {
        match result {
            Ok(done) => {
                good += 1;
                said(out, &done, args.json)?;
            }
            Err(error) => {
                bad += 1;
                eprintln!("{source}: {error}; what was known of it stays");
            }
        }
    }
    Ok(match (good, bad) {
        (_, 0) => Exit::Good,
        (0, _) => Exit::AllFailed,
        _ => Exit::SomeFailed,
    })
}

fn said(out: &mut impl Write, done: &CatalogSync, json: bool) -> Result<(), Trouble> {
    if json {
        return lines(out, std::slice::from_ref(done));
    }
    if done.unchanged {
        return Ok(writeln!(out, "{}: unchanged", done.source)?);
    }
    writeln!(
        out,
        "{}: {} models, {} prices changed, {} wait for a yes, {} rows left out",
        done.source, done.models, done.changed, done.held, done.skipped
    )?;
    for example in &done.examples {
        writeln!(out, "  left out: {}", crate::terminal::out(example))?;
    }
    if done.held > 0 {
        writeln!(out, "  `orch models held` shows what waits")?;
    }
    Ok(())
}

async fn sources(engine: &Engine, out: &mut impl Write, json: bool) -> Result<(), Trouble> {
    let all = engine.catalog_sources().await?;
    if json {
        return lines(out, &all);
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            vec![
                one.source.clone(),
                one.synced_at.map_or_else(|| "never".to_owned(), |at| at.to_string()),
                one.failures.to_string(),
                one.problem.clone().or_else(|| one.url.clone()).unwrap_or_default(),
            ]
        })
        .collect();
    table::write(out, &["LIST", "TAKEN", "FAILED", ""], &rows)?;
    let on = if engine.catalog_schedule().await? { "on" } else { "off" };
    writeln!(out, "schedule: {on}")?;
    Ok(())
}

fn changes(out: &mut impl Write, all: &[PriceChange], json: bool) -> Result<(), Trouble> {
    if json {
        return lines(out, all);
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let model = format!("{}/{}", one.provider, one.model);
            let (old, new) = match one.kind {
                ChangeKind::Price => (both(&one.old), both(&one.new)),
                ChangeKind::New => ("not listed".to_owned(), both(&one.new)),
                ChangeKind::Gone => (both(&one.old), "not listed".to_owned()),
            };
            vec![model, old, new, one.source.clone(), one.at.to_string()]
        })
        .collect();
    table::write(out, &["MODEL", "WAS IN / OUT", "LISTED IN / OUT", "LIST", "SINCE"], &rows)?;
    Ok(())
}

fn doubtful(engine: &Engine, out: &mut impl Write, json: bool) -> Result<(), Trouble> {
    #[derive(Serialize)]
    struct Doubt<'a> {
        name: &'a str,
        source: &'a str,
        model: &'a str,
        score: f32,
    }
    let all = engine.catalog().doubtful();
    if json {
        let all: Vec<Doubt<'_>> = all
            .iter()
            .map(|d| Doubt { name: &d.name, source: &d.source, model: &d.model, score: d.score })
            .collect();
        return lines(out, &all);
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|d| vec![d.name.clone(), d.model.clone(), format!("{:.2}", d.score), d.source.clone()])
        .collect();
    table::write(out, &["NAME", "MOST LIKELY", "SCORE", "LIST"], &rows)?;
    Ok(())
}

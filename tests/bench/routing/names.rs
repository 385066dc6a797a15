//! The catalog: taking the full public lists, and which model a name means — how fast, and how often right.

use crate::{Done, figure};
use engine::{Engine, EngineOptions};
use std::{collections::HashMap, hint::black_box, path::Path, time::Instant};

/// Lists as they are published, where they are at hand: name of the file, and whose list it is.
const LISTS: [(&str, &str); 5] = [
    ("litellm_models.json", ""),
    ("models_dev.json", ""),
    ("openrouter_models.json", ""),
    ("lmarena_text.csv", ""),
    ("lmarena_vision.csv", "lmarena-vision"),
];
const LABELLED: &str = include_str!("../../../crates/providers/catalog/labelled.tsv");

pub async fn run() -> Done {
    let home = tempfile::tempdir()?;
    let engine = Engine::open(home.path(), EngineOptions::command()).await?;
    accuracy(&engine);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/catalog");
    for (list, provider) in LISTS {
        let path = folder.join(list);
        if !path.exists() {
            eprintln!("left out: ../shared/catalog/{list} is not here");
            continue;
        }
        for what in ["first", "again"] {
            let begun = Instant::now();
            let taken = engine.sync_catalog(&path.to_string_lossy(), provider).await?;
            let ms = begun.elapsed().as_secs_f64() * 1_000.0;
            black_box(&taken);
            figure("routing", &format!("sync {list}, {what}"), ms, "ms");
        }
    }
    engine.close().await;
    Ok(())
}

/// Over all pairs of names in the labelled set: those joined that are one model, and those of one model that are joined.
fn accuracy(engine: &Engine) {
    let catalog = engine.catalog();
    let names: Vec<(&str, &str)> = LABELLED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            let label = line.split('\t').next().unwrap_or_default();
            // The label of a base model is ours, and no name that anybody writes.
            line.split('\t')
                .filter(move |name| !label.contains("base") || *name != label)
                .map(move |name| (label, name))
        })
        .collect();
    let begun = Instant::now();
    let found: Vec<Option<String>> =
        names.iter().map(|(_, name)| catalog.resolve(name, "").map(|found| found.model)).collect();
    let micros = begun.elapsed().as_secs_f64() * 1e6 / names.len() as f64;
    figure("routing", "resolve a name, mean", micros, "µs");
    let pairs = |of: &mut dyn Iterator<Item = String>| {
        let mut counts: HashMap<String, u64> = HashMap::new();
        of.for_each(|one| *counts.entry(one).or_default() += 1);
        counts.values().map(|count| count * (count - 1) / 2).sum::<u64>() as f64
    };
    let meant = pairs(&mut names.iter().map(|(label, _)| (*label).to_owned()));
    let said = pairs(&mut found.iter().flatten().cloned());
    let both = pairs(
        &mut names
            .iter()
            .zip(&found)
            .filter_map(|((label, _), model)| Some(format!("{label}\t{}", model.as_ref()?))),
    );
    figure("routing", "resolve, labelled names", names.len() as f64, "names");
    figure("routing", "resolve, precision over pairs", both / said.max(1.0), "share");
    figure("routing", "resolve, recall over pairs", both / meant.max(1.0), "share");
}

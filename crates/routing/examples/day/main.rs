//! A day of simulated traffic: `cargo xtask report routing [--seed N,…] [--scenario FILE]`, which writes
//! `docs/routing-day.md` with its plots, or, with a seed or a scenario of one's own, the same into
//! `target/routing-day/`. Routes are asked exactly as the engine asks them, and are told what the engine tells them;
//! how the providers really are, only the simulation knows.

mod plot;
mod report;
mod world;

use report::{By, Day, SEEDS};
use std::{
    fs,
    path::{Path, PathBuf},
};
use world::Scenario;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut file, mut seeds): (Option<PathBuf>, _) = (None, SEEDS.to_vec());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--seed" => {
                let one =
                    |seed: &str| seed.parse().map_err(|_| format!("`{seed}` is no seed; take a number"));
                seeds = value.split(',').map(one).collect::<Result<_, _>>()?;
            }
            "--scenario" => file = Some(value.into()),
            _ => return Err(format!("`{word}` means nothing here; there are --seed and --scenario").into()),
        }
    }
    let committed = file.is_none() && seeds == SEEDS;
    let scenario = match &file {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            Scenario::read(&text).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => Scenario::read(world::SHIPPED)?,
    };
    let day = Day::of(&scenario, &seeds);
    let steady = Day::of(&scenario.without_events(), &seeds);
    let report = report::report(&scenario, &day, &steady);
    print!("{report}");
    let repository = root.join("../..");
    let folder = repository.join(if committed { "docs" } else { "target/routing-day" });
    fs::create_dir_all(folder.join("images"))?;
    fs::write(folder.join("routing-day.md"), &report)?;
    fs::write(folder.join("images/routing-day-cost.svg"), plot::cost(&day))?;
    for (file, by) in [("regret", By::Policy), ("regret-prices", By::Prices)] {
        let file = folder.join(format!("images/routing-day-{file}.svg"));
        fs::write(file, plot::regret(&day, &steady, by))?;
    }
    eprintln!("written: {}", folder.canonicalize()?.join("routing-day.md").display());
    Ok(())
}

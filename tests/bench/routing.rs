//! How long a route takes to decide, classification included, by how many targets there are to choose from; what
//! telling of it takes, which happens once more for each routed call; what protection takes under load; and the
//! catalog's lists and names.

mod load;
mod names;

use crate::{Done, figure};
use domain::{Profile, PromptClass, Target};
use routing::{Ask, CallEnd, Facts, Learned, ReadyPolicy, Snapshot, Telling, classify, decide};
use std::{hint::black_box, time::Instant};

const NOW: i64 = 1_800_000_000_000;
/// How often each is measured, and how many decisions one measurement is.
const TIMES: usize = if cfg!(debug_assertions) { 5 } else { 200 };
const EACH: usize = 20;

pub async fn run() -> Done {
    decisions()?;
    load::run().await?;
    names::run().await
}

fn decisions() -> Done {
    for (size, prompt) in [("1 kB", prompt(1_000)), ("32 kB", prompt(32_000))] {
        let micros = median(|| {
            black_box(classify(black_box(&prompt)));
        });
        figure("routing", &format!("classify {size}"), micros, "µs p50");
        for count in [10, 40, 100, 500, 2_000] {
            let (snapshot, learned) = world(count)?;
            let policy = ReadyPolicy::of(Profile::Balanced);
            let once = |seed: u32| {
                let classified = classify(black_box(&prompt));
                let ask = Ask {
                    class: classified.class,
                    complexity: classified.complexity,
                    strength: classified.strength,
                    input_tokens: (prompt.len() / 4) as u32,
                    ..Ask::default()
                };
                let choice = decide(&snapshot, &learned, &ask, &policy, NOW + i64::from(seed), seed);
                (ask, choice)
            };
            let mut seed = 0;
            let micros = median(|| {
                seed += 1;
                black_box(once(seed));
            });
            figure("routing", &format!("decide {size} of {count}"), micros, "µs p50");
            let (ask, choice) = once(1);
            let requested: Target = "auto".parse()?;
            let telling = Telling { requested: &requested, now: NOW, seed: 1, detailed: 6, most: 64 };
            let micros =
                median(|| drop(black_box(choice.explain(&snapshot, &learned, &ask, &policy, telling))));
            figure("routing", &format!("tell {size} of {count}"), micros, "µs p50");
        }
    }
    Ok(())
}

/// Microseconds of one, the median of many.
fn median(mut one: impl FnMut()) -> f64 {
    let mut all: Vec<f64> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            (0..EACH).for_each(|_| one());
            begun.elapsed().as_secs_f64() * 1e6 / EACH as f64
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// So many targets, each with prices, quality, and calls that were observed.
fn world(count: usize) -> Result<(Snapshot, Learned), Box<dyn std::error::Error>> {
    let mut learned = Learned::default();
    let mut targets = Vec::with_capacity(count);
    for at in 0..count {
        let target: Target = format!("provider-{}/model-{at}", at % 12).parse()?;
        let mut facts = Facts::of(target.clone(), learned.slot(&target));
        let spread = (at * 37 % 100) as f32 / 100.0;
        facts.quality = [Some(0.3 + 0.6 * spread); PromptClass::ALL.len()];
        facts.prices =
            Some([(at as i64 % 50 + 1) * 100_000_000, 10_000_000, (at as i64 % 50 + 1) * 400_000_000]);
        facts.context_window = Some(128_000);
        targets.push(facts);
        for call in 0..5 {
            let outcome = CallEnd {
                error: None,
                first_ms: Some(200 + (at as u32 * 13 + call * 7) % 900),
                ended_ms: 4_000,
                output: Some(300),
                cost: Some((2_000, 1_900)),
            };
            let class = PromptClass::ALL[(at + call as usize) % PromptClass::ALL.len()];
            // An hour ago, so that reading has to fade it.
            learned.observe(&target, Some(class), &outcome, NOW - 3_600_000);
        }
    }
    Ok((Snapshot { targets }, learned))
}

/// A prompt of about so many bytes.
fn prompt(bytes: usize) -> String {
    let sentence =
        "Explain why the function `fold_left` in this module allocates, and rewrite it so that it does not. ";
    sentence.repeat(bytes.div_ceil(sentence.len())).chars().take(bytes).collect()
}

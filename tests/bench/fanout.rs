//! Eight answers of 200 tokens a second each, through the engine to one watcher.

use crate::{Done, cpu_seconds, figure, quantile};
use domain::{AskColumn, EventItem, Part, RunOrigin, StartRun};
use engine::{Engine, EngineOptions};
use std::time::Instant;

const STREAMS: usize = 8;
const TOKENS: usize = 3_000;

pub async fn run() -> Done {
    let home = tempfile::tempdir()?;
    let engine = Engine::open(home.path(), EngineOptions::command()).await?;
    let columns = (0..STREAMS).filter_map(|seed| {
        let target = format!("simulated/steady?tps=200&ttft=1&len={TOKENS}&seed={seed}").parse().ok()?;
        Some(AskColumn::of(target))
    });
    let ask = StartRun {
        important: false,
        conversation: None,
        parts: vec![Part::text("measure")],
        columns: columns.collect(),
        system: None,
    };
    let (cpu, begun) = (cpu_seconds(), Instant::now());
    let started = engine.start_run(ask, RunOrigin::Cli).await?;
    let mut events = engine.events(started.run, 0).await?;
    let (mut gaps, mut batches, mut characters, mut last) = (Vec::new(), 0_u32, 0_usize, Instant::now());
    while let Some(batch) = events.next().await {
        gaps.push(last.elapsed().as_secs_f64() * 1_000.0);
        last = Instant::now();
        batches += 1;
        for item in &batch.items {
            if let EventItem::Append { text, .. } = item {
                characters += text.len();
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    figure("fanout", "batches a second, all streams", f64::from(batches) / seconds, "1/s");
    figure("fanout", "gap between batches, p50", quantile(&mut gaps, 0.5), "ms");
    figure("fanout", "gap between batches, p95", quantile(&mut gaps, 0.95), "ms");
    figure("fanout", "one core", (cpu_seconds() - cpu) / seconds * 100.0, "%");
    figure("fanout", "text", characters as f64 / seconds / 1_000.0, "kB/s");
    engine.close().await;
    Ok(())
}

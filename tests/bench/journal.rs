//! What a frame's commit costs: a batch of eight answers, one transaction.

use crate::{Done, figure, quantile};
use domain::{CompletionId, RunId, RunOrigin};
use std::time::Instant;
use store::JournalRow;

const FRAMES: u32 = 600;

pub async fn run() -> Done {
    let home = tempfile::tempdir()?;
    let engine = engine::Engine::open(home.path(), engine::EngineOptions::command()).await?;
    // Rows hang on a run: a slow one lends its id.
    let columns = (0..8).filter_map(|seed| {
        let target = format!("simulated/steady?tps=1&ttft=100000&len=5&seed={seed}").parse().ok()?;
        Some(domain::AskColumn::of(target))
    });
    let parts = vec![domain::Part::text("measure")];
    let ask = domain::StartRun {
        important: false,
        conversation: None,
        parts,
        columns: columns.collect(),
        system: None,
    };
    let started = engine.start_run(ask, RunOrigin::Cli).await?;
    let completions: Vec<CompletionId> = started.columns.iter().map(|c| c.completion).collect();
    let (store, _) = store::Store::open(home.path(), store::OpenOptions::default()).await?;
    let mut times = Vec::new();
    for frame in 0..FRAMES {
        let rows = rows(started.run, &completions, frame + 100);
        let begun = Instant::now();
        store.journal().append(&rows).await?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    figure("journal", "a frame of 8 answers, p50", quantile(&mut times, 0.5), "ms");
    figure("journal", "a frame of 8 answers, p95", quantile(&mut times, 0.95), "ms");
    figure("journal", "a frame of 8 answers, p99", quantile(&mut times, 0.99), "ms");
    let _ = engine.stop_run(started.run).await;
    store.close().await;
    engine.close().await;
    Ok(())
}

fn rows(run: RunId, completions: &[CompletionId], seq: u32) -> Vec<JournalRow> {
    let text = "four words of text ".repeat(3);
    let row = |completion: &CompletionId| {
        let data = format!(
            r#"[{{"op":"append","completion":"{completion}","part":0,"at":{},"text":"{text}"}}]"#,
            seq * 57
        );
        JournalRow { run, completion: *completion, seq, data }
    };
    completions.iter().map(row).collect()
}

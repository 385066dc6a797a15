//! Each operation on a tree of 50,000 messages with a path of 10,000, beside one of 100: through the
//! engine, committed to disk. What copies or hides many nodes is shown apart, with how many.

use crate::{Done, figure, open::fill_tree, quantile};
use domain::{
    BranchId, BranchPlace, ColumnOf, ConversationId, DeleteWhat, DiffSide, Fork, InstanceId, MessageId, Part,
    RunOrigin, SaveEdit, TakeSide, Timestamp,
};
use engine::{Engine, EngineError, EngineOptions};
use std::time::Instant;
use store::{OpenOptions, Store};

const ROUNDS: usize = 40;

pub async fn run() -> Done {
    let home = tempfile::tempdir()?;
    let (store, _) = Store::open(home.path(), OpenOptions::default()).await?;
    let instance = InstanceId::from_uuid(uuid::Uuid::now_v7());
    let guard =
        store.instances().register(instance, "bench", std::process::id(), Timestamp::from_millis(1)).await?;
    let small = fill_tree(&store, instance, 100, 100).await?;
    let large = fill_tree(&store, instance, 10_000, 50_000).await?;
    drop(guard);
    store.close().await;
    let engine = Engine::open(home.path(), EngineOptions::command()).await?;
    let opened = [open(&engine, small, "100").await?, open(&engine, large, "50,000").await?];
    figure("tree", "opening 50,000 beside 100", opened[1] / opened[0], "times");
    for (id, name) in [(small, "100"), (large, "50,000")] {
        operations(&engine, id, name).await?;
    }
    whole(&engine, large).await?;
    let side = |seed: u32| DiffSide::Text { text: prose(seed) };
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        times.of(engine.diff(side(1), side(2))).await?;
    }
    times.tell("diff of a pair of 20 KB");
    engine.close().await;
    Ok(())
}

#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    async fn of<T>(&mut self, work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
        let begun = Instant::now();
        let done = work.await?;
        self.0.push(begun.elapsed().as_secs_f64() * 1_000.0);
        Ok(done)
    }

    fn tell(mut self, what: &str) -> f64 {
        let median = quantile(&mut self.0, 0.5);
        figure("tree", &format!("{what}, p50"), median, "ms");
        figure("tree", &format!("{what}, p95"), quantile(&mut self.0, 0.95), "ms");
        median
    }
}

async fn open(engine: &Engine, id: ConversationId, name: &str) -> Result<f64, EngineError> {
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        times.of(engine.open_conversation(id)).await?;
    }
    Ok(times.tell(&format!("opening {name}")))
}

async fn operations(engine: &Engine, id: ConversationId, name: &str) -> Done {
    let tell = |times: Times, what: &str| times.tell(&format!("{what} of {name}"));
    let view = engine.open_conversation(id).await?;
    let column = view.columns.first().ok_or("no column")?;
    let branch = column.branch.id;
    let tail: Vec<MessageId> = column.messages.iter().map(|view| view.message.id).collect();
    let near = tail[tail.len() - 6];

    let (mut fork, mut rename, mut activate, mut pin, mut delete, mut restore) = six();
    for _ in 0..ROUNDS {
        let wish = Fork { message: near, name: None, like: None, place: BranchPlace::List };
        let made = fork.of(engine.fork(wish)).await?.id;
        rename.of(engine.rename_branch(made, "a name")).await?;
        activate.of(engine.activate_branch(made)).await?;
        pin.of(engine.pin_branch(made, true)).await?;
        let deletion = delete.of(engine.delete_branch(made)).await?;
        restore.of(engine.restore_deletion(deletion.id)).await?;
        engine.delete_branch(made).await?;
    }
    for (times, what) in [
        (fork, "forking"),
        (rename, "renaming a branch"),
        (activate, "activating a branch"),
        (pin, "pinning a branch"),
        (delete, "deleting a branch"),
        (restore, "restoring a branch"),
    ] {
        tell(times, what);
    }
    lines(engine, id, branch, &tail, name).await
}

fn six() -> (Times, Times, Times, Times, Times, Times) {
    Default::default()
}

async fn lines(
    engine: &Engine,
    id: ConversationId,
    branch: BranchId,
    tail: &[MessageId],
    name: &str,
) -> Done {
    let tell = |times: Times, what: &str| times.tell(&format!("{what} of {name}"));
    engine.show_columns(id, &[ColumnOf::Branch { id: branch }]).await?;
    let near = tail[tail.len() - 6];
    let (mut edit, mut switch, mut columns, mut delete, mut restore, mut compare) = six();
    let mut take = Times::default();
    for round in 0..ROUNDS {
        let parts = vec![Part::text(format!("edited {round}"))];
        engine.show_message(near, Some(branch), None).await?;
        let saved = edit.of(engine.save_edit(SaveEdit { branch, message: near, parts })).await?;
        switch.of(engine.show_message(near, Some(branch), Some(3))).await?;
        let both = [ColumnOf::Message { id: near }, ColumnOf::Message { id: saved.message }];
        columns.of(engine.show_columns(id, &both)).await?;
        compare.of(engine.compare_lines(tail[tail.len() - 1], saved.tip, 0, 50)).await?;
        let sources = vec![tail[tail.len() - 1], saved.tip];
        let merge = TakeSide { take: sources[0], sources, branch: Some(branch) };
        take.of(engine.take_side(merge)).await?;
        engine.show_columns(id, &[ColumnOf::Branch { id: branch }]).await?;
        let deletion =
            delete.of(engine.delete_messages(&DeleteWhat::Below { message: saved.message })).await?;
        restore.of(engine.restore_deletion(deletion.id)).await?;
    }
    for (times, what) in [
        (edit, "saving an edit that carries five messages"),
        (switch, "switching lines"),
        (columns, "opening two lines as columns"),
        (compare, "comparing two lines"),
        (take, "taking a side"),
        (delete, "deleting six messages"),
        (restore, "restoring six messages"),
    ] {
        tell(times, what);
    }
    Ok(())
}

/// What reads, copies or hides all there is.
async fn whole(engine: &Engine, id: ConversationId) -> Done {
    let mut times = Times::default();
    for _ in 0..10 {
        times.of(engine.tree_overview(id, None)).await?;
    }
    times.tell("the view of all 50,000");
    let mut times = Times::default();
    for _ in 0..10 {
        times.of(engine.branches(id)).await?;
    }
    times.tell("the list of branches");
    let view = engine.open_conversation(id).await?;
    let branch = view.columns.first().ok_or("no column")?.branch.id;
    let first = engine.path_page(branch, Some(2), 2).await?;
    let second = first.last().ok_or("no second message")?.message.id;
    let mut times = Times::default();
    let parts = vec![Part::text("begun differently")];
    times.of(engine.save_edit(SaveEdit { branch, message: second, parts })).await?;
    times.tell("saving an edit that carries 10,000 messages");
    let mut times = Times::default();
    times.of(engine.fork_conversation(second, None, RunOrigin::Cli)).await?;
    times.tell("opening a short path as a conversation");
    let (mut delete, mut restore) = (Times::default(), Times::default());
    let deletion = delete.of(engine.delete_messages(&DeleteWhat::Below { message: second })).await?;
    restore.of(engine.restore_deletion(deletion.id)).await?;
    delete.tell("deleting almost all 50,000");
    restore.tell("restoring almost all 50,000");
    Ok(())
}

/// 20 KB of words, one in five of them another for another seed.
fn prose(seed: u32) -> String {
    let mut text = String::with_capacity(20_480);
    for n in 0_u32.. {
        let other = if n.wrapping_mul(2_654_435_761) >> 29 == 0 { seed } else { 0 };
        let word = n.wrapping_mul(40_503).wrapping_add(other * 7) % 5_000;
        text.extend([&*format!("{word:x}"), " "]);
        if text.len() >= 20_480 {
            break;
        }
    }
    text
}

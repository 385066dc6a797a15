use crate::{Durability, JournalRow, Store, testing::*};
use std::time::Duration;

/// Full size is 1,000; fewer keep the everyday run short.
fn rounds() -> i64 {
    std::env::var("STORE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(40)
}

async fn count_up(store: &Store) {
    let mut tx = store.write(Durability::Process).await.unwrap();
    let value: String =
        sqlx::query_scalar("SELECT value FROM meta WHERE key = 'counter'").fetch_one(&mut *tx).await.unwrap();
    let next = (value.parse::<i64>().unwrap() + 1).to_string();
    sqlx::query("UPDATE meta SET value = ? WHERE key = 'counter'")
        .bind(next)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_and_four_readers_never_hear_that_it_is_locked() {
    let home = Home::new();
    // Two stores on one file are what two processes are.
    let (one, _) = home.open().await;
    let (two, _) = home.open().await;
    one.meta().set("counter", "0").await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..16 {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        tasks.push(tokio::spawn(async move {
            for _ in 0..rounds() {
                count_up(&store).await;
            }
        }));
    }
    for store in [&one, &two, &one, &two] {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..rounds() {
                store.meta().get("counter").await.unwrap().unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(one.meta().get("counter").await.unwrap().unwrap(), (16 * rounds()).to_string());
}

/// The twin: why writers take the lock before they read.
#[tokio::test]
async fn a_write_that_began_by_reading_fails_when_somebody_wrote_in_between() {
    let home = Home::new();
    let (one, _) = home.open().await;
    let (two, _) = home.open().await;
    one.meta().set("counter", "0").await.unwrap();
    let mut writer = one.inner.writer.lock().await;
    sqlx::query("BEGIN").execute(writer.connection()).await.unwrap();
    sqlx::query("SELECT * FROM meta").fetch_all(writer.connection()).await.unwrap();
    count_up(&two).await;
    let late = sqlx::query("UPDATE meta SET value = '1'").execute(writer.connection()).await.unwrap_err();
    assert_eq!(late.as_database_error().unwrap().code().as_deref(), Some("517"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn aborted_writes_leave_nothing_and_hold_nobody_up() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let (other, _) = home.open().await;
    store.meta().set("counter", "0").await.unwrap();
    for round in 0..rounds() {
        let mut tasks = Vec::new();
        for number in 0..4 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                let mut tx = store.write(Durability::Power).await.unwrap();
                sqlx::query("UPDATE meta SET value = 'torn'").execute(&mut *tx).await.unwrap();
                tokio::time::sleep(Duration::from_millis(number)).await;
            }));
        }
        tokio::time::sleep(Duration::from_micros((round % 7) as u64 * 300)).await;
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    }
    count_up(&other).await;
    count_up(&store).await;
    assert_eq!(store.meta().get("counter").await.unwrap().as_deref(), Some("2"));
}

#[tokio::test]
async fn another_process_is_noticed_and_our_own_writes_are_not() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let (other, _) = home.open().await;
    let before = store.data_version().await.unwrap();
    store.meta().set("a", "1").await.unwrap();
    assert_eq!(store.data_version().await.unwrap(), before);
    other.meta().set("a", "2").await.unwrap();
    assert_ne!(store.data_version().await.unwrap(), before);
}

#[tokio::test]
async fn a_lock_is_free_as_soon_as_its_holder_is_gone() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let (alive, dead) = (instance_id(), instance_id());
    let _guard = store.instances().register(alive, "test", 1, NOW).await.unwrap();
    drop(store.instances().register(dead, "test", 2, NOW).await.unwrap());
    assert_eq!(store.instances().dead().await.unwrap(), [dead]);
}

/// A full disk, as SQLite sees it: the file may not grow.
#[tokio::test]
async fn a_full_disk_refuses_writes_and_lets_them_through_once_there_is_room() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    let pragma = |store: Store, pages: &'static str| async move {
        let mut writer = store.inner.writer.lock().await;
        sqlx::query(pages).execute(writer.connection()).await.unwrap();
    };
    pragma(store.clone(), "PRAGMA max_page_count = 1").await;
    let row = |seq| JournalRow { run: asked.run, completion: asked.completion, seq, data: "x".repeat(8_000) };
    let mut refused = 0;
    for seq in 1..40 {
        match store.journal().append(&[row(seq), row(seq + 1_000)]).await {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error.kind(), "diskFull");
                assert!(error.may_pass());
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
    pragma(store.clone(), "PRAGMA max_page_count = 1000000").await;
    let rows: Vec<_> = (1..40).flat_map(|seq| [row(seq), row(seq + 1_000)]).collect();
    store.journal().append(&rows).await.unwrap();
    assert_eq!(store.journal().of(asked.completion).await.unwrap().len(), 78);
    talk.answer(&asked, "hi").await;
    assert!(store.check().run().await.unwrap().ok);
}

/// A transaction that begins by reading fails at once when somebody else has written since.
#[test]
fn no_write_begins_without_the_lock() {
    fn look(folder: &std::path::Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path);
            } else if !path.ends_with("contention.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains(".begin()"), "{} begins without saying how", path.display());
            }
        }
    }
    look(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
}

/// An index that catches up is not the only one who writes: another process asks every now and then only.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_the_index_catches_up_another_process_writes() {
    let home = Home::new();
    let (one, _) = home.open().await;
    let (two, _) = home.open().await;
    two.meta().set("counter", "0").await.unwrap();
    let mut tx = one.write(Durability::Process).await.unwrap();
    for number in 0..40_i64 {
        let parts =
            serde_json::json!([{"type": "text", "text": format!("{number} {}", "word ".repeat(24_000))}]);
        let id: i64 =
            sqlx::query_scalar("INSERT INTO content (hash, parts) VALUES (randomblob(32), ?) RETURNING id")
                .bind(parts.to_string())
                .fetch_one(&mut *tx)
                .await
                .unwrap();
        sqlx::query("INSERT INTO search_queue (content_id) VALUES (?)")
            .bind(id)
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let catches_up = tokio::spawn(async move { one.search().catch_up().await.unwrap() });
    let mut writes = 0;
    while !catches_up.is_finished() {
        count_up(&two).await;
        writes += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(catches_up.await.unwrap(), 40);
    // There are twenty steps; without a pause between them it is three writes, with it about sixty.
    assert!(writes >= 20, "only {writes} writes came through");
}

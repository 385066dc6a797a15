use crate::{BackupKind, Backups, StoreError, testing::*};
use domain::Timestamp;
use std::path::Path;

const DAY: i64 = 86_400_000;

fn later(days: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + days * DAY)
}

fn daily(backups: Backups<'_>) -> Vec<Timestamp> {
    let all = backups.list().unwrap();
    all.into_iter().filter(|b| b.kind == BackupKind::Daily).map(|b| b.made_at).collect()
}

#[tokio::test]
async fn a_backup_is_one_moment_and_comes_back_at_the_next_start() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    talk.answer(&asked, "hi").await;
    let backup = store.backups().now(None).await.unwrap();
    let elsewhere = home.folder.path().join("my backup.db");
    assert_eq!(store.backups().now(Some(&elsewhere)).await.unwrap(), elsewhere);
    assert_eq!(store.backups().list().unwrap().len(), 1);
    let after = talk.say(Some(asked.answer), "said after the backup").await;
    assert!(matches!(
        store.backups().restore(Path::new("Cargo.toml")).await,
        Err(StoreError::BadBackup { .. })
    ));
    store.backups().restore(&backup).await.unwrap();
    assert!(store.messages().get(after).await.unwrap().is_some(), "nothing changes before the next start");
    // Somebody still has it open: the swap waits.
    let (second, report) = home.open().await;
    assert_eq!(report.restored, None);
    second.close().await;
    drop(talk.guard);
    store.close().await;
    let (store, report) = home.open().await;
    assert!(report.restored.is_some() && report.damaged.is_none());
    assert_eq!(store.messages().get(after).await.unwrap(), None);
    assert_eq!(store.messages().get(asked.answer).await.unwrap().unwrap().text(), "hi");
    assert!(store.check().run().await.unwrap().ok);
    assert_eq!(std::fs::read_dir(home.folder.path().join("replaced")).unwrap().count(), 1);
}

#[tokio::test]
async fn seven_daily_backups_are_kept_and_no_others_are_touched() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let backups = store.backups();
    let manual = backups.now(None).await.unwrap();
    for day in 0..10 {
        assert!(backups.daily(later(day)).await.unwrap().is_some());
        assert_eq!(backups.daily(Timestamp::from_millis(later(day).millis() + DAY - 1)).await.unwrap(), None);
    }
    assert_eq!(daily(backups), (3..10).rev().map(later).collect::<Vec<_>>());
    assert!(manual.exists());
    assert!(backups.daily(later(-40)).await.unwrap().is_some(), "a clock that was set back delays nothing");
}

#[tokio::test]
async fn a_copy_that_was_never_finished_does_not_stay_for_ever() {
    let home = Home::new();
    let (store, _) = home.open().await;
    store.backups().now(None).await.unwrap();
    let folder = home.folder.path().join("backups");
    let (old, new) = (
        folder.join("2026-01-31T23-59-59.999Z-daily.db.unfinished"),
        folder.join("2026-02-01T23-59-59.999Z-daily.db.unfinished"),
    );
    for path in [&old, &new] {
        std::fs::write(path, "half").unwrap();
    }
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_hours(24);
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(yesterday).unwrap();
    store.backups().now(None).await.unwrap();
    assert!(!old.exists());
    assert!(new.exists(), "somebody may still be writing it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_others_write_is_whole() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = std::sync::Arc::new(Talk::new(&store).await);
    let writing = talk.clone();
    let writer = tokio::spawn(async move {
        let mut parent = None;
        for number in 0..60 {
            let asked = writing.ask(parent, &format!("question {number}")).await;
            writing.answer(&asked, &format!("answer {number}")).await;
            parent = Some(asked.answer);
        }
    });
    let mut copies = Vec::new();
    while !writer.is_finished() {
        copies.push(store.backups().now(None).await.unwrap());
    }
    writer.await.unwrap();
    for copy in copies {
        let other = Home::new();
        std::fs::copy(copy, other.file()).unwrap();
        let (store, _) = other.open().await;
        assert_eq!(store.check().run().await.unwrap().problems, [] as [&str; 0]);
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_and_not_touched() {
    let home = Home::new();
    let (store, _) = home.open().await;
    tamper(
        &store,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .await;
    store.close().await;
    let before = std::fs::read(home.file()).unwrap();
    for _ in 0..2 {
        assert!(matches!(home.try_open().await, Err(StoreError::Newer { found: 9999, .. })));
    }
    assert_eq!(std::fs::read(home.file()).unwrap(), before);
    assert!(!home.folder.path().join("damaged").exists());
}

#[tokio::test]
async fn an_upgrade_begins_with_a_verified_copy() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    talk.say(None, "hello").await;
    store.close().await;
    let backup = crate::backups::make(home.folder.path(), None, BackupKind::Upgrade).await.unwrap();
    assert!(crate::open::probe::verify(&backup).await.is_ok());
}

#[test]
fn sqlite_is_new_enough_in_the_lock_file_and_when_running() {
    use crate::open::probe::is_new_enough;
    for (version, good) in
        [("3.51.2", false), ("3.51.3", true), ("3.52.0", true), ("4.0", true), ("3.9.9", false), ("", false)]
    {
        assert_eq!(is_new_enough(version), good, "{version}");
    }
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    let sys = lock.split("[[package]]").find(|p| p.contains("name = \"libsqlite3-sys\"")).unwrap();
    let version = sys.lines().find_map(|l| l.strip_prefix("version = ")).unwrap().trim_matches('"');
    let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    assert!(
        version.starts_with("0.") && minor >= 37,
        "libsqlite3-sys {version} bundles a SQLite before 3.51.3"
    );
    let header = libsqlite3_sys::SQLITE_VERSION.to_str().unwrap();
    assert!(is_new_enough(header), "{header}");
}

#[tokio::test]
async fn memory_is_never_mapped_and_references_are_enforced() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let mut writer = store.inner.writer.lock().await;
    for (pragma, expected) in [("PRAGMA mmap_size", 0), ("PRAGMA foreign_keys", 1), ("PRAGMA synchronous", 2)]
    {
        let value: i64 = sqlx::query_scalar(pragma).fetch_one(writer.connection()).await.unwrap();
        assert_eq!(value, expected, "{pragma}");
    }
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(writer.connection()).await.unwrap();
    assert_eq!(mode, "wal");
}

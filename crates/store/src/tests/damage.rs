use crate::{StoreError, testing::*};
use domain::MessageId;
use std::{fs, path::Path};

/// A repeatable source of odd numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }
}

fn copy_home(from: &Path, to: &Path, with_log: bool) {
    for name in ["orchesity.db", "orchesity.db-wal"] {
        if (with_log || !name.ends_with("wal")) && from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
    if from.join("backups").exists() {
        fs::create_dir_all(to.join("backups")).unwrap();
        for entry in fs::read_dir(from.join("backups")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join("backups").join(entry.file_name())).unwrap();
        }
    }
}

/// A home with a log that was never folded, as a killed process leaves it.
async fn lived_in(backup: bool) -> (Home, Vec<MessageId>) {
    let (home, left) = (Home::new(), Home::new());
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let (mut ids, mut parent) = (Vec::new(), None);
    for number in 0..30 {
        let asked = talk.ask(parent, &format!("question {number} {}", "about many things ".repeat(20))).await;
        talk.answer(&asked, &format!("answer {number} {}", "at some length ".repeat(40))).await;
        ids.extend([asked.user, asked.answer]);
        parent = Some(asked.answer);
        if number == 15 {
            let mut writer = store.inner.writer.lock().await;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer.connection()).await.unwrap();
        }
    }
    if backup {
        store.backups().now(None).await.unwrap();
    }
    copy_home(home.folder.path(), left.folder.path(), true);
    (left, ids)
}

/// Full size is 200; fewer keep the everyday run short.
fn mutations() -> u64 {
    std::env::var("STORE_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(60)
}

fn kept_bytes(kept: &Path) -> (Vec<u8>, Option<Vec<u8>>) {
    (fs::read(kept).unwrap_or_default(), fs::read(kept.with_file_name("orchesity.db-wal")).ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_damage_panics_and_every_damaged_file_is_kept() {
    let (with_backup, ids) = lived_in(true).await;
    let (without, _) = lived_in(false).await;
    let mut dice = Dice(7);
    let (mut contained, mut salvaged) = (0_u64, 0_u64);
    for round in 0..mutations() {
        let source = if round % 2 == 0 { &with_backup } else { &without };
        let home = Home::new();
        copy_home(source.folder.path(), home.folder.path(), round % 3 != 0);
        let mut bytes = fs::read(home.file()).unwrap();
        let size = bytes.len() as u64;
        match round % 6 {
            0 => bytes.truncate(dice.roll(size) as usize),
            1 => bytes[..100].fill(0),
            2 => {
                for _ in 0..400 {
                    bytes[dice.roll(size) as usize] = dice.roll(256) as u8;
                }
            }
            3 => {
                let page = (dice.roll(size / 4096) * 4096) as usize;
                bytes[page..page + 4096].fill(0xa5);
            }
            4 => bytes = b"not a database at all, but somebody's shopping list".repeat(100),
            _ => {
                if let Ok(mut log) = fs::read(home.log()) {
                    let at = dice.roll(log.len() as u64) as usize;
                    log[at] ^= 0x55;
                    log.truncate(log.len() - dice.roll(log.len() as u64 / 2) as usize);
                    fs::write(home.log(), log).unwrap();
                } else {
                    bytes.truncate(dice.roll(size) as usize);
                }
            }
        }
        fs::write(home.file(), &bytes).unwrap();
        let log = fs::read(home.log()).ok();
        let (store, report) = home.try_open().await.unwrap_or_else(|error| panic!("round {round}: {error}"));
        if let Some(kept) = &report.damaged {
            contained += 1;
            let (kept_file, kept_log) = kept_bytes(kept);
            assert_eq!(kept_file, bytes, "round {round}: kept byte for byte");
            assert_eq!(kept_log.unwrap_or_default(), log.unwrap_or_default(), "round {round}");
            assert_eq!(report.restored.is_some(), round % 2 == 0, "round {round}");
            salvaged += u64::from(report.salvaged);
        }
        if report.restored.is_some() {
            assert!(store.messages().get(*ids.last().unwrap()).await.unwrap().is_some());
            assert!(store.check().run().await.unwrap().ok, "round {round}");
        }
        // Whatever happened, one can go on.
        let talk = Talk::new(&store).await;
        let asked = talk.ask(None, "go on").await;
        talk.answer(&asked, "yes").await;
        store.close().await;
    }
    let most = mutations() / 2;
    assert!(contained >= most && salvaged >= most / 4, "{contained} contained, {salvaged} salvaged");
}

#[tokio::test]
async fn without_a_backup_everything_that_can_be_read_is_taken_over() {
    let (left, ids) = lived_in(false).await;
    // Fold the log, so that only the header is missing.
    let (store, _) = left.open().await;
    store.close().await;
    let mut bytes = fs::read(left.file()).unwrap();
    bytes[..100].fill(0);
    fs::write(left.file(), &bytes).unwrap();
    let (store, report) = left.open().await;
    assert!(report.salvaged && report.restored.is_none());
    assert_eq!(fs::read(report.damaged.unwrap()).unwrap(), bytes);
    for id in &ids {
        assert!(store.messages().get(*id).await.unwrap().is_some());
    }
    assert_eq!(store.check().run().await.unwrap().problems, [] as [&str; 0]);
    store.search().catch_up().await.unwrap();
    assert_eq!(found(&store, "question 12").await.len(), 1);
}

#[tokio::test]
async fn a_log_cut_anywhere_leaves_a_prefix() {
    let (left, ids) = lived_in(false).await;
    let log = fs::read(left.log()).unwrap();
    let mut dice = Dice(3);
    let mut lengths = std::collections::BTreeSet::new();
    for _ in 0..25 {
        let home = Home::new();
        copy_home(left.folder.path(), home.folder.path(), false);
        fs::write(home.log(), &log[..dice.roll(log.len() as u64) as usize]).unwrap();
        let (store, report) = home.open().await;
        assert_eq!(report.damaged, None);
        let mut present = Vec::new();
        for id in &ids {
            present.push(store.messages().get(*id).await.unwrap().is_some());
        }
        let length = present.iter().take_while(|there| **there).count();
        assert!(present[length..].iter().all(|there| !there), "a prefix");
        assert_eq!(store.check().run().await.unwrap().problems, [] as [&str; 0]);
        lengths.insert(length);
        store.close().await;
    }
    assert!(lengths.len() > 3, "{lengths:?}");
}

#[tokio::test]
async fn a_lost_log_or_an_empty_file_never_passes_for_a_new_home() {
    let (left, _) = lived_in(true).await;
    fs::write(left.file(), b"").unwrap();
    let (store, report) = left.open().await;
    assert!(report.damaged.is_some() && report.restored.is_some() && !report.created);
    store.close().await;
    let (left, _) = lived_in(true).await;
    fs::remove_file(left.file()).unwrap();
    let (store, report) = left.open().await;
    assert!(report.damaged.is_some() && report.restored.is_some() && !report.created);
    store.close().await;
}

#[tokio::test]
async fn a_damaged_file_that_somebody_uses_is_left_alone() {
    let (left, _) = lived_in(true).await;
    let (store, _) = left.open().await;
    store.meta().set("a", "b").await.unwrap();
    let bytes = vec![0x5a; 20_000];
    fs::write(left.file(), &bytes).unwrap();
    fs::write(left.log(), b"").unwrap();
    assert!(matches!(left.try_open().await, Err(StoreError::Damaged(_))));
    assert_eq!(fs::read(left.file()).unwrap(), bytes);
    drop(store);
}

#[tokio::test]
async fn checking_finds_every_kind_of_tampering() {
    let (left, _) = lived_in(false).await;
    let home = Home::new();
    copy_home(left.folder.path(), home.folder.path(), true);
    let (store, _) = home.open().await;
    store.blobs().put("text/plain", b"some bytes").await.unwrap();
    let report = store.check().run().await.unwrap();
    assert!(report.ok && report.messages == 60 && report.blobs == 1, "{report:?}");
    store.close().await;
    for statement in [
        "UPDATE content SET parts = replace(parts, 'answer 7 ', 'answer 8 ') WHERE parts LIKE '%answer 7 %'",
        "UPDATE content SET hash = zeroblob(32) WHERE id = 3",
        "UPDATE blob SET bytes = x'00'",
        "UPDATE message SET content_id = 1 WHERE id = 9",
        "UPDATE message SET role = 'system' WHERE id = 9",
        "UPDATE message SET hash = zeroblob(32) WHERE id = 9",
        "UPDATE message SET parent_id = 3 WHERE id = 9",
        "UPDATE message SET parent_id = 40 WHERE id = 9",
        "UPDATE message SET depth = depth + 1 WHERE id = 9",
        "UPDATE message SET jump_id = 2 WHERE id = 30",
        "UPDATE message SET conversation_id = 99 WHERE id = 9",
        "UPDATE message SET status = 'failed' WHERE id = 10",
        "UPDATE branch SET tip_id = 4000",
        "UPDATE branch SET tip_id = NULL, conversation_id = 12",
        "UPDATE conversation SET head_branch_id = 7",
        "UPDATE completion SET run_id = 4000 WHERE id = 1",
        "UPDATE completion SET state = 'streaming', stop = NULL WHERE id = 1",
        "INSERT INTO deletion (kind, nodes, created_at, erase_after) VALUES ('conversation', 0, 0, 0)",
    ] {
        let copy = Home::new();
        copy_home(home.folder.path(), copy.folder.path(), true);
        let (store, _) = copy.open().await;
        tamper(&store, statement).await;
        let harmless = statement.starts_with("INSERT");
        assert_eq!(store.check().run().await.unwrap().ok, harmless, "{statement}");
    }
}

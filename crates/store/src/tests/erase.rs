use crate::{Exchange, JournalRow, Store, StoreError, testing::*};
use domain::{AttemptId, Hash, MediaSource, Part, Role, Timestamp};
use std::path::Path;

/// Nothing else says this; the second part is for the index of scripts without spaces.
const MARKER: &str = "zqxjkvmarker\u{9f98}\u{9f91}";
const DAY: i64 = 86_400_000;

/// A store with a conversation that says the marker wherever something can be said, and another that
/// shares a picture and a system text with it.
async fn marked(store: &Store) -> (Talk, Talk, Hash) {
    let (gone, kept) = (Talk::new(store).await, Talk::new(store).await);
    let secret = store.blobs().put("text/plain", format!("{MARKER} in a file").as_bytes()).await.unwrap();
    let shared = store.blobs().put("image/png", b"a picture of both").await.unwrap();
    let file = |name: &str, hash| Part::File {
        media_type: "text/plain".to_owned(),
        name: Some(name.to_owned()),
        source: MediaSource::Blob { hash, size: 20 },
    };
    for talk in [&gone, &kept] {
        let mut message = talk.message(None, Role::User, "both say this");
        message.parts.push(file("shared.txt", shared));
        store.messages().insert(&message, &[]).await.unwrap();
    }
    let mut message = gone.message(None, Role::User, MARKER);
    message.parts.push(file(MARKER, secret));
    store.messages().insert(&message, &[]).await.unwrap();
    store.conversations().rename(gone.conversation, MARKER, true).await.unwrap();
    store.conversations().set_system(gone.conversation, Some(&format!("first {MARKER}"))).await.unwrap();
    store.conversations().set_system(gone.conversation, Some(&format!("then {MARKER}"))).await.unwrap();
    store
        .drafts()
        .keep(Some(gone.conversation), &[Part::text(MARKER), file(MARKER, secret)], NOW)
        .await
        .unwrap();
    let mut parent = Some(message.id);
    for number in 0..300 {
        let asked = gone.ask(parent, &format!("{MARKER} {number}")).await;
        let data = format!("[\"{MARKER}\"]");
        let row = JournalRow { run: asked.run, completion: asked.completion, seq: 1, data };
        store.journal().append(&[row]).await.unwrap();
        if number % 50 == 0 {
            exchange(store, &asked).await;
        }
        // Every tenth is too long to be indexed at once.
        let text = if number % 10 == 0 { MARKER.repeat(4_000) } else { format!("{MARKER} says {number}") };
        gone.answer(&asked, &text).await;
        parent = Some(asked.answer);
    }
    (gone, kept, shared)
}

async fn exchange(store: &Store, asked: &Asked) {
    let id = AttemptId::from_uuid(uuid::Uuid::now_v7());
    let attempt = domain::Attempt {
        id,
        completion_id: asked.completion,
        ord: 0,
        provider: "p".to_owned(),
        model: "m".to_owned(),
        http_status: Some(200),
        outcome: domain::AttemptOutcome::Running,
        error_kind: None,
        started_at: NOW,
        headers_ms: None,
        first_ms: None,
        ended_ms: None,
        usage: domain::Usage::default(),
        usage_by: None,
        cost: None,
    };
    store.attempts().start(&attempt).await.unwrap();
    let exchange = Exchange {
        attempt: id,
        method: "POST".to_owned(),
        url: format!("http://127.0.0.1/{MARKER}"),
        request_headers: vec![("x-marker".to_owned(), MARKER.to_owned())],
        request_body: MARKER.to_owned(),
        status: Some(200),
        response_headers: Vec::new(),
        response_body: MARKER.to_owned(),
        response_cut: false,
    };
    store.wire().put(&exchange).await.unwrap();
}

/// Files of a home in which the marker stands.
fn hits(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(hits(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let needle = &MARKER.as_bytes()[..12];
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// Whether the index still has a term of the marker.
async fn in_index(store: &Store) -> bool {
    let mut writer = store.inner.writer.lock().await;
    let connection = writer.connection();
    sqlx::query("CREATE VIRTUAL TABLE temp.terms USING fts5vocab ('main', 'search_text', 'row')")
        .execute(&mut *connection)
        .await
        .unwrap();
    let found: i64 =
        sqlx::query_scalar("SELECT count(*) FROM temp.terms WHERE term IN ('zqx', 'qxj', 'jkv')")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
    sqlx::query("DROP TABLE temp.terms").execute(connection).await.unwrap();
    found > 0
}

#[tokio::test]
async fn what_was_deleted_and_erased_is_nowhere() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let (gone, kept, shared) = marked(&store).await;
    store.search().catch_up().await.unwrap();
    let ledger = rows_in(&store, "ledger").await;
    store.conversations().delete(gone.conversation, NOW).await.unwrap();
    // The twin: deleting alone only hides.
    store.erase().compact().await.unwrap();
    assert!(!hits(home.folder.path()).is_empty() && in_index(&store).await);

    assert_eq!(store.erase().deleted(None).await.unwrap(), 1);
    assert_eq!(store.erase().unused_contents().await.unwrap(), 1, "a system text that was replaced");
    store.erase().compact().await.unwrap();
    assert_eq!(hits(home.folder.path()), [] as [&str; 0]);
    assert!(!in_index(&store).await);
    assert!(found(&store, "zqxjkv").await.is_empty());
    assert!(store.conversations().restore(gone.conversation).await.is_err());

    // What belongs to others, and figures, stay.
    assert!(store.check().run().await.unwrap().problems.is_empty());
    assert_eq!(rows_in(&store, "ledger").await, ledger);
    assert!(store.blobs().get(shared).await.unwrap().is_some());
    assert_eq!(rows_in(&store, "blob").await, 1);
    assert_eq!(found(&store, "both say this").await.len(), 1);
    assert!(store.conversations().get(kept.conversation).await.unwrap().is_some());
    for table in ["deletion", "draft", "completion", "run", "journal", "wire", "attempt", "decision"] {
        assert_eq!(rows_in(&store, table).await, 0, "{table}");
    }
    sqlx::query("INSERT INTO search_text (search_text) VALUES ('integrity-check')")
        .execute(store.inner.writer.lock().await.connection())
        .await
        .unwrap();
}

#[tokio::test]
async fn erasing_goes_on_where_a_crash_ended_it() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let mut parent = None;
    for number in 0..450 {
        parent = Some(talk.say(parent, &format!("message {number}")).await);
    }
    store.conversations().delete(talk.conversation, NOW).await.unwrap();
    // Dropped at some point in between, as a crash would.
    let first = {
        let erasing = store.clone();
        tokio::spawn(async move { erasing.erase().deleted(None).await })
    };
    while rows_in(&store, "message").await == 450 {
        tokio::task::yield_now().await;
    }
    first.abort();
    let _ = first.await;
    assert!(store.conversations().restore(talk.conversation).await.is_err(), "half of it is gone");
    assert!(store.check().run().await.unwrap().ok);
    store.erase().deleted(None).await.unwrap();
    for table in ["message", "conversation", "content", "branch", "search_text_docsize"] {
        assert_eq!(rows_in(&store, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_deleted_conversation_is_erased_when_its_month_is_over() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let (early, late) = (Talk::new(&store).await, Talk::new(&store).await);
    let after = |days: i64| Timestamp::from_millis(NOW.millis() + days * DAY);
    store.conversations().delete(early.conversation, NOW).await.unwrap();
    store.conversations().delete(late.conversation, after(1)).await.unwrap();
    assert_eq!(store.erase().deleted(Some(after(29))).await.unwrap(), 0);
    assert_eq!(store.erase().deleted(Some(after(30))).await.unwrap(), 1);
    assert!(store.conversations().restore(early.conversation).await.is_err());
    store.conversations().restore(late.conversation).await.unwrap();
}

#[tokio::test]
async fn what_is_being_written_is_not_erased() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    assert!(matches!(store.erase().conversations(NOW).await, Err(StoreError::Streaming)));
    store.conversations().delete(talk.conversation, NOW).await.unwrap();
    assert_eq!(store.erase().deleted(None).await.unwrap(), 0);
    talk.answer(&asked, "hi").await;
    assert_eq!(store.erase().conversations(NOW).await.unwrap(), 1);
    assert_eq!(rows_in(&store, "deletion").await, 0);
    // And the branch does not come back with the next one.
    assert_eq!(rows_in(&store, "branch").await, 0);
}

#[tokio::test]
async fn files_of_drafts_outlive_tidying_up() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let drafted = store.blobs().put("text/plain", b"in a draft").await.unwrap();
    let loose = store.blobs().put("text/plain", b"attached and taken away").await.unwrap();
    let source = MediaSource::Blob { hash: drafted, size: 10 };
    let part = Part::File { media_type: "text/plain".to_owned(), name: None, source };
    store.drafts().keep(None, &[part], NOW).await.unwrap();
    assert_eq!(store.erase().unused_blobs(NOW).await.unwrap(), [loose]);
    assert_eq!(store.erase().blobs(&[drafted, loose], NOW).await.unwrap(), 1);
    store.erase().compact().await.unwrap();
    assert!(store.blobs().get(drafted).await.unwrap().is_some());
    store.drafts().keep(None, &[], NOW).await.unwrap();
    assert_eq!(store.erase().unused_blobs(NOW).await.unwrap(), [drafted]);
}

#[tokio::test]
async fn what_is_attached_counts_as_used_for_a_while_also_in_the_eyes_of_others() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let bytes = b"attached a moment ago";
    let hash = domain::Hash::of(bytes);
    store.blobs().attach(hash, "text/plain", bytes, NOW).await.unwrap();
    let (other, _) = home.open().await;
    let later = Timestamp::from_millis(NOW.millis() + 1);
    assert_eq!(other.erase().unused_blobs(NOW).await.unwrap(), []);
    // Nor where somebody attached it after it had been found unused.
    assert_eq!(other.erase().blobs(&[hash], NOW).await.unwrap(), 0);
    assert_eq!(other.erase().unused_blobs(later).await.unwrap(), [hash]);
    assert_eq!(other.erase().blobs(&[hash], later).await.unwrap(), 1);
    assert_eq!(rows_in(&store, "attached").await, 0, "its hash is still there");
}

#[tokio::test]
async fn with_all_conversations_every_draft_goes_too() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let typed = [Part::text(format!("{MARKER} never sent"))];
    store.drafts().keep(None, &typed, NOW).await.unwrap();
    store.erase().conversations(NOW).await.unwrap();
    store.erase().compact().await.unwrap();
    assert_eq!(store.drafts().of(None).await.unwrap(), []);
    assert_eq!(rows_in(&store, "draft").await, 0);
}

#[tokio::test]
async fn sizes_add_up_and_compacting_gives_room_back() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let (gone, ..) = marked(&store).await;
    let of = |sizes: &[crate::DataSize], kind| *sizes.iter().find(|size| size.kind == kind).unwrap();
    let before = store.sizes().all().await.unwrap();
    let in_file: u32 = before[..5].iter().map(|size| size.kib).sum();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(store.readers()).await.unwrap();
    assert!((i64::from(in_file) - pages * 4).abs() <= 8, "{in_file} KiB in {pages} pages");
    assert!(of(&before, crate::DataKind::Search).kib > 0);
    assert_eq!(of(&before, crate::DataKind::Exchanges).count, 6);
    store.conversations().delete(gone.conversation, NOW).await.unwrap();
    assert_eq!(store.sizes().deleted_conversations().await.unwrap(), 1);
    store.erase().deleted(None).await.unwrap();
    assert!(of(&store.sizes().all().await.unwrap(), crate::DataKind::Free).kib > 100);
    // Somebody reads meanwhile, and sees one moment to its end.
    let mut reading = store.snapshot().await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM message").fetch_one(&mut *reading).await.unwrap();
    assert!(
        matches!(store.erase().compact().await, Err(StoreError::LogInUse)),
        "the log waits for the reader"
    );
    let again: i64 =
        sqlx::query_scalar("SELECT count(*) FROM message").fetch_one(&mut *reading).await.unwrap();
    assert_eq!(seen, again);
    drop(reading);
    store.erase().empty_log().await.unwrap();
    let after = store.sizes().all().await.unwrap();
    assert_eq!((of(&after, crate::DataKind::Free).kib, of(&after, crate::DataKind::Log).kib), (0, 0));
    assert!(store.check().run().await.unwrap().ok);
}

#[tokio::test]
async fn backups_are_listed_and_erasable_by_name_only() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let made = store.backups().now(None).await.unwrap();
    let info = store.backups().list().unwrap().remove(0);
    assert_eq!(store.backups().path(&info), made);
    std::fs::create_dir_all(home.folder.path().join("damaged/x")).unwrap();
    std::fs::write(home.folder.path().join("damaged/x/orchesity.db"), b"kept").unwrap();
    for name in ["", "..", "../orchesity.db", "/etc/passwd", "backups/x.db", "orchesity.db", "x\0.db"] {
        assert!(matches!(store.backups().delete(name), Err(StoreError::NotFound { .. })), "{name:?}");
    }
    let elsewhere = format!("../backups/{}", info.name);
    assert!(store.backups().named(&elsewhere).is_err());
    store.backups().delete(&info.name).unwrap();
    assert!(!made.exists() && home.file().exists());
    store.backups().now(None).await.unwrap();
    store.backups().delete_all().unwrap();
    let sizes = store.sizes().all().await.unwrap();
    assert!(sizes.iter().skip(6).all(|size| size.kib == 0 && size.count == 0), "{sizes:?}");
}

#[tokio::test]
async fn being_alone_is_known_while_others_come_and_go() {
    let home = Home::new();
    let (store, _) = home.open().await;
    store.expect_alone().await.unwrap();
    let (second, _) = home.open().await;
    assert!(matches!(store.expect_alone().await, Err(StoreError::Shared)));
    assert!(matches!(second.expect_alone().await, Err(StoreError::Shared)));
    second.close().await;
    store.expect_alone().await.unwrap();
}

#[tokio::test]
async fn a_half_copied_backup_does_not_outlive_the_next_start() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let left = ["restore-at-next-start.db.unfinished", "orchesity.db.unfinished"]
        .map(|name| home.folder.path().join(name));
    let leave = || left.iter().for_each(|path| std::fs::write(path, MARKER).unwrap());
    leave();
    // Somebody else may be writing them.
    let (second, _) = home.open().await;
    assert!(left.iter().all(|path| path.exists()));
    second.backups().delete_all().unwrap();
    assert_eq!(hits(home.folder.path()), [] as [&str; 0]);
    leave();
    second.close().await;
    store.close().await;
    let _alone = home.open().await;
    assert_eq!(hits(home.folder.path()), [] as [&str; 0]);
}

#[tokio::test]
async fn what_an_answer_is_being_made_of_is_erased_once_that_has_ended() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let root = talk.say(None, "question").await;
    let sources = ["answer", MARKER].map(|text| talk.message(Some(root), Role::Assistant, text));
    for source in &sources {
        store.messages().insert(source, &[]).await.unwrap();
    }
    let (mut new, asked) = talk.run(None, "");
    new.user_messages.clear();
    new.moves[0].from = store.branches().get(talk.branch).await.unwrap().unwrap().tip;
    new.completions[0].message.parent_id = Some(root);
    new.completions[0].merge = Some(crate::NewMerge {
        sources: sources.iter().map(|source| source.id).collect(),
        how: domain::SynthesisKind::Fuse,
        instruction: String::new(),
    });
    store.runs().start(&new).await.unwrap();
    store.completions().begin(asked.completion, &target()).await.unwrap();
    let deletion = domain::DeletionId::from_uuid(uuid::Uuid::now_v7());
    store.trees().delete_below(sources[1].id, deletion, NOW).await.unwrap();
    let later = Timestamp::from_millis(NOW.millis() + 31 * DAY);
    assert!(matches!(store.erase().deletion(deletion).await, Err(StoreError::Streaming)));
    assert_eq!(store.erase().due_nodes(later).await.unwrap(), 0);
    assert_eq!(store.trees().deletions(None).await.unwrap().len(), 1, "it can still be brought back");
    exchange(&store, &asked).await;
    talk.answer(&asked, "of both").await;
    store.erase().deletion(deletion).await.unwrap();
    assert_eq!((rows_in(&store, "wire").await, found(&store, MARKER).await.len()), (0, 0));
    assert!(store.check().run().await.unwrap().ok);
}

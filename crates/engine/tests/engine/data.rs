//! Looking after the data while answers stream, and without a trace of what was erased.

use crate::ground::{Ground, asking};
use domain::{ConversationSource, Hash, MediaSource, Part, RunOrigin};
use engine::{Engine, EngineErrorKind, EngineOptions, EraseKind};
use std::path::Path;

/// Twelve characters that nothing else says.
const MARKER: &str = "qzvkxjwbpfhy";

/// Files below a folder that hold the marker.
fn hits(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(hits(&path));
        } else if std::fs::read(&path).unwrap().windows(MARKER.len()).any(|w| w == MARKER.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_is_erased_leaves_no_trace() {
    let ground = Ground::new().await;
    let file = ground.engine.attach(&format!("{MARKER}.txt"), "", &base64(MARKER)).await.unwrap();
    let mut ask = asking(None, MARKER, &["chat/ok", "simulated/fast"]);
    ask.parts.push(file.part);
    let started = ground.engine.start_run(ask, RunOrigin::Cli).await.unwrap();
    ground.end_of(&started).await;
    assert!(!hits(ground.home.path()).is_empty());
    ground.engine.delete_conversation(started.conversation).await.unwrap();
    assert_eq!(ground.engine.data_report().await.unwrap().deleted_conversations, 1);
    let report = ground.engine.erase(EraseKind::DeletedConversations).await.unwrap();
    assert_eq!((report.deleted_conversations, report.sizes[0].count), (0, 0));
    assert_eq!(hits(ground.home.path()), [] as [&str; 0]);
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_can_be_erased_and_the_next_prompt_finds_a_whole_store() {
    let ground = Ground::new().await;
    for prompt in ["one", "two", MARKER] {
        let started = ground.ask(prompt, &["chat/ok"]).await;
        ground.end_of(&started).await;
    }
    ground.engine.back_up().await.unwrap();
    ground.engine.erase(EraseKind::Exchanges).await.unwrap();
    let report = ground.engine.erase(EraseKind::Conversations).await.unwrap();
    assert_eq!(report.sizes[0].count, 0);
    // The backup is listed, and goes only when it is meant.
    assert_eq!(hits(ground.home.path()).len(), 1);
    assert_eq!(ground.engine.backups().unwrap().len(), 1);
    ground.engine.erase(EraseKind::Backups).await.unwrap();
    assert_eq!(hits(ground.home.path()), [] as [&str; 0]);
    let answer = ground.answer("chat/ok").await;
    assert_eq!(answer.outcome(), "complete");
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_from_under_an_answer() {
    let ground = Ground::new().await;
    let backup = ground.engine.back_up().await.unwrap();
    let started = ground.ask("long", &["chat/slow"]).await;
    let busy = [
        ground.engine.compact().await.unwrap_err(),
        ground.engine.erase(EraseKind::Conversations).await.unwrap_err(),
        ground.engine.erase(EraseKind::DeletedConversations).await.unwrap_err(),
        ground.engine.prepare_restore(&backup.name).await.unwrap_err(),
    ];
    assert!(busy.iter().all(|error| error.kind() == EngineErrorKind::Busy), "{busy:?}");
    // Nor by another process that would keep it from being stored.
    let other = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    for error in [
        other.compact().await.unwrap_err(),
        other.erase(EraseKind::Exchanges).await.unwrap_err(),
        other.prepare_restore(&backup.name).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), EngineErrorKind::Busy, "{error}");
    }
    other.close().await;
    // Copying may go on meanwhile.
    ground.engine.back_up().await.unwrap();
    ground.engine.stop_run(started.run).await.unwrap();
    ground.end_of(&started).await;
    ground.engine.compact().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_comes_back_while_the_program_runs() {
    let ground = Ground::new().await;
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let first = ground.ask("before", &["chat/ok"]).await;
    ground.end_of(&first).await;
    let backup = ground.engine.back_up().await.unwrap();
    let later = ground.ask("after", &["chat/ok"]).await;
    ground.end_of(&later).await;
    // Two have it open.
    assert_eq!(engine.prepare_restore(&backup.name).await.unwrap_err().kind(), EngineErrorKind::Busy);
    ground.engine.close().await;
    for name in ["../orchesity.db", "/etc/passwd", "nothing.db"] {
        assert_eq!(engine.prepare_restore(name).await.unwrap_err().kind(), EngineErrorKind::NotFound);
    }
    engine.prepare_restore(&backup.name).await.unwrap();
    let (engine, placed) = engine.reopen().await.unwrap();
    placed.unwrap();
    engine.open_conversation(first.conversation).await.unwrap();
    assert!(engine.open_conversation(later.conversation).await.is_err());
    assert!(engine.check().await.unwrap().ok);
    // What was there is kept.
    assert_eq!(std::fs::read_dir(ground.home.path().join("replaced")).unwrap().count(), 1);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_not_put_back_behind_the_back_of_somebody_who_came_in_between() {
    let ground = Ground::new().await;
    let backup = ground.engine.back_up().await.unwrap();
    let started = ground.ask("after", &["chat/ok"]).await;
    ground.end_of(&started).await;
    ground.engine.prepare_restore(&backup.name).await.unwrap();
    let other = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let (engine, placed) = ground.engine.reopen().await.unwrap();
    assert_eq!(placed.unwrap_err().kind(), EngineErrorKind::Busy);
    engine.open_conversation(started.conversation).await.unwrap();
    other.close().await;
    engine.close().await;
    // Nor at the next start.
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    engine.open_conversation(started.conversation).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_begun_after_all_is_not_lost_to_a_backup() {
    let ground = Ground::new().await;
    let backup = ground.engine.back_up().await.unwrap();
    ground.engine.prepare_restore(&backup.name).await.unwrap();
    let started = ground.ask("long", &["chat/slow"]).await;
    assert_eq!(ground.engine.reopen().await.map(drop).unwrap_err().kind(), EngineErrorKind::Busy);
    assert!(!ground.engine.is_closed());
    ground.engine.stop_run(started.run).await.unwrap();
    ground.end_of(&started).await;
    ground.engine.close().await;
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    engine.open_conversation(started.conversation).await.unwrap();
}

/// Fifty copies in the soak, a few in CI.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_made_while_eight_answers_stream_are_whole() {
    let copies = std::env::var("ORCHESITY_SOAK").map_or(5, |_| 50);
    let ground = Ground::new().await;
    let targets = ["simulated/steady?tps=400&len=100000"; 8];
    let started = ground.ask("long", &targets).await;
    let mut names = Vec::new();
    for _ in 0..copies {
        let before = ground.engine.status().streaming;
        names.push(ground.engine.back_up().await.unwrap().name);
        assert_eq!(before, 8, "the answers ended before the copies were made");
    }
    ground.engine.stop_run(started.run).await.unwrap();
    ground.end_of(&started).await;
    for name in names {
        let home = testkit::Home::empty().unwrap();
        let copy = ground.home.path().join("backups").join(&name);
        std::fs::copy(copy, home.path().join("orchesity.db")).unwrap();
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        let report = engine.check().await.unwrap();
        assert!(report.ok, "{name}: {:?}", report.problems);
        // One moment: a user message, and a completion with its answer for each target.
        assert_eq!((report.messages, report.completions, report.runs), (9, 8, 1));
        engine.close().await;
    }
    assert!(ground.engine.check().await.unwrap().ok);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_attached_and_not_sent_outlives_tidying_up() {
    let ground = Ground::new().await;
    let hash = |part: &Part| match part {
        Part::File { source: MediaSource::Blob { hash, .. }, .. } => *hash,
        other => panic!("{other:?} is no stored file"),
    };
    let file = ground.engine.attach("a.txt", "text/plain", &base64("in no draft yet")).await.unwrap();
    let drafted = ground.engine.attach("b.txt", "text/plain", &base64("in a draft")).await.unwrap();
    ground.engine.save_draft(None, vec![drafted.part.clone()]).await.unwrap();
    ground.engine.compact().await.unwrap();
    assert_eq!(ground.engine.load_draft(None).await.unwrap(), [drafted.part]);
    // Another process knows of it too, and takes away what was typed, but not what is about to be sent.
    let other = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    other.erase(EraseKind::Conversations).await.unwrap();
    assert_eq!(ground.engine.load_draft(None).await.unwrap(), []);
    let sent: Hash = hash(&file.part);
    ground.engine.media(sent).await.unwrap();
    let mut request = asking(None, "read this", &["simulated/steady"]);
    request.parts.push(file.part);
    let started = ground.engine.start_run(request, ConversationSource::Window).await.unwrap();
    ground.end_of(&started).await;
    // Once it was sent, it goes with its conversation.
    other.erase(EraseKind::Conversations).await.unwrap();
    assert_eq!(other.media(sent).await.unwrap_err().kind(), EngineErrorKind::NotFound);
}

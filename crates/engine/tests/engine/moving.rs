//! Moving: files in, files out, and from one home to another.

use domain::{
    AskColumn, ConversationSource, ExportFormat, ExportRequest, ExportScope, ImportFormat, ImportReport,
    ImportState, ImportStatus, Part, StartRun,
};
use engine::{Engine, EngineOptions};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};
use testkit::Home;

pub async fn opened() -> (Home, Engine) {
    let home = Home::empty().unwrap();
    let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
    (home, engine)
}

pub async fn import(engine: &Engine, path: &Path) -> ImportStatus {
    let mut watch = engine.import_file(path).unwrap();
    let over = |status: &ImportStatus| !matches!(status.state, ImportState::Receiving | ImportState::Reading);
    watch.wait_for(over).await.unwrap();
    watch.borrow().clone()
}

fn chat(id: &str, messages: usize) -> Value {
    let mut mapping = serde_json::Map::new();
    for at in 0..messages {
        let role = if at % 2 == 0 { "user" } else { "assistant" };
        let parent = at.checked_sub(1).map(|above| format!("n{above}"));
        let said = json!({"author": {"role": role}, "create_time": 1_704_067_200 + at, "metadata": {"model_slug": "gpt-4o"},
            "content": {"content_type": "text", "parts": [format!("text {at} of {id}")]}});
        mapping.insert(format!("n{at}"), json!({"parent": parent, "children": [], "message": said}));
    }
    json!({"id": id, "title": format!("chat {id}"), "create_time": 1_704_067_200, "mapping": mapping})
}

fn all(format: ExportFormat) -> ExportRequest {
    ExportRequest { conversations: vec![], format, scope: ExportScope::Tree }
}

#[tokio::test]
async fn twice_adds_nothing_and_a_newer_export_only_what_is_new() {
    let (home, engine) = opened().await;
    let path = home.path().join("conversations.json");
    fs::write(&path, json!([chat("a", 3), chat("b", 1)]).to_string()).unwrap();
    let first = import(&engine, &path).await;
    assert_eq!((first.state, first.format), (ImportState::Done, Some(ImportFormat::ChatGpt)));
    let report = |conversations, messages, skipped| ImportReport {
        conversations,
        messages,
        skipped,
        refused: 0,
        warnings: vec![],
    };
    assert_eq!(first.report, report(2, 4, 0));
    assert_eq!(import(&engine, &path).await.report, report(0, 0, 2));
    fs::write(&path, json!([chat("a", 5), chat("b", 1), chat("c", 2)]).to_string()).unwrap();
    assert_eq!(import(&engine, &path).await.report, report(2, 4, 1));
    // One that is in a file twice, the second time with more.
    fs::write(&path, json!([chat("d", 1), chat("d", 2)]).to_string()).unwrap();
    assert_eq!(import(&engine, &path).await.report, report(2, 2, 0));
    assert_eq!(engine.index_for(Duration::from_secs(30)).await.unwrap(), 0);
    let check = engine.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
    engine.close().await;
}

#[tokio::test]
async fn everything_goes_from_one_home_to_another() {
    let (home, engine) = opened().await;
    let path = home.path().join("in.json");
    fs::write(&path, json!([chat("a", 6)]).to_string()).unwrap();
    import(&engine, &path).await;
    // One that was asked here, with a file and two columns.
    let file = engine.attach("note.txt", "text/plain", "aGVsbG8=").await.unwrap();
    let columns = ["simulated/steady?len=20&tps=5000", "simulated/steady?len=20&tps=5000&seed=2"];
    let started = engine
        .start_run(
            StartRun {
                important: false,
                conversation: None,
                parts: vec![Part::text("hello"), file.part],
                columns: columns.map(|target| AskColumn::of(target.parse().unwrap())).to_vec(),
                system: Some("be brief".to_owned()),
            },
            ConversationSource::Window,
        )
        .await
        .unwrap();
    let mut events = engine.events(started.run, 0).await.unwrap();
    while events.next().await.is_some() {}
    let out = home.path().join("out.json");
    let exported = engine.export_file(&all(ExportFormat::Json), &out).await.unwrap();
    assert_eq!((exported.conversations, exported.messages), (2, 9));

    let (other_home, other) = opened().await;
    let read = import(&other, &out).await;
    assert_eq!(read.state, ImportState::Done);
    assert_eq!(
        (read.format, read.report.warnings.as_slice()),
        (Some(ImportFormat::Orchesity), [].as_slice())
    );
    let again = other_home.path().join("again.json");
    other.export_file(&all(ExportFormat::Json), &again).await.unwrap();
    let items =
        |path: &Path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap()["items"].clone();
    assert_eq!(items(&out), items(&again));
    let check = other.check().await.unwrap();
    assert!(check.ok, "{:?}", check.problems);
    assert_eq!(import(&other, &again).await.report.conversations, 0);
    engine.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_conversation_is_written_for_people_as_a_path_or_a_tree() {
    let (home, engine) = opened().await;
    let path = home.path().join("in.json");
    let mut forked = chat("a", 3);
    forked["mapping"]["other"] = forked["mapping"]["n1"].clone();
    forked["mapping"]["other"]["message"]["content"]["parts"] = json!(["<b>the other</b>"]);
    forked["current_node"] = json!("n2");
    fs::write(&path, json!([forked]).to_string()).unwrap();
    import(&engine, &path).await;
    let tree = engine.export_text(&all(ExportFormat::Markdown)).await.unwrap();
    let active = ExportRequest { scope: ExportScope::Active, ..all(ExportFormat::Markdown) };
    let line = engine.export_text(&active).await.unwrap();
    assert!(tree.contains("<b>the other</b>") && !line.contains("the other"), "{line}");
    assert!(line.contains("## Assistant · openai/gpt-4o · 1/2"), "{line}");
    let page = engine.export_text(&all(ExportFormat::Html)).await.unwrap();
    assert!(page.contains("&lt;b&gt;the other&lt;/b&gt;") && !page.contains("<b>"));
    engine.close().await;
}

#[tokio::test]
async fn a_file_that_breaks_off_gives_whole_conversations_only() {
    let (home, engine) = opened().await;
    let path = home.path().join("cut.json");
    let text = json!([chat("a", 3), chat("b", 3)]).to_string();
    fs::write(&path, &text[..text.len() - 30]).unwrap();
    let read = import(&engine, &path).await;
    assert!(
        matches!(&read.state, ImportState::Failed { message } if message.contains("chat b")),
        "{:?}",
        read.state
    );
    assert_eq!((read.report.conversations, read.report.messages), (1, 3));
    fs::write(&path, "no export").unwrap();
    assert!(matches!(import(&engine, &path).await.state, ImportState::Failed { .. }));
    assert_eq!(engine.conversations(&domain::ListQuery::default()).await.unwrap().len(), 1);
    engine.close().await;
}

#[tokio::test]
async fn the_window_hands_a_file_over_in_pieces_and_nothing_of_it_stays() {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let (home, engine) = opened().await;
    let text = json!([chat("a", 40)]).to_string();
    let id = engine.begin_import("conversations.json", 9).unwrap();
    for piece in text.as_bytes().chunks(1000) {
        engine.add_to_import(id, BASE64_STANDARD.encode(piece)).await.unwrap();
    }
    assert_eq!(engine.imports()[0].state, ImportState::Receiving);
    engine.start_import(id).unwrap();
    let mut changes = engine.changes();
    while engine.imports()[0].state == ImportState::Reading {
        let _ = changes.recv().await;
    }
    assert_eq!(engine.imports()[0].report.messages, 40);
    // Another is stopped on its way.
    let id = engine.begin_import("../../x", 9).unwrap();
    engine.add_to_import(id, "AAAA".to_owned()).await.unwrap();
    engine.add_to_import(id, "*".to_owned()).await.unwrap_err();
    engine.add_to_import(id, "AAAA".to_owned()).await.unwrap_err();
    let id = engine.begin_import("y", 9).unwrap();
    engine.cancel_import(id).unwrap();
    assert_eq!(engine.imports()[0].state, ImportState::Cancelled);
    engine.start_import(id).unwrap_err();
    engine.close().await;
    assert_eq!(fs::read_dir(home.path().join("imports")).unwrap().count(), 0);
}

#[tokio::test]
async fn stopping_leaves_whole_conversations() {
    let (home, engine) = opened().await;
    let path = home.path().join("many.json");
    let many: Vec<Value> = (0..3_000).map(|at| chat(&format!("c{at}"), 6)).collect();
    fs::write(&path, json!(many).to_string()).unwrap();
    let mut watch = engine.import_file(&path).unwrap();
    let id = watch.borrow().id;
    watch.wait_for(|status| status.report.conversations > 0).await.unwrap();
    engine.cancel_import(id).unwrap();
    let over = watch.wait_for(|status| status.state != ImportState::Reading).await.unwrap().clone();
    assert_eq!(over.state, ImportState::Cancelled);
    let check = engine.check().await.unwrap();
    assert!(check.ok && check.conversations < 3_000, "{:?}", check.problems);
    assert_eq!(check.messages, check.conversations * 6);
    // The rest comes when it is asked for again.
    let rest = import(&engine, &path).await.report;
    assert_eq!(u64::from(rest.conversations) + u64::from(over.report.conversations), 3_000);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_conversation_with_tools_can_be_gone_on_with() {
    let ground = crate::ground::Ground::new().await;
    let folder = Home::empty().unwrap();
    let path = folder.path().join("conversations.json");
    let blocks = json!([
        {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": "rain"}},
        {"type": "tool_result", "tool_use_id": "t1", "name": "search", "content": "it rains"},
        {"type": "text", "text": "Take an umbrella."},
        {"type": "tool_use", "id": "t2", "name": "note", "input": {}},
    ]);
    let chat = json!([{"uuid": "c", "name": "weather", "chat_messages": [
        {"uuid": "a", "sender": "human", "text": "rain?"},
        {"uuid": "b", "sender": "assistant", "text": "Take an umbrella.", "content": blocks},
    ]}]);
    fs::write(&path, chat.to_string()).unwrap();
    assert_eq!(import(&ground.engine, &path).await.report.messages, 2);
    let id = ground.engine.conversations(&domain::ListQuery::default()).await.unwrap()[0].id;
    let branch = ground.engine.branches(id).await.unwrap()[0].branch.id;
    let mut ask = crate::ground::asking(Some(id), "and tomorrow?", &[]);
    ask.columns = vec![crate::ground::column(Some(branch), "chat/ok")];
    let started = ground.engine.start_run(ask, domain::RunOrigin::Window).await.unwrap();
    ground.end_of(&started).await;
    let sent = ground.engine.exchanges(started.columns[0].completion).await.unwrap().remove(0).request_body;
    let sent: Value = serde_json::from_str(&sent).unwrap();
    let roles: Vec<&str> =
        sent["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant", "user"], "{sent}");
    assert_eq!(sent["messages"][1]["tool_calls"][0]["id"], sent["messages"][2]["tool_call_id"]);
    assert!(sent["messages"][3].get("tool_calls").is_none(), "nobody answered it: {sent}");
}

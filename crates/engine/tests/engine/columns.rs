//! Columns and what is kept with a conversation.

use crate::ground::Ground;
use domain::ListQuery;
use domain::{BranchId, ColumnDefaults, MediaSource, Params, Part};
use engine::EngineErrorKind;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_takes_only_what_can_be_asked() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok", "chat/ok?seed=2"]).await;
    ground.end_of(&first).await;
    let branch = first.columns[1].branch;
    let defaults = |target: &str, params: Params| ColumnDefaults {
        target: Some(target.parse().unwrap()),
        params,
        system: Some("  ".to_owned()),
    };
    let kind = async |defaults| ground.engine.set_column(branch, defaults).await.unwrap_err().kind();
    assert_eq!(kind(defaults("nobody/x", Params::default())).await, EngineErrorKind::UnknownTarget);
    let bad = Params { top_p: Some(2.0), ..Params::default() };
    assert_eq!(kind(defaults("chat/ok", bad)).await, EngineErrorKind::BadInput);
    let searching = Params { web_search: true, ..Params::default() };
    let refused = ground.engine.set_column(branch, defaults("chat/ok", searching)).await.unwrap_err();
    assert!(refused.to_string().contains("cannot search the web"), "{refused}");
    ground.engine.set_column(branch, defaults("anthropic/ok", Params::default())).await.unwrap();
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    let branch = &view.columns[1].branch;
    assert_eq!((branch.name.as_str(), branch.system.as_deref()), ("anthropic/ok", Some("")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_are_shown_in_the_order_they_were_given() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok", "chat/ok?seed=2", "chat/ok?seed=3"]).await;
    ground.end_of(&first).await;
    let mut order: Vec<BranchId> = first.columns.iter().map(|c| c.branch).collect();
    order.reverse();
    ground.engine.arrange_columns(first.conversation, &order).await.unwrap();
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    assert_eq!(view.columns.iter().map(|c| c.branch.id).collect::<Vec<_>>(), order);
    let other = ground.ask("two", &["chat/ok"]).await;
    ground.end_of(&other).await;
    let refused = ground.engine.arrange_columns(other.conversation, &order).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_pinned_archived_and_given_a_system_text() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok"]).await;
    ground.end_of(&first).await;
    let (engine, id) = (&ground.engine, first.conversation);
    engine.set_pinned(id, true).await.unwrap();
    engine.set_conversation_system(id, Some("Be kind.")).await.unwrap();
    let conversation = engine.open_conversation(id).await.unwrap().conversation;
    assert_eq!((conversation.pinned, conversation.system.as_deref()), (true, Some("Be kind.")));
    engine.set_archived(id, true).await.unwrap();
    assert!(engine.conversations(&ListQuery::default()).await.unwrap().is_empty());
    let all = engine
        .conversations(&ListQuery { archived: domain::Archived::With, ..ListQuery::default() })
        .await
        .unwrap();
    assert!(all[0].archived && all[0].pinned);
    engine.set_conversation_system(id, Some(" \n")).await.unwrap();
    assert_eq!(engine.open_conversation(id).await.unwrap().conversation.system, None);
    let gone = domain::ConversationId::from_uuid(uuid::Uuid::now_v7());
    assert_eq!(engine.set_pinned(gone, true).await.unwrap_err().kind(), EngineErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_comes_back_as_it_was_with_its_files() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let note = Part::Raw { dialect: domain::Dialect::Simulated, json: "{\"queued\":[1]}".to_owned() };
    let image = Part::Image {
        media_type: "image/png".to_owned(),
        source: MediaSource::Inline { data: "aW1hZ2U=".to_owned() },
    };
    engine.save_draft(None, vec![Part::text("to come"), image, note.clone()]).await.unwrap();
    let draft = engine.load_draft(None).await.unwrap();
    assert_eq!((&draft[0], &draft[2]), (&Part::text("to come"), &note));
    assert!(matches!(draft[1], Part::Image { source: MediaSource::Blob { size: 5, .. }, .. }));
    let first = ground.ask("one", &["chat/ok"]).await;
    ground.end_of(&first).await;
    assert_eq!(engine.load_draft(Some(first.conversation)).await.unwrap(), []);
    engine.save_draft(Some(first.conversation), vec![Part::text("mine")]).await.unwrap();
    engine.save_draft(None, vec![]).await.unwrap();
    assert_eq!(engine.load_draft(Some(first.conversation)).await.unwrap(), [Part::text("mine")]);
    assert_eq!(engine.load_draft(None).await.unwrap(), []);
}

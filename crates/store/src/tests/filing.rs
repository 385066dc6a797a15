use crate::{Store, StoreError, testing::*};
use domain::{
    Archived, BatchAction, ConversationId, ConversationSource, FolderId, ListQuery, SortBy, Timestamp,
};

async fn make(store: &Store, name: &str, parent: Option<FolderId>) -> FolderId {
    let id = folder_id();
    store.folders().create(id, name, parent).await.unwrap();
    id
}

/// Names with the depth they stand at.
async fn outline(store: &Store) -> Vec<String> {
    let folders = store.folders().list().await.unwrap();
    let depth = |mut parent: Option<FolderId>| {
        let mut depth = 0;
        while let Some(id) = parent {
            parent = folders.iter().find(|f| f.id == id).unwrap().parent;
            depth += 1;
        }
        depth
    };
    folders.iter().map(|f| format!("{}{} {}", "-".repeat(depth(f.parent)), f.name, f.conversations)).collect()
}

async fn listed(store: &Store, query: ListQuery) -> Vec<ConversationId> {
    store.conversations().list(&query).await.unwrap().into_iter().map(|c| c.id).collect()
}

async fn change(store: &Store, ids: &[ConversationId], action: &BatchAction) -> crate::Changed {
    store.conversations().change(ids, action, NOW).await.unwrap()
}

fn refused<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Refused(_)))
}

#[tokio::test]
async fn folders_stand_within_one_another_in_their_order() {
    let (_home, store) = opened().await;
    let work = make(&store, "work", None).await;
    let play = make(&store, "play", None).await;
    let deep = make(&store, "deep", Some(work)).await;
    assert_eq!(outline(&store).await, ["work 0", "-deep 0", "play 0"]);
    assert!(refused(&store.folders().create(folder_id(), "WORK", None).await));
    assert!(refused(&store.folders().rename(play, "Work").await));
    store.folders().rename(play, "PLAY").await.unwrap();
    assert!(refused(&store.folders().move_to(work, Some(deep), None).await));
    assert!(refused(&store.folders().move_to(work, Some(work), None).await));
    store.folders().move_to(play, None, Some(work)).await.unwrap();
    assert_eq!(outline(&store).await, ["PLAY 0", "work 0", "-deep 0"]);
    store.folders().move_to(play, Some(work), None).await.unwrap();
    assert_eq!(outline(&store).await, ["work 0", "-deep 0", "-PLAY 0"]);
    assert!(matches!(store.folders().rename(folder_id(), "x").await, Err(StoreError::NotFound { .. })));
    let mut parent = deep;
    let mut depth = 2;
    while store.folders().create(folder_id(), "too deep", Some(parent)).await.is_ok() {
        parent =
            store.folders().list().await.unwrap().into_iter().find(|f| f.parent == Some(parent)).unwrap().id;
        depth += 1;
        assert!(depth < 40);
    }
    assert_eq!(depth, 32);
}

#[tokio::test]
async fn removing_a_folder_keeps_what_is_in_it() {
    let (_home, store) = opened().await;
    let outer = make(&store, "outer", None).await;
    let middle = make(&store, "middle", Some(outer)).await;
    make(&store, "twin", Some(middle)).await;
    make(&store, "twin", Some(outer)).await;
    let talk = Talk::new(&store).await;
    change(&store, &[talk.conversation], &BatchAction::Move { folder: Some(middle) }).await;
    store.folders().delete(middle).await.unwrap();
    assert_eq!(outline(&store).await, ["outer 1", "-twin 2 0", "-twin 0"]);
    store.folders().delete(outer).await.unwrap();
    assert_eq!(outline(&store).await, ["twin 2 0", "twin 0"]);
    let summary = store.conversations().list(&ListQuery::default()).await.unwrap().remove(0);
    assert_eq!((summary.id, summary.folder), (talk.conversation, None));
}

#[tokio::test]
async fn tags_are_one_in_any_letters_and_can_become_one() {
    let (_home, store) = opened().await;
    let (one, two) = (Talk::new(&store).await.conversation, Talk::new(&store).await.conversation);
    let tag = |add: &[&str], remove: &[&str]| BatchAction::Tag {
        add: add.iter().map(|&t| t.to_owned()).collect(),
        remove: remove.iter().map(|&t| t.to_owned()).collect(),
    };
    assert_eq!(change(&store, &[one, two], &tag(&["Ärger", "rust"], &[])).await.changed, [one, two]);
    assert_eq!(change(&store, &[one, two], &tag(&["ÄRGER"], &["RUST "])).await.changed, [one, two]);
    change(&store, &[two], &tag(&["rost"], &[])).await;
    let names = |tags: Vec<domain::Tag>| -> Vec<(String, u32)> {
        tags.into_iter().map(|t| (t.name, t.conversations)).collect()
    };
    assert_eq!(names(store.tags().list().await.unwrap()), [("rost".to_owned(), 1), ("Ärger".to_owned(), 2)]);
    store.tags().rename("rost", "ärger").await.unwrap();
    assert_eq!(names(store.tags().list().await.unwrap()), [("Ärger".to_owned(), 2)]);
    store.tags().rename("ärger", "Freude").await.unwrap();
    let tagged = ListQuery { tags: vec!["freude".to_owned()], ..ListQuery::default() };
    assert_eq!(listed(&store, tagged.clone()).await.len(), 2);
    store.tags().delete("FREUDE").await.unwrap();
    assert_eq!(listed(&store, tagged).await, []);
    assert!(matches!(store.tags().delete("freude").await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn a_batch_is_taken_back_as_one() {
    let (_home, store) = opened().await;
    let talks = [Talk::new(&store).await, Talk::new(&store).await, Talk::new(&store).await];
    let ids: Vec<ConversationId> = talks.iter().map(|talk| talk.conversation).collect();
    let folder = make(&store, "folder", None).await;
    store.conversations().set_pinned(ids[0], true).await.unwrap();
    let before = store.conversations().list(&ListQuery::default()).await.unwrap();
    for action in [
        BatchAction::Move { folder: Some(folder) },
        BatchAction::Tag { add: vec!["a".to_owned()], remove: vec![] },
        BatchAction::Pin { pinned: true },
        BatchAction::Archive { archived: true },
        BatchAction::Delete,
    ] {
        let done = change(&store, &ids, &action).await;
        assert_eq!(
            done.changed.len(),
            if matches!(action, BatchAction::Pin { .. }) { 2 } else { 3 },
            "{action:?}"
        );
        assert_ne!(store.conversations().list(&ListQuery::default()).await.unwrap(), before);
        assert_eq!(change(&store, &ids, &action).await.changed, [], "done already");
        store.conversations().undo(&done.undo).await.unwrap();
        assert_eq!(store.conversations().list(&ListQuery::default()).await.unwrap(), before, "{action:?}");
    }
    assert_eq!(rows_in(&store, "deletion").await, 0);
    assert_eq!(rows_in(&store, "tag").await, 0);
    assert!(store.check().run().await.unwrap().ok);
}

#[tokio::test]
async fn a_conversation_that_is_being_answered_is_not_deleted() {
    let (_home, store) = opened().await;
    let (calm, busy) = (Talk::new(&store).await, Talk::new(&store).await);
    let asked = busy.ask(None, "still").await;
    let done = change(&store, &[calm.conversation, busy.conversation], &BatchAction::Delete).await;
    assert_eq!((done.changed, done.streaming), (vec![calm.conversation], vec![busy.conversation]));
    busy.answer(&asked, "done").await;
    assert_eq!(change(&store, &[busy.conversation], &BatchAction::Delete).await.changed.len(), 1);
    store.erase().deleted(None).await.unwrap();
    store.conversations().undo(&done.undo).await.unwrap();
    assert_eq!(listed(&store, ListQuery::default()).await, [], "what is gone for good stays gone");
}

#[tokio::test]
async fn a_batch_is_done_whole_or_not_at_all() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let nowhere = BatchAction::Move { folder: Some(folder_id()) };
    assert!(store.conversations().change(&[talk.conversation], &nowhere, NOW).await.is_err());
    let unknown = change(&store, &[conversation_id()], &BatchAction::Pin { pinned: true }).await;
    assert_eq!(unknown, crate::Changed::default());
}

#[tokio::test]
async fn lists_are_filtered_and_sorted() {
    let (_home, store) = opened().await;
    let mut ids = Vec::new();
    for (number, title) in ["beta", "Alpha", "gamma"].into_iter().enumerate() {
        let talk = Talk::new(&store).await;
        store.conversations().rename(talk.conversation, title, true).await.unwrap();
        for _ in 0..=number {
            talk.say(None, &format!("said {number}")).await;
        }
        ids.push(talk.conversation);
    }
    let asked = Talk::new(&store).await;
    let run = asked.ask(None, "x").await;
    asked.answer(&run, "y").await;
    store.conversations().rename(asked.conversation, "delta", true).await.unwrap();
    store.conversations().set_archived(asked.conversation, true).await.unwrap();
    let by = |sort, reverse| ListQuery { sort, reverse, ..ListQuery::default() };
    assert_eq!(listed(&store, by(SortBy::Title, false)).await, [ids[1], ids[0], ids[2]]);
    assert_eq!(listed(&store, by(SortBy::Title, true)).await, [ids[2], ids[0], ids[1]]);
    assert_eq!(listed(&store, by(SortBy::Messages, false)).await, [ids[2], ids[1], ids[0]]);
    assert_eq!(listed(&store, by(SortBy::Created, true)).await, [ids[0], ids[1], ids[2]]);
    store.conversations().set_pinned(ids[2], true).await.unwrap();
    assert_eq!(listed(&store, by(SortBy::Title, false)).await, [ids[2], ids[1], ids[0]]);
    let only = |change: &dyn Fn(&mut ListQuery)| {
        let mut query = ListQuery { archived: Archived::With, sort: SortBy::Title, ..ListQuery::default() };
        change(&mut query);
        query
    };
    assert_eq!(listed(&store, only(&|q| q.pinned = Some(true))).await, [ids[2]]);
    assert_eq!(listed(&store, only(&|q| q.archived = Archived::Only)).await, [asked.conversation]);
    assert_eq!(listed(&store, only(&|q| q.model = Some(target()))).await, [asked.conversation]);
    assert_eq!(listed(&store, only(&|q| q.sources = vec![ConversationSource::Import])).await, []);
    assert_eq!(listed(&store, only(&|q| q.until = Some(NOW))).await, []);
    assert_eq!(listed(&store, only(&|q| q.from = Some(Timestamp::from_millis(0)))).await.len(), 4);
    assert_eq!(listed(&store, only(&|q| q.text = Some("said 1".to_owned()))).await, [ids[1]]);
    let folder = make(&store, "f", None).await;
    change(&store, &[ids[0]], &BatchAction::Move { folder: Some(folder) }).await;
    assert_eq!(listed(&store, only(&|q| q.folder = Some(folder))).await, [ids[0]]);
    assert_eq!(listed(&store, only(&|q| q.unfiled = true)).await.len(), 3);
    let page = store.conversations().page(&only(&|q| (q.limit, q.offset) = (2, 1))).await.unwrap();
    assert_eq!((page.conversations.len(), page.total), (2, 4));
    let beyond = store.conversations().page(&only(&|q| (q.limit, q.offset) = (2, 9))).await.unwrap();
    assert_eq!((beyond.conversations.len(), beyond.total), (0, 4));
}

#[tokio::test]
async fn a_batch_is_not_taken_back_on_a_conversation_that_has_the_row_of_another() {
    let (_home, store) = opened().await;
    let gone = Talk::new(&store).await;
    let done = change(&store, &[gone.conversation], &BatchAction::Archive { archived: true }).await;
    store.conversations().delete(gone.conversation, NOW).await.unwrap();
    store.erase().deleted(None).await.unwrap();
    let new = Talk::new(&store).await;
    change(&store, &[new.conversation], &BatchAction::Archive { archived: true }).await;
    assert_eq!(store.conversations().undo(&done.undo).await.unwrap(), []);
    assert!(store.conversations().get(new.conversation).await.unwrap().unwrap().archived);
}

use crate::{Store, StoreError, testing::*};
use domain::{Archived, BranchKind, MessageId, Role, SearchOrder, SearchPage, SearchQuery, Timestamp};

async fn page(store: &Store, query: SearchQuery) -> SearchPage {
    store.search().page(&query).await.unwrap()
}

fn of(text: &str) -> SearchQuery {
    SearchQuery { text: text.to_owned(), ..SearchQuery::default() }
}

async fn found(store: &Store, query: SearchQuery) -> Vec<MessageId> {
    page(store, query).await.hits.into_iter().map(|hit| hit.message).collect()
}

/// `count` messages in one conversation, with different texts.
async fn many(talk: &Talk, count: usize, text: impl Fn(usize) -> String) -> Vec<MessageId> {
    let mut ids = Vec::with_capacity(count);
    let mut tx = talk.store.write(crate::Durability::Process).await.unwrap();
    for number in 0..count {
        let mut message = talk.message(None, Role::User, &text(number));
        message.created_at = Timestamp::from_millis(NOW.millis() + number as i64);
        crate::messages::insert(&mut tx, &message, &[]).await.unwrap();
        ids.push(message.id);
    }
    tx.commit().await.unwrap();
    ids
}

#[tokio::test]
async fn filters_leave_what_they_say() {
    let (_home, store) = opened().await;
    let (work, play) = (Talk::new(&store).await, Talk::new(&store).await);
    let asked = work.ask(None, "which fox is quick").await;
    work.answer(&asked, "the brown fox is quick").await;
    let other = play.say(None, "a quick game").await;
    for (query, expected) in [
        (of("quick"), vec![other, asked.answer, asked.user]),
        (
            SearchQuery { conversation: Some(work.conversation), ..of("quick") },
            vec![asked.answer, asked.user],
        ),
        (SearchQuery { roles: vec![Role::User], ..of("quick") }, vec![other, asked.user]),
        (SearchQuery { models: vec![target()], ..of("quick") }, vec![asked.answer]),
        (SearchQuery { models: vec!["simulated/other".parse().unwrap()], ..of("quick") }, vec![]),
        (SearchQuery { providers: vec!["simulated".to_owned()], ..of("quick") }, vec![asked.answer]),
        (SearchQuery { providers: vec!["simul".to_owned()], ..of("quick") }, vec![]),
        (SearchQuery { from: Some(Timestamp::from_millis(NOW.millis() + 1)), ..of("quick") }, vec![]),
        (SearchQuery { until: Some(NOW), ..of("quick") }, vec![]),
        (SearchQuery { from: Some(NOW), ..of("quick game") }, vec![other]),
        (SearchQuery { tags: vec!["nobody has this".to_owned()], ..of("quick") }, vec![]),
        (SearchQuery { archived: Archived::Only, ..of("quick") }, vec![]),
        (of("\"fox is quick\" brown"), vec![asked.answer]),
        (of(""), vec![]),
    ] {
        assert_eq!(found(&store, query.clone()).await, expected, "{query:?}");
    }
    store.conversations().set_archived(play.conversation, true).await.unwrap();
    let without = SearchQuery { archived: Archived::Without, ..of("quick") };
    assert_eq!(found(&store, without).await, [asked.answer, asked.user]);
    let only = SearchQuery { archived: Archived::Only, ..of("quick") };
    let hit = page(&store, only).await.hits.remove(0);
    assert!(hit.archived && hit.message == other && hit.model.is_none());
    let hit = page(&store, SearchQuery { models: vec![target()], ..of("brown") }).await.hits.remove(0);
    assert_eq!((hit.model, hit.title.as_str()), (Some(target()), "a talk"));
    assert_eq!(store.search().answered_models().await.unwrap(), [target()]);
}

#[tokio::test]
async fn folders_and_tags_narrow_a_search() {
    let (_home, store) = opened().await;
    let (work, play) = (Talk::new(&store).await, Talk::new(&store).await);
    let (here, there) = (work.say(None, "needle one").await, play.say(None, "needle two").await);
    let (outer, inner) = (folder_id(), folder_id());
    store.folders().create(outer, "outer", None).await.unwrap();
    store.folders().create(inner, "inner", Some(outer)).await.unwrap();
    let put = domain::BatchAction::Move { folder: Some(inner) };
    store.conversations().change(&[work.conversation], &put, NOW).await.unwrap();
    let tag = domain::BatchAction::Tag { add: vec!["Über".to_owned()], remove: vec![] };
    store.conversations().change(&[play.conversation], &tag, NOW).await.unwrap();
    assert_eq!(found(&store, SearchQuery { folder: Some(outer), ..of("needle") }).await, [here]);
    assert_eq!(found(&store, SearchQuery { tags: vec!["über".to_owned()], ..of("needle") }).await, [there]);
    let both = SearchQuery { folder: Some(outer), tags: vec!["Über".to_owned()], ..of("needle") };
    assert_eq!(found(&store, both).await, []);
    let loose = SearchQuery { unfiled: true, ..of("needle") };
    assert_eq!(found(&store, loose.clone()).await, [there]);
    assert_eq!(found(&store, SearchQuery { folder: Some(outer), ..loose }).await, []);
    let pinned = |pinned| SearchQuery { pinned: Some(pinned), ..of("needle") };
    assert_eq!(found(&store, pinned(true)).await, []);
    let pin = domain::BatchAction::Pin { pinned: true };
    store.conversations().change(&[work.conversation], &pin, NOW).await.unwrap();
    assert_eq!(found(&store, pinned(true)).await, [here]);
    assert_eq!(found(&store, pinned(false)).await, [there]);
    let from = |source| SearchQuery { sources: vec![source], ..of("needle") };
    let source = store.conversations().get(work.conversation).await.unwrap().unwrap().source;
    assert_eq!(found(&store, from(source)).await, [there, here]);
    assert_eq!(found(&store, from(domain::ConversationSource::Import)).await, []);
    let gone = SearchQuery { folder: Some(folder_id()), ..of("needle") };
    assert!(matches!(store.search().page(&gone).await, Err(StoreError::NotFound { .. })));
}

/// All hits of a query, page by page, and what the first page said of their number.
async fn all(store: &Store, mut query: SearchQuery) -> (Vec<MessageId>, SearchPage) {
    let first = page(store, query.clone()).await;
    let mut hits: Vec<MessageId> = first.hits.iter().map(|hit| hit.message).collect();
    let mut next = first.next.clone();
    while let Some(cursor) = next {
        query.cursor = Some(cursor);
        let page = page(store, query.clone()).await;
        hits.extend(page.hits.iter().map(|hit| hit.message));
        next = page.next;
    }
    (hits, first)
}

#[tokio::test]
async fn pages_give_every_hit_once_however_many_there_are() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let mut ids = many(&talk, 1_300, |n| {
        let rare = match n {
            8 => " §1",
            _ if n % 100 == 7 => " zq rare Привет",
            _ => "",
        };
        format!("common words number {n}{rare}")
    })
    .await;
    ids.reverse();
    let (hits, first) = all(&store, SearchQuery { limit: 70, ..of("common words") }).await;
    assert_eq!(hits, ids);
    assert!(first.more_than_total && first.total >= 500, "{}", first.total);
    let rare: Vec<MessageId> = (0..1_300).rev().filter(|n| n % 100 == 7).map(|n| ids[1_299 - n]).collect();
    for text in ["rare", "common rare", "zq", "привет", "\"zq rare\"", "при ПРИВЕТ"] {
        let (hits, first) = all(&store, SearchQuery { limit: 5, ..of(text) }).await;
        assert_eq!(hits, rare, "{text}");
        assert_eq!((first.total, first.more_than_total), (13, false), "{text}");
    }
    assert_eq!(all(&store, of("§")).await.0, [ids[1_299 - 8]], "a rare sign is looked up");
    let wrong = SearchQuery { cursor: Some("x".to_owned()), ..of("rare") };
    assert!(matches!(store.search().page(&wrong).await, Err(StoreError::Refused(_))));
}

#[tokio::test]
async fn what_is_said_again_is_found_in_each_place() {
    let (_home, store) = opened().await;
    let (one, two) = (Talk::new(&store).await, Talk::new(&store).await);
    let first = one.say(None, "the same words").await;
    let second = two.say(None, "the same words").await;
    assert_eq!(found(&store, of("same words")).await, [second, first]);
    let (hits, _) = all(&store, SearchQuery { limit: 1, ..of("same") }).await;
    assert_eq!(hits, [second, first]);
}

#[tokio::test]
async fn only_text_is_found_not_what_surrounds_it() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let plain = talk.say(None, "context, extra prototype \\ \"quoted\" line\nbreak").await;
    for (text, hits) in [
        ("text", 1),
        ("type", 1),
        ("\"text\\\"\"", 0),
        ("xtra proto", 1),
        ("\"xtra proto\"", 1),
        ("\"extraproto\"", 0),
        ("\\", 1),
        ("{", 0),
        ("te", 1),
        ("[{", 0),
        ("}", 0),
        ("]", 0),
    ] {
        assert_eq!(found(&store, of(text)).await.len(), hits, "{text}");
    }
    let hit = page(&store, of("break")).await.hits.remove(0);
    assert_eq!(hit.message, plain);
    assert!(hit.snippet.ends_with("line break"), "{}", hit.snippet);
}

#[tokio::test]
async fn ranking_puts_what_says_it_more_often_first() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let often = talk.say(None, "retry, retry and retry").await;
    let once = talk.say(None, &format!("retry {}", "and much else ".repeat(30))).await;
    let ranked = SearchQuery { order: SearchOrder::Ranked, ..of("retry") };
    let page = page(&store, ranked).await;
    assert!(page.ranked);
    assert_eq!(page.hits.iter().map(|hit| hit.message).collect::<Vec<_>>(), [often, once]);
    assert_eq!(found(&store, of("retry")).await, [once, often]);
}

#[tokio::test]
async fn what_fits_best_comes_first_however_long_ago_it_was_said() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let best = talk.say(None, "owl owl owl").await;
    many(&talk, 1_200, |n| format!("one owl among other birds, number {n}")).await;
    let ranked = SearchQuery { order: SearchOrder::Ranked, limit: 1, ..of("owl") };
    let page = page(&store, ranked).await;
    assert!(page.ranked && !page.more_than_total);
    assert_eq!((page.total, page.hits[0].message), (1_201, best));
}

#[tokio::test]
async fn deleted_and_erased_messages_are_never_found() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    talk.say(None, "unmistakable 北京").await;
    store.conversations().delete(talk.conversation, NOW).await.unwrap();
    for text in ["unmistakable", "北京", "un"] {
        assert_eq!(found(&store, of(text)).await, [], "{text}");
    }
    store.erase().deleted(None).await.unwrap();
    assert_eq!(rows_in(&store, "search_text_docsize").await, 0);
    assert_eq!(rows_in(&store, "search_term").await, 0);
}

/// A store as an import leaves it: so many messages with "later" wait for the index.
async fn waiting(count: usize) -> (Home, Store, Talk) {
    let (home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let mut tx = store.write(crate::Durability::Process).await.unwrap();
    for number in 0..count {
        let message = talk.message(None, Role::User, &format!("{} later {number}", "x".repeat(300)));
        crate::messages::insert(&mut tx, &message, &[]).await.unwrap();
    }
    for statement in [
        "INSERT INTO search_text (search_text, rowid, text) SELECT 'delete', id, text FROM search_source",
        "INSERT INTO search_queue (content_id) SELECT id FROM content",
    ] {
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    (home, store, talk)
}

#[tokio::test]
async fn the_index_catches_up_in_steps_between_which_others_write() {
    let (_home, store, talk) = waiting(2_000).await;
    let first = page(&store, of("later")).await;
    assert!(first.waiting >= 2_000 && first.hits.is_empty());
    let mut steps = 0;
    while store.search().catch_up_step().await.unwrap() > 0 {
        steps += 1;
        talk.say(None, &format!("meanwhile {steps}")).await;
        assert!(steps < 100);
    }
    assert!(steps >= 2, "{steps}");
    assert_eq!(all(&store, of("later")).await.0.len(), 2_000);
    assert_eq!(page(&store, of("later")).await.waiting, 0);
}

#[tokio::test]
async fn who_wants_to_write_waits_for_one_message_of_the_index_and_not_for_a_whole_step() {
    let (_home, store, _talk) = waiting(50).await;
    let busy = store.write(crate::Durability::Process).await.unwrap();
    let indexes = store.clone();
    let step = tokio::spawn(async move { indexes.search().catch_up_step().await.unwrap() });
    tokio::task::yield_now().await;
    while !store.inner.queue.is_waiting() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    // Next in the queue, behind the index.
    let writes = store.clone();
    let write = tokio::spawn(async move {
        writes.write(crate::Durability::Process).await.unwrap().commit().await.unwrap();
    });
    tokio::task::yield_now().await;
    busy.commit().await.unwrap();
    assert_eq!(step.await.unwrap(), 1);
    write.await.unwrap();
    // The twin: where nobody waits, a step goes on.
    let rest = page(&store, of("later")).await.waiting;
    assert!(rest >= 49);
    assert_eq!(store.search().catch_up_step().await.unwrap(), rest);
}

#[tokio::test]
async fn however_often_the_index_is_asked_to_catch_up_one_does_so() {
    let (_home, store, _talk) = waiting(50).await;
    let tasks = tokio::runtime::Handle::current().metrics();
    while tasks.num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
    let alone = store.inner.indexing.alone().await;
    for _ in 0..40 {
        store.search().catch_up_soon();
        tokio::task::yield_now().await;
    }
    assert_eq!(tasks.num_alive_tasks(), 1);
    drop(alone);
    while tasks.num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
    // The next wish begins anew.
    store.search().catch_up_soon();
    assert_eq!(tasks.num_alive_tasks(), 1);
}

#[tokio::test]
async fn a_hit_says_on_which_branch_it_stands() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let root = talk.say(None, "root").await;
    let (kept, left) = (talk.say(Some(root), "kept").await, talk.say(Some(root), "left").await);
    let end = talk.say(Some(left), "its end").await;
    store.branches().move_to(talk.branch, kept).await.unwrap();
    let place = store.search().locate(root).await.unwrap();
    assert_eq!((place.branch, place.tip, place.depth), (Some(talk.branch), kept, 0));
    let place = store.search().locate(left).await.unwrap();
    assert_eq!((place.branch, place.tip, place.conversation), (None, end, talk.conversation));
    let mut other = branch(branch_id(), talk.conversation, BranchKind::Named);
    other.tip = Some(end);
    store.branches().create(&other).await.unwrap();
    let place = store.search().locate(left).await.unwrap();
    assert_eq!((place.branch, place.tip), (Some(other.id), end));
    assert_eq!(
        store.search().locate(root).await.unwrap().branch,
        Some(talk.branch),
        "the active one goes first"
    );
    store.conversations().delete(talk.conversation, NOW).await.unwrap();
    assert!(matches!(store.search().locate(root).await, Err(StoreError::NotFound { .. })));
}

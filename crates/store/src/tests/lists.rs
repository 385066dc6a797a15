use crate::testing::*;
use domain::{Archived, ListQuery, MessageId, SearchQuery, Timestamp};

async fn found(store: &crate::Store, text: &str) -> Vec<MessageId> {
    let query = SearchQuery { text: text.to_owned(), ..SearchQuery::default() };
    store.search().page(&query).await.unwrap().hits.into_iter().map(|hit| hit.message).collect()
}

#[tokio::test]
async fn lists_show_pinned_ones_first_then_the_newest() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let mut talks = Vec::new();
    for _ in 0..4 {
        let talk = Talk::new(&store).await;
        let asked = talk.ask(None, "hello").await;
        talk.answer(&asked, "hi").await;
        talks.push(talk);
    }
    store.conversations().set_pinned(talks[1].conversation, true).await.unwrap();
    store.conversations().set_archived(talks[2].conversation, true).await.unwrap();
    let listed = store.conversations().list(&ListQuery::default()).await.unwrap();
    let order: Vec<_> = listed.iter().map(|c| c.id).collect();
    assert_eq!(order, [talks[1].conversation, talks[3].conversation, talks[0].conversation]);
    assert_eq!((listed[0].messages, listed[0].branches, listed[0].streaming), (2, 1, 0));
    let page = ListQuery { limit: 1, offset: 1, ..ListQuery::default() };
    assert_eq!(store.conversations().list(&page).await.unwrap(), [listed[1].clone()]);
    let archived = ListQuery { archived: Archived::Only, ..ListQuery::default() };
    assert_eq!(store.conversations().list(&archived).await.unwrap()[0].id, talks[2].conversation);
    let streaming = talks[0].ask(None, "more").await;
    let listed = store.conversations().list(&ListQuery::default()).await.unwrap();
    assert_eq!((listed[2].messages, listed[2].streaming), (3, 1));
    talks[0].answer(&streaming, "no").await;
}

#[tokio::test]
async fn a_title_of_the_users_stays() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    assert!(store.conversations().rename(talk.conversation, "made up", false).await.unwrap());
    assert!(store.conversations().rename(talk.conversation, "mine", true).await.unwrap());
    assert!(!store.conversations().rename(talk.conversation, "made up again", false).await.unwrap());
    assert_eq!(store.conversations().get(talk.conversation).await.unwrap().unwrap().title, "mine");
}

#[tokio::test]
async fn what_was_deleted_is_nowhere_and_can_be_brought_back() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "an unmistakable question").await;
    talk.answer(&asked, "hi").await;
    let deleted = store.conversations().delete(talk.conversation, NOW).await.unwrap();
    assert_eq!(
        (deleted.nodes, deleted.erase_after),
        (2, Timestamp::from_millis(NOW.millis() + 30 * 86_400_000))
    );
    assert_eq!(store.conversations().list(&ListQuery::default()).await.unwrap(), []);
    assert_eq!(found(&store, "unmistakable").await, []);
    assert_eq!(store.conversations().get(talk.conversation).await.unwrap(), None);
    assert_eq!(store.conversations().tree(talk.conversation).await.unwrap(), None);
    assert_eq!(store.messages().get(asked.user).await.unwrap(), None);
    assert_eq!(store.messages().path_page(asked.answer, None, 9).await.unwrap(), []);
    assert_eq!(store.branches().of(talk.conversation).await.unwrap(), []);
    assert!(store.conversations().delete(talk.conversation, NOW).await.is_err());
    store.conversations().restore(talk.conversation).await.unwrap();
    assert_eq!(store.conversations().tree(talk.conversation).await.unwrap().unwrap().nodes.len(), 2);
    assert_eq!(found(&store, "unmistakable").await, [asked.user]);
    assert!(store.check().run().await.unwrap().ok);
}

#[tokio::test]
async fn text_is_found_by_words_phrases_and_two_characters() {
    let home = Home::new();
    let (store, _) = home.open().await;
    let talk = Talk::new(&store).await;
    let english = talk.say(None, "The quick brown fox, 100% sure of C++ and \"go\"").await;
    let japanese = talk.say(None, "東京は日本の首都です").await;
    let chinese = talk.say(None, "我喜欢北京烤鸭, ok").await;
    let long = talk.say(None, &format!("{} needle at the end", "hay ".repeat(40_000))).await;
    for (query, expected) in [
        ("quick", vec![english]),
        ("QUICK fox", vec![english]),
        ("\"quick brown\"", vec![english]),
        ("\"brown quick\"", vec![]),
        ("uick bro", vec![english]),
        ("c++", vec![english]),
        ("0%", vec![english]),
        ("go", vec![english]),
        ("ok", vec![chinese]),
        ("東京", vec![japanese]),
        ("首都です", vec![japanese]),
        ("北京", vec![chinese]),
        ("鸭", vec![chinese]),
        ("京", vec![chinese, japanese]),
        ("京都", vec![]),
        ("北京 ok", vec![chinese]),
        ("fox 東京", vec![]),
        ("\"", vec![]),
        ("   ", vec![]),
        ("NEAR(quick fox)", vec![]),
        ("quick*", vec![]),
        ("100_", vec![]),
    ] {
        assert_eq!(found(&store, query).await, expected, "{query}");
    }
    store.search().catch_up().await.unwrap();
    assert_eq!(found(&store, "needle").await, [long]);
    assert_eq!(rows_in(&store, "search_queue").await, 0);
    let query = SearchQuery { text: "brown".to_owned(), limit: 1, ..SearchQuery::default() };
    let hit = store.search().page(&query).await.unwrap().hits.remove(0);
    assert!(hit.snippet.contains("quick brown fox"), "{}", hit.snippet);
    let titled = ListQuery { text: Some("A TALK".to_owned()), ..ListQuery::default() };
    assert_eq!(store.conversations().list(&titled).await.unwrap().len(), 1);
    for (text, hits) in [("fox", 1), ("北京", 1), ("nowhere", 0), ("%", 1)] {
        let query = ListQuery { text: Some(text.to_owned()), ..ListQuery::default() };
        assert_eq!(store.conversations().list(&query).await.unwrap().len(), hits, "{text}");
    }
}

#[tokio::test]
async fn facts_and_model_lists_are_replaced_whole() {
    let home = Home::new();
    let (store, _) = home.open().await;
    store.meta().set("home", "a").await.unwrap();
    store.meta().set("home", "b").await.unwrap();
    assert_eq!(store.meta().get("home").await.unwrap().as_deref(), Some("b"));
    let pair = |m: &str| (m.to_owned(), format!("\"{m}\""));
    store.models_seen().replace("p", &[pair("a"), pair("b")], NOW).await.unwrap();
    store.models_seen().replace("p", &[pair("c")], NOW).await.unwrap();
    assert_eq!(store.models_seen().all().await.unwrap(), [("p".to_owned(), "\"c\"".to_owned())]);
}

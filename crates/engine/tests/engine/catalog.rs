//! The catalog: lists are taken whole or not at all, jumps wait, and calls are charged by it.

use crate::ground::Ground;
use domain::PromptClass;
use engine::{Engine, EngineErrorKind, EngineOptions, RankBy};
use std::path::{Path, PathBuf};

const FIRST: &str = r#"{"openai/zebra":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":2e-06,"output_cost_per_token":8e-06},
 "gpt-4o-mini":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":3e-07,"output_cost_per_token":1.2e-06}}"#;

fn list(folder: &Path, text: &[u8]) -> PathBuf {
    let path = folder.join("list.json");
    std::fs::write(&path, text).unwrap();
    path
}

async fn reopened(ground: &Ground) -> Engine {
    Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap()
}

fn price(engine: &Engine, id: &str) -> Option<String> {
    engine.catalog().lookup("openai", id)?.prices.input.map(|usd| usd.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_is_taken_counts_at_once_and_after_a_restart_and_a_bad_one_changes_nothing() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.15"));
    let path = list(folder.path(), FIRST.as_bytes());
    let done = engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap();
    assert_eq!((done.source.as_str(), done.models, done.held), ("litellm", 2, 0));
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"));
    let good = std::fs::read(&path).unwrap();
    for (what, bytes) in [
        ("cut", good[..good.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("a page", b"<html>down for maintenance</html>".to_vec()),
        ("long", vec![b' '; 33 << 20]),
        ("negative", String::from_utf8(good.clone()).unwrap().replace("2e-06", "-2e-06").into_bytes()),
        ("no number", String::from_utf8(good.clone()).unwrap().replace("2e-06", "NaN").into_bytes()),
    ] {
        let path = list(folder.path(), &bytes);
        let error = engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap_err();
        assert_eq!(error.kind(), EngineErrorKind::BadInput, "{what}");
        assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"), "{what}");
    }
    // Neither this machine nor plain http is a source, whoever names it.
    for url in ["http://127.0.0.1:9/list", "https://127.0.0.1:9/list", "https://169.254.169.254/latest"] {
        assert!(engine.sync_catalog(url, "").await.is_err(), "{url}");
    }
    let again = reopened(&ground).await;
    assert_eq!(price(&again, "gpt-4o-mini").as_deref(), Some("0.3"));
    assert_eq!(price(&again, "zebra").as_deref(), None);
    assert_eq!(price(&again, "openai/zebra").as_deref(), Some("2"));
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_waits_for_a_yes_and_what_was_known_is_charged_until_then() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let folder = tempfile::tempdir().unwrap();
    let path = list(folder.path(), FIRST.as_bytes());
    engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap();
    let dear = FIRST.replace("3e-07", "3e-05").replace("2e-06", "3e-06");
    let path = list(folder.path(), dear.as_bytes());
    let done = engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap();
    assert_eq!((done.changed, done.held), (1, 1));
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"));
    assert_eq!(price(engine, "openai/zebra").as_deref(), Some("3"));
    let held = engine.held_prices().await.unwrap();
    assert_eq!((held.len(), held[0].new.input.unwrap().to_string().as_str()), (1, "30"));
    let nobody = engine.accept_prices(Some("openai/nothing")).await.unwrap_err();
    assert_eq!(nobody.kind(), EngineErrorKind::NotFound);
    assert_eq!(engine.accept_prices(Some("openai/gpt-4o-mini")).await.unwrap(), 1);
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("30"));
    assert!(engine.held_prices().await.unwrap().is_empty());
    assert_eq!(engine.price_changes(10).await.unwrap().len(), 2);
    // What was said yes to does not jump again.
    assert_eq!(engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap().held, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_found_under_any_name_shown_and_ranked_and_the_users_word_counts() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let card = engine.catalog_card("us.anthropic.claude-sonnet-4-5-20250929-v1:0").unwrap();
    assert!(card.known && card.offers.iter().any(|offer| offer.provider == "anthropic"));
    assert!(card.offers.iter().any(|offer| offer.provider == "openrouter"));
    assert!(engine.catalog_card("---").is_err());
    assert!(engine.search_catalog("CLAUDE").iter().all(|entry| entry.model.contains("claude")));
    for by in RankBy::ALL {
        let ranked = engine.rank_models(by, PromptClass::Code);
        assert!(ranked.len() > 20, "{by}");
        assert!(ranked.is_sorted_by(|a, b| a.score >= b.score && a.rank < b.rank), "{by}");
    }
    engine.set_model_name("my-deployment", Some(&card.model)).await.unwrap();
    assert_eq!(engine.catalog_card("My-Deployment").unwrap().model, card.model);
    engine.set_model_name("my-deployment", None).await.unwrap();
    assert!(!engine.catalog_card("my-deployment").unwrap().known);
    assert!(!engine.catalog_schedule().await.unwrap());
}

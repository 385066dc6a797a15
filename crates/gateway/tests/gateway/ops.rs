//! What the gateway tells of itself, and to whom.

use crate::world::{GOOD, World, engine};
use gateway::{Gateway, GatewayOptions};
use serde_json::Value;
use std::time::Duration;

const AUTH: &str = "Authorization: Bearer ork_good";

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn health_is_a_word_without_a_key_and_whole_with_one() {
    let world = World::new().await;
    let word = world.ask("GET /health", &[], "").await;
    assert_eq!((word.status, json(&word.body)), (200, serde_json::json!({ "status": "ok" })));
    // A wrong key is none.
    assert_eq!(world.ask("GET /health", &["x-api-key: ork_wrong"], "").await.body, word.body);

    let whole = json(&world.ask("GET /health", &[AUTH], "").await.body);
    assert_eq!(whole["status"], "ok", "{whole}");
    for component in ["gateway", "store", "config", "spool"] {
        assert_eq!(whole["components"][component]["status"], "ok", "{whole}");
    }
    assert!(whole["components"]["keys"]["keychain"].is_string(), "{whole}");
    assert!(whole["providers"].as_array().unwrap().iter().any(|p| p["id"] == "simulated"), "{whole}");
    assert_eq!(whole["process"]["pid"], std::process::id());
    #[cfg(target_os = "linux")]
    assert!(whole["process"]["memoryBytes"].as_u64().unwrap() > 1 << 20, "{whole}");
}

#[tokio::test]
async fn a_mistake_in_the_settings_is_told_and_calls_are_still_taken() {
    let home = testkit::Home::empty().unwrap();
    std::fs::write(home.path().join("config.toml"), "[gateway]\nports = 1\n").unwrap();
    let engine = engine::Engine::open(home.path(), engine::EngineOptions::command()).await.unwrap();
    let options = GatewayOptions { port: 0, ..GatewayOptions::new(None) };
    let world = World::of(Gateway::start(engine, options).await.unwrap(), home);
    let whole = json(&world.ask("GET /health", &[], "").await.body);
    assert_eq!(
        (&whole["status"], &whole["components"]["config"]["status"]),
        (&"degraded".into(), &"degraded".into())
    );
    assert!(whole["components"]["config"]["problem"].as_str().unwrap().contains("`port`"), "{whole}");
    assert_eq!(world.ask("GET /ready", &[], "").await.status, 200);
}

#[tokio::test]
async fn metrics_count_what_was_answered() {
    let world = World::new().await;
    world.ask("GET /nothing", &[AUTH], "").await;
    world.ask("GET /info", &[], "").await;
    world.ask("GET /info", &[], "").await;
    let page = world.ask("GET /metrics", &[AUTH], "").await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let rows: Vec<&str> = page.body.lines().collect();
    for row in [
        "orchesity_http_responses_total{status=\"401\"} 2",
        "orchesity_http_responses_total{status=\"404\"} 1",
        "orchesity_active_requests 0",
        "orchesity_spool_bytes 0",
        "orchesity_store_saved 1",
    ] {
        assert!(rows.contains(&row), "{row}\n{}", page.body);
    }
    assert!(!page.body.contains(GOOD));
}

#[tokio::test]
async fn info_says_what_this_is_and_how_it_is_set() {
    let world = World::new().await;
    let info = json(&world.ask("GET /info", &[AUTH], "").await.body);
    assert_eq!(info["name"], "orchesity");
    assert_eq!((&info["exposed"], &info["keysNeeded"]), (&Value::Bool(false), &Value::Bool(true)));
    assert_eq!(info["capture"], "full");
    assert!(info["addresses"][0].as_str().unwrap().ends_with(&world.address.port().to_string()));
}

#[tokio::test]
async fn settings_say_where_it_listens() {
    let (home, engine) = engine().await;
    let edit = engine::GatewayEdit {
        port: Some(0),
        hosts: Some(vec!["box.lan".to_owned()]),
        ..engine::GatewayEdit::default()
    };
    engine.edit_gateway(edit).await.unwrap();
    assert_eq!(engine.gateway_settings().hosts, ["box.lan"]);
    let options = GatewayOptions::of(&engine.config().gateway, None).unwrap();
    let running = Gateway::start(engine.clone(), options).await.unwrap();
    let world = World::of(running, home);
    assert_eq!(world.ask("GET /live", &["Host: box.lan"], "").await.status, 200);
    assert_eq!(world.ask("GET /live", &["Host: other.lan"], "").await.status, 421);
    world.running.stop(Duration::from_secs(1)).await;
}

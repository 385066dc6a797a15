//! What the gateway tells of itself, and to whom.

use crate::wire::{Shape, Wire};
use crate::world::{GOOD, World, engine};
use gateway::{Gateway, GatewayOptions};
use serde_json::Value;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

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
async fn it_is_not_ready_while_what_it_answers_cannot_be_stored() {
    let wire = Wire::new().await;
    let tell = async |path: &str| {
        let told = wire.http.get(format!("{}{path}", wire.url)).bearer_auth(&wire.key).send().await.unwrap();
        (told.status().as_u16(), told.json::<Value>().await.unwrap())
    };
    assert_eq!(tell("/ready").await, (200, serde_json::json!({ "status": "ready" })));
    // Nothing can be written where calls are noted: a file stands in the folder's place.
    let spool = wire.home.path().join("spool");
    let _ = std::fs::remove_dir_all(&spool);
    std::fs::write(&spool, "in the way").unwrap();
    let heard = wire.ask(Shape::Chat, "chat/ok?tokens=4", false).await;
    heard.expect_whole(&testkit::answer(4, 0), "who asks is answered all the same");
    let (status, said) = tell("/ready").await;
    assert_eq!((status, &said["status"]), (503, &"storage".into()), "{said}");
    assert!(said["problem"].as_str().unwrap().contains("cannot be written down"), "{said}");
    let (status, health) = tell("/health").await;
    assert_eq!((status, &health["components"]["store"]["status"]), (200, &"degraded".into()), "{health}");
    // It lives: to start it again would help nobody, and lose what is noted in memory.
    assert_eq!(tell("/live").await.0, 200);

    std::fs::remove_file(&spool).unwrap();
    while tell("/ready").await.0 != 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    wire.engine.catch_up_calls().await;
    let calls = wire.engine.traffic().list(&domain::TrafficQuery::default()).await.unwrap().calls;
    assert_eq!(calls.len(), 1, "nothing of it is lost: {calls:?}");
}

#[tokio::test]
async fn it_is_not_ready_any_more_once_it_is_to_end() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    // A line that is in the middle of its head when the end is announced.
    let head = format!("GET /ready HTTP/1.1\r\nHost: {}\r\n{AUTH}\r\n", world.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    while world.running.gateway().connections() == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let ending = tokio::spawn(world.running.stop(Duration::from_secs(5)));
    while TcpStream::connect(world.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(b"\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"draining\""), "{answer}");
    ending.await.unwrap();
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

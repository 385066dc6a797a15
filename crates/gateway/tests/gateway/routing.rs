//! Routes through the gateway: asked for in every way, decided, told of by the decision's id.

use crate::wire::{Heard, SHAPES, Shape, Wire};
use domain::Decision;
use serde_json::{Value, json};
use std::time::Duration;

const POLICIES: &str = "[aliases]\nteam = [\"chat/ok?tokens=24\", \"anthropic/ok?tokens=24\"]\n\
    [routing.policies.demo]\nallow = [\"simulated/*\"]\n\
    [routing.policies.last]\nstrategy = \"priority\"\norder = [\"anthropic/*\"]\n";

/// The native API is for keys that name it.
async fn wire() -> Wire {
    let mut wire = Wire::with(POLICIES).await;
    wire.key = wire.issue(&["/v1/*", "/v1beta/*", "/api/v1/*"]).await;
    wire
}

async fn get(wire: &Wire, path: &str) -> Value {
    let asked = wire.http.get(format!("{}{path}", wire.url)).bearer_auth(&wire.key);
    asked.send().await.unwrap().json().await.unwrap()
}

/// The decision once it is stored.
async fn decision(wire: &Wire, heard: &Heard) -> Decision {
    let path = format!("/api/v1/routing/decisions/{}", heard.header("x-orchesity-decision"));
    loop {
        if let Ok(decision) = serde_json::from_value(get(wire, &path).await) {
            return decision;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_route_is_answered_in_every_shape_and_its_decision_is_found_by_its_id() {
    let wire = wire().await;
    for shape in SHAPES {
        let heard = wire.ask(shape, "auto:demo", false).await;
        assert_eq!(heard.status, 200, "{shape:?}: {}", heard.raw);
        assert!(heard.header("x-orchesity-target").starts_with("simulated/"), "{shape:?}");
        let decision = decision(&wire, &heard).await;
        assert_eq!(decision.order[0].as_str(), heard.header("x-orchesity-target"));
        let routed = decision.routed.unwrap();
        assert_eq!((routed.policy.as_str(), routed.important), ("demo", false));
        assert!(decision.candidates[0].score.is_some() && !decision.candidates[0].parts.is_empty());
    }
}

#[tokio::test]
async fn a_profile_may_stand_in_the_name_the_body_the_address_or_a_header() {
    let wire = wire().await;
    let body = json!({ "model": "auto", "messages": [{ "role": "user", "content": "Hello" }] });
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    let path = "/v1/chat/completions";
    let asked = [
        wire.post(path, &with("routing_profile", json!("demo"))),
        wire.post(path, &with("orchesity", json!({ "routing_profile": "demo", "important": true }))),
        wire.post(&format!("{path}?routing_profile=demo"), &body),
        wire.post(path, &body).header("x-orchesity-profile", "demo"),
        wire.post(path, &with("model", json!("auto:demo"))),
    ];
    for (at, asked) in asked.into_iter().enumerate() {
        let heard = Heard::read(Shape::Chat, asked.send().await.unwrap()).await;
        assert!(heard.header("x-orchesity-target").starts_with("simulated/"), "{at}: {}", heard.raw);
        assert_eq!(decision(&wire, &heard).await.routed.unwrap().important, at == 1);
    }
    // With names of models a profile chooses among these, and no further.
    let heard = wire.post(path, &with("model", json!("team"))).header("x-orchesity-profile", "last");
    let heard = Heard::read(Shape::Chat, heard.send().await.unwrap()).await;
    assert_eq!(heard.header("x-orchesity-target"), "anthropic/ok?tokens=24");
    assert_eq!(decision(&wire, &heard).await.candidates.len(), 2);
}

#[tokio::test]
async fn a_route_that_there_is_not_is_a_404_with_names_like_it() {
    let wire = wire().await;
    for shape in SHAPES {
        let heard = wire.ask(shape, "auto:demmo", false).await;
        assert_eq!(heard.status, 404, "{shape:?}: {}", heard.raw);
        assert!(heard.raw.contains("auto:demo"), "{shape:?}: {}", heard.raw);
    }
}

#[tokio::test]
async fn the_api_says_what_a_route_would_choose_and_by_what() {
    let wire = wire().await;
    let trial = json!({ "prompt": "Prove that there are infinitely many primes.", "policy": "demo" });
    let answer = wire.post("/api/v1/routing/decide", &trial).send().await.unwrap();
    let decision: Decision = answer.json().await.unwrap();
    assert!(decision.order[0].as_str().starts_with("simulated/"));
    let policies = get(&wire, "/api/v1/routing/policies").await;
    assert_eq!(policies["default"], "balanced");
    assert!(policies["items"].as_array().unwrap().iter().any(|policy| policy["name"] == "demo"));
    assert!(get(&wire, "/api/v1/routing/dwa").await["items"].is_array());
    assert!(get(&wire, "/api/v1/routing/dwa?hours=0").await["items"].is_array());
    assert_eq!(get(&wire, "/api/v1/routing/dwa?hours=721").await["error"]["param"], "hours");
    let forgotten: Value =
        wire.post("/api/v1/routing/dwa/reset", &json!({})).send().await.unwrap().json().await.unwrap();
    assert_eq!(forgotten["targets"], 0);
    assert!(get(&wire, "/api/v1/routing/analytics").await["counts"].is_array());
}

#[tokio::test]
async fn what_routes_chose_and_what_came_of_it_is_told_for_any_span() {
    let wire = wire().await;
    let hour = |hours: i64| domain::Timestamp::from_millis(engine::clock().millis() + hours * 3_600_000);
    for _ in 0..2 {
        let heard = wire.ask(Shape::Chat, "auto:demo", false).await;
        decision(&wire, &heard).await;
    }
    let team = json!({ "model": "team", "messages": [{ "role": "user", "content": "Hello" }] });
    let asked = wire.post("/v1/chat/completions", &team).header("x-orchesity-profile", "last");
    let heard = Heard::read(Shape::Chat, asked.send().await.unwrap()).await;
    decision(&wire, &heard).await;
    // Whom somebody names nobody chose.
    wire.ask(Shape::Chat, "chat/ok?tokens=24", false).await;
    wire.engine.catch_up_calls().await;
    let told = async |span: &str| get(&wire, &format!("/api/v1/routing/analytics{span}")).await;
    let all = told("").await;
    assert_eq!(all["decisions"], 3, "{all}");
    let of = |policy: &str, what: &str| {
        let counts = all["counts"].as_array().unwrap().iter().filter(|one| one["policy"] == policy);
        counts.map(|one| one[what].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((of("demo", "decisions"), of("demo", "complete"), of("demo", "fellBack")), (2, 2, 0));
    assert_eq!((of("last", "decisions"), of("last", "complete")), (1, 1));
    let chosen = all["counts"].as_array().unwrap().iter().find(|one| one["policy"] == "last").unwrap();
    assert_eq!(chosen["chosen"].as_str(), Some(heard.header("x-orchesity-target")));
    assert_eq!(told(&format!("?until={}", hour(-1))).await["decisions"], 0);
    assert_eq!(told(&format!("?from={}&until={}", hour(-1), hour(1))).await["decisions"], 3);
    assert!(told(&format!("?from={}&until={}", hour(1), hour(-1))).await["error"]["message"].is_string());
}

//! Real keys: every route asks for one, and each is good for what it was issued for.

use crate::wire::{Heard, Shape, Wire};
use domain::{NewKey, Timestamp};
use gateway::Access;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::answer;
use tokio::time::sleep;

/// A path that fits a route.
fn example(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        out.push('a');
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

fn in_ms(ms: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(ms);
    Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
}

#[tokio::test]
async fn no_route_lets_anybody_in_without_a_key_that_is_in_force_and_meant_for_it() {
    let wire = Wire::new().await;
    let new = |expires: Option<Timestamp>| NewKey {
        expires_at: expires,
        ..serde_json::from_value(json!({ "name": "test" })).unwrap()
    };
    let expired = wire.engine.virtual_keys().issue(new(Some(in_ms(40)))).await.unwrap();
    let revoked = wire.engine.virtual_keys().issue(new(None)).await.unwrap();
    assert!(wire.engine.virtual_keys().revoke(revoked.id).await.unwrap());
    let elsewhere = wire.issue(&["/nowhere/*"]).await;
    sleep(Duration::from_millis(60)).await;

    let mut asked = 0;
    for (method, path, access) in wire.running.routes() {
        if *access != Access::Key {
            continue;
        }
        asked += 1;
        let url = format!("{}{}", wire.url, example(path));
        let ask = |key: Option<&str>| {
            let request = wire.http.request(method.as_str().parse().unwrap(), &url);
            let request = request.header("content-type", "application/json");
            let request = match key {
                Some(key) => request.header("x-api-key", key),
                None => request,
            };
            async move {
                let response = request.send().await.unwrap();
                let id = response.headers()["x-orchesity-request-id"].to_str().unwrap().to_owned();
                (response.status().as_u16(), response.text().await.unwrap().replace(&id, ""))
            }
        };
        assert_eq!(ask(None).await.0, 401, "{method} {path}");
        let wrong = ask(Some("ork_wrong")).await;
        assert_eq!(wrong.0, 401, "{method} {path}");
        let one_off = format!("{}x", &wire.key[..wire.key.len() - 1]);
        for key in [one_off.as_str(), &expired.key, &revoked.key] {
            assert_eq!(ask(Some(key)).await, wrong, "{method} {path}");
        }
        assert_eq!(ask(Some(&elsewhere)).await.0, 403, "{method} {path}");
    }
    assert!(asked >= 20, "{asked} routes");
    assert!(wire.server.log().is_empty(), "nobody was asked");
}

#[tokio::test]
async fn a_scope_is_for_its_routes_and_targets() {
    let wire = Wire::new().await;
    let new = json!({ "name": "narrow", "scopes": { "routes": ["/v1/chat/*"], "targets": ["chat/*"] } });
    let narrow = wire.engine.virtual_keys().issue(serde_json::from_value(new).unwrap()).await.unwrap().key;
    let ask = async |shape: Shape, model: &str| {
        let (path, body) = shape.question(model, false);
        let request = wire.http.post(format!("{}{path}", wire.url)).bearer_auth(narrow.as_str()).json(&body);
        Heard::read(shape, request.send().await.unwrap()).await
    };
    ask(Shape::Chat, "chat/ok?tokens=2").await.expect_whole(&answer(2, 0), "in scope");
    assert_eq!(ask(Shape::Chat, "anthropic/ok").await.status, 403);
    assert_eq!(ask(Shape::Messages, "chat/ok").await.status, 403);
    assert_eq!(wire.server.log().len(), 1);
}

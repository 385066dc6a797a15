//! Stored responses: followed, looked at and forgotten by whoever made them.

use crate::wire::{Shape, Wire};
use serde_json::json;
use testkit::answer;

#[tokio::test]
async fn a_response_can_be_followed_by_its_id_and_by_its_own_key_only() {
    let wire = Wire::new().await;
    let first = wire.ask(Shape::Responses, "chat/ok?tokens=5", false).await;
    first.expect_whole(&answer(5, 0), "first");
    let body: serde_json::Value = serde_json::from_str(&first.raw).unwrap();
    let id = body["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("resp_"), "{id}");

    let follow = |body: &mut serde_json::Value| {
        body["previous_response_id"] = json!(id);
    };
    let second = wire.ask_with(Shape::Responses, "chat/ok?tokens=6", false, follow).await;
    second.expect_whole(&answer(6, 0), "second");
    let sent = &wire.server.calls_of("ok?tokens=6")[0].body;
    let text = sent.to_string();
    assert!(text.contains("The·0") && text.contains("How does it go?"), "{sent}");
    assert_eq!(sent["messages"].as_array().unwrap().len(), 3, "{sent}");

    let path = format!("{}/v1/responses/{id}", wire.url);
    let got: serde_json::Value =
        wire.http.get(&path).bearer_auth(&wire.key).send().await.unwrap().json().await.unwrap();
    assert_eq!((&got["id"], &got["status"]), (&json!(id), &json!("completed")), "{got}");
    assert_eq!(got["output"][0]["content"][0]["text"], answer(5, 0), "{got}");

    let other = wire.issue(&[]).await;
    assert_eq!(wire.http.get(&path).bearer_auth(&other).send().await.unwrap().status().as_u16(), 404);
    let gone: serde_json::Value =
        wire.http.delete(&path).bearer_auth(&wire.key).send().await.unwrap().json().await.unwrap();
    assert_eq!(gone["deleted"], true, "{gone}");
    assert_eq!(wire.http.get(&path).bearer_auth(&wire.key).send().await.unwrap().status().as_u16(), 404);
    let heard = wire
        .ask_with(Shape::Responses, "chat/ok?tokens=6", false, |body| {
            body["previous_response_id"] = json!(id);
        })
        .await;
    assert_eq!(heard.status, 400, "{heard:?}");
    let body: serde_json::Value = serde_json::from_str(&heard.raw).unwrap();
    let told = (&body["error"]["param"], &body["error"]["code"]);
    assert_eq!(told, (&json!("previous_response_id"), &json!("previous_response_not_found")), "{body}");
}

//! What Traffic tells of calls that nobody was asked to answer, and of callers who leave with the last word.

use crate::wire::{Shape, Wire};
use domain::{CompletionState, RunKind, TrafficCall, TrafficQuery};
use serde_json::json;
use tokio::time::{Duration, sleep};

/// What is listed, newest first.
async fn listed(wire: &Wire) -> Vec<TrafficCall> {
    wire.engine.catch_up_calls().await;
    wire.engine.traffic().list(&TrafficQuery::default()).await.unwrap().calls
}

#[tokio::test]
async fn counts_and_calls_that_were_refused_are_told() {
    let wire = Wire::new().await;
    let (path, body) = Shape::Messages.question("anthropic/ok", false);
    let counted = wire.post(&format!("{path}/count_tokens"), &body).send().await.unwrap();
    assert_eq!(counted.status().as_u16(), 200);
    let (path, body) = Shape::Chat.question("nobody/knows", false);
    assert_eq!(wire.post(&path, &body).send().await.unwrap().status().as_u16(), 404);
    let unread = wire.post(&path, &json!({ "model": "chat/ok", "messages": 5 })).send().await.unwrap();
    assert_eq!(unread.status().as_u16(), 400);
    let wrong = wire.http.post(format!("{}{path}", wire.url)).bearer_auth("ork_wrong").json(&body);
    let wrong = wrong.header("user-agent", "probe/1.0").send().await.unwrap();
    assert_eq!(wrong.status().as_u16(), 401);
    // What asks no model is none of these.
    let elsewhere = wire.http.get(format!("{}/v1/models", wire.url)).send().await.unwrap();
    assert_eq!(elsewhere.status().as_u16(), 401);

    let calls = listed(&wire).await;
    let told: Vec<_> = calls.iter().map(|call| (call.kind, call.status, call.key.is_some())).collect();
    let ask = RunKind::Ask;
    assert_eq!(
        told,
        [
            (ask, Some(401), false),
            (ask, Some(400), true),
            (ask, Some(404), true),
            (RunKind::Count, Some(200), true)
        ],
        "{calls:?}"
    );
    assert_eq!(
        (calls[0].client.as_deref(), calls[0].route.as_deref()),
        (Some("probe/1.0"), Some(path.as_str()))
    );
    assert_eq!(calls[2].requested.as_str(), "nobody/knows");
    assert_eq!(calls[3].served.as_ref().map(domain::Target::as_str), Some("anthropic/ok"));
    assert!(calls.iter().all(|call| call.attempts == 0 && call.conversation.is_none()), "{calls:?}");

    let body = json!({ "contents": [{ "parts": [{ "text": "count these few words" }] }] });
    wire.post("/v1beta/models/chat%2Fok:countTokens", &body).send().await.unwrap();
    let counted = listed(&wire).await.remove(0);
    assert_eq!(counted.route.as_deref(), Some("/v1beta/models/*:countTokens"), "{counted:?}");
}

#[tokio::test]
async fn a_flood_of_strangers_leaves_a_few_lines() {
    let wire = Wire::new().await;
    let (path, body) = Shape::Chat.question("chat/ok", false);
    for _ in 0..60 {
        let asked = wire.http.post(format!("{}{path}", wire.url)).bearer_auth("ork_wrong").json(&body);
        assert_eq!(asked.send().await.unwrap().status().as_u16(), 401);
    }
    let told = listed(&wire).await.len();
    assert!((20..30).contains(&told), "{told}");
}

#[tokio::test]
async fn who_leaves_with_the_last_word_has_had_the_whole_answer() {
    let wire = Wire::new().await;
    for shape in [Shape::Chat, Shape::Messages] {
        let provider = if shape == Shape::Chat { "chat" } else { "anthropic" };
        let (path, body) = shape.question(&format!("{provider}/ok?tokens=4&x={shape:?}"), true);
        let mut response = wire.post(&path, &body).send().await.unwrap();
        let (mut heard, last) = (Vec::new(), if shape == Shape::Chat { "[DONE]" } else { "message_stop\"" });
        while !String::from_utf8_lossy(&heard).contains(last) {
            heard.extend_from_slice(&response.chunk().await.unwrap().unwrap());
        }
        drop(response);
        let mut tries = 0;
        let state = loop {
            let calls = listed(&wire).await;
            if let Some(call) = calls.first().filter(|call| {
                call.requested.as_str().ends_with(&format!("{shape:?}")) && call.state.is_terminal()
            }) {
                break call.state.clone();
            }
            tries += 1;
            assert!(tries < 100, "{shape:?}: it is never over");
            sleep(Duration::from_millis(20)).await;
        };
        assert!(matches!(state, CompletionState::Complete { .. }), "{shape:?}: {state:?}");
    }
}

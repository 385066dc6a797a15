//! `Idempotency-Key`: what comes twice is carried out once.

use crate::wire::{Heard, Shape, Wire};
use futures_util::future::join_all;
use testkit::answer;

async fn ask(wire: &Wire, shape: Shape, model: &str, stream: bool, word: &str) -> Heard {
    let (path, body) = shape.question(model, stream);
    let response = wire.post(&path, &body).header("idempotency-key", word).send().await.unwrap();
    Heard::read(shape, response).await
}

#[tokio::test]
async fn thirty_two_of_a_kind_are_one_call_upstream() {
    let wire = Wire::new().await;
    for (shape, provider) in
        [(Shape::Chat, "chat"), (Shape::Messages, "anthropic"), (Shape::Responses, "chat")]
    {
        for stream in [false, true] {
            let model = format!("{provider}/ok?tokens=20&gap_ms=10&x={shape:?}{stream}");
            let before = wire.server.log().len();
            let word = format!("word-{shape:?}-{stream}");
            let all = join_all((0..32).map(|_| ask(&wire, shape, &model, stream, &word))).await;
            assert_eq!(wire.server.log().len() - before, 1, "{shape:?} {stream}");
            for heard in &all {
                heard.expect_whole(&answer(20, 0), &model);
                assert_eq!(heard.raw, all[0].raw, "{shape:?} {stream}: the same bytes for all");
                assert_eq!(heard.header("x-orchesity-target"), model);
            }
            let replayed = all.iter().filter(|heard| heard.header("idempotent-replayed") == "true").count();
            assert_eq!(replayed, 31, "{shape:?} {stream}");
            // And later, too.
            let again = ask(&wire, shape, &model, stream, &word).await;
            assert_eq!((again.raw.as_str(), wire.server.log().len() - before), (all[0].raw.as_str(), 1));
        }
    }
}

#[tokio::test]
async fn texts_are_embedded_once_too() {
    let wire = Wire::new().await;
    let body = serde_json::json!({ "model": "chat/embed", "input": ["one", "two"] });
    let embed = || async {
        let request = wire.post("/v1/embeddings", &body).header("idempotency-key", "texts");
        request.send().await.unwrap().text().await.unwrap()
    };
    let all = join_all((0..8).map(|_| embed())).await;
    assert!(all[0].contains("embedding") && all.iter().all(|one| *one == all[0]), "{all:?}");
    assert_eq!(wire.server.log().len(), 1);
}

#[tokio::test]
async fn another_body_under_the_same_word_is_refused() {
    let wire = Wire::new().await;
    ask(&wire, Shape::Chat, "chat/ok?tokens=2", false, "w").await.expect_whole(&answer(2, 0), "first");
    let other = ask(&wire, Shape::Chat, "chat/ok?tokens=3", false, "w").await;
    assert_eq!(other.status, 422, "{other:?}");
    other.expect_error("other body");
    // Another key's words are its own.
    let (path, body) = Shape::Chat.question("chat/ok?tokens=3", false);
    let key = wire.issue(&[]).await;
    let request = wire.http.post(format!("{}{path}", wire.url)).bearer_auth(key).json(&body);
    let response = request.header("idempotency-key", "w").send().await.unwrap();
    Heard::read(Shape::Chat, response).await.expect_whole(&answer(3, 0), "another key");
}

#[tokio::test]
async fn what_failed_is_carried_out_anew() {
    let wire = Wire::with("[engine]\nmax_attempts = 1\n").await;
    for stream in [false, true] {
        let model = format!("chat/500-once?tokens=4&seed={}", u8::from(stream));
        ask(&wire, Shape::Chat, &model, stream, &model).await.expect_error("the first time");
        let heard = ask(&wire, Shape::Chat, &model, stream, &model).await;
        heard.expect_whole(&answer(4, u64::from(stream)), "the second time");
    }
    let cut = "chat/cut?after=3&tokens=9";
    for _ in 0..2 {
        ask(&wire, Shape::Chat, cut, true, "cut").await.expect_error("a cut stream is not kept");
    }
    assert_eq!(wire.server.calls_of("cut?after=3&tokens=9").len(), 2);
}

#[tokio::test]
async fn who_leaves_frees_the_word_for_the_next() {
    let wire = Wire::new().await;
    let (path, body) = Shape::Chat.question("chat/slow?tokens=300", true);
    let request = wire.post(&path, &body).header("idempotency-key", "left");
    let asking = tokio::spawn(async move { request.send().await.unwrap().text().await });
    wire.server.called(1).await;
    asking.abort();
    wire.server.closed(0).await;
    let (path, body) = Shape::Chat.question("chat/slow?tokens=300", true);
    let request = wire.post(&path, &body).header("idempotency-key", "left");
    let asking = tokio::spawn(async move { request.send().await.unwrap().text().await });
    wire.server.called(2).await;
    asking.abort();
}

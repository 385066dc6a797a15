//! A caller who leaves: the provider's connection closes, and nobody else is asked.

use crate::wire::{Shape, Wire};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// What is promised is half a second; a busy machine gets more, and never an answer's whole length.
const SOON: Duration = Duration::from_secs(5);

/// Asks, leaves in the middle of whatever is being done, and says which call it was.
async fn left(wire: &Wire, shape: Shape, model: &str, stream: bool) -> usize {
    let before = wire.server.log().len();
    let (path, body) = shape.question(model, stream);
    let request = wire.post(&path, &body);
    let asking = tokio::spawn(async move {
        let mut response = request.send().await?;
        while response.chunk().await?.is_some() {}
        Ok::<_, reqwest::Error>(())
    });
    timeout(SOON, wire.server.called(before + 1)).await.expect("the provider is asked");
    sleep(Duration::from_millis(150)).await;
    asking.abort();
    before
}

#[tokio::test]
async fn who_leaves_is_not_worked_for_any_more() {
    let wire = Wire::new().await;
    for (shape, provider) in [(Shape::Chat, "chat"), (Shape::Messages, "anthropic"), (Shape::Gemini, "chat")]
    {
        for stream in [false, true] {
            // Before the head, before content, in the middle of it.
            for model in ["slow-headers?ms=1200", "slow-first?ms=1200", "slow?tokens=400&gap_ms=50"] {
                let at = left(&wire, shape, &format!("{provider}/{model}"), stream).await;
                timeout(SOON, wire.server.closed(at)).await.unwrap_or_else(|_| {
                    panic!("{shape:?} {model} {stream}: the provider still talks to somebody who has left")
                });
                assert!(wire.server.log()[at].abandoned(), "{shape:?} {model} {stream}");
            }
        }
    }
    let asked = wire.server.log().len();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(wire.server.log().len(), asked, "no further attempt is made for anybody");
}

#[tokio::test]
async fn who_leaves_while_we_wait_to_try_again_ends_the_waiting() {
    let wire = Wire::new().await;
    let model = "chat/429-always?retry_after_ms=700";
    left(&wire, Shape::Chat, model, true).await;
    sleep(Duration::from_millis(1200)).await;
    assert_eq!(wire.server.log().len(), 1, "the second try was never made");
}

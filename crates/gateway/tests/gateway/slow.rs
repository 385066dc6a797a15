//! A caller who reads slowly holds the provider back, and misses nothing.

use crate::wire::{Heard, Shape, Wire};
use std::time::Duration;
use testkit::answer;
use tokio::time::sleep;

/// Some thirty megabytes on the wire: more than all the buffers on the way.
const TOKENS: usize = 120_000;

#[tokio::test]
async fn a_slow_reader_holds_back_the_source() {
    let wire =
        Wire::with("[engine]\ntimeouts = { idle_ms = 60000, first_content_ms = 60000, total_ms = 600000 }\n")
            .await;
    for (shape, provider) in [(Shape::Chat, "chat"), (Shape::Messages, "chat")] {
        let at = wire.server.log().len();
        let (path, body) = shape.question(&format!("{provider}/ok?tokens={TOKENS}"), true);
        let mut response = wire.post(&path, &body).send().await.unwrap();
        assert!(response.chunk().await.unwrap().is_some());
        sleep(Duration::from_secs(2)).await;
        let call = &wire.server.log()[at];
        assert!(call.ended.is_none() && call.closed.is_none(), "{shape:?}: the provider was not held back");
        let heard = Heard::read(shape, response).await;
        // Its first piece was read before.
        let whole = answer(TOKENS, 0);
        assert!(whole.ends_with(&heard.text) && heard.text.len() > whole.len() / 2, "{shape:?}");
        assert_eq!((heard.stop, heard.closed), (Some("stop"), true), "{shape:?}");
    }
}

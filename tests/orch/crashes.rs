//! SIGKILL in mid-stream: what was shown is there afterwards. `cargo xtask bench crash` does the
//! same 200 times.

use system_tests::crash::{self, Found};
use testkit::ScriptedProvider;

async fn off_thread(work: impl FnOnce(&ScriptedProvider) -> Result<Found, String> + Send + 'static) -> Found {
    let server = ScriptedProvider::start().await;
    tokio::task::spawn_blocking(move || work(&server)).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_during_eight_streams_lose_no_character() {
    let found = off_thread(|server| crash::run(server, 20, 7, |_| {})).await;
    println!(
        "{}; {} characters seen, slowest start {:?}",
        found.line(),
        found.seen_characters,
        found.slowest_start
    );
    assert!(found.mid_stream > 0 && found.seen_characters > 0, "nothing was tried: {found:?}");
    assert_eq!(found.lost_characters, 0, "{found:?}");
    assert_eq!(found.faults, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn committing_after_showing_is_caught_losing_text() {
    let kept = off_thread(|server| crash::victims(server, "commit-first", 2, 11)).await;
    assert!(kept.seen_characters > 0 && kept.lost_characters == 0, "{kept:?}");
    let twin = off_thread(|server| crash::victims(server, "show-first", 3, 11)).await;
    assert!(twin.lost_characters > 0, "this test would not notice lost text: {twin:?}");
}

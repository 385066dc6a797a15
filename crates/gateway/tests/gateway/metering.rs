//! The page of metrics after a few calls of every end.

use crate::wire::{Shape, Wire};
use std::collections::BTreeMap;
use testkit::INPUT_TOKENS;

const CONFIG: &str = "[engine]\nmax_attempts = 3\n\n[cache]\nenabled = true\nttl_s = 600\n\n\
    [[prices]]\nmodel = \"chat/ok?tokens=5\"\ninput = 10.0\noutput = 100.0\n\n\
    [[prices]]\nmodel = \"anthropic/reasoning?tokens=6&reasoning=2\"\ninput = 1.0\noutput = 2.0\n";

/// The page, by series.
async fn page(wire: &Wire) -> BTreeMap<String, f64> {
    let page = wire.http.get(format!("{}/metrics", wire.url)).bearer_auth(&wire.key);
    let page = page.send().await.unwrap().text().await.unwrap();
    let rows = page.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        row.rsplit_once(' ').map(|(series, value)| (series.to_owned(), value.parse().unwrap())).unwrap()
    })
    .collect()
}

/// That all of these stand there, with these values.
fn expect(page: &BTreeMap<String, f64>, rows: &[(&str, f64)]) {
    for (series, value) in rows {
        let found = page.get(&format!("orchesity_{series}")).copied();
        assert!(found.is_some_and(|found| (found - value).abs() < 1e-12), "{series}: {found:?}\n{page:#?}");
    }
}

#[tokio::test]
async fn a_few_calls_of_every_end_can_be_read_off_the_metrics() {
    let wire = Wire::with(CONFIG).await;
    let none = page(&wire).await;
    assert!(!none.keys().any(|series| series.starts_with("orchesity_requests_total")), "{none:#?}");

    for _ in 0..2 {
        assert_eq!(wire.ask(Shape::Chat, "chat/ok?tokens=5", false).await.status, 200);
    }
    let thought = "anthropic/reasoning?tokens=6&reasoning=2";
    assert_eq!(wire.ask(Shape::Messages, thought, true).await.status, 200);
    assert_eq!(wire.ask(Shape::Chat, "chat/400?x=1", false).await.status, 400);
    assert!(wire.ask(Shape::Chat, "chat/503-always?retry_after_ms=1", true).await.status >= 500);
    assert_eq!(wire.ask(Shape::Gemini, "nobody/knows", false).await.status, 404);

    // One that is still going on.
    let (path, body) = Shape::Chat.question("ollama/slow?tokens=4000&gap_ms=25", true);
    let mut going = wire.post(&path, &body).send().await.unwrap();
    assert!(going.chunk().await.unwrap().is_some());
    let during = page(&wire).await;
    expect(&during, &[("active_streams", 1.0), ("active_requests", 1.0), ("connections", 2.0)]);
    drop(going);

    let input = INPUT_TOKENS as f64;
    expect(
        &during,
        &[
            ("requests_total{caller=\"openai-chat\",result=\"ok\"}", 2.0),
            ("requests_total{caller=\"openai-chat\",result=\"bad_request\"}", 1.0),
            ("requests_total{caller=\"openai-chat\",result=\"overloaded\"}", 1.0),
            ("requests_total{caller=\"anthropic\",result=\"ok\"}", 1.0),
            ("requests_total{caller=\"gemini\",result=\"not_found\"}", 1.0),
            // What was given again was asked of nobody.
            ("upstream_attempts_total{provider=\"chat\",result=\"ok\"}", 1.0),
            ("upstream_attempts_total{provider=\"chat\",result=\"bad_request\"}", 1.0),
            ("upstream_attempts_total{provider=\"chat\",result=\"overloaded\"}", 3.0),
            ("upstream_attempts_total{provider=\"anthropic\",result=\"ok\"}", 1.0),
            ("cache_lookups_total{result=\"hit\"}", 1.0),
            ("tokens_total{provider=\"chat\",kind=\"input\"}", input),
            ("tokens_total{provider=\"chat\",kind=\"output\"}", 5.0),
            ("tokens_total{provider=\"anthropic\",kind=\"input\"}", input),
            ("cost_usd_total{provider=\"chat\"}", (10.0 * input + 100.0 * 5.0) / 1e6),
            ("cost_usd_total{provider=\"anthropic\"}", (input + 2.0 * 8.0) / 1e6),
            ("breaker{target=\"chat/503-always?retry_after_ms=1\",state=\"open\"}", 1.0),
            ("http_responses_total{status=\"200\"}", 5.0),
            ("http_responses_total{status=\"400\"}", 1.0),
            ("http_responses_total{status=\"404\"}", 1.0),
            ("request_duration_seconds_count{caller=\"openai-chat\"}", 4.0),
            ("request_duration_seconds_bucket{caller=\"openai-chat\",le=\"+Inf\"}", 4.0),
            ("request_duration_seconds_bucket{caller=\"anthropic\",le=\"300\"}", 1.0),
            // Of two answers and of what goes on; what failed said nothing.
            ("time_to_first_content_seconds_count{caller=\"openai-chat\"}", 3.0),
            ("time_to_first_content_seconds_count{caller=\"anthropic\"}", 1.0),
        ],
    );
    let sum = during["orchesity_request_duration_seconds_sum{caller=\"openai-chat\"}"];
    assert!(sum > 0.0, "{sum}");

    // The caller has left: it is over, and told as that.
    loop {
        let after = page(&wire).await;
        if after["orchesity_active_streams"] == 0.0 {
            expect(&after, &[("requests_total{caller=\"openai-chat\",result=\"cancelled\"}", 1.0)]);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

//! `GET /metrics`: numbers since the start of this process, in Prometheus' text format.
//!
//! Written by hand: the numbers are atomics in the engine already, and a registry would be a second place for
//! them. Labels have few values each, none of which a caller can make up.

use super::process::Process;
use crate::{Gateway, route::Call};
use axum::body::Body;
use engine::{MeterSnapshot, Times};
use http::{
    HeaderValue, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use std::fmt::{Display, Write as _};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// `GET /metrics`
pub(crate) async fn metrics(gateway: Gateway, _: Call) -> Response<Body> {
    let engine = gateway.engine();
    let mut page = Page::default();
    calls(&mut page, &engine.meters().snapshot());
    let own = |count: u64| [(vec![], count.to_string())];
    let answers = gateway.answers().into_iter();
    let answers = answers.map(|(status, count)| (vec![("status", status.to_string())], count.to_string()));
    page.counter("http_responses", "Answers of any route by status.", answers);
    page.gauge("connections", "Connections that are open.", own(gateway.connections() as u64));
    let breakers = super::breakers(engine).into_iter();
    let breakers =
        breakers.map(|(target, state)| (labels(&[("target", &target), ("state", state)]), "1".to_owned()));
    page.gauge(
        "breaker",
        "Targets that are left alone (open), or asked once to find out (half_open).",
        breakers,
    );
    let backlog = engine.spool_backlog().await;
    page.gauge("spool_bytes", "What was answered and is not in the database yet.", own(backlog.bytes));
    let saved = u64::from(engine.status().saved);
    page.gauge("store_saved", "1 while all that was shown is on disk.", own(saved));
    page.gauge(
        "uptime_seconds",
        "Seconds since the gateway was switched on.",
        own(gateway.uptime().as_secs()),
    );
    let version = vec![("version", engine.status().version)];
    page.gauge("build_info", "What this is.", [(version, "1".to_owned())]);
    process(&mut page, Process::now());
    let mut response = Response::new(Body::from(page.text));
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn calls(page: &mut Page, now: &MeterSnapshot) {
    let results = now.calls.iter().flat_map(|calls| {
        let good = [("ok", calls.good)].into_iter();
        let failed = calls.failed.iter().map(|(kind, count)| (kind.as_str(), *count));
        let all = good.chain(failed).filter(|(_, count)| *count > 0);
        all.map(|(result, count)| {
            (labels(&[("caller", calls.caller), ("result", result)]), count.to_string())
        })
    });
    page.counter("requests", "Calls by the caller's dialect and result: ok, or the kind of error.", results);
    let took = now.calls.iter().map(|calls| (labels(&[("caller", calls.caller)]), &calls.took));
    page.histogram("request_duration_seconds", "From a call's request to the end of its answer.", took);
    let first = now.calls.iter().map(|calls| (labels(&[("caller", calls.caller)]), &calls.first));
    page.histogram("time_to_first_content_seconds", "From a call's request to its first content.", first);
    page.gauge("active_requests", "Calls being answered.", [(vec![], now.active.to_string())]);
    page.gauge("active_streams", "Those of them that stream.", [(vec![], now.streams.to_string())]);
    let cache = [("hit", now.cache_hits), ("miss", now.cache_misses)];
    let cache = cache.map(|(result, count)| (labels(&[("result", result)]), count.to_string()));
    page.counter("cache_lookups", "Answers looked for among those that are kept.", cache);

    let asked = || now.providers.iter().filter(|row| !row.provider.is_empty());
    let attempts = asked().flat_map(|row| {
        let good = [("ok", row.good)].into_iter();
        let failed = row.failed.iter().map(|(kind, count)| (kind.as_str(), *count));
        let all = good.chain(failed).filter(|(_, count)| *count > 0);
        all.map(|(result, count)| {
            (labels(&[("provider", &row.provider), ("result", result)]), count.to_string())
        })
    });
    page.counter("upstream_attempts", "Requests to providers by result.", attempts);
    let tokens = asked().flat_map(|row| {
        let kinds = row.tokens.iter().filter(|(_, count)| *count > 0);
        kinds.map(|(kind, count)| (labels(&[("provider", &row.provider), ("kind", kind)]), count.to_string()))
    });
    page.counter("tokens", "Tokens by kind; kinds do not overlap.", tokens);
    let cost = asked().map(|row| (labels(&[("provider", &row.provider)]), dollars(row.nano_usd)));
    page.counter("cost_usd", "What answers cost, where their price is known.", cost);
    let unpriced = asked().filter(|row| row.unpriced > 0);
    let unpriced = unpriced.map(|row| (labels(&[("provider", &row.provider)]), row.unpriced.to_string()));
    page.counter("unpriced_answers", "Answers whose price is not known.", unpriced);
}

fn process(page: &mut Page, process: Process) {
    let one = |value: String| [(vec![], value)];
    if let Some(memory) = process.memory_bytes {
        let memory = one(memory.to_string());
        page.plain("process_resident_memory_bytes", "gauge", "Memory that this process takes.", memory);
    }
    if let Some(cpu) = process.cpu_seconds {
        let cpu = one(cpu.to_string());
        page.plain("process_cpu_seconds_total", "counter", "Processor time that this process took.", cpu);
    }
    if let Some(files) = process.open_files {
        let files = one(files.to_string());
        page.plain("process_open_fds", "gauge", "Files and connections that are open.", files);
    }
}

type Labels = Vec<(&'static str, String)>;

fn labels(pairs: &[(&'static str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// Exact: a sum of money is not a binary fraction.
fn dollars(nano: i64) -> String {
    let sign = if nano < 0 { "-" } else { "" };
    let nano = nano.unsigned_abs();
    format!("{sign}{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000)
}

/// A page of metrics.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn counter(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, String)>) {
        self.plain(&format!("orchesity_{name}_total"), "counter", help, rows);
    }

    fn gauge(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, String)>) {
        self.plain(&format!("orchesity_{name}"), "gauge", help, rows);
    }

    fn plain(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        rows: impl IntoIterator<Item = (Labels, String)>,
    ) {
        self.head(name, kind, help);
        for (labels, value) in rows {
            self.row(name, &labels, value);
        }
    }

    fn histogram<'a>(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, &'a Times)>) {
        let name = format!("orchesity_{name}");
        self.head(&name, "histogram", help);
        for (labels, times) in rows.into_iter().filter(|(_, times)| times.count > 0) {
            let bucket = format!("{name}_bucket");
            let below = |bound: String| labels.iter().cloned().chain([("le", bound)]).collect::<Labels>();
            for (bound, count) in &times.buckets {
                self.row(&bucket, &below(bound.as_secs_f64().to_string()), count);
            }
            self.row(&bucket, &below("+Inf".to_owned()), times.count);
            self.row(&format!("{name}_sum"), &labels, times.sum.as_secs_f64());
            self.row(&format!("{name}_count"), &labels, times.count);
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn row(&mut self, name: &str, labels: &Labels, value: impl Display) {
        self.text.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            self.text.push(if at == 0 { '{' } else { ',' });
            let _ = write!(self.text, "{label}=\"");
            for c in text.chars() {
                match c {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    other => self.text.push(other),
                }
            }
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, calls, dollars, labels};
    use dialects::serving::Caller;
    use domain::{ErrorKind, Usage};
    use engine::{Attempted, Meters};
    use std::{collections::BTreeMap, sync::Arc};

    /// Reads the format as strictly as its description: each name has one TYPE, before its rows.
    fn read(text: &str) -> BTreeMap<String, f64> {
        let mut kinds = BTreeMap::new();
        let mut rows = BTreeMap::new();
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(kinds.insert(name.to_owned(), kind.to_owned()), None, "twice: {name}");
            } else if !line.starts_with("# HELP ") {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
                assert!(
                    kinds.contains_key(name) || family.is_some_and(|f| kinds[f] == "histogram"),
                    "{line}"
                );
                assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
                let value = value.parse::<f64>().unwrap();
                assert_eq!(rows.insert(series.to_owned(), value), None, "twice: {series}");
            }
        }
        rows
    }

    #[test]
    fn what_was_counted_can_be_read_off_the_page() {
        let meters = Arc::new(Meters::default());
        let usage = Usage { input: Some(10), output: Some(4), ..Usage::default() };
        let mut call = meters.begun(Caller::Anthropic, true);
        let (none, error) = (Usage::default(), Some(ErrorKind::Timeout));
        call.attempt(Attempted { provider: "a", error, usage: &none, cost_nano: Some(0) });
        call.attempt(Attempted { provider: "b", error: None, usage: &usage, cost_nano: Some(1_500) });
        call.first();
        call.ended(None);
        drop(meters.begun(Caller::Gemini, false));
        let _active = meters.begun(Caller::Gemini, true);
        let mut page = Page::default();
        calls(&mut page, &meters.snapshot());
        let rows = read(&page.text);
        for (series, value) in [
            (r#"orchesity_requests_total{caller="anthropic",result="ok"}"#, 1.0),
            (r#"orchesity_requests_total{caller="gemini",result="cancelled"}"#, 1.0),
            (r#"orchesity_upstream_attempts_total{provider="a",result="timeout"}"#, 1.0),
            (r#"orchesity_upstream_attempts_total{provider="b",result="ok"}"#, 1.0),
            (r#"orchesity_tokens_total{provider="b",kind="input"}"#, 10.0),
            (r#"orchesity_cost_usd_total{provider="b"}"#, 0.000_001_5),
            ("orchesity_active_streams", 1.0),
            (r#"orchesity_time_to_first_content_seconds_count{caller="anthropic"}"#, 1.0),
            (r#"orchesity_request_duration_seconds_bucket{caller="gemini",le="+Inf"}"#, 1.0),
            (r#"orchesity_request_duration_seconds_bucket{caller="gemini",le="300"}"#, 1.0),
        ] {
            assert_eq!(rows.get(series), Some(&value), "{series}\n{}", page.text);
        }
    }

    #[test]
    fn labels_cannot_break_out_of_their_line() {
        let mut page = Page::default();
        page.gauge("x", "X.", [(labels(&[("a", "q\"} 1\nb 2\\")]), "3".to_owned())]);
        let last = page.text.lines().last().unwrap();
        assert_eq!(last, r#"orchesity_x{a="q\"} 1\nb 2\\"} 3"#);
    }

    #[test]
    fn money_is_written_exactly() {
        let written = [0, 1, 1_500_000_000, -20].map(dollars);
        assert_eq!(written, ["0.000000000", "0.000000001", "1.500000000", "-0.000000020"]);
    }
}

//! Requests as spans for an OpenTelemetry collector: OTLP over http, in its JSON form.
//!
//! Written here, since it is one kind of span and one request to send them with; the usual crates bring a
//! second HTTP stack and a runtime of their own for that. Only what the environment asks for is sent: without
//! `OTEL_EXPORTER_OTLP_ENDPOINT` nothing of this exists. Prompts, answers and keys are never among it.

use serde_json::{Value, json};
use std::{
    fmt::{Debug, Write as _},
    io::{self, Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    sync::{
        OnceLock,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// So many spans wait; what comes on top is lost rather than held against requests.
const WAITING: usize = 4096;
/// So many go in one request, and so long the first of them waits for others.
const BATCH: usize = 512;
const GATHER: Duration = Duration::from_secs(1);
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where spans of requests are made.
pub const DOOR: &str = "gateway::door";

static TO: OnceLock<SyncSender<Item>> = OnceLock::new();

enum Item {
    Span(Box<Value>),
    /// All before it is to be sent now.
    Flush(SyncSender<()>),
}

/// Where spans go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Collector {
    authority: String,
    path: String,
    headers: Vec<(String, String)>,
    service: String,
}

impl Collector {
    /// As the environment says.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let set = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let whole = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let base =
            || Some(format!("{}/v1/traces", set("OTEL_EXPORTER_OTLP_ENDPOINT")?.trim_end_matches('/')));
        let Some(url) = whole.or_else(base) else { return Ok(None) };
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            format!(
                "spans go to `http://` endpoints only, not to `{url}`; run a collector beside this program"
            )
        })?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() || url.contains(char::is_whitespace) || authority.contains('@') {
            return Err(format!("`{url}` is no endpoint; write it as http://127.0.0.1:4318"));
        }
        let port = if authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            ""
        } else {
            ":80"
        };
        let headers = set("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let headers = headers.split(',').filter_map(|pair| pair.split_once('='));
        let headers = headers.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        let clean = |(name, value): &(String, String)| {
            !name.is_empty() && !format!("{name}{value}").contains(char::is_control)
        };
        Ok(Some(Self {
            authority: format!("{authority}{port}"),
            path: format!("/{path}"),
            headers: headers.filter(clean).collect(),
            service: set("OTEL_SERVICE_NAME").unwrap_or_else(|| "orchesity".to_owned()),
        }))
    }

    fn send(&self, spans: &[Value]) -> io::Result<()> {
        let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
        let body = json!({ "resourceSpans": [{
            "resource": { "attributes": [
                attribute("service.name", &self.service),
                attribute("service.version", env!("CARGO_PKG_VERSION")),
            ] },
            "scopeSpans": [{ "scope": { "name": "orchesity.gateway" }, "spans": spans }],
        }] });
        let body = body.to_string();
        let mut head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n",
            self.path,
            self.authority,
            body.len()
        );
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let nobody = || io::Error::new(io::ErrorKind::NotFound, "the collector's name has no address");
        let address = self.authority.to_socket_addrs()?.next().ok_or_else(nobody)?;
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        match &status[9..] {
            [b'2', ..] => Ok(()),
            other => {
                Err(io::Error::other(format!("the collector answers {}", String::from_utf8_lossy(other))))
            }
        }
    }
}

/// The layer that makes spans of requests, where the environment asks for it.
pub fn layer() -> Result<Option<Spans>, String> {
    let Some(collector) = Collector::of(|name| std::env::var(name).ok())? else { return Ok(None) };
    let (to, from) = sync_channel(WAITING);
    let thread = std::thread::Builder::new().name("otel".to_owned()).spawn(move || export(&collector, &from));
    thread.map_err(|error| format!("no thread can be started for spans: {error}"))?;
    let _ = TO.set(to.clone());
    Ok(Some(Spans { to }))
}

/// Sends what waits, before the process ends.
pub fn flush() {
    let Some(to) = TO.get() else { return };
    let (done, wait) = sync_channel(1);
    if to.try_send(Item::Flush(done)).is_ok() {
        let _ = wait.recv_timeout(PATIENCE);
    }
}

fn export(collector: &Collector, from: &Receiver<Item>) {
    let mut told: Option<Instant> = None;
    let mut spans = Vec::new();
    let mut until: Option<Instant> = None;
    loop {
        let wait =
            until.map_or(Duration::from_hours(1), |until| until.saturating_duration_since(Instant::now()));
        let mut flushed = None;
        match from.recv_timeout(wait) {
            Ok(Item::Span(span)) => {
                spans.push(*span);
                until = until.or_else(|| Some(Instant::now() + GATHER));
                if spans.len() < BATCH {
                    continue;
                }
            }
            Ok(Item::Flush(done)) => flushed = Some(done),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        until = None;
        if !spans.is_empty()
            && let Err(error) = collector.send(&spans)
            && told.is_none_or(|at| at.elapsed() > Duration::from_mins(1))
        {
            told = Some(Instant::now());
            tracing::warn!(%error, lost = spans.len(), "spans cannot be sent to the collector");
        }
        spans.clear();
        if let Some(done) = flushed {
            let _ = done.try_send(());
        }
    }
}

/// Makes spans of requests.
pub struct Spans {
    to: SyncSender<Item>,
}

/// A request under way.
#[derive(Default)]
struct Call {
    begun: u128,
    request: String,
    method: String,
    path: String,
    /// Of whoever asks, as W3C's trace context writes it.
    parent: String,
    status: Option<u64>,
}

impl Visit for Call {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = Some(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = match field.name() {
            "request" => &mut self.request,
            "method" => &mut self.method,
            "path" => &mut self.path,
            "traceparent" => &mut self.parent,
            _ => return,
        };
        text.clear();
        let _ = write!(text, "{value:?}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

impl Call {
    fn span(&self) -> Value {
        let mut bytes = [0; 24];
        // Without randomness spans are still told apart by their requests.
        let _ = getrandom::fill(&mut bytes);
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
        };
        let (trace, parent) = parent(&self.parent).unwrap_or((hex(&bytes[..16]), String::new()));
        let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
        let mut attributes = vec![
            text("http.request.method", &self.method),
            text("url.path", &self.path),
            text("orchesity.request", &self.request),
        ];
        if let Some(status) = self.status {
            attributes.push(
                json!({ "key": "http.response.status_code", "value": { "intValue": status.to_string() } }),
            );
        }
        let path: String = self.path.chars().take(100).collect();
        json!({
            "traceId": trace,
            "spanId": hex(&bytes[16..]),
            "parentSpanId": parent,
            "name": format!("{} {path}", self.method),
            "kind": 2,
            "startTimeUnixNano": self.begun.to_string(),
            "endTimeUnixNano": now().to_string(),
            "attributes": attributes,
            "status": if self.status.is_some_and(|status| status >= 500) { json!({ "code": 2 }) } else { json!({}) },
        })
    }
}

/// Trace and span of a `traceparent`.
fn parent(text: &str) -> Option<(String, String)> {
    let mut parts = text.split('-');
    let (version, trace, span, _flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            && text.bytes().any(|byte| byte != b'0')
    };
    (version == "00" && hex(trace, 32) && hex(span, 16)).then(|| (trace.to_owned(), span.to_owned()))
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().target() == DOOR
            && let Some(span) = context.span(id)
        {
            let mut call = Call { begun: now(), ..Call::default() };
            attributes.record(&mut call);
            span.extensions_mut().insert(call);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(call) = span.extensions_mut().get_mut::<Call>()
        {
            values.record(call);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == DOOR
            && let Some(span) = context.event_span(event)
            && let Some(call) = span.extensions_mut().get_mut::<Call>()
        {
            event.record(call);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let call = context.span(&id).and_then(|span| span.extensions_mut().remove::<Call>());
        if let Some(call) = call {
            let _ = self.to.try_send(Item::Span(Box::new(call.span())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Collector, parent};

    fn of(pairs: &[(&str, &str)]) -> Result<Option<Collector>, String> {
        Collector::of(|name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_says_where_spans_go() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]), Ok(None));
        let usual = of(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=b, c=d=e,=x,n=1\r\nx: y"),
        ]);
        let usual = usual.unwrap().unwrap();
        assert_eq!((&usual.authority[..], &usual.path[..]), ("localhost:4318", "/v1/traces"));
        assert_eq!(usual.headers, [("a".to_owned(), "b".to_owned()), ("c".to_owned(), "d=e".to_owned())]);
        let own = of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector/x")]).unwrap().unwrap();
        assert_eq!((&own.authority[..], &own.path[..]), ("collector:80", "/x"));
        for wrong in ["https://a", "a:4318", "http://", "http://a b", "http://u:p@a"] {
            assert!(of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", wrong)]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_trace_context_that_can_be_is_taken_up() {
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        assert_eq!(parent(&format!("00-{trace}-{span}-01")), Some((trace.to_owned(), span.to_owned())));
        for wrong in [
            String::new(),
            format!("01-{trace}-{span}-01"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}-{span}"),
            format!("00-{trace}x-{span}-01"),
        ] {
            assert_eq!(parent(&wrong), None, "{wrong}");
        }
    }
}

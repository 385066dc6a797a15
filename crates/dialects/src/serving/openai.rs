//! What the three shapes of OpenAI share.

use super::{Asked, Refusal, Refused, body::At, said};
use domain::{ErrorKind, Failure, MediaSource, Part, ReasoningEffort, Stop, Usage};
use serde_json::{Value, json};

/// An error with its status, its headers and its body.
pub(super) fn refused(refusal: &Refusal) -> Refused {
    let body = json!({ "error": error(refusal) });
    Refused {
        status: refusal.status,
        headers: said::headers(refusal),
        body: serde_json::to_vec(&body).unwrap_or_default(),
    }
}

/// The error object.
fn error(refusal: &Refusal) -> Value {
    let (kind, code) = words(refusal.kind);
    // A field that is not there is not a model that is not there.
    let code = match refusal.kind {
        ErrorKind::NotFound if refusal.param.as_deref().is_some_and(|param| param != "model") => None,
        _ => code,
    };
    json!({
        "message": refusal.message,
        "type": kind,
        "param": refusal.param,
        "code": refusal.code.as_deref().or(code),
    })
}

/// The same for what broke inside an answer.
pub(super) fn failure(failure: &Failure) -> Value {
    let (kind, code) = words(failure.kind);
    json!({ "message": failure.message, "type": kind, "param": null, "code": code })
}

/// `type` and `code` of OpenAI's errors.
pub(super) const fn words(kind: ErrorKind) -> (&'static str, Option<&'static str>) {
    match kind {
        ErrorKind::Auth => ("invalid_request_error", Some("invalid_api_key")),
        ErrorKind::Permission => ("request_forbidden", Some("permission_denied")),
        ErrorKind::NotFound => ("invalid_request_error", Some("model_not_found")),
        ErrorKind::BadRequest => ("invalid_request_error", None),
        ErrorKind::ContextLength => ("invalid_request_error", Some("context_length_exceeded")),
        ErrorKind::ContentFilter => ("invalid_request_error", Some("content_filter")),
        ErrorKind::RateLimited => ("requests", Some("rate_limit_exceeded")),
        ErrorKind::Quota => ("insufficient_quota", Some("insufficient_quota")),
        ErrorKind::Budget => ("insufficient_quota", Some("budget_exceeded")),
        ErrorKind::Overloaded => ("server_error", Some("server_is_overloaded")),
        ErrorKind::Timeout => ("server_error", Some("timeout")),
        ErrorKind::Network => ("server_error", Some("connection_error")),
        ErrorKind::Cancelled => ("server_error", Some("cancelled")),
        ErrorKind::Upstream => ("server_error", Some("server_error")),
    }
}

/// Why a chat ended. OpenAI has no word for a pause, nor for a reason that nobody gave.
pub(super) const fn finish(stop: Stop) -> &'static str {
    match stop {
        Stop::Stop | Stop::Pause | Stop::Other => "stop",
        Stop::Length => "length",
        Stop::ToolCalls => "tool_calls",
        Stop::ContentFilter | Stop::Refusal => "content_filter",
    }
}

/// Counts as OpenAI says them: cached ones are input, reasoning is output.
struct Totals {
    input: u32,
    output: u32,
}

fn totals(usage: &Usage) -> Totals {
    let sum = |counts: &[Option<u32>]| counts.iter().flatten().fold(0_u32, |all, n| all.saturating_add(*n));
    Totals {
        input: sum(&[usage.input, usage.cached_read, usage.cached_write]),
        output: sum(&[usage.output, usage.reasoning]),
    }
}

/// The end of a stream of chunks: token counts where they are wanted and known, and the mark.
pub(super) fn done(lead: &[u8], wanted: Option<&Usage>, out: &mut Vec<u8>) {
    if let Some(usage) = wanted.filter(|usage| !usage.is_empty()) {
        out.extend_from_slice(lead);
        out.extend_from_slice(br#""choices":[],"usage":"#);
        out.extend_from_slice(chat_usage(usage).to_string().as_bytes());
        out.extend_from_slice(b"}\n\n");
    }
    out.extend_from_slice(b"data: [DONE]\n\n");
}

/// A stream of chunks that broke: an error inside it, and no mark of an end.
pub(super) fn broken(said: &Failure, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(json!({ "error": failure(said) }).to_string().as_bytes());
    out.extend_from_slice(b"\n\n");
}

/// What of the input came from the prompt cache, or went into it.
fn cached(usage: &Usage) -> Value {
    let mut input = json!({ "cached_tokens": usage.cached_read.unwrap_or(0) });
    if let Some(written) = usage.cached_write {
        input["cache_write_tokens"] = written.into();
    }
    input
}

/// Token counts of a chat; `null` when nothing was counted.
pub(super) fn chat_usage(usage: &Usage) -> Value {
    if usage.is_empty() {
        return Value::Null;
    }
    let all = totals(usage);
    json!({
        "prompt_tokens": all.input,
        "completion_tokens": all.output,
        "total_tokens": all.input.saturating_add(all.output),
        "prompt_tokens_details": cached(usage),
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning.unwrap_or(0) },
    })
}

/// Token counts of a response; `null` when nothing was counted.
pub(super) fn response_usage(usage: &Usage) -> Value {
    if usage.is_empty() {
        return Value::Null;
    }
    let all = totals(usage);
    json!({
        "input_tokens": all.input,
        "input_tokens_details": cached(usage),
        "output_tokens": all.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning.unwrap_or(0) },
        "total_tokens": all.input.saturating_add(all.output),
    })
}

/// Fields that all three shapes have, into the request.
pub(super) fn common(body: &At<'_, '_>, asked: &mut Asked) -> Result<(), Refusal> {
    let params = &mut asked.request.params;
    params.temperature = within(body, "temperature", 2.0)?;
    params.top_p = within(body, "top_p", 1.0)?;
    asked.request.stream = body.flag_of("stream")?;
    if let Some(options) = body.get("stream_options")? {
        asked.usage_wanted = options.flag_of("include_usage")?;
    }
    // Known, without a neutral form: they only have to be what they should be.
    for name in ["presence_penalty", "frequency_penalty"] {
        body.number_of(name)?;
    }
    for name in ["store", "parallel_tool_calls"] {
        body.flag_of(name)?;
    }
    for name in ["user", "service_tier", "prompt_cache_key", "safety_identifier"] {
        body.text_of(name)?;
    }
    Ok(())
}

fn within<'n>(body: &At<'n, '_>, name: &'n str, most: f64) -> Result<Option<f64>, Refusal> {
    let Some(at) = body.get(name)? else { return Ok(None) };
    let number = at.number()?;
    if (0.0..=most).contains(&number) {
        return Ok(Some(number));
    }
    Err(at.bad(format!("`{name}` must be a number from 0 to {most}")))
}

/// `stop`: a text or a few.
pub(super) fn stops(body: &At<'_, '_>) -> Result<Vec<String>, Refusal> {
    let Some(at) = body.get("stop")? else { return Ok(Vec::new()) };
    if let Some(text) = at.node.as_text() {
        return Ok(if text.is_empty() { Vec::new() } else { vec![text.to_owned()] });
    }
    let items = at.list().map_err(|_| at.not("a string or an array of strings"))?;
    if items.len() > 16 {
        return Err(at.bad("at most 16 texts can end an answer; leave some of `stop` out"));
    }
    items
        .map(|item| item.text().map(str::to_owned))
        .filter(|text| text.as_ref().map_or(true, |text| !text.is_empty()))
        .collect()
}

/// `seed`, cut to what fits: the same seed stays the same seed.
pub(super) fn seed(body: &At<'_, '_>) -> Result<Option<u32>, Refusal> {
    let Some(at) = body.get("seed")? else { return Ok(None) };
    match at.node {
        super::body::Node::Number(n) => match n.as_i64().or_else(|| n.as_u64().map(|n| n as i64)) {
            Some(n) => Ok(Some(n as u32)),
            None => Err(at.not("a whole number")),
        },
        _ => Err(at.not("a whole number")),
    }
}

/// A word for effort.
pub(super) fn effort(at: &At<'_, '_>) -> Result<ReasoningEffort, Refusal> {
    match at.text()? {
        "max" => Ok(ReasoningEffort::XHigh),
        word => word.parse().map_err(|error| at.bad(format!("`{}`: {error}", at.place()))),
    }
}

/// A picture at an address, or inside one.
pub(super) fn image(at: &At<'_, '_>) -> Result<Part, Refusal> {
    let url = at.text()?;
    if let Some((media_type, data)) = inline(at, url)? {
        let media_type = media_type.unwrap_or_else(|| "image/png".to_owned());
        return Ok(Part::Image { media_type, source: MediaSource::Inline { data } });
    }
    if !["https:", "http:"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(at.bad(format!("`{}` must be a `https:` or `data:` address", at.place())));
    }
    let media_type = said::type_of(url, "image/*").to_owned();
    Ok(Part::Image { media_type, source: MediaSource::Url { url: url.to_owned() } })
}

/// Type and base64 of a `data:` address.
fn inline(at: &At<'_, '_>, url: &str) -> Result<Option<(Option<String>, String)>, Refusal> {
    let Some(rest) = url.strip_prefix("data:") else { return Ok(None) };
    match rest.split_once(',') {
        Some((head, data)) if head.ends_with(";base64") && !data.is_empty() => {
            let media_type = head.split(';').next().filter(|text| !text.is_empty());
            Ok(Some((media_type.map(str::to_owned), data.to_owned())))
        }
        _ => Err(at.bad(format!("`{}` must be `data:TYPE;base64,…`", at.place()))),
    }
}

/// A file as `file_data`: a `data:` address, or bare base64.
pub(super) fn file(at: &At<'_, '_>, name: Option<&str>) -> Result<Part, Refusal> {
    let text = at.text()?;
    let (media_type, data) = inline(at, text)?.unwrap_or_else(|| (None, text.to_owned()));
    let usual = said::type_of(name.unwrap_or_default(), "application/pdf");
    Ok(Part::File {
        media_type: media_type.unwrap_or_else(|| usual.to_owned()),
        name: name.map(str::to_owned),
        source: MediaSource::Inline { data },
    })
}

/// `{data, format}`.
pub(super) fn audio(at: &At<'_, '_>) -> Result<Part, Refusal> {
    let data = at.need("data")?.text()?.to_owned();
    let media_type = match at.text_of("format")?.unwrap_or("wav") {
        "mp3" => "audio/mpeg".to_owned(),
        format => format!("audio/{format}"),
    };
    Ok(Part::File { media_type, name: None, source: MediaSource::Inline { data } })
}

/// `{name, schema, strict}`: the schema of an answer.
pub(super) fn schema(at: &At<'_, '_>) -> Result<domain::ResponseFormat, Refusal> {
    Ok(domain::ResponseFormat::JsonSchema {
        name: at.text_of("name")?.unwrap_or("answer").to_owned(),
        schema: at.need("schema")?.object_json()?,
        strict: at.flag_of("strict")?,
    })
}

/// `{name, description, parameters}`: a tool.
pub(super) fn tool(at: &At<'_, '_>) -> Result<domain::Tool, Refusal> {
    let name = at.need("name")?;
    if name.text()?.is_empty() {
        return Err(name.bad(format!("`{}` is empty; name the tool", name.place())));
    }
    let parameters = at.get("parameters")?.map(|p| p.object_json()).transpose()?;
    Ok(domain::Tool {
        name: name.text()?.to_owned(),
        description: at.text_of("description")?.map(str::to_owned),
        parameters: parameters.unwrap_or_else(|| r#"{"type":"object","properties":{}}"#.to_owned()),
    })
}

/// Leading system texts become the request's own; the others stay where they are.
pub(super) fn lead(asked: &mut Asked) {
    let request = &mut asked.request;
    let leading = request.messages.iter().take_while(|m| m.role == domain::Role::System).count();
    let texts: Vec<String> = request
        .system
        .take()
        .into_iter()
        .chain(request.messages.drain(..leading).map(|m| crate::wire::text_of(&m.parts)))
        .filter(|text| !text.is_empty())
        .collect();
    request.system = (!texts.is_empty()).then(|| texts.join("\n\n"));
}

/// A JSON text.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

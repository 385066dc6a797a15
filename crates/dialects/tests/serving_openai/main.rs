//! OpenAI's shapes for callers: what is asked survives reading, what real providers answered
//! survives being said again, and nothing hostile is more than refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asked;
mod recorded;

use dialects::{
    Assembly, DialectError, classify_error, decoder,
    serving::{Address, Asked, Caller, Head, Refusal, encoder, read, refused},
};
use domain::{Dialect, ErrorKind, Failure};
use serde_json::{Value, json};

const CALLERS: [Caller; 3] = [Caller::OpenaiChat, Caller::OpenaiCompletions, Caller::OpenaiResponses];

fn ask(caller: Caller, body: &Value) -> Result<Asked, Refusal> {
    read(caller, body.to_string().as_bytes(), &Address::default())
}

fn head() -> Head {
    Head { id: "1".to_owned(), model: "served".to_owned(), created: 1_700_000_000 }
}

/// The least that each shape takes.
fn least(caller: Caller) -> Value {
    match caller {
        Caller::OpenaiCompletions => json!({ "model": "m", "prompt": "hi" }),
        Caller::OpenaiResponses => json!({ "model": "m", "input": "hi" }),
        _ => json!({ "model": "m", "messages": [{ "role": "user", "content": "hi" }] }),
    }
}

fn with(caller: Caller, name: &str, value: Value) -> Value {
    let mut body = least(caller);
    body[name] = value;
    body
}

#[test]
fn hostile_bodies_are_refused_and_survived() {
    let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    for caller in CALLERS {
        assert!(ask(caller, &least(caller)).is_ok());
        let plain = least(caller).to_string();
        let with = |field: &str| format!("{},{field}}}", &plain[..plain.len() - 1]);
        assert!(read(caller, with(&format!("\"x\":{}", deep(100))).as_bytes(), &Address::default()).is_ok());
        let bad = [
            String::new(),
            "null".to_owned(),
            "[]".to_owned(),
            "{".to_owned(),
            format!("{plain}x"),
            with(&format!("\"x\":{}", deep(129))),
            with(&format!("\"x\":{}", deep(1_000_000))),
            "[".repeat(1_000_000),
            "{\"a\":".repeat(1_000_000),
            with("\"x\":1e400"),
            with("\"x\":NaN"),
            with("\"x\":\"\\ud800\""),
            with("\"model\":\"other\""),
            with("\"mod\\u0065l\":\"other\""),
            with("\"temperature\":1,\"temperature\":1"),
            with("\"temperature\":3"),
            with("\"temperature\":\"1\""),
            with("\"stream\":1"),
            with("\"models\":\"m\""),
        ];
        for body in bad {
            let refusal = read(caller, body.as_bytes(), &Address::default()).unwrap_err();
            assert_eq!((refusal.status, refusal.kind), (400, ErrorKind::BadRequest));
            assert!(!refusal.message.is_empty() && refusal.message.len() < 500, "{}", refusal.message);
            let told: Value = serde_json::from_slice(&refused(caller, &refusal).body).unwrap();
            assert_eq!(told["error"]["type"], "invalid_request_error");
        }
        let mut bytes = plain.clone().into_bytes();
        bytes[10] = 0xff;
        assert!(read(caller, &bytes, &Address::default()).unwrap_err().message.contains("UTF-8"));
        let digits = with(&format!("\"seed\":{}", "9".repeat(300)));
        assert!(
            read(caller, digits.as_bytes(), &Address::default()).is_err()
                || caller == Caller::OpenaiResponses
        );
    }
}

#[test]
fn what_is_wrong_is_named() {
    let chat = |body: Value| ask(Caller::OpenaiChat, &body).unwrap_err();
    let user = |content: Value| json!({ "model": "m", "messages": [{ "role": "user", "content": content }] });
    let cases = [
        (json!({ "messages": [] }), "model"),
        (json!({ "model": " ", "messages": [] }), "model"),
        (json!({ "model": 1, "messages": [] }), "model"),
        (json!({ "model": "m" }), "messages"),
        (json!({ "model": "m", "messages": [] }), "messages"),
        (json!({ "model": "m", "messages": {} }), "messages"),
        (json!({ "model": "m", "messages": [1] }), "messages[0]"),
        (json!({ "model": "m", "messages": [{ "content": "a" }] }), "messages[0].role"),
        (json!({ "model": "m", "messages": [{ "role": "robot", "content": "a" }] }), "messages[0].role"),
        (json!({ "model": "m", "messages": [{ "role": "user" }] }), "messages[0].content"),
        (
            json!({ "model": "m", "messages": [{ "role": "tool", "content": "a" }] }),
            "messages[0].tool_call_id",
        ),
        (user(json!(1)), "messages[0].content"),
        (user(json!([])), "messages[0].content"),
        (user(json!([{ "text": "a" }])), "messages[0].content[0].type"),
        (user(json!([{ "type": "text" }])), "messages[0].content[0].text"),
        (user(json!([{ "type": "smell" }])), "messages[0].content[0].type"),
        (
            user(json!([{ "type": "image_url", "image_url": { "url": "file:///etc/passwd" } }])),
            "messages[0].content[0].image_url.url",
        ),
        (with(Caller::OpenaiChat, "n", json!(0)), "n"),
        (with(Caller::OpenaiChat, "max_tokens", json!(-1)), "max_tokens"),
        (with(Caller::OpenaiChat, "max_tokens", json!(1.5)), "max_tokens"),
        (with(Caller::OpenaiChat, "stop", json!([1])), "stop[0]"),
        (with(Caller::OpenaiChat, "tools", json!([{ "type": "function" }])), "tools[0].function"),
        (
            with(
                Caller::OpenaiChat,
                "tools",
                json!([{ "type": "function", "function": { "name": "a", "parameters": 1 } }]),
            ),
            "tools[0].function.parameters",
        ),
        (with(Caller::OpenaiChat, "tool_choice", json!("maybe")), "tool_choice"),
        (with(Caller::OpenaiChat, "response_format", json!({ "type": "xml" })), "response_format.type"),
        (
            with(Caller::OpenaiChat, "response_format", json!({ "type": "json_schema", "json_schema": {} })),
            "response_format.json_schema.schema",
        ),
        (with(Caller::OpenaiChat, "reasoning_effort", json!("giant")), "reasoning_effort"),
    ];
    for (body, param) in cases {
        let refusal = chat(body);
        assert_eq!(refusal.param.as_deref(), Some(param), "{}", refusal.message);
    }
    let one = |caller, name: &str, value: Value| {
        ask(caller, &with(caller, name, value)).unwrap_err().param.unwrap()
    };
    assert_eq!(one(Caller::OpenaiCompletions, "suffix", json!("end")), "suffix");
    assert_eq!(one(Caller::OpenaiCompletions, "prompt", json!(["a", "b"])), "prompt");
    assert_eq!(one(Caller::OpenaiCompletions, "prompt", json!([1, 2])), "prompt");
    assert_eq!(one(Caller::OpenaiCompletions, "prompt", json!("")), "prompt");
    assert_eq!(one(Caller::OpenaiResponses, "input", json!([])), "input");
    assert_eq!(
        one(Caller::OpenaiResponses, "input", json!([{ "role": "x", "content": "a" }])),
        "input[0].role"
    );
    assert_eq!(
        one(Caller::OpenaiResponses, "input", json!([{ "type": "function_call", "name": "a" }])),
        "input[0].call_id"
    );
    assert_eq!(
        one(Caller::OpenaiResponses, "text", json!({ "format": { "type": "json_schema" } })),
        "text.format.schema"
    );
}

/// What is told of a failure: the kinds that have a word of their own keep it.
fn told(kind: ErrorKind) -> ErrorKind {
    match kind {
        ErrorKind::Timeout | ErrorKind::Network | ErrorKind::Cancelled => ErrorKind::Upstream,
        ErrorKind::Budget => ErrorKind::Quota,
        kind => kind,
    }
}

#[test]
fn errors_keep_their_kind_in_bodies_and_in_streams() {
    for caller in CALLERS {
        for kind in ErrorKind::ALL {
            let failure = Failure::new(*kind, "it is so").retry_after(Some(1_500));
            let refused = refused(caller, &Refusal::from(&failure));
            let headers: Vec<(String, String)> =
                refused.headers.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
            let read = classify_error(Dialect::OpenaiChat, refused.status, &headers, &refused.body);
            let status = match kind {
                ErrorKind::Cancelled => ErrorKind::BadRequest,
                kind => told(*kind),
            };
            assert_eq!((read.kind, read.message.as_str()), (status, "it is so"), "{kind}");
            assert_eq!(read.retry_after_ms, Some(2_000), "{kind}");

            let mut encoder = encoder(caller, &head(), &Asked::default(), false);
            let mut out = Vec::new();
            encoder.begin(&mut out);
            encoder.delta(&dialects::Delta::Text("half".to_owned()), &mut out);
            encoder.fail(&failure, &mut out);
            assert!(!String::from_utf8_lossy(&out).contains("[DONE]"));
            let mut decoder = decoder(said_in(caller), true);
            let mut deltas = Vec::new();
            let error = decoder.feed(&out, &mut deltas).and_then(|()| decoder.end(&mut deltas)).unwrap_err();
            let DialectError::Provider(read) = error else { panic!("{caller:?} {kind}: {error}") };
            let in_band = if *kind == ErrorKind::BadRequest || *kind == ErrorKind::Budget {
                read.kind
            } else {
                told(*kind)
            };
            assert_eq!((read.kind, read.message.as_str()), (in_band, "it is so"), "{caller:?} {kind}");
            assert!(!deltas.iter().any(|delta| matches!(delta, dialects::Delta::Stop(_))));
        }
    }
}

/// The decoder that reads what a caller of this shape is sent.
fn said_in(caller: Caller) -> Dialect {
    if caller == Caller::OpenaiResponses { Dialect::OpenaiResponses } else { Dialect::OpenaiChat }
}

#[test]
fn an_answer_that_is_cut_anywhere_is_not_whole() {
    for caller in CALLERS {
        let mut encoder = encoder(caller, &head(), &Asked::default(), false);
        let mut out = Vec::new();
        encoder.begin(&mut out);
        encoder.delta(&dialects::Delta::Text("all".to_owned()), &mut out);
        encoder.delta(&dialects::Delta::Stop(domain::Stop::Stop), &mut out);
        let cut = out.len();
        encoder.end(&mut out);
        for end in 0..=cut {
            let mut decoder = decoder(said_in(caller), true);
            let mut deltas = Vec::new();
            decoder.feed(&out[..end], &mut deltas).unwrap();
            assert_eq!(decoder.end(&mut deltas), Err(DialectError::Truncated));
        }
        let mut decoder = decoder(said_in(caller), true);
        let (mut deltas, mut assembly) = (Vec::new(), Assembly::new());
        decoder.feed(&out, &mut deltas).unwrap();
        decoder.end(&mut deltas).unwrap();
        for delta in deltas {
            assembly.push(delta, &mut Vec::new());
        }
        assert_eq!(assembly.parts(), [domain::Part::text("all")]);
    }
}

//! Bytes may be split anywhere, and may be anything.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialects::sse::{Frame, MAX_EVENT, Parser};
use dialects::{Assembly, Delta, DialectError, classify_error, decode_models, decoder};
use domain::{Dialect, Part, Stop};
use proptest::prelude::*;

type Event = (String, String, String, bool);

fn frames(pieces: &[&[u8]]) -> Result<Vec<Event>, DialectError> {
    let (mut parser, mut out) = (Parser::new(), Vec::new());
    let mut keep = |frame: &Frame<'_>| {
        out.push((frame.event.to_owned(), frame.data.to_owned(), frame.id.to_owned(), frame.stray));
        Ok(())
    };
    for piece in pieces {
        parser.feed(piece, &mut keep)?;
    }
    parser.end(&mut keep)?;
    Ok(out)
}

/// Lines as they occur, each with its own line end.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        3 => "data: ?[a-zé漢😀 :\\[\\]{}\"]{0,12}".prop_map(String::into_bytes),
        1 => "event: ?[a-z]{0,6}".prop_map(String::into_bytes),
        1 => "id: ?[0-9]{0,3}".prop_map(String::into_bytes),
        1 => ": ?[a-z ]{0,9}".prop_map(String::into_bytes),
        1 => Just(b"data".to_vec()),
        1 => Just(b"{\"error\":1}".to_vec()),
        1 => Just(b"data: \xff\xf0\x9f".to_vec()),
        3 => Just(Vec::new()),
    ];
    let end = prop_oneof![Just(&b"\n"[..]), Just(&b"\r\n"[..]), Just(&b"\r"[..])];
    (any::<bool>(), prop::collection::vec((line, end), 0..14)).prop_map(|(bom, lines)| {
        let mut out = if bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        for (line, end) in lines {
            out.extend_from_slice(&line);
            out.extend_from_slice(end);
        }
        out
    })
}

fn split<'a>(bytes: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

fn decode(
    dialect: Dialect,
    stream: bool,
    pieces: &[&[u8]],
) -> (Vec<Part>, Option<Stop>, Result<(), DialectError>) {
    let mut decoder = decoder(dialect, stream);
    let (mut assembly, mut out) = (Assembly::new(), Vec::new());
    let mut result = pieces.iter().try_for_each(|piece| decoder.feed(piece, &mut out));
    if result.is_ok() {
        result = decoder.end(&mut out);
    }
    for delta in out {
        assembly.push(delta, &mut Vec::new());
    }
    (assembly.parts(), assembly.stop(), result)
}

const DIALECTS: [Dialect; 5] = [
    Dialect::OpenaiChat,
    Dialect::OpenaiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
    Dialect::Ollama,
];

/// JSON with the field names and types that decoders look for, in places where they do not expect them.
fn event() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("0".to_owned()),
        Just("-1.5".to_owned()),
        Just("true".to_owned()),
        Just("\"text\"".to_owned()),
        Just("\"tool_use\"".to_owned()),
        Just("\"response.output_text.delta\"".to_owned()),
        Just("\"response.output_item.done\"".to_owned()),
        Just("\"response.completed\"".to_owned()),
        Just("\"content_block_start\"".to_owned()),
        Just("\"content_block_delta\"".to_owned()),
        Just("\"message_delta\"".to_owned()),
        Just("\"\\ud83d\"".to_owned()),
        "\"[a-z{}]{0,5}\"",
    ];
    let name = prop::sample::select(vec![
        "type",
        "choices",
        "delta",
        "message",
        "content",
        "text",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "index",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "output_tokens",
        "error",
        "item",
        "output_index",
        "response",
        "output",
        "content_block",
        "input",
        "candidates",
        "parts",
        "functionCall",
        "args",
        "done",
        "reasoning_details",
        "images",
        "summary",
        "id",
        "usageMetadata",
        "promptTokenCount",
        "audio",
        "data",
    ]);
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|fields| {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_do_not_depend_on_where_the_bytes_are_split(
        bytes in stream(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = frames(&[&bytes]).unwrap();
        prop_assert_eq!(&frames(&split(&bytes, &places)).unwrap(), &whole);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&frames(&single).unwrap(), &whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_decoder_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        status in 400u16..600,
        stream in any::<bool>(),
    ) {
        for dialect in DIALECTS {
            let whole = decode(dialect, stream, &[&bytes]);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(decode(dialect, stream, &single), whole);
            let _ = decode_models(dialect, &bytes);
            let failure = classify_error(dialect, status, &[], &bytes);
            prop_assert!(!failure.message.is_empty());
        }
    }

    #[test]
    fn no_json_makes_a_decoder_panic(
        events in prop::collection::vec(event(), 1..5),
        sse in any::<bool>(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let body: String = events
            .iter()
            .map(|event| if sse { format!("data: {event}\n\n") } else { format!("{event}\n") })
            .collect();
        for dialect in DIALECTS {
            let whole = decode(dialect, sse, &[body.as_bytes()]);
            prop_assert_eq!(decode(dialect, sse, &split(body.as_bytes(), &places)), whole);
            let _ = decode_models(dialect, body.as_bytes());
            let _ = classify_error(dialect, 500, &[], body.as_bytes());
        }
    }
}

#[test]
fn the_rules_of_event_streams_are_kept() {
    let event = |event: &str, data: &str, id: &str| (event.to_owned(), data.to_owned(), id.to_owned(), false);
    let body = b"\xef\xbb\xbf: hello\r\n\r\nid: 7\r\nevent: a\r\ndata: one\r\ndata:  two\r\n\r\nevent: lost\r\n\r\ndata\r\rdata: last";
    assert_eq!(
        frames(&[body]).unwrap(),
        [event("a", "one\n two", "7"), event("", "", "7"), event("", "last", "7")]
    );
}

#[test]
fn an_event_may_be_long_but_not_endless() {
    let long = format!("data: {}\n\n", "x".repeat(MAX_EVENT - 10));
    assert_eq!(frames(&[long.as_bytes()]).unwrap().len(), 1);
    let pieces: Vec<&[u8]> = std::iter::repeat_n(&b"xxxxxxxxxxxxxxxx"[..], MAX_EVENT / 16 + 1).collect();
    assert_eq!(frames(&pieces), Err(DialectError::TooLong { limit: MAX_EVENT }));
    let lines: Vec<&[u8]> = std::iter::repeat_n(&b"data: xxxxxxxxx\n"[..], MAX_EVENT / 10 + 1).collect();
    assert_eq!(frames(&lines), Err(DialectError::TooLong { limit: MAX_EVENT }));
}

#[test]
fn what_was_not_promised_is_read_all_the_same() {
    let one = br#" {"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]} "#;
    let pretty =
        b"{\n \"message\": {\"content\": \"hi\"},\n \"done\": true,\n \"done_reason\": \"stop\"\n}\n";
    let lines = b"{\"message\":{\"content\":\"h\"}}\n{\"message\":{\"content\":\"i\"},\"done\":true,\"done_reason\":\"stop\"}";
    let sse = b"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n";
    let array = br#"[{"candidates":[{"content":{"parts":[{"text":"h"}]}}]},
        {"candidates":[{"content":{"parts":[{"text":"i"}]},"finishReason":"STOP"}]}]"#;
    for (dialect, body) in [
        (Dialect::OpenaiChat, &one[..]),
        (Dialect::Ollama, pretty),
        (Dialect::Ollama, lines),
        (Dialect::OpenaiChat, sse),
        (Dialect::Gemini, array),
    ] {
        for stream in [true, false] {
            let got = decode(dialect, stream, &[body]);
            assert_eq!(got, (vec![Part::text("hi")], Some(Stop::Stop), Ok(())), "{dialect} {stream}");
        }
    }
}

#[test]
fn pages_and_silence_are_no_answers() {
    for dialect in DIALECTS {
        let html = decode(dialect, true, &[b"<html><title>502 Bad Gateway</title></html>"]).2;
        assert!(matches!(html, Err(DialectError::Malformed { .. })), "{dialect}: {html:?}");
        for silence in [&b""[..], b"\n\n", b": keep-alive\n\n", b"{", b"data: {\"a\""] {
            assert_eq!(decode(dialect, true, &[silence]).2, Err(DialectError::Truncated), "{dialect}");
        }
        let failure =
            classify_error(dialect, 502, &[], b"<html><head><title>502 Bad Gateway</title></head></html>");
        assert_eq!(failure.message, "502 Bad Gateway");
    }
}

#[test]
fn faulty_json_of_real_providers_is_mended() {
    let body = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"},\"logprobs\":{\"x\":-Infinity},\"finish_reason\":\"stop\"}]}\n\n";
    let (parts, stop, result) = decode(Dialect::OpenaiChat, true, &[body]);
    assert_eq!((parts, stop, result), (vec![Part::text("a\u{fffd}")], Some(Stop::Stop), Ok(())));
    let bad = decode(Dialect::OpenaiChat, true, &[b"data: {oops}\n\n"]).2;
    assert!(matches!(bad, Err(DialectError::Malformed { .. })));
}

#[test]
fn changes_tell_the_same_story_as_parts() {
    let deltas = [
        Delta::Reasoning("hm".to_owned()),
        Delta::Text("a😀".to_owned()),
        Delta::ToolCall { key: 0, id: "x".to_owned(), name: "one".to_owned() },
        Delta::ToolCall { key: 1, id: "y".to_owned(), name: "two".to_owned() },
        Delta::ToolArguments { key: 0, text: "{\"a\":".to_owned() },
        Delta::ToolArguments { key: 0, text: "1}".to_owned() },
        Delta::Text("b".to_owned()),
        Delta::Text("c".to_owned()),
    ];
    let (mut assembly, mut changes) = (Assembly::with_parts(vec![Part::text("é😀")]), Vec::new());
    assert!(!assembly.has_content());
    for delta in deltas {
        assembly.push(delta, &mut changes);
    }
    let mut told: Vec<Vec<u16>> = vec!["é😀".encode_utf16().collect()];
    for change in &changes {
        match change {
            dialects::Change::Open { part, .. } => {
                assert_eq!(*part as usize, told.len());
                told.push(Vec::new());
            }
            dialects::Change::Append { part, at, text } => {
                assert_eq!(told[*part as usize].len(), *at as usize);
                told[*part as usize].extend(text.encode_utf16());
            }
        }
    }
    let texts: Vec<String> = told.iter().map(|units| String::from_utf16(units).unwrap()).collect();
    assert_eq!(texts, ["é😀", "hm", "a😀", "{\"a\":1}", "", "bc"]);
    let parts = assembly.into_parts();
    assert!(matches!(&parts[4], Part::ToolCall { arguments, .. } if arguments == "{}"));
    assert!(matches!(&parts[5], Part::Text { text } if text == "bc"));
}

fn text_of(dialect: Dialect, body: &str) -> (String, Result<(), DialectError>) {
    let mut decoder = decoder(dialect, true);
    let mut out = Vec::new();
    let mut result = body.as_bytes().chunks(3).try_for_each(|piece| decoder.feed(piece, &mut out));
    if result.is_ok() {
        result = decoder.end(&mut out);
    }
    let text = |delta| if let Delta::Text(text) = delta { Some(text) } else { None };
    (out.into_iter().filter_map(text).collect(), result)
}

#[test]
fn events_without_blank_lines_between_them_are_read() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\
                data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\
                data: [DONE]\n";
    assert_eq!(text_of(Dialect::OpenaiChat, body), ("ab".to_owned(), Ok(())));
}

#[test]
fn an_array_that_was_cut_keeps_its_whole_items() {
    let item =
        |text: &str| format!("{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}}}}]}}");
    let body = format!("[{}\n,\r\n{},\n{{\"candi", item("one"), item("two"));
    assert_eq!(text_of(Dialect::Gemini, &body), ("onetwo".to_owned(), Err(DialectError::Truncated)));
}

#[test]
fn comments_may_come_before_an_answer_in_one_piece() {
    let comments = ": still at it\n\n".repeat(100_000);
    let body = format!("\u{feff} \r\n{comments}{{\"choices\":[{{\"message\":{{\"content\":\"x\"}}}}]}}");
    assert_eq!(text_of(Dialect::OpenaiChat, &body), ("x".to_owned(), Ok(())));
}

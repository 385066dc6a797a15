use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn post(server: &ScriptedProvider, path: &str, body: &Value) -> (TcpStream, String) {
    let body = body.to_string();
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body.as_bytes()).await.unwrap();
    (socket, body)
}

/// Status and body, with chunks joined; and whether the body came to its end.
async fn ask(server: &ScriptedProvider, path: &str, body: Value) -> (u16, String, bool) {
    let (mut socket, _) = post(server, path, &body).await;
    let mut raw = Vec::new();
    let mut buffer = [0; 4096];
    let mut head_end = None;
    loop {
        let read = socket.read(&mut buffer).await.unwrap_or(0);
        raw.extend_from_slice(&buffer[..read]);
        head_end = head_end.or_else(|| raw.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4));
        let Some(at) = head_end else {
            assert!(read > 0, "no head came");
            continue;
        };
        let head = String::from_utf8_lossy(&raw[..at]).into_owned();
        let status = head[9..12].parse().unwrap();
        let (text, whole) = if head.contains("chunked") {
            chunks(&raw[at..])
        } else {
            let length: usize =
                head.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap().parse().unwrap();
            (raw[at..].to_vec(), raw.len() - at == length)
        };
        if whole || read == 0 {
            return (status, String::from_utf8(text).unwrap(), whole);
        }
    }
}

fn chunks(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(at) = raw.windows(2).position(|w| w == b"\r\n") else { return (body, false) };
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..at]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = raw.get(at + 2..at + 2 + size) else { return (body, false) };
        body.extend_from_slice(chunk);
        raw = raw.get(at + 4 + size..).unwrap_or_default();
    }
}

/// The text that a stream brings.
fn said(stream: &str) -> String {
    let events = stream.split("\n\n").filter_map(|event| event.split("data: ").nth(1));
    events
        .filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .filter_map(|event| {
            let chat = event["choices"][0]["delta"]["content"].as_str();
            let responses = event["delta"].as_str().filter(|_| event["type"] == "response.output_text.delta");
            let anthropic = event["delta"]["text"].as_str();
            chat.or(responses).or(anthropic).map(str::to_owned)
        })
        .collect()
}

const PATHS: [&str; 3] = ["/v1/chat/completions", "/v1/responses", "/v1/messages"];

fn request(path: &str, model: &str, stream: bool) -> Value {
    let field = if path == "/v1/responses" { "input" } else { "messages" };
    json!({"model": model, "stream": stream, field: [{"role": "user", "content": "say 🦀 it"}]})
}

#[tokio::test]
async fn each_dialect_brings_the_known_text_whole_and_ends_with_its_terminal_event() {
    let server = ScriptedProvider::start().await;
    for (path, end) in PATHS.into_iter().zip(["data: [DONE]", "response.completed", "message_stop"]) {
        for model in ["ok?tokens=30&seed=2", "ok?tokens=30&seed=2&split=3"] {
            let (status, stream, whole) = ask(&server, path, request(path, model, true)).await;
            assert_eq!((status, whole), (200, true));
            assert_eq!(said(&stream), text::answer(30, 2));
            assert!(stream.contains(end));
        }
        let (_, body, _) = ask(&server, path, request(path, "ok?tokens=30&seed=2", false)).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        let one_shot = [
            &body["choices"][0]["message"]["content"],
            &body["content"][0]["text"],
            &body["output"][0]["content"][0]["text"],
        ];
        assert!(one_shot.iter().any(|found| **found == json!(text::answer(30, 2))));
        let (_, stream, _) = ask(&server, path, request(path, "echo", true)).await;
        assert_eq!(said(&stream), "say 🦀 it");
    }
}

#[tokio::test]
async fn a_cut_comes_after_the_token_that_was_named() {
    let server = ScriptedProvider::start().await;
    for path in PATHS {
        for how in ["close", "reset", "clean"] {
            let model = format!("cut?after=40&how={how}");
            let (status, stream, whole) = ask(&server, path, request(path, &model, true)).await;
            assert_eq!((status, whole), (200, how == "clean"), "{path} {how}");
            assert_eq!(said(&stream), text::answer(40, 0), "{path} {how}");
        }
    }
}

#[tokio::test]
async fn a_refusal_ends_after_its_number_of_times() {
    let server = ScriptedProvider::start().await;
    let path = PATHS[0];
    assert_eq!(ask(&server, path, request(path, "429-once", true)).await.0, 429);
    assert_eq!(ask(&server, path, request(path, "429-once", true)).await.0, 200);
    assert_eq!(ask(&server, path, request(path, "nobody", true)).await.0, 404);
    assert_eq!(server.log().len(), 3);
    assert_eq!(server.calls_of("429-once").len(), 2);
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_during_silence_and_between_tokens() {
    let server = ScriptedProvider::start().await;
    for (number, model) in ["silence", "slow?gap_ms=10000"].into_iter().enumerate() {
        let (mut socket, _) = post(&server, PATHS[0], &request(PATHS[0], model, true)).await;
        server.called(number + 1).await;
        if model != "silence" {
            socket.read_u8().await.unwrap();
        }
        drop(socket);
        server.closed(number).await;
        assert!(server.log()[number].abandoned());
    }
}

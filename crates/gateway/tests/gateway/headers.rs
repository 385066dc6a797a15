//! What goes on to providers and what comes back of their heads: a list of what may, not of what may not.

use domain::{KeyPlace, NewKey};
use engine::{Engine, EngineOptions};
use gateway::{Gateway, GatewayOptions, Guard, Guards, KeyCheck};
use serde_json::json;
use std::sync::{Arc, Mutex};
use testkit::Home;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use zeroize::Zeroizing;

const PROVIDERS_KEY: &str = "sk-provider-0123456789";
const ANSWER: &str = r#"{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}"#;
/// What providers say of the account, of their own doors, and of the connection.
const FROM_PROVIDER: [&str; 16] = [
    "Set-Cookie: session=canary",
    "Set-Cookie2: session=canary",
    "anthropic-organization-id: canary",
    "openai-organization: canary",
    "openai-project: canary",
    "x-request-id: canary",
    "server: canary",
    "via: canary",
    "cf-ray: canary",
    "x-envoy-upstream-service-time: canary",
    "www-authenticate: canary",
    "access-control-allow-origin: *",
    "strict-transport-security: max-age=1",
    "alt-svc: canary",
    "keep-alive: timeout=canary",
    "x-orchesity-target: canary/canary",
];
/// What callers send that is between them and us, or between two ends of a connection.
const FROM_CALLER: [&str; 22] = [
    "Cookie: session=canary",
    "x-api-key: KEY",
    "x-goog-api-key: KEY",
    "api-key: KEY",
    "Proxy-Authorization: Basic canary",
    "Connection: keep-alive, x-dropped",
    "Keep-Alive: timeout=canary",
    "x-dropped: canary",
    "TE: trailers",
    "Forwarded: for=canary",
    "X-Forwarded-For: 1.2.3.4",
    "X-Forwarded-Host: canary.test",
    "X-Real-IP: 1.2.3.4",
    "Referer: http://canary.test/",
    "openai-organization: canary",
    "x-canary: canary",
    "x-stainless-os: canary",
    "Accept-Language: canary",
    "Accept-Encoding: gzip, canary",
    "User-Agent: canary/1",
    "Idempotency-Key: canary",
    "x-amz-security-token: canary",
];

/// A provider that remembers heads and says what it should not.
async fn provider() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read(&mut stream).await;
            seen.lock().unwrap().push(request.to_lowercase());
            let head = FROM_PROVIDER.join("\r\n");
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{ANSWER}",
                ANSWER.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, heads)
}

/// One request with its body; the head of it.
async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let n = stream.read(&mut piece).await.unwrap();
        bytes.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if n == 0 || body.len() >= length.unwrap_or(0_usize) {
            return head.to_owned();
        }
    }
}

/// What a caller is told, what a provider is told (both in lower case), and the caller's key.
async fn told(guards: Guards) -> (String, String, String) {
    let (url, heads) = provider().await;
    let config = format!(
        "[[providers]]\nid = \"raw\"\ndialect = \"anthropic-messages\"\nbase_url = {url:?}\nmodels = [\"m\"]\n"
    );
    let home = Home::with_config(&config).unwrap();
    let engine = Engine::open(home.path(), EngineOptions::serve()).await.unwrap();
    let key = Zeroizing::new(PROVIDERS_KEY.to_owned());
    engine.set_key(&"raw".parse().unwrap(), key, KeyPlace::Session).await.unwrap();
    let new: NewKey = serde_json::from_value(json!({ "name": "test" })).unwrap();
    let virtual_key = engine.virtual_keys().issue(new).await.unwrap().key;
    let mut options = GatewayOptions::new(Some(KeyCheck::of(engine.clone())));
    options.port = 0;
    options.guards = guards;
    let running = Gateway::start(engine.clone(), options).await.unwrap();

    let body =
        json!({ "model": "raw/m", "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });
    let body = body.to_string();
    let lines = FROM_CALLER.join("\r\n").replace("KEY", &virtual_key);
    let request = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nanthropic-version: 2023-06-01\r\n\
         anthropic-beta: some-beta\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{lines}\r\n\r\n{body}",
        running.addrs()[0],
        *virtual_key,
        body.len()
    );
    let mut stream = TcpStream::connect(running.addrs()[0]).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let down = read(&mut stream).await.to_lowercase();
    let up = heads.lock().unwrap().pop().unwrap();
    drop(running);
    engine.close().await;
    (down, up, virtual_key.to_string())
}

#[tokio::test]
async fn neither_side_hears_what_the_other_said_to_us() {
    let (down, up, _) = told(Guards::default()).await;
    assert!(down.starts_with("http/1.1 200"), "{down}");
    assert!(down.contains("x-orchesity-target: raw/m"), "{down}");
    for word in
        ["canary", "cookie", PROVIDERS_KEY, "access-control", "strict-transport", "organization", "ork_"]
    {
        assert!(!down.contains(word), "`{word}` came down\n{down}");
    }
    // What is for the provider arrives.
    assert!(
        up.contains(&format!("x-api-key: {PROVIDERS_KEY}")) && up.contains("anthropic-beta: some-beta"),
        "{up}"
    );
    for word in [
        "canary",
        "cookie",
        "ork_",
        "1.2.3.4",
        "forwarded",
        "x-dropped",
        "\r\nte:",
        "stainless",
        "proxy-",
        "keep-alive:",
    ] {
        assert!(!up.contains(word), "`{word}` went up\n{up}");
    }
    assert_eq!(up.matches("x-api-key").count(), 1, "{up}");
}

#[tokio::test]
async fn without_that_guard_the_callers_key_and_cookies_go_to_the_provider() {
    let (down, up, key) = told(Guards::default().without(Guard::Onward)).await;
    assert!(down.starts_with("http/1.1 200"), "{down}");
    let key = key.to_lowercase();
    for word in ["cookie: session=canary", "x-dropped: canary", "x-forwarded-for: 1.2.3.4", &key] {
        assert!(up.contains(word), "`{word}` did not go up\n{up}");
    }
}

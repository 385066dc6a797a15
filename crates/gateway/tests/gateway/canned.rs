//! A provider of any dialect that says exactly these bytes and remembers exactly which it was sent.

use domain::NewKey;
use engine::{Engine, EngineOptions};
use gateway::{Gateway, GatewayOptions, KeyCheck, Running};
use serde_json::json;
use std::sync::{Arc, Mutex};
use testkit::Home;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Ids of its providers and their dialects: one server, asked in each.
pub const DIALECTS: [(&str, &str); 5] = [
    ("chat", "openai-chat"),
    ("responses", "openai-responses"),
    ("anthropic", "anthropic-messages"),
    ("gemini", "gemini"),
    ("ollama", "ollama"),
];

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Sent {
    /// First line and headers, in lower case.
    pub head: String,
    pub body: String,
}

impl Sent {
    /// Its path with what stands behind the `?`.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

/// What is said next.
#[derive(Debug, Clone, Default)]
struct Said {
    kind: &'static str,
    body: String,
    /// So many bytes are written at once; 0: all.
    split: usize,
}

#[derive(Default)]
struct Shared {
    said: Mutex<Said>,
    sent: Mutex<Vec<Sent>>,
}

/// A gateway before that provider, in each of its dialects.
pub struct Canned {
    shared: Arc<Shared>,
    pub url: String,
    pub key: String,
    pub http: reqwest::Client,
    _running: Running,
    _home: Home,
}

impl Canned {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        tokio::spawn(listen(listener, shared.clone()));
        let provider = |(id, dialect): &(&str, &str)| {
            let base = if dialect.starts_with("openai") { format!("{root}/v1") } else { root.clone() };
            format!(
                "[[providers]]\nid = {id:?}\ndialect = {dialect:?}\nbase_url = {base:?}\nkey = \"none\"\nmodels = [\"m\"]\n\n"
            )
        };
        let config: String = DIALECTS.iter().map(provider).collect();
        let home = Home::with_config(&format!("{config}[engine]\nmax_attempts = 1\n")).unwrap();
        let engine = Engine::open(home.path(), EngineOptions::serve()).await.unwrap();
        let new: NewKey = serde_json::from_value(json!({ "name": "test" })).unwrap();
        let key = engine.virtual_keys().issue(new).await.unwrap().key.to_string();
        let mut options = GatewayOptions::new(Some(KeyCheck::of(engine.clone())));
        options.port = 0;
        let running = Gateway::start(engine.clone(), options).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { shared, url: running.url(), key, http, _running: running, _home: home }
    }

    /// Says this from now on, as one body.
    pub fn say(&self, kind: &'static str, body: &str) {
        self.say_in_pieces(kind, body, 0);
    }

    /// The same, so many bytes at a time.
    pub fn say_in_pieces(&self, kind: &'static str, body: &str, split: usize) {
        *self.shared.said.lock().unwrap() = Said { kind, body: body.to_owned(), split };
    }

    /// What was sent since this was last asked.
    pub fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.shared.sent.lock().unwrap())
    }

    /// Sends these bytes with our key.
    pub fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key);
        request.header("content-type", "application/json").body(body)
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, shared.clone()));
    }
}

/// One request for each connection; `None` when the other side has gone.
async fn answer(mut stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let sent = read(&mut stream).await?;
    shared.sent.lock().unwrap().push(sent);
    let said = shared.said.lock().unwrap().clone();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {}\r\nx-canned: 1\r\nconnection: close\r\n\r\n", said.kind);
    stream.write_all(head.as_bytes()).await.ok()?;
    let size = if said.split == 0 { said.body.len().max(1) } else { said.split };
    for piece in said.body.as_bytes().chunks(size) {
        stream.write_all(piece).await.ok()?;
        stream.flush().await.ok()?;
        tokio::task::yield_now().await;
    }
    stream.shutdown().await.ok()
}

async fn read(stream: &mut TcpStream) -> Option<Sent> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(Sent { head, body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

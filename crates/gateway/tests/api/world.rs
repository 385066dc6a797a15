//! A gateway with real keys, and a client that keeps its connection.

use domain::{KeyScopes, NewKey};
use engine::{Engine, EngineOptions};
use gateway::{Gateway, GatewayOptions, KeyCheck, Running};
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use testkit::Home;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// A gateway that is switched on, and a key for all of it.
pub struct World {
    pub running: Running,
    pub engine: Engine,
    pub address: SocketAddr,
    pub key: String,
    pub home: Home,
}

impl World {
    pub async fn new() -> Self {
        Self::within(Home::empty().unwrap()).await
    }

    /// With this in `config.toml`.
    pub async fn with(config: &str) -> Self {
        Self::within(Home::with_config(config).unwrap()).await
    }

    async fn within(home: Home) -> Self {
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        let mut options = GatewayOptions::new(Some(KeyCheck::of(engine.clone())));
        options.port = 0;
        let running = Gateway::start(engine.clone(), options).await.unwrap();
        let address = running.addrs()[0];
        let mut world = Self { running, engine, address, key: String::new(), home };
        world.key = world.issue(&["/api/*"], |_| ()).await;
        world
    }

    /// A key with these scopes.
    pub async fn issue(&self, scopes: &[&str], change: impl FnOnce(&mut NewKey)) -> String {
        let mut new = NewKey::named("a test");
        new.scopes = KeyScopes::parse(scopes.iter().copied()).unwrap();
        change(&mut new);
        self.engine.virtual_keys().issue(new).await.unwrap().key.to_string()
    }

    pub async fn client(&self) -> Client {
        Client {
            stream: BufReader::new(TcpStream::connect(self.address).await.unwrap()),
            address: self.address,
            key: self.key.clone(),
        }
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, method: &str, path: &str, body: impl Into<Option<Value>>) -> Answer {
        self.client().await.ask(method, path, body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, body).await
    }

    /// The same with another key.
    pub async fn ask_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: impl Into<Option<Value>>,
    ) -> Answer {
        let mut client = self.client().await;
        key.clone_into(&mut client.key);
        client.ask(method, path, body).await
    }

    /// Asks a simulated model, and waits until the answer is whole.
    pub async fn answered(&self, text: &str, target: &str) -> Value {
        let run = self
            .post(
                "/api/v1/runs",
                serde_json::json!({
                    "parts": [{ "type": "text", "text": text }],
                    "columns": [{ "target": target }],
                }),
            )
            .await
            .expect(202);
        self.over(run["run"].as_str().unwrap()).await;
        run
    }

    /// Waits until a run is over.
    pub async fn over(&self, run: &str) {
        let mut events = self.engine.events(run.parse().unwrap(), 0).await.unwrap();
        timeout(Duration::from_mins(1), async { while events.next().await.is_some() {} }).await.unwrap();
    }
}

/// One connection.
pub struct Client {
    pub stream: BufReader<TcpStream>,
    address: SocketAddr,
    pub key: String,
}

impl Client {
    pub async fn ask(&mut self, method: &str, path: &str, body: impl Into<Option<Value>>) -> Answer {
        let body = body.into().map(|body| body.to_string());
        let kind = if body.is_some() { "content-type: application/json\r\n" } else { "" };
        self.send(method, path, kind, body.unwrap_or_default().as_bytes()).await
    }

    /// Sends exactly this, and reads a whole answer.
    pub async fn send(&mut self, method: &str, path: &str, lines: &str, body: &[u8]) -> Answer {
        self.begin(method, path, lines, body).await;
        self.whole(method).await
    }

    pub async fn begin(&mut self, method: &str, path: &str, lines: &str, body: &[u8]) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n{lines}content-length: {}\r\n\r\n",
            self.address,
            self.key,
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    }

    pub async fn head(&mut self) -> (u16, String) {
        let mut head = String::new();
        let reading = async {
            loop {
                let mut line = String::new();
                if self.stream.read_line(&mut line).await.unwrap() == 0 || line == "\r\n" {
                    return;
                }
                head.push_str(&line);
            }
        };
        timeout(Duration::from_mins(1), reading).await.expect("an answer");
        let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
        (status, head.to_lowercase())
    }

    async fn whole(&mut self, method: &str) -> Answer {
        let (status, head) = self.head().await;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.trim().parse().unwrap());
        let mut body = vec![0; if method == "HEAD" || status == 204 { 0 } else { length }];
        timeout(Duration::from_mins(1), self.stream.read_exact(&mut body)).await.expect("its body").unwrap();
        Answer { status, head, body: String::from_utf8(body).unwrap() }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).map(str::trim)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// What it says, with this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.json()
    }

    /// What it refuses, with this status: the word, and the field.
    #[track_caller]
    pub fn refused(&self, status: u16) -> (String, Option<String>) {
        let error = &self.expect(status)["error"];
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{}", self.body);
        assert_eq!(error["requestId"].as_str(), self.header("x-orchesity-request-id"));
        (error["code"].as_str().unwrap_or_default().to_owned(), error["param"].as_str().map(str::to_owned))
    }
}

//! A gateway to ask, and a client that sends exactly what it is told.

use domain::DeniedKind;
use engine::{Engine, EngineOptions};
use futures_util::FutureExt;
use gateway::{Gateway, GatewayOptions, Grant, KeyCheck, Running};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::Home;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A key that may do everything.
pub const GOOD: &str = "ork_good";

/// A gateway that is switched on.
pub struct World {
    pub running: Running,
    pub address: SocketAddr,
    /// Every key that was looked up, with the path it was shown for.
    pub shown: Arc<Mutex<Vec<(String, String)>>>,
    _home: Home,
}

/// Knows `ork_good`, and keys that say themselves what is wrong with them.
fn keys(shown: Arc<Mutex<Vec<(String, String)>>>) -> KeyCheck {
    KeyCheck::new(move |key, path| {
        shown.lock().unwrap().push((key.to_owned(), path.to_owned()));
        let found = match key {
            GOOD => Ok(Grant::WITHOUT_KEY),
            "ork_expired" => Err(DeniedKind::Expired),
            "ork_revoked" => Err(DeniedKind::Revoked),
            "ork_elsewhere" => Err(DeniedKind::Permission),
            _ => Err(DeniedKind::Auth),
        };
        async move { found }.boxed()
    })
}

pub async fn engine() -> (Home, Engine) {
    let home = Home::empty().unwrap();
    let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
    (home, engine)
}

impl World {
    /// On a free port, with these options beside.
    pub async fn with(change: impl FnOnce(&mut GatewayOptions)) -> Self {
        let (home, engine) = engine().await;
        let shown = Arc::new(Mutex::new(Vec::new()));
        let mut options = GatewayOptions::new(Some(keys(shown.clone())));
        options.port = 0;
        change(&mut options);
        let running = Gateway::start(engine, options).await.unwrap();
        let address = running.addrs()[0];
        Self { running, address, shown, _home: home }
    }

    /// Around a gateway that runs already.
    pub fn of(running: Running, home: Home) -> Self {
        let address = running.addrs()[0];
        Self { running, address, shown: Arc::default(), _home: home }
    }

    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Sends these lines as a head (with our `Host`, unless one of them is one) and this body.
    pub async fn ask(&self, request: &str, lines: &[&str], body: &str) -> Answer {
        let host = format!("Host: {}", self.address);
        let named = lines.iter().any(|line| line.to_lowercase().starts_with("host:"));
        let mut head = vec![format!("{request} HTTP/1.1")];
        if !named {
            head.push(host);
        }
        head.extend(lines.iter().map(|line| (*line).to_owned()));
        if !body.is_empty() {
            head.push(format!("Content-Length: {}", body.len()));
        }
        head.push("Connection: close".to_owned());
        self.raw(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes()).await
    }

    /// Sends these bytes and reads until the line is closed.
    pub async fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let reading = stream.read_to_end(&mut answer);
        timeout(Duration::from_secs(30), reading).await.expect("an answer and its end").unwrap();
        Answer::new(&String::from_utf8_lossy(&answer))
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    fn new(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// The body without the name of the request.
    pub fn told(&self) -> String {
        self.body.replace(self.header("x-orchesity-request-id").unwrap_or("-"), "")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

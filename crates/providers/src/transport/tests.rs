use super::*;
use crate::{Config, discover, probe_local};
use domain::ErrorKind;
use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    time::Instant,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

/// What the server does with each request.
#[derive(Clone)]
enum Does {
    /// Sends these bytes and waits for the other side to close.
    Sends(Vec<u8>),
    /// Sends these and closes.
    SendsAndCloses(Vec<u8>),
}

enum Saw {
    Request(String),
    Closed,
}

/// A server that speaks plain bytes and tells what it saw.
pub(crate) struct Server {
    at: SocketAddr,
    saw: mpsc::UnboundedReceiver<Saw>,
}

impl Server {
    async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (tell, saw) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (tell, does) = (tell.clone(), does.clone());
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut piece = [0; 4096];
                    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                        match socket.read(&mut piece).await {
                            Ok(0) | Err(_) => return drop(tell.send(Saw::Closed)),
                            Ok(n) => request.extend_from_slice(&piece[..n]),
                        }
                    }
                    let _ = tell.send(Saw::Request(String::from_utf8_lossy(&request).into_owned()));
                    let (Does::Sends(bytes) | Does::SendsAndCloses(bytes)) = &does;
                    let _ = socket.write_all(bytes).await;
                    if matches!(does, Does::SendsAndCloses(_)) {
                        return;
                    }
                    while matches!(socket.read(&mut piece).await, Ok(n) if n > 0) {}
                    let _ = tell.send(Saw::Closed);
                });
            }
        });
        Self { at, saw }
    }

    async fn answers(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
        Self::start(Does::Sends(text.into_bytes())).await
    }

    async fn request(&mut self) -> String {
        match self.saw.recv().await.unwrap() {
            Saw::Request(text) => text,
            Saw::Closed => panic!("closed before it asked"),
        }
    }

    async fn closed(&mut self) -> Instant {
        // A limit for a test that would hang, not a promise.
        let wait = tokio::time::timeout(Duration::from_secs(20), self.saw.recv()).await;
        match wait.expect("the socket stays open").unwrap() {
            Saw::Closed => Instant::now(),
            Saw::Request(text) => panic!("asked again: {text}"),
        }
    }

    fn was_not_asked(&mut self) -> bool {
        self.saw.try_recv().is_err()
    }

    fn provider(&self) -> Provider {
        provider(&format!("http://{}/v1", self.at))
    }
}

fn provider(base_url: &str) -> Provider {
    let text = format!("[[providers]]\nid = \"t\"\ndialect = \"openai-chat\"\nbase_url = \"{base_url}\"\n");
    Config::parse(&text, &|_| None).unwrap().provider("t").unwrap().clone()
}

fn transport() -> Transport {
    Transport::with_lookup(Arc::new(dns::System))
}

fn wire() -> WireRequest {
    WireRequest {
        method: "POST",
        path: "/chat/completions".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: b"{\"prompt\":\"secret prompt\"}".to_vec(),
    }
}

/// Long enough to never run out by itself in a test that ends well.
fn patient() -> Timeouts {
    Timeouts::default()
}

const KEY: &str = "sk-canary-0123456789-abcdef";

async fn ask(server: &Server, timeouts: &Timeouts) -> Result<Answer, AttemptError> {
    transport().send(&server.provider(), Some(KEY), &wire(), timeouts, true).await
}

#[tokio::test]
async fn a_call_carries_its_key_its_headers_and_its_path() {
    let mut server = Server::answers("200 OK", "X-Thing: 1\r\nSet-Cookie: a=b\r\n", "hello").await;
    let mut provider = server.provider();
    provider.headers = vec![("x-own".to_owned(), "yes".to_owned())];
    let answer = transport().send(&provider, Some(KEY), &wire(), &patient(), true).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.headers.contains(&("x-thing".to_owned(), "1".to_owned())));
    assert!(!answer.headers.iter().any(|(name, _)| name == "set-cookie"));
    assert_eq!(answer.redacted(&format!("you sent {KEY}")), "you sent [key]");
    assert_eq!(answer.body(100).await.unwrap(), b"hello");
    let request = server.request().await;
    assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("authorization: Bearer {KEY}\r\n")), "{request}");
    assert!(request.contains("x-own: yes\r\n"), "{request}");
    assert!(request.contains("accept-encoding: identity\r\n"), "{request}");
}

#[tokio::test]
async fn an_answer_that_comes_compressed_all_the_same_is_told_from_a_cut_one() {
    for (status, kind) in [("200 OK", ErrorKind::Upstream), ("401 Unauthorized", ErrorKind::Auth)] {
        let server = Server::answers(status, "content-encoding: gzip\r\n", "\u{1f}\u{8b}zipped").await;
        let error = ask(&server, &patient()).await.unwrap_err();
        assert_eq!(error.failure.kind, kind);
        assert!(!error.failure.message.contains("zipped"), "{}", error.failure);
    }
    let server = Server::answers("200 OK", "content-encoding: identity\r\n", "plain").await;
    assert_eq!(ask(&server, &patient()).await.unwrap().body(100).await.unwrap(), b"plain");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_neither_key_nor_prompt_goes_along() {
    let mut other = Server::answers("200 OK", "", "{}").await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = format!("location: http://{}/v1/x?token={KEY}\r\n", other.at);
        let server = Server::answers(status, &location, "").await;
        let error = ask(&server, &patient()).await.unwrap_err();
        assert_eq!(error.failure.kind, ErrorKind::NotFound);
        assert!(!error.failure.kind.is_retryable());
        assert!(error.failure.message.contains(&format!("http://{}", other.at)), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    assert!(other.was_not_asked());
}

#[tokio::test]
async fn without_that_guard_the_key_goes_wherever_a_redirect_points() {
    let mut other = Server::answers("200 OK", "", "{}").await;
    let location = format!("location: http://{}/v1/x\r\n", other.at);
    let server = Server::answers("307 Temporary", &location, "").await;
    // Its key stands in a header that no client knows as one.
    let provider = Provider { dialect: domain::Dialect::AnthropicMessages, ..server.provider() };
    let guarded = transport().send(&provider, Some(KEY), &wire(), &patient(), true).await;
    assert_eq!(guarded.unwrap_err().failure.kind, ErrorKind::NotFound);
    assert!(other.was_not_asked());

    let guards = Guards { redirects: false, ..Guards::ALL };
    let twin = Transport::guarded(Arc::new(dns::System), dns::Proxies::default(), guards);
    twin.send(&provider, Some(KEY), &wire(), &patient(), true).await.unwrap();
    let stolen = other.request().await;
    assert!(stolen.starts_with("POST /v1/x") && stolen.contains(KEY), "{stolen}");
}

#[tokio::test]
async fn dropping_an_answer_closes_its_socket() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n".to_vec();
    let mut server = Server::start(Does::Sends(head)).await;
    let mut answer = ask(&server, &patient()).await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "hi");
    server.request().await;
    drop(answer);
    server.closed().await;
}

#[tokio::test]
async fn dropping_a_call_before_its_head_closes_its_socket() {
    let mut server = Server::start(Does::Sends(Vec::new())).await;
    let asked = tokio::spawn({
        let provider = server.provider();
        async move { transport().send(&provider, Some(KEY), &wire(), &patient(), true).await.map(|_| ()) }
    });
    server.request().await;
    asked.abort();
    server.closed().await;
}

#[tokio::test]
async fn dropping_an_error_that_is_still_coming_closes_its_socket() {
    let head = b"HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nsome".to_vec();
    let mut server = Server::start(Does::Sends(head)).await;
    let asked = tokio::spawn({
        let provider = server.provider();
        async move { transport().send(&provider, None, &wire(), &patient(), true).await.map(|_| ()) }
    });
    server.request().await;
    asked.abort();
    server.closed().await;
}

#[tokio::test]
async fn silence_before_the_head_ends_at_its_limit_and_the_next_call_is_well() {
    let mut server = Server::start(Does::Sends(Vec::new())).await;
    let short = Timeouts { connect_ms: 50, headers_ms: 50, ..patient() };
    let error = ask(&server, &short).await.unwrap_err();
    assert_eq!((error.failure.kind, error.status), (ErrorKind::Timeout, None));
    server.request().await;
    server.closed().await;
    // One-shot answers have no limit for their head alone.
    let short = Timeouts { connect_ms: 25, total_ms: 50, ..patient() };
    let error = transport().send(&server.provider(), None, &wire(), &short, false).await.unwrap_err();
    assert!(error.failure.message.contains("75 ms"), "{error}");
    let good = Server::answers("200 OK", "", "ok").await;
    assert!(ask(&good, &patient()).await.is_ok());
}

#[tokio::test]
async fn silence_in_the_middle_ends_at_the_idle_limit() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec();
    let server = Server::start(Does::Sends(head)).await;
    let mut answer = ask(&server, &Timeouts { idle_ms: 40, ..patient() }).await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "half");
    let error = answer.chunk().await.unwrap_err();
    assert_eq!((error.failure.kind, error.status), (ErrorKind::Timeout, Some(200)));
}

#[tokio::test]
async fn a_body_that_is_cut_is_an_error_not_an_end() {
    for head in ["content-length: 10\r\n\r\nhalf", "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}").into_bytes();
        let server = Server::start(Does::SendsAndCloses(bytes)).await;
        let mut answer = ask(&server, &patient()).await.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "half");
        assert_eq!(answer.chunk().await.unwrap_err().failure.kind, ErrorKind::Network);
    }
}

#[tokio::test]
async fn no_connection_is_a_network_failure() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error =
        transport().send(&provider(&format!("http://{free}/v1")), None, &wire(), &patient(), true).await;
    let error = error.unwrap_err();
    assert_eq!(error.failure.kind, ErrorKind::Network);
    assert!(error.failure.kind.is_retryable());
    let closing = Server::start(Does::SendsAndCloses(Vec::new())).await;
    assert_eq!(ask(&closing, &patient()).await.unwrap_err().failure.kind, ErrorKind::Network);
}

#[tokio::test]
async fn an_error_body_is_bounded_and_the_key_is_taken_out() {
    let body = format!("{{\"error\":{{\"message\":\"bad key {KEY}, sk-canar****cdef\"}}}}");
    let server = Server::answers("401 Unauthorized", &format!("x-echo: {KEY}\r\n"), &body).await;
    let error = ask(&server, &patient()).await.unwrap_err();
    assert_eq!(error.status, Some(401));
    assert!(!format!("{error:?} {error}").contains("sk-canar"), "{error:?}");
    assert!(error.body.contains("[key]"));

    let long = "x".repeat(2 << 20);
    let server = Server::answers("500 Oops", "", &long).await;
    let error = ask(&server, &patient()).await.unwrap_err();
    assert_eq!(error.body.len(), 256 << 10);
}

#[tokio::test]
async fn a_body_longer_than_asked_for_is_refused() {
    let server = Server::answers("200 OK", "", &"x".repeat(100)).await;
    let error = ask(&server, &patient()).await.unwrap().body(99).await.unwrap_err();
    assert_eq!(error.failure.kind, ErrorKind::Upstream);
}

/// Answers with other addresses each time it is asked, the last one for ever.
struct Scripted(Mutex<Vec<Vec<IpAddr>>>);

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = |ips: &&[&str]| ips.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().rev().map(parsed).collect())))
    }
}

impl Lookup for Scripted {
    fn lookup(&self, _host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let mut answers = self.0.lock().unwrap();
        let found = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
        Box::pin(async move { Ok(found) })
    }
}

#[tokio::test]
async fn a_name_is_judged_by_the_address_it_resolves_to() {
    let mut server = Server::answers("200 OK", "connection: close\r\n", "ok").await;
    let at = format!("http://some.name.test:{}/v1", server.at.port());
    let named = provider(&at);
    let send = |answers: &[&[&str]], provider: Provider| {
        let transport = Transport::with_lookup(Scripted::new(answers));
        async move { transport.send(&provider, Some(KEY), &wire(), &patient(), true).await }
    };
    // A provider that the user added may be on this machine, whatever its name.
    assert!(send(&[&["127.0.0.1"]], named.clone()).await.is_ok());
    server.request().await;
    server.closed().await;
    let preset = Provider { configured: false, ..named.clone() };
    for (ips, provider) in [
        (&["169.254.169.254"][..], &named),
        (&["::ffff:127.0.0.1"], &named),
        (&["0.0.0.0"], &named),
        (&["fd00:ec2::254"], &named),
        (&["10.0.0.1"], &named),
        (&["8.8.8.8"], &named),
        (&["127.0.0.1"], &preset),
        (&["224.0.0.1", "10.1.1.1"], &preset),
    ] {
        let error = send(&[ips], provider.clone()).await.unwrap_err();
        assert_eq!(error.failure.kind, ErrorKind::BadRequest, "{ips:?}: {error}");
    }
    // Of several addresses only those are tried that may be.
    assert!(send(&[&["169.254.169.254", "127.0.0.1"]], named.clone()).await.is_ok());
    server.request().await;
    server.closed().await;
    // A name that is rebound between two calls is judged again.
    let transport = Transport::with_lookup(Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]));
    assert!(transport.send(&named, Some(KEY), &wire(), &patient(), true).await.is_ok());
    server.request().await;
    server.closed().await;
    let error = transport.send(&named, Some(KEY), &wire(), &patient(), true).await.unwrap_err();
    assert_eq!(error.failure.kind, ErrorKind::BadRequest);
    assert!(server.was_not_asked());
}

#[tokio::test]
async fn our_own_gateway_is_not_asked() {
    let mut server = Server::answers("200 OK", "", "ok").await;
    let transport = transport();
    transport.set_own_port(Some(server.at.port()));
    let error = transport.send(&server.provider(), None, &wire(), &patient(), true).await.unwrap_err();
    assert!(error.failure.message.contains("own gateway"), "{error}");
    assert!(server.was_not_asked());
    // Nor by another name that leads here.
    let named = provider(&format!("http://some.name.test:{}/v1", server.at.port()));
    let by_name = Transport::with_lookup(Scripted::new(&[&["127.0.0.1"]]));
    by_name.set_own_port(Some(server.at.port()));
    let error = by_name.send(&named, None, &wire(), &patient(), true).await.unwrap_err();
    assert_eq!(error.failure.kind, ErrorKind::BadRequest, "{error}");
    assert!(server.was_not_asked());
    by_name.set_own_port(None);
    assert!(by_name.send(&named, None, &wire(), &patient(), true).await.is_ok());
    transport.set_own_port(None);
    assert!(transport.send(&server.provider(), None, &wire(), &patient(), true).await.is_ok());
}

mod resolved;

#[tokio::test]
async fn models_are_discovered_and_nonsense_is_not() {
    let list = "{\"object\":\"list\",\"data\":[{\"id\":\"m-1\",\"object\":\"model\"},{\"id\":\"m-2\"}]}";
    let mut server = Server::answers("200 OK", "", list).await;
    let models = discover(&transport(), &server.provider(), Some(KEY), &patient()).await.unwrap();
    assert_eq!(models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["m-1", "m-2"]);
    assert!(server.request().await.starts_with("GET /v1/models"));
    let page = Server::answers("200 OK", "", "<html>It works!</html>").await;
    assert!(discover(&transport(), &page.provider(), None, &patient()).await.is_err());
    let simulated = Config::default().provider("simulated").unwrap().clone();
    assert!(!discover(&transport(), &simulated, None, &patient()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_test_says_what_worked() {
    let free = |_: &crate::ListedModel| domain::Prices::FREE;
    let list = Server::answers("200 OK", "", "{\"data\":[{\"id\":\"m\"}]}").await;
    let check = crate::test(&transport(), &list.provider(), Some(KEY), &patient(), &free).await;
    assert!(check.problem.is_none() && check.steps.len() == 1 && check.models.len() == 1, "{check:?}");
    let closed = Server::answers("401 Unauthorized", "", "{}").await;
    let mut provider = closed.provider();
    provider.models = vec!["m".to_owned()];
    let check = crate::test(&transport(), &provider, Some(KEY), &patient(), &free).await;
    assert_eq!(check.problem.unwrap().failure.kind, ErrorKind::Auth);
    assert_eq!(check.steps.len(), 1, "a refused key is not tried on a paid call");
    let listless = Server::answers("404 Not Found", "connection: close\r\n", "{}").await;
    let mut provider = listless.provider();
    provider.models = vec!["m".to_owned()];
    let check = crate::test(&transport(), &provider, Some(KEY), &patient(), &free).await;
    assert_eq!(check.steps.last().unwrap().name, "one token");
}

#[tokio::test]
async fn local_servers_of_the_users_own_are_not_probed_twice() {
    let text =
        "[[providers]]\nid = \"mine\"\ndialect = \"openai-chat\"\nbase_url = \"http://localhost:8080/v1\"\n";
    let config = Config::parse(text, &|_| None).unwrap();
    let found = probe_local(&transport(), &config).await;
    assert!(found.iter().all(|(provider, _)| provider.id.as_str() != "llamacpp"));
}

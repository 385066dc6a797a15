//! The schedule as a whole: a list of the settings, on a server of this machine, as hours go by.

use super::*;
use crate::EngineOptions;
use std::sync::Mutex;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// What the server says, and what it was asked: each request's `if-none-match`.
#[derive(Default)]
struct Server {
    /// Version and text; without them it is out of order.
    list: Mutex<Option<(&'static str, String)>>,
    asked: Mutex<Vec<Option<String>>>,
}

impl Server {
    fn say(&self, list: Option<(&'static str, String)>) {
        *self.list.lock().unwrap() = list;
    }

    fn asked(&self) -> Vec<Option<String>> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn answer(&self, request: &str) -> String {
        let header = |line: &str| line.to_lowercase().strip_prefix("if-none-match: ").map(str::to_owned);
        let has = request.lines().find_map(header);
        let answer = match &*self.list.lock().unwrap() {
            None => "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n".to_owned(),
            Some((version, _)) if has.as_deref() == Some(version) => {
                "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned()
            }
            Some((version, text)) => {
                format!("HTTP/1.1 200 OK\r\netag: {version}\r\ncontent-length: {}\r\n\r\n{text}", text.len())
            }
        };
        self.asked.lock().unwrap().push(has);
        answer
    }

    async fn start() -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/board.csv", listener.local_addr().unwrap());
        let server = Arc::new(Self::default());
        let own = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut piece = [0; 1_024];
                    match stream.read(&mut piece).await {
                        Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
                        _ => break,
                    }
                }
                let answer = own.answer(&String::from_utf8_lossy(&request));
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        (server, url)
    }
}

fn board(score: u32) -> String {
    format!("rank,model,arena_score,votes\n1,gemini-2.5-pro,{score},900\n")
}

#[tokio::test]
async fn a_list_of_the_settings_is_looked_at_as_its_hours_go_by_and_what_was_good_stays_when_it_fails() {
    let (server, url) = Server::start().await;
    let home = tempfile::tempdir().unwrap();
    let rows = format!("[[catalog]]\nurl = {url:?}\nof = \"lmarena-text\"\nevery_hours = 1\n");
    std::fs::write(home.path().join("config.toml"), rows).unwrap();
    let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
    // Nobody on the web is asked in a test: those lists are not due for years.
    for source in SOURCES {
        let row = SourceRow {
            source: source.name.to_string(),
            url: Some(source.url.to_string()),
            etag: None,
            synced_at: None,
            tried_at: Timestamp::from_millis(now().millis() + 1_000 * 86_400_000),
            failures: 0,
            problem: None,
        };
        engine.0.store.catalog().note(&row).await.unwrap();
    }
    let look = async |minutes: i64| {
        engine.look_at_lists(Timestamp::from_millis(now().millis() + minutes * 60_000)).await.unwrap();
        server.asked().len()
    };
    let score = || {
        let model = engine.catalog().resolve("gemini-2.5-pro", "gemini").unwrap().model;
        let catalog = engine.catalog();
        let scores = catalog.scores().of(&model);
        scores
            .iter()
            .find(|score| score.board == "lmarena-text")
            .map(|score| (score.value as u32, score.votes))
    };
    let row = async || {
        let all = engine.catalog_sources().await.unwrap();
        let mut mine = all.into_iter().filter(|row| row.url.as_deref() == Some(&url));
        let row = mine.next().unwrap();
        assert!(mine.next().is_none(), "it is one list, whatever became of it");
        row
    };

    server.say(Some(("\"v1\"", board(1_500))));
    assert_eq!(look(0).await, 0, "nobody switched it on");
    engine.set_catalog_schedule(true).await.unwrap();
    server.say(None);
    assert_eq!(look(0).await, 1);
    assert_eq!((row().await.failures, row().await.synced_at), (1, None));
    server.say(Some(("\"v1\"", board(1_500))));
    assert_eq!(look(14).await, 0, "not so soon after a failure");
    assert_eq!(look(17).await, 1);
    assert_eq!(score(), Some((1_500, 900)));
    let taken = row().await;
    assert_eq!((taken.source.as_str(), taken.failures), ("lmarena:lmarena-text", 0));
    assert!(taken.next_at.is_some());

    assert_eq!(look(59).await, 0, "its hour is not over");
    engine.look_at_lists(Timestamp::from_millis(now().millis() + 70 * 60_000)).await.unwrap();
    assert_eq!(server.asked(), [Some("\"v1\"".to_owned())], "only whether it changed");
    assert_eq!((score(), row().await.failures), (Some((1_500, 900)), 0));

    server.say(None);
    assert_eq!(look(70).await, 1);
    assert_eq!((row().await.failures, score()), (1, Some((1_500, 900))), "what was good stays");
    server.say(Some(("\"v2\"", "<html>".to_owned())));
    assert_eq!(look(70).await, 1);
    assert_eq!((row().await.failures, score()), (2, Some((1_500, 900))), "and when it is no list");
    server.say(Some(("\"v3\"", board(1_510))));
    assert_eq!(look(70).await, 1);
    assert_eq!((row().await.failures, score()), (0, Some((1_510, 900))));
    engine.close().await;
}

#[tokio::test]
async fn a_list_of_ones_own_stands_beside_the_known_one_of_its_kind() {
    let (server, url) = Server::start().await;
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config.toml"), format!("[[catalog]]\nurl = {url:?}\n")).unwrap();
    let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
    let list = |model: &str| {
        let costs = r#""input_cost_per_token":2e-06,"output_cost_per_token":8e-06"#;
        format!(r#"{{"{model}":{{"litellm_provider":"openai","mode":"chat",{costs}}}}}"#)
    };
    let public = home.path().join("public.json");
    std::fs::write(&public, list("zebra")).unwrap();
    engine.sync_catalog(public.to_str().unwrap(), "").await.unwrap();
    server.say(Some(("\"v1\"", list("okapi"))));
    let source = engine.catalog_lists().into_iter().find(|source| source.configured).unwrap();
    engine.sync_from_web(&source).await.unwrap();
    let rows = engine.catalog_sources().await.unwrap();
    let taken = rows.iter().filter(|row| row.synced_at.is_some()).map(|row| row.source.as_str());
    assert_eq!(
        taken.collect::<std::collections::BTreeSet<_>>(),
        ["litellm", &format!("litellm:{url}")].into()
    );
    for model in ["zebra", "okapi"] {
        assert!(!engine.search_catalog(model).is_empty(), "{model}");
    }
    assert!(engine.price_changes(9).await.unwrap().is_empty(), "neither took the other's place");
    engine.close().await;
}

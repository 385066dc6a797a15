use super::*;
use crate::{Config, Lookup};
use std::{
    future::Future,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const KEY: &str = "sk-canary-0123456789abcdef";
const LIST: &str = r#"{"data":[{"id":"big"},{"id":"text-embedding-x"},{"id":"gone"},{"id":"small"},{"id":"free-1"},{"id":"free-2"},{"id":"whisper-1"},{"id":"odd"}]}"#;

/// Everything is on this machine, also what looks as if it were not.
struct Here;

impl Lookup for Here {
    fn lookup(&self, _: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

type Asked = Arc<Mutex<Vec<String>>>;

/// A provider on the web, as far as anyone can see: its list is open to everyone, its models are not.
async fn provider(answer: fn(&str, bool) -> (u16, &'static str)) -> (Provider, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Asked::default();
    let log = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            loop {
                let n = socket.read(&mut piece).await.unwrap_or(0);
                request.extend_from_slice(&piece[..n]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                    length.and_then(|n| n.parse().ok()).unwrap_or(0) <= body.len()
                });
                if n == 0 || whole {
                    break;
                }
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            let model = serde_json::from_str::<serde_json::Value>(body)
                .ok()
                .and_then(|body| Some(body.get("model")?.as_str()?.to_owned()))
                .unwrap_or_default();
            log.lock().unwrap().push(model.clone());
            let (status, answer) = answer(&model, text.contains(KEY));
            let length = answer.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
            );
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    let text = format!(
        "[[providers]]\nid = \"t\"\nname = \"Tee\"\ndialect = \"openai-chat\"\nbase_url = \"http://box.test:{port}/v1\"\n"
    );
    (Config::parse(&text, &|_| None).unwrap().provider("t").unwrap().clone(), asked)
}

fn prices(model: &ListedModel) -> Prices {
    let per_million = |usd: i64| Some(NanoUsd(usd * 1_000_000_000));
    match model.id.as_str() {
        "big" => Prices { input: per_million(10), output: per_million(40), ..Prices::default() },
        "small" => Prices { input: per_million(1), output: per_million(4), ..Prices::default() },
        "gone" => Prices { input: per_million(0), output: per_million(1), ..Prices::default() },
        "free-1" | "free-2" => Prices::FREE,
        _ => Prices::default(),
    }
}

async fn tested(provider: &Provider) -> Check {
    let transport = Transport::with_lookup(Arc::new(Here));
    test(&transport, provider, Some(KEY), &Timeouts::default(), &prices).await
}

fn asked(log: &Asked) -> Vec<String> {
    log.lock().unwrap().clone()
}

const WROTE: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"H"},"finish_reason":"length"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}"#;

#[tokio::test]
async fn the_cheapest_chat_model_is_asked_for_one_token_and_its_cost_is_said() {
    let (provider, log) = provider(|model, _| match model {
        "" => (200, LIST),
        // Out of service, as such models often are.
        "free-1" => (429, r#"{"error":{"message":"try later"}}"#),
        "gone" => (404, r#"{"error":{"message":"no such model"}}"#),
        "small" => (200, WROTE),
        _ => (500, "{}"),
    })
    .await;
    let check = tested(&provider).await;
    assert!(check.problem.is_none(), "{check:?}");
    assert_eq!(asked(&log), ["", "free-1", "gone", "small"]);
    let last = check.steps.last().unwrap();
    assert_eq!((last.name, last.ok), ("one token", true));
    assert_eq!(last.detail, "small answered, $0.000012");
    assert_eq!(check.steps[0].detail, "listed 8 models");
    assert!(check.steps[1].detail.contains("try later"), "{check:?}");
}

#[tokio::test]
async fn a_wrong_key_is_found_out_also_where_the_list_is_open_to_everyone() {
    let (provider, log) = provider(|model, _| match model {
        "" => (200, LIST),
        _ => (401, r#"{"error":{"message":"No auth credentials found for sk-canary-0123456789abcdef"}}"#),
    })
    .await;
    let check = tested(&provider).await;
    assert_eq!(check.problem.as_ref().unwrap().failure.kind, ErrorKind::Auth);
    assert_eq!(asked(&log).len(), 2, "a refused key is not tried again");
    assert_eq!(check.models.len(), 8);
    let said = format!("{check:?}");
    assert!(said.contains("Tee refused the key"), "{said}");
    assert!(!said.contains("sk-canar"), "{said}");
}

#[tokio::test]
async fn a_model_that_thinks_first_and_has_no_token_left_shows_that_the_key_is_good() {
    let (provider, _) = provider(|model, key| match model {
        "" => (200, LIST),
        _ if key => (400, r#"{"error":{"message":"Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens."}}"#),
        _ => (401, "{}"),
    })
    .await;
    assert!(tested(&provider).await.problem.is_none());
}

#[tokio::test]
async fn only_models_that_were_configured_are_asked() {
    let (mut provider, log) =
        provider(|model, _| if model.is_empty() { (200, LIST) } else { (200, WROTE) }).await;
    provider.models = vec!["odd".to_owned()];
    let check = tested(&provider).await;
    assert_eq!(asked(&log), ["", "odd"]);
    assert_eq!(check.steps.last().unwrap().detail, "odd answered, cost unknown");
}

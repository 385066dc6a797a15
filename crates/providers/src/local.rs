//! Model servers on this machine: who listens on the ports where they usually do.
//!
//! Most of them speak OpenAI's protocol, so what a port answers is looked at: each kind of server says
//! something that the others do not. What says nothing of the kind is called just that.

use crate::{Config, ListedModel, Provider, Timeouts, Transport, presets};
use dialects::WireRequest;
use domain::Dialect;
use futures_util::future::join_all;
use serde_json::Value;

/// Longest answer that is read.
const MAX_LIST: usize = 4 << 20;
/// A server on this machine that runs takes a connection at once.
pub(crate) const PROBE: Timeouts = Timeouts {
    connect_ms: 300,
    headers_ms: 1_500,
    first_content_ms: 1_500,
    idle_ms: 1_500,
    total_ms: 2_000,
    comments_ms: 2_000,
};

/// What listens, or could.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalServer {
    /// The preset it is, at the address where it was looked for.
    pub provider: Provider,
    /// What it is by what it says; `None` when it speaks the protocol and does not say who it is.
    pub kind: Option<&'static str>,
    /// Whether it answers.
    pub found: bool,
    /// What it offers.
    pub models: Vec<ListedModel>,
}

/// Looks at the usual ports, all at once. Each kind of server has an entry, found or not; one that
/// was found where another kind usually is has an entry of its own.
pub async fn local_servers(transport: &Transport) -> Vec<LocalServer> {
    let rows: Vec<Provider> =
        presets::rows().iter().filter(|row| row.local).map(|row| row.provider(&|_| None)).collect();
    servers_at(transport, &rows).await
}

async fn servers_at(transport: &Transport, rows: &[Provider]) -> Vec<LocalServer> {
    let answers = join_all(rows.iter().map(|at| ask(transport, at))).await;
    let mut servers: Vec<LocalServer> = Vec::new();
    for (at, answer) in rows.iter().zip(answers) {
        let Some((kind, models)) = answer else { continue };
        // Its own quirks, where it was found.
        let same = rows.iter().find(|row| Some(row.id.as_str()) == kind).unwrap_or(at);
        let mut provider = same.clone();
        if same.dialect == at.dialect {
            provider.base_url = at.base_url.clone();
        }
        servers.push(LocalServer { provider, kind, found: true, models });
    }
    for row in rows {
        if !servers.iter().any(|server| server.provider.id == row.id) {
            servers.push(LocalServer { provider: row.clone(), kind: None, found: false, models: Vec::new() });
        }
    }
    let place = |server: &LocalServer| rows.iter().position(|row| row.id == server.provider.id);
    servers.sort_by_key(place);
    servers
}

/// Looks for local servers with what they offer. Ports of providers that `config` has of its own are
/// left out.
pub async fn probe_local(transport: &Transport, config: &Config) -> Vec<(Provider, Vec<ListedModel>)> {
    let taken = |provider: &Provider| {
        config.providers.iter().any(|own| {
            own.configured
                && (own.id == provider.id
                    || own.base_url.port() == provider.base_url.port() && own.is_loopback())
        })
    };
    let rows = presets::rows().iter().filter(|row| row.local).map(|row| row.provider(&|_| None));
    let asked = rows.filter(|row| !taken(row)).map(|at| async move {
        let (_, models) = ask(transport, &at).await?;
        Some((at, models))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Who answers there, and what it offers.
async fn ask(transport: &Transport, at: &Provider) -> Option<(Option<&'static str>, Vec<ListedModel>)> {
    let list = dialects::list_models_request(at.dialect, &at.quirks);
    let answer = transport.send(at, None, &list, &PROBE, false).await.ok()?;
    let server = answer.headers.iter().find(|(name, _)| name == "server").map(|(_, value)| value.clone());
    let body = answer.body(MAX_LIST).await.ok()?;
    let models = dialects::decode_models(at.dialect, &body).ok()?;
    let value: Value = serde_json::from_slice(&body).ok()?;
    let kind = kind(at.dialect, server.as_deref().unwrap_or_default(), &value);
    if kind.is_some() || at.dialect != Dialect::OpenaiChat {
        return Some((kind, models));
    }
    // LM Studio's list looks like anybody's; its own interface is nobody else's.
    let mut root = at.clone();
    root.base_url.set_path("");
    let own = WireRequest::get("/api/v0/models".to_owned());
    let studio = match transport.send(&root, None, &own, &PROBE, false).await {
        Ok(answer) => answer.body(MAX_LIST).await.is_ok_and(|body| is_studio(&body)),
        Err(_) => false,
    };
    Some((studio.then_some("lmstudio"), models))
}

/// What a list of models says of its server.
fn kind(dialect: Dialect, server: &str, list: &Value) -> Option<&'static str> {
    if dialect == Dialect::Ollama {
        // Nobody else has this path with this shape.
        return list.get("models").is_some_and(Value::is_array).then_some("ollama");
    }
    let first = list.get("data").and_then(|data| data.get(0));
    let owner = first.and_then(|model| model.get("owned_by")).and_then(Value::as_str).unwrap_or_default();
    match owner {
        _ if server.to_ascii_lowercase().contains("llama.cpp") => Some("llamacpp"),
        "llamacpp" => Some("llamacpp"),
        "vllm" => Some("vllm"),
        "library" => Some("ollama"),
        _ => None,
    }
}

/// The list of LM Studio's own interface: its models have a type and say whether they are loaded.
fn is_studio(body: &[u8]) -> bool {
    let Ok(list) = serde_json::from_slice::<Value>(body) else { return false };
    let Some(models) = list.get("data").and_then(Value::as_array) else { return false };
    // An empty list is anybody's.
    !models.is_empty()
        && models.iter().all(|model| model.get("type").is_some() && model.get("state").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn servers_are_told_apart_by_what_they_say_and_not_by_their_port() {
        let openai = |owner: &str| json!({ "object": "list", "data": [{ "id": "m", "owned_by": owner }] });
        let of = |server: &str, list: &Value| kind(Dialect::OpenaiChat, server, list);
        assert_eq!(of("", &openai("llamacpp")), Some("llamacpp"));
        assert_eq!(of("llama.cpp", &json!({ "data": [] })), Some("llamacpp"));
        assert_eq!(of("uvicorn", &openai("vllm")), Some("vllm"));
        assert_eq!(of("", &openai("library")), Some("ollama"));
        // Whoever does not say is nobody in particular.
        assert_eq!(of("uvicorn", &openai("me")), None);
        assert_eq!(of("", &json!({ "data": [] })), None);
        assert_eq!(kind(Dialect::Ollama, "", &json!({ "models": [] })), Some("ollama"));
        assert!(is_studio(br#"{"data":[{"id":"m","type":"llm","state":"not-loaded"}]}"#));
        assert!(!is_studio(br#"{"data":[{"id":"m","object":"model"}]}"#));
        assert!(!is_studio(br#"{"data":[]}"#), "an empty list says nothing");
    }

    /// Answers any request for a path that it knows.
    async fn server(pages: &'static [(&'static str, &'static str)]) -> u16 {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let n = tokio::io::AsyncReadExt::read(&mut socket, &mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..n]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let page = pages.iter().find(|(known, _)| *known == path);
                let (status, body) = page.map_or((404, "{}"), |(_, body)| (200, *body));
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = tokio::io::AsyncWriteExt::write_all(&mut socket, answer.as_bytes()).await;
            }
        });
        port
    }

    #[tokio::test]
    async fn a_server_is_named_after_itself_wherever_it_listens() {
        let of = |id: &str, port: u16| {
            let mut provider = presets::preset(id).unwrap().provider(&|_| None);
            provider.base_url.set_port(Some(port)).unwrap();
            provider
        };
        let ollama =
            server(&[("/api/tags", r#"{"models":[{"name":"llama3.2:1b","model":"llama3.2:1b"}]}"#)]).await;
        let studio = server(&[
            ("/v1/models", r#"{"object":"list","data":[{"id":"qwen","object":"model","owned_by":"organization_owner"}]}"#),
            ("/api/v0/models", r#"{"object":"list","data":[{"id":"qwen","type":"llm","state":"loaded"}]}"#),
        ])
        .await;
        let nobody =
            server(&[("/v1/models", r#"{"object":"list","data":[{"id":"x","object":"model"}]}"#)]).await;
        let llama =
            server(&[("/v1/models", r#"{"object":"list","data":[{"id":"gemma","owned_by":"llamacpp"}]}"#)])
                .await;
        let transport = Transport::with_lookup(std::sync::Arc::new(Nowhere));
        // llama.cpp listens where vLLM usually is, and something else where llama.cpp is.
        let rows = [of("ollama", ollama), of("lmstudio", studio), of("llamacpp", nobody), of("vllm", llama)];
        let found: Vec<(String, Option<&str>, bool, String)> = servers_at(&transport, &rows)
            .await
            .into_iter()
            .map(|server| {
                let model = server.models.first().map(|model| model.id.clone()).unwrap_or_default();
                (server.provider.id.to_string(), server.kind, server.found, model)
            })
            .collect();
        let row = |id: &str, kind, found, model: &str| (id.to_owned(), kind, found, model.to_owned());
        assert_eq!(
            found,
            [
                row("ollama", Some("ollama"), true, "llama3.2:1b"),
                row("lmstudio", Some("lmstudio"), true, "qwen"),
                row("llamacpp", None, true, "x"),
                row("llamacpp", Some("llamacpp"), true, "gemma"),
                row("vllm", None, false, ""),
            ]
        );
    }

    /// No name leads anywhere.
    struct Nowhere;

    impl crate::Lookup for Nowhere {
        fn lookup(
            &self,
            _: String,
        ) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<std::net::IpAddr>>> + Send>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }
}

//! A run as it happens, by server-sent events and by WebSocket.

use crate::world::World;
use domain::{BatchKind, EventBatch, EventItem};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

const SLOW: &str = "simulated/steady?tps=200&ttft=0&len=900";

/// The text that batches say, with each append where it says that it belongs.
#[derive(Default)]
struct Folded {
    texts: BTreeMap<String, String>,
    ended: usize,
    last: u32,
}

impl Folded {
    fn take(&mut self, batch: &EventBatch) {
        if batch.kind == BatchKind::Live {
            assert_eq!(batch.seq, self.last + 1, "no batch is missing, none comes twice");
        }
        self.last = batch.seq;
        for item in &batch.items {
            let completion = item.completion().to_string();
            match item {
                EventItem::Reset { .. } => drop(self.texts.remove(&completion)),
                EventItem::Append { at, text, .. } => {
                    let so_far = self.texts.entry(completion).or_default();
                    assert_eq!(*at as usize, so_far.encode_utf16().count());
                    so_far.push_str(text);
                }
                EventItem::End(_) => self.ended += 1,
                EventItem::Attempt { .. } | EventItem::Open { .. } | EventItem::Figures { .. } => {}
            }
        }
    }
}

/// Server-sent events: their ids, kinds and data, until `enough` says so or the answer is over.
async fn events(
    world: &World,
    path: &str,
    lines: &str,
    mut each: impl FnMut(Option<&str>, &str, &str) -> bool,
) {
    let mut client = world.client().await;
    client.begin("GET", path, lines, b"").await;
    let (status, head) = client.head().await;
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let (mut bytes, mut text) = (Vec::new(), String::new());
    let reading = async {
        loop {
            while let Some(at) = text.find("\n\n") {
                let event: String = text.drain(..at + 2).collect();
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let Some(data) = field("data:") else { continue };
                if !each(field("id:"), field("event:").unwrap_or("message"), data) {
                    return;
                }
            }
            let mut piece = [0; 4096];
            match client.stream.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(read) => bytes.extend_from_slice(&piece[..read]),
            }
            text.push_str(&unchunked(&mut bytes));
        }
    };
    timeout(Duration::from_mins(1), reading).await.expect("its end");
}

/// Takes whole chunks out of what came; each of ours is whole events.
fn unchunked(bytes: &mut Vec<u8>) -> String {
    let mut text = String::new();
    while let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        let whole = end + 2 + size + 2;
        if bytes.len() < whole {
            break;
        }
        text.push_str(std::str::from_utf8(&bytes[end + 2..whole - 2]).unwrap());
        bytes.drain(..whole);
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_watched_cut_off_and_gone_on_with_where_it_was_by_its_last_event_id() {
    let world = World::new().await;
    let ask = json!({
        "parts": [{ "type": "text", "text": "go on" }],
        "columns": [{ "target": SLOW }, { "target": format!("{SLOW}&seed=9") }],
    });
    let run = world.post("/api/v1/runs", ask).await.expect(202);
    let path = format!("/api/v1/runs/{}/events", run["run"].as_str().unwrap());

    let (mut folded, mut last) = (Folded::default(), String::new());
    events(&world, &path, "", |id, _, data| {
        folded.take(&serde_json::from_str(data).unwrap());
        id.unwrap_or_default().clone_into(&mut last);
        folded.last < 4
    })
    .await;
    assert_eq!(last, folded.last.to_string());

    let mut kinds = Vec::new();
    events(&world, &path, &format!("last-event-id: {last}\r\n"), |id, kind, data| {
        kinds.push(kind.to_owned());
        if kind == "message" {
            folded.take(&serde_json::from_str(data).unwrap());
            assert_eq!(id, Some(folded.last.to_string().as_str()));
        }
        kind != "end"
    })
    .await;
    assert_eq!((kinds.last().map(String::as_str), folded.ended), (Some("end"), 2));
    for column in run["columns"].as_array().unwrap() {
        let completion = column["completion"].as_str().unwrap();
        let answer = world.get(&format!("/api/v1/completions/{completion}")).await.expect(200);
        assert_eq!(answer["parts"][0]["text"].as_str(), folded.texts.get(completion).map(String::as_str));
    }

    // Over and stored: whoever comes now gets all of it as a snapshot, which has a name at its end only.
    let (mut late, mut named) = (Folded::default(), 0);
    events(&world, &path, "", |id, kind, data| {
        if kind == "message" {
            late.take(&serde_json::from_str(data).unwrap());
            named += usize::from(id.is_some());
        }
        kind != "end"
    })
    .await;
    assert_eq!((late.texts, named), (folded.texts, 1));
    assert_eq!(world.get(&format!("{path}?since=x")).await.refused(400).1.as_deref(), Some("since"));
    world.get("/api/v1/runs/0198c0de-0000-7000-8000-000000000000/events").await.refused(404);
}

type Socket = WebSocketStream<TcpStream>;

async fn open(
    world: &World,
    path: &str,
    headers: &[(&'static str, String)],
) -> Result<Socket, tungstenite::Error> {
    let mut request = format!("ws://{}{path}", world.address).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let stream = TcpStream::connect(world.address).await.unwrap();
    client_async(request, stream).await.map(|(socket, _)| socket)
}

fn refused_with(result: Result<Socket, tungstenite::Error>) -> u16 {
    match result {
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        other => panic!("{:?}", other.map(|_| "open")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_websocket_carries_the_same_batches_and_is_closed_at_the_end() {
    let world = World::new().await;
    let key = [("authorization", format!("Bearer {}", world.key))];
    let ask = json!({ "parts": [{ "type": "text", "text": "go on" }], "columns": [{ "target": SLOW }] });
    let run = world.post("/api/v1/runs", ask).await.expect(202);
    let path = format!("/api/v1/runs/{}/ws", run["run"].as_str().unwrap());

    let mut folded = Folded::default();
    let mut socket = open(&world, &path, &key).await.unwrap();
    while folded.last < 3 {
        let message = timeout(Duration::from_secs(30), socket.next()).await.unwrap().unwrap().unwrap();
        if let Message::Text(text) = message {
            folded.take(&serde_json::from_str(&text).unwrap());
        }
    }
    // Gone without a word; come back for the rest.
    drop(socket);
    let mut socket = open(&world, &format!("{path}?since={}", folded.last), &key).await.unwrap();
    socket.send(Message::Text("hello?".into())).await.unwrap();
    let closed = loop {
        match timeout(Duration::from_mins(1), socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => folded.take(&serde_json::from_str(&text).unwrap()),
            Message::Close(frame) => break frame.unwrap(),
            _ => {}
        }
    };
    assert_eq!((closed.code, folded.ended), (CloseCode::Normal, 1));
    let completion = run["columns"][0]["completion"].as_str().unwrap();
    let answer = world.get(&format!("/api/v1/completions/{completion}")).await.expect(200);
    assert_eq!(answer["parts"][0]["text"].as_str(), folded.texts.get(completion).map(String::as_str));
    // The seats of both are free again.
    drop(socket);
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    while world.running.gateway().connections() > 0 && tokio::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.running.gateway().connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_websocket_opens_for_no_page_of_another_site_and_without_no_key() {
    let world = World::new().await;
    let run = world.answered("hi", crate::tree::QUICK).await;
    let path = format!("/api/v1/runs/{}/ws", run["run"].as_str().unwrap());
    let key = ("authorization", format!("Bearer {}", world.key));
    let own = format!("http://{}", world.address);
    assert!(open(&world, &path, std::slice::from_ref(&key)).await.is_ok());
    assert_eq!(refused_with(open(&world, &path, &[]).await), 401);
    let callers = world.issue(&[], |_| ()).await;
    assert_eq!(
        refused_with(open(&world, &path, &[("authorization", format!("Bearer {callers}"))]).await),
        403
    );
    for origin in ["http://evil.test", "null", "http://127.0.0.1:1"] {
        let headers = [key.clone(), ("origin", origin.to_owned())];
        assert_eq!(refused_with(open(&world, &path, &headers).await), 403, "{origin}");
    }
    assert!(open(&world, &path, &[key.clone(), ("origin", own)]).await.is_ok());
    // Asked by somebody who knows of no WebSocket.
    assert_eq!(world.get(&path).await.refused(400).0, "bad_input");
    let nobody = "/api/v1/runs/0198c0de-0000-7000-8000-000000000000/ws";
    assert_eq!(refused_with(open(&world, nobody, &[key]).await), 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_ends_tells_those_who_watch() {
    let mut world = World::new().await;
    let ask = json!({ "parts": [{ "type": "text", "text": "hi" }], "columns": [{ "target": "simulated/steady?tps=5&ttft=0&len=4000" }] });
    let run = world.post("/api/v1/runs", ask).await.expect(202);
    let path = format!("/api/v1/runs/{}/ws", run["run"].as_str().unwrap());
    let key = [("authorization", format!("Bearer {}", world.key))];
    let mut socket = open(&world, &path, &key).await.unwrap();
    let other = World::new().await;
    let running = std::mem::replace(&mut world.running, other.running);
    let (closed, ()) = tokio::join!(
        async {
            loop {
                match timeout(Duration::from_secs(30), socket.next()).await.unwrap() {
                    Some(Ok(Message::Close(frame))) => break frame,
                    Some(Ok(_)) => {}
                    end => panic!("{end:?}"),
                }
            }
        },
        running.stop(Duration::from_millis(200)),
    );
    assert_eq!(closed.unwrap().code, CloseCode::Away);
}

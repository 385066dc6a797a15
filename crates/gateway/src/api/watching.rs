//! A run as it happens: the same numbered batches by server-sent events and by WebSocket.
//!
//! A batch's `seq` is its name. Whoever was cut off asks for what came after the last one it has, and gets
//! that, or a snapshot where it is folded into the stored message already.

use super::{
    asked::{Asked, bad, refused},
    operation::{Answered, Operation},
    query::{Kind, Param},
};
use crate::{Gateway, listen::Seat, refuse::refusal};
use axum::{
    body::Body,
    extract::{
        FromRequestParts,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
};
use bytes::Bytes;
use dialects::serving::Refusal;
use domain::{BatchKind, ErrorKind, EventBatch, RunId};
use engine::Events;
use futures_util::stream::unfold;
use http::{
    HeaderValue, Method, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use std::{convert::Infallible, time::Duration};
use tokio::time::timeout;

/// How long nothing is sent: whatever stands between closes what seems dead.
const QUIET: Duration = Duration::from_secs(15);
/// How long somebody who does not read is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Largest thing that somebody who watches may say.
const MAX_SAID: usize = 4096;

const SINCE: Param = Param::new(
    "since",
    Kind::Count { least: 0, most: u32::MAX, usual: 0 },
    "`seq` of the last batch that is known; 0 is none. A `Last-Event-ID` header says the same.",
);
const WATCH: &[Param] = &[SINCE];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/runs/{run}/events",
            "watchRun",
            "A run's batches as server-sent events: `id` is `seq`, `data` an `EventBatch`. After the last, an event `end`.",
            events,
        )
        .query(WATCH)
        .answers_as(200, &["text/event-stream"]),
        Operation::new(
            Method::GET,
            "/runs/{run}/ws",
            "watchRunBySocket",
            "The same over a WebSocket: a text message for each `EventBatch`. It is closed with 1000 after the last.",
            socket,
        )
        .query(WATCH)
        .answers_as(101, &[]),
    ]
}

/// Where to go on.
fn since(asked: &Asked) -> Result<u32, Refusal> {
    let query = asked.query(WATCH)?;
    let Some(last) = asked.parts.headers.get("last-event-id") else { return Ok(query.count(&SINCE)) };
    let number = last.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| bad("`Last-Event-ID` is the `id` of an event of this run, a whole number"))
}

async fn events(gateway: Gateway, asked: Asked) -> Answered {
    let run: RunId = asked.named("run")?;
    let since = since(&asked)?;
    let events = gateway.engine().events(run, since).await.map_err(refused)?;
    let body = Body::from_stream(unfold(Some(events), next_event));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

async fn next_event(events: Option<Events>) -> Option<(Result<Bytes, Infallible>, Option<Events>)> {
    let mut events = events?;
    Some(match timeout(QUIET, events.next()).await {
        Err(_) => (Ok(Bytes::from_static(b":\n\n")), Some(events)),
        Ok(Some(batch)) => (Ok(event(&batch)), Some(events)),
        Ok(None) => (Ok(Bytes::from_static(b"event: end\ndata: {}\n\n")), None),
    })
}

/// One event. Pieces of a snapshot have no name but the last: who has not got it whole begins anew.
fn event(batch: &EventBatch) -> Bytes {
    let json = serde_json::to_string(batch).unwrap_or_default();
    Bytes::from(match batch.kind {
        BatchKind::Snapshot => format!("data: {json}\n\n"),
        BatchKind::Live | BatchKind::SnapshotEnd => format!("id: {}\ndata: {json}\n\n", batch.seq),
    })
}

async fn socket(gateway: Gateway, mut asked: Asked) -> Answered {
    let run: RunId = asked.named("run")?;
    let since = since(&asked)?;
    let events = gateway.engine().events(run, since).await.map_err(refused)?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut asked.parts, &()).await;
    let upgrade = upgrade.map_err(|error| {
        bad(format!("this is for a WebSocket: {error}; `/api/v1/runs/{run}/events` is for others"))
    })?;
    // The connection's own seat ends with the upgrade.
    let seat = gateway.seat().ok_or_else(|| {
        refusal(503, ErrorKind::Overloaded, "too many are connected; try again in a second")
    })?;
    let upgrade = upgrade.max_message_size(MAX_SAID).max_frame_size(MAX_SAID);
    Ok(upgrade.on_upgrade(move |socket| watch(gateway, socket, events, seat)))
}

/// Sends batches until the run is over, the other side has gone, or we are ending.
async fn watch(gateway: Gateway, mut socket: WebSocket, mut events: Events, seat: Seat) {
    let _seat = seat;
    let mut ending = std::pin::pin!(gateway.cut_off());
    let (code, reason) = loop {
        tokio::select! {
            batch = events.next() => match batch {
                Some(batch) => {
                    let json = serde_json::to_string(&*batch).unwrap_or_default();
                    if !sent(&mut socket, Message::Text(json.into())).await {
                        return;
                    }
                }
                None => break (close_code::NORMAL, "the run is over"),
            },
            said = socket.recv() => match said {
                // Nothing is to be said here; pings are answered by themselves.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_) | Message::Binary(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            () = tokio::time::sleep(QUIET) => {
                if !sent(&mut socket, Message::Ping(Bytes::new())).await {
                    return;
                }
            }
            () = &mut ending => break (close_code::AWAY, "the gateway is ending"),
        }
    };
    let frame = CloseFrame { code, reason: reason.into() };
    if sent(&mut socket, Message::Close(Some(frame))).await {
        // Until the other side has said so too.
        let _ =
            timeout(Duration::from_secs(2), async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    }
}

async fn sent(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(PATIENCE, socket.send(message)).await, Ok(Ok(())))
}

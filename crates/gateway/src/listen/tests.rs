//! Raw bytes against the listener. What answers is no engine: it says what it was asked.

use super::{Answer, Connected, Limits, Phase, Serving, accept, bind};
use crate::guard::{Guard, Guards};
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Says the path and the length of the body; counts who came to `/smuggled`.
#[derive(Default)]
struct Echo {
    smuggled: AtomicUsize,
}

impl Answer for Echo {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, _: SocketAddr) -> Response<Body> {
        let path = request.uri().path().to_owned();
        if path == "/smuggled" {
            self.smuggled.fetch_add(1, Ordering::Relaxed);
        }
        if path == "/unread" {
            return status(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let Ok(body) = request.into_body().collect().await else { return status(StatusCode::BAD_REQUEST) };
        match path.as_str() {
            "/slow" => {
                let pieces = futures_util::stream::unfold(0, |count| async move {
                    sleep(Duration::from_millis(60)).await;
                    (count < 5).then(|| (Ok::<_, std::io::Error>(Bytes::from("piece ")), count + 1))
                });
                Response::new(Body::from_stream(pieces))
            }
            "/never" => {
                let silence = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
                Response::new(Body::from_stream(silence))
            }
            "/endless" => {
                let piece = Bytes::from(vec![b'x'; 1 << 20]);
                let pieces =
                    futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
                Response::new(Body::from_stream(pieces))
            }
            _ => Response::new(Body::from(format!("asked {path} with {} bytes", body.to_bytes().len()))),
        }
    }
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

struct Server {
    address: SocketAddr,
    echo: Arc<Echo>,
    connected: Arc<Connected>,
    told: watch::Sender<Phase>,
    task: JoinHandle<()>,
}

async fn serve(limits: Limits, guards: Guards) -> Server {
    let listener = bind("127.0.0.1".parse().unwrap(), 0).await.unwrap().remove(0);
    let address = listener.local_addr().unwrap();
    let (told, phase) = watch::channel(Phase::Open);
    let (echo, connected) = (Arc::new(Echo::default()), Arc::new(Connected::default()));
    let serving = Serving::new(limits, guards, connected.clone());
    let task = tokio::spawn(accept(listener, serving, echo.clone(), phase));
    Server { address, echo, connected, told, task }
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// What comes within a second and a half, and whether the other side then was gone.
async fn rest(stream: &mut TcpStream) -> (String, bool) {
    let mut bytes = Vec::new();
    let until = Instant::now() + Duration::from_millis(1500);
    let gone = loop {
        match tokio::time::timeout_at(until, stream.read_buf(&mut bytes)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(_)) => {}
            Err(_) => break false,
        }
    };
    (String::from_utf8_lossy(&bytes).into_owned(), gone)
}

async fn raw(server: &Server, request: &[u8]) -> (String, bool) {
    let mut stream = connect(server).await;
    stream.write_all(request).await.unwrap();
    rest(&mut stream).await
}

const NEXT: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/// Requests that two programs could read in two ways, or that are no requests.
fn hostile() -> Vec<String> {
    let heads = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 0\r\nContent-Length: 36",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Content-Length : 5",
        "Content-Length\t: 5",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:\u{b}chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
        "X: y\r\n\tTransfer-Encoding: chunked",
        "X: y\nContent-Length: 5",
        "X: y\rContent-Length: 5",
        " Content-Length: 5",
        "X\0: y",
    ];
    let bodies = [
        "5;name=value\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhelloX0\r\n\r\n",
        "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "0\r\nTrailer: x\r\n\r\n",
        "0\n\n",
    ];
    let head = |line: &str| format!("POST /a HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n0\r\n\r\n{NEXT}");
    let chunked =
        |body: &str| format!("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}{NEXT}");
    let whole = [
        format!("POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{NEXT}"),
        format!("POST /a HTTP/1.1\nHost: a\nContent-Length: 0\n\n{NEXT}"),
        format!("POST /a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx{NEXT}"),
        format!("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"),
        format!("GET /a HTTP/9.9\r\nHost: a\r\n\r\n{NEXT}"),
        format!("GET /a\r\n\r\n{NEXT}"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\n\n".to_owned(),
    ];
    heads.iter().map(|line| head(line)).chain(bodies.iter().map(|body| chunked(body))).chain(whole).collect()
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_refused_and_the_line_closed() {
    let server = serve(Limits::default(), Guards::default()).await;
    let hostile = hostile();
    assert!(hostile.len() >= 30);
    for request in &hostile {
        let (answer, gone) = raw(&server, request.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{request:?}: {answer}");
        assert!(gone, "{request:?}: {answer}");
    }
    // Whoever asks to speak something else may not go on before that is answered.
    let switching =
        format!("GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n{NEXT}");
    let (answer, gone) = raw(&server, switching.as_bytes()).await;
    assert!(gone && answer.contains("asked /a") && !answer.contains("asked /smuggled"), "{answer}");
    assert_eq!(server.echo.smuggled.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn without_that_guard_some_of_it_is_answered() {
    let server = serve(Limits::default(), Guards::default().without(Guard::Framing)).await;
    let mut answered = 0;
    for request in hostile() {
        answered += usize::from(raw(&server, request.as_bytes()).await.0.starts_with("HTTP/1.1 200"));
    }
    assert!(answered > 5 && server.echo.smuggled.load(Ordering::Relaxed) > 0, "{answered}");
}

#[tokio::test]
async fn honest_requests_share_a_line() {
    let server = serve(Limits::default(), Guards::default()).await;
    let sized = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    let chunked = "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
    let last = "GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    // All at once, and byte by byte.
    let all = format!("{sized}{chunked}\r\n{last}");
    let mut stream = connect(&server).await;
    for byte in all.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    for (answer, gone) in [rest(&mut stream).await, raw(&server, all.as_bytes()).await] {
        for expected in ["/a with 5", "/b with 13", "/c with 0"] {
            assert!(answer.contains(expected), "{answer}");
        }
        assert!(gone);
    }
}

#[tokio::test]
async fn a_long_head_is_431() {
    let long = |length: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(length));
    let server = serve(Limits::default(), Guards::default()).await;
    for length in [33 << 10, 70 << 10, 400 << 10] {
        let (answer, gone) = raw(&server, long(length).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431") && gone, "{length}: {answer}");
    }
    assert!(raw(&server, long(30 << 10).as_bytes()).await.0.starts_with("HTTP/1.1 200"));
    let twin = serve(Limits::default(), Guards::default().without(Guard::Size)).await;
    assert!(raw(&twin, long(70 << 10).as_bytes()).await.0.starts_with("HTTP/1.1 200"));
}

/// Heads that were begun, and nothing more.
async fn half_open(server: &Server, count: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for number in 0..count {
        let mut stream = connect(server).await;
        let begun: &[u8] = if number % 2 == 0 { b"POST / HTTP/1.1\r\nHost: a\r\nX-Lo" } else { b"" };
        stream.write_all(begun).await.unwrap();
        open.push(stream);
    }
    open
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_half_open_lines_are_closed_while_others_are_served() {
    let server = serve(Limits::default(), Guards::default()).await;
    let began = Instant::now();
    let open = half_open(&server, 500).await;
    let mut worst = Vec::new();
    while server.connected.count() > 0 && began.elapsed() < Duration::from_secs(20) {
        let asked = Instant::now();
        let ask = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assert!(raw(&server, ask.as_bytes()).await.0.contains("asked /a"));
        worst.push(asked.elapsed());
        sleep(Duration::from_millis(40)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    worst.sort_unstable();
    let p99 = worst[worst.len() * 99 / 100];
    assert!(p99 <= Duration::from_millis(100), "{p99:?}");
    for mut stream in open {
        assert!(rest(&mut stream).await.1);
    }
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_and_without_the_guard_it_is_not() {
    let limits = Limits { head: Duration::from_millis(300), ..Limits::default() };
    let trickle = |server: Server| async move {
        let mut stream = connect(&server).await;
        for _ in 0..12 {
            if stream.write_all(b"G").await.is_err() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        server.connected.count()
    };
    assert_eq!(trickle(serve(limits, Guards::default()).await).await, 0);
    assert_eq!(trickle(serve(limits, Guards::default().without(Guard::Patience)).await).await, 1);
}

#[tokio::test]
async fn the_second_head_has_as_little_time_as_the_first_and_idling_has_more() {
    let limits =
        Limits { head: Duration::from_millis(200), idle: Duration::from_millis(700), ..Limits::default() };
    let server = serve(limits, Guards::default()).await;
    let ask = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut stream = connect(&server).await;
    stream.write_all(ask).await.unwrap();
    sleep(Duration::from_millis(400)).await;
    // Idle for longer than a head may take; then half a head.
    stream.write_all(ask).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    stream.write_all(b"GET").await.unwrap();
    let began = Instant::now();
    let (answer, gone) = rest(&mut stream).await;
    assert_eq!(answer.matches("asked /a").count(), 2, "{answer}");
    assert!(gone && began.elapsed() < Duration::from_millis(600), "{:?}", began.elapsed());
    // And one that only idles.
    let mut idle = connect(&server).await;
    idle.write_all(ask).await.unwrap();
    let began = Instant::now();
    assert!(rest(&mut idle).await.1);
    assert!(began.elapsed() >= Duration::from_millis(650), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_long_answer_outlives_both_times() {
    let limits =
        Limits { head: Duration::from_millis(100), idle: Duration::from_millis(150), ..Limits::default() };
    let server = serve(limits, Guards::default()).await;
    let (answer, _) = raw(&server, b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(answer.matches("piece ").count(), 5, "{answer}");
}

#[tokio::test]
async fn who_reads_nothing_is_left_and_who_reads_slowly_is_not() {
    let limits = Limits { write_idle: Duration::from_millis(400), ..Limits::default() };
    let ask = b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n";
    let stalled = |guards: Guards| async move {
        let server = serve(limits, guards).await;
        let mut stream = connect(&server).await;
        stream.write_all(ask).await.unwrap();
        sleep(Duration::from_millis(1_200)).await;
        server.connected.count()
    };
    assert_eq!(stalled(Guards::default()).await, 0);
    assert_eq!(stalled(Guards::default().without(Guard::Patience)).await, 1);
    let server = serve(limits, Guards::default()).await;
    let mut stream = connect(&server).await;
    stream.write_all(ask).await.unwrap();
    let mut some = vec![0; 4 << 20];
    for _ in 0..8 {
        sleep(Duration::from_millis(150)).await;
        stream.read_exact(&mut some).await.unwrap();
    }
    assert_eq!(server.connected.count(), 1);
}

#[tokio::test]
async fn only_so_many_are_connected_and_more_are_told_so() {
    let limits = Limits { connections: 3, ..Limits::default() };
    let server = serve(limits, Guards::default()).await;
    let mut open = half_open(&server, 3).await;
    sleep(Duration::from_millis(100)).await;
    let (answer, gone) = raw(&server, b"").await;
    assert!(answer.starts_with("HTTP/1.1 503") && gone, "{answer}");
    open.pop();
    sleep(Duration::from_millis(100)).await;
    assert!(raw(&server, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.0.contains("asked /a"));
    let twin = serve(limits, Guards::default().without(Guard::Connections)).await;
    let _open = half_open(&twin, 5).await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(twin.connected.count(), 5);
}

#[tokio::test]
async fn a_refused_sender_reads_the_refusal_though_its_body_was_not_read() {
    let server = serve(Limits::default(), Guards::default()).await;
    let mut stream = connect(&server).await;
    let (mut read, mut write) = stream.split();
    let send = async {
        let head = format!("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", 8 << 20);
        let _ = write.write_all(head.as_bytes()).await;
        let _ = write.write_all(&vec![b'x'; 8 << 20]).await;
    };
    let receive = async {
        let mut answer = Vec::new();
        read.read_to_end(&mut answer).await.map(|_| String::from_utf8_lossy(&answer).into_owned())
    };
    let ((), answer) = tokio::join!(send, receive);
    assert!(answer.unwrap().starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn leaving_finishes_what_streams_and_cuts_what_does_not_end() {
    let server = serve(Limits::default(), Guards::default()).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut never = connect(&server).await;
    never.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let idle = connect(&server).await;
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    server.told.send_replace(Phase::Draining(began + Duration::from_millis(800)));
    sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
    let (answer, gone) = rest(&mut slow).await;
    assert!(gone && answer.matches("piece ").count() == 5, "{answer}");
    timeout(Duration::from_secs(3), server.task).await.unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(700) && began.elapsed() < Duration::from_secs(2));
    assert_eq!(server.connected.count(), 0);
    drop((idle, never));
}

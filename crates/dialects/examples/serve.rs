//! A server that speaks every caller's shape and knows no model: what is asked is read, and a
//! scripted answer is said back. For trying SDKs: `cargo run -p dialects --example serve -- 4199`.
//!
//! The model's name chooses the answer: `text`, `tools`, `thinks`, `length`, `breaks` (an error in
//! the stream), or a kind of error such as `rate_limited`.

use dialects::{
    Delta,
    serving::{Address, Asked, Caller, Choice, Head, Refusal, Whole, encoder, read, refused, whole},
};
use domain::{ErrorKind, Failure, Part, Stop, Usage};
use std::{
    io::{BufRead as _, BufReader, Read as _, Result, Write as _},
    net::{TcpListener, TcpStream},
};

fn main() -> Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(4199_u16);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("listening on {}", listener.local_addr()?);
    for socket in listener.incoming() {
        let socket = socket?;
        std::thread::spawn(move || {
            if let Err(error) = answer(socket) {
                println!("{error}");
            }
        });
    }
    Ok(())
}

fn answer(mut socket: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(socket.try_clone()?);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line)?;
    let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let mut address = Address::default();
    let caller = match path.rsplit('/').next().unwrap_or_default() {
        "completions" if path.contains("chat") => Caller::OpenaiChat,
        "completions" => Caller::OpenaiCompletions,
        "responses" => Caller::OpenaiResponses,
        "messages" => Caller::Anthropic,
        last => {
            let (model, method) = last.split_once(':').unwrap_or((last, ""));
            address.model = Some(model);
            address.stream = method.starts_with("stream");
            address.events = query.contains("alt=sse");
            Caller::Gemini
        }
    };
    match read(caller, &body, &address) {
        Ok(asked) => say(&mut socket, caller, &asked, address.events),
        Err(refusal) => refuse(&mut socket, caller, &refusal),
    }
}

fn refuse(socket: &mut TcpStream, caller: Caller, refusal: &Refusal) -> Result<()> {
    let refused = refused(caller, refusal);
    write!(
        socket,
        "HTTP/1.1 {} X\r\nconnection: close\r\ncontent-length: {}\r\n",
        refused.status,
        refused.body.len()
    )?;
    for (name, value) in &refused.headers {
        write!(socket, "{name}: {value}\r\n")?;
    }
    socket.write_all(b"\r\n")?;
    socket.write_all(&refused.body)
}

fn say(socket: &mut TcpStream, caller: Caller, asked: &Asked, events: bool) -> Result<()> {
    println!("{caller:?} {asked:?}");
    if let Ok(kind) = asked.model.parse::<ErrorKind>() {
        let failure = Failure::new(kind, format!("asked to fail as {kind}")).retry_after(Some(1_500));
        return refuse(socket, caller, &Refusal::from(&failure));
    }
    let head = Head { id: "1".to_owned(), model: asked.model.clone(), created: 1_700_000_000 };
    let (deltas, parts, stop) = script(&asked.model);
    let usage = Usage {
        input: Some(10),
        output: Some(5),
        cached_read: Some(3),
        reasoning: Some(2),
        cached_write: None,
    };
    if !asked.request.stream {
        let choices = vec![Choice { parts, stop }; asked.choices.max(1) as usize];
        let body = whole(caller, &Whole { head: &head, asked, choices: &choices, usage });
        let length = body.len();
        write!(
            socket,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        )?;
        return socket.write_all(&body);
    }
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    let mut encoder = encoder(caller, &head, asked, events);
    let mut out = Vec::new();
    encoder.begin(&mut out);
    for delta in deltas.iter().chain(&[Delta::Usage(usage), Delta::Stop(stop)]) {
        encoder.delta(delta, &mut out);
        socket.write_all(&std::mem::take(&mut out))?;
    }
    if asked.model == "breaks" {
        encoder.fail(&Failure::new(ErrorKind::Upstream, "the provider broke off"), &mut out);
    } else {
        encoder.end(&mut out);
    }
    socket.write_all(&out)
}

fn script(model: &str) -> (Vec<Delta>, Vec<Part>, Stop) {
    let words = ["Hello", ", \"wörld\"", " 🌍\n"];
    let mut deltas: Vec<Delta> = words.iter().map(|word| Delta::Text((*word).to_owned())).collect();
    let mut parts = vec![Part::text(words.concat())];
    let mut stop = if model == "length" { Stop::Length } else { Stop::Stop };
    if matches!(model, "thinks" | "tools") {
        let text = "Let me see.";
        deltas.insert(0, Delta::Reasoning(text.to_owned()));
        deltas.insert(1, Delta::ReasoningSeal { signature: Some("c2ln".to_owned()), sealed: None, id: None });
        let signature = Some("c2ln".to_owned());
        parts.insert(0, Part::Reasoning { text: text.to_owned(), signature, sealed: None, id: None });
    }
    if model == "tools" {
        stop = Stop::ToolCalls;
        for (key, (id, arguments)) in
            [("call_a", r#"{"city":"Bern"}"#), ("call_b", "")].into_iter().enumerate()
        {
            let (key, name) = (key as u32, "weather".to_owned());
            deltas.push(Delta::ToolCall { key, id: id.to_owned(), name: name.clone() });
            for piece in arguments.split_inclusive(':') {
                deltas.push(Delta::ToolArguments { key, text: piece.to_owned() });
            }
            let arguments = if arguments.is_empty() { "{}" } else { arguments }.to_owned();
            parts.push(Part::ToolCall { id: id.to_owned(), name, arguments, signature: None });
        }
    }
    (deltas, parts, stop)
}

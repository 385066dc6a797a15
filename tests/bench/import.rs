//! An export of ChatGPT of a gigabyte, made up on the spot, read into an empty home: seconds, and the most
//! memory that the process ever held.

use crate::{Done, cpu_seconds, figure};
use domain::ImportState;
use engine::{Engine, EngineOptions};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Instant,
};
use testkit::Home;

const BYTES: u64 = 1_000_000_000;
/// Messages of a conversation; every eighth answer was asked for again.
const MESSAGES: usize = 40;

const WORDS: [&str; 32] = [
    "retry",
    "client",
    "server",
    "request",
    "idempotent",
    "backoff",
    "jitter",
    "header",
    "stream",
    "token",
    "cache",
    "index",
    "query",
    "branch",
    "merge",
    "answer",
    "question",
    "because",
    "therefore",
    "however",
    "first",
    "second",
    "example",
    "number",
    "table",
    "column",
    "value",
    "error",
    "result",
    "「再試行」",
    "naïve",
    "\\n\\n- ",
];

pub async fn run() -> Done {
    let home = Home::empty()?;
    let path = home.path().join("conversations.json");
    let (bytes, messages) = generate(&path)?;
    let engine = Engine::open(home.path(), EngineOptions::command()).await?;
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let mut watch = engine.import_file(&path)?;
    let over = watch.wait_for(|status| status.state != ImportState::Reading).await?.clone();
    let seconds = begun.elapsed().as_secs_f64();
    if over.state != ImportState::Done || over.report.messages != messages {
        return Err(format!(
            "it came to {:?}, {:?}; {messages} messages were there",
            over.state, over.report
        )
        .into());
    }
    figure("import", "size of the export", bytes as f64 / 1e6, "MB");
    figure("import", "messages", f64::from(messages), "messages");
    figure("import", "until all is stored", seconds, "s");
    figure("import", "CPU until then", cpu_seconds() - cpu, "s");
    figure("import", "most memory", peak_megabytes()?, "MB");
    let begun = Instant::now();
    let watch =
        engine.import_file(&path)?.wait_for(|status| status.state != ImportState::Reading).await?.clone();
    if watch.report.messages != 0 {
        return Err(format!("the second time it added {} messages", watch.report.messages).into());
    }
    figure("import", "the same file again", begun.elapsed().as_secs_f64(), "s");
    figure("import", "most memory after that", peak_megabytes()?, "MB");
    engine.close().await;
    Ok(())
}

/// Writes the export, and says how long it is and how many messages are in it.
fn generate(path: &Path) -> Result<(u64, u32), std::io::Error> {
    let mut out = Counted { out: BufWriter::with_capacity(1 << 20, File::create(path)?), bytes: 0 };
    let (mut seed, mut messages, mut conversation) = (0x9E37_79B9_7F4A_7C15_u64, 0, 0_u32);
    write!(out, "[")?;
    while out.bytes < BYTES {
        let comma = if conversation == 0 { "" } else { "," };
        write!(
            out,
            "{comma}{{\"id\":\"conversation-{conversation}\",\"title\":\"Conversation {conversation}\",\
             \"create_time\":{}.25,\"update_time\":{}.5,\"current_node\":\"{conversation}-{}\",\"mapping\":{{\
             \"{conversation}-root\":{{\"id\":\"{conversation}-root\",\"message\":null,\"parent\":null,\"children\":[\"{conversation}-0\"]}}",
            1_600_000_000 + conversation,
            1_600_000_900 + conversation,
            MESSAGES - 1
        )?;
        for at in 0..MESSAGES {
            node(&mut out, &mut seed, conversation, at, "")?;
            messages += 1;
            if at % 16 == 15 {
                node(&mut out, &mut seed, conversation, at, "-again")?;
                messages += 1;
            }
        }
        write!(out, "}},\"moderation_results\":[],\"plugin_ids\":null,\"is_archived\":false}}")?;
        conversation += 1;
    }
    write!(out, "]")?;
    out.flush()?;
    Ok((out.bytes, messages))
}

fn node(
    out: &mut impl Write,
    seed: &mut u64,
    conversation: u32,
    at: usize,
    suffix: &str,
) -> std::io::Result<()> {
    let parent = if at == 0 { "root".to_owned() } else { (at - 1).to_string() };
    let role = if at.is_multiple_of(2) { "user" } else { "assistant" };
    let children = if at + 1 == MESSAGES || !suffix.is_empty() {
        String::new()
    } else if (at + 1) % 16 == 15 {
        format!("\"{conversation}-{}-again\",\"{conversation}-{}\"", at + 1, at + 1)
    } else {
        format!("\"{conversation}-{}\"", at + 1)
    };
    write!(
        out,
        ",\"{conversation}-{at}{suffix}\":{{\"id\":\"{conversation}-{at}{suffix}\",\"parent\":\"{conversation}-{parent}\",\
         \"children\":[{children}],\"message\":{{\"id\":\"{conversation}-{at}{suffix}\",\"author\":{{\"role\":\"{role}\",\
         \"name\":null,\"metadata\":{{}}}},\"create_time\":{}.125,\"update_time\":null,\"content\":{{\"content_type\":\"text\",\
         \"parts\":[\"",
        1_600_000_000 + conversation
    )?;
    // Questions are short, answers long, as they are.
    let words = if at.is_multiple_of(2) { 30 } else { 400 };
    for _ in 0..words {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        write!(out, "{} ", WORDS[(*seed % 32) as usize])?;
    }
    write!(
        out,
        "\"]}},\"status\":\"finished_successfully\",\"end_turn\":true,\"weight\":1.0,\"metadata\":{{\"model_slug\":\"gpt-4o\",\
         \"finish_details\":{{\"type\":\"stop\"}},\"timestamp_\":\"absolute\"}},\"recipient\":\"all\"}}}}"
    )
}

struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(buffer)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// The most that was ever resident, as the kernel counts it.
fn peak_megabytes() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    Ok(kib.ok_or("the kernel tells no peak")? * 1024.0 / 1e6)
}

//! What is left of a key in memory: a process that uses one and removes it, and a look into it from
//! outside.

use domain::{AskColumn, ConversationSource, KeyPlace, Part, ProviderId, StartRun};
use engine::{Engine, EngineOptions};
use std::{
    error::Error,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};
use zeroize::Zeroizing;

/// Uses a key in every way there is, says `used`, removes it when a byte comes, says `removed`, and
/// stays until it is killed, or panics at the next byte. The key is the first line of standard input.
/// It logs all that there is to log. With the argument `--unredacted` nothing takes the key out of
/// what others repeat.
///
/// # Errors
/// When the engine cannot be opened, or standard output is closed.
pub fn use_and_remove_a_key() -> Result<(), Box<dyn Error>> {
    engine::leave_no_dumps();
    if std::env::args().any(|argument| argument == "--unredacted") {
        engine::leave_keys_in_texts();
    }
    tracing_subscriber::fmt().with_env_filter("trace").with_writer(io::stderr).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(use_and_remove())
}

async fn use_and_remove() -> Result<(), Box<dyn Error>> {
    let home = std::env::var_os("ORCHESITY_HOME").ok_or("set ORCHESITY_HOME")?;
    let engine = Engine::open(Path::new(&home), EngineOptions::app()).await?;
    // Not through `io::stdin`, whose buffer lives as long as the process.
    let mut input = File::open("/dev/stdin")?;
    let mut key = Zeroizing::new(String::new());
    let mut byte = Zeroizing::new([0]);
    loop {
        input.read_exact(&mut *byte)?;
        if byte[0] == b'\n' {
            break;
        }
        key.push(char::from(byte[0]));
    }
    engine.create_vault(Zeroizing::new("correct horse".to_owned())).await?;
    let ids: Vec<ProviderId> =
        ["chat", "responses", "anthropic"].iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
    for (id, place) in ids.iter().zip([KeyPlace::Session, KeyPlace::Vault, KeyPlace::Vault]) {
        engine.set_key(id, key.clone(), place).await?;
        engine.test_provider(id).await?;
        // 401 repeats the key.
        for model in ["ok?tokens=5", "401", "cut?after=3"] {
            let column = AskColumn::of(format!("{id}/{model}").parse()?);
            let request = StartRun {
                important: false,
                conversation: None,
                parts: vec![Part::text("hi")],
                columns: vec![column],
                system: None,
            };
            let started = engine.start_run(request, ConversationSource::Cli).await?;
            let mut events = engine.events(started.run, 0).await?;
            while events.next().await.is_some() {}
        }
    }
    drop(key);
    engine.providers().await;
    engine.refresh_models().await;
    engine.ask_keychain().await;
    engine.back_up().await?;
    engine.check().await?;
    println!("used");
    io::stdout().flush()?;
    let mut go = [0];
    input.read_exact(&mut go)?;
    for id in &ids {
        engine.remove_key(id).await?;
    }
    println!("removed");
    io::stdout().flush()?;
    input.read_exact(&mut go)?;
    panic_with(&engine)
}

#[expect(clippy::panic, reason = "what a panic says is looked at, too")]
fn panic_with(engine: &Engine) -> ! {
    panic!("with {:?}", engine.config())
}

/// How often `text` is in the memory of a process. The caller's user must be allowed to look.
///
/// # Errors
/// When its memory cannot be read.
pub fn count_in_memory(pid: u32, text: &str) -> io::Result<usize> {
    const PIECE: usize = 1 << 20;
    const PAGE: usize = 4096;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let mut memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut pages = File::open(format!("/proc/{pid}/pagemap"))?;
    let wanted = text.as_bytes();
    let mut found = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        // What it cannot write, it did not put there.
        let Some((from, to)) = range.split_once('-').filter(|_| rights.starts_with("rw")) else { continue };
        let number = |hex: &str| u64::from_str_radix(hex, 16).map_err(io::Error::other);
        let (mut at, to) = (number(from)?, number(to)?);
        let mut rest: Vec<u8> = Vec::new();
        while at < to {
            let length = PIECE.min((to - at) as usize);
            // A web view maps gigabytes that it never touches.
            let mut present = vec![0; length.div_ceil(PAGE) * 8];
            pages.seek(SeekFrom::Start(at / PAGE as u64 * 8))?;
            let known = pages.read_exact(&mut present).is_ok();
            if known && present.chunks(8).all(|page| page[7] & 0xc0 == 0) {
                rest.clear();
                at += length as u64;
                continue;
            }
            let mut piece = vec![0; length];
            memory.seek(SeekFrom::Start(at))?;
            // A mapping may go while it is looked at.
            let Ok(()) = memory.read_exact(&mut piece) else { break };
            at += length as u64;
            rest.extend_from_slice(&piece);
            found += rest.windows(wanted.len()).filter(|window| *window == wanted).count();
            // The end again with the next piece: the text may lie across both.
            rest.drain(..rest.len().saturating_sub(wanted.len() - 1));
        }
    }
    Ok(found)
}

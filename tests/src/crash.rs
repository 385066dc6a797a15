//! Killing `orch` in mid-stream, again and again, and counting what was lost.
//!
//! One round: the scripted server streams eight answers at once, `orch compare` asks for them,
//! another process watches the run with `orch attach RUN --json`, a third party (this one) keeps
//! what it printed. At a moment drawn by a seeded generator the asking process gets SIGKILL. Then
//! a fresh `orch` reads the conversation back, which is also the recovery, and every character
//! that was seen must be in it.
//!
//! `orch attach` in another process can only see what the store has, so a second witness stands
//! nearer: `orch chat` prints in the very process that is killed, and its standard output is kept.

use crate::{
    observer::{Seen, lost},
    orch::{Orch, answers, begun, text_of},
    places,
    process::Process,
};
use serde_json::json;
use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};
use testkit::{Home, ScriptedProvider, answer};

/// Answers that stream at once.
pub const STREAMS: u64 = 8;
const TOKENS: usize = 400;
/// Longer than anything here should take on a machine that is also compiling.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the kills found.
#[derive(Debug, Default)]
pub struct Found {
    /// Processes killed.
    pub kills: u32,
    /// Kills that hit while answers were streaming.
    pub mid_stream: u32,
    /// Characters that the observers saw in all.
    pub seen_characters: usize,
    /// Characters they saw that are not stored.
    pub lost_characters: usize,
    /// What else was wrong: gaps, answers called complete that are not, failed checks.
    pub faults: Vec<String>,
    /// The longest time that the first `orch` after a kill took, start and recovery included.
    pub slowest_start: Duration,
}

impl Found {
    /// SIGKILL, counted.
    fn killed(&mut self, process: &mut Process) -> Result<(), String> {
        let streaming = process.wait(Duration::ZERO).map_err(|error| error.to_string())?.is_none();
        process.kill();
        self.kills += 1;
        self.mid_stream += u32::from(streaming);
        Ok(())
    }

    /// `ok`, or how many things were wrong with the store.
    #[must_use]
    pub fn integrity(&self) -> String {
        if self.faults.is_empty() { "ok".to_owned() } else { format!("{} faults", self.faults.len()) }
    }

    /// The one line that `cargo xtask bench crash` ends with.
    #[must_use]
    pub fn line(&self) -> String {
        json!({"bench": "crash", "kills": self.kills, "lostCharacters": self.lost_characters, "integrity": self.integrity()})
            .to_string()
    }
}

/// A small seeded generator: the moments of the kills can be had again.
#[derive(Debug)]
pub struct Moments(u64);

impl Moments {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A time below `most`.
    pub fn below(&mut self, most: Duration) -> Duration {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        most.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// Kills `orch compare`, and now and then eight `orch chat` at once, until there were `kills`.
///
/// # Errors
/// When a round cannot be carried out at all; what was lost is in the answer.
pub fn run(
    server: &ScriptedProvider,
    kills: u32,
    seed: u64,
    mut progress: impl FnMut(&Found),
) -> Result<Found, String> {
    let home = Home::scripted(&server.url()).map_err(|error| error.to_string())?;
    let orch = Orch::new(home.path())?;
    let mut moments = Moments::new(seed);
    let mut found = Found::default();
    while found.kills < kills {
        let moment = moments.below(Duration::from_millis(2500));
        // Eight kills at once after every sixteenth, as long as eight are left.
        if found.kills % 24 == 16 && kills - found.kills >= STREAMS as u32 {
            chats(&orch, moment, &mut found)?;
        } else {
            compare(&orch, moment, &mut found)?;
        }
        progress(&found);
    }
    let check = orch.check()?;
    if check["ok"] != json!(true) {
        found.faults.push(format!("`orch check` says {check}"));
    }
    Ok(found)
}

fn model(stream: u64) -> String {
    // Three dialects by turns, one seed each, so that every answer is told from every other.
    let provider = ["chat", "anthropic", "responses"][stream as usize % 3];
    format!("{provider}/slow?tokens={TOKENS}&gap_ms=5&seed={}", stream + 1)
}

/// One run with all streams, watched by another process.
fn compare(orch: &Orch, moment: Duration, found: &mut Found) -> Result<(), String> {
    let models: Vec<String> = (0..STREAMS).map(model).collect();
    let mut arguments = vec!["compare", "--json"];
    arguments.extend(models.iter().flat_map(|model| ["-m", model]));
    arguments.push("tell me about the café 🦀");
    let mut asking = orch.start(&arguments).map_err(|error| error.to_string())?;
    let begun = begun(&asking)?;
    let watching = orch.start(&["attach", &begun.run, "--json"]).map_err(|error| error.to_string())?;
    if watching.stdout.wait_for(PATIENCE, |text| text.contains("\"append\"").then_some(())).is_none() {
        return Err(format!("`orch attach` showed nothing: {}", watching.stderr.text()));
    }
    thread::sleep(moment);
    found.killed(&mut asking)?;
    // What the watcher was still about to print belongs to what was seen.
    thread::sleep(Duration::from_millis(150));
    let seen = Seen::fold(&watching.stdout.text());
    drop(watching);
    found.faults.extend(seen.faults.iter().cloned());
    settle(orch, &[(begun.conversation, seen.texts().collect())], found)
}

/// As many `orch chat` at once, each its own witness, all killed together.
fn chats(orch: &Orch, moment: Duration, found: &mut Found) -> Result<(), String> {
    let mut chats = Vec::new();
    for stream in 0..STREAMS {
        let started =
            orch.start(&["chat", "-m", &model(stream), "tell me"]).map_err(|error| error.to_string())?;
        chats.push(started);
    }
    for chat in &chats {
        if chat.stdout.wait_for(PATIENCE, |text| text.contains('·').then_some(())).is_none() {
            return Err(format!("`orch chat` printed nothing: {}", chat.stderr.text()));
        }
    }
    thread::sleep(moment.mul_f64(0.3));
    for chat in &mut chats {
        found.killed(chat)?;
    }
    let mut seen = Vec::new();
    for chat in &chats {
        seen.push((begun(chat)?.conversation, vec![printed(&chat.stdout.to_the_end(PATIENCE))]));
    }
    drop(chats);
    settle(orch, &seen, found)
}

/// The part of an answer that a terminal was shown: without the line's end that `orch` adds, and
/// without a character that the kill cut in two.
#[must_use]
pub fn printed(text: &str) -> String {
    text.trim_end_matches('\u{fffd}').trim_end_matches('\n').to_owned()
}

/// The engine without `orch` around it, told in which order to commit and show: `commit-first` as
/// it ships, or `show-first`, the twin that must lose text.
///
/// # Errors
/// When a round cannot be carried out at all.
pub fn victims(server: &ScriptedProvider, order: &str, kills: u32, seed: u64) -> Result<Found, String> {
    let home = Home::scripted(&server.url()).map_err(|error| error.to_string())?;
    let orch = Orch::new(home.path())?;
    let victim = places::program("crash-victim")?;
    let mut moments = Moments::new(seed);
    let mut found = Found::default();
    for _ in 0..kills {
        let mut command = Command::new(&victim);
        command.args(["--order", order]).env("ORCHESITY_HOME", home.path()).args((0..STREAMS).map(model));
        let mut victim = Process::start(&mut command).map_err(|error| error.to_string())?;
        let begun = begun(&victim)?;
        if victim.stdout.wait_for(PATIENCE, |text| text.contains("\"append\"").then_some(())).is_none() {
            return Err(format!("the victim showed nothing: {}", victim.stderr.text()));
        }
        thread::sleep(moments.below(Duration::from_millis(1200)));
        found.killed(&mut victim)?;
        let seen = Seen::fold(&victim.stdout.to_the_end(PATIENCE));
        found.faults.extend(seen.faults.iter().cloned());
        settle(&orch, &[(begun.conversation, seen.texts().collect())], &mut found)?;
    }
    Ok(found)
}

/// Reads each conversation back, and counts.
fn settle(orch: &Orch, seen: &[(String, Vec<String>)], found: &mut Found) -> Result<(), String> {
    let begun = Instant::now();
    for (at, (conversation, texts)) in seen.iter().enumerate() {
        let tree = orch.tree(conversation)?;
        if at == 0 {
            found.slowest_start = found.slowest_start.max(begun.elapsed());
        }
        let mut stored = Vec::new();
        for node in answers(&tree) {
            let text = text_of(&node);
            if node["status"] == "complete" && !(1..=STREAMS).any(|seed| text == answer(TOKENS, seed)) {
                found.faults.push(format!("called complete with {} characters", text.chars().count()));
            }
            if node["status"] == "streaming" {
                found.faults.push("still called streaming after its process was killed".to_owned());
            }
            stored.push(text);
        }
        for text in texts {
            found.seen_characters += text.chars().count();
            found.lost_characters += lost(text, &stored);
        }
    }
    Ok(())
}

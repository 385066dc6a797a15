//! One command: said as it could be typed, then run.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, IsTerminal, Read, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{LazyLock, Mutex, PoisonError},
    thread,
    time::Instant,
};

/// Why a recipe cannot go on.
#[derive(Debug)]
pub struct Failed(pub String);

pub type Done = Result<(), Failed>;

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Says something, with the time since the start.
pub fn say(text: &str) {
    let seconds = STARTED.elapsed().as_secs();
    println!("[{:02}:{:02}] {text}", seconds / 60, seconds % 60);
    // Whoever reads a pipe wants to see progress too.
    let _ = std::io::stdout().flush();
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |set| root().join(set))
}

/// Whether a program is on the path.
pub fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// A command to run from a folder of the checkout.
#[derive(Debug, Clone)]
pub struct Step {
    words: Vec<String>,
    folder: &'static str,
    env: Vec<(String, String)>,
}

/// A command, in words.
pub fn step<const N: usize>(words: [&str; N]) -> Step {
    Step { words: words.map(str::to_owned).to_vec(), folder: "", env: Vec::new() }
}

impl Step {
    /// With further words.
    #[must_use]
    pub fn with<T: Into<String>>(mut self, more: impl IntoIterator<Item = T>) -> Self {
        self.words.extend(more.into_iter().map(Into::into));
        self
    }

    /// Run in this folder of the checkout.
    #[must_use]
    pub fn within(mut self, folder: &'static str) -> Self {
        self.folder = folder;
        self
    }

    /// With this variable set.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// The line that does the same when typed at the root of the checkout.
    pub fn line(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.env {
            let _ = write!(line, "{name}={} ", quoted(value));
        }
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        line.push_str(&words.join(" "));
        if self.folder.is_empty() { line } else { format!("(cd {} && {line})", self.folder) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command
            .args(&self.words[1..])
            .current_dir(root().join(self.folder))
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn started(&self, result: std::io::Result<ExitStatus>) -> Result<ExitStatus, Failed> {
        result.map_err(|error| Failed(format!("`{}` cannot be run: {error}", self.words[0])))
    }

    /// Runs it with the terminal as its own.
    pub fn run(&self) -> Done {
        say(&format!("$ {}", self.line()));
        let status = self.started(self.command().status())?;
        if status.success() { Ok(()) } else { Err(Failed(format!("`{}` ended with {status}", self.line()))) }
    }

    /// Runs it without standard input, shows what it prints and keeps it.
    pub fn watch(&self) -> Result<Watched, Failed> {
        say(&format!("$ {}", self.line()));
        let begun = Instant::now();
        let mut command = self.command();
        if std::io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
        }
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child =
            spawned.map_err(|error| Failed(format!("`{}` cannot be run: {error}", self.words[0])))?;
        let lines = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            scope.spawn(|| stdout.map(|from| pass_on(from, std::io::stdout(), &lines)));
            scope.spawn(|| stderr.map(|from| pass_on(from, std::io::stderr(), &lines)));
        });
        let status = self.started(child.wait())?;
        let seconds = begun.elapsed().as_secs();
        say(&format!("{} after {seconds} s", if status.success() { "done" } else { "FAILED" }));
        Ok(Watched {
            good: status.success(),
            lines: lines.into_inner().unwrap_or_else(PoisonError::into_inner),
        })
    }

    /// Runs it silently; what it printed, when it ended well.
    pub fn ask(&self) -> Option<String> {
        let output = self.command().stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// How a watched command went.
#[derive(Debug)]
pub struct Watched {
    /// Whether it ended well.
    pub good: bool,
    /// What it printed, without colours, both outputs as they came.
    pub lines: Vec<String>,
}

fn pass_on(from: impl Read, mut to: impl std::io::Write, lines: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let _ = to.write_all(&line).and_then(|()| to.flush());
        lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(uncoloured(String::from_utf8_lossy(&line).trim_end()));
        line.clear();
    }
}

fn uncoloured(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest));
    }
    plain
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+^@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_prints_as_it_would_be_typed() {
        let step = step(["npm", "run", "say", "it's so"]).within("ui").env("CI", "true");
        assert_eq!(step.line(), "(cd ui && CI=true npm run say 'it'\\''s so')");
    }

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(uncoloured("\u{1b}[1m\u{1b}[32mTests\u{1b}[0m 3 passed"), "Tests 3 passed");
    }
}

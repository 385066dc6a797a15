//! One command: said as it could be typed, then run.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, IsTerminal, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{LazyLock, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// The longest that one step takes where nobody is there to end it: several times the slowest one's
/// time on two cores, and short enough that CI still gets to its closing lines.
const UNATTENDED: Duration = Duration::from_mins(40);

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

    /// Starts the command and stays until it has ended. With a limit it gets a process group of its
    /// own, which is killed when the time is over; at a terminal that would keep Ctrl-C from it.
    fn carry_out(
        &self,
        mut command: Command,
        limit: Option<Duration>,
        attend: impl FnOnce(&mut Child),
    ) -> Result<ExitStatus, Failed> {
        let failed = |error| Failed(format!("`{}` cannot be run: {error}", self.words[0]));
        #[cfg(unix)]
        if limit.is_some() {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let mut child = command.spawn().map_err(failed)?;
        let group = format!("-{}", child.id());
        thread::scope(|scope| {
            let (ended, end) = mpsc::channel::<()>();
            if let Some(limit) = limit {
                scope.spawn(move || {
                    if end.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                        say(&format!("this has taken {} minutes and is killed", limit.as_secs() / 60));
                        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                    }
                });
            }
            attend(&mut child);
            let status = child.wait().map_err(failed);
            drop(ended);
            status
        })
    }

    /// Runs it with the terminal as its own.
    pub fn run(&self) -> Done {
        say(&format!("$ {}", self.line()));
        let status = self.carry_out(self.command(), limit(), |_| ())?;
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
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let lines = Mutex::new(Vec::new());
        let status = self.carry_out(command, limit(), |child| {
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            thread::scope(|scope| {
                scope.spawn(|| stdout.map(|from| pass_on(from, std::io::stdout(), &lines)));
                scope.spawn(|| stderr.map(|from| pass_on(from, std::io::stderr(), &lines)));
            });
        })?;
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

/// How long a step may take; `None` where somebody is there to end it.
fn limit() -> Option<Duration> {
    (cfg!(unix) && std::env::var_os("CI").is_some()).then_some(UNATTENDED)
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
    #[cfg(unix)]
    fn a_step_that_hangs_is_killed_with_all_that_it_started() {
        // The inner sleep holds the pipe open: only the whole group's end closes it.
        let step = step(["sh", "-c", "sleep 600 & sleep 600"]);
        let mut command = step.command();
        command.stdout(Stdio::piped());
        let status = step.carry_out(command, Some(Duration::from_millis(50)), |child| {
            let _ = child.stdout.take().map(|mut from| from.read_to_end(&mut Vec::new()));
        });
        assert!(!status.unwrap().success());
    }

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(uncoloured("\u{1b}[1m\u{1b}[32mTests\u{1b}[0m 3 passed"), "Tests 3 passed");
    }
}

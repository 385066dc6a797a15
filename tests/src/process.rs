//! Programs that run beside a test: what they print is gathered as it comes.

use std::{
    io::{self, BufRead, BufReader, Read},
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

#[derive(Debug, Default)]
struct Printed {
    bytes: Vec<u8>,
    ended: bool,
}

/// What a program has printed so far; grows while it is looked at.
#[derive(Debug, Clone, Default)]
pub struct Output(Arc<(Mutex<Printed>, Condvar)>);

impl Output {
    fn follow(mut from: impl Read + Send + 'static) -> Self {
        let output = Self::default();
        let shared = output.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(&mut from);
            loop {
                // Whatever is there, not whole lines: a kill must not hide the last words.
                let taken = match reader.fill_buf() {
                    Ok(bytes) if !bytes.is_empty() => {
                        shared.printed().bytes.extend_from_slice(bytes);
                        bytes.len()
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                    _ => break,
                };
                reader.consume(taken);
                shared.0.1.notify_all();
            }
            shared.printed().ended = true;
            shared.0.1.notify_all();
        });
        output
    }

    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of it so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.printed().bytes).into_owned()
    }

    /// Looks again whenever something was printed, until `find` finds something, the program has
    /// closed its output, or the time is over.
    pub fn wait_for<T>(&self, limit: Duration, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let end = Instant::now() + limit;
        let mut printed = self.printed();
        loop {
            if let Some(found) = find(&String::from_utf8_lossy(&printed.bytes)) {
                return Some(found);
            }
            let left = end.saturating_duration_since(Instant::now());
            if printed.ended || left.is_zero() {
                return None;
            }
            printed = self.0.1.wait_timeout(printed, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the program has closed its output, and returns all of it.
    #[must_use]
    pub fn to_the_end(&self, limit: Duration) -> String {
        let _ = self.wait_for(limit, |_| None::<()>);
        self.text()
    }
}

/// A running program, with a process group of its own. The whole group is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What it prints.
    pub stdout: Output,
    /// What it complains about.
    pub stderr: Output,
}

impl Process {
    /// Starts it with no standard input.
    ///
    /// # Errors
    /// When it cannot be started; the message names it.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
        let stdout = child.stdout.take().map(Output::follow).unwrap_or_default();
        let stderr = child.stderr.take().map(Output::follow).unwrap_or_default();
        Ok(Self { child, stdout, stderr })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// [`Self::kill`], for whatever it has started as well.
    pub fn kill_group(&mut self) {
        self.kill();
        let group = format!("-{}", self.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }

    /// Sends a signal by name, for example `INT`.
    ///
    /// # Errors
    /// When `kill` cannot be run.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status().map(drop)
    }

    /// Waits for its end; `None` when it has not come in time.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn wait(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= end {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_group();
    }
}

//! `orch`, run as people and scripts run it.

use crate::{places, process::Process};
use serde_json::Value;
use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Longer than any call of `orch` in a test should take, on a machine that is also compiling.
const PATIENCE: Duration = Duration::from_mins(1);

/// `orch` with a home of its own.
#[derive(Debug, Clone)]
pub struct Orch {
    program: PathBuf,
    home: PathBuf,
    /// Variables of its environment.
    more: Vec<(String, String)>,
}

/// What a finished `orch` left behind.
#[derive(Debug)]
pub struct Finished {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Finished {
    /// Each line of its output as JSON.
    ///
    /// # Errors
    /// When a line is none; the message has everything that was printed.
    pub fn lines(&self) -> Result<Vec<Value>, String> {
        self.stdout
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).map_err(|error| format!("{error} in `{line}`\n{self:?}")))
            .collect()
    }

    /// Its whole output as one JSON value.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_str(&self.stdout).map_err(|error| format!("{error}\n{self:?}"))
    }
}

impl Orch {
    /// # Errors
    /// When `orch` has not been built.
    pub fn new(home: &Path) -> Result<Self, String> {
        Ok(Self { program: places::program("orch")?, home: home.to_owned(), more: Vec::new() })
    }

    /// With a variable of the environment set.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.more.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The command, for those who start it themselves. Nothing of the caller's keys or settings
    /// reaches it.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().env("ORCHESITY_HOME", &self.home).env("NO_COLOR", "1");
        for name in ["PATH", "TMPDIR", "LANG"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // A home without a keychain or anything else of this user's.
        command.env("HOME", &self.home);
        command.envs(self.more.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be started or does not end.
    pub fn run(&self, arguments: &[&str]) -> io::Result<Finished> {
        let mut process = self.start(arguments)?;
        let Some(status) = process.wait(PATIENCE)? else {
            return Err(io::Error::other(format!(
                "`orch {}` did not end:\n{}{}",
                arguments.join(" "),
                process.stdout.text(),
                process.stderr.text()
            )));
        };
        Ok(Finished {
            code: status.code(),
            stdout: process.stdout.to_the_end(PATIENCE),
            stderr: process.stderr.to_the_end(PATIENCE),
        })
    }

    /// Starts it and lets it run.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> io::Result<Process> {
        Process::start(&mut self.command(arguments))
    }

    /// The conversations, newest first.
    ///
    /// # Errors
    /// When the answer is no JSON.
    pub fn conversations(&self) -> Result<Vec<Value>, String> {
        let finished = self.run(&["conversations", "list", "--json"]).map_err(|error| error.to_string())?;
        finished.lines()
    }

    /// A conversation's whole tree.
    ///
    /// # Errors
    /// When the answer is no JSON.
    pub fn tree(&self, conversation: &str) -> Result<Value, String> {
        self.run(&["conversations", "tree", conversation, "--json"])
            .map_err(|error| error.to_string())?
            .json()
    }

    /// The tree of the newest conversation.
    ///
    /// # Errors
    /// When there is none.
    pub fn newest_tree(&self) -> Result<Value, String> {
        let list = self.conversations()?;
        let id = list.first().and_then(|one| one["id"].as_str()).ok_or("there is no conversation")?;
        self.tree(id)
    }

    /// What `orch check --json` says.
    ///
    /// # Errors
    /// When the answer is no JSON.
    pub fn check(&self) -> Result<Value, String> {
        self.run(&["check", "--json"]).map_err(|error| error.to_string())?.json()
    }
}

/// What `orch compare` and `orch chat` say on standard error before anything is asked:
/// `run <id> in conversation <id>`, so that others can `orch attach` to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The run.
    pub run: String,
    /// Its conversation.
    pub conversation: String,
}

/// Waits for that line.
///
/// # Errors
/// When it does not come; the message has what came instead.
pub fn begun(process: &Process) -> Result<Begun, String> {
    let found = process.stderr.wait_for(PATIENCE, |text| {
        // Only whole lines: half an id is none.
        text[..=text.rfind('\n')?].lines().find_map(|line| {
            let (run, conversation) = line.strip_prefix("run ")?.split_once(" in conversation ")?;
            Some(Begun { run: run.to_owned(), conversation: conversation.trim().to_owned() })
        })
    });
    found.ok_or_else(|| format!("no `run … in conversation …` on standard error: {}", process.stderr.text()))
}

/// The text of a node of a tree: its text parts, one after the other.
#[must_use]
pub fn text_of(node: &Value) -> String {
    let parts = node["parts"].as_array().cloned().unwrap_or_default();
    parts.iter().filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str()).collect()
}

/// The assistant's nodes of a tree.
#[must_use]
pub fn answers(tree: &Value) -> Vec<Value> {
    let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
    nodes.into_iter().filter(|node| node["role"] == "assistant").collect()
}

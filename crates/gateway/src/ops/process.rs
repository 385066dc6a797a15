//! What this process takes of its machine.

use serde::Serialize;

/// What the system says of this process. `None` where it does not say: outside of Linux.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Process {
    /// Its number.
    pub pid: u32,
    /// Memory that it really takes.
    pub memory_bytes: Option<u64>,
    /// Processor time since it began, of all its threads.
    pub cpu_seconds: Option<f64>,
    /// Its threads.
    pub threads: Option<u64>,
    /// Files and connections that it has open.
    pub open_files: Option<u64>,
}

impl Process {
    /// As it is now.
    pub(crate) fn now() -> Self {
        let pid = std::process::id();
        let nothing = Self { pid, memory_bytes: None, cpu_seconds: None, threads: None, open_files: None };
        system::read(nothing)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::Process;
    use std::fs;

    /// Ticks of the clock in a second, as Linux tells them to programs on every machine.
    const TICKS: f64 = 100.0;

    pub(super) fn read(empty: Process) -> Process {
        let stat = fs::read_to_string("/proc/self/stat").ok();
        let status = fs::read_to_string("/proc/self/status").ok();
        let field = |name: &str| {
            let line = status.as_deref()?.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Process {
            memory_bytes: field("VmRSS:").map(|kib| kib * 1024),
            cpu_seconds: stat.as_deref().and_then(ticks).map(|ticks| ticks as f64 / TICKS),
            threads: field("Threads:"),
            open_files: fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64),
            ..empty
        }
    }

    /// Processor time of user and system. What stands before the last `)` is a name, in which anything can
    /// stand.
    pub(super) fn ticks(stat: &str) -> Option<u64> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(number(11)? + number(12)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn read(empty: super::Process) -> super::Process {
        empty
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Process, system};

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_numbers() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 100 23 0 0 20 0 7 0 99";
        assert_eq!(system::ticks(&format!("42 (a) b (c) {rest}")), Some(123));
        assert_eq!(system::ticks("42 (cut"), None);
    }

    #[test]
    fn the_system_says_what_this_process_takes() {
        let now = Process::now();
        assert!(now.memory_bytes.unwrap() > 1 << 20, "{now:?}");
        assert!(now.threads.unwrap() >= 1 && now.open_files.unwrap() >= 3, "{now:?}");
        assert!(now.cpu_seconds.unwrap() < 1e6, "{now:?}");
    }
}

//! What a test run comes to.

use crate::step::{Done, Failed, Step, Watched, say};

/// Counts over all runners; a check without tests of its own counts as one.
#[derive(Debug, Default)]
pub struct Report {
    passed: u64,
    failed: u64,
    troubles: Vec<String>,
    notes: Vec<String>,
}

impl Report {
    /// Runs a check that passes or fails as a whole.
    pub fn check(&mut self, name: &str, step: &Step) -> Result<bool, Failed> {
        let good = step.watch()?.good;
        self.count(name, good);
        Ok(good)
    }

    /// Runs a test runner and takes over its counts.
    pub fn tests(&mut self, name: &str, step: &Step) -> Result<bool, Failed> {
        let watched = step.watch()?;
        let (passed, failed) = counts(&watched);
        self.passed += passed;
        self.failed += failed;
        // A runner that ran nothing has proved nothing, whatever it ended with.
        let nothing = passed + failed == 0;
        if !watched.good || failed > 0 || nothing {
            // A runner that could not even start its tests has failed once.
            self.failed += u64::from(failed == 0);
            self.troubles.push(if nothing { format!("{name}: no test ran") } else { name.to_owned() });
        }
        Ok(watched.good && !nothing)
    }

    /// Counts something that was done here.
    pub fn count(&mut self, name: &str, good: bool) {
        if good {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.troubles.push(name.to_owned());
        }
    }

    /// Something that was left out, and why.
    pub fn note(&mut self, text: &str) {
        say(text);
        self.notes.push(text.to_owned());
    }

    /// The closing lines.
    pub fn end(self) -> Done {
        for note in &self.notes {
            say(note);
        }
        for trouble in &self.troubles {
            say(&format!("FAILED: {trouble}"));
        }
        println!("\n{} passed, {} failed", self.passed, self.failed);
        if self.troubles.is_empty() { Ok(()) } else { Err(Failed(self.troubles.join(", "))) }
    }
}

/// What the closing lines of cargo test, nextest, vitest and Playwright say.
fn counts(watched: &Watched) -> (u64, u64) {
    let mut sum = (0, 0);
    // nextest shows what some tests printed, and each of them prints a result of its own.
    let nextest = watched.lines.iter().any(|line| line.trim().starts_with("Summary ["));
    for line in &watched.lines {
        let line = line.trim();
        // vitest also counts files; only its line of tests is meant.
        let counted = (line.starts_with("test result:") && !nextest)
            || line.starts_with("Summary [")
            || line
                .strip_prefix("Tests ")
                .is_some_and(|rest| rest.contains("passed") || rest.contains("failed"))
            || is_playwright(line);
        if counted {
            sum.0 += before(line, "passed");
            sum.1 += before(line, "failed") + before(line, "timed out");
        }
    }
    sum
}

/// `12 passed (3.4s)` and `1 failed`, alone on their lines.
fn is_playwright(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let number = words.next().is_some_and(|word| word.parse::<u64>().is_ok());
    let word = matches!(words.next(), Some("passed" | "failed"));
    number && word && words.next().is_none_or(|word| word.starts_with('('))
}

/// The number right before a word; 0 when it is not there.
fn before(line: &str, word: &str) -> u64 {
    let Some((head, _)) = line.split_once(&format!(" {word}")) else { return 0 };
    head.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> (u64, u64) {
        counts(&Watched { good: true, lines: vec![line.to_owned()] })
    }

    #[test]
    fn the_closing_line_of_each_runner_is_understood() {
        assert_eq!(
            of("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out"),
            (12, 0)
        );
        assert_eq!(
            of("     Summary [  12.3s] 45 tests run: 43 passed (1 slow), 2 failed, 3 skipped"),
            (43, 2)
        );
        assert_eq!(of("     Summary [   0.1s] 1 test run: 0 passed, 1 timed out, 0 skipped"), (0, 1));
        assert_eq!(of("      Tests  2 failed | 31 passed (33)"), (31, 2));
        assert_eq!(of(" Test Files  3 passed (3)"), (0, 0));
        assert_eq!(of("  14 passed (8.2s)"), (14, 0));
        assert_eq!(of("  1 failed"), (0, 1));
        assert_eq!(of("the 3 passed over"), (0, 0));
    }
}

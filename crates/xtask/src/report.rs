//! What a test run comes to.

use crate::step::{Done, Failed, Step, Watched, say};

/// Counts over all runners; a check without tests of its own counts as one.
#[derive(Debug, Default)]
pub struct Report {
    passed: u64,
    failed: u64,
    troubles: Vec<String>,
    notes: Vec<String>,
    /// What the runners said of tests that failed, at first or for good.
    excerpts: Vec<String>,
}

/// How much of each runner's output the closing lines repeat: where only the end of a log is kept,
/// it must tell which tests failed and why.
const EXCERPT: usize = 120;

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
        self.excerpts.extend(excerpt(&watched.lines));
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
        for line in &self.excerpts {
            println!("{line}");
        }
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

/// The lines that name a test that failed, or that passed only when it was tried again, and what
/// Playwright and vitest say of it right after its heading.
fn excerpt(lines: &[String]) -> Vec<String> {
    const AFTER_A_HEADING: usize = 30;
    let mut kept = Vec::new();
    let mut of_heading = 0;
    for line in lines {
        let text = line.trim_start();
        let heading = text
            .split_once(") ")
            .is_some_and(|(number, rest)| number.parse::<u32>().is_ok() && rest.contains(".spec.ts:"))
            || text.starts_with("FAIL  ");
        let named = ["✘", "×", "FAIL [", "TIMEOUT [", "FLAKY ", "SIGABRT [", "SIGSEGV [", "SIGKILL ["]
            .iter()
            .any(|mark| text.starts_with(mark));
        if heading {
            of_heading = AFTER_A_HEADING;
        }
        if (named || of_heading > 0) && !text.is_empty() {
            kept.push(line.clone());
        }
        of_heading = of_heading.saturating_sub(1);
    }
    if kept.len() > EXCERPT {
        let left_out = kept.len() - EXCERPT;
        kept.truncate(EXCERPT);
        kept.push(format!("… and {left_out} more such lines above"));
    }
    kept
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
            // Playwright counts apart what passed only when it was tried again.
            sum.0 += before(line, "passed") + if is_playwright(line) { before(line, "flaky") } else { 0 };
            sum.1 += before(line, "failed") + before(line, "timed out");
        }
    }
    sum
}

/// `12 passed (3.4s)`, `1 flaky` and `1 failed`, alone on their lines.
fn is_playwright(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let number = words.next().is_some_and(|word| word.parse::<u64>().is_ok());
    let word = matches!(words.next(), Some("passed" | "failed" | "flaky"));
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
        assert_eq!(of("  2 flaky"), (2, 0));
        assert_eq!(of("     Summary [  9.0s] 5 tests run: 5 passed (1 flaky), 0 skipped"), (5, 0));
        assert_eq!(of("the 3 passed over"), (0, 0));
    }

    #[test]
    fn the_closing_lines_name_what_failed_and_say_why() {
        let log = [
            "  ✓   26 e2e/tree.spec.ts:9:1 › the tree opens (2.1s)",
            "  ✘   27 e2e/columns.spec.ts:219:1 › a failed column gives way (32.1s)",
            "",
            "  1) e2e/columns.spec.ts:219:1 › a failed column gives way ─────",
            "    Error: expect(locator).toBeFocused() failed",
            "        PASS [   0.1s] store tree::it_holds",
            "        FAIL [   0.2s] store tree::it_breaks",
            "  TRY 1 FAIL [   0.2s] (1/2) store tree::once",
            "   FLAKY 2/2 [   0.1s] store tree::once",
        ]
        .map(str::to_owned);
        let said = excerpt(&log).join("\n");
        assert!(said.contains("✘   27"));
        assert!(said.contains("toBeFocused"));
        assert!(said.contains("it_breaks"));
        assert!(said.contains("FLAKY 2/2"));
        assert!(!said.contains("the tree opens"));
        let many: Vec<String> = std::iter::repeat_n("FAIL [ 1s] a test".to_owned(), 500).collect();
        assert_eq!(excerpt(&many).len(), EXCERPT + 1);
    }
}

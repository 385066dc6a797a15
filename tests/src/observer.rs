//! What somebody outside saw of a run: the batches that `orch attach RUN --json` printed, folded.

use serde_json::Value;
use std::collections::BTreeMap;

/// The texts of a run as its batches told them.
#[derive(Debug, Default)]
pub struct Seen {
    /// For each completion: the parts, in order.
    texts: BTreeMap<String, BTreeMap<u64, String>>,
    /// The terminal state of each completion that has ended.
    pub ended: BTreeMap<String, String>,
    /// The last batch's number.
    pub seq: u64,
    /// What was wrong with the batches themselves: gaps, texts in the wrong place.
    pub faults: Vec<String>,
}

impl Seen {
    /// Folds what was printed. A last line without its end was cut by a kill and is left out.
    #[must_use]
    pub fn fold(printed: &str) -> Self {
        let mut seen = Self::default();
        let Some(end) = printed.rfind('\n') else { return seen };
        for line in printed[..end].lines().filter(|line| line.starts_with('{')) {
            match serde_json::from_str(line) {
                Ok(batch) => seen.batch(&batch),
                Err(error) => seen.faults.push(format!("{error} in `{line}`")),
            }
        }
        seen
    }

    fn batch(&mut self, batch: &Value) {
        let Some(seq) = batch["seq"].as_u64() else { return };
        if batch["kind"] == "live" && self.seq != 0 && seq != self.seq + 1 {
            self.faults.push(format!("batch {seq} came after {}", self.seq));
        }
        self.seq = seq;
        for item in batch["items"].as_array().into_iter().flatten() {
            let completion = item["completion"].as_str().unwrap_or_default().to_owned();
            let part = item["part"].as_u64().unwrap_or_default();
            match item["op"].as_str() {
                Some("reset") => drop(self.texts.remove(&completion)),
                Some("open") => {
                    // The tool's name or the media type is not shown text.
                    self.texts.entry(completion).or_default().insert(part, String::new());
                }
                Some("append") => {
                    let text = self.texts.entry(completion.clone()).or_default().entry(part).or_default();
                    let before = text.encode_utf16().count() as u64;
                    if item["at"].as_u64() != Some(before) {
                        self.faults.push(format!("{completion}: text for {} came at {before}", item["at"]));
                    }
                    text.push_str(item["text"].as_str().unwrap_or_default());
                }
                Some("end") => {
                    let state = item["state"].as_str().unwrap_or_default().to_owned();
                    self.ended.insert(completion, state);
                }
                _ => {}
            }
        }
    }

    /// The text of each completion that showed any.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.texts.values().map(|parts| parts.values().map(String::as_str).collect::<String>())
    }
}

/// Characters of `seen` that stand in none of `stored` at the same place: how much of a shown
/// text was lost. 0 when one of them begins with it.
#[must_use]
pub fn lost(seen: &str, stored: &[String]) -> usize {
    let total = seen.chars().count();
    let common = |text: &String| text.chars().zip(seen.chars()).take_while(|(a, b)| a == b).count();
    total - stored.iter().map(common).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_lost_where_no_stored_one_has_it() {
        let stored = ["abcdef".to_owned(), "xyz".to_owned()];
        assert_eq!(lost("abc", &stored), 0);
        assert_eq!(lost("xyz🦀", &stored), 1);
        assert_eq!(lost("abc", &[]), 3);
    }

    #[test]
    fn batches_fold_into_the_text_and_a_gap_is_a_fault() {
        let line = |seq: u32, at: u32, text: &str| {
            format!(
                "{{\"run\":\"r\",\"seq\":{seq},\"kind\":\"live\",\"items\":[{{\"op\":\"append\",\"completion\":\"c\",\"part\":0,\"at\":{at},\"text\":\"{text}\"}}]}}\n"
            )
        };
        let whole = [line(1, 0, "🦀 a"), line(2, 4, "b")].concat();
        let seen = Seen::fold(&format!("{whole}{{\"seq\":3,\"ki"));
        assert_eq!(seen.texts().collect::<Vec<_>>(), ["🦀 ab"]);
        assert!(seen.faults.is_empty(), "{:?}", seen.faults);
        assert_eq!(Seen::fold(&[line(1, 0, "a"), line(3, 1, "b")].concat()).faults.len(), 1);
    }
}

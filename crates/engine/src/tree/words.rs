//! Texts word by word: what differs, and which passages of one stand in others.
//!
//! A difference is Myers' shortest edit script over Unicode words, bounded by time. Passages are found by
//! the longest runs of words that a source has too, wherever in it: a synthesis moves what it takes, so
//! the order of the source means nothing. Letters' case and white space are overlooked there.

use domain::{DiffKind, DiffSpan, Part, Passage, TextDiff};
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::{
    collections::HashMap,
    ops::Range,
    time::{Duration, Instant},
};
use unicode_segmentation::UnicodeSegmentation;

/// How long a difference is worked on; then what is left over counts as changed.
const WITHIN: Duration = Duration::from_millis(40);
/// Fewest words of a passage.
const PASSAGE: usize = 4;
/// Most places of a source that one run of words is looked for at.
const PLACES: usize = 64;

/// The text parts, joined.
pub(crate) fn text_of(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|p| if let Part::Text { text } = p { Some(text.as_str()) } else { None })
        .collect()
}

/// Two texts, word by word.
pub(crate) fn diff(left: String, right: String) -> TextDiff {
    let until = Instant::now() + WITHIN;
    let (a, b) = (Tokens::of(&left), Tokens::of(&right));
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &a.words, &b.words, Some(until));
    let rough = Instant::now() >= until;
    let mut changes = Vec::new();
    let mut alike = 0;
    for op in &ops {
        let (was, is) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) {
            alike += was.clone().filter(|at| !a.is_space(*at)).count();
        } else {
            join(&mut changes, was, is, &a);
        }
    }
    let most = a.said().max(b.said());
    let alike = (alike * 100).checked_div(most).unwrap_or(100);
    let spans = spans(&changes, &a, &b);
    TextDiff { left, right, spans, alike: alike as u32, rough }
}

/// Words that were taken out, and those that are in their place.
type Change = (Range<usize>, Range<usize>);

/// Adds a change. One that only white space keeps from the last is one with it: readable beats shortest.
fn join(changes: &mut Vec<Change>, was: Range<usize>, is: Range<usize>, a: &Tokens<'_>) {
    if let Some((old, new)) = changes.last_mut()
        && (old.end..was.start).all(|at| a.is_space(at))
    {
        old.end = was.end;
        new.end = is.end;
        return;
    }
    changes.push((was, is));
}

fn spans(changes: &[Change], a: &Tokens<'_>, b: &Tokens<'_>) -> Vec<DiffSpan> {
    let mut spans = Vec::with_capacity(changes.len() * 3 + 1);
    let mut add = |kind, left: Range<usize>, right: Range<usize>| {
        let (left, right) = (a.range(&left), b.range(&right));
        if !left.is_empty() || !right.is_empty() {
            spans.push(DiffSpan {
                kind,
                left_start: left.start,
                left_end: left.end,
                right_start: right.start,
                right_end: right.end,
            });
        }
    };
    let (mut left, mut right) = (0, 0);
    for (was, is) in changes {
        add(DiffKind::Same, left..was.start, right..is.start);
        add(DiffKind::Removed, was.clone(), is.start..is.start);
        add(DiffKind::Added, was.end..was.end, is.clone());
        (left, right) = (was.end, is.end);
    }
    add(DiffKind::Same, left..a.words.len(), right..b.words.len());
    spans
}

/// A text cut into words, white space and marks, with where each begins in UTF-16 code units.
struct Tokens<'a> {
    words: Vec<&'a str>,
    starts: Vec<u32>,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        let (mut words, mut starts, mut at) = (Vec::new(), Vec::new(), 0);
        for word in text.split_word_bounds() {
            words.push(word);
            starts.push(at);
            at += word.encode_utf16().count() as u32;
        }
        starts.push(at);
        Self { words, starts }
    }

    fn is_space(&self, at: usize) -> bool {
        self.words[at].trim().is_empty()
    }

    fn said(&self) -> usize {
        (0..self.words.len()).filter(|at| !self.is_space(*at)).count()
    }

    fn range(&self, words: &Range<usize>) -> Range<u32> {
        self.starts[words.start]..self.starts[words.end]
    }
}

/// The words of a text alone, for finding passages.
struct Plain {
    words: Vec<String>,
    ranges: Vec<Range<u32>>,
}

impl Plain {
    fn of(text: &str) -> Self {
        let tokens = Tokens::of(text);
        let mut plain = Self { words: Vec::new(), ranges: Vec::new() };
        for (at, word) in tokens.words.iter().enumerate() {
            if word.chars().any(char::is_alphanumeric) {
                plain.words.push(word.to_lowercase());
                plain.ranges.push(tokens.range(&(at..at + 1)));
            }
        }
        plain
    }

    /// Where each run of [`PASSAGE`] words stands.
    fn places(&self) -> HashMap<&[String], Vec<usize>> {
        let mut places: HashMap<&[String], Vec<usize>> = HashMap::new();
        for (at, run) in self.words.windows(PASSAGE).enumerate() {
            let of = places.entry(run).or_default();
            if of.len() < PLACES {
                of.push(at);
            }
        }
        places
    }
}

/// The passages of `text` that stand in the sources: from its beginning on, the longest that any source
/// has; where several have it, it is there for each.
pub(crate) fn passages(text: &str, sources: &[&str]) -> Vec<Passage> {
    let text = Plain::of(text);
    let sources: Vec<Plain> = sources.iter().map(|source| Plain::of(source)).collect();
    let places: Vec<_> = sources.iter().map(Plain::places).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at + PASSAGE <= text.words.len() {
        let run = &text.words[at..at + PASSAGE];
        let mut longest = 0;
        let mut here: Vec<(usize, usize)> = Vec::new();
        for (number, (source, places)) in sources.iter().zip(&places).enumerate() {
            let best = places.get(run).into_iter().flatten().map(|from| {
                let same = text.words[at..].iter().zip(&source.words[*from..]).take_while(|(a, b)| a == b);
                (same.count(), *from)
            });
            // Of equally long ones the first.
            let Some((length, from)) = best.reduce(|a, b| if b.0 > a.0 { b } else { a }) else { continue };
            if length > longest {
                here.clear();
                longest = length;
            }
            if length == longest {
                here.push((number, from));
            }
        }
        if longest == 0 {
            at += 1;
            continue;
        }
        for (number, from) in here {
            let source = &sources[number].ranges;
            found.push(Passage {
                source: number as u32,
                start: text.ranges[at].start,
                end: text.ranges[at + longest - 1].end,
                source_start: source[from].start,
                source_end: source[from + longest - 1].end,
            });
        }
        at += longest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, from: u32, to: u32) -> String {
        String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[from as usize..to as usize]).unwrap()
    }

    fn told(diff: &TextDiff) -> Vec<(DiffKind, String)> {
        let of = |s: &DiffSpan| match s.kind {
            DiffKind::Removed => cut(&diff.left, s.left_start, s.left_end),
            _ => cut(&diff.right, s.right_start, s.right_end),
        };
        diff.spans.iter().map(|span| (span.kind, of(span))).collect()
    }

    #[test]
    fn a_difference_is_in_words_and_covers_both_texts() {
        let found = diff("retry 𝄞 at most three times".into(), "retry 𝄞 at least five times".into());
        let (left, right): (String, String) = (
            found.spans.iter().map(|s| cut(&found.left, s.left_start, s.left_end)).collect(),
            found.spans.iter().map(|s| cut(&found.right, s.right_start, s.right_end)).collect(),
        );
        assert_eq!((left.as_str(), right.as_str()), (found.left.as_str(), found.right.as_str()));
        assert_eq!(
            told(&found),
            [
                (DiffKind::Same, "retry 𝄞 at ".to_owned()),
                (DiffKind::Removed, "most three".to_owned()),
                (DiffKind::Added, "least five".to_owned()),
                (DiffKind::Same, " times".to_owned()),
            ]
        );
        assert_eq!((found.alike, found.rough), (66, false));
    }

    #[test]
    fn equal_and_empty_texts_have_no_change() {
        assert_eq!(diff(String::new(), String::new()).spans, []);
        let same = diff("a b".into(), "a b".into());
        assert_eq!((same.spans.len(), same.spans[0].kind, same.alike), (1, DiffKind::Same, 100));
        assert_eq!(told(&diff(String::new(), "new".into())), [(DiffKind::Added, "new".to_owned())]);
    }

    #[test]
    fn texts_that_have_nothing_in_common_end_in_time_and_still_cover_both() {
        let text = |seed: u32| {
            let word = |n: u32| format!("{:x} ", (n.wrapping_mul(2_654_435_761) ^ seed) % 9_000);
            (0..8_000).map(word).collect::<String>()
        };
        let found = diff(text(1), text(77));
        let lengths = found
            .spans
            .iter()
            .fold((0, 0), |sum, s| (sum.0 + s.left_end - s.left_start, sum.1 + s.right_end - s.right_start));
        assert_eq!(lengths, (found.left.len() as u32, found.right.len() as u32));
    }

    #[test]
    fn a_passage_is_found_wherever_a_source_has_it() {
        let a = "Use exponential backoff with full jitter. Never retry a POST.";
        let b = "Stop before the deadline. Wait as long as the server asks, no longer.";
        let text = "First: wait as long as the server asks. Then use Exponential backoff, with full jitter.";
        let found = passages(text, &[a, b]);
        let told: Vec<_> = found
            .iter()
            .map(|p| {
                (
                    p.source,
                    cut(text, p.start, p.end),
                    cut([a, b][p.source as usize], p.source_start, p.source_end),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    1,
                    "wait as long as the server asks".to_owned(),
                    "Wait as long as the server asks".to_owned()
                ),
                (
                    0,
                    "use Exponential backoff, with full jitter".to_owned(),
                    "Use exponential backoff with full jitter".to_owned()
                ),
            ]
        );
        assert_eq!(passages("three words only", &["three words only"]), []);
        assert_eq!(passages("one two three four", &["one two three four", "x one two three four"]).len(), 2);
    }
}

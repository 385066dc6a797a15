//! The place that was found, with some text around it, and where the words stand in that.

use domain::Span;

/// Characters before and after the place.
const AROUND: usize = 60;

/// The first of the words that stands in the text decides where the snippet is.
pub(super) fn snippet(text: &str, words: &[String]) -> (String, Vec<Span>) {
    let chars: Vec<char> = text.chars().collect();
    let wanted: Vec<Vec<char>> = words.iter().map(|word| word.chars().collect()).collect();
    let first = wanted.iter().find_map(|word| find(&chars, word).map(|at| (at, word.len())));
    let (at, len) = first.unwrap_or((0, 0));
    let (from, to) = (at.saturating_sub(AROUND), (at + len + AROUND).min(chars.len()));
    let mut line: Vec<char> =
        chars[from..to].iter().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { *c }).collect();
    if from > 0 {
        line.insert(0, '…');
    }
    if to < chars.len() {
        line.push('…');
    }
    let mut spans = Vec::new();
    let (mut place, mut units) = (0, 0);
    while place < line.len() {
        let longest = wanted.iter().filter(|word| starts(&line[place..], word)).map(Vec::len).max();
        let step = longest.unwrap_or(0).max(1);
        let wide: usize = line[place..place + step].iter().map(|c| c.len_utf16()).sum();
        if longest.is_some() {
            spans.push(Span { at: units as u32, len: wide as u32 });
        }
        (place, units) = (place + step, units + wide);
    }
    (line.into_iter().collect(), spans)
}

fn find(text: &[char], word: &[char]) -> Option<usize> {
    (0..text.len()).find(|at| starts(&text[*at..], word))
}

fn starts(text: &[char], word: &[char]) -> bool {
    !word.is_empty() && text.len() >= word.len() && text.iter().zip(word).all(|(a, b)| same(*a, *b))
}

fn same(a: char, b: char) -> bool {
    a == b || (a.is_whitespace() && b.is_whitespace()) || a.to_lowercase().eq(b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_in_units_of_utf16_and_never_twice() {
        let words = ["FOX".to_owned(), "fo".to_owned(), "über".to_owned()];
        let (line, spans) = snippet("🦊 a fox,\nÜber all", &words);
        assert_eq!(line, "🦊 a fox, Über all");
        assert_eq!(spans, [Span { at: 5, len: 3 }, Span { at: 10, len: 4 }]);
    }

    #[test]
    fn a_long_text_is_cut_around_the_place() {
        let text = format!("{} needle {}", "hay ".repeat(500), "straw ".repeat(500));
        let (line, spans) = snippet(&text, &["needle".to_owned()]);
        assert!(line.starts_with('…') && line.ends_with('…') && line.chars().count() < 140, "{line}");
        assert_eq!(
            &line.encode_utf16().collect::<Vec<_>>()[spans[0].at as usize..][..6],
            "needle".encode_utf16().collect::<Vec<_>>()
        );
    }
}

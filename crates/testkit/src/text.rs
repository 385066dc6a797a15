//! The texts that the scripted provider writes: known in advance, so that tests can compare.

/// Words of one, two, three and four UTF-8 bytes a character, and clusters of several characters:
/// wherever a stream is cut or counted, something stands on the border.
const WORDS: &[&str] = &[
    "The",
    "café",
    "opened",
    "at",
    "nine,",
    "über",
    "the",
    "日本語",
    "sign",
    "stood",
    "a",
    "🦀",
    "and",
    "👩‍👩‍👧",
    "waited;",
    "naïve",
    "π≈3.14",
    "\"quoted\"",
    "back\\slash",
    "<b>tag</b>",
    "🇩🇪",
    "строка",
    "e\u{301}nd.\n",
];

/// The pieces of an answer of `tokens` tokens, one for each token. Each differs from its neighbours
/// and carries its number, so that a lost, doubled or swapped piece shows in the text.
#[must_use]
pub fn pieces(tokens: usize, seed: u64) -> Vec<String> {
    (0..tokens)
        .map(|token| {
            let word = WORDS[(token + seed as usize) % WORDS.len()];
            if seed == 0 { format!("{word}·{token} ") } else { format!("{word}·{seed}.{token} ") }
        })
        .collect()
}

/// The whole answer of `tokens` tokens.
#[must_use]
pub fn answer(tokens: usize, seed: u64) -> String {
    pieces(tokens, seed).concat()
}

/// Cuts any text into pieces of at most eight characters.
pub(crate) fn cut(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(8).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_answer_begins_with_the_shorter_one() {
        assert!(answer(60, 3).starts_with(&answer(40, 3)));
        assert_ne!(answer(10, 1), answer(10, 2));
    }

    #[test]
    fn an_answer_has_characters_outside_the_basic_plane() {
        let text = answer(40, 0);
        assert!(text.encode_utf16().count() > text.chars().count());
        assert!(text.len() > text.encode_utf16().count());
        assert_eq!(cut(&text).concat(), text);
    }
}

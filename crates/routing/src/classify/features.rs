//! What a prompt looks like, as numbers: counts as logarithms and shares, so that length alone does not drown the rest.

use super::{kind::Votes, lexicon::KINDS, scan::Scan};

/// How many numbers describe the look of a prompt.
const LOOKS: usize = 44;
/// How many numbers describe a prompt.
pub const FEATURES: usize = LOOKS + KINDS;

/// The numbers from which [`Classified::strength`](super::Classified) is computed; `training/` fits weights to them.
pub(super) fn features(scan: &Scan, votes: &Votes) -> [f32; FEATURES] {
    let c = &scan.counts;
    let (words, chars) = (c.words.max(1.0), c.chars.max(1.0));
    let log = f32::ln_1p;
    let is = |yes: bool| f32::from(u8::from(yes));
    let choice = c.options >= 3.0;
    let options = c.options.max(1.0);
    let stem = (c.chars - c.option_chars).max(0.0);
    let mut all = [0.0; FEATURES];
    let looks: [f32; LOOKS] = [
        log(c.bytes),
        log(c.words),
        log(stem),
        is(choice),
        log(c.option_chars / options),
        c.option_digits / c.option_chars.max(1.0),
        // Answers made of the same few words are combinations: each has to be checked part by part.
        if choice { 1.0 - c.option_distinct / c.option_words.max(1.0) } else { 0.0 },
        c.letters / words,
        c.long_words / words,
        c.very_long_words / words,
        c.short_words / words,
        c.letters_alone.ln_1p(),
        c.shouted / words,
        c.names / words,
        c.distinct / words,
        log(c.numbers),
        c.numbers / words,
        log(c.large_numbers),
        log(c.decimals),
        log(c.ratios),
        log(c.percents),
        log(c.currency),
        log(c.maths_signs),
        c.maths_signs / chars,
        log(c.latex),
        log(c.code_signs + c.statements),
        log(c.sentences),
        log(words / c.sentences.max(1.0)),
        log(c.questions),
        is(c.questions > 0.0),
        log(c.commas),
        c.commas / words,
        log(c.quotes),
        log(c.brackets),
        log(c.braces),
        log(c.blanks),
        log(c.lines),
        log(c.blank_lines),
        log(c.indented),
        log(c.items),
        log(c.fences + c.backticks),
        c.foreign / c.letters.max(1.0),
        c.wide / c.letters.max(1.0),
        c.upper / c.letters.max(1.0),
    ];
    let (look, kinds) = all.split_at_mut(LOOKS);
    look.copy_from_slice(&looks);
    for (feature, count) in kinds.iter_mut().zip(votes.words) {
        *feature = log(count);
    }
    all
}

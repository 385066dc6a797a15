//! Which kind of work a prompt asks for: words of the lexicon and the look of the text vote.

use super::{
    lexicon::{Kind, LEXICON},
    scan::Scan,
};
use domain::PromptClass;

/// Words at either end that count in full: what is to be done is said before or behind the material.
const NEAR: u16 = 28;

/// What the words of a prompt add up to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Votes {
    /// By [`Kind`], nearness to an end included.
    pub kinds: [f32; super::lexicon::KINDS],
    /// How many words there were of each kind, wherever they stood.
    pub words: [f32; super::lexicon::KINDS],
}

impl Votes {
    /// Adds up.
    pub fn of(scan: &Scan) -> Self {
        let words = scan.counts.words as u16;
        let mut votes = Self::default();
        for hit in scan.hits() {
            let near = hit.at.min(words.saturating_sub(hit.at + 1));
            let weight = match near {
                0..4 if hit.at < 4 => 1.5,
                0..NEAR => 1.0,
                _ => 0.25,
            };
            let marks = LEXICON.marks(hit.entry);
            for ((vote, count), mark) in votes.kinds.iter_mut().zip(&mut votes.words).zip(marks) {
                *vote += f32::from(*mark) * weight;
                *count += f32::from(u8::from(*mark > 0));
            }
        }
        votes
    }

    /// One kind's.
    pub const fn get(&self, kind: Kind) -> f32 {
        self.kinds[kind as usize]
    }
}

/// The class that has most to say for itself.
pub(super) fn class(scan: &Scan, votes: &Votes) -> PromptClass {
    let counts = &scan.counts;
    if counts.letters < 2.0 && counts.digits < 2.0 || counts.junk > 0.05 * counts.chars {
        return PromptClass::Other;
    }
    let scores = scores(scan, votes);
    let mut best = (PromptClass::Other, 0.9);
    for (class, score) in scores {
        if score > best.1 {
            best = (class, score);
        }
    }
    best.0
}

fn scores(scan: &Scan, votes: &Votes) -> [(PromptClass, f32); 7] {
    let counts = &scan.counts;
    let lines = counts.lines.max(1.0);
    let words = counts.words.max(1.0);
    // How much of it looks like a program.
    let program = 3.0 * counts.fences.min(2.0)
        + 14.0 * (counts.statements / lines).min(0.5)
        + 30.0 * (counts.code_signs / words).min(0.2)
        + 40.0 * (counts.braces / counts.chars.max(1.0)).min(0.1)
        + counts.backticks.min(4.0) * 0.5;
    let formula = 30.0 * (counts.maths_signs / counts.chars.max(1.0)).min(0.1)
        + 12.0 * (counts.numbers / words).min(0.4)
        + counts.latex.min(8.0) * 0.6;
    let towards = votes.get(Kind::Language).min(2.0) * votes.get(Kind::Into).min(2.0);
    let asked = if counts.questions > 0.0 || votes.get(Kind::Ask) > 0.0 { 1.0 } else { 0.0 };
    let small = (24.0 - words).max(0.0) / 24.0;
    let given = (counts.words / 60.0).min(1.0) + votes.get(Kind::Given).min(2.0) * 0.5;
    [
        (PromptClass::Code, votes.get(Kind::Code) + program),
        (PromptClass::Writing, votes.get(Kind::Writing) * 1.1),
        (PromptClass::Analysis, votes.get(Kind::Analysis) + 0.1 * asked),
        (PromptClass::Maths, votes.get(Kind::Maths) + formula - 0.4 * program),
        (
            PromptClass::Extraction,
            votes.get(Kind::Extraction) * 1.05
                + 0.5 * given * f32::from(u8::from(votes.get(Kind::Extraction) > 2.0)),
        ),
        (PromptClass::Translation, votes.get(Kind::Translation) * 1.3 + 2.5 * towards),
        (PromptClass::Chat, votes.get(Kind::Chat) * (0.4 + 0.6 * small) + asked + small),
    ]
}

//! How much work a prompt is, and how much it needs a strong model.

use super::{kind::Votes, lexicon::Kind, scan::Scan};
use domain::PromptClass;

/// How much work it is, 0..1: its length, the steps and demands it names, the thought it asks for.
pub(super) fn complexity(scan: &Scan, votes: &Votes, class: PromptClass) -> f32 {
    let counts = &scan.counts;
    let per = |value: f32, half: f32| value / (value + half);
    let base = match class {
        PromptClass::Code | PromptClass::Maths => 0.18,
        PromptClass::Analysis => 0.14,
        PromptClass::Writing | PromptClass::Extraction => 0.06,
        PromptClass::Translation => 0.02,
        PromptClass::Chat | PromptClass::Other => 0.0,
    };
    let score = base
        + 0.30 * per(counts.bytes, 2_500.0)
        + 0.20 * per(votes.get(Kind::Reason), 4.0)
        + 0.14 * per(votes.get(Kind::Demand) + counts.items, 6.0)
        + 0.10 * per(votes.get(Kind::Step), 5.0)
        + 0.10 * per(counts.numbers + counts.latex + counts.maths_signs, 12.0)
        + 0.08 * per(counts.fences + counts.statements, 6.0)
        - 0.05 * per(votes.get(Kind::Easy), 1.0);
    score.clamp(0.0, 1.0)
}

/// What the outcomes that the weights were fitted to do not speak of: they are questions with one right answer.
/// In deviations, like the gain.
pub(super) fn beyond(scan: &Scan, votes: &Votes, class: PromptClass) -> f32 {
    let counts = &scan.counts;
    let thought = (votes.words[Kind::Reason as usize] / 3.0).min(1.0);
    match class {
        // A greeting, not a question.
        PromptClass::Chat if counts.words < 8.0 && counts.questions == 0.0 && votes.get(Kind::Ask) == 0.0 => {
            -2.5
        }
        PromptClass::Translation => -0.8,
        PromptClass::Other if counts.letters < 8.0 => -2.0,
        PromptClass::Maths => 0.6 * thought,
        // A program to be changed as a whole is more than a function to be written.
        PromptClass::Code => 0.5 * thought + 0.8 * (counts.bytes / 4_096.0).min(4.0) / 4.0,
        _ => 0.0,
    }
}

/// A gain in deviations as a figure between 0 and 1; the usual prompt is in the middle.
pub(crate) fn strength(gain: f32) -> f32 {
    1.0 / (1.0 + (-1.2 * gain).exp())
}

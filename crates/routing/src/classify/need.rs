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

/// How much it needs a strong model, 0..1.
pub(super) fn strength(scan: &Scan, votes: &Votes, class: PromptClass, complexity: f32) -> f32 {
    let lift = 0.15 * (votes.get(Kind::Reason) / (votes.get(Kind::Reason) + 3.0))
        + 0.05 * (votes.get(Kind::Negation) / (votes.get(Kind::Negation) + 2.0));
    let ease = if class == PromptClass::Chat && scan.counts.words < 12.0 { 0.1 } else { 0.0 };
    (0.1 + complexity + lift - ease).clamp(0.0, 1.0)
}

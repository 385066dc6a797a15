//! How good a model's answers are, as far as leaderboards tell: 0 to 1.

use domain::PromptClass;
use std::collections::HashMap;

/// A leaderboard's figure for a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Which leaderboard: `lmarena-text`, `lmarena-vision`.
    pub board: String,
    /// The figure as published.
    pub value: f32,
    /// How many votes made it.
    pub votes: u32,
    /// Who published it.
    pub source: String,
    /// Of which day it is, as `YYYY-MM-DD`.
    pub date: String,
}

/// How good a model is at a class of prompts, and how that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality<'a> {
    /// Twice the chance of being preferred to the board's best model: 1 is the best there is.
    pub value: f32,
    /// The figure that it was made from.
    pub score: &'a Score,
    /// The model that was measured, where it is not this one but an earlier version of its line.
    pub of: Option<&'a str>,
}

/// What leaderboards say, by canonical id.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    by_model: HashMap<String, Vec<Score>>,
    /// Each board's best figure.
    best: HashMap<String, f32>,
    /// Measured models of one line, such as `claude opus` and `gpt mini`, with their versions.
    lines: HashMap<String, Vec<(Vec<u32>, String)>>,
}

impl Scores {
    pub(super) fn new(all: impl IntoIterator<Item = (String, Score)>) -> Self {
        let mut made = Self::default();
        for (model, score) in all {
            let best = made.best.entry(score.board.clone()).or_insert(score.value);
            *best = best.max(score.value);
            let known = made.by_model.entry(model).or_default();
            match known.iter_mut().find(|known| known.board == score.board) {
                // A newer figure replaces an older one; of one day the best counts: boards list modes of one
                // model apart.
                Some(old) if score.date > old.date || score.date == old.date && score.value > old.value => {
                    *old = score;
                }
                Some(_) => {}
                None => known.push(score),
            }
        }
        for model in made.by_model.keys() {
            if let Some((line, version)) = super::resolve::line(model) {
                made.lines.entry(line).or_default().push((version, model.clone()));
            }
        }
        made
    }

    /// All figures of a model.
    pub fn of(&self, model: &str) -> &[Score] {
        self.by_model.get(model).map_or(&[], Vec::as_slice)
    }

    /// Everything, for adding to it.
    pub(super) fn all(&self) -> impl Iterator<Item = (String, Score)> + '_ {
        self.by_model.iter().flat_map(|(model, scores)| scores.iter().map(|s| (model.clone(), s.clone())))
    }

    /// How good a model, by its canonical id, is at a class of prompts. One that nobody measured counts as
    /// the best earlier version of its line, which it came to replace; `None` where there is none either.
    pub fn quality(&self, model: &str, class: PromptClass) -> Option<Quality<'_>> {
        if let Some((score, value)) = self.measured(model, class) {
            return Some(Quality { value, score, of: None });
        }
        let (line, version) = super::resolve::line(model)?;
        let earlier = self.lines.get(&line)?.iter().filter(|(known, _)| *known <= version);
        earlier
            .filter_map(|(_, of)| {
                let (score, value) = self.measured(of, class)?;
                Some(Quality { value, score, of: Some(of) })
            })
            .max_by(|a, b| a.value.total_cmp(&b.value))
    }

    fn measured(&self, model: &str, class: PromptClass) -> Option<(&Score, f32)> {
        let scores = self.of(model);
        let score = boards(class).into_iter().find_map(|board| scores.iter().find(|s| s.board == board))?;
        let best = self.best.get(&score.board).copied().unwrap_or(score.value);
        let chance = 1.0 / (1.0 + 10_f32.powf((best - score.value) / 400.0));
        Some((score, 2.0 * chance))
    }
}

/// Leaderboards that say something of a class, the closest first.
fn boards(class: PromptClass) -> [&'static str; 2] {
    let closest = match class {
        PromptClass::Code => "lmarena-coding",
        PromptClass::Maths => "lmarena-math",
        PromptClass::Writing => "lmarena-creative-writing",
        _ => "lmarena-text",
    };
    [closest, "lmarena-text"]
}

#[cfg(test)]
mod tests {
    use super::{super::names, *};

    #[test]
    fn measured_models_are_as_good_as_their_board_says_and_later_ones_as_their_predecessors() {
        let scores = &names::bundled().scores;
        let of = |name: &str| {
            let model = super::super::resolve_name(name, "").unwrap().model;
            scores.quality(&model, PromptClass::Chat).unwrap()
        };
        let pro = of("gemini-2.5-pro");
        assert!((pro.value - 1.0).abs() < 1e-6 && pro.of.is_none() && pro.score.board == "lmarena-text");
        assert_eq!(of("models/gemini-2.5-pro"), pro);
        let strong = of("us.anthropic.claude-opus-4-20250514-v1:0");
        assert!(strong.value < pro.value && strong.value > of("gpt-3.5-turbo-0125").value);
        let newer = of("claude-opus-4.7");
        assert!(newer.value >= strong.value && newer.of.is_some(), "{newer:?}");
        let quality = |provider: &str, name: &str| {
            let found = super::super::resolve_name(name, provider)?;
            scores.quality(&found.model, PromptClass::Code).map(|quality| quality.value)
        };
        assert_eq!(quality("openai", "our-own-deployment"), None);
        assert_eq!(quality("", ""), None);
        // A small one is not its large sister.
        assert!(of("gpt-4.1-nano").value < of("gpt-4.1").value);
    }
}

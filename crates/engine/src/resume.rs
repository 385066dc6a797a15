//! Answers that broke off after their first words and are gone on with by somebody else, where a policy wishes
//! that (`on_cut = "resume"`): what both lanes need of it.
//!
//! The next target is sent what came so far as the beginning of its own answer. Only text can be begun with: who
//! was cut while it called a tool, or made a picture, has failed.

use dialects::Delta;
use domain::{Dialect, Params, Part, Usage};
use providers::Provider;

/// What somebody else can go on with: the texts, without what was thought. `None` where there is none, or more
/// than that.
pub(crate) fn beginning(parts: &[Part]) -> Option<Vec<Part>> {
    let only_text = parts.iter().all(|part| matches!(part, Part::Text { .. } | Part::Reasoning { .. }));
    let texts: Vec<Part> = parts.iter().filter(|part| matches!(part, Part::Text { .. })).cloned().collect();
    let said = texts.iter().any(|part| matches!(part, Part::Text { text } if !text.trim().is_empty()));
    (only_text && said).then_some(texts)
}

/// Whether a provider goes on with an answer that was begun. Who does not would begin anew in the middle of one.
pub(crate) fn goes_on(provider: &Provider, params: &Params) -> bool {
    let dialect = dialects::spoken(provider.dialect, &provider.quirks, params);
    dialects::supports_prefill(dialect, &provider.quirks)
}

/// An answer is as long as it may be.
pub(crate) struct Full;

/// How many tokens the rest of an answer may have, where that is limited.
pub(crate) fn left(most: Option<u32>, used: &Usage) -> Result<Option<u32>, Full> {
    let said = used.output.unwrap_or(0).saturating_add(used.reasoning.unwrap_or(0));
    match most.map(|most| most.saturating_sub(said)) {
        Some(0) => Err(Full),
        left => Ok(left),
    }
}

/// Where two answers meet. White space at the end of what one begins with is refused by some providers and not
/// sent to them: they say it again, and it is taken out here.
#[derive(Debug, Default)]
pub(crate) struct Seam(String);

impl Seam {
    /// Behind these texts, for whoever speaks this.
    pub(crate) fn behind(texts: &[Part], dialect: Dialect) -> Self {
        if !dialects::trims_prefill(dialect) {
            return Self::default();
        }
        let last = texts.iter().rev().find_map(|part| match part {
            Part::Text { text } if !text.is_empty() => Some(text),
            _ => None,
        });
        Self(last.map_or_else(String::new, |text| text[text.trim_end().len()..].to_owned()))
    }

    /// Takes out of the first texts what was said before them.
    pub(crate) fn join(&mut self, deltas: &mut Vec<Delta>) {
        if self.0.is_empty() {
            return;
        }
        for delta in deltas.iter_mut() {
            let Delta::Text(text) = delta else { continue };
            let same = text.bytes().zip(self.0.bytes()).take_while(|(new, old)| new == old).count();
            // All of it is white space of one kind or another: never cut within a character.
            let same = (0..=same).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            self.0 = if same == text.len() { self.0.split_off(same) } else { String::new() };
            text.drain(..same);
            if self.0.is_empty() {
                break;
            }
        }
        deltas.retain(|delta| !matches!(delta, Delta::Text(text) if text.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_are_begun_with() {
        let thought = Part::Reasoning { text: "hm".to_owned(), signature: None, sealed: None, id: None };
        assert_eq!(beginning(std::slice::from_ref(&thought)), None);
        assert_eq!(beginning(&[thought, Part::text("So")]), Some(vec![Part::text("So")]));
        assert_eq!(beginning(&[Part::text(" \n")]), None);
        let image = Part::Raw { dialect: domain::Dialect::Gemini, json: "{}".to_owned() };
        assert_eq!(beginning(&[Part::text("So"), image]), None);
    }

    #[test]
    fn white_space_where_two_answers_meet_is_said_once() {
        let met = |before: &str, after: &[&str]| -> String {
            let mut seam = Seam::behind(&[Part::text(before)], Dialect::AnthropicMessages);
            let mut said = before.to_owned();
            for text in after {
                let mut deltas = vec![Delta::Text((*text).to_owned())];
                seam.join(&mut deltas);
                said.extend(deltas.into_iter().filter_map(|delta| match delta {
                    Delta::Text(text) => Some(text),
                    _ => None,
                }));
            }
            said
        };
        assert_eq!(met("one ", &[" two"]), "one two");
        assert_eq!(met("one\n\n", &["\n", "\n", "two", "\nthree"]), "one\n\ntwo\nthree");
        assert_eq!(met("one ", &["two ", " three"]), "one two  three");
        assert_eq!(met("one", &[" two"]), "one two");
        // Who is sent all of it says nothing of it again.
        assert!(Seam::behind(&[Part::text("one ")], Dialect::Ollama).0.is_empty());
        assert_eq!(met("one\u{2003}", &["\u{2002}two"]), "one\u{2003}\u{2002}two");
    }
}

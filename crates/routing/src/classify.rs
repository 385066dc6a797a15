//! What a prompt asks for, how much work it is, and how much it needs a strong model.
//!
//! One pass over at most 4 KB of its head and tail, in this process, without allocating: words found in a
//! lexicon of many languages, counts of what stands between them, and weights that were fitted to recorded
//! outcomes (`training/`). What it reaches on prompts that it was not fitted to is in `docs/routing.md`.

mod calibrate;
mod features;
mod kind;
mod lexicon;
mod need;
mod scan;
mod weights;

use domain::PromptClass;
use lexicon::LEXICON;
use weights::WEIGHTS;

pub use calibrate::{Calibration, Outcome, TooFew};
pub use features::FEATURES;

/// What is known of a prompt before anybody answered it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classified {
    /// The kind of work.
    pub class: PromptClass,
    /// How much work it is, 0 to 1.
    pub complexity: f32,
    /// How much it needs a strong model, 0 to 1: a higher one gains more by being sent to one.
    pub strength: f32,
}

/// Looks at the last thing that the user said. Pure: the same text is always classified the same.
#[must_use]
pub fn classify(text: &str) -> Classified {
    classify_by(text, None)
}

/// The same, with the strength as one's own outcomes corrected it.
#[must_use]
pub fn classify_by(text: &str, calibration: Option<&Calibration>) -> Classified {
    let scan = scan::Scan::of(text, &LEXICON);
    let votes = kind::Votes::of(&scan);
    let class = kind::class(&scan, &votes);
    let numbers = features::features(&scan, &votes);
    let gain = WEIGHTS.gain(&numbers) + need::beyond(&scan, &votes, class);
    let gain = calibration.map_or(gain, |calibration| calibration.gain(gain, &numbers));
    Classified { class, complexity: need::complexity(&scan, &votes, class), strength: need::strength(gain) }
}

/// The numbers that describe a prompt, from which its strength is computed; for training.
#[must_use]
pub fn features(text: &str) -> [f32; FEATURES] {
    let scan = scan::Scan::of(text, &LEXICON);
    features::features(&scan, &kind::Votes::of(&scan))
}

/// What calibration starts from: the numbers as deviations, and the gain before it.
fn described(text: &str) -> (f32, [f32; FEATURES]) {
    let scan = scan::Scan::of(text, &LEXICON);
    let votes = kind::Votes::of(&scan);
    let class = kind::class(&scan, &votes);
    let numbers = features::features(&scan, &votes);
    (WEIGHTS.gain(&numbers) + need::beyond(&scan, &votes, class), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_requests_are_told_apart_in_several_languages() {
        for (text, class) in [
            ("hi", PromptClass::Chat),
            ("Translate this sentence to French: the cat sleeps", PromptClass::Translation),
            ("Übersetze das ins Englische: guten Abend", PromptClass::Translation),
            ("请把这句话翻译成英文:今天天气很好", PromptClass::Translation),
            ("Write a Python function that reverses a linked list", PromptClass::Code),
            ("Write a poem about the sea in autumn", PromptClass::Writing),
            ("Prove that there are infinitely many primes", PromptClass::Maths),
            ("Summarize the following meeting notes in three bullet points", PromptClass::Extraction),
            ("Analyse the pros and cons of a carbon tax", PromptClass::Analysis),
            ("", PromptClass::Other),
        ] {
            assert_eq!(classify(text).class, class, "{text}");
        }
    }

    /// How many prompts of a fixture get the class that was written beside them.
    fn right(fixture: &str) -> (usize, usize) {
        let lines: Vec<(&str, &str)> = fixture.lines().filter_map(|line| line.split_once('\t')).collect();
        let right = lines.iter().filter(|(class, text)| classify(text).class.as_str() == *class).count();
        (right, lines.len())
    }

    /// `heldout.tsv` was written before the words were tuned, and is not tuned to: look at `tuning.tsv` only.
    #[test]
    fn seventeen_of_twenty_prompts_that_nothing_was_tuned_to_are_classified_right() {
        let (tuned, of) = right(include_str!("../fixtures/tuning.tsv"));
        assert!(tuned * 20 >= of * 18, "{tuned} of {of} that it was tuned to");
        let (held_out, of) = right(include_str!("../fixtures/heldout.tsv"));
        assert!(held_out * 20 >= of * 17, "{held_out} of {of}");
        assert!(of > 100);
    }

    #[test]
    fn a_large_file_to_be_reworked_is_hard_whatever_its_length_and_a_greeting_is_not() {
        let file =
            "pub fn step(state: &mut State) -> Result<(), Error> {\n    state.advance()?;\n    Ok(())\n}\n\n";
        let asked = format!("Refactor this module so that errors keep their cause.\n\n{}", file.repeat(400));
        let found = classify(&asked);
        assert_eq!(found.class, PromptClass::Code);
        assert!(found.strength > 0.5 && found.complexity > 0.4, "{found:?}");
        assert!(classify("hi").strength < 0.2 && classify("你好").strength < 0.2);
    }

    #[test]
    fn any_text_gets_figures_between_nought_and_one() {
        let binary: String = (0_u8..=255).map(char::from).cycle().take(5_000).collect();
        for text in [
            "",
            " ",
            "\n",
            "?",
            &"漢字".repeat(5_000),
            &"x".repeat(1 << 20),
            &binary,
            &"\u{fffd}".repeat(9_000),
            "🙂🙂",
        ] {
            let found = classify(text);
            assert!(
                (0.0..=1.0).contains(&found.complexity) && (0.0..=1.0).contains(&found.strength),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_has_to_be_thought_through_needs_a_stronger_model_than_a_greeting() {
        let proof = classify(
            "Prove that every bounded monotone sequence of real numbers converges, and say where completeness is used.",
        );
        assert!(proof.strength > classify("hi").strength + 0.1);
    }
}

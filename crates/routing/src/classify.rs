//! What a prompt asks for, how much work it is, and how much it needs a strong model.
//!
//! One pass over at most 4 KB of its head and tail, in this process, without allocating: words found in a
//! lexicon of many languages, counts of what stands between them, and weights that were fitted to recorded
//! outcomes (`training/`). What it reaches on prompts that it was not fitted to is in `docs/routing.md`.

mod kind;
mod lexicon;
mod need;
mod scan;

use domain::PromptClass;
use lexicon::LEXICON;

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
    let scan = scan::Scan::of(text, &LEXICON);
    let votes = kind::Votes::of(&scan);
    let class = kind::class(&scan, &votes);
    let complexity = need::complexity(&scan, &votes, class);
    Classified { class, complexity, strength: need::strength(&scan, &votes, class, complexity) }
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

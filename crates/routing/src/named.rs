//! Names that are no route: what they mean, in the order in which it is tried.

use domain::{Candidate, Decision, Target};

/// What is known of one target that the request could mean, in the caller's order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whom.
    pub target: Target,
    /// Why it cannot be asked now; `None` when it can.
    pub unusable: Option<String>,
}

/// Chooses among what `requested` means: usable candidates in the order given, the first to be
/// asked, the rest to fall back to. Those that cannot be asked are kept with the reason.
#[must_use]
pub fn named(requested: &Target, known: &[Known]) -> Decision {
    let order: Vec<Target> =
        known.iter().filter(|k| k.unusable.is_none()).map(|k| k.target.clone()).collect();
    let reason = match (order.as_slice(), known.len()) {
        ([], 0) => format!("nothing answers to `{requested}`"),
        ([], n) => format!("none of {n} targets of `{requested}` can be asked"),
        ([only], 1) if only == requested => "you asked for this target".to_owned(),
        ([only], 1) => format!("`{requested}` means `{only}`"),
        ([first, ..], n) => format!("first of {n} targets of `{requested}` that can be asked: `{first}`"),
    };
    let candidates = known
        .iter()
        .map(|k| Candidate {
            target: k.target.clone(),
            excluded: k.unusable.clone(),
            score: None,
            parts: Vec::new(),
        })
        .collect();
    Decision { requested: requested.clone(), order, reason, candidates, routed: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(target: &str, unusable: Option<&str>) -> Known {
        Known { target: target.parse().unwrap(), unusable: unusable.map(str::to_owned) }
    }

    #[test]
    fn a_target_that_cannot_be_asked_is_passed_over_and_the_reason_kept() {
        let decision = named(&"fast".parse().unwrap(), &[known("a/x", Some("disabled")), known("b/y", None)]);
        assert_eq!(decision.order, ["b/y".parse().unwrap()]);
        assert_eq!(decision.candidates[0].excluded.as_deref(), Some("disabled"));
    }

    #[test]
    fn asking_for_a_target_by_name_says_so() {
        let decision = named(&"a/x".parse().unwrap(), &[known("a/x", None)]);
        assert_eq!(decision.reason, "you asked for this target");
    }
}

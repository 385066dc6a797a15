//! Policies, ready to decide by.

use domain::{EXPRESSION_FIGURES, Policy, Profile, ScoreName, Target};
use exmex::{Express, FlatEx};

/// A policy with its expression read.
#[derive(Debug, Clone)]
pub struct ReadyPolicy {
    pub(crate) policy: Policy,
    pub(crate) expression: Option<Expression>,
}

impl ReadyPolicy {
    /// Reads what has to be read.
    ///
    /// # Errors
    /// When the expression cannot be read, or names what there is not.
    pub fn new(policy: Policy) -> Result<Self, String> {
        let expression = policy.score.as_deref().map(Expression::read).transpose()?;
        Ok(Self { policy, expression })
    }

    /// The policy of a profile, as shipped.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self { policy: Policy::of(profile), expression: None }
    }

    /// The policy itself.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// An expression over the parts of a score.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    read: FlatEx<f64>,
    /// What its variables stand for, in the order in which it takes them.
    takes: Vec<Takes>,
}

#[derive(Debug, Clone, Copy)]
enum Takes {
    Part(usize),
    Figure(usize),
}

impl Expression {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let read: FlatEx<f64> = exmex::parse(&domain::with_names_in_braces(text))
            .map_err(|error| format!("the expression cannot be read: {error}"))?;
        let takes = read.var_names().iter().map(|name| {
            let part = ScoreName::ALL.iter().position(|part| part.as_str() == name);
            let figure = EXPRESSION_FIGURES.iter().position(|figure| figure == name);
            part.map(Takes::Part).or(figure.map(Takes::Figure)).ok_or_else(|| {
                let known: Vec<&str> = domain::expression_names().collect();
                format!("the expression names `{name}`; it may name {}", known.join(", "))
            })
        });
        let takes = takes.collect::<Result<_, _>>()?;
        Ok(Self { read, takes })
    }

    /// What it comes to; `None` where that is no number.
    pub(crate) fn value(&self, parts: &[f32], figures: [f64; EXPRESSION_FIGURES.len()]) -> Option<f64> {
        // Each variable once, and there are no more than these.
        let mut values = [0.0; ScoreName::ALL.len() + EXPRESSION_FIGURES.len()];
        for (value, takes) in values.iter_mut().zip(&self.takes) {
            *value = match takes {
                Takes::Part(at) => parts.get(*at).copied().map_or(0.0, f64::from),
                Takes::Figure(at) => figures[*at],
            };
        }
        self.read.eval(&values[..self.takes.len()]).ok().filter(|value| value.is_finite())
    }
}

/// Whether a policy's patterns let a target in.
pub(crate) fn fits_any(patterns: &[String], target: &Target) -> bool {
    patterns.iter().any(|pattern| domain::pattern_fits(pattern, target.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_names_parts_of_the_score_and_figures_of_the_request() {
        let expression = Expression::read("0.5*quality + max(cost, 0.25) - usd*2").unwrap();
        let mut parts = [0.0; 8];
        (parts[0], parts[2]) = (0.8, 0.1);
        let value = expression.value(&parts, [0.0, 0.0, 0.0, 0.0, 0.1, 0.0]).unwrap();
        assert!((value - 0.45).abs() < 1e-6, "{value}");
        assert_eq!(Expression::read("1/speed").unwrap().value(&[0.0; 8], [0.0; 6]), None);
    }

    #[test]
    fn an_expression_that_names_what_there_is_not_says_what_there_is() {
        let error = Expression::read("qualty * 2").unwrap_err();
        assert!(error.contains("`qualty`") && error.contains("reliability"), "{error}");
        assert!(Expression::read("quality +* 2").is_err());
    }
}

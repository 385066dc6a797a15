//! Simulated models.
use crate::{ChatRequest, Delta, DialectError};
use domain::Failure;

/// What a simulated model does, step by step.
#[derive(Debug, Clone)]
pub struct Script {
    steps: std::vec::IntoIter<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Let this time pass.
    Wait {
        /// Milliseconds.
        ms: u32,
    },
    /// Say this.
    Delta(Delta),
    /// Fail like this; nothing follows.
    Fail(Failure),
    /// The stream breaks off without its terminal event; nothing follows.
    Cut,
}

impl Iterator for Script {
    type Item = Step;
    fn next(&mut self) -> Option<Step> {
        self.steps.next()
    }
}

/// What `model` answers to `request`. `attempt` counts calls of one completion from 0.
pub fn script(_model: &str, _request: &ChatRequest, _attempt: u32) -> Result<Script, DialectError> {
    Ok(Script { steps: Vec::new().into_iter() })
}

/// Ready-made models: id and description.
#[must_use]
pub fn models() -> &'static [(&'static str, &'static str)] {
    &[("steady", "50 tokens per second")]
}

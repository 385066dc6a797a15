//! What stands for the description in a program that only shows it.

use super::query::Param;

/// What can be described.
pub(crate) trait Shape {}
impl<T> Shape for T {}

/// What is told of an operation.
pub(crate) struct Told;

#[expect(clippy::unused_self, reason = "the other one, which tests have, remembers what it is told")]
impl Told {
    pub(crate) const fn new(_: &'static str, _: &'static str) -> Self {
        Self
    }

    pub(crate) const fn query(&mut self, _: &'static [Param]) {}

    pub(crate) const fn takes<T: Shape>(&mut self, _: bool) {}

    pub(crate) const fn takes_json(&mut self) {}

    pub(crate) const fn answers<T: Shape>(&mut self, _: u16) {}

    pub(crate) const fn answers_list<T: Shape>(&mut self) {}

    pub(crate) const fn answers_nothing(&mut self) {}

    pub(crate) const fn answers_as(&mut self, _: u16, _: &'static [&'static str]) {}
}

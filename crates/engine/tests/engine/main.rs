//! The engine against a provider that misbehaves on request, with a real store.

mod asking;
mod faults;
mod ground;
mod lasting;
mod stopping;
mod watching;

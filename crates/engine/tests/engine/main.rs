//! The engine against a provider that misbehaves on request, with a real store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

mod asking;
mod faults;
mod ground;
mod lasting;
mod stopping;
mod watching;

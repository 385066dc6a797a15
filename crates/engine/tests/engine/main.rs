//! The engine against a provider that misbehaves on request, with a real store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

mod again;
mod asking;
mod breakers;
mod catalog;
mod columns;
mod data;
mod estimating;
mod faults;
mod folder_budgets;
mod forest;
mod ground;
mod health;
mod hedging;
mod judging;
mod keys;
mod lasting;
mod learning;
mod media;
mod moving;
mod processes;
mod resumed;
mod routing;
mod stopping;
mod tree;
mod virtual_keys;
mod watching;

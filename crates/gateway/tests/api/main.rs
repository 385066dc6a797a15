//! The native API over a real engine, through real sockets: what each operation does, what keys may,
//! and what comes of asking it wrongly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

mod contract;
mod keys;
mod page;
mod policies;
mod schema;
mod tree;
mod watching;
mod world;

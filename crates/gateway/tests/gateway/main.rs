//! The gateway over a real engine, through real sockets: each guard, and what happens without it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

mod guards;
mod ops;
mod pages;
mod world;

//! The gateway over a real engine, through real sockets: each guard, and what happens without it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

mod asking;
mod cached;
mod canned;
mod clients;
mod faults;
mod folders;
mod guards;
mod headers;
mod hedged;
mod keys;
mod leaving;
mod lossless;
mod metering;
mod once;
mod ops;
mod pages;
mod placing;
mod protection;
mod recorded;
mod responses;
mod resumed;
mod routing;
mod slow;
mod told;
mod wire;
mod world;

//! `orch` through its public doors: its contract for scripts, its crashes, and recorded providers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

#[path = "orch/asking.rs"]
mod asking;
#[path = "orch/canary.rs"]
mod canary;
#[path = "orch/contract.rs"]
mod contract;
#[path = "orch/crashes.rs"]
mod crashes;
#[path = "orch/full_disk.rs"]
mod full_disk;
#[path = "orch/keeping.rs"]
mod keeping;
#[path = "orch/keys.rs"]
mod keys;
#[path = "orch/memory.rs"]
mod memory;
#[path = "orch/money.rs"]
mod money;
#[path = "orch/moving.rs"]
mod moving;
#[path = "orch/pdfs.rs"]
mod pdfs;
#[path = "orch/recordings.rs"]
mod recordings;
#[path = "orch/routing.rs"]
mod routing;
#[path = "orch/serve.rs"]
mod serve;
#[path = "orch/world.rs"]
mod world;

//! The real app in a real window, as a person with a screen reader would use it, one journey each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

#[path = "desktop/branching.rs"]
mod branching;
#[path = "desktop/branching_keys.rs"]
mod branching_keys;
#[path = "desktop/columns.rs"]
mod columns;
#[path = "desktop/daily.rs"]
mod daily;
#[path = "desktop/gateway.rs"]
mod gateway;
#[path = "desktop/hostile.rs"]
mod hostile;
#[path = "desktop/judging.rs"]
mod judging;
#[path = "desktop/keyboard.rs"]
mod keyboard;
#[path = "desktop/keychain.rs"]
mod keychain;
#[path = "desktop/keys_only.rs"]
mod keys_only;
#[path = "desktop/killed.rs"]
mod killed;
#[path = "desktop/memory.rs"]
mod memory;
#[path = "desktop/moving.rs"]
mod moving;
#[path = "desktop/parameters.rs"]
mod parameters;
#[path = "desktop/pruning.rs"]
mod pruning;
#[path = "desktop/routing.rs"]
mod routing;
#[path = "desktop/stage.rs"]
mod stage;
#[path = "desktop/steps.rs"]
mod steps;
#[path = "desktop/vault.rs"]
mod vault;

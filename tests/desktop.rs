//! The real app in a real window, as a person with a screen reader would use it, one journey each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

#[path = "desktop/daily.rs"]
mod daily;
#[path = "desktop/hostile.rs"]
mod hostile;
#[path = "desktop/keyboard.rs"]
mod keyboard;
#[path = "desktop/keychain.rs"]
mod keychain;
#[path = "desktop/killed.rs"]
mod killed;
#[path = "desktop/stage.rs"]
mod stage;

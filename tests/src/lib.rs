//! The whole, through its public doors: what the tests in this folder share.
//!
//! Nothing here knows the inside of a crate. Programs are started as a user would start them, and
//! read through what they print, what they serve, and what a screen reader would find in the window.

pub mod canary;
pub mod crash;
pub mod desktop;
pub mod keyring;
pub mod memory;
pub mod observer;
pub mod orch;
pub mod places;
pub mod process;
pub mod tap;
pub mod webdriver;

//! Provider keys: lent for one call, never kept where others could read them.
//!
//! A key is looked for in what was entered for this session, then in the environment, then in the
//! operating system's keychain. The keychain is asked only when a key is needed, on a thread of its
//! own, one call at a time and each within a bound, because a keychain can be locked, missing or
//! mute. Every stored key carries the origin it was saved for and is lent to no other.
//!
//! Deliberately not here: writing a key to a file, a log or the database. Nothing in this crate does.

mod entry;
mod error;
mod key;
mod keychain;
mod lend;

pub use error::SecretError;
pub use key::SecretKey;
pub use keychain::{Keychain, OpenStore};
pub use lend::Secrets;

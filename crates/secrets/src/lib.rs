//! Provider keys: lent for one call, never kept where others could read them.
//!
//! A key is looked for in what was entered for this session, then in the environment, then in the
//! vault file if there is one, then in the operating system's keychain. The keychain is asked only when a key is needed, on a thread of its
//! own, one call at a time and each within a bound, because a keychain can be locked, missing or
//! mute. Every stored key carries the origin it was saved for and is lent to no other.
//!
//! Deliberately not here: writing a key in the clear, wherever that would be. The vault file, which
//! somebody has to create with a passphrase first, is encrypted.

mod entry;
mod error;
mod key;
mod keychain;
mod lend;
mod places;
mod process;
mod vault;

pub use error::SecretError;
pub use key::SecretKey;
pub use keychain::{Keychain, OpenStore};
pub use lend::{Known, Secrets};
pub use process::leave_no_dumps;
pub use vault::Vault;
#[cfg(feature = "fuzz")]
pub use vault::fuzz;

//! Doors for `fuzz/`: files of anybody's making, read with one key that was made from a passphrase once.

use super::file::{Entries, Kept, VaultFile, VaultKey};
use crate::{SecretError, SecretKey};
use std::sync::LazyLock;

static KEY: LazyLock<Option<VaultKey>> = LazyLock::new(|| VaultKey::new("correct horse").ok());

fn key() -> Result<&'static VaultKey, SecretError> {
    KEY.as_ref().ok_or(SecretError::WrongPassphrase)
}

/// Reads and opens a file; how many keys were in it.
pub fn open(bytes: &[u8]) -> Result<usize, SecretError> {
    Ok(VaultFile::parse(bytes)?.open(key()?)?.len())
}

/// A file that the key made, with one provider's key in it.
pub fn sealed() -> Vec<u8> {
    let entry = || {
        let key = SecretKey::new("sk-canary-0123456789abcdef").ok()?;
        let kept = Kept { origin: "https://api.example:443".to_owned(), key };
        Some(Entries::from([("acme".parse().ok()?, kept)]))
    };
    let file = || KEY.as_ref()?.seal(&entry()?).ok();
    file().unwrap_or_default()
}

/// Seals a text as it is, and opens the file again; how many keys were found in it.
pub fn open_sealed(text: &[u8]) -> Result<usize, SecretError> {
    open(&key()?.seal_text(text, Vec::new())?)
}

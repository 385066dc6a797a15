//! The vault file's format: JSON whose head is in the clear and authenticated, and one sealed text.
//!
//! The key is Argon2id of the passphrase with the second parameters that RFC 9106 recommends
//! (64 MiB, 3 passes, 4 lanes); each file says with which it was made, within bounds, so that a
//! foreign file can eat neither memory nor time. The sealed text is XChaCha20-Poly1305 with a fresh
//! random nonce for each writing, the head is its associated data.
//!
//! Which providers have a key in it stands in the head: so much is in `config.toml` too, and only
//! thus a locked vault can be told from one that has nothing to offer.
//!
//! A check sum tells damage from a wrong passphrase. It is no protection: whoever changes the file
//! on purpose can make it fit, and then the change cannot be told from a wrong passphrase.

use crate::{SecretError, SecretKey};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use domain::ProviderId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The only format there is.
const FORMAT: &str = "orchesity-vault";
const VERSION: u32 = 1;
/// Longest file that is read: thousands of keys.
pub(super) const MAX_BYTES: u64 = 4 << 20;
/// What a foreign file may ask for.
const MAX_MEMORY_KIB: u32 = 256 << 10;
const MIN_MEMORY_KIB: u32 = 8 << 10;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 16;

/// A key as it stands in the vault.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) origin: String,
    pub(super) key: SecretKey,
}

pub(super) type Entries = BTreeMap<ProviderId, Kept>;

/// What opens a vault; the same for all its writings until the passphrase changes.
#[derive(Clone)]
pub(super) struct VaultKey {
    kdf: Kdf,
    key: Zeroizing<[u8; 32]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    name: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    version: u32,
    kdf: Kdf,
    cipher: String,
    nonce: String,
    providers: Vec<ProviderId>,
}

/// A vault file that was read, not yet opened.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VaultFile {
    head: Head,
    sealed: String,
    checksum: String,
}

#[derive(Serialize)]
struct WrittenEntry<'a> {
    origin: &'a str,
    key: &'a str,
}

#[derive(Deserialize)]
struct ReadEntry {
    origin: String,
    key: Zeroizing<String>,
}

impl VaultKey {
    /// A key from a passphrase with a fresh salt. Takes about as long as a blink, and 64 MiB.
    pub(super) fn new(passphrase: &str) -> Result<Self, SecretError> {
        let salt: [u8; 16] = random()?;
        let kdf = Kdf {
            name: "argon2id".to_owned(),
            memory_kib: 64 << 10,
            passes: 3,
            lanes: 4,
            salt: STANDARD.encode(salt),
        };
        Self::derive(passphrase, kdf)
    }

    fn derive(passphrase: &str, kdf: Kdf) -> Result<Self, SecretError> {
        let bad = |what: &str| SecretError::VaultDamaged(what.to_owned());
        let bounded = kdf.name == "argon2id"
            && (MIN_MEMORY_KIB..=MAX_MEMORY_KIB).contains(&kdf.memory_kib)
            && (1..=MAX_PASSES).contains(&kdf.passes)
            && (1..=MAX_LANES).contains(&kdf.lanes);
        if !bounded {
            return Err(bad("it asks for more work or less protection than is allowed"));
        }
        let salt = STANDARD.decode(&kdf.salt).ok().filter(|salt| (16..=64).contains(&salt.len()));
        let salt = salt.ok_or_else(|| bad("its salt is none"))?;
        let params = Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(32))
            .map_err(|_| bad("its parameters do not fit together"))?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, &mut *key)
            .map_err(|_| SecretError::VaultFailed("the passphrase cannot be used".to_owned()))?;
        Ok(Self { kdf, key })
    }

    /// The file that holds these entries.
    pub(super) fn seal(&self, entries: &Entries) -> Result<Vec<u8>, SecretError> {
        let written: BTreeMap<&str, WrittenEntry<'_>> = entries
            .iter()
            .map(|(id, kept)| (id.as_str(), WrittenEntry { origin: &kept.origin, key: kept.key.expose() }))
            .collect();
        let text = serde_json::to_vec(&written).map(Zeroizing::new).map_err(|_| cannot_encrypt())?;
        self.seal_text(&text, entries.keys().cloned().collect())
    }

    /// The file whose sealed text this is.
    pub(super) fn seal_text(&self, text: &[u8], providers: Vec<ProviderId>) -> Result<Vec<u8>, SecretError> {
        let nonce: [u8; 24] = random()?;
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            kdf: self.kdf.clone(),
            cipher: "xchacha20-poly1305".to_owned(),
            nonce: STANDARD.encode(nonce),
            providers,
        };
        let aad = head.bytes();
        let sealed = XChaCha20Poly1305::new((&*self.key).into())
            .encrypt(&XNonce::from(nonce), Payload { msg: text, aad: &aad })
            .map_err(|_| cannot_encrypt())?;
        let file = VaultFile { checksum: checksum(&aad, &sealed), head, sealed: STANDARD.encode(sealed) };
        let mut bytes = serde_json::to_vec_pretty(&file).map_err(|_| cannot_encrypt())?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn cannot_encrypt() -> SecretError {
    SecretError::VaultFailed("it could not be encrypted".to_owned())
}

impl Head {
    /// Always the same bytes for the same head: the fields in their order, without white space.
    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl VaultFile {
    /// Reads the head and looks for damage; nothing is decrypted.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, SecretError> {
        let damaged = |what: &str| SecretError::VaultDamaged(what.to_owned());
        let file: Self = serde_json::from_slice(bytes).map_err(|_| damaged("it is not in its format"))?;
        if file.head.format != FORMAT || file.head.cipher != "xchacha20-poly1305" {
            return Err(damaged("it is not in its format"));
        }
        if file.head.version != VERSION {
            return Err(SecretError::VaultFailed(
                "a newer Orchesity wrote it; use that, or move the file away".to_owned(),
            ));
        }
        let sealed = STANDARD.decode(&file.sealed).map_err(|_| damaged("its text is cut or changed"))?;
        if checksum(&file.head.bytes(), &sealed) != file.checksum {
            return Err(damaged("its check sum does not fit"));
        }
        Ok(file)
    }

    /// Whose keys are in it.
    pub(super) fn providers(&self) -> &[ProviderId] {
        &self.head.providers
    }

    /// The key that this passphrase makes for this file.
    pub(super) fn key(&self, passphrase: &str) -> Result<VaultKey, SecretError> {
        VaultKey::derive(passphrase, self.head.kdf.clone())
    }

    /// Opens it. With a key of another salt it is another passphrase's file.
    pub(super) fn open(&self, key: &VaultKey) -> Result<Entries, SecretError> {
        let damaged = || SecretError::VaultDamaged("what is in it cannot be read".to_owned());
        let nonce = STANDARD.decode(&self.head.nonce).ok();
        let nonce: [u8; 24] = nonce.and_then(|nonce| nonce.try_into().ok()).ok_or_else(damaged)?;
        let sealed = STANDARD.decode(&self.sealed).map_err(|_| damaged())?;
        let aad = self.head.bytes();
        let text = XChaCha20Poly1305::new((&*key.key).into())
            .decrypt(&XNonce::from(nonce), Payload { msg: &sealed, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| SecretError::WrongPassphrase)?;
        let read: BTreeMap<ProviderId, ReadEntry> = serde_json::from_slice(&text).map_err(|_| damaged())?;
        let kept = |(id, entry): (ProviderId, ReadEntry)| {
            let key = SecretKey::new(entry.key.as_str()).map_err(|_| damaged())?;
            Ok((id, Kept { origin: entry.origin, key }))
        };
        read.into_iter().map(kept).collect()
    }
}

fn checksum(head: &[u8], sealed: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head).update(sealed);
    hasher.finalize().to_hex().to_string()
}

fn random<const N: usize>() -> Result<[u8; N], SecretError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| SecretError::VaultFailed("this system gives no random numbers".to_owned()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Entries {
        let kept = Kept {
            origin: "https://api.example:443".to_owned(),
            key: SecretKey::new("sk-canary-0123456789abcdef").unwrap(),
        };
        BTreeMap::from([("acme".parse().unwrap(), kept)])
    }

    #[test]
    fn every_changed_byte_is_noticed_and_none_is_called_a_key() {
        let key = VaultKey::new("correct horse").unwrap();
        let good = key.seal(&entries()).unwrap();
        let opened = VaultFile::parse(&good).unwrap().open(&key).unwrap();
        assert_eq!(opened.len(), 1);
        for at in 0..good.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut bytes = good.clone();
                bytes[at] ^= flip;
                let same = |file: &VaultFile| {
                    serde_json::to_value(file).unwrap()
                        == serde_json::from_slice::<serde_json::Value>(&good).unwrap()
                };
                match VaultFile::parse(&bytes) {
                    // White space between the fields means nothing.
                    Ok(file) if same(&file) => {}
                    Ok(_) => panic!("byte {at} was changed and nobody noticed"),
                    Err(error) => assert!(
                        matches!(error, SecretError::VaultDamaged(_) | SecretError::VaultFailed(_)),
                        "{error}"
                    ),
                }
            }
        }
        for length in 0..good.len() - 1 {
            assert!(VaultFile::parse(&good[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn the_head_is_authenticated_also_where_its_check_sum_was_made_to_fit() {
        let key = VaultKey::new("correct horse").unwrap();
        let mut file = VaultFile::parse(&key.seal(&entries()).unwrap()).unwrap();
        file.head.providers.push("evil".parse().unwrap());
        let sealed = STANDARD.decode(&file.sealed).unwrap();
        file.checksum = checksum(&file.head.bytes(), &sealed);
        let file = VaultFile::parse(&serde_json::to_vec(&file).unwrap()).unwrap();
        assert_eq!(file.open(&key).err(), Some(SecretError::WrongPassphrase));
    }

    #[test]
    fn a_hostile_file_can_ask_for_neither_memory_nor_time() {
        let key = VaultKey::new("correct horse").unwrap();
        let good = VaultFile::parse(&key.seal(&entries()).unwrap()).unwrap();
        let with = |change: fn(&mut Kdf)| {
            let mut kdf = good.head.kdf.clone();
            change(&mut kdf);
            VaultKey::derive("correct horse", kdf).err()
        };
        for change in [
            (|kdf| kdf.memory_kib = u32::MAX) as fn(&mut Kdf),
            |kdf| kdf.memory_kib = MAX_MEMORY_KIB + 1,
            // Nor for less protection than would be worth its name.
            |kdf| kdf.memory_kib = 8,
            |kdf| kdf.passes = u32::MAX,
            |kdf| kdf.passes = 0,
            |kdf| kdf.lanes = u32::MAX,
            |kdf| kdf.salt = String::new(),
            |kdf| kdf.salt = "A".repeat(1 << 20),
            |kdf| kdf.name = "argon2d".to_owned(),
        ] {
            assert!(matches!(with(change), Some(SecretError::VaultDamaged(_))));
        }
    }

    #[test]
    fn nothing_of_a_key_can_be_read_in_the_file() {
        let key = VaultKey::new("correct horse").unwrap();
        let first = key.seal(&entries()).unwrap();
        let second = key.seal(&entries()).unwrap();
        let text = String::from_utf8(first.clone()).unwrap();
        for secret in ["sk-canar", "correct", "api.example"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert_ne!(first, second, "a nonce was used twice");
    }
}

//! Where provider keys are kept, and how those places are.

use crate::{Timestamp, error::words};
use serde::{Deserialize, Serialize};

words! {
    /// Whether a provider's key can be lent.
    KeyState {
        /// It needs none.
        NotNeeded = "notNeeded",
        /// There is one.
        Present = "present",
        /// There is none.
        Missing = "missing",
        /// The keychain or the vault is locked, or the keychain has not answered yet.
        Locked = "locked",
        /// There is no keychain on this machine.
        NoKeychain = "noKeychain",
        /// Not looked up yet: the keychain is asked only when a key is needed.
        Unknown = "unknown",
    }
}

words! {
    /// Where a key is kept.
    KeyPlace {
        /// The OS keychain.
        Keychain = "keychain",
        /// The encrypted vault file.
        Vault = "vault",
        /// Memory, until the app ends.
        Session = "session",
        /// An environment variable.
        Environment = "environment",
    }
}

words! {
    /// How the keychain is.
    KeychainState {
        /// Not asked yet.
        Unknown = "unknown",
        /// It answers.
        Open = "open",
        /// It wants to be unlocked.
        Locked = "locked",
        /// It has not answered yet; it may be waiting for its own question to be answered.
        Waiting = "waiting",
        /// It is there, but has nothing to put keys in.
        NoCollection = "noCollection",
        /// There is none that can be reached.
        Absent = "absent",
        /// It failed in another way.
        Failed = "failed",
    }
}

words! {
    /// How the vault file is.
    VaultState {
        /// There is none.
        Absent = "absent",
        /// It wants its passphrase.
        Locked = "locked",
        /// Its keys can be used.
        Open = "open",
        /// Its file is not as it was written; it opens with no passphrase.
        Damaged = "damaged",
    }
}

/// Where keys can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct KeyPlaces {
    /// The keychain's name for people.
    pub keychain_name: String,
    /// How it is.
    pub keychain: KeychainState,
    /// What to do about it, when it is not open.
    pub keychain_advice: Option<String>,
    /// How the vault file is.
    pub vault: VaultState,
}

/// How a provider's last test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LastTest {
    /// When.
    pub at: Timestamp,
    /// Whether it can be asked.
    pub ok: bool,
    /// How long it took, in ms.
    pub ms: u32,
}

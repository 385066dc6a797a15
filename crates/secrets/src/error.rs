//! Why a key could not be lent or kept.

use domain::{KeyState, KeychainState};

/// Why a key could not be lent or kept: one variant for each thing that can be done about it.
/// None of them carries a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The keychain wants to be unlocked first.
    #[error(
        "the keychain is locked; unlock it and try again, or use an environment variable or a key for this session"
    )]
    Locked,
    /// The keychain has not answered within the bound. It may be locked behind a question that
    /// nobody has answered; that is not the same as having no key.
    #[error(
        "the keychain has not answered yet (locked, still waiting); answer its question and try again, \
         or use an environment variable or a key for this session"
    )]
    Waiting,
    /// There is no keychain, or it cannot be reached.
    #[error(
        "there is no keychain on this machine; use the vault file or an environment variable, or enter the key for this session"
    )]
    NoKeychain,
    /// The keychain is there but has nothing to put keys in.
    #[error(
        "the keychain has no collection yet; create one with the system's password tool, or enter the key for this session"
    )]
    NoCollection,
    /// The key was saved for another address.
    #[error("the key was saved for {saved}, not for {asked}; enter it again to use it there")]
    OtherOrigin {
        /// Where it may go.
        saved: String,
        /// Where it was to go.
        asked: String,
    },
    /// The text can be no key.
    #[error("this cannot be a key: {0}")]
    Unfit(&'static str),
    /// The keychain's entry is not one of ours.
    #[error("the keychain's entry for {0} cannot be read; remove it and enter the key again")]
    Damaged(String),
    /// The keychain failed in another way.
    #[error("the keychain failed ({0}); try again, or use the vault file or an environment variable")]
    Failed(String),
    /// A key was removed where it could be; the keychain could not say whether it has one too.
    #[error("the key is removed here, but an older one may be left in the keychain: {0}")]
    NotAllRemoved(Box<SecretError>),
    /// The vault has what was asked for and wants its passphrase.
    #[error("the vault is locked; unlock it with its passphrase and try again")]
    VaultLocked,
    /// There is no vault file.
    #[error("there is no vault file yet; create one with a passphrase first")]
    NoVault,
    /// There is one already.
    #[error("there is a vault file already; unlock it, or delete it to begin anew")]
    VaultExists,
    /// The passphrase opens nothing. A file that somebody changed on purpose looks the same.
    #[error("this is not the vault's passphrase")]
    WrongPassphrase,
    /// The passphrase is too easily guessed.
    #[error("a passphrase has at least 8 characters")]
    WeakPassphrase,
    /// The file is not as it was written.
    #[error(
        "the vault file `keys.vault` is damaged ({0}); restore it from a copy, or make a new one and enter the keys again"
    )]
    VaultDamaged(String),
    /// The file cannot be read or written.
    #[error("the vault file `keys.vault` cannot be used: {0}")]
    VaultFailed(String),
}

impl SecretError {
    /// How a screen names this.
    pub fn state(&self) -> KeyState {
        match self {
            Self::Locked | Self::Waiting | Self::VaultLocked | Self::WrongPassphrase => KeyState::Locked,
            Self::NoKeychain | Self::NoCollection => KeyState::NoKeychain,
            Self::OtherOrigin { .. }
            | Self::Unfit(_)
            | Self::Damaged(_)
            | Self::NoVault
            | Self::VaultExists
            | Self::WeakPassphrase => KeyState::Missing,
            Self::Failed(_) | Self::NotAllRemoved(_) | Self::VaultDamaged(_) | Self::VaultFailed(_) => {
                KeyState::Unknown
            }
        }
    }

    /// How the keychain is that said this.
    pub(crate) fn keychain(&self) -> KeychainState {
        match self {
            Self::Locked => KeychainState::Locked,
            Self::Waiting => KeychainState::Waiting,
            Self::NoKeychain => KeychainState::Absent,
            Self::NoCollection => KeychainState::NoCollection,
            Self::Failed(_) => KeychainState::Failed,
            // It answered, whatever it said.
            _ => KeychainState::Open,
        }
    }
}

/// What to do about a keychain in this state; `None` where nothing is to be done.
pub(crate) fn advice(state: KeychainState) -> Option<&'static str> {
    match state {
        KeychainState::Unknown | KeychainState::Open => None,
        KeychainState::Locked => Some("unlock it, then try again"),
        KeychainState::Waiting => Some(
            "answer its question, then try again; until then keys can be kept for this session or in the vault file",
        ),
        KeychainState::NoCollection => {
            Some("create a keyring with the system's password tool and try again, or use the vault file")
        }
        KeychainState::Absent => Some(
            "use the vault file, an environment variable, or a key for this session; if you start a keychain, try again",
        ),
        KeychainState::Failed => Some("try again, or use the vault file"),
    }
}

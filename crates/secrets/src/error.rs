//! Why a key could not be lent or kept.

use domain::KeyState;

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
        "there is no keychain on this machine; set an environment variable or enter the key for this session"
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
    #[error("the keychain failed ({0}); try again, or use an environment variable")]
    Failed(String),
}

impl SecretError {
    /// How a screen names this.
    pub fn state(&self) -> KeyState {
        match self {
            Self::Locked | Self::Waiting => KeyState::Locked,
            Self::NoKeychain | Self::NoCollection => KeyState::NoKeychain,
            Self::OtherOrigin { .. } | Self::Unfit(_) | Self::Damaged(_) => KeyState::Missing,
            Self::Failed(_) => KeyState::Unknown,
        }
    }
}

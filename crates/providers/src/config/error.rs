//! What is wrong with a `config.toml`.

/// What is wrong with a `config.toml`, and where. Never carries a value that could be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Something in the file is wrong. Lines and columns count from 1.
    #[error("config.toml line {line}, column {column}: {message}")]
    Invalid {
        /// Line.
        line: usize,
        /// Column, in characters.
        column: usize,
        /// What, and what to write instead.
        message: String,
    },
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file cannot be written.
    #[error("{path} cannot be written: {reason}; nothing was changed")]
    Unwritable {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
    /// An edit names a provider that the file does not have.
    #[error("config.toml has no provider `{0}`")]
    NoSuchProvider(String),
    /// An edit adds a provider that the file has already.
    #[error("config.toml has a provider `{0}` already; remove it first, or edit the file")]
    Taken(String),
    /// Keys belong into the keychain, the vault or the environment.
    #[error(
        "header `{0}` carries a key, and keys are never written here; name where the key is with `key` instead"
    )]
    KeyHeader(String),
    /// An edit takes out a policy that the file does not have.
    #[error("config.toml has no policy `{0}`; those that come with the program stay")]
    NoSuchPolicy(String),
    /// An edit adds a policy whose name is taken.
    #[error("config.toml has a policy `{0}` already; choose another name")]
    PolicyTaken(String),
    /// An edit takes out the policy that `auto` means.
    #[error("`auto` means the policy `{0}`; make another one the default first")]
    PolicyInUse(String),
    /// Something in a policy cannot be.
    #[error("{0}")]
    Policy(String),
}

impl ConfigError {
    /// An error at a byte of `text`.
    pub(crate) fn at(text: &str, byte: usize, message: impl Into<String>) -> Self {
        let mut byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &text[..byte];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self::Invalid { line, column, message: message.into() }
    }

    /// Line, counted from 1, where there is one.
    pub fn line(&self) -> Option<usize> {
        if let Self::Invalid { line, .. } = self { Some(*line) } else { None }
    }
}

/// A deserializer's message without the text it quotes: that could be a key in the wrong place.
pub(crate) fn without_values(message: &str) -> String {
    if let Some((before, rest)) = message.split_once("unknown variant `")
        && let Some((_, expected)) = rest.rsplit_once("`, expected ")
    {
        return format!("{before}this word means nothing here, expected {expected}");
    }
    let Some((before, rest)) = message.split_once("string \"") else { return message.to_owned() };
    let after = rest.rfind("\", ").map_or("", |end| &rest[end + 1..]);
    format!("{before}a text{after}")
}

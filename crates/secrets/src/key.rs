//! A key in memory.

use crate::SecretError;
use std::fmt;
use zeroize::Zeroizing;

/// A provider key. Its memory is overwritten when it is dropped, and it prints only its end.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Longest key, in characters: with its origin it must fit what Windows keeps in one entry.
    pub const MAX: usize = 1_000;

    /// Takes a key as it was typed or pasted; white space around it is dropped.
    ///
    /// # Errors
    /// When it is empty, too long, or has characters that cannot stand in an HTTP header.
    pub fn new(text: impl Into<String>) -> Result<Self, SecretError> {
        let text = Zeroizing::new(text.into());
        let key = text.trim();
        if key.is_empty() {
            return Err(SecretError::Unfit("it is empty"));
        }
        if key.len() > Self::MAX {
            return Err(SecretError::Unfit("it is longer than 1,000 characters"));
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(SecretError::Unfit("it has spaces, line breaks or characters that no key has"));
        }
        Ok(Self(Zeroizing::new(key.to_owned())))
    }

    /// The key itself. Pass it on, never keep or print it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its last four characters, to tell keys apart; nothing of a key so short that this would be much of it.
    pub fn last4(&self) -> &str {
        if self.0.len() < 12 { "" } else { &self.0[self.0.len() - 4..] }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(…{})", self.last4())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_prints_only_its_last_four_characters() {
        let key = SecretKey::new("  sk-proj-abcdefgh1234\n").unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…1234)");
        assert_eq!(key.expose(), "sk-proj-abcdefgh1234");
        assert_eq!(format!("{:?}", SecretKey::new("hunter2").unwrap()), "SecretKey(…)");
    }

    #[test]
    fn what_can_be_no_key_is_refused_without_being_repeated() {
        for text in ["", "  ", "two words", "line\nbreak", "schlüssel", &"k".repeat(1_001)] {
            let error = SecretKey::new(text).unwrap_err();
            assert!(matches!(error, SecretError::Unfit(_)));
            assert!(text.trim().is_empty() || !error.to_string().contains(text), "{error}");
        }
    }
}

//! What one keychain entry holds: a line of JSON that binds a key to its origin.

use crate::{SecretError, SecretKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Longest entry, in characters: Windows keeps 2,560 bytes of UTF-16 in one.
const MAX_ENTRY: usize = 1_200;

#[derive(Serialize)]
struct Written<'a> {
    origin: &'a str,
    key: &'a str,
}

#[derive(Deserialize)]
struct Read {
    origin: String,
    key: Zeroizing<String>,
}

pub(crate) fn write(origin: &str, key: &SecretKey) -> Result<Zeroizing<String>, SecretError> {
    let line = serde_json::to_string(&Written { origin, key: key.expose() })
        .map(Zeroizing::new)
        .map_err(|_| SecretError::Unfit("it cannot be written down"))?;
    if line.chars().count() > MAX_ENTRY {
        return Err(SecretError::Unfit("with its address it is longer than 1,200 characters"));
    }
    Ok(line)
}

/// The key, if it was saved for `origin`; any, where keys are not bound to theirs (in tests).
pub(crate) fn read(line: &[u8], provider: &str, origin: &str, bound: bool) -> Result<SecretKey, SecretError> {
    let damaged = || SecretError::Damaged(provider.to_owned());
    let entry: Read = serde_json::from_slice(line).map_err(|_| damaged())?;
    if bound && entry.origin != origin {
        return Err(SecretError::OtherOrigin { saved: entry.origin, asked: origin.to_owned() });
    }
    SecretKey::new(entry.key.as_str()).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_line_and_reads_back_only_for_its_origin() {
        let key = SecretKey::new(r#"odd"key\with/marks"#).unwrap();
        let line = write("https://api.example:443", &key).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(read(line.as_bytes(), "x", "https://api.example:443", true).unwrap(), key);
        let error = read(line.as_bytes(), "x", "https://evil.example:443", true).unwrap_err();
        assert!(matches!(error, SecretError::OtherOrigin { .. }));
        assert!(!error.to_string().contains("odd"));
        // The twin: a key that is not bound goes to whoever asks.
        assert_eq!(read(line.as_bytes(), "x", "https://evil.example:443", false).unwrap(), key);
    }

    #[test]
    fn a_foreign_entry_is_damaged_and_not_repeated() {
        let error = read(b"sk-bare-key", "x", "o", true).unwrap_err();
        assert_eq!(error, SecretError::Damaged("x".to_owned()));
    }

    #[test]
    fn an_entry_too_long_for_any_keychain_is_refused() {
        let key = SecretKey::new("\"".repeat(1_000)).unwrap();
        assert!(matches!(write("https://api.example:443", &key), Err(SecretError::Unfit(_))));
    }
}

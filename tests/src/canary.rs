//! Whether a key is in there, in whatever form somebody may have written it.

use std::fmt::Write as _;

/// A key that must turn up nowhere, in the forms that it could turn up in.
#[derive(Debug, Clone)]
pub struct Canary {
    key: String,
    forms: Vec<(&'static str, String)>,
}

impl Canary {
    /// Of a key of at least twelve characters.
    #[must_use]
    pub fn new(key: &str) -> Self {
        let mut forms = vec![
            ("its first eight characters", key.chars().take(8).collect()),
            ("raw", key.to_owned()),
            ("percent", percent(key)),
            ("JSON", key.replace('/', "\\/")),
            ("hex", hex(key.as_bytes())),
            ("hex, capitals", hex(key.as_bytes()).to_uppercase()),
        ];
        // A key may begin anywhere in what was encoded: three ways for base64 to cut it.
        for skip in 0..3 {
            let body = &key.as_bytes()[skip..];
            let whole = body.len() / 3 * 3;
            forms.push(("base64", base64(&body[..whole])));
        }
        Self { key: key.to_owned(), forms }
    }

    /// The key itself.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The form in which the key is in there.
    #[must_use]
    pub fn found_in(&self, bytes: &[u8]) -> Option<&'static str> {
        let found = |form: &str| bytes.windows(form.len()).any(|window| window == form.as_bytes());
        self.forms.iter().find(|(_, form)| found(form)).map(|(name, _)| *name)
    }
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks_exact(3)
        .flat_map(|three| {
            let all = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
            [18, 12, 6, 0].map(|shift| char::from(DIGITS[(all >> shift & 63) as usize]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_every_form_and_wherever_it_begins() {
        let canary = Canary::new("sk-canary/Zz+0123456789=abcdef");
        for hidden in [
            "x sk-canary/Zz+0123456789=abcdef x",
            "the key sk-canar was cut",
            "sk%2Dcanary%2FZz%2B0123456789%3Dabcdef",
            // base64 of the key, of "a" and the key, of "ab" and the key
            "c2stY2FuYXJ5L1p6KzAxMjM0NTY3ODk9YWJjZGVm",
            "YXNrLWNhbmFyeS9aeiswMTIzNDU2Nzg5PWFiY2RlZg==",
            "YWJzay1jYW5hcnkvWnorMDEyMzQ1Njc4OT1hYmNkZWY=",
            "736b2d63616e6172792f5a7a2b303132333435363738393d616263646566",
        ] {
            assert!(canary.found_in(hidden.as_bytes()).is_some(), "{hidden}");
        }
        assert_eq!(canary.found_in(b"sk-other/Zz+0123456789 Bearer [redacted]"), None);
    }
}

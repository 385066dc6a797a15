//! Taking a key out of text that others wrote.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use std::borrow::Cow;
use zeroize::Zeroizing;

const MARK: &str = "[key]";
/// A key shorter than this could be any word.
const SHORTEST: usize = 4;
/// So much of a key's beginning already tells it, and providers like to repeat that much.
const PREFIX: usize = 8;

/// Switches [`redact`] off in this process: for the twins of tests, which look for what it takes out.
#[cfg(feature = "guards")]
pub fn leave_keys_in_texts() {
    LEFT.store(true, std::sync::atomic::Ordering::Relaxed);
}

#[cfg(feature = "guards")]
static LEFT: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Stars a key out of an answer that comes in pieces, wherever they are cut. Lengths stay as they are: what says
/// how long a body is stays true.
pub(crate) struct Stars {
    key: Zeroizing<Vec<u8>>,
    /// The end of what came, where the key could begin in it.
    held: Zeroizing<Vec<u8>>,
}

impl Stars {
    /// For this key; `None` where it is so short that it could be any word.
    pub(crate) fn new(key: &str) -> Option<Self> {
        #[cfg(feature = "guards")]
        if LEFT.load(std::sync::atomic::Ordering::Relaxed) {
            return None;
        }
        let key = Zeroizing::new(key.as_bytes().to_vec());
        (key.len() >= PREFIX).then(|| Self { key, held: Zeroizing::default() })
    }

    /// More of the answer, as far as it can be told; the rest comes with the next piece.
    pub(crate) fn pass(&mut self, piece: &Bytes) -> Bytes {
        let key = self.key.as_slice();
        if self.held.is_empty() && memchr::memmem::find(piece, key).is_none() {
            let open = begun(piece, key);
            self.held.extend_from_slice(&piece[piece.len() - open..]);
            return piece.slice(..piece.len() - open);
        }
        let mut all = std::mem::take(&mut *self.held);
        all.extend_from_slice(piece);
        let mut from = 0;
        while let Some(at) = memchr::memmem::find(&all[from..], key) {
            all[from + at..from + at + key.len()].fill(b'*');
            from += at + key.len();
        }
        let open = begun(&all[from..], key);
        self.held.extend_from_slice(&all[all.len() - open..]);
        all.truncate(all.len() - open);
        all.into()
    }

    /// What is left at the end: the beginning of a key that did not go on.
    pub(crate) fn rest(&mut self) -> Option<Bytes> {
        let rest = std::mem::take(&mut *self.held);
        (!rest.is_empty()).then(|| rest.into())
    }
}

/// How many bytes at the end of `text` are a beginning of `key`, but not all of it.
fn begun(text: &[u8], key: &[u8]) -> usize {
    let tail = &text[text.len() - text.len().min(key.len() - 1)..];
    let Some(first) = key.first() else { return 0 };
    let found = memchr::memchr_iter(*first, tail).find(|at| key.starts_with(&tail[*at..]));
    found.map_or(0, |at| tail.len() - at)
}

/// `text` without `key`: not whole, not its beginning of eight characters or more, whatever of it is
/// percent- or JSON-escaped, and not in base64 or hexadecimal.
pub fn redact(text: &str, key: Option<&str>) -> String {
    key.and_then(Redactor::new).map_or_else(|| text.to_owned(), |redactor| redactor.clean(text).into_owned())
}

/// Takes one key out of many texts, as [`redact`] does.
pub(crate) struct Redactor {
    key: Zeroizing<String>,
    /// Base64 and hexadecimal.
    forms: [Zeroizing<String>; 4],
}

impl Redactor {
    /// For this key; `None` where it is so short that it could be any word.
    pub(crate) fn new(key: &str) -> Option<Self> {
        #[cfg(feature = "guards")]
        if LEFT.load(std::sync::atomic::Ordering::Relaxed) {
            return None;
        }
        if key.len() < SHORTEST {
            return None;
        }
        let mut hex = Zeroizing::new(String::with_capacity(key.len() * 2));
        for byte in key.bytes() {
            for half in [byte >> 4, byte & 15] {
                hex.extend(char::from_digit(half.into(), 16));
            }
        }
        let forms = [
            Zeroizing::new(STANDARD_NO_PAD.encode(key)),
            Zeroizing::new(URL_SAFE_NO_PAD.encode(key)),
            Zeroizing::new(hex.to_ascii_uppercase()),
            hex,
        ];
        Some(Self { key: Zeroizing::new(key.to_owned()), forms })
    }

    /// The text without it. Most texts have nothing of a key, and are not copied.
    pub(crate) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        // Whole it is looked for as it is: one that has what looks like an escape does not match its own beginning.
        if text.contains(self.key.as_str()) || self.may_begin_in(&text) {
            text = without_beginning(&text.replace(self.key.as_str(), MARK), self.key.as_bytes()).into();
        }
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), MARK).into();
            }
        }
        text
    }

    /// Whether a beginning of the key stands somewhere, however its first character is written.
    fn may_begin_in(&self, text: &str) -> bool {
        let (text, key) = (text.as_bytes(), self.key.as_bytes());
        let Some(first) = key.first() else { return false };
        let enough = PREFIX.min(key.len());
        memchr::memchr3_iter(*first, b'%', b'\\', text).any(|at| common(&text[at..], key).0 >= enough)
    }
}

/// Takes out the beginning of `key` with whatever more of it follows.
fn without_beginning(text: &str, key: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(&byte) = rest.first() {
        let (characters, bytes) = common(rest, key);
        if characters >= PREFIX.min(key.len()) {
            out.extend_from_slice(MARK.as_bytes());
            rest = &rest[bytes..];
        } else {
            out.push(byte);
            rest = &rest[1..];
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How many characters of `key` the text begins with, and how many bytes they take there.
fn common(text: &[u8], key: &[u8]) -> (usize, usize) {
    let mut bytes = 0;
    for (characters, wanted) in key.iter().enumerate() {
        match written(&text[bytes..], *wanted) {
            Some(length) => bytes += length,
            None => return (characters, bytes),
        }
    }
    (key.len(), bytes)
}

/// The length of `wanted` at the beginning of the text: itself, `%2F`, `\/` or `\u002f`.
fn written(text: &[u8], wanted: u8) -> Option<usize> {
    let is_hex = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).ok();
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) == Some(wanted)
    };
    match text {
        [b'%', a, b, ..] if is_hex(&[*a, *b]) => Some(3),
        [b'\\', b'u', b'0', b'0', a, b, ..] if is_hex(&[*a, *b]) => Some(6),
        [b'\\', byte, ..] if *byte == wanted => Some(2),
        [byte, ..] if *byte == wanted => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_starred_out_wherever_an_answer_is_cut() {
        let key = "sk-sk-test/abc+DEF=12345678";
        let text = format!("data: {key} and {key}{key}\n\nno key: sk-sk-sk-test, sk-");
        let clean = text.replace(key, &"*".repeat(key.len()));
        for step in 1..text.len() {
            let mut stars = Stars::new(key).unwrap();
            let mut out = Vec::new();
            for piece in text.as_bytes().chunks(step) {
                out.extend_from_slice(&stars.pass(&Bytes::copy_from_slice(piece)));
            }
            out.extend_from_slice(&stars.rest().unwrap_or_default());
            assert_eq!(String::from_utf8(out).unwrap(), clean, "in steps of {step}");
        }
        assert!(Stars::new("test").is_none(), "a word is not starred out");
    }

    #[test]
    fn no_form_of_a_key_is_left() {
        let key = "sk-test/abc+DEF=12345678";
        let text = format!(
            "bad key {key}; at ?key=sk%2Dtest%2Fabc%2BDEF%3D12345678&x and sk-test/abc****5678, masked sk-test/"
        );
        let clean = redact(&text, Some(key));
        for piece in ["sk-test/", "abc+DEF", "sk%2D"] {
            assert!(!clean.contains(piece), "{clean}");
        }
        assert_eq!(redact("all is well", Some(key)), "all is well");
        assert_eq!(redact("no key", None), "no key");
    }

    proptest::proptest! {
        /// The quick look must not let through what a thorough one takes out.
        #[test]
        fn a_text_is_copied_only_where_there_is_something_to_take_out(
            key in r"[ab%25\\u0c/]{4,14}", before in r"[ab%25\\u0c/]{0,9}", cut in 0_usize..15, after in r"[ab%25\\u0c/]{0,9}",
        ) {
            let text = format!("{before}{}{after}", &key[..cut.min(key.len())]);
            let redactor = Redactor::new(&key).unwrap();
            let mut thorough = without_beginning(&text.replace(&key, MARK), key.as_bytes());
            for form in &redactor.forms {
                thorough = thorough.replace(form.as_str(), MARK);
            }
            proptest::prop_assert_eq!(redactor.clean(&text), thorough);
        }
    }

    #[test]
    fn a_key_is_found_however_much_of_it_is_escaped() {
        let key = "sk/Ab\"c+De=12345678";
        for written in [
            // Encoders differ in what they escape, and in the case of the digits.
            "sk%2FAb%22c%2BDe%3D12345678",
            "sk%2fAb%22c%2bDe%3d12345678",
            "sk%2FAb%22c+De=12345678",
            r#"sk\/Ab\"c+De=12345678"#,
            r#"sk\u002fAb\"c\u002BDe=12345678"#,
            "c2svQWIiYytEZT0xMjM0NTY3OA==",
            "736b2f416222632b44653d3132333435363738",
            "736B2F416222632B44653D3132333435363738",
        ] {
            let clean = redact(&format!("<{written}>"), Some(key));
            assert!(clean == "<[key]>" || clean == "<[key]==>", "{written} became {clean}");
        }
        assert_eq!(redact("sk%2FAb%22 is not enough of it", Some(key)), "sk%2FAb%22 is not enough of it");
        // Text in any script passes whole, and a short key only as a whole.
        assert_eq!(redact("schlüssel 🦀 %ff \\", Some(key)), "schlüssel 🦀 %ff \\");
        assert_eq!(redact("abcd abc", Some("abcd")), "[key] abc");
    }
}

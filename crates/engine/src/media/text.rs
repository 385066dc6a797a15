//! Text in whatever charset it comes.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// The name of UTF-8.
pub(super) const UTF_8: &str = "UTF-8";
/// How much is looked at to tell a charset; Firefox looks at less.
const SAMPLE: usize = 1 << 20;

/// Text, and the charset that its bytes were in.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) charset: &'static str,
}

/// The text in these bytes; `None` when they are no text.
pub(super) fn decode(bytes: &[u8]) -> Option<Decoded> {
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => return is_text(text).then(|| Decoded { text: text.to_owned(), charset: UTF_8 }),
            Err(_) => (guess(bytes)?, 0),
        },
    };
    let (text, had_errors) = encoding.decode_without_bom_handling(&bytes[skip..]);
    (!had_errors && is_text(&text)).then(|| Decoded { text: text.into_owned(), charset: encoding.name() })
}

fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    // Every second byte of Latin text in UTF-16 is zero; no other charset of text has zeros at all.
    if bytes.contains(&0) {
        let zeros = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        return match bytes.len() {
            n if n % 2 == 1 => None,
            n if odd > n / 4 && even == 0 => Some(UTF_16LE),
            n if even > n / 4 && odd == 0 => Some(UTF_16BE),
            _ => None,
        };
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(SAMPLE)], bytes.len() <= SAMPLE);
    Some(detector.guess(None, chardetng::Utf8Detection::Deny))
}

/// Single-byte charsets make something of any bytes: a text has next to no control characters.
fn is_text(text: &str) -> bool {
    let odd = |c: &char| {
        c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}' | '\u{8}' | '\u{1a}')
    };
    let (mut all, mut control) = (0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        if c == '\0' {
            return false;
        }
        control += usize::from(odd(&c));
    }
    control * 200 <= all
}

/// The type a text is stored under: the one it came with where that says that it is text. A picture of
/// lines (SVG) and a web page are sent and shown as the text they are.
pub(super) fn media_type(offered: &str) -> &'static str {
    let plain = offered.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match plain.as_str() {
        "text/markdown" => "text/markdown",
        "text/csv" => "text/csv",
        "application/json" => "application/json",
        _ => "text/plain",
    }
}

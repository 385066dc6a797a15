//! Taking a key out of text that others wrote.

const MARK: &str = "[key]";
/// A key shorter than this could be any word.
const SHORTEST: usize = 4;
/// So much of a key's beginning already tells it, and providers like to repeat that much.
const PREFIX: usize = 8;

/// `text` without `key`: not whole, not percent- or JSON-escaped, and not its beginning of eight
/// characters or more.
pub fn redact(text: &str, key: Option<&str>) -> String {
    let Some(key) = key.filter(|key| key.len() >= SHORTEST) else { return text.to_owned() };
    let percent: String = key
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let json = key.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = text.replace(key, MARK);
    for form in [&percent, &percent.to_ascii_lowercase(), &json] {
        if form != key {
            text = text.replace(form.as_str(), MARK);
        }
    }
    match key.get(..PREFIX) {
        Some(prefix) if key.len() > PREFIX => without_beginning(&text, prefix, key),
        _ => text,
    }
}

/// Takes out `prefix` with whatever more of the key follows it.
fn without_beginning(text: &str, prefix: &str, key: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        out.push_str(&rest[..at]);
        out.push_str(MARK);
        let more = rest[at..].bytes().zip(key.bytes()).take_while(|(a, b)| a == b).count();
        rest = &rest[at + more..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

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
}

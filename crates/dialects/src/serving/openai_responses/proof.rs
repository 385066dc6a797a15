//! Proofs of thoughts. A reasoning item has one sealed field, and what other dialects prove their
//! thoughts with is packed into it; so are OpenAI's own, which are bound to an item id that is not
//! ours. It comes back with the history.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Part;
use serde_json::{Value, json};

/// What the packed ones begin with: six bytes make eight letters, so the letters are always the same.
const OURS: &str = "orch1:";

/// `encrypted_content` of a reasoning part; `null` where there is nothing to prove.
pub(super) fn packed(signature: Option<&str>, sealed: Option<&str>, id: Option<&str>) -> Value {
    if signature.is_none() && sealed.is_none() {
        return Value::Null;
    }
    let pieces = json!({ "signature": signature, "sealed": sealed, "id": id });
    Value::String(STANDARD.encode(format!("{OURS}{pieces}")))
}

/// The reasoning part of an item, and whether it was packed here.
pub(super) fn unpacked(text: String, encrypted: Option<&str>, id: Option<&str>) -> (Part, bool) {
    let pieces = encrypted.and_then(|encrypted| {
        let bytes = STANDARD.decode(encrypted).ok()?;
        serde_json::from_slice::<Value>(bytes.strip_prefix(OURS.as_bytes())?).ok()
    });
    let own = |text: Option<&str>| text.map(str::to_owned);
    let Some(pieces) = pieces else {
        return (Part::Reasoning { text, signature: None, sealed: own(encrypted), id: own(id) }, false);
    };
    let piece = |name| crate::json::string(&pieces, name);
    let (signature, sealed, id) = (piece("signature"), piece("sealed"), piece("id"));
    (Part::Reasoning { text, signature, sealed, id }, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_of_any_dialect_come_back() {
        for proof in
            [(Some("sig"), None, None), (None, Some("gAAA"), Some("rs_1")), (Some("a"), Some("b"), None)]
        {
            let packed = packed(proof.0, proof.1, proof.2);
            let (part, ours) = unpacked("t".to_owned(), packed.as_str(), Some("rs_ours"));
            let own = |text: Option<&str>| text.map(str::to_owned);
            let expected = Part::Reasoning {
                text: "t".to_owned(),
                signature: own(proof.0),
                sealed: own(proof.1),
                id: own(proof.2),
            };
            assert_eq!((part, ours), (expected, true));
        }
        assert_eq!(packed(None, None, Some("rs_1")), Value::Null);
        let (part, ours) = unpacked(String::new(), Some("gAAAAABo"), Some("rs_9"));
        assert!(
            !ours
                && matches!(part, Part::Reasoning { sealed: Some(s), id: Some(i), .. } if s == "gAAAAABo" && i == "rs_9")
        );
    }
}

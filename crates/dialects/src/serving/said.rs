//! What the shapes of Anthropic and Google share when they say something.

use super::Refusal;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::{MediaSource, Part};
use serde_json::{Value, json};

/// What our own proofs begin with: three bytes make four letters, so the letters are always the same.
const OURS: &str = "orchesity";

/// Proofs of thoughts have one field in these dialects, and OpenAI's need more: what does not fit
/// is packed into one text, which comes back with the history. It is base64 because Google's clients
/// take every proof for that.
pub(super) fn proof(signature: Option<&str>, sealed: Option<&str>, id: Option<&str>) -> String {
    if sealed.is_none() && id.is_none() {
        return signature.unwrap_or_default().to_owned();
    }
    let packed = json!({ "signature": signature, "sealed": sealed, "id": id });
    base64::engine::general_purpose::STANDARD.encode(format!("{OURS}{packed}"))
}

/// A proof, unpacked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Proof {
    pub(super) signature: Option<String>,
    pub(super) sealed: Option<String>,
    pub(super) id: Option<String>,
    /// It was packed here: no provider of the caller's dialect would take it.
    pub(super) packed: bool,
}

/// Reads a proof: a packed one into its pieces, any other as it is.
pub(super) fn unpacked(proof: &str) -> Proof {
    if proof.is_empty() {
        return Proof::default();
    }
    let pieces = || {
        let start = base64::engine::general_purpose::STANDARD_NO_PAD.encode(OURS);
        let text = proof.starts_with(&start).then(|| proof.replace('-', "+").replace('_', "/"))?;
        // Clients may have written it in the other alphabet, and without its padding.
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = GeneralPurpose::new(&alphabet::STANDARD, config).decode(text).ok()?;
        let packed: Value = serde_json::from_slice(bytes.strip_prefix(OURS.as_bytes())?).ok()?;
        let piece = |name| crate::json::string(&packed, name);
        Some(Proof { signature: piece("signature"), sealed: piece("sealed"), id: piece("id"), packed: true })
    };
    pieces().unwrap_or_else(|| Proof { signature: Some(proof.to_owned()), ..Proof::default() })
}

/// A picture or a file of an answer as Markdown, where answers are text.
pub(super) fn media(part: &Part) -> Option<String> {
    let (mark, media_type, name, source) = match part {
        Part::Image { media_type, source } => ("!", media_type, "image", source),
        Part::File { media_type, name, source } => {
            ("", media_type, name.as_deref().unwrap_or("file"), source)
        }
        _ => return None,
    };
    let url = match source {
        MediaSource::Inline { data } => format!("data:{media_type};base64,{data}"),
        MediaSource::Url { url } => url.clone(),
        MediaSource::Blob { .. } => return None,
    };
    Some(format!("{mark}[{name}]({url})"))
}

/// The type of something on the web, by the end of its address.
pub(super) fn type_of(url: &str, usual: &'static str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let end = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match end.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => usual,
    }
}

/// When to come again, and that there is no use in it where SDKs would try of themselves.
pub(super) fn headers(refusal: &Refusal) -> Vec<(&'static str, String)> {
    let mut out = vec![("content-type", "application/json".to_owned())];
    if let Some(ms) = refusal.retry_after_ms {
        out.push(("retry-after", ms.div_ceil(1_000).to_string()));
    }
    let tried = matches!(refusal.status, 408 | 409 | 429 | 500..);
    if tried && !refusal.kind.is_retryable() {
        out.push(("x-should-retry", "false".to_owned()));
    }
    out
}

/// A text as JSON.
pub(super) fn quote(text: &str, out: &mut Vec<u8>) {
    // Writing a text to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_in_either_alphabet() {
        assert_eq!(proof(Some("abc"), None, None), "abc");
        assert_eq!(unpacked("abc").signature.as_deref(), Some("abc"));
        assert_eq!(unpacked(""), Proof::default());
        for sealed in ["gAAAA??>>~~", "ÿþ💡", "x"] {
            let packed = proof(None, Some(sealed), Some("rs_1"));
            let url = packed.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned();
            for text in [packed, url] {
                let read = unpacked(&text);
                assert_eq!((read.sealed.as_deref(), read.id.as_deref()), (Some(sealed), Some("rs_1")));
                assert!(read.packed && read.signature.is_none());
            }
        }
        // What only looks like ours is taken for a proof.
        assert!(!unpacked("b3JjaGVzaXR5!!").packed);
    }

    #[test]
    fn a_refusal_that_time_does_not_mend_tells_sdks_not_to_try() {
        let refusal = Refusal {
            status: 429,
            kind: domain::ErrorKind::Budget,
            retry_after_ms: Some(1_001),
            ..Refusal::bad("", "spent")
        };
        let headers = headers(&refusal);
        assert!(headers.contains(&("retry-after", "2".to_owned())));
        assert!(headers.contains(&("x-should-retry", "false".to_owned())));
    }
}

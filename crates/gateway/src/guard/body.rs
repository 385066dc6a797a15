//! What a request carries.

use super::{Guard, Guards};
use crate::{
    refuse::{Detail, refusal},
    route::Takes,
};
use bytes::{Bytes, BytesMut};
use dialects::serving::Refusal;
use domain::ErrorKind;
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use memchr::memchr2;
use std::time::Duration;
use tokio::time::timeout;

/// How deep JSON may be nested.
const MAX_DEPTH: usize = 128;
/// What is set aside before anything of a body has come, whatever its sender says of its length.
const FIRST: u64 = 1 << 20;

/// Reads a request's body, if its route takes one.
pub(crate) async fn read(
    takes: Takes,
    headers: &HeaderMap,
    body: &mut Incoming,
    guards: Guards,
    patience: Duration,
) -> Result<Bytes, Refusal> {
    let Takes::Json(limit) = takes else { return Ok(Bytes::new()) };
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if guards.stands(Guard::Content) {
        check_kind(headers)?;
    }
    let limit = if guards.stands(Guard::Size) { limit } else { usize::MAX };
    let bytes = collect(body, limit, guards.stands(Guard::Patience).then_some(patience)).await?;
    if guards.stands(Guard::Depth) && too_deep(&bytes) {
        let message = format!("the JSON is nested deeper than {MAX_DEPTH} levels");
        return Err(refusal(400, ErrorKind::BadRequest, message));
    }
    Ok(bytes)
}

/// A page can send a form or plain text to anybody without asking first; JSON it cannot.
fn check_kind(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (name, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let charset = parameters.trim();
    let utf8 = charset.is_empty()
        || charset.eq_ignore_ascii_case("charset=utf-8")
        || charset.eq_ignore_ascii_case("charset=\"utf-8\"");
    if kinds.next().is_some() || !name.trim().eq_ignore_ascii_case("application/json") || !utf8 {
        let message = "the body must be JSON in UTF-8: send `content-type: application/json`";
        return Err(refusal(415, ErrorKind::BadRequest, message));
    }
    let plain = headers.get_all(CONTENT_ENCODING).iter().all(|one| one == "identity");
    if !plain {
        return Err(refusal(415, ErrorKind::BadRequest, "send the body without `content-encoding`"));
    }
    Ok(())
}

async fn collect(body: &mut Incoming, limit: usize, patience: Option<Duration>) -> Result<Bytes, Refusal> {
    let said = body.size_hint().lower();
    if said > limit as u64 {
        return Err(too_large(limit));
    }
    let Some(first) = next(body, patience).await? else { return Ok(Bytes::new()) };
    if first.len() > limit {
        return Err(too_large(limit));
    }
    // Most bodies come in one piece, which is not copied.
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(said.min(FIRST) as usize);
    whole.extend_from_slice(&first);
    drop(first);
    while let Some(piece) = next(body, patience).await? {
        if whole.len() + piece.len() > limit {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// The next piece that has bytes.
async fn next(body: &mut Incoming, patience: Option<Duration>) -> Result<Option<Bytes>, Refusal> {
    loop {
        let frame = match patience {
            Some(patience) => timeout(patience, body.frame()).await.map_err(|_| {
                refusal(408, ErrorKind::Timeout, "the body did not come; send it at once and try again")
            })?,
            None => body.frame().await,
        };
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data()
                    && !piece.is_empty()
                {
                    return Ok(Some(piece));
                }
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a body broke");
                return Err(refusal(
                    400,
                    ErrorKind::BadRequest,
                    "the body ended early or is not framed well",
                ));
            }
        }
    }
}

fn too_large(limit: usize) -> Refusal {
    let message = format!("the body is larger than the {limit} bytes that this route takes");
    refusal(413, ErrorKind::BadRequest, message).code("request_too_large")
}

/// Whether arrays and objects are nested deeper than [`MAX_DEPTH`]. Whether it is JSON at all is seen later.
fn too_deep(json: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(offset) = memchr2(b'"', b'\\', &json[at.min(json.len())..]) {
                    let quote = json[at + offset] == b'"';
                    at += offset + if quote { 1 } else { 2 };
                    if quote {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, check_kind, too_deep};
    use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

    #[test]
    fn depth_is_counted_outside_texts() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!too_deep(nested(MAX_DEPTH).as_bytes()));
        assert!(too_deep(nested(MAX_DEPTH + 1).as_bytes()));
        assert!(too_deep("{\"a\":".repeat(MAX_DEPTH + 1).as_bytes()));
        let text = format!("[\"{}\", \"\\\\\", \"\\\"{}\"]", "[".repeat(500), "[".repeat(500));
        assert!(!too_deep(text.as_bytes()));
        assert!(!too_deep("[1],".repeat(500).as_bytes()));
        assert!(too_deep(format!("[\"\\\\\",{}", "[".repeat(MAX_DEPTH)).as_bytes()));
        for cut in ["\"", "\"\\", "\"\\\"", "", "]]]"] {
            assert!(!too_deep(cut.as_bytes()));
        }
    }

    #[test]
    fn only_json_is_json() {
        let fine = |kinds: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for kind in kinds {
                headers.append(CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            check_kind(&headers).is_ok()
        };
        for kind in
            ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"UTF-8\""]
        {
            assert!(fine(&[kind]), "{kind}");
        }
        for kind in [
            "text/plain",
            "text/plain;application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "application/jsonp",
            "",
        ] {
            assert!(!fine(&[kind]), "{kind}");
        }
        assert!(!fine(&[]));
        assert!(!fine(&["application/json", "text/plain"]));
    }
}

//! Pages of other sites may not ask, whatever they may read of the answer.

use super::Names;
use crate::{
    listen::ListenError,
    refuse::{Detail, refusal},
};
use axum::body::Body;
use dialects::serving::Refusal;
use domain::ErrorKind;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const REQUEST_PRIVATE: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");
/// What a listed page may read beside the usual.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "retry-after, x-orchesity-request-id, x-orchesity-target, x-orchesity-decision, x-orchesity-cache, \
     x-orchesity-cost-usd",
);
/// Longest list of headers that a preflight may ask for.
const MAX_ASKED: usize = 2048;

/// The pages that the settings let ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origins(Vec<String>);

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A program, or a page of our own.
    Plain,
    /// A page that the settings name; it may read the answer.
    Listed(HeaderValue),
}

impl Origins {
    /// Each as a browser writes it: scheme, name and, where it is not the scheme's own, port.
    pub(crate) fn new(origins: &[String]) -> Result<Self, ListenError> {
        let wrong = |origin: &String| {
            let rest = origin.split_once("://").map(|(scheme, rest)| (scheme.is_empty(), rest));
            !rest.is_some_and(|(no_scheme, rest)| {
                !no_scheme && !rest.is_empty() && !rest.contains(['/', '*', '@', ' ', '?', '#'])
            }) || origin.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii_graphic())
        };
        match origins.iter().find(|origin| wrong(origin)) {
            Some(origin) => Err(ListenError::BadName {
                name: origin.clone(),
                list: "origins",
                example: "an origin as browsers send it, such as `http://localhost:3000`",
            }),
            None => Ok(Self(origins.to_vec())),
        }
    }

    /// Whether whoever sends this may ask at all.
    pub(crate) fn check(&self, names: &Names, headers: &HeaderMap) -> Result<Sender, Refusal> {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            // Browsers leave `Origin` out of what they fetch without reading it, but say where it is from.
            (None, _) => match headers.get(FETCH_SITE).map(HeaderValue::as_bytes) {
                None | Some(b"none" | b"same-origin") => Ok(Sender::Plain),
                Some(_) => Err(closed()),
            },
            (Some(origin), None) => {
                let text = origin.to_str().unwrap_or_default();
                if self.0.iter().any(|listed| listed == text) {
                    Ok(Sender::Listed(origin.clone()))
                } else if names.is_own_origin(text) {
                    Ok(Sender::Plain)
                } else {
                    Err(closed())
                }
            }
            (Some(_), Some(_)) => Err(closed()),
        }
    }
}

fn closed() -> Refusal {
    let message = "pages of other origins may not ask this gateway; add the origin to `origins` under \
                   `[gateway]` in config.toml if it is yours";
    refusal(403, ErrorKind::Permission, message).code("origin_not_allowed")
}

impl Sender {
    /// The answer to a preflight of a listed page; `None` where it is none.
    pub(crate) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        let Self::Listed(_) = self else { return None };
        if *method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let out = response.headers_mut();
        out.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"));
        // SDKs send many headers of their own; what counts is who asks.
        if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS)
            && asked.len() <= MAX_ASKED
        {
            out.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        out.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        if headers.contains_key(REQUEST_PRIVATE) {
            out.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
        }
        self.mark(out);
        Some(response)
    }

    /// Lets a listed page read the answer.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        if let Self::Listed(origin) = self {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, Origins, Sender};
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn only_programs_our_own_pages_and_listed_ones_may_ask() {
        let names = Names::new(4141, &[]).unwrap();
        let origins = Origins::new(&["http://localhost:3000".to_owned()]).unwrap();
        let check = |pairs: &[(&'static str, &'static str)]| origins.check(&names, &headers(pairs)).ok();
        assert_eq!(check(&[]), Some(Sender::Plain));
        assert_eq!(check(&[("origin", "http://127.0.0.1:4141")]), Some(Sender::Plain));
        assert_eq!(check(&[("sec-fetch-site", "none")]), Some(Sender::Plain));
        assert_eq!(check(&[("sec-fetch-site", "same-origin")]), Some(Sender::Plain));
        assert!(matches!(check(&[("origin", "http://localhost:3000")]), Some(Sender::Listed(_))));
        for refused in [
            ("origin", "http://evil.test"),
            ("origin", "null"),
            ("origin", ""),
            ("origin", "http://localhost:3001"),
            ("origin", "https://localhost:3000"),
            ("origin", "http://localhost:3000.evil.test"),
            ("origin", "http://LOCALHOST:3000"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "?"),
        ] {
            assert_eq!(check(&[refused]), None, "{refused:?}");
        }
        let twice = [("origin", "http://localhost:3000"), ("origin", "http://localhost:3000")];
        assert_eq!(check(&twice), None);
    }

    #[test]
    fn a_listed_origin_is_written_as_browsers_do() {
        for wrong in ["*", "localhost:3000", "http://a/", "http://A", "http://", "://a", "http://a b"] {
            assert!(Origins::new(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
        assert!(Origins::new(&["chrome-extension://abcdef".to_owned()]).is_ok());
    }

    #[test]
    fn a_preflight_is_answered_for_that_origin_alone() {
        let asked = headers(&[
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ]);
        let listed = Sender::Listed(HeaderValue::from_static("http://localhost:3000"));
        let response = listed.preflight(&Method::OPTIONS, &asked).unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "http://localhost:3000");
        assert_eq!(response.headers()["access-control-allow-headers"], "authorization,content-type");
        assert!(!response.headers().contains_key("access-control-allow-credentials"));
        assert!(listed.preflight(&Method::GET, &asked).is_none());
        assert!(Sender::Plain.preflight(&Method::OPTIONS, &asked).is_none());
    }
}

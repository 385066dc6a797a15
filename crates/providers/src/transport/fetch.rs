//! Fetching something from the web that a text names, once the user asked for it: with https, from
//! public addresses only, never through a proxy, and without anything that says who asks.

use super::Transport;
use crate::policy::{self, Reach, Refusal};
use reqwest::{
    Client, Method, Request, Response, StatusCode,
    header::{self, HeaderValue},
};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// Until a connection stands, and until all of it has come.
const CONNECT_MS: u32 = 10_000;
const WHOLE: Duration = Duration::from_secs(30);
/// Places a server may send us on to; each is judged like the first.
const HOPS: usize = 4;

/// Why it was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No address, or one without https.
    #[error("only https addresses are fetched")]
    NotHttps,
    /// An address that nothing is fetched from.
    #[error("it is not fetched: {0}")]
    Refused(#[from] Refusal),
    /// Nobody answered, or not in time.
    #[error("it could not be fetched: {0}")]
    Unreached(String),
    /// The server refused.
    #[error("the server answers {0}")]
    Status(u16),
    /// The server says that it is something else.
    #[error("the server says that it is `{0}`")]
    OtherType(String),
    /// It is larger than what is taken.
    #[error("it is larger than {0} MB")]
    TooLarge(usize),
}

/// What may be fetched from where; tests ask a server of their own.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    reach: Reach,
    https: bool,
}

const PUBLIC: Rules = Rules { reach: Reach { loopback: false, lan: false, public: true }, https: true };

/// A list as it came, or that it is still what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The server says that it did not change.
    Unchanged,
    /// It came.
    New {
        /// What it is.
        bytes: Vec<u8>,
        /// Its version for the next time, as the server calls it.
        etag: Option<String>,
    },
}

impl Transport {
    /// Fetches a list from a public https address, unless it is still the one of `etag`. Nobody sends us
    /// on from there, no proxy is asked, and nothing says who asks.
    ///
    /// # Errors
    /// When it is not to be had within these limits.
    pub async fn fetch_list(
        &self,
        url: &str,
        etag: Option<&str>,
        most: usize,
    ) -> Result<Listing, FetchError> {
        self.fetch_listing(url, etag, most, PUBLIC).await
    }

    /// The same, also from this machine: a list that the settings name.
    ///
    /// # Errors
    /// As [`Self::fetch_list`].
    pub async fn fetch_configured_list(
        &self,
        url: &str,
        etag: Option<&str>,
        most: usize,
    ) -> Result<Listing, FetchError> {
        let here = Url::parse(url).is_ok_and(|url| crate::provider::is_loopback(&url));
        let reach = Reach { loopback: here, lan: false, public: !here };
        self.fetch_listing(url, etag, most, Rules { reach, https: !here }).await
    }

    pub(super) async fn fetch_listing(
        &self,
        url: &str,
        etag: Option<&str>,
        most: usize,
        rules: Rules,
    ) -> Result<Listing, FetchError> {
        let whole = async {
            let url = Url::parse(url).map_err(|_| FetchError::NotHttps)?;
            let client = self
                .build_client(rules.reach, CONNECT_MS, None)
                .map_err(|error| FetchError::Unreached(error.to_string()))?;
            let mut request = get(judged(url, rules)?, "");
            if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
                request.headers_mut().insert(header::IF_NONE_MATCH, etag);
            }
            let response = sent(&client, request).await?;
            if response.status() == StatusCode::NOT_MODIFIED && etag.is_some() {
                return Ok(Listing::Unchanged);
            }
            let new = response.headers().get(header::ETAG).and_then(|value| value.to_str().ok());
            let new = new.filter(|etag| etag.len() <= 200).map(str::to_owned);
            Ok(Listing::New { bytes: body(response, "", most).await?, etag: new })
        };
        let late = || FetchError::Unreached(format!("it did not come within {} s", WHOLE.as_secs()));
        timeout(WHOLE, whole).await.map_err(|_| late())?
    }

    /// Fetches what is at a public https address, if its type begins with `kind` and it has at most
    /// `most` bytes.
    ///
    /// # Errors
    /// When it is not to be had within these limits.
    pub async fn fetch_public(&self, url: &str, kind: &str, most: usize) -> Result<Vec<u8>, FetchError> {
        self.fetch(url, kind, most, PUBLIC).await
    }

    /// Fetches what is at an address of the settings: on the web with https, or on this machine. Nobody sends
    /// us on from there, and no key goes along.
    ///
    /// # Errors
    /// When it is not to be had within these limits.
    pub async fn fetch_configured(&self, url: &str, kind: &str, most: usize) -> Result<Vec<u8>, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotHttps)?;
        let here = crate::provider::is_loopback(&url);
        let reach = Reach { loopback: here, lan: false, public: url.scheme() == "https" };
        let rules = Rules { reach, https: !here };
        let whole = async {
            let client = self
                .build_client(reach, CONNECT_MS, None)
                .map_err(|error| FetchError::Unreached(error.to_string()))?;
            body(ask(&client, judged(url, rules)?, kind).await?, kind, most).await
        };
        let late = || FetchError::Unreached(format!("it did not come within {} s", WHOLE.as_secs()));
        timeout(WHOLE, whole).await.map_err(|_| late())?
    }

    pub(super) async fn fetch(
        &self,
        url: &str,
        kind: &str,
        most: usize,
        rules: Rules,
    ) -> Result<Vec<u8>, FetchError> {
        let whole = async {
            // Never through a proxy: it would look the name up itself, and could be led where we cannot see.
            let client = self
                .build_client(rules.reach, CONNECT_MS, None)
                .map_err(|error| FetchError::Unreached(error.to_string()))?;
            let mut url = Url::parse(url).map_err(|_| FetchError::NotHttps)?;
            for _ in 0..=HOPS {
                let response = ask(&client, judged(url.clone(), rules)?, kind).await?;
                if let Some(next) = next(&response, &url) {
                    url = next;
                    continue;
                }
                return body(response, kind, most).await;
            }
            Err(FetchError::Unreached("it is sent on from one address to the next without end".to_owned()))
        };
        let late = || FetchError::Unreached(format!("it did not come within {} s", WHOLE.as_secs()));
        timeout(WHOLE, whole).await.map_err(|_| late())?
    }
}

/// The address, if it may be asked. Where a name leads is judged when it is resolved.
fn judged(mut url: Url, rules: Rules) -> Result<Url, FetchError> {
    if rules.https && url.scheme() != "https" {
        return Err(FetchError::NotHttps);
    }
    policy::judge_url(&url, rules.reach)?;
    // A name or password in an address that a model wrote is nobody's.
    let bare = url.set_username("").and_then(|()| url.set_password(None));
    bare.map_err(|()| FetchError::NotHttps)?;
    url.set_fragment(None);
    Ok(url)
}

fn get(url: Url, kind: &str) -> Request {
    let mut request = Request::new(Method::GET, url);
    let accept =
        if kind == "image/" { "image/png, image/jpeg, image/gif, image/webp, image/avif" } else { "*/*" };
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(accept));
    request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    request
}

async fn ask(client: &Client, url: Url, kind: &str) -> Result<Response, FetchError> {
    sent(client, get(url, kind)).await
}

async fn sent(client: &Client, request: Request) -> Result<Response, FetchError> {
    client.execute(request).await.map_err(|error| {
        // The policy's own words are behind reqwest's.
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(one) = cause {
            if let Some(refusal) = one.downcast_ref::<Refusal>() {
                return FetchError::Refused(refusal.clone());
            }
            cause = one.source();
        }
        FetchError::Unreached(error.without_url().to_string())
    })
}

/// Where the server sends us on to.
fn next(response: &Response, from: &Url) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    from.join(response.headers().get(header::LOCATION)?.to_str().ok()?).ok()
}

async fn body(mut response: Response, kind: &str, most: usize) -> Result<Vec<u8>, FetchError> {
    let status = response.status();
    if !status.is_success() {
        return Err(FetchError::Status(status.as_u16()));
    }
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let media_type =
        media_type.and_then(|value| value.to_str().ok()).unwrap_or("nothing").to_ascii_lowercase();
    let plain = media_type.split(';').next().unwrap_or_default().trim();
    if !plain.starts_with(kind) || plain == "image/svg+xml" {
        return Err(FetchError::OtherType(plain.chars().take(80).collect()));
    }
    let too_large = || FetchError::TooLarge(most >> 20);
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        let piece = response.chunk().await;
        let piece = piece.map_err(|error| FetchError::Unreached(error.without_url().to_string()))?;
        let Some(piece) = piece else { return Ok(bytes) };
        if bytes.len() + piece.len() > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&piece);
    }
}

#[cfg(test)]
mod tests;

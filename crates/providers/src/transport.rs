//! The HTTP transport: one call to one provider, within limits, to nowhere but its own address.
//!
//! Redirects are not followed, since reqwest would carry `x-api-key` and the prompt along. HTTP/1.1
//! only: an answer that is dropped closes its own socket at once, before its head too, and a slow
//! reader holds back its own source.

mod answer;
mod dns;
mod error;
mod fetch;

pub use answer::Answer;
pub use dns::Lookup;
pub use error::AttemptError;
pub use fetch::{FetchError, Listing};

use crate::{Provider, Timeouts, policy, policy::Reach};
use dialects::WireRequest;
use reqwest::{
    Client, Method, Request,
    header::{self, HeaderName, HeaderValue},
};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU16, atomic::Ordering},
    time::Duration,
};
use tokio::time::timeout;

/// Sends requests to providers. Clones share connections.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

struct Inner {
    /// One for each reach and connect limit: a connection is never shared across what may be reached.
    clients: Mutex<HashMap<(Reach, u32), Client>>,
    lookup: Arc<dyn Lookup>,
    proxies: dns::Proxies,
    /// Port of our own gateway; 0 while it is off.
    own_port: AtomicU16,
    guards: Guards,
}

/// What keeps a call where it was meant to go. Both stand: another value can only be made in tests, which show
/// what they are for.
#[derive(Debug, Clone, Copy)]
struct Guards {
    /// Addresses are judged, typed ones and resolved ones.
    addresses: bool,
    /// Redirects are not followed.
    redirects: bool,
}

impl Guards {
    const ALL: Self = Self { addresses: true, redirects: true };
}

/// The TLS or DNS set-up of this machine cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct TransportError(String);

/// How long an idle connection is kept.
const KEEP: Duration = Duration::from_secs(30);

impl Transport {
    /// With the system's resolver, and the proxy of `HTTPS_PROXY` or `ALL_PROXY` for calls to the web.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::build(Arc::new(dns::System), dns::Proxies::from_environment()))
    }

    /// With another resolver and without any proxy.
    pub fn with_lookup(lookup: Arc<dyn Lookup>) -> Self {
        Self::build(lookup, dns::Proxies::default())
    }

    fn build(lookup: Arc<dyn Lookup>, proxies: dns::Proxies) -> Self {
        Self::guarded(lookup, proxies, Guards::ALL)
    }

    fn guarded(lookup: Arc<dyn Lookup>, proxies: dns::Proxies, guards: Guards) -> Self {
        let (clients, own_port) = (Mutex::default(), AtomicU16::new(0));
        Self(Arc::new(Inner { clients, lookup, proxies, own_port, guards }))
    }

    /// Refuses calls to this port of this machine: our own gateway. `None` while it is off.
    pub fn set_own_port(&self, port: Option<u16>) {
        self.0.own_port.store(port.unwrap_or(0), Ordering::Relaxed);
    }

    /// Closes idle connections, whose buffers may still hold a key; calls under way go on.
    pub fn forget_connections(&self) {
        self.0.clients.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Makes one call. The answer's head has come, with a 2xx status, when this returns.
    ///
    /// Waits `connect_ms` for a connection, then `headers_ms` for a stream's head, or `total_ms` for
    /// that of a one-shot answer, which comes with its end. Dropping the future, or the answer,
    /// closes the connection.
    ///
    /// # Errors
    /// Classified: refused by the URL policy, not reached, too slow, or answered with another status.
    pub async fn send(
        &self,
        provider: &Provider,
        key: Option<&str>,
        request: &WireRequest,
        timeouts: &Timeouts,
        streaming: bool,
    ) -> Result<Answer, AttemptError> {
        let (client, outgoing) = self.prepare(provider, key, request, timeouts)?;
        let head_ms = if streaming { timeouts.headers_ms } else { timeouts.total_ms };
        let limit = u64::from(timeouts.connect_ms) + u64::from(head_ms);
        let answered = timeout(Duration::from_millis(limit), client.execute(outgoing)).await;
        let response = match answered {
            Err(_) => return Err(AttemptError::late(format!("no answer began within {limit} ms"))),
            Ok(Err(error)) => return Err(AttemptError::unreached(&error, timeouts, key)),
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            if let Some(coding) = error::coding(&response) {
                let failure = AttemptError::compressed(coding);
                return Err(AttemptError {
                    status: Some(response.status().as_u16()),
                    headers: error::headers(&response, key),
                    ..failure
                });
            }
            return Ok(Answer::new(response, timeouts.idle_ms, key));
        }
        Err(AttemptError::answered(provider.dialect, response, key).await)
    }

    fn prepare(
        &self,
        provider: &Provider,
        key: Option<&str>,
        request: &WireRequest,
        timeouts: &Timeouts,
    ) -> Result<(Client, Request), AttemptError> {
        let url = provider.url(&request.path).map_err(|error| {
            AttemptError::unsendable(format!("the provider's address is unusable: {error}"))
        })?;
        let reach = provider.reach();
        if self.0.guards.addresses {
            policy::judge_url(&url, reach).map_err(|refusal| AttemptError::refused(&refusal))?;
        }
        let own = self.0.own_port.load(Ordering::Relaxed);
        let ours = own != 0 && url.port_or_known_default() == Some(own);
        if ours && crate::provider::is_loopback(&url) {
            return Err(AttemptError::refused(&policy::Refusal::Ourselves));
        }
        // Another name may lead back to us all the same.
        let reach = Reach { loopback: reach.loopback && !ours, ..reach };
        let client = self.client(reach, timeouts.connect_ms)?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| AttemptError::unsendable("the request has no usable method".to_owned()))?;
        let mut outgoing = Request::new(method, url);
        let headers = outgoing.headers_mut();
        // Without this any coding would be allowed, and a compressing proxy holds back a stream.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in request.headers.iter().chain(&provider.headers) {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            {
                headers.insert(name, value);
            }
        }
        if let Some(key) = key {
            let (name, value) = dialects::auth_header(provider.dialect, &provider.quirks, key);
            let unfit = || {
                AttemptError::unsendable(
                    "the key has characters that no header has; enter it again".to_owned(),
                )
            };
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
            let mut value = HeaderValue::from_str(&value).map_err(|_| unfit())?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if !request.body.is_empty() {
            *outgoing.body_mut() = Some(request.body.clone().into());
        }
        Ok((client, outgoing))
    }

    fn client(&self, reach: Reach, connect_ms: u32) -> Result<Client, AttemptError> {
        let mut clients = self.0.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(reach, connect_ms)) {
            return Ok(client.clone());
        }
        let client = self.build_client(reach, connect_ms, Some(&self.0.proxies)).map_err(|error| {
            AttemptError::unsendable(format!("the HTTP client cannot be set up: {error}"))
        })?;
        clients.insert((reach, connect_ms), client.clone());
        Ok(client)
    }

    /// Without proxies the client connects itself, so that every address is judged, and it does not say
    /// who asks.
    fn build_client(
        &self,
        reach: Reach,
        connect_ms: u32,
        proxies: Option<&dns::Proxies>,
    ) -> Result<Client, reqwest::Error> {
        let mut builder = Client::builder();
        if proxies.is_some() {
            builder = builder.user_agent(concat!("orchesity/", env!("CARGO_PKG_VERSION")));
        }
        let proxies = proxies.cloned().unwrap_or_default();
        let Guards { addresses, redirects } = self.0.guards;
        let redirects =
            if redirects { reqwest::redirect::Policy::none() } else { reqwest::redirect::Policy::default() };
        let (lookup, at) = (self.0.lookup.clone(), proxies.clone());
        builder = builder
            .redirect(redirects)
            .referer(false)
            // What is tried again is the engine's to say.
            .retry(reqwest::retry::never())
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_millis(connect_ms.into()))
            .pool_idle_timeout(KEEP)
            .no_proxy()
            .dns_resolver(dns::Guarded { lookup, reach, proxies: at, stands: addresses });
        if reach.public {
            for proxy in proxies.all() {
                builder = builder.proxy(proxy?);
            }
        } else {
            // Plain http needs no certificates: a machine without them can still ask its own servers.
            builder = builder.tls_certs_only([]);
        }
        builder.build()
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;

//! Name resolution under the URL policy: only addresses that may be called come out.

use crate::policy::{self, Reach};
use reqwest::{
    NoProxy, Proxy,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};
use url::Url;

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of `host`, the preferred ones first.
    fn lookup(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The system's resolver.
pub(super) struct System;

impl Lookup for System {
    fn lookup(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            // Never asked of a network (RFC 6761); and local servers mostly listen on IPv4.
            if name == "localhost" || name.ends_with(".localhost") {
                return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
            }
            Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// A resolver for one reach.
pub(super) struct Guarded {
    pub lookup: Arc<dyn Lookup>,
    pub reach: Reach,
    pub proxies: Proxies,
    /// Whether anything is judged: always, but in tests.
    pub stands: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, reach) = (self.lookup.clone(), self.reach);
        let host = name.as_str().to_owned();
        // The user's own proxy may be anywhere; what it fetches is encrypted to the provider.
        let anywhere = self.proxies.is_one(&host) || !self.stands;
        Box::pin(async move {
            if !anywhere {
                policy::judge_name(&host)?;
            }
            let found = lookup.lookup(host.clone()).await?;
            let mut refusal = None;
            let mut allowed = Vec::new();
            for ip in found {
                match policy::judge(ip, reach) {
                    Err(why) if !anywhere => refusal = refusal.or(Some(why)),
                    _ => allowed.push(SocketAddr::new(ip, 0)),
                }
            }
            match (allowed.is_empty(), refusal) {
                (true, Some(refusal)) => Err(refusal.into()),
                (true, None) => {
                    Err(io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address")).into())
                }
                (false, _) => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

/// The user's proxy for calls to the web. Such calls are always encrypted to the provider.
#[derive(Clone, Default)]
pub(super) struct Proxies {
    url: Option<Url>,
}

impl Proxies {
    #[cfg(test)]
    pub fn of(url: Url) -> Self {
        Self { url: Some(url) }
    }

    pub fn from_environment() -> Self {
        let of = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let text = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find_map(of);
        let url = text.and_then(|text| {
            let text = if text.contains("://") { text } else { format!("http://{text}") };
            Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
        });
        Self { url }
    }

    pub fn all(&self) -> impl Iterator<Item = reqwest::Result<Proxy>> + '_ {
        self.url.iter().map(|url| Ok(Proxy::https(url.clone())?.no_proxy(NoProxy::from_env())))
    }

    fn is_one(&self, host: &str) -> bool {
        self.url.as_ref().and_then(Url::host_str).is_some_and(|proxy| proxy.eq_ignore_ascii_case(host))
    }
}

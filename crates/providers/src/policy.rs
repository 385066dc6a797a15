//! Where calls may go. Judged on the address that is connected to, not on the name that was typed,
//! so that neither a name that resolves elsewhere nor another spelling of an address gets around it.
//!
//! Link-local addresses, cloud metadata, unspecified, multicast and reserved addresses are refused
//! always. This machine and the local network need a yes; plain http goes to those two only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// What a provider's calls may connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reach {
    /// This machine: for providers that the user added, and for local presets.
    pub loopback: bool,
    /// Private networks: for providers with `allow_lan = true`.
    pub lan: bool,
    /// The web: never without TLS.
    pub public: bool,
}

/// Why a call is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither http nor https.
    #[error("only http and https addresses can be called")]
    Scheme,
    /// Nobody may be asked there.
    #[error("{0} is {1}; no provider is asked there")]
    Never(String, &'static str),
    /// This machine, for a provider that nobody put there.
    #[error("{0} is on this machine; add a provider with this address to `config.toml` to use it")]
    Loopback(String),
    /// The local network without a yes.
    #[error("{0} is in the local network; set `allow_lan = true` for this provider to use it")]
    Lan(String),
    /// Plain http to the web.
    #[error(
        "{0} is not on this machine or in the local network; use https, so that key and prompt are not readable on the way"
    )]
    PlainHttp(String),
    /// Our own door.
    #[error("this is our own gateway's port; a provider there would ask itself")]
    Ourselves,
}

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Loopback,
    Lan,
    Public,
    Never(&'static str),
}

const METADATA: &str = "a cloud's metadata service";
const METADATA_NAMES: [&str; 9] = [
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.azure.internal",
    "metadata.azure.com",
    "metadata.tencentyun.com",
    "metadata.platformequinix.com",
];

/// Judges what can be told from a URL before anything is resolved.
pub(crate) fn judge_url(url: &Url, reach: Reach) -> Result<(), Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme);
    }
    match url.host() {
        // The URL parser has brought 127.1, 0x7f000001, 2130706433 and the like into one spelling.
        Some(Host::Ipv4(ip)) => judge(IpAddr::V4(ip), reach),
        Some(Host::Ipv6(ip)) => judge(IpAddr::V6(ip), reach),
        Some(Host::Domain(name)) => judge_name(name),
        None => Err(Refusal::Scheme),
    }
}

pub(crate) fn judge_name(name: &str) -> Result<(), Refusal> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.is_empty() {
        return Err(Refusal::Never("an empty name".to_owned(), "no host"));
    }
    if METADATA_NAMES.contains(&name.as_str()) {
        return Err(Refusal::Never(name, METADATA));
    }
    Ok(())
}

/// Judges an address that is about to be connected to.
pub(crate) fn judge(ip: IpAddr, reach: Reach) -> Result<(), Refusal> {
    let class = match ip {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => v6(ip),
    };
    match class {
        Class::Never(what) => Err(Refusal::Never(ip.to_string(), what)),
        Class::Loopback if reach.loopback => Ok(()),
        Class::Loopback => Err(Refusal::Loopback(ip.to_string())),
        Class::Lan if reach.lan => Ok(()),
        Class::Lan => Err(Refusal::Lan(ip.to_string())),
        Class::Public if reach.public => Ok(()),
        Class::Public => Err(Refusal::PlainHttp(ip.to_string())),
    }
}

fn v4(ip: Ipv4Addr) -> Class {
    match ip.octets() {
        [0, ..] => Class::Never("an unspecified address"),
        // AWS, Google and Azure share 169.254.169.254, which is link-local; these are not.
        [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => Class::Never(METADATA),
        [127, ..] => Class::Loopback,
        [169, 254, ..] => Class::Never("a link-local address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Class::Lan,
        [224..=239, ..] => Class::Never("a multicast address"),
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [240..=255, ..] => {
            Class::Never("a reserved address")
        }
        // 198.18.0.0/15 is for benchmarks, but some VPN and proxy programs answer every name with it.
        _ => Class::Public,
    }
}

#[expect(clippy::match_same_arms, reason = "one arm for each reason")]
fn v6(ip: Ipv6Addr) -> Class {
    if ip.is_loopback() {
        return Class::Loopback;
    }
    if ip.is_unspecified() {
        return Class::Never("an unspecified address");
    }
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // ::ffff:a.b.c.d and ::a.b.c.d: other spellings of IPv4 addresses, of no use but to hide them.
        [0, 0, 0, 0, 0, 0xffff | 0, ..] => Class::Never("an IPv4 address in disguise"),
        // NAT64 and 6to4 lead to an IPv4 address: only to one on the web.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => match embedded(high, low) {
            Class::Public => Class::Public,
            _ => Class::Never("an IPv4 address in disguise"),
        },
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] => Class::Never("an IPv4 address in disguise"),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Class::Never(METADATA),
        [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Class::Never(METADATA),
        [0xfe80..=0xfebf, ..] => Class::Never("a link-local address"),
        [0xff00..=0xffff, ..] => Class::Never("a multicast address"),
        [0xfc00..=0xfdff, ..] => Class::Lan,
        [0x2000..=0x3fff, second, ..] if ip.segments()[0] != 0x2001 || second != 0xdb8 => Class::Public,
        _ => Class::Never("a reserved address"),
    }
}

#[cfg(test)]
mod tests;

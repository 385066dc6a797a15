//! Where we listen: on this machine only, unless somebody chose otherwise.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};
use tokio::net::TcpListener;

/// How often a free port is looked for that is free on both loopback addresses.
const TRIES: u32 = 16;

/// The addresses to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Host {
    /// 127.0.0.1, and ::1 where the machine has it.
    #[default]
    Loopback,
    /// One address.
    One(IpAddr),
}

impl Host {
    /// Whether nobody but this machine can reach it.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        match self {
            Self::Loopback => true,
            Self::One(address) => address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST,
        }
    }
}

impl FromStr for Host {
    type Err = ListenError;

    /// `localhost` is both loopback addresses; anything else must be an address.
    fn from_str(text: &str) -> Result<Self, ListenError> {
        if text.eq_ignore_ascii_case("localhost") {
            return Ok(Self::Loopback);
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        bare.parse().map(Self::One).map_err(|_| ListenError::NoAddress { host: text.to_owned() })
    }
}

/// Why the gateway does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error(
        "port {port} on {address} is in use, perhaps by Orchesity itself; choose another with `--port`, \
         or any free one with `--port 0` (in config.toml: `[gateway] port`)"
    )]
    Busy {
        /// Where.
        address: IpAddr,
        /// Which.
        port: u16,
    },
    /// The port needs rights that we do not have.
    #[error("port {port} needs rights that this user does not have; choose one from 1024 on with `--port`")]
    Forbidden {
        /// Which.
        port: u16,
    },
    /// Others could reach it, and nobody said that they may.
    #[error(
        "{address} can be reached by other machines; to really listen there add `--expose`, and issue keys \
         with `orch keys issue`; without it use `--host 127.0.0.1`"
    )]
    Exposed {
        /// Where.
        address: IpAddr,
    },
    /// Others could reach it, and no key would be asked for.
    #[error("without keys only this machine may ask; leave out `--no-auth`, or use `--host 127.0.0.1`")]
    ExposedWithoutKeys,
    /// Not an address.
    #[error("`{host}` is no address to listen on; write `127.0.0.1`, `::1` or `localhost`")]
    NoAddress {
        /// What was given.
        host: String,
    },
    /// A name that no `Host` header can have.
    #[error("`{name}` in `[gateway] {list}` cannot be matched; write {example}")]
    BadName {
        /// What was given.
        name: String,
        /// In which list.
        list: &'static str,
        /// What would be right.
        example: &'static str,
    },
    /// Something else.
    #[error("cannot listen on {address}: {source}; `--host` and `--port` choose another place")]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// Listens; on loopback, with one port on both addresses.
pub(crate) async fn bind(host: Host, port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let (first, second) = match host {
        Host::Loopback => (Ipv4Addr::LOCALHOST.into(), Some(Ipv6Addr::LOCALHOST.into())),
        Host::One(address) => (address, None),
    };
    let mut tries = 0;
    loop {
        tries += 1;
        let listener = one(first, port).await?;
        let Some(second) = second else { return Ok(vec![listener]) };
        let found = listener.local_addr().map_or(port, |address| address.port());
        return match one(second, found).await {
            Ok(other) => Ok(vec![listener, other]),
            // Whoever asked for any port gets one that is free on both.
            Err(ListenError::Busy { .. }) if port == 0 && tries < TRIES => continue,
            Err(ListenError::Io { source, address }) if has_no_such_address(&source) => {
                tracing::debug!(%address, %source, "this machine does not have that address");
                Ok(vec![listener])
            }
            Err(error) => Err(error),
        };
    }
}

async fn one(address: IpAddr, port: u16) -> Result<TcpListener, ListenError> {
    let place = SocketAddr::new(address, port);
    TcpListener::bind(place).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::Busy { address, port },
        io::ErrorKind::PermissionDenied => ListenError::Forbidden { port },
        _ => ListenError::Io { address: place, source },
    })
}

/// Machines and containers without IPv6.
fn has_no_such_address(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own in every version of the standard library.
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error() == Some(97)
}

/// How many of so many connections there are files for: each may need one upstream as well, and the store
/// needs some. The limit of this process is raised as far as it may.
#[cfg(unix)]
pub(super) fn room_for(connections: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// For the store, its spool, logs and listeners.
    const OURS: u64 = 128;
    let wanted = connections as u64 * 2 + OURS;
    let now = getrlimit(Resource::Nofile);
    let Some(mut current) = now.current else { return connections };
    if current < wanted {
        let raised = now.maximum.map_or(wanted, |maximum| maximum.min(wanted));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: now.maximum }).is_ok() {
            current = raised;
        }
    }
    usize::try_from(current.saturating_sub(OURS) / 2).unwrap_or(connections).max(16)
}

#[cfg(not(unix))]
pub(super) fn room_for(connections: usize) -> usize {
    connections
}

#[cfg(test)]
mod tests {
    use super::{Host, ListenError, bind};

    #[test]
    fn addresses_are_read_as_they_are_written() {
        assert_eq!("localhost".parse::<Host>().unwrap(), Host::Loopback);
        for (text, loopback) in
            [("127.0.0.1", true), ("::1", true), ("[::1]", true), ("0.0.0.0", false), ("::", false)]
        {
            assert_eq!(text.parse::<Host>().unwrap().is_loopback(), loopback, "{text}");
        }
        assert!(matches!("example.com".parse::<Host>(), Err(ListenError::NoAddress { .. })));
    }

    #[tokio::test]
    async fn both_loopback_addresses_share_a_port_and_a_busy_one_says_what_to_do() {
        let listeners = bind(Host::Loopback, 0).await.unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        assert!(listeners.iter().all(|one| one.local_addr().unwrap().port() == port));
        let error = bind(Host::Loopback, port).await.unwrap_err();
        assert!(error.to_string().contains("--port 0"), "{error}");
    }
}

//! The names that we answer to.
//!
//! A page on another site can make its own name point to this machine and then ask us as itself. What it
//! cannot do is send another `Host` than the name it was loaded from; so only names that can be nobody
//! else's count.

use crate::{
    listen::ListenError,
    refuse::{Detail, refusal},
};
use dialects::serving::Refusal;
use domain::ErrorKind;
use http::{HeaderMap, Uri, header::HOST};

/// The names of this machine that no page can be loaded from but ours.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Our names, with their ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// Lower case, as they stand in `Host`.
    full: Vec<String>,
    port: u16,
}

impl Names {
    /// Loopback with our port, and what the settings add: `name` with our port or without any, and
    /// `name:port` as it is.
    pub(crate) fn new(port: u16, more: &[String]) -> Result<Self, ListenError> {
        let mut full: Vec<String> = LOOPBACK.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            full.extend(LOOPBACK.map(str::to_owned));
        }
        for name in more {
            let name = name.to_ascii_lowercase();
            match parts(&name) {
                Some((_, Some(_))) => full.push(name),
                Some((_, None)) => full.extend([format!("{name}:{port}"), name]),
                None => {
                    return Err(ListenError::BadName {
                        name,
                        list: "hosts",
                        example: "`name` or `name:port`, such as `orchesity.lan` or `192.168.1.5:4141`",
                    });
                }
            }
        }
        Ok(Self { full, port })
    }

    /// Whether the request is for us.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if uri.authority().is_some() || uri.scheme().is_some() {
            return Err(bad("this is no proxy; ask for a path, such as `/v1/models`"));
        }
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(bad("exactly one `Host` header is needed"));
        };
        let host = host.to_str().unwrap_or_default();
        if self.full.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            return Ok(());
        }
        if parts(host).is_none() {
            return Err(bad("this `Host` header is not `name` or `name:port`"));
        }
        let message = format!(
            "this gateway does not answer to that name; use `http://127.0.0.1:{}`, or add the name to `hosts` \
             under `[gateway]` in config.toml",
            self.port
        );
        Err(refusal(421, ErrorKind::Permission, message).code("unknown_host"))
    }

    /// Whether this is the origin of a page that we serve ourselves.
    pub(crate) fn is_own_origin(&self, origin: &str) -> bool {
        let Some(host) = origin.strip_prefix("http://") else { return false };
        LOOPBACK.iter().any(|name| {
            host.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|port| port.parse() == Ok(self.port) && !port.starts_with(['0', '+']))
        }) || (self.port == 80 && LOOPBACK.contains(&host))
    }
}

fn bad(message: &str) -> Refusal {
    refusal(400, ErrorKind::BadRequest, message)
}

/// Name and port, where it looks like a `Host`.
fn parts(host: &str) -> Option<(&str, Option<u16>)> {
    let (name, port) = match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => {
            let port = &host[colon + 1..];
            if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (&host[..colon], Some(port.parse().ok()?))
        }
        _ => (host, None),
    };
    let inside = name.strip_prefix('[').map(|name| name.strip_suffix(']'));
    let fine = match inside {
        Some(address) => address.is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok()),
        None => {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        }
    };
    fine.then_some((name, port))
}

#[cfg(test)]
mod tests {
    use super::Names;
    use http::{HeaderMap, HeaderValue, Uri, header::HOST};

    fn status(names: &Names, uri: &str, hosts: &[&[u8]]) -> u16 {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_bytes(host).unwrap());
        }
        let uri: Uri = uri.parse().unwrap();
        names.check(&uri, &headers).map_or_else(|refusal| refusal.status, |()| 200)
    }

    #[test]
    fn only_our_own_names_with_our_port_are_ours() {
        let names = Names::new(4141, &[]).unwrap();
        let table: &[(u16, &[u8])] = &[
            (200, b"localhost:4141"),
            (200, b"127.0.0.1:4141"),
            (200, b"[::1]:4141"),
            // Names do not know case.
            (200, b"LocalHost:4141"),
            // Not our port, or none.
            (421, b"localhost"),
            (421, b"127.0.0.1"),
            (421, b"[::1]"),
            (421, b"localhost:80"),
            (421, b"localhost:4142"),
            (421, b"127.0.0.1:41411"),
            (421, b"127.0.0.1:04141"),
            (400, b"localhost:"),
            (400, b"localhost:4141:4141"),
            (400, b"localhost:+4141"),
            (400, b"localhost:4141 "),
            (400, b"localhost: 4141"),
            (400, b"localhost:4141\t"),
            (400, b"localhost:99999"),
            (400, b"localhost:0x102d"),
            (400, b":4141"),
            (400, b""),
            // Other names.
            (421, b"evil.test"),
            (421, b"evil.test:4141"),
            (421, b"localhost.evil.test:4141"),
            (421, b"127.0.0.1.evil.test:4141"),
            (421, b"127.0.0.1.nip.io:4141"),
            (421, b"evil-localhost:4141"),
            (421, b"xn--lcalhost-9za:4141"),
            (400, "löcalhost:4141".as_bytes()),
            (421, b"ip6-localhost:4141"),
            (421, b"localhost.localdomain:4141"),
            // The same place in other words.
            (421, b"localhost.:4141"),
            (421, b"127.0.0.1.:4141"),
            (421, b"0.0.0.0:4141"),
            (421, b"0:4141"),
            (421, b"127.1:4141"),
            (421, b"127.0.1:4141"),
            (421, b"127.0.0.2:4141"),
            (421, b"127.000.000.001:4141"),
            (421, b"0177.0.0.1:4141"),
            (421, b"0x7f.0.0.1:4141"),
            (421, b"0x7f000001:4141"),
            (421, b"2130706433:4141"),
            (421, b"017700000001:4141"),
            (421, b"[::ffff:127.0.0.1]:4141"),
            (421, b"[::ffff:7f00:1]:4141"),
            (421, b"[0:0:0:0:0:0:0:1]:4141"),
            (421, b"[::0001]:4141"),
            (421, b"[::]:4141"),
            (400, b"[::1%25lo]:4141"),
            (400, b"[::1%lo]:4141"),
            (400, b"::1:4141"),
            (400, b"[::1:4141"),
            (400, b"[localhost]:4141"),
            // Not a host at all.
            (400, b"user@localhost:4141"),
            (400, b"localhost:4141@evil.test"),
            (400, b"localhost:4141/"),
            (400, b"localhost:4141?x"),
            (400, b"localhost:4141#evil.test"),
            (400, b"localhost:4141, evil.test"),
            (400, b"evil.test,localhost:4141"),
            (400, b"http://localhost:4141"),
            (400, b"localhost%3a4141"),
            (400, b"local host:4141"),
            (400, b"127.0.0.1\\evil.test:4141"),
            (400, b"*"),
        ];
        assert!(table.len() >= 60, "{}", table.len());
        for (expected, host) in table {
            let found = status(&names, "/v1/models", &[host]);
            assert_eq!(found, *expected, "{}", String::from_utf8_lossy(host));
        }
    }

    #[test]
    fn the_number_of_hosts_is_one_and_the_target_is_a_path() {
        let names = Names::new(4141, &[]).unwrap();
        let ours: &[u8] = b"localhost:4141";
        assert_eq!(status(&names, "/", &[]), 400);
        assert_eq!(status(&names, "/", &[ours, ours]), 400);
        assert_eq!(status(&names, "/", &[ours, b"evil.test"]), 400);
        assert_eq!(status(&names, "http://localhost:4141/", &[ours]), 400);
        assert_eq!(status(&names, "http://evil.test/", &[ours]), 400);
        assert_eq!(status(&names, "//evil.test/", &[ours]), 200);
        assert_eq!(status(&names, "evil.test:443", &[ours]), 400);
        assert_eq!(status(&names, "*", &[ours]), 200);
    }

    #[test]
    fn settings_add_names_with_our_port_or_their_own() {
        let names = Names::new(4141, &["Gateway".to_owned(), "box.lan:8080".to_owned()]).unwrap();
        for (expected, host) in [
            (200, "gateway"),
            (200, "gateway:4141"),
            (421, "gateway:8080"),
            (200, "box.lan:8080"),
            (421, "box.lan"),
            (421, "box.lan:4141"),
            (200, "localhost:4141"),
        ] {
            assert_eq!(status(&names, "/", &[host.as_bytes()]), expected, "{host}");
        }
        assert!(Names::new(4141, &["http://a".to_owned()]).is_err());
        assert!(Names::new(80, &[]).unwrap().is_own_origin("http://localhost"));
    }

    #[test]
    fn our_own_pages_are_those_on_loopback_with_our_port() {
        let names = Names::new(4141, &["gateway".to_owned()]).unwrap();
        for (expected, origin) in [
            (true, "http://localhost:4141"),
            (true, "http://127.0.0.1:4141"),
            (true, "http://[::1]:4141"),
            (false, "http://localhost:04141"),
            (false, "http://localhost"),
            (false, "https://localhost:4141"),
            (false, "http://localhost:4142"),
            (false, "http://gateway:4141"),
            (false, "null"),
        ] {
            assert_eq!(names.is_own_origin(origin), expected, "{origin}");
        }
    }
}

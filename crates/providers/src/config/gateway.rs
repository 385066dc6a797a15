//! `[gateway]`: where it listens, who may ask, and how much is kept of its calls.

use super::{ConfigError, file::Places};
use domain::CaptureLevel;
use serde::Deserialize;
use std::net::IpAddr;

/// `[gateway]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GatewayConfig {
    /// Whether the desktop app switches it on when it starts; `orch serve` is switched on by itself.
    pub enabled: bool,
    /// `localhost` is both loopback addresses of this machine; else one address.
    pub host: String,
    /// 0 is any free one.
    pub port: u16,
    /// Whether other machines may reach it: chosen, never a consequence of `host` alone.
    pub expose: bool,
    /// More names that it answers to.
    pub hosts: Vec<String>,
    /// Pages that may ask.
    pub origins: Vec<String>,
    /// The most that is kept of any call; a key's own level can only be less.
    pub capture: CaptureLevel,
    /// How many days exact requests and responses are kept.
    pub keep_days: u32,
    /// How much of them, in MiB.
    pub keep_mb: u32,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            host: "localhost".to_owned(),
            port: 4141,
            expose: false,
            hosts: Vec::new(),
            origins: Vec::new(),
            capture: CaptureLevel::Full,
            keep_days: 30,
            keep_mb: 512,
        }
    }
}

impl GatewayConfig {
    /// What is kept of the calls of a key that asks for this much.
    #[must_use]
    pub fn capture_of(&self, key: CaptureLevel) -> CaptureLevel {
        match (self.capture, key) {
            (CaptureLevel::Off, _) | (_, CaptureLevel::Off) => CaptureLevel::Off,
            (CaptureLevel::Metadata, _) | (_, CaptureLevel::Metadata) => CaptureLevel::Metadata,
            (CaptureLevel::Full, CaptureLevel::Full) => CaptureLevel::Full,
        }
    }
}

/// What the table may have.
pub(super) const WORDS: [&str; 9] =
    ["enabled", "host", "port", "expose", "hosts", "origins", "capture", "keep_days", "keep_mb"];

/// The checks that go beyond the shape.
pub(super) fn check(gateway: &GatewayConfig, places: &Places<'_>) -> Result<(), ConfigError> {
    let host = gateway.host.as_str();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if !host.eq_ignore_ascii_case("localhost") && bare.parse::<IpAddr>().is_err() {
        let message = "`host` is an address to listen on: \"localhost\", \"127.0.0.1\" or \"::1\"";
        return Err(places.error(&["gateway", "host"], message));
    }
    for (name, number) in [("keep_days", gateway.keep_days), ("keep_mb", gateway.keep_mb)] {
        if number == 0 {
            let message = format!("`{name}` is at least 1; to keep no text write `capture = \"metadata\"`");
            return Err(places.error(&["gateway", name], message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::GatewayConfig;
    use crate::{Config, ConfigError};
    use domain::CaptureLevel::{self, Full, Metadata, Off};

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, &|_| None)
    }

    #[test]
    fn without_a_word_the_gateway_is_off_and_on_this_machine_only() {
        let gateway = parse("").unwrap().gateway;
        assert_eq!(gateway, GatewayConfig::default());
        assert_eq!(gateway, parse("[gateway]\n").unwrap().gateway);
        assert!(
            !gateway.enabled && !gateway.expose && gateway.hosts.is_empty() && gateway.origins.is_empty()
        );
        assert_eq!((gateway.host.as_str(), gateway.port), ("localhost", 4141));
    }

    #[test]
    fn every_word_is_read() {
        let text = r#"
[gateway]
enabled = true
host = "192.168.1.5"
port = 0
expose = true
hosts = ["orchesity.lan", "box:4141"]
origins = ["http://localhost:3000"]
capture = "metadata"
keep_days = 7
keep_mb = 64
"#;
        let config = parse(text).unwrap();
        assert_eq!(config.warnings, Vec::<String>::new());
        let read = GatewayConfig {
            enabled: true,
            host: "192.168.1.5".to_owned(),
            port: 0,
            expose: true,
            hosts: vec!["orchesity.lan".to_owned(), "box:4141".to_owned()],
            origins: vec!["http://localhost:3000".to_owned()],
            capture: CaptureLevel::Metadata,
            keep_days: 7,
            keep_mb: 64,
        };
        assert_eq!(config.gateway, read);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (line, word) in [
            ("host = \"example.com\"", "localhost"),
            ("host = \"\"", "localhost"),
            ("host = 4", "string"),
            ("port = 70000", "u16"),
            ("port = \"4141\"", "u16"),
            ("capture = \"all\"", "metadata"),
            ("keep_days = 0", "capture"),
            ("keep_mb = 0", "capture"),
            ("origins = \"*\"", "sequence"),
        ] {
            let error = parse(&format!("[gateway]\n{line}\n")).unwrap_err();
            assert_eq!(error.line(), Some(2), "{line}: {error}");
            assert!(error.to_string().contains(word), "{line}: {error}");
        }
        // A word that means nothing is most likely a mistyped one; the rest counts.
        let config = parse("[gateway]\nports = 1\nport = 4242\n").unwrap();
        assert_eq!(config.gateway.port, 4242);
        assert!(config.warnings[0].contains("did you mean `port`?"), "{:?}", config.warnings);
    }

    #[test]
    fn a_key_can_only_lower_what_is_kept() {
        let kept = |most, key| GatewayConfig { capture: most, ..GatewayConfig::default() }.capture_of(key);
        for (most, key, least) in [
            (Full, Full, Full),
            (Full, Metadata, Metadata),
            (Full, Off, Off),
            (Metadata, Full, Metadata),
            (Metadata, Off, Off),
            (Off, Full, Off),
            (Off, Metadata, Off),
        ] {
            assert_eq!(kept(most, key), least, "{most} {key}");
        }
    }
}

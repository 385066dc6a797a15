//! `[gateway]`: where it listens, who may ask, and how much is kept of its calls.

use super::{ConfigError, file::Places};
use domain::{CaptureLevel, KeySource};
use serde::Deserialize;
use std::net::IpAddr;
use url::Url;

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
    /// Signed tokens that count like keys.
    pub jwt: Option<JwtConfig>,
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
            jwt: None,
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

/// `[gateway.jwt]`: signed tokens in place of virtual keys.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "JwtRow")]
pub struct JwtConfig {
    /// The only algorithm that counts, whatever a token says.
    pub algorithm: JwtAlgorithm,
    /// What signatures are checked with.
    pub keys: JwtKeys,
    /// Who must have issued a token (`iss`).
    pub issuer: String,
    /// For whom it must be (`aud`).
    pub audience: String,
    /// How far clocks may differ, in seconds; at most a minute.
    pub leeway_s: u32,
    /// The claim that names the bearer.
    pub name_claim: String,
    /// What tokens may do that bring no scopes of ours (`orchesity:…` in `scope`); empty is everything but the native API.
    pub scopes: Vec<String>,
}

/// What signatures of tokens are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwtKeys {
    /// A secret in this environment variable, shared with the issuer.
    Secret {
        /// Its name.
        variable: String,
    },
    /// The issuer's public keys at this address.
    Set {
        /// https, or http on this machine.
        url: String,
    },
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum JwtAlgorithm {
    /// With a shared secret.
    #[serde(rename = "HS256")]
    Hs256,
    /// RSA with PKCS #1 padding.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA with PSS padding.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl JwtAlgorithm {
    /// Its name in the head of a token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtRow {
    algorithm: JwtAlgorithm,
    secret: Option<KeySource>,
    jwks: Option<String>,
    issuer: String,
    audience: String,
    leeway_s: Option<u32>,
    name_claim: Option<String>,
    scopes: Option<Vec<String>>,
}

impl TryFrom<JwtRow> for JwtConfig {
    type Error = &'static str;

    fn try_from(row: JwtRow) -> Result<Self, &'static str> {
        let keys = match (row.algorithm, row.secret, row.jwks) {
            (JwtAlgorithm::Hs256, Some(KeySource::Env(variable)), None) => JwtKeys::Secret { variable },
            (JwtAlgorithm::Hs256, ..) => {
                return Err("HS256 takes `secret = \"env:NAME\"`, and no `jwks`");
            }
            (_, None, Some(url)) => {
                let at = Url::parse(&url).ok();
                let fine = at.is_some_and(|at| {
                    at.scheme() == "https" || (at.scheme() == "http" && crate::provider::is_loopback(&at))
                });
                if !fine {
                    return Err("`jwks` is an https address, or an http one on this machine");
                }
                JwtKeys::Set { url }
            }
            _ => return Err("this algorithm takes `jwks = \"https://…\"`, and no `secret`"),
        };
        let leeway_s = row.leeway_s.unwrap_or(30);
        if leeway_s > 60 {
            return Err("`leeway_s` is at most 60");
        }
        if row.issuer.is_empty() || row.audience.is_empty() {
            return Err("`issuer` and `audience` are not empty; every token names both");
        }
        let name_claim = row.name_claim.unwrap_or_else(|| "sub".to_owned());
        let scopes = row.scopes.unwrap_or_default();
        let (algorithm, issuer, audience) = (row.algorithm, row.issuer, row.audience);
        Ok(Self { algorithm, keys, issuer, audience, leeway_s, name_claim, scopes })
    }
}

/// What the table may have.
pub(super) const WORDS: [&str; 10] =
    ["enabled", "host", "port", "expose", "hosts", "origins", "capture", "keep_days", "keep_mb", "jwt"];

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
    use super::{GatewayConfig, JwtAlgorithm, JwtKeys};
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
            jwt: None,
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

    #[test]
    fn tokens_are_signed_as_the_settings_say_and_no_secret_stands_there() {
        let table = |more: &str| format!("[gateway.jwt]\nissuer = \"i\"\naudience = \"a\"\n{more}\n");
        let jwt = |more: &str| parse(&table(more)).map(|config| config.gateway.jwt.unwrap());
        let secret = jwt("algorithm = \"HS256\"\nsecret = \"env:S\"").unwrap();
        assert_eq!(secret.keys, JwtKeys::Secret { variable: "S".to_owned() });
        assert_eq!((secret.leeway_s, &secret.name_claim[..]), (30, "sub"));
        let set = jwt("algorithm = \"ES256\"\njwks = \"https://i.example/keys\"\nleeway_s = 60").unwrap();
        assert_eq!((set.algorithm, set.leeway_s), (JwtAlgorithm::Es256, 60));
        jwt("algorithm = \"RS256\"\njwks = \"http://127.0.0.1:1/keys\"").unwrap();
        for wrong in [
            "algorithm = \"none\"",
            "algorithm = \"HS256\"",
            "secret = \"env:S\"",
            "algorithm = \"HS256\"\nsecret = \"hunter2hunter2hunter2hunter2hunter2\"",
            "algorithm = \"HS256\"\nsecret = \"keychain\"",
            "algorithm = \"HS256\"\nsecret = \"env:S\"\njwks = \"https://i.example/keys\"",
            "algorithm = \"RS256\"\nsecret = \"env:S\"",
            "algorithm = \"RS256\"\njwks = \"http://i.example/keys\"",
            "algorithm = \"RS256\"\njwks = \"file:///keys\"",
            "algorithm = \"HS256\"\nsecret = \"env:S\"\nleeway_s = 61",
            "algorithm = \"HS256\"\nsecret = \"env:S\"\nleeway = 5",
        ] {
            let error = jwt(wrong).unwrap_err();
            assert!(error.line().is_some() && !error.to_string().contains("hunter2"), "{wrong}: {error}");
        }
        parse("[gateway.jwt]\nalgorithm = \"HS256\"\nsecret = \"env:S\"\n").unwrap_err();
    }
}

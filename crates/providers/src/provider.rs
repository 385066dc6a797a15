//! One provider.

use crate::{Quirks, policy};
use domain::{Capabilities, Dialect, KeySource, ProviderId};
use serde::Deserialize;
use url::{Host, Url};

/// An account at an endpoint: all that a call needs but the key.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Prefix of its targets.
    pub id: ProviderId,
    /// For people.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// What request paths are joined to; without a slash at its end.
    pub base_url: Url,
    /// Where its key comes from.
    pub key: KeySource,
    /// Environment variable that usually has its key. `None` where the address is not the usual one:
    /// a key in the environment is meant for the usual one only.
    pub key_variable: Option<String>,
    /// Further headers of each request, names in lower case; never a key.
    pub headers: Vec<(String, String)>,
    /// The only models it may be asked for; empty: whatever it offers.
    pub models: Vec<String>,
    /// Whether it can be used: switched on, and for a preset that nobody configured also with its key
    /// in the environment or in need of none.
    pub enabled: bool,
    /// Who answers a bare model id that several offer: higher first.
    pub priority: i32,
    /// How it differs from its dialect.
    pub quirks: Quirks,
    /// Whether it may be in the local network.
    pub allow_lan: bool,
    /// What it may be asked for within a minute, and at a time.
    pub limits: Option<ProviderLimits>,
    /// Whether `config.toml` has it; else it is a preset as built in.
    pub configured: bool,
    /// The preset it is made from; its prices and limits hold as long as the address is the preset's.
    pub preset: Option<ProviderId>,
    /// What the user says of models of it: rows of `[[models]]`.
    pub own: Vec<OwnModel>,
}

/// What the user says of a model: a row of `[[models]]`. It counts before every list, and the model can be
/// asked though nobody lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnModel {
    /// As the provider names it.
    pub id: String,
    /// For people.
    pub name: Option<String>,
    /// Most tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    pub output_limit: Option<u32>,
    /// What it can do, as far as it is said.
    pub capabilities: Capabilities,
}

/// How much a provider is asked for at most: `limits` of its row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderLimits {
    /// Requests within any minute.
    pub rpm: Option<u32>,
    /// Tokens within any minute.
    pub tpm: Option<u32>,
    /// Calls at a time.
    pub concurrent: Option<u32>,
}

impl Provider {
    /// `scheme://host:port`: what a key is bound to.
    pub fn origin(&self) -> String {
        origin_of(&self.base_url)
    }

    /// What the user says of one of its models.
    pub fn own(&self, model: &str) -> Option<&OwnModel> {
        self.own.iter().find(|own| own.id == model)
    }

    /// Whether it is on this machine, by the look of its address.
    pub fn is_loopback(&self) -> bool {
        !self.is_simulated() && is_loopback(&self.base_url)
    }

    /// Whether it is made up here.
    pub fn is_simulated(&self) -> bool {
        self.dialect == Dialect::Simulated
    }

    /// Whose prices and limits hold for its models, for [`crate::catalog::lookup`]; empty when nobody's.
    pub fn catalog_name(&self) -> &str {
        self.preset.as_ref().map_or("", ProviderId::as_str)
    }

    /// Where a request goes.
    pub fn url_of(&self, request: &dialects::WireRequest) -> Url {
        self.url(&request.path).unwrap_or_else(|_| self.base_url.clone())
    }

    /// The address of a request; `path` begins with a slash.
    pub(crate) fn url(&self, path: &str) -> Result<Url, url::ParseError> {
        Url::parse(&format!("{}{path}", self.base_url.as_str().trim_end_matches('/')))
    }

    /// What its calls may connect to.
    pub(crate) fn reach(&self) -> policy::Reach {
        // A preset on the web has no business on this machine, whatever its name resolves to.
        let loopback = self.configured || self.is_loopback();
        policy::Reach { loopback, lan: self.allow_lan, public: self.base_url.scheme() == "https" }
    }
}

/// `scheme://host:port`, the port written out even where it is the usual one.
pub(crate) fn origin_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    match url.port_or_known_default() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

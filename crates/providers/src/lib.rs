//! Accounts as data: presets and `config.toml`, which provider answers a target, the HTTP transport
//! with its limits and its URL policy, model discovery, and the bundled catalog of prices.
//!
//! A provider is a dialect, a base URL and quirks; a new one is a row in `presets.toml`. Deliberately
//! not here: keys (the caller brings one for each call), retries and fallbacks (the engine's), and
//! the wire formats (`dialects`).

pub mod catalog;
mod check;
mod config;
mod discover;
pub mod edit;
mod local;
mod policy;
mod presets;
mod provider;
mod redact;
mod resolve;
mod transport;
mod watch;

pub use check::{Check, CheckStep, test};
pub use config::{
    BudgetConfig, CacheConfig, Config, ConfigError, EngineConfig, GatewayConfig, JwtAlgorithm, JwtConfig,
    JwtKeys, PriceOverride, RoutingConfig, Timeouts, route_of,
};
pub use dialects::{ListedModel, Quirks};
pub use discover::{discover, simulated};
pub use local::{LocalServer, local_servers, probe_local};
pub use policy::{Reach, Refusal};
pub use presets::{Preset, preset, presets};
pub use provider::{OwnModel, Provider, ProviderLimits};
#[cfg(feature = "guards")]
pub use redact::leave_keys_in_texts;
pub use redact::redact;
pub use resolve::{ResolveError, Resolved};
pub use transport::{Answer, AttemptError, FetchError, Listing, Lookup, Transport, TransportError};
pub use watch::ConfigWatch;

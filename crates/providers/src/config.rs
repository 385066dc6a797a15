//! `config.toml`: the only source of providers, aliases, limits and price overrides.
//!
//! The whole file is checked before any of it counts. Tables that belong to other parts of the
//! product and unknown ones are passed over.

mod address;
mod error;
mod file;
mod gateway;
mod lists;
mod own;
mod routing;

pub(crate) use address::BaseUrl;
pub use error::ConfigError;
pub(crate) use file::carries_key;
pub use gateway::{GatewayConfig, JwtAlgorithm, JwtConfig, JwtKeys};
pub use routing::{RoutingConfig, route_of};

use crate::{Provider, catalog, presets};
use domain::{NanoUsd, Prices, Target, Usage, Zone};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

/// The file's name in the home folder.
pub(crate) const FILE: &str = "config.toml";
/// Longest file that is read.
const MAX_BYTES: u64 = 4 << 20;

/// What `config.toml` says, merged over the presets.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Configured providers in the file's order, then the presets that it does not name.
    pub providers: Vec<Provider>,
    /// Other names for targets, each tried in order.
    pub aliases: BTreeMap<String, Vec<Target>>,
    /// Limits of the engine.
    pub engine: EngineConfig,
    /// Prices that win over the catalog.
    pub prices: Vec<PriceOverride>,
    /// Caps of all calls together.
    pub budget: BudgetConfig,
    /// The gateway: where it listens, who may ask, how much is kept.
    pub gateway: GatewayConfig,
    /// What routes choose by.
    pub routing: RoutingConfig,
    /// Answers that are given again to whoever asks the same.
    pub cache: CacheConfig,
    /// Lists of models that are looked at beside the known ones.
    pub catalog: Vec<catalog::Source>,
    /// What was passed over and is most likely a mistake, each with its place.
    pub warnings: Vec<String>,
}

/// `[engine]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EngineConfig {
    /// Upstream calls of one completion, fallbacks included; 1 never retries.
    pub max_attempts: u32,
    /// How often is looked whether providers answer, by asking for their models, in seconds; 0 never.
    pub check_every_s: u32,
    /// How long is waited for what.
    pub timeouts: Timeouts,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { max_attempts: 3, check_every_s: 0, timeouts: Timeouts::default() }
    }
}

/// How long is waited for what, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// For a connection.
    pub connect_ms: u32,
    /// For the head of a streaming answer from another machine.
    pub headers_ms: u32,
    /// For the first content.
    pub first_content_ms: u32,
    /// Between two pieces of a body.
    pub idle_ms: u32,
    /// For the whole call.
    pub total_ms: u32,
    /// For content, while a stream sends only comments.
    pub comments_ms: u32,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect_ms: 10_000,
            headers_ms: 60_000,
            first_content_ms: 120_000,
            idle_ms: 60_000,
            total_ms: 1_800_000,
            comments_ms: 300_000,
        }
    }
}

/// `[budget]`: what all calls together may cost, whoever makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetConfig {
    /// In a calendar day.
    pub day_usd: Option<NanoUsd>,
    /// In a calendar month.
    pub month_usd: Option<NanoUsd>,
    /// Where days begin, also those of virtual keys that are issued from now on.
    pub time_zone: Zone,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self { day_usd: None, month_usd: None, time_zone: Zone::UTC }
    }
}

/// `[cache]`: answers of the gateway that are given again to whoever asks exactly the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CacheConfig {
    /// Whether there are any.
    pub enabled: bool,
    /// How long an answer is given again, in seconds.
    pub ttl_s: u32,
    /// How much of them is kept, in MiB.
    pub max_mb: u32,
    /// Whether one is given when nobody can be asked, also after its time.
    pub offline: bool,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { enabled: false, ttl_s: 24 * 60 * 60, max_mb: 256, offline: false }
    }
}

/// A row of `[[prices]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceOverride {
    /// `provider/model`, or a bare model id for every provider that has it.
    pub model: String,
    /// The prices that it sets; all others are unknown.
    pub prices: Prices,
}

impl Config {
    /// Reads `config.toml` of a home folder; without one, the presets as they are.
    ///
    /// # Errors
    /// When the file cannot be read, or anything in it is wrong; the error names the place.
    pub fn load(home: &Path) -> Result<Self, ConfigError> {
        Self::load_with(home, &|name| std::env::var(name).ok())
    }

    /// The same in another environment.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_with(home: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::parse(&read(home)?, environment)
    }

    /// Reads the text of a `config.toml`.
    ///
    /// # Errors
    /// When anything in it is wrong.
    pub fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        file::parse(text, environment)
    }

    /// The provider of this id.
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id.as_str() == id)
    }

    /// What a model costs: `[[prices]]`, else nothing for simulated and loopback providers, else the
    /// catalog as long as the provider's address is its preset's. All `None` is unknown.
    pub fn prices_of(&self, provider: &Provider, model: &str) -> Prices {
        self.prices_for(provider, model, &Usage::default())
    }

    /// What a call of this usage is charged at: long prompts have prices of their own at some.
    pub fn prices_for(&self, provider: &Provider, model: &str, usage: &Usage) -> Prices {
        self.prices_by(&catalog::Synced::default(), provider, model, usage)
    }

    /// The same with what was synced since.
    pub fn prices_by(
        &self,
        catalog: &catalog::Synced,
        provider: &Provider,
        model: &str,
        usage: &Usage,
    ) -> Prices {
        let target = Target::of(provider.id.as_str(), model);
        let own = |wanted: &str| self.prices.iter().find(|row| row.model == wanted).map(|row| row.prices);
        if let Some(prices) = own(target.as_str()).or_else(|| own(model)) {
            return prices;
        }
        if provider.is_simulated() || provider.is_loopback() {
            return Prices::FREE;
        }
        catalog
            .lookup(provider.catalog_name(), model)
            .map_or_else(Prices::default, |found| found.prices_for(usage))
    }
}

impl Default for Config {
    /// The presets in an empty environment.
    fn default() -> Self {
        Self {
            providers: presets::rows().iter().map(|row| row.provider(&|_| None)).collect(),
            aliases: BTreeMap::new(),
            engine: EngineConfig::default(),
            prices: Vec::new(),
            budget: BudgetConfig::default(),
            gateway: GatewayConfig::default(),
            routing: RoutingConfig::default(),
            cache: CacheConfig::default(),
            catalog: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// The text of the file; empty when there is none.
pub(crate) fn read(home: &Path) -> Result<String, ConfigError> {
    let path = home.join(FILE);
    let unreadable = |reason: String| ConfigError::Unreadable { path: path.display().to_string(), reason };
    match std::fs::metadata(&path) {
        Ok(about) if about.len() > MAX_BYTES => {
            return Err(unreadable("it is longer than 4 MiB".to_owned()));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Ok(_) | Err(_) => {}
    }
    match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

#[cfg(test)]
mod tests;

//! The file's shape, and the checks that go beyond it.

use super::{
    BaseUrl, BudgetConfig, CacheConfig, Config, ConfigError, EngineConfig, GatewayConfig, PriceOverride,
    error::without_values,
    gateway, lists, own,
    routing::{self, RoutingRow},
};
use crate::{Provider, ProviderLimits, Quirks, presets};
use domain::{Dialect, KeySource, NanoUsd, Prices, ProviderId, Target, Zone};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml_edit::{Document, Item};

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    providers: Vec<Row>,
    engine: EngineConfig,
    aliases: BTreeMap<String, OneOrMany>,
    prices: Vec<PriceRow>,
    models: Vec<own::ModelRow>,
    catalog: Vec<lists::ListRow>,
    budget: BudgetRow,
    gateway: GatewayConfig,
    routing: RoutingRow,
    cache: CacheConfig,
}

#[derive(Deserialize)]
struct Row {
    id: ProviderId,
    name: Option<String>,
    preset: Option<ProviderId>,
    dialect: Option<Dialect>,
    base_url: Option<BaseUrl>,
    key: Option<KeySource>,
    models: Option<Vec<String>>,
    headers: Option<BTreeMap<String, String>>,
    enabled: Option<bool>,
    priority: Option<i32>,
    allow_lan: Option<bool>,
    quirks: Option<Quirks>,
    limits: Option<ProviderLimits>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Target),
    Many(Vec<Target>),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BudgetRow {
    day_usd: Option<Usd>,
    month_usd: Option<Usd>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
struct PriceRow {
    model: Target,
    input: Option<Usd>,
    output: Option<Usd>,
    cached_read: Option<Usd>,
    cached_write: Option<Usd>,
    reasoning: Option<Usd>,
}

/// Dollars as a number or a text. A number goes through its shortest decimal form, so `0.1` is 0.1.
pub(super) struct Usd(pub(super) NanoUsd);

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Whole(i64),
            Float(f64),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Whole(number) => number.to_string(),
            Written::Float(number) => number.to_string(),
            Written::Text(text) => text,
        };
        match text.parse::<NanoUsd>() {
            Ok(amount) if amount.0 >= 0 => Ok(Self(amount)),
            Ok(_) => Err(serde::de::Error::custom("an amount is not below 0")),
            Err(error) => Err(serde::de::Error::custom(error)),
        }
    }
}

pub(super) fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ConfigError::at(text, at, error.message())
    })?;
    let places = Places { text, document: &document };
    let file: File = toml_edit::de::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ConfigError::at(text, at, without_values(error.message()))
    })?;
    engine(&file.engine, &places)?;
    gateway::check(&file.gateway, &places)?;
    let policies: Vec<String> = file.routing.policies().map(str::to_owned).collect();
    let mut warnings = unknown_words(&places, (file.providers.len(), file.catalog.len()), &policies);
    let mut providers = providers(file.providers, &places, environment, &mut warnings)?;
    own::add(file.models, &mut providers, &places, &mut warnings)?;
    let aliases = aliases(file.aliases, &places)?;
    let prices = file
        .prices
        .into_iter()
        .map(|row| {
            let usd = |price: Option<Usd>| price.map(|usd| usd.0);
            let prices = Prices {
                input: usd(row.input),
                output: usd(row.output),
                cached_read: usd(row.cached_read),
                cached_write: usd(row.cached_write),
                reasoning: usd(row.reasoning),
            };
            PriceOverride { model: row.model.into(), prices }
        })
        .collect();
    let catalog = lists::read(file.catalog, &places)?;
    let budget = budget(file.budget, &places)?;
    let routing = routing::check(file.routing, &places)?;
    cache(&file.cache, &places)?;
    Ok(Config {
        providers,
        aliases,
        engine: file.engine,
        prices,
        budget,
        gateway: file.gateway,
        routing,
        cache: file.cache,
        catalog,
        warnings,
    })
}

fn budget(row: BudgetRow, places: &Places<'_>) -> Result<BudgetConfig, ConfigError> {
    let zone = row.time_zone.as_deref().map(str::parse).transpose();
    let zone =
        zone.map_err(|error: domain::ZoneError| places.error(&["budget", "time_zone"], error.to_string()))?;
    Ok(BudgetConfig {
        day_usd: row.day_usd.map(|usd| usd.0),
        month_usd: row.month_usd.map(|usd| usd.0),
        time_zone: zone.unwrap_or(Zone::UTC),
    })
}

fn cache(cache: &CacheConfig, places: &Places<'_>) -> Result<(), ConfigError> {
    for (name, amount) in [("ttl_s", cache.ttl_s), ("max_mb", cache.max_mb)] {
        if amount == 0 {
            let message = format!("`{name}` is at least 1; `enabled = false` switches the cache off");
            return Err(places.error(&["cache", name], message));
        }
    }
    Ok(())
}

/// Providers are not looked at more often than this.
const CHECK_LEAST_S: u32 = 30;

fn engine(engine: &EngineConfig, places: &Places<'_>) -> Result<(), ConfigError> {
    if engine.max_attempts == 0 {
        return Err(places.error(&["engine", "max_attempts"], "`max_attempts` is at least 1"));
    }
    if (1..CHECK_LEAST_S).contains(&engine.check_every_s) {
        let message = format!("`check_every_s` is at least {CHECK_LEAST_S}, or 0 for never");
        return Err(places.error(&["engine", "check_every_s"], message));
    }
    let limits = &engine.timeouts;
    for (name, ms) in [
        ("connect_ms", limits.connect_ms),
        ("headers_ms", limits.headers_ms),
        ("first_content_ms", limits.first_content_ms),
        ("idle_ms", limits.idle_ms),
        ("total_ms", limits.total_ms),
        ("comments_ms", limits.comments_ms),
    ] {
        if ms == 0 {
            let message = format!("`{name}` is at least 1; nothing can be answered in no time");
            return Err(places.error(&["engine", "timeouts", name], message));
        }
    }
    Ok(())
}

/// Words in rows of providers, in `[gateway]` and in `[routing]` that mean nothing: most often they are mistyped.
fn unknown_words(places: &Places<'_>, (rows, of_lists): (usize, usize), policies: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    let table = |path: &[&str]| {
        let mut item = Some(places.document.as_item());
        for word in path {
            item = item.and_then(Item::as_table_like).and_then(|table| table.get(word));
        }
        RowPlace { text: places.text, row: item.and_then(Item::as_table_like) }
    };
    let rows = (0..rows)
        .map(|index| (places.of_row("providers", index), "[[providers]]".to_owned(), &ROW_WORDS[..]))
        .chain(
            (0..of_lists)
                .map(|index| (places.of_row("catalog", index), "[[catalog]]".to_owned(), &lists::WORDS[..])),
        )
        .chain([(table(&["gateway"]), "[gateway]".to_owned(), &gateway::WORDS[..])])
        .chain([(table(&["cache"]), "[cache]".to_owned(), &CACHE_WORDS[..])])
        .chain([(table(&["routing"]), "[routing]".to_owned(), &routing::WORDS[..])])
        .chain(policies.iter().map(|policy| {
            let path = ["routing", "policies", policy.as_str()];
            (table(&path), format!("[routing.policies.{policy}]"), &routing::POLICY_WORDS[..])
        }));
    for (place, table, words) in rows {
        let Some(row) = place.row else { continue };
        for (word, _) in row.iter().filter(|(word, _)| !words.contains(word)) {
            let near = words.iter().filter(|known| strsim::damerau_levenshtein(known, word) <= 2);
            let near = near.min_by_key(|known| strsim::damerau_levenshtein(known, word));
            let near = near.map_or(String::new(), |known| format!("; did you mean `{known}`?"));
            // A long word could be anything, so it is not repeated whole.
            let word_text: String = word.chars().take(40).collect();
            let message = format!("`{word_text}` means nothing in `{table}`{near}");
            warnings.push(place.error(word, message).to_string());
        }
    }
    warnings
}

fn providers(
    rows: Vec<Row>,
    places: &Places<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Provider>, ConfigError> {
    let mut providers: Vec<Provider> = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let place = places.of_row("providers", index);
        if providers.iter().any(|provider| provider.id == row.id) {
            let message = format!("there is a provider `{}` above; ids are used once", row.id);
            return Err(place.error("id", message));
        }
        providers.push(provider(row, &place, environment, warnings)?);
    }
    for preset in presets::rows() {
        if !providers.iter().any(|provider| provider.id == preset.id) {
            providers.push(preset.provider(environment));
        }
    }
    Ok(providers)
}

/// Words that somebody might put a key under. None of them is read, so all the more must it be said.
const KEY_WORDS: [&str; 6] = ["api_key", "apikey", "api-key", "token", "secret", "password"];
/// What `[cache]` may have.
const CACHE_WORDS: [&str; 4] = ["enabled", "ttl_s", "max_mb", "offline"];
/// What a row may have.
const ROW_WORDS: [&str; 13] = [
    "id",
    "name",
    "preset",
    "dialect",
    "base_url",
    "key",
    "models",
    "headers",
    "enabled",
    "priority",
    "allow_lan",
    "quirks",
    "limits",
];
/// Words in the name of a header that most likely carries a key.
const KEY_HEADER_WORDS: [&str; 11] = [
    "authorization",
    "auth",
    "key",
    "apikey",
    "token",
    "secret",
    "password",
    "cookie",
    "cookie2",
    "credential",
    "credentials",
];
/// Beginnings of values that are keys, whatever their header is called.
const KEY_BEGINNINGS: [&str; 11] =
    ["bearer ", "basic ", "sk-", "sk_", "gsk_", "hf_", "xai-", "aizasy", "ghp_", "glpat-", "ork_"];
/// Headers that belong to the connection, not to the request.
const WIRE_HEADERS: [&str; 7] =
    ["host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "trailer"];

fn provider(
    row: Row,
    place: &RowPlace<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    warnings: &mut Vec<String>,
) -> Result<Provider, ConfigError> {
    if let Some(word) = KEY_WORDS.iter().find(|word| place.has(word)) {
        return Err(place.error(
            word,
            "a key is named, never written here: use `key = \"keychain\"` or `key = \"env:NAME\"`",
        ));
    }
    let preset = match &row.preset {
        Some(id) => {
            let found = presets::preset(id.as_str());
            if found.is_none() {
                let known: Vec<_> = presets::rows().iter().map(|preset| preset.id.as_str()).collect();
                return Err(place.error(
                    "preset",
                    format!("there is no preset `{id}`; presets are {}", known.join(", ")),
                ));
            }
            found
        }
        None => presets::preset(row.id.as_str()),
    };
    let base = preset.map(|preset| preset.provider(environment));
    let Some(dialect) = row.dialect.or(base.as_ref().map(|base| base.dialect)) else {
        return Err(place
            .error("id", format!("provider `{}` needs a `dialect`, for example \"openai-chat\"", row.id)));
    };
    if (dialect == Dialect::Simulated) != base.as_ref().is_some_and(Provider::is_simulated) {
        return Err(place.error(
            "dialect",
            "`simulated` is a provider of its own; another cannot be made simulated, nor it be another",
        ));
    }
    let same_dialect = base.as_ref().is_some_and(|base| base.dialect == dialect);
    let base_url = match (&row.base_url, &base) {
        (Some(url), _) => url.for_dialect(dialect),
        (None, Some(base)) if same_dialect && has_address(base) => base.base_url.clone(),
        _ => {
            return Err(place.error(
                "id",
                format!("provider `{}` needs a `base_url`, for example \"http://127.0.0.1:8080/v1\"", row.id),
            ));
        }
    };
    // Keys in the environment, prices and limits are those of the preset's own address.
    let at_home = base.as_ref().filter(|base| {
        base.origin() == crate::provider::origin_of(&base_url) || !has_address(base) && is_azure(&base_url)
    });
    if let Some(limits) = &row.limits
        && [limits.rpm, limits.tpm, limits.concurrent].contains(&Some(0))
    {
        return Err(place.error("limits", "a limit is at least 1; `enabled = false` switches a provider off"));
    }
    let headers = headers(row.headers.unwrap_or_default(), place, warnings)?;
    let key = match (row.key, at_home) {
        (Some(key), _) => key,
        (None, Some(base)) => base.key.clone(),
        (None, None) => KeySource::Keychain,
    };
    Ok(Provider {
        name: row.name.unwrap_or_else(|| match &base {
            Some(base) if base.id == row.id => base.name.clone(),
            _ => row.id.to_string(),
        }),
        dialect,
        key_variable: match &key {
            KeySource::Env(name) => Some(name.clone()),
            KeySource::Keychain => at_home.and_then(|base| base.key_variable.clone()),
            KeySource::None => None,
        },
        key,
        headers,
        models: row.models.unwrap_or_default(),
        enabled: row.enabled.unwrap_or(true),
        priority: row.priority.unwrap_or(0),
        quirks: row.quirks.unwrap_or_else(|| {
            base.as_ref().filter(|_| same_dialect).map(|base| base.quirks.clone()).unwrap_or_default()
        }),
        allow_lan: row.allow_lan.unwrap_or(false),
        limits: row.limits,
        configured: true,
        preset: at_home.and_then(|base| base.preset.clone()),
        base_url,
        own: Vec::new(),
        id: row.id,
    })
}

/// Stands in presets whose accounts have addresses of their own.
const UNSET_HOST: &str = "azure-resource.invalid";

fn has_address(base: &Provider) -> bool {
    base.base_url.host_str() != Some(UNSET_HOST)
}

/// Whether an account of Azure can be there (its public, US government and Chinese clouds): the key
/// in the environment is meant for no other host.
fn is_azure(url: &url::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "https"
        && [".azure.com", ".azure.us", ".azure.cn"].iter().any(|cloud| host.ends_with(cloud))
}

fn headers(
    written: BTreeMap<String, String>,
    place: &RowPlace<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut headers = Vec::new();
    for (name, value) in written {
        let name = name.to_ascii_lowercase();
        if is_key(&value) {
            return Err(place.error("headers", ConfigError::KeyHeader(name).to_string()));
        }
        // Its name alone proves nothing, and an older Orchesity took it: the rest of the file counts.
        if sounds_like_key(&name) {
            let message = format!(
                "header `{name}` is not sent: its name is one for keys, and keys are never written here; \
                 name where the key is with `key` instead"
            );
            warnings.push(place.error("headers", message).to_string());
            continue;
        }
        if WIRE_HEADERS.contains(&name.as_str()) || http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(place.error("headers", "one of these headers cannot be set"));
        }
        if http::HeaderValue::from_str(&value).is_err() {
            return Err(place.error(
                "headers",
                format!("the value of header `{name}` has characters that no header has"),
            ));
        }
        headers.push((name, value));
    }
    Ok(headers)
}

/// Whether a header, by its name in small letters or by its value, carries a key.
pub(crate) fn carries_key(name: &str, value: &str) -> bool {
    sounds_like_key(name) || is_key(value)
}

fn sounds_like_key(name: &str) -> bool {
    name.split(['-', '_']).any(|word| KEY_HEADER_WORDS.contains(&word))
}

fn is_key(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    KEY_BEGINNINGS.iter().any(|beginning| value.starts_with(beginning))
}

fn aliases(
    written: BTreeMap<String, OneOrMany>,
    places: &Places<'_>,
) -> Result<BTreeMap<String, Vec<Target>>, ConfigError> {
    let mut aliases = BTreeMap::new();
    for (name, targets) in written {
        let place = ["aliases", name.as_str()];
        let reserved = name == "auto" || name.starts_with("auto:") || name == "simulated";
        if reserved || name.contains('/') || name.parse::<Target>().is_err() {
            return Err(places.error(&place, "this cannot be an alias: no `/`, not `auto`, not `simulated`"));
        }
        let targets = match targets {
            OneOrMany::One(target) => vec![target],
            OneOrMany::Many(targets) => targets,
        };
        if targets.is_empty() {
            return Err(places.error(&place, "an alias names at least one target"));
        }
        aliases.insert(name, targets);
    }
    for (name, targets) in &aliases {
        // An alias of an alias would need an order of trying that nobody can read off the file.
        if let Some(other) = targets.iter().find(|target| aliases.contains_key(target.as_str())) {
            let message = format!("alias `{name}` names the alias `{other}`; write its targets instead");
            return Err(places.error(&["aliases", name.as_str()], message));
        }
    }
    Ok(aliases)
}

/// Finds where in the text something stands.
pub(super) struct Places<'a> {
    text: &'a str,
    document: &'a Document<&'a str>,
}

impl Places<'_> {
    pub(super) fn error(&self, path: &[&str], message: impl Into<String>) -> ConfigError {
        let mut at = 0;
        let mut item = Some(self.document.as_item());
        for key in path {
            let Some(table) = item.and_then(Item::as_table_like) else { break };
            let Some((key, inner)) = table.get_key_value(key) else { break };
            at = key.span().or_else(|| inner.span()).map_or(at, |span| span.start);
            item = Some(inner);
        }
        ConfigError::at(self.text, at, message)
    }

    pub(super) fn of_row(&self, table: &str, index: usize) -> RowPlace<'_> {
        let row = self.document.as_table().get(table).and_then(|item| match item {
            Item::ArrayOfTables(rows) => rows.get(index).map(|row| row as &dyn toml_edit::TableLike),
            Item::Value(value) => {
                value.as_array()?.get(index)?.as_inline_table().map(|row| row as &dyn toml_edit::TableLike)
            }
            _ => None,
        });
        RowPlace { text: self.text, row }
    }
}

/// One row of an array of tables.
pub(super) struct RowPlace<'a> {
    text: &'a str,
    row: Option<&'a dyn toml_edit::TableLike>,
}

impl RowPlace<'_> {
    fn has(&self, key: &str) -> bool {
        self.row.is_some_and(|row| row.contains_key(key))
    }

    /// An error at a key, or where it is missing at the row's `id`.
    pub(super) fn error(&self, key: &str, message: impl Into<String>) -> ConfigError {
        let at = self
            .row
            .and_then(|row| row.get_key_value(key).or_else(|| row.get_key_value("id")))
            .and_then(|(key, item)| key.span().or_else(|| item.span()))
            .map_or(0, |span| span.start);
        ConfigError::at(self.text, at, message)
    }
}

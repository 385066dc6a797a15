//! Edits of `config.toml` for people who do not open it: comments and order stay, and nothing is
//! written that would not be read back.

mod own;
mod policies;

pub use own::{remove_own_model, set_own_model};
pub use policies::{as_written, remove_policy, set_default_policy, set_policy};

use crate::{Config, ConfigError, config};
use domain::{Dialect, GatewayEdit, KeySource, ProviderId};
use std::{
    fs,
    io::Write,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, value};

/// A provider to add. With the id of a preset, or with `preset`, everything else may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProvider {
    /// Prefix of its targets.
    pub id: ProviderId,
    /// The preset to take what is left out from.
    pub preset: Option<ProviderId>,
    /// What it speaks.
    pub dialect: Option<Dialect>,
    /// Where it is.
    pub base_url: Option<String>,
    /// Where its key comes from.
    pub key: Option<KeySource>,
    /// For people.
    pub name: Option<String>,
    /// Further headers of each request; never a key.
    pub headers: Vec<(String, String)>,
    /// The only models to be asked for; empty: whatever it offers.
    pub models: Vec<String>,
    /// Whether it may be in the local network.
    pub allow_lan: bool,
}

impl NewProvider {
    /// A provider with nothing but its id.
    pub fn new(id: ProviderId) -> Self {
        Self {
            id,
            preset: None,
            dialect: None,
            base_url: None,
            key: None,
            name: None,
            headers: Vec::new(),
            models: Vec::new(),
            allow_lan: false,
        }
    }
}

/// Adds a provider at the end of the others.
///
/// # Errors
/// When its id is there already, the file is bad or would be, or cannot be written.
pub fn add_provider(home: &Path, provider: &NewProvider) -> Result<(), ConfigError> {
    edit(home, |document| {
        let rows = rows(document)?;
        if position(rows, provider.id.as_str()).is_some() {
            return Err(ConfigError::Taken(provider.id.to_string()));
        }
        let mut row = Table::new();
        row.insert("id", value(provider.id.as_str()));
        if let Some(name) = named(provider.name.as_deref()) {
            row.insert("name", value(name));
        }
        if let Some(preset) = &provider.preset {
            row.insert("preset", value(preset.as_str()));
        }
        if let Some(dialect) = provider.dialect {
            row.insert("dialect", value(dialect.as_str()));
        }
        if let Some(base_url) = &provider.base_url {
            row.insert("base_url", value(base_url.as_str()));
        }
        if let Some(key) = &provider.key {
            row.insert("key", value(String::from(key.clone())));
        }
        if !provider.models.is_empty() {
            row.insert("models", value(provider.models.iter().collect::<Array>()));
        }
        if !provider.headers.is_empty() {
            row.insert("headers", value(headers(&provider.headers)?));
        }
        if provider.allow_lan {
            row.insert("allow_lan", value(true));
        }
        if rows.is_empty() {
            row.decor_mut().set_prefix("\n");
        }
        rows.push(row);
        Ok(())
    })
}

/// Changes a provider; a preset that the file does not have yet is added for it. `None` leaves what is
/// there, an empty text takes it out; headers, models and `allow_lan` are as given.
///
/// A key in the environment was named for the address that was there: at another one it is used only
/// if it is named again.
///
/// # Errors
/// When there is no such provider, the file is bad or would be, or cannot be written.
pub fn update_provider(home: &Path, id: &ProviderId, change: &NewProvider) -> Result<(), ConfigError> {
    let origin = |config: &Config| config.provider(id.as_str()).map(crate::Provider::origin);
    edit_checked(home, |document, before| {
        let row = row_of(document, id)?;
        if let Some(name) = &change.name {
            put(row, "name", named(Some(name)).map(toml_edit::Value::from));
        }
        if let Some(preset) = &change.preset
            && (row.contains_key("preset") || preset != id)
        {
            put(row, "preset", Some(preset.as_str().into()));
        }
        if let Some(dialect) = change.dialect {
            put(row, "dialect", Some(dialect.as_str().into()));
        }
        if let Some(base_url) = change.base_url.as_deref().map(str::trim) {
            put(row, "base_url", Some(base_url.into()).filter(|_| !base_url.is_empty()));
        }
        if let Some(key) = &change.key {
            put(row, "key", Some(String::from(key.clone()).into()));
        }
        let models: Array = change.models.iter().collect();
        put(row, "models", Some(models.into()).filter(|_| !change.models.is_empty()));
        let headers = headers(&change.headers)?;
        put(row, "headers", Some(headers.into()).filter(|_| !change.headers.is_empty()));
        let lan = change.allow_lan || row.contains_key("allow_lan");
        put(row, "allow_lan", Some(change.allow_lan.into()).filter(|_| lan));
        let from_environment =
            row.get("key").and_then(Item::as_str).is_some_and(|key| key.starts_with("env:"));
        if from_environment && change.key.is_none() {
            let after = parsed(&document.to_string())?;
            if origin(before) != origin(&after) {
                row_of(document, id)?.remove("key");
            }
        }
        Ok(())
    })
}

/// Says where a provider's key comes from. A preset that the file does not have yet is added for it.
///
/// # Errors
/// As [`update_provider`].
pub fn set_key_source(home: &Path, id: &ProviderId, source: &KeySource) -> Result<(), ConfigError> {
    edit(home, |document| {
        put(row_of(document, id)?, "key", Some(String::from(source.clone()).into()));
        Ok(())
    })
}

/// Removes a provider, with the comments right above it. Its key stays where it is.
///
/// # Errors
/// When the file has no such provider, is bad or would be, or cannot be written.
pub fn remove_provider(home: &Path, id: &ProviderId) -> Result<(), ConfigError> {
    edit(home, |document| {
        let rows = rows(document)?;
        let at = position(rows, id.as_str()).ok_or_else(|| ConfigError::NoSuchProvider(id.to_string()))?;
        rows.remove(at);
        if rows.is_empty() {
            document.remove("providers");
        }
        Ok(())
    })
}

/// Switches a provider on or off. A preset that the file does not have yet is added for it.
///
/// # Errors
/// When there is no such provider, the file is bad or would be, or cannot be written.
pub fn set_enabled(home: &Path, id: &ProviderId, enabled: bool) -> Result<(), ConfigError> {
    edit(home, |document| {
        put(row_of(document, id)?, "enabled", Some(enabled.into()));
        Ok(())
    })
}

/// Changes `[gateway]`; the table is made where there is none.
///
/// # Errors
/// When the file is bad or would be, or cannot be written.
pub fn set_gateway(home: &Path, change: &GatewayEdit) -> Result<(), ConfigError> {
    edit(home, |document| {
        let table = document.entry("gateway").or_insert_with(|| Item::Table(Table::new()));
        let table = table
            .as_table_like_mut()
            .ok_or_else(|| ConfigError::at("", 0, "`gateway` is a table: `[gateway]`"))?;
        let list = |names: &Vec<String>| toml_edit::Value::from(names.iter().collect::<Array>());
        let new: [(&str, Option<toml_edit::Value>); 9] = [
            ("enabled", change.enabled.map(Into::into)),
            ("host", change.host.as_deref().map(Into::into)),
            ("port", change.port.map(|port| i64::from(port).into())),
            ("expose", change.expose.map(Into::into)),
            ("hosts", change.hosts.as_ref().map(list)),
            ("origins", change.origins.as_ref().map(list)),
            ("capture", change.capture.map(|level| level.as_str().into())),
            ("keep_days", change.keep_days.map(|days| i64::from(days).into())),
            ("keep_mb", change.keep_mb.map(|size| i64::from(size).into())),
        ];
        for (key, value) in new.into_iter().filter(|(_, value)| value.is_some()) {
            put(table, key, value);
        }
        Ok(())
    })
}

/// The row of a provider; that of a preset is made if need be.
fn row_of<'a>(document: &'a mut DocumentMut, id: &ProviderId) -> Result<&'a mut Table, ConfigError> {
    let missing = || ConfigError::NoSuchProvider(id.to_string());
    let rows = rows(document)?;
    let at = match position(rows, id.as_str()) {
        Some(at) => at,
        None if crate::preset(id.as_str()).is_some() => {
            let mut row = Table::new();
            row.insert("id", value(id.as_str()));
            if rows.is_empty() {
                row.decor_mut().set_prefix("\n");
            }
            rows.push(row);
            rows.len() - 1
        }
        None => return Err(missing()),
    };
    rows.get_mut(at).ok_or_else(missing)
}

/// Sets a key of a row in place, so that a comment behind it stays; `None` takes it out.
fn put(row: &mut dyn TableLike, key: &str, new: Option<toml_edit::Value>) {
    let Some(mut new) = new else {
        row.remove(key);
        return;
    };
    match row.get_mut(key) {
        Some(Item::Value(old)) => {
            if old.to_string().trim() != new.to_string().trim() {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
        }
        _ => {
            row.insert(key, Item::Value(new));
        }
    }
}

fn named(name: Option<&str>) -> Option<&str> {
    name.map(str::trim).filter(|name| !name.is_empty())
}

/// None that carries a key. Reading would only leave it out; writing it is what must not be.
fn headers(headers: &[(String, String)]) -> Result<InlineTable, ConfigError> {
    let mut table = InlineTable::new();
    for (name, value) in headers {
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if config::carries_key(&name, value) {
            return Err(ConfigError::KeyHeader(name));
        }
        table.insert(&name, value.into());
    }
    Ok(table)
}

fn edit(
    home: &Path,
    change: impl FnOnce(&mut DocumentMut) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    edit_checked(home, |document, _| change(document))
}

/// The change also gets the settings as they were.
fn edit_checked(
    home: &Path,
    change: impl FnOnce(&mut DocumentMut, &Config) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    let _alone = alone(home);
    let text = config::read(home)?;
    let before = parsed(&text)?;
    let mut document = text.parse::<DocumentMut>().map_err(|error| {
        ConfigError::at(&text, error.span().map_or(0, |span| span.start), error.message())
    })?;
    change(&mut document, &before)?;
    let text = document.to_string();
    parsed(&text)?;
    write(home, &text)
}

fn parsed(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, &|name| std::env::var(name).ok())
}

/// Held from reading to writing, so that of two edits at once neither is lost: within this process,
/// and, where the system can lock a folder, against others who share the home.
fn alone(home: &Path) -> (MutexGuard<'static, ()>, Option<fs::File>) {
    static EDITING: Mutex<()> = Mutex::new(());
    let process = EDITING.lock().unwrap_or_else(PoisonError::into_inner);
    // Closing the folder, with this, unlocks it.
    (process, fs::File::open(home).ok().filter(|folder| folder.lock().is_ok()))
}

/// The array of providers.
fn rows(document: &mut DocumentMut) -> Result<&mut ArrayOfTables, ConfigError> {
    tables(document, "providers")
}

/// An array of this name. Where somebody wrote it inline, it becomes one of tables.
fn tables<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut ArrayOfTables, ConfigError> {
    let item = document.entry(name).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    if item.as_array_of_tables().is_none() {
        let tables = std::mem::take(item).into_array_of_tables().unwrap_or_default();
        *item = Item::ArrayOfTables(tables);
    }
    item.as_array_of_tables_mut()
        .ok_or_else(|| ConfigError::at("", 0, format!("`{name}` is a list of tables: `[[{name}]]`")))
}

fn position(rows: &ArrayOfTables, id: &str) -> Option<usize> {
    rows.iter().position(|row| row.get("id").and_then(Item::as_str) == Some(id))
}

/// Written beside, brought to the disk, then put in place: a reader sees the old file or the new one.
fn write(home: &Path, text: &str) -> Result<(), ConfigError> {
    // A link to a file kept elsewhere stays a link.
    let path = home.join(config::FILE);
    let path = fs::canonicalize(&path).unwrap_or(path);
    let unwritable = |error: std::io::Error| ConfigError::Unwritable {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let folder = path.parent().unwrap_or(home);
    fs::create_dir_all(folder).map_err(unwritable)?;
    let beside = folder.join(format!(".{}.{}.tmp", config::FILE, std::process::id()));
    let written = (|| {
        let mut file = fs::File::create(&beside)?;
        if let Ok(about) = fs::metadata(&path) {
            file.set_permissions(about.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, &path)?;
        // The rename itself; some systems do not open folders.
        if let Ok(folder) = fs::File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.map_err(unwritable)
}

#[cfg(test)]
mod tests;

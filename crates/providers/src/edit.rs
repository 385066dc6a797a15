//! Edits of `config.toml` for people who do not open it: comments and order stay, and nothing is
//! written that would not be read back.

use crate::{Config, ConfigError, config};
use domain::{Dialect, KeySource, ProviderId};
use std::{
    fs,
    io::Write,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

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
    /// The only models to be asked for; empty: whatever it offers.
    pub models: Vec<String>,
    /// Whether it may be in the local network.
    pub allow_lan: bool,
}

impl NewProvider {
    /// A provider with nothing but its id.
    pub fn new(id: ProviderId) -> Self {
        let (preset, dialect, base_url, key) = (None, None, None, None);
        Self { id, preset, dialect, base_url, key, models: Vec::new(), allow_lan: false }
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
            None => return Err(ConfigError::NoSuchProvider(id.to_string())),
        };
        if let Some(row) = rows.get_mut(at) {
            match row.get_mut("enabled").and_then(Item::as_value_mut) {
                // In place, so that a comment behind it stays.
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = enabled.into();
                    *old.decor_mut() = decor;
                }
                None => {
                    row.insert("enabled", value(enabled));
                }
            }
        }
        Ok(())
    })
}

fn edit(
    home: &Path,
    change: impl FnOnce(&mut DocumentMut) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    let _alone = alone(home);
    let text = config::read(home)?;
    let environment = |name: &str| std::env::var(name).ok();
    Config::parse(&text, &environment)?;
    let mut document = text.parse::<DocumentMut>().map_err(|error| {
        ConfigError::at(&text, error.span().map_or(0, |span| span.start), error.message())
    })?;
    change(&mut document)?;
    let text = document.to_string();
    Config::parse(&text, &environment)?;
    write(home, &text)
}

/// Held from reading to writing, so that of two edits at once neither is lost: within this process,
/// and, where the system can lock a folder, against others who share the home.
fn alone(home: &Path) -> (MutexGuard<'static, ()>, Option<fs::File>) {
    static EDITING: Mutex<()> = Mutex::new(());
    let process = EDITING.lock().unwrap_or_else(PoisonError::into_inner);
    // Closing the folder, with this, unlocks it.
    (process, fs::File::open(home).ok().filter(|folder| folder.lock().is_ok()))
}

/// The array of providers. Where somebody wrote it inline, it becomes one of tables.
fn rows(document: &mut DocumentMut) -> Result<&mut ArrayOfTables, ConfigError> {
    let item = document.entry("providers").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    if item.as_array_of_tables().is_none() {
        let tables = std::mem::take(item).into_array_of_tables().unwrap_or_default();
        *item = Item::ArrayOfTables(tables);
    }
    item.as_array_of_tables_mut()
        .ok_or_else(|| ConfigError::at("", 0, "`providers` is a list of tables: `[[providers]]`"))
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

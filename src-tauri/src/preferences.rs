//! Window and appearance preferences: `preferences.json` in the data directory. Nothing here is
//! needed to read conversations, and no secret belongs here.

use crate::error::IpcError;
use std::{collections::HashMap, path::Path, sync::Arc};
use tauri::{AppHandle, Wry};
use tauri_plugin_store::{Store, StoreExt as _};

/// Longest preference, in bytes of JSON.
const MAX: usize = 64 * 1024;

/// The preferences of this data directory.
pub struct Preferences(Arc<Store<Wry>>);

impl Preferences {
    /// Reads them; a file that cannot be read counts as empty.
    pub fn open(app: &AppHandle, home: &Path) -> Result<Self, tauri_plugin_store::Error> {
        app.store(home.join("preferences.json")).map(Self)
    }

    /// All of them, each value as JSON text.
    pub fn all(&self) -> HashMap<String, String> {
        self.0.entries().into_iter().map(|(key, value)| (key, value.to_string())).collect()
    }

    /// One of them.
    pub fn get(&self, key: &str) -> Option<serde_json::Value> {
        self.0.get(key)
    }

    /// Sets one from JSON text and writes the file.
    pub fn set(&self, key: String, json: &str) -> Result<(), IpcError> {
        if key.len() > 100 || json.len() > MAX {
            return Err(IpcError::preferences(&"it is too long"));
        }
        let value: serde_json::Value = serde_json::from_str(json).map_err(|e| IpcError::preferences(&e))?;
        self.0.set(key, value);
        self.0.save().map_err(|e| IpcError::preferences(&e))
    }
}

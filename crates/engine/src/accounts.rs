//! Providers as people set them up: added, changed, switched on and off, found on this machine.

use crate::{Engine, EngineError};
use domain::{Dialect, KeyPlace, KeySource, KeyState, ProviderId};
use providers::{ConfigError, edit, edit::NewProvider};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A provider as the user writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ProviderEdit {
    /// Prefix of its targets.
    pub id: ProviderId,
    /// The preset to take what is left out from.
    pub preset: Option<ProviderId>,
    /// For people.
    pub name: Option<String>,
    /// What it speaks.
    pub dialect: Option<Dialect>,
    /// Where it is.
    pub base_url: Option<String>,
    /// Where its key comes from: `keychain`, `env:NAME` or `none`.
    pub key: Option<String>,
    /// Further headers of each request; never a key.
    pub headers: Vec<(String, String)>,
    /// The only models to be asked for; empty: whatever it offers.
    pub models: Vec<String>,
    /// Whether it may be in the local network.
    pub allow_lan: bool,
}

/// A provider that is known from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Preset {
    /// Its id.
    pub id: ProviderId,
    /// Its name for people.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Where it is; empty where every account has an address of its own.
    pub base_url: String,
    /// Environment variable that usually has its key.
    pub key_variable: Option<String>,
    /// Whether it runs on this machine.
    pub local: bool,
}

/// A key in an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentKey {
    /// The variable's name.
    pub variable: String,
    /// Whose key it is.
    pub provider: ProviderId,
    /// That provider's name for people.
    pub name: String,
    /// Whether the provider is switched on and uses it.
    pub in_use: bool,
}

/// A model server that runs on this machine, or could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct LocalServer {
    /// The preset it is.
    pub preset: ProviderId,
    /// Its name for people.
    pub name: String,
    /// Where it was looked for.
    pub base_url: String,
    /// Whether something of its kind answers there.
    pub found: bool,
    /// What it offers.
    pub models: Vec<String>,
    /// Whether its models can be asked already.
    pub in_use: bool,
}

impl Engine {
    /// Adds a provider to `config.toml`.
    ///
    /// # Errors
    /// When its id is taken, or something in it cannot be.
    pub async fn add_provider(&self, provider: ProviderEdit) -> Result<(), EngineError> {
        let new = new_provider(provider)?;
        self.edit_config(move |home| edit::add_provider(home, &new)).await
    }

    /// Changes a provider in `config.toml`, comments kept; the id stays. `None` leaves what is there, an
    /// empty text takes it out. At another origin its key has to be entered again.
    ///
    /// # Errors
    /// When there is no such provider, or something in it cannot be.
    pub async fn update_provider(&self, id: &ProviderId, change: ProviderEdit) -> Result<(), EngineError> {
        if change.id != *id {
            return Err(EngineError::BadInput(format!("`{id}` keeps its id; add another provider instead")));
        }
        let (id, change) = (id.clone(), new_provider(change)?);
        self.edit_config(move |home| edit::update_provider(home, &id, &change)).await?;
        self.0.transport.forget_connections();
        Ok(())
    }

    /// Removes a provider from `config.toml`; a preset becomes what it was. Its key stays where it is,
    /// bound to its origin.
    ///
    /// # Errors
    /// When the file has no such provider.
    pub async fn remove_provider(&self, id: &ProviderId) -> Result<(), EngineError> {
        let id = id.clone();
        self.edit_config(move |home| edit::remove_provider(home, &id)).await
    }

    /// Switches a provider on or off.
    ///
    /// # Errors
    /// When there is no such provider.
    pub async fn set_provider_enabled(&self, id: &ProviderId, enabled: bool) -> Result<(), EngineError> {
        let id = id.clone();
        self.edit_config(move |home| edit::set_enabled(home, &id, enabled)).await
    }

    /// Providers that are known from the start.
    pub fn presets(&self) -> Vec<Preset> {
        let preset = |row: &providers::Preset| Preset {
            id: row.id.clone(),
            name: row.name.clone(),
            dialect: row.dialect,
            base_url: row.address().unwrap_or_default(),
            key_variable: row.key_variables.first().cloned(),
            local: row.local,
        };
        providers::presets().iter().map(preset).collect()
    }

    /// Keys found in environment variables, by the names that providers usually have and those that
    /// `config.toml` names; never the keys themselves.
    pub fn environment_keys(&self) -> Vec<EnvironmentKey> {
        let config = self.config();
        let mut found: Vec<EnvironmentKey> = Vec::new();
        let mut add = |variable: &str, provider: &ProviderId, name: &str| {
            let uses = |p: &providers::Provider| {
                p.enabled
                    && p.key_variable.as_deref() == Some(variable)
                    && self.known_key(p).place == Some(KeyPlace::Environment)
            };
            if self.0.secrets.has_variable(variable) && !found.iter().any(|key| key.variable == variable) {
                found.push(EnvironmentKey {
                    variable: variable.to_owned(),
                    provider: provider.clone(),
                    name: name.to_owned(),
                    in_use: config.providers.iter().any(uses),
                });
            }
        };
        for provider in &config.providers {
            if let KeySource::Env(variable) = &provider.key {
                add(variable, &provider.id, &provider.name);
            }
        }
        for preset in providers::presets() {
            for variable in &preset.key_variables {
                add(variable, &preset.id, &preset.name);
            }
        }
        found
    }

    /// Looks for model servers on the usual ports of this machine; what they offer can be asked at
    /// once, unless `config.toml` says otherwise.
    pub async fn local_servers(&self) -> Vec<LocalServer> {
        let servers = providers::local_servers(&self.0.transport).await;
        let config = self.config();
        let mut listed = Vec::new();
        for server in servers {
            let at = &server.provider.base_url;
            let same_port = |p: &providers::Provider| {
                p.is_loopback() && p.base_url.port_or_known_default() == at.port_or_known_default()
            };
            let own = config.providers.iter().find(|p| p.configured && same_port(p));
            let asked = own.or_else(|| config.providers.iter().find(|p| same_port(p)));
            let in_use = server.found && asked.is_some_and(|p| p.enabled);
            let models: Vec<String> = server.models.iter().map(|model| model.id.clone()).collect();
            if let Some(provider) = asked.filter(|p| in_use && p.dialect == server.provider.dialect) {
                self.found(provider, server.models).await;
            }
            let named = server.kind.is_some() || !server.found;
            listed.push(LocalServer {
                preset: server.provider.id.clone(),
                name: if named {
                    server.provider.name.clone()
                } else {
                    format!("Server at port {}", at.port_or_known_default().unwrap_or_default())
                },
                base_url: at.as_str().trim_end_matches('/').to_owned(),
                found: server.found,
                models,
                in_use,
            });
        }
        if listed.iter().any(|server| server.found) {
            self.0.changes.tell(["models", "providers"]);
        }
        listed
    }

    /// Edits `config.toml`, puts it in force and says so. On a thread that may block: it is brought to
    /// the disk, and others may be editing.
    pub(crate) async fn edit_config(
        &self,
        change: impl FnOnce(&Path) -> Result<(), ConfigError> + Send + 'static,
    ) -> Result<(), EngineError> {
        let home = self.0.home.clone();
        let done = tokio::task::spawn_blocking(move || change(&home)).await;
        done.map_err(|_| EngineError::Broken("editing config.toml".to_owned()))??;
        self.0.config.reload();
        self.take_up_ways();
        self.0.changes.tell(["providers", "models", "status"]);
        Ok(())
    }
}

fn new_provider(edit: ProviderEdit) -> Result<NewProvider, EngineError> {
    let key = edit.key.filter(|key| !key.trim().is_empty());
    let key = key.map(|key| KeySource::try_from(key.trim().to_owned())).transpose();
    let headers = edit.headers.into_iter().filter(|(name, _)| !name.trim().is_empty()).collect();
    let models = edit.models.into_iter().map(|model| model.trim().to_owned());
    Ok(NewProvider {
        id: edit.id,
        preset: edit.preset,
        name: edit.name,
        dialect: edit.dialect,
        base_url: edit.base_url,
        key: key.map_err(EngineError::BadInput)?,
        headers,
        models: models.filter(|model| !model.is_empty()).collect(),
        allow_lan: edit.allow_lan,
    })
}

/// How a test names where a key is.
pub(crate) fn key_words(state: KeyState, place: Option<KeyPlace>, variable: Option<&str>) -> String {
    match (state, place) {
        (KeyState::Present, Some(KeyPlace::Keychain)) => "in the keychain".to_owned(),
        (KeyState::Present, Some(KeyPlace::Vault)) => "in the vault".to_owned(),
        (KeyState::Present, Some(KeyPlace::Session)) => "for this session".to_owned(),
        (KeyState::Present, Some(KeyPlace::Environment)) => {
            format!("in {}", variable.unwrap_or("the environment"))
        }
        (KeyState::Present, None) => "there is one".to_owned(),
        (KeyState::NotNeeded, _) => "none is needed".to_owned(),
        (KeyState::Missing, _) => "none is stored".to_owned(),
        (KeyState::Locked, Some(KeyPlace::Vault)) => "in the vault, which is locked".to_owned(),
        (KeyState::Locked, _) => "the keychain is locked or has not answered".to_owned(),
        (KeyState::NoKeychain, _) => "none is stored, and there is no keychain".to_owned(),
        (KeyState::Unknown, _) => "the keychain could not say".to_owned(),
    }
}

//! The gateway's settings as people see and change them, and what the engine must know of it.

use crate::{Engine, EngineError};
use domain::{CaptureLevel, GatewayEdit};
use providers::edit;
use serde::{Deserialize, Serialize};

/// Largest set of public keys that is read.
const MAX_KEY_SET: usize = 1 << 20;

/// `[gateway]` of `config.toml`, in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct GatewaySettings {
    /// Whether the desktop app switches it on when it starts.
    pub enabled: bool,
    /// `localhost`, or the address that it listens on.
    pub host: String,
    /// 0 is any free one.
    pub port: u16,
    /// Whether other machines may reach it.
    pub expose: bool,
    /// More names that it answers to.
    pub hosts: Vec<String>,
    /// Pages that may ask.
    pub origins: Vec<String>,
    /// The most that is kept of any call.
    pub capture: CaptureLevel,
    /// How many days exact requests and responses are kept.
    pub keep_days: u32,
    /// How much of them, in MiB.
    pub keep_mb: u32,
}

/// Files of the spool, and how much is in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many.
    pub files: u32,
    /// How much.
    pub bytes: u64,
}

impl Engine {
    /// The gateway's settings in force.
    #[must_use]
    pub fn gateway_settings(&self) -> GatewaySettings {
        let gateway = &self.config().gateway;
        GatewaySettings {
            enabled: gateway.enabled,
            host: gateway.host.clone(),
            port: gateway.port,
            expose: gateway.expose,
            hosts: gateway.hosts.clone(),
            origins: gateway.origins.clone(),
            capture: gateway.capture,
            keep_days: gateway.keep_days,
            keep_mb: gateway.keep_mb,
        }
    }

    /// Changes `[gateway]` in `config.toml`, comments kept. Where it listens counts from its next start on.
    ///
    /// # Errors
    /// When something in it cannot be, or the file cannot be written.
    pub async fn edit_gateway(&self, change: GatewayEdit) -> Result<(), EngineError> {
        let trimmed = |names: Option<Vec<String>>| {
            let names = names?.into_iter().map(|name| name.trim().to_owned());
            Some(names.filter(|name| !name.is_empty()).collect())
        };
        let change = GatewayEdit {
            host: change.host.map(|host| host.trim().to_owned()),
            hosts: trimmed(change.hosts),
            origins: trimmed(change.origins),
            ..change
        };
        self.edit_config(move |home| edit::set_gateway(home, &change)).await?;
        self.0.changes.tell(["gateway"]);
        Ok(())
    }

    /// Asks the store something, to know whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn store_answers(&self) -> Result<(), EngineError> {
        self.0.store.data_version().await?;
        Ok(())
    }

    /// What the gateway has answered and is not in the database yet, of all processes that share this home.
    pub async fn spool_backlog(&self) -> Backlog {
        let folder = self.0.home.join("spool");
        let looked = tokio::task::spawn_blocking(move || {
            let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let sizes = files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file);
            sizes.fold(Backlog::default(), |sum, file| Backlog {
                files: sum.files + 1,
                bytes: sum.bytes + file.len(),
            })
        });
        looked.await.unwrap_or_default()
    }

    /// Fetches the public keys of those who sign tokens, from the address that config.toml names.
    ///
    /// # Errors
    /// When they are not to be had.
    pub async fn fetch_key_set(&self, url: &str) -> Result<Vec<u8>, EngineError> {
        let fetched = self.0.transport.fetch_configured(url, "application/", MAX_KEY_SET).await;
        fetched.map_err(|error| EngineError::Transport(error.to_string()))
    }

    /// The port at which our own gateway listens on this machine, `None` while it is off: a provider there
    /// would ask itself for ever.
    pub fn set_own_port(&self, port: Option<u16>) {
        self.0.transport.set_own_port(port);
    }
}

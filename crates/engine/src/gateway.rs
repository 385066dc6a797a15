//! The gateway's settings as people see and change them, and what the engine must know of it.

use crate::{Engine, EngineError};
use domain::CaptureLevel;
use providers::edit::{self, GatewayChange};
use serde::{Deserialize, Serialize};

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

/// A change of [`GatewaySettings`]; `None` leaves what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayEdit {
    /// Whether the desktop app switches it on when it starts.
    pub enabled: Option<bool>,
    /// `localhost`, or the address that it listens on.
    pub host: Option<String>,
    /// 0 is any free one.
    pub port: Option<u16>,
    /// Whether other machines may reach it.
    pub expose: Option<bool>,
    /// More names that it answers to.
    pub hosts: Option<Vec<String>>,
    /// Pages that may ask.
    pub origins: Option<Vec<String>>,
    /// The most that is kept of any call.
    pub capture: Option<CaptureLevel>,
    /// How many days exact requests and responses are kept.
    pub keep_days: Option<u32>,
    /// How much of them, in MiB.
    pub keep_mb: Option<u32>,
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
        let change = GatewayChange {
            enabled: change.enabled,
            host: change.host.map(|host| host.trim().to_owned()),
            port: change.port,
            expose: change.expose,
            hosts: trimmed(change.hosts),
            origins: trimmed(change.origins),
            capture: change.capture,
            keep_days: change.keep_days,
            keep_mb: change.keep_mb,
        };
        self.edit_config(move |home| edit::set_gateway(home, &change)).await?;
        self.0.changes.tell(["gateway"]);
        Ok(())
    }

    /// The port at which our own gateway listens on this machine, `None` while it is off: a provider there
    /// would ask itself for ever.
    pub fn set_own_port(&self, port: Option<u16>) {
        self.0.transport.set_own_port(port);
    }
}

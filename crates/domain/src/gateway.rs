//! The gateway's settings, as people change them.

use crate::CaptureLevel;
use serde::{Deserialize, Serialize};

/// A change of `[gateway]` in `config.toml`; `None` leaves what is there.
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

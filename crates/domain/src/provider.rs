//! Providers: accounts at endpoints, as data.

use crate::{Failure, KeyPlace, KeyState, LastTest, error::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// The wire protocol that an endpoint speaks.
    Dialect {
        /// OpenAI's chat completions.
        OpenaiChat = "openai-chat",
        /// OpenAI's responses.
        OpenaiResponses = "openai-responses",
        /// Anthropic's messages.
        AnthropicMessages = "anthropic-messages",
        /// Google's generateContent.
        Gemini = "gemini",
        /// Ollama's own chat.
        Ollama = "ollama",
        /// No wire at all: made up here, and labelled so.
        Simulated = "simulated",
    }
}

/// A provider's id: `[a-z0-9][a-z0-9-]*`, at most 60 characters, not `auto`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct ProviderId(String);

impl ProviderId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProviderId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let good = text.len() <= 60
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.is_empty()
            && text != "auto";
        if good {
            Ok(Self(text))
        } else {
            // The text itself may be a key in the wrong place: it is not repeated.
            Err("this is no provider id; use a-z, 0-9 and -, at most 60 of them, not `auto`".to_owned())
        }
    }
}

impl FromStr for ProviderId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

impl From<ProviderId> for String {
    fn from(id: ProviderId) -> Self {
        id.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a provider's key comes from. In `config.toml`: `"keychain"`, `"env:NAME"` or `"none"`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KeySource {
    /// The OS keychain, or what was entered for this session.
    #[default]
    Keychain,
    /// An environment variable.
    Env(String),
    /// It needs none.
    None,
}

impl TryFrom<String> for KeySource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "keychain" => Ok(Self::Keychain),
            "none" => Ok(Self::None),
            other => match other.strip_prefix("env:") {
                Some(name)
                    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') =>
                {
                    Ok(Self::Env(name.to_owned()))
                }
                // The text itself may be a key that somebody pasted here: it is not repeated.
                _ => {
                    Err("a key is named, never written here: use `keychain`, `env:NAME` or `none`".to_owned())
                }
            },
        }
    }
}

impl From<KeySource> for String {
    fn from(source: KeySource) -> Self {
        match source {
            KeySource::Keychain => "keychain".to_owned(),
            KeySource::Env(name) => format!("env:{name}"),
            KeySource::None => "none".to_owned(),
        }
    }
}

/// A provider as screens and scripts see it: everything but the key.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own on a screen")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProviderStatus {
    /// Its id: the prefix of its targets.
    pub id: ProviderId,
    /// Its name for people.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Where it is.
    pub base_url: String,
    /// Whether it may be asked.
    pub enabled: bool,
    /// Whether it is on this machine.
    pub loopback: bool,
    /// Whether its key is there.
    pub key: KeyState,
    /// Environment variable that a key would be read from, where there is one.
    pub key_variable: Option<String>,
    /// Models it is known to offer: configured, or found by discovery.
    pub models: Vec<String>,
    /// Why the last look at its models failed.
    pub problem: Option<Failure>,
    /// Whether `config.toml` names it; else it is a preset as built in.
    pub configured: bool,
    /// The preset it is made from.
    pub preset: Option<ProviderId>,
    /// Further headers of each request.
    pub headers: Vec<(String, String)>,
    /// Whether it may be in the local network.
    pub allow_lan: bool,
    /// Where its key was found; `None` when there is none or nobody looked.
    pub key_place: Option<KeyPlace>,
    /// How its last test in this process went.
    pub last_test: Option<LastTest>,
    /// The only models to be asked for, as configured; empty: whatever it offers.
    pub configured_models: Vec<String>,
}

//! Providers that are known from the start, read from `presets.toml`.

use crate::{Provider, Quirks, config::BaseUrl};
use domain::{Dialect, KeySource, ProviderId};
use serde::Deserialize;
use std::sync::OnceLock;

/// A row of `presets.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Prefix of its targets.
    pub id: ProviderId,
    /// For people.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    pub(crate) base_url: BaseUrl,
    /// Environment variables that usually have its key, the likeliest first; none: it needs no key.
    #[serde(default)]
    pub key_variables: Vec<String>,
    /// Whose prices and limits hold.
    #[serde(default)]
    pub catalog: Option<String>,
    /// Whether it runs on this machine.
    #[serde(default)]
    pub local: bool,
    /// Environment variable with the base URL, where every account has its own.
    #[serde(default)]
    pub base_variable: Option<String>,
    /// Put behind what `base_variable` says, unless it is there.
    #[serde(default)]
    pub base_suffix: String,
    #[serde(default)]
    pub(crate) priority: i32,
    #[serde(default)]
    pub(crate) quirks: Quirks,
}

impl Preset {
    /// Where it is; `None` where every account has an address of its own.
    pub fn address(&self) -> Option<String> {
        let url = self.base_url.for_dialect(self.dialect);
        self.base_variable.is_none().then(|| url.to_string())
    }

    /// As a provider that nobody configured, in this environment.
    pub(crate) fn provider(&self, environment: &dyn Fn(&str) -> Option<String>) -> Provider {
        let is_set = |name: &str| environment(name).is_some_and(|value| !value.trim().is_empty());
        let variable = self.key_variables.iter().find(|name| is_set(name)).or(self.key_variables.first());
        let own_base = self.base_variable.as_deref().map(|name| {
            let text = environment(name)?;
            let text = text.trim().trim_end_matches('/');
            let text = text.strip_suffix(&self.base_suffix).unwrap_or(text);
            BaseUrl::parse(&format!("{text}{}", self.base_suffix)).ok()
        });
        let has_address = !matches!(own_base, Some(None));
        let base_url = own_base.flatten().unwrap_or_else(|| self.base_url.clone()).for_dialect(self.dialect);
        Provider {
            id: self.id.clone(),
            name: self.name.clone(),
            dialect: self.dialect,
            base_url,
            key: if variable.is_some() { KeySource::Keychain } else { KeySource::None },
            enabled: has_address && variable.is_none_or(|name| is_set(name)),
            key_variable: variable.cloned(),
            headers: Vec::new(),
            models: Vec::new(),
            priority: self.priority,
            quirks: self.quirks.clone(),
            allow_lan: false,
            limits: None,
            configured: false,
            preset: Some(self.id.clone()),
            own: Vec::new(),
        }
    }
}

/// The rows of `presets.toml`.
pub(crate) fn rows() -> &'static [Preset] {
    #[derive(Deserialize)]
    struct File {
        presets: Vec<Preset>,
    }
    static ROWS: OnceLock<Vec<Preset>> = OnceLock::new();
    // A test reads the file, so the empty list is never met.
    ROWS.get_or_init(|| {
        toml_edit::de::from_str::<File>(include_str!("presets.toml"))
            .map_or_else(|_| Vec::new(), |f| f.presets)
    })
}

/// The preset of this id.
pub fn preset(id: &str) -> Option<&'static Preset> {
    rows().iter().find(|row| row.id.as_str() == id)
}

/// All presets.
pub fn presets() -> &'static [Preset] {
    rows()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn every_preset_is_read_and_has_a_usable_dialect_and_address() {
        let file: toml_edit::de::Deserializer =
            toml_edit::de::Deserializer::parse(include_str!("presets.toml").to_owned()).unwrap();
        let file =
            <std::collections::BTreeMap<String, Vec<Preset>> as Deserialize>::deserialize(file).unwrap();
        assert_eq!(file["presets"].len(), rows().len());
        let wanted = [
            "openai",
            "openai-responses",
            "anthropic",
            "gemini",
            "xai",
            "mistral",
            "groq",
            "deepseek",
            "openrouter",
            "together",
            "huggingface",
            "azure",
            "ollama",
            "lmstudio",
            "llamacpp",
            "vllm",
            "simulated",
        ];
        assert_eq!(rows().iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), wanted);
        for row in rows() {
            let provider = row.provider(&none);
            assert_eq!(provider.is_loopback(), row.local, "{}", row.id);
            assert_eq!(provider.key == KeySource::None, row.key_variables.is_empty(), "{}", row.id);
            if provider.is_simulated() {
                continue;
            }
            let list = dialects::list_models_request(row.dialect, &row.quirks);
            let url = provider.url(&list.path).unwrap();
            assert!(url.scheme() == "https" || row.local, "{url}");
            let (name, value) = dialects::auth_header(row.dialect, &row.quirks, "k");
            assert!(!name.is_empty() && value.contains('k'));
        }
    }

    #[test]
    fn a_preset_is_enabled_by_its_key_in_the_environment() {
        let gemini = preset("gemini").unwrap();
        assert!(!gemini.provider(&none).enabled);
        let by = |wanted: &'static str| move |name: &str| (name == wanted).then(|| "key".to_owned());
        let provider = gemini.provider(&by("GOOGLE_API_KEY"));
        assert!(provider.enabled);
        assert_eq!(provider.key_variable.as_deref(), Some("GOOGLE_API_KEY"));
        assert!(preset("ollama").unwrap().provider(&none).enabled);
        assert!(preset("simulated").unwrap().provider(&none).enabled);
    }

    #[test]
    fn azure_is_enabled_by_its_address_and_its_key_together() {
        let azure = preset("azure").unwrap();
        let key = |name: &str| (name == "AZURE_OPENAI_API_KEY").then(|| "key".to_owned());
        assert!(!azure.provider(&key).enabled);
        for address in ["https://me.openai.azure.com", "https://me.openai.azure.com/openai/v1/"] {
            let both = |name: &str| {
                key(name).or_else(|| (name == "AZURE_OPENAI_ENDPOINT").then(|| address.to_owned()))
            };
            let provider = azure.provider(&both);
            assert!(provider.enabled);
            assert_eq!(provider.base_url.as_str(), "https://me.openai.azure.com/openai/v1");
        }
    }
}

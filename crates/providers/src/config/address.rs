//! Base URLs as people write them.

use domain::Dialect;
use serde::Deserialize;
use url::Url;

/// A base URL that could be called: checked for shape, not yet for where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct BaseUrl(Url);

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|error| {
            format!("this is no address ({error}); write one like `http://127.0.0.1:8080/v1`")
        })?;
        if !matches!(url.scheme(), "http" | "https" | "simulated") {
            return Err("a provider's address begins with https://, or http:// on this machine".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address carries no user name or password; use `key`".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a base address has no `?` and no `#`; a key never belongs there".to_owned());
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err("this address names no host".to_owned());
        }
        Ok(Self(url))
    }

    /// As request paths of `dialect` are joined to it: no slash at the end, and for dialects whose
    /// paths bring the version along, no version.
    pub(crate) fn for_dialect(&self, dialect: Dialect) -> Url {
        let mut url = self.0.clone();
        let mut path = url.path().trim_end_matches('/');
        let versions: &[&str] = match dialect {
            Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Simulated => &[],
            Dialect::AnthropicMessages => &["/v1"],
            Dialect::Gemini => &["/v1beta", "/v1alpha", "/v1"],
            Dialect::Ollama => &["/api", "/v1"],
        };
        if let Some(rest) = versions.iter().find_map(|version| path.strip_suffix(version)) {
            path = rest.trim_end_matches('/');
        }
        let path = path.to_owned();
        url.set_path(&path);
        url
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_and_a_trailing_version_are_tolerated() {
        for (dialect, text, joined) in [
            (Dialect::OpenaiChat, "http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
            (Dialect::OpenaiChat, "https://h/openai/v1", "https://h/openai/v1"),
            (Dialect::AnthropicMessages, "https://api.anthropic.com/v1/", "https://api.anthropic.com/"),
            (Dialect::AnthropicMessages, "https://h/anthropic", "https://h/anthropic"),
            (Dialect::Gemini, "https://g.test/v1beta", "https://g.test/"),
            (Dialect::Ollama, "http://localhost:11434/v1", "http://localhost:11434/"),
            (Dialect::Ollama, "http://localhost:11434/api/", "http://localhost:11434/"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().for_dialect(dialect).as_str(), joined, "{text}");
        }
    }

    #[test]
    fn an_address_that_hides_a_key_or_leads_nowhere_is_refused() {
        for text in [
            "",
            "api.example",
            "ftp://h/",
            "https://user:pw@h/",
            "https://h/?key=1",
            "https://h/#x",
            "file:///etc/passwd",
            "http://",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}

//! A throwaway `ORCHESITY_HOME`.

use std::{
    io,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A provider for [`Home`]'s `config.toml`.
#[derive(Debug, Clone)]
pub struct HomeProvider {
    /// Its id.
    pub id: String,
    /// `openai-chat`, `openai-responses`, `anthropic-messages` …
    pub dialect: String,
    /// Its address, as that dialect wants it.
    pub base_url: String,
    /// `none` or `env:NAME`.
    pub key: String,
}

/// A home folder that is gone when this is dropped.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// An empty one.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn empty() -> io::Result<Self> {
        Ok(Self { folder: tempfile::Builder::new().prefix("orchesity-home-").tempdir()? })
    }

    /// One with this `config.toml`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn with_config(config: &str) -> io::Result<Self> {
        let home = Self::empty()?;
        home.write_config(config)?;
        Ok(home)
    }

    /// One whose `config.toml` names these providers.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn with_providers(providers: &[HomeProvider]) -> io::Result<Self> {
        let entry = |provider: &HomeProvider| {
            format!(
                "[[providers]]\nid = {:?}\ndialect = {:?}\nbase_url = {:?}\nkey = {:?}\n\n",
                provider.id, provider.dialect, provider.base_url, provider.key
            )
        };
        let config: Vec<String> = providers.iter().map(entry).collect();
        Self::with_config(&config.concat())
    }

    /// One with the scripted provider in three of its dialects: `chat/…`, `responses/…`, `anthropic/…`.
    /// `url` is [`crate::ScriptedProvider::url`].
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn scripted(url: &str) -> io::Result<Self> {
        let provider = |id: &str, dialect: &str, base_url: String| HomeProvider {
            id: id.to_owned(),
            dialect: dialect.to_owned(),
            base_url,
            key: "none".to_owned(),
        };
        Self::with_providers(&[
            provider("chat", "openai-chat", format!("{url}/v1")),
            provider("responses", "openai-responses", format!("{url}/v1")),
            provider("anthropic", "anthropic-messages", url.to_owned()),
        ])
    }

    /// Puts this text in place of `config.toml`, as an editor does: beside it, then renamed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_config(&self, config: &str) -> io::Result<()> {
        let beside = self.path().join("config.toml.new");
        std::fs::write(&beside, config)?;
        std::fs::rename(beside, self.path().join("config.toml"))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The database in it.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path().join("orchesity.db")
    }

    /// Leaves the folder on disk, for a look at it after a failure, and says where it is.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

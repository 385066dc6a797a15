//! Keys as people handle them. What was entered can be used and removed, never read back.

use crate::{Engine, EngineError};
use domain::{KeyState, ProviderId};
use providers::Provider;

impl Engine {
    /// Keeps a key in memory until this process ends.
    ///
    /// # Errors
    /// When the provider is unknown or the key can be none.
    pub fn set_session_key(&self, provider: &ProviderId, key: &str) -> Result<(), EngineError> {
        let provider = self.provider(provider)?;
        self.0.secrets.set_session(&provider.id, &provider.origin(), key.trim())?;
        self.0.changes.tell(["providers", "models"]);
        Ok(())
    }

    /// Keeps a key in the OS keychain, bound to the provider's present origin.
    ///
    /// # Errors
    /// When there is no keychain, or it is locked or mute.
    pub async fn store_key(&self, provider: &ProviderId, key: &str) -> Result<(), EngineError> {
        let provider = self.provider(provider)?;
        self.0.secrets.store(&provider.id, &provider.origin(), key.trim()).await?;
        self.0.changes.tell(["providers", "models"]);
        Ok(())
    }

    /// Removes a key from memory and keychain; says whether there was one.
    ///
    /// # Errors
    /// When the keychain is locked or mute.
    pub async fn remove_key(&self, provider: &ProviderId) -> Result<bool, EngineError> {
        let had = self.0.secrets.remove(provider).await?;
        self.0.changes.tell(["providers", "models"]);
        Ok(had)
    }

    /// Forgets a key that was entered for this session.
    pub fn remove_session_key(&self, provider: &ProviderId) {
        self.0.secrets.forget_session(provider);
        self.0.changes.tell(["providers", "models"]);
    }

    pub(crate) async fn key_state(&self, provider: &Provider) -> KeyState {
        let variable = provider.key_variable.as_deref();
        self.0.secrets.state(&provider.id, &provider.key, variable, &provider.origin()).await
    }

    /// The same, asking the keychain if nothing else says.
    pub(crate) async fn ask_key_state(&self, provider: &Provider) -> KeyState {
        let variable = provider.key_variable.as_deref();
        self.0.secrets.ask_state(&provider.id, &provider.key, variable, &provider.origin()).await
    }

    pub(crate) fn provider(&self, id: &ProviderId) -> Result<Provider, EngineError> {
        let config = self.config();
        config
            .provider(id.as_str())
            .cloned()
            .ok_or_else(|| EngineError::NotFound { what: "provider", id: id.to_string() })
    }
}

//! Keys as people handle them. What was entered can be used and removed, never read back.

use crate::{Engine, EngineError};
use domain::{KeyPlace, KeyPlaces, KeySource, KeyState, ProviderId, Target};
use providers::{Provider, edit};
use secrets::{Known, Vault};
use zeroize::Zeroizing;

impl Engine {
    /// Where keys can be kept, as far as it is known without asking the keychain.
    pub fn key_places(&self) -> KeyPlaces {
        self.0.secrets.places()
    }

    /// The same, asking the keychain how it is. Takes three seconds at most, and is worth repeating:
    /// a keychain that was started or unlocked since then is found.
    pub async fn ask_keychain(&self) -> KeyPlaces {
        let before = self.key_places();
        let now = self.0.secrets.ask_places().await;
        if now != before {
            self.keys_changed();
        }
        now
    }

    /// Keeps a key for the provider's present origin. A preset that waited for its key is switched on,
    /// and a provider that had its key elsewhere looks for it here from now on: both in `config.toml`.
    ///
    /// The answer names the environment variable that wins over this key, if one is set: then the key
    /// is kept and not used, and the provider's `key_place` stays the environment.
    ///
    /// # Errors
    /// When the provider is unknown, the text can be no key, or the place cannot take it.
    pub async fn set_key(
        &self,
        provider: &ProviderId,
        key: Zeroizing<String>,
        place: KeyPlace,
    ) -> Result<Option<String>, EngineError> {
        let provider = self.provider(provider)?;
        let kept = self.0.secrets.keep(&provider.id, &provider.origin(), key.trim(), place).await;
        // Whether it went well or not, more is known of the keychain now.
        self.keys_changed();
        kept?;
        self.forget_breakers(&provider.id);
        let id = provider.id.clone();
        let elsewhere = match &provider.key {
            KeySource::None => true,
            KeySource::Env(_) => place != KeyPlace::Session,
            KeySource::Keychain => false,
        };
        if elsewhere {
            self.edit_config(move |home| edit::set_key_source(home, &id, &KeySource::Keychain)).await?;
        } else if !provider.enabled && !provider.configured {
            self.edit_config(move |home| edit::set_enabled(home, &id, true)).await?;
        }
        let provider = self.provider(&provider.id)?;
        let wins = self.known_key(&provider).place == Some(KeyPlace::Environment);
        Ok(provider.key_variable.filter(|_| wins))
    }

    /// Removes a key from memory, vault and keychain; says whether there was one. What is set in the
    /// environment stays there.
    ///
    /// # Errors
    /// When the vault is locked and has one, or the keychain is locked or mute.
    pub async fn remove_key(&self, provider: &ProviderId) -> Result<bool, EngineError> {
        let removed = self.0.secrets.remove(provider).await;
        // Idle connections remember the last request's head.
        self.0.transport.forget_connections();
        self.keys_changed();
        if removed.as_ref().is_ok_and(|had| *had) {
            self.forget_breakers(provider);
        }
        Ok(removed?)
    }

    /// Makes an encrypted vault file and leaves it open. A damaged one is kept in `damaged/`.
    ///
    /// # Errors
    /// When there is one that is not damaged, the passphrase is too short, or the file cannot be written.
    pub async fn create_vault(&self, passphrase: Zeroizing<String>) -> Result<(), EngineError> {
        self.with_vault(self.vault()?.create(passphrase).await)
    }

    /// Puts a copy of the vault file in place of a damaged or missing one; a damaged one is kept in
    /// `damaged/`. The vault is locked then.
    ///
    /// # Errors
    /// When there is a file that is not damaged, when the copy is no vault file, or cannot be written.
    pub async fn restore_vault(&self, copy: Vec<u8>) -> Result<(), EngineError> {
        self.with_vault(self.vault()?.restore(copy).await)
    }

    /// Opens the vault until this process ends.
    ///
    /// # Errors
    /// When there is none, the passphrase is another, or the file is damaged.
    pub async fn unlock_vault(&self, passphrase: Zeroizing<String>) -> Result<(), EngineError> {
        self.with_vault(self.vault()?.unlock(passphrase).await)
    }

    /// Forgets the vault's keys until it is unlocked again.
    ///
    /// # Errors
    /// When there is no data directory.
    pub fn lock_vault(&self) -> Result<(), EngineError> {
        self.vault()?.lock();
        self.0.transport.forget_connections();
        self.with_vault(Ok(()))
    }

    /// Gives the vault another passphrase.
    ///
    /// # Errors
    /// As [`Self::create_vault`] and [`Self::unlock_vault`].
    pub async fn change_vault_passphrase(
        &self,
        old: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<(), EngineError> {
        self.with_vault(self.vault()?.change_passphrase(old, new).await)
    }

    /// Removes the vault file and all keys in it.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn delete_vault(&self) -> Result<(), EngineError> {
        let done = self.vault()?.delete().await;
        self.0.transport.forget_connections();
        self.with_vault(done)
    }

    /// Whether asking this target takes a key that is in a locked vault.
    pub fn wants_vault(&self, target: &Target) -> bool {
        let Ok(decision) = self.decide(target) else { return false };
        decision.order.iter().filter_map(|chosen| chosen.split()).any(|(id, _)| {
            let config = self.config();
            config.provider(id).is_some_and(|provider| self.is_in_locked_vault(provider))
        })
    }

    /// Providers that are on and have their key in a locked vault.
    pub fn locked_in_vault(&self) -> Vec<ProviderId> {
        let config = self.config();
        let locked = config.providers.iter().filter(|p| p.enabled && self.is_in_locked_vault(p));
        locked.map(|provider| provider.id.clone()).collect()
    }

    /// Whether a locked vault has a key of this provider, be it on, off or gone.
    pub fn is_locked_in_vault(&self, provider: &ProviderId) -> bool {
        self.0.secrets.is_locked_in_vault(provider)
    }

    fn is_in_locked_vault(&self, provider: &Provider) -> bool {
        let locked = Known { state: KeyState::Locked, place: Some(KeyPlace::Vault) };
        self.known_key(provider) == locked
    }

    fn vault(&self) -> Result<&Vault, EngineError> {
        Ok(self.0.secrets.vault()?)
    }

    fn with_vault(&self, done: Result<(), secrets::SecretError>) -> Result<(), EngineError> {
        self.keys_changed();
        Ok(done?)
    }

    fn keys_changed(&self) {
        self.0.changes.tell(["keys", "providers", "models"]);
    }

    /// What is known of a provider's key without asking the keychain.
    pub(crate) fn known_key(&self, provider: &Provider) -> Known {
        let variable = provider.key_variable.as_deref();
        self.0.secrets.known(&provider.id, &provider.key, variable, &provider.origin())
    }

    /// The same, asking the keychain if nothing else says.
    pub(crate) async fn ask_key(&self, provider: &Provider) -> Known {
        let variable = provider.key_variable.as_deref();
        self.0.secrets.ask_known(&provider.id, &provider.key, variable, &provider.origin()).await
    }

    pub(crate) fn provider(&self, id: &ProviderId) -> Result<Provider, EngineError> {
        let config = self.config();
        config
            .provider(id.as_str())
            .cloned()
            .ok_or_else(|| EngineError::NotFound { what: "provider", id: id.to_string() })
    }
}

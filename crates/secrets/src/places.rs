//! Keeping: the places where keys can be, how they are, and putting keys there.

use crate::{Keychain, SecretError, SecretKey, Secrets, Vault, entry, error::advice, vault::Found};
use domain::{KeyPlace, KeyPlaces, KeyState, KeychainState, ProviderId, VaultState};

impl Secrets {
    /// Where keys can be kept, as far as it is known without asking the keychain.
    pub fn places(&self) -> KeyPlaces {
        let keychain = self.keychain_state();
        KeyPlaces {
            keychain_name: Keychain::NAME.to_owned(),
            keychain,
            keychain_advice: advice(keychain).map(str::to_owned),
            vault: self.0.vault.as_ref().map_or(VaultState::Absent, Vault::state),
        }
    }

    /// The same, asking the keychain how it is. Takes no longer than its bound. What it said while it
    /// could not be used is forgotten once it can be.
    pub async fn ask_places(&self) -> KeyPlaces {
        if let Some(keychain) = &self.0.keychain {
            match keychain.look().await {
                Ok(()) => {
                    self.keychain_is(KeychainState::Open);
                    self.see_anew();
                }
                Err(error) => self.keychain_is(error.keychain()),
            }
        }
        self.places()
    }

    /// The vault, to be made, opened and closed; `None` where there is no data directory.
    ///
    /// # Errors
    /// When this process has none.
    pub fn vault(&self) -> Result<&Vault, SecretError> {
        self.0.vault.as_ref().ok_or(SecretError::NoVault)
    }

    /// Keeps a key in one place, bound to `origin`, and takes it out of those that come before it, so
    /// that it is the one that is lent; but an environment variable stays as it is, and wins.
    ///
    /// # Errors
    /// When the text can be no key or the place cannot take it; then it is nowhere, and an older one
    /// stays. After [`SecretError::Waiting`] it may still arrive once somebody unlocks the keychain.
    pub async fn keep(
        &self,
        provider: &ProviderId,
        origin: &str,
        key: &str,
        place: KeyPlace,
    ) -> Result<(), SecretError> {
        match place {
            KeyPlace::Session => return self.set_session(provider, origin, key),
            KeyPlace::Environment => {
                return Err(SecretError::Unfit("an environment variable is set outside of Orchesity"));
            }
            KeyPlace::Vault => {
                let key = SecretKey::new(key)?;
                self.vault()?.set(provider, origin, key).await?;
            }
            KeyPlace::Keychain => self.store(provider, origin, key).await?,
        }
        self.forget_session(provider);
        Ok(())
    }

    /// Puts a key into the keychain, bound to `origin`, and takes an older one out of the vault.
    ///
    /// # Errors
    /// As [`Self::keep`]; also when a locked vault has an older key, or one that cannot be read may have
    /// one, since that one would be lent.
    pub async fn store(&self, provider: &ProviderId, origin: &str, key: &str) -> Result<(), SecretError> {
        let line = entry::write(origin, &SecretKey::new(key)?)?;
        let keychain = self.0.keychain.as_ref().ok_or(SecretError::NoKeychain)?;
        let older = match self.0.vault.as_ref().map(|vault| (vault, vault.find(provider))) {
            None | Some((_, Found::Nothing)) => None,
            Some((_, Found::Locked)) => return Err(SecretError::VaultLocked),
            Some((_, Found::Unreadable(error))) => return Err(error),
            Some((vault, Found::Key { .. })) => Some(vault),
        };
        let done = keychain.set(provider.as_str(), line).await;
        self.see(provider, origin, done.as_ref().map_or_else(SecretError::state, |()| KeyState::Present));
        self.keychain_is(done.as_ref().map_or_else(SecretError::keychain, |()| KeychainState::Open));
        done?;
        if let Some(vault) = older {
            vault.remove(provider).await?;
        }
        Ok(())
    }

    /// Whether the vault has a key of this provider and is locked, wherever else there is one.
    pub fn is_locked_in_vault(&self, provider: &ProviderId) -> bool {
        self.0.vault.as_ref().is_some_and(|vault| matches!(vault.find(provider), Found::Locked))
    }

    /// Forgets a provider's key, in this session, in the vault and in the keychain; whether there was one.
    ///
    /// # Errors
    /// When the vault is locked and has one, or it or the keychain could not say; the session's key is
    /// gone all the same.
    pub async fn remove(&self, provider: &ProviderId) -> Result<bool, SecretError> {
        let mut held = self.forget_session(provider);
        if let Some(vault) = &self.0.vault {
            held |= vault.remove(provider).await?;
        }
        let Some(keychain) = &self.0.keychain else { return Ok(held) };
        let removed = keychain.remove(provider.as_str()).await;
        if let Err(error) = &removed {
            self.keychain_is(error.keychain());
        }
        match removed {
            Ok(stored) => {
                self.unsee(provider);
                Ok(held || stored)
            }
            // Nothing can be left in a keychain that is not there.
            Err(SecretError::NoKeychain | SecretError::NoCollection) => Ok(held),
            Err(error) if held => Err(SecretError::NotAllRemoved(Box::new(error))),
            Err(error) => Err(error),
        }
    }
}

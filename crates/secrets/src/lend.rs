//! Lending: session, then environment, then vault, then keychain.

use crate::{Keychain, SecretError, SecretKey, Vault, entry, vault::Found};
use domain::{KeyPlace, KeySource, KeyState, KeychainState, ProviderId};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a server on this machine is asked without a key after the keychain had none for it.
/// Such servers seldom want one, and a keychain that hangs must not slow each call to them.
const LOOPBACK_REST: Duration = Duration::from_secs(30);

/// All that lends and keeps provider keys. Clones share one session and one keychain.
#[derive(Clone)]
pub struct Secrets(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    environment: Environment,
    pub(crate) keychain: Option<Keychain>,
    pub(crate) vault: Option<Vault>,
    session: Mutex<HashMap<ProviderId, Held>>,
    seen: Mutex<HashMap<ProviderId, Seen>>,
    /// How the keychain was when it was last asked.
    keychain_state: Mutex<KeychainState>,
    /// Whether a key stays with the origin it was saved for: always, but in a test that shows what that is for.
    bound: bool,
}

enum Environment {
    Process,
    Fixed(BTreeMap<String, String>),
}

struct Held {
    origin: String,
    key: SecretKey,
}

/// What is known of a provider's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Whether it can be lent.
    pub state: KeyState,
    /// Where it is; `None` when there is none or nobody looked.
    pub place: Option<KeyPlace>,
}

/// What the keychain last said of a provider.
#[derive(Clone)]
struct Seen {
    state: KeyState,
    origin: String,
    at: Instant,
}

impl Secrets {
    /// With this process's environment and the system's keychain. Neither is asked yet.
    pub fn new() -> Self {
        Self::build(Environment::Process, Some(Keychain::system()), None)
    }

    /// The same, and the vault file of this data directory.
    pub fn in_home(home: &Path) -> Self {
        Self::build(Environment::Process, Some(Keychain::system()), Some(Vault::in_home(home)))
    }

    /// With a fixed environment, this keychain if any, and this vault.
    pub fn with_vault(
        variables: impl IntoIterator<Item = (String, String)>,
        keychain: Option<Keychain>,
        vault: Vault,
    ) -> Self {
        Self::build(Environment::Fixed(variables.into_iter().collect()), keychain, Some(vault))
    }

    /// With a fixed environment and no keychain.
    pub fn with_env(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::build(Environment::Fixed(variables.into_iter().collect()), None, None)
    }

    /// With a fixed environment and this keychain.
    pub fn with_keychain(variables: impl IntoIterator<Item = (String, String)>, keychain: Keychain) -> Self {
        Self::build(Environment::Fixed(variables.into_iter().collect()), Some(keychain), None)
    }

    fn build(environment: Environment, keychain: Option<Keychain>, vault: Option<Vault>) -> Self {
        let (session, seen) = (Mutex::default(), Mutex::default());
        let begin = if keychain.is_some() { KeychainState::Unknown } else { KeychainState::Absent };
        let keychain_state = Mutex::new(begin);
        Self(Arc::new(Inner { environment, keychain, vault, session, seen, keychain_state, bound: true }))
    }

    /// The key of `provider` for one call to `origin` (scheme, host and port): what was entered for
    /// this session, else the environment, else the vault, else the keychain. `None` when it needs none
    /// or there is none. A vault that has the key and is locked, or that may have it and cannot be read,
    /// is not passed over: what an older entry of the keychain says is not what was asked for.
    ///
    /// `variable` is the environment variable usual for this provider; callers pass `None` when the
    /// provider's address is not the usual one. A server on this machine is asked without a key
    /// rather than failing because of the keychain or a vault that cannot be read.
    ///
    /// # Errors
    /// When there is a key for another origin only, or the vault or the keychain could not say.
    pub async fn lend(
        &self,
        provider: &ProviderId,
        source: &KeySource,
        variable: Option<&str>,
        origin: &str,
    ) -> Result<Option<SecretKey>, SecretError> {
        if *source == KeySource::None {
            return Ok(None);
        }
        if let Some(key) = self.in_session(provider, origin)? {
            return Ok(Some(key));
        }
        let named = if let KeySource::Env(name) = source { Some(name.as_str()) } else { variable };
        if let Some(key) = named.and_then(|name| self.in_environment(name)) {
            return key.map(Some);
        }
        if *source != KeySource::Keychain {
            return Ok(None);
        }
        let loopback = is_loopback(origin);
        match self.in_vault(provider, origin) {
            Ok(None) => {}
            Err(error @ (SecretError::VaultDamaged(_) | SecretError::VaultFailed(_))) if loopback => {
                tracing::debug!(%provider, %error, "asking a local server without a key");
                return Ok(None);
            }
            other => return other,
        }
        if loopback && self.rests(provider, origin) {
            return Ok(None);
        }
        match self.in_keychain(provider, origin).await {
            Err(error) if loopback && !matches!(error, SecretError::OtherOrigin { .. }) => {
                tracing::debug!(%provider, %error, "asking a local server without a key");
                Ok(None)
            }
            other => other,
        }
    }

    /// What is known of a provider's key without asking the keychain: `Unknown` until it was needed once.
    pub fn known(
        &self,
        provider: &ProviderId,
        source: &KeySource,
        variable: Option<&str>,
        origin: &str,
    ) -> Known {
        let place = |state, place| Known { state, place: Some(place) };
        let nowhere = |state| Known { state, place: None };
        if *source == KeySource::None {
            return nowhere(KeyState::NotNeeded);
        }
        if let Some(held) = self.held(provider, origin) {
            return if held {
                place(KeyState::Present, KeyPlace::Session)
            } else {
                nowhere(KeyState::Missing)
            };
        }
        let named = if let KeySource::Env(name) = source { Some(name.as_str()) } else { variable };
        match named.and_then(|name| self.in_environment(name)) {
            Some(Ok(_)) => return place(KeyState::Present, KeyPlace::Environment),
            Some(Err(_)) => return nowhere(KeyState::Missing),
            None if *source != KeySource::Keychain => return nowhere(KeyState::Missing),
            None => {}
        }
        match self.0.vault.as_ref().map(|vault| vault.find(provider)) {
            Some(Found::Key { origin: saved, .. }) if saved == origin => {
                return place(KeyState::Present, KeyPlace::Vault);
            }
            Some(Found::Key { .. }) => return nowhere(KeyState::Missing),
            Some(Found::Locked) => return place(KeyState::Locked, KeyPlace::Vault),
            Some(Found::Unreadable(error)) => return place(error.state(), KeyPlace::Vault),
            Some(Found::Nothing) | None => {}
        }
        if self.0.keychain.is_none() {
            return nowhere(KeyState::NoKeychain);
        }
        match self.seen().get(provider).filter(|seen| seen.origin == origin).map(|seen| seen.state) {
            Some(KeyState::Present) => place(KeyState::Present, KeyPlace::Keychain),
            Some(state) => nowhere(state),
            None => nowhere(KeyState::Unknown),
        }
    }

    /// The same, asking the keychain where nothing else says. Takes no longer than its bound.
    pub async fn ask_known(
        &self,
        provider: &ProviderId,
        source: &KeySource,
        variable: Option<&str>,
        origin: &str,
    ) -> Known {
        let known = self.known(provider, source, variable, origin);
        let elsewhere = *source != KeySource::Keychain
            || self.held(provider, origin).is_some()
            || variable.and_then(|name| self.in_environment(name)).is_some()
            || self.0.vault.as_ref().is_some_and(|vault| !matches!(vault.find(provider), Found::Nothing));
        if elsewhere {
            return known;
        }
        // What it says is remembered.
        let _ = self.in_keychain(provider, origin).await;
        self.known(provider, source, variable, origin)
    }

    /// Whether this environment variable has something in it.
    pub fn has_variable(&self, name: &str) -> bool {
        self.in_environment(name).is_some()
    }

    /// Keeps a key in memory until this process ends, in place of any other for this provider.
    ///
    /// # Errors
    /// When the text can be no key.
    pub fn set_session(&self, provider: &ProviderId, origin: &str, key: &str) -> Result<(), SecretError> {
        let held = Held { origin: origin.to_owned(), key: SecretKey::new(key)? };
        self.session().insert(provider.clone(), held);
        Ok(())
    }

    /// Forgets the session's key; whether there was one.
    pub fn forget_session(&self, provider: &ProviderId) -> bool {
        self.session().remove(provider).is_some()
    }

    /// The last four characters of the session's key.
    pub fn session_last4(&self, provider: &ProviderId) -> Option<String> {
        self.session().get(provider).map(|held| held.key.last4().to_owned())
    }

    /// Whether a key that was saved for one origin may go to another.
    fn fits(&self, saved: &str, asked: &str) -> bool {
        saved == asked || !self.0.bound
    }

    /// Whether the session's key may go to `origin`; `None` when there is none.
    fn held(&self, provider: &ProviderId, origin: &str) -> Option<bool> {
        self.session().get(provider).map(|held| held.origin == origin)
    }

    fn in_session(&self, provider: &ProviderId, origin: &str) -> Result<Option<SecretKey>, SecretError> {
        match self.session().get(provider) {
            None => Ok(None),
            Some(held) if self.fits(&held.origin, origin) => Ok(Some(held.key.clone())),
            Some(held) => {
                Err(SecretError::OtherOrigin { saved: held.origin.clone(), asked: origin.to_owned() })
            }
        }
    }

    /// An empty variable counts as unset: that is how shells switch one off.
    fn in_environment(&self, name: &str) -> Option<Result<SecretKey, SecretError>> {
        let text = match &self.0.environment {
            Environment::Process => std::env::var(name).ok(),
            Environment::Fixed(variables) => variables.get(name).cloned(),
        };
        text.filter(|text| !text.trim().is_empty()).map(SecretKey::new)
    }

    fn in_vault(&self, provider: &ProviderId, origin: &str) -> Result<Option<SecretKey>, SecretError> {
        match self.0.vault.as_ref().map(|vault| vault.find(provider)) {
            None | Some(Found::Nothing) => Ok(None),
            Some(Found::Locked) => Err(SecretError::VaultLocked),
            Some(Found::Unreadable(error)) => Err(error),
            Some(Found::Key { origin: saved, key }) if self.fits(&saved, origin) => Ok(Some(key)),
            Some(Found::Key { origin: saved, .. }) => {
                Err(SecretError::OtherOrigin { saved, asked: origin.to_owned() })
            }
        }
    }

    async fn in_keychain(
        &self,
        provider: &ProviderId,
        origin: &str,
    ) -> Result<Option<SecretKey>, SecretError> {
        let keychain = self.0.keychain.as_ref().ok_or(SecretError::NoKeychain)?;
        let found = match keychain.get(provider.as_str()).await {
            Ok(Some(line)) => entry::read(&line, provider.as_str(), origin, self.0.bound).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let state = match &found {
            Ok(Some(_)) => KeyState::Present,
            Ok(None) => KeyState::Missing,
            Err(error) => error.state(),
        };
        self.see(provider, origin, state);
        match &found {
            // It says so also where it has no collection, or a locked one.
            Ok(None) => self.answered(),
            Ok(Some(_)) => self.keychain_is(KeychainState::Open),
            Err(error) => self.keychain_is(error.keychain()),
        }
        found
    }

    /// How the keychain was when it was last asked.
    pub(crate) fn keychain_state(&self) -> KeychainState {
        *self.0.keychain_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keychain_is(&self, state: KeychainState) {
        *self.0.keychain_state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// It answers, which is all that is known of it.
    fn answered(&self) {
        let dead = [KeychainState::Waiting, KeychainState::Absent, KeychainState::Failed];
        if dead.contains(&self.keychain_state()) {
            self.keychain_is(KeychainState::Unknown);
        }
    }

    /// Forgets what the keychain said while it could not be used.
    pub(crate) fn see_anew(&self) {
        self.seen().retain(|_, seen| matches!(seen.state, KeyState::Present | KeyState::Missing));
    }

    pub(crate) fn unsee(&self, provider: &ProviderId) {
        self.seen().remove(provider);
    }

    pub(crate) fn see(&self, provider: &ProviderId, origin: &str, state: KeyState) {
        let seen = Seen { state, origin: origin.to_owned(), at: Instant::now() };
        self.seen().insert(provider.clone(), seen);
    }

    fn rests(&self, provider: &ProviderId, origin: &str) -> bool {
        self.seen().get(provider).is_some_and(|seen| {
            seen.origin == origin && seen.state != KeyState::Present && seen.at.elapsed() < LOOPBACK_REST
        })
    }

    fn session(&self) -> MutexGuard<'_, HashMap<ProviderId, Held>> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<ProviderId, Seen>> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

/// Whether an origin (`scheme://host:port`) is on this machine.
fn is_loopback(origin: &str) -> bool {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is lent to another origin than the key was entered for.
    async fn lent_elsewhere(secrets: &Secrets) -> Result<Option<SecretKey>, SecretError> {
        let provider: ProviderId = "x".parse().unwrap();
        secrets.set_session(&provider, "https://api.example:443", "sk-canary").unwrap();
        secrets.lend(&provider, &KeySource::Keychain, None, "https://evil.example:443").await
    }

    #[tokio::test]
    async fn a_key_that_is_not_bound_to_its_origin_goes_to_whoever_asks() {
        let guarded = lent_elsewhere(&Secrets::with_env([])).await;
        assert!(matches!(guarded, Err(SecretError::OtherOrigin { .. })), "{guarded:?}");
        let mut inner = Arc::into_inner(Secrets::with_env([]).0).unwrap();
        inner.bound = false;
        let stolen = lent_elsewhere(&Secrets(Arc::new(inner))).await.unwrap();
        assert_eq!(stolen.unwrap().expose(), "sk-canary");
    }
}

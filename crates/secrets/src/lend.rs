//! Lending: session, then environment, then keychain.

use crate::{Keychain, SecretError, SecretKey, entry};
use domain::{KeySource, KeyState, ProviderId};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a server on this machine is asked without a key after the keychain had none for it.
/// Such servers seldom want one, and a keychain that hangs must not slow each call to them.
const LOOPBACK_REST: Duration = Duration::from_secs(30);

/// All that lends and keeps provider keys. Clones share one session and one keychain.
#[derive(Clone)]
pub struct Secrets(Arc<Inner>);

struct Inner {
    environment: Environment,
    keychain: Option<Keychain>,
    session: Mutex<HashMap<ProviderId, Held>>,
    seen: Mutex<HashMap<ProviderId, Seen>>,
}

enum Environment {
    Process,
    Fixed(BTreeMap<String, String>),
}

struct Held {
    origin: String,
    key: SecretKey,
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
        Self::build(Environment::Process, Some(Keychain::system()))
    }

    /// With a fixed environment and no keychain.
    pub fn with_env(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::build(Environment::Fixed(variables.into_iter().collect()), None)
    }

    /// With a fixed environment and this keychain.
    pub fn with_keychain(variables: impl IntoIterator<Item = (String, String)>, keychain: Keychain) -> Self {
        Self::build(Environment::Fixed(variables.into_iter().collect()), Some(keychain))
    }

    fn build(environment: Environment, keychain: Option<Keychain>) -> Self {
        let (session, seen) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { environment, keychain, session, seen }))
    }

    /// The key of `provider` for one call to `origin` (scheme, host and port): what was entered for
    /// this session, else the environment, else the keychain. `None` when it needs none or there is none.
    ///
    /// `variable` is the environment variable usual for this provider; callers pass `None` when the
    /// provider's address is not the usual one. A server on this machine is asked without a key
    /// rather than failing because of the keychain.
    ///
    /// # Errors
    /// When there is a key for another origin only, or the keychain could not say.
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
    #[expect(clippy::unused_async, reason = "callers await it beside `ask_state`")]
    pub async fn state(
        &self,
        provider: &ProviderId,
        source: &KeySource,
        variable: Option<&str>,
        origin: &str,
    ) -> KeyState {
        self.known(provider, source, variable, origin)
    }

    /// The same, asking the keychain where nothing else says. Takes no longer than its bound.
    pub async fn ask_state(
        &self,
        provider: &ProviderId,
        source: &KeySource,
        variable: Option<&str>,
        origin: &str,
    ) -> KeyState {
        let elsewhere = matches!(source, KeySource::Keychain)
            && self.held(provider, origin).is_none()
            && variable.and_then(|name| self.in_environment(name)).is_none();
        if elsewhere {
            // What it says is remembered as the state.
            let _ = self.in_keychain(provider, origin).await;
        }
        self.known(provider, source, variable, origin)
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

    /// Puts a key into the keychain, bound to `origin`.
    ///
    /// # Errors
    /// When the text can be no key, or the keychain does not take it; then it is nowhere. After
    /// [`SecretError::Waiting`] it may still arrive once somebody unlocks the keychain.
    pub async fn store(&self, provider: &ProviderId, origin: &str, key: &str) -> Result<(), SecretError> {
        let line = entry::write(origin, &SecretKey::new(key)?)?;
        let keychain = self.0.keychain.as_ref().ok_or(SecretError::NoKeychain)?;
        let done = keychain.set(provider.as_str(), line).await;
        self.see(provider, origin, done.as_ref().map_or_else(SecretError::state, |()| KeyState::Present));
        done
    }

    /// Forgets a provider's key, in this session and in the keychain; whether there was one.
    ///
    /// # Errors
    /// When the keychain could not say; the session's key is gone all the same.
    pub async fn remove(&self, provider: &ProviderId) -> Result<bool, SecretError> {
        let held = self.forget_session(provider);
        let Some(keychain) = &self.0.keychain else { return Ok(held) };
        match keychain.remove(provider.as_str()).await {
            Ok(stored) => {
                self.seen().remove(provider);
                Ok(held || stored)
            }
            // Nothing can be left in a keychain that is not there.
            Err(SecretError::NoKeychain) => Ok(held),
            Err(error) => Err(error),
        }
    }

    fn known(
        &self,
        provider: &ProviderId,
        source: &KeySource,
        variable: Option<&str>,
        origin: &str,
    ) -> KeyState {
        if *source == KeySource::None {
            return KeyState::NotNeeded;
        }
        if let Some(held) = self.held(provider, origin) {
            return if held { KeyState::Present } else { KeyState::Missing };
        }
        let named = if let KeySource::Env(name) = source { Some(name.as_str()) } else { variable };
        match named.and_then(|name| self.in_environment(name)) {
            Some(Ok(_)) => return KeyState::Present,
            Some(Err(_)) => return KeyState::Missing,
            None if *source != KeySource::Keychain => return KeyState::Missing,
            None => {}
        }
        if self.0.keychain.is_none() {
            return KeyState::NoKeychain;
        }
        self.seen()
            .get(provider)
            .filter(|seen| seen.origin == origin)
            .map_or(KeyState::Unknown, |seen| seen.state)
    }

    /// Whether the session's key may go to `origin`; `None` when there is none.
    fn held(&self, provider: &ProviderId, origin: &str) -> Option<bool> {
        self.session().get(provider).map(|held| held.origin == origin)
    }

    fn in_session(&self, provider: &ProviderId, origin: &str) -> Result<Option<SecretKey>, SecretError> {
        match self.session().get(provider) {
            None => Ok(None),
            Some(held) if held.origin == origin => Ok(Some(held.key.clone())),
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

    async fn in_keychain(
        &self,
        provider: &ProviderId,
        origin: &str,
    ) -> Result<Option<SecretKey>, SecretError> {
        let keychain = self.0.keychain.as_ref().ok_or(SecretError::NoKeychain)?;
        let found = match keychain.get(provider.as_str()).await {
            Ok(Some(line)) => entry::read(&line, provider.as_str(), origin).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let state = match &found {
            Ok(Some(_)) => KeyState::Present,
            Ok(None) => KeyState::Missing,
            Err(error) => error.state(),
        };
        self.see(provider, origin, state);
        found
    }

    fn see(&self, provider: &ProviderId, origin: &str, state: KeyState) {
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

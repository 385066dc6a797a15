//! Where a key is looked for, and to whom it is lent.
#![allow(clippy::unwrap_used, reason = "everything here is a test")]

use domain::{KeySource, KeyState, ProviderId};
use keyring_core::{
    CredentialStore, Entry,
    api::{CredentialPersistence, CredentialStoreApi},
};
use secrets::{Keychain, SecretError, Secrets};
use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const HOME: &str = "https://api.example:443";
const EVIL: &str = "https://evil.example:443";
const LOCAL: &str = "http://127.0.0.1:8080";
const KEY: &str = "sk-canary-0123456789abcdef";

fn id() -> ProviderId {
    "acme".parse().unwrap()
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn in_memory() -> Keychain {
    let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
    Keychain::with_store(Arc::new(move || Ok(store.clone())))
}

/// A keychain that never answers.
#[derive(Debug)]
struct Mute;

impl CredentialStoreApi for Mute {
    fn vendor(&self) -> String {
        "mute".to_owned()
    }
    fn id(&self) -> String {
        "mute".to_owned()
    }
    fn build(&self, _: &str, _: &str, _: Option<&HashMap<&str, &str>>) -> keyring_core::Result<Entry> {
        loop {
            std::thread::park();
        }
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn persistence(&self) -> CredentialPersistence {
        CredentialPersistence::ProcessOnly
    }
}

fn mute() -> Keychain {
    Keychain::with_store(Arc::new(|| Ok(Arc::new(Mute)))).bounded(Duration::from_millis(50))
}

#[tokio::test]
async fn the_session_wins_over_the_environment_and_that_over_the_keychain() {
    let secrets = Secrets::with_keychain(env(&[("ACME_KEY", "from-environment")]), in_memory());
    let lend = async |variable| {
        let key = secrets.lend(&id(), &KeySource::Keychain, variable, HOME).await.unwrap();
        key.map(|key| key.expose().to_owned())
    };
    assert_eq!(lend(None).await, None);
    secrets.store(&id(), HOME, "from-keychain").await.unwrap();
    assert_eq!(lend(None).await.as_deref(), Some("from-keychain"));
    assert_eq!(lend(Some("ACME_KEY")).await.as_deref(), Some("from-environment"));
    secrets.set_session(&id(), HOME, "from-session").unwrap();
    assert_eq!(lend(Some("ACME_KEY")).await.as_deref(), Some("from-session"));
    assert!(secrets.remove(&id()).await.unwrap());
    assert_eq!(lend(None).await, None);
    assert!(!secrets.remove(&id()).await.unwrap());
}

#[tokio::test]
async fn a_source_that_was_named_is_the_only_one() {
    let secrets =
        Secrets::with_keychain(env(&[("MINE", "mine"), ("EMPTY", " "), ("USUAL", "usual")]), in_memory());
    secrets.store(&id(), HOME, KEY).await.unwrap();
    let lend = async |source: &str| {
        let source = KeySource::try_from(source.to_owned()).unwrap();
        secrets.lend(&id(), &source, Some("USUAL"), HOME).await.unwrap().map(|key| key.expose().to_owned())
    };
    assert_eq!(lend("env:MINE").await.as_deref(), Some("mine"));
    assert_eq!(lend("env:EMPTY").await, None);
    assert_eq!(lend("env:ABSENT").await, None);
    assert_eq!(lend("none").await, None);
}

#[tokio::test]
async fn a_key_is_lent_only_to_the_origin_it_was_saved_for() {
    let secrets = Secrets::with_keychain([], in_memory());
    secrets.store(&id(), HOME, KEY).await.unwrap();
    for origin in [EVIL, "http://api.example:443", "https://api.example:444", LOCAL] {
        let error = secrets.lend(&id(), &KeySource::Keychain, None, origin).await.unwrap_err();
        assert!(matches!(error, SecretError::OtherOrigin { .. }), "{origin}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    secrets.set_session(&id(), HOME, KEY).unwrap();
    let error = secrets.lend(&id(), &KeySource::Keychain, None, EVIL).await.unwrap_err();
    assert!(matches!(error, SecretError::OtherOrigin { .. }));
    assert_eq!(secrets.known(&id(), &KeySource::Keychain, None, EVIL).state, KeyState::Missing);
    assert_eq!(secrets.known(&id(), &KeySource::Keychain, None, HOME).state, KeyState::Present);
}

#[tokio::test]
async fn the_keychain_is_not_asked_before_a_key_is_needed() {
    let opened = Arc::new(AtomicUsize::new(0));
    let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
    let counted = opened.clone();
    let keychain = Keychain::with_store(Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(store.clone())
    }));
    let secrets = Secrets::with_keychain(env(&[("K", "v")]), keychain);
    let state = async |source: KeySource, variable| secrets.known(&id(), &source, variable, HOME).state;
    assert_eq!(state(KeySource::Keychain, None).await, KeyState::Unknown);
    assert_eq!(state(KeySource::Keychain, Some("K")).await, KeyState::Present);
    assert_eq!(state(KeySource::Env("K".to_owned()), None).await, KeyState::Present);
    assert_eq!(state(KeySource::Env("L".to_owned()), None).await, KeyState::Missing);
    assert_eq!(state(KeySource::None, None).await, KeyState::NotNeeded);
    secrets.lend(&id(), &KeySource::Keychain, Some("K"), HOME).await.unwrap();
    assert_eq!(opened.load(Ordering::SeqCst), 0);
    assert_eq!(secrets.ask_known(&id(), &KeySource::Keychain, None, HOME).await.state, KeyState::Missing);
    assert_eq!(state(KeySource::Keychain, None).await, KeyState::Missing);
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_mute_keychain_is_still_waiting_and_never_absent() {
    let secrets = Secrets::with_keychain([], mute());
    let acme = id();
    let ask = || secrets.lend(&acme, &KeySource::Keychain, None, HOME);
    assert_eq!(ask().await.unwrap_err(), SecretError::Waiting);
    assert_eq!(secrets.known(&id(), &KeySource::Keychain, None, HOME).state, KeyState::Locked);
    // The thread still hangs: nobody waits behind it again.
    assert_eq!(ask().await.unwrap_err(), SecretError::Waiting);
    assert_eq!(secrets.store(&id(), HOME, KEY).await.unwrap_err(), SecretError::Waiting);
    // The session does not need it.
    secrets.set_session(&id(), HOME, KEY).unwrap();
    assert!(ask().await.unwrap().is_some());
}

#[tokio::test]
async fn a_local_server_is_asked_without_a_key_whatever_the_keychain_does() {
    for keychain in [mute(), Keychain::with_store(Arc::new(|| Err(keyring_core::Error::NoDefaultStore)))] {
        let secrets = Secrets::with_keychain([], keychain);
        for origin in [LOCAL, "http://localhost:1", "http://[::1]:1", "http://a.localhost:1"] {
            assert!(secrets.lend(&id(), &KeySource::Keychain, None, origin).await.unwrap().is_none());
        }
        assert!(secrets.lend(&id(), &KeySource::Keychain, None, HOME).await.is_err());
    }
}

#[tokio::test]
async fn a_local_servers_own_key_is_found_as_soon_as_it_is_stored() {
    let secrets = Secrets::with_keychain([], in_memory());
    let lend = async || secrets.lend(&id(), &KeySource::Keychain, None, LOCAL).await.unwrap().is_some();
    assert!(!lend().await);
    secrets.store(&id(), LOCAL, KEY).await.unwrap();
    assert!(lend().await);
}

#[tokio::test]
async fn a_store_that_failed_is_not_used_again() {
    let tries = Arc::new(AtomicUsize::new(0));
    let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
    let counted = tries.clone();
    let keychain = Keychain::with_store(Arc::new(move || match counted.fetch_add(1, Ordering::SeqCst) {
        0 => Err(keyring_core::Error::PlatformFailure("not yet started".into())),
        _ => Ok(store.clone()),
    }));
    let secrets = Secrets::with_keychain([], keychain);
    assert_eq!(secrets.store(&id(), HOME, KEY).await.unwrap_err(), SecretError::NoKeychain);
    secrets.store(&id(), HOME, KEY).await.unwrap();
    assert!(secrets.lend(&id(), &KeySource::Keychain, None, HOME).await.unwrap().is_some());
    assert_eq!(tries.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_keychain_that_panics_is_an_error_and_the_next_call_is_well() {
    let tries = Arc::new(AtomicUsize::new(0));
    let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
    let counted = tries.clone();
    let keychain = Keychain::with_store(Arc::new(move || {
        assert_ne!(counted.fetch_add(1, Ordering::SeqCst), 0, "a bug in a platform's store");
        Ok(store.clone())
    }));
    let secrets = Secrets::with_keychain([], keychain);
    assert!(matches!(secrets.store(&id(), HOME, KEY).await, Err(SecretError::Failed(_))));
    secrets.store(&id(), HOME, KEY).await.unwrap();
}

#[tokio::test]
async fn what_can_be_no_key_goes_nowhere() {
    let secrets = Secrets::with_keychain([], in_memory());
    for text in ["", "two words", "line\nbreak"] {
        assert!(matches!(secrets.set_session(&id(), HOME, text), Err(SecretError::Unfit(_))));
        assert!(matches!(secrets.store(&id(), HOME, text).await, Err(SecretError::Unfit(_))));
    }
    assert!(secrets.lend(&id(), &KeySource::Keychain, None, HOME).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_prints_a_key() {
    let secrets = Secrets::with_keychain(env(&[("K", KEY)]), in_memory());
    secrets.set_session(&id(), HOME, KEY).unwrap();
    let key = secrets.lend(&id(), &KeySource::Keychain, None, HOME).await.unwrap();
    assert!(!format!("{secrets:?} {key:?}").contains("canary"));
    assert_eq!(secrets.session_last4(&id()).as_deref(), Some("cdef"));
}

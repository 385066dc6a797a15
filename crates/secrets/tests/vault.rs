//! The vault file: keys for machines without a keychain, encrypted under a passphrase.
#![allow(clippy::unwrap_used, reason = "everything here is a test")]

use domain::{KeyPlace, KeySource, KeyState, KeychainState, ProviderId, VaultState};
use keyring_core::CredentialStore;
use secrets::{Keychain, SecretError, Secrets, Vault};
use std::{fs, path::Path, sync::Arc};
use zeroize::Zeroizing;

const HOME: &str = "https://api.example:443";
const EVIL: &str = "https://evil.example:443";
const KEY: &str = "sk-canary-0123456789abcdef";

fn id() -> ProviderId {
    "acme".parse().unwrap()
}

fn pass(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn in_memory() -> Keychain {
    let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
    Keychain::with_store(Arc::new(move || Ok(store.clone())))
}

fn with_vault(home: &Path, keychain: Option<Keychain>) -> Secrets {
    Secrets::with_vault([], keychain, Vault::in_home(home))
}

async fn lend(secrets: &Secrets) -> Result<Option<String>, SecretError> {
    let key = secrets.lend(&id(), &KeySource::Keychain, None, HOME).await?;
    Ok(key.map(|key| key.expose().to_owned()))
}

fn file(home: &Path) -> Vec<u8> {
    fs::read(home.join("keys.vault")).unwrap()
}

#[tokio::test]
async fn a_vault_keeps_lends_and_forgets_and_is_locked_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let secrets = with_vault(home.path(), None);
    let vault = secrets.vault().unwrap();
    assert_eq!(vault.state(), VaultState::Absent);
    let early = secrets.keep(&id(), HOME, KEY, KeyPlace::Vault).await;
    assert_eq!(early, Err(SecretError::NoVault));
    assert_eq!(vault.create(pass("short")).await, Err(SecretError::WeakPassphrase));
    assert!(fs::read_dir(home.path()).unwrap().next().is_none(), "nothing was made");

    vault.create(pass("correct horse")).await.unwrap();
    assert_eq!(vault.create(pass("correct horse")).await, Err(SecretError::VaultExists));
    secrets.keep(&id(), HOME, KEY, KeyPlace::Vault).await.unwrap();
    assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
    let elsewhere = secrets.lend(&id(), &KeySource::Keychain, None, EVIL).await;
    assert!(matches!(elsewhere, Err(SecretError::OtherOrigin { .. })));
    assert!(!String::from_utf8_lossy(&file(home.path())).contains("sk-canar"));
    #[cfg(unix)]
    {
        let mode = fs::metadata(home.path().join("keys.vault")).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    }

    // Another process, or this one after a restart.
    let later = with_vault(home.path(), None);
    assert_eq!(later.places().vault, VaultState::Locked);
    let known = later.known(&id(), &KeySource::Keychain, None, HOME);
    assert_eq!((known.state, known.place), (KeyState::Locked, Some(KeyPlace::Vault)));
    assert_eq!(lend(&later).await, Err(SecretError::VaultLocked));
    assert_eq!(later.remove(&id()).await, Err(SecretError::VaultLocked));
    let before = file(home.path());
    let vault = later.vault().unwrap();
    assert_eq!(vault.unlock(pass("wrong horse")).await, Err(SecretError::WrongPassphrase));
    assert_eq!(file(home.path()), before, "a wrong try changes nothing");
    vault.unlock(pass("correct horse")).await.unwrap();
    assert_eq!(lend(&later).await.unwrap().as_deref(), Some(KEY));
    vault.lock();
    assert_eq!(lend(&later).await, Err(SecretError::VaultLocked));
    vault.unlock(pass("correct horse")).await.unwrap();
    assert!(later.remove(&id()).await.unwrap());
    assert!(!later.remove(&id()).await.unwrap());
    let gone = Err(SecretError::NoKeychain);
    assert_eq!(lend(&later).await, gone);
    // The first process sees that, too.
    assert_eq!(lend(&secrets).await, gone);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[tokio::test]
async fn another_passphrase_locks_whoever_had_it_open_and_keeps_the_keys() {
    let home = tempfile::tempdir().unwrap();
    let (mine, theirs) = (with_vault(home.path(), None), with_vault(home.path(), None));
    mine.vault().unwrap().create(pass("correct horse")).await.unwrap();
    mine.keep(&id(), HOME, KEY, KeyPlace::Vault).await.unwrap();
    theirs.vault().unwrap().unlock(pass("correct horse")).await.unwrap();
    let vault = mine.vault().unwrap();
    let wrong = vault.change_passphrase(pass("wrong horse"), pass("battery staple")).await;
    assert_eq!(wrong, Err(SecretError::WrongPassphrase));
    vault.change_passphrase(pass("correct horse"), pass("battery staple")).await.unwrap();
    assert_eq!(lend(&mine).await.unwrap().as_deref(), Some(KEY));
    assert_eq!(theirs.places().vault, VaultState::Locked);
    assert_eq!(lend(&theirs).await, Err(SecretError::VaultLocked));
    let vault = theirs.vault().unwrap();
    assert_eq!(vault.unlock(pass("correct horse")).await, Err(SecretError::WrongPassphrase));
    vault.unlock(pass("battery staple")).await.unwrap();
    assert_eq!(lend(&theirs).await.unwrap().as_deref(), Some(KEY));
    vault.delete().await.unwrap();
    assert_eq!(mine.places().vault, VaultState::Absent);
    assert_eq!(lend(&mine).await, Err(SecretError::NoKeychain));
}

#[tokio::test]
async fn a_damaged_vault_is_called_damaged_and_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let secrets = with_vault(home.path(), None);
    let vault = secrets.vault().unwrap();
    vault.create(pass("correct horse")).await.unwrap();
    secrets.keep(&id(), HOME, KEY, KeyPlace::Vault).await.unwrap();
    let good = file(home.path());
    vault.lock();
    let text = String::from_utf8(good.clone()).unwrap();
    for bad in [
        good[..good.len() / 2].to_vec(),
        Vec::new(),
        b"not json".to_vec(),
        text.replace("\"version\": 1", "\"version\": 2").into_bytes(),
        text.replace("\"passes\": 3", "\"passes\": 4").into_bytes(),
        text.replace("65536", "4294967295").into_bytes(),
    ] {
        fs::write(home.path().join("keys.vault"), &bad).unwrap();
        // What a newer version wrote is not damaged.
        let newer = bad == text.replace("\"version\": 1", "\"version\": 2").into_bytes();
        assert_eq!(vault.state(), if newer { VaultState::Locked } else { VaultState::Damaged });
        let error = vault.unlock(pass("correct horse")).await.unwrap_err();
        assert!(matches!(error, SecretError::VaultDamaged(_) | SecretError::VaultFailed(_)), "{error}");
        assert_eq!(file(home.path()), bad);
    }
    fs::write(home.path().join("keys.vault"), &good).unwrap();
    vault.unlock(pass("correct horse")).await.unwrap();
    assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
}

/// What is kept of damaged files, whatever it is called there.
fn put_aside(home: &Path) -> Vec<Vec<u8>> {
    let Ok(folder) = fs::read_dir(home.join("damaged")) else { return Vec::new() };
    folder.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

#[tokio::test]
async fn out_of_a_damaged_vault_lead_a_copy_and_a_new_one_and_the_damaged_one_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let secrets = with_vault(home.path(), None);
    let vault = secrets.vault().unwrap();
    vault.create(pass("correct horse")).await.unwrap();
    secrets.keep(&id(), HOME, KEY, KeyPlace::Vault).await.unwrap();
    let copy = file(home.path());
    let bad = copy[..copy.len() / 2].to_vec();
    // Nothing takes the place of a whole one, locked or open.
    for _ in 0..2 {
        assert_eq!(vault.restore(copy.clone()).await, Err(SecretError::VaultExists));
        assert_eq!(vault.create(pass("battery staple")).await, Err(SecretError::VaultExists));
        vault.lock();
    }

    fs::write(home.path().join("keys.vault"), &bad).unwrap();
    assert_eq!(vault.state(), VaultState::Damaged);
    for wrong in [bad.clone(), b"not json".to_vec(), vec![b' '; 5 << 20]] {
        let refused = vault.restore(wrong).await.unwrap_err();
        assert!(matches!(refused, SecretError::VaultFailed(_)), "{refused}");
        assert_eq!(vault.create(pass("short")).await, Err(SecretError::WeakPassphrase));
        assert_eq!((file(home.path()), put_aside(home.path())), (bad.clone(), Vec::new()));
    }
    vault.restore(copy.clone()).await.unwrap();
    assert_eq!(vault.state(), VaultState::Locked);
    vault.unlock(pass("correct horse")).await.unwrap();
    assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
    assert_eq!(put_aside(home.path()), std::slice::from_ref(&bad));

    // A second one within the same second is kept beside the first.
    fs::write(home.path().join("keys.vault"), &bad).unwrap();
    vault.create(pass("battery staple")).await.unwrap();
    assert_eq!(vault.state(), VaultState::Open);
    assert_eq!(lend(&secrets).await, Err(SecretError::NoKeychain), "the new one is empty");
    assert_eq!(put_aside(home.path()), [bad.clone(), bad]);
    #[cfg(unix)]
    {
        let mode = fs::metadata(home.path().join("keys.vault")).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    }
    // Where there is none, a copy is welcome too.
    vault.delete().await.unwrap();
    vault.restore(copy).await.unwrap();
    assert_eq!(vault.state(), VaultState::Locked);
}

#[tokio::test]
async fn a_vault_that_cannot_be_read_is_neither_empty_nor_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let keychain = in_memory();
    let secrets = with_vault(home.path(), Some(keychain.clone()));
    secrets.vault().unwrap().create(pass("correct horse")).await.unwrap();
    secrets.keep(&id(), HOME, KEY, KeyPlace::Vault).await.unwrap();
    // An older one, from before there was a vault.
    Secrets::with_keychain([], keychain.clone())
        .keep(&id(), HOME, "older", KeyPlace::Keychain)
        .await
        .unwrap();
    let path = home.path().join("keys.vault");
    let good = file(home.path());
    for cut in [good.len() / 2, 0] {
        fs::write(&path, &good[..cut]).unwrap();
        // Also for whoever had it open.
        for secrets in [&secrets, &with_vault(home.path(), Some(keychain.clone()))] {
            let damaged = |error: SecretError| matches!(error, SecretError::VaultDamaged(_));
            assert!(damaged(lend(secrets).await.unwrap_err()), "the older key was lent");
            assert!(damaged(secrets.remove(&id()).await.unwrap_err()), "it is called removed");
            let instead = secrets.keep(&id(), HOME, "newer", KeyPlace::Keychain).await;
            assert!(damaged(instead.unwrap_err()), "a key was kept that would not be lent");
            let known = secrets.ask_known(&id(), &KeySource::Keychain, None, HOME).await;
            assert_eq!((known.state, known.place), (KeyState::Unknown, Some(KeyPlace::Vault)));
        }
    }
    // A folder stands for what the system does not let us read, whoever runs this.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let secrets = with_vault(home.path(), Some(keychain.clone()));
    assert!(matches!(lend(&secrets).await, Err(SecretError::VaultFailed(_))));
    assert!(matches!(secrets.remove(&id()).await, Err(SecretError::VaultFailed(_))));
    let local = secrets.lend(&id(), &KeySource::Keychain, None, "http://127.0.0.1:11434").await;
    assert!(matches!(local, Ok(None)), "a local server is asked without a key");
    fs::remove_dir(&path).unwrap();
    // The twin: a file that says that it has none, or is not there, lets the keychain speak.
    let other: ProviderId = "other".parse().unwrap();
    assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some("older"));
    fs::write(&path, &good).unwrap();
    assert_eq!(lend(&secrets).await, Err(SecretError::VaultLocked));
    assert!(secrets.is_locked_in_vault(&id()) && !secrets.is_locked_in_vault(&other));
    assert!(matches!(secrets.lend(&other, &KeySource::Keychain, None, HOME).await, Ok(None)));
}

#[tokio::test]
async fn the_key_that_was_entered_last_is_the_one_that_is_lent() {
    let home = tempfile::tempdir().unwrap();
    let secrets = with_vault(home.path(), Some(in_memory()));
    let vault = secrets.vault().unwrap();
    vault.create(pass("correct horse")).await.unwrap();
    for (key, place) in [
        ("in-keychain-1", KeyPlace::Keychain),
        ("in-vault-1", KeyPlace::Vault),
        ("in-session", KeyPlace::Session),
        ("in-vault-2", KeyPlace::Vault),
        ("in-keychain-2", KeyPlace::Keychain),
    ] {
        secrets.keep(&id(), HOME, key, place).await.unwrap();
        assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(key));
        let known = secrets.known(&id(), &KeySource::Keychain, None, HOME);
        assert_eq!((known.state, known.place), (KeyState::Present, Some(place)));
    }
    // A locked vault cannot give its key up, so the keychain does not take one that would not be lent.
    secrets.keep(&id(), HOME, "in-vault-3", KeyPlace::Vault).await.unwrap();
    vault.lock();
    let refused = secrets.keep(&id(), HOME, "in-keychain-3", KeyPlace::Keychain).await;
    assert_eq!(refused, Err(SecretError::VaultLocked));
    vault.unlock(pass("correct horse")).await.unwrap();
    assert!(secrets.remove(&id()).await.unwrap());
    assert_eq!(lend(&secrets).await, Ok(None));
    let outside = secrets.keep(&id(), HOME, KEY, KeyPlace::Environment).await;
    assert!(matches!(outside, Err(SecretError::Unfit(_))));
}

#[tokio::test]
async fn where_keys_can_be_kept_is_known_without_asking_and_asked_on_demand() {
    let home = tempfile::tempdir().unwrap();
    let secrets = with_vault(home.path(), Some(in_memory()));
    assert_eq!(secrets.places().keychain, KeychainState::Unknown);
    assert_eq!(secrets.ask_places().await.keychain, KeychainState::Open);
    let without = with_vault(home.path(), None);
    let places = without.ask_places().await;
    assert_eq!(places.keychain, KeychainState::Absent);
    assert!(places.keychain_advice.unwrap().contains("vault"));
}

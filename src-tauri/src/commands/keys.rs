//! Keys and passphrases. They go in and never come out; what held them is overwritten at once.

use crate::{error::IpcError, handle::Handle};
use domain::{KeyPlace, KeyPlaces, ProviderId};
use tauri::State;
use zeroize::Zeroizing;

/// Where keys can be kept, as far as it is known without asking.
#[tauri::command]
#[specta::specta]
pub async fn key_places(engine: State<'_, Handle>) -> Result<KeyPlaces, IpcError> {
    Ok(engine.ready().await?.key_places())
}

/// Asks the keychain how it is, and says where keys can be kept.
#[tauri::command]
#[specta::specta]
pub async fn ask_keychain(engine: State<'_, Handle>) -> Result<KeyPlaces, IpcError> {
    Ok(engine.ready().await?.ask_keychain().await)
}

/// Keeps a key for the provider's present address; names the environment variable that wins over it.
#[tauri::command]
#[specta::specta]
pub async fn set_key(
    engine: State<'_, Handle>,
    provider: ProviderId,
    key: String,
    place: KeyPlace,
) -> Result<Option<String>, IpcError> {
    let key = Zeroizing::new(key);
    Ok(engine.ready().await?.set_key(&provider, key, place).await?)
}

/// Removes a provider's key from wherever it is kept; whether there was one.
#[tauri::command]
#[specta::specta]
pub async fn remove_key(engine: State<'_, Handle>, provider: ProviderId) -> Result<bool, IpcError> {
    Ok(engine.ready().await?.remove_key(&provider).await?)
}

/// Makes an encrypted vault file and leaves it open.
#[tauri::command]
#[specta::specta]
pub async fn create_vault(engine: State<'_, Handle>, passphrase: String) -> Result<(), IpcError> {
    let passphrase = Zeroizing::new(passphrase);
    Ok(engine.ready().await?.create_vault(passphrase).await?)
}

/// Puts a copy of the vault file, its text, in place of a damaged or missing one.
#[tauri::command]
#[specta::specta]
pub async fn restore_vault(engine: State<'_, Handle>, copy: String) -> Result<(), IpcError> {
    Ok(engine.ready().await?.restore_vault(copy.into_bytes()).await?)
}

/// Opens the vault until the app ends.
#[tauri::command]
#[specta::specta]
pub async fn unlock_vault(engine: State<'_, Handle>, passphrase: String) -> Result<(), IpcError> {
    let passphrase = Zeroizing::new(passphrase);
    Ok(engine.ready().await?.unlock_vault(passphrase).await?)
}

/// Forgets the vault's keys until it is unlocked again.
#[tauri::command]
#[specta::specta]
pub async fn lock_vault(engine: State<'_, Handle>) -> Result<(), IpcError> {
    Ok(engine.ready().await?.lock_vault()?)
}

/// Gives the vault another passphrase.
#[tauri::command]
#[specta::specta]
pub async fn change_vault_passphrase(
    engine: State<'_, Handle>,
    old: String,
    fresh: String,
) -> Result<(), IpcError> {
    let (old, fresh) = (Zeroizing::new(old), Zeroizing::new(fresh));
    Ok(engine.ready().await?.change_vault_passphrase(old, fresh).await?)
}

/// Removes the vault file and all keys in it.
#[tauri::command]
#[specta::specta]
pub async fn delete_vault(engine: State<'_, Handle>) -> Result<(), IpcError> {
    Ok(engine.ready().await?.delete_vault().await?)
}

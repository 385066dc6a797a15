//! Files, pictures and links.

use crate::{error::IpcError, handle::Handle};
use domain::Hash;
use engine::{Attachment, Media};
use tauri::State;

/// Takes a file into the store: base64 of its bytes. Nothing is kept when it is refused.
#[tauri::command]
#[specta::specta]
pub async fn attach(
    engine: State<'_, Handle>,
    name: String,
    media_type: String,
    data: String,
) -> Result<Attachment, IpcError> {
    Ok(engine.ready().await?.attach(&name, &media_type, &data).await?)
}

/// The bytes of an attachment or of a picture that a model made.
#[tauri::command]
#[specta::specta]
pub async fn media(engine: State<'_, Handle>, hash: Hash) -> Result<Media, IpcError> {
    Ok(engine.ready().await?.media(hash).await?)
}

/// Fetches a picture from the web, after the user asked for it.
#[tauri::command]
#[specta::specta]
pub async fn fetch_image(engine: State<'_, Handle>, url: String) -> Result<Media, IpcError> {
    Ok(engine.ready().await?.fetch_image(&url).await?)
}

/// Opens a link in the system's own program: http, https and mailto only.
#[tauri::command]
#[specta::specta]
pub async fn open_link(url: String) -> Result<(), IpcError> {
    let link = engine::openable(&url).map_err(|error| IpcError::bad_input(&error))?;
    // Asking for a program may take a while where none is there.
    let opened = tauri::async_runtime::spawn_blocking(move || open::that_detached(link.as_str())).await;
    match opened {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(IpcError::no_program(&error)),
        Err(error) => Err(IpcError::no_program(&error)),
    }
}

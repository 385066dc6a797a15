//! Files, pictures and links.

use crate::{error::IpcError, handle::Handle};
use domain::Hash;
use engine::{Attachment, Media};
use std::process::{Command, Stdio};
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
    Ok(engine.ready().await?.attach(&name, &media_type, data).await?)
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
pub async fn open_link(engine: State<'_, Handle>, url: String) -> Result<(), IpcError> {
    let link = engine::openable(&url).map_err(|error| IpcError::bad_input(&error))?;
    let named = match engine.now() {
        Some(engine) => engine.config().providers.iter().filter_map(|p| p.key_variable.clone()).collect(),
        None => Vec::new(),
    };
    // Looking for a program may take a while where none is there.
    let opened =
        tauri::async_runtime::spawn_blocking(move || open_with(open::commands(link.as_str()), &named));
    match opened.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(IpcError::no_program(&error)),
        Err(error) => Err(IpcError::no_program(&error)),
    }
}

/// Starts the first of these programs that is there. What it starts in turn is not ours: it gets no key
/// from our environment along, and nothing of ours to write to.
fn open_with(programs: Vec<Command>, named: &[String]) -> std::io::Result<()> {
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    for mut program in programs {
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_none_or(|name| is_secret(name, named)) {
                program.env_remove(name);
            }
        }
        program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match program.spawn() {
            Ok(mut child) => {
                // Waited for, so that it does not stay in the list of processes when it has ended.
                std::thread::spawn(move || child.wait());
                return Ok(());
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Whether a variable of the environment is, or may be, a key: ours by name, those that providers are
/// configured with, and whatever is named like one. `GNOME_KEYRING_CONTROL` is where a service listens.
fn is_secret(name: &str, named: &[String]) -> bool {
    const LIKE: [&str; 6] = ["KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH"];
    const NOT: [&str; 4] = ["GNOME_KEYRING_CONTROL", "SSH_AUTH_SOCK", "XAUTHORITY", "ICEAUTHORITY"];
    let upper = name.to_ascii_uppercase();
    named.iter().any(|one| one == name)
        || upper.starts_with("ORCHESITY_")
        || (!NOT.contains(&upper.as_str()) && LIKE.iter().any(|word| upper.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_no_keys_along() {
        let named = ["MY_OWN_VARIABLE".to_owned()];
        for name in [
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "HF_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "ORCHESITY_VAULT_PASSPHRASE",
            "ORCHESITY_HOME",
            "openai_api_key",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "MY_OWN_VARIABLE",
        ] {
            assert!(is_secret(name, &named), "{name}");
        }
        for name in
            ["PATH", "HOME", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XAUTHORITY", "LANG"]
        {
            assert!(!is_secret(name, &named), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_program_that_opens_a_link_sees_no_key() {
        // Variables of this process cannot be set here; cargo's own stand for them.
        let folder = tempfile::tempdir().unwrap();
        let (told, here) = (folder.path().join("environment"), "CARGO_PKG_NAME".to_owned());
        assert!(std::env::var_os(&here).is_some() && std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let mut dump = Command::new("sh");
        dump.args(["-c", "env > \"$1.part\"; mv \"$1.part\" \"$1\"", "sh"]).arg(&told);
        open_with(vec![Command::new("there-is-no-such-program"), dump], &[here]).unwrap();
        while !told.exists() {
            std::thread::yield_now();
        }
        let told = std::fs::read_to_string(told).unwrap();
        assert!(told.contains("CARGO_MANIFEST_DIR=") && !told.contains("CARGO_PKG_NAME="), "{told}");
    }
}

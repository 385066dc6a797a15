//! The desktop shell: a window, and commands that translate between it and the engine. It decides
//! nothing; every use case is a method of `engine::Engine`.

mod commands;
mod error;
mod gate;
mod handle;
mod preferences;
mod stream;
mod window;

use gate::Gate;
use handle::Handle;
use std::{path::PathBuf, time::Duration};
use tauri::{Manager as _, RunEvent};

/// How long leaving may take before the process ends anyway: a mute keychain must not keep it.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// The commands and types that cross to the web view, for the handler and for the bindings.
#[must_use]
pub fn ipc() -> tauri_specta::Builder<tauri::Wry> {
    tauri_specta::Builder::new()
        .disable_serde_phases()
        .error_handling(tauri_specta::ErrorHandlingMode::Throw)
        .commands(commands::all())
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// When there is no data directory, or no window can be opened.
pub fn run() -> Result<(), Box<dyn std::error::Error>> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ORCHESITY_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let home = home()?;
    std::fs::create_dir_all(&home)?;
    let ipc = ipc();
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_store::Builder::default().build())
        // For dialogs that the shell opens; the page has no permission to open any.
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(ipc.invoke_handler())
        .setup(move |app| {
            // The window opens at once; commands wait for the engine.
            let handle = Handle::new(home.clone());
            let gate = Gate::default();
            gate.follow(handle.clone());
            app.manage(handle);
            app.manage(gate);
            app.manage(stream::Streams::default());
            app.manage(preferences::Preferences::open(app.handle(), &home)?);
            app.manage(window::Latest::default());
            window::open(app.handle())?;
            Ok(())
        })
        .on_window_event(window::on_event)
        .build(tauri::generate_context!("tauri.conf.json"))?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            let handle = app.state::<Handle>().inner().clone();
            let gate = app.state::<Gate>().inner().clone();
            tauri::async_runtime::block_on(async move {
                let leave = async {
                    gate.leave().await;
                    if let Some(engine) = handle.to_leave().await {
                        engine.close().await;
                    }
                };
                // Past the bound, also where the engine is still being opened, the next start mends what is left.
                let _ = tokio::time::timeout(LEAVE_WITHIN, leave).await;
            });
        }
    });
    Ok(())
}

/// `ORCHESITY_HOME`, else the platform's data directory.
fn home() -> Result<PathBuf, String> {
    if let Some(home) = std::env::var_os("ORCHESITY_HOME").filter(|h| !h.is_empty()) {
        return Ok(home.into());
    }
    directories::ProjectDirs::from("dev", "orchesity", "orchesity")
        .map(|dirs| dirs.data_dir().to_owned())
        .ok_or_else(|| "no home directory is known; set ORCHESITY_HOME".to_owned())
}

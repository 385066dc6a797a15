//! A window with one word in it: what the desktop's figures are measured against
//! (`cargo xtask bench start`). Same size and same web view as the app's, and nothing behind it.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
                .title("Empty")
                .inner_size(1280.0, 800.0)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!("src-tauri/examples/empty_window/tauri.conf.json"))
}

//! The one window.

use crate::{handle::Handle, stream::Streams};
use std::time::Duration;
use tauri::{
    AppHandle, Manager as _, Url, WebviewUrl, WebviewWindowBuilder, Window, WindowEvent,
    webview::PageLoadEvent,
};

/// Opens the window. It shows the app's own pages and nothing else, whatever a link says.
pub fn open(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Orchesity")
        .inner_size(1280.0, 800.0)
        .min_inner_size(640.0, 480.0)
        .on_navigation(is_own_page)
        .on_page_load(|window, page| {
            if page.event() == PageLoadEvent::Started {
                window.state::<Streams>().end();
            }
        })
        .build()
        .map(drop)
}

fn is_own_page(url: &Url) -> bool {
    // `tauri://localhost`, on Windows and Android `http(s)://tauri.localhost`.
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
}

/// Answers that are being written go on when the window is closed; the process ends after them.
pub fn on_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let Some(engine) = window.state::<Handle>().now() else { return };
    if engine.status().streaming == 0 {
        return;
    }
    api.prevent_close();
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window could not be hidden");
    }
    let app = window.app_handle().clone();
    tauri::async_runtime::spawn(async move {
        while engine.status().streaming > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        app.exit(0);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_nowhere_but_to_its_own_pages() {
        let own = |url: &str| is_own_page(&Url::parse(url).unwrap());
        assert!(own("tauri://localhost/index.html"));
        for url in [
            "https://example.com/",
            "http://localhost/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:1",
        ] {
            assert!(!own(url), "{url}");
        }
    }
}

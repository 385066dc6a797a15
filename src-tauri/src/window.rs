//! The one window.

mod place;

use crate::{handle::Handle, preferences::Preferences, stream::Streams};
use place::{Area, Place};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tauri::{
    AppHandle, Manager as _, Url, WebviewUrl, WebviewWindowBuilder, Window, WindowEvent,
    webview::{NewWindowResponse, PageLoadEvent},
};

/// Name of the preference that remembers where the window was.
const PREFERENCE: &str = "window";

/// Where the window is, until it is written down.
#[derive(Default)]
pub struct Latest(Mutex<Option<Place>>);

/// Opens the window. It shows the app's own pages and nothing else, whatever a link says.
pub fn open(app: &AppHandle) -> tauri::Result<()> {
    let kept = app.state::<Preferences>().get(PREFERENCE).and_then(|json| serde_json::from_value(json).ok());
    let place = place::fit(kept, &areas(app));
    let mut builder = WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title("Orchesity")
        .inner_size(place.width, place.height)
        .min_inner_size(place::LEAST.0.min(place.width), place::LEAST.1.min(place.height))
        .maximized(place.maximized)
        // Files that are dropped belong to the page, which has them checked like chosen ones.
        .disable_drag_drop_handler()
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, page| match page.event() {
            PageLoadEvent::Started => window.state::<Streams>().end(),
            PageLoadEvent::Finished => window.state::<Handle>().open(),
        });
    if let Some(script) = theme(app.state::<Preferences>().get("theme").as_ref()) {
        builder = builder.initialization_script(script);
    }
    if let Some((x, y)) = place.at {
        builder = builder.position(x, y);
    }
    builder.build().map(drop)
}

/// Lets the first frame have the colours that were chosen, before the page can ask which. Nothing of the
/// preference itself gets into the script.
fn theme(chosen: Option<&serde_json::Value>) -> Option<&'static str> {
    match chosen?.as_str()? {
        "dark" => Some("document.documentElement?.setAttribute('data-theme', 'dark')"),
        "light" => Some("document.documentElement?.setAttribute('data-theme', 'light')"),
        _ => None,
    }
}

/// What can be used of each screen, in logical pixels, the main one first.
fn areas(app: &AppHandle) -> Vec<Area> {
    let main = app.primary_monitor().ok().flatten();
    let all = app.available_monitors().unwrap_or_default();
    main.iter()
        .chain(&all)
        .map(|monitor| {
            let (area, scale) = (monitor.work_area(), monitor.scale_factor());
            let (at, size) = (area.position.to_logical::<f64>(scale), area.size.to_logical::<f64>(scale));
            Area { x: at.x, y: at.y, width: size.width, height: size.height }
        })
        .collect()
}

/// The app's own pages: `tauri://localhost`, on Windows `http(s)://tauri.localhost`.
fn is_own_page(url: &Url) -> bool {
    if cfg!(windows) {
        matches!(url.scheme(), "http" | "https")
            && url.host_str() == Some("tauri.localhost")
            && url.port().is_none()
    } else {
        url.scheme() == "tauri" && url.host_str() == Some("localhost") && url.port().is_none()
    }
}

/// Remembers where the window is. Answers that are being written go on when it is closed; the process
/// ends after them.
pub fn on_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::Resized(_) | WindowEvent::Moved(_) => note(window),
        WindowEvent::CloseRequested { api, .. } => {
            remember(window);
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
        _ => {}
    }
}

fn note(window: &Window) {
    let maximized = window.is_maximized().unwrap_or(false);
    let state = window.state::<Latest>();
    let mut latest = state.0.lock().unwrap_or_else(PoisonError::into_inner);
    if maximized {
        // It comes back to its own size from there.
        latest.get_or_insert_default().maximized = true;
        return;
    }
    let (Ok(scale), Ok(size), Ok(at)) = (window.scale_factor(), window.inner_size(), window.outer_position())
    else {
        return;
    };
    let (size, at) = (size.to_logical::<f64>(scale), at.to_logical::<f64>(scale));
    *latest = Some(Place { width: size.width, height: size.height, at: Some((at.x, at.y)), maximized });
}

fn remember(window: &Window) {
    let latest = window.state::<Latest>().0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(place) = latest else { return };
    let kept = serde_json::to_string(&place).unwrap_or_default();
    if let Err(error) = window.state::<Preferences>().set(PREFERENCE.to_owned(), &kept) {
        tracing::warn!(error = error.message, "where the window is could not be remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_themes_reach_the_page() {
        let script = |value: serde_json::Value| theme(Some(&value));
        assert!(script("dark".into()).unwrap().contains("'dark'"));
        assert!(script("light".into()).unwrap().contains("'light'"));
        for other in
            ["system".into(), "');alert(1)//".into(), serde_json::json!({"a": 1}), serde_json::Value::Null]
        {
            assert_eq!(script(other), None);
        }
        assert_eq!(theme(None), None);
    }

    #[test]
    fn the_window_goes_nowhere_but_to_its_own_pages() {
        let own = |url: &str| is_own_page(&Url::parse(url).unwrap());
        let ours = if cfg!(windows) {
            "http://tauri.localhost/index.html#/c/1"
        } else {
            "tauri://localhost/index.html#/c/1"
        };
        assert!(own(ours));
        let others = [
            "https://example.com/",
            "http://localhost/",
            "http://localhost:5173/",
            "https://tauri.localhost.evil.test/",
            "tauri://evil.test/",
            "tauri://localhost:8080/",
            "tauri://localhost.evil.test/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:1",
            "vbscript:1",
            "blob:tauri://localhost/x",
            "about:blank",
            "about:srcdoc",
            "ipc://localhost/x",
            "asset://localhost/x",
            "chrome://version",
            "view-source:https://example.com",
            "ftp://example.com",
            "sftp://example.com",
            "smb://example.com/x",
            "ssh://example.com",
            "telnet://example.com",
            "gopher://example.com",
            "ldap://example.com",
            "mailto:a@b.test",
            "tel:+1",
            "sms:+1",
            "magnet:?x",
            "steam://x",
            "vscode://x",
            "intent://x",
            "ms-settings:x",
            "search-ms:x",
            "itms-services://x",
            "webcal://x",
            "feed:x",
            "jar:x",
            "ws://example.com",
            "wss://example.com",
            "git://x",
            "irc://x",
            "apt:x",
            "resource://x",
            "moz-extension://x",
        ];
        assert!(others.len() >= 40);
        for url in others {
            assert!(!own(url), "{url}");
        }
        // What only looks like ours elsewhere.
        assert_eq!(own("http://tauri.localhost/"), cfg!(windows));
    }
}

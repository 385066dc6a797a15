//! What the web view may ask for: one line each over the engine.

mod app;
mod conversations;
mod providers;
mod runs;

use tauri::Wry;

/// Every command. The build script lists the same names for the app manifest, and the capability
/// of the main window allows exactly these; a test compares the three.
pub fn all() -> tauri_specta::Commands<Wry> {
    tauri_specta::collect_commands![
        app::engine_status,
        app::load_preferences,
        app::save_preference,
        app::watch_changes,
        conversations::delete_conversation,
        conversations::exchanges,
        conversations::list_conversations,
        conversations::open_conversation,
        conversations::path_page,
        conversations::rename_conversation,
        conversations::restore_conversation,
        providers::list_models,
        providers::list_providers,
        providers::refresh_models,
        providers::remove_session_key,
        providers::set_session_key,
        providers::test_provider,
        runs::attach_run,
        runs::continue_completion,
        runs::retry_completion,
        runs::start_run,
        runs::stop_completion,
        runs::stop_run,
    ]
}

//! What the web view may ask for: one line each over the engine.

mod app;
mod conversations;
mod data;
mod keys;
mod media;
mod moving;
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
        data::back_up,
        data::backups,
        data::check_data,
        data::compact_data,
        data::data_report,
        data::delete_backup,
        data::erase_data,
        data::restore_backup,
        media::attach,
        media::fetch_image,
        media::media,
        media::open_link,
        keys::ask_keychain,
        keys::change_vault_passphrase,
        keys::create_vault,
        keys::delete_vault,
        keys::key_places,
        keys::lock_vault,
        keys::remove_key,
        keys::restore_vault,
        keys::set_key,
        keys::unlock_vault,
        conversations::arrange_columns,
        conversations::completion_details,
        conversations::load_draft,
        conversations::save_draft,
        conversations::set_archived,
        conversations::set_column,
        conversations::set_conversation_system,
        conversations::set_pinned,
        conversations::step_sibling,
        providers::add_provider,
        providers::environment_keys,
        providers::list_models,
        providers::list_providers,
        providers::local_servers,
        providers::presets,
        providers::refresh_models,
        providers::remove_provider,
        providers::set_provider_enabled,
        providers::test_provider,
        providers::update_provider,
        runs::attach_run,
        runs::continue_completion,
        runs::retry_completion,
        runs::start_run,
        runs::stop_completion,
        runs::stop_run,
        runs::estimate,
        runs::ask_again,
        runs::add_targets,
        moving::begin_import,
        moving::add_to_import,
        moving::start_import,
        moving::cancel_import,
        moving::list_imports,
        moving::export_text,
        moving::save_export,
    ]
}

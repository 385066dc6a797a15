//! `config.toml`: no text makes its reader panic, and a file that was good is good after every edit that
//! the settings page makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use providers::{
    Config,
    edit::{NewProvider, add_provider, remove_provider, set_enabled, update_provider},
};
use std::{fs, path::Path, sync::LazyLock};
use tempfile::TempDir;

static HOME: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a folder"));

fn read(home: &Path) -> Config {
    Config::load_with(home, &|_| None).expect("it was good before the edit")
}

fuzz_target!(|text: &str| {
    let Ok(config) = Config::parse(text, &|_| None) else { return };
    let home = HOME.path();
    fs::write(home.join("config.toml"), text).expect("it can be written");
    for id in config.providers.iter().map(|provider| provider.id.clone()) {
        let mut change = NewProvider::new(id.clone());
        change.name = Some("Another \"name\"\n".to_owned());
        change.base_url = Some("https://example.org/v1".to_owned());
        if update_provider(home, &id, &change).is_ok() {
            read(home);
        }
        if set_enabled(home, &id, false).is_ok() {
            let now = read(home);
            assert!(now.provider(id.as_str()).is_none_or(|provider| !provider.enabled));
        }
        if remove_provider(home, &id).is_ok() {
            read(home);
        }
    }
    let fresh = NewProvider::new("openrouter".parse().expect("an id"));
    if add_provider(home, &fresh).is_ok() {
        assert!(read(home).provider("openrouter").is_some());
    }
});

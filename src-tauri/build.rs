//! Tells Tauri which commands exist, so that each needs a permission, and where the capabilities are.

/// The same list as in `src/commands.rs`; a test compares them.
const COMMANDS: &[&str] = &include!("commands.in");

fn main() {
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/*.json")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    println!("cargo::rerun-if-changed=src-tauri/commands.in");
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}

//! `cargo xtask package`: a `.deb`.

use crate::{
    setup,
    step::{Done, Failed, say, step, target},
};
use std::fs;

/// Builds the app as it ships and packs it.
pub fn package() -> Done {
    setup::desktop()?;
    setup::node()?;
    step(["npm", "run", "build"]).within("ui").run()?;
    // Not among the packages of ui/package.json: lock files of packages with a binary for each
    // platform go stale when one of them is missing from a registry, and `npm ci` then refuses all.
    step(["npx", "--yes", "--package", "@tauri-apps/cli@^2.12", "tauri", "build", "--bundles", "deb"])
        .with(["--", "--locked"])
        .run()?;
    let folder = target().join("release/bundle/deb");
    let made = fs::read_dir(&folder).map_err(|error| Failed(format!("{}: {error}", folder.display())))?;
    for file in
        made.filter_map(Result::ok).filter(|file| file.path().extension().is_some_and(|end| end == "deb"))
    {
        say(&format!("made {}", file.path().display()));
    }
    Ok(())
}

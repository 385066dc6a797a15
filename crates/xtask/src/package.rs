//! `cargo xtask package`: a `.deb`.

use crate::{
    setup,
    step::{Done, Failed, root, say, step, target},
};
use std::fs;

/// Builds the app as it ships and packs it.
pub fn package() -> Done {
    setup::desktop()?;
    setup::node()?;
    step(["npm", "run", "build"]).within("ui").run()?;
    let tauri = "ui/node_modules/.bin/tauri";
    if !root().join(tauri).is_file() {
        return Err(Failed("`@tauri-apps/cli` is not among the packages of ui/package.json".to_owned()));
    }
    step([tauri, "build", "--bundles", "deb"]).run()?;
    let folder = target().join("release/bundle/deb");
    let made = fs::read_dir(&folder).map_err(|error| Failed(format!("{}: {error}", folder.display())))?;
    for file in
        made.filter_map(Result::ok).filter(|file| file.path().extension().is_some_and(|end| end == "deb"))
    {
        say(&format!("made {}", file.path().display()));
    }
    Ok(())
}

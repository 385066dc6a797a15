//! Where things are: the checkout, the programs that were built from it, and the shared folder.

use std::path::{Path, PathBuf};

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of built programs that the running test came from.
///
/// # Errors
/// When this program was not started from a cargo target folder.
pub fn built() -> Result<PathBuf, String> {
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = me.parent().ok_or("a program has a folder")?;
    // Tests are in `deps/`, programs beside it.
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_owned())
}

/// A program of this workspace.
///
/// # Errors
/// When it has not been built.
pub fn program(name: &str) -> Result<PathBuf, String> {
    let path = built()?.join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("`{name}` is not built; run `cargo build --workspace --all-targets` first"))
    }
}

/// A folder or file beside the checkout that is not part of it: recordings, the local model.
/// Where it is absent the caller skips, and says so.
#[must_use]
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(name);
    if path.exists() {
        path.canonicalize().ok()
    } else {
        println!("skipped: there is no ../shared/{name} beside this checkout");
        None
    }
}

/// All files below a folder.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

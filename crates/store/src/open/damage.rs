//! A damaged file is kept byte for byte, and the newest good backup takes its place.

use super::{FILE, probe};
use crate::{StoreError, backups};
use std::path::{Path, PathBuf};

/// What was done about a damaged file.
pub(crate) struct Contained {
    /// Where it is kept.
    pub(crate) kept: PathBuf,
    /// What was wrong with it.
    pub(crate) why: String,
    /// The backup that took its place.
    pub(crate) restored: Option<PathBuf>,
}

/// Moves the data file and its companions aside, and puts the newest good backup in their place.
pub(crate) async fn contain(home: &Path, why: &str) -> Result<Contained, StoreError> {
    let kept = set_aside(home, "damaged")?;
    let mut restored = None;
    for backup in backups::list(home)? {
        let path = home.join(backups::FOLDER).join(&backup.name);
        if probe::verify(&path).await.is_ok() {
            backups::put_in_place(&path, &home.join(FILE))?;
            restored = Some(path);
            break;
        }
    }
    Ok(Contained { kept: kept.join(FILE), why: why.to_owned(), restored })
}

/// Moves the data file and its companions into a fresh folder below `folder`.
pub(crate) fn set_aside(home: &Path, folder: &str) -> Result<PathBuf, StoreError> {
    let stamp = backups::stamp();
    let mut kept = home.join(folder).join(&stamp);
    let mut number = 1;
    while kept.exists() {
        number += 1;
        kept = home.join(folder).join(format!("{stamp}-{number}"));
    }
    std::fs::create_dir_all(&kept)?;
    // The log first: should we die in between, a file without its log must not pass for whole.
    for suffix in ["-wal", "-shm", ""] {
        let file = probe::beside(&home.join(FILE), suffix);
        match std::fs::rename(&file, probe::beside(&kept.join(FILE), suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(kept)
}

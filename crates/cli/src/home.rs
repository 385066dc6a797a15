//! Which data directory is meant.

use crate::exit::Trouble;
use std::path::PathBuf;

/// `--home`, else `ORCHESITY_HOME`, else the platform's data directory.
pub fn resolve(option: Option<PathBuf>) -> Result<PathBuf, Trouble> {
    if let Some(home) = option {
        return Ok(home);
    }
    if let Some(home) = std::env::var_os("ORCHESITY_HOME").filter(|h| !h.is_empty()) {
        return Ok(home.into());
    }
    directories::ProjectDirs::from("dev", "orchesity", "orchesity")
        .map(|dirs| dirs.data_dir().to_owned())
        .ok_or_else(|| Trouble::Usage("no home directory is known; name one with `--home DIR`".to_owned()))
}

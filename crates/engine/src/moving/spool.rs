//! A file that the window hands over piece by piece: it knows no paths, so that a page cannot ask for any
//! file it likes.

use crate::EngineError;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime},
};
use tempfile::{NamedTempFile, TempPath};

/// Most bytes of one piece.
pub const MAX_PIECE: usize = 1 << 20;
/// Most bytes of a file.
const MAX_FILE: u64 = 16 << 30;
/// What a process that died has left behind is older than this.
const STALE: Duration = Duration::from_hours(24);

/// A file on its way.
pub(crate) struct Spool {
    file: NamedTempFile,
    bytes: u64,
}

impl Spool {
    pub(crate) fn begin(home: &Path, kib: u32) -> Result<Self, EngineError> {
        if u64::from(kib) << 10 > MAX_FILE {
            return Err(EngineError::BadInput(
                "a file may have at most 16 GiB; use `orch import`".to_owned(),
            ));
        }
        let folder = home.join("imports");
        let made = fs::create_dir_all(&folder).and_then(|()| {
            sweep(&folder);
            NamedTempFile::new_in(&folder)
        });
        Ok(Self { file: made.map_err(store::StoreError::from)?, bytes: 0 })
    }

    pub(crate) fn add(&mut self, data: &str) -> Result<(), EngineError> {
        if data.len() > MAX_PIECE.div_ceil(3) * 4 + 4 {
            return Err(EngineError::BadInput("a piece of a file has at most 1 MiB".to_owned()));
        }
        let bytes = BASE64_STANDARD.decode(data);
        let bytes =
            bytes.map_err(|error| EngineError::BadInput(format!("the piece is no base64: {error}")))?;
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_FILE {
            return Err(EngineError::BadInput(
                "a file may have at most 16 GiB; use `orch import`".to_owned(),
            ));
        }
        Ok(self.file.write_all(&bytes).map_err(store::StoreError::from)?)
    }

    pub(crate) fn kib(&self) -> u32 {
        u32::try_from(self.bytes.div_ceil(1024)).unwrap_or(u32::MAX)
    }

    /// The file goes when what is returned goes.
    pub(crate) fn finish(self) -> Result<TempPath, EngineError> {
        self.file.as_file().sync_all().map_err(store::StoreError::from)?;
        Ok(self.file.into_temp_path())
    }
}

fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let changed = entry.metadata().and_then(|meta| meta.modified());
        if changed.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > STALE)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

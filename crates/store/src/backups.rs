//! Backups: whole copies of one moment, each proved readable before it counts.

use crate::{
    Store, StoreError,
    open::{self, FILE, damage, probe},
    sizes,
};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{ConnectOptions, Connection};
use std::{
    fs::File,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Backups.
#[derive(Clone, Copy)]
pub struct Backups<'a> {
    pub(crate) store: &'a Store,
}

/// Why a backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum BackupKind {
    /// Once a day; seven are kept.
    Daily,
    /// Somebody wanted it. Kept until somebody deletes it.
    Manual,
    /// Before an upgrade; three are kept.
    Upgrade,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct BackupInfo {
    /// Its file name in `backups/`.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its size in KiB.
    pub kib: u32,
    /// Why it was made.
    pub kind: BackupKind,
}

pub(crate) const FOLDER: &str = "backups";
/// Where damaged and replaced data files are kept.
const KEPT: [&str; 2] = ["damaged", "replaced"];
/// A backup that takes the file's place at the next start.
const PENDING: &str = "restore-at-next-start.db";
const DAY: i64 = 24 * 60 * 60 * 1000;
/// What a copy is called until it is proved good.
const UNFINISHED: &str = ".unfinished";
/// After this long nobody is still writing a copy: whoever began it died.
const ABANDONED: Duration = Duration::from_hours(6);

impl BackupKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Manual => "manual",
            Self::Upgrade => "upgrade",
        }
    }

    const fn kept(self) -> usize {
        match self {
            Self::Daily => 7,
            Self::Upgrade => 3,
            Self::Manual => usize::MAX,
        }
    }
}

impl Backups<'_> {
    /// Makes one now, in `backups/` or as the file `to`, and proves it good.
    ///
    /// # Errors
    /// When it cannot be written, or turns out unreadable; then nothing is left of it.
    pub async fn now(&self, to: Option<&Path>) -> Result<PathBuf, StoreError> {
        make(self.store.home(), to, BackupKind::Manual).await
    }

    /// Makes one when the newest is a day old, and drops those beyond the seventh.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn daily(&self, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
        let home = self.store.home();
        let newest = list(home)?.into_iter().filter(|b| b.kind == BackupKind::Daily).map(|b| b.made_at).max();
        // A clock that went back must not put off the next one for ever.
        if newest.is_some_and(|at| (0..DAY).contains(&(now.millis() - at.millis()))) {
            return Ok(None);
        }
        make_at(home, None, BackupKind::Daily, now).await.map(Some)
    }

    /// What there is in `backups/`, newest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<BackupInfo>, StoreError> {
        list(self.store.home())
    }

    /// One of those in the list, by its name there. Other names, and paths, lead nowhere.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn named(&self, name: &str) -> Result<BackupInfo, StoreError> {
        let found = self.list()?.into_iter().find(|backup| backup.name == name);
        found.ok_or_else(|| StoreError::missing("backup", &name))
    }

    /// Where a backup is.
    #[must_use]
    pub fn path(&self, backup: &BackupInfo) -> PathBuf {
        self.store.home().join(FOLDER).join(&backup.name)
    }

    /// Removes one of those in the list.
    ///
    /// # Errors
    /// When there is none of this name, or it cannot be removed.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        remove(&self.path(&self.named(name)?))
    }

    /// Removes all backups, and all damaged and replaced files that were kept.
    ///
    /// # Errors
    /// When one of them cannot be removed.
    pub fn delete_all(&self) -> Result<(), StoreError> {
        let home = self.store.home();
        for folder in KEPT.into_iter().chain([FOLDER]) {
            match std::fs::remove_dir_all(home.join(folder)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        self.forget_restore()
    }

    /// Whether a backup waits for taking the file's place.
    #[must_use]
    pub fn is_restore_pending(&self) -> bool {
        self.store.home().join(PENDING).exists()
    }

    /// Lets no backup take the file's place at the next start.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget_restore(&self) -> Result<(), StoreError> {
        remove(&self.store.home().join(PENDING))?;
        sweep_half_copied(self.store.home())
    }

    /// Lets a backup take the file's place at the next start. What is there now is kept in `replaced/`.
    ///
    /// # Errors
    /// [`StoreError::BadBackup`] when it is none; nothing changes then.
    pub async fn restore(&self, path: &Path) -> Result<(), StoreError> {
        probe::verify(path).await.map_err(|why| StoreError::BadBackup { path: path.to_owned(), why })?;
        let (from, to) = (path.to_owned(), self.store.home().join(PENDING));
        // As large as everything that was ever said: not on a thread that answers stream on.
        let copied = tokio::task::spawn_blocking(move || put_in_place(&from, &to)).await;
        copied.map_err(|error| StoreError::Io(std::io::Error::other(error)))?
    }
}

/// Removes what a crash left of files that were being put in their place: whole copies, of everything.
/// Only for those who are alone, or who erase.
pub(crate) fn sweep_half_copied(home: &Path) -> Result<(), StoreError> {
    for name in [PENDING, FILE] {
        remove(&probe::beside(&home.join(name), UNFINISHED))?;
    }
    Ok(())
}

/// Puts a backup that waits for it in the file's place; says which file it was. Only for those who are
/// alone.
pub(crate) fn take_pending(home: &Path) -> Result<Option<PathBuf>, StoreError> {
    let pending = home.join(PENDING);
    if !pending.exists() {
        return Ok(None);
    }
    // Should we die in between, the pending file is still there and the next start goes on.
    damage::set_aside(home, "replaced")?;
    std::fs::rename(&pending, home.join(FILE))?;
    sync_folder(home);
    Ok(Some(pending))
}

/// Makes a verified copy of the data file.
pub(crate) async fn make(home: &Path, to: Option<&Path>, kind: BackupKind) -> Result<PathBuf, StoreError> {
    make_at(home, to, kind, now()).await
}

async fn make_at(
    home: &Path,
    to: Option<&Path>,
    kind: BackupKind,
    at: Timestamp,
) -> Result<PathBuf, StoreError> {
    let target = match to {
        Some(path) => path.to_owned(),
        None => fresh_name(&home.join(FOLDER), kind, at),
    };
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    sweep(home);
    let unfinished = probe::beside(&target, UNFINISHED);
    remove(&unfinished)?;
    let made = copy(home, &unfinished).await;
    if let Err(error) = made {
        let _ = remove(&unfinished);
        return Err(error);
    }
    std::fs::rename(&unfinished, &target)?;
    if let Some(folder) = target.parent() {
        sync_folder(folder);
    }
    if to.is_none() {
        prune(home, kind)?;
    }
    Ok(target)
}

/// A connection of its own: a long read must not keep those who read little waiting.
async fn copy(home: &Path, to: &Path) -> Result<(), StoreError> {
    let mut connection = open::connect_options(&home.join(FILE)).create_if_missing(false).connect().await?;
    let done =
        sqlx::query("VACUUM INTO ?").bind(to.to_string_lossy().into_owned()).execute(&mut connection).await;
    let _ = connection.close().await;
    done?;
    probe::verify(to).await.map_err(|why| StoreError::BadBackup { path: to.to_owned(), why })?;
    for suffix in ["-wal", "-shm"] {
        remove(&probe::beside(to, suffix))?;
    }
    File::open(to)?.sync_all()?;
    Ok(())
}

/// Copies a good file to where another is expected, whole or not at all.
pub(crate) fn put_in_place(from: &Path, to: &Path) -> Result<(), StoreError> {
    let unfinished = probe::beside(to, UNFINISHED);
    std::fs::copy(from, &unfinished)?;
    File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, to)?;
    if let Some(folder) = to.parent() {
        sync_folder(folder);
    }
    Ok(())
}

/// What there is in `backups/`, newest first.
pub(crate) fn list(home: &Path) -> Result<Vec<BackupInfo>, StoreError> {
    let folder = match std::fs::read_dir(home.join(FOLDER)) {
        Ok(folder) => folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for entry in folder {
        let entry = entry?;
        let path = entry.path();
        if let Some((made_at, kind)) = path.file_name().and_then(|name| read_name(name.to_str()?)) {
            let kib = u32::try_from(entry.metadata()?.len().div_ceil(1024)).unwrap_or(u32::MAX);
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push(BackupInfo { name, made_at, kib, kind });
        }
    }
    found.sort_by(|a, b| (b.made_at, &b.name).cmp(&(a.made_at, &a.name)));
    Ok(found)
}

/// What was kept of damaged and replaced data files: how many, and their bytes.
pub(crate) fn kept(home: &Path) -> (i64, i64) {
    let folders = KEPT.map(|folder| home.join(folder));
    let count = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .map(Iterator::count)
        .sum::<usize>();
    let bytes = folders.iter().map(|folder| sizes::bytes_below(folder)).sum::<u64>();
    (count as i64, bytes as i64)
}

fn prune(home: &Path, kind: BackupKind) -> Result<(), StoreError> {
    for old in list(home)?.into_iter().filter(|backup| backup.kind == kind).skip(kind.kept()) {
        remove(&home.join(FOLDER).join(&old.name))?;
    }
    Ok(())
}

/// Removes copies that were never finished: each would take as much room as the data file, for ever.
fn sweep(home: &Path) {
    let Ok(folder) = std::fs::read_dir(home.join(FOLDER)) else { return };
    for entry in folder.flatten() {
        let name = entry.file_name();
        let ours =
            name.to_str().and_then(|name| name.split_once(UNFINISHED)).and_then(|(name, _)| read_name(name));
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        if ours.is_some() && age.is_some_and(|age| age > ABANDONED) {
            let _ = remove(&entry.path());
        }
    }
}

/// `2026-01-31T23-59-59.999Z-daily.db`: sorts by time, and is a file name everywhere.
fn fresh_name(folder: &Path, kind: BackupKind, at: Timestamp) -> PathBuf {
    let mut at = at;
    loop {
        let path = folder.join(format!("{}-{}.db", at.to_string().replace(':', "-"), kind.word()));
        if !path.exists() {
            return path;
        }
        at = Timestamp::from_millis(at.millis() + 1);
    }
}

fn read_name(name: &str) -> Option<(Timestamp, BackupKind)> {
    let (stamp, kind) = name.strip_suffix(".db")?.rsplit_once('-')?;
    let kind = [BackupKind::Daily, BackupKind::Manual, BackupKind::Upgrade]
        .into_iter()
        .find(|k| k.word() == kind)?;
    let (date, time) = stamp.split_once('T')?;
    let text = format!("\"{date}T{}\"", time.replace('-', ":"));
    Some((serde_json::from_str(&text).ok()?, kind))
}

/// The time, fit for a file name.
pub(crate) fn stamp() -> String {
    now().to_string().replace(':', "-")
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Makes a rename outlive a power cut, where the system can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

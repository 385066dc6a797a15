//! The vault: keys in an encrypted file, for machines whose keychain is missing or not wanted.

mod file;
#[cfg(feature = "fuzz")]
pub mod fuzz;

use crate::{SecretError, SecretKey};
use domain::{ProviderId, VaultState};
use file::{Entries, Kept, MAX_BYTES, VaultFile, VaultKey};
use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};
use zeroize::Zeroizing;

/// The file's name in the data directory.
const FILE: &str = "keys.vault";
/// Where damaged files of the data directory are kept.
const DAMAGED: &str = "damaged";
/// Shortest passphrase, in characters.
const SHORTEST: usize = 8;
/// Longest passphrase, in bytes.
const LONGEST: usize = 1_024;

/// The vault file of a data directory. Clones share what is open.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    path: PathBuf,
    open: Mutex<Option<Open>>,
    /// One try of a passphrase at a time: each costs 64 MiB.
    trying: Arc<tokio::sync::Mutex<()>>,
}

struct Open {
    key: VaultKey,
    entries: Entries,
    stamp: Stamp,
}

/// What tells one writing of the file from the next.
type Stamp = (u64, u64, Option<SystemTime>);

/// What the vault says of one provider.
pub(crate) enum Found {
    /// It has no key for it.
    Nothing,
    /// It has one, but is locked.
    Locked,
    /// It has one.
    Key { origin: String, key: SecretKey },
    /// Its file does not say: it is damaged, or cannot be read now.
    Unreadable(SecretError),
}

impl Vault {
    /// The vault of this data directory. Nothing is read yet.
    pub fn in_home(home: &Path) -> Self {
        let path = home.join(FILE);
        Self(Arc::new(Inner { path, open: Mutex::default(), trying: Arc::default() }))
    }

    /// How it is now; another process may have made, changed or removed it.
    pub fn state(&self) -> VaultState {
        let mut open = self.opened();
        match stamp(&self.0.path) {
            None => {
                *open = None;
                VaultState::Absent
            }
            Some(_) if self.refresh(&mut open) => VaultState::Open,
            Some(_) => match self.read() {
                Err(SecretError::VaultDamaged(_)) => VaultState::Damaged,
                // What cannot be read now says so when it is unlocked.
                Ok(_) | Err(_) => VaultState::Locked,
            },
        }
    }

    /// Makes the file, and leaves it open. A damaged one is put aside first, as it is.
    ///
    /// # Errors
    /// When there is one that is not damaged, the passphrase is too short, or the file cannot be written.
    pub async fn create(&self, passphrase: Zeroizing<String>) -> Result<(), SecretError> {
        fit(&passphrase)?;
        self.alone(move |vault| {
            let _held = vault.hold();
            let damaged = vault.is_free_or_damaged()?;
            let key = VaultKey::new(&passphrase)?;
            if damaged {
                vault.put_aside()?;
            }
            vault.write(key, Entries::new())
        })
        .await
    }

    /// Puts a copy of the file, which somebody kept elsewhere, in its place; a damaged one is put aside
    /// first, as it is. The vault is locked then, and opens with the copy's passphrase.
    ///
    /// # Errors
    /// When there is a file that is not damaged, when the copy is damaged itself, or when it cannot be
    /// written; then all stays as it was.
    pub async fn restore(&self, copy: Vec<u8>) -> Result<(), SecretError> {
        self.alone(move |vault| {
            if copy.len() as u64 > MAX_BYTES {
                return Err(SecretError::VaultFailed("the copy is longer than 4 MiB".to_owned()));
            }
            VaultFile::parse(&copy).map_err(|_| {
                SecretError::VaultFailed("the copy is no vault file, or damaged itself".to_owned())
            })?;
            let _held = vault.hold();
            if vault.is_free_or_damaged()? {
                vault.put_aside()?;
            }
            *vault.opened() = None;
            vault.write_bytes(&copy)
        })
        .await
    }

    /// Opens it until [`Self::lock`] or the end of this process. Each try costs the same 64 MiB and
    /// the time to fill them three times, the right one too.
    ///
    /// # Errors
    /// When there is none, the passphrase is another, or the file is damaged.
    pub async fn unlock(&self, passphrase: Zeroizing<String>) -> Result<(), SecretError> {
        self.alone(move |vault| {
            let opened = vault.try_open(&passphrase)?;
            *vault.opened() = Some(opened);
            Ok(())
        })
        .await
    }

    /// Forgets its keys and what opens it.
    pub fn lock(&self) {
        *self.opened() = None;
    }

    /// Writes it anew under another passphrase, and leaves it open.
    ///
    /// # Errors
    /// As [`Self::create`] and [`Self::unlock`].
    pub async fn change_passphrase(
        &self,
        old: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<(), SecretError> {
        fit(&new)?;
        self.alone(move |vault| {
            let _held = vault.hold();
            let entries = vault.try_open(&old)?.entries;
            let key = VaultKey::new(&new)?;
            vault.write(key, entries)
        })
        .await
    }

    /// Removes the file with all keys in it.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn delete(&self) -> Result<(), SecretError> {
        self.alone(|vault| {
            let _held = vault.hold();
            *vault.opened() = None;
            match fs::remove_file(&vault.0.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&error)),
                Ok(()) | Err(_) => Ok(()),
            }
        })
        .await
    }

    /// Puts a key in, bound to `origin`.
    pub(crate) async fn set(
        &self,
        provider: &ProviderId,
        origin: &str,
        key: SecretKey,
    ) -> Result<(), SecretError> {
        let (provider, origin) = (provider.clone(), origin.to_owned());
        self.change(move |entries| {
            entries.insert(provider, Kept { origin, key });
            true
        })
        .await
        .map(|_| ())
    }

    /// Takes a key out; whether there was one.
    pub(crate) async fn remove(&self, provider: &ProviderId) -> Result<bool, SecretError> {
        match self.find(provider) {
            Found::Nothing => return Ok(false),
            Found::Locked => return Err(SecretError::VaultLocked),
            Found::Unreadable(error) => return Err(error),
            Found::Key { .. } => {}
        }
        let provider = provider.clone();
        self.change(move |entries| entries.remove(&provider).is_some()).await
    }

    /// What it has for a provider.
    pub(crate) fn find(&self, provider: &ProviderId) -> Found {
        let mut open = self.opened();
        if is_gone(&self.0.path) {
            *open = None;
            return Found::Nothing;
        }
        if self.refresh(&mut open)
            && let Some(open) = &*open
        {
            return open.entries.get(provider).map_or(Found::Nothing, |kept| Found::Key {
                origin: kept.origin.clone(),
                key: kept.key.clone(),
            });
        }
        drop(open);
        match self.read() {
            Ok((file, _)) if file.providers().contains(provider) => Found::Locked,
            Ok(_) | Err(SecretError::NoVault) => Found::Nothing,
            // It may have this key: to take it for empty would lend an older one, or call it removed.
            Err(error) => Found::Unreadable(error),
        }
    }

    /// Whether it is open; takes up what another process wrote since. With another passphrase than
    /// before it is locked.
    fn refresh(&self, open: &mut Option<Open>) -> bool {
        let Some(now) = open.as_mut() else { return false };
        if stamp(&self.0.path) == Some(now.stamp) {
            return true;
        }
        match self.read().and_then(|(file, stamp)| Ok((file.open(&now.key)?, stamp))) {
            Ok((entries, stamp)) => {
                (now.entries, now.stamp) = (entries, stamp);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the vault was changed by someone else and is locked again");
                *open = None;
                false
            }
        }
    }

    async fn change(
        &self,
        change: impl FnOnce(&mut Entries) -> bool + Send + 'static,
    ) -> Result<bool, SecretError> {
        self.alone(move |vault| {
            let _held = vault.hold();
            let (key, mut entries) = {
                let mut open = vault.opened();
                match stamp(&vault.0.path) {
                    None => return Err(SecretError::NoVault),
                    Some(_) if vault.refresh(&mut open) => {}
                    Some(_) => return Err(SecretError::VaultLocked),
                }
                open.as_ref().map(|open| (open.key.clone(), open.entries.clone()))
            }
            .ok_or(SecretError::VaultLocked)?;
            if !change(&mut entries) {
                return Ok(false);
            }
            vault.write(key, entries)?;
            Ok(true)
        })
        .await
    }

    /// Runs what blocks on a thread for that, one at a time.
    async fn alone<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<R, SecretError> + Send + 'static,
    ) -> Result<R, SecretError> {
        let turn = self.0.trying.clone().lock_owned().await;
        let vault = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&vault)
        });
        done.await.unwrap_or_else(|_| Err(SecretError::VaultFailed("it broke down".to_owned())))
    }

    fn try_open(&self, passphrase: &str) -> Result<Open, SecretError> {
        if passphrase.len() > LONGEST {
            return Err(SecretError::WrongPassphrase);
        }
        let (file, stamp) = self.read()?;
        let key = file.key(passphrase)?;
        let entries = file.open(&key)?;
        Ok(Open { key, entries, stamp })
    }

    fn read(&self) -> Result<(VaultFile, Stamp), SecretError> {
        if is_gone(&self.0.path) {
            return Err(SecretError::NoVault);
        }
        let stamp = stamp(&self.0.path).ok_or_else(|| failed(&io::ErrorKind::PermissionDenied.into()))?;
        let file = fs::File::open(&self.0.path).map_err(|error| failed(&error))?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(SecretError::VaultDamaged("it is longer than 4 MiB".to_owned()));
        }
        Ok((VaultFile::parse(&bytes)?, stamp))
    }

    /// Whether there is a damaged file in its place; nothing may take the place of a whole one.
    fn is_free_or_damaged(&self) -> Result<bool, SecretError> {
        match self.read() {
            Err(SecretError::NoVault) => Ok(false),
            Err(SecretError::VaultDamaged(_)) => Ok(true),
            Err(error) => Err(error),
            Ok(_) => Err(SecretError::VaultExists),
        }
    }

    /// Moves the file to the folder of damaged ones, under a name that nothing has there yet.
    fn put_aside(&self) -> Result<(), SecretError> {
        let path = &self.0.path;
        let folder = path.with_file_name(DAMAGED);
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut kept = folder.join(format!("{FILE}.{at}"));
        let mut number = 1;
        while !is_gone(&kept) {
            number += 1;
            kept = folder.join(format!("{FILE}.{at}-{number}"));
        }
        fs::create_dir_all(&folder).and_then(|()| fs::rename(path, &kept)).map_err(|error| failed(&error))
    }

    fn write(&self, key: VaultKey, entries: Entries) -> Result<(), SecretError> {
        self.write_bytes(&key.seal(&entries)?)?;
        let stamp = stamp(&self.0.path).ok_or(SecretError::NoVault)?;
        *self.opened() = Some(Open { key, entries, stamp });
        Ok(())
    }

    /// Written beside, brought to the disk, then put in place; readable by this user only.
    fn write_bytes(&self, bytes: &[u8]) -> Result<(), SecretError> {
        let path = &self.0.path;
        let beside = path.with_file_name(format!(".{FILE}.{}.tmp", std::process::id()));
        let written = (|| {
            let _ = fs::remove_file(&beside);
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            drop(file);
            fs::rename(&beside, path)?;
            // The rename itself; some systems do not open folders.
            if let Some(folder) = path.parent().and_then(|folder| fs::File::open(folder).ok()) {
                let _ = folder.sync_all();
            }
            Ok(())
        })();
        if let Err(error) = written {
            let _ = fs::remove_file(&beside);
            return Err(failed(&error));
        }
        Ok(())
    }

    /// Held from reading to writing, where the system can lock a folder, against others who share it.
    fn hold(&self) -> Option<fs::File> {
        let folder = fs::File::open(self.0.path.parent()?).ok()?;
        folder.lock().ok()?;
        Some(folder)
    }

    fn opened(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("path", &self.0.path).finish_non_exhaustive()
    }
}

/// `None` when there is no file. Each writing is a new file of its own time.
fn stamp(path: &Path) -> Option<Stamp> {
    let about = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&about);
    #[cfg(not(unix))]
    let number = 0;
    Some((about.len(), number, about.modified().ok()))
}

/// Whether there is no file. One that cannot be looked at is there.
fn is_gone(path: &Path) -> bool {
    matches!(fs::metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

fn fit(passphrase: &str) -> Result<(), SecretError> {
    if passphrase.chars().count() < SHORTEST {
        return Err(SecretError::WeakPassphrase);
    }
    if passphrase.len() > LONGEST {
        return Err(SecretError::VaultFailed("a passphrase has at most 1,024 bytes".to_owned()));
    }
    Ok(())
}

fn failed(error: &io::Error) -> SecretError {
    SecretError::VaultFailed(error.to_string())
}

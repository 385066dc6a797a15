//! Where the wire lane writes what happens: files that are only appended to, outside the database.
//!
//! What must be known of a call whatever happens next (that it is about to be made, and what was set aside
//! for it) is handed to the system before the call is made; the rest follows within [`BEHIND`]. The weaver
//! reads the files as they grow and deletes them.

use crate::storage::Saved;
use domain::InstanceId;
use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// Within the home.
pub(crate) const FOLDER: &str = "spool";
/// What a file's name ends with.
pub(crate) const ENDING: &str = "spool";
/// How far behind a file may be of what happened.
const BEHIND: Duration = Duration::from_millis(100);
/// How soon a disk that refused is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// A file of this length is followed by another one.
const SEGMENT: u64 = 16 << 20;
/// So much is written without waiting for more.
const ENOUGH: usize = 256 << 10;
/// With so much that the disk does not take, no call is let in any more.
const TOO_MUCH: usize = 64 << 20;

/// The spool of this process.
pub(crate) struct Spool {
    folder: PathBuf,
    instance: InstanceId,
    state: Mutex<State>,
    calls: AtomicU64,
    saved: Saved,
    /// There is something in the buffer.
    filled: Notify,
    /// There is something new in a file.
    grown: Notify,
}

#[derive(Default)]
struct State {
    file: Option<File>,
    /// Which file it is; the first is 1.
    number: u32,
    /// Bytes in it that count.
    written: u64,
    buffer: Vec<u8>,
}

impl Spool {
    /// A spool in this home. Files are made when there is something to write.
    pub(crate) fn new(home: &Path, instance: InstanceId) -> Arc<Self> {
        Arc::new(Self {
            folder: home.join(FOLDER),
            instance,
            state: Mutex::default(),
            calls: AtomicU64::new(1),
            saved: Saved::default(),
            filled: Notify::new(),
            grown: Notify::new(),
        })
    }

    /// A number for a call.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Why what is noted cannot be written, where it cannot.
    pub(crate) fn problem(&self) -> Option<String> {
        self.saved.problem()
    }

    /// Whether there is room for more calls: the disk takes what is written.
    pub(crate) fn has_room(&self) -> bool {
        self.state().buffer.len() < TOO_MUCH
    }

    /// Notes something, to be written soon.
    pub(crate) fn note(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let was_empty = state.buffer.is_empty();
        write(&mut state.buffer);
        if state.buffer.len() >= ENOUGH && self.saved.problem().is_none() {
            self.flush_locked(&mut state);
        } else if was_empty {
            drop(state);
            self.filled.notify_one();
        }
    }

    /// Notes a piece of an answer; left out where the disk has taken nothing for so long that memory would
    /// not either.
    pub(crate) fn note_piece(&self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.has_room() {
            self.note(write);
        }
    }

    /// Notes something, and hands it to the system before this returns.
    pub(crate) fn note_now(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        write(&mut state.buffer);
        self.flush_locked(&mut state);
    }

    /// Hands over what is noted; whether the disk took it.
    pub(crate) fn flush(&self) -> bool {
        let mut state = self.state();
        self.flush_locked(&mut state);
        state.buffer.is_empty()
    }

    /// Writes what is noted, for as long as the process lives.
    pub(crate) async fn keep_writing(self: Arc<Self>) {
        loop {
            self.filled.notified().await;
            tokio::time::sleep(BEHIND).await;
            while !self.flush() {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Waits until a file has grown since this was last asked.
    pub(crate) async fn grown(&self) {
        self.grown.notified().await;
    }

    /// The folder of all spools of this home.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that is being written and how much of it counts; the number is 0 before there is one.
    pub(crate) fn present(&self) -> (u32, u64) {
        let state = self.state();
        (state.number, state.written)
    }

    /// Where a file of this spool is.
    pub(crate) fn path(&self, number: u32) -> PathBuf {
        path(&self.folder, self.instance, number)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flush_locked(&self, state: &mut State) {
        if state.buffer.is_empty() {
            return;
        }
        match self.write(state) {
            Ok(()) => {
                if self.saved.good() {
                    tracing::info!("calls are written down again");
                }
                self.grown.notify_one();
            }
            Err(error) => {
                let text = format!("calls of the gateway cannot be written down: {error}");
                if self.saved.bad(&text) {
                    tracing::error!(%error, "calls of the gateway cannot be written down");
                }
                self.filled.notify_one();
            }
        }
    }

    fn write(&self, state: &mut State) -> io::Result<()> {
        if state.file.is_none() || state.written >= SEGMENT {
            std::fs::create_dir_all(&self.folder)?;
            let number = state.number + 1;
            let file = OpenOptions::new().create_new(true).write(true).open(self.path(number))?;
            (state.file, state.number, state.written) = (Some(file), number, 0);
        }
        let Some(file) = &mut state.file else { return Ok(()) };
        // Half a record would hide those after it: whatever was written of it last time is written over.
        file.seek(SeekFrom::Start(state.written))?;
        if let Err(error) = file.write_all(&state.buffer) {
            let _ = file.set_len(state.written);
            return Err(error);
        }
        state.written += state.buffer.len() as u64;
        state.buffer.clear();
        state.buffer.shrink_to(ENOUGH);
        Ok(())
    }
}

/// Where a file of a spool is.
pub(crate) fn path(folder: &Path, instance: InstanceId, number: u32) -> PathBuf {
    folder.join(format!("{instance}-{number}.{ENDING}"))
}

/// Whose a spool file is, and which of its files.
pub(crate) fn named(path: &Path) -> Option<(InstanceId, u32)> {
    let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?.strip_suffix('.')?;
    let (instance, number) = name.rsplit_once('-')?;
    Some((instance.parse().ok()?, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record;

    fn spool() -> (testkit::Home, Arc<Spool>) {
        let home = testkit::Home::empty().unwrap();
        let instance = InstanceId::from_uuid(uuid::Uuid::now_v7());
        let spool = Spool::new(home.path(), instance);
        (home, spool)
    }

    #[test]
    fn what_must_be_known_is_in_the_file_when_it_is_noted_and_the_rest_with_it() {
        let (_home, spool) = spool();
        assert_eq!(spool.present(), (0, 0));
        spool.note(|out| record::bytes(out, 1, None, b"first"));
        assert_eq!(spool.present(), (0, 0));
        spool.note_now(|out| record::bytes(out, 2, None, b"second"));
        let kept = std::fs::read(spool.path(1)).unwrap();
        assert_eq!(spool.present(), (1, kept.len() as u64));
        let (call, _, taken) = record::read(&kept).unwrap().unwrap();
        assert_eq!(call, 1);
        assert_eq!(record::read(&kept[taken..]).unwrap().unwrap().0, 2);
        assert_eq!(named(&spool.path(1)), Some((spool.instance, 1)));
        assert_eq!(named(Path::new("x/notes.txt")), None);
    }

    #[test]
    fn a_long_file_is_followed_by_another() {
        let (_home, spool) = spool();
        let piece = vec![b'x'; 9 << 20];
        for _ in 0..3 {
            spool.note_now(|out| record::bytes(out, 1, None, &piece));
        }
        assert_eq!(spool.present().0, 2);
        assert!(spool.path(1).exists() && spool.path(2).exists());
    }

    #[test]
    fn what_the_disk_refuses_is_kept_and_written_when_it_takes_it_again() {
        let (home, spool) = spool();
        // A file where the folder should be refuses all writing, for root too.
        std::fs::write(home.path().join(FOLDER), b"in the way").unwrap();
        spool.note_now(|out| record::bytes(out, 1, None, b"kept"));
        assert!(!spool.flush());
        assert!(spool.has_room());
        std::fs::remove_file(home.path().join(FOLDER)).unwrap();
        assert!(spool.flush());
        assert_eq!(record::read(&std::fs::read(spool.path(1)).unwrap()).unwrap().unwrap().0, 1);
    }
}

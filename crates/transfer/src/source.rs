//! The file itself: plain JSON, or a ZIP file of which only what is wanted is unpacked, in memory, and
//! never more than its packed size allows. No name in it ever becomes a path.

use crate::{MAX_ATTACHMENT, ReadError};
use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use zip::ZipArchive;

/// Files in a ZIP file: more than any export has.
const MAX_ENTRIES: usize = 200_000;
/// Bytes in which a ZIP file must have told what is in it.
const MAX_DIRECTORY: u64 = 32 * 1024 * 1024;
/// JSON packs to a tenth or so; a bomb to a thousandth.
const MAX_RATIO: u64 = 100;
/// Small files may be packed better than that.
const SMALL: u64 = 1024 * 1024;
const BUFFER: usize = 256 * 1024;

/// Something that can be read from any place.
pub trait File: Read + Seek + Send {}
impl<T: Read + Seek + Send> File for T {}

/// Opens the file; a ZIP file is opened twice, since its attachments lie beside what refers to them.
pub trait Open {
    /// From its beginning.
    fn open(&self) -> io::Result<Box<dyn File>>;
}

impl<F: Fn() -> io::Result<Box<dyn File>>> Open for F {
    fn open(&self) -> io::Result<Box<dyn File>> {
        self()
    }
}

/// How far reading is, and the wish to stop it; shared with whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of the file that were read.
    pub read: AtomicU64,
    /// Set by whoever wants no more.
    pub stop: AtomicBool,
}

struct Counted {
    file: Box<dyn File>,
    progress: Arc<Progress>,
    /// Bytes that may still be read, while a directory is looked for.
    room: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other(ReadError::Stopped));
        }
        let read = self.file.read(buffer)?;
        self.progress.read.fetch_add(read as u64, Ordering::Relaxed);
        let room = self.room.load(Ordering::Relaxed);
        if room != u64::MAX {
            let left = room.checked_sub(read as u64).ok_or_else(|| io::Error::other(no_directory()))?;
            self.room.store(left, Ordering::Relaxed);
        }
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

type Archive = ZipArchive<BufReader<Counted>>;

/// A file that was opened.
pub struct Source {
    kind: Kind,
}

enum Kind {
    Plain(Option<BufReader<Counted>>),
    Zip { texts: Box<Archive>, files: Box<Files> },
}

/// What lies in a ZIP file beside the conversations.
pub(crate) struct Files {
    archive: Archive,
    /// Entries by the last part of their name.
    by_name: BTreeMap<String, usize>,
}

impl Source {
    /// Looks at what it is.
    ///
    /// # Errors
    /// When it cannot be opened, or is a ZIP file that looks harmful.
    pub fn open(file: &dyn Open, progress: &Arc<Progress>) -> Result<Self, ReadError> {
        let room = Arc::new(AtomicU64::new(u64::MAX));
        let counted = |file| Counted { file, progress: Arc::clone(progress), room: Arc::clone(&room) };
        let mut reader = BufReader::with_capacity(BUFFER, counted(file.open()?));
        if !reader.fill_buf()?.starts_with(b"PK\x03\x04") {
            return Ok(Self { kind: Kind::Plain(Some(reader)) });
        }
        let size = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        // Each entry takes room in memory, before anybody can ask how many there are.
        room.store(MAX_DIRECTORY, Ordering::Relaxed);
        let texts = ZipArchive::new(reader)?;
        if texts.len() > MAX_ENTRIES {
            return Err(ReadError::Hostile(format!("it has more than {MAX_ENTRIES} files")));
        }
        room.store(MAX_DIRECTORY, Ordering::Relaxed);
        let archive = ZipArchive::new(BufReader::with_capacity(BUFFER, counted(file.open()?)))?;
        room.store(u64::MAX, Ordering::Relaxed);
        let files = Files::of(archive, size)?;
        Ok(Self { kind: Kind::Zip { texts: Box::new(texts), files: Box::new(files) } })
    }

    /// Whether it is a ZIP file.
    pub(crate) const fn is_zip(&self) -> bool {
        matches!(self.kind, Kind::Zip { .. })
    }

    /// Hands each JSON text in it to `each`, by name, with the files beside it. `each` says whether it goes on.
    pub(crate) fn each_text(
        &mut self,
        mut each: impl FnMut(&mut dyn BufRead, Option<&mut Files>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        match &mut self.kind {
            Kind::Plain(reader) => match reader.take() {
                Some(mut reader) => each(&mut reader, None),
                None => Ok(()),
            },
            Kind::Zip { texts, files } => {
                let mut names: Vec<(String, usize)> = (0..texts.len())
                    .filter_map(|at| texts.name_for_index(at).map(|name| (name.to_owned(), at)))
                    .filter(|(name, _)| name.to_ascii_lowercase().ends_with(".json"))
                    .collect();
                names.sort_unstable();
                for (_, at) in names {
                    let entry = texts.by_index(at)?;
                    let room = limit(entry.compressed_size());
                    let mut reader = BufReader::with_capacity(BUFFER, Bounded { reader: entry, room });
                    each(&mut reader, Some(files))?;
                }
                Ok(())
            }
        }
    }
}

/// What an entry of this packed size may unpack to.
const fn limit(packed: u64) -> u64 {
    packed.saturating_mul(MAX_RATIO).saturating_add(SMALL)
}

/// An entry that is cut where it turns out to be a bomb, whatever it said of itself.
struct Bounded<R> {
    reader: R,
    room: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.room = self.room.checked_sub(read as u64).ok_or_else(|| io::Error::other(bomb()))?;
        Ok(read)
    }
}

fn no_directory() -> ReadError {
    ReadError::Zip("its list of files is missing, or longer than that of any export".to_owned())
}

fn bomb() -> ReadError {
    ReadError::Hostile("it unpacks to far more than an export would (a ZIP bomb)".to_owned())
}

impl Files {
    fn of(mut archive: Archive, size: u64) -> Result<Self, ReadError> {
        let (mut by_name, mut all) = (BTreeMap::new(), 0_u64);
        for at in 0..archive.len() {
            let entry = archive.by_index_raw(at)?;
            let name = entry.name();
            let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            if entry.enclosed_name().is_none() || name.contains('\\') || name.starts_with('/') || climbs(name)
            {
                return Err(ReadError::Hostile(format!("`{shown}` in it points outside of it")));
            }
            if entry.encrypted() {
                return Err(ReadError::Zip(format!("`{shown}` in it is encrypted")));
            }
            if entry.size() > limit(entry.compressed_size()) {
                return Err(bomb());
            }
            all = all.saturating_add(entry.size());
            if let Some(last) = name.rsplit('/').next().filter(|last| !last.is_empty()) {
                by_name.insert(last.to_owned(), at);
            }
        }
        // Entries may share their packed bytes; together they are bound too.
        if all > limit(size) {
            return Err(bomb());
        }
        Ok(Self { archive, by_name })
    }

    /// The file that an id belongs to: by its name, or one whose name begins with the id.
    pub(crate) fn find(&mut self, id: &str) -> Result<Option<(String, Vec<u8>)>, ReadError> {
        let begins = |mark| {
            let with = format!("{id}{mark}");
            self.by_name.range(with.clone()..).next().filter(|(name, _)| name.starts_with(&with))
        };
        let found = self.by_name.get_key_value(id).or_else(|| ['-', '.', '_'].into_iter().find_map(begins));
        let Some((name, at)) = found.map(|(name, at)| (name.clone(), *at)) else { return Ok(None) };
        let entry = self.archive.by_index(at)?;
        if entry.size() > MAX_ATTACHMENT {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        entry.take(MAX_ATTACHMENT + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= MAX_ATTACHMENT).then_some((name, bytes)))
    }
}

fn climbs(name: &str) -> bool {
    name.split('/').any(|part| part == ".." || part.ends_with(':'))
}

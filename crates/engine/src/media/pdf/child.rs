//! The process that reads one PDF: bytes in, what it says out. It ends as soon as it needs more memory
//! or time than a PDF is worth, and whatever ends it, ends nothing else.

use super::{MAX_PDF, MOST_TEXT, READ_PDF, Read};
use pdf_extract::{Document, PlainTextOutput, output_doc_page};
use std::{
    fmt::Write as _,
    io::{self, Read as _, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::{Duration, Instant},
};

/// How long pages are read; then what was read is told.
const READ_FOR: Duration = Duration::from_secs(15);
/// The reader recurses as deep as forms are nested.
const STACK: usize = 16 * 1024 * 1024;

/// Reads one PDF from standard input if this process was started for nothing else, and says with what
/// it is to end. Every program that sets [`crate::EngineOptions::pdf_reader`] to itself asks this first,
/// before it opens anything.
#[must_use]
pub fn pdf_reader() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != READ_PDF || arguments.next().is_some() {
        return None;
    }
    Some(if answer().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn answer() -> io::Result<()> {
    secrets::leave_no_dumps();
    #[cfg(unix)]
    limits::set()?;
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_PDF).read_to_end(&mut bytes)?;
    let thread = std::thread::Builder::new().name("pdf".to_owned()).stack_size(STACK);
    let work = move || read(&bytes, Instant::now() + READ_FOR, MOST_TEXT);
    let read = thread.spawn(work)?.join().map_err(|_| io::Error::other("a fault of the reader"))?;
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &read)?;
    out.flush()
}

#[cfg(unix)]
mod limits {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use std::io;

    /// What a PDF may need beside the program itself.
    const MEMORY: u64 = 1024 * 1024 * 1024;
    /// Of one processor.
    const SECONDS: u64 = 20;

    /// Bounds this process. Only Linux keeps to all of it; elsewhere some of these are not to be had.
    pub(super) fn set() -> io::Result<()> {
        let limits = [(Resource::As, held() + MEMORY), (Resource::Cpu, SECONDS), (Resource::Fsize, 0)];
        for (resource, most) in limits {
            let most = getrlimit(resource).maximum.map_or(most, |now| now.min(most));
            let set = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
            if cfg!(target_os = "linux") {
                set?;
            }
        }
        Ok(())
    }

    /// Bytes of addresses that the program itself has taken: a window's libraries reserve a lot.
    fn held() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kib.unwrap_or_default() * 1024
    }
}

fn read(bytes: &[u8], until: Instant, most: usize) -> Read {
    let only = |warning: String| Read { warning: Some(warning), ..Read::default() };
    let mut document = match Document::load_mem(bytes) {
        Ok(document) => document,
        Err(error) => return only(format!("its text could not be read ({error})")),
    };
    // An empty password opens those that only forbid printing.
    if document.is_encrypted() && document.decrypt("").is_err() {
        return only(
            "it is protected by a password, so its text cannot be read; most providers refuse such files"
                .to_owned(),
        );
    }
    let pages = document.get_pages();
    let (mut text, mut unread) = (Bounded { most, bytes: Vec::new(), is_full: false }, Vec::new());
    let mut late = false;
    for number in pages.keys().copied() {
        late = Instant::now() > until;
        if late || text.is_full {
            break;
        }
        let before = text.bytes.len();
        let page = catch_unwind(AssertUnwindSafe(|| {
            let writer: &mut dyn io::Write = &mut text;
            output_doc_page(&document, &mut PlainTextOutput::new(writer), number)
        }));
        if !matches!(page, Ok(Ok(()))) && !text.is_full {
            text.bytes.truncate(before);
            unread.push(number);
        }
        text.bytes.extend_from_slice(b"\n\n");
    }
    let said = tidy(&String::from_utf8_lossy(&text.bytes));
    let pages = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let warning = if said.is_empty() {
        Some(
            "there is no text in it; it may be scanned. Models that read pictures can still take it"
                .to_owned(),
        )
    } else if text.is_full {
        Some(format!("its text is longer than {} MB and was cut there", most >> 20))
    } else if late {
        Some("reading it took too long; the text of its last pages is missing".to_owned())
    } else if unread.is_empty() {
        None
    } else {
        Some(unread_pages(&unread))
    };
    Read { text: (!said.is_empty()).then_some(said), pages: Some(pages), warning }
}

fn unread_pages(unread: &[u32]) -> String {
    let mut text = String::from(if unread.len() == 1 { "page " } else { "pages " });
    for (at, number) in unread.iter().take(5).enumerate() {
        let _ = write!(text, "{}{number}", if at == 0 { "" } else { ", " });
    }
    if unread.len() > 5 {
        let _ = write!(text, " and {} more", unread.len() - 5);
    }
    text.push_str(" could not be read");
    text
}

/// Lines without blanks at their ends, and no more than one empty line in a row.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && empty {
            continue;
        }
        empty = line.is_empty();
        tidy.extend(line.chars().filter(|c| !c.is_control() || *c == '\t'));
        tidy.push('\n');
    }
    tidy.trim_end().to_owned()
}

/// Text that grows up to a limit.
struct Bounded {
    most: usize,
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.most {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

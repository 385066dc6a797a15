//! The text in a PDF. Readers of PDFs meet files that were made to break them, so each is read on a
//! thread of its own, one at a time, and neither a fault, nor a loop, nor a flood of text in one harms
//! more than its own text.

use pdf_extract::{Document, PlainTextOutput, output_doc_page};
use std::{
    fmt::Write as _,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, oneshot};

/// How long a PDF is read.
const READ_FOR: Duration = Duration::from_secs(20);
/// Most bytes of text that are taken from one.
const MOST_TEXT: usize = 4 * 1024 * 1024;
/// The reader recurses as deep as forms are nested.
const STACK: usize = 16 * 1024 * 1024;

/// What a PDF says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    /// Its text; `None` where it has none.
    pub(crate) text: Option<String>,
    /// Its pages, if that much could be read.
    pub(crate) pages: Option<u32>,
    /// What the user should know.
    pub(crate) warning: Option<String>,
}

/// Reads PDFs, one at a time.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    one: Arc<Semaphore>,
    within: Duration,
}

impl Default for Reader {
    fn default() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), within: READ_FOR }
    }
}

impl Reader {
    /// Takes the text out of a PDF.
    pub(crate) async fn read(&self, bytes: Vec<u8>) -> Read {
        self.run(move |until| read(&bytes, until, MOST_TEXT)).await
    }

    async fn run(&self, work: impl FnOnce(Instant) -> Read + Send + 'static) -> Read {
        let only = |warning: &str| Read { warning: Some(warning.to_owned()), ..Read::default() };
        // One that never ends keeps its place: the next ones are sent without text.
        let waited = tokio::time::timeout(self.within, self.one.clone().acquire_owned()).await;
        let Ok(Ok(place)) = waited else {
            return only("another PDF is still being read; attach this one again later to get its text");
        };
        let until = Instant::now() + self.within;
        let (done, result) = oneshot::channel();
        let thread = std::thread::Builder::new().name("pdf".to_owned()).stack_size(STACK);
        let begun = thread.spawn(move || {
            let read = catch_unwind(AssertUnwindSafe(|| work(until)));
            drop(place);
            // Whoever asked may have given up.
            let _ = done.send(read.ok());
        });
        if let Err(error) = begun {
            tracing::warn!(%error, "no thread for reading a PDF");
            return only("its text could not be read now; attach it again");
        }
        // A page is not interrupted in its middle, so the thread may live a little longer than we wait.
        match tokio::time::timeout(self.within + Duration::from_secs(1), result).await {
            Ok(Ok(Some(read))) => read,
            Ok(_) => only("it is damaged in a way that its text cannot be read"),
            Err(_) => only("reading its text took too long; it is sent without"),
        }
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

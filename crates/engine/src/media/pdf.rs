//! The text in a PDF. Readers of PDFs meet files that were made to break them, and some of these end
//! the program that reads them, or take all of its memory. So each is read by a process of its own,
//! which knows no keys, and of which nothing is left when its time is over.

mod child;

pub use child::pdf_reader;

use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
    sync::Semaphore,
};

/// What a program is started with to be [`pdf_reader`].
const READ_PDF: &str = "--read-pdf-from-stdin";
/// How long a PDF may take in all.
const WITHIN: Duration = Duration::from_secs(20);
/// How many are read at a time.
const AT_ONCE: usize = 2;
/// Most bytes of a PDF that are read: more than can be attached.
const MAX_PDF: u64 = 64 * 1024 * 1024;
/// Most bytes of text that are taken from one.
const MOST_TEXT: usize = 4 * 1024 * 1024;
/// Most bytes that are taken from the process that reads: a text in JSON, were it all escapes.
const MOST_SAID: u64 = 6 * MOST_TEXT as u64 + 4096;
/// What the loader of programs needs to find libraries. Nothing else of the environment goes along:
/// there are keys in it.
const KEPT: [&str; 2] = ["LD_LIBRARY_PATH", "SystemRoot"];

/// What a PDF says.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Read {
    /// Its text; `None` where it has none.
    pub(crate) text: Option<String>,
    /// Its pages, if that much could be read.
    pub(crate) pages: Option<u32>,
    /// What the user should know.
    pub(crate) warning: Option<String>,
}

/// Has PDFs read, a few at a time.
#[derive(Debug)]
pub(crate) struct Reader {
    program: Option<PathBuf>,
    arguments: Vec<OsString>,
    places: Semaphore,
    within: Duration,
}

impl Reader {
    /// By this program, which begins with [`pdf_reader`]. Without one, PDFs are taken without text.
    pub(crate) fn by(program: Option<PathBuf>) -> Self {
        let arguments = vec![READ_PDF.into()];
        Self { program, arguments, places: Semaphore::new(AT_ONCE), within: WITHIN }
    }

    /// Takes the text out of a PDF.
    pub(crate) async fn read(&self, bytes: &[u8]) -> Read {
        let Some(program) = &self.program else {
            return without("its text cannot be read here");
        };
        // Nobody holds a place for longer than a PDF may take.
        let _place = self.places.acquire().await;
        match tokio::time::timeout(self.within, self.ask(program, bytes)).await {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a PDF was not read");
                without("its text could not be read")
            }
            Err(_) => without("reading its text took too long"),
        }
    }

    /// The process ends with this: a future that is dropped kills it.
    async fn ask(&self, program: &Path, bytes: &[u8]) -> io::Result<Read> {
        let mut command = Command::new(program);
        command.args(&self.arguments).env_clear().kill_on_drop(true);
        command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (Some(mut into), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        let mut said = Vec::new();
        let mut out = out.take(MOST_SAID);
        let give = async move {
            // One that ended early says so itself, by how it ended.
            let _ = into.write_all(bytes).await;
            drop(into);
            std::future::pending().await
        };
        let said_all = tokio::select! {
            all = out.read_to_end(&mut said) => all,
            never = give => never,
        };
        said_all?;
        // Whoever has more to say would wait for ever.
        drop(out);
        let status = child.wait().await?;
        if !status.success() {
            return Err(io::Error::other(format!("its reader ended with {status}")));
        }
        Ok(serde_json::from_slice(&said)?)
    }
}

fn without(why: &str) -> Read {
    let warning = format!("{why}; the PDF itself can still be sent to models that take PDFs");
    Read { warning: Some(warning), ..Read::default() }
}

#[cfg(test)]
mod tests;

//! Exports: one conversation in memory at a time, and a file that is there whole or not at all.

use crate::{Engine, EngineError, engine::now, media::aside};
use domain::{ExportFormat, ExportRequest, ExportScope, Exported, Hash, MessageId, Portable, PortableFolder};
use std::{
    collections::HashMap,
    io::{self, BufWriter, Write},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use store::{Store, StoreError};
use transfer::{Exporter, Html};
use uuid::Uuid;

/// Most bytes of an export that is copied.
const MAX_TEXT: u64 = 16 << 20;

type Out = Box<dyn Write + Send>;

impl Engine {
    /// Conversations as text, for copying.
    ///
    /// # Errors
    /// When one of them is not there, or it is more than fits a clipboard.
    pub async fn export_text(&self, request: &ExportRequest) -> Result<String, EngineError> {
        let text = Shared::default();
        self.export(request, Box::new(text.clone())).await?;
        let bytes = std::mem::take(&mut *text.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8(bytes).map_err(|error| EngineError::Broken(error.to_string()))
    }

    /// Conversations as a file: in place of what was there, and only when it is whole.
    ///
    /// # Errors
    /// When one of them is not there, or the file cannot be written.
    pub async fn export_file(&self, request: &ExportRequest, path: &Path) -> Result<Exported, EngineError> {
        let cannot = |error: io::Error| {
            EngineError::BadInput(format!("`{}` cannot be written: {error}", path.display()))
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        // What is exported is for whoever asked for it, as any file that they make.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let file = builder.prefix(".orchesity-").tempfile_in(folder).map_err(cannot)?;
        let out = file.reopen().map_err(cannot)?;
        let mut exported = self.export(request, Box::new(BufWriter::new(out))).await?;
        file.as_file().sync_all().map_err(cannot)?;
        file.persist(path).map_err(|error| cannot(error.error))?;
        exported.path = path.display().to_string();
        Ok(exported)
    }

    /// A name for the file of an export: the conversation's title, as a file may be called.
    ///
    /// # Errors
    /// When the conversation is not there.
    pub async fn export_name(&self, request: &ExportRequest) -> Result<String, EngineError> {
        let title = match request.conversations.as_slice() {
            [one] => {
                let found = self.0.store.conversations().get(*one).await?;
                found.ok_or_else(|| crate::conversations::missing(*one))?.title
            }
            _ => "conversations".to_owned(),
        };
        let plain = |c: char| if c.is_alphanumeric() || " -_".contains(c) { c } else { ' ' };
        let name: String = title.chars().map(plain).take(80).collect();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() { "conversation" } else { name.as_str() };
        Ok(format!("{name}.{}", request.format.ending()))
    }

    /// Conversations, written to where somebody wants them.
    ///
    /// # Errors
    /// When one of them is not there, or it cannot be written.
    pub async fn export(&self, request: &ExportRequest, out: Out) -> Result<Exported, EngineError> {
        let store = self.0.store.clone();
        let ids = if request.conversations.is_empty() {
            store.moving().ids().await?
        } else {
            request.conversations.clone()
        };
        if matches!(request.scope, ExportScope::Branch { .. }) && ids.len() != 1 {
            return Err(EngineError::BadInput(
                "a branch is one of a single conversation; name that one".to_owned(),
            ));
        }
        let bytes = Arc::new(AtomicU64::new(0));
        let out: Out = Box::new(Counted { out, bytes: Arc::clone(&bytes) });
        let all = request.conversations.is_empty();
        let mut page = Page::begin(request.format, out, &store, all).await?;
        let (mut conversations, mut messages) = (0, 0);
        for id in ids {
            let Some(whole) = store.moving().give(id).await? else {
                // One that is deleted while all are exported is not missed.
                if all {
                    continue;
                }
                return Err(crate::conversations::missing(id));
            };
            let tip = tip(&whole, request.scope)?;
            let written;
            (page, written) = page.add(whole, tip, &store).await?;
            conversations += 1;
            messages += written;
        }
        page.finish().await?;
        let kib = u32::try_from(bytes.load(Ordering::Relaxed).div_ceil(1024)).unwrap_or(u32::MAX);
        Ok(Exported { path: String::new(), kib, conversations, messages })
    }
}

/// Where a path ends; `None` is the whole tree.
fn tip(whole: &Portable, scope: ExportScope) -> Result<Option<MessageId>, EngineError> {
    let branch = match scope {
        ExportScope::Tree => return Ok(None),
        ExportScope::Active => match whole.head {
            Some(head) => head,
            None => return Ok(None),
        },
        ExportScope::Branch { branch } => branch,
    };
    let found = whole.branches.iter().find(|one| one.id == branch);
    let found = found.ok_or_else(|| EngineError::NotFound { what: "branch", id: branch.to_string() })?;
    Ok(found.tip)
}

/// Folders that were not written yet, by their ids.
type Folders = HashMap<Uuid, PortableFolder>;

/// What is being written.
enum Page {
    Json(Box<Exporter<Out>>, Folders),
    Markdown(Out, bool),
    Html(Option<Html<Out>>, Option<Out>),
}

impl Page {
    async fn begin(format: ExportFormat, out: Out, store: &Store, all: bool) -> Result<Self, EngineError> {
        Ok(match format {
            ExportFormat::Json => {
                let mut exporter = Exporter::begin(out, now()).map_err(failed)?;
                let mut folders = store.moving().folders().await?;
                // Of single conversations, only the folders that they lie in go along.
                if all {
                    for folder in folders.drain(..) {
                        exporter.folder(&folder).map_err(failed)?;
                    }
                }
                Self::Json(
                    Box::new(exporter),
                    folders.into_iter().map(|folder| (folder.id, folder)).collect(),
                )
            }
            ExportFormat::Markdown => Self::Markdown(out, true),
            ExportFormat::Html => Self::Html(None, Some(out)),
        })
    }

    async fn add(
        self,
        whole: Portable,
        tip: Option<MessageId>,
        store: &Store,
    ) -> Result<(Self, u32), EngineError> {
        match self {
            Self::Json(mut exporter, mut folders) => {
                let mut above = Vec::new();
                let mut next = whole.folder;
                while let Some(folder) = next.and_then(|id| folders.remove(&id)) {
                    next = folder.parent;
                    above.push(folder);
                }
                for folder in above.iter().rev() {
                    exporter.folder(folder).map_err(failed)?;
                }
                for (hash, media_type) in store.moving().blobs_of(whole.id).await? {
                    if exporter.wants(hash)
                        && let Some(bytes) = store.blobs().get(hash).await?
                    {
                        exporter = aside(move || exporter.blob(hash, &media_type, &bytes).map(|()| exporter))
                            .await?
                            .map_err(failed)?;
                    }
                }
                let count = u32::try_from(whole.messages.len()).unwrap_or(u32::MAX);
                let done = aside(move || exporter.conversation(&whole).map(|()| exporter)).await?;
                Ok((Self::Json(done.map_err(failed)?, folders), count))
            }
            Self::Markdown(mut out, first) => {
                let done = aside(move || {
                    if !first {
                        writeln!(out, "---\n")?;
                    }
                    transfer::markdown(&mut out, &whole, tip).map(|count| (Self::Markdown(out, false), count))
                });
                done.await?.map_err(failed)
            }
            Self::Html(page, out) => {
                let store = store.clone();
                let runtime = tokio::runtime::Handle::current();
                let done = aside(move || {
                    let mut page = match (page, out) {
                        (Some(page), _) => page,
                        (None, Some(out)) => Html::begin(out, &whole.title)?,
                        (None, None) => return Err(io::Error::other("there is nowhere to write to")),
                    };
                    let mut bytes = |hash: Hash| runtime.block_on(store.blobs().get(hash)).ok().flatten();
                    let count = page.conversation(&whole, tip, &mut bytes)?;
                    Ok((Self::Html(Some(page), None), count))
                });
                done.await?.map_err(failed)
            }
        }
    }

    async fn finish(self) -> Result<(), EngineError> {
        let done = aside(move || match self {
            Self::Json(exporter, _) => exporter.finish().map(drop),
            Self::Markdown(mut out, _) => out.flush(),
            Self::Html(Some(page), _) => page.finish().map(drop),
            Self::Html(None, Some(out)) => Html::begin(out, "Orchesity")?.finish().map(drop),
            Self::Html(None, None) => Ok(()),
        });
        done.await?.map_err(failed)
    }
}

fn failed(error: io::Error) -> EngineError {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return EngineError::BadInput("this is too much to copy; save it to a file".to_owned());
    }
    StoreError::from(error).into()
}

struct Counted {
    out: Out,
    bytes: Arc<AtomicU64>,
}

impl Write for Counted {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.out.write(buffer)?;
        self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Text in memory, as much as can be copied.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if (text.len() + buffer.len()) as u64 > MAX_TEXT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        text.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

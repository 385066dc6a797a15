//! A file from its beginning to its end: what each piece of it is, and what becomes of it.

use crate::{
    MAX_CONVERSATION, MAX_OWN, ReadError, Source, chatgpt, claude, deepseek,
    json::{self, Members},
    libre_chat, open_webui, own,
    scan::{Elements, Next},
    source::Files,
    tree::{self, Built, Foreign, shown},
};
use domain::{Hash, ImportFormat, Portable, PortableFolder, Timestamp};
use serde_json::{Value, value::RawValue};
use std::{collections::HashMap, io::BufRead};
use uuid::Uuid;

/// Pieces at the beginning of a text that are remembered until it is known what it is.
const MAX_ODD: usize = 256;

/// Most folders, and most within one another: what can be made by hand.
const MAX_FOLDERS: usize = 10_000;
const MAX_FOLDER_DEPTH: usize = 32;

/// Whoever draws fresh ids.
pub(crate) type Ids<'a> = dyn FnMut() -> Uuid + 'a;

/// What was found.
#[derive(Debug)]
pub enum Item {
    /// Whose file it is.
    Format(ImportFormat),
    /// A folder; those it lies in come before it.
    Folder(PortableFolder),
    /// Bytes that the next conversations refer to.
    Blob {
        /// Hash of the bytes.
        hash: Hash,
        /// What they are said to be.
        media_type: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A conversation, whole and checked.
    Conversation(Box<Portable>),
    /// A conversation that was not taken.
    Skipped {
        /// It cannot be read, or is not believed; else there is nothing in it.
        refused: bool,
    },
    /// Something that was refused or left out.
    Warning(String),
}

/// Whoever takes what was found wants no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// Where what was found goes.
pub trait Sink {
    /// Takes it; waits where it has no room.
    ///
    /// # Errors
    /// When no more is wanted.
    fn take(&mut self, item: Item) -> Result<(), Stop>;
}

impl<F: FnMut(Item) -> Result<(), Stop>> Sink for F {
    fn take(&mut self, item: Item) -> Result<(), Stop> {
        self(item)
    }
}

/// Reads a file.
pub struct Reader<'a> {
    /// The time, for conversations that name none.
    pub now: Timestamp,
    /// Draws a fresh id.
    pub ids: &'a mut Ids<'a>,
    /// Where it all goes.
    pub sink: &'a mut dyn Sink,
}

/// What a piece of a file is.
enum Kind {
    ChatGpt,
    Claude,
    DeepSeek,
    OpenWebUi,
    LibreChat,
    Other,
}

/// What a reader of one product needs beside the piece itself.
pub(crate) struct Beside<'b> {
    pub(crate) files: Option<&'b mut Files>,
    sink: &'b mut dyn Sink,
    stopped: bool,
}

impl Beside<'_> {
    /// Hands bytes on before what refers to them: those of all files of a conversation may be too many to
    /// be held at once.
    pub(crate) fn keep(&mut self, hash: Hash, media_type: &str, bytes: Vec<u8>) {
        let media_type = media_type.to_owned();
        if self.stopped || self.sink.take(Item::Blob { hash, media_type, bytes }).is_err() {
            self.stopped = true;
            self.files = None;
        }
    }
}

impl Reader<'_> {
    /// Reads it to its end.
    ///
    /// # Errors
    /// When it cannot be read, or not further; what was found until then was handed on.
    pub fn read(&mut self, source: &mut Source) -> Result<(), ReadError> {
        let in_zip = source.is_zip();
        let (mut known, mut told) = (false, None);
        source.each_text(|text, files| {
            match self.text(text, files, in_zip, &mut told) {
                Ok(found) => known |= found,
                // Beside the conversations, a ZIP file has JSON of many kinds.
                Err(ReadError::Unknown) if in_zip => {}
                Err(error) => return Err(error),
            }
            Ok(())
        })?;
        if known { Ok(()) } else { Err(ReadError::Nothing) }
    }

    /// Whether there were conversations in it.
    fn text(
        &mut self,
        text: &mut dyn BufRead,
        mut files: Option<&mut Files>,
        in_zip: bool,
        told: &mut Option<ImportFormat>,
    ) -> Result<bool, ReadError> {
        let mut elements = Elements::new(text);
        let (mut number, mut known, mut ours) = (0_u32, false, None);
        let mut folders: HashMap<Uuid, usize> = HashMap::new();
        // What a ZIP file's text begins with and nobody knows: it may be of another kind altogether.
        let mut odd: Vec<String> = Vec::new();
        let keep = |odd: &mut Vec<String>, warning| {
            if odd.len() < MAX_ODD {
                odd.push(warning);
            }
        };
        loop {
            let next = match elements.next() {
                Ok(next) => next,
                Err(ReadError::Damaged(_)) if !known && !odd.is_empty() => return Ok(false),
                Err(ReadError::Damaged(place)) => {
                    let name = named(elements.bytes(), number + 1);
                    return Err(ReadError::Damaged(format!("{place}, in {name}")));
                }
                Err(error) => return Err(error),
            };
            number += u32::from(next != Next::Wrapper);
            match next {
                Next::End => return Ok(known || ours.is_some()),
                Next::Wrapper => {
                    ours = own::version(elements.bytes())?;
                    if ours.is_some() {
                        elements.allow(MAX_OWN);
                        self.tell(told, ImportFormat::Orchesity)?;
                        number = 0;
                    }
                }
                Next::TooLarge => {
                    let name = named(elements.bytes(), number);
                    let mib = if ours.is_some() { MAX_OWN } else { MAX_CONVERSATION } >> 20;
                    let warning = format!("{name}: it is larger than {mib} MiB, and was left out");
                    if in_zip && !known && ours.is_none() {
                        keep(&mut odd, warning);
                        continue;
                    }
                    // Something was found, which is told with its reason.
                    known |= !in_zip;
                    self.skip(warning)?;
                }
                Next::Element if ours.is_some() => {
                    let mut read = own::item(elements.bytes(), number);
                    if let Ok(own::Read::Item(Item::Folder(folder), warnings)) = &mut read {
                        if folders.len() >= MAX_FOLDERS {
                            read = Err(format!(
                                "there are more than {MAX_FOLDERS} folders; others are left out"
                            ));
                        } else {
                            warnings.extend(within_reach(folder, &mut folders));
                        }
                    }
                    self.take_own(read)?;
                }
                Next::Element => {
                    let bytes = elements.bytes();
                    let Some(members) = Members::of(bytes) else {
                        let name = named(bytes, number);
                        let warning =
                            format!("{name}: it is no conversation that can be read, and was left out");
                        if in_zip && !known {
                            keep(&mut odd, warning);
                        } else {
                            self.skip(warning)?;
                        }
                        continue;
                    };
                    let kind = kind(&members);
                    if matches!(kind, Kind::Other) {
                        let name = named(bytes, number);
                        let warning = format!("{name}: nothing known is in it, and it was left out");
                        if in_zip && !known {
                            keep(&mut odd, warning);
                        } else {
                            self.skip(warning)?;
                        }
                        continue;
                    }
                    known = true;
                    for warning in odd.drain(..) {
                        self.skip(warning)?;
                    }
                    self.foreign(&kind, &members, bytes, number, files.as_deref_mut(), told)?;
                }
            }
        }
    }

    fn foreign(
        &mut self,
        kind: &Kind,
        members: &Members<'_>,
        bytes: &[u8],
        number: u32,
        files: Option<&mut Files>,
        told: &mut Option<ImportFormat>,
    ) -> Result<(), ReadError> {
        let format = match kind {
            Kind::ChatGpt => ImportFormat::ChatGpt,
            Kind::Claude => ImportFormat::Claude,
            Kind::DeepSeek => ImportFormat::DeepSeek,
            Kind::OpenWebUi => ImportFormat::OpenWebUi,
            Kind::LibreChat => ImportFormat::LibreChat,
            Kind::Other => return Ok(()),
        };
        self.tell(told, format)?;
        let mut beside = Beside { files, sink: &mut *self.sink, stopped: false };
        let read: Result<Foreign, String> = match format {
            ImportFormat::ChatGpt => chatgpt::read(members, &mut beside),
            ImportFormat::Claude => claude::read(members),
            ImportFormat::DeepSeek => deepseek::read(members),
            ImportFormat::OpenWebUi => open_webui::read(members, &mut beside),
            ImportFormat::LibreChat => libre_chat::read(members),
            ImportFormat::Orchesity => return Ok(()),
        };
        if beside.stopped {
            return Err(ReadError::Stopped);
        }
        let built = read.and_then(|foreign| tree::build(foreign, format, self.ids, self.now));
        match built {
            Err(why) => {
                let name = named(bytes, number);
                self.skip(format!("{name}: {why}; it was left out"))
            }
            Ok((Built::Empty, _)) => {
                let name = named(bytes, number);
                self.give(Item::Warning(format!("{name}: nothing is said in it; it was left out")))?;
                self.give(Item::Skipped { refused: false })
            }
            Ok((Built::Whole(whole), warnings)) => {
                for warning in warnings {
                    self.give(Item::Warning(format!("“{}”: {warning}", shown(&whole.title))))?;
                }
                self.give(Item::Conversation(whole))
            }
        }
    }

    fn take_own(&mut self, read: Result<own::Read, String>) -> Result<(), ReadError> {
        match read {
            Ok(own::Read::Item(item, warnings)) => {
                for warning in warnings {
                    self.give(Item::Warning(warning))?;
                }
                self.give(item)
            }
            Ok(own::Read::Unknown) => Ok(()),
            Err(why) => self.skip(why),
        }
    }

    fn tell(&mut self, told: &mut Option<ImportFormat>, format: ImportFormat) -> Result<(), ReadError> {
        if told.replace(format) == Some(format) { Ok(()) } else { self.give(Item::Format(format)) }
    }

    fn skip(&mut self, warning: String) -> Result<(), ReadError> {
        self.give(Item::Warning(warning))?;
        self.give(Item::Skipped { refused: true })
    }

    fn give(&mut self, item: Item) -> Result<(), ReadError> {
        self.sink.take(item).map_err(|Stop| ReadError::Stopped)
    }
}

/// Notes how deep a folder lies; one that lies too deep is put at the top.
fn within_reach(folder: &mut PortableFolder, known: &mut HashMap<Uuid, usize>) -> Option<String> {
    let depth = folder.parent.map_or(1, |parent| known.get(&parent).copied().unwrap_or(1) + 1);
    let fits = depth <= MAX_FOLDER_DEPTH;
    known.insert(folder.id, if fits { depth } else { 1 });
    if fits {
        return None;
    }
    folder.parent = None;
    Some(format!(
        "folder “{}”: at most {MAX_FOLDER_DEPTH} folders can be within one another; it is at the top now",
        shown(&folder.name)
    ))
}

/// What a piece is, told by what it has and nothing else has.
fn kind(members: &Members<'_>) -> Kind {
    if members.raw("mapping").is_some_and(|text| text.starts_with('{')) {
        return if deepseek::is(members) { Kind::DeepSeek } else { Kind::ChatGpt };
    }
    if members.raw("chat_messages").is_some() {
        return Kind::Claude;
    }
    if let Some(chat) = members.raw("chat")
        && let Some(chat) = Members::of(chat.as_bytes())
        && (chat.raw("history").is_some() || chat.raw("messages").is_some())
    {
        return Kind::OpenWebUi;
    }
    let has_messages = members.raw("messages").is_some_and(|text| text.starts_with(['[', '{']));
    if has_messages && members.raw("conversationId").is_some() {
        return Kind::LibreChat;
    }
    if members.raw("history").is_some_and(|text| text.contains("\"messages\"")) {
        return Kind::OpenWebUi;
    }
    Kind::Other
}

/// A name for a conversation that may be unreadable: its title where one is found, else its number.
pub(crate) fn named(bytes: &[u8], number: u32) -> String {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    for key in ["\"title\"", "\"name\""] {
        let Some((_, rest)) = head.split_once(key) else { continue };
        let Some(rest) = rest.trim_start().strip_prefix(':').map(str::trim_start) else { continue };
        let mut first = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let Some(Ok(value)) = first.next() else { continue };
        if let Ok(Value::String(title)) = json::value(value.get())
            && !title.trim().is_empty()
        {
            return format!("“{}”", shown(&title));
        }
    }
    format!("conversation {number}")
}

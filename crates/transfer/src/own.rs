//! Our own format, both ways: docs/export-format.md. One object whose `items` stand one after the other,
//! what others refer to first, so that neither writing nor reading holds more than one of them.

use crate::{
    MAX_DEPTH, MAX_MESSAGES, ReadError,
    json::Members,
    read::{Item, named},
    tree::{shown, title},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    CompletionState, Hash, MessageStatus, Part, Portable, PortableFolder, PortableMessage, RunKind,
    Timestamp, content_hash, node_hash,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    collections::{HashMap, HashSet},
    hash::Hash as Key,
    io::{self, Write},
};

/// What we write, and the newest that we read.
const VERSION: u64 = 1;
const NAME: &str = "orchesity";

/// Bytes of an attachment, as an item.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    hash: Hash,
    media_type: String,
    /// Base64.
    data: String,
}

/// Writes items one after the other.
pub struct Exporter<W: Write> {
    out: W,
    first: bool,
    blobs: HashSet<Hash>,
}

impl<W: Write> Exporter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(mut out: W, at: Timestamp) -> io::Result<Self> {
        write!(out, "{{\"format\":\"{NAME}\",\"version\":{VERSION},\"exportedAt\":\"{at}\",\"items\":[")?;
        Ok(Self { out, first: true, blobs: HashSet::new() })
    }

    /// Adds a folder; those it lies in come before it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn folder(&mut self, folder: &PortableFolder) -> io::Result<()> {
        self.item("folder", folder)
    }

    /// Whether these bytes are still to be added before a conversation that refers to them.
    pub fn wants(&self, hash: Hash) -> bool {
        !self.blobs.contains(&hash)
    }

    /// Adds the bytes of an attachment.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn blob(&mut self, hash: Hash, media_type: &str, bytes: &[u8]) -> io::Result<()> {
        if !self.blobs.insert(hash) {
            return Ok(());
        }
        let blob = Blob { hash, media_type: media_type.to_owned(), data: BASE64_STANDARD.encode(bytes) };
        self.item("blob", &blob)
    }

    /// Adds a conversation.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn conversation(&mut self, conversation: &Portable) -> io::Result<()> {
        self.item("conversation", conversation)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn item<T: Serialize>(&mut self, kind: &str, value: &T) -> io::Result<()> {
        let json = serde_json::to_string(value).map_err(io::Error::other)?;
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        write!(self.out, "{comma}\n{{\"type\":\"{kind}\",")?;
        self.out.write_all(json.as_bytes().get(1..).unwrap_or_default())
    }
}

/// The version of a file, where it is one of ours.
pub(crate) fn version(wrapper: &[u8]) -> Result<Option<u64>, ReadError> {
    let Some(members) = Members::of(wrapper) else { return Ok(None) };
    if members.text("format").as_deref() != Some(NAME) {
        return Ok(None);
    }
    match members.value("version").and_then(|version| version.as_u64()) {
        Some(version) if version <= VERSION => Ok(Some(version)),
        Some(newer) => Err(ReadError::Newer(newer)),
        None => Err(ReadError::Damaged("at its beginning: it has no version".to_owned())),
    }
}

/// What an item is.
pub(crate) enum Read {
    /// Something to hand on, and what is to be said of it.
    Item(Item, Vec<String>),
    /// Something that a later version added.
    Unknown,
}

/// Reads one item.
pub(crate) fn item(bytes: &[u8], number: u32) -> Result<Read, String> {
    let members =
        Members::of(bytes).ok_or_else(|| format!("item {number} is no object, and was left out"))?;
    let read = |error: serde_json::Error| format!("{}: {error}; it was left out", named(bytes, number));
    match members.text("type").as_deref() {
        Some("folder") => {
            let folder: PortableFolder = serde_json::from_slice(bytes).map_err(read)?;
            let name = title(&folder.name);
            Ok(Read::Item(Item::Folder(PortableFolder { name, ..folder }), Vec::new()))
        }
        Some("blob") => {
            let blob: Blob = serde_json::from_slice(bytes).map_err(read)?;
            let decoded = BASE64_STANDARD.decode(blob.data.as_bytes());
            let bytes = decoded.map_err(|_| format!("attachment {number} is no base64, and was left out"))?;
            if Hash::of(&bytes) != blob.hash {
                return Err(format!("attachment {number} is not what it says it is, and was left out"));
            }
            Ok(Read::Item(Item::Blob { hash: blob.hash, media_type: blob.media_type, bytes }, Vec::new()))
        }
        Some("conversation") => {
            let whole: Portable = serde_json::from_slice(bytes).map_err(read)?;
            let name = format!("“{}”", shown(&whole.title));
            let (whole, warnings) = check(whole).map_err(|why| format!("{name}: {why}; it was left out"))?;
            let warnings = warnings.into_iter().map(|warning| format!("{name}: {warning}")).collect();
            Ok(Read::Item(Item::Conversation(Box::new(whole)), warnings))
        }
        _ => Ok(Read::Unknown),
    }
}

/// That everything it refers to is in it and comes before, and that the hashes are those of what it says.
fn check(mut whole: Portable) -> Result<(Portable, Vec<String>), String> {
    let mut warnings = Vec::new();
    if whole.messages.len() > MAX_MESSAGES {
        return Err(format!("it has more than {MAX_MESSAGES} messages"));
    }
    whole.title = title(&whole.title);
    whole.tags = whole.tags.iter().map(|tag| title(tag)).collect();
    unique("completion", whole.runs.iter().flat_map(|run| &run.completions).map(|c| c.id))?;
    // Whether each answer came to its end.
    let completions: HashMap<_, bool> = whole
        .runs
        .iter()
        .flat_map(|run| &run.completions)
        .map(|completion| (completion.id, matches!(completion.state, CompletionState::Complete { .. })))
        .collect();
    let branches = unique("branch", whole.branches.iter().map(|branch| branch.id))?;
    let runs = unique("run", whole.runs.iter().map(|run| run.id))?;
    unique("bookmark", whole.bookmarks.iter().map(|bookmark| bookmark.id))?;
    unique("vote", whole.votes.iter().map(|vote| vote.id))?;
    unique("judgement", whole.judgements.iter().map(|judgement| judgement.id))?;
    unique("judgement", whole.judgements.iter().map(|judgement| judgement.run))?;
    unique("opinion", whole.judgements.iter().flat_map(|one| &one.opinions).map(|said| said.completion))?;

    // Depth and hash of each message so far.
    let mut known: HashMap<_, (usize, Hash)> = HashMap::with_capacity(whole.messages.len());
    let mut changed = 0;
    for message in &mut whole.messages {
        let id = message.id;
        let before = |other: &domain::MessageId| {
            known
                .get(other)
                .copied()
                .ok_or_else(|| format!("its message `{id}` refers to `{other}`, which is not before it"))
        };
        let parent = message.parent.as_ref().map(&before).transpose()?;
        for source in &mut message.sources {
            if let Some(id) = &source.id {
                source.hash = before(id)?.1;
            }
        }
        message.continues.as_ref().map(&before).transpose()?;
        let depth = parent.map_or(0, |(depth, _)| depth + 1);
        if depth >= MAX_DEPTH {
            return Err(format!("one of its paths has more than {MAX_DEPTH} messages"));
        }
        if message.status == MessageStatus::Streaming {
            return Err(format!("its message `{id}` is still being written"));
        }
        let elsewhere = message.completion.is_some_and(|completion| !completions.contains_key(&completion));
        if elsewhere && !message.copied {
            return Err(format!("its message `{id}` was written by a completion that is not in it"));
        }
        let complete = message.completion.and_then(|id| completions.get(&id)).copied();
        if complete.is_some_and(|complete| complete != (message.status == MessageStatus::Complete)) {
            return Err(format!("its message `{id}` and what is said of its end disagree"));
        }
        let sources: Vec<Hash> = message.sources.iter().map(|source| source.hash).collect();
        let hash = settle(message, parent.map(|(_, hash)| hash), &sources)?;
        changed += usize::from(message.hash.is_some_and(|said| said != hash));
        message.hash = Some(hash);
        if known.insert(id, (depth, hash)).is_some() {
            return Err(format!("two of its messages have the id `{id}`"));
        }
    }
    if changed > 0 {
        warnings.push(format!(
            "{changed} of its messages were changed since they were exported; they are taken as they are now"
        ));
    }
    let here = |id: &domain::MessageId| known.contains_key(id);
    let foreign = whole.branches.iter().filter_map(|branch| branch.tip.as_ref()).any(|tip| !here(tip))
        || whole.bookmarks.iter().any(|bookmark| !here(&bookmark.message))
        || whole.sibling_views.iter().any(|view| !here(&view.message) || !here(&view.tip))
        || whole
            .votes
            .iter()
            .any(|vote| !runs.contains(&vote.run) || vote.on.iter().any(|on| !here(&on.message)))
        || whole.votes.iter().any(|vote| {
            !["user", "judge"].contains(&vote.by.as_str()) || !["pair", "best"].contains(&vote.kind.as_str())
        })
        || whole.judgements.iter().any(|judgement| !here(&judgement.a) || !here(&judgement.b))
        || whole.head.is_some_and(|head| !branches.contains(&head));
    if foreign {
        return Err("it refers to something that is not in it, or is new here".to_owned());
    }
    check_judgements(&whole)?;
    for run in &mut whole.runs {
        unique("completion", run.completions.iter().map(|completion| completion.ord))?;
        for completion in &mut run.completions {
            if !completion.state.is_terminal() {
                return Err("an answer in it is still being written".to_owned());
            }
            completion.branch = completion.branch.filter(|branch| branches.contains(branch));
            let known = ["fuse", "checklist", "table", "custom"];
            if completion.synthesis.as_ref().is_some_and(|synthesis| !known.contains(&synthesis.how.as_str()))
            {
                return Err("an answer in it was made in a way that is new here; update the app".to_owned());
            }
            unique("attempt", completion.attempts.iter().map(|attempt| attempt.id))?;
            unique("attempt", completion.attempts.iter().map(|attempt| attempt.ord))?;
        }
    }
    Ok((whole, warnings))
}

/// That judges' calls are nothing but that, and that what they came to is theirs: erasing an answer takes them
/// along, and must find nobody else who needs them.
fn check_judgements(whole: &Portable) -> Result<(), String> {
    let calls: HashMap<_, HashSet<_>> = whole
        .runs
        .iter()
        .filter(|run| run.kind == RunKind::Judge)
        .map(|run| (run.id, run.completions.iter().map(|completion| completion.id).collect()))
        .collect();
    let judged: HashSet<_> = calls.values().flatten().collect();
    let used =
        whole.messages.iter().filter_map(|message| message.completion.as_ref()).any(|id| judged.contains(id))
            || whole.votes.iter().any(|vote| calls.contains_key(&vote.run))
            || whole
                .runs
                .iter()
                .flat_map(|run| &run.completions)
                .any(|completion| completion.synthesis.is_some() && judged.contains(&completion.id));
    if used {
        return Err("an answer in it is a judge's opinion too".to_owned());
    }
    let votes: HashMap<_, _> = whole.votes.iter().map(|vote| (vote.id, vote)).collect();
    for judgement in &whole.judgements {
        let pair = [judgement.a, judgement.b];
        let own = |id| {
            votes.get(&id).is_some_and(|vote| {
                vote.by == "judge"
                    && vote.kind == "pair"
                    && vote.on.len() == 2
                    && pair.iter().all(|message| vote.on.iter().any(|on| on.message == *message))
            })
        };
        let fits = judgement.a != judgement.b
            && judgement.vote.is_none_or(own)
            && calls.get(&judgement.run).is_some_and(|calls| {
                judgement.opinions.iter().all(|opinion| calls.contains(&opinion.completion))
            });
        if !fits {
            return Err("a judgement in it is not of its own calls and its own vote".to_owned());
        }
    }
    Ok(())
}

/// The parts as the bytes that are stored, and the hash of the node. Where the bytes in the file are those
/// that were hashed, they stay; where they were laid out anew, they are laid out as we do.
fn settle(message: &mut PortableMessage, parent: Option<Hash>, sources: &[Hash]) -> Result<Hash, String> {
    let bad = |error: serde_json::Error| format!("a message of it says what cannot be read: {error}");
    let parts: Vec<Part> = serde_json::from_str(message.parts.get()).map_err(bad)?;
    let hash_of = |text: &str| node_hash(message.role, content_hash(text.as_bytes()), parent, sources);
    let as_it_is = hash_of(message.parts.get());
    if message.hash == Some(as_it_is) {
        return Ok(as_it_is);
    }
    let text = serde_json::to_string(&parts).map_err(bad)?;
    let hash = hash_of(&text);
    message.parts = RawValue::from_string(text).map_err(bad)?;
    Ok(hash)
}

fn unique<T: Key + Eq>(what: &str, ids: impl Iterator<Item = T>) -> Result<HashSet<T>, String> {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!("a {what} is in it twice"));
        }
    }
    Ok(seen)
}

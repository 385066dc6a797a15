//! From nodes as another product lists them to a tree as we keep one: everything is checked before
//! anything is handed on, and nothing here calls itself, however deep a conversation is.

use crate::{MAX_DEPTH, MAX_MESSAGES, json::Time, read::Ids};
use domain::{
    BranchId, BranchKind, CompletionId, CompletionState, ConversationId, ConversationSource, ErrorKind,
    Failure, ImportFormat, MessageId, MessageStatus, Metrics, Params, Part, Portable, PortableBranch,
    PortableCompletion, PortableMessage, PortableRun, Role, RunId, RunKind, Stop, Target, Timestamp,
};
use serde_json::value::RawValue;
use std::collections::HashMap;

/// Longest id that is kept, in bytes.
const MAX_ID: usize = 256;
/// Longest title, in characters: what can be typed.
const MAX_TITLE: usize = 200;

/// A conversation as another product has it.
#[derive(Debug, Default)]
pub(crate) struct Foreign {
    pub(crate) id: Option<String>,
    pub(crate) title: String,
    pub(crate) system: Option<String>,
    pub(crate) created: Option<Time>,
    pub(crate) updated: Option<Time>,
    pub(crate) pinned: bool,
    pub(crate) archived: bool,
    pub(crate) tags: Vec<String>,
    /// In any order.
    pub(crate) nodes: Vec<Node>,
    /// The node that was looked at last.
    pub(crate) current: Option<String>,
    pub(crate) warnings: Vec<String>,
}

/// A node as another product has it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    /// Its place among its siblings.
    pub(crate) rank: usize,
    /// `None` is a node that only holds others together.
    pub(crate) said: Option<Said>,
}

/// What a node says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) role: Role,
    pub(crate) parts: Vec<Part>,
    pub(crate) model: Option<Target>,
    pub(crate) at: Time,
    pub(crate) status: MessageStatus,
    pub(crate) hidden: bool,
}

impl Said {
    pub(crate) fn by(role: Role, parts: Vec<Part>) -> Self {
        Self { role, parts, model: None, at: Time::Absent, status: MessageStatus::Complete, hidden: false }
    }
}

/// What became of a conversation.
pub(crate) enum Built {
    /// It is whole.
    Whole(Box<Portable>),
    /// Nothing in it says anything.
    Empty,
}

/// Why a conversation is refused.
pub(crate) type Refused = String;

/// Makes a tree of it.
pub(crate) fn build(
    mut foreign: Foreign,
    format: ImportFormat,
    ids: &mut Ids<'_>,
    now: Timestamp,
) -> Result<(Built, Vec<String>), Refused> {
    let order = ordered(&foreign.nodes)?;
    let mut absurd = 0;
    let mut sane = |time: Option<Time>| match time {
        Some(Time::At(at)) => Some(at),
        Some(Time::Absurd) => {
            absurd += 1;
            None
        }
        Some(Time::Absent) | None => None,
    };
    let created = sane(foreign.created);
    let updated = sane(foreign.updated);
    let first_said = foreign.nodes.iter().filter_map(|node| match node.said.as_ref()?.at {
        Time::At(at) => Some(at),
        _ => None,
    });
    let said_when = created.or_else(|| first_said.min()).or(updated);
    let id = match foreign.id.take() {
        Some(id) => short("conversation", &id)?,
        None => derived(&foreign, said_when),
    };
    let created = said_when.unwrap_or(now);
    let (mut messages, mut runs) = (Vec::with_capacity(order.len()), Vec::new());
    // For each node the message that stands for it: its own, or that of the nearest kept one above.
    let mut stands: Vec<Option<(MessageId, Timestamp)>> = vec![None; foreign.nodes.len()];
    let mut current = None;
    for Place { node, parent } in order {
        let above = parent.and_then(|parent| stands[parent]);
        let Node { id: source_id, said, .. } = &mut foreign.nodes[node];
        let is_current = foreign.current.as_ref() == Some(source_id);
        // A node that says nothing is kept where it holds a place on a path, not at the root.
        let said = said.take().filter(|said| above.is_some() || !said.parts.is_empty());
        let Some(said) = said else {
            stands[node] = above;
            if is_current {
                current = above.map(|(id, _)| id);
            }
            continue;
        };
        let at = sane(Some(said.at)).or(above.map(|(_, at)| at)).unwrap_or(created);
        let message = MessageId::from_uuid(ids());
        let completion = said.model.map(|model| {
            let completion = CompletionId::from_uuid(ids());
            runs.push(PortableRun {
                id: RunId::from_uuid(ids()),
                kind: RunKind::Ask,
                origin: ConversationSource::Import,
                created_at: at,
                last_seq: 0,
                completions: vec![answered(completion, model, said.status, at)],
            });
            completion
        });
        messages.push(PortableMessage {
            id: message,
            parent: above.map(|(id, _)| id),
            sources: Vec::new(),
            role: said.role,
            status: said.status,
            parts: raw(&said.parts)?,
            hash: None,
            completion,
            choice: 0,
            continues: None,
            copied: false,
            hidden: said.hidden,
            source_id: Some(short("message", source_id)?),
            created_at: at,
        });
        stands[node] = Some((message, at));
        if is_current {
            current = Some(message);
        }
    }
    if absurd > 0 {
        foreign.warnings.push(format!("{absurd} of its times make no sense; others stand in for them"));
    }
    let Some(last) = messages.last() else { return Ok((Built::Empty, foreign.warnings)) };
    let tip = current.unwrap_or(last.id);
    let newest = messages.iter().map(|message| message.created_at).max().unwrap_or(created);
    let branch = BranchId::from_uuid(ids());
    let whole = Portable {
        id: ConversationId::from_uuid(ids()),
        title: title(&foreign.title),
        // It is not to be replaced by one made of the first line.
        titled_by_user: true,
        source: ConversationSource::Import,
        source_system: Some(format.as_str().to_owned()),
        source_id: Some(id),
        system: foreign.system.filter(|text| !text.trim().is_empty()),
        folder: None,
        tags: foreign.tags,
        pinned: foreign.pinned,
        archived: foreign.archived,
        created_at: created,
        updated_at: updated.unwrap_or(newest),
        head: Some(branch),
        messages,
        branches: vec![PortableBranch {
            id: branch,
            name: "main".to_owned(),
            kind: BranchKind::Main,
            tip: Some(tip),
            target: None,
            params: Params::default(),
            system: None,
            pinned: false,
            ord: 0,
            shown: true,
            scroll: 0,
        }],
        runs,
        bookmarks: Vec::new(),
        votes: Vec::new(),
        judgements: Vec::new(),
        sibling_views: Vec::new(),
    };
    Ok((Built::Whole(Box::new(whole)), foreign.warnings))
}

struct Place {
    node: usize,
    parent: Option<usize>,
}

/// All nodes, parents before children and siblings in their order.
fn ordered(nodes: &[Node]) -> Result<Vec<Place>, Refused> {
    if nodes.len() > MAX_MESSAGES {
        return Err(format!("it has more than {MAX_MESSAGES} messages"));
    }
    let mut by_id = HashMap::with_capacity(nodes.len());
    for (at, node) in nodes.iter().enumerate() {
        if by_id.insert(node.id.as_str(), at).is_some() {
            return Err(format!("two of its messages have the id `{}`", shown(&node.id)));
        }
    }
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut roots = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        match &node.parent {
            None => roots.push(at),
            Some(parent) => match by_id.get(parent.as_str()) {
                Some(parent) => children[*parent].push(at),
                None => {
                    return Err(format!(
                        "its message `{}` belongs under `{}`, which is not there",
                        shown(&node.id),
                        shown(parent)
                    ));
                }
            },
        }
    }
    roots.sort_by_key(|at| nodes[*at].rank);
    for list in &mut children {
        list.sort_by_key(|at| nodes[*at].rank);
    }
    let mut order = Vec::with_capacity(nodes.len());
    let mut open: Vec<(usize, Option<usize>, usize)> = roots.iter().rev().map(|at| (*at, None, 0)).collect();
    while let Some((node, parent, depth)) = open.pop() {
        if depth >= MAX_DEPTH {
            return Err(format!("one of its paths has more than {MAX_DEPTH} messages"));
        }
        order.push(Place { node, parent });
        open.extend(children[node].iter().rev().map(|child| (*child, Some(node), depth + 1)));
    }
    if order.len() < nodes.len() {
        return Err("its messages hang under each other in a circle".to_owned());
    }
    Ok(order)
}

fn answered(id: CompletionId, model: Target, status: MessageStatus, at: Timestamp) -> PortableCompletion {
    let state = match status {
        MessageStatus::Complete => CompletionState::Complete { stop: Stop::Stop },
        MessageStatus::Stopped => CompletionState::Stopped,
        MessageStatus::Failed => CompletionState::Failed {
            error: Failure::new(ErrorKind::Upstream, "it failed where it was asked"),
        },
        MessageStatus::Interrupted | MessageStatus::Streaming => CompletionState::Interrupted,
    };
    PortableCompletion {
        id,
        ord: 0,
        branch: None,
        requested: model.clone(),
        served: Some(model),
        params: Params::default(),
        system: None,
        state,
        metrics: Metrics::default(),
        created_at: at,
        ended_at: None,
        synthesis: None,
        attempts: Vec::new(),
        decision: None,
    }
}

/// The bytes that are stored and hashed.
fn raw(parts: &[Part]) -> Result<Box<RawValue>, Refused> {
    let text = serde_json::to_string(parts).map_err(|error| error.to_string())?;
    RawValue::from_string(text).map_err(|error| error.to_string())
}

/// A name for one without an id: the same in every export that has its beginning.
fn derived(foreign: &Foreign, created: Option<Timestamp>) -> String {
    let first = foreign.nodes.first().map_or("", |node| node.id.as_str());
    let of = format!("{}\0{first}\0{}", created.map_or(0, Timestamp::millis), foreign.title);
    format!("without-id-{}", domain::Hash::of(of.as_bytes()))
}

/// An id of which one can make something.
pub(crate) fn short(what: &str, id: &str) -> Result<String, Refused> {
    if id.is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
        return Err(format!("its {what} id `{}` makes no sense", shown(id)));
    }
    Ok(id.to_owned())
}

/// A title as one can be typed.
pub(crate) fn title(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain: String =
        plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_TITLE).collect();
    if plain.is_empty() { "Untitled".to_owned() } else { plain }
}

/// What a stranger wrote, as a warning may show it.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// `provider/model`, where that makes one.
pub(crate) fn target(provider: &str, model: &str) -> Option<Target> {
    let model = model.trim();
    if model.is_empty() {
        return None;
    }
    format!("{provider}/{model}").parse().ok()
}

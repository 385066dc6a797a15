//! Rows that wait to be stored.

mod write;

use crate::{StoreError, decisions::DecisionRow, rows};
use domain::{
    CompletionState, Hash, Portable, PortableBookmark, PortableBranch, PortableCompletion, PortableJudgement,
    PortableMessage, PortableRun, PortableScore, PortableVote, Target, content_hash,
};
use serde::Serialize;
use std::collections::HashSet;
use uuid::Uuid;

/// Rows by table; each is JSON once it is written.
#[derive(Default)]
pub(super) struct Rows {
    conversations: Vec<Conversation>,
    touched: Vec<(i64, i64)>,
    /// Contents, one behind the other, and where each of them is: hash, from, length.
    text: Vec<u8>,
    contents: Vec<(String, usize, usize)>,
    said: HashSet<Hash>,
    /// Contents that refer to blobs: both hashes.
    links: Vec<(String, String)>,
    branches: Vec<Branch>,
    tips: Vec<(i64, i64)>,
    heads: Vec<(i64, i64)>,
    runs: Vec<Run>,
    completions: Vec<Completion>,
    decisions: Vec<Decision>,
    syntheses: Vec<(i64, String, String)>,
    attempts: Vec<Attempt>,
    messages: Vec<Message>,
    sources: Vec<(i64, usize, Option<i64>, String)>,
    bookmarks: Vec<(String, i64, String, i64)>,
    views: Vec<(i64, i64, i64)>,
    votes: Vec<Vote>,
    votes_on: Vec<(String, i64, f64, usize)>,
    judgements: Vec<Judgement>,
    /// Judgement, call, whether it saw the second answer first, verdict, reason.
    opinions: Vec<(String, String, bool, Option<&'static str>, String)>,
    tags: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Conversation {
    id: i64,
    uid: String,
    title: String,
    title_by: &'static str,
    folder: Option<String>,
    pinned: bool,
    archived: bool,
    source: &'static str,
    system: Option<i64>,
    source_system: Option<String>,
    source_id: Option<String>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Serialize)]
struct Branch {
    id: i64,
    uid: String,
    conversation: i64,
    name: String,
    kind: &'static str,
    target: Option<String>,
    params: String,
    system: Option<i64>,
    pinned: bool,
    ord: u32,
    shown: bool,
    scroll: u32,
}

struct Run {
    id: i64,
    uid: Uuid,
    conversation: i64,
    kind: &'static str,
    origin: &'static str,
    instance: i64,
    last_seq: u32,
    created_at: i64,
}

struct Completion {
    id: i64,
    uid: Uuid,
    run: i64,
    ord: u32,
    branch: Option<i64>,
    requested: String,
    served: Option<String>,
    params: String,
    system: Option<i64>,
    tools: Option<i64>,
    state: &'static str,
    stop: Option<&'static str>,
    error_kind: Option<&'static str>,
    error_text: Option<String>,
    retry_after: Option<u32>,
    ttft: Option<u32>,
    duration: Option<u32>,
    input: Option<u32>,
    output: Option<u32>,
    cached_read: Option<u32>,
    cached_write: Option<u32>,
    reasoning: Option<u32>,
    usage_by: Option<&'static str>,
    cost: Option<i64>,
    estimated: Option<bool>,
    created_at: i64,
    ended_at: Option<i64>,
}

#[derive(Serialize)]
struct Decision {
    completion: i64,
    requested: String,
    targets: String,
    reason: String,
    candidates: String,
    routed: Option<String>,
    policy: Option<String>,
    class: Option<&'static str>,
    fixed: Option<String>,
}

#[derive(Serialize)]
struct Attempt {
    uid: String,
    completion: i64,
    ord: u32,
    provider: String,
    model: String,
    http_status: Option<u16>,
    outcome: &'static str,
    error_kind: Option<&'static str>,
    started_at: i64,
    headers: Option<u32>,
    first: Option<u32>,
    ended: Option<u32>,
    input: Option<u32>,
    output: Option<u32>,
    cached_read: Option<u32>,
    cached_write: Option<u32>,
    reasoning: Option<u32>,
    usage_by: Option<&'static str>,
    cost: Option<i64>,
}

struct Message {
    id: i64,
    uid: Uuid,
    conversation: i64,
    parent: Option<i64>,
    depth: i64,
    jump: Option<i64>,
    role: &'static str,
    status: &'static str,
    content: Option<Hash>,
    hash: Hash,
    completion: Option<i64>,
    choice: u32,
    continues: Option<i64>,
    copied: bool,
    hidden: bool,
    source_id: Option<String>,
    created_at: i64,
}

#[derive(Serialize)]
struct Vote {
    uid: String,
    run: String,
    by: String,
    reason: String,
    kind: String,
    blind: bool,
    created_at: i64,
}

#[derive(Serialize)]
struct Judgement {
    uid: String,
    run: String,
    a: i64,
    b: i64,
    rubric: String,
    vote: Option<String>,
    created_at: i64,
}

/// A message, and where it stands.
pub(super) struct Placed<'m> {
    pub(super) row: i64,
    pub(super) conversation: i64,
    pub(super) parent: Option<i64>,
    pub(super) depth: i64,
    pub(super) jump: Option<i64>,
    pub(super) content: Option<Hash>,
    pub(super) hash: Hash,
    pub(super) completion: Option<i64>,
    pub(super) continues: Option<i64>,
    pub(super) message: &'m PortableMessage,
}

/// A completion, and what it refers to.
pub(super) struct Answered<'c> {
    pub(super) row: i64,
    pub(super) run: i64,
    pub(super) branch: Option<i64>,
    pub(super) params: String,
    pub(super) system: Option<i64>,
    pub(super) tools: Option<i64>,
    pub(super) completion: &'c PortableCompletion,
}

fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

impl Rows {
    pub(super) fn conversation(&mut self, id: i64, whole: &Portable, system: Option<i64>) {
        self.conversations.push(Conversation {
            id,
            uid: hex(whole.id.uuid()),
            title: whole.title.clone(),
            title_by: if whole.titled_by_user { "user" } else { "auto" },
            folder: whole.folder.map(hex),
            pinned: whole.pinned,
            archived: whole.archived,
            source: whole.source.as_str(),
            system,
            source_system: whole.source_system.clone(),
            source_id: whole.source_id.clone(),
            created_at: whole.created_at.millis(),
            updated_at: whole.updated_at.millis(),
        });
    }

    pub(super) fn touched(&mut self, conversation: i64, at: i64) {
        self.touched.push((conversation, at));
    }

    /// Takes a text once, and gives its hash.
    pub(super) fn content(&mut self, text: &str) -> Hash {
        let hash = content_hash(text.as_bytes());
        if self.said.insert(hash) {
            self.contents.push((hash.to_string(), self.text.len() + 1, text.len()));
            self.text.extend_from_slice(text.as_bytes());
            for blob in blobs(text) {
                self.links.push((hash.to_string(), blob));
            }
        }
        hash
    }

    pub(super) fn branch(
        &mut self,
        id: i64,
        conversation: i64,
        branch: &PortableBranch,
        system: Option<i64>,
    ) -> Result<(), StoreError> {
        self.branches.push(Branch {
            id,
            uid: hex(branch.id.uuid()),
            conversation,
            name: branch.name.clone(),
            kind: branch.kind.as_str(),
            target: branch.target.as_ref().map(Target::to_string),
            params: rows::to_json(&branch.params)?,
            system,
            pinned: branch.pinned,
            ord: branch.ord,
            shown: branch.shown,
            scroll: branch.scroll,
        });
        Ok(())
    }

    pub(super) fn tip(&mut self, branch: i64, tip: i64) {
        self.tips.push((branch, tip));
    }

    pub(super) fn head(&mut self, conversation: i64, branch: i64) {
        self.heads.push((conversation, branch));
    }

    pub(super) fn run(&mut self, id: i64, conversation: i64, instance: i64, run: &PortableRun) {
        self.runs.push(Run {
            id,
            uid: run.id.uuid(),
            conversation,
            kind: run.kind.as_str(),
            origin: run.origin.as_str(),
            instance,
            last_seq: run.last_seq,
            created_at: run.created_at.millis(),
        });
    }

    pub(super) fn completion(&mut self, answered: Answered<'_>) -> Result<(), StoreError> {
        let Answered { row, run, branch, params, system, tools, completion } = answered;
        let (mut stop, mut error) = (None, None);
        match &completion.state {
            CompletionState::Complete { stop: why } => stop = Some(why.as_str()),
            CompletionState::Failed { error: why } => error = Some(why),
            _ => {}
        }
        let metrics = &completion.metrics;
        self.completions.push(Completion {
            id: row,
            uid: completion.id.uuid(),
            run,
            ord: completion.ord,
            branch,
            requested: completion.requested.to_string(),
            served: completion.served.as_ref().map(Target::to_string),
            params,
            system,
            tools,
            state: completion.state.as_str(),
            stop,
            error_kind: error.map(|error| error.kind.as_str()),
            error_text: error.map(|error| error.message.clone()),
            retry_after: error.and_then(|error| error.retry_after_ms),
            ttft: metrics.ttft_ms,
            duration: metrics.duration_ms,
            input: metrics.usage.input,
            output: metrics.usage.output,
            cached_read: metrics.usage.cached_read,
            cached_write: metrics.usage.cached_write,
            reasoning: metrics.usage.reasoning,
            usage_by: rows::usage_by(metrics.usage_by),
            cost: metrics.cost.map(|cost| cost.usd.0),
            estimated: metrics.cost.map(|cost| cost.estimated),
            created_at: completion.created_at.millis(),
            ended_at: completion.ended_at.map(domain::Timestamp::millis),
        });
        if let Some(decision) = &completion.decision {
            let DecisionRow { requested, targets, reason, candidates, routed, policy, class, fixed } =
                DecisionRow::of(decision)?;
            self.decisions.push(Decision {
                completion: row,
                requested,
                targets,
                reason,
                candidates,
                routed,
                policy,
                class,
                fixed,
            });
        }
        if let Some(synthesis) = &completion.synthesis {
            self.syntheses.push((row, synthesis.how.clone(), synthesis.instruction.clone()));
        }
        for attempt in &completion.attempts {
            self.attempts.push(Attempt {
                uid: hex(attempt.id.uuid()),
                completion: row,
                ord: attempt.ord,
                provider: attempt.provider.clone(),
                model: attempt.model.clone(),
                http_status: attempt.http_status,
                outcome: attempt.outcome.as_str(),
                error_kind: attempt.error_kind.map(domain::ErrorKind::as_str),
                started_at: attempt.started_at.millis(),
                headers: attempt.headers_ms,
                first: attempt.first_ms,
                ended: attempt.ended_ms,
                input: attempt.usage.input,
                output: attempt.usage.output,
                cached_read: attempt.usage.cached_read,
                cached_write: attempt.usage.cached_write,
                reasoning: attempt.usage.reasoning,
                usage_by: rows::usage_by(attempt.usage_by),
                cost: attempt.cost.map(|cost| cost.0),
            });
        }
        Ok(())
    }

    pub(super) fn message(&mut self, placed: &Placed<'_>) {
        let message = placed.message;
        self.messages.push(Message {
            id: placed.row,
            uid: message.id.uuid(),
            conversation: placed.conversation,
            parent: placed.parent,
            depth: placed.depth,
            jump: placed.jump,
            role: message.role.as_str(),
            status: message.status.as_str(),
            content: placed.content,
            hash: placed.hash,
            completion: placed.completion,
            choice: message.choice,
            continues: placed.continues,
            copied: message.copied,
            hidden: message.hidden,
            source_id: message.source_id.clone(),
            created_at: message.created_at.millis(),
        });
    }

    pub(super) fn source(&mut self, message: i64, ord: usize, source: Option<i64>, hash: Hash) {
        self.sources.push((message, ord, source, hash.to_string()));
    }

    pub(super) fn bookmark(&mut self, message: i64, bookmark: &PortableBookmark) {
        self.bookmarks.push((hex(bookmark.id), message, bookmark.note.clone(), bookmark.created_at.millis()));
    }

    pub(super) fn view(&mut self, message: i64, tip: i64, scroll: i64) {
        self.views.push((message, tip, scroll));
    }

    pub(super) fn vote(&mut self, vote: &PortableVote, on: Vec<(i64, &PortableScore)>) {
        self.votes.push(Vote {
            uid: hex(vote.id),
            run: hex(vote.run.uuid()),
            by: vote.by.clone(),
            reason: vote.reason.clone(),
            kind: vote.kind.clone(),
            blind: vote.blind,
            created_at: vote.created_at.millis(),
        });
        for (ord, (row, score)) in on.into_iter().enumerate() {
            self.votes_on.push((hex(vote.id), row, score.score, ord));
        }
    }

    pub(super) fn judgement(&mut self, a: i64, b: i64, judgement: &PortableJudgement) {
        self.judgements.push(Judgement {
            uid: hex(judgement.id),
            run: hex(judgement.run.uuid()),
            a,
            b,
            rubric: judgement.rubric.clone(),
            vote: judgement.vote.map(hex),
            created_at: judgement.created_at.millis(),
        });
        for said in &judgement.opinions {
            self.opinions.push((
                hex(judgement.id),
                hex(said.completion.uuid()),
                said.swapped,
                said.verdict.map(domain::Verdict::as_str),
                said.reason.clone(),
            ));
        }
    }

    pub(super) fn tag(&mut self, conversation: Uuid, name: &str) {
        self.tags.push((hex(conversation), name.to_owned()));
    }
}

/// Hashes of the blobs that stored parts refer to.
fn blobs(parts: &str) -> Vec<String> {
    // Most texts have none; looking is cheaper than reading them.
    if !parts.contains("\"kind\":\"blob\"") {
        return Vec::new();
    }
    let parts: Vec<domain::Part> = serde_json::from_str(parts).unwrap_or_default();
    parts
        .into_iter()
        .filter_map(|part| match part {
            domain::Part::Image { source, .. } | domain::Part::File { source, .. } => match source {
                domain::MediaSource::Blob { hash, .. } => Some(hash.to_string()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

//! Rows that wait to be stored.

mod put;

use super::{Captured, NewCall, NewWire, place};
use crate::{StoreError, StoredResponse, bulk, decisions::DecisionRow, rows, tags};
use domain::{Attempt, CompletionState, Hash, InstanceId, MediaSource, MessageId, Part, PrefixKey, Target};
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Longest name of a tag, in characters.
const TAG: usize = 50;

/// What a call becomes, row by row. Ids of rows are drawn here: nobody else writes meanwhile.
#[derive(Debug)]
pub(super) struct Rows {
    instance: i64,
    next: Next,
    contents: Vec<(Hash, String)>,
    known: HashSet<Hash>,
    links: HashSet<(Hash, Hash)>,
    files: HashMap<Hash, (String, Vec<u8>)>,
    conversations: Vec<NewTalk>,
    branches: Vec<NewBranch>,
    runs: Vec<NewRun>,
    completions: Vec<NewCompletion>,
    decisions: Vec<(i64, DecisionRow)>,
    messages: Vec<NewNode>,
    attempts: Vec<(i64, i64, Attempt)>,
    wires: Vec<(i64, NewWire, Option<u16>)>,
    tips: Vec<(i64, i64)>,
    touched: Vec<(i64, i64)>,
    tags: BTreeMap<String, Vec<i64>>,
    responses: Vec<StoredResponse>,
}

#[derive(Debug)]
struct Next {
    conversation: i64,
    branch: i64,
    message: i64,
    run: i64,
    completion: i64,
    attempt: i64,
}

#[derive(Debug)]
struct NewTalk {
    row: i64,
    uid: domain::ConversationId,
    title: String,
    head: Option<i64>,
    system: Option<Hash>,
    scope: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Debug)]
struct NewBranch {
    row: i64,
    uid: domain::BranchId,
    conversation: i64,
    name: String,
    kind: &'static str,
    tip: Option<i64>,
    target: String,
    ord: i64,
}

#[derive(Debug)]
struct NewRun {
    row: i64,
    conversation: Option<i64>,
    scope: Option<i64>,
    call: Head,
}

/// What a run has of its call.
#[derive(Debug)]
struct Head {
    uid: domain::RunId,
    kind: &'static str,
    at: i64,
    client: Option<String>,
    idempotency: Option<String>,
    request: String,
    route: String,
    stream: bool,
    status: Option<u16>,
    cached: Option<&'static str>,
    saved: Option<i64>,
}

#[derive(Debug)]
struct NewCompletion {
    row: i64,
    uid: domain::CompletionId,
    run: i64,
    branch: Option<i64>,
    requested: String,
    served: Option<String>,
    params: String,
    system: Option<Hash>,
    tools: Option<Hash>,
    state: CompletionState,
    metrics: domain::Metrics,
    created_at: i64,
    ended_at: i64,
}

/// A node to be stored.
#[derive(Debug)]
pub(super) struct NewNode {
    pub(super) row: i64,
    pub(super) uid: MessageId,
    pub(super) conversation: i64,
    pub(super) parent: Option<i64>,
    pub(super) depth: i64,
    pub(super) jump: Option<i64>,
    pub(super) role: &'static str,
    pub(super) status: &'static str,
    pub(super) content: Option<Hash>,
    pub(super) hash: Hash,
    pub(super) prefix: Option<PrefixKey>,
    pub(super) scope: Option<i64>,
    pub(super) completion: Option<i64>,
    pub(super) at: i64,
}

fn bump(next: &mut i64) -> i64 {
    let row = *next;
    *next += 1;
    row
}

fn key(hash: Option<&Hash>) -> Option<&[u8]> {
    hash.map(|hash| hash.bytes().as_slice())
}

impl Rows {
    /// For calls that this instance made.
    pub(super) async fn begin(tx: &mut SqliteConnection, instance: InstanceId) -> Result<Self, StoreError> {
        // One that the data does not know, since a backup was put in its place, has gone in any case.
        sqlx::query(
            "INSERT INTO instance (uid, kind, pid, started_at, gone) VALUES (?, 'lost', 0, 0, 1)
            ON CONFLICT (uid) DO NOTHING",
        )
        .bind(instance.bytes())
        .execute(&mut *tx)
        .await?;
        let found: Option<(i64, i64, i64, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT id, (SELECT coalesce(max(id), 0) + 1 FROM conversation),
                (SELECT coalesce(max(id), 0) + 1 FROM branch), (SELECT coalesce(max(id), 0) + 1 FROM message),
                (SELECT coalesce(max(id), 0) + 1 FROM run), (SELECT coalesce(max(id), 0) + 1 FROM completion),
                (SELECT coalesce(max(id), 0) + 1 FROM attempt)
            FROM instance WHERE uid = ?",
        )
        .bind(instance.bytes())
        .fetch_optional(tx)
        .await?;
        let (instance, conversation, branch, message, run, completion, attempt) =
            found.ok_or_else(|| StoreError::missing("instance", &instance))?;
        Ok(Self {
            instance,
            next: Next { conversation, branch, message, run, completion, attempt },
            contents: Vec::new(),
            known: HashSet::new(),
            links: HashSet::new(),
            files: HashMap::new(),
            conversations: Vec::new(),
            branches: Vec::new(),
            runs: Vec::new(),
            completions: Vec::new(),
            decisions: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            wires: Vec::new(),
            tips: Vec::new(),
            touched: Vec::new(),
            tags: BTreeMap::new(),
            responses: Vec::new(),
        })
    }

    pub(super) fn next_message(&mut self) -> i64 {
        bump(&mut self.next.message)
    }

    /// Takes a content once.
    pub(super) fn content(&mut self, parts: &[Part], call: &NewCall) -> Result<Option<Hash>, StoreError> {
        let Some((json, hash)) = place::stored(parts)? else { return Ok(None) };
        if !self.known.insert(hash) {
            return Ok(Some(hash));
        }
        for part in parts {
            let (Part::Image { source, .. } | Part::File { source, .. }) = part else { continue };
            let MediaSource::Blob { hash: file, .. } = source else { continue };
            self.links.insert((hash, *file));
            let files = call.said.as_ref().map_or(&[][..], |said| &said.files);
            if let Some(found) = files.iter().find(|one| one.hash == *file) {
                self.files.entry(*file).or_insert_with(|| (found.media_type.clone(), found.bytes.clone()));
            }
        }
        self.contents.push((hash, json));
        Ok(Some(hash))
    }

    /// A conversation that begins: its row, and its place among those of this batch.
    pub(super) fn conversation(
        &mut self,
        call: &NewCall,
        said: &Captured,
        key: Option<&(i64, String)>,
    ) -> Result<(i64, usize), StoreError> {
        let row = bump(&mut self.next.conversation);
        let system = self.text(said.system.as_deref(), call)?;
        self.conversations.push(NewTalk {
            row,
            uid: said.conversation,
            title: said.title.clone(),
            head: None,
            system,
            scope: key.map(|(row, _)| *row),
            created_at: call.at.millis(),
            updated_at: call.ended_at.millis(),
        });
        for name in key.map(|(_, name)| name).into_iter().chain(&said.tags) {
            let name: String = name.trim().chars().filter(|c| !c.is_control()).take(TAG).collect();
            if !name.is_empty() {
                self.tags.entry(name).or_default().push(row);
            }
        }
        Ok((row, self.conversations.len() - 1))
    }

    pub(super) fn head(&mut self, conversation: usize, branch: i64) {
        self.conversations[conversation].head = Some(branch);
    }

    /// A branch that begins: its row, and its place among those of this batch.
    pub(super) fn branch(
        &mut self,
        conversation: i64,
        said: &Captured,
        target: &Target,
        name: String,
        ord: i64,
    ) -> (i64, usize) {
        let row = bump(&mut self.next.branch);
        let kind = if ord == 0 { "main" } else { "named" };
        let target = target.to_string();
        self.branches.push(NewBranch {
            row,
            uid: said.branch,
            conversation,
            name,
            kind,
            tip: None,
            target,
            ord,
        });
        (row, self.branches.len() - 1)
    }

    /// Where a branch stands in the end.
    pub(super) fn tip(&mut self, branch: i64, begins: Option<usize>, tip: Option<i64>) {
        match (begins, tip) {
            (Some(at), _) => self.branches[at].tip = tip,
            (None, Some(tip)) => self.tips.push((branch, tip)),
            (None, None) => {}
        }
    }

    /// When a conversation has grown.
    pub(super) fn touched(&mut self, conversation: i64, begins: Option<usize>, at: i64) {
        match begins {
            Some(index) => self.conversations[index].updated_at = at,
            None => self.touched.push((conversation, at)),
        }
    }

    pub(super) fn message(&mut self, node: NewNode) {
        self.messages.push(node);
    }

    pub(super) fn response(&mut self, name: &str, call: &NewCall, message: MessageId) {
        self.responses.push(StoredResponse {
            name: name.to_owned(),
            key: call.key,
            completion: call.completion,
            message,
            created_at: call.ended_at,
        });
    }

    /// A run with its completion, its attempts and what went over the wire; the completion's row.
    pub(super) fn call(
        &mut self,
        call: &NewCall,
        into: Option<(i64, i64)>,
        scope: Option<i64>,
        said: Option<&Captured>,
    ) -> Result<i64, StoreError> {
        let (run, row) = (bump(&mut self.next.run), bump(&mut self.next.completion));
        self.runs.push(NewRun {
            row: run,
            conversation: into.map(|(conversation, _)| conversation),
            scope,
            call: Head {
                uid: call.run,
                kind: call.kind.as_str(),
                at: call.at.millis(),
                client: call.client.clone(),
                idempotency: call.idempotency.clone(),
                request: call.request.clone(),
                route: call.route.clone(),
                stream: call.stream,
                status: call.status,
                cached: call.cached.map(|(how, _)| how.as_str()),
                saved: call.cached.and_then(|(_, saved)| saved).map(|saved| saved.0),
            },
        });
        let (mut system, mut tools, mut params) = (None, None, "{}".to_owned());
        if let Some(said) = said {
            system = self.text(said.system.as_deref(), call)?;
            if !said.params.tools.is_empty() {
                let json = rows::to_json(&said.params.tools)?;
                tools = Some(self.json(json));
            }
            let mut own = said.params.clone();
            own.tools = Vec::new();
            params = rows::to_json(&own)?;
        }
        self.completions.push(NewCompletion {
            row,
            uid: call.completion,
            run,
            branch: into.map(|(_, branch)| branch),
            requested: call.requested.to_string(),
            served: call.served.as_ref().map(Target::to_string),
            params,
            system,
            tools,
            state: call.state.clone(),
            metrics: call.metrics,
            created_at: call.at.millis(),
            ended_at: call.ended_at.millis(),
        });
        let mut asked: Vec<String> = Vec::new();
        for one in &call.attempts {
            let target = format!("{}/{}", one.attempt.provider, one.attempt.model);
            if !asked.contains(&target) {
                asked.push(target);
            }
            let attempt = bump(&mut self.next.attempt);
            self.attempts.push((attempt, row, one.attempt.clone()));
            if let Some(wire) = &one.wire {
                self.wires.push((attempt, wire.clone(), one.attempt.http_status));
            }
        }
        let reason = if asked.len() > 1 {
            "asked in this order until one answered"
        } else {
            "you asked for this target"
        };
        let decision = match &call.decision {
            Some(decision) => DecisionRow::of(decision)?,
            None => DecisionRow {
                requested: call.requested.to_string(),
                targets: rows::to_json(&asked)?,
                reason: reason.to_owned(),
                candidates: "[]".to_owned(),
                routed: None,
                policy: None,
                class: None,
                fixed: None,
            },
        };
        self.decisions.push((row, decision));
        Ok(row)
    }

    fn text(&mut self, text: Option<&str>, call: &NewCall) -> Result<Option<Hash>, StoreError> {
        match text {
            Some(text) => self.content(&[Part::text(text)], call),
            None => Ok(None),
        }
    }

    fn json(&mut self, json: String) -> Hash {
        let hash = domain::content_hash(json.as_bytes());
        if self.known.insert(hash) {
            self.contents.push((hash, json));
        }
        hash
    }

    /// Stores it all but the responses, which it gives back: they are few.
    pub(super) async fn write(self, tx: &mut SqliteConnection) -> Result<Vec<StoredResponse>, StoreError> {
        self.put_contents(tx).await?;
        self.put_trees(tx).await?;
        self.put_calls(tx).await?;
        self.put_nodes(tx).await?;
        self.put_pointers(tx).await?;
        self.put_wires(tx).await?;
        for (name, conversations) in &self.tags {
            let tag = tags::put(tx, name).await?;
            let into = "conversation_tag (conversation_id, tag_id)";
            bulk::insert(
                tx,
                into,
                "(?, ?)",
                " ON CONFLICT DO NOTHING",
                conversations,
                |query, conversation| query.bind(*conversation).bind(tag),
            )
            .await?;
        }
        Ok(self.responses)
    }
}

//! What of a conversation is new, and where it stands.

use super::{Incoming, Taken, take::Rows};
use crate::{StoreError, contents, rows};
use domain::{
    BranchId, CompletionId, Hash, InstanceId, MessageId, Portable, PortableCompletion, PortableMessage,
    RunId, content_hash, node_hash,
};
use sqlx::SqliteConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Conversations that are about to be stored.
pub(super) struct Batch {
    pub(super) rows: Rows,
    instance: i64,
    /// Ids of what is in it, whatever they are ids of.
    ids: HashSet<Uuid>,
    sources: HashSet<(String, String)>,
    next: Next,
}

/// The next row ids; nobody else writes meanwhile.
#[derive(Debug, Clone, Copy)]
struct Next {
    conversation: i64,
    branch: i64,
    message: i64,
    run: i64,
    completion: i64,
}

/// A node that others may stand under.
#[derive(Debug, Clone)]
struct Node {
    row: i64,
    depth: i64,
    jump: Option<i64>,
    /// `None` while it is being written.
    hash: Option<Hash>,
    live: bool,
}

/// What is there of a conversation.
#[derive(Default)]
struct Known {
    by_uid: HashMap<MessageId, i64>,
    by_source: HashMap<String, i64>,
    nodes: HashMap<i64, Node>,
}

impl Batch {
    pub(super) async fn begin(tx: &mut SqliteConnection, instance: InstanceId) -> Result<Self, StoreError> {
        let uid = instance.bytes();
        let row = sqlx::query!(
            r#"SELECT id AS "instance!: i64", (SELECT coalesce(max(id), 0) + 1 FROM conversation) AS "conversation!: i64",
                (SELECT coalesce(max(id), 0) + 1 FROM branch) AS "branch!: i64",
                (SELECT coalesce(max(id), 0) + 1 FROM message) AS "message!: i64",
                (SELECT coalesce(max(id), 0) + 1 FROM run) AS "run!: i64",
                (SELECT coalesce(max(id), 0) + 1 FROM completion) AS "completion!: i64"
            FROM instance WHERE uid = ?"#,
            uid
        )
        .fetch_optional(tx)
        .await?
        .ok_or_else(|| StoreError::missing("instance", &instance))?;
        let next = Next {
            conversation: row.conversation,
            branch: row.branch,
            message: row.message,
            run: row.run,
            completion: row.completion,
        };
        let (rows, ids, sources) = (Rows::default(), HashSet::new(), HashSet::new());
        Ok(Self { rows, instance: row.instance, ids, sources, next })
    }

    /// Whether the same conversation is in it already.
    pub(super) fn has(&self, incoming: &Incoming) -> bool {
        let whole = &incoming.whole;
        self.ids.contains(&whole.id.uuid())
            || source(whole).is_some_and(|source| self.sources.contains(&source))
    }

    /// Writes what was gathered.
    pub(super) async fn flush(&mut self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        self.ids.clear();
        self.sources.clear();
        std::mem::take(&mut self.rows).write(tx).await
    }

    /// Gathers what is new of a conversation.
    pub(super) async fn add(
        &mut self,
        tx: &mut SqliteConnection,
        incoming: &Incoming,
    ) -> Result<Taken, StoreError> {
        let whole = &*incoming.whole;
        if let Some(why) = self.taken_elsewhere(whole) {
            return Ok(Taken::Refused(why));
        }
        match find(tx, whole).await? {
            Found::Deleted => Ok(Taken::Refused(
                "it was deleted here; restore it, or erase it for good, then import it again".to_owned(),
            )),
            Found::Here { row, head } => self.extend(tx, incoming, row, head).await,
            Found::Nowhere => {
                if !incoming.fresh
                    && let Some(why) = collides(tx, whole, None).await?
                {
                    return Ok(Taken::Refused(why));
                }
                self.create(tx, whole).await
            }
        }
    }

    fn taken_elsewhere(&self, whole: &Portable) -> Option<String> {
        ids_of(whole).any(|id| self.ids.contains(&id)).then(shared)
    }

    async fn create(&mut self, tx: &mut SqliteConnection, whole: &Portable) -> Result<Taken, StoreError> {
        let conversation = bump(&mut self.next.conversation);
        let system = contents::put_text(tx, whole.system.as_deref()).await?;
        self.rows.conversation(conversation, whole, system);
        let known = Known::default();
        self.fill(tx, conversation, whole, known, true).await?;
        self.ids.extend(ids_of(whole));
        self.sources.extend(source(whole));
        let messages = u32::try_from(whole.messages.len()).unwrap_or(u32::MAX);
        Ok(Taken::Added { conversation: whole.id, messages })
    }

    async fn extend(
        &mut self,
        tx: &mut SqliteConnection,
        incoming: &Incoming,
        conversation: i64,
        uid: Vec<u8>,
    ) -> Result<Taken, StoreError> {
        let whole = &*incoming.whole;
        if !incoming.fresh
            && let Some(why) = collides(tx, whole, Some(conversation)).await?
        {
            return Ok(Taken::Refused(why));
        }
        let known = known(tx, conversation).await?;
        let added = self.fill(tx, conversation, whole, known, false).await?;
        if added == 0 {
            return Ok(Taken::Known);
        }
        self.ids.extend(ids_of(whole));
        self.sources.extend(source(whole));
        self.rows.touched(conversation, whole.updated_at.millis());
        let conversation = domain::ConversationId::from_bytes(&uid)?;
        Ok(Taken::Added { conversation, messages: added })
    }

    /// Gathers the messages that are not known, and what belongs to them.
    async fn fill(
        &mut self,
        tx: &mut SqliteConnection,
        conversation: i64,
        whole: &Portable,
        mut known: Known,
        new: bool,
    ) -> Result<u32, StoreError> {
        let fresh_before = self.next.message;
        let branches = self.branches(tx, conversation, whole, new).await?;
        let judged: HashSet<RunId> = whole.judgements.iter().map(|judgement| judgement.run).collect();
        let judges =
            whole.runs.iter().filter(|run| judged.contains(&run.id)).flat_map(|run| &run.completions);
        let wanted: HashSet<CompletionId> = whole
            .messages
            .iter()
            .filter(|message| known.row_of(message).is_none())
            .filter_map(|message| message.completion)
            .chain(judges.map(|completion| completion.id))
            .collect();
        let mut completions = self.runs(tx, conversation, whole, &branches, &wanted, new).await?;
        for id in wanted {
            // A copy's completion may be of another conversation.
            if !completions.contains_key(&id) {
                let uid = id.bytes();
                let row =
                    sqlx::query_scalar!(r#"SELECT id AS "id!: i64" FROM completion WHERE uid = ?"#, uid)
                        .fetch_optional(&mut *tx)
                        .await?;
                completions.extend(row.map(|row| (id, row)));
            }
        }
        let mut added = 0;
        for message in &whole.messages {
            if let Some(row) = known.row_of(message) {
                // The file may call it otherwise.
                known.by_uid.insert(message.id, row);
                continue;
            }
            let parent = message.parent.as_ref().and_then(|id| known.terminal(id)).map(|(row, _)| row);
            // What it is to stand under was deleted here, or is still being written.
            if parent.is_none() && message.parent.is_some() {
                continue;
            }
            let here = |id: &MessageId| known.terminal(id);
            let sources: Vec<(Option<i64>, Hash)> = message
                .sources
                .iter()
                .map(|source| {
                    source
                        .id
                        .as_ref()
                        .and_then(here)
                        .map_or((None, source.hash), |(row, hash)| (Some(row), hash))
                })
                .collect();
            let row = bump(&mut self.next.message);
            let node = self.message(conversation, row, message, parent, &sources, &known, &completions);
            known.by_uid.insert(message.id, row);
            known.nodes.insert(row, node);
            added += 1;
        }
        self.pointers(whole, conversation, &known, &branches, fresh_before, new);
        self.marks(tx, whole, &known, new).await?;
        Ok(added)
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is where one message stands")]
    fn message(
        &mut self,
        conversation: i64,
        row: i64,
        message: &PortableMessage,
        parent: Option<i64>,
        sources: &[(Option<i64>, Hash)],
        known: &Known,
        completions: &HashMap<CompletionId, i64>,
    ) -> Node {
        let above = parent.and_then(|parent| known.nodes.get(&parent));
        let text = message.parts.get();
        let said = (text != "[]").then(|| self.rows.content(text));
        let hashes: Vec<Hash> = sources.iter().map(|(_, hash)| *hash).collect();
        let hash = node_hash(
            message.role,
            said.unwrap_or_else(|| content_hash(b"[]")),
            above.and_then(|node| node.hash),
            &hashes,
        );
        let jump = above.map(|node| known.jump_below(node));
        let depth = above.map_or(0, |node| node.depth + 1);
        let completion = message.completion.and_then(|id| completions.get(&id).copied());
        let continues = message.continues.as_ref().and_then(|id| known.by_uid.get(id).copied());
        self.rows.message(&super::take::Placed {
            row,
            conversation,
            parent,
            depth,
            jump,
            content: said,
            hash,
            completion,
            continues,
            message,
        });
        for (ord, (source, hash)) in sources.iter().enumerate() {
            self.rows.source(row, ord, *source, *hash);
        }
        Node { row, depth, jump, hash: Some(hash), live: true }
    }

    /// Row ids of branches, those that are not there yet too.
    async fn branches(
        &mut self,
        tx: &mut SqliteConnection,
        conversation: i64,
        whole: &Portable,
        new: bool,
    ) -> Result<HashMap<BranchId, (i64, Option<i64>)>, StoreError> {
        let mut rows = HashMap::new();
        if !new {
            let found = sqlx::query!(
                r#"SELECT id AS "id!: i64", uid, kind, tip_id FROM branch
                WHERE conversation_id = ? AND deletion_id IS NULL ORDER BY ord, id"#,
                conversation
            )
            .fetch_all(&mut *tx)
            .await?;
            for row in &found {
                rows.insert(BranchId::from_bytes(&row.uid)?, (row.id, row.tip_id));
            }
            // The main line of another product's conversation has no id of its own: it is ours.
            if let (Some(main), Some(ours)) = (
                whole.branches.iter().find(|branch| branch.kind == domain::BranchKind::Main),
                found.iter().find(|row| row.kind == "main"),
            ) {
                rows.entry(main.id).or_insert((ours.id, ours.tip_id));
            }
        }
        for branch in &whole.branches {
            if rows.contains_key(&branch.id) {
                continue;
            }
            let row = bump(&mut self.next.branch);
            let system = contents::put_text(tx, branch.system.as_deref()).await?;
            self.rows.branch(row, conversation, branch, system)?;
            rows.insert(branch.id, (row, None));
        }
        Ok(rows)
    }

    /// Row ids of completions, those that are not there yet too.
    async fn runs(
        &mut self,
        tx: &mut SqliteConnection,
        conversation: i64,
        whole: &Portable,
        branches: &HashMap<BranchId, (i64, Option<i64>)>,
        wanted: &HashSet<CompletionId>,
        new: bool,
    ) -> Result<HashMap<CompletionId, i64>, StoreError> {
        let (mut runs, mut rows) = (HashMap::new(), HashMap::new());
        if !new {
            let found = sqlx::query!(
                r#"SELECT run.id AS "run!: i64", run.uid AS run_uid, completion.id AS "completion?: i64",
                    completion.uid AS "uid?: Vec<u8>"
                FROM run LEFT JOIN completion ON completion.run_id = run.id WHERE run.conversation_id = ?"#,
                conversation
            )
            .fetch_all(&mut *tx)
            .await?;
            for row in found {
                runs.insert(RunId::from_bytes(&row.run_uid)?, row.run);
                if let (Some(id), Some(uid)) = (row.completion, row.uid) {
                    rows.insert(CompletionId::from_bytes(&uid)?, id);
                }
            }
        }
        for run in &whole.runs {
            // Of another product's, only what its new messages need: the others are known by other ids.
            let missing: Vec<&PortableCompletion> = run
                .completions
                .iter()
                .filter(|c| !rows.contains_key(&c.id) && (new || wanted.contains(&c.id)))
                .collect();
            if missing.is_empty() && !(new && run.completions.is_empty()) {
                continue;
            }
            let run_row = if let Some(row) = runs.get(&run.id) {
                *row
            } else {
                let row = bump(&mut self.next.run);
                self.rows.run(row, conversation, self.instance, run);
                runs.insert(run.id, row);
                row
            };
            for completion in missing {
                let row = bump(&mut self.next.completion);
                let system = contents::put_text(tx, completion.system.as_deref()).await?;
                let mut params = completion.params.clone();
                let tools = std::mem::take(&mut params.tools);
                let tools = if tools.is_empty() {
                    None
                } else {
                    Some(contents::put_json(tx, &rows::to_json(&tools)?).await?)
                };
                let branch = completion.branch.and_then(|id| branches.get(&id)).map(|(row, _)| *row);
                let params = rows::to_json(&params)?;
                self.rows.completion(super::take::Answered {
                    row,
                    run: run_row,
                    branch,
                    params,
                    system,
                    tools,
                    completion,
                })?;
                rows.insert(completion.id, row);
            }
        }
        Ok(rows)
    }

    /// Tips and the head. A branch that is there goes on only where it was left as the last export saw it.
    fn pointers(
        &mut self,
        whole: &Portable,
        conversation: i64,
        known: &Known,
        branches: &HashMap<BranchId, (i64, Option<i64>)>,
        fresh_from: i64,
        new: bool,
    ) {
        let by_id: HashMap<MessageId, &PortableMessage> =
            whole.messages.iter().map(|message| (message.id, message)).collect();
        for branch in &whole.branches {
            let Some((row, stands)) = branches.get(&branch.id).copied() else { continue };
            let Some(tip) = branch.tip.as_ref().and_then(|tip| known.terminal_any(tip, &by_id)) else {
                continue;
            };
            match stands {
                None => self.rows.tip(row, tip),
                Some(stands) if stands != tip => {
                    // Up from the new end to where the new ones begin.
                    let mut above = branch.tip.and_then(|tip| by_id.get(&tip).copied());
                    let joins = loop {
                        let Some(message) = above else { break None };
                        let Some(row) = known.row_of(message) else { break None };
                        if row < fresh_from {
                            break Some(row);
                        }
                        above = message.parent.and_then(|parent| by_id.get(&parent).copied());
                    };
                    if joins == Some(stands) {
                        self.rows.tip(row, tip);
                    }
                }
                Some(_) => {}
            }
        }
        if new && let Some((head, _)) = whole.head.and_then(|head| branches.get(&head)) {
            self.rows.head(conversation, *head);
        }
    }

    async fn marks(
        &mut self,
        tx: &mut SqliteConnection,
        whole: &Portable,
        known: &Known,
        new: bool,
    ) -> Result<(), StoreError> {
        for bookmark in &whole.bookmarks {
            if let Some(row) = known.by_uid.get(&bookmark.message) {
                self.rows.bookmark(*row, bookmark);
            }
        }
        for view in &whole.sibling_views {
            let rows = (known.by_uid.get(&view.message), known.by_uid.get(&view.tip));
            if let (Some(message), Some(tip)) = rows {
                self.rows.view(*message, *tip, view.scroll);
            }
        }
        for vote in &whole.votes {
            let on = vote.on.iter().map(|on| Some((*known.by_uid.get(&on.message)?, on))).collect();
            let on: Option<Vec<_>> = on;
            if let Some(on) = on {
                self.rows.vote(vote, on);
            }
        }
        for judgement in &whole.judgements {
            if let (Some(a), Some(b)) = (known.by_uid.get(&judgement.a), known.by_uid.get(&judgement.b)) {
                self.rows.judgement(*a, *b, judgement);
            }
        }
        if new {
            for tag in &whole.tags {
                sqlx::query!("INSERT OR IGNORE INTO tag (name) VALUES (?)", tag).execute(&mut *tx).await?;
                self.rows.tag(whole.id.uuid(), tag);
            }
        }
        Ok(())
    }
}

impl Known {
    fn row_of(&self, message: &PortableMessage) -> Option<i64> {
        let by_uid = self.by_uid.get(&message.id).copied();
        by_uid.or_else(|| message.source_id.as_ref().and_then(|id| self.by_source.get(id)).copied())
    }

    /// A live node that has ended.
    fn terminal(&self, id: &MessageId) -> Option<(i64, Hash)> {
        let row = *self.by_uid.get(id)?;
        let node = self.nodes.get(&row).filter(|node| node.live)?;
        Some((row, node.hash?))
    }

    /// The same by the file's id, or that of the product it came from.
    fn terminal_any(&self, id: &MessageId, by_id: &HashMap<MessageId, &PortableMessage>) -> Option<i64> {
        let row = self.row_of(by_id.get(id)?)?;
        self.nodes.get(&row).filter(|node| node.live).map(|node| node.row)
    }

    /// Where a child of this node jumps to: see `messages/insert.rs`.
    fn jump_below(&self, node: &Node) -> i64 {
        // A root jumps to itself.
        let jump = node.jump.and_then(|row| self.nodes.get(&row)).unwrap_or(node);
        let far = jump.jump.and_then(|row| self.nodes.get(&row)).unwrap_or(jump);
        if node.depth - jump.depth == jump.depth - far.depth { far.row } else { node.row }
    }
}

enum Found {
    Nowhere,
    Deleted,
    Here { row: i64, head: Vec<u8> },
}

/// The conversation as it is here: by its id, else by where it came from.
async fn find(tx: &mut SqliteConnection, whole: &Portable) -> Result<Found, StoreError> {
    let uid = whole.id.bytes();
    let row =
        sqlx::query!(r#"SELECT id AS "id!: i64", uid, deletion_id FROM conversation WHERE uid = ?"#, uid)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some(row) = row {
        return Ok(if row.deletion_id.is_some() {
            Found::Deleted
        } else {
            Found::Here { row: row.id, head: row.uid }
        });
    }
    let Some((system, id)) = source(whole) else { return Ok(Found::Nowhere) };
    let row = sqlx::query!(
        r#"SELECT id AS "id!: i64", uid FROM conversation
        WHERE source_system = ? AND source_id = ? AND deletion_id IS NULL ORDER BY id LIMIT 1"#,
        system,
        id
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map_or(Found::Nowhere, |row| Found::Here { row: row.id, head: row.uid }))
}

async fn known(tx: &mut SqliteConnection, conversation: i64) -> Result<Known, StoreError> {
    let found = sqlx::query!(
        r#"SELECT id AS "id!: i64", uid, source_id, depth, jump_id, hash, deletion_id FROM message
        WHERE conversation_id = ? ORDER BY id"#,
        conversation
    )
    .fetch_all(tx)
    .await?;
    let mut known = Known::default();
    for row in found {
        known.by_uid.insert(MessageId::from_bytes(&row.uid)?, row.id);
        if let Some(source) = row.source_id {
            // The first of several: the others are copies of it.
            known.by_source.entry(source).or_insert(row.id);
        }
        let hash = row.hash.as_deref().map(rows::hash).transpose()?;
        let live = row.deletion_id.is_none();
        known.nodes.insert(row.id, Node { row: row.id, depth: row.depth, jump: row.jump_id, hash, live });
    }
    Ok(known)
}

/// Whether something of it is here already, in another conversation.
async fn collides(
    tx: &mut SqliteConnection,
    whole: &Portable,
    conversation: Option<i64>,
) -> Result<Option<String>, StoreError> {
    let hex = |ids: &mut dyn Iterator<Item = Uuid>| {
        rows::to_json(&ids.map(|id| id.simple().to_string()).collect::<Vec<_>>())
    };
    let messages = hex(&mut whole.messages.iter().map(|message| message.id.uuid()))?;
    let branches = hex(&mut whole.branches.iter().map(|branch| branch.id.uuid()))?;
    let runs = hex(&mut whole.runs.iter().map(|run| run.id.uuid()))?;
    let completions = hex(&mut whole.runs.iter().flat_map(|run| &run.completions).map(|c| c.id.uuid()))?;
    let attempts = hex(&mut whole
        .runs
        .iter()
        .flat_map(|run| &run.completions)
        .flat_map(|completion| &completion.attempts)
        .map(|attempt| attempt.id.uuid()))?;
    let bookmarks = hex(&mut whole.bookmarks.iter().map(|bookmark| bookmark.id))?;
    let votes = hex(&mut whole.votes.iter().map(|vote| vote.id))?;
    let judgements = hex(&mut whole.judgements.iter().map(|judgement| judgement.id))?;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM json_each(?2) AS one JOIN message ON message.uid = unhex(one.value)
                WHERE message.conversation_id IS NOT ?1)
            OR EXISTS (SELECT 1 FROM json_each(?3) AS one JOIN branch ON branch.uid = unhex(one.value)
                WHERE branch.conversation_id IS NOT ?1)
            OR EXISTS (SELECT 1 FROM json_each(?4) AS one JOIN run ON run.uid = unhex(one.value)
                WHERE run.conversation_id IS NOT ?1)
            OR EXISTS (SELECT 1 FROM json_each(?5) AS one JOIN completion ON completion.uid = unhex(one.value)
                JOIN run ON run.id = completion.run_id WHERE run.conversation_id IS NOT ?1)
            OR EXISTS (SELECT 1 FROM json_each(?6) AS one JOIN attempt ON attempt.uid = unhex(one.value)
                JOIN completion ON completion.id = attempt.completion_id
                JOIN run ON run.id = completion.run_id WHERE run.conversation_id IS NOT ?1)
            OR EXISTS (SELECT 1 FROM json_each(?7) AS one JOIN bookmark ON bookmark.uid = unhex(one.value)
                JOIN message ON message.id = bookmark.message_id WHERE message.conversation_id IS NOT ?1)
            OR EXISTS (SELECT 1 FROM json_each(?8) AS one JOIN vote ON vote.uid = unhex(one.value)
                JOIN run ON run.id = vote.run_id WHERE run.conversation_id IS NOT ?1)
            OR EXISTS (SELECT 1 FROM json_each(?9) AS one JOIN judgement ON judgement.uid = unhex(one.value)
                JOIN run ON run.id = judgement.run_id WHERE run.conversation_id IS NOT ?1) AS "found!: bool""#,
        conversation,
        messages,
        branches,
        runs,
        completions,
        attempts,
        bookmarks,
        votes,
        judgements
    )
    .fetch_one(tx)
    .await?;
    Ok(found.then(shared))
}

fn shared() -> String {
    "something in it belongs to another conversation already".to_owned()
}

fn source(whole: &Portable) -> Option<(String, String)> {
    Some((whole.source_system.clone()?, whole.source_id.clone()?))
}

fn ids_of(whole: &Portable) -> impl Iterator<Item = Uuid> {
    let asked = whole.runs.iter().flat_map(|run| {
        let completions = run.completions.iter();
        std::iter::once(run.id.uuid()).chain(completions.flat_map(|completion| {
            std::iter::once(completion.id.uuid())
                .chain(completion.attempts.iter().map(|attempt| attempt.id.uuid()))
        }))
    });
    std::iter::once(whole.id.uuid())
        .chain(whole.messages.iter().map(|message| message.id.uuid()))
        .chain(whole.branches.iter().map(|branch| branch.id.uuid()))
        .chain(asked)
        .chain(whole.bookmarks.iter().map(|bookmark| bookmark.id))
        .chain(whole.votes.iter().map(|vote| vote.id))
        .chain(whole.judgements.iter().map(|judgement| judgement.id))
}

fn bump(next: &mut i64) -> i64 {
    let row = *next;
    *next += 1;
    row
}

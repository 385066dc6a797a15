//! A conversation whole, as it goes out.

use super::{Moving, uuid};
use crate::{StoreError, branches::branches, completions::completions, rows};
use domain::{
    Attempt, Branch, BranchId, Completion, CompletionId, ConversationId, Decision, MessageId, Portable,
    PortableBookmark, PortableBranch, PortableCompletion, PortableJudgement, PortableMessage,
    PortableOpinion, PortableRun, PortableScore, PortableSource, PortableSynthesis, PortableView,
    PortableVote, RunId, Timestamp,
};
use serde_json::value::RawValue;
use sqlx::SqliteConnection;
use std::collections::{HashMap, HashSet};

impl Moving<'_> {
    /// A conversation with everything that is kept of it: live messages that have ended, and what belongs to
    /// them. `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn give(&self, id: ConversationId) -> Result<Option<Portable>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let tx = &mut *snapshot;
        let uid = id.bytes();
        let row = sqlx::query!(
            r#"SELECT c.id AS "id!: i64", c.title, c.title_by, c.source, c.source_system, c.source_id, c.pinned,
                c.archived, c.created_at, c.updated_at, content.parts AS "system?", folder.uid AS "folder?",
                branch.uid AS "head?"
            FROM conversation AS c LEFT JOIN content ON content.id = c.system_content_id
            LEFT JOIN folder ON folder.id = c.folder_id
            LEFT JOIN branch ON branch.id = c.head_branch_id
            WHERE c.uid = ? AND c.deletion_id IS NULL"#,
            uid
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let tags = sqlx::query_scalar!(
            "SELECT tag.name FROM conversation_tag JOIN tag ON tag.id = tag_id
            WHERE conversation_id = ? ORDER BY tag.name",
            row.id
        )
        .fetch_all(&mut *tx)
        .await?;
        let messages = messages(tx, row.id).await?;
        let here: HashSet<MessageId> = messages.iter().map(|message| message.id).collect();
        let branches = of_branches(tx, id, &here).await?;
        let runs = runs(tx, row.id).await?;
        let (bookmarks, votes, sibling_views) = marks(tx, row.id, &here).await?;
        let judgements = judgements(tx, row.id, &here).await?;
        Ok(Some(Portable {
            id,
            title: row.title,
            titled_by_user: row.title_by == "user",
            source: rows::word(&row.source)?,
            source_system: row.source_system,
            source_id: row.source_id,
            system: crate::contents::text(row.system.as_deref())?,
            folder: row.folder.as_deref().map(uuid).transpose()?,
            tags,
            pinned: row.pinned != 0,
            archived: row.archived != 0,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            head: row.head.as_deref().map(BranchId::from_bytes).transpose()?,
            messages,
            branches,
            runs,
            bookmarks,
            votes,
            judgements,
            sibling_views,
        }))
    }
}

async fn messages(tx: &mut SqliteConnection, conversation: i64) -> Result<Vec<PortableMessage>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT m.id AS "id!: i64", m.uid, parent.uid AS "parent?", m.role, m.status, content.parts AS "parts?",
            m.hash AS "hash!", completion.uid AS "completion?", m.choice, continues.uid AS "continues?", m.copied, m.hidden,
            m.source_id, m.created_at
        FROM message AS m LEFT JOIN message AS parent ON parent.id = m.parent_id
        LEFT JOIN content ON content.id = m.content_id
        LEFT JOIN completion ON completion.id = m.completion_id
        LEFT JOIN message AS continues ON continues.id = m.continues_id AND continues.deletion_id IS NULL
        WHERE m.conversation_id = ? AND m.deletion_id IS NULL AND m.status <> 'streaming' ORDER BY m.id"#,
        conversation
    )
    .fetch_all(&mut *tx)
    .await?;
    let merged = sqlx::query!(
        r#"SELECT message_source.message_id, source.uid AS "uid?", message_source.hash FROM message_source
        JOIN message ON message.id = message_source.message_id
        LEFT JOIN message AS source ON source.id = message_source.source_id AND source.deletion_id IS NULL
            AND source.conversation_id = message.conversation_id
        WHERE message.conversation_id = ? ORDER BY message_source.message_id, message_source.ord"#,
        conversation
    )
    .fetch_all(tx)
    .await?;
    let mut sources: HashMap<i64, Vec<PortableSource>> = HashMap::new();
    for row in merged {
        let id = row.uid.as_deref().map(MessageId::from_bytes).transpose()?;
        sources.entry(row.message_id).or_default().push(PortableSource { id, hash: rows::hash(&row.hash)? });
    }
    found
        .into_iter()
        .map(|row| {
            let parts = row.parts.unwrap_or_else(|| "[]".to_owned());
            Ok(PortableMessage {
                id: MessageId::from_bytes(&row.uid)?,
                parent: row.parent.as_deref().map(MessageId::from_bytes).transpose()?,
                sources: sources.remove(&row.id).unwrap_or_default(),
                role: rows::word(&row.role)?,
                status: rows::word(&row.status)?,
                parts: RawValue::from_string(parts)?,
                hash: Some(rows::hash(&row.hash)?),
                completion: row.completion.as_deref().map(CompletionId::from_bytes).transpose()?,
                choice: rows::count(row.choice),
                continues: row.continues.as_deref().map(MessageId::from_bytes).transpose()?,
                copied: row.copied != 0,
                hidden: row.hidden != 0,
                source_id: row.source_id,
                created_at: Timestamp::from_millis(row.created_at),
            })
        })
        .collect()
}

async fn of_branches(
    tx: &mut SqliteConnection,
    id: ConversationId,
    here: &HashSet<MessageId>,
) -> Result<Vec<PortableBranch>, StoreError> {
    let uid = id.bytes();
    let found = branches!("conversation.uid = ? ORDER BY b.id", uid).fetch_all(&mut *tx).await?;
    let pinned = sqlx::query!(
        r#"SELECT branch.uid, branch.pinned, parent.uid AS "tip_parent?" FROM branch
        JOIN conversation ON conversation.id = branch.conversation_id
        LEFT JOIN message AS tip ON tip.id = branch.tip_id
        LEFT JOIN message AS parent ON parent.id = tip.parent_id
        WHERE conversation.uid = ? AND branch.deletion_id IS NULL"#,
        uid
    )
    .fetch_all(tx)
    .await?;
    let mut beside: HashMap<BranchId, (bool, Option<MessageId>)> = HashMap::new();
    for row in pinned {
        let parent = row.tip_parent.as_deref().map(MessageId::from_bytes).transpose()?;
        beside.insert(BranchId::from_bytes(&row.uid)?, (row.pinned != 0, parent));
    }
    found
        .into_iter()
        .map(|row| {
            let branch = Branch::try_from(row)?;
            let (pinned, above) = beside.get(&branch.id).copied().unwrap_or_default();
            Ok(PortableBranch {
                id: branch.id,
                name: branch.name,
                kind: branch.kind,
                // An answer that is still being written stays here; its branch ends above it.
                tip: branch.tip.filter(|tip| here.contains(tip)).or(above.filter(|tip| here.contains(tip))),
                target: branch.target,
                params: branch.params,
                system: branch.system,
                pinned,
                ord: branch.ord,
                shown: branch.shown,
                scroll: branch.scroll,
            })
        })
        .collect()
}

/// System text, end, and how a merge was asked for.
type Beside = (Option<String>, Option<Timestamp>, Option<PortableSynthesis>);

async fn runs(tx: &mut SqliteConnection, conversation: i64) -> Result<Vec<PortableRun>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT id AS "id!: i64", uid, kind, origin, last_seq, created_at FROM run
        WHERE conversation_id = ? ORDER BY id"#,
        conversation
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut attempts: HashMap<CompletionId, Vec<Attempt>> = HashMap::new();
    for attempt in crate::attempts::of_conversation(tx, conversation).await? {
        attempts.entry(attempt.completion_id).or_default().push(attempt);
    }
    let mut decisions: HashMap<CompletionId, Decision> = HashMap::new();
    let mut systems: HashMap<CompletionId, Beside> = HashMap::new();
    let beside = sqlx::query!(
        r#"SELECT completion.uid, completion.ended_at, content.parts AS "system?", decision.requested AS "requested?",
            decision.targets AS "targets?", decision.reason AS "reason?", decision.candidates AS "candidates?",
            decision.routed AS "routed?",
            synthesis.how AS "how?", synthesis.instruction AS "instruction?"
        FROM completion JOIN run ON run.id = completion.run_id
        LEFT JOIN content ON content.id = completion.system_content_id
        LEFT JOIN decision ON decision.completion_id = completion.id
        LEFT JOIN synthesis ON synthesis.completion_id = completion.id
        WHERE run.conversation_id = ?"#,
        conversation
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in beside {
        let id = CompletionId::from_bytes(&row.uid)?;
        let system = crate::contents::text(row.system.as_deref())?;
        let instruction = row.instruction.unwrap_or_default();
        let synthesis = row.how.map(|how| PortableSynthesis { how, instruction });
        systems.insert(id, (system, row.ended_at.map(Timestamp::from_millis), synthesis));
        if let (Some(requested), Some(targets), Some(reason), Some(candidates)) =
            (row.requested, row.targets, row.reason, row.candidates)
        {
            let routed = row.routed.as_deref();
            decisions.insert(id, crate::decisions::read(&requested, &targets, reason, &candidates, routed)?);
        }
    }
    let asked = completions!("run.conversation_id = ? ORDER BY c.run_id, c.ord", conversation)
        .fetch_all(&mut *tx)
        .await?;
    let mut answers: HashMap<RunId, Vec<PortableCompletion>> = HashMap::new();
    for row in asked {
        let completion = Completion::try_from(row)?;
        if !completion.state.is_terminal() {
            continue;
        }
        let (system, ended_at, synthesis) = systems.remove(&completion.id).unwrap_or_default();
        answers.entry(completion.run_id).or_default().push(PortableCompletion {
            id: completion.id,
            ord: completion.ord,
            branch: completion.branch_id,
            requested: completion.requested,
            served: completion.served,
            params: completion.params,
            system,
            state: completion.state,
            metrics: completion.metrics,
            created_at: completion.created_at,
            ended_at,
            synthesis,
            attempts: attempts.remove(&completion.id).unwrap_or_default(),
            decision: decisions.remove(&completion.id),
        });
    }
    found
        .into_iter()
        .map(|row| {
            let id = RunId::from_bytes(&row.uid)?;
            Ok(PortableRun {
                id,
                kind: rows::word(&row.kind)?,
                origin: rows::word(&row.origin)?,
                created_at: Timestamp::from_millis(row.created_at),
                last_seq: rows::count(row.last_seq),
                completions: answers.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

type Marks = (Vec<PortableBookmark>, Vec<PortableVote>, Vec<PortableView>);

async fn marks(
    tx: &mut SqliteConnection,
    conversation: i64,
    here: &HashSet<MessageId>,
) -> Result<Marks, StoreError> {
    let found = sqlx::query!(
        "SELECT bookmark.uid, message.uid AS message, note, bookmark.created_at FROM bookmark
        JOIN message ON message.id = bookmark.message_id WHERE message.conversation_id = ? ORDER BY bookmark.id",
        conversation
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut bookmarks = Vec::new();
    for row in found {
        let message = MessageId::from_bytes(&row.message)?;
        if here.contains(&message) {
            let created_at = Timestamp::from_millis(row.created_at);
            bookmarks.push(PortableBookmark { id: uuid(&row.uid)?, message, note: row.note, created_at });
        }
    }
    let found = sqlx::query!(
        "SELECT vote.uid, run.uid AS run, vote.by, vote.reason, vote.kind, vote.blind, vote.created_at,
            message.uid AS message, vote_on.score
        FROM vote JOIN run ON run.id = vote.run_id
        JOIN vote_on ON vote_on.vote_id = vote.id
        JOIN message ON message.id = vote_on.message_id
        WHERE run.conversation_id = ? ORDER BY vote.id, vote_on.ord, vote_on.message_id",
        conversation
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut votes: Vec<PortableVote> = Vec::new();
    for row in found {
        let (id, on) = (
            uuid(&row.uid)?,
            PortableScore { message: MessageId::from_bytes(&row.message)?, score: row.score },
        );
        match votes.last_mut() {
            Some(vote) if vote.id == id => vote.on.push(on),
            _ => votes.push(PortableVote {
                id,
                run: RunId::from_bytes(&row.run)?,
                by: row.by,
                reason: row.reason,
                created_at: Timestamp::from_millis(row.created_at),
                on: vec![on],
                kind: row.kind,
                blind: row.blind != 0,
            }),
        }
    }
    votes.retain(|vote| vote.on.iter().all(|on| here.contains(&on.message)));
    let found = sqlx::query!(
        "SELECT message.uid AS message, tip.uid AS tip, sibling_view.scroll FROM sibling_view
        JOIN message ON message.id = sibling_view.message_id JOIN message AS tip ON tip.id = sibling_view.tip_id
        WHERE message.conversation_id = ? ORDER BY message.id",
        conversation
    )
    .fetch_all(tx)
    .await?;
    let mut views = Vec::new();
    for row in found {
        let view = PortableView {
            message: MessageId::from_bytes(&row.message)?,
            tip: MessageId::from_bytes(&row.tip)?,
            scroll: row.scroll,
        };
        if here.contains(&view.message) && here.contains(&view.tip) {
            views.push(view);
        }
    }
    Ok((bookmarks, votes, views))
}

/// Judgements of messages that go out, of which every call has ended.
async fn judgements(
    tx: &mut SqliteConnection,
    conversation: i64,
    here: &HashSet<MessageId>,
) -> Result<Vec<PortableJudgement>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT j.uid AS "judgement!", run.uid AS "run!", a.uid AS "a!", b.uid AS "b!", j.rubric, vote.uid AS "vote?",
            j.created_at, completion.uid AS "completion!", completion.state, opinion.swapped, opinion.verdict,
            opinion.reason
        FROM run CROSS JOIN judgement AS j ON j.run_id = run.id
        JOIN message AS a ON a.id = j.a_id JOIN message AS b ON b.id = j.b_id LEFT JOIN vote ON vote.id = j.vote_id
        JOIN opinion ON opinion.judgement_id = j.id JOIN completion ON completion.id = opinion.completion_id
        WHERE run.conversation_id = ? ORDER BY j.id, opinion.swapped"#,
        conversation
    )
    .fetch_all(tx)
    .await?;
    let mut all: Vec<(PortableJudgement, bool)> = Vec::new();
    for row in found {
        let id = uuid(&row.judgement)?;
        if all.last().is_none_or(|(last, _)| last.id != id) {
            let judgement = PortableJudgement {
                id,
                run: RunId::from_bytes(&row.run)?,
                a: MessageId::from_bytes(&row.a)?,
                b: MessageId::from_bytes(&row.b)?,
                rubric: row.rubric,
                vote: row.vote.as_deref().map(uuid).transpose()?,
                created_at: Timestamp::from_millis(row.created_at),
                opinions: Vec::new(),
            };
            let goes = here.contains(&judgement.a) && here.contains(&judgement.b);
            all.push((judgement, goes));
        }
        let Some((judgement, goes)) = all.last_mut() else { continue };
        *goes &= !matches!(row.state.as_str(), "queued" | "streaming");
        judgement.opinions.push(PortableOpinion {
            completion: CompletionId::from_bytes(&row.completion)?,
            swapped: row.swapped != 0,
            verdict: rows::word_or_none(row.verdict.as_deref())?,
            reason: row.reason,
        });
    }
    Ok(all.into_iter().filter_map(|(judgement, goes)| goes.then_some(judgement)).collect())
}

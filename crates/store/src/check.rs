//! Proving that everything is as it was written: hashes, tree, pointers, and SQLite's own checks.

use crate::{Store, StoreError, rows};
use domain::{Hash, content_hash, node_hash};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// Checking.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    pub(crate) store: &'a Store,
}

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Nothing is wrong.
    pub ok: bool,
    /// What is wrong, at most [`CheckReport::MOST`] lines.
    pub problems: Vec<String>,
    /// Conversations, deleted ones included.
    pub conversations: u32,
    /// Messages.
    pub messages: u32,
    /// Contents that were hashed again.
    pub contents: u32,
    /// Blobs that were hashed again.
    pub blobs: u32,
    /// Branches.
    pub branches: u32,
    /// Runs.
    pub runs: u32,
    /// Completions.
    pub completions: u32,
    /// Attempts.
    pub attempts: u32,
}

impl CheckReport {
    /// Longest list of problems.
    pub const MOST: usize = 200;

    fn add(&mut self, problem: impl FnOnce() -> String) {
        if self.problems.len() < Self::MOST {
            self.problems.push(problem());
        }
    }
}

/// Rows read at a time, so that a large store needs little memory.
const CHUNK: i64 = 500;

impl Check<'_> {
    /// Looks at everything, at one moment.
    ///
    /// # Errors
    /// When the file cannot be read at all; damage within it is a problem of the report.
    pub async fn run(&self) -> Result<CheckReport, StoreError> {
        let mut report = CheckReport::default();
        let mut snapshot = self.store.snapshot().await?;
        for step in 0..6 {
            let done = match step {
                0 => counts(&mut snapshot, &mut report).await,
                1 => sqlite(&mut snapshot, &mut report).await,
                2 => contents(&mut snapshot, &mut report).await,
                3 => blobs(&mut snapshot, &mut report).await,
                4 => nodes(&mut snapshot, &mut report).await,
                _ => pointers(&mut snapshot, &mut report).await,
            };
            match done {
                Ok(()) => {}
                Err(StoreError::Damaged(why)) => report.add(|| why),
                Err(error) => return Err(error),
            }
        }
        report.ok = report.problems.is_empty();
        Ok(report)
    }
}

async fn counts(tx: &mut SqliteConnection, report: &mut CheckReport) -> Result<(), StoreError> {
    let row = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM conversation) AS "conversations!: i64",
            (SELECT count(*) FROM branch) AS "branches!: i64", (SELECT count(*) FROM run) AS "runs!: i64",
            (SELECT count(*) FROM completion) AS "completions!: i64", (SELECT count(*) FROM attempt) AS "attempts!: i64""#
    )
    .fetch_one(tx)
    .await?;
    report.conversations = rows::count(row.conversations);
    report.branches = rows::count(row.branches);
    report.runs = rows::count(row.runs);
    report.completions = rows::count(row.completions);
    report.attempts = rows::count(row.attempts);
    Ok(())
}

async fn sqlite(tx: &mut SqliteConnection, report: &mut CheckReport) -> Result<(), StoreError> {
    // The search index looks for what other connections have changed when it is asked something, and not
    // when it is checked: it would miss segments that were merged away since this connection last asked.
    // What is wrong with it, the check says.
    let _ = sqlx::query("SELECT rowid FROM search_text WHERE search_text MATCH '\"any\"' LIMIT 1")
        .fetch_optional(&mut *tx)
        .await;
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(50)").fetch_all(&mut *tx).await?;
    for problem in found.into_iter().filter(|line| line != "ok") {
        report.add(|| format!("integrity_check: {problem}"));
    }
    let loose: Vec<(String, Option<i64>, String)> =
        sqlx::query_as(r#"SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT 50"#)
            .fetch_all(tx)
            .await?;
    for (table, row, parent) in loose {
        report.add(|| {
            format!("row {} of {table} refers to a row of {parent} that is not there", row.unwrap_or(0))
        });
    }
    Ok(())
}

async fn contents(tx: &mut SqliteConnection, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut last = 0;
    loop {
        let chunk = sqlx::query!(
            r#"SELECT id AS "id!", hash, parts FROM content WHERE id > ? ORDER BY id LIMIT ?"#,
            last,
            CHUNK
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(end) = chunk.last() else { return Ok(()) };
        last = end.id;
        for row in chunk {
            report.contents += 1;
            if content_hash(row.parts.as_bytes()).bytes().as_slice() != row.hash {
                report.add(|| format!("content {} is not what was written", row.id));
            }
        }
    }
}

async fn blobs(tx: &mut SqliteConnection, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut last = 0;
    loop {
        // One at a time: a blob may be large.
        let row = sqlx::query!(
            r#"SELECT id AS "id!", hash, bytes, size FROM blob WHERE id > ? ORDER BY id LIMIT 1"#,
            last
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(()) };
        last = row.id;
        report.blobs += 1;
        if Hash::of(&row.bytes).bytes().as_slice() != row.hash || row.size != row.bytes.len() as i64 {
            report.add(|| format!("blob {} is not what was written", row.id));
        }
    }
}

/// Each node against its parent, its sources, and its own hash.
async fn nodes(tx: &mut SqliteConnection, report: &mut CheckReport) -> Result<(), StoreError> {
    let merged = sqlx::query!(
        r#"SELECT message_source.message_id AS "message_id!: i64", message_source.hash, source.hash AS "now?",
            source.id IS NULL OR source.conversation_id = message.conversation_id AS "near!: i64",
            source.id AS "source?: i64"
        FROM message_source JOIN message ON message.id = message_source.message_id
        LEFT JOIN message AS source ON source.id = message_source.source_id
        ORDER BY message_source.message_id, message_source.ord"#
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut sources: HashMap<i64, Vec<Hash>> = HashMap::new();
    for row in merged {
        let id = row.message_id;
        sources.entry(id).or_default().push(rows::hash(&row.hash)?);
        if row.source.is_some() && row.now.as_deref() != Some(&row.hash) {
            report.add(|| format!("message {id} was merged from one that is not what it was then"));
        }
        if row.near == 0 {
            report.add(|| format!("message {id} was merged from one of another conversation"));
        }
    }
    let mut last = 0;
    loop {
        let chunk = sqlx::query!(
            r#"SELECT m.id AS "id!", m.conversation_id, m.parent_id, m.depth, m.role, m.status, m.hash, m.jump_id,
                content.hash AS "content_hash?", parent.hash AS "parent_hash?", parent.depth AS "parent_depth?",
                parent.conversation_id AS "parent_conversation?", jump.depth AS "jump_depth?",
                parent.deletion_id AS "parent_deletion?", m.deletion_id
            FROM message AS m LEFT JOIN content ON content.id = m.content_id
            LEFT JOIN message AS parent ON parent.id = m.parent_id
            LEFT JOIN message AS jump ON jump.id = m.jump_id
            WHERE m.id > ? ORDER BY m.id LIMIT ?"#,
            last,
            CHUNK
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(end) = chunk.last() else { return Ok(()) };
        last = end.id;
        for row in chunk {
            report.messages += 1;
            let id = row.id;
            if let Some(parent) = row.parent_id {
                if parent >= id {
                    report.add(|| format!("message {id} stands below a later one"));
                }
                if row.parent_conversation != Some(row.conversation_id) {
                    report.add(|| format!("message {id} stands below one of another conversation"));
                }
                if row.parent_depth.map(|depth| depth + 1) != Some(row.depth) {
                    report.add(|| format!("message {id} has a wrong depth"));
                }
                if row.parent_hash.is_none() {
                    report.add(|| format!("message {id} stands below one that has not ended"));
                }
                if row.parent_deletion.is_some() && row.deletion_id.is_none() {
                    report.add(|| format!("message {id} is live below a deleted one"));
                }
                if row.jump_id.is_none_or(|jump| jump > parent)
                    || row.jump_depth != Some(jump_depth(row.depth))
                {
                    report.add(|| format!("message {id} jumps to a wrong ancestor"));
                }
            }
            let Some(hash) = row.hash else { continue };
            let said = match row.content_hash {
                Some(hash) => rows::hash(&hash)?,
                None => crate::contents::nothing(),
            };
            let parent = row.parent_hash.as_deref().map(rows::hash).transpose()?;
            let sources = sources.remove(&id).unwrap_or_default();
            if node_hash(rows::word(&row.role)?, said, parent, &sources).bytes().as_slice() != hash {
                report.add(|| format!("message {id} is not what was written"));
            }
        }
    }
}

/// Depth of the node that one of this depth jumps to: what is left of its depth, as a sum of the
/// greatest possible numbers 2ⁿ − 1, without the last of them.
fn jump_depth(depth: i64) -> i64 {
    let mut rest = depth;
    loop {
        let mut step: i64 = 1;
        while step * 2 < rest {
            step = step * 2 + 1;
        }
        if step >= rest {
            return depth - step;
        }
        rest -= step;
    }
}

async fn pointers(tx: &mut SqliteConnection, report: &mut CheckReport) -> Result<(), StoreError> {
    let tips = sqlx::query_scalar!(
        r#"SELECT branch.id AS "id!" FROM branch LEFT JOIN message ON message.id = branch.tip_id
        WHERE branch.tip_id IS NOT NULL AND branch.deletion_id IS NULL
            AND (message.id IS NULL OR message.deletion_id IS NOT NULL
                OR message.conversation_id <> branch.conversation_id)"#
    )
    .fetch_all(&mut *tx)
    .await?;
    for branch in tips {
        report.add(|| format!("branch {branch} points to nothing that lives in its conversation"));
    }
    let heads = sqlx::query_scalar!(
        r#"SELECT conversation.id AS "id!" FROM conversation LEFT JOIN branch ON branch.id = head_branch_id
        WHERE head_branch_id IS NOT NULL AND (branch.id IS NULL OR branch.deletion_id IS NOT NULL
            OR branch.conversation_id <> conversation.id)"#
    )
    .fetch_all(&mut *tx)
    .await?;
    for conversation in heads {
        report.add(|| format!("the head of conversation {conversation} is no live branch of it"));
    }
    let unmatched = sqlx::query_scalar!(
        r#"SELECT message.id AS "id!" FROM message JOIN completion ON completion.id = message.completion_id
        WHERE (message.status = 'streaming') <> (completion.state IN ('queued', 'streaming'))
            OR (message.status = 'complete') <> (completion.state = 'complete')"#
    )
    .fetch_all(tx)
    .await?;
    for message in unmatched {
        report.add(|| format!("message {message} and its completion disagree about how it ended"));
    }
    Ok(())
}

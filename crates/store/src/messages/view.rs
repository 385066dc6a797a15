//! A screen of a path, with what belongs to its messages: three questions, however long it is.

use super::{Message, MessageRow};
use crate::{StoreError, attempts, completions, rows};
use domain::{Attempt, Completion, CompletionId, MessageId, MessageView};
use sqlx::SqliteConnection;
use std::collections::HashMap;

struct ViewRow {
    uid: Vec<u8>,
    conversation: Vec<u8>,
    parent: Option<Vec<u8>>,
    depth: i64,
    role: String,
    parts: Option<String>,
    status: String,
    hash: Option<Vec<u8>>,
    completion_id: Option<i64>,
    completion: Option<Vec<u8>>,
    continues: Option<Vec<u8>>,
    created_at: i64,
    sibling: i64,
    siblings: i64,
    merge: i64,
}

/// `views!(with, tail, args…)`: the columns of [`ViewRow`] of nodes `m`.
macro_rules! views {
    ($with:tt, $tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            ViewRow,
            $with + r#"
            SELECT m.uid AS "uid!: Vec<u8>", conversation.uid AS "conversation!: Vec<u8>",
                parent.uid AS "parent?: Vec<u8>", m.depth AS "depth!: i64", m.role AS "role!: String",
                content.parts AS "parts?: String", m.status AS "status!: String", m.hash AS "hash?: Vec<u8>",
                m.completion_id AS "completion_id?: i64", completion.uid AS "completion?: Vec<u8>",
                continues.uid AS "continues?: Vec<u8>", m.created_at AS "created_at!: i64",
                (SELECT count(*) FROM message AS s WHERE s.parent_id IS m.parent_id
                    AND s.conversation_id = m.conversation_id AND s.deletion_id IS NULL AND s.id < m.id)
                    AS "sibling!: i64",
                (SELECT count(*) FROM message AS s WHERE s.parent_id IS m.parent_id
                    AND s.conversation_id = m.conversation_id AND s.deletion_id IS NULL) AS "siblings!: i64",
                EXISTS (SELECT 1 FROM message_source WHERE message_id = m.id) AS "merge!: i64" "# + $tail
            $(, $argument)*
        )
    };
}

pub(crate) async fn page(
    tx: &mut SqliteConnection,
    tip: MessageId,
    before_depth: Option<u32>,
    limit: u32,
) -> Result<Vec<MessageView>, StoreError> {
    let last = before_depth.map_or(i64::from(u32::MAX), |depth| i64::from(depth) - 1);
    if last < 0 || limit == 0 {
        return Ok(Vec::new());
    }
    let uid = tip.bytes();
    let found = views!(
        r#"WITH RECURSIVE walk (id) AS (
            SELECT id FROM message WHERE uid = ?1 AND deletion_id IS NULL
            UNION ALL
            SELECT CASE WHEN jump.depth >= ?2 THEN m.jump_id ELSE m.parent_id END
            FROM walk CROSS JOIN message AS m ON m.id = walk.id LEFT JOIN message AS jump ON jump.id = m.jump_id
            WHERE m.depth > ?2
        ),
        page (id, number) AS (
            SELECT message.id, 1 FROM walk CROSS JOIN message ON message.id = walk.id WHERE message.depth <= ?2
            UNION ALL
            SELECT m.parent_id, page.number + 1 FROM page CROSS JOIN message AS m ON m.id = page.id
            WHERE page.number < ?3 AND m.parent_id IS NOT NULL
        )"#,
        "FROM page
        CROSS JOIN message AS m ON m.id = page.id
        JOIN conversation ON conversation.id = m.conversation_id
        LEFT JOIN message AS parent ON parent.id = m.parent_id
        LEFT JOIN content ON content.id = m.content_id
        LEFT JOIN completion ON completion.id = m.completion_id
        LEFT JOIN message AS continues ON continues.id = m.continues_id
        WHERE conversation.deletion_id IS NULL
        ORDER BY m.depth",
        uid,
        last,
        limit
    )
    .fetch_all(&mut *tx)
    .await?;
    views(tx, found).await
}

/// Live messages by their ids, in the order of these.
pub(crate) async fn by_ids(
    tx: &mut SqliteConnection,
    ids: &[MessageId],
) -> Result<Vec<MessageView>, StoreError> {
    let wanted: Vec<String> = ids.iter().map(|id| id.uuid().simple().to_string()).collect();
    let wanted = rows::to_json(&wanted)?;
    let found = views!(
        "",
        "FROM json_each(?) AS wanted
        JOIN message AS m ON m.uid = unhex(wanted.value)
        JOIN conversation ON conversation.id = m.conversation_id
        LEFT JOIN message AS parent ON parent.id = m.parent_id
        LEFT JOIN content ON content.id = m.content_id
        LEFT JOIN completion ON completion.id = m.completion_id
        LEFT JOIN message AS continues ON continues.id = m.continues_id
        WHERE conversation.deletion_id IS NULL AND m.deletion_id IS NULL ORDER BY wanted.key",
        wanted
    )
    .fetch_all(&mut *tx)
    .await?;
    views(tx, found).await
}

async fn views(tx: &mut SqliteConnection, found: Vec<ViewRow>) -> Result<Vec<MessageView>, StoreError> {
    let asked = rows::id_list(found.iter().filter_map(|row| row.completion_id));
    let completions: HashMap<CompletionId, Completion> =
        completions::by_ids(tx, &asked).await?.into_iter().map(|c| (c.id, c)).collect();
    let mut attempts: HashMap<CompletionId, Vec<Attempt>> = HashMap::new();
    for attempt in attempts::by_completions(tx, &asked).await? {
        attempts.entry(attempt.completion_id).or_default().push(attempt);
    }

    found
        .into_iter()
        .map(|row| {
            let (sibling, siblings) = (rows::count(row.sibling), rows::count(row.siblings));
            let merge = row.merge != 0;
            let message = Message::try_from(MessageRow {
                uid: row.uid,
                conversation: row.conversation,
                parent: row.parent,
                depth: row.depth,
                role: row.role,
                parts: row.parts,
                status: row.status,
                hash: row.hash,
                completion: row.completion,
                continues: row.continues,
                created_at: row.created_at,
            })?;
            // A copy shares its completion with what it is a copy of.
            let completion = message.completion_id.and_then(|id| completions.get(&id).cloned());
            let attempts =
                message.completion_id.and_then(|id| attempts.get(&id).cloned()).unwrap_or_default();
            Ok(MessageView { message, completion, attempts, sibling, siblings, merge })
        })
        .collect()
}

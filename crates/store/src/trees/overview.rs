//! A whole tree for a view of it: columns of numbers, no texts but first words.

use super::{Trees, label_of};
use crate::{StoreError, conversations, rows};
use domain::{BranchId, ConversationId, MessageId, MessageStatus, Role, TreeOverview, TreeTip};
use sqlx::SqliteConnection;
use std::collections::HashMap;

const MERGE: u32 = 1;
const MARKED: u32 = 2;
const ACTIVE: u32 = 4;
const TIP: u32 = 8;
const COPIED: u32 = 16;

impl Trees<'_> {
    /// All live nodes, parents before children; or those that came after one of them, for a view that has
    /// the others.
    ///
    /// # Errors
    /// When there is no such conversation or message.
    pub async fn overview(
        &self,
        id: ConversationId,
        after: Option<MessageId>,
    ) -> Result<TreeOverview, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let tx = &mut *snapshot;
        let conversation = conversations::row_id(tx, id).await?;
        let after = match after {
            Some(after) => super::node(tx, after).await?.id,
            None => 0,
        };
        let mut view = View { number: numbers(tx, conversation).await?, ..View::default() };
        view.out.total = view.number.len() as u32;
        view.out.first = view.out.total;
        view.nodes(tx, conversation, after).await?;
        view.flags(tx, conversation).await?;
        view.branches(tx, conversation).await?;
        Ok(view.out)
    }
}

/// Numbers of live nodes by row, in order.
async fn numbers(tx: &mut SqliteConnection, conversation: i64) -> Result<HashMap<i64, u32>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT json_group_array(id) AS "ids!: String" FROM
            (SELECT id FROM message WHERE conversation_id = ? AND deletion_id IS NULL ORDER BY id)"#,
        conversation
    )
    .fetch_one(tx)
    .await?;
    let ids: Vec<i64> = serde_json::from_str(&ids)?;
    Ok(ids.into_iter().zip(0..).collect())
}

#[derive(Default)]
struct View {
    number: HashMap<i64, u32>,
    out: TreeOverview,
    models: HashMap<String, i32>,
}

impl View {
    fn place(&self, row: i64) -> Option<usize> {
        self.number.get(&row)?.checked_sub(self.out.first).map(|at| at as usize)
    }

    fn flag(&mut self, row: i64, flag: u32) {
        if let Some(flags) = self.place(row).and_then(|at| self.out.flags.get_mut(at)) {
            *flags |= flag;
        }
    }

    async fn nodes(
        &mut self,
        tx: &mut SqliteConnection,
        conversation: i64,
        after: i64,
    ) -> Result<(), StoreError> {
        // Of a text only its beginning is read, and of what begins with something else all of it.
        let found = sqlx::query!(
            r#"SELECT m.id AS "id!: i64", m.uid, m.parent_id, m.role, m.status, m.copied, m.created_at,
                completion.served AS "served?: String",
                CASE WHEN substr(content.parts, 1, 24) = '[{"type":"text","text":"' THEN substr(content.parts, 1, 240)
                    ELSE content.parts END AS "parts?: String"
            FROM message AS m LEFT JOIN content ON content.id = m.content_id
            LEFT JOIN completion ON completion.id = m.completion_id
            WHERE m.conversation_id = ? AND m.deletion_id IS NULL AND m.id > ? ORDER BY m.id"#,
            conversation,
            after
        )
        .fetch_all(tx)
        .await?;
        if let Some(first) = found.first() {
            self.out.first = self.number.get(&first.id).copied().unwrap_or(0);
        }
        for row in found {
            let out = &mut self.out;
            let uid = MessageId::from_bytes(&row.uid)?;
            out.ids.push_str(&uid.uuid().simple().to_string());
            let parent = row.parent_id.and_then(|parent| self.number.get(&parent));
            out.parents.push(parent.map_or(-1, |at| *at as i32));
            let (role, status): (Role, MessageStatus) = (rows::word(&row.role)?, rows::word(&row.status)?);
            out.roles.push(place_of(Role::ALL, &role));
            out.statuses.push(place_of(MessageStatus::ALL, &status));
            let model = match row.served {
                Some(served) => {
                    if let Some(model) = self.models.get(&served) {
                        *model
                    } else {
                        let model = out.models.len() as i32;
                        out.models.push(served.parse()?);
                        self.models.insert(served, model);
                        model
                    }
                }
                None => -1,
            };
            out.models_of.push(model);
            out.flags.push(if row.copied == 0 { 0 } else { COPIED });
            out.times.push(rows::count(row.created_at / 1000));
            out.labels.push(row.parts.as_deref().map(label_of).unwrap_or_default());
        }
        Ok(())
    }

    async fn flags(&mut self, tx: &mut SqliteConnection, conversation: i64) -> Result<(), StoreError> {
        let marked = sqlx::query_scalar!(
            r#"SELECT m.id AS "id!: i64" FROM bookmark JOIN message AS m ON m.id = bookmark.message_id
            WHERE m.conversation_id = ? AND m.deletion_id IS NULL"#,
            conversation
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in marked {
            self.flag(row, MARKED);
        }
        let merged = sqlx::query!(
            r#"SELECT m.id AS "id!: i64", message_source.source_id AS "source?: i64"
            FROM message_source JOIN message AS m ON m.id = message_source.message_id
            WHERE m.conversation_id = ? AND m.deletion_id IS NULL ORDER BY m.id, message_source.ord"#,
            conversation
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in merged {
            if self.place(row.id).is_none() {
                continue;
            }
            self.flag(row.id, MERGE);
            let node = self.number[&row.id];
            if self.out.merges.last().is_none_or(|merge| merge[0] != node) {
                self.out.merges.push(vec![node]);
            }
            let source = row.source.and_then(|source| self.number.get(&source));
            if let (Some(source), Some(merge)) = (source, self.out.merges.last_mut()) {
                merge.push(*source);
            }
        }
        let active = sqlx::query_scalar!(
            r#"WITH RECURSIVE path (id) AS (
                SELECT branch.tip_id FROM conversation JOIN branch ON branch.id = conversation.head_branch_id
                WHERE conversation.id = ? AND branch.tip_id IS NOT NULL
                UNION ALL
                SELECT m.parent_id FROM path CROSS JOIN message AS m ON m.id = path.id WHERE m.parent_id IS NOT NULL
            )
            SELECT json_group_array(id) AS "ids!: String" FROM path"#,
            conversation
        )
        .fetch_one(tx)
        .await?;
        for row in serde_json::from_str::<Vec<i64>>(&active)? {
            self.flag(row, ACTIVE);
        }
        Ok(())
    }

    async fn branches(&mut self, tx: &mut SqliteConnection, conversation: i64) -> Result<(), StoreError> {
        let found = sqlx::query!(
            r#"SELECT branch.uid, branch.name, branch.kind, branch.tip_id, branch.shown,
                conversation.head_branch_id IS branch.id AS "head!: i64"
            FROM branch JOIN conversation ON conversation.id = branch.conversation_id
            WHERE branch.conversation_id = ? AND branch.deletion_id IS NULL ORDER BY branch.ord, branch.id"#,
            conversation
        )
        .fetch_all(tx)
        .await?;
        for row in found {
            if let Some(tip) = row.tip_id {
                self.flag(tip, TIP);
            }
            let tip = row.tip_id.filter(|tip| self.place(*tip).is_some());
            let tip = tip.and_then(|tip| self.number.get(&tip)).map_or(-1, |at| *at as i32);
            self.out.branches.push(TreeTip {
                id: BranchId::from_bytes(&row.uid)?,
                name: row.name,
                kind: rows::word(&row.kind)?,
                tip,
                head: row.head != 0,
                shown: row.shown != 0,
            });
        }
        Ok(())
    }
}

fn place_of<T: PartialEq>(all: &[T], one: &T) -> u32 {
    all.iter().position(|each| each == one).unwrap_or(0) as u32
}

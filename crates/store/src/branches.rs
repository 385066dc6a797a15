//! Branches: pointers into trees. A fork is a pointer; nothing is copied.

mod siblings;

pub(crate) use siblings::{remember, tip_of};

use crate::{Move, Store, StoreError, contents, conversations, rows, writer::Durability};
use domain::{Branch, BranchId, ColumnDefaults, ConversationId, MessageId, Target};
use sqlx::SqliteConnection;

/// Branches.
#[derive(Clone, Copy)]
pub struct Branches<'a> {
    pub(crate) store: &'a Store,
}

pub(crate) struct BranchRow {
    pub(crate) uid: Vec<u8>,
    pub(crate) conversation: Vec<u8>,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) tip: Option<Vec<u8>>,
    pub(crate) target: Option<String>,
    pub(crate) params: String,
    pub(crate) system: Option<String>,
    pub(crate) ord: i64,
    pub(crate) pinned: i64,
    pub(crate) shown: i64,
    pub(crate) scroll: i64,
}

/// `branches!(tail, args…)`: live branches `b` of live conversations.
macro_rules! branches {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::branches::BranchRow,
            r#"SELECT b.uid, conversation.uid AS conversation, b.name, b.kind, message.uid AS "tip?", b.target,
                b.params, content.parts AS "system?", b.ord, b.pinned, b.shown, b.scroll
            FROM branch AS b
            JOIN conversation ON conversation.id = b.conversation_id
            LEFT JOIN message ON message.id = b.tip_id
            LEFT JOIN content ON content.id = b.system_content_id
            WHERE b.deletion_id IS NULL AND conversation.deletion_id IS NULL AND "# + $tail
            $(, $argument)*
        )
    };
}
pub(crate) use branches;

impl TryFrom<BranchRow> for Branch {
    type Error = StoreError;

    fn try_from(row: BranchRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: BranchId::from_bytes(&row.uid)?,
            conversation_id: ConversationId::from_bytes(&row.conversation)?,
            name: row.name,
            kind: rows::word(&row.kind)?,
            tip: row.tip.as_deref().map(MessageId::from_bytes).transpose()?,
            target: row.target.as_deref().map(str::parse).transpose()?,
            params: serde_json::from_str(&row.params)?,
            system: contents::text(row.system.as_deref())?,
            ord: rows::count(row.ord),
            pinned: row.pinned != 0,
            shown: row.shown != 0,
            scroll: rows::count(row.scroll),
        })
    }
}

impl Branches<'_> {
    /// One branch.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, id: BranchId) -> Result<Option<Branch>, StoreError> {
        let uid = id.bytes();
        branches!("b.uid = ?", uid)
            .fetch_optional(self.store.readers())
            .await?
            .map(Branch::try_from)
            .transpose()
    }

    /// The branches of a conversation, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of(&self, conversation: ConversationId) -> Result<Vec<Branch>, StoreError> {
        let uid = conversation.bytes();
        branches!("conversation.uid = ? ORDER BY b.ord, b.id", uid)
            .fetch_all(self.store.readers())
            .await?
            .into_iter()
            .map(Branch::try_from)
            .collect()
    }

    /// Stores a branch: a fork, where its tip is a message that is there.
    ///
    /// # Errors
    /// When its tip is not of its conversation.
    pub async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        insert(&mut tx, branch).await?;
        tx.commit().await
    }

    /// What it asks by default, and how.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn set_defaults(&self, id: BranchId, defaults: &ColumnDefaults) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        set_defaults(&mut tx, id, defaults).await?;
        tx.commit().await
    }

    /// The columns of a conversation from now on, in this order. Branches that are not named keep their
    /// order behind them.
    ///
    /// # Errors
    /// When one of them is not a branch of the conversation, or is named twice.
    pub async fn arrange(&self, conversation: ConversationId, order: &[BranchId]) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let conversation = conversations::row_id(&mut tx, conversation).await?;
        let all = sqlx::query!(
            "SELECT id, uid FROM branch WHERE conversation_id = ? AND deletion_id IS NULL ORDER BY ord, id",
            conversation
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut rest = all;
        let mut rows = Vec::with_capacity(rest.len());
        for id in order {
            let at = rest.iter().position(|row| row.uid == id.bytes());
            let at = at.ok_or_else(|| StoreError::missing("branch", id))?;
            rows.push(rest.remove(at).id);
        }
        rows.extend(rest.into_iter().map(|row| row.id));
        for (ord, row) in rows.into_iter().enumerate() {
            let ord = ord as i64;
            sqlx::query!("UPDATE branch SET ord = ? WHERE id = ?", ord, row).execute(&mut *tx).await?;
        }
        tx.commit().await
    }

    /// Points a branch elsewhere in its conversation.
    ///
    /// # Errors
    /// When the message is not of its conversation, or one of them is not there.
    pub async fn move_to(&self, id: BranchId, tip: MessageId) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        move_to(&mut tx, id, tip).await?;
        tx.commit().await
    }
}

pub(crate) async fn insert(tx: &mut SqliteConnection, branch: &Branch) -> Result<(), StoreError> {
    let conversation = conversations::row_id(tx, branch.conversation_id).await?;
    let system = contents::put_text(tx, branch.system.as_deref()).await?;
    let (uid, name, kind) = (branch.id.bytes(), branch.name.as_str(), branch.kind.as_str());
    let (target, params) = (branch.target.as_ref().map(Target::as_str), rows::to_json(&branch.params)?);
    sqlx::query!(
        "INSERT INTO branch (uid, conversation_id, name, kind, target, params, system_content_id, ord, pinned, shown, scroll)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        uid,
        conversation,
        name,
        kind,
        target,
        params,
        system,
        branch.ord,
        branch.pinned,
        branch.shown,
        branch.scroll
    )
    .execute(&mut *tx)
    .await?;
    match branch.tip {
        Some(tip) => move_to(tx, branch.id, tip).await,
        None => Ok(()),
    }
}

pub(crate) async fn move_to(
    tx: &mut SqliteConnection,
    branch: BranchId,
    tip: MessageId,
) -> Result<(), StoreError> {
    let uid = tip.bytes();
    let node =
        sqlx::query!("SELECT id, conversation_id FROM message WHERE uid = ? AND deletion_id IS NULL", uid)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("message", &tip))?;
    let uid = branch.bytes();
    let done = sqlx::query!(
        "UPDATE branch SET tip_id = ? WHERE uid = ? AND conversation_id = ? AND deletion_id IS NULL",
        node.id,
        uid,
        node.conversation_id
    )
    .execute(tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::Refused(format!(
            "branch `{branch}` and message `{tip}` are not of one conversation"
        )));
    }
    Ok(())
}

/// Moves a branch that stands where it was seen.
pub(crate) async fn go_on(tx: &mut SqliteConnection, step: &Move) -> Result<(), StoreError> {
    let uid = step.branch.bytes();
    let stands = sqlx::query_scalar!(
        r#"SELECT message.uid AS "tip?" FROM branch LEFT JOIN message ON message.id = branch.tip_id
        WHERE branch.uid = ? AND branch.deletion_id IS NULL"#,
        uid
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| StoreError::missing("branch", &step.branch))?;
    if stands.as_deref().map(MessageId::from_bytes).transpose()? != step.from {
        return Err(StoreError::Moved);
    }
    if let (Some(sibling), Some(tip)) = (step.leaves, step.from) {
        siblings::remember(tx, sibling, tip, None).await?;
    }
    move_to(tx, step.branch, step.to).await?;
    match &step.defaults {
        Some(defaults) => set_defaults(tx, step.branch, defaults).await,
        None => Ok(()),
    }
}

async fn set_defaults(
    tx: &mut SqliteConnection,
    id: BranchId,
    defaults: &ColumnDefaults,
) -> Result<(), StoreError> {
    let system = contents::put_text(tx, defaults.system.as_deref()).await?;
    let (uid, target) = (id.bytes(), defaults.target.as_ref().map(Target::as_str));
    let params = rows::to_json(&defaults.params)?;
    // A column is named after whom it asks until somebody gives it a name, which makes it a named one.
    let done = sqlx::query!(
        "UPDATE branch SET target = ?1, params = ?2, system_content_id = ?3,
            name = CASE WHEN kind = 'column' THEN coalesce(?1, name) ELSE name END
        WHERE uid = ?4 AND deletion_id IS NULL",
        target,
        params,
        system,
        uid
    )
    .execute(tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::missing("branch", &id));
    }
    Ok(())
}

pub(crate) async fn activate(
    tx: &mut SqliteConnection,
    conversation: i64,
    head: BranchId,
) -> Result<(), StoreError> {
    let uid = head.bytes();
    let branch = sqlx::query_scalar!(
        "SELECT id FROM branch WHERE uid = ? AND conversation_id = ? AND deletion_id IS NULL",
        uid,
        conversation
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| StoreError::missing("branch", &head))?;
    sqlx::query!("UPDATE conversation SET head_branch_id = ? WHERE id = ?", branch, conversation)
        .execute(tx)
        .await?;
    Ok(())
}

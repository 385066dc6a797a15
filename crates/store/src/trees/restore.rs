//! Taking a deletion back: what it hid is there again, and branches that it led elsewhere return, unless
//! they have gone on since.

use super::Trees;
use crate::{StoreError, conversations, writer::Durability};
use domain::{ConversationId, DeletionId};

impl Trees<'_> {
    /// Takes a deletion back, and says of which conversation it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was taken back before, or is being erased;
    /// [`StoreError::Refused`] while what it hung under is deleted too.
    pub async fn restore(&self, id: DeletionId) -> Result<ConversationId, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let uid = id.bytes();
        let gone = || StoreError::missing("deletion", &id);
        let found = sqlx::query!(
            r#"SELECT deletion.id AS "id!: i64", deletion.kind, deletion.head_id,
                conversation.id AS "conversation!: i64", conversation.uid AS "uid!: Vec<u8>",
                conversation.deletion_id AS "deleted?: i64"
            FROM deletion JOIN conversation ON conversation.id = deletion.conversation_id
            WHERE deletion.uid = ? AND deletion.erase_after > 0"#,
            uid
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(gone)?;
        let conversation = ConversationId::from_bytes(&found.uid)?;
        if found.kind == "conversation" {
            conversations::restore_row(&mut tx, found.conversation).await?;
            tx.commit().await?;
            return Ok(conversation);
        }
        // Each parent by its row: left to choose, SQLite goes through all that is deleted for each message.
        let above = sqlx::query_scalar!(
            r#"SELECT EXISTS (
                SELECT 1 FROM message AS m CROSS JOIN message AS parent NOT INDEXED ON parent.id = m.parent_id
                WHERE m.deletion_id = ?1 AND parent.deletion_id IS NOT NULL AND parent.deletion_id <> ?1
            ) AS "above!: bool""#,
            found.id
        )
        .fetch_one(&mut *tx)
        .await?;
        if above || found.deleted.is_some() {
            return Err(StoreError::Refused(
                "what this belongs to was deleted later; restore that first".to_owned(),
            ));
        }
        for statement in [
            "UPDATE message SET deletion_id = NULL WHERE deletion_id = ?1",
            "UPDATE branch SET deletion_id = NULL WHERE deletion_id = ?1",
            "UPDATE branch SET tip_id = moved.from_id FROM deletion_move AS moved
                WHERE moved.deletion_id = ?1 AND moved.branch_id = branch.id AND branch.tip_id IS moved.to_id
                AND EXISTS (SELECT 1 FROM message WHERE message.id = moved.from_id AND message.deletion_id IS NULL)",
            "UPDATE conversation SET head_branch_id = (SELECT head_id FROM deletion WHERE id = ?1)
                WHERE id = (SELECT conversation_id FROM deletion WHERE id = ?1 AND head_id IS NOT NULL)",
            "DELETE FROM deletion_move WHERE deletion_id = ?1",
            "DELETE FROM deletion WHERE id = ?1",
        ] {
            sqlx::query(statement).bind(found.id).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(conversation)
    }
}

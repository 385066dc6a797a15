//! Merging by taking one side.

use super::{Trees, ancestor, lay, node, stand, touch, uid_of};
use crate::{
    NewMessage, StoreError,
    branches::{self, remember},
    messages,
    writer::Durability,
};
use domain::{Branch, BranchId, BranchPlace, MessageId};

/// The branch that moves to a merge node.
#[derive(Debug, Clone, PartialEq)]
pub enum Bearer {
    /// One that is there.
    Branch(BranchId),
    /// A new column, without a tip.
    New(Box<Branch>),
}

impl Trees<'_> {
    /// Stores a merge node that says what one of its sources says, and leads a branch to it. It has the
    /// completion of that source, as a copy has.
    ///
    /// # Errors
    /// When a source is still being written, or they are not of one conversation.
    pub async fn take_side(
        &self,
        message: &NewMessage,
        sources: &[MessageId],
        take: MessageId,
        bearer: &Bearer,
    ) -> Result<BranchId, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = messages::insert(&mut tx, message, sources).await?;
        let taken = take.bytes();
        sqlx::query!(
            "UPDATE message SET copied = 1, (completion_id, choice) =
                (SELECT completion_id, choice FROM message WHERE uid = ?) WHERE id = ?",
            taken,
            row
        )
        .execute(&mut *tx)
        .await?;
        let branch = match bearer {
            Bearer::Branch(branch) => *branch,
            Bearer::New(new) => {
                branches::insert(&mut tx, new).await?;
                lay(&mut tx, new.id, BranchPlace::Beside).await?;
                new.id
            }
        };
        let stands = stand(&mut tx, branch).await?;
        // Going back to a source is going back to the end of its line.
        if let Some(tip) = stands.tip_id {
            let left_at = uid_of(&mut tx, tip).await?;
            for source in sources {
                let node = node(&mut tx, *source).await?;
                if ancestor(&mut tx, tip, node.depth).await? == Some(node.id) {
                    remember(&mut tx, *source, left_at, None).await?;
                }
            }
        }
        branches::move_to(&mut tx, branch, message.id).await?;
        touch(&mut tx, stands.conversation_id, message.created_at.millis()).await?;
        tx.commit().await?;
        Ok(branch)
    }
}

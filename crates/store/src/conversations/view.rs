//! A conversation as the workbench opens it: never more than a screen of each column.

use super::{Conversations, get};
use crate::{StoreError, branches::branches, messages};
use domain::{Branch, ColumnView, ConversationId, ConversationView, RunId};

impl Conversations<'_> {
    /// The conversation, with the last `screen` messages of each column.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn view(
        &self,
        id: ConversationId,
        screen: u32,
    ) -> Result<Option<ConversationView>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let Some(conversation) = get(&mut snapshot, id).await? else { return Ok(None) };
        let uid = id.bytes();
        let found =
            branches!("conversation.uid = ? ORDER BY b.ord, b.id", uid).fetch_all(&mut *snapshot).await?;
        let all = found.into_iter().map(Branch::try_from).collect::<Result<Vec<_>, _>>()?;
        let mut columns = Vec::new();
        for branch in all {
            if !branch.shown {
                continue;
            }
            let messages = match branch.tip {
                Some(tip) => messages::page(&mut snapshot, tip, None, screen).await?,
                None => Vec::new(),
            };
            let length = messages.last().map_or(0, |view| view.message.depth + 1);
            columns.push(ColumnView { branch, length, messages });
        }
        let live = sqlx::query_scalar!(
            // From the few that are being answered to their runs: a conversation may have had thousands.
            "SELECT DISTINCT run.uid FROM completion CROSS JOIN run ON run.id = completion.run_id
            CROSS JOIN conversation ON conversation.id = run.conversation_id
            WHERE completion.state IN ('queued', 'streaming') AND conversation.uid = ? AND run.kind <> 'judge'
            ORDER BY run.id",
            uid
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let live_runs = live.iter().map(|uid| RunId::from_bytes(uid)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(ConversationView { conversation, columns, live_runs }))
    }
}

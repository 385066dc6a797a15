//! Where the lines below siblings were left, so that going back to one is going back to its end.

use crate::StoreError;
use domain::MessageId;
use sqlx::SqliteConnection;

/// Notes at which tip the line of `sibling` was left, and where the window was in it.
pub(crate) async fn remember(
    tx: &mut SqliteConnection,
    sibling: MessageId,
    tip: MessageId,
    scroll: Option<u32>,
) -> Result<(), StoreError> {
    let (sibling, tip, scroll) = (sibling.bytes(), tip.bytes(), scroll.unwrap_or(0));
    sqlx::query!(
        "INSERT INTO sibling_view (message_id, tip_id, scroll)
        SELECT sibling.id, tip.id, ?3 FROM message AS sibling, message AS tip
        WHERE sibling.uid = ?1 AND tip.uid = ?2 AND sibling.conversation_id = tip.conversation_id
        ON CONFLICT (message_id) DO UPDATE SET tip_id = excluded.tip_id, scroll = excluded.scroll",
        sibling,
        tip,
        scroll
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The tip that the line of `sibling` was left at; its newest end when nobody has been there yet, or
/// what was there is gone.
pub(crate) async fn tip_of(tx: &mut SqliteConnection, sibling: MessageId) -> Result<MessageId, StoreError> {
    let uid = sibling.bytes();
    let left_at = sqlx::query_scalar!(
        "SELECT tip.uid FROM sibling_view
        JOIN message AS node ON node.id = sibling_view.message_id
        JOIN message AS tip ON tip.id = sibling_view.tip_id
        WHERE node.uid = ? AND node.deletion_id IS NULL AND tip.deletion_id IS NULL",
        uid
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(tip) = left_at {
        return Ok(MessageId::from_bytes(&tip)?);
    }
    let end = sqlx::query_scalar!(
        r#"WITH RECURSIVE line (id, number) AS (
            SELECT id, 0 FROM message WHERE uid = ? AND deletion_id IS NULL
            UNION ALL
            SELECT (SELECT max(child.id) FROM message AS child
                    WHERE child.parent_id = line.id AND child.deletion_id IS NULL), line.number + 1
            FROM line WHERE line.id IS NOT NULL
        )
        SELECT message.uid AS "uid!: Vec<u8>" FROM line CROSS JOIN message ON message.id = line.id
        ORDER BY line.number DESC LIMIT 1"#,
        uid
    )
    .fetch_optional(tx)
    .await?
    .ok_or_else(|| StoreError::missing("message", &sibling))?;
    Ok(MessageId::from_bytes(&end)?)
}

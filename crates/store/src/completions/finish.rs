//! The end of an answer: one transaction, and on disk when it returns.

use super::Completions;
use crate::{StoreError, messages, rows, stops, writer::Durability};
use domain::{CompletionId, CompletionState, MessageId, MessageStatus, Metrics, Part, Target, Timestamp};

/// How a completion ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    /// Which.
    pub completion: CompletionId,
    /// The message it wrote.
    pub message: Option<MessageId>,
    /// All that was said.
    pub parts: Vec<Part>,
    /// The message's terminal status.
    pub status: MessageStatus,
    /// The completion's terminal state.
    pub state: CompletionState,
    /// Its figures.
    pub metrics: Metrics,
    /// Who answered; `None` leaves what `begin` said.
    pub served: Option<Target>,
    /// When.
    pub ended_at: Timestamp,
}

impl Completions<'_> {
    /// Stores an answer whole (text, hash, state, figures, search index) and drops its journal, or
    /// does nothing of that. `false` when it had ended before: then nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a state that is not terminal; otherwise when it cannot be
    /// written, and then the journal still has it.
    pub async fn finish(&self, finish: &Finish) -> Result<bool, StoreError> {
        if !finish.state.is_terminal() || finish.status == MessageStatus::Streaming {
            return Err(StoreError::Refused(format!("`{}` ends no answer", finish.state.as_str())));
        }
        let mut tx = self.store.write(Durability::Power).await?;
        let uid = finish.completion.bytes();
        let row = sqlx::query!(
            r#"SELECT c.id AS "id!", c.state, run.conversation_id FROM completion AS c
            JOIN run ON run.id = c.run_id WHERE c.uid = ?"#,
            uid
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::missing("completion", &finish.completion))?;
        if !matches!(row.state.as_str(), "queued" | "streaming") {
            return Ok(false);
        }
        if let Some(message) = finish.message {
            let uid = message.bytes();
            let node = sqlx::query_scalar!(
                "SELECT id FROM message WHERE uid = ? AND completion_id = ?",
                uid,
                row.id
            )
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("message", &message))?;
            messages::seal(&mut tx, node, &finish.parts, finish.status).await?;
        }

        let (mut stop, mut error_kind, mut error_text, mut retry_after_ms) = (None, None, None, None);
        match &finish.state {
            CompletionState::Complete { stop: why } => stop = Some(why.as_str()),
            CompletionState::Failed { error } => {
                error_kind = Some(error.kind.as_str());
                error_text = Some(error.message.as_str());
                retry_after_ms = error.retry_after_ms;
            }
            _ => {}
        }
        let (state, metrics) = (finish.state.as_str(), &finish.metrics);
        let (served, usage, usage_by) =
            (finish.served.as_ref().map(Target::as_str), &metrics.usage, rows::usage_by(metrics.usage_by));
        let (cost, estimated) =
            (metrics.cost.map(|cost| cost.usd.0), metrics.cost.map(|cost| cost.estimated));
        let ended_at = finish.ended_at.millis();
        sqlx::query!(
            "UPDATE completion SET state = ?, stop = ?, error_kind = ?, error_text = ?, retry_after_ms = ?,
                served = coalesce(?, served), ttft_ms = ?, duration_ms = ?, input = ?, output = ?, cached_read = ?,
                cached_write = ?, reasoning = ?, usage_by = ?, cost_nano = ?, cost_estimated = ?, ended_at = ?
            WHERE id = ?",
            state,
            stop,
            error_kind,
            error_text,
            retry_after_ms,
            served,
            metrics.ttft_ms,
            metrics.duration_ms,
            usage.input,
            usage.output,
            usage.cached_read,
            usage.cached_write,
            usage.reasoning,
            usage_by,
            cost,
            estimated,
            ended_at,
            row.id
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("DELETE FROM journal WHERE completion_id = ?", row.id).execute(&mut *tx).await?;
        let wish = stops::key(finish.completion);
        sqlx::query!("DELETE FROM meta WHERE key = ?", wish).execute(&mut *tx).await?;
        if let Some(conversation) = row.conversation_id {
            sqlx::query!(
                "UPDATE conversation SET updated_at = max(updated_at, ?) WHERE id = ?",
                ended_at,
                conversation
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        self.store.search().catch_up_soon();
        Ok(true)
    }
}

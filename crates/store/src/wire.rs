//! What went over the wire, for those who want to see it raw.

use crate::{Store, StoreError, rows, writer::Durability};
use domain::{AttemptId, CompletionId, Exchange, Timestamp};

/// What went over the wire.
#[derive(Clone, Copy)]
pub struct Wire<'a> {
    pub(crate) store: &'a Store,
}

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Calls that are dropped in one transaction.
const CHUNK: i64 = 500;
/// Fast, and several times smaller for JSON.
const LEVEL: i32 = 3;

impl Wire<'_> {
    /// Stores or replaces what went over the wire in one call.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put(&self, exchange: &Exchange) -> Result<(), StoreError> {
        let kept = floor_char_boundary(&exchange.response_body, Exchange::MAX_RESPONSE);
        let cut = exchange.response_cut || kept.len() < exchange.response_body.len();
        let request_body = zstd::encode_all(exchange.request_body.as_bytes(), LEVEL)?;
        let response_body = zstd::encode_all(kept.as_bytes(), LEVEL)?;
        let (request_headers, response_headers) =
            (rows::to_json(&exchange.request_headers)?, rows::to_json(&exchange.response_headers)?);
        let uid = exchange.attempt.bytes();
        let mut tx = self.store.write(Durability::Process).await?;
        let id = sqlx::query_scalar!("SELECT id FROM attempt WHERE uid = ?", uid)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("attempt", &exchange.attempt))?;
        sqlx::query!(
            "INSERT OR REPLACE INTO wire (attempt_id, method, url, request_headers, request_body, status,
                response_headers, response_body, response_cut) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            id,
            exchange.method,
            exchange.url,
            request_headers,
            request_body,
            exchange.status,
            response_headers,
            response_body,
            cut
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Drops what is older than `days`, and the oldest of what is beyond `megabytes` as stored; says
    /// how many calls it was. Every turn sends its whole path again, so this grows faster than what
    /// was said. The attempts themselves stay.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn prune(&self, now: Timestamp, days: u32, megabytes: u32) -> Result<u32, StoreError> {
        let (now, kept, most) = (now.millis(), i64::from(days) * DAY, i64::from(megabytes) << 20);
        let mut dropped = 0;
        loop {
            // In chunks, so that answers being written wait for none of it.
            let mut tx = self.store.write(Durability::Process).await?;
            let done = sqlx::query!(
                "DELETE FROM wire WHERE attempt_id IN (
                    SELECT attempt_id FROM (
                        SELECT wire.attempt_id, coalesce(wire.keep_until, attempt.started_at + ?2) AS until,
                            sum(length(request_body) + length(response_body))
                                OVER (ORDER BY wire.attempt_id DESC) AS so_far
                        FROM wire JOIN attempt ON attempt.id = wire.attempt_id)
                    WHERE until < ?1 OR so_far > ?3 ORDER BY attempt_id LIMIT ?4)",
                now,
                kept,
                most,
                CHUNK
            )
            .execute(&mut *tx)
            .await?
            .rows_affected();
            tx.commit().await?;
            dropped += u32::try_from(done).unwrap_or(u32::MAX);
            if done < CHUNK.unsigned_abs() {
                return Ok(dropped);
            }
        }
    }

    /// What went over the wire for a completion, call by call.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of(&self, completion: CompletionId) -> Result<Vec<Exchange>, StoreError> {
        let uid = completion.bytes();
        let found = sqlx::query!(
            "SELECT attempt.uid, method, url, request_headers, request_body, status, response_headers, response_body,
                response_cut
            FROM wire JOIN attempt ON attempt.id = wire.attempt_id
            JOIN completion ON completion.id = attempt.completion_id WHERE completion.uid = ? ORDER BY attempt.ord",
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        found
            .into_iter()
            .map(|row| {
                Ok(Exchange {
                    attempt: AttemptId::from_bytes(&row.uid)?,
                    method: row.method,
                    url: row.url,
                    request_headers: serde_json::from_str(&row.request_headers)?,
                    request_body: unpack(&row.request_body)?,
                    status: row.status.and_then(|status| u16::try_from(status).ok()),
                    response_headers: serde_json::from_str(&row.response_headers)?,
                    response_body: unpack(&row.response_body)?,
                    response_cut: row.response_cut != 0,
                })
            })
            .collect()
    }
}

fn unpack(body: &[u8]) -> Result<String, StoreError> {
    let bytes = zstd::decode_all(body).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn floor_char_boundary(text: &str, at: usize) -> &str {
    let mut end = at.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

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
/// Faster still, for what comes by the thousand.
const QUICK: i32 = 1;

/// A body that was sent, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackedRequest {
    /// The caller's body that it was made of, zstd.
    pub heard: Option<Vec<u8>>,
    /// It begins with so many bytes of that.
    pub head: Option<u32>,
    /// It ends with so many bytes of that.
    pub tail: Option<u32>,
    /// What is between, zstd; all of it where there is nothing that it was made of.
    pub body: Vec<u8>,
}

/// Packs bodies. Kept, since making one costs more than a small body.
pub struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    /// A new one.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self(zstd::bulk::Compressor::new(QUICK)?))
    }

    /// Packs a body.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn pack(&mut self, body: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(self.0.compress(body)?)
    }

    /// Packs a body that was sent, and the caller's that it was made of.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn request(&mut self, heard: &[u8], sent: &[u8]) -> Result<PackedRequest, StoreError> {
        let most = heard.len().min(sent.len());
        let head = heard.iter().zip(sent).take_while(|(a, b)| a == b).count();
        let same = |(a, b): &(&u8, &u8)| a == b;
        let tail = heard.iter().rev().zip(sent.iter().rev()).take(most - head).take_while(same).count();
        Ok(PackedRequest {
            heard: Some(self.pack(heard)?),
            head: u32::try_from(head).ok(),
            tail: u32::try_from(tail).ok(),
            body: self.pack(&sent[head..sent.len() - tail])?,
        })
    }
}

/// A body as it was sent.
fn rebuilt(
    body: &[u8],
    heard: Option<&[u8]>,
    head: Option<i64>,
    tail: Option<i64>,
) -> Result<String, StoreError> {
    let damaged = |error: std::io::Error| StoreError::Damaged(error.to_string());
    let between = zstd::decode_all(body).map_err(damaged)?;
    let (Some(heard), Some(head), Some(tail)) = (heard, head, tail) else {
        return Ok(String::from_utf8_lossy(&between).into_owned());
    };
    let heard = zstd::decode_all(heard).map_err(damaged)?;
    let (head, tail) = (usize::try_from(head).unwrap_or(0), usize::try_from(tail).unwrap_or(0));
    let before = heard.get(..head).unwrap_or_default();
    let after = heard.len().checked_sub(tail).and_then(|at| heard.get(at..)).unwrap_or_default();
    Ok(String::from_utf8_lossy(&[before, &between, after].concat()).into_owned())
}

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
                            sum(length(request_body) + length(response_body) + coalesce(length(heard), 0))
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
                response_cut, heard, heard_head, heard_tail
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
                    request_body: rebuilt(
                        &row.request_body,
                        row.heard.as_deref(),
                        row.heard_head,
                        row.heard_tail,
                    )?,
                    status: row.status.and_then(|status| u16::try_from(status).ok()),
                    response_headers: serde_json::from_str(&row.response_headers)?,
                    response_body: unpack(&row.response_body)?,
                    response_cut: row.response_cut != 0,
                })
            })
            .collect()
    }
}

pub(crate) fn unpack(body: &[u8]) -> Result<String, StoreError> {
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

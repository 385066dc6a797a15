//! What callers may come back for: answers by the id they were given, and by the key that they sent so
//! that a request is carried out once.

use crate::{Store, StoreError, rows, writer::Durability};
use domain::{CompletionId, Hash, InstanceId, MessageId, RunId, Timestamp, VirtualKeyId};
use sqlx::SqliteConnection;

/// Answers that callers may come back for.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    pub(crate) store: &'a Store,
}

/// A stored response of the Responses API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// Its id as callers know it.
    pub name: String,
    /// Who may follow it; `None` where nobody has to show a key.
    pub key: Option<VirtualKeyId>,
    /// The completion that wrote it.
    pub completion: CompletionId,
    /// The message that it is.
    pub message: MessageId,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A request that is to be carried out once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Once<'a> {
    /// Who asks; `None` where nobody has to show a key.
    pub key: Option<VirtualKeyId>,
    /// What it sent to be known by.
    pub word: &'a str,
    /// The hash of the request's body.
    pub body: Hash,
}

/// What became of a request that is to be carried out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It came for the first time, and is the caller's of this to carry out.
    Mine,
    /// Somebody carries it out.
    Running(InstanceId),
    /// It was answered.
    Answered(StoredAnswer),
    /// Another request came under the same key.
    OtherBody,
}

/// An answer that is kept to be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Head.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// How hard bodies are pressed: quick rather than small.
const LEVEL: i32 = 3;

impl Answered<'_> {
    /// Stores a response.
    ///
    /// # Errors
    /// When there is no such completion, message or key.
    pub async fn put_response(&self, response: &StoredResponse) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        put_response(&mut tx, response).await?;
        tx.commit().await
    }

    /// The response of this id, where this key may see it: those of others are not there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn response(
        &self,
        name: &str,
        key: Option<VirtualKeyId>,
    ) -> Result<Option<StoredResponse>, StoreError> {
        let uid = key.map(|key| key.bytes().to_vec());
        let row = sqlx::query!(
            r#"SELECT completion.uid AS "completion!: Vec<u8>", message.uid AS "message!: Vec<u8>", response.created_at
            FROM response JOIN completion ON completion.id = response.completion_id
            JOIN message ON message.id = response.message_id
            LEFT JOIN virtual_key ON virtual_key.id = response.virtual_key_id
            WHERE response.name = ? AND virtual_key.uid IS ? AND message.deletion_id IS NULL"#,
            name,
            uid
        )
        .fetch_optional(self.store.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(StoredResponse {
            name: name.to_owned(),
            key,
            completion: CompletionId::from_bytes(&row.completion)?,
            message: MessageId::from_bytes(&row.message)?,
            created_at: Timestamp::from_millis(row.created_at),
        }))
    }

    /// Forgets a response; its message stays. Whether there was one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget_response(&self, name: &str, key: Option<VirtualKeyId>) -> Result<bool, StoreError> {
        let uid = key.map(|key| key.bytes().to_vec());
        let mut tx = self.store.write(Durability::Power).await?;
        let gone = sqlx::query!(
            "DELETE FROM response WHERE name = ?
            AND virtual_key_id IS (SELECT id FROM virtual_key WHERE uid = ?)",
            name,
            uid
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// Claims a request for this process, or says what became of it. Of many that ask at one instant,
    /// also in different processes, one claims it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn claim(
        &self,
        once: &Once<'_>,
        instance: InstanceId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Claim, StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let (uid, now) = (once.key.map(|key| key.bytes().to_vec()), now.millis());
        sqlx::query!("DELETE FROM idempotency WHERE expires_at <= ?", now).execute(&mut *tx).await?;
        let found = sqlx::query!(
            r#"SELECT body_hash, instance.uid AS "instance!: Vec<u8>", status, headers, body
            FROM idempotency JOIN instance ON instance.id = idempotency.instance_id
            WHERE coalesce(virtual_key_id, 0) = coalesce((SELECT id FROM virtual_key WHERE uid = ?), 0) AND key = ?"#,
            uid,
            once.word
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(row) = found {
            tx.commit().await?;
            if rows::hash(&row.body_hash)? != once.body {
                return Ok(Claim::OtherBody);
            }
            let (Some(status), Some(body)) = (row.status, row.body) else {
                return Ok(Claim::Running(InstanceId::from_bytes(&row.instance)?));
            };
            let damaged = |error: std::io::Error| StoreError::Damaged(error.to_string());
            return Ok(Claim::Answered(StoredAnswer {
                status: u16::try_from(status).unwrap_or(500),
                headers: rows::json(row.headers.as_deref())?,
                body: zstd::decode_all(body.as_slice()).map_err(damaged)?,
            }));
        }
        let (hash, expires_at) = (once.body.bytes().as_slice(), expires_at.millis());
        let by = instance.bytes();
        sqlx::query!(
            "INSERT INTO idempotency (virtual_key_id, key, body_hash, instance_id, created_at, expires_at)
            VALUES ((SELECT id FROM virtual_key WHERE uid = ?), ?, ?, (SELECT id FROM instance WHERE uid = ?), ?, ?)",
            uid,
            once.word,
            hash,
            by,
            now,
            expires_at
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Claim::Mine)
    }

    /// Keeps the answer of a claimed request, with the run that it became, where that is stored.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn answer(
        &self,
        once: &Once<'_>,
        run: Option<RunId>,
        answer: &StoredAnswer,
    ) -> Result<(), StoreError> {
        let headers = rows::to_json(&answer.headers)?;
        let body = zstd::encode_all(answer.body.as_slice(), LEVEL)?;
        let (uid, run) = (once.key.map(|key| key.bytes().to_vec()), run.map(|run| run.bytes().to_vec()));
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!(
            "UPDATE idempotency SET status = ?, headers = ?, body = ?, run_id = (SELECT id FROM run WHERE uid = ?)
            WHERE coalesce(virtual_key_id, 0) = coalesce((SELECT id FROM virtual_key WHERE uid = ?), 0) AND key = ?",
            answer.status,
            headers,
            body,
            run,
            uid,
            once.word
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Lets go of a claimed request that failed: the next one is carried out anew.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn let_go(&self, once: &Once<'_>) -> Result<(), StoreError> {
        let uid = once.key.map(|key| key.bytes().to_vec());
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!(
            "DELETE FROM idempotency WHERE status IS NULL AND key = ?
            AND coalesce(virtual_key_id, 0) = coalesce((SELECT id FROM virtual_key WHERE uid = ?), 0)",
            once.word,
            uid
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}

/// Stores a response.
pub(crate) async fn put_response(
    tx: &mut SqliteConnection,
    response: &StoredResponse,
) -> Result<(), StoreError> {
    let key = response.key.map(|key| key.bytes().to_vec());
    let (completion, message) = (response.completion.bytes(), response.message.bytes());
    let created_at = response.created_at.millis();
    sqlx::query!(
        "INSERT INTO response (name, virtual_key_id, completion_id, message_id, created_at)
        VALUES (?, (SELECT id FROM virtual_key WHERE uid = ?), (SELECT id FROM completion WHERE uid = ?),
            (SELECT id FROM message WHERE uid = ?), ?)
        ON CONFLICT (name, coalesce(virtual_key_id, 0)) DO NOTHING",
        response.name,
        key,
        completion,
        message,
        created_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets claims of a process that has gone: nobody carries them out any more.
pub(crate) async fn forget_claims(tx: &mut SqliteConnection, instance: InstanceId) -> Result<(), StoreError> {
    let uid = instance.bytes();
    sqlx::query!(
        "DELETE FROM idempotency WHERE status IS NULL
        AND instance_id = (SELECT id FROM instance WHERE uid = ?)",
        uid
    )
    .execute(tx)
    .await?;
    Ok(())
}

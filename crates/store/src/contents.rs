//! Contents: what messages say, stored once whoever says it.

use crate::{StoreError, rows, search};
use domain::{Hash, MediaSource, Part, content_hash};
use sqlx::SqliteConnection;

/// A stored content.
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) hash: Hash,
}

/// Stores parts unless they are there already, and makes new ones findable. Nothing said is nothing
/// stored: `None`, with [`nothing`] as its hash.
pub(crate) async fn put_parts(
    tx: &mut SqliteConnection,
    parts: &[Part],
) -> Result<Option<Stored>, StoreError> {
    if parts.is_empty() {
        return Ok(None);
    }
    let (stored, fresh) = put(tx, &rows::to_json(parts)?).await?;
    if fresh {
        for part in parts {
            if let Part::Image { source, .. } | Part::File { source, .. } = part {
                link(tx, stored.id, source).await?;
            }
        }
        search::index(tx, stored.id, parts).await?;
    }
    Ok(Some(stored))
}

/// Stores a text as a content of one text part: what system texts are.
pub(crate) async fn put_text(
    tx: &mut SqliteConnection,
    text: Option<&str>,
) -> Result<Option<i64>, StoreError> {
    match text {
        Some(text) => Ok(put_parts(tx, &[Part::text(text)]).await?.map(|stored| stored.id)),
        None => Ok(None),
    }
}

/// Stores JSON that is no message; it is not searched.
pub(crate) async fn put_json(tx: &mut SqliteConnection, json: &str) -> Result<i64, StoreError> {
    Ok(put(tx, json).await?.0.id)
}

async fn put(tx: &mut SqliteConnection, json: &str) -> Result<(Stored, bool), StoreError> {
    let hash = content_hash(json.as_bytes());
    let key = hash.bytes().as_slice();
    if let Some(id) =
        sqlx::query_scalar!("SELECT id FROM content WHERE hash = ?", key).fetch_optional(&mut *tx).await?
    {
        return Ok((Stored { id, hash }, false));
    }
    let id = sqlx::query!("INSERT INTO content (hash, parts) VALUES (?, ?)", key, json)
        .execute(tx)
        .await?
        .last_insert_rowid();
    Ok((Stored { id, hash }, true))
}

async fn link(tx: &mut SqliteConnection, content: i64, source: &MediaSource) -> Result<(), StoreError> {
    let MediaSource::Blob { hash, .. } = source else { return Ok(()) };
    let key = hash.bytes().as_slice();
    let known =
        sqlx::query_scalar!("SELECT id FROM blob WHERE hash = ?", key).fetch_optional(&mut *tx).await?;
    let Some(blob) = known else { return Err(StoreError::missing("blob", hash)) };
    sqlx::query!("INSERT OR IGNORE INTO content_blob (content_id, blob_id) VALUES (?, ?)", content, blob)
        .execute(tx)
        .await?;
    Ok(())
}

/// Hash of saying nothing.
pub(crate) fn nothing() -> Hash {
    content_hash(b"[]")
}

/// The text of a system content.
pub(crate) fn text(parts: Option<&str>) -> Result<Option<String>, StoreError> {
    let Some(parts) = parts else { return Ok(None) };
    let parts: Vec<Part> = serde_json::from_str(parts)?;
    Ok(Some(
        parts
            .into_iter()
            .filter_map(|p| if let Part::Text { text } = p { Some(text) } else { None })
            .collect(),
    ))
}

//! Tags: words on conversations. Large and small letters are one, as they are in any alphabet,
//! which is why names are compared here and not in SQL.

use crate::{Store, StoreError, rows, writer::Durability};
use domain::Tag;
use sqlx::SqliteConnection;

/// Tags.
#[derive(Clone, Copy)]
pub struct Tags<'a> {
    pub(crate) store: &'a Store,
}

impl Tags<'_> {
    /// All that some live conversation has, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn list(&self) -> Result<Vec<Tag>, StoreError> {
        let found = sqlx::query!(
            r#"SELECT tag.name, count(*) AS "conversations!: i64" FROM tag
            JOIN conversation_tag ON conversation_tag.tag_id = tag.id
            JOIN conversation ON conversation.id = conversation_tag.conversation_id
            WHERE conversation.deletion_id IS NULL GROUP BY tag.id"#
        )
        .fetch_all(self.store.readers())
        .await?;
        let mut tags: Vec<Tag> = found
            .into_iter()
            .map(|row| Tag { name: row.name, conversations: rows::count(row.conversations) })
            .collect();
        tags.sort_by_cached_key(|tag| tag.name.to_lowercase());
        Ok(tags)
    }

    /// Gives it another name; where another tag has that, the two become one.
    ///
    /// # Errors
    /// When there is no such tag.
    pub async fn rename(&self, name: &str, to: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let from = find(&mut tx, name).await?.ok_or_else(|| StoreError::missing("tag", &name))?;
        match find(&mut tx, to).await? {
            Some(other) if other != from => {
                sqlx::query!(
                    "INSERT OR IGNORE INTO conversation_tag (conversation_id, tag_id)
                    SELECT conversation_id, ? FROM conversation_tag WHERE tag_id = ?",
                    other,
                    from
                )
                .execute(&mut *tx)
                .await?;
                drop(&mut tx, from).await?;
            }
            _ => {
                sqlx::query!("UPDATE tag SET name = ? WHERE id = ?", to, from).execute(&mut *tx).await?;
            }
        }
        tx.commit().await
    }

    /// Takes it off all conversations.
    ///
    /// # Errors
    /// When there is no such tag.
    pub async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let id = find(&mut tx, name).await?.ok_or_else(|| StoreError::missing("tag", &name))?;
        drop(&mut tx, id).await?;
        tx.commit().await
    }
}

async fn drop(tx: &mut SqliteConnection, id: i64) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM conversation_tag WHERE tag_id = ?", id).execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM tag WHERE id = ?", id).execute(tx).await?;
    Ok(())
}

/// The row of a tag of this name.
pub(crate) async fn find(tx: &mut SqliteConnection, name: &str) -> Result<Option<i64>, StoreError> {
    let same = name.to_lowercase();
    let all = sqlx::query!(r#"SELECT id AS "id!", name FROM tag"#).fetch_all(tx).await?;
    Ok(all.into_iter().find(|tag| tag.name.to_lowercase() == same).map(|tag| tag.id))
}

/// Rows of the tags that a filter names; `None` where there is none of one of these names, which
/// nothing can have.
pub(crate) async fn filter(
    tx: &mut SqliteConnection,
    names: &[String],
) -> Result<Option<Vec<i64>>, StoreError> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        match find(tx, name.trim()).await? {
            Some(id) => ids.push(id),
            None => return Ok(None),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

/// The same, made where there is none.
pub(crate) async fn put(tx: &mut SqliteConnection, name: &str) -> Result<i64, StoreError> {
    if let Some(id) = find(tx, name).await? {
        return Ok(id);
    }
    Ok(sqlx::query!("INSERT INTO tag (name) VALUES (?)", name).execute(tx).await?.last_insert_rowid())
}

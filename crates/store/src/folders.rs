//! Folders: where conversations are kept.

use crate::{Store, StoreError, budgets, rows, writer::Durability};
use domain::{ConversationId, Folder, FolderId};
use sqlx::SqliteConnection;

/// Folders.
#[derive(Clone, Copy)]
pub struct Folders<'a> {
    pub(crate) store: &'a Store,
}

/// Most folders within one another: what a side bar can show.
const DEPTH: usize = 32;

struct Row {
    id: i64,
    uid: Vec<u8>,
    parent_id: Option<i64>,
    name: String,
    conversations: i64,
}

impl Folders<'_> {
    /// All of them, parents before what is in them, those of one parent in their order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn list(&self) -> Result<Vec<Folder>, StoreError> {
        let all = all(&mut *self.store.read().await?).await?;
        let mut listed = Vec::with_capacity(all.len());
        // Depth first, from a pile: the last one put there comes next.
        let mut pile: Vec<(&Row, Option<FolderId>)> =
            all.iter().rev().filter(|row| row.parent_id.is_none()).map(|row| (row, None)).collect();
        while let Some((row, parent)) = pile.pop() {
            let id = FolderId::from_bytes(&row.uid)?;
            listed.push(Folder {
                id,
                parent,
                name: row.name.clone(),
                conversations: rows::count(row.conversations),
            });
            pile.extend(
                all.iter()
                    .rev()
                    .filter(|below| below.parent_id == Some(row.id))
                    .map(|below| (below, Some(id))),
            );
        }
        Ok(listed)
    }

    /// The folders that a conversation is in: its own, and those around it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn around(&self, conversation: ConversationId) -> Result<Vec<FolderId>, StoreError> {
        let uid = conversation.bytes();
        sqlx::query_scalar!(
            r#"WITH RECURSIVE around (id) AS (
                SELECT folder_id FROM conversation WHERE uid = ? AND folder_id IS NOT NULL
                UNION SELECT folder.parent_id FROM around CROSS JOIN folder ON folder.id = around.id
                    WHERE folder.parent_id IS NOT NULL
            )
            SELECT folder.uid AS "uid!: Vec<u8>" FROM around CROSS JOIN folder ON folder.id = around.id"#,
            uid
        )
        .fetch_all(self.store.readers())
        .await?
        .iter()
        .map(|uid| Ok(FolderId::from_bytes(uid)?))
        .collect()
    }

    /// Makes a folder, last in its parent.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is one of this name, or too many within one another.
    pub async fn create(&self, id: FolderId, name: &str, parent: Option<FolderId>) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let parent = match parent {
            Some(parent) => Some(row_id(&mut tx, parent).await?),
            None => None,
        };
        let all = all(&mut tx).await?;
        expect_room(&all, name, parent, None)?;
        let uid = id.bytes();
        sqlx::query!(
            "INSERT INTO folder (uid, parent_id, name, ord)
            SELECT ?1, ?2, ?3, coalesce(max(ord) + 1, 0) FROM folder WHERE parent_id IS ?2",
            uid,
            parent,
            name
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Gives it another name.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when a neighbour has it.
    pub async fn rename(&self, id: FolderId, name: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        let all = all(&mut tx).await?;
        let parent = all.iter().find(|folder| folder.id == row).and_then(|folder| folder.parent_id);
        expect_room(&all, name, parent, Some(row))?;
        sqlx::query!("UPDATE folder SET name = ? WHERE id = ?", name, row).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Puts it into another folder or at the top: before `before`, which is there, else last.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it would be within itself, or beside one of its name.
    pub async fn move_to(
        &self,
        id: FolderId,
        parent: Option<FolderId>,
        before: Option<FolderId>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        let parent = match parent {
            Some(parent) => Some(row_id(&mut tx, parent).await?),
            None => None,
        };
        let before = match before {
            Some(before) => Some(row_id(&mut tx, before).await?),
            None => None,
        };
        let all = all(&mut tx).await?;
        if path(&all, parent).any(|above| above == row) {
            return Err(StoreError::Refused("a folder cannot be put into itself".to_owned()));
        }
        let name = all.iter().find(|folder| folder.id == row).map_or("", |folder| folder.name.as_str());
        expect_room(&all, name, parent, Some(row))?;
        if path(&all, parent).count() + height(&all, row) > DEPTH {
            return Err(too_deep());
        }
        let mut beside: Vec<i64> =
            all.iter().filter(|f| f.parent_id == parent && f.id != row).map(|f| f.id).collect();
        let at = before.and_then(|before| beside.iter().position(|other| *other == before));
        beside.insert(at.unwrap_or(beside.len()), row);
        sqlx::query!("UPDATE folder SET parent_id = ? WHERE id = ?", parent, row).execute(&mut *tx).await?;
        number(&mut tx, &beside).await?;
        tx.commit().await
    }

    /// Removes it. What was in it, folders and conversations, deleted ones too, stands where it stood;
    /// a folder that has a neighbour's name there gets a number. Says how many conversations moved.
    ///
    /// # Errors
    /// When there is no such folder.
    pub async fn delete(&self, id: FolderId) -> Result<u32, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        let all = all(&mut tx).await?;
        let parent = all.iter().find(|folder| folder.id == row).and_then(|folder| folder.parent_id);
        let moved = sqlx::query!("UPDATE conversation SET folder_id = ? WHERE folder_id = ?", parent, row)
            .execute(&mut *tx)
            .await?;
        let mut beside: Vec<i64> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for folder in all.iter().filter(|f| f.parent_id == parent) {
            if folder.id != row {
                beside.push(folder.id);
                names.push(folder.name.to_lowercase());
                continue;
            }
            beside.extend(all.iter().filter(|f| f.parent_id == Some(row)).map(|f| f.id));
        }
        for folder in all.iter().filter(|f| f.parent_id == Some(row)) {
            let mut name = folder.name.clone();
            let mut number = 2;
            while names.contains(&name.to_lowercase()) {
                name = format!("{} {number}", folder.name);
                number += 1;
            }
            names.push(name.to_lowercase());
            sqlx::query!("UPDATE folder SET parent_id = ?, name = ? WHERE id = ?", parent, name, folder.id)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query!("DELETE FROM folder WHERE id = ?", row).execute(&mut *tx).await?;
        budgets::lift(&mut tx, id).await?;
        number(&mut tx, &beside).await?;
        tx.commit().await?;
        Ok(u32::try_from(moved.rows_affected()).unwrap_or(u32::MAX))
    }
}

/// Gives neighbours their order.
async fn number(tx: &mut SqliteConnection, beside: &[i64]) -> Result<(), StoreError> {
    for (ord, folder) in beside.iter().enumerate() {
        let ord = ord as i64;
        sqlx::query!("UPDATE folder SET ord = ? WHERE id = ?", ord, folder).execute(&mut *tx).await?;
    }
    Ok(())
}

async fn all(tx: &mut SqliteConnection) -> Result<Vec<Row>, StoreError> {
    Ok(sqlx::query_as!(
        Row,
        r#"SELECT f.id AS "id!", f.uid, f.parent_id, f.name,
            (SELECT count(*) FROM conversation WHERE folder_id = f.id AND deletion_id IS NULL) AS "conversations!: i64"
        FROM folder AS f ORDER BY f.ord, f.id"#
    )
    .fetch_all(tx)
    .await?)
}

/// A folder and all above it.
fn path(all: &[Row], from: Option<i64>) -> impl Iterator<Item = i64> {
    let above = |id: i64| all.iter().find(|folder| folder.id == id).and_then(|folder| folder.parent_id);
    std::iter::successors(from, move |id| above(*id)).take(all.len() + 1)
}

/// How many folders are within one another from this one down.
fn height(all: &[Row], from: i64) -> usize {
    let above = path(all, Some(from)).count();
    all.iter()
        .filter(|folder| path(all, Some(folder.id)).any(|id| id == from))
        .map(|folder| path(all, Some(folder.id)).count() - above + 1)
        .max()
        .unwrap_or(1)
}

fn expect_room(all: &[Row], name: &str, parent: Option<i64>, self_id: Option<i64>) -> Result<(), StoreError> {
    let same = name.to_lowercase();
    let twin =
        all.iter().any(|f| f.parent_id == parent && Some(f.id) != self_id && f.name.to_lowercase() == same);
    if twin {
        let text = format!("there is a folder `{name}` here already; choose another name");
        return Err(StoreError::Refused(text));
    }
    if path(all, parent).count() >= DEPTH {
        return Err(too_deep());
    }
    Ok(())
}

fn too_deep() -> StoreError {
    StoreError::Refused(format!("at most {DEPTH} folders can be within one another"))
}

pub(crate) async fn row_id(tx: &mut SqliteConnection, id: FolderId) -> Result<i64, StoreError> {
    let uid = id.bytes();
    sqlx::query_scalar!(r#"SELECT id AS "id!" FROM folder WHERE uid = ?"#, uid)
        .fetch_optional(tx)
        .await?
        .ok_or_else(|| StoreError::missing("folder", &id))
}

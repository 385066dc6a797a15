//! Runs: acts of asking, stored whole before anybody is asked.

use crate::{
    JournalRow, NewCompletion, NewMessage, Store, StoreError, branches, completions, conversations, journal,
    messages, rows, writer::Durability,
};
use completions::completions;
use domain::{
    Branch, BranchId, ColumnDefaults, Completion, Conversation, ConversationId, InstanceId, MessageId, Part,
    Run, RunId, Timestamp, VirtualKeyId,
};

/// Runs.
#[derive(Clone, Copy)]
pub struct Runs<'a> {
    pub(crate) store: &'a Store,
}

/// A run to store, with everything that begins with it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// The run.
    pub run: Run,
    /// Whose key it is charged to.
    pub key: Option<VirtualKeyId>,
    /// The process that will do it; registered.
    pub instance: InstanceId,
    /// The conversation, where it begins with this run. Its `head` may be one of `new_branches`.
    pub new_conversation: Option<Conversation>,
    /// Branches that begin with it.
    pub new_branches: Vec<Branch>,
    /// The conversation's new active branch.
    pub head: Option<BranchId>,
    /// What the user says, parents first.
    pub user_messages: Vec<NewMessage>,
    /// Whom it asks.
    pub completions: Vec<NewCompletion>,
    /// Branches and their new tips.
    pub moves: Vec<Move>,
}

/// A branch that goes on. It goes only from where the caller saw it: another process may have been
/// quicker.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Which; one of the new branches too.
    pub branch: BranchId,
    /// Where it must stand; `None` where it has no tip yet.
    pub from: Option<MessageId>,
    /// Its new tip.
    pub to: MessageId,
    /// Where the line that it leaves parts from the new one, if that is not at its end: the sibling
    /// of a node on the new path, to find the old tip again.
    pub leaves: Option<MessageId>,
    /// What it asks from now on, and how; `None` leaves that as it is.
    pub defaults: Option<ColumnDefaults>,
}

/// A run at one moment, for those who watch it from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Number of its last batch, folded or not.
    pub last_seq: u32,
    /// Batches after those the caller knows that are not folded, in order.
    pub rows: Vec<JournalRow>,
    /// Its completions in order, with what their messages have stored, if that was wanted.
    pub completions: Vec<(Completion, Vec<Part>)>,
}

impl Runs<'_> {
    /// Stores a run: all of it, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Refused`] or [`StoreError::NotFound`] when something in it does not fit what is
    /// stored, [`StoreError::Moved`] when a branch does not stand where the caller saw it.
    pub async fn start(&self, new: &NewRun) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        if let Some(conversation) = &new.new_conversation {
            conversations::insert(&mut tx, conversation).await?;
        }
        for branch in &new.new_branches {
            branches::insert(&mut tx, branch).await?;
        }
        for message in &new.user_messages {
            messages::insert(&mut tx, message, &[]).await?;
        }

        let uid = new.instance.bytes();
        let instance = sqlx::query_scalar!("SELECT id FROM instance WHERE uid = ?", uid)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("instance", &new.instance))?;
        let conversation = match new.run.conversation_id {
            Some(id) => Some(conversations::row_id(&mut tx, id).await?),
            None => None,
        };
        let (uid, kind, origin) = (new.run.id.bytes(), new.run.kind.as_str(), new.run.origin.as_str());
        let created_at = new.run.created_at.millis();
        let key = new.key.as_ref().map(VirtualKeyId::bytes);
        let run = sqlx::query!(
            "INSERT INTO run (uid, conversation_id, kind, origin, instance_id, created_at, virtual_key_id)
            VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM virtual_key WHERE uid = ?))",
            uid,
            conversation,
            kind,
            origin,
            instance,
            created_at,
            key
        )
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        for completion in &new.completions {
            completions::insert(&mut tx, run, completion).await?;
            let sources = completion.merge.as_ref().map_or(&[][..], |merge| &merge.sources);
            messages::insert(&mut tx, &completion.message, sources).await?;
        }
        for step in &new.moves {
            branches::go_on(&mut tx, step).await?;
        }
        if let Some(conversation) = conversation {
            let head = new.head.or_else(|| new.new_conversation.as_ref().and_then(|c| c.head));
            if let Some(head) = head {
                branches::activate(&mut tx, conversation, head).await?;
            }
            sqlx::query!(
                "UPDATE conversation SET updated_at = max(updated_at, ?) WHERE id = ?",
                created_at,
                conversation
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        self.store.search().catch_up_soon();
        Ok(())
    }

    /// One run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        let uid = id.bytes();
        let row = sqlx::query!(
            r#"SELECT conversation.uid AS "conversation?", run.kind, run.origin, run.created_at FROM run
            LEFT JOIN conversation ON conversation.id = run.conversation_id WHERE run.uid = ?"#,
            uid
        )
        .fetch_optional(self.store.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Run {
            id,
            conversation_id: row.conversation.as_deref().map(ConversationId::from_bytes).transpose()?,
            kind: rows::word(&row.kind)?,
            origin: rows::word(&row.origin)?,
            created_at: Timestamp::from_millis(row.created_at),
        }))
    }

    /// The completions of a run, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn completions(&self, id: RunId) -> Result<Vec<Completion>, StoreError> {
        let uid = id.bytes();
        completions!("run.uid = ? ORDER BY c.ord", uid)
            .fetch_all(self.store.readers())
            .await?
            .into_iter()
            .map(Completion::try_from)
            .collect()
    }

    /// All that somebody who has seen the run up to batch `since` needs, of one moment. Stored text
    /// comes only `with_text`: who looks many times a second mostly needs to know that nothing is new.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn feed(&self, id: RunId, since: u32, with_text: bool) -> Result<Feed, StoreError> {
        let uid = id.bytes();
        let mut snapshot = self.store.snapshot().await?;
        let last_seq = sqlx::query_scalar!("SELECT last_seq FROM run WHERE uid = ?", uid)
            .fetch_optional(&mut *snapshot)
            .await?
            .ok_or_else(|| StoreError::missing("run", &id))?;
        let rows = journal::since(&mut snapshot, id, since).await?;
        let said = sqlx::query_scalar!(
            r#"SELECT CASE WHEN ? THEN content.parts END AS "parts?: String"
            FROM completion JOIN run ON run.id = completion.run_id
            LEFT JOIN message ON message.completion_id = completion.id AND message.choice = 0 AND message.copied = 0
            LEFT JOIN content ON content.id = message.content_id
            WHERE run.uid = ? ORDER BY completion.ord"#,
            with_text,
            uid
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let asked = completions!("run.uid = ? ORDER BY c.ord", uid).fetch_all(&mut *snapshot).await?;
        let completions = asked
            .into_iter()
            .zip(said)
            .map(|(row, parts)| Ok((Completion::try_from(row)?, rows::json(parts.as_deref())?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Feed { last_seq: rows::count(last_seq), rows, completions })
    }

    /// Runs that have answers still to come, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn live(&self) -> Result<Vec<RunId>, StoreError> {
        let rows = sqlx::query_scalar!(
            "SELECT uid FROM run WHERE id IN
                (SELECT run_id FROM completion WHERE state IN ('queued', 'streaming')) ORDER BY id"
        )
        .fetch_all(self.store.readers())
        .await?;
        rows.iter().map(|uid| Ok(RunId::from_bytes(uid)?)).collect()
    }
}

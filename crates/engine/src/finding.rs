//! Finding what was said, and keeping conversations in order.

use crate::{Engine, EngineError, engine::now};
use domain::{
    BatchAction, Batched, ConversationId, ConversationPage, Folder, FolderId, ListQuery, MessageId, Place,
    SearchPage, SearchQuery, Tag, Target, UndoId,
};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};
use store::{StoreError, Undo};

/// Longest name of a folder and of a tag, in characters.
const FOLDER: usize = 100;
const TAG: usize = 50;
/// Most tags that are added or removed at once, and most conversations that are changed.
const TAGS: usize = 100;
const BATCH: usize = 100_000;
/// How many batches can be taken back.
const REMEMBERED: usize = 50;

/// What can be taken back, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Undos(Mutex<VecDeque<(UndoId, Undo)>>);

impl Undos {
    fn keep(&self, undo: Undo) -> UndoId {
        let id = UndoId::from_uuid(uuid::Uuid::now_v7());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((id, undo));
        if kept.len() > REMEMBERED {
            kept.pop_front();
        }
        id
    }

    fn find(&self, id: UndoId) -> Option<Undo> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(other, _)| *other == id).map(|(_, undo)| undo.clone())
    }

    fn forget(&self, id: UndoId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| *other != id);
    }
}

impl Engine {
    /// Messages with all words of a text, on all branches.
    ///
    /// # Errors
    /// When the store cannot be read, or a filter names what is not there.
    pub async fn search(&self, query: &SearchQuery) -> Result<SearchPage, EngineError> {
        self.0.store.search().page(query).await.map_err(plainly)
    }

    /// Where a message stands, for jumping to it.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn locate(&self, message: MessageId) -> Result<Place, EngineError> {
        Ok(self.0.store.search().locate(message).await?)
    }

    /// Models that have answered, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn answered_models(&self) -> Result<Vec<Target>, EngineError> {
        Ok(self.0.store.search().answered_models().await?)
    }

    /// Conversations, and how many there are on all pages.
    ///
    /// # Errors
    /// When the store cannot be read, or a filter names what is not there.
    pub async fn find_conversations(&self, query: &ListQuery) -> Result<ConversationPage, EngineError> {
        Ok(self.0.store.conversations().page(query).await?)
    }

    /// All folders, parents before what is in them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn folders(&self) -> Result<Vec<Folder>, EngineError> {
        Ok(self.0.store.folders().list().await?)
    }

    /// Makes a folder, last in its parent.
    ///
    /// # Errors
    /// When there is one of this name, or the name is none.
    pub async fn create_folder(&self, name: &str, parent: Option<FolderId>) -> Result<FolderId, EngineError> {
        let name = name_of(name, FOLDER)?;
        let id = FolderId::from_uuid(uuid::Uuid::now_v7());
        self.0.store.folders().create(id, name, parent).await.map_err(plainly)?;
        self.0.changes.tell(["folders"]);
        Ok(id)
    }

    /// Gives a folder another name.
    ///
    /// # Errors
    /// When a neighbour has it, or the name is none.
    pub async fn rename_folder(&self, id: FolderId, name: &str) -> Result<(), EngineError> {
        self.0.store.folders().rename(id, name_of(name, FOLDER)?).await.map_err(plainly)?;
        self.0.changes.tell(["folders"]);
        Ok(())
    }

    /// Puts a folder into another or at the top: before a neighbour there, else last.
    ///
    /// # Errors
    /// When it would be within itself, or beside one of its name.
    pub async fn move_folder(
        &self,
        id: FolderId,
        parent: Option<FolderId>,
        before: Option<FolderId>,
    ) -> Result<(), EngineError> {
        self.0.store.folders().move_to(id, parent, before).await.map_err(plainly)?;
        self.0.changes.tell(["folders"]);
        Ok(())
    }

    /// Removes a folder; what was in it stands where it stood.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn delete_folder(&self, id: FolderId) -> Result<(), EngineError> {
        self.0.store.folders().delete(id).await?;
        // Its budgets are gone with it.
        self.refresh_admission().await;
        self.0.changes.tell(["folders", "conversations"]);
        Ok(())
    }

    /// All tags, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn tags(&self) -> Result<Vec<Tag>, EngineError> {
        Ok(self.0.store.tags().list().await?)
    }

    /// Gives a tag another name; where there is one of that name the two become one.
    ///
    /// # Errors
    /// When there is no such tag, or the name is none.
    pub async fn rename_tag(&self, name: &str, to: &str) -> Result<(), EngineError> {
        self.0.store.tags().rename(name, name_of(to, TAG)?).await?;
        self.0.changes.tell(["folders", "conversations"]);
        Ok(())
    }

    /// Takes a tag off all conversations.
    ///
    /// # Errors
    /// When there is no such tag.
    pub async fn delete_tag(&self, name: &str) -> Result<(), EngineError> {
        self.0.store.tags().delete(name).await?;
        self.0.changes.tell(["folders", "conversations"]);
        Ok(())
    }

    /// Does one thing to many conversations, all or none of it. Those in which an answer is being
    /// written are not deleted, and named.
    ///
    /// # Errors
    /// When the folder is not there, a tag's name is none, or there are too many of them.
    pub async fn change_conversations(
        &self,
        ids: &[ConversationId],
        action: &BatchAction,
    ) -> Result<Batched, EngineError> {
        if ids.len() > BATCH {
            return Err(EngineError::BadInput(format!(
                "at most {BATCH} conversations can be changed at once"
            )));
        }
        if let BatchAction::Tag { add, remove } = action {
            if add.len() + remove.len() > TAGS {
                return Err(EngineError::BadInput(format!("at most {TAGS} tags can be changed at once")));
            }
            for name in add {
                name_of(name, TAG)?;
            }
        }
        let done = self.0.store.conversations().change(ids, action, now()).await?;
        let undo = (!done.changed.is_empty()).then(|| self.0.undos.keep(done.undo));
        self.tell_conversations(&done.changed);
        Ok(Batched { changed: done.changed.len() as u32, streaming: done.streaming, undo })
    }

    /// Takes back what was done to many conversations.
    ///
    /// # Errors
    /// When it can no longer be taken back.
    pub async fn undo_change(&self, id: UndoId) -> Result<(), EngineError> {
        let undo = self.0.undos.find(id).ok_or_else(|| {
            EngineError::BadInput("this can no longer be taken back; change it again by hand".to_owned())
        })?;
        let changed = self.0.store.conversations().undo(&undo).await?;
        self.0.undos.forget(id);
        self.tell_conversations(&changed);
        Ok(())
    }

    fn tell_conversations(&self, ids: &[ConversationId]) {
        if ids.is_empty() {
            return;
        }
        // Of many, every screen that shows one asks again.
        let each: Vec<String> = if ids.len() > 100 {
            vec!["conversation:*".to_owned()]
        } else {
            ids.iter().map(|id| format!("conversation:{id}")).collect()
        };
        let lists = ["conversations", "folders", "status"].map(str::to_owned);
        self.0.changes.tell(lists.into_iter().chain(each));
    }

    /// Brings the search index up to what is stored, in small steps that let writers in between.
    pub(crate) async fn index_rest(&self) {
        let mut steps = 0_u32;
        loop {
            match self.0.store.search().catch_up_step().await {
                Ok(0) => break,
                Ok(_) => steps += 1,
                Err(error) => {
                    tracing::warn!(%error, "the search index will catch up later");
                    break;
                }
            }
            if steps.is_multiple_of(100) {
                self.0.changes.tell(["search"]);
            }
            // Whoever waits for the store goes first.
            tokio::task::yield_now().await;
        }
        if steps > 0 {
            self.0.changes.tell(["search"]);
        }
    }
}

/// What the store refuses here is about what was asked for, in words that are meant for people.
pub(crate) fn plainly(error: StoreError) -> EngineError {
    match error {
        StoreError::Refused(why) => EngineError::BadInput(why),
        other => other.into(),
    }
}

fn name_of(name: &str, most: usize) -> Result<&str, EngineError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > most || name.chars().any(char::is_control) {
        return Err(EngineError::BadInput(format!("a name has 1 to {most} characters on one line")));
    }
    Ok(name)
}

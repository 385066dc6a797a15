//! What can be done with a conversation's tree without asking anybody: forks, branches, columns, which
//! line is shown, comparing, taking a side, marking, deleting and bringing back.

mod words;

use crate::{Engine, EngineError, engine::now, media, runs::new_message};
use domain::{
    Bookmark, Branch, BranchId, BranchKind, BranchSummary, ColumnOf, ComparedPair, Comparison, Conversation,
    ConversationId, DeleteWhat, Deletion, DeletionCount, DeletionId, DiffSide, Fork, MergeSource, Merged,
    Message, MessageId, MessageStatus, MessageView, NewConversation, Params, Part, Provenance, Role,
    RunOrigin, SaveEdit, SavedEdit, Shown, Sibling, TakeSide, TextDiff, TreeOverview,
};
use std::collections::HashMap;
use store::{Bearer, StoreError};
use uuid::Uuid;

/// Longest name of a branch, in characters.
const NAME: usize = 100;
/// Longest note on a bookmark, in characters.
const NOTE: usize = 300;
/// Most messages fetched by their ids at once.
const MOST: usize = 200;
/// Most columns, and most sources of a merge.
pub(crate) const MAX_COLUMNS: usize = 32;

pub(crate) fn branch_id() -> BranchId {
    BranchId::from_uuid(Uuid::now_v7())
}

fn message_id() -> MessageId {
    MessageId::from_uuid(Uuid::now_v7())
}

impl Engine {
    /// Saves an edit: a branch goes through the edited message from now on, and what followed there is
    /// carried along; nothing is asked. The old line stays.
    ///
    /// # Errors
    /// When the branch does not go through the message, its end is still being written, or nothing is said.
    pub async fn save_edit(&self, mut edit: SaveEdit) -> Result<SavedEdit, EngineError> {
        expect_words(&edit.parts)?;
        edit.parts = media::keep(&self.0.store, edit.parts).await?;
        let _alone = self.0.running.starting().await;
        let branch = self.branch(edit.branch).await?;
        let saved = self.0.store.trees().save_edit(&edit, now(), message_id).await?;
        self.corrected(edit.message).await;
        self.tell_conversation(branch.conversation_id);
        Ok(saved)
    }

    /// Begins a conversation in which nothing is said yet.
    ///
    /// # Errors
    /// When its title or what it asks makes no sense, or it cannot be stored.
    pub async fn create_conversation(
        &self,
        new: NewConversation,
        origin: RunOrigin,
    ) -> Result<ConversationId, EngineError> {
        let title = new.title.as_deref().map_or(Ok("Untitled"), crate::conversations::title_of)?;
        new.params.check()?;
        let (id, at) = (ConversationId::from_uuid(Uuid::now_v7()), now());
        let conversation = Conversation {
            id,
            title: title.to_owned(),
            source: origin,
            head: None,
            system: new.system.filter(|text| !text.trim().is_empty()),
            pinned: false,
            archived: false,
            created_at: at,
            updated_at: at,
        };
        let main = Branch {
            id: branch_id(),
            conversation_id: id,
            name: "main".to_owned(),
            kind: BranchKind::Main,
            tip: None,
            target: new.target,
            params: new.params,
            system: None,
            ord: 0,
            pinned: false,
            shown: true,
            scroll: 0,
        };
        self.0.store.conversations().create(&conversation, &main).await?;
        if new.title.is_some() {
            self.0.store.conversations().rename(id, title, true).await?;
        }
        self.tell_conversation(id);
        Ok(id)
    }

    /// Adds what was said to the end of a branch; nobody is asked.
    ///
    /// # Errors
    /// When nothing is said, or the branch's end is still being written.
    pub async fn add_message(
        &self,
        branch: BranchId,
        role: Role,
        parts: Vec<Part>,
    ) -> Result<MessageId, EngineError> {
        expect_words(&parts)?;
        let parts = media::keep(&self.0.store, parts).await?;
        let _alone = self.0.running.starting().await;
        let branch = self.branch(branch).await?;
        self.expect_writable(branch.tip).await?;
        let message = new_message(branch.conversation_id, branch.tip, role, parts, MessageStatus::Complete);
        self.0.store.trees().add_message(&message, branch.id).await?;
        self.tell_conversation(branch.conversation_id);
        Ok(message.id)
    }

    /// Opens the path to a message as a new conversation; nothing is copied.
    ///
    /// # Errors
    /// When there is no such message or branch, or the name is none.
    pub async fn fork(&self, fork: Fork) -> Result<Branch, EngineError> {
        let message = self.message(fork.message).await?;
        let branches = self.0.store.branches().of(message.conversation_id).await?;
        let like = match fork.like {
            Some(id) => Some(self.branch(id).await?),
            None => self.head_of(message.conversation_id, &branches).await?,
        };
        let named = branches.iter().filter(|b| b.kind == BranchKind::Named).count();
        let name = match fork.name {
            Some(name) => branch_name(&name)?,
            None => format!("Branch {}", named + 2),
        };
        let branch = Branch {
            id: branch_id(),
            conversation_id: message.conversation_id,
            name,
            kind: BranchKind::Named,
            tip: Some(message.id),
            target: like.as_ref().and_then(|b| b.target.clone()),
            params: like.as_ref().map_or_else(Params::default, |b| b.params.clone()),
            system: like.and_then(|b| b.system),
            ord: 0,
            pinned: false,
            shown: false,
            scroll: 0,
        };
        let made = self.0.store.trees().fork(&branch, fork.place).await?;
        self.tell_conversation(made.conversation_id);
        Ok(made)
    }

    /// Opens the path to a message as a new conversation; no text is copied.
    ///
    /// # Errors
    /// When there is no such message, or it is still being written.
    pub async fn fork_conversation(
        &self,
        message: MessageId,
        title: Option<String>,
        origin: RunOrigin,
    ) -> Result<ConversationId, EngineError> {
        let message = self.message(message).await?;
        let old = self.conversation(message.conversation_id).await?;
        let branches = self.0.store.branches().of(old.id).await?;
        let head = self.head_of(old.id, &branches).await?;
        let (id, at) = (ConversationId::from_uuid(Uuid::now_v7()), now());
        let title = title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
        let conversation = Conversation {
            id,
            title: title.unwrap_or(old.title),
            source: origin,
            head: None,
            system: old.system,
            pinned: false,
            archived: false,
            created_at: at,
            updated_at: at,
        };
        let branch = Branch {
            id: branch_id(),
            conversation_id: id,
            name: "main".to_owned(),
            kind: BranchKind::Main,
            tip: None,
            target: head.as_ref().and_then(|b| b.target.clone()),
            params: head.as_ref().map_or_else(Params::default, |b| b.params.clone()),
            system: head.and_then(|b| b.system),
            ord: 0,
            pinned: false,
            shown: true,
            scroll: 0,
        };
        self.0.store.trees().copy_path(message.id, &conversation, &branch, message_id).await?;
        self.tell_conversation(id);
        Ok(id)
    }

    /// Live branches with their figures: the active one first, then pinned ones.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn branches(&self, id: ConversationId) -> Result<Vec<BranchSummary>, EngineError> {
        Ok(self.0.store.trees().branches(id).await?)
    }

    /// Gives a branch a name; a column becomes a named branch.
    ///
    /// # Errors
    /// When there is no such branch, or the name is none.
    pub async fn rename_branch(&self, id: BranchId, name: &str) -> Result<(), EngineError> {
        let branch = self.branch(id).await?;
        self.0.store.trees().rename(id, &branch_name(name)?).await?;
        self.tell_conversation(branch.conversation_id);
        Ok(())
    }

    /// Keeps a branch at the top of the list, or no longer.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn pin_branch(&self, id: BranchId, pinned: bool) -> Result<(), EngineError> {
        let branch = self.branch(id).await?;
        self.0.store.trees().pin(id, pinned).await?;
        self.tell_conversation(branch.conversation_id);
        Ok(())
    }

    /// Makes a branch the active one; one that is no column becomes the only one.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn activate_branch(&self, id: BranchId) -> Result<(), EngineError> {
        let branch = self.branch(id).await?;
        self.0.store.trees().activate(id).await?;
        self.tell_conversation(branch.conversation_id);
        Ok(())
    }

    /// Keeps where the window is in a branch. Nobody is told: only who scrolls shows it.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn keep_scroll(&self, id: BranchId, scroll: u32) -> Result<(), EngineError> {
        Ok(self.0.store.trees().keep_scroll(id, scroll).await?)
    }

    /// Makes exactly these the columns of a conversation, in this order, and gives the branches they are.
    ///
    /// # Errors
    /// When there are none or too many, or one is not of this conversation.
    pub async fn show_columns(
        &self,
        id: ConversationId,
        columns: &[ColumnOf],
    ) -> Result<Vec<BranchId>, EngineError> {
        if columns.is_empty() || columns.len() > MAX_COLUMNS {
            return Err(EngineError::BadInput("a conversation has 1 to 32 columns".to_owned()));
        }
        let shown = self.0.store.trees().show(id, columns, branch_id).await?;
        self.tell_conversation(id);
        Ok(shown)
    }

    /// The versions of a message, oldest first.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn siblings(&self, of: MessageId) -> Result<Vec<Sibling>, EngineError> {
        Ok(self.0.store.trees().siblings(of).await?)
    }

    /// Leads a branch through a message; without a branch, one that goes through it is shown, else a new
    /// one.
    ///
    /// # Errors
    /// When they are not there, or not of one conversation.
    pub async fn show_message(
        &self,
        message: MessageId,
        branch: Option<BranchId>,
        scroll: Option<u32>,
    ) -> Result<Shown, EngineError> {
        let conversation = self.message(message).await?.conversation_id;
        let shown = self.0.store.trees().show_message(message, branch, branch_id(), scroll).await?;
        self.tell_conversation(conversation);
        Ok(shown)
    }

    /// Messages by their ids, in this order; those that are gone are left out.
    ///
    /// # Errors
    /// When they are too many.
    pub async fn messages(&self, ids: &[MessageId]) -> Result<Vec<MessageView>, EngineError> {
        if ids.len() > MOST {
            return Err(EngineError::BadInput(format!("at most {MOST} messages can be asked for at once")));
        }
        Ok(self.0.store.messages().views(ids).await?)
    }

    /// Two lines from where they part: `limit` pairs after the first `skip`.
    ///
    /// # Errors
    /// When they are not there, or not of one conversation.
    pub async fn compare_lines(
        &self,
        left: MessageId,
        right: MessageId,
        skip: u32,
        limit: u32,
    ) -> Result<Comparison, EngineError> {
        let lines = self.0.store.trees().lines(left, right).await?;
        let total = lines.pairs.len() as u32;
        let limit = (limit as usize).clamp(1, MOST / 2);
        let wanted: Vec<_> = lines.pairs.iter().skip(skip as usize).take(limit).copied().collect();
        let ids: Vec<MessageId> =
            wanted.iter().flat_map(|pair| [pair.left, pair.right]).flatten().chain(lines.ancestor).collect();
        let found = self.0.store.messages().views(&ids).await?;
        let mut views: HashMap<MessageId, MessageView> =
            found.into_iter().map(|view| (view.message.id, view)).collect();
        let pairs = wanted
            .iter()
            .map(|pair| ComparedPair {
                turn: pair.turn,
                left: pair.left.and_then(|id| views.remove(&id)),
                right: pair.right.and_then(|id| views.remove(&id)),
                same: pair.same,
            })
            .collect();
        let ancestor = lines.ancestor.and_then(|id| views.remove(&id));
        Ok(Comparison { ancestor, left: lines.left, right: lines.right, total, pairs })
    }

    /// Two texts, word by word.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn diff(&self, left: DiffSide, right: DiffSide) -> Result<TextDiff, EngineError> {
        let (left, right) = (self.text_of(left).await?, self.text_of(right).await?);
        blocking(move || words::diff(left, right)).await
    }

    async fn text_of(&self, side: DiffSide) -> Result<String, EngineError> {
        match side {
            DiffSide::Text { text } => Ok(text),
            DiffSide::Message { id } => Ok(self.message(id).await?.text()),
        }
    }

    /// Merges answers by taking one.
    ///
    /// # Errors
    /// When they are fewer than two, one is still being written, or the one to take is none of them.
    pub async fn take_side(&self, request: TakeSide) -> Result<Merged, EngineError> {
        let sources = self.sources(&request.sources).await?;
        let first = &sources[0];
        let taken = sources.iter().find(|message| message.id == request.take);
        let taken =
            taken.ok_or_else(|| EngineError::BadInput("take one of the merged messages".to_owned()))?;
        let _alone = self.0.running.starting().await;
        let bearer = match request.branch {
            Some(id) => {
                let branch = self.branch(id).await?;
                self.expect_writable(branch.tip).await?;
                Bearer::Branch(id)
            }
            None => Bearer::New(Box::new(self.column_like(taken).await?)),
        };
        let node = new_message(
            first.conversation_id,
            first.parent_id,
            taken.role,
            taken.parts.clone(),
            taken.status,
        );
        let branch = self.0.store.trees().take_side(&node, &request.sources, taken.id, &bearer).await?;
        self.tell_conversation(first.conversation_id);
        Ok(Merged { message: node.id, branch })
    }

    /// What is to be merged: at least two answers of one conversation that have ended.
    pub(crate) async fn sources(&self, ids: &[MessageId]) -> Result<Vec<Message>, EngineError> {
        let bad = |text: &str| Err(EngineError::BadInput(text.to_owned()));
        if ids.len() < 2 || ids.len() > MAX_COLUMNS {
            return bad("a merge has 2 to 32 sources");
        }
        let mut sources: Vec<Message> = Vec::with_capacity(ids.len());
        for id in ids {
            let message = self.message(*id).await?;
            if message.status == MessageStatus::Streaming {
                return Err(EngineError::StillStreaming);
            }
            if sources.iter().any(|other| other.id == message.id) {
                return bad("a message can be merged once");
            }
            if sources.first().is_some_and(|first| first.conversation_id != message.conversation_id) {
                return bad("what is merged is of one conversation");
            }
            if sources.first().is_some_and(|first| first.role != message.role) {
                return bad("answers can be merged with answers, and what you said with what you said");
            }
            sources.push(message);
        }
        Ok(sources)
    }

    /// What a merge was made of, and which passages came from which source.
    ///
    /// # Errors
    /// When the message is no merge.
    pub async fn provenance(&self, id: MessageId) -> Result<Provenance, EngineError> {
        let message = self.message(id).await?;
        let found = self.0.store.trees().sources(id).await?;
        if found.is_empty() {
            return Err(EngineError::BadInput("this message is no merge of others".to_owned()));
        }
        let synthesis = self.0.store.trees().synthesis(id).await?.filter(|_| message.completion_id.is_some());
        let (how, instruction) = synthesis.map_or((None, None), |(how, text)| (Some(how), Some(text)));
        let sources: Vec<MergeSource> = found
            .into_iter()
            .map(|source| MergeSource {
                message: source.message,
                model: source.model,
                text: words::text_of(&source.parts),
                deleted: source.deleted,
            })
            .collect();
        let text = message.text();
        let instruction = instruction.filter(|text| !text.is_empty());
        blocking(move || {
            let texts: Vec<&str> = sources.iter().map(|source| source.text.as_str()).collect();
            let passages = words::passages(&text, &texts);
            Provenance { text, how, instruction, sources, passages }
        })
        .await
    }

    /// How much a deletion would take.
    ///
    /// # Errors
    /// When there is no such message, branch or deletion.
    pub async fn count_deletion(&self, what: &DeleteWhat) -> Result<DeletionCount, EngineError> {
        Ok(self.0.store.trees().count(what).await?)
    }

    /// Deletes messages; they can be brought back for 30 days.
    ///
    /// # Errors
    /// When an answer among them is still being written, or something is not there.
    pub async fn delete_messages(&self, what: &DeleteWhat) -> Result<Deletion, EngineError> {
        let id = DeletionId::from_uuid(Uuid::now_v7());
        let _alone = self.0.running.starting().await;
        match what {
            DeleteWhat::Below { message } => {
                self.0.store.trees().delete_below(*message, id, now()).await.map_err(streaming)?;
            }
            DeleteWhat::Others { keep } => {
                self.0.store.trees().delete_others(keep, id, now()).await.map_err(streaming)?;
            }
            DeleteWhat::Deleted { .. } => {
                return Err(EngineError::BadInput("it is deleted already; it can be erased".to_owned()));
            }
        }
        self.deletion(id).await
    }

    /// Deletes a branch: the pointer, no message. It can be brought back for 30 days.
    ///
    /// # Errors
    /// When there is no such branch, or it is the last one.
    pub async fn delete_branch(&self, branch: BranchId) -> Result<Deletion, EngineError> {
        let id = DeletionId::from_uuid(Uuid::now_v7());
        self.0.store.trees().delete_branch(branch, id, now()).await?;
        self.deletion(id).await
    }

    async fn deletion(&self, id: DeletionId) -> Result<Deletion, EngineError> {
        let found = self.0.store.trees().deletions(None).await?.into_iter().find(|d| d.id == id);
        let found = found.ok_or_else(|| EngineError::NotFound { what: "deletion", id: id.to_string() })?;
        self.tell_conversation(found.conversation);
        Ok(found)
    }

    /// What was deleted and can be brought back, newest first; without a conversation, of all, and deleted
    /// conversations.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn deletions(&self, of: Option<ConversationId>) -> Result<Vec<Deletion>, EngineError> {
        Ok(self.0.store.trees().deletions(of).await?)
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// When it was taken back or erased already, or what it hung under is deleted too.
    pub async fn restore_deletion(&self, id: DeletionId) -> Result<(), EngineError> {
        let conversation = self.0.store.trees().restore(id).await?;
        self.tell_conversation(conversation);
        Ok(())
    }

    /// Erases what was deleted, now and for good.
    ///
    /// # Errors
    /// When it was taken back or erased already; when it cannot be written: what is not erased yet is
    /// erased later, and cannot be brought back.
    pub async fn erase_deletion(&self, id: DeletionId) -> Result<(), EngineError> {
        {
            // No run may begin in a conversation while parts of it go.
            let _alone = self.0.running.starting().await;
            self.0.cache.forget().await;
            self.0.store.erase().deletion(id).await?;
        }
        self.0.changes.tell(["conversations", "conversation:*", "data"]);
        self.leave_no_traces().await
    }

    /// Marks a message, or gives its mark another note.
    ///
    /// # Errors
    /// When there is no such message, or the note is too long.
    pub async fn set_bookmark(&self, id: MessageId, note: &str) -> Result<(), EngineError> {
        let note = note.trim();
        if note.chars().count() > NOTE {
            return Err(EngineError::BadInput(format!("a note has at most {NOTE} characters")));
        }
        let conversation = self.message(id).await?.conversation_id;
        self.0.store.trees().set_bookmark(id, note, Uuid::now_v7().into_bytes(), now()).await?;
        self.tell_conversation(conversation);
        Ok(())
    }

    /// Takes a mark away.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn remove_bookmark(&self, id: MessageId) -> Result<(), EngineError> {
        let conversation = self.message(id).await?.conversation_id;
        if self.0.store.trees().remove_bookmark(id).await? {
            self.tell_conversation(conversation);
        }
        Ok(())
    }

    /// Marked messages, the newest mark first; without a conversation, of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn bookmarks(&self, of: Option<ConversationId>) -> Result<Vec<Bookmark>, EngineError> {
        Ok(self.0.store.trees().bookmarks(of).await?)
    }

    /// A whole tree for a view of it; with `after` only what was added after that node.
    ///
    /// # Errors
    /// When there is no such conversation or message.
    pub async fn tree_overview(
        &self,
        id: ConversationId,
        after: Option<MessageId>,
    ) -> Result<TreeOverview, EngineError> {
        Ok(self.0.store.trees().overview(id, after).await?)
    }

    /// A new column that asks as the branch did that an answer was written for.
    pub(crate) async fn column_like(&self, answer: &Message) -> Result<Branch, EngineError> {
        let branches = self.0.store.branches().of(answer.conversation_id).await?;
        let head = self.head_of(answer.conversation_id, &branches).await?;
        let completion = match answer.completion_id {
            Some(id) => self.0.store.completions().get(id).await?,
            None => None,
        };
        let asked_on = completion.as_ref().and_then(|c| c.branch_id);
        let asked_on = branches.iter().find(|b| Some(b.id) == asked_on).or(head.as_ref());
        let system = asked_on.and_then(|b| b.system.clone());
        let target = completion.as_ref().map(|c| c.requested.clone());
        let target = target.or_else(|| head.as_ref().and_then(|b| b.target.clone()));
        Ok(Branch {
            id: branch_id(),
            conversation_id: answer.conversation_id,
            name: target.as_ref().map_or_else(|| "column".to_owned(), ToString::to_string),
            kind: BranchKind::Column,
            tip: None,
            target,
            params: completion.map(|c| c.params).or(head.map(|b| b.params)).unwrap_or_default(),
            system,
            ord: 0,
            pinned: false,
            shown: true,
            scroll: 0,
        })
    }

    pub(crate) async fn message(&self, id: MessageId) -> Result<Message, EngineError> {
        let found = self.0.store.messages().get(id).await?;
        found.ok_or_else(|| EngineError::NotFound { what: "message", id: id.to_string() })
    }

    pub(crate) async fn conversation(&self, id: ConversationId) -> Result<Conversation, EngineError> {
        let found = self.0.store.conversations().get(id).await?;
        found.ok_or_else(|| crate::conversations::missing(id))
    }

    async fn head_of(&self, id: ConversationId, branches: &[Branch]) -> Result<Option<Branch>, EngineError> {
        let head = self.conversation(id).await?.head;
        Ok(branches.iter().find(|b| Some(b.id) == head).or(branches.first()).cloned())
    }
}

/// That something is said at all.
pub(crate) fn expect_words(parts: &[Part]) -> Result<(), EngineError> {
    if parts.iter().all(|p| matches!(p, Part::Text { text } if text.trim().is_empty())) {
        return Err(EngineError::BadInput("there is nothing said: write something, or delete it".to_owned()));
    }
    Ok(())
}

pub(crate) fn branch_name(name: &str) -> Result<String, EngineError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(EngineError::BadInput(format!(
            "a branch has a name of 1 to {NAME} characters on one line"
        )));
    }
    Ok(name.to_owned())
}

fn streaming(error: StoreError) -> EngineError {
    match error {
        StoreError::Streaming => EngineError::StillStreaming,
        other => other.into(),
    }
}

/// Beside the threads that answers stream on.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| EngineError::Broken(error.to_string()))
}

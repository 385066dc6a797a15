//! What the tests of this crate share: a home that goes away, and short ways to say things in it.

use crate::{
    Finish, InstanceGuard, Move, NewCompletion, NewMessage, NewRun, OpenOptions, OpenReport, Store,
    StoreError,
};
use domain::{
    Branch, BranchId, BranchKind, CompletionId, CompletionState, Conversation, ConversationId,
    ConversationSource, Decision, FolderId, InstanceId, MessageId, MessageStatus, Metrics, Params, Part,
    Role, Run, RunId, RunKind, Stop, Target, Timestamp,
};
use std::path::PathBuf;
use uuid::Uuid;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A folder with a store in it.
pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn open(&self) -> (Store, OpenReport) {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<(Store, OpenReport), StoreError> {
        Store::open(self.folder.path(), OpenOptions::default()).await
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("orchesity.db")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("orchesity.db-wal")
    }
}

macro_rules! fresh {
    ($($name:ident: $id:ident),* $(,)?) => {$(
        pub(crate) fn $name() -> $id { $id::from_uuid(Uuid::now_v7()) }
    )*};
}
fresh! { conversation_id: ConversationId, message_id: MessageId, branch_id: BranchId, run_id: RunId,
completion_id: CompletionId, instance_id: InstanceId, folder_id: FolderId }

pub(crate) fn target() -> Target {
    "simulated/steady".parse().unwrap()
}

/// A conversation with one branch, and a process to ask in it.
pub(crate) struct Talk {
    pub(crate) store: Store,
    pub(crate) conversation: ConversationId,
    pub(crate) branch: BranchId,
    pub(crate) instance: InstanceId,
    pub(crate) guard: InstanceGuard,
}

/// One question, and the answer that is being written.
pub(crate) struct Asked {
    pub(crate) run: RunId,
    pub(crate) user: MessageId,
    pub(crate) completion: CompletionId,
    pub(crate) answer: MessageId,
}

pub(crate) fn conversation(id: ConversationId, title: &str) -> Conversation {
    Conversation {
        id,
        title: title.to_owned(),
        source: ConversationSource::Window,
        head: None,
        system: Some("be brief".to_owned()),
        pinned: false,
        archived: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn branch(id: BranchId, conversation: ConversationId, kind: BranchKind) -> Branch {
    Branch {
        id,
        conversation_id: conversation,
        name: "main".to_owned(),
        kind,
        tip: None,
        target: Some(target()),
        params: Params::default(),
        system: None,
        ord: 0,
        pinned: false,
        shown: true,
        scroll: 0,
    }
}

pub(crate) fn decision() -> Decision {
    Decision {
        requested: target(),
        order: vec![target()],
        reason: "you asked for it".to_owned(),
        candidates: vec![],
        routed: None,
    }
}

impl Talk {
    pub(crate) async fn new(store: &Store) -> Self {
        let instance = instance_id();
        let guard = store.instances().register(instance, "test", std::process::id(), NOW).await.unwrap();
        let (id, branch_id) = (conversation_id(), branch_id());
        let mut tx = store.write(crate::Durability::Process).await.unwrap();
        crate::conversations::insert(&mut tx, &conversation(id, "a talk")).await.unwrap();
        crate::branches::insert(&mut tx, &branch(branch_id, id, BranchKind::Main)).await.unwrap();
        let row = crate::conversations::row_id(&mut tx, id).await.unwrap();
        crate::branches::activate(&mut tx, row, branch_id).await.unwrap();
        tx.commit().await.unwrap();
        Self { store: store.clone(), conversation: id, branch: branch_id, instance, guard }
    }

    pub(crate) fn message(&self, parent: Option<MessageId>, role: Role, text: &str) -> NewMessage {
        NewMessage {
            id: message_id(),
            conversation_id: self.conversation,
            parent_id: parent,
            role,
            parts: vec![Part::text(text)],
            status: MessageStatus::Complete,
            completion_id: None,
            continues_id: None,
            created_at: NOW,
        }
    }

    pub(crate) async fn say(&self, parent: Option<MessageId>, text: &str) -> MessageId {
        let message = self.message(parent, Role::User, text);
        self.store.messages().insert(&message, &[]).await.unwrap();
        message.id
    }

    /// A run of one completion below `parent`, as it is to be stored.
    pub(crate) fn run(&self, parent: Option<MessageId>, text: &str) -> (NewRun, Asked) {
        let (run, completion) = (run_id(), completion_id());
        let user = self.message(parent, Role::User, text);
        let mut answer = self.message(Some(user.id), Role::Assistant, "");
        answer.parts.clear();
        answer.status = MessageStatus::Streaming;
        answer.completion_id = Some(completion);
        let asked = Asked { run, user: user.id, completion, answer: answer.id };
        let new = NewRun {
            run: Run {
                id: run,
                conversation_id: Some(self.conversation),
                kind: RunKind::Ask,
                origin: ConversationSource::Window,
                created_at: NOW,
            },
            key: None,
            instance: self.instance,
            new_conversation: None,
            new_branches: vec![],
            head: None,
            user_messages: vec![user],
            moves: vec![Move {
                branch: self.branch,
                from: None,
                to: answer.id,
                leaves: None,
                defaults: None,
            }],
            completions: vec![NewCompletion {
                id: completion,
                run_id: run,
                ord: 0,
                branch_id: Some(self.branch),
                message: answer,
                requested: target(),
                params: Params::default(),
                system: Some("be brief".to_owned()),
                decision: decision(),
                merge: None,
                created_at: NOW,
            }],
        };
        (new, asked)
    }

    pub(crate) async fn ask(&self, parent: Option<MessageId>, text: &str) -> Asked {
        let (mut new, asked) = self.run(parent, text);
        new.moves[0].from = self.store.branches().get(self.branch).await.unwrap().unwrap().tip;
        self.store.runs().start(&new).await.unwrap();
        self.store.completions().begin(asked.completion, &target()).await.unwrap();
        asked
    }

    pub(crate) async fn answer(&self, asked: &Asked, text: &str) {
        assert!(self.store.completions().finish(&complete(asked, text)).await.unwrap());
    }
}

pub(crate) fn complete(asked: &Asked, text: &str) -> Finish {
    Finish {
        completion: asked.completion,
        message: Some(asked.answer),
        parts: vec![Part::text(text)],
        status: MessageStatus::Complete,
        state: CompletionState::Complete { stop: Stop::Stop },
        metrics: Metrics::default(),
        served: None,
        ended_at: NOW,
    }
}

/// Messages with this text in them.
pub(crate) async fn found(store: &Store, text: &str) -> Vec<domain::SearchHit> {
    let query = domain::SearchQuery { text: text.to_owned(), ..domain::SearchQuery::default() };
    store.search().page(&query).await.unwrap().hits
}

/// Rows of a table.
pub(crate) async fn rows_in(store: &Store, table: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(statement).fetch_one(store.readers()).await.unwrap()
}

/// Does something to the data that the store itself never would.
pub(crate) async fn tamper(store: &Store, statement: &'static str) {
    let mut writer = store.inner.writer.lock().await;
    sqlx::query("PRAGMA foreign_keys = OFF").execute(writer.connection()).await.unwrap();
    sqlx::query("PRAGMA ignore_check_constraints = ON").execute(writer.connection()).await.unwrap();
    let done = sqlx::query(statement).execute(writer.connection()).await.unwrap();
    assert!(done.rows_affected() > 0, "nothing was tampered with");
}

/// A fresh home and its store.
pub(crate) async fn opened() -> (Home, Store) {
    let home = Home::new();
    let (store, _) = home.open().await;
    (home, store)
}

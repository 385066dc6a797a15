//! Acts of asking: starting them, stopping them, asking again, going on.

mod again;
mod answer;
mod begin;
mod beside;
mod call;
mod decide;
mod edit;
mod judge;
mod legs;
mod prompt;
mod replay;
mod running;
mod stop;
mod synthesize;

pub(crate) use call::{
    Limits, is_stream, lacks_key, ms_since, new_attempt_id, next_chunk, next_step, wants_key,
};
pub(crate) use decide::{Needs, Said, why_unusable};
pub(crate) use prompt::history;
pub(crate) use running::Running;

pub use begin::AskedBy;

use crate::{Engine, EngineError, engine::now, media, recovery};
use answer::Answering;
use begin::{Beginning, Question};
use domain::{
    AskColumn, Attempt, Branch, BranchId, BranchKind, ColumnDefaults, Completion, CompletionId,
    CompletionState, Conversation, ConversationId, MessageId, MessageStatus, Part, Role, RunId, RunKind,
    RunOrigin, StartRun, StartedRun,
};
use store::NewMessage;

/// Most columns in one run.
pub const MAX_COLUMNS: usize = 32;
/// Longest title made from a first line, in characters.
const TITLE: usize = 80;

impl Engine {
    /// Asks every column's target the same thing. Everything is checked before anything is
    /// written; then user message, run and completions are stored in one transaction and the
    /// answers begin. Attach with [`Engine::events`] to see them.
    ///
    /// # Errors
    /// When there is nothing to say, a target is unknown, a branch is still being written, or the
    /// store refuses.
    pub async fn start_run(&self, ask: StartRun, by: impl Into<AskedBy>) -> Result<StartedRun, EngineError> {
        let by = by.into();
        check_shape(&ask)?;
        let mut decisions = Vec::with_capacity(ask.columns.len());
        for column in &ask.columns {
            column.params.check()?;
            let own = own_system(column.system.as_deref());
            let place =
                self.place_of(&column.target, ask.conversation, column.branch, own.as_deref()).await?;
            let of_new = ask.system.as_deref().filter(|_| ask.conversation.is_none());
            let needs = Needs {
                params: &column.params,
                parts: &ask.parts,
                branch: column.branch,
                under: place.under,
                important: ask.important,
                system: place.system.as_deref().or(of_new),
                grant: &by.grant,
            };
            decisions.push(self.decide_for(&column.target, &needs).await?);
        }
        let parts = media::keep(&self.0.store, ask.parts).await?;
        // One at a time from reading the branches to moving them, so that whoever sends twice is told
        // that the first is still being answered, and no turn is left beside its branch.
        let _alone = self.0.running.starting().await;

        let (conversation, branches, is_new) = match ask.conversation {
            Some(id) => {
                let found = self.0.store.conversations().get(id).await?;
                let conversation = found.ok_or_else(|| crate::conversations::missing(id))?;
                (conversation, self.0.store.branches().of(id).await?, false)
            }
            None => (new_conversation(&parts, ask.system, by.origin), Vec::new(), true),
        };
        let mut begin = Beginning::new(&conversation, RunKind::Ask, &by, self.0.instance, is_new);
        let head = conversation.head.and_then(|id| branches.iter().find(|b| b.id == id));
        let head_tip = head.and_then(|b| b.tip);
        let mut ord = branches.iter().map(|b| b.ord + 1).max().unwrap_or(0);

        // One user node for each distinct tip: columns that still share a path share it.
        let mut user_of: Vec<(Option<MessageId>, MessageId)> = Vec::new();
        for (column, decision) in ask.columns.iter().zip(decisions) {
            let system = own_system(column.system.as_deref());
            let (branch, tip) = if let Some(id) = column.branch {
                let branch = branches.iter().find(|b| b.id == id);
                let branch =
                    branch.ok_or_else(|| EngineError::NotFound { what: "branch", id: id.to_string() })?;
                (branch.clone(), branch.tip)
            } else {
                let branch = new_branch(&conversation, column, ord);
                ord += 1;
                begin.add_branch(branch.clone());
                (branch, head_tip)
            };
            self.expect_writable(tip).await?;
            let user = if let Some((_, user)) = user_of.iter().find(|(at, _)| *at == tip) {
                *user
            } else {
                let user = begin.add_message(tip, Role::User, parts.clone(), MessageStatus::Complete);
                user_of.push((tip, user));
                user
            };
            let system = system.or_else(|| branch.system.clone());
            let question = Question {
                target: column.target.clone(),
                params: column.params.clone(),
                system: sent_system(system.as_ref().or(conversation.system.as_ref())),
                decision,
                defaults: Some(ColumnDefaults {
                    target: Some(column.target.clone()),
                    params: column.params.clone(),
                    system,
                }),
            };
            begin.ask(&branch, user, None, question);
        }
        self.begin(begin).await
    }

    /// Stores what was prepared and lets the answers begin: both or neither, also when the caller
    /// goes away in between.
    async fn begin(&self, begin: Beginning) -> Result<StartedRun, EngineError> {
        let engine = self.clone();
        let begun = tokio::spawn(async move { engine.store_and_answer(begin).await });
        begun.await.map_err(|error| EngineError::Broken(error.to_string()))?
    }

    async fn store_and_answer(&self, begin: Beginning) -> Result<StartedRun, EngineError> {
        let (new_run, plans, started) = begin.into_parts();
        self.0.store.runs().start(&new_run).await?;
        self.0.journal.open_run(started.run, plans.iter().map(|p| p.completion));
        self.tell_conversation(started.conversation);
        let run = started.run;
        let completions: Vec<CompletionId> = plans.iter().map(|p| p.completion).collect();
        let tokens = self.0.running.begin(&completions);
        let answers: Vec<_> = plans
            .into_iter()
            .zip(tokens)
            .map(|(plan, stop)| {
                let completion = plan.completion;
                let answering = Answering::new(self.clone(), plan, stop).run();
                tokio::spawn(to_its_end(self.clone(), run, completion, answering))
            })
            .collect();
        let engine = self.clone();
        let watched = tokio::spawn(stop::watch(self.clone(), completions));
        tokio::spawn(async move {
            for answer in answers {
                let _ = answer.await;
            }
            watched.abort();
            engine.0.journal.flush().await;
            engine.0.journal.close_run(run);
            if let Err(error) = engine.0.store.journal().forget_finished(run).await {
                tracing::debug!(%error, %run, "journal rows of a finished run stay until the next start");
            }
        });
        Ok(started)
    }

    /// A run's completions as they stand now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn completions(&self, run: RunId) -> Result<Vec<Completion>, EngineError> {
        Ok(self.0.store.runs().completions(run).await?)
    }

    /// A completion with its message's parts and its number of attempts. For one whose end the disk
    /// has not taken yet, these are what was shown.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn answer(&self, id: CompletionId) -> Result<(Completion, Vec<Part>, u32), EngineError> {
        let gone = || EngineError::NotFound { what: "completion", id: id.to_string() };
        let mut completion = self.0.store.completions().get(id).await?.ok_or_else(gone)?;
        let parts = match completion.message_id {
            Some(message) => self.0.store.messages().get(message).await?.map(|m| m.parts).unwrap_or_default(),
            None => Vec::new(),
        };
        let attempts = self.0.store.attempts().of(id).await?.len() as u32;
        match self.0.journal.shown(completion.run_id, id) {
            Some(mut shown) if !completion.state.is_terminal() => {
                if let Some(end) = shown.end.take() {
                    (completion.state, completion.metrics) = (end.state, end.metrics);
                }
                Ok((completion, shown.into_parts(), attempts))
            }
            _ => Ok((completion, parts, attempts)),
        }
    }

    /// The upstream calls of a completion, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn attempts(&self, id: CompletionId) -> Result<Vec<Attempt>, EngineError> {
        Ok(self.0.store.attempts().of(id).await?)
    }

    pub(crate) async fn expect_writable(&self, tip: Option<MessageId>) -> Result<(), EngineError> {
        let Some(tip) = tip else { return Ok(()) };
        match self.0.store.messages().get(tip).await? {
            Some(message) if message.status == MessageStatus::Streaming => Err(EngineError::StillStreaming),
            _ => Ok(()),
        }
    }
}

/// Carries an answer out, and ends it even when a fault of ours ends its task.
async fn to_its_end(
    engine: Engine,
    run: RunId,
    completion: CompletionId,
    answering: impl Future<Output = ()> + Send + 'static,
) {
    if let Err(error) = tokio::spawn(answering).await {
        tracing::error!(%error, %completion, "an answer's task died");
        recovery::give_up(&engine, run, completion).await;
    }
}

fn check_shape(ask: &StartRun) -> Result<(), EngineError> {
    let bad = |text: &str| Err(EngineError::BadInput(text.to_owned()));
    if ask.parts.iter().all(|p| matches!(p, Part::Text { text } if text.trim().is_empty())) {
        return bad("there is nothing to ask: the prompt is empty");
    }
    if ask.columns.is_empty() {
        return bad("there is nobody to ask: choose at least one target");
    }
    if ask.columns.len() > MAX_COLUMNS {
        return bad("at most 32 targets can be asked at once");
    }
    let mut branches: Vec<BranchId> = ask.columns.iter().filter_map(|c| c.branch).collect();
    branches.sort_unstable();
    if branches.windows(2).any(|pair| pair[0] == pair[1]) {
        return bad("a branch can be extended by one target at a time");
    }
    Ok(())
}

/// A title made of the first line.
pub(crate) fn title_of(parts: &[Part]) -> String {
    let first_line = parts.iter().find_map(|p| match p {
        Part::Text { text } => text.lines().map(str::trim).find(|l| !l.is_empty()),
        Part::File { name, .. } => name.as_deref(),
        _ => None,
    });
    let mut title: String =
        first_line.unwrap_or("Untitled").chars().filter(|c| !c.is_control()).take(TITLE).collect();
    if first_line.is_some_and(|l| l.chars().count() > TITLE) {
        title.push('…');
    }
    title
}

fn new_conversation(parts: &[Part], system: Option<String>, origin: RunOrigin) -> Conversation {
    let at = now();
    let id = ConversationId::from_uuid(uuid::Uuid::now_v7());
    let title = title_of(parts);
    let system = system.filter(|s| !s.trim().is_empty());
    let (pinned, archived, head) = (false, false, None);
    Conversation { id, title, source: origin, head, system, pinned, archived, created_at: at, updated_at: at }
}

/// A column's own system text: white space says that it is to have none.
pub(crate) fn own_system(system: Option<&str>) -> Option<String> {
    system.map(|text| if text.trim().is_empty() { String::new() } else { text.to_owned() })
}

/// What of it is sent.
fn sent_system(system: Option<&String>) -> Option<String> {
    system.filter(|text| !text.is_empty()).cloned()
}

/// The first branch of a conversation is its main line, further ones are columns.
fn new_branch(conversation: &Conversation, column: &AskColumn, ord: u32) -> Branch {
    let (name, kind) = if ord == 0 {
        ("main".to_owned(), BranchKind::Main)
    } else {
        (column.target.to_string(), BranchKind::Column)
    };
    Branch {
        id: BranchId::from_uuid(uuid::Uuid::now_v7()),
        conversation_id: conversation.id,
        name,
        kind,
        tip: None,
        target: Some(column.target.clone()),
        params: column.params.clone(),
        system: own_system(column.system.as_deref()),
        ord,
        pinned: false,
        shown: true,
        scroll: 0,
    }
}

/// What an answer's message says of how it ended.
pub(crate) const fn status_of(state: &CompletionState) -> MessageStatus {
    match state {
        CompletionState::Queued | CompletionState::Streaming => MessageStatus::Streaming,
        CompletionState::Complete { .. } => MessageStatus::Complete,
        CompletionState::Failed { .. } => MessageStatus::Failed,
        CompletionState::Stopped => MessageStatus::Stopped,
        CompletionState::Interrupted => MessageStatus::Interrupted,
    }
}

/// A node about to be stored.
pub(crate) fn new_message(
    conversation: ConversationId,
    parent: Option<MessageId>,
    role: Role,
    parts: Vec<Part>,
    status: MessageStatus,
) -> NewMessage {
    NewMessage {
        id: MessageId::from_uuid(uuid::Uuid::now_v7()),
        conversation_id: conversation,
        parent_id: parent,
        role,
        parts,
        status,
        completion_id: None,
        continues_id: None,
        created_at: now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;

    #[tokio::test]
    async fn an_answer_whose_task_dies_is_ended_with_what_was_shown() {
        let home = testkit::Home::empty().unwrap();
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        let column = |target: &str| AskColumn::of(target.parse().unwrap());
        let columns = vec![column("simulated/steady?tps=40&ttft=10&len=2000")];
        let ask = StartRun {
            important: false,
            conversation: None,
            parts: vec![Part::text("hi")],
            columns,
            system: None,
        };
        let started = engine.start_run(ask, RunOrigin::Cli).await.unwrap();
        let id = started.columns[0].completion;
        let mut events = engine.events(started.run, 0).await.unwrap();
        let appends = |i: &domain::EventItem| matches!(i, domain::EventItem::Append { .. });
        while !events.next().await.unwrap().items.iter().any(appends) {}
        to_its_end(engine.clone(), started.run, id, async { panic!("a fault of ours") }).await;
        let (completion, parts, _) = engine.answer(id).await.unwrap();
        assert!(matches!(completion.state, CompletionState::Failed { .. }), "{:?}", completion.state);
        assert!(matches!(&parts[..], [Part::Text { text }] if !text.is_empty()));
        let ended = |i: &domain::EventItem| matches!(i, domain::EventItem::End(end) if end.completion == id);
        while !events.next().await.unwrap().items.iter().any(ended) {}
        assert_eq!(engine.status().streaming, 0, "nobody waits for it");
        assert!(engine.check().await.unwrap().ok);
    }
}

//! Asking again what was asked before: the same targets or others, and going on.

use super::{
    AskedBy, Beginning, MAX_COLUMNS, Needs, Question, begin::Asked, new_branch, own_system, sent_system,
};
use crate::{Engine, EngineError};
use domain::{
    AddTargets, AgainColumn, AskAgain, AskColumn, Branch, BranchId, ColumnDefaults, Completion, CompletionId,
    CompletionState, Conversation, Message, MessageId, MessageStatus, Part, Role, RunKind, StartedRun, Stop,
};
use providers::route_of;

/// An answer that is asked for again.
struct Old {
    completion: Completion,
    message: Message,
    /// What it answers.
    prompt: MessageId,
}

/// The system text of its own that the branch of an answer has: a new column beside it goes on with that.
fn system_of_branch(old: &Old, branches: &[Branch]) -> Option<String> {
    branches.iter().find(|b| Some(b.id) == old.completion.branch_id)?.system.clone()
}

impl Engine {
    /// Asks again, in one run: each answer gets a new sibling, of the same target or another, with the
    /// same parameters or others. A branch whose path goes through the old answer moves to the new
    /// one, and the old line is found again where it was left.
    ///
    /// # Errors
    /// When one of them is not there or still being written, they are of several conversations, a
    /// target is unknown, or parameters make no sense. Then nothing is written.
    pub async fn ask_again(&self, ask: AskAgain, by: impl Into<AskedBy>) -> Result<StartedRun, EngineError> {
        let by = by.into();
        let AskAgain { answers } = ask;
        if answers.is_empty() {
            return Err(EngineError::BadInput("there is nothing to ask again: name an answer".to_owned()));
        }
        if answers.len() > MAX_COLUMNS {
            return Err(EngineError::BadInput("at most 32 answers can be asked again at once".to_owned()));
        }
        for params in answers.iter().filter_map(|a| a.params.as_ref()) {
            params.check()?;
        }
        let _alone = self.0.running.starting().await;
        let mut olds = Vec::with_capacity(answers.len());
        for again in &answers {
            olds.push(self.old(again.completion).await?);
        }
        let conversation = self.conversation_of(&olds).await?;
        let mut begin = Beginning::new(&conversation, RunKind::Regenerate, &by, self.0.instance, false);
        let mut branches = self.0.store.branches().of(conversation.id).await?;
        let mut taken = Vec::new();
        for (again, old) in answers.into_iter().zip(&olds) {
            self.ask_one_again(again, old, &conversation, &mut branches, &mut taken, &mut begin).await?;
        }
        self.begin(begin).await
    }

    /// Asks the same target the same thing again.
    ///
    /// # Errors
    /// When there is no such completion, or it is still being written.
    pub async fn retry(&self, id: CompletionId, by: impl Into<AskedBy>) -> Result<StartedRun, EngineError> {
        let same = AgainColumn { completion: id, target: None, params: None, system: None };
        self.ask_again(AskAgain { answers: vec![same] }, by).await
    }

    async fn ask_one_again(
        &self,
        again: AgainColumn,
        old: &Old,
        conversation: &Conversation,
        branches: &mut Vec<Branch>,
        taken: &mut Vec<BranchId>,
        begin: &mut Beginning,
    ) -> Result<(), EngineError> {
        let store = &self.0.store;
        let system = match again.system.as_deref() {
            Some(_) => own_system(again.system.as_deref()),
            None => store.completions().system_of(old.completion.id).await?,
        };
        let changed = again.target.is_some() || again.params.is_some() || again.system.is_some();
        let target = again.target.unwrap_or_else(|| old.completion.requested.clone());
        let params = again.params.unwrap_or_else(|| old.completion.params.clone());
        let prompt = store.messages().get(old.prompt).await?;
        let (parts, under) = prompt.map(|m| (m.parts, m.parent_id)).unwrap_or_default();
        let before = store.completions().decision_of(old.completion.id).await?.and_then(|old| old.routed);
        let important = before.is_some_and(|routed| routed.important);
        let needs = Needs {
            params: &params,
            parts: &parts,
            branch: None,
            under,
            important,
            system: system.as_deref(),
            grant: begin.grant(),
        };
        let decision = self.decide_for(&target, &needs).await?;
        let found = self.branch_through(old, branches, taken).await?;
        // The column goes on asking whom it asked last; text that nobody changed stays the branch's own.
        let defaults = found.as_ref().filter(|_| changed).map(|branch| ColumnDefaults {
            target: Some(target.clone()),
            params: params.clone(),
            system: own_system(again.system.as_deref()).or_else(|| branch.system.clone()),
        });
        let branch = found.unwrap_or_else(|| {
            let column = AskColumn {
                branch: None,
                target: target.clone(),
                params: params.clone(),
                system: again.system.clone().or_else(|| system_of_branch(old, branches)),
            };
            let ord = branches.iter().map(|b| b.ord + 1).max().unwrap_or(0);
            let branch = new_branch(conversation, &column, ord);
            begin.add_branch(branch.clone());
            branches.push(branch.clone());
            branch
        });
        taken.push(branch.id);
        let leaves = branch.tip.map(|_| old.message.id);
        let question = Question { target, params, system: sent_system(system.as_ref()), decision, defaults };
        let mut asked = begin.ask(&branch, old.prompt, leaves, question);
        if let Some(merge) = self.merge_of(old.message.id).await? {
            asked.made_of(merge);
        }
        if !changed && matches!(old.completion.state, CompletionState::Complete { .. }) {
            self.asked_again(old.message.id).await;
        }
        Ok(())
    }

    /// The branch that an answer's successor extends: that which the answer was written for, or another
    /// that ends with it, where they still go through it.
    async fn branch_through(
        &self,
        old: &Old,
        branches: &[Branch],
        taken: &[BranchId],
    ) -> Result<Option<Branch>, EngineError> {
        let free = || branches.iter().filter(|b| !taken.contains(&b.id));
        let own = free().find(|b| Some(b.id) == old.completion.branch_id);
        if let Some(branch) = own
            && let Some(tip) = branch.tip
        {
            let passes = self.0.store.messages().ancestor_at(tip, old.message.depth).await?;
            if passes == Some(old.message.id) {
                self.expect_writable(Some(tip)).await?;
                return Ok(Some(branch.clone()));
            }
        }
        Ok(free().find(|b| b.tip == Some(old.message.id)).cloned())
    }

    /// Asks further targets what a prompt asked: each gets a new column, whose answer is a sibling of
    /// those that are there.
    ///
    /// # Errors
    /// When there is no such prompt, a target is unknown, or parameters make no sense.
    pub async fn add_targets(
        &self,
        ask: AddTargets,
        by: impl Into<AskedBy>,
    ) -> Result<StartedRun, EngineError> {
        let by = by.into();
        let AddTargets { prompt, columns } = ask;
        if columns.is_empty() {
            return Err(EngineError::BadInput(
                "there is nobody to ask: choose at least one target".to_owned(),
            ));
        }
        if columns.len() > MAX_COLUMNS {
            return Err(EngineError::BadInput("at most 32 targets can be asked at once".to_owned()));
        }
        let gone = || EngineError::NotFound { what: "message", id: prompt.to_string() };
        let message = self.0.store.messages().get(prompt).await?.ok_or_else(gone)?;
        if message.role != Role::User || message.status != MessageStatus::Complete {
            return Err(EngineError::BadInput("targets can be added to what the user said".to_owned()));
        }
        let mut decisions = Vec::with_capacity(columns.len());
        for column in &columns {
            column.params.check()?;
            // A new column has no branch yet whose text could be its own.
            let own = own_system(column.system.as_deref());
            let place =
                self.place_of(&column.target, Some(message.conversation_id), None, own.as_deref()).await?;
            let needs = Needs {
                params: &column.params,
                parts: &message.parts,
                branch: None,
                under: message.parent_id,
                important: false,
                system: place.system.as_deref(),
                grant: &by.grant,
            };
            decisions.push(self.decide_for(&column.target, &needs).await?);
        }
        let _alone = self.0.running.starting().await;
        let id = message.conversation_id;
        let conversation = self.0.store.conversations().get(id).await?;
        let conversation = conversation.ok_or_else(|| crate::conversations::missing(id))?;
        let branches = self.0.store.branches().of(id).await?;
        let next = branches.iter().map(|b| b.ord + 1).max().unwrap_or(0);
        let mut begin = Beginning::new(&conversation, RunKind::Ask, &by, self.0.instance, false);
        for (ord, (column, decision)) in (next..).zip(columns.into_iter().zip(decisions)) {
            let branch = new_branch(&conversation, &column, ord);
            begin.add_branch(branch.clone());
            let system = branch.system.as_ref().or(conversation.system.as_ref());
            let question = Question {
                target: column.target,
                params: column.params,
                system: sent_system(system),
                decision,
                defaults: None,
            };
            begin.ask(&branch, prompt, None, question);
        }
        self.begin(begin).await
    }

    /// Goes on with an answer that ended early: a new sibling that begins with a copy of its text.
    /// Where the dialect allows the text is sent as a beginning to complete, else the model is told
    /// to go on. One that its provider paused goes back whole, searches and all.
    ///
    /// # Errors
    /// When there is no such completion, it is still being written, or it has no text.
    pub async fn continue_answer(
        &self,
        id: CompletionId,
        by: impl Into<AskedBy>,
    ) -> Result<StartedRun, EngineError> {
        let by = by.into();
        let _alone = self.0.running.starting().await;
        let old = self.old(id).await?;
        let paused = matches!(old.completion.state, CompletionState::Complete { stop: Stop::Pause });
        let kept: Vec<Part> = old
            .message
            .parts
            .iter()
            .filter(|p| paused || matches!(p, Part::Text { text } if !text.is_empty()))
            .cloned()
            .collect();
        if kept.is_empty() {
            return Err(EngineError::BadInput(
                "this answer has no text to go on from; retry it instead".into(),
            ));
        }
        let olds = [old];
        let conversation = self.conversation_of(&olds).await?;
        let [old] = &olds;
        // Whoever began it goes on with it, whatever a route would choose now.
        let asked = match &old.completion.served {
            Some(served) if route_of(old.completion.requested.as_str()).is_some() => served,
            _ => &old.completion.requested,
        };
        let decision = self.decide(asked)?;
        let branches = self.0.store.branches().of(conversation.id).await?;
        let mut begin = Beginning::new(&conversation, RunKind::Continue, &by, self.0.instance, false);
        let (target, params) = (old.completion.requested.clone(), old.completion.params.clone());
        let branch = self.branch_through(old, &branches, &[]).await?.unwrap_or_else(|| {
            let system = system_of_branch(old, &branches);
            let column = AskColumn { params: params.clone(), system, ..AskColumn::of(target.clone()) };
            let ord = branches.iter().map(|b| b.ord + 1).max().unwrap_or(0);
            let branch = new_branch(&conversation, &column, ord);
            begin.add_branch(branch.clone());
            branch
        });
        let system = self.0.store.completions().system_of(id).await?;
        let leaves = branch.tip.map(|_| old.message.id);
        let question = Question { target, params, system, decision, defaults: None };
        let merge = self.merge_of(old.message.id).await?;
        let mut asked: Asked<'_> = begin.ask(&branch, old.prompt, leaves, question);
        if let Some(merge) = merge {
            asked.made_of(merge);
        }
        asked.begin_with(old.message.id, kept, old.completion.served.clone());
        self.begin(begin).await
    }

    async fn old(&self, id: CompletionId) -> Result<Old, EngineError> {
        let gone = || EngineError::NotFound { what: "completion", id: id.to_string() };
        let completion = self.0.store.completions().get(id).await?.ok_or_else(gone)?;
        if !completion.state.is_terminal() {
            return Err(EngineError::StillStreaming);
        }
        let message = self.shown_of(&completion).await?.ok_or_else(gone)?;
        let prompt = message.parent_id.ok_or_else(gone)?;
        Ok(Old { completion, message, prompt })
    }

    /// The message that somebody sees of an answer: the one that it wrote, or the copy of it that an edit
    /// further up has put in its place on a branch, that of the answer before any other. A copy stands as
    /// deep as what it is a copy of.
    async fn shown_of(&self, completion: &Completion) -> Result<Option<Message>, EngineError> {
        let messages = self.0.store.messages();
        let own = match completion.message_id {
            Some(id) => messages.get(id).await?,
            None => None,
        };
        let conversation = match (&own, completion.branch_id) {
            (Some(own), _) => Some(own.conversation_id),
            (None, Some(id)) => self.0.store.branches().get(id).await?.map(|branch| branch.conversation_id),
            (None, None) => None,
        };
        let Some(conversation) = conversation else { return Ok(own) };
        let mut branches = self.0.store.branches().of(conversation).await?;
        branches.sort_by_key(|b| (Some(b.id) != completion.branch_id, !b.shown));
        for tip in branches.iter().filter_map(|b| b.tip) {
            if let Some(own) = &own {
                let Some(there) = messages.ancestor_at(tip, own.depth).await? else { continue };
                if there == own.id {
                    break;
                }
                let there = messages.get(there).await?;
                if let Some(copy) = there.filter(|m| m.completion_id == Some(completion.id)) {
                    return Ok(Some(copy));
                }
            } else {
                // What it wrote was erased; nobody knows any more how deep that was.
                let path = messages.path_to(tip).await?;
                if let Some(copy) = path.into_iter().find(|m| m.completion_id == Some(completion.id)) {
                    return Ok(Some(copy));
                }
            }
        }
        Ok(own)
    }

    async fn conversation_of(&self, olds: &[Old]) -> Result<Conversation, EngineError> {
        let id = olds[0].message.conversation_id;
        if olds.iter().any(|old| old.message.conversation_id != id) {
            return Err(EngineError::BadInput("answers of one run are of one conversation".to_owned()));
        }
        let conversation = self.0.store.conversations().get(id).await?;
        conversation.ok_or_else(|| crate::conversations::missing(id))
    }
}

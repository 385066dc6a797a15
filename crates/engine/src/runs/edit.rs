//! Saying something differently, and asking it again.

use super::{AskedBy, Beginning, MAX_COLUMNS, Needs, Question, new_branch, own_system, sent_system};
use crate::{Engine, EngineError, media, tree::expect_words};
use domain::{
    AskColumn, Branch, BranchId, ColumnDefaults, EditAndAsk, EditColumn, Message, MessageId, MessageStatus,
    Role, RunKind, StartedRun,
};

impl Engine {
    /// Stores an edited user message beside the old one, and asks below it. A branch that went through the
    /// old message moves to its answer; the old line is found again where it was left.
    ///
    /// # Errors
    /// When the message is no user's, a branch does not go through it or is still being written, a target
    /// is unknown, or parameters make no sense. Then nothing is written.
    pub async fn edit_and_ask(
        &self,
        ask: EditAndAsk,
        by: impl Into<AskedBy>,
    ) -> Result<StartedRun, EngineError> {
        let by = by.into();
        let EditAndAsk { message, parts, columns, important } = ask;
        expect_words(&parts)?;
        let bad = |text: &str| Err(EngineError::BadInput(text.to_owned()));
        if columns.is_empty() || columns.len() > MAX_COLUMNS {
            return bad("an edit is asked of 1 to 32 targets");
        }
        let old = self.message(message).await?;
        if old.role != Role::User || old.status != MessageStatus::Complete {
            return bad("only what the user said can be asked again; save an edited answer instead");
        }
        let parts = media::keep(&self.0.store, parts).await?;
        let important = match important {
            Some(important) => important,
            None => self.was_important(old.id).await?,
        };
        let _alone = self.0.running.starting().await;
        let conversation = self.conversation(old.conversation_id).await?;
        let branches = self.0.store.branches().of(conversation.id).await?;
        let mut ord = branches.iter().map(|b| b.ord + 1).max().unwrap_or(0);
        let mut begin = Beginning::new(&conversation, RunKind::Ask, &by, self.0.instance, false);
        let user = begin.add_message(old.parent_id, Role::User, parts.clone(), MessageStatus::Complete);
        let mut taken: Vec<BranchId> = Vec::new();
        for column in columns {
            let branch = match column.branch {
                Some(id) if taken.contains(&id) => {
                    return bad("a branch can be extended by one target at a time");
                }
                Some(id) => Some(self.branch_over(id, &branches, &old).await?),
                None => None,
            };
            taken.extend(column.branch);
            let asks = wanted(&column, branch.as_ref())?;
            asks.params.check()?;
            let system = asks.system.clone().or_else(|| conversation.system.clone());
            let needs = Needs {
                params: &asks.params,
                parts: &parts,
                branch: None,
                under: old.parent_id,
                important,
                system: system.as_deref(),
                grant: &by.grant,
            };
            let decision = self.decide_for(&asks.target, &needs).await?;
            let changed = column.target.is_some() || column.params.is_some() || column.system.is_some();
            let question = Question {
                target: asks.target.clone(),
                params: asks.params.clone(),
                system: sent_system(system.as_ref()),
                decision,
                defaults: changed.then(|| ColumnDefaults {
                    target: Some(asks.target.clone()),
                    params: asks.params.clone(),
                    system: asks.system.clone(),
                }),
            };
            let (branch, leaves) = if let Some(branch) = branch {
                (branch, Some(old.id))
            } else {
                let made = new_branch(&conversation, &asks, ord);
                ord += 1;
                begin.add_branch(made.clone());
                (made, None)
            };
            begin.ask(&branch, user, leaves, question);
        }
        self.begin(begin).await
    }

    /// Whether routes were to try nothing with a prompt.
    async fn was_important(&self, prompt: MessageId) -> Result<bool, EngineError> {
        let answers = self.0.store.messages().children(prompt).await?;
        for completion in answers.into_iter().filter_map(|answer| answer.completion_id) {
            let decision = self.0.store.completions().decision_of(completion).await?;
            if decision.and_then(|decision| decision.routed).is_some_and(|routed| routed.important) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A branch whose path goes through a message, and that can go on.
    async fn branch_over(
        &self,
        id: BranchId,
        branches: &[Branch],
        message: &Message,
    ) -> Result<Branch, EngineError> {
        let branch = branches.iter().find(|b| b.id == id);
        let branch = branch.ok_or_else(|| EngineError::NotFound { what: "branch", id: id.to_string() })?;
        let through = match branch.tip {
            Some(tip) => self.0.store.messages().ancestor_at(tip, message.depth).await?,
            None => None,
        };
        if through != Some(message.id) {
            return Err(EngineError::BadInput(
                "this branch does not go through that message any more".to_owned(),
            ));
        }
        self.expect_writable(branch.tip).await?;
        Ok(branch.clone())
    }
}

/// Whom a column asks, and how: what is said of it, else what its branch does.
fn wanted(column: &EditColumn, branch: Option<&Branch>) -> Result<AskColumn, EngineError> {
    let target = column.target.clone().or_else(|| branch.and_then(|b| b.target.clone()));
    let target = target.ok_or_else(|| EngineError::BadInput("name a model to ask".to_owned()))?;
    let params = column.params.clone().or_else(|| branch.map(|b| b.params.clone())).unwrap_or_default();
    let system = own_system(column.system.as_deref()).or_else(|| branch.and_then(|b| b.system.clone()));
    Ok(AskColumn { branch: column.branch, target, params, system })
}

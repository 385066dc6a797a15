//! A branch's user turns again, for another target: one run after the other, since each prompt has the
//! answers before it. The first turn needs no new user message: its answer is one more sibling.

use super::{AskedBy, Beginning, Needs, Question, new_branch, own_system, sent_system};
use crate::{Engine, EngineError, tree::branch_name};
use domain::{
    AskColumn, BranchId, BranchKind, CompletionId, CompletionState, MessageStatus, Part, Replay, Role,
    RunKind, StartedRun,
};

/// What is still to be asked.
struct Turns {
    rest: std::vec::IntoIter<Vec<Part>>,
    column: AskColumn,
    branch: BranchId,
    by: AskedBy,
}

impl Engine {
    /// Asks a branch's first user turn of another target, on a new branch; each next one is asked when the
    /// answer before it is complete. It ends early when an answer fails or is stopped, or when somebody
    /// else goes on with the new branch; what is there stays, and can be gone on with by hand.
    ///
    /// # Errors
    /// When there is nothing to ask again, the target is unknown, or parameters make no sense.
    pub async fn replay(&self, ask: Replay, by: impl Into<AskedBy>) -> Result<StartedRun, EngineError> {
        let by = by.into();
        let name = ask.name.as_deref().map(branch_name).transpose()?;
        let old = self.branch(ask.branch).await?;
        let params = ask.params.unwrap_or_else(|| old.params.clone());
        params.check()?;
        let path = match old.tip {
            Some(tip) => self.0.store.messages().path_to(tip).await?,
            None => Vec::new(),
        };
        let mut turns = path.into_iter().filter(|message| message.role == Role::User);
        let nothing = || EngineError::BadInput("there is nothing on this branch to ask again".to_owned());
        let first = turns.next().ok_or_else(nothing)?;
        let own = own_system(ask.system.as_deref()).or_else(|| old.system.clone());
        let place = self.place_of(&ask.target, Some(old.conversation_id), None, own.as_deref()).await?;
        let needs = Needs {
            params: &params,
            parts: &first.parts,
            branch: None,
            under: None,
            important: false,
            system: place.system.as_deref(),
            grant: &by.grant,
        };
        let decision = self.decide_for(&ask.target, &needs).await?;
        let rest: Vec<Vec<Part>> = turns.map(|message| message.parts).collect();

        let alone = self.0.running.starting().await;
        let conversation = self.conversation(old.conversation_id).await?;
        let branches = self.0.store.branches().of(conversation.id).await?;
        let system = own_system(ask.system.as_deref()).or(old.system);
        let column = AskColumn { branch: None, target: ask.target, params, system };
        let ord = branches.iter().map(|b| b.ord + 1).max().unwrap_or(0);
        let mut branch = new_branch(&conversation, &column, ord);
        if let Some(name) = name {
            (branch.name, branch.kind) = (name, BranchKind::Named);
        }
        let mut begin = Beginning::new(&conversation, RunKind::Replay, &by, self.0.instance, false);
        begin.add_branch(branch.clone());
        let question = Question {
            target: column.target.clone(),
            params: column.params.clone(),
            system: sent_system(column.system.as_ref().or(conversation.system.as_ref())),
            decision,
            defaults: None,
        };
        begin.ask(&branch, first.id, None, question);
        let started = self.begin(begin).await?;
        drop(alone);
        let turns = Turns { rest: rest.into_iter(), column, branch: branch.id, by };
        if let Some(asked) = started.columns.first().map(|column| column.completion) {
            tokio::spawn(self.clone().go_on_replaying(turns, asked));
        }
        Ok(started)
    }

    async fn go_on_replaying(self, mut turns: Turns, mut asked: CompletionId) {
        while let Some(parts) = turns.rest.next() {
            self.0.running.ended(asked).await;
            match self.replay_turn(&turns, asked, parts).await {
                Ok(Some(next)) => asked = next,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, branch = %turns.branch, "a replay ended early");
                    return;
                }
            }
        }
    }

    /// Asks the next turn, if the last one is complete and still the branch's end.
    async fn replay_turn(
        &self,
        turns: &Turns,
        asked: CompletionId,
        parts: Vec<Part>,
    ) -> Result<Option<CompletionId>, EngineError> {
        let _alone = self.0.running.starting().await;
        let Some(last) = self.0.store.completions().get(asked).await? else { return Ok(None) };
        let branch = self.branch(turns.branch).await?;
        let goes_on = matches!(last.state, CompletionState::Complete { .. }) && branch.tip == last.message_id;
        let Some(tip) = branch.tip.filter(|_| goes_on) else { return Ok(None) };
        let conversation = self.conversation(branch.conversation_id).await?;
        let column = &turns.column;
        let needs = Needs {
            params: &column.params,
            parts: &parts,
            branch: None,
            under: Some(tip),
            important: false,
            system: column.system.as_deref().or(conversation.system.as_deref()),
            grant: &turns.by.grant,
        };
        let decision = self.decide_for(&column.target, &needs).await?;
        let mut begin = Beginning::new(&conversation, RunKind::Replay, &turns.by, self.0.instance, false);
        let user = begin.add_message(Some(tip), Role::User, parts, MessageStatus::Complete);
        let question = Question {
            target: column.target.clone(),
            params: column.params.clone(),
            system: sent_system(column.system.as_ref().or(conversation.system.as_ref())),
            decision,
            defaults: None,
        };
        begin.ask(&branch, user, None, question);
        let started = self.begin(begin).await?;
        Ok(started.columns.first().map(|column| column.completion))
    }
}

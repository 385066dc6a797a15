//! Everything of a run that is stored before it begins, gathered so that one transaction holds it.

use super::new_message;
use crate::{Grant, engine::now};
use domain::{
    Branch, ColumnDefaults, CompletionId, Conversation, ConversationId, Decision, InstanceId, MessageId,
    MessageStatus, Params, Part, Role, Run, RunId, RunKind, RunOrigin, StartedColumn, StartedRun, Target,
};
use store::{Move, NewCompletion, NewMerge, NewMessage, NewRun};

/// What one completion needs to be carried out.
pub(crate) struct Plan {
    pub(crate) completion: CompletionId,
    pub(crate) run: RunId,
    pub(crate) conversation: ConversationId,
    pub(crate) message: MessageId,
    /// The branch that it is the tip of.
    pub(crate) branch: Option<domain::BranchId>,
    /// The node that the answer hangs under: the path to it is the prompt.
    pub(crate) parent: MessageId,
    pub(crate) requested: Target,
    pub(crate) params: Params,
    pub(crate) system: Option<String>,
    pub(crate) decision: Decision,
    /// Whose key pays for it.
    pub(crate) grant: Grant,
    /// Text that the answer begins with, when it continues another.
    pub(crate) begins_with: Vec<Part>,
    /// Who wrote that.
    pub(crate) begun_by: Option<Target>,
    /// What it makes one answer of.
    pub(crate) merge: Option<NewMerge>,
}

/// Who asks: from where, and with whose key.
#[derive(Debug, Clone)]
pub struct AskedBy {
    /// From where.
    pub origin: RunOrigin,
    /// What is asked is charged to its key, and to what is capped for all calls together.
    pub grant: Grant,
}

impl From<RunOrigin> for AskedBy {
    fn from(origin: RunOrigin) -> Self {
        Self { origin, grant: Grant::WITHOUT_KEY }
    }
}

/// A run in preparation.
pub(crate) struct Beginning {
    run: Run,
    grant: Grant,
    instance: InstanceId,
    conversation: Conversation,
    is_new: bool,
    branches: Vec<Branch>,
    users: Vec<NewMessage>,
    completions: Vec<NewCompletion>,
    moves: Vec<Move>,
    plans: Vec<Plan>,
}

/// What one column is asked, and how.
pub(crate) struct Question {
    pub(crate) target: Target,
    pub(crate) params: Params,
    /// System text as sent.
    pub(crate) system: Option<String>,
    pub(crate) decision: Decision,
    /// What the column asks from now on.
    pub(crate) defaults: Option<ColumnDefaults>,
}

/// A completion that was just added, for those that want more of it.
pub(crate) struct Asked<'a> {
    plan: &'a mut Plan,
    completion: &'a mut NewCompletion,
}

impl Asked<'_> {
    /// The answer is made of others.
    pub(crate) fn made_of(&mut self, merge: NewMerge) {
        self.plan.merge = Some(merge.clone());
        self.completion.merge = Some(merge);
    }

    /// The answer begins with a copy of another's text.
    pub(crate) fn begin_with(self, continues: MessageId, parts: Vec<Part>, by: Option<Target>) {
        self.completion.message.continues_id = Some(continues);
        self.plan.begins_with = parts;
        self.plan.begun_by = by;
    }
}

impl Beginning {
    pub(crate) fn new(
        conversation: &Conversation,
        kind: RunKind,
        by: &AskedBy,
        instance: InstanceId,
        is_new: bool,
    ) -> Self {
        let id = RunId::from_uuid(uuid::Uuid::now_v7());
        let run =
            Run { id, conversation_id: Some(conversation.id), kind, origin: by.origin, created_at: now() };
        Self {
            run,
            grant: by.grant.clone(),
            instance,
            conversation: conversation.clone(),
            is_new,
            branches: Vec::new(),
            users: Vec::new(),
            completions: Vec::new(),
            moves: Vec::new(),
            plans: Vec::new(),
        }
    }

    /// Whose wish it is.
    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    pub(crate) fn add_branch(&mut self, branch: Branch) {
        self.branches.push(branch);
    }

    pub(crate) fn add_message(
        &mut self,
        parent: Option<MessageId>,
        role: Role,
        parts: Vec<Part>,
        status: MessageStatus,
    ) -> MessageId {
        let message = new_message(self.conversation.id, parent, role, parts, status);
        let id = message.id;
        self.users.push(message);
        id
    }

    /// Adds a completion whose answer hangs under `parent` and becomes the branch's tip. `leaves` is
    /// the answer that it stands beside, where the branch went through one.
    pub(crate) fn ask(
        &mut self,
        branch: &Branch,
        parent: MessageId,
        leaves: Option<MessageId>,
        question: Question,
    ) -> Asked<'_> {
        let Question { target, params, system, decision, defaults } = question;
        let id = CompletionId::from_uuid(uuid::Uuid::now_v7());
        let conversation = self.conversation.id;
        let mut message =
            new_message(conversation, Some(parent), Role::Assistant, Vec::new(), MessageStatus::Streaming);
        message.completion_id = Some(id);
        let (from, to) = (branch.tip, message.id);
        self.moves.push(Move { branch: branch.id, from, to, leaves, defaults });
        self.plans.push(Plan {
            completion: id,
            run: self.run.id,
            conversation,
            message: message.id,
            branch: Some(branch.id),
            parent,
            requested: target.clone(),
            params: params.clone(),
            system: system.clone(),
            decision: decision.clone(),
            grant: self.grant.clone(),
            begins_with: Vec::new(),
            begun_by: None,
            merge: None,
        });
        self.completions.push(NewCompletion {
            id,
            run_id: self.run.id,
            ord: self.completions.len() as u32,
            branch_id: Some(branch.id),
            message,
            requested: target,
            params,
            system,
            decision,
            merge: None,
            created_at: now(),
        });
        let (plan, completion) = (self.plans.len() - 1, self.completions.len() - 1);
        Asked { plan: &mut self.plans[plan], completion: &mut self.completions[completion] }
    }

    pub(crate) fn into_parts(self) -> (NewRun, Vec<Plan>, StartedRun) {
        let columns = self.plans.iter().zip(&self.moves).map(|(plan, step)| StartedColumn {
            completion: plan.completion,
            branch: step.branch,
            message: step.to,
            target: plan.requested.clone(),
        });
        let started =
            StartedRun { run: self.run.id, conversation: self.conversation.id, columns: columns.collect() };
        let head = if self.is_new { self.branches.first().map(|b| b.id) } else { None };
        let new_run = NewRun {
            run: self.run,
            key: self.grant.id(),
            instance: self.instance,
            new_conversation: self.is_new.then_some(self.conversation),
            new_branches: self.branches,
            head,
            user_messages: self.users,
            completions: self.completions,
            moves: self.moves,
        };
        (new_run, self.plans, started)
    }
}

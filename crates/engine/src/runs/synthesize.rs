//! One answer made of several, by a model: a merge node. What it is sent is the path to where it stands,
//! and below that the sources and what to do with them. It is not told who wrote them.

use super::{AskedBy, Beginning, Needs, Question, sent_system};
use crate::{Engine, EngineError};
use domain::{ColumnDefaults, MessageId, Role, RunKind, StartedRun, SynthesisKind, Synthesize};
use store::NewMerge;

/// Longest instruction, in characters.
const INSTRUCTION: usize = 20_000;

impl Engine {
    /// Asks a model to make one answer of several. A branch that went through a source moves to it; the
    /// old line is found again where it was left. Without a branch it is a new column.
    ///
    /// # Errors
    /// When the sources are no answers that have ended, the target is unknown, the instruction that a
    /// custom one needs is missing, or the branch is still being written. Then nothing is written.
    pub async fn synthesize(
        &self,
        ask: Synthesize,
        by: impl Into<AskedBy>,
    ) -> Result<StartedRun, EngineError> {
        let by = by.into();
        let bad = |text: &str| Err(EngineError::BadInput(text.to_owned()));
        let instruction = ask.instruction.as_deref().unwrap_or_default().trim().to_owned();
        if ask.how == SynthesisKind::Custom && instruction.is_empty() {
            return bad("say what the model is to do with the answers");
        }
        if instruction.chars().count() > INSTRUCTION {
            return bad("this instruction is too long; shorten it");
        }
        ask.params.check()?;
        let sources = self.sources(&ask.sources).await?;
        let first = &sources[0];
        let Some(prompt) = first.parent_id.filter(|_| first.role == Role::Assistant) else {
            return bad("a synthesis is made of answers to something");
        };
        if sources.iter().any(|message| message.text().trim().is_empty()) {
            return bad("one of these answers has no text");
        }
        // What is to be made of the answers needs whatever was asked for: that, and one of the answers, is looked at.
        let asked =
            self.0.store.messages().get(prompt).await?.map(|message| message.parts).unwrap_or_default();
        let place = self.place_of(&ask.target, Some(first.conversation_id), ask.branch, None).await?;
        let needs = Needs {
            params: &ask.params,
            parts: &asked,
            branch: None,
            under: Some(first.id),
            important: false,
            system: place.system.as_deref(),
            grant: &by.grant,
        };
        let decision = self.decide_for(&ask.target, &needs).await?;
        let _alone = self.0.running.starting().await;
        let conversation = self.conversation(first.conversation_id).await?;
        let branches = self.0.store.branches().of(conversation.id).await?;
        let mut begin = Beginning::new(&conversation, RunKind::Merge, &by, self.0.instance, false);
        let branch = if let Some(id) = ask.branch {
            let branch = branches.iter().find(|b| b.id == id).cloned();
            let branch =
                branch.ok_or_else(|| EngineError::NotFound { what: "branch", id: id.to_string() })?;
            self.expect_writable(branch.tip).await?;
            branch
        } else {
            let mut branch = self.column_like(first).await?;
            branch.ord = branches.iter().map(|b| b.ord + 1).max().unwrap_or(0);
            branch.name = ask.target.to_string();
            (branch.target, branch.params) = (Some(ask.target.clone()), ask.params.clone());
            begin.add_branch(branch.clone());
            branch
        };
        // Going back to a source that the branch went through is going back to the end of its line.
        let mut leaves = None;
        if let Some(tip) = branch.tip {
            for source in &sources {
                if self.0.store.messages().ancestor_at(tip, source.depth).await? == Some(source.id) {
                    leaves = Some(source.id);
                    break;
                }
            }
        }
        let system = branch.system.as_ref().or(conversation.system.as_ref());
        let question = Question {
            target: ask.target.clone(),
            params: ask.params.clone(),
            system: sent_system(system),
            decision,
            defaults: ask.branch.is_none().then(|| ColumnDefaults {
                target: Some(ask.target.clone()),
                params: ask.params.clone(),
                system: branch.system.clone(),
            }),
        };
        let mut asked = begin.ask(&branch, prompt, leaves, question);
        asked.made_of(NewMerge { sources: ask.sources, how: ask.how, instruction });
        self.begin(begin).await
    }

    /// What a synthesis was made of, to ask for it again; `None` for any other message.
    pub(crate) async fn merge_of(&self, id: MessageId) -> Result<Option<NewMerge>, EngineError> {
        let trees = self.0.store.trees();
        let Some((how, instruction)) = trees.synthesis(id).await? else { return Ok(None) };
        let found = trees.sources(id).await?;
        let sources: Vec<MessageId> =
            found.iter().filter(|source| !source.deleted).filter_map(|source| source.message).collect();
        if sources.len() != found.len() {
            return Err(EngineError::BadInput(
                "an answer that this was made of is deleted; restore it, or make it of others".to_owned(),
            ));
        }
        Ok(Some(NewMerge { sources, how, instruction }))
    }

    /// The task that a synthesis is sent.
    pub(crate) async fn synthesis_prompt(&self, merge: &NewMerge) -> Result<String, EngineError> {
        let mut texts = Vec::with_capacity(merge.sources.len());
        for id in &merge.sources {
            texts.push(self.message(*id).await?.text());
        }
        Ok(task(merge.how, &merge.instruction, &texts))
    }
}

fn task(how: SynthesisKind, instruction: &str, texts: &[String]) -> String {
    let mut task = format!(
        "Below are {} answers to what was asked above, written independently of each other.\n\n",
        texts.len()
    );
    for (text, letter) in texts.iter().zip(letters()) {
        task.extend(["<answer name=\"", &letter, "\">\n", text.trim(), "\n</answer>\n\n"]);
    }
    task.push_str(match how {
        SynthesisKind::Fuse => {
            "Write one answer that is better than each of them: take what is right, what is clear, and what \
             only one of them saw. Where they contradict each other, decide, and say in half a sentence why. \
             Keep their own words where these are good. Write only that answer, and do not mention that there \
             were others."
        }
        SynthesisKind::Checklist if instruction.is_empty() => {
            "First list, for yourself, the points that a good answer must settle. Then write one answer that \
             settles each of them, taking what these answers say; where none of them settles a point, say so \
             plainly. Keep their own words where these are good. Write only that answer."
        }
        SynthesisKind::Checklist => {
            "Write one answer that settles each point of the list below, in its order, taking what these \
             answers say; where none of them settles a point, say so plainly. Keep their own words where these \
             are good. Write only that answer."
        }
        SynthesisKind::Table => {
            "Compare them in one Markdown table: a row for each point on which they say something, a column \
             for each answer under its letter, and a last column with what holds where they differ. Below the \
             table say in at most three sentences which answer to follow, and for what."
        }
        SynthesisKind::Custom => "Do with them what follows.",
    });
    if !instruction.is_empty() {
        task.push_str(match how {
            SynthesisKind::Fuse | SynthesisKind::Table => "\n\nHeed this too:\n",
            SynthesisKind::Checklist | SynthesisKind::Custom => "\n\n",
        });
        task.push_str(instruction);
    }
    task
}

/// A, B … Z, AA, AB …
fn letters() -> impl Iterator<Item = String> {
    let one = || ('A'..='Z').map(String::from);
    one().chain(one().flat_map(move |first| one().map(move |second| format!("{first}{second}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_every_answer_under_its_letter_and_names_nobody() {
        let texts: Vec<String> = (0..28).map(|n| format!("text {n}")).collect();
        for how in SynthesisKind::ALL {
            let task = task(*how, "mind the cost", &texts);
            assert!(task.contains("<answer name=\"A\">\ntext 0\n</answer>"), "{task}");
            assert!(task.contains("<answer name=\"AB\">\ntext 27\n</answer>"), "{task}");
            assert!(task.ends_with("mind the cost"), "{task}");
        }
    }
}

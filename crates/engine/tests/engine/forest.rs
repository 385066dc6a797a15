//! Random operations on a tree while answers stream, against an oracle that is a few maps: whatever was
//! seen stays as it was unless it was deleted, and is as it was once it is brought back.
//!
//! `ORCHESITY_TREE_OPS` is the number of operations, 10,000 in `cargo xtask soak tree`; `ORCHESITY_TREE_SEED`
//! repeats a run.

use crate::ground::column;
use domain::{
    BranchId, BranchPlace, ColumnOf, CompletionId, CompletionState, ConversationId, DeleteWhat, DeletionId,
    DeletionKind, EditAndAsk, EditColumn, ExportFormat, ExportRequest, ExportScope, Fork, Message, MessageId,
    MessageStatus, Part, Replay, Role, RunOrigin, SaveEdit, StartRun, SynthesisKind, Synthesize, TakeSide,
    Tree, TreeNode,
};
use engine::{Engine, EngineError, EngineErrorKind, EngineOptions};
use std::collections::{HashMap, HashSet};
use testkit::Home;

const TARGETS: [&str; 5] = [
    "simulated/steady?tps=5000&ttft=1&len=12",
    "simulated/steady?tps=5000&ttft=1&len=20&seed=3",
    "simulated/steady?tps=400&ttft=5&len=60&seed=4",
    "simulated/steady?tps=60&ttft=20&len=80&seed=5",
    "simulated/steady?tps=5000&ttft=1&len=20&fail=1:500&seed=6",
];

/// Numbers that look random and can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n.max(1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.below(of.len())]) }
    }
}

/// The path parent: answers, and so their merges, have one.
fn parent(node: &TreeNode) -> Option<MessageId> {
    node.parents.first().copied()
}

/// All that was ever seen, and what of it is deleted.
#[derive(Default)]
struct Oracle {
    nodes: HashMap<MessageId, TreeNode>,
    gone: HashMap<MessageId, DeletionId>,
    erased: HashSet<MessageId>,
    branches: HashMap<BranchId, Option<MessageId>>,
}

impl Oracle {
    fn live(&self) -> Vec<MessageId> {
        let mut live: Vec<_> = self.nodes.keys().filter(|id| !self.gone.contains_key(id)).copied().collect();
        live.sort_unstable();
        live
    }

    fn below(&self, root: MessageId) -> HashSet<MessageId> {
        let mut below = HashSet::from([root]);
        let mut ids = self.live();
        ids.sort_unstable();
        // Parents were made before their children, and ids are made in order; twice for those of one
        // millisecond that two threads made.
        for _ in 0..2 {
            for id in &ids {
                if parent(&self.nodes[id]).is_some_and(|parent| below.contains(&parent)) {
                    below.insert(*id);
                }
            }
        }
        below
    }

    fn path(&self, tip: Option<MessageId>) -> Vec<MessageId> {
        let (mut path, mut at) = (Vec::new(), tip);
        while let Some(id) = at {
            path.push(id);
            at = parent(&self.nodes[&id]);
        }
        path.reverse();
        path
    }

    /// Takes in what the engine says now, and insists on what must hold.
    fn look(&mut self, tree: &Tree, after: &str) {
        let now: HashMap<MessageId, &TreeNode> = tree.nodes.iter().map(|node| (node.id, node)).collect();
        for id in self.live() {
            assert!(now.contains_key(&id), "{after}: message {id} vanished and was not deleted");
        }
        let mut seen = HashSet::new();
        for node in &tree.nodes {
            assert!(!self.gone.contains_key(&node.id), "{after}: {} is there though deleted", node.id);
            assert!(!self.erased.contains(&node.id), "{after}: {} is there though erased", node.id);
            for parent in &node.parents {
                let before = seen.contains(parent);
                assert!(before, "{after}: {} hangs under {parent}, which is not there before it", node.id);
            }
            if let Some(known) = self.nodes.get(&node.id) {
                assert_eq!(known.parents.first(), node.parents.first(), "{after}: a node never moves");
                if known.status != MessageStatus::Streaming {
                    assert_eq!(
                        (&known.parts, known.status),
                        (&node.parts, node.status),
                        "{after}: a node changed"
                    );
                }
            }
            seen.insert(node.id);
            self.nodes.insert(node.id, node.clone());
        }
        for branch in &tree.branches {
            assert!(branch.tip.is_none_or(|tip| now.contains_key(&tip)), "{after}: a tip points to nothing");
        }
        assert!(tree.branches.iter().any(|b| Some(b.id) == tree.head), "{after}: the head is no live branch");
        self.branches = tree.branches.iter().map(|b| (b.id, b.tip)).collect();
    }

    fn bury(&mut self, ids: impl IntoIterator<Item = MessageId>, deletion: DeletionId) {
        self.gone.extend(ids.into_iter().map(|id| (id, deletion)));
    }
}

struct Walk {
    engine: Engine,
    conversation: ConversationId,
    dice: Dice,
    oracle: Oracle,
    done: HashMap<&'static str, u32>,
}

type Did = Result<(), EngineError>;

impl Walk {
    fn target(&mut self) -> domain::Target {
        let at = self.dice.below(TARGETS.len());
        TARGETS[at].parse().unwrap()
    }

    fn message(&mut self) -> Option<MessageId> {
        let live = self.oracle.live();
        // Mostly near the end, where people are.
        if self.dice.below(3) > 0 && live.len() > 30 {
            return self.dice.one(&live[live.len() - 30..]);
        }
        self.dice.one(&live)
    }

    fn branch(&mut self) -> Option<BranchId> {
        let mut all: Vec<BranchId> = self.oracle.branches.keys().copied().collect();
        all.sort_unstable();
        self.dice.one(&all)
    }

    fn on_path(&mut self, branch: BranchId) -> Option<MessageId> {
        let path = self.oracle.path(self.oracle.branches[&branch]);
        self.dice.one(&path)
    }

    async fn ask(&mut self) -> Did {
        let text = format!("question {}", self.dice.below(50));
        let mut columns = Vec::new();
        for _ in 0..=self.dice.below(2) {
            let branch = if self.dice.below(12) == 0 { None } else { self.branch() };
            let mut asks = column(branch, TARGETS[0]);
            asks.target = self.target();
            if columns.iter().all(|other: &domain::AskColumn| other.branch != branch || branch.is_none()) {
                columns.push(asks);
            }
        }
        let conversation = Some(self.conversation);
        let ask =
            StartRun { important: false, conversation, parts: vec![Part::text(text)], columns, system: None };
        self.engine.start_run(ask, RunOrigin::Cli).await.map(drop)
    }

    async fn edit(&mut self) -> Did {
        let Some(branch) = self.branch() else { return Ok(()) };
        let Some(message) = self.on_path(branch) else { return Ok(()) };
        let parts = vec![Part::text(format!("edited {}", self.dice.below(40)))];
        if self.dice.below(2) == 0 || self.oracle.nodes[&message].role != Role::User {
            let before = self.oracle.path(self.oracle.branches[&branch]);
            let saved = self.engine.save_edit(SaveEdit { branch, message, parts: parts.clone() }).await?;
            let tree = self.engine.tree(self.conversation).await?;
            self.oracle.look(&tree, "a saved edit");
            let after = self.oracle.path(Some(saved.tip));
            let said = |oracle: &Oracle, id: &MessageId| oracle.nodes[id].parts.clone();
            let expected: Vec<_> = before
                .iter()
                .map(|id| if *id == message { parts.clone() } else { said(&self.oracle, id) })
                .collect();
            let got: Vec<_> = after.iter().map(|id| said(&self.oracle, id)).collect();
            assert_eq!(got, expected, "an edit changes one message of a line, and nothing else");
            return Ok(());
        }
        let target = self.target();
        let edit = EditColumn { branch: Some(branch), target: Some(target), params: None, system: None };
        let ask = EditAndAsk { message, parts, columns: vec![edit], important: None };
        self.engine.edit_and_ask(ask, RunOrigin::Cli).await.map(drop)
    }

    async fn again(&mut self) -> Did {
        let Some(id) = self.message() else { return Ok(()) };
        let views = self.engine.messages(&[id]).await?;
        let Some(completion) = views.first().and_then(|view| view.completion.as_ref()) else { return Ok(()) };
        if matches!(completion.state, CompletionState::Stopped | CompletionState::Failed { .. }) {
            return self.engine.continue_answer(completion.id, RunOrigin::Cli).await.map(drop);
        }
        self.engine.retry(completion.id, RunOrigin::Cli).await.map(drop)
    }

    async fn stop(&mut self) -> Did {
        let live = self.engine.open_conversation(self.conversation).await?.live_runs;
        match self.dice.one(&live) {
            Some(run) => self.engine.stop_run(run).await,
            None => Ok(()),
        }
    }

    async fn fork(&mut self) -> Did {
        let Some(message) = self.message() else { return Ok(()) };
        let place = [BranchPlace::Alone, BranchPlace::Beside, BranchPlace::List][self.dice.below(3)];
        let made = self.engine.fork(Fork { message, name: None, like: None, place }).await?;
        assert_eq!(made.tip, Some(message));
        Ok(())
    }

    async fn lead(&mut self) -> Did {
        let Some(message) = self.message() else { return Ok(()) };
        let branch = if self.dice.below(3) == 0 { None } else { self.branch() };
        let shown = self.engine.show_message(message, branch, Some(7)).await?;
        let tree = self.engine.tree(self.conversation).await?;
        self.oracle.look(&tree, "showing a message");
        assert!(self.oracle.path(Some(shown.tip)).contains(&message), "the branch goes through it now");
        Ok(())
    }

    async fn columns(&mut self) -> Did {
        let mut columns = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let of = match (self.dice.below(2), self.message(), self.branch()) {
                (0, Some(id), _) => ColumnOf::Message { id },
                (_, _, Some(id)) if !columns.contains(&ColumnOf::Branch { id }) => ColumnOf::Branch { id },
                _ => continue,
            };
            columns.push(of);
        }
        if columns.is_empty() {
            return Ok(());
        }
        let shown = self.engine.show_columns(self.conversation, &columns).await?;
        let view = self.engine.open_conversation(self.conversation).await?;
        assert_eq!(view.columns.iter().map(|c| c.branch.id).collect::<Vec<_>>(), shown);
        Ok(())
    }

    async fn name(&mut self) -> Did {
        let Some(branch) = self.branch() else { return Ok(()) };
        match self.dice.below(3) {
            0 => self.engine.rename_branch(branch, "a name").await,
            1 => self.engine.pin_branch(branch, true).await,
            _ => self.engine.activate_branch(branch).await,
        }
    }

    /// Two or three live answers.
    fn answers(&mut self) -> Vec<MessageId> {
        let mut some = Vec::new();
        for _ in 0..6 {
            if let Some(id) = self.message()
                && self.oracle.nodes[&id].role == Role::Assistant
                && !some.contains(&id)
                && some.len() < 3
            {
                some.push(id);
            }
        }
        some
    }

    async fn merge(&mut self) -> Did {
        let sources = self.answers();
        if sources.len() < 2 {
            return Ok(());
        }
        let branch = if self.dice.below(2) == 0 { self.branch() } else { None };
        if self.dice.below(2) == 0 {
            let take = sources[self.dice.below(sources.len())];
            let merged = self.engine.take_side(TakeSide { sources: sources.clone(), take, branch }).await?;
            let made = self.engine.provenance(merged.message).await?;
            assert_eq!(made.sources.iter().filter_map(|s| s.message).collect::<Vec<_>>(), sources);
            return Ok(());
        }
        let target = self.target();
        let how = SynthesisKind::ALL[self.dice.below(3)];
        let (instruction, params) = (None, domain::Params::default());
        let request = Synthesize { sources, how, instruction, target, params, branch };
        self.engine.synthesize(request, RunOrigin::Cli).await.map(drop)
    }

    async fn delete(&mut self) -> Did {
        // What streams now may end before it is deleted: the oracle looks first, the engine decides.
        if self.dice.below(6) == 0 {
            let Some(branch) = self.branch() else { return Ok(()) };
            let keep: Vec<BranchId> = self.branch().into_iter().chain([branch]).collect();
            let stays: HashSet<_> =
                keep.iter().flat_map(|b| self.oracle.path(self.oracle.branches[b])).collect();
            let deletion = self.engine.delete_messages(&DeleteWhat::Others { keep }).await?;
            let gone: Vec<_> = self.oracle.live().into_iter().filter(|id| !stays.contains(id)).collect();
            assert_eq!(deletion.nodes as usize, gone.len(), "pruning took what was counted");
            self.oracle.bury(gone, deletion.id);
            // Most of them come back, or nothing would be left to walk in.
            if self.dice.below(4) > 0 {
                return self.bring_back(deletion.id).await;
            }
            return Ok(());
        }
        if self.dice.below(4) == 0 {
            let Some(branch) = self.branch() else { return Ok(()) };
            return self.engine.delete_branch(branch).await.map(drop);
        }
        let Some(message) = self.message() else { return Ok(()) };
        let doomed = self.oracle.below(message);
        let what = DeleteWhat::Below { message };
        let deletion = self.engine.delete_messages(&what).await?;
        assert_eq!(deletion.nodes as usize, doomed.len(), "deleting took what hangs below");
        self.oracle.bury(doomed, deletion.id);
        if self.oracle.live().len() < 40 {
            return self.bring_back(deletion.id).await;
        }
        Ok(())
    }

    async fn bring_back(&mut self, id: DeletionId) -> Did {
        self.engine.restore_deletion(id).await?;
        self.oracle.gone.retain(|_, deletion| *deletion != id);
        Ok(())
    }

    async fn restore(&mut self) -> Did {
        let all = self.engine.deletions(Some(self.conversation)).await?;
        let ids: Vec<DeletionId> = all.iter().map(|d| d.id).collect();
        match self.dice.one(&ids) {
            Some(id) => self.bring_back(id).await,
            None => Ok(()),
        }
    }

    async fn erase(&mut self) -> Did {
        let all = self.engine.deletions(Some(self.conversation)).await?;
        let small: Vec<DeletionId> =
            all.iter().filter(|d| d.kind == DeletionKind::Branch || d.nodes < 12).map(|d| d.id).collect();
        let Some(id) = self.dice.one(&small) else { return Ok(()) };
        self.engine.erase_deletion(id).await?;
        // What hung under it, deleted earlier, went along.
        let mut roots: Vec<MessageId> =
            self.oracle.gone.iter().filter(|(_, deletion)| **deletion == id).map(|(id, _)| *id).collect();
        while let Some(root) = roots.pop() {
            self.oracle.gone.remove(&root);
            self.oracle.erased.insert(root);
            let gone = &self.oracle.gone;
            let below = self.oracle.nodes.values().filter(|n| n.parents.first() == Some(&root));
            roots.extend(below.map(|n| n.id).filter(|id| gone.contains_key(id)));
            self.oracle.nodes.remove(&root);
        }
        Ok(())
    }

    async fn mark(&mut self) -> Did {
        let Some(message) = self.message() else { return Ok(()) };
        if self.dice.below(3) == 0 {
            return self.engine.remove_bookmark(message).await;
        }
        self.engine.set_bookmark(message, "here").await
    }

    async fn one(&mut self) {
        let at = self.dice.below(100);
        let (name, did) = match at {
            0..20 => ("ask", self.ask().await),
            20..34 => ("edit", self.edit().await),
            34..42 => ("again", self.again().await),
            42..45 => ("stop", self.stop().await),
            45..53 => ("fork", self.fork().await),
            53..61 => ("lead", self.lead().await),
            61..66 => ("columns", self.columns().await),
            66..70 => ("name", self.name().await),
            70..77 => ("merge", self.merge().await),
            77..88 => ("delete", self.delete().await),
            88..94 => ("restore", self.restore().await),
            94..96 => ("erase", self.erase().await),
            _ => ("mark", self.mark().await),
        };
        match did {
            Ok(()) => *self.done.entry(name).or_default() += 1,
            // Something is being written, or cannot be done there; then nothing has changed.
            Err(error) => {
                // Of a copy on no branch, whose answer was erased, nobody knows any more what was asked.
                let lost = name == "again" && error.kind() == EngineErrorKind::NotFound;
                let known = matches!(error.kind(), EngineErrorKind::Busy | EngineErrorKind::BadInput) || lost;
                assert!(known, "{name}: {error}");
            }
        }
        let tree = self.engine.tree(self.conversation).await.unwrap();
        self.oracle.look(&tree, name);
    }

    /// Lets everything end, proves the store whole, and asks some answers again: a simulated answer is a
    /// function of its exact prompt.
    async fn prove(&mut self) {
        while self.engine.status().streaming > 0 {
            for run in self.engine.open_conversation(self.conversation).await.unwrap().live_runs {
                let _ = self.engine.stop_run(run).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let report = self.engine.check().await.unwrap();
        assert_eq!(report.problems, [] as [&str; 0]);
        let tree = self.engine.tree(self.conversation).await.unwrap();
        self.oracle.look(&tree, "a rest");
        for (branch, tip) in &self.oracle.branches {
            let line = self.line(*branch).await;
            let read: Vec<_> = line.iter().map(|message| (message.id, &message.parts)).collect();
            let path = self.oracle.path(*tip);
            let seen: Vec<_> = path.iter().map(|id| (*id, &self.oracle.nodes[id].parts)).collect();
            assert_eq!(read, seen, "every tip leads to what was said on its line, in its order");
        }
        let mut tried = 0;
        for _ in 0..60 {
            let Some(id) = self.message() else { return };
            let view = self.engine.messages(&[id]).await.unwrap().remove(0);
            let Some(completion) = view.completion else { continue };
            let whole = matches!(completion.state, CompletionState::Complete { .. });
            // One that was continued was asked differently, and a copy was not asked at all.
            let own = completion.message_id == Some(id) && view.message.continues_id.is_none();
            let text = view.message.text();
            if !whole || !own || completion.requested.as_str().contains("fail=") {
                continue;
            }
            match self.engine.retry(completion.id, RunOrigin::Cli).await {
                Ok(started) => {
                    let again = self.end_of(started.columns[0].completion).await;
                    // Where the answer is on no branch any more, but a copy is, that is asked again.
                    let made = self.engine.messages(&[started.columns[0].message]).await.unwrap();
                    if made[0].message.parent_id == view.message.parent_id {
                        assert_eq!(again, text, "asking again sends exactly what was sent");
                        tried += 1;
                    }
                }
                Err(error) => assert_eq!(error.kind(), EngineErrorKind::BadInput, "{error}"),
            }
            if tried == 4 {
                break;
            }
        }
        let tree = self.engine.tree(self.conversation).await.unwrap();
        self.oracle.look(&tree, "asking again");
        for _ in 0..20 {
            self.compare().await;
        }
        self.replay().await;
        let tree = self.engine.tree(self.conversation).await.unwrap();
        self.oracle.look(&tree, "a replay");
    }

    /// Asks a line's questions again, and waits for them: they come one by one, on a branch of their own.
    async fn replay(&mut self) {
        let questions = |tip| -> Vec<Vec<Part>> {
            let path = self.oracle.path(tip);
            let nodes = path.iter().map(|id| &self.oracle.nodes[id]);
            nodes.filter(|node| node.role == Role::User).map(|node| node.parts.clone()).collect()
        };
        let mut short: Vec<_> =
            self.oracle.branches.iter().map(|(branch, tip)| (*branch, questions(*tip))).collect();
        short.retain(|(_, asked)| (1..=6).contains(&asked.len()));
        short.sort_unstable_by_key(|(branch, _)| *branch);
        let Some((branch, asked)) = short.get(self.dice.below(short.len())).cloned() else { return };
        let target = TARGETS[0].parse().unwrap();
        let replay = Replay { branch, target, params: None, system: None, name: None };
        let anew = self.engine.replay(replay, RunOrigin::Cli).await.unwrap().columns[0].branch;
        let again = loop {
            let line = self.line(anew).await;
            let over = line.last().is_some_and(|last| last.status == MessageStatus::Complete);
            let again: Vec<_> =
                line.into_iter().filter(|said| said.role == Role::User).map(|said| said.parts).collect();
            if over && again.len() == asked.len() {
                break again;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        };
        assert_eq!(again, asked, "what was asked on a line is asked again, in its order");
        *self.done.entry("replay").or_default() += 1;
    }

    /// Two lines part where their paths part.
    async fn compare(&mut self) {
        let (Some(left), Some(right)) = (self.message(), self.message()) else { return };
        let found = self.engine.compare_lines(left, right, 0, 50).await.unwrap();
        let (left, right) = (self.oracle.path(Some(left)), self.oracle.path(Some(right)));
        let common = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
        let ancestor = common.checked_sub(1).map(|last| left[last]);
        assert_eq!(
            found.ancestor.map(|view| view.message.id),
            ancestor,
            "lines part at their last common message"
        );
        assert_eq!(
            (found.left as usize, found.right as usize),
            (left.len() - common, right.len() - common),
            "what follows is counted on both sides"
        );
        *self.done.entry("compare").or_default() += 1;
    }

    /// All of a branch's path, page by page.
    async fn line(&self, branch: BranchId) -> Vec<Message> {
        const PAGE: u32 = 7;
        let mut line: Vec<Message> = Vec::new();
        while line.first().is_none_or(|first| first.depth > 0) {
            let before = line.first().map(|first| first.depth);
            let page = self.engine.path_page(branch, before, PAGE).await.unwrap();
            let Some(first) = page.first() else { break };
            assert!(before.is_none_or(|before| first.message.depth < before), "pages lead to the root");
            line.splice(0..0, page.into_iter().map(|view| view.message));
        }
        line
    }

    /// What has grown goes to another home, and is the same there.
    async fn moves_whole(&self) {
        let (home, other) = crate::moving::opened().await;
        let request = ExportRequest {
            conversations: vec![self.conversation],
            format: ExportFormat::Json,
            scope: ExportScope::Tree,
        };
        let path = home.path().join("tree.json");
        self.engine.export_file(&request, &path).await.unwrap();
        let report = crate::moving::import(&other, &path).await.report;
        assert_eq!((report.conversations, report.warnings), (1, vec![]));
        assert_eq!(
            serde_json::to_value(other.tree(self.conversation).await.unwrap()).unwrap(),
            serde_json::to_value(self.engine.tree(self.conversation).await.unwrap()).unwrap()
        );
        assert_eq!(other.check().await.unwrap().problems, [] as [&str; 0]);
        other.close().await;
    }

    async fn end_of(&self, id: CompletionId) -> String {
        loop {
            let (completion, parts, _) = self.engine.answer(id).await.unwrap();
            if completion.state.is_terminal() {
                assert!(
                    matches!(completion.state, CompletionState::Complete { .. }),
                    "{:?}",
                    completion.state
                );
                let text = |p: &Part| if let Part::Text { text } = p { Some(text.clone()) } else { None };
                return parts.iter().filter_map(text).collect();
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_to_a_tree_while_it_grows_nothing_vanishes_that_was_not_deleted() {
    let size = if std::env::var_os("ORCHESITY_SOAK").is_some() { 10_000 } else { 400 };
    let (operations, seed) = (number("ORCHESITY_TREE_OPS", size), number("ORCHESITY_TREE_SEED", 20_261_121));
    let home = Home::empty().unwrap();
    let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
    let ask = crate::ground::asking(None, "question", &[TARGETS[0]]);
    let conversation = engine.start_run(ask, RunOrigin::Cli).await.unwrap().conversation;
    let (dice, oracle, done) = (Dice(seed | 1), Oracle::default(), HashMap::new());
    let mut walk = Walk { engine, conversation, dice, oracle, done };
    let tree = walk.engine.tree(conversation).await.unwrap();
    walk.oracle.look(&tree, "the first question");
    for step in 1..=operations {
        walk.one().await;
        if step % 100 == 0 {
            walk.prove().await;
        }
        // A tree that nobody tidies grows beyond what a test can look at after each step.
        if walk.oracle.live().len() > 1_500 {
            let branch = walk.branch().unwrap();
            let stays: HashSet<_> = walk.oracle.path(walk.oracle.branches[&branch]).into_iter().collect();
            walk.prove().await;
            let live = walk.oracle.live();
            if let Ok(deletion) =
                walk.engine.delete_messages(&DeleteWhat::Others { keep: vec![branch] }).await
            {
                walk.oracle.bury(live.into_iter().filter(|id| !stays.contains(id)), deletion.id);
            }
            // Branches went too: nobody asks on one that was seen before.
            let tree = walk.engine.tree(conversation).await.unwrap();
            walk.oracle.look(&tree, "tidying");
        }
    }
    walk.prove().await;
    walk.moves_whole().await;
    eprintln!("{operations} operations with seed {seed}: {:?}", walk.done);
    for name in
        ["ask", "edit", "again", "fork", "lead", "columns", "merge", "delete", "restore", "compare", "replay"]
    {
        assert!(walk.done.contains_key(name), "{name} never worked");
    }
    walk.engine.close().await;
}

//! What these tests stand on.

use domain::{
    AskColumn, Attempt, BranchId, Completion, CompletionId, CompletionState, ConversationId, EventItem, Part,
    RunId, RunOrigin, StartRun, StartedRun, Target,
};
use engine::{Engine, EngineOptions};
use std::collections::HashMap;
use testkit::{Home, ScriptedProvider};

/// Settings under which faults end soon; the limits themselves are the product's.
const QUICK: &str = "[engine]\nmax_attempts = 3\ntimeouts = { connect_ms = 2000, headers_ms = 400, \
                     first_content_ms = 400, idle_ms = 400, total_ms = 20000, comments_ms = 800 }\n";

/// An engine, its home, and the provider it may ask as `chat`, `responses` and `anthropic`.
pub struct Ground {
    pub engine: Engine,
    pub home: Home,
    pub provider: ScriptedProvider,
}

impl Ground {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With short time limits.
    pub async fn quick() -> Self {
        Self::with(QUICK).await
    }

    pub async fn with(more: &str) -> Self {
        let provider = ScriptedProvider::start().await;
        let home = Home::scripted(&provider.url()).unwrap();
        let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
        home.write_config(&format!("{more}\n{config}")).unwrap();
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        Self { engine, home, provider }
    }

    /// Asks new columns of a new conversation.
    pub async fn ask(&self, prompt: &str, targets: &[&str]) -> StartedRun {
        self.engine.start_run(asking(None, prompt, targets), RunOrigin::Cli).await.unwrap()
    }

    /// Asks one target and waits for the end.
    pub async fn answer(&self, target: &str) -> Answer {
        let started = self.ask("Say something.", &[target]).await;
        self.end_of(&started).await.remove(0)
    }

    /// Waits until all answers of a run have ended.
    pub async fn end_of(&self, started: &StartedRun) -> Vec<Answer> {
        let shown = Shown::of(&self.engine, started.run).await;
        let mut answers = Vec::new();
        for column in &started.columns {
            let (completion, parts, _) = self.engine.answer(column.completion).await.unwrap();
            let attempts = self.engine.attempts(column.completion).await.unwrap();
            let shown = shown.text.get(&column.completion).cloned().unwrap_or_default();
            answers.push(Answer { completion, parts, attempts, shown });
        }
        answers
    }
}

pub fn asking(conversation: Option<ConversationId>, prompt: &str, targets: &[&str]) -> StartRun {
    let columns = targets.iter().map(|t| column(None, t)).collect();
    StartRun { important: false, conversation, parts: vec![Part::text(prompt)], columns, system: None }
}

pub fn column(branch: Option<BranchId>, target: &str) -> AskColumn {
    AskColumn { branch, ..AskColumn::of(target.parse().unwrap()) }
}

/// One finished answer.
pub struct Answer {
    pub completion: Completion,
    pub parts: Vec<Part>,
    pub attempts: Vec<Attempt>,
    /// The text that a watcher put together from the run's batches.
    pub shown: String,
}

impl Answer {
    pub fn text(&self) -> String {
        let text = |p: &Part| if let Part::Text { text } = p { Some(text.clone()) } else { None };
        self.parts.iter().filter_map(text).collect()
    }

    /// `complete`, or the kind of failure, or the other state's name.
    pub fn outcome(&self) -> String {
        match &self.completion.state {
            CompletionState::Failed { error } => error.kind.to_string(),
            other => other.as_str().to_owned(),
        }
    }

    pub fn served(&self) -> Option<&Target> {
        self.completion.served.as_ref()
    }
}

/// What a watcher saw of a run, from where it attached to the end. It insists on numbers without
/// gaps and on offsets that fit.
#[derive(Default)]
pub struct Shown {
    pub text: HashMap<CompletionId, String>,
    pub batches: usize,
    pub snapshots: usize,
    parts: HashMap<(CompletionId, u32), u32>,
}

impl Shown {
    pub async fn of(engine: &Engine, run: RunId) -> Self {
        Self::since(engine, run, 0).await
    }

    pub async fn since(engine: &Engine, run: RunId, since: u32) -> Self {
        let mut shown = Self::default();
        let mut events = engine.events(run, since).await.unwrap();
        let mut last = since;
        while let Some(batch) = events.next().await {
            shown.batches += 1;
            match batch.kind {
                domain::BatchKind::Live => assert_eq!(batch.seq, last + 1, "batches have no gaps"),
                _ => shown.snapshots += 1,
            }
            last = batch.seq;
            batch.items.iter().for_each(|item| shown.push(item));
            assert!(serde_json::to_string(&*batch).unwrap().len() < domain::EventBatch::MAX_JSON);
        }
        shown
    }

    fn push(&mut self, item: &EventItem) {
        match item {
            EventItem::Reset { completion } => {
                self.text.remove(completion);
                self.parts.retain(|(id, _), _| id != completion);
            }
            EventItem::Open { completion, part, .. } => {
                self.parts.insert((*completion, *part), 0);
            }
            EventItem::Append { completion, part, at, text } => {
                let length = self
                    .parts
                    .get_mut(&(*completion, *part))
                    .unwrap_or_else(|| panic!("a part is opened first: {item:?}"));
                assert_eq!(length, at, "an append begins where the part ends");
                *length += text.encode_utf16().count() as u32;
                self.text.entry(*completion).or_default().push_str(text);
            }
            _ => {}
        }
    }
}

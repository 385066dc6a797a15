//! Budgets of folders: what conversations in them, and in those within, may take.

use crate::ground::{Ground, asking};
use domain::{BatchAction, BudgetCap, BudgetPeriod, ConversationId, FolderId, RunOrigin};

/// Room for some answers.
const CAP: u32 = 20_000;
/// What is set aside for an answer without a limit, beside its prompt.
const ANSWER: u32 = 4_096;

fn total(tokens: u32) -> BudgetCap {
    BudgetCap { period: BudgetPeriod::Total, usd: None, tokens: Some(tokens) }
}

impl Ground {
    /// Asks in a conversation and waits; what became of it, and the tokens that its calls took.
    async fn again(&self, conversation: ConversationId) -> (String, u64) {
        let request = asking(Some(conversation), "Go on.", &["chat/ok?tokens=60&gap_ms=0"]);
        let run = self.engine.start_run(request, RunOrigin::Cli).await.unwrap();
        let answer = self.end_of(&run).await.remove(0);
        let took = answer.attempts.iter().map(|attempt| attempt.usage.total()).sum();
        (answer.outcome(), took)
    }

    async fn filed(&self, folder: FolderId) -> ConversationId {
        let run = self.ask("Say something.", &["chat/ok?tokens=2&gap_ms=0"]).await;
        self.end_of(&run).await;
        let action = BatchAction::Move { folder: Some(folder) };
        self.engine.change_conversations(&[run.conversation], &action).await.unwrap();
        run.conversation
    }

    /// Tokens that a folder's budget has spent and set aside.
    async fn of_folder(&self, folder: FolderId) -> (u64, u64) {
        let budgets = self.engine.budgets().await.unwrap();
        let budget = budgets.into_iter().find(|one| one.folder == Some(folder)).unwrap().budget;
        (budget.spent_tokens.into(), budget.reserved_tokens.into())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folders_budget_stops_its_conversations_and_those_within_and_nobody_else() {
    let ground = Ground::new().await;
    let outer = ground.engine.create_folder("Work", None).await.unwrap();
    let inner = ground.engine.create_folder("Drafts", Some(outer)).await.unwrap();
    let other = ground.engine.create_folder("Home", None).await.unwrap();
    let (within, beside) = (ground.filed(inner).await, ground.filed(other).await);
    ground.engine.set_folder_budgets(outer, &[total(CAP)]).await.unwrap();

    let (outcome, took) = ground.again(within).await;
    assert_eq!(outcome, "complete");
    assert_eq!(ground.of_folder(outer).await.0, took, "each call is counted once, by what it came to");
    // Left is less than a prompt and its answer take at most: nothing is asked, and nothing counted.
    let spent = u32::try_from(took).unwrap();
    ground.engine.set_folder_budgets(outer, &[total(spent + ANSWER)]).await.unwrap();
    let before = ground.provider.log().len();
    assert_eq!(ground.again(within).await, ("budget".to_owned(), 0));
    assert_eq!((ground.provider.log().len(), ground.of_folder(outer).await.0), (before, took));
    assert_eq!(ground.again(beside).await.0, "complete");
    // What was spent in a folder stays spent there.
    ground.engine.change_conversations(&[within], &BatchAction::Move { folder: None }).await.unwrap();
    assert_eq!(ground.again(within).await.0, "complete");
    assert_eq!(ground.of_folder(outer).await.0, took);
    // Raised, it goes on from there; taken away, it caps nothing; with its folder it is gone.
    ground.engine.change_conversations(&[within], &BatchAction::Move { folder: Some(inner) }).await.unwrap();
    ground.engine.set_folder_budgets(outer, &[total(2 * CAP)]).await.unwrap();
    let (outcome, more) = ground.again(within).await;
    assert_eq!((outcome.as_str(), ground.of_folder(outer).await.0), ("complete", took + more));
    ground.engine.set_folder_budgets(outer, &[total(1)]).await.unwrap();
    assert_eq!(ground.again(within).await.0, "budget");
    ground.engine.delete_folder(outer).await.unwrap();
    assert_eq!(ground.again(within).await.0, "complete");
    assert!(ground.engine.budgets().await.unwrap().is_empty());
    assert!(ground.engine.set_folder_budgets(outer, &[total(1)]).await.is_err());
    let twice = [total(1), total(2)];
    assert!(ground.engine.set_folder_budgets(inner, &twice).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_as_many_are_asked_as_a_folders_budget_has_room_for() {
    let ground = Ground::new().await;
    let folder = ground.engine.create_folder("Work", None).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..6 {
        all.push(ground.filed(folder).await);
    }
    ground.engine.set_folder_budgets(folder, &[total(3 * (ANSWER + 100))]).await.unwrap();
    let asked = all.iter().map(|one| ground.again(*one));
    let ended = futures_util::future::join_all(asked).await;
    let took: u64 = ended.iter().map(|(_, took)| took).sum();
    assert!(ended.iter().all(|(outcome, _)| outcome == "complete" || outcome == "budget"), "{ended:?}");
    assert!(ended.iter().any(|(outcome, _)| outcome == "complete"));
    assert_eq!(ground.of_folder(folder).await.0, took);
    ground.engine.close().await;
    let again = engine::Engine::open(ground.home.path(), engine::EngineOptions::command()).await.unwrap();
    let budget = again.budgets().await.unwrap().remove(0).budget;
    assert_eq!(
        (u64::from(budget.spent_tokens), budget.reserved_tokens),
        (took, 0),
        "nothing stays set aside"
    );
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_budget_has_no_room_for_one_the_next_that_fits_is_asked() {
    let pair = "[aliases]\npair = [\"chat/ok?tokens=5\", \"simulated/fast?tps=4000&ttft=1&len=5\"]\n\
                dear = [\"chat/ok?tokens=5\", \"chat/ok?tokens=5&seed=2\"]\n\
                [[prices]]\nmodel = \"chat/ok?tokens=5\"\ninput = 10.0\noutput = 10.0\n\
                [[prices]]\nmodel = \"chat/ok?tokens=5&seed=2\"\ninput = 10.0\noutput = 10.0\n";
    let ground = Ground::with(pair).await;
    let folder = ground.engine.create_folder("Work", None).await.unwrap();
    let conversation = ground.filed(folder).await;
    // There is no room for the first; the other is free.
    let cap = BudgetCap { period: BudgetPeriod::Total, usd: Some(domain::NanoUsd(1_000)), tokens: None };
    ground.engine.set_folder_budgets(folder, &[cap]).await.unwrap();
    let before = ground.provider.log().len();
    let ask = async |alias: &str| {
        let request = asking(Some(conversation), "Go on.", &[alias]);
        let run = ground.engine.start_run(request, RunOrigin::Cli).await.unwrap();
        ground.end_of(&run).await.remove(0)
    };
    let answer = ask("pair").await;
    assert_eq!(answer.outcome(), "complete");
    assert!(answer.served().unwrap().as_str().starts_with("simulated/"));
    assert_eq!(answer.attempts.len(), 1, "who was not let in was not asked");
    assert_eq!(ask("dear").await.outcome(), "budget");
    assert_eq!(ground.provider.log().len(), before);
}

//! Budgets of folders and callers that do not say where their calls belong.

use crate::wire::{Heard, Shape, Wire};
use domain::{BatchAction, BudgetCap, BudgetPeriod, ConversationId, FolderId};
use serde_json::{Value, json};
use std::time::Duration;

const MODEL: &str = "chat/ok?tokens=40&gap_ms=0";

impl Wire {
    async fn said(&self, messages: &Value, conversation: Option<ConversationId>) -> Heard {
        let mut body = json!({ "model": MODEL, "messages": messages });
        if let Some(conversation) = conversation {
            body["conversation_id"] = json!(conversation);
        }
        Heard::read(Shape::Chat, self.post("/v1/chat/completions", &body).send().await.unwrap()).await
    }

    async fn cap(&self, folder: FolderId, tokens: u32) {
        let cap = BudgetCap { period: BudgetPeriod::Total, usd: None, tokens: Some(tokens) };
        self.engine.set_folder_budgets(folder, &[cap]).await.unwrap();
    }

    async fn spent(&self, folder: FolderId) -> u32 {
        let budgets = self.engine.budgets().await.unwrap();
        budgets.iter().find(|one| one.folder == Some(folder)).unwrap().budget.spent_tokens
    }

    /// The only conversation, once it is stored.
    async fn stored(&self) -> ConversationId {
        loop {
            let listed = self.http.get(format!("{}/api/v1/conversations", self.url)).bearer_auth(&self.key);
            let listed: Value = listed.send().await.unwrap().json().await.unwrap();
            if let Some(id) = listed["items"][0]["id"].as_str() {
                return id.parse().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_says_not_where_it_belongs_counts_in_its_folder_once_it_is_found_there() {
    let mut wire = Wire::new().await;
    wire.key = wire.issue(&["/v1/*", "/api/v1/*"]).await;
    let first = json!({ "role": "user", "content": "How does it go?" });
    let answer = wire.said(&json!([first]), None).await;
    let talk = wire.stored().await;
    let folder = wire.engine.create_folder("Work", None).await.unwrap();
    let into = BatchAction::Move { folder: Some(folder) };
    wire.engine.change_conversations(&[talk], &into).await.unwrap();
    wire.cap(folder, 100_000).await;
    assert_eq!(wire.spent(folder).await, 0, "what was asked before it was in the folder");

    let history = json!([first, { "role": "assistant", "content": answer.text }, { "role": "user", "content": "And?" }]);
    let (input, output) = wire.said(&history, None).await.usage.unwrap();
    let took = u32::try_from(input + output).unwrap();
    while wire.spent(folder).await == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(wire.spent(folder).await, took);

    // It is used up: who says where the call belongs is refused, and who does not is found out afterwards.
    wire.cap(folder, took).await;
    let asked = wire.server.log().len();
    let refused = wire.said(&history, Some(talk)).await;
    assert_eq!((refused.status, wire.server.log().len()), (402, asked), "{}", refused.raw);
    assert!(refused.raw.contains("folder"), "{}", refused.raw);
    assert_eq!(wire.said(&history, None).await.status, 200);
    while wire.spent(folder).await == took {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(wire.spent(folder).await, 2 * took, "above its cap by what could not be refused");
}

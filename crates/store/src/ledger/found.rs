//! Calls of the gateway whose conversation is found only once they are stored: from then on they count in the
//! budgets of its folders. They could not be refused before, since nobody knew where they belong.

use crate::{StoreError, budgets, bulk};
use domain::{CompletionId, FolderId};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// A line of the ledger by its attempt, when and what budgets count of it, and a folder that it does not count in yet.
type Unfiled = (Vec<u8>, i64, i64, i64, Vec<u8>);
/// When a line counts, what of it, and where it does not count yet.
type New = ((i64, i64, i64), Vec<FolderId>);

/// Counts the calls of these answers in the folders that their conversations are in now. Where a line counts is
/// written down with it, so that each counts once however often this is done.
pub(crate) async fn count_where_found(
    tx: &mut SqliteConnection,
    answers: impl IntoIterator<Item = CompletionId>,
) -> Result<(), StoreError> {
    let budgets = budgets::all(tx).await?;
    if !budgets.iter().any(budgets::Row::is_of_a_folder) {
        return Ok(());
    }
    let answers: Vec<CompletionId> = answers.into_iter().collect();
    let found: Vec<Unfiled> = sqlx::query_as(
        "WITH RECURSIVE around (line, id) AS (
            SELECT ledger.id, conversation.folder_id FROM json_each(?) AS one
                CROSS JOIN completion ON completion.uid = unhex(one.value)
                JOIN run ON run.id = completion.run_id
                JOIN conversation ON conversation.id = run.conversation_id
                JOIN attempt ON attempt.completion_id = completion.id
                JOIN ledger ON ledger.attempt_uid = attempt.uid
                WHERE conversation.folder_id IS NOT NULL
                    -- A line counts where it was let in, wherever its conversation went since.
                    AND NOT EXISTS (SELECT 1 FROM ledger_folder AS filed WHERE filed.ledger_id = ledger.id)
            UNION SELECT around.line, folder.parent_id FROM around CROSS JOIN folder ON folder.id = around.id
                WHERE folder.parent_id IS NOT NULL
        )
        SELECT ledger.attempt_uid, coalesce(ledger.counted_at, ledger.at), coalesce(ledger.charged_nano, ledger.cost_nano, 0),
            coalesce(ledger.charged_tokens, coalesce(input, 0) + coalesce(output, 0) + coalesce(cached_read, 0)
                + coalesce(cached_write, 0) + coalesce(reasoning, 0)), folder.uid
        FROM around CROSS JOIN ledger ON ledger.id = around.line CROSS JOIN folder ON folder.id = around.id
        WHERE NOT EXISTS (SELECT 1 FROM ledger_folder AS filed
            WHERE filed.ledger_id = ledger.id AND filed.folder = folder.uid)
        ORDER BY ledger.id",
    )
    .bind(bulk::hex_list(answers.iter().map(CompletionId::bytes)))
    .fetch_all(&mut *tx)
    .await?;
    if found.is_empty() {
        return Ok(());
    }
    let mut lines: BTreeMap<Vec<u8>, New> = BTreeMap::new();
    for (line, at, nano, tokens, folder) in found {
        let folder = FolderId::from_bytes(&folder)?;
        lines.entry(line).or_insert_with(|| ((at, nano, tokens), Vec::new())).1.push(folder);
    }
    for (line, ((at, nano, tokens), folders)) in lines {
        let mut counting = Vec::new();
        for budget in budgets.iter().filter(|budget| budget.is_of(&folders)) {
            // Before it is written down where the line counts: a period that begins with it counts it once.
            counting.push((budget.id, budgets::begin(tx, budget, at).await?));
        }
        super::file(tx, &line, &folders).await?;
        for (budget, period) in counting {
            budgets::spend(tx, budget, period, nano, tokens).await?;
        }
    }
    Ok(())
}

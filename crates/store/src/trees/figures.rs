//! The list of branches with their figures. Paths that branches share are read once.

use super::Trees;
use crate::{
    StoreError,
    branches::{BranchRow, branches},
    conversations, rows,
};
use domain::{Branch, BranchSummary, ConversationId, ModelCount, NanoUsd, Target, Timestamp, Usage};
use std::collections::HashMap;

/// A node of some branch's path.
struct Step {
    parent: Option<usize>,
    created_at: i64,
    /// Number of the model that answered.
    model: Option<usize>,
    usage: [Option<i64>; 5],
    cost: Option<i64>,
    estimated: bool,
    /// An answer that has ended.
    answer: bool,
    /// Branches whose path it is on.
    on: u32,
}

impl Trees<'_> {
    /// Live branches: the active one first, then pinned ones, each in its place.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn branches(&self, id: ConversationId) -> Result<Vec<BranchSummary>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let conversation = conversations::row_id(&mut snapshot, id).await?;
        let uid = id.bytes();
        let all: Vec<BranchRow> = branches!("conversation.uid = ? ORDER BY b.pinned DESC, b.ord, b.id", uid)
            .fetch_all(&mut *snapshot)
            .await?;
        let places = sqlx::query!(
            r#"SELECT branch.uid AS "uid!: Vec<u8>", tip_id AS "tip?: i64",
                conversation.head_branch_id IS branch.id AS "head!: i64"
            FROM branch JOIN conversation ON conversation.id = branch.conversation_id
            WHERE conversation.id = ? AND branch.deletion_id IS NULL"#,
            conversation
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let places: HashMap<Vec<u8>, (Option<i64>, bool)> =
            places.into_iter().map(|row| (row.uid, (row.tip, row.head != 0))).collect();
        let found = sqlx::query!(
            r#"WITH RECURSIVE line (id) AS (
                SELECT tip_id FROM branch WHERE conversation_id = ?1 AND deletion_id IS NULL AND tip_id IS NOT NULL
                UNION
                SELECT m.parent_id FROM line CROSS JOIN message AS m ON m.id = line.id WHERE m.parent_id IS NOT NULL
            )
            SELECT m.id AS "id!: i64", m.parent_id AS "parent?: i64", m.created_at AS "created_at!: i64",
                c.served AS "served?: String", c.input AS "input?: i64", c.output AS "output?: i64",
                c.cached_read AS "cached_read?: i64", c.cached_write AS "cached_write?: i64",
                c.reasoning AS "reasoning?: i64", c.cost_nano AS "cost?: i64",
                c.cost_estimated AS "estimated?: i64",
                c.state IN ('complete', 'failed', 'stopped', 'interrupted') AS "answer?: i64"
            FROM line CROSS JOIN message AS m ON m.id = line.id LEFT JOIN completion AS c ON c.id = m.completion_id
            ORDER BY m.id"#,
            conversation
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let mut models: Vec<String> = Vec::new();
        let mut number: HashMap<i64, usize> = HashMap::with_capacity(found.len());
        let mut steps: Vec<Step> = Vec::with_capacity(found.len());
        for row in found {
            let model = row.served.map(|served| {
                models.iter().position(|model| *model == served).unwrap_or_else(|| {
                    models.push(served);
                    models.len() - 1
                })
            });
            number.insert(row.id, steps.len());
            steps.push(Step {
                parent: row.parent.and_then(|parent| number.get(&parent).copied()),
                created_at: row.created_at,
                model,
                usage: [row.input, row.output, row.cached_read, row.cached_write, row.reasoning],
                cost: row.cost,
                estimated: row.estimated == Some(1),
                answer: row.answer == Some(1),
                on: 0,
            });
        }
        let tips: Vec<Option<usize>> =
            all.iter().map(|row| number.get(&places.get(&row.uid)?.0?).copied()).collect();
        for tip in &tips {
            let mut at = *tip;
            while let Some(step) = at {
                steps[step].on += 1;
                at = steps[step].parent;
            }
        }
        let mut summaries = Vec::with_capacity(all.len());
        for (row, tip) in all.into_iter().zip(tips) {
            let head = places.get(&row.uid).is_some_and(|place| place.1);
            summaries.push(summary(Branch::try_from(row)?, head, tip, &steps, &models)?);
        }
        summaries.sort_by_key(|summary| !summary.head);
        Ok(summaries)
    }
}

fn summary(
    branch: Branch,
    head: bool,
    tip: Option<usize>,
    steps: &[Step],
    models: &[String],
) -> Result<BranchSummary, StoreError> {
    let (mut messages, mut own, mut unpriced, mut cost_estimated) = (0, 0, 0, false);
    let (mut usage, mut cost, mut answers) = ([None; 5], None, vec![0_u32; models.len()]);
    let mut at = tip;
    while let Some(number) = at {
        let step = &steps[number];
        messages += 1;
        own += u32::from(step.on == 1);
        for (sum, part) in usage.iter_mut().zip(step.usage) {
            *sum = part.map(|part| sum.unwrap_or(0_i64).saturating_add(part)).or(*sum);
        }
        if step.answer {
            match step.cost {
                // What an import says it cost may be anything.
                Some(nano) => cost = Some(cost.unwrap_or(0_i64).saturating_add(nano)),
                None => unpriced += 1,
            }
            cost_estimated |= step.estimated;
            if let Some(model) = step.model {
                answers[model] += 1;
            }
        }
        at = step.parent;
    }
    let mut counts = Vec::new();
    for (model, answers) in models.iter().zip(answers).filter(|(_, answers)| *answers > 0) {
        counts.push(ModelCount { target: model.parse::<Target>()?, answers });
    }
    counts.sort_by_key(|count| std::cmp::Reverse(count.answers));
    let usage: Usage = rows::usage(usage);
    Ok(BranchSummary {
        branch,
        head,
        messages,
        own,
        usage,
        cost: cost.map(NanoUsd),
        cost_estimated,
        unpriced,
        models: counts,
        last_activity: tip.map(|tip| Timestamp::from_millis(steps[tip].created_at)),
    })
}

//! Decisions as they are stored, and what is counted of them.

use crate::{Store, StoreError, rows};
use domain::{Decision, Timestamp};
use sqlx::SqliteConnection;

/// A decision in columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DecisionRow {
    pub(crate) requested: String,
    pub(crate) targets: String,
    pub(crate) reason: String,
    pub(crate) candidates: String,
    pub(crate) routed: Option<String>,
    pub(crate) policy: Option<String>,
    pub(crate) class: Option<&'static str>,
    pub(crate) fixed: Option<String>,
}

impl DecisionRow {
    pub(crate) fn of(decision: &Decision) -> Result<Self, StoreError> {
        let routed = decision.routed.as_ref();
        Ok(Self {
            requested: decision.requested.to_string(),
            targets: rows::to_json(&decision.order)?,
            reason: decision.reason.clone(),
            candidates: rows::to_json(&decision.candidates)?,
            routed: routed.map(rows::to_json).transpose()?,
            policy: routed.map(|routed| routed.policy.clone()),
            class: routed.map(|routed| routed.class.as_str()),
            fixed: routed.and_then(|routed| routed.fixed.as_ref()).map(ToString::to_string),
        })
    }

    /// Stores it as that of a completion.
    pub(crate) async fn insert(&self, tx: &mut SqliteConnection, completion: i64) -> Result<(), StoreError> {
        let Self { requested, targets, reason, candidates, routed, policy, class, fixed } = self;
        sqlx::query!(
            "INSERT INTO decision (completion_id, requested, targets, reason, candidates, routed, policy, class, fixed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            completion,
            requested,
            targets,
            reason,
            candidates,
            routed,
            policy,
            class,
            fixed
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// Reads a decision from its columns.
pub(crate) fn read(
    requested: &str,
    targets: &str,
    reason: String,
    candidates: &str,
    routed: Option<&str>,
) -> Result<Decision, StoreError> {
    Ok(Decision {
        requested: requested.parse()?,
        order: serde_json::from_str(targets)?,
        reason,
        candidates: serde_json::from_str(candidates)?,
        routed: routed.map(serde_json::from_str).transpose()?,
    })
}

/// How often a policy chose a target for a class of prompts, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutedCount {
    /// The policy.
    pub policy: String,
    /// The prompts' class, as its word.
    pub class: String,
    /// Who was chosen first.
    pub chosen: String,
    /// Decisions.
    pub decisions: i64,
    /// Of those, tries.
    pub explored: i64,
    /// Of those, conversations that stayed with whom they had.
    pub kept: i64,
    /// Answers that came to their end.
    pub complete: i64,
    /// Answers that somebody else gave than who was chosen.
    pub fell_back: i64,
    /// What they cost together, as far as it is known, in nano-dollars.
    pub cost_nano: i64,
    /// Sum of the milliseconds to the first content, and of how many that is.
    pub first_ms: i64,
    /// See there.
    pub first_of: i64,
}

/// What is counted of decisions.
#[derive(Clone, Copy)]
pub struct Decisions<'a> {
    pub(crate) store: &'a Store,
}

impl Decisions<'_> {
    /// What routes chose in a span of time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn counted(&self, from: Timestamp, to: Timestamp) -> Result<Vec<RoutedCount>, StoreError> {
        let (from, to) = (from.millis(), to.millis());
        let found = sqlx::query!(
            r#"SELECT d.policy AS "policy!", d.class AS "class!", d.targets ->> 0 AS "chosen!: String",
                count(*) AS "decisions!: i64",
                sum(d.routed ->> 'explored') AS "explored!: i64", sum(d.routed ->> 'kept') AS "kept!: i64",
                sum(c.state = 'complete') AS "complete!: i64",
                sum(c.served IS NOT NULL AND c.served <> d.targets ->> 0) AS "fell_back!: i64",
                coalesce(sum(c.cost_nano), 0) AS "cost_nano!: i64",
                coalesce(sum(c.ttft_ms), 0) AS "first_ms!: i64", count(c.ttft_ms) AS "first_of!: i64"
            FROM decision AS d JOIN completion AS c ON c.id = d.completion_id
            WHERE d.policy IS NOT NULL AND d.targets <> '[]' AND c.created_at >= ? AND c.created_at < ?
            GROUP BY d.policy, d.class, d.targets ->> 0 ORDER BY 4 DESC, 1, 2, 3"#,
            from,
            to
        )
        .fetch_all(self.store.readers())
        .await?;
        let counted = found.into_iter().map(|row| RoutedCount {
            policy: row.policy,
            class: row.class,
            chosen: row.chosen,
            decisions: row.decisions,
            explored: row.explored,
            kept: row.kept,
            complete: row.complete,
            fell_back: row.fell_back,
            cost_nano: row.cost_nano,
            first_ms: row.first_ms,
            first_of: row.first_of,
        });
        Ok(counted.collect())
    }
}

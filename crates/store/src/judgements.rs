//! Judgements: what a model was asked to say of two answers, and what it said. Its run belongs to
//! their conversation, so that erasing that takes what went over the wire along; it adds no message.

use crate::{Store, StoreError, decisions::DecisionRow, rows, votes, writer::Durability};
use domain::{
    Ballot, CompletionId, ConversationId, Decision, ErrorKind, Failure, InstanceId, Judgement, JudgementId,
    JudgementState, MessageId, Opinion, Params, RunId, RunOrigin, Target, Timestamp, Verdict, VoteId,
};
use sqlx::SqliteConnection;

/// Judgements.
#[derive(Clone, Copy)]
pub struct Judgements<'a> {
    pub(crate) store: &'a Store,
}

/// A judgement that is about to be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJudgement {
    /// Identity.
    pub id: JudgementId,
    /// Of its run.
    pub run: RunId,
    /// Who asks.
    pub origin: RunOrigin,
    /// The process that will do it; registered.
    pub instance: InstanceId,
    /// The first answer.
    pub a: MessageId,
    /// The second.
    pub b: MessageId,
    /// Who judges.
    pub judge: Target,
    /// By what.
    pub rubric: String,
    /// With which parameters.
    pub params: Params,
    /// Why this target.
    pub decision: Decision,
    /// The call that sees `a` first, and the one that sees `b` first.
    pub calls: [CompletionId; 2],
    /// When.
    pub created_at: Timestamp,
}

impl Judgements<'_> {
    /// Stores a judgement with its run, before anybody is asked.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when these are not different, whole answers of models to one prompt.
    pub async fn start(&self, new: &NewJudgement) -> Result<ConversationId, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let (a, b, conversation) = votes::pair(&mut tx, new.a, new.b).await?;
        let uid = new.instance.bytes();
        let instance = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM instance WHERE uid = ?"#, uid)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("instance", &new.instance))?;
        let (uid, origin, at) = (new.run.bytes(), new.origin.as_str(), new.created_at.millis());
        let run = sqlx::query!(
            "INSERT INTO run (uid, conversation_id, kind, origin, instance_id, created_at)
            VALUES (?, ?, 'judge', ?, ?, ?)",
            uid,
            conversation,
            origin,
            instance,
            at
        )
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        let uid = new.id.bytes();
        let judgement = sqlx::query!(
            "INSERT INTO judgement (uid, run_id, a_id, b_id, rubric, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            uid,
            run,
            a,
            b,
            new.rubric,
            at
        )
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        let (judge, params) = (new.judge.as_str(), rows::to_json(&new.params)?);
        let decision = DecisionRow::of(&new.decision)?;
        for (ord, call) in new.calls.iter().enumerate() {
            let (uid, ord) = (call.bytes(), ord as i64);
            let completion = sqlx::query!(
                "INSERT INTO completion (uid, run_id, ord, requested, params, state, created_at)
                VALUES (?, ?, ?, ?, ?, 'queued', ?)",
                uid,
                run,
                ord,
                judge,
                params,
                at
            )
            .execute(&mut *tx)
            .await?
            .last_insert_rowid();
            decision.insert(&mut tx, completion).await?;
            sqlx::query!(
                "INSERT INTO opinion (completion_id, judgement_id, swapped) VALUES (?, ?, ?)",
                completion,
                judgement,
                ord
            )
            .execute(&mut *tx)
            .await?;
        }
        let conversation = sqlx::query_scalar!("SELECT uid FROM conversation WHERE id = ?", conversation)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(ConversationId::from_bytes(&conversation)?)
    }

    /// What the judge said in one order.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn opine(
        &self,
        completion: CompletionId,
        verdict: Option<Verdict>,
        reason: &str,
    ) -> Result<(), StoreError> {
        let (uid, verdict) = (completion.bytes(), verdict.map(Verdict::as_str));
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!(
            "UPDATE opinion SET verdict = ?, reason = ? WHERE completion_id = (SELECT id FROM completion WHERE uid = ?)",
            verdict,
            reason,
            uid
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// What it came to, as a vote of the judge's.
    ///
    /// # Errors
    /// When the judgement or one of its answers is not there any more.
    pub async fn conclude(
        &self,
        id: JudgementId,
        vote: VoteId,
        ballot: &Ballot,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let uid = id.bytes();
        let mut tx = self.store.write(Durability::Power).await?;
        let vote = votes::insert_judged(&mut tx, vote, ballot, reason, at).await?;
        let done = sqlx::query!("UPDATE judgement SET vote_id = ? WHERE uid = ?", vote, uid)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("judgement", &id));
        }
        tx.commit().await
    }

    /// Judgements of live answers of a conversation, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of(&self, conversation: ConversationId) -> Result<Vec<Judgement>, StoreError> {
        let uid = conversation.bytes();
        let found = sqlx::query!(
            r#"SELECT j.uid AS "judgement!", run.uid AS "run!", a.uid AS "a!", b.uid AS "b!", j.rubric, j.created_at,
                completion.uid AS "completion!", completion.requested, completion.state, completion.error_kind,
                completion.error_text, opinion.swapped, opinion.verdict, opinion.reason
            FROM conversation AS c CROSS JOIN run ON run.conversation_id = c.id
            CROSS JOIN judgement AS j ON j.run_id = run.id
            JOIN message AS a ON a.id = j.a_id JOIN message AS b ON b.id = j.b_id
            JOIN opinion ON opinion.judgement_id = j.id JOIN completion ON completion.id = opinion.completion_id
            WHERE c.uid = ? AND c.deletion_id IS NULL AND a.deletion_id IS NULL AND b.deletion_id IS NULL
            ORDER BY j.id, opinion.swapped"#,
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        let mut all: Vec<(Judgement, Vec<String>)> = Vec::new();
        for row in found {
            let id = JudgementId::from_bytes(&row.judgement)?;
            if all.last().is_none_or(|(last, _)| last.id != id) {
                let judgement = Judgement {
                    id,
                    conversation,
                    run: RunId::from_bytes(&row.run)?,
                    a: MessageId::from_bytes(&row.a)?,
                    b: MessageId::from_bytes(&row.b)?,
                    judge: row.requested.parse()?,
                    rubric: row.rubric,
                    state: JudgementState::Asking,
                    failure: None,
                    verdict: None,
                    agreed: None,
                    opinions: Vec::new(),
                    created_at: Timestamp::from_millis(row.created_at),
                };
                all.push((judgement, Vec::new()));
            }
            let Some((judgement, states)) = all.last_mut() else { continue };
            judgement.opinions.push(Opinion {
                completion: CompletionId::from_bytes(&row.completion)?,
                swapped: row.swapped != 0,
                verdict: rows::word_or_none(row.verdict.as_deref())?,
                reason: row.reason,
            });
            if let (None, Some(kind)) = (&judgement.failure, row.error_kind.as_deref()) {
                let kind: ErrorKind = rows::word(kind)?;
                judgement.failure = Some(Failure::new(kind, row.error_text.unwrap_or_default()));
            }
            states.push(row.state);
        }
        Ok(all.into_iter().map(|(judgement, states)| settle(judgement, &states)).collect())
    }
}

/// What the calls and the opinions come to.
fn settle(mut judgement: Judgement, states: &[String]) -> Judgement {
    let said: Vec<Verdict> = judgement.opinions.iter().filter_map(|opinion| opinion.verdict).collect();
    if let [first, second] = said[..] {
        judgement.state = JudgementState::Done;
        judgement.agreed = Some(first == second);
        judgement.verdict = Some(if first == second { first } else { Verdict::Tie });
        judgement.failure = None;
    } else if states.iter().any(|state| matches!(state.as_str(), "queued" | "streaming")) {
        judgement.failure = None;
    } else {
        judgement.state = JudgementState::Failed;
        let why = if states.iter().any(|state| state == "stopped") {
            Failure::new(ErrorKind::Cancelled, "it was stopped; ask again for a verdict")
        } else {
            Failure::new(ErrorKind::Upstream, "the judge gave no verdict that can be read; ask another model")
        };
        judgement.failure.get_or_insert(why);
    }
    judgement
}

/// Erases what was thought of these messages, with the calls that asked for it.
pub(crate) async fn forget_on(tx: &mut SqliteConnection, messages: &str) -> Result<(), StoreError> {
    let runs = sqlx::query_scalar!(
        r#"SELECT run_id AS "id!" FROM judgement WHERE a_id IN (SELECT value FROM json_each(?1))
            OR b_id IN (SELECT value FROM json_each(?1))"#,
        messages
    )
    .fetch_all(&mut *tx)
    .await?;
    let votes = sqlx::query_scalar!(
        r#"SELECT DISTINCT vote_id AS "id!" FROM vote_on WHERE message_id IN (SELECT value FROM json_each(?))"#,
        messages
    )
    .fetch_all(&mut *tx)
    .await?;
    let (runs, votes) = (rows::id_list(runs), rows::id_list(votes));
    for statement in [
        "DELETE FROM opinion WHERE judgement_id IN
            (SELECT id FROM judgement WHERE run_id IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM judgement WHERE run_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM wire WHERE attempt_id IN (SELECT attempt.id FROM completion
            JOIN attempt ON attempt.completion_id = completion.id
            WHERE completion.run_id IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM attempt WHERE completion_id IN
            (SELECT id FROM completion WHERE run_id IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM journal WHERE completion_id IN
            (SELECT id FROM completion WHERE run_id IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM decision WHERE completion_id IN
            (SELECT id FROM completion WHERE run_id IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM completion WHERE run_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM run WHERE id IN (SELECT value FROM json_each(?1))",
    ] {
        sqlx::query(statement).bind(&runs).execute(&mut *tx).await?;
    }
    for statement in [
        "DELETE FROM vote_on WHERE vote_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM vote WHERE id IN (SELECT value FROM json_each(?1))",
    ] {
        sqlx::query(statement).bind(&votes).execute(&mut *tx).await?;
    }
    Ok(())
}

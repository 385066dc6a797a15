//! Votes: which answer is better, in whose opinion.

use crate::{Store, StoreError, folders, rows, tags, writer::Durability};
use domain::{
    Ballot, BoardQuery, ConversationId, MessageId, PromptClass, RunId, Target, Timestamp, Verdict, Vote,
    VoteBy, VoteId,
};
use sqlx::SqliteConnection;

/// Votes.
#[derive(Clone, Copy)]
pub struct Votes<'a> {
    pub(crate) store: &'a Store,
}

/// A vote as a board counts it: models instead of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The models that answered, in the ballot's order.
    pub models: Vec<Target>,
    /// `A` for a best of several, which comes first.
    pub verdict: Verdict,
    /// Names were hidden when it was given.
    pub blind: bool,
}

/// What routes learned from a vote of one of its answers, or are to learn.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// The answer.
    pub answer: MessageId,
    /// How much it was liked: 1 is good, 0 is not.
    pub liked: f64,
    /// Who answered, and which class of prompt, where that was found out.
    pub of: Option<(Target, PromptClass)>,
    /// When the vote was given.
    pub at: Timestamp,
}

/// An answer that is voted on.
struct Answer {
    id: i64,
    parent: Option<i64>,
    conversation: i64,
    run: i64,
}

impl Votes<'_> {
    /// Stores a vote of the user's. It takes the place of an earlier one of the same kind: on the same
    /// two answers, or of the ♥ that one of these answers took part in: of several, where these were apart. Gives also
    /// what was learned from each of them.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when these are not different, whole answers of models to one prompt.
    pub async fn cast(
        &self,
        id: VoteId,
        ballot: &Ballot,
        blind: bool,
        at: Timestamp,
    ) -> Result<(Vote, Vec<Vec<Opinion>>), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let answers = answers(&mut tx, &of_ballot(ballot)).await?;
        let ids = rows::id_list(answers.iter().map(|answer| answer.id));
        let (kind, all) = (kind(ballot), answers.len() as i64);
        let replaced = sqlx::query_scalar!(
            r#"SELECT vote.id AS "id!" FROM vote JOIN vote_on ON vote_on.vote_id = vote.id
            WHERE vote.by = 'user' AND vote.kind = ?1
                AND vote_on.message_id IN (SELECT value FROM json_each(?2))
            GROUP BY vote.id HAVING ?1 = 'best' OR count(*) = ?3"#,
            kind,
            ids,
            all
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut learned = Vec::new();
        for vote in replaced {
            learned.push(learned_from(&mut tx, vote).await?);
            remove(&mut tx, vote).await?;
        }
        let vote = insert(&mut tx, id, ballot, &answers, (VoteBy::User, blind, ""), at).await?;
        tx.commit().await?;
        Ok((vote, learned))
    }

    /// The user's votes that routes have not learned from, the oldest first, and what they say of answers.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn unlearned(&self, limit: u32) -> Result<Vec<(VoteId, Vec<Opinion>)>, StoreError> {
        let found = sqlx::query!(
            r#"SELECT vote.uid AS "vote!", vote.created_at, message.uid AS "message!", vote_on.score
            FROM (SELECT id, uid, created_at FROM vote WHERE by = 'user' AND learned_at IS NULL ORDER BY id LIMIT ?)
                AS vote
            JOIN vote_on ON vote_on.vote_id = vote.id JOIN message ON message.id = vote_on.message_id
            ORDER BY vote.id, vote_on.ord"#,
            limit
        )
        .fetch_all(self.store.readers())
        .await?;
        let mut votes: Vec<(VoteId, Vec<Opinion>)> = Vec::new();
        for row in found {
            let (id, answer) = (VoteId::from_bytes(&row.vote)?, MessageId::from_bytes(&row.message)?);
            let at = Timestamp::from_millis(row.created_at);
            let opinion = Opinion { answer, liked: row.score, of: None, at };
            match votes.last_mut().filter(|(last, _)| *last == id) {
                Some((_, opinions)) => opinions.push(opinion),
                None => votes.push((id, vec![opinion])),
            }
        }
        Ok(votes)
    }

    /// Notes what is learned from a vote, once: whether it is now, and by the caller.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn learned(&self, id: VoteId, opinions: &[Opinion], at: Timestamp) -> Result<bool, StoreError> {
        let (uid, at) = (id.bytes(), at.millis());
        let mut tx = self.store.write(Durability::Process).await?;
        let mine =
            sqlx::query!("UPDATE vote SET learned_at = ? WHERE uid = ? AND learned_at IS NULL", at, uid)
                .execute(&mut *tx)
                .await?
                .rows_affected();
        if mine == 0 {
            return Ok(false);
        }
        for opinion in opinions {
            let Some((_, class)) = &opinion.of else { continue };
            let (class, answer) = (class.as_str(), opinion.answer.bytes());
            sqlx::query!(
                "UPDATE vote_on SET class = ?, liked = ? WHERE vote_id = (SELECT id FROM vote WHERE uid = ?)
                AND message_id = (SELECT id FROM message WHERE uid = ?)",
                class,
                opinion.liked,
                uid,
                answer
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Removes a vote of the user's, and says in which conversation it was, and what was learned from it.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn take_back(&self, id: VoteId) -> Result<(ConversationId, Vec<Opinion>), StoreError> {
        let uid = id.bytes();
        let mut tx = self.store.write(Durability::Power).await?;
        let vote = sqlx::query!(
            r#"SELECT vote.id AS "id!", conversation.uid AS "conversation!" FROM vote
            JOIN vote_on ON vote_on.vote_id = vote.id JOIN message ON message.id = vote_on.message_id
            JOIN conversation ON conversation.id = message.conversation_id
            WHERE vote.uid = ? AND vote.by = 'user' LIMIT 1"#,
            uid
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::missing("vote", &id))?;
        let learned = learned_from(&mut tx, vote.id).await?;
        remove(&mut tx, vote.id).await?;
        tx.commit().await?;
        Ok((ConversationId::from_bytes(&vote.conversation)?, learned))
    }

    /// Votes on live answers of a conversation, the user's and judges', oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of(&self, conversation: ConversationId) -> Result<Vec<Vote>, StoreError> {
        let uid = conversation.bytes();
        let found = sqlx::query!(
            r#"SELECT vote.uid AS "vote!", run.uid AS "run!", vote.by, vote.kind, vote.blind, vote.created_at,
                message.uid AS "message!", vote_on.score
            FROM conversation AS c
            CROSS JOIN run ON run.conversation_id = c.id
            CROSS JOIN vote ON vote.run_id = run.id
            JOIN vote_on ON vote_on.vote_id = vote.id
            JOIN message ON message.id = vote_on.message_id
            WHERE c.uid = ? AND c.deletion_id IS NULL AND NOT EXISTS (
                SELECT 1 FROM vote_on AS other JOIN message AS gone ON gone.id = other.message_id
                WHERE other.vote_id = vote.id AND gone.deletion_id IS NOT NULL)
            ORDER BY vote.id, vote_on.ord"#,
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        let mut votes: Vec<(Vote, Vec<(MessageId, f64)>)> = Vec::new();
        for row in found {
            let id = VoteId::from_bytes(&row.vote)?;
            let message = MessageId::from_bytes(&row.message)?;
            if let Some((_, on)) = votes.last_mut().filter(|(vote, _)| vote.id == id) {
                on.push((message, row.score));
                continue;
            }
            let empty = if row.kind == "best" {
                Ballot::Best { best: message, others: Vec::new() }
            } else {
                Ballot::Pair { a: message, b: message, verdict: Verdict::Tie }
            };
            let vote = Vote {
                id,
                run: RunId::from_bytes(&row.run)?,
                by: rows::word(&row.by)?,
                ballot: empty,
                blind: row.blind != 0,
                created_at: Timestamp::from_millis(row.created_at),
            };
            votes.push((vote, vec![(message, row.score)]));
        }
        Ok(votes
            .into_iter()
            .map(|(mut vote, on)| {
                match &mut vote.ballot {
                    Ballot::Best { others, .. } => others.extend(on.iter().skip(1).map(|(id, _)| *id)),
                    Ballot::Pair { b, verdict, .. } => {
                        if let [(_, first), (second, other)] = on[..] {
                            (*b, *verdict) = (second, read(first, other));
                        }
                    }
                }
                vote
            })
            .collect())
    }

    /// The user's votes that a board counts, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read, or the folder is not there.
    pub async fn counted(&self, query: &BoardQuery) -> Result<Vec<Counted>, StoreError> {
        let mut tx = self.store.snapshot().await?;
        let folder = match query.folder {
            Some(folder) => Some(folders::row_id(&mut tx, folder).await?),
            None => None,
        };
        let Some(tagged) = tags::filter(&mut tx, &query.tags).await? else { return Ok(Vec::new()) };
        let (tag_count, tagged) = (tagged.len() as i64, rows::id_list(tagged));
        let found = sqlx::query!(
            r#"WITH RECURSIVE within (id) AS (
                SELECT ?1 UNION SELECT folder.id FROM within JOIN folder ON folder.parent_id = within.id
            )
            SELECT vote.id AS "id!", vote.kind, vote.blind, vote_on.score,
                coalesce(completion.served, completion.requested) AS "model!: String"
            FROM vote JOIN vote_on ON vote_on.vote_id = vote.id
            CROSS JOIN message NOT INDEXED ON message.id = vote_on.message_id
            CROSS JOIN completion ON completion.id = message.completion_id
            JOIN conversation AS c ON c.id = message.conversation_id
            WHERE vote.by = 'user' AND (NOT ?2 OR vote.blind = 1) AND c.deletion_id IS NULL
                AND NOT EXISTS (SELECT 1 FROM vote_on AS other JOIN message AS gone ON gone.id = other.message_id
                    WHERE other.vote_id = vote.id AND gone.deletion_id IS NOT NULL)
                AND (?1 IS NULL OR c.folder_id IN (SELECT id FROM within))
                AND (?3 = 0 OR ?3 = (SELECT count(*) FROM conversation_tag
                    WHERE conversation_id = c.id AND tag_id IN (SELECT value FROM json_each(?4))))
            ORDER BY vote.id, vote_on.ord"#,
            folder,
            query.blind_only,
            tag_count,
            tagged
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut votes: Vec<(i64, Counted, Vec<f64>)> = Vec::new();
        for row in found {
            let model: Target = row.model.parse()?;
            if let Some((_, vote, scores)) = votes.last_mut().filter(|(id, ..)| *id == row.id) {
                vote.models.push(model);
                scores.push(row.score);
            } else {
                let vote = Counted { models: vec![model], verdict: Verdict::A, blind: row.blind != 0 };
                votes.push((row.id, vote, vec![row.score]));
            }
        }
        Ok(votes
            .into_iter()
            .map(|(_, mut vote, scores)| {
                if let [a, b] = scores[..] {
                    vote.verdict = read(a, b);
                }
                vote
            })
            .collect())
    }
}

/// Answers in the ballot's order.
pub(crate) fn of_ballot(ballot: &Ballot) -> Vec<MessageId> {
    match ballot {
        Ballot::Pair { a, b, .. } => vec![*a, *b],
        Ballot::Best { best, others } => std::iter::once(*best).chain(others.iter().copied()).collect(),
    }
}

const fn kind(ballot: &Ballot) -> &'static str {
    match ballot {
        Ballot::Pair { .. } => "pair",
        Ballot::Best { .. } => "best",
    }
}

const fn scores(verdict: Verdict) -> (f64, f64) {
    match verdict {
        Verdict::A => (1.0, 0.0),
        Verdict::B => (0.0, 1.0),
        Verdict::Tie => (0.5, 0.5),
        Verdict::BothBad => (0.0, 0.0),
    }
}

fn read(a: f64, b: f64) -> Verdict {
    if a > b {
        Verdict::A
    } else if b > a {
        Verdict::B
    } else if a > 0.0 {
        Verdict::Tie
    } else {
        Verdict::BothBad
    }
}

/// The rows of answers that can be voted on.
async fn answers(tx: &mut SqliteConnection, ids: &[MessageId]) -> Result<Vec<Answer>, StoreError> {
    let refused = |text: &str| Err(StoreError::Refused(text.to_owned()));
    let mut answers: Vec<Answer> = Vec::with_capacity(ids.len());
    for id in ids {
        let uid = id.bytes();
        let row = sqlx::query!(
            r#"SELECT m.id AS "id!", m.parent_id, m.conversation_id, m.status, completion.run_id AS "run?: i64"
            FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
            LEFT JOIN completion ON completion.id = m.completion_id
            WHERE m.uid = ? AND m.deletion_id IS NULL AND c.deletion_id IS NULL"#,
            uid
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::missing("answer", id))?;
        let Some(run) = row.run else { return refused("only answers of models can be judged") };
        if row.status == "streaming" {
            return Err(StoreError::Streaming);
        }
        answers.push(Answer { id: row.id, parent: row.parent_id, conversation: row.conversation_id, run });
    }
    if answers.len() < 2 {
        return refused("judging takes two answers or more");
    }
    if answers.iter().enumerate().any(|(at, one)| answers[..at].iter().any(|other| other.id == one.id)) {
        return refused("an answer cannot be judged beside itself");
    }
    if answers.iter().any(|one| one.conversation != answers[0].conversation) {
        return refused("answers to one prompt can be judged beside each other");
    }
    // Columns that differ further up ask the same thing below different messages.
    let prompts = rows::id_list(answers.iter().filter_map(|answer| answer.parent));
    let said = sqlx::query_scalar!(
        r#"SELECT count(DISTINCT content_id) AS "count!: i64" FROM message WHERE id IN (SELECT value FROM json_each(?))"#,
        prompts
    )
    .fetch_one(tx)
    .await?;
    if said > 1 {
        return refused("answers to one prompt can be judged beside each other");
    }
    Ok(answers)
}

/// The two answers of a judgement: their rows, and that of their conversation.
pub(crate) async fn pair(
    tx: &mut SqliteConnection,
    a: MessageId,
    b: MessageId,
) -> Result<(i64, i64, i64), StoreError> {
    let answers = answers(tx, &[a, b]).await?;
    Ok((answers[0].id, answers[1].id, answers[0].conversation))
}

/// Stores a vote that a judge came to; its row.
pub(crate) async fn insert_judged(
    tx: &mut SqliteConnection,
    id: VoteId,
    ballot: &Ballot,
    reason: &str,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let answers = answers(tx, &of_ballot(ballot)).await?;
    insert(tx, id, ballot, &answers, (VoteBy::Judge, false, reason), at).await?;
    let uid = id.bytes();
    Ok(sqlx::query_scalar!(r#"SELECT id AS "id!" FROM vote WHERE uid = ?"#, uid).fetch_one(tx).await?)
}

async fn insert(
    tx: &mut SqliteConnection,
    id: VoteId,
    ballot: &Ballot,
    answers: &[Answer],
    (by, blind, reason): (VoteBy, bool, &str),
    at: Timestamp,
) -> Result<Vote, StoreError> {
    let run = answers.iter().map(|answer| answer.run).max().unwrap_or_default();
    let (uid, kind, by_word, created_at) = (id.bytes(), kind(ballot), by.as_str(), at.millis());
    let row = sqlx::query!(
        "INSERT INTO vote (uid, run_id, by, kind, blind, reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        uid,
        run,
        by_word,
        kind,
        blind,
        reason,
        created_at
    )
    .execute(&mut *tx)
    .await?
    .last_insert_rowid();
    for (ord, answer) in answers.iter().enumerate() {
        let score = match ballot {
            Ballot::Pair { verdict, .. } if ord == 0 => scores(*verdict).0,
            Ballot::Pair { verdict, .. } => scores(*verdict).1,
            Ballot::Best { .. } => f64::from(u8::from(ord == 0)),
        };
        let ord = ord as i64;
        sqlx::query!(
            "INSERT INTO vote_on (vote_id, message_id, score, ord) VALUES (?, ?, ?, ?)",
            row,
            answer.id,
            score,
            ord
        )
        .execute(&mut *tx)
        .await?;
    }
    let run = sqlx::query_scalar!("SELECT uid FROM run WHERE id = ?", run).fetch_one(tx).await?;
    let run = RunId::from_bytes(&run)?;
    Ok(Vote { id, run, by, ballot: ballot.clone(), blind, created_at: at })
}

/// What was learned from a vote and is not forgotten.
async fn learned_from(tx: &mut SqliteConnection, vote: i64) -> Result<Vec<Opinion>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT message.uid AS "message!", vote_on.class AS "class!", vote_on.liked AS "liked!: f64", vote.created_at,
            completion.served AS "served!"
        FROM vote JOIN vote_on ON vote_on.vote_id = vote.id JOIN message ON message.id = vote_on.message_id
        JOIN completion ON completion.id = message.completion_id
        WHERE vote.id = ? AND vote_on.class IS NOT NULL AND vote_on.liked IS NOT NULL AND completion.served IS NOT NULL"#,
        vote
    )
    .fetch_all(tx)
    .await?;
    let of = |served: &str, class: &str| Ok::<_, StoreError>((served.parse::<Target>()?, rows::word(class)?));
    found
        .into_iter()
        .map(|row| {
            Ok(Opinion {
                answer: MessageId::from_bytes(&row.message)?,
                liked: row.liked,
                of: Some(of(&row.served, &row.class)?),
                at: Timestamp::from_millis(row.created_at),
            })
        })
        .collect()
}

async fn remove(tx: &mut SqliteConnection, vote: i64) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM vote_on WHERE vote_id = ?", vote).execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM vote WHERE id = ?", vote).execute(tx).await?;
    Ok(())
}

//! Finding text: trigrams for three characters and more, bigrams for short words of scripts that
//! have no spaces, and a bounded look through the newest contents for what neither can find.

use crate::{Store, StoreError, rows, writer::Durability};
use domain::{ConversationId, MessageId, Part, Role, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

/// Finding text.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    pub(crate) store: &'a Store,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// Its conversation.
    pub conversation: ConversationId,
    /// Title of that.
    pub title: String,
    /// The message.
    pub message: MessageId,
    /// Who speaks.
    pub role: Role,
    /// The place, with some text around it.
    pub snippet: String,
    /// When it was said.
    pub created_at: Timestamp,
}

/// Longer contents, in bytes of JSON, are indexed after their own transaction.
const AT_ONCE: usize = 64 * 1024;
/// How many of the newest contents with a word are considered, and how many of all are looked through
/// for what no index finds.
const LOOK_THROUGH: i64 = 20_000;
/// How many conversations a list is narrowed down to.
const CONVERSATIONS: i64 = 10_000;
/// Characters of a snippet before and after the place.
const AROUND: usize = 60;

/// `matching!(select, tail)`: messages `m` with all words of a query, of the newest contents that have
/// them. The index drives it, so a rare word does not read every message, nor a common one every hit.
macro_rules! matching {
    ($select:tt, $tail:tt, $query:expr, $limit:expr) => {
        sqlx::query!(
            r#"WITH hit (id) AS MATERIALIZED (
                SELECT * FROM (SELECT rowid FROM search_text WHERE search_text MATCH coalesce(?1, '""') ORDER BY rowid DESC LIMIT ?3)
                UNION ALL
                SELECT * FROM (SELECT DISTINCT content_id FROM search_bigram
                    WHERE ?1 IS NULL AND gram >= ?2 AND gram < ?2 || char(1114111) ORDER BY content_id DESC LIMIT ?3)
                UNION ALL
                SELECT * FROM (SELECT id FROM content WHERE ?1 IS NULL AND ?2 IS NULL ORDER BY id DESC LIMIT ?3)
            )"#
                + $select
                + r#"FROM hit
                CROSS JOIN message AS m ON m.content_id = hit.id
                JOIN conversation ON conversation.id = m.conversation_id
                WHERE m.deletion_id IS NULL AND conversation.deletion_id IS NULL AND (?4 = '[]' OR NOT EXISTS (
                    SELECT 1 FROM json_each(?4) AS short
                    WHERE (SELECT text FROM search_source WHERE id = hit.id) IS NULL
                        OR (SELECT text FROM search_source WHERE id = hit.id) NOT LIKE short.value ESCAPE '\'))"#
                + $tail,
            $query.trigrams,
            $query.gram,
            LOOK_THROUGH,
            $query.short,
            $limit
        )
    };
}

impl Search<'_> {
    /// Messages with all words of `text`, newest first. `"quoted words"` are one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn find(&self, text: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let Some(query) = Query::of(text) else { return Ok(Vec::new()) };
        let found = matching!(
            r#", found (id) AS MATERIALIZED (SELECT m.id "#,
            r#" ORDER BY m.id DESC LIMIT ?5)
            SELECT conversation.uid AS "conversation!: Vec<u8>", conversation.title AS "title!: String",
                m.uid AS "message!: Vec<u8>", m.role AS "role!: String", m.created_at AS "created_at!: i64",
                source.text AS "text?: String"
            FROM found
            JOIN message AS m ON m.id = found.id
            JOIN conversation ON conversation.id = m.conversation_id
            JOIN search_source AS source ON source.id = m.content_id
            ORDER BY m.id DESC"#,
            query,
            limit
        )
        .fetch_all(self.store.readers())
        .await?;
        found
            .into_iter()
            .map(|row| {
                Ok(SearchHit {
                    conversation: ConversationId::from_bytes(&row.conversation)?,
                    title: row.title,
                    message: MessageId::from_bytes(&row.message)?,
                    role: rows::word(&row.role)?,
                    snippet: snippet(row.text.as_deref().unwrap_or_default(), &query.first),
                    created_at: Timestamp::from_millis(row.created_at),
                })
            })
            .collect()
    }

    /// Indexes contents that were too long to be indexed as they were stored; how many it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn catch_up(&self) -> Result<u32, StoreError> {
        let mut done = 0;
        loop {
            let waiting = sqlx::query!(
                r#"SELECT content.id AS "id!", content.parts FROM search_queue JOIN content ON content.id = content_id
                ORDER BY content_id LIMIT 1"#
            )
            .fetch_optional(self.store.readers())
            .await?;
            let Some(waiting) = waiting else { return Ok(done) };
            let parts: Vec<Part> = serde_json::from_str(&waiting.parts).unwrap_or_default();
            let mut tx = self.store.write(Durability::Process).await?;
            let taken = sqlx::query!("DELETE FROM search_queue WHERE content_id = ?", waiting.id)
                .execute(&mut *tx)
                .await?;
            if taken.rows_affected() > 0 {
                write_index(&mut tx, waiting.id, &parts).await?;
                done += 1;
            }
            tx.commit().await?;
        }
    }

    /// The same, in the background and where there is a need.
    pub(crate) fn catch_up_soon(self) {
        let store = self.store.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = store.search().catch_up().await {
                    tracing::debug!(%error, "the search index will catch up later");
                }
            });
        }
    }
}

/// Makes a new content findable: now, or soon if it is long.
pub(crate) async fn index(tx: &mut SqliteConnection, content: i64, parts: &[Part]) -> Result<(), StoreError> {
    let long = texts(parts).map(str::len).sum::<usize>() > AT_ONCE;
    if long {
        sqlx::query!("INSERT OR IGNORE INTO search_queue (content_id) VALUES (?)", content)
            .execute(tx)
            .await?;
        return Ok(());
    }
    write_index(tx, content, parts).await
}

async fn write_index(tx: &mut SqliteConnection, content: i64, parts: &[Part]) -> Result<(), StoreError> {
    if texts(parts).all(str::is_empty) {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO search_text (rowid, text) SELECT id, text FROM search_source WHERE id = ? AND text IS NOT NULL",
        content
    )
    .execute(&mut *tx)
    .await?;
    let mut grams: Vec<String> = texts(parts).flat_map(bigrams).collect();
    if grams.is_empty() {
        return Ok(());
    }
    grams.sort_unstable();
    grams.dedup();
    let grams = rows::to_json(&grams)?;
    sqlx::query!(
        "INSERT OR IGNORE INTO search_bigram (gram, content_id) SELECT value, ? FROM json_each(?)",
        content,
        grams
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What `search_source` takes from a content.
fn texts(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        Part::Text { text } | Part::ToolResult { text, .. } => Some(text.as_str()),
        _ => None,
    })
}

/// Scripts that are written without spaces.
fn is_dense(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF
        | 0x2_0000..=0x3_134F)
}

/// All pairs of neighbours in each run of dense characters, and its last character alone.
fn bigrams(text: &str) -> Vec<String> {
    let mut grams = Vec::new();
    let mut last: Option<char> = None;
    for c in text.chars().map(Some).chain([None]) {
        let dense = c.filter(|c| is_dense(*c));
        if let Some(first) = last {
            grams.push(dense.map_or_else(|| first.to_string(), |second| [first, second].iter().collect()));
        }
        last = dense;
    }
    grams
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere.
pub(crate) fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

struct Query {
    /// FTS5 expression of the longer words.
    trigrams: Option<String>,
    /// One or two dense characters, for want of a longer word.
    gram: Option<String>,
    /// JSON array of `LIKE` patterns for the shorter words.
    short: String,
    first: String,
}

impl Query {
    fn of(text: &str) -> Option<Self> {
        let words = words(text);
        let first = words.first()?.clone();
        let (long, short): (Vec<String>, Vec<String>) =
            words.into_iter().partition(|word| word.chars().count() >= 3);
        let trigrams = (!long.is_empty()).then(|| {
            long.iter().map(|w| format!("\"{}\"", w.replace('"', "\"\""))).collect::<Vec<_>>().join(" AND ")
        });
        let gram = short.iter().find(|word| word.chars().all(is_dense)).cloned();
        let patterns: Vec<String> = short.iter().map(|word| like(word)).collect();
        let short = serde_json::to_string(&patterns).unwrap_or_default();
        Some(Self { trigrams, gram, short, first })
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, piece) in text.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(piece.trim().to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn snippet(text: &str, word: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let wanted: Vec<char> = word.chars().collect();
    let same = |a: &char, b: &char| a == b || a.to_lowercase().eq(b.to_lowercase());
    let at = chars
        .windows(wanted.len().max(1))
        .position(|window| window.iter().zip(&wanted).all(|(a, b)| same(a, b)))
        .unwrap_or(0);
    let (from, to) = (at.saturating_sub(AROUND), (at + wanted.len() + AROUND).min(chars.len()));
    let middle: String = chars[from..to].iter().map(|c| if c.is_whitespace() { ' ' } else { *c }).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" });
    format!("{before}{}{after}", middle.trim())
}

/// Rows of live conversations in which all words were said, those with the newest first.
pub(crate) async fn conversations(tx: &mut SqliteConnection, text: &str) -> Result<Vec<i64>, StoreError> {
    let Some(query) = Query::of(text) else { return Ok(Vec::new()) };
    let found = matching!(
        r#" SELECT m.conversation_id AS "id!: i64" "#,
        " GROUP BY m.conversation_id ORDER BY max(m.id) DESC LIMIT ?5",
        query,
        CONVERSATIONS
    )
    .fetch_all(tx)
    .await?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

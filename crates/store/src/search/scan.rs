//! Going through what the indexes offer, from the newest back, in windows of row ids that are as
//! wide as what was found so far suggests. Work is bounded by how much was looked at, never by a
//! clock: the same data give the same hits.

use super::{
    Scope,
    query::{Driver, Query},
};
use crate::StoreError;
use sqlx::SqliteConnection;

/// A message that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) message: i64,
    pub(super) content: i64,
    pub(super) conversation: i64,
    pub(super) created_at: i64,
}

/// What a scan came to.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// By content, the last stored first.
    pub(super) found: Vec<Found>,
    /// Everything was looked at.
    pub(super) whole: bool,
    /// Contents up to this one were not.
    pub(super) until: i64,
}

/// How far a scan goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Hits after which it ends.
    pub(super) hits: usize,
    /// Hits that are wanted on the screen: once they are there, counting the others is worth less.
    pub(super) page: usize,
    /// Offers that are looked at for the screen.
    pub(super) offers: i64,
    /// Only contents before this one …
    pub(super) before: i64,
    /// … and of that itself, only messages before this one.
    pub(super) message: i64,
}

/// Offers that one window is meant to have, and the most that are read of it.
const WANTED: f64 = 400.0;
const MOST: i64 = 8_000;
/// Narrowest window.
const NARROW: i64 = 2_000;

/// Looks for a query within a scope.
pub(super) async fn scan(
    tx: &mut SqliteConnection,
    query: &Query,
    scope: &Scope,
    reach: Reach,
) -> Result<Scanned, StoreError> {
    let mut scanned = Scanned { until: reach.before, ..Scanned::default() };
    let mut share = query.share;
    let mut width = wide(WANTED / share);
    let mut offers = 0;
    while scanned.until > scope.first {
        let low = if scope.small { scope.first } else { (scanned.until - width).max(scope.first) };
        let (found, seen) = window(tx, query, scope, low, scanned.until, reach).await?;
        if seen >= MOST && !scope.small && scanned.until - low > NARROW {
            // Much more common than was guessed: what was read of it is not the newest of it.
            width = ((scanned.until - low) / 16).max(NARROW);
            continue;
        }
        offers += seen;
        share = f64::midpoint(share, seen as f64 / (scanned.until - low).max(1) as f64);
        width = wide(WANTED * 4.0 / share).min(width.saturating_mul(16));
        scanned.until = low;
        scanned.found.extend(found);
        let enough = scanned.found.len() >= reach.page;
        if scanned.found.len() > reach.hits || offers > if enough { reach.offers / 4 } else { reach.offers } {
            break;
        }
    }
    scanned.whole = scanned.until <= scope.first && scanned.found.len() <= reach.hits;
    Ok(scanned)
}

fn wide(rows: f64) -> i64 {
    (rows.min(1e15) as i64).max(NARROW)
}

/// Hits among contents in `low < id <= high`, the last stored first, and how many offers there were.
async fn window(
    tx: &mut SqliteConnection,
    query: &Query,
    scope: &Scope,
    low: i64,
    high: i64,
    reach: Reach,
) -> Result<(Vec<Found>, i64), StoreError> {
    let (mut text, mut gram, mut grams, mut all) = (None, None, None, false);
    let small = scope.small && !query.needs_index;
    match &query.driver {
        _ if small => {}
        Driver::Text(expression) => text = Some(expression.as_str()),
        Driver::Gram(two) => gram = Some(two.as_str()),
        Driver::Grams(one) => grams = Some(one.as_str()),
        Driver::Newest | Driver::Start(_) => all = true,
    }
    let within = scope.conversations.as_deref();
    let timed = small && within.is_none();
    let most = if scope.small { i64::MAX } else { MOST };
    let hits = reach.hits as i64 + 1;
    // The page before ended within this content; of others every message is meant.
    let message = if high == reach.before { reach.message } else { i64::MAX };
    let [first, second, third] = &query.escaped;
    let rows = sqlx::query!(
        r#"WITH hit (id) AS MATERIALIZED (
            SELECT * FROM (SELECT rowid FROM search_text WHERE search_text MATCH coalesce(?1, '""')
                AND rowid > ?5 AND rowid <= ?6 LIMIT ?7)
            UNION ALL
            SELECT * FROM (SELECT content_id FROM search_bigram WHERE gram = ?2
                AND content_id > ?5 AND content_id <= ?6 LIMIT ?7)
            UNION ALL
            SELECT * FROM (SELECT DISTINCT content_id FROM search_bigram
                WHERE gram >= ?3 AND gram < ?3 || char(1114111) AND +content_id > ?5 AND +content_id <= ?6 LIMIT ?7)
            UNION ALL
            SELECT * FROM (SELECT id FROM content WHERE ?4 AND id > ?5 AND id <= ?6 LIMIT ?7)
            UNION ALL
            SELECT * FROM (SELECT DISTINCT content_id FROM message
                WHERE ?8 AND NOT ?9 AND conversation_id IN (SELECT value FROM json_each(?10)) AND deletion_id IS NULL
                AND content_id > ?5 AND content_id <= ?6)
            UNION ALL
            SELECT * FROM (SELECT DISTINCT content_id FROM message
                WHERE ?9 AND created_at >= ?11 AND created_at < ?12 AND +content_id > ?5 AND +content_id <= ?6)
        ), fit (id) AS MATERIALIZED (
            SELECT content.id FROM hit CROSS JOIN content ON content.id = hit.id
            WHERE (?13 OR ((?14 IS NULL OR content.parts LIKE ?14 ESCAPE '\')
                    AND (?15 IS NULL OR content.parts LIKE ?15 ESCAPE '\')
                    AND (?16 IS NULL OR content.parts LIKE ?16 ESCAPE '\')))
                AND CASE WHEN NOT ?13 AND content.parts LIKE '[{"type":"text","text":"%' AND instr(content.parts, '"},{"type":"') = 0
                THEN NOT ?24 OR ((?14 IS NULL OR substr(content.parts, 25, length(content.parts) - 27) LIKE ?14 ESCAPE '\')
                    AND (?15 IS NULL OR substr(content.parts, 25, length(content.parts) - 27) LIKE ?15 ESCAPE '\')
                    AND (?16 IS NULL OR substr(content.parts, 25, length(content.parts) - 27) LIKE ?16 ESCAPE '\'))
                ELSE NOT EXISTS (SELECT 1 FROM json_each(?17) AS word WHERE NOT EXISTS (
                    SELECT 1 FROM json_each(word.value) AS spelling
                    WHERE (SELECT text FROM search_source WHERE id = content.id) LIKE spelling.value ESCAPE '\')) END
        )
        SELECT * FROM (SELECT m.id AS "message!: i64", m.content_id AS "content!: i64", m.conversation_id AS "conversation!: i64",
            m.created_at AS "created_at!: i64"
        FROM fit CROSS JOIN message AS m ON m.content_id = fit.id
        CROSS JOIN conversation AS c ON c.id = m.conversation_id
        WHERE m.deletion_id IS NULL AND c.deletion_id IS NULL
            AND (m.content_id < ?6 OR m.id < ?18)
            AND (?10 IS NULL OR m.conversation_id IN (SELECT value FROM json_each(?10)))
            AND (?19 IS NULL OR m.role IN (SELECT value FROM json_each(?19)))
            AND +m.created_at >= ?11 AND +m.created_at < ?12
            AND (?20 IS NULL OR c.archived = ?20)
            AND (?25 IS NULL OR c.pinned = ?25) AND (NOT ?26 OR c.folder_id IS NULL)
            AND (?27 IS NULL OR c.source IN (SELECT value FROM json_each(?27)))
            AND ((?21 IS NULL AND ?22 IS NULL) OR EXISTS (SELECT 1 FROM completion WHERE completion.id = m.completion_id
                AND (?21 IS NULL OR coalesce(served, requested) IN (SELECT value FROM json_each(?21)))
                AND (?22 IS NULL OR substr(coalesce(served, requested), 1, instr(coalesce(served, requested), '/') - 1)
                    IN (SELECT value FROM json_each(?22)))))
        ORDER BY m.content_id DESC, m.id DESC LIMIT ?23)
        UNION ALL SELECT -1, (SELECT count(*) FROM hit), 0, 0"#,
        text,
        gram,
        grams,
        all,
        low,
        high,
        most,
        small,
        timed,
        within,
        scope.from,
        scope.until,
        query.only_plain,
        first,
        second,
        third,
        query.plain,
        message,
        scope.roles,
        scope.archived,
        scope.models,
        scope.providers,
        hits,
        query.like_syntax,
        scope.pinned,
        scope.unfiled,
        scope.sources
    )
    .fetch_all(tx)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    let mut offers = 0;
    for row in rows {
        let Found { message, content, conversation, created_at } = Found {
            message: row.message,
            content: row.content,
            conversation: row.conversation,
            created_at: row.created_at,
        };
        if message < 0 {
            offers = content;
        } else {
            found.push(Found { message, content, conversation, created_at });
        }
    }
    Ok((found, offers))
}

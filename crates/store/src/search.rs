//! Finding text: trigrams for three characters and more, bigrams for short words of scripts that
//! have no spaces, and a look through the newest contents for what neither can find.

mod index;
mod place;
mod query;
mod sample;
mod scan;
mod snippet;

pub(crate) use index::{Indexing, index};
pub(crate) use query::like;
pub(crate) use sample::Kept;

use crate::{Store, StoreError, conversations, folders, rows, tags};
use domain::{
    Archived, ConversationId, MessageId, SearchHit, SearchOrder, SearchPage, SearchQuery, Target, Timestamp,
};
use query::{Driver, Query, quoted};
use sample::Sample;
use scan::{Found, Reach, scan};
use sqlx::SqliteConnection;

/// Finding text.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    pub(crate) store: &'a Store,
}

/// Hits that are counted and sorted by time; of more, those stored last come first.
const COUNTED: usize = 500;
/// Hits that are ranked, and offers that are looked at for that.
const RANKED: usize = 20_000;
/// What the indexes offer that is looked at for one page.
const OFFERS: i64 = 6_000;
/// Most hits of a page.
const PAGE: u32 = 200;
/// Messages of a scope that are looked through rather than looked up.
const SMALL: i64 = 4_000;
/// Hits that a list of conversations is made of.
const LISTED: usize = 5_000;
/// Trigrams that may begin with a short word for it to be looked up.
const STARTS: i64 = 256;

/// Where to look.
#[derive(Debug, Default)]
struct Scope {
    /// Row ids of conversations, as JSON.
    conversations: Option<String>,
    roles: Option<String>,
    models: Option<String>,
    providers: Option<String>,
    archived: Option<bool>,
    pinned: Option<bool>,
    unfiled: bool,
    sources: Option<String>,
    from: i64,
    until: i64,
    /// Contents after this one …
    first: i64,
    /// … up to this one.
    last: i64,
    /// There is so little in it that it is quicker to read than to look up.
    small: bool,
}

impl Scope {
    /// Whether it leaves out some of what was said, so that nobody knows how much there is.
    fn is_narrow(&self) -> bool {
        self.first > 0
            || self.from > i64::MIN
            || self.until < i64::MAX
            || self.conversations.is_some()
            || self.roles.is_some()
            || self.models.is_some()
            || self.providers.is_some()
            || self.pinned.is_some()
            || self.archived == Some(true)
            || self.unfiled
            || self.sources.is_some()
    }
}

/// Where a page ended.
#[derive(Debug, Clone, Copy)]
enum Cursor {
    /// Among all hits in order: how many came before.
    Place(usize),
    /// By when they were stored: content and message of the last hit, or the last content looked at; and
    /// how many hits were counted at the beginning.
    Stored { content: i64, message: i64, total: u32 },
}

impl Search<'_> {
    /// Messages with all words of a text. `"quoted words"` are one.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a cursor that is none, [`StoreError::NotFound`] for a folder or
    /// conversation that is not there.
    pub async fn page(&self, wanted: &SearchQuery) -> Result<SearchPage, StoreError> {
        let cursor = wanted.cursor.as_deref().map(Cursor::parse).transpose()?;
        let last = sqlx::query_scalar!(r#"SELECT max(id) AS "id: i64" FROM content"#)
            .fetch_one(self.store.readers())
            .await?
            .unwrap_or(0);
        let sample = Sample::of(self.store, last).await?;
        let mut tx = self.store.snapshot().await?;
        let mut page = SearchPage {
            hits: Vec::new(),
            total: 0,
            more_than_total: false,
            ranked: false,
            next: None,
            waiting: index::waiting(&mut tx).await?,
        };
        let Some(mut query) = Query::of(&wanted.text, &sample)? else { return Ok(page) };
        let Some(scope) = scope(&mut tx, wanted, last).await? else { return Ok(page) };
        resolve_start(&mut tx, &mut query).await?;
        let limit = wanted.limit.clamp(1, PAGE) as usize;
        // Of words in twice as many texts as can be ranked, the newest come at once, and not after looking
        // for that many in vain.
        let ranked = wanted.order == SearchOrder::Ranked
            && (scope.is_narrow() || sample.hits(&query.words) < 2.0 * RANKED as f64);
        // Of offers a quarter is looked at once there are hits enough for the screen.
        let (counted, offers) = if ranked { (RANKED, RANKED as i64 * 4) } else { (COUNTED, OFFERS) };
        let mut reach = Reach { hits: counted, page: limit, offers, before: scope.last, message: i64::MAX };
        if let Some(Cursor::Stored { content, message, .. }) = cursor {
            (reach.before, reach.message, reach.hits) = (content.min(scope.last), message, limit);
            reach.offers = OFFERS;
        }
        let mut scanned = scan(&mut tx, &query, &scope, reach).await?;
        let shown: Vec<Found> = match cursor {
            Some(Cursor::Stored { total, .. }) => {
                (page.total, page.more_than_total) = (total, true);
                stored(&mut page, &scanned, limit, total)
            }
            Some(Cursor::Place(_)) | None if scanned.whole => {
                page.total = scanned.found.len() as u32;
                page.ranked = ranked;
                if page.ranked {
                    rank(&mut tx, &mut scanned.found, &query).await?;
                } else {
                    scanned.found.sort_by_key(|hit| std::cmp::Reverse((hit.created_at, hit.message)));
                }
                let from = if let Some(Cursor::Place(from)) = cursor { from } else { 0 };
                let to = (from + limit).min(scanned.found.len());
                page.next = (to < scanned.found.len()).then(|| Cursor::Place(to).to_string());
                scanned.found.get(from..to).unwrap_or_default().to_vec()
            }
            Some(Cursor::Place(_)) | None => {
                page.total = scanned.found.len().min(counted) as u32;
                page.more_than_total = true;
                let total = page.total;
                stored(&mut page, &scanned, limit, total)
            }
        };
        page.hits = hits(&mut tx, &shown, &query.words).await?;
        Ok(page)
    }

    /// Models that have answered, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn answered_models(&self) -> Result<Vec<Target>, StoreError> {
        // From one name to the next: the index has as many rows as there are answers.
        let found = sqlx::query_scalar!(
            r#"WITH RECURSIVE name (served) AS (
                SELECT min(served) FROM completion WHERE served IS NOT NULL
                UNION ALL
                SELECT (SELECT min(served) FROM completion WHERE served > name.served) FROM name
                WHERE name.served IS NOT NULL
            )
            SELECT served AS "served!: String" FROM name WHERE served IS NOT NULL"#
        )
        .fetch_all(self.store.readers())
        .await?;
        found.iter().map(|target| Ok(target.parse()?)).collect()
    }
}

/// The next hits by when they were stored.
fn stored(page: &mut SearchPage, scanned: &scan::Scanned, limit: usize, total: u32) -> Vec<Found> {
    let shown = &scanned.found[..limit.min(scanned.found.len())];
    page.next = match shown.last() {
        Some(last) if scanned.found.len() > limit => {
            Some(Cursor::Stored { content: last.content, message: last.message, total }.to_string())
        }
        _ if scanned.whole => None,
        _ => Some(Cursor::Stored { content: scanned.until, message: i64::MAX, total }.to_string()),
    };
    shown.to_vec()
}

/// What the filters leave; `None` where that can be nothing.
async fn scope(
    tx: &mut SqliteConnection,
    wanted: &SearchQuery,
    last: i64,
) -> Result<Option<Scope>, StoreError> {
    let list = |empty: bool, json: Result<String, StoreError>| if empty { Ok(None) } else { json.map(Some) };
    let mut scope = Scope {
        roles: list(wanted.roles.is_empty(), rows::to_json(&wanted.roles))?,
        models: list(wanted.models.is_empty(), rows::to_json(&wanted.models))?,
        providers: list(wanted.providers.is_empty(), rows::to_json(&wanted.providers))?,
        archived: match wanted.archived {
            Archived::With => None,
            Archived::Only => Some(true),
            Archived::Without => Some(false),
        },
        pinned: wanted.pinned,
        unfiled: wanted.unfiled,
        sources: list(wanted.sources.is_empty(), rows::to_json(&wanted.sources))?,
        from: wanted.from.map_or(i64::MIN, Timestamp::millis),
        until: wanted.until.map_or(i64::MAX, Timestamp::millis),
        last,
        ..Scope::default()
    };
    let folder = match wanted.folder {
        Some(folder) => Some(folders::row_id(tx, folder).await?),
        None => None,
    };
    let Some(tagged) = tags::filter(tx, &wanted.tags).await? else { return Ok(None) };
    let only = match wanted.conversation {
        Some(id) => Some(conversations::row_id(tx, id).await?),
        None => None,
    };
    // Of those that are pinned there are few: they are looked up first.
    let pinned = wanted.pinned == Some(true);
    if folder.is_some() || !tagged.is_empty() || only.is_some() || pinned {
        let (tag_count, tagged) = (tagged.len() as i64, rows::id_list(tagged));
        let ids = sqlx::query_scalar!(
            r#"WITH RECURSIVE within (id) AS (
                SELECT ?1 UNION SELECT folder.id FROM within JOIN folder ON folder.parent_id = within.id
            )
            SELECT c.id AS "id!" FROM conversation AS c
            WHERE c.deletion_id IS NULL AND (?2 IS NULL OR c.id = ?2) AND (NOT ?5 OR c.pinned)
                AND (?1 IS NULL OR c.folder_id IN (SELECT id FROM within))
                AND (?3 = 0 OR ?3 = (SELECT count(*) FROM conversation_tag
                    WHERE conversation_id = c.id AND tag_id IN (SELECT value FROM json_each(?4))))"#,
            folder,
            only,
            tag_count,
            tagged,
            pinned
        )
        .fetch_all(&mut *tx)
        .await?;
        let ids = rows::id_list(ids);
        let there = sqlx::query!(
            r#"SELECT (SELECT count(*) FROM (SELECT 1 FROM message
                    WHERE conversation_id IN (SELECT value FROM json_each(?1)) LIMIT ?2)) AS "count!: i64",
                (SELECT min((SELECT min(content_id) FROM message WHERE conversation_id = value AND deletion_id IS NULL))
                    FROM json_each(?1)) AS "first?: i64",
                (SELECT max((SELECT max(content_id) FROM message WHERE conversation_id = value AND deletion_id IS NULL))
                    FROM json_each(?1)) AS "last?: i64""#,
            ids,
            SMALL
        )
        .fetch_one(&mut *tx)
        .await?;
        let (Some(first), Some(end)) = (there.first, there.last) else { return Ok(None) };
        (scope.first, scope.last, scope.small) = (first - 1, end, there.count < SMALL);
        scope.conversations = Some(ids);
    } else if wanted.from.is_some() || wanted.until.is_some() {
        let there = sqlx::query!(
            r#"SELECT count(*) AS "count!: i64", min(content_id) AS "first?: i64", max(content_id) AS "last?: i64"
            FROM message WHERE created_at >= ? AND created_at < ?"#,
            scope.from,
            scope.until
        )
        .fetch_one(&mut *tx)
        .await?;
        let (Some(first), Some(end)) = (there.first, there.last) else { return Ok(None) };
        (scope.first, scope.last, scope.small) = (first - 1, end, there.count < SMALL);
    }
    Ok(Some(scope))
}

/// A rare word of one or two characters stands at the beginning of some trigrams, unless it is at the
/// very end of a text: the index says of which.
async fn resolve_start(tx: &mut SqliteConnection, query: &mut Query) -> Result<(), StoreError> {
    let Driver::Start(start) = &query.driver else { return Ok(()) };
    // Not checked at compile time: the macro dies of this kind of table.
    let terms: Vec<String> = sqlx::query_scalar(
        "SELECT term FROM search_term WHERE term >= ?1 AND term < ?1 || char(1114111) LIMIT ?2",
    )
    .bind(start)
    .bind(STARTS)
    .fetch_all(tx)
    .await?;
    query.driver = if terms.is_empty() || terms.len() as i64 == STARTS {
        query.share = 1.0;
        Driver::Newest
    } else {
        Driver::Text(terms.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(" OR "))
    };
    Ok(())
}

/// Best first: by how often the words stand there, less and less so, and more in short texts. All hits
/// have all words, so that how rare a word is makes no difference between them.
async fn rank(tx: &mut SqliteConnection, found: &mut [Found], query: &Query) -> Result<(), StoreError> {
    let contents = rows::id_list(found.iter().map(|hit| hit.content));
    let words: Vec<String> = query.words.iter().map(|word| word.to_lowercase()).collect();
    let words = rows::to_json(&words)?;
    let scores = sqlx::query!(
        r#"WITH said (id, text) AS MATERIALIZED (
            SELECT id, lower(text) FROM search_source WHERE id IN (SELECT value FROM json_each(?1))
        ), mean (length) AS (SELECT avg(length(text)) FROM said)
        SELECT id AS "id!: i64", (SELECT sum(2.2 * times / (times + 1.2 * (0.25 + 0.75 * length(said.text) / mean.length)))
            FROM (SELECT 1.0 * (length(said.text) - length(replace(said.text, word.value, ''))) / length(word.value) AS times
                FROM json_each(?2) AS word)) AS "score?: f64"
        FROM said, mean"#,
        contents,
        words
    )
    .fetch_all(tx)
    .await?;
    let scores: std::collections::HashMap<i64, f64> =
        scores.into_iter().map(|row| (row.id, row.score.unwrap_or(0.0))).collect();
    let score = |hit: &Found| scores.get(&hit.content).copied().unwrap_or(0.0);
    found.sort_by(|a, b| {
        score(b).total_cmp(&score(a)).then_with(|| (b.created_at, b.message).cmp(&(a.created_at, a.message)))
    });
    Ok(())
}

/// Hits as they are shown, in this order.
async fn hits(
    tx: &mut SqliteConnection,
    found: &[Found],
    words: &[String],
) -> Result<Vec<SearchHit>, StoreError> {
    let ids = rows::id_list(found.iter().map(|hit| hit.message));
    let rows = sqlx::query!(
        r#"SELECT conversation.uid AS "conversation!: Vec<u8>", conversation.title AS "title!: String",
            conversation.archived AS "archived!: i64", m.uid AS "message!: Vec<u8>", m.role AS "role!: String",
            m.created_at AS "created_at!: i64", coalesce(completion.served, completion.requested) AS "model?: String",
            (SELECT text FROM search_source WHERE id = m.content_id) AS "text?: String"
        FROM json_each(?) AS wanted CROSS JOIN message AS m ON m.id = wanted.value
        JOIN conversation ON conversation.id = m.conversation_id
        LEFT JOIN completion ON completion.id = m.completion_id
        ORDER BY wanted.key"#,
        ids
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (snippet, highlights) = snippet::snippet(row.text.as_deref().unwrap_or_default(), words);
            Ok(SearchHit {
                conversation: ConversationId::from_bytes(&row.conversation)?,
                title: row.title,
                archived: row.archived != 0,
                message: MessageId::from_bytes(&row.message)?,
                role: crate::rows::word(&row.role)?,
                model: row.model.as_deref().map(str::parse).transpose()?,
                snippet,
                highlights,
                created_at: Timestamp::from_millis(row.created_at),
            })
        })
        .collect()
}

/// Rows of live conversations in which all words were said, those with the newest first.
pub(crate) async fn conversations(
    store: &Store,
    tx: &mut SqliteConnection,
    text: &str,
) -> Result<Vec<i64>, StoreError> {
    let last = sqlx::query_scalar!(r#"SELECT max(id) AS "id: i64" FROM content"#).fetch_one(&mut *tx).await?;
    let last = last.unwrap_or(0);
    let sample = Sample::of(store, last).await?;
    let Some(mut query) = Query::of(text, &sample)? else { return Ok(Vec::new()) };
    resolve_start(tx, &mut query).await?;
    let scope = Scope { from: i64::MIN, until: i64::MAX, last, ..Scope::default() };
    let reach = Reach { hits: LISTED, page: LISTED, offers: OFFERS, before: last, message: i64::MAX };
    let mut ids: Vec<i64> =
        scan(tx, &query, &scope, reach).await?.found.into_iter().map(|hit| hit.conversation).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, StoreError> {
        let bad = || StoreError::Refused("this is not where a page ended; begin the search anew".to_owned());
        let numbers: Vec<&str> = text.split('.').collect();
        match numbers.as_slice() {
            ["p", place] => Ok(Self::Place(place.parse().map_err(|_| bad())?)),
            ["s", content, message, total] => Ok(Self::Stored {
                content: content.parse().map_err(|_| bad())?,
                message: message.parse().map_err(|_| bad())?,
                total: total.parse().map_err(|_| bad())?,
            }),
            _ => Err(bad()),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Place(place) => write!(f, "p.{place}"),
            Self::Stored { content, message, total } => write!(f, "s.{content}.{message}.{total}"),
        }
    }
}

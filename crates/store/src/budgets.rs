//! Budgets: what was spent of them, and the slices that processes have leased. In every period, what is
//! spent and what is leased are together never above the cap, except by what calls came out dearer than
//! they could be.

use crate::{Store, StoreError, folders, rows, writer::Durability};
use domain::{Budget, BudgetCap, BudgetPeriod, FolderId, InstanceId, NanoUsd, Timestamp, VirtualKeyId, Zone};
use sqlx::SqliteConnection;

/// Budgets.
#[derive(Clone, Copy)]
pub struct Budgets<'a> {
    pub(crate) store: &'a Store,
}

/// A budget as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBudget {
    /// Its row.
    pub id: i64,
    /// Whose it is; without a key and a folder it is that of all calls together.
    pub key: Option<VirtualKeyId>,
    /// The folder whose conversations it counts.
    pub folder: Option<FolderId>,
    /// How often it begins anew.
    pub period: BudgetPeriod,
    /// Where its days begin.
    pub zone: Zone,
    /// Most nano-dollars. Caps of all calls together are in the settings, and not here.
    pub nano: Option<i64>,
    /// Most tokens.
    pub tokens: Option<i64>,
}

/// How a budget stands in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Money spent.
    pub usd: NanoUsd,
    /// Tokens spent.
    pub tokens: i64,
    /// Money in slices of processes, with what is spent and not entered yet.
    pub leased_usd: NanoUsd,
    /// Tokens in slices of processes.
    pub leased_tokens: i64,
}

/// A slice that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Which budget.
    pub budget: i64,
    /// In which period, by an instant of it.
    pub at: Timestamp,
    /// At least so many nano-dollars.
    pub nano: i64,
    /// At least so many tokens.
    pub tokens: i64,
    /// The caps.
    pub most_nano: Option<i64>,
    /// The caps.
    pub most_tokens: Option<i64>,
}

/// Answer to a [`Want`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leased {
    /// What the slice grew by: what was wanted, or more.
    Grown {
        /// Nano-dollars.
        nano: i64,
        /// Tokens.
        tokens: i64,
    },
    /// There is not so much left.
    Full(Spent),
}

/// A slice grows by no more than this part of what is left, so that the last of a budget is leased call
/// by call.
const PART: i64 = 8;
/// And by no more than so many calls like the one it grows for.
const CALLS: i64 = 64;

impl Budgets<'_> {
    /// Sees to it that there is a budget of all calls together for each of these periods; gives all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn of_everybody(
        &self,
        wanted: &[BudgetPeriod],
        zone: &Zone,
    ) -> Result<Vec<StoredBudget>, StoreError> {
        let there = self.everybodys().await?;
        let is_there = |period: &BudgetPeriod| there.iter().any(|b| b.period == *period && b.zone == *zone);
        if wanted.iter().all(is_there) {
            return Ok(there);
        }
        let zone = zone.to_string();
        let mut tx = self.store.write(Durability::Power).await?;
        for period in wanted {
            let period = period.as_str();
            sqlx::query!(
                "INSERT INTO budget (period, zone) VALUES (?, ?)
                ON CONFLICT (coalesce(virtual_key_id, 0), coalesce(folder, x''), period)
                    DO UPDATE SET zone = excluded.zone",
                period,
                zone
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        self.everybodys().await
    }

    async fn everybodys(&self) -> Result<Vec<StoredBudget>, StoreError> {
        sqlx::query!(
            r#"SELECT id AS "id!: i64", period, zone FROM budget WHERE virtual_key_id IS NULL AND folder IS NULL
            ORDER BY id"#
        )
        .fetch_all(self.store.readers())
        .await?
        .into_iter()
        .map(|row| {
            let (period, zone) = (rows::word(&row.period)?, zone(&row.zone)?);
            let (key, folder, nano, tokens) = (None, None, None, None);
            Ok(StoredBudget { id: row.id, key, folder, period, zone, nano, tokens })
        })
        .collect()
    }

    /// Budgets of folders that cap something, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of_folders(&self) -> Result<Vec<StoredBudget>, StoreError> {
        sqlx::query!(
            r#"SELECT id AS "id!: i64", folder AS "folder!: Vec<u8>", period, zone, nano, tokens FROM budget
            WHERE folder IS NOT NULL AND (nano IS NOT NULL OR tokens IS NOT NULL) ORDER BY id"#
        )
        .fetch_all(self.store.readers())
        .await?
        .into_iter()
        .map(|row| {
            Ok(StoredBudget {
                id: row.id,
                key: None,
                folder: Some(FolderId::from_bytes(&row.folder)?),
                period: rows::word(&row.period)?,
                zone: zone(&row.zone)?,
                nano: row.nano,
                tokens: row.tokens,
            })
        })
        .collect()
    }

    /// Sets what a folder has, in the place of what it had. What was spent stays spent.
    ///
    /// # Errors
    /// When there is no such folder, or it cannot be written.
    pub async fn set_of_folder(
        &self,
        folder: FolderId,
        caps: &[BudgetCap],
        zone: &Zone,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        folders::row_id(&mut tx, folder).await?;
        lift(&mut tx, folder).await?;
        let (uid, zone) = (folder.bytes(), zone.to_string());
        for cap in caps {
            let (period, nano) = (cap.period.as_str(), cap.usd.map(|usd| usd.0));
            sqlx::query!(
                "INSERT INTO budget (folder, period, zone, nano, tokens) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (coalesce(virtual_key_id, 0), coalesce(folder, x''), period)
                    DO UPDATE SET zone = excluded.zone, nano = excluded.nano, tokens = excluded.tokens",
                uid,
                period,
                zone,
                nano,
                cap.tokens
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    /// Lets a process spend some more of a budget without asking: by one conditional update, so that
    /// however many ask at once, nobody is given what is not there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn lease(&self, instance: InstanceId, want: &Want) -> Result<Leased, StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let budget = sqlx::query!(
            r#"SELECT virtual_key_id, folder, period, zone FROM budget WHERE id = ?"#,
            want.budget
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::missing("budget", &want.budget))?;
        let row = Row {
            id: want.budget,
            key: budget.virtual_key_id,
            folder: budget.folder,
            period: rows::word(&budget.period)?,
            zone: zone(&budget.zone)?,
        };
        let period = begin(&mut tx, &row, want.at.millis()).await?;
        let spent = spent(&mut tx, want.budget, period).await?;
        let slice = |least: i64, most: Option<i64>, gone: i64| match most {
            Some(most) => least.max((most.saturating_sub(gone) / PART).min(least.saturating_mul(CALLS))),
            None => least,
        };
        let nano = slice(want.nano, want.most_nano, spent.usd.0 + spent.leased_usd.0);
        let tokens = slice(want.tokens, want.most_tokens, spent.tokens + spent.leased_tokens);
        let grown = sqlx::query!(
            "UPDATE spending SET leased_nano = leased_nano + ?3, leased_tokens = leased_tokens + ?4
            WHERE budget_id = ?1 AND period = ?2
            AND (?5 IS NULL OR ?3 = 0 OR nano + leased_nano + ?3 <= ?5)
            AND (?6 IS NULL OR ?4 = 0 OR tokens + leased_tokens + ?4 <= ?6)",
            want.budget,
            period,
            nano,
            tokens,
            want.most_nano,
            want.most_tokens
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if grown == 0 {
            // What was begun of the period stays.
            tx.commit().await?;
            return Ok(Leased::Full(spent));
        }
        let uid = instance.bytes();
        let entered = sqlx::query!(
            "INSERT INTO lease (instance_id, budget_id, period, nano, tokens)
            SELECT id, ?2, ?3, ?4, ?5 FROM instance WHERE uid = ?1
            ON CONFLICT (instance_id, budget_id, period)
                DO UPDATE SET nano = nano + excluded.nano, tokens = tokens + excluded.tokens",
            uid,
            want.budget,
            period,
            nano,
            tokens
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if entered == 0 {
            return Err(StoreError::missing("instance", &instance));
        }
        tx.commit().await?;
        Ok(Leased::Grown { nano, tokens })
    }

    /// Takes back what a process does not need of its slices: budget, period, money and tokens. Below
    /// zero it takes more, for what was dearer than it could be.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn give_back(
        &self,
        instance: InstanceId,
        slices: &[(i64, i64, i64, i64)],
    ) -> Result<(), StoreError> {
        if slices.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.write(Durability::Process).await?;
        for (budget, period, nano, tokens) in slices {
            shrink(&mut tx, instance, *budget, *period, *nano, *tokens).await?;
        }
        tx.commit().await
    }

    /// What does not add up: periods whose spending is not the sum of their lines in the ledger, and
    /// slices that nobody gave back. For times when nothing is under way.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn audit(&self) -> Result<Vec<String>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let rows = sqlx::query!(
            r#"SELECT budget.id AS "id!: i64", virtual_key_id, folder, budget.period AS kind, zone, spending.period, spending.nano,
                spending.tokens, leased_nano, leased_tokens
            FROM spending JOIN budget ON budget.id = spending.budget_id ORDER BY budget.id, spending.period"#
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let mut wrong = Vec::new();
        for row in rows {
            let kind: BudgetPeriod = rows::word(&row.kind)?;
            let (_, until) = kind.around(&zone(&row.zone)?, Timestamp::from_millis(row.period));
            let folder = row.folder.as_deref();
            let (nano, tokens) =
                summed(&mut snapshot, row.virtual_key_id, folder, row.period, until.millis()).await?;
            let (id, period) = (row.id, row.period);
            if (nano, tokens) != (row.nano, row.tokens) {
                let spent = (row.nano, row.tokens);
                wrong.push(format!(
                    "budget {id}, period {period}: spent {spent:?}, in the ledger {:?}",
                    (nano, tokens)
                ));
            }
            if (row.leased_nano, row.leased_tokens) != (0, 0) {
                let leased = (row.leased_nano, row.leased_tokens);
                wrong.push(format!("budget {id}, period {period}: {leased:?} is set aside"));
            }
        }
        Ok(wrong)
    }

    /// Budgets of folders as they stand at an instant.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn folders_at(&self, now: Timestamp) -> Result<Vec<(FolderId, Budget, Timestamp)>, StoreError> {
        let mut list = Vec::new();
        for budget in self.of_folders().await? {
            let (from, until) = budget.period.around(&budget.zone, now);
            let spent = self.spent(&budget, now).await?;
            let until = (until.millis() != i64::MAX).then_some(until);
            list.extend(budget.folder.map(|folder| (folder, standing(&budget, spent, until), from)));
        }
        Ok(list)
    }

    /// How a budget stands in the period that an instant is in.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn spent(&self, budget: &StoredBudget, at: Timestamp) -> Result<Spent, StoreError> {
        let (from, until) = budget.period.around(&budget.zone, at);
        let mut snapshot = self.store.snapshot().await?;
        let period = from.millis();
        if let Some(spent) = spent_or_none(&mut snapshot, budget.id, period).await? {
            return Ok(spent);
        }
        let uid = budget.key.map(|key| key.bytes().to_vec());
        let key = sqlx::query_scalar!("SELECT id FROM virtual_key WHERE uid = ?", uid)
            .fetch_optional(&mut *snapshot)
            .await?;
        let folder = budget.folder.as_ref().map(FolderId::bytes);
        let (nano, tokens) = summed(&mut snapshot, key, folder, period, until.millis()).await?;
        Ok(Spent { usd: NanoUsd(nano), tokens, ..Spent::default() })
    }
}

/// What is needed of a budget to find its period.
pub(crate) struct Row {
    pub(crate) id: i64,
    key: Option<i64>,
    folder: Option<Vec<u8>>,
    period: BudgetPeriod,
    zone: Zone,
}

impl Row {
    /// Whether it counts calls of this key in these folders.
    pub(crate) fn counts(&self, key: Option<i64>, folders: &[FolderId]) -> bool {
        match &self.folder {
            Some(_) => self.is_of(folders),
            None => self.key.is_none() || self.key == key,
        }
    }

    /// Whether it is a folder's.
    pub(crate) const fn is_of_a_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Whether it is the budget of one of these folders.
    pub(crate) fn is_of(&self, folders: &[FolderId]) -> bool {
        self.folder.as_ref().is_some_and(|own| folders.iter().any(|folder| folder.bytes() == own.as_slice()))
    }

    /// When the period begins that an instant is in.
    pub(crate) fn period(&self, at: Timestamp) -> i64 {
        self.period.around(&self.zone, at).0.millis()
    }
}

/// All budgets there are.
pub(crate) async fn all(tx: &mut SqliteConnection) -> Result<Vec<Row>, StoreError> {
    let found = sqlx::query!(r#"SELECT id AS "id!: i64", virtual_key_id, folder, period, zone FROM budget"#);
    found
        .fetch_all(tx)
        .await?
        .into_iter()
        .map(|row| {
            let (period, zone) = (rows::word(&row.period)?, zone(&row.zone)?);
            Ok(Row { id: row.id, key: row.virtual_key_id, folder: row.folder, period, zone })
        })
        .collect()
}

/// The budgets that count a call of this key in these folders at this time, each with its period, which has begun now.
pub(crate) async fn counting(
    tx: &mut SqliteConnection,
    key: Option<i64>,
    folders: &[FolderId],
    at: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut counting = Vec::new();
    for row in all(tx).await?.iter().filter(|row| row.counts(key, folders)) {
        counting.push((row.id, begin(tx, row, at).await?));
    }
    Ok(counting)
}

/// Sees to it that the period has its row: one that begins late counts what the ledger has of it.
pub(crate) async fn begin(tx: &mut SqliteConnection, row: &Row, at: i64) -> Result<i64, StoreError> {
    let (from, until) = row.period.around(&row.zone, Timestamp::from_millis(at));
    let period = from.millis();
    if spent_or_none(tx, row.id, period).await?.is_none() {
        begin_at(tx, row, period, until.millis()).await?;
    }
    Ok(period)
}

async fn begin_at(
    tx: &mut SqliteConnection,
    budget: &Row,
    period: i64,
    until: i64,
) -> Result<(), StoreError> {
    let (nano, tokens) = summed(tx, budget.key, budget.folder.as_deref(), period, until).await?;
    sqlx::query!(
        "INSERT INTO spending (budget_id, period, nano, tokens) VALUES (?, ?, ?, ?)",
        budget.id,
        period,
        nano,
        tokens
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What the ledger has of a span of time, of one key, of one folder or of all.
async fn summed(
    tx: &mut SqliteConnection,
    key: Option<i64>,
    folder: Option<&[u8]>,
    from: i64,
    until: i64,
) -> Result<(i64, i64), StoreError> {
    // A call is let in at most so long before it begins; the rest is for the index.
    const APART: i64 = 86_400_000;
    let (first, last) = (from.saturating_sub(APART), until.saturating_add(APART));
    let sum = sqlx::query!(
        r#"SELECT coalesce(sum(coalesce(charged_nano, cost_nano, 0)), 0) AS "nano!: i64",
            coalesce(sum(coalesce(charged_tokens, coalesce(input, 0) + coalesce(output, 0)
                + coalesce(cached_read, 0) + coalesce(cached_write, 0) + coalesce(reasoning, 0))), 0) AS "tokens!: i64"
        FROM ledger WHERE at >= ?1 AND at < ?2
            AND coalesce(counted_at, at) >= ?3 AND coalesce(counted_at, at) < ?4
            AND (?5 IS NULL OR virtual_key_id = ?5)
            AND (?6 IS NULL OR EXISTS (SELECT 1 FROM ledger_folder WHERE ledger_id = ledger.id AND folder = ?6))"#,
        first,
        last,
        from,
        until,
        key,
        folder
    )
    .fetch_one(tx)
    .await?;
    Ok((sum.nano, sum.tokens))
}

async fn spent(tx: &mut SqliteConnection, budget: i64, period: i64) -> Result<Spent, StoreError> {
    Ok(spent_or_none(tx, budget, period).await?.unwrap_or_default())
}

async fn spent_or_none(
    tx: &mut SqliteConnection,
    budget: i64,
    period: i64,
) -> Result<Option<Spent>, StoreError> {
    let row = sqlx::query!(
        "SELECT nano, tokens, leased_nano, leased_tokens FROM spending WHERE budget_id = ? AND period = ?",
        budget,
        period
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| Spent {
        usd: NanoUsd(row.nano),
        tokens: row.tokens,
        leased_usd: NanoUsd(row.leased_nano),
        leased_tokens: row.leased_tokens,
    }))
}

/// Enters what was spent in a period that has begun.
pub(crate) async fn spend(
    tx: &mut SqliteConnection,
    budget: i64,
    period: i64,
    nano: i64,
    tokens: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE spending SET nano = nano + ?, tokens = tokens + ? WHERE budget_id = ? AND period = ?",
        nano,
        tokens,
        budget,
        period
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes a slice smaller. Below zero is a debt, which the process makes good when it leases again or
/// gives back. One that has gone has no slices any more, and no debts.
pub(crate) async fn shrink(
    tx: &mut SqliteConnection,
    instance: InstanceId,
    budget: i64,
    period: i64,
    nano: i64,
    tokens: i64,
) -> Result<(), StoreError> {
    let uid = instance.bytes();
    let here = sqlx::query_scalar!("SELECT id FROM instance WHERE uid = ? AND gone = 0", uid)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(here) = here else { return Ok(()) };
    if spent_or_none(tx, budget, period).await?.is_none() {
        let row =
            sqlx::query!("SELECT virtual_key_id, folder, period, zone FROM budget WHERE id = ?", budget)
                .fetch_optional(&mut *tx)
                .await?
                .ok_or_else(|| StoreError::missing("budget", &budget))?;
        let (kind, zone) = (rows::word(&row.period)?, zone(&row.zone)?);
        let row = Row { id: budget, key: row.virtual_key_id, folder: row.folder, period: kind, zone };
        let (_, until) = row.period.around(&row.zone, Timestamp::from_millis(period));
        begin_at(tx, &row, period, until.millis()).await?;
    }
    sqlx::query!(
        "UPDATE spending SET leased_nano = leased_nano - ?, leased_tokens = leased_tokens - ?
        WHERE budget_id = ? AND period = ?",
        nano,
        tokens,
        budget,
        period
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO lease (instance_id, budget_id, period, nano, tokens) VALUES (?1, ?2, ?3, -?4, -?5)
        ON CONFLICT (instance_id, budget_id, period) DO UPDATE SET nano = nano - ?4, tokens = tokens - ?5",
        here,
        budget,
        period,
        nano,
        tokens
    )
    .execute(&mut *tx)
    .await?;
    // An empty slice is none.
    sqlx::query!(
        "DELETE FROM lease WHERE instance_id = ? AND budget_id = ? AND period = ? AND nano = 0 AND tokens = 0",
        here,
        budget,
        period
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A folder's budgets cap nothing any more; what is under way returns to them.
pub(crate) async fn lift(tx: &mut SqliteConnection, folder: FolderId) -> Result<(), StoreError> {
    let uid = folder.bytes();
    sqlx::query!("UPDATE budget SET nano = NULL, tokens = NULL WHERE folder = ?", uid).execute(tx).await?;
    Ok(())
}

/// A budget as people see it.
pub(crate) fn standing(budget: &StoredBudget, spent: Spent, until: Option<Timestamp>) -> Budget {
    Budget {
        period: budget.period,
        usd: budget.nano.map(NanoUsd),
        tokens: rows::count_or_none(budget.tokens),
        spent_usd: spent.usd,
        spent_tokens: rows::count(spent.tokens),
        reserved_usd: spent.leased_usd,
        reserved_tokens: rows::count(spent.leased_tokens),
        until,
    }
}

/// Takes back all slices of a process that has gone.
pub(crate) async fn take_back(tx: &mut SqliteConnection, instance: InstanceId) -> Result<(), StoreError> {
    let uid = instance.bytes();
    let slices = sqlx::query!(
        "SELECT lease.budget_id, lease.period, lease.nano, lease.tokens FROM lease
        JOIN instance ON instance.id = lease.instance_id WHERE instance.uid = ?",
        uid
    )
    .fetch_all(&mut *tx)
    .await?;
    for slice in &slices {
        sqlx::query!(
            "UPDATE spending SET leased_nano = leased_nano - ?, leased_tokens = leased_tokens - ?
            WHERE budget_id = ? AND period = ?",
            slice.nano,
            slice.tokens,
            slice.budget_id,
            slice.period
        )
        .execute(&mut *tx)
        .await?;
    }
    if !slices.is_empty() {
        sqlx::query!("DELETE FROM lease WHERE instance_id = (SELECT id FROM instance WHERE uid = ?)", uid)
            .execute(tx)
            .await?;
    }
    Ok(())
}

pub(crate) fn zone(name: &str) -> Result<Zone, StoreError> {
    name.parse().map_err(|error: domain::ZoneError| StoreError::Damaged(error.to_string()))
}

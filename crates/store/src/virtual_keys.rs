//! Virtual keys: who may ask through the gateway. Of the keys themselves only hashes are here.

use crate::{Spent, Store, StoreError, StoredBudget, budgets, rows, writer::Durability};
use domain::{Hash, KeyLimits, KeyScopes, Timestamp, VirtualKey, VirtualKeyId, VirtualKeyState, Zone};
use std::collections::HashMap;

/// Virtual keys.
#[derive(Clone, Copy)]
pub struct VirtualKeys<'a> {
    pub(crate) store: &'a Store,
}

/// A virtual key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// What is known of it; as if it were in force, and nothing spent.
    pub key: VirtualKey,
    /// The hash of the key itself.
    pub hash: Hash,
    /// Its budgets, in the order of those of `key`.
    pub budgets: Vec<StoredBudget>,
}

impl VirtualKeys<'_> {
    /// The names of all keys.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn names(&self) -> Result<HashMap<VirtualKeyId, String>, StoreError> {
        let found: Vec<(Vec<u8>, String)> =
            sqlx::query_as("SELECT uid, name FROM virtual_key").fetch_all(self.store.readers()).await?;
        found.into_iter().map(|(uid, name)| Ok((VirtualKeyId::from_bytes(&uid)?, name))).collect()
    }

    /// Stores a key that was issued, with its budgets.
    ///
    /// # Errors
    /// When it cannot be written, or it has two budgets of one kind.
    pub async fn insert(&self, key: &VirtualKey, hash: &Hash, zone: &Zone) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let (uid, hash) = (key.id.bytes(), hash.bytes().as_slice());
        let (routes, targets) = (rows::to_json(&key.scopes.routes)?, rows::to_json(&key.scopes.targets)?);
        let (capture, by) = (key.capture.as_str(), key.created_by.as_str());
        let (created_at, expires_at) = (key.created_at.millis(), key.expires_at.map(Timestamp::millis));
        let row = sqlx::query!(
            "INSERT INTO virtual_key (uid, public_id, name, hash, routes, targets, rpm, tpm, parallel, capture,
                created_by, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            uid,
            key.public_id,
            key.name,
            hash,
            routes,
            targets,
            key.limits.rpm,
            key.limits.tpm,
            key.limits.parallel,
            capture,
            by,
            created_at,
            expires_at
        )
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        let zone = zone.to_string();
        for budget in &key.budgets {
            let (period, nano) = (budget.period.as_str(), budget.usd.map(|usd| usd.0));
            sqlx::query!(
                "INSERT INTO budget (virtual_key_id, period, zone, nano, tokens) VALUES (?, ?, ?, ?, ?)",
                row,
                period,
                zone,
                nano,
                budget.tokens
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    /// All keys, revoked ones too, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn all(&self) -> Result<Vec<StoredKey>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let mut budgets: HashMap<i64, Vec<StoredBudget>> = HashMap::new();
        let found = sqlx::query!(
            r#"SELECT budget.id AS "id!: i64", virtual_key_id AS "of!: i64", virtual_key.uid AS "uid!: Vec<u8>", period,
                zone, nano, tokens
            FROM budget JOIN virtual_key ON virtual_key.id = budget.virtual_key_id ORDER BY budget.id"#
        )
        .fetch_all(&mut *snapshot)
        .await?;
        for row in found {
            budgets.entry(row.of).or_default().push(StoredBudget {
                id: row.id,
                key: Some(VirtualKeyId::from_bytes(&row.uid)?),
                folder: None,
                period: rows::word(&row.period)?,
                zone: budgets::zone(&row.zone)?,
                nano: row.nano,
                tokens: row.tokens,
            });
        }
        let keys = sqlx::query!(
            r#"SELECT id AS "id!: i64", uid, public_id, name, hash, routes, targets, rpm, tpm, parallel, capture, created_by,
                created_at, expires_at, revoked_at
            FROM virtual_key ORDER BY id"#
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let mut all = Vec::with_capacity(keys.len());
        for row in keys {
            let budgets = budgets.remove(&row.id).unwrap_or_default();
            let key = VirtualKey {
                id: VirtualKeyId::from_bytes(&row.uid)?,
                public_id: row.public_id,
                name: row.name,
                state: VirtualKeyState::Active,
                scopes: KeyScopes {
                    routes: rows::json(Some(&row.routes))?,
                    targets: rows::json(Some(&row.targets))?,
                },
                limits: KeyLimits {
                    rpm: rows::count_or_none(row.rpm),
                    tpm: rows::count_or_none(row.tpm),
                    parallel: rows::count_or_none(row.parallel),
                },
                budgets: budgets.iter().map(|b| budgets::standing(b, Spent::default(), None)).collect(),
                capture: rows::word(&row.capture)?,
                created_by: rows::word(&row.created_by)?,
                created_at: Timestamp::from_millis(row.created_at),
                expires_at: row.expires_at.map(Timestamp::from_millis),
                revoked_at: row.revoked_at.map(Timestamp::from_millis),
            };
            all.push(StoredKey { key, hash: rows::hash(&row.hash)?, budgets });
        }
        Ok(all)
    }

    /// All keys as they stand at an instant.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<VirtualKey>, StoreError> {
        let mut list = Vec::new();
        for StoredKey { mut key, budgets, .. } in self.all().await? {
            key.state = VirtualKey::state_at(key.revoked_at, key.expires_at, now);
            key.budgets.clear();
            for budget in &budgets {
                let until = budget.period.around(&budget.zone, now).1;
                let spent = self.store.budgets().spent(budget, now).await?;
                let until = (until.millis() != i64::MAX).then_some(until);
                key.budgets.push(budgets::standing(budget, spent, until));
            }
            list.push(key);
        }
        Ok(list)
    }

    /// Takes a key back for good; whether it was in force until now.
    ///
    /// # Errors
    /// When there is no such key, or it cannot be written.
    pub async fn revoke(&self, id: VirtualKeyId, at: Timestamp) -> Result<bool, StoreError> {
        let (uid, at) = (id.bytes(), at.millis());
        let mut tx = self.store.write(Durability::Power).await?;
        let revoked = sqlx::query!(
            "UPDATE virtual_key SET revoked_at = ? WHERE uid = ? AND revoked_at IS NULL",
            at,
            uid
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        let there = sqlx::query_scalar!("SELECT id FROM virtual_key WHERE uid = ?", uid)
            .fetch_optional(&mut *tx)
            .await?;
        tx.commit().await?;
        there.map(|_| revoked > 0).ok_or_else(|| StoreError::missing("virtual key", &id))
    }
}

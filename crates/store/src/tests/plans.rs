//! How SQLite goes about our questions in a large store.

use crate::testing::*;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::path::Path;

/// The store's schema with the statistics of a large one: SQLite plans by them, not by what is there.
async fn large() -> (Home, SqliteConnection) {
    let home = Home::new();
    let (store, _) = home.open().await;
    store.close().await;
    let mut db = SqliteConnection::connect(&url(&home)).await.unwrap();
    for statement in [
        "ANALYZE",
        "DELETE FROM sqlite_stat1",
        // Rows, then how many of them have the same value in the first column.
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) SELECT tbl_name, name, '50000 5' FROM sqlite_schema
            WHERE type = 'index'",
    ] {
        sqlx::raw_sql(statement).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
    let db = SqliteConnection::connect(&url(&home)).await.unwrap();
    (home, db)
}

fn url(home: &Home) -> String {
    format!("sqlite://{}", home.file().display())
}

/// What of a query's plan grows with all that is stored.
async fn reads_all(db: &mut SqliteConnection, query: &str) -> Option<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
    let rows = sqlx::raw_sql(explain).fetch_all(&mut *db).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    let grows = |step: &&String| {
        step.contains("AUTOMATIC")
            || ["m", "ma", "mb", "message", "child"]
                .iter()
                .any(|name| **step == format!("SCAN {name}") || step.starts_with(&format!("SCAN {name} ")))
    };
    plan.iter().find(grows).map(|step| format!("{step}\n  of {query}"))
}

fn queries() -> impl Iterator<Item = String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.sqlx");
    std::fs::read_dir(folder).unwrap().map(|entry| {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        value["query"].as_str().unwrap().to_owned()
    })
}

fn walks() -> Vec<String> {
    queries().filter(|query| query.contains("RECURSIVE")).collect()
}

#[tokio::test]
async fn walking_a_tree_never_reads_all_messages_of_a_large_store() {
    let (_home, mut db) = large().await;
    let walks = walks();
    assert!(walks.len() > 15, "{}", walks.len());
    for query in &walks {
        assert_eq!(reads_all(&mut db, query).await, None);
    }
    // Left to choose, SQLite puts all messages first: a walk's rows are guessed to be many.
    let mut noticed = 0;
    for query in &walks {
        let left_to_choose = query.replace("CROSS JOIN", "JOIN").replace("NOT INDEXED", "");
        noticed += usize::from(reads_all(&mut db, &left_to_choose).await.is_some());
    }
    assert!(noticed > 0);
}

#[tokio::test]
async fn taking_a_deletion_back_looks_at_each_parent_by_its_row() {
    let (home, mut db) = large().await;
    let by_row = async |db: &mut SqliteConnection, query: &str| -> bool {
        let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let rows = sqlx::raw_sql(plan).fetch_all(db).await.unwrap();
        rows.iter()
            .any(|row| row.get::<String, _>("detail").starts_with("SEARCH parent USING INTEGER PRIMARY KEY"))
    };
    // As counted in a large store of which a few messages were deleted.
    sqlx::raw_sql("UPDATE sqlite_stat1 SET stat = '6 6' WHERE idx = 'message_deletion'")
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let mut db = SqliteConnection::connect(&url(&home)).await.unwrap();
    let query = queries().find(|query| query.contains("parent.deletion_id <> ?1")).unwrap();
    assert!(by_row(&mut db, &query).await, "{query}");
    // Left to choose, it goes through all that is deleted for each message: minutes for 50,000.
    let left_to_choose = query.replace("CROSS JOIN", "JOIN").replace("NOT INDEXED", "");
    assert!(!by_row(&mut db, &left_to_choose).await, "{left_to_choose}");
}

//! Files of released schemas, brought up to date: every row and column stays, wherever it is interrupted.

use crate::{
    Store,
    open::{MIGRATIONS, connect_options, schema},
    testing::*,
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// Rows that each schema added, in the order of schemas; the present one is not released.
const ROWS: [&str; 3] = [
    include_str!("released/rows_1.sql"),
    include_str!("released/rows_2.sql"),
    include_str!("released/rows_3.sql"),
];

/// A home with a file of this schema.
async fn of_schema(version: i64) -> Home {
    let home = Home::new();
    let mut file = connect_options(&home.file()).connect().await.unwrap();
    for (at, rows) in ROWS.iter().enumerate().take(version as usize) {
        MIGRATIONS.run_direct(Some(at as i64 + 1), &mut file, false).await.unwrap();
        sqlx::raw_sql(*rows).execute(&mut file).await.unwrap();
    }
    file.close().await.unwrap();
    home
}

/// All rows of all tables, each as text, by table.
async fn rows(
    file: &mut SqliteConnection,
    columns: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in columns {
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let statement = format!("SELECT {} FROM {table}", quoted.join(" || ',' || "));
        let found = sqlx::query(AssertSqlSafe(statement)).fetch_all(&mut *file).await.unwrap();
        let mut found: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        found.sort();
        assert!(!found.is_empty(), "the fixture has no row in {table}");
        all.insert(table.clone(), found);
    }
    all
}

/// Tables and their columns, without the search index, which goes on by itself.
async fn columns(file: &mut SqliteConnection) -> BTreeMap<String, Vec<String>> {
    let found: Vec<(String, String)> = sqlx::query_as(
        r"SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
        WHERE m.type = 'table' AND m.name NOT LIKE '\_sqlx%' ESCAPE '\' AND m.name NOT LIKE 'search\_%' ESCAPE '\'",
    )
    .fetch_all(file)
    .await
    .unwrap();
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in found {
        columns.entry(table).or_default().push(column);
    }
    columns
}

async fn is_sound(store: &Store) {
    let mut read = store.read().await.unwrap();
    let integrity: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut *read).await.unwrap();
    assert_eq!(integrity, "ok");
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *read).await.unwrap();
    assert!(dangling.is_empty());
    assert_eq!(found(store, "question").await.len(), 1);
}

#[tokio::test]
async fn every_row_of_a_released_schema_is_there_after_an_upgrade() {
    for version in 1..schema().min(ROWS.len() as i64 + 1) {
        let home = of_schema(version).await;
        let mut file = connect_options(&home.file()).connect().await.unwrap();
        let columns = columns(&mut file).await;
        let before = rows(&mut file, &columns).await;
        file.close().await.unwrap();
        let (store, report) = home.open().await;
        assert_eq!(report.upgraded_from, Some(version));
        let mut read = store.read().await.unwrap();
        assert_eq!(rows(&mut read, &columns).await, before, "from schema {version}");
        drop(read);
        is_sound(&store).await;
        assert_eq!(store.backups().list().unwrap().len(), 1, "a copy was made first");
        store.close().await;
    }
}

#[tokio::test]
async fn an_upgrade_that_dies_at_any_statement_is_finished_by_the_next_start() {
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > 1) {
        let version = migration.version - 1;
        if version > ROWS.len() as i64 {
            continue;
        }
        let statements: Vec<&str> = migration.sql.as_str().split_inclusive(";\n").collect();
        for dies_after in 0..=statements.len() {
            let home = of_schema(version).await;
            let mut file = connect_options(&home.file()).connect().await.unwrap();
            let columns = columns(&mut file).await;
            let before = rows(&mut file, &columns).await;
            sqlx::raw_sql("BEGIN").execute(&mut file).await.unwrap();
            for statement in &statements[..dies_after] {
                sqlx::raw_sql(AssertSqlSafe((*statement).to_owned())).execute(&mut file).await.unwrap();
            }
            // As a death leaves it: whatever reached the files stays, and nobody says goodbye.
            let dead = Home::new();
            for ending in ["", "-wal"] {
                let name = format!("orchesity.db{ending}");
                let _ = std::fs::copy(home.folder.path().join(&name), dead.folder.path().join(&name));
            }
            drop(file);
            let (store, report) = dead.open().await;
            assert_eq!(report.upgraded_from, Some(version), "after statement {dies_after}");
            let mut read = store.read().await.unwrap();
            assert_eq!(rows(&mut read, &columns).await, before, "after statement {dies_after}");
            drop(read);
            is_sound(&store).await;
            store.close().await;
        }
    }
}

//! The page that describes the tables: `UPDATE_SCHEMA_PAGE=1 cargo test -p store schema` writes it.

use crate::{open::MIGRATIONS, testing::*};
use std::{fmt::Write as _, path::Path};

struct Table {
    name: String,
    sql: String,
    indexes: Vec<String>,
}

/// A comment, and the column or constraint that it is about.
struct Item {
    about: String,
    text: String,
}

async fn tables() -> Vec<Table> {
    let home = Home::new();
    let (store, _) = home.open().await;
    let found: Vec<(String, String, String, String)> = sqlx::query_as(
        r"SELECT type, name, tbl_name, sql FROM sqlite_schema
        WHERE sql IS NOT NULL AND name NOT LIKE '\_sqlx%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
            AND name NOT LIKE 'search\_text\_%' ESCAPE '\'
        ORDER BY rowid",
    )
    .fetch_all(store.readers())
    .await
    .unwrap();
    let mut tables: Vec<Table> = Vec::new();
    for (kind, name, of, sql) in found {
        if kind == "index" {
            tables.iter_mut().find(|t| t.name == of).unwrap().indexes.push(sql);
        } else {
            tables.push(Table { name, sql, indexes: Vec::new() });
        }
    }
    tables
}

/// The comment that stands right above a statement of the migrations.
fn comment_above(name: &str) -> String {
    for migration in MIGRATIONS.iter() {
        let lines: Vec<&str> = migration.sql.as_str().lines().collect();
        let is_it = |line: &&str| -> bool {
            let words: Vec<&str> = line.split([' ', '(']).collect();
            words.first() == Some(&"CREATE") && words.contains(&name) && !words.contains(&"INDEX")
        };
        if let Some(at) = lines.iter().position(is_it) {
            let above = lines[..at].iter().rev().take_while(|line| line.starts_with("--"));
            let mut comment: Vec<&str> = above.map(|line| line.trim_start_matches("--").trim()).collect();
            comment.reverse();
            return comment.join(" ");
        }
    }
    String::new()
}

/// Columns and constraints of a `CREATE TABLE`, with their comments.
fn items(sql: &str) -> Vec<Item> {
    let (from, to) = (sql.find('(').unwrap() + 1, sql.rfind(')').unwrap());
    let (mut items, mut about, mut text, mut depth) = (Vec::new(), String::new(), String::new(), 0_i32);
    for line in sql[from..to].lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix("--") {
            about = format!("{about} {}", comment.trim()).trim().to_owned();
            continue;
        }
        text = format!("{text} {line}").trim().to_owned();
        depth += line.matches('(').count() as i32 - line.matches(')').count() as i32;
        if depth == 0 {
            // Columns that were added later stand behind the last one, on its line.
            for one in at_commas(&std::mem::take(&mut text)) {
                items.push(Item { about: std::mem::take(&mut about), text: one });
            }
        }
    }
    items
}

/// What stands between commas that are in no brackets.
fn at_commas(text: &str) -> Vec<String> {
    let (mut all, mut one, mut depth) = (Vec::new(), String::new(), 0_i32);
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == ',' && depth == 0 {
            all.push(std::mem::take(&mut one));
        } else {
            one.push(c);
        }
    }
    all.push(one);
    all.into_iter().map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

/// The comment above the statement that added a column.
fn comment_added(table: &str, column: &str) -> String {
    let added = format!("ALTER TABLE {table} ADD COLUMN {column} ");
    let mut comment: Vec<&str> = Vec::new();
    for migration in MIGRATIONS.iter() {
        let lines: Vec<&str> = migration.sql.as_str().lines().collect();
        let Some(at) = lines.iter().position(|line| line.starts_with(&added)) else { continue };
        let above = lines[..at].iter().rev().take_while(|line| line.starts_with("--"));
        comment = above.map(|line| line.trim_start_matches("--").trim()).collect();
        comment.reverse();
    }
    comment.join(" ")
}

fn page(tables: &[Table]) -> String {
    let mut page = String::from(
        "# The tables\n\nWritten by a test of `crates/store` from its migrations: \
         `UPDATE_SCHEMA_PAGE=1 cargo test -p store schema`.\n\
         Times are milliseconds since 1970 UTC, money is nano-USD, ids are rowids inside and UUIDv7 (`uid`) outside.\n",
    );
    for table in tables {
        let _ = write!(page, "\n## {}\n\n", table.name);
        let comment = comment_above(&table.name);
        if !comment.is_empty() {
            let _ = write!(page, "{comment}\n\n");
        }
        if !table.sql.starts_with("CREATE TABLE") {
            let _ = write!(page, "```sql\n{}\n```\n", table.sql);
            continue;
        }
        let (rules, columns): (Vec<Item>, Vec<Item>) = items(&table.sql).into_iter().partition(|item| {
            ["CHECK", "UNIQUE", "PRIMARY", "FOREIGN"].iter().any(|word| item.text.starts_with(word))
        });
        page.push_str("| Column | Definition | |\n| --- | --- | --- |\n");
        for Item { about, text } in columns {
            let (name, rest) = text.split_once(char::is_whitespace).unwrap();
            let about = if about.is_empty() { comment_added(&table.name, name) } else { about };
            let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
            let _ = writeln!(page, "| `{name}` | `{rest}` | {} |", about.replace('|', "\\|"));
        }
        let rules = rules.iter().map(|rule| rule.text.clone()).chain(table.indexes.iter().map(|index| {
            index.split_once(" ON ").map_or_else(String::new, |(name, on)| {
                format!("{} ON {on}", name.trim_start_matches("CREATE "))
            })
        }));
        for (at, rule) in rules.enumerate() {
            let rule = rule.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(page, "{}- `{rule}`", if at == 0 { "\n" } else { "" });
        }
    }
    page
}

#[tokio::test]
async fn the_page_about_the_tables_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema.md");
    let page = page(&tables().await);
    if std::env::var_os("UPDATE_SCHEMA_PAGE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page,
        "docs/schema.md is out of date; `UPDATE_SCHEMA_PAGE=1 cargo test -p store schema` writes it"
    );
}

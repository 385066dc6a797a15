//! Many rows a statement: fewer ways to the thread that SQLite runs on, and rows as parameters are cheaper
//! than rows as JSON.

use crate::StoreError;
use sqlx::{
    AssertSqlSafe, SqliteConnection,
    query::Query,
    sqlite::{Sqlite, SqliteArguments},
};

/// Rows of one statement, the most first: few statements have to be prepared, and all of them only once.
const STEPS: [usize; 4] = [64, 16, 4, 1];

/// A statement whose parameters are being given.
pub(crate) type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Inserts `all` into a table: `into` has its columns, `row` a tuple of parameters, `after` what follows
/// the rows. These are ours, never a stranger's.
pub(crate) async fn insert<T>(
    tx: &mut SqliteConnection,
    into: &str,
    row: &str,
    after: &str,
    all: &[T],
    bind: impl for<'q> Fn(Bound<'q>, &'q T) -> Bound<'q>,
) -> Result<(), StoreError> {
    let mut rest = all;
    for step in STEPS {
        while let Some((some, others)) = rest.split_at_checked(step) {
            let mut text = format!("INSERT INTO {into} VALUES {row}");
            for _ in 1..step {
                text.push(',');
                text.push_str(row);
            }
            text.push_str(after);
            let mut query = sqlx::query(AssertSqlSafe(text));
            for one in some {
                query = bind(query, one);
            }
            query.execute(&mut *tx).await?;
            rest = others;
        }
    }
    Ok(())
}

/// Ids for `json_each`, in hexadecimal digits.
pub(crate) fn hex_list<B: AsRef<[u8]>>(all: impl IntoIterator<Item = B>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut list = String::from("[");
    for (at, bytes) in all.into_iter().enumerate() {
        list.push_str(if at == 0 { "\"" } else { ",\"" });
        for byte in bytes.as_ref() {
            list.push(char::from(DIGITS[usize::from(byte >> 4)]));
            list.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        list.push('"');
    }
    list.push(']');
    list
}

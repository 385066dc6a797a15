//! What can go wrong, by what can be done about it.

use std::path::PathBuf;

/// Why the store did not do as it was told.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing, or it was deleted.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its id, as given.
        id: String,
    },
    /// It would break a rule of the data; nothing was changed.
    #[error("refused: {0}")]
    Refused(String),
    /// The file was written by a newer version, and was not touched.
    #[error(
        "the data was written by a newer version of Orchesity (schema {found}, this one knows {known}); \
         update the app, or point `ORCHESITY_HOME` elsewhere"
    )]
    Newer {
        /// Its schema.
        found: i64,
        /// Newest schema this build knows.
        known: i64,
    },
    /// Somebody else moved the branch since it was read; nothing was changed.
    #[error("this branch has just been extended elsewhere; look at what is new there, then ask again")]
    Moved,
    /// There is no room left. Nothing of the failed write is stored; the same write works once there is.
    #[error("the disk is full; free some space, and writing resumes by itself")]
    DiskFull,
    /// The folder or the disk cannot be written.
    #[error("the data folder is read-only; make it writable, or point `ORCHESITY_HOME` elsewhere")]
    ReadOnly,
    /// The operating system failed us.
    #[error("the data folder cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// What was read makes no sense: the file is damaged. Opening it again deals with that.
    #[error("the database is damaged ({0}); restart to restore the newest backup")]
    Damaged(String),
    /// Another process held the file for longer than we wait.
    #[error("another process keeps the database busy; try again, or close other instances of Orchesity")]
    Busy,
    /// Another process has the store open, and this needs to be alone with it.
    #[error("another instance of Orchesity has this data open; close it (also `orch`), then try again")]
    Shared,
    /// The file is written anew, but somebody still reads its log, which keeps what was erased.
    #[error(
        "the data file was written anew, but another program still reads its log; \
         close other instances of Orchesity, then compact again"
    )]
    LogInUse,
    /// Answers are being written, and this would take the ground from under them.
    #[error("answers are still being written; stop them or wait for their end, then try again")]
    Streaming,
    /// This build's SQLite can lose committed pages.
    #[error("SQLite {found} is too old, 3.51.3 or later is needed; build with the bundled one")]
    OldSqlite {
        /// What it says it is.
        found: String,
    },
    /// A file offered as a backup is none.
    #[error("`{}` is no usable backup: {why}", path.display())]
    BadBackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A fault in our own statements.
    #[error("the database refused a statement: {0}")]
    Database(#[source] sqlx::Error),
}

/// SQLite's primary result code of an error, where it has one.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(13) => Self::DiskFull,
            Some(8) => Self::ReadOnly,
            Some(5 | 6) => Self::Busy,
            Some(11 | 26) => Self::Damaged(error.to_string()),
            Some(10 | 14) => Self::Io(std::io::Error::other(error)),
            Some(19) => Self::Refused(error.to_string()),
            _ => match error {
                sqlx::Error::Io(error) => Self::Io(error),
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged(error.to_string()),
                sqlx::Error::Migrate(error) => (*error).into(),
                other => Self::Database(other),
            },
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error)
            | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Database(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}

impl From<domain::IdError> for StoreError {
    fn from(error: domain::IdError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<domain::TargetError> for StoreError {
    fn from(error: domain::TargetError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl StoreError {
    /// A word to branch on, also across the window's border.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "notFound",
            Self::Refused(_) => "refused",
            Self::Moved => "moved",
            Self::Newer { .. } => "newer",
            Self::DiskFull => "diskFull",
            Self::ReadOnly => "readOnly",
            Self::Io(_) => "io",
            Self::Damaged(_) => "damaged",
            Self::Busy => "busy",
            Self::Shared => "shared",
            Self::Streaming => "streaming",
            Self::LogInUse => "logInUse",
            Self::OldSqlite { .. } => "oldSqlite",
            Self::BadBackup { .. } => "badBackup",
            Self::Database(_) => "database",
        }
    }

    /// Whether the same write may succeed later, so that it is worth keeping in memory.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::DiskFull | Self::ReadOnly | Self::Io(_) | Self::Busy)
    }

    pub(crate) fn missing(what: &'static str, id: &impl ToString) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }
}

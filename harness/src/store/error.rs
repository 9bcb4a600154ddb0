//! What can go wrong with the store, and what a user can do about it.

use std::path::PathBuf;

use super::sqlite_code;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is something else, or broken.
    #[error("{path} is not an nbest database")]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: sqlx::Error,
    },
    /// The file holds another program's tables.
    #[error("{path} is another program's database")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error("{path} was written by a newer nbest (schema {found}, this one knows {known})")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The path is a folder's.
    #[error("{path} is a folder, not a database")]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// There is no such file, and nothing that makes one was asked for.
    #[error("there is no database {path}")]
    Missing {
        /// The file that was named.
        path: PathBuf,
    },
    /// The file could not be opened or made.
    #[error("cannot open the database {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A migration failed.
    #[error("cannot bring the database {path} up to date")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// Another process writes to the file.
    #[error("{path} is in use by {holder}")]
    Locked {
        /// The database.
        path: PathBuf,
        /// What the other process says of itself.
        holder: String,
    },
    /// The lock file could not be made.
    #[error("cannot lock {path}")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no such run.
    #[error("no run {name:?} in {path}")]
    NoRun {
        /// What was asked for.
        name: String,
        /// The database.
        path: PathBuf,
        /// Runs that are there.
        known: Vec<String>,
    },
    /// More than one run fits.
    #[error("{name:?} fits several runs: {}", matches.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The runs that fit.
        matches: Vec<String>,
    },
    /// The name is taken.
    #[error("there is already a run {name:?}")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A run goes on with something else than it began with.
    #[error("the run {name:?} was made with another {what}")]
    Changed {
        /// The run.
        name: String,
        /// What differs.
        what: String,
    },
    /// A row holds something that this version cannot read.
    #[error("unreadable {what} in the database")]
    Corrupt {
        /// Where.
        what: String,
    },
    /// The disk is full.
    #[error("no room left for {path}")]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The file was deleted, moved or replaced under the run.
    #[error("{path} is not there any more: it was deleted, moved or replaced while the run wrote to it")]
    Vanished {
        /// The database.
        path: PathBuf,
    },
    /// Another program keeps the file locked.
    #[error("{path} is locked by another program")]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// Anything else that SQLite says.
    #[error("the database refused")]
    Sql(#[from] sqlx::Error),
}

impl StoreError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotADatabase { .. } | Self::Foreign { .. } => Some("name another file with --db".to_owned()),
            Self::Folder { .. } => Some("name a file in it with --db".to_owned()),
            Self::Missing { .. } => {
                Some("`nbest run`, `nbest import` and `nbest demo` make one; --db names another".to_owned())
            }
            Self::Open { .. } | Self::Lock { .. } | Self::Migrate { .. } => Some(
                "it must lie in a folder that is there, may be written to and has room; --db names another".to_owned(),
            ),
            Self::Newer { .. } => Some("update nbest, or name another file with --db".to_owned()),
            Self::Locked { .. } => Some("wait until it ends, or use another file with --db".to_owned()),
            Self::NoRun { known, .. } if known.is_empty() => {
                Some("the database has no runs yet: try `nbest demo`".to_owned())
            }
            Self::NoRun { known, .. } => Some(format!("known runs: {}", known.join(", "))),
            Self::Ambiguous { .. } => Some("write the whole name".to_owned()),
            Self::NameTaken { .. } | Self::Changed { .. } => {
                Some("give the new run another name with --name, or undo the change".to_owned())
            }
            Self::Full { .. } => Some("nothing stored is lost: make room and run the same command again".to_owned()),
            Self::Vanished { .. } => {
                Some("put the file back if you moved it; the same command goes on from what it holds".to_owned())
            }
            Self::Busy { .. } => {
                Some("close whatever else has the database open, then run the same command".to_owned())
            }
            _ => None,
        }
    }

    /// Whether the place can't be written to.
    pub(super) fn is_read_only(&self) -> bool {
        // SQLITE_READONLY, SQLITE_CANTOPEN
        self.opening_code().is_some_and(|code| matches!(code & 0xff, 8 | 14))
    }

    /// Whether another process, which opened the same new file at the same moment, is the cause.
    pub(super) fn is_a_race(&self) -> bool {
        // "already exists" (SQLITE_ERROR), SQLITE_BUSY, SQLITE_LOCKED, SQLITE_CONSTRAINT
        self.opening_code().is_some_and(|code| matches!(code & 0xff, 1 | 5 | 6 | 19))
    }

    /// What SQLite said when the file was opened or brought up to date.
    fn opening_code(&self) -> Option<i64> {
        use sqlx::migrate::MigrateError;
        match self {
            Self::Open { source, .. }
            | Self::Migrate {
                source: MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _), ..
            } => sqlite_code(source),
            _ => None,
        }
    }
}

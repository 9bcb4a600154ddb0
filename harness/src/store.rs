//! The SQLite file that keeps every run. The only SQL of the project is in this module and its children.
//!
//! - [`Store`]: opening, migrating, locking
//! - [`runs`]: problem sets, runs, verifiers
//! - [`writer`]: one task that stores samples and verdicts in batched transactions
//! - [`bulk`]: a whole run in one transaction
//! - [`reader`]: everything that is read, for runs in progress too
//!
//! A sample is committed before anything else hears of it. Keys are UNIQUE in the schema, so the same work
//! done twice is stored once.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlStr, SqliteConnection, SqlitePool};

pub mod bulk;
pub mod choice;
mod error;
pub mod lock;
pub mod reader;
pub mod row;
pub mod runs;
pub mod writer;

pub use error::StoreError;
pub use lock::WriteLock;
pub use reader::Reader;
pub use writer::Writer;

/// The migrations, oldest first. Listed here, not by `sqlx::migrate!`: that macro would build SQLite a second time for the compiler.
static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let files = [
        (1, "initial", include_str!("../../migrations/0001_initial.sql")),
        (2, "judging", include_str!("../../migrations/0002_judging.sql")),
        (3, "token logprobs", include_str!("../../migrations/0003_token_logprobs.sql")),
    ];
    let migrations = files.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
    });
    Migrator::with_migrations(migrations.into())
});

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    pool: SqlitePool,
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // 1 kB rows fit a 16 kB page with 4 % waste, a 4 kB page with 20 %
        .page_size(16384)
        .journal_mode(SqliteJournalMode::Wal)
        // a commit survives the loss of power, not only of the process
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // no memory map: what each connection touches would count as its memory, and reading is no faster with one
        .pragma("cache_size", "-16384")
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
}

impl Store {
    /// Opens the file, makes it if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// The path, with what SQLite says.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, true).await
    }

    /// Opens a file that must be there already.
    pub async fn open_existing(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, false).await
    }

    async fn open_with(path: &Path, create: bool) -> Result<Self, StoreError> {
        let owned = path.to_path_buf();
        if path.is_dir() {
            return Err(StoreError::Folder { path: owned });
        }
        if !create && !path.exists() {
            return Err(StoreError::Missing { path: owned });
        }
        if is_foreign(path).await {
            return Err(StoreError::Foreign { path: owned });
        }
        // of several processes that make a new file at one moment, each but the first fails once and finds all done
        let mut pause = Duration::from_millis(10);
        loop {
            match Self::try_open(path, create).await {
                Err(error) if error.is_a_race() && pause < Duration::from_secs(2) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                // a place where we may not write can still be read
                Err(error) if !create && error.is_read_only() => return Self::open_to_read(path, error).await,
                end => return end,
            }
        }
    }

    /// Opens what must stay as it is; `error` is why it could not be opened as usual.
    async fn open_to_read(path: &Path, error: StoreError) -> Result<Self, StoreError> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // SQLite may only be told that nothing changes where that is so: nobody writes, and all is in the file itself
        let settled = !WriteLock::is_held(path) && std::fs::metadata(log).map_or(true, |log| log.len() == 0);
        let options =
            SqliteConnectOptions::new().filename(path).read_only(true).immutable(settled).disable_statement_logging();
        let opened = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let Ok(pool) = opened else { return Err(error) };
        let applied: Result<Option<i64>, sqlx::Error> =
            sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&pool).await;
        match applied {
            Ok(version) if version == MIGRATOR.iter().map(|m| m.version).max() => {
                Ok(Self { path: path.to_path_buf(), pool })
            }
            _ => Err(error),
        }
    }

    async fn try_open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(15))
            .connect_with(options(path).create_if_missing(create))
            .await
            .map_err(|source| classify_open(path, source))?;
        let store = Self { path: path.to_path_buf(), pool };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        use sqlx::migrate::MigrateError;
        let path = || self.path.clone();
        let known = MIGRATOR.iter().map(|m| m.version).max().unwrap_or(0);
        match MIGRATOR.run(&self.pool).await {
            Ok(()) => Ok(()),
            Err(MigrateError::VersionMissing(found)) => Err(StoreError::Newer { path: path(), found, known }),
            Err(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => {
                Err(match classify_open(&self.path, source) {
                    StoreError::Open { path, source } => StoreError::Migrate { path, source: source.into() },
                    named => named,
                })
            }
            Err(source) => Err(StoreError::Migrate { path: path(), source }),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What reads.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(self.path.clone(), self.pool.clone())
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// A connection of its own, for the writer.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        options(&self.path).connect().await.map_err(|source| classify_open(&self.path, source))
    }

    /// Closes every connection; the WAL is folded into the file.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// What tells the file at a path from another one put in its place.
#[cfg(unix)]
pub(crate) fn file_identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|data| (data.dev(), data.ino()))
}

/// Where nothing tells files apart, that there is one.
#[cfg(not(unix))]
pub(crate) fn file_identity(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}

fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|c| c.parse::<i64>().ok())
}

/// Whether the file has tables and none of ours. It is only read: what cannot be read is told by whoever opens it.
async fn is_foreign(path: &Path) -> bool {
    let look = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    let Ok(mut connection) = SqliteConnection::connect_with(&look).await else { return false };
    let tables: Result<(bool, bool), sqlx::Error> = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'),
                EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')",
    )
    .fetch_one(&mut connection)
    .await;
    // nothing was written that closing could fail on
    connection.close().await.ok();
    matches!(tables, Ok((true, false)))
}

fn is_not_a_database(error: &sqlx::Error) -> bool {
    // SQLITE_NOTADB, SQLITE_CORRUPT (low byte of the extended code)
    sqlite_code(error).is_some_and(|code| matches!(code & 0xff, 26 | 11))
}

fn classify_open(path: &Path, source: sqlx::Error) -> StoreError {
    let path = path.to_path_buf();
    match sqlite_code(&source) {
        _ if is_not_a_database(&source) => StoreError::NotADatabase { path, source },
        // SQLITE_FULL
        Some(code) if code & 0xff == 13 => StoreError::Full { path },
        _ => StoreError::Open { path, source },
    }
}

/// Names a full disk and a locked file; anything else stays what it is.
pub(crate) fn classify_write(path: &Path, source: sqlx::Error) -> StoreError {
    // SQLITE_FULL; and SQLITE_IOERR_WRITE, which some file systems give for the same
    match sqlite_code(&source) {
        Some(code) if code & 0xff == 13 => StoreError::Full { path: path.to_path_buf() },
        // SQLITE_BUSY, SQLITE_LOCKED
        Some(code) if matches!(code & 0xff, 5 | 6) => StoreError::Busy { path: path.to_path_buf() },
        _ => StoreError::Sql(source),
    }
}

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_migration_is_forgotten() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), MIGRATOR.iter().count());
    }

    #[tokio::test]
    async fn a_new_file_may_be_opened_by_many_at_once() {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..10 {
            let path = dir.path().join(format!("{round}.db"));
            let opened = (0..8).map(|_| {
                let path = path.clone();
                tokio::spawn(async move { Store::open(&path).await.map(|_store| ()) })
            });
            for one in opened.collect::<Vec<_>>() {
                one.await.unwrap().unwrap();
            }
        }
    }
}

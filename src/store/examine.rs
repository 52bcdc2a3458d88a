//! Examines the database for `doctor` without changing anything that a running service depends on: it creates no file
//! and changes no table. It writes only the heartbeat, which `/readyz` writes too.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Executor};

use super::database::dialect::{Dialect, POSTGRES, SQLITE};
use super::lifetime::HEARTBEAT;
use super::{ConnectionSecurity, StoreError, postgres, sqlite};
use crate::secret::Secret;

/// Time limit for each answer: another process may lock the file, a server may be far away.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Number of round trips to a server that are measured; the fastest counts.
const ROUNDS: u32 = 3;

/// The result.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub enum Examined {
    /// The file does not exist yet; `serve` creates it.
    NoFile {
        /// The configured path.
        path: PathBuf,
        /// The nearest existing folder above it.
        folder: PathBuf,
        /// Why nobody can write there, if so.
        hindrance: Option<std::io::Error>,
    },
    /// An SQLite file.
    Sqlite { path: PathBuf, database: DatabaseReport },
    /// A PostgreSQL server.
    #[expect(missing_docs, reason = "the names explain the fields")]
    Postgres {
        database: DatabaseReport,
        /// Round-trip time of an empty statement.
        latency: Duration,
        /// Whether we may create tables, which the first start and each new release need.
        may_create: bool,
        /// Why the connection is allowed.
        way: ConnectionSecurity,
    },
}

/// Facts about either database.
#[derive(Debug)]
pub struct DatabaseReport {
    /// The database's own version text: `3.51.3`, `16.4 (Debian ...)`.
    pub version: String,
    /// The last applied migration; 0 for none.
    pub applied: i64,
    /// The last migration that this program knows.
    pub known: i64,
    /// Result of a test write; `None` while there are no tables.
    pub written: Option<Result<(), StoreError>>,
}

/// Examines the database that the address names.
///
/// # Errors
/// When it cannot be opened or reached, is damaged, or belongs to another program.
pub async fn examine(address: &Secret) -> Result<Examined, StoreError> {
    match address.expose().split_once("://") {
        Some(("sqlite", path)) => examine_file(path.as_ref()).await,
        Some(("postgres" | "postgresql", _)) => examine_server(address).await,
        _ => Err(StoreError::Refused("DATABASE_URL must begin with sqlite:// or postgres://".to_owned())),
    }
}

async fn examine_file(path: &Path) -> Result<Examined, StoreError> {
    if !path.exists() {
        return Ok(no_file(path));
    }
    let failed = |error: sqlx::Error| match StoreError::from(error) {
        StoreError::Database(error) => {
            StoreError::Open { path: path.to_owned(), source: std::io::Error::other(error) }
        }
        error => error,
    };
    // Opened as `serve` opens it, without creating or changing anything. Not with a separate reader: closing that one
    // would drop the locks that SQLite holds in this process.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(ANSWER_WITHIN);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
    let looked = look_at_file(&pool).await;
    pool.close().await;
    Ok(Examined::Sqlite { path: path.to_owned(), database: looked? })
}

async fn look_at_file(pool: &SqlitePool) -> Result<DatabaseReport, StoreError> {
    sqlite::recognise(&mut *pool.acquire().await?).await?;
    let version = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
    let has_tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_master WHERE name IN ('_sqlx_migrations', 'heartbeat')",
    )
    .fetch_one(pool)
    .await?;
    let applied: i64 = match has_tables {
        2 => sqlx::query_scalar(APPLIED).fetch_one(pool).await?,
        _ => 0,
    };
    let written = match applied {
        0 => None,
        _ => Some(write(pool, &SQLITE).await),
    };
    Ok(DatabaseReport { version, applied, known: sqlite::newest_migration(), written })
}

const APPLIED: &str = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";

/// The heartbeat that `/readyz` writes, too.
async fn write<'c, E>(database: E, dialect: &Dialect) -> Result<(), StoreError>
where
    E: Executor<'c>,
    for<'q> <E::Database as sqlx::Database>::Arguments: sqlx::IntoArguments<E::Database>,
{
    sqlx::query(dialect.say(HEARTBEAT)).execute(database).await?;
    Ok(())
}

/// Tests whether a file could be created, with another name, and deletes it at once. Only `serve` creates the
/// database: created here, it would belong to the user who runs this.
fn no_file(path: &Path) -> Examined {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let probe = folder.join(format!(".zoom2drive-doctor-{}", std::process::id()));
    let made = std::fs::File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
    Examined::NoFile { path: path.to_owned(), folder: folder.to_owned(), hindrance: made.err() }
}

async fn examine_server(address: &Secret) -> Result<Examined, StoreError> {
    let (way, options) = postgres::way_and_options(address)?;
    let connecting = tokio::time::timeout(ANSWER_WITHIN, PgConnection::connect_with(&options));
    let mut connection = connecting.await.map_err(|_| StoreError::NoAnswer(ANSWER_WITHIN))??;
    postgres::demand_own_session(&options, &mut connection).await?;
    let looking = tokio::time::timeout(ANSWER_WITHIN * 2, look_at_server(&mut connection, way));
    let looked = looking.await.map_err(|_| StoreError::NoAnswer(ANSWER_WITHIN * 2))?;
    // A server that hangs must not block us.
    drop(tokio::time::timeout(ANSWER_WITHIN, connection.close()).await);
    looked
}

async fn look_at_server(
    connection: &mut PgConnection,
    way: ConnectionSecurity,
) -> Result<Examined, StoreError> {
    let mut latency = Duration::MAX;
    for _round in 0..ROUNDS {
        let began = Instant::now();
        sqlx::query("SELECT 1").execute(&mut *connection).await?;
        latency = latency.min(began.elapsed());
    }
    let version = sqlx::query_scalar("SHOW server_version").fetch_one(&mut *connection).await?;
    let may_create = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";
    let may_create = sqlx::query_scalar(may_create).fetch_one(&mut *connection).await?;
    let has_tables: bool = sqlx::query_scalar(
        "SELECT to_regclass('_sqlx_migrations') IS NOT NULL AND to_regclass('heartbeat') IS NOT NULL",
    )
    .fetch_one(&mut *connection)
    .await?;
    let applied: i64 = match has_tables {
        true => sqlx::query_scalar(APPLIED).fetch_one(&mut *connection).await?,
        false => 0,
    };
    let written = match applied {
        0 => None,
        _ => Some(write(&mut *connection, &POSTGRES).await),
    };
    let database = DatabaseReport { version, applied, known: postgres::newest_migration(), written };
    Ok(Examined::Postgres { database, latency, may_create, way })
}

/// Free bytes on the disk of this file or folder, for the current user.
///
/// # Errors
/// The system's error.
pub fn free_space(path: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

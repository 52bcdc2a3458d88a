//! A look at the database from outside, which changes nothing that a running service depends on: no table is made
//! or changed, no file is created, and the one thing that is written is the heartbeat, which `/readyz` writes too.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Executor};

use super::database::dialect::{Dialect, POSTGRES, SQLITE};
use super::lifetime::HEARTBEAT;
use super::{ConnectionSecurity, StoreError, postgres, sqlite};
use crate::secret::Secret;

/// Longest that is waited for each answer: a file that another process holds, a server that is far away.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How often the way to a server and back is measured; the quickest counts.
const ROUNDS: u32 = 3;

/// What was found.
#[derive(Debug)]
pub enum Examined {
    /// There is no file yet: `serve` makes it. The nearest folder that exists, and why none could be made in it.
    NoFile {
        /// Where the file would be.
        path: PathBuf,
        /// The first folder above it that exists.
        folder: PathBuf,
        /// Why nothing can be written there.
        hindrance: Option<std::io::Error>,
    },
    /// A file of SQLite.
    Sqlite {
        /// Where it is.
        path: PathBuf,
        /// What all databases have.
        database: DatabaseReport,
    },
    /// A server of PostgreSQL.
    Postgres {
        /// What all databases have.
        database: DatabaseReport,
        /// How long the server takes for nothing, the way included.
        latency: Duration,
        /// Whether we may make tables, which the first start and each new release needs.
        may_create: bool,
        /// Why the way to it may be walked.
        way: ConnectionSecurity,
    },
}

/// What is asked of every database.
#[derive(Debug)]
pub struct DatabaseReport {
    /// As the database names it: `3.51.3`, `16.4 (Debian ...)`.
    pub version: String,
    /// The last change of tables that was applied; 0 for none.
    pub applied: i64,
    /// The last one that this program knows.
    pub known: i64,
    /// Whether something could be written; not tried while there are no tables.
    pub written: Option<Result<(), StoreError>>,
}

/// Looks at the database that the address names.
///
/// # Errors
/// When it cannot be opened or reached, is damaged, or another program's.
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
    // As `serve` opens it, but for what it would make or change. Never by a reader of our own: closing that one
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

/// What `/readyz` writes, too: that somebody was here.
async fn write<'c, E>(database: E, dialect: &Dialect) -> Result<(), StoreError>
where
    E: Executor<'c>,
    for<'q> <E::Database as sqlx::Database>::Arguments: sqlx::IntoArguments<E::Database>,
{
    sqlx::query(dialect.say(HEARTBEAT)).execute(database).await?;
    Ok(())
}

/// There is no file: could one be made? A file of another name is, and goes at once. The database itself is left
/// to `serve`: made here it would belong to whoever runs this.
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
    // A server that hangs must not keep us.
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

/// Bytes that are free on the disk of this file or folder, for who runs this.
///
/// # Errors
/// As the system's.
pub fn free_space(path: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

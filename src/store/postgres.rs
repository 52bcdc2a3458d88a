//! PostgreSQL, for several instances that share the work.
//!
//! Rows are locked where SQLite has its one writer. New work is announced by `NOTIFY` in the transaction that stores
//! it, so that every instance is notified at the commit.

mod encryption;
mod pooler;
mod presence;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

pub use encryption::ConnectionSecurity;
pub(super) use pooler::demand_own_session;
pub(super) use presence::{AT_WORK, Attendance, number as holder_number};

use super::database::{Connections, Database};
use super::{Access, StoreError, release};
use crate::secret::Secret;

/// Connections of one instance: sixteen jobs write a checkpoint now and then, and webhooks must not wait for them.
/// One more connection listens, and one holds the lock of [`presence`]. A server accepts a hundred by default.
const CONNECTIONS_MAX: u32 = 9;

/// How long a caller waits for a connection. After this time Zoom gets a 503.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The channel that announces new work.
pub(super) const WORK_CHANNEL: &str = "zoom2drive_work";

/// Interval of looking for work without an announcement: announcements are lost while the listening connection is
/// broken.
pub(super) const UNHEARD_POLL: Duration = Duration::from_secs(5);

/// After this time without an announcement a new connection listens: a connection whose server vanished would wait
/// for ever.
const LISTEN_FOR: Duration = Duration::from_secs(300);

/// Wait before listening is tried again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Settings of every connection, sent as its first statement: a pooler refuses those of a startup message. A
/// statement or lock that takes longer is aborted. The transaction of an instance that stopped responding is ended,
/// so that its locks are free for others. Commits are on disk before they are acknowledged, whatever the server's
/// default.
const SESSION: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '10s'; SET synchronous_commit = 'on'";

/// A setting of connections that only read.
const READ_ONLY: &str = "SET default_transaction_read_only = on";

/// Every migration, in order. Released ones never change.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "events jobs files folders", include_str!("migrations/postgres/0001_events_jobs_files_folders.sql")),
    (2, "turns backlog", include_str!("migrations/postgres/0002_turns_backlog.sql")),
    (3, "pauses uploads", include_str!("migrations/postgres/0003_pauses_uploads.sql")),
    (4, "audit", include_str!("migrations/postgres/0004_audit.sql")),
    (5, "leased jobs", include_str!("migrations/both/0005_leased_jobs.sql")),
    (6, "removals zoom copy", include_str!("migrations/both/0006_removals_zoom_copy.sql")),
    (7, "keeping", include_str!("migrations/postgres/0007_keeping.sql")),
    (8, "messages", include_str!("migrations/postgres/0008_messages.sql")),
    (9, "folder names", include_str!("migrations/both/0009_folder_names.sql")),
    (10, "backfill", include_str!("migrations/postgres/0010_backfill.sql")),
    (11, "beside", include_str!("migrations/postgres/0011_beside.sql")),
    (12, "origin", include_str!("migrations/both/0012_origin.sql")),
    (13, "readings", include_str!("migrations/postgres/0013_readings.sql")),
    (14, "blanking audit", include_str!("migrations/postgres/0014_blanking_audit.sql")),
    (15, "restarts", include_str!("migrations/postgres/0015_restarts.sql")),
    (16, "sweep unseen", include_str!("migrations/both/0016_sweep_unseen.sql")),
    (17, "attendance sheets", include_str!("migrations/both/0017_attendance_sheets.sql")),
    (18, "sessions", include_str!("migrations/postgres/0018_sessions.sql")),
    (19, "covered from", include_str!("migrations/both/0019_covered_from.sql")),
    (20, "shelf", include_str!("migrations/postgres/0020_shelf.sql")),
    (21, "verification", include_str!("migrations/both/0021_verification.sql")),
    (23, "ahead", include_str!("migrations/postgres/0023_ahead.sql")),
];

/// The number of the last migration.
pub(super) fn newest_migration() -> i64 {
    MIGRATIONS.last().map_or(0, |(number, ..)| *number)
}

/// The options of a connection. An error does not quote the address: it contains the password.
pub(super) fn options(address: &Secret) -> Result<PgConnectOptions, StoreError> {
    Ok(way_and_options(address)?.1)
}

/// The options, and why the connection is allowed.
pub(super) fn way_and_options(
    address: &Secret,
) -> Result<(ConnectionSecurity, PgConnectOptions), StoreError> {
    let address = address.expose();
    let options = PgConnectOptions::from_str(address)
        // A pooler refuses unknown settings, and we store no fractions.
        .map(|options| options.application_name("zoom2drive").extra_float_digits(None))
        .map_err(|_| StoreError::Refused("DATABASE_URL is no usable postgres:// address".to_owned()))?;
    let way = encryption::judge(address, &options)?;
    encryption::check_root(address)?;
    Ok((way, options))
}

/// Connects, migrates the tables (one instance at a time), and listens for work.
pub(super) async fn open(
    address: &Secret,
    work: Arc<Notify>,
) -> Result<(Database, AbortOnDropHandle<()>), StoreError> {
    let options = options(address)?;
    migrate(&options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(CONNECT_WITHIN)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(drop) }))
        .connect_with(options)
        .await?;
    let listening = tokio::spawn(listen(pool.clone(), work));
    Ok((Database::new(Connections::Postgres(pool)), AbortOnDropHandle::new(listening)))
}

/// Connects without migrating and without listening for work. Unless `access` is to write, the server refuses every
/// write of these connections.
pub(super) async fn open_as_it_is(address: &Secret, access: Access) -> Result<Database, StoreError> {
    let may_write = access == Access::Write;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(CONNECT_WITHIN)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(SESSION).await?;
                if !may_write {
                    connection.execute(READ_ONLY).await?;
                }
                Ok(())
            })
        })
        .connect_with(options(address)?)
        .await?;
    if access != Access::Copy {
        let exists = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
        let applied = match exists.fetch_one(&pool).await? {
            true => sqlx::query_scalar(release::APPLIED).fetch_all(&pool).await?,
            false => Vec::new(),
        };
        release::check(&applied, &super::numbers(MIGRATIONS))?;
    }
    Ok(Database::new(Connections::Postgres(pool)))
}

/// Runs on a connection of its own, without the time limits of the others: an index over many rows takes its time,
/// and so does waiting for another instance that migrates.
async fn migrate(options: &PgConnectOptions) -> Result<(), StoreError> {
    let connecting = tokio::time::timeout(CONNECT_WITHIN, PgConnection::connect_with(options));
    let mut connection = connecting.await.map_err(|_| StoreError::NoAnswer(CONNECT_WITHIN))??;
    demand_own_session(options, &mut connection).await?;
    super::migrator(MIGRATIONS).run_direct(None, &mut connection, false).await?;
    Ok(connection.close().await?)
}

/// Passes announcements on while the store is open. A repeated error is logged once.
async fn listen(pool: PgPool, work: Arc<Notify>) {
    let mut trouble = String::new();
    while !pool.is_closed() {
        match receive_notifications(&pool, &work, &mut trouble).await {
            Ok(()) => continue,
            Err(error) if pool.is_closed() => debug!(%error, "listening ended with the store"),
            Err(error) if error.to_string() == trouble => {}
            Err(error) => {
                warn!(%error, "cannot listen for work; looking for it every {}s", UNHEARD_POLL.as_secs());
                trouble = error.to_string();
            }
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn receive_notifications(
    pool: &PgPool,
    work: &Notify,
    trouble: &mut String,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(WORK_CHANNEL).await?;
    trouble.clear();
    loop {
        // Announcements may have been lost before this connection listened.
        work.notify_one();
        match tokio::time::timeout(LISTEN_FOR, listener.try_recv()).await {
            Ok(announced) => drop(announced?),
            Err(_silence) => return Ok(()),
        }
    }
}

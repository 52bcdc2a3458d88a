//! Detects a pooler between us and the server that gives our sessions to others.
//!
//! Session locks (for work and for migrations), announcements and named statements need one server session from the
//! first statement to the last. A pooler that lends a session for one transaction at a time (PgBouncer with
//! `pool_mode=transaction` or `statement`) breaks all of them, partly without an error. One that lends it for the
//! life of a connection (`pool_mode=session`) does no harm.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection, Row};

use super::CONNECT_WITHIN;
use crate::store::StoreError;

/// Connections that hold a transaction open while the first one sends another query: each occupies a session that the
/// first one could get by chance.
const HOLDERS: usize = 3;

/// PostgreSQL's codes for a named statement that exists already, and for one that does not exist.
const STATEMENT_CODES: [&str; 2] = ["42P05", "26000"];

/// The process id of a session's server process.
const WHO_SERVES: &str = "SELECT pg_backend_pid() AS pid";

/// Refuses an address whose server sessions are shared, before any session is used.
///
/// # Errors
/// `Refused` if they are shared; else the server's error.
pub(in crate::store) async fn demand_own_session(
    options: &PgConnectOptions,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    let looking = tokio::time::timeout(CONNECT_WITHIN, is_shared(options, connection));
    match looking.await {
        Ok(Ok(false)) => Ok(()),
        Ok(Ok(true)) => Err(refusal()),
        Ok(Err(error)) if is_poolers(&error) => Err(refusal()),
        Ok(Err(error)) => Err(error.into()),
        // A pool of a single session causes this, too: the session is held by a transaction, and each waits for the
        // other.
        Err(_) => Err(StoreError::NoAnswer(CONNECT_WITHIN)),
    }
}

async fn is_shared(options: &PgConnectOptions, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let ours = served_by(connection).await?;
    let mut holders = Vec::new();
    let mut is_shared = false;
    while holders.len() < HOLDERS && !is_shared {
        let mut holder = PgConnection::connect_with(options).await?;
        // Sent as text: a named statement could be another client's.
        holder.execute("BEGIN").await?;
        is_shared = served_by(&mut holder).await? == ours;
        holders.push(holder);
        is_shared = is_shared || served_by(connection).await? != ours;
    }
    for holder in holders {
        holder.close().await?;
    }
    Ok(is_shared)
}

async fn served_by(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql(WHO_SERVES).fetch_one(connection).await?.try_get("pid")
}

/// Whether only a pooler gives this error: one that lends a session for a single statement refuses transactions.
fn is_poolers(error: &sqlx::Error) -> bool {
    let Some(said) = error.as_database_error() else { return false };
    said.code().is_some_and(|code| STATEMENT_CODES.contains(&code.as_ref()))
        || said.message().contains("statement pooling")
}

fn refusal() -> StoreError {
    StoreError::Refused(
        "DATABASE_URL leads to a pooler that lends a server session for one transaction at a time, but this program \
         needs sessions of its own: set pool_mode=session for its database in PgBouncer, or let DATABASE_URL name the server itself"
            .to_owned(),
    )
}

//! Notices other processes on this database by a lock that the server frees however a process ends.
//!
//! Every working process holds it shared, on a connection of its own. The server notices a closed connection at once
//! (the system closes those of a killed process), and ends the session of a process that stopped responding.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::CONNECT_WITHIN;
use crate::store::StoreError;

/// The number of the lock that every working process holds: "z2dworks" in ASCII.
pub(in crate::store) const AT_WORK: i64 = 0x7a32_6477_6f72_6b73;

/// Interval of the keep-alive statement.
const BEAT: Duration = Duration::from_secs(5);

/// The server ends our session after this time without a statement (PostgreSQL 14 and later; an older one waits for
/// TCP).
const SILENCE_MAX: &str = "SELECT set_config('idle_session_timeout', '20s', false)";

/// Our hold on the lock, released when this is dropped.
#[derive(Debug)]
pub(in crate::store) struct Attendance {
    _staying: AbortOnDropHandle<()>,
}

impl Attendance {
    /// Takes the lock, and keeps it.
    pub(in crate::store) async fn begin(options: PgConnectOptions) -> Result<Self, StoreError> {
        let connection = arrive(&options).await?;
        Ok(Self { _staying: AbortOnDropHandle::new(tokio::spawn(stay(options, connection))) })
    }
}

async fn arrive(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let arriving = async {
        let mut connection = PgConnection::connect_with(options).await?;
        // An older server does not know the setting: then only TCP detects a dead process.
        let _known_or_not = sqlx::query(SILENCE_MAX).execute(&mut connection).await;
        sqlx::query("SELECT pg_advisory_lock_shared($1)").bind(AT_WORK).execute(&mut connection).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    let arrived = tokio::time::timeout(CONNECT_WITHIN, arriving).await;
    Ok(arrived.map_err(|_| StoreError::NoAnswer(CONNECT_WITHIN))??)
}

/// Never ends. A lost lock is taken again as soon as the server is reachable; a repeated error is logged once.
async fn stay(options: PgConnectOptions, mut connection: PgConnection) {
    let mut trouble = String::new();
    loop {
        tokio::time::sleep(BEAT).await;
        if matches!(tokio::time::timeout(BEAT, connection.ping()).await, Ok(Ok(()))) {
            continue;
        }
        match arrive(&options).await {
            Ok(again) => {
                connection = again;
                trouble.clear();
            }
            Err(error) if error.to_string() == trouble => {}
            Err(error) => {
                warn!(%error, "cannot hold the lock that shows other instances this one; trying again");
                trouble = error.to_string();
            }
        }
    }
}

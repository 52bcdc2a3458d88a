//! Who else works on this database: told by a lock that the server takes back however a process ends.
//!
//! Whoever works holds it shared, on a connection of its own. The server notices a connection that was closed
//! (the system closes those of a killed process) at once, and ends the session of one that fell silent.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::CONNECT_WITHIN;
use crate::store::StoreError;

/// What everybody who works holds: "z2dworks" in ASCII.
pub(in crate::store) const AT_WORK: i64 = 0x7a32_6477_6f72_6b73;

/// A sign of life every so long.
const BEAT: Duration = Duration::from_secs(5);

/// The server ends our session after so long a silence (PostgreSQL 14 and later; an older one waits for TCP).
const SILENCE_MAX: &str = "SELECT set_config('idle_session_timeout', '20s', false)";

/// Our place among those who work; given up when this is dropped.
#[derive(Debug)]
pub(in crate::store) struct Attendance {
    _staying: AbortOnDropHandle<()>,
}

impl Attendance {
    /// Takes our place, and keeps it.
    pub(in crate::store) async fn begin(options: PgConnectOptions) -> Result<Self, StoreError> {
        let connection = arrive(&options).await?;
        Ok(Self { _staying: AbortOnDropHandle::new(tokio::spawn(stay(options, connection))) })
    }
}

async fn arrive(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let arriving = async {
        let mut connection = PgConnection::connect_with(options).await?;
        // An older server does not know it: then TCP must do.
        let _known_or_not = sqlx::query(SILENCE_MAX).execute(&mut connection).await;
        sqlx::query("SELECT pg_advisory_lock_shared($1)").bind(AT_WORK).execute(&mut connection).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    let arrived = tokio::time::timeout(CONNECT_WITHIN, arriving).await;
    Ok(arrived.map_err(|_| StoreError::NoAnswer(CONNECT_WITHIN))??)
}

/// Never ends. A lost place is taken again as soon as the server can be reached; the same trouble is told once.
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
                warn!(%error, "cannot show that we are at work; trying again");
                trouble = error.to_string();
            }
        }
    }
}

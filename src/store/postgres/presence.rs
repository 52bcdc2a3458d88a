//! Notices other processes on this database by locks that the server frees however a process ends.
//!
//! Every working process holds two locks shared, on a connection of its own: one that all hold, and one with its own
//! number. Its leases bear that number. The server notices a closed connection at once (the system closes those of a
//! killed process): then the leases of that number belong to nobody, and need not expire. A process whose connection
//! breaks takes its locks again; if that fails, it stops its work before the others may take it over.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::CONNECT_WITHIN;
use crate::store::StoreError;

/// The number of the lock that every working process holds: "z2dworks" in ASCII.
pub(in crate::store) const AT_WORK: i64 = 0x7a32_6477_6f72_6b73;

/// Interval of looking for holders that are gone, which also keeps the session alive.
const BEAT: Duration = Duration::from_millis(500);

/// Time limit for the server's answer to that.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A process that has lost its locks for this time stops the work under its leases.
const GIVE_UP_AFTER: Duration = Duration::from_secs(1);

/// A process whose locks have been free for this time is gone. It has noticed the loss itself after a [`BEAT`] at most:
/// then it has this time less [`GIVE_UP_AFTER`] to stop.
const GONE_AFTER: Duration = Duration::from_millis(2500);

const _: () = assert!(BEAT.as_millis() + GIVE_UP_AFTER.as_millis() + 500 <= GONE_AFTER.as_millis());

/// The server ends our session after this time without a statement (PostgreSQL 14 and later; an older one waits for
/// TCP).
const SILENCE_MAX: &str = "SELECT set_config('idle_session_timeout', $1, false)";

/// The shortest such time.
const SILENCE_LEAST: Duration = Duration::from_secs(20);

/// Added to the duration of a lease. A process that is cut off without a sign stops its work when it cannot renew its
/// leases; the server must not end its session before.
const SILENCE_MORE: Duration = Duration::from_secs(10);

/// Holders of leases whose locks nobody holds; `$1` is our own, whose lock this very session holds.
const GONE: &str =
    "SELECT holder FROM (SELECT DISTINCT left(token, 16) AS holder FROM
                   (SELECT lease_token AS token FROM jobs WHERE lease_until IS NOT NULL
                      UNION ALL SELECT probe_token FROM pauses WHERE ended_at = 0) AS leases
                      WHERE token ~ '^[0-9a-f]{16}[.]') AS holders
                   WHERE holder <> $1 AND pg_try_advisory_xact_lock(CAST(CAST('x' || holder AS bit(64)) AS bigint))";

/// Our hold on the locks, released when this is dropped.
#[derive(Debug)]
pub(in crate::store) struct Attendance {
    /// Our number while it proves that we are here.
    holder: watch::Receiver<Option<i64>>,
    /// The longest lease that may bear our number.
    lease_max: Duration,
    _staying: AbortOnDropHandle<()>,
}

impl Attendance {
    /// Takes the locks, and keeps them. `gone` gets the holders that are gone, until their leases are freed.
    pub(in crate::store) async fn begin(
        options: PgConnectOptions,
        lease_for: Duration,
        gone: mpsc::Sender<String>,
    ) -> Result<Self, StoreError> {
        let number = rand::random();
        let silence = SILENCE_LEAST.max(lease_for.saturating_add(SILENCE_MORE));
        let arrival = Arrival { options, silence };
        let connection = arrival.arrive(number).await?;
        let (sender, holder) = watch::channel(Some(number));
        let staying = Staying { arrival, holder: sender, number, gone, seen: BTreeMap::new() };
        let staying = AbortOnDropHandle::new(tokio::spawn(staying.stay(connection)));
        Ok(Self { holder, lease_max: lease_for, _staying: staying })
    }

    /// The beginning of a new lease's token; `None` if the lease must expire by time alone.
    pub(in crate::store) fn holder(&self, lease_for: Duration) -> Option<String> {
        let number = *self.holder.borrow();
        number.filter(|_| lease_for <= self.lease_max).map(name)
    }

    /// Our number, now and later.
    pub(in crate::store) fn watch(&self) -> watch::Receiver<Option<i64>> {
        self.holder.clone()
    }
}

/// A number as the leases bear it.
fn name(number: i64) -> String {
    format!("{number:016x}")
}

/// The number of such a name.
pub(in crate::store) fn number(name: &str) -> Option<i64> {
    u64::from_str_radix(name, 16).ok().map(u64::cast_signed)
}

struct Arrival {
    options: PgConnectOptions,
    silence: Duration,
}

impl Arrival {
    /// Connects, and takes both locks.
    async fn arrive(&self, number: i64) -> Result<PgConnection, StoreError> {
        let arriving = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            let silence = format!("{}ms", self.silence.as_millis().min(i32::MAX.unsigned_abs().into()));
            // An older server does not know the setting: then only TCP detects a dead process.
            let _known_or_not = sqlx::query(SILENCE_MAX).bind(silence).execute(&mut connection).await;
            for lock in [number, AT_WORK] {
                sqlx::query("SELECT pg_advisory_lock_shared($1)").bind(lock).execute(&mut connection).await?;
            }
            Ok::<_, sqlx::Error>(connection)
        };
        let arrived = timeout(CONNECT_WITHIN, arriving).await;
        Ok(arrived.map_err(|_| StoreError::NoAnswer(CONNECT_WITHIN))??)
    }
}

struct Staying {
    arrival: Arrival,
    holder: watch::Sender<Option<i64>>,
    number: i64,
    gone: mpsc::Sender<String>,
    /// Holders whose locks nobody holds, and since when.
    seen: BTreeMap<String, Instant>,
}

impl Staying {
    /// Never ends. Lost locks are taken again as soon as the server is reachable.
    async fn stay(mut self, mut connection: PgConnection) {
        loop {
            sleep(BEAT).await;
            match timeout(ANSWER_WITHIN, self.look(&mut connection)).await {
                Ok(Ok(())) => {}
                Ok(Err(_closed)) => connection = self.return_after(Some(Instant::now())).await,
                // The server may hold the session for a while: others see us. Only our leases end, by time.
                Err(_silent) => {
                    let again = self.return_after(None).await;
                    // Closed only now: its end could reach the server although no answer reaches us.
                    drop(std::mem::replace(&mut connection, again));
                }
            }
        }
    }

    /// Looks for holders that are gone. Fails if the connection is closed.
    async fn look(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let looking =
            sqlx::query_scalar::<_, String>(GONE).bind(name(self.number)).fetch_all(&mut *connection);
        let Ok(free) = looking.await else { return connection.ping().await };
        self.seen.retain(|holder, _| free.contains(holder));
        for holder in free {
            let since = self.seen.entry(holder.clone()).or_insert_with(Instant::now);
            if since.elapsed() >= GONE_AFTER {
                // When the queue is full it is sent again at the next beat.
                let _full = self.gone.try_send(holder);
            }
        }
        Ok(())
    }

    /// Connects again. `lost` is the time at which the loss of the locks became known. Only the first
    /// error is logged.
    async fn return_after(&mut self, mut lost: Option<Instant>) -> PgConnection {
        self.seen.clear();
        let mut was_told = false;
        loop {
            let left = match (lost, *self.holder.borrow()) {
                (Some(lost), Some(_)) => GIVE_UP_AFTER.saturating_sub(lost.elapsed()),
                _ => CONNECT_WITHIN,
            };
            match timeout(left, self.arrival.arrive(self.number)).await {
                Ok(Ok(connection)) => {
                    self.holder.send_replace(Some(self.number));
                    return connection;
                }
                Ok(Err(StoreError::NoAnswer(_))) | Err(_) => {}
                Ok(Err(error)) => {
                    lost.get_or_insert_with(Instant::now);
                    if !std::mem::replace(&mut was_told, true) {
                        warn!(%error, "cannot hold the lock that shows other instances this one; trying again");
                    }
                }
            }
            if lost.is_some_and(|lost| lost.elapsed() >= GIVE_UP_AFTER) {
                self.give_up();
            }
            sleep(BEAT / 2).await;
        }
    }

    /// From now on the leases that bear our number belong to nobody.
    fn give_up(&mut self) {
        if self.holder.send_replace(None).is_some() {
            self.number = rand::random();
        }
    }
}

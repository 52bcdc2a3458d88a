//! Leases that end with the process that holds them: the token of a lease begins with the number under which its
//! process shows others that it is here (`postgres::presence`).

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::database::{Database, values};
use super::opening::Others;
use super::postgres::{Attendance, holder_number};
use super::{Lease, Store, StoreError};
use crate::secret::random_token;

/// Holders whose leases wait to be freed.
const GONE_MAX: usize = 16;

/// Between the holder's number and the secret part of a token.
const SEPARATOR: char = '.';

/// Frees the jobs of a holder that is gone.
const FREE_JOBS: &str = "UPDATE jobs SET lease_token = NULL, lease_until = NULL
                   WHERE lease_until IS NOT NULL AND left(lease_token, 17) = $1";

/// This process among the instances on a PostgreSQL server.
#[derive(Debug)]
pub(super) struct Instance {
    attendance: Attendance,
    _freeing: AbortOnDropHandle<()>,
}

impl Store {
    /// Shows other instances that this process works, and frees the leases of those that are gone from now on.
    pub(super) async fn attend(&self, lease_for: Duration) -> Result<(), StoreError> {
        let Others::Announcing { options, instance, .. } = &*self.others else { return Ok(()) };
        let (sender, mut gone) = mpsc::channel(GONE_MAX);
        let attendance = Attendance::begin((**options).clone(), lease_for, sender).await?;
        let (database, work) = (self.database.clone(), self.work.clone());
        let freeing = tokio::spawn(async move {
            while let Some(holder) = gone.recv().await {
                free(&database, &work, &holder).await;
            }
        });
        let ours = Instance { attendance, _freeing: AbortOnDropHandle::new(freeing) };
        *instance.lock().unwrap_or_else(PoisonError::into_inner) = Some(ours);
        Ok(())
    }

    /// A new lease's token. It ends with this process if other instances can see that.
    pub(super) fn lease_token(&self, lease_for: Duration) -> String {
        let holder = self.with_attendance(|attendance| attendance.holder(lease_for)).flatten();
        let secret = random_token();
        holder.map_or(secret.clone(), |holder| format!("{holder}{SEPARATOR}{secret}"))
    }

    /// Resolves when other instances may take this lease over although it has not expired, because they cannot see
    /// this process any more. Never resolves for a lease that ends by time alone.
    pub async fn presence_lost(&self, lease: &Lease) {
        let holder = lease.token.split_once(SEPARATOR).and_then(|(holder, _)| holder_number(holder));
        let watching = self.with_attendance(Attendance::watch);
        if let (Some(holder), Some(mut watching)) = (holder, watching)
            && watching.wait_for(|now| *now != Some(holder)).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }

    fn with_attendance<T>(&self, ask: impl FnOnce(&Attendance) -> T) -> Option<T> {
        let Others::Announcing { instance, .. } = &*self.others else { return None };
        let instance = instance.lock().unwrap_or_else(PoisonError::into_inner);
        instance.as_ref().map(|instance| ask(&instance.attendance))
    }
}

async fn free(database: &Database, work: &Arc<Notify>, holder: &str) {
    match free_leases_of(database, holder).await {
        Ok(0) => {}
        Ok(freed) => {
            info!("{freed} job(s) of an instance whose connection is gone continue now");
            work.notify_one();
        }
        Err(error) => warn!(%error, "cannot free the leases of an instance that is gone; trying again"),
    }
}

/// Frees the leases of a holder, unless it is here again. Returns the number of jobs.
async fn free_leases_of(database: &Database, holder: &str) -> Result<u64, StoreError> {
    let Some(number) = holder_number(holder) else { return Ok(0) };
    let mut tx = database.begin("free_gone").await?;
    // Held until the end: the holder cannot return in between and rely on its leases.
    let lock = "SELECT CAST(CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END AS BIGINT) AS is_gone";
    let is_gone = tx.row(lock, values![number]).await?.map(|row| row.integer("is_gone")).transpose()?;
    if is_gone != Some(1) {
        return Ok(0);
    }
    let begin = format!("{holder}{SEPARATOR}");
    let freed = tx.execute(FREE_JOBS, values![begin.as_str()]).await?;
    tx.execute(
        "UPDATE pauses SET probe_token = '', probe_until = 0 WHERE left(probe_token, 17) = $1",
        values![begin.as_str()],
    )
    .await?;
    tx.announce_work().await?;
    tx.commit().await?;
    Ok(freed)
}

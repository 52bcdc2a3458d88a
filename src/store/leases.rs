//! Claims, leases, and the state of jobs.

use std::time::Duration;

use super::database::{Tx, values};
use super::{Claim, JobFilter, LIST_MAX, Lease, RunEnd, Store, StoreError, diary, messages, rows};
use crate::jobs::diary::DiaryKind;
use crate::jobs::messages::{archived, parked, parked_alike};
use crate::jobs::{Job, JobId, Stage, Standing};

/// Claims a due job: a fresh recording first, else one of a backfill if `$3` is 1.
pub(in crate::store) const CLAIM: &str = "UPDATE jobs SET lease_token = $1, lease_until = {now} + $2, troubles = 0 WHERE id = coalesce((
                   SELECT id FROM jobs WHERE standing = 'active' AND backfilled = 0 AND next_attempt_at <= {now}
                     AND (lease_until IS NULL OR lease_until <= {now})
                     ORDER BY next_attempt_at, id LIMIT 1 {skip_locked}), (
                   SELECT id FROM jobs WHERE standing = 'active' AND backfilled = $3 AND next_attempt_at <= {now}
                     AND (lease_until IS NULL OR lease_until <= {now})
                     ORDER BY next_attempt_at, id LIMIT 1 {skip_locked}))
                   RETURNING {job}";

/// When the next job is due; without backfilled jobs if `$1` is 0.
pub(in crate::store) const NEXT_DUE: &str = "SELECT {now} AS at,
                   (SELECT next_attempt_at FROM jobs WHERE standing = 'active' AND backfilled = 0 AND lease_until IS NULL
                      ORDER BY next_attempt_at LIMIT 1) AS free_at,
                   (SELECT next_attempt_at FROM jobs WHERE standing = 'active' AND backfilled = $1 AND lease_until IS NULL
                      ORDER BY next_attempt_at LIMIT 1) AS old_at,
                   (SELECT min(CASE WHEN lease_until > next_attempt_at THEN lease_until ELSE next_attempt_at END)
                      FROM jobs WHERE standing = 'active' AND backfilled <= $1 AND lease_until IS NOT NULL) AS lost_at";

/// A page of jobs of one standing.
pub(in crate::store) const JOBS_OF_STANDING: &str =
    "SELECT {job} FROM jobs WHERE id < $1 AND standing = $3 ORDER BY id DESC LIMIT $2";

/// A page of jobs.
pub(in crate::store) const JOBS: &str = "SELECT {job} FROM jobs WHERE id < $1 ORDER BY id DESC LIMIT $2";

impl Store {
    /// Begins a write transaction if the lease is still held. The job's row is locked until the transaction ends:
    /// nobody can take the lease over in between.
    pub(super) async fn begin_under(&self, lease: &Lease, call: &'static str) -> Result<Tx, StoreError> {
        let mut tx = self.database.begin(call).await?;
        let leased = tx
            .execute(
                "UPDATE jobs SET updated_at = {now}
                   WHERE id = $1 AND lease_token = $2 AND standing = 'active' AND lease_until > {now}",
                values![lease.job.0, lease.token.as_str()],
            )
            .await?;
        if leased == 0 { Err(StoreError::LeaseLost) } else { Ok(tx) }
    }

    /// Like [`begin_under`](Store::begin_under), and leaves the job's row as it is: a page less to write.
    pub(super) async fn begin_quietly_under(
        &self,
        lease: &Lease,
        call: &'static str,
    ) -> Result<Tx, StoreError> {
        let mut tx = self.database.begin(call).await?;
        let leased = tx
            .row(
                "SELECT id FROM jobs
                   WHERE id = $1 AND lease_token = $2 AND standing = 'active' AND lease_until > {now} {for_update}",
                values![lease.job.0, lease.token.as_str()],
            )
            .await?;
        if leased.is_none() { Err(StoreError::LeaseLost) } else { Ok(tx) }
    }

    pub(super) async fn free_leases(&self) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("free_leases").await?;
        let freed = tx
            .execute(
                "UPDATE jobs SET lease_token = NULL, lease_until = NULL WHERE lease_token IS NOT NULL",
                values![],
            )
            .await?;
        tx.commit().await?;
        Ok(freed)
    }

    /// Leases the job that has been due for longest, if one is due. Backfilled jobs come after all others.
    pub async fn claim(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        self.claim_job(lease_for, true).await
    }

    /// Like [`claim`](Store::claim), without backfilled jobs.
    pub async fn claim_fresh(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        self.claim_job(lease_for, false).await
    }

    async fn claim_job(&self, lease_for: Duration, with_old: bool) -> Result<Claim, StoreError> {
        // Reads first: a write transaction is needed only when a job is due.
        let next_in = self.next_due_in(with_old).await?;
        if next_in.is_none_or(|wait| !wait.is_zero()) {
            return Ok(Claim::Nothing { next_in });
        }
        let token = self.lease_token(lease_for);
        let mut tx = self.database.begin("claim_job").await?;
        let row = tx.row(CLAIM, values![token.as_str(), lease_for, with_old]).await?;
        // Another worker was faster: there may be more jobs.
        let Some(row) = row else { return Ok(Claim::Nothing { next_in: Some(Duration::ZERO) }) };
        let job = rows::job(&row)?;
        tx.commit().await?;
        let lease = Lease { job: job.id, token, revision: job.revision };
        Ok(Claim::Leased(Box::new(job), lease))
    }

    /// Time until a job is due or the lease of a lost worker ends; zero if a job is due now.
    async fn next_due_in(&self, with_old: bool) -> Result<Option<Duration>, StoreError> {
        // Each part reads one end of an index, however many jobs wait. A leased job counts as due when its lease
        // ends; if it is due later, that costs one more read.
        let row = self.database.row(NEXT_DUE, values![with_old]).await?;
        let Some(row) = row else { return Ok(None) };
        let now = row.integer("at")?;
        let moments = ["free_at", "old_at", "lost_at"].map(|column| row.maybe_integer(column));
        let moments = moments.into_iter().collect::<Result<Vec<_>, _>>()?;
        let next = moments.into_iter().flatten().min();
        Ok(next.map(|next| Duration::from_millis(u64::try_from(next - now).unwrap_or(0))))
    }

    /// Extends a lease to end after `lease_for` from now.
    pub async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "heartbeat").await?;
        tx.execute("UPDATE jobs SET lease_until = {now} + $1 WHERE id = $2", values![lease_for, lease.job.0])
            .await?;
        tx.commit().await
    }

    /// Ends a run: returns the lease and stores the job's next state. News during the run keeps the job active and
    /// due at once, also when the run would have parked it (a new event may bring the missing token). If the run
    /// failed and is to be retried anyway, its back-off stands.
    pub async fn finish(&self, lease: &Lease, ending: &RunEnd) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "finish").await?;
        // News during the run must neither wait nor be finished. A failed run keeps its back-off: the same news would
        // fail it again at once.
        let may_go_on = ending.attempts == 0 || ending.standing == Standing::Parked;
        let news = tx
            .row(
                "SELECT CAST(CASE WHEN revision > $2 AND revision > planned_revision THEN 1 ELSE 0 END AS BIGINT)
                   AS has_news FROM jobs WHERE id = $1",
                values![lease.job.0, lease.revision],
            )
            .await?;
        let has_news = news.map(|row| row.integer("has_news")).transpose()? == Some(1);
        let (standing, attempts, wait) = if may_go_on && has_news {
            (Standing::Active, 0, Duration::ZERO)
        } else {
            (ending.standing, ending.attempts, ending.wait)
        };
        let alike = if standing == Standing::Parked { parked_alike(&ending.reason) } else { String::new() };
        tx.execute(
            "UPDATE jobs SET lease_token = NULL, lease_until = NULL, reason = $2, standing = $3, attempts = $4,
               next_attempt_at = {now} + $5, alike = $6 WHERE id = $1",
            values![lease.job.0, ending.reason.as_str(), standing.name(), attempts, wait, alike],
        )
        .await?;
        let kind = match standing {
            Standing::Parked => Some(DiaryKind::Parked),
            Standing::Finished => Some(DiaryKind::Finished),
            Standing::Active if attempts > 0 && !ending.reason.is_empty() => Some(DiaryKind::Failed),
            Standing::Active | Standing::Cancelled => None,
        };
        if let Some(kind) = kind {
            diary::write(&mut tx, lease.job, kind, &ending.reason).await?;
        }
        self.write_end_message(&mut tx, lease.job, standing, &ending.reason).await?;
        tx.announce_work().await?;
        tx.commit().await?;
        self.work.notify_one();
        self.outbox.notify_one();
        Ok(())
    }

    /// Writes the message about a job that has ended, well or badly.
    async fn write_end_message(
        &self,
        tx: &mut Tx,
        id: JobId,
        standing: Standing,
        reason: &str,
    ) -> Result<(), StoreError> {
        let notify_policy = self.notify_policy();
        if !notify_policy.is_on || !matches!(standing, Standing::Parked | Standing::Finished) {
            return Ok(());
        }
        let row = tx.row("SELECT {job} FROM jobs WHERE id = $1", values![id.0]).await?;
        let job = rows::job(&row.ok_or_else(|| StoreError::Corrupt(format!("leased job {id} is missing")))?)?;
        let message = match standing {
            Standing::Parked => Some(parked(&job, reason)),
            // Dated by the job's last change, which is now.
            _ => archived(&job, reason, notify_policy.archived, job.updated_at),
        };
        match message {
            Some(message) => messages::write(tx, &message).await,
            None => Ok(()),
        }
    }

    /// Moves a job to another stage. Fails unless its stage is `from`.
    pub async fn advance(&self, lease: &Lease, from: Stage, to: Stage) -> Result<(), StoreError> {
        if !from.may_become(to) {
            return Err(StoreError::Refused(format!("a job cannot go from {from} to {to}")));
        }
        let mut tx = self.begin_under(lease, "advance").await?;
        let moved = tx
            .execute(
                "UPDATE jobs SET stage = $1, reason = '' WHERE id = $2 AND stage = $3",
                values![to.name(), lease.job.0, from.name()],
            )
            .await?;
        if moved == 0 {
            return Err(StoreError::Refused(format!("job {} is not {from} any longer", lease.job)));
        }
        let reached = match to {
            Stage::Transferred => Some(DiaryKind::Copied),
            Stage::Verified => Some(DiaryKind::Proved),
            Stage::Settled => Some(DiaryKind::Settled),
            Stage::Received | Stage::Planned | Stage::Retired => None,
        };
        if let Some(kind) = reached {
            diary::write(&mut tx, lease.job, kind, "").await?;
        }
        tx.commit().await
    }

    /// One job.
    pub async fn job(&self, id: JobId) -> Result<Job, StoreError> {
        let found = self.database.row("SELECT {job} FROM jobs WHERE id = $1", values![id.0]).await?;
        rows::job(&found.ok_or_else(|| StoreError::Missing(format!("job {id}")))?)
    }

    /// Jobs, newest first, at most [`LIST_MAX`].
    pub async fn jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> {
        let before = filter.before.map_or(i64::MAX, |before| before.0);
        let found = match filter.standing {
            // Two statements instead of an OR, so that each uses its index.
            Some(standing) => {
                self.database.rows(JOBS_OF_STANDING, values![before, LIST_MAX, standing.name()]).await?
            }
            None => self.database.rows(JOBS, values![before, LIST_MAX]).await?,
        };
        found.iter().map(rows::job).collect()
    }

    /// Resumes a job after an operator has fixed the cause: active, with a full count of attempts and of restarts of
    /// its files.
    pub async fn retry(&self, id: JobId) -> Result<(), StoreError> {
        self.change_job(
            id,
            DiaryKind::Retried,
            "UPDATE jobs SET standing = 'active', reason = '', attempts = 0, next_attempt_at = {now},
               updated_at = {now}, stage = CASE WHEN standing = 'active' THEN stage ELSE 'received' END
               WHERE id = $1",
        )
        .await
    }

    /// Cancels a job for an operator. A worker that runs it stops at its next write.
    pub async fn cancel(&self, id: JobId) -> Result<(), StoreError> {
        self.change_job(
            id,
            DiaryKind::Cancelled,
            "UPDATE jobs SET standing = 'cancelled', reason = 'cancelled by an operator', lease_token = NULL,
               lease_until = NULL, updated_at = {now} WHERE id = $1",
        )
        .await
    }

    /// Resumes at most `at_most` parked jobs whose reasons are alike, each as [`retry`](Store::retry) does. Returns
    /// their number.
    pub async fn retry_alike(&self, alike: &str, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("retry_alike").await?;
        let found = tx
            .rows(
                "UPDATE jobs SET standing = 'active', reason = '', attempts = 0, next_attempt_at = {now},
                   updated_at = {now}, stage = 'received' WHERE id IN (SELECT id FROM jobs
                     WHERE standing = 'parked' AND alike = $1 ORDER BY id LIMIT $2 {skip_locked}) RETURNING id",
                values![alike, at_most],
            )
            .await?;
        for row in &found {
            let id = JobId(row.integer("id")?);
            refill(&mut tx, id).await?;
            diary::write(&mut tx, id, DiaryKind::Retried, "").await?;
        }
        tx.announce_work().await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(found.len().try_into().unwrap_or(u64::MAX))
    }

    async fn change_job(
        &self,
        id: JobId,
        kind: DiaryKind,
        statement: &'static str,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin("change_job").await?;
        if tx.execute(statement, values![id.0]).await? == 0 {
            return Err(StoreError::Missing(format!("job {id}")));
        }
        refill(&mut tx, id).await?;
        diary::write(&mut tx, id, kind, "").await?;
        tx.announce_work().await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(())
    }
}

/// After an operator's action, earlier mismatches and restarts of files no longer count.
pub(super) async fn refill(tx: &mut Tx, id: JobId) -> Result<(), StoreError> {
    tx.execute("UPDATE files SET mismatches = 0, restarts = 0 WHERE job = $1", values![id.0]).await?;
    Ok(())
}

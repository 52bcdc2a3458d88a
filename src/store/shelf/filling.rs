//! Keeps the columns of the list: with each change of a recording, and once for rows of earlier releases.

use jiff::tz::TimeZone;

use super::super::database::{Tx, values};
use super::super::{Store, StoreError, rows};
use crate::jobs::messages::parked_alike;
use crate::jobs::shelf::{folded_host, folded_topic};
use crate::jobs::{JobId, Standing};
use crate::recording::Recording;

/// Stores what lists and figures need. What the recording does not tell stays. It happened no later than it was
/// accepted, whatever an event says. The files of a row of an earlier release are counted.
const SHELVE: &str =
    "UPDATE jobs SET happened_at = coalesce($1, happened_at), zoom_deletes_at = coalesce($2, zoom_deletes_at),
       sort_at = CASE WHEN coalesce($1, happened_at, accepted_at) > accepted_at THEN accepted_at
         WHEN coalesce($1, happened_at, accepted_at) < 1 THEN 1 ELSE coalesce($1, happened_at, accepted_at) END,
       host = $3, topic = $4,
       proved_files = CASE WHEN sort_at > 0 THEN proved_files
         ELSE (SELECT count(*) FROM files WHERE job = $5 AND state = 'verified') END,
       proved_bytes = CASE WHEN sort_at > 0 THEN proved_bytes ELSE (SELECT CAST(coalesce(sum(size), 0) AS BIGINT)
         FROM files WHERE job = $5 AND state = 'verified') END
       WHERE id = $5";

/// Rows of earlier releases, newest first.
pub(in crate::store) const UNSHELVED: &str =
    "SELECT {job} FROM jobs WHERE sort_at = 0 ORDER BY id DESC LIMIT $1 {skip_locked}";

/// Stores the columns of the list for this recording.
pub(in crate::store) async fn shelve(
    tx: &mut Tx,
    job: JobId,
    recording: &Recording,
) -> Result<(), StoreError> {
    let deletes_at = recording.auto_delete_date.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    tx.execute(
        SHELVE,
        values![
            recording.happened_at().map(|at| at.as_millisecond()),
            deletes_at.map(|day| day.timestamp().as_millisecond()),
            folded_host(recording),
            folded_topic(recording),
            job.0,
        ],
    )
    .await?;
    Ok(())
}

/// Counts the proved files of a job anew, after one of them has changed. An equal count is not written: it would cost a
/// page of the index.
pub(in crate::store) async fn recount(tx: &mut Tx, job: JobId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE jobs SET proved_files = proved.files, proved_bytes = proved.bytes
           FROM (SELECT count(*) AS files, CAST(coalesce(sum(size), 0) AS BIGINT) AS bytes FROM files
             WHERE job = $1 AND state = 'verified') AS proved
           WHERE id = $1 AND (proved_files <> proved.files OR proved_bytes <> proved.bytes)",
        values![job.0],
    )
    .await?;
    Ok(())
}

impl Store {
    /// Fills in the list's columns of at most `at_most` rows of earlier releases, and returns their number.
    pub async fn shelve_old(&self, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("shelve_old").await?;
        let found = tx.rows(UNSHELVED, values![at_most]).await?;
        for row in &found {
            let id = row.integer("id")?;
            // An unreadable row is reported where it is needed; here it must not block the rows after it.
            let Ok(job) = rows::job(row) else {
                tx.execute(
                    "UPDATE jobs SET sort_at = CASE WHEN accepted_at < 1 THEN 1 ELSE accepted_at END WHERE id = $1",
                    values![id],
                )
                .await?;
                continue;
            };
            shelve(&mut tx, job.id, &job.recording).await?;
            if job.standing == Standing::Parked {
                let alike = parked_alike(&job.reason);
                tx.execute("UPDATE jobs SET alike = $1 WHERE id = $2", values![alike, id]).await?;
            }
        }
        tx.commit().await?;
        Ok(found.len().try_into().unwrap_or(u64::MAX))
    }
}

//! A recording that an operator has taken out of Zoom's trash.

use super::super::database::values;
use super::super::{Store, StoreError, leases, rows};
use crate::jobs::changes::{Change, ChangeKind, FileLocation};
use crate::jobs::{JobId, Standing, ZoomCopy};

impl Store {
    /// Records that Zoom has the original again. With `archive_again` the job is due from its beginning: files that
    /// are not on Drive as they were proved are archived again. The service never removes this original by itself.
    pub async fn recovered(&self, id: JobId, archive_again: bool) -> Result<(), StoreError> {
        let now = self.now().await?;
        let mut tx = self.database.begin("recovered").await?;
        let known = tx.row("SELECT {job} FROM jobs WHERE id = $1 {for_update}", values![id.0]).await?;
        let mut job = rows::job(&known.ok_or_else(|| StoreError::Missing(format!("job {id}")))?)?;
        let change = Change {
            meeting: job.recording.uuid.clone(),
            at: now,
            kind: ChangeKind::Moved(FileLocation::Cloud, Vec::new()),
        };
        job.removals.record(&change);
        let copy = job.zoom_copy.after(&change.kind);
        let reason = match job.standing {
            Standing::Finished if copy == ZoomCopy::Recovered => copy.note().to_owned(),
            _ => job.reason,
        };
        tx.execute(
            "UPDATE jobs SET zoom_copy = $2, zoom_trash_until = NULL, removals = $3, reason = $4, updated_at = {now}
               WHERE id = $1",
            values![id.0, copy.name(), rows::to_json(&job.removals)?, reason],
        )
        .await?;
        if archive_again {
            tx.execute(
                "UPDATE jobs SET stage = 'received', standing = 'active', reason = '', attempts = 0,
                   revision = revision + 1, lease_token = NULL, lease_until = NULL, next_attempt_at = {now}
                   WHERE id = $1",
                values![id.0],
            )
            .await?;
            leases::refill(&mut tx, id).await?;
            tx.announce_work().await?;
        }
        tx.commit().await?;
        self.work.notify_one();
        Ok(())
    }
}

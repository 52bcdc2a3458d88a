//! What people do to recordings at Zoom, told to the jobs that exist; and what becomes of Zoom's copy.

use super::database::{Tx, values};
use super::{Lease, Store, StoreError, rows};
use crate::jobs::changes::{self, Change, ChangeKind};
use crate::jobs::{JobId, Reaction, Stage, Standing, ZoomCopy};

impl Store {
    /// The last step, from settled to retired, and what became of Zoom's copy. That a person recovered it is
    /// never forgotten.
    pub async fn retired(&self, lease: &Lease, copy: ZoomCopy) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "retired").await?;
        // A recovery that was told meanwhile stands.
        let moved = tx
            .execute(
                "UPDATE jobs SET stage = $1, reason = '',
                   zoom_copy = CASE WHEN zoom_copy = $2 THEN zoom_copy ELSE $3 END WHERE id = $4 AND stage = $5",
                values![
                    Stage::Retired.name(),
                    ZoomCopy::Recovered.name(),
                    copy.name(),
                    lease.job.0,
                    Stage::Settled.name(),
                ],
            )
            .await?;
        if moved == 0 {
            return Err(StoreError::Refused(format!("job {} is not settled any more", lease.job)));
        }
        tx.commit().await
    }
}

/// Tells the recording's job of a change; nothing when there is none: what people remove begins no job.
pub(super) async fn apply_change(tx: &mut Tx, change: &Change) -> Result<Option<JobId>, StoreError> {
    let known = tx
        .row("SELECT {job} FROM jobs WHERE meeting = $1 {for_update}", values![change.meeting.as_str()])
        .await?;
    let Some(known) = known else { return Ok(None) };
    let mut job = rows::job(&known)?;
    let is_newest = job.removals.record(change);
    if let ChangeKind::Renamed(topic) = &change.kind {
        job.recording.topic.clone_from(topic);
    }
    let copy = if is_newest { job.zoom_copy.after(&change.kind) } else { job.zoom_copy };
    // A finished job says so at once; others when they end.
    let reason = match job.standing {
        Standing::Finished if copy != job.zoom_copy => copy.note().to_owned(),
        _ => job.reason,
    };
    let removals = if is_newest { rows::to_json(&job.removals)? } else { known.text("removals")? };
    tx.execute(
        "UPDATE jobs SET recording = $1, removals = $2, zoom_copy = $3, reason = $4 WHERE id = $5",
        values![rows::to_json(&job.recording)?, removals, copy.name(), reason, job.id.0],
    )
    .await?;
    if changes::reaction_to(&change.kind, job.standing, job.stage) == Reaction::Wake {
        wake(tx, job.id).await?;
    }
    Ok(Some(job.id))
}

/// There may be something to do: planning looks again, now and with a full budget.
pub(super) async fn wake(tx: &mut Tx, job: JobId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE jobs SET standing = 'active', reason = '', attempts = 0, revision = revision + 1,
           next_attempt_at = {now}, updated_at = {now} WHERE id = $1",
        values![job.0],
    )
    .await?;
    Ok(())
}

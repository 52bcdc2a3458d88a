//! Applies changes that people make at Zoom to existing jobs, and records the state of Zoom's copy.

use super::database::{Tx, values};
use super::{Lease, Store, StoreError, diary, rows, shelf};
use crate::jobs::changes::{self, Change, ChangeKind, FileLocation};
use crate::jobs::diary::DiaryKind;
use crate::jobs::{JobId, Reaction, Stage, Standing, ZoomCopy};

impl Store {
    /// Moves a job from settled to retired and records the state of Zoom's copy. A recovery by a person is never
    /// overwritten.
    pub async fn retired(&self, lease: &Lease, copy: ZoomCopy) -> Result<(), StoreError> {
        self.retire(lease, copy, FileLocation::Trash).await
    }

    /// Like [`retired`](Store::retired), for a copy that was deleted for good: it is in no trash.
    pub async fn deleted_at_zoom(&self, lease: &Lease) -> Result<(), StoreError> {
        self.retire(lease, ZoomCopy::PutAway, FileLocation::Nowhere).await
    }

    async fn retire(&self, lease: &Lease, copy: ZoomCopy, place: FileLocation) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "retired").await?;
        // A recovery that was reported in the meantime stands.
        let moved = tx
            .execute(
                "UPDATE jobs SET stage = $1, reason = '',
                   zoom_copy = CASE WHEN zoom_copy = $2 THEN zoom_copy ELSE $3 END,
                   put_away_at = CASE WHEN $6 = 1 AND zoom_copy <> $3 THEN {now} ELSE put_away_at END
                   WHERE id = $4 AND stage = $5",
                values![
                    Stage::Retired.name(),
                    ZoomCopy::Recovered.name(),
                    copy.name(),
                    lease.job.0,
                    Stage::Settled.name(),
                    copy == ZoomCopy::PutAway && place == FileLocation::Trash,
                ],
            )
            .await?;
        if moved == 0 {
            return Err(StoreError::Refused(format!("job {} is no longer settled", lease.job)));
        }
        let kind = match (copy, place) {
            (ZoomCopy::PutAway, FileLocation::Nowhere) => DiaryKind::DeletedByUs,
            (ZoomCopy::PutAway, _) => DiaryKind::PutAway,
            _ => DiaryKind::Kept,
        };
        diary::write(&mut tx, lease.job, kind, "").await?;
        tx.commit().await
    }
}

/// Applies a change to the recording's job, if there is one: a removal creates no job.
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
    // A finished job shows the note at once; others show it when they end.
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
    shelf::shelve(tx, job.id, &job.recording).await?;
    if is_newest && let Some(kind) = told(&change.kind, job.zoom_copy) {
        diary::write(tx, job.id, kind, "").await?;
    }
    if changes::reaction_to(&change.kind, job.standing, job.stage) == Reaction::Wake {
        wake(tx, job.id).await?;
    }
    Ok(Some(job.id))
}

/// The diary's line about a change; `None` for a new topic, and for the trash call of the service itself.
fn told(change: &ChangeKind, copy: ZoomCopy) -> Option<DiaryKind> {
    match change {
        ChangeKind::Renamed(_) => None,
        ChangeKind::Moved(FileLocation::Trash, _) if copy == ZoomCopy::PutAway => None,
        ChangeKind::Moved(FileLocation::Trash, _) => Some(DiaryKind::Trashed),
        ChangeKind::Moved(FileLocation::Nowhere, _) => Some(DiaryKind::Deleted),
        ChangeKind::Moved(FileLocation::Cloud, _) => Some(DiaryKind::Recovered),
    }
}

/// Makes the job due now, with a full count of attempts, and planned again.
pub(super) async fn wake(tx: &mut Tx, job: JobId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE jobs SET standing = 'active', reason = '', attempts = 0, revision = revision + 1,
           next_attempt_at = {now}, updated_at = {now} WHERE id = $1",
        values![job.0],
    )
    .await?;
    Ok(())
}

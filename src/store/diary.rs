//! The diary: what happened to each recording. A line is written by the transaction that does what it tells.

use std::time::Duration;

use super::audit;
use super::database::{Row, Tx, values};
use super::{AuditRecord, LIST_MAX, Store, StoreError, StoredEvent, rows};
use crate::jobs::JobId;
use crate::jobs::diary::{DiaryKind, DiaryLine, TEXT_CHARS_MAX, TROUBLES_PER_RUN};

/// The newest lines of a job.
pub(in crate::store) const DIARY: &str =
    "SELECT id, job, at, what, text FROM diary WHERE job = $1 ORDER BY id DESC LIMIT $2";

/// The newest milestone of a job.
pub(in crate::store) const NEWEST_MILESTONE: &str =
    "SELECT what, text FROM diary WHERE job = $1 AND trouble = 0 ORDER BY id DESC LIMIT 1";

/// Lines about troubles that are old enough to be deleted.
pub(in crate::store) const OLD_TROUBLES: &str = "DELETE FROM diary WHERE id IN (SELECT id FROM diary
                   WHERE trouble = 1 AND at < {now} - $1 ORDER BY at LIMIT $2)";

/// The newest events of a job.
pub(in crate::store) const EVENTS_OF_JOB: &str =
    "SELECT id, name, received_at, meeting, job, note FROM events WHERE job = $1 ORDER BY id DESC LIMIT $2";

/// The newest lines of the audit trail about a job and its events.
pub(in crate::store) const AUDIT_OF_JOB: &str = "SELECT id, at, who, action, target, outcome, begun FROM audit
                   WHERE target IN (SELECT CAST($1 AS TEXT) UNION ALL SELECT 'event ' || id FROM events WHERE job = $2)
                   ORDER BY id DESC LIMIT $3";

const LINES: &str = "INSERT INTO diary (job, at, what, text, trouble)
                   SELECT column1, {now}, column2, column3, column4 FROM (VALUES {tuples}) AS lines RETURNING id";

/// All that is known of what happened to a recording. Each list has the newest first, at most [`LIST_MAX`].
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// Lines of the diary. Empty for what an earlier release did: it is not guessed.
    pub diary: Vec<DiaryLine>,
    /// Events about it that are not deleted yet.
    pub events: Vec<StoredEvent>,
    /// What people did to it.
    pub audit: Vec<AuditRecord>,
}

impl Store {
    /// The story of a job.
    pub async fn story(&self, job: JobId) -> Result<Story, StoreError> {
        let lines = self.database.rows(DIARY, values![job.0, LIST_MAX]).await?;
        let events = self.database.rows(EVENTS_OF_JOB, values![job.0, LIST_MAX]).await?;
        let audit = self.database.rows(AUDIT_OF_JOB, values![target(job), job.0, LIST_MAX]).await?;
        Ok(Story {
            diary: lines.iter().map(line).collect::<Result<_, _>>()?,
            events: events.iter().map(rows::event).collect::<Result<_, _>>()?,
            audit: audit.iter().map(audit::record).collect::<Result<_, _>>()?,
        })
    }

    /// Deletes at most `at_most` lines about troubles older than this, and returns their number.
    pub async fn forget_troubles(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("forget_troubles").await?;
        let gone = tx.execute(OLD_TROUBLES, values![older_than, at_most]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

/// The target of audit lines about a job.
fn target(job: JobId) -> String {
    format!("job {job}")
}

/// Writes a line. A milestone that only repeats the last one is not written again, and a run writes a limited number
/// of troubles: neither lets the diary of a recording grow without an end.
pub(super) async fn write(tx: &mut Tx, job: JobId, kind: DiaryKind, text: &str) -> Result<(), StoreError> {
    let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
    if kind.is_trouble() {
        let counted = tx
            .execute(
                "UPDATE jobs SET troubles = troubles + 1 WHERE id = $1 AND troubles < $2",
                values![job.0, TROUBLES_PER_RUN],
            )
            .await?;
        if counted == 0 {
            return Ok(());
        }
    } else if let Some(newest) = tx.row(NEWEST_MILESTONE, values![job.0]).await?
        && newest.text("what")? == kind.name()
        && newest.text("text")? == text
    {
        return Ok(());
    }
    insert(tx, kind, std::iter::once((job, text.as_str()))).await
}

/// Writes a line for each of these jobs, with its text, whatever their last line is.
pub(super) async fn insert(
    tx: &mut Tx,
    kind: DiaryKind,
    lines: impl Iterator<Item = (JobId, &str)>,
) -> Result<(), StoreError> {
    let tuples = lines.map(|(job, text)| {
        let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
        values![job.0, kind.name(), text, kind.is_trouble()]
    });
    tx.rows_of_many(LINES, tuples.collect()).await?;
    Ok(())
}

fn line(row: &Row) -> Result<DiaryLine, StoreError> {
    let what = row.text("what")?;
    Ok(DiaryLine {
        id: row.integer("id")?,
        job: JobId(row.integer("job")?),
        at: row.integer("at")?,
        kind: DiaryKind::from_name(&what).ok_or_else(|| StoreError::Corrupt(format!("diary line {what}")))?,
        text: row.text("text")?,
    })
}

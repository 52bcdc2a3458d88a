//! Copies that were found to differ, and the time that Zoom's trash keeps an original.

use super::super::database::{Row, Tx, values};
use super::super::{LIST_MAX, Lease, Store, StoreError, rows};
use crate::jobs::verification::{CheckedFile, Fault, Verdict, VerifyFinding, ZOOM_TRASH_KEEPS};
use crate::jobs::{JobId, Millis};
use crate::recording::FileKey;

/// Findings, in the order of jobs and files.
pub(in crate::store) const FINDINGS: &str =
    "SELECT f.job, f.file_key, f.version, f.drive_id, f.fault, f.detail, f.since, f.seen_at, files.name
                   FROM verify_findings f JOIN files ON files.job = f.job AND files.file_key = f.file_key
                     AND files.version = f.version AND files.drive_id = f.drive_id AND files.state = 'verified'
                   WHERE (f.job, f.file_key, f.version) > ($1, $2, $3)
                   ORDER BY f.job, f.file_key, f.version LIMIT $4";

/// The number of findings of each kind.
pub(in crate::store) const COUNTED: &str = "SELECT f.fault, count(*) AS files FROM verify_findings f
                   WHERE EXISTS (SELECT 1 FROM files WHERE files.job = f.job AND files.file_key = f.file_key
                     AND files.version = f.version AND files.drive_id = f.drive_id AND files.state = 'verified')
                   GROUP BY f.fault";

impl Store {
    /// Records the results of a look: differences are kept, and those that are mended are forgotten.
    pub async fn note_checks(&self, checked: &[CheckedFile]) -> Result<(), StoreError> {
        let mut tx = self.database.begin("note_checks").await?;
        for file in checked {
            note(&mut tx, file).await?;
        }
        tx.commit().await
    }

    /// Copies that are known to differ, after this one: at most [`LIST_MAX`].
    pub async fn verify_findings(
        &self,
        after: Option<&VerifyFinding>,
    ) -> Result<Vec<VerifyFinding>, StoreError> {
        let (job, key, version) =
            after.map_or((0, "", 0), |after| (after.job.0, after.key.as_str(), after.version));
        let found = self.database.rows(FINDINGS, values![job, key, version, LIST_MAX]).await?;
        found.iter().map(finding).collect()
    }

    /// The copies of one job that are known to differ.
    pub async fn verify_findings_of(&self, job: JobId) -> Result<Vec<VerifyFinding>, StoreError> {
        let found = self.database.rows(FINDINGS, values![job.0, "", 0_i64, LIST_MAX]).await?;
        let all: Result<Vec<_>, _> = found.iter().map(finding).collect();
        Ok(all?.into_iter().filter(|finding| finding.job == job).collect())
    }

    /// Until when Zoom's trash keeps the job's original: 0 if it was deleted for good, `None` if that is not known.
    pub async fn zoom_trash_until(&self, job: JobId) -> Result<Option<Millis>, StoreError> {
        let found =
            self.database.row("SELECT zoom_trash_until FROM jobs WHERE id = $1", values![job.0]).await?;
        found.map_or(Ok(None), |row| row.maybe_integer("zoom_trash_until"))
    }

    /// Records that the original was put into Zoom's trash now, or was deleted for good.
    pub async fn note_zoom_trash(&self, lease: &Lease, is_for_good: bool) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "note_zoom_trash").await?;
        tx.execute(
            "UPDATE jobs SET zoom_trash_until = CASE WHEN $2 = 1 THEN 0 ELSE {now} + $3 END WHERE id = $1",
            values![lease.job.0, is_for_good, ZOOM_TRASH_KEEPS],
        )
        .await?;
        tx.commit().await
    }
}

async fn note(tx: &mut Tx, file: &CheckedFile) -> Result<(), StoreError> {
    let (job, key, version) = (file.job.0, file.key.as_str(), file.version);
    let Verdict::Wrong(fault, detail) = &file.verdict else {
        tx.execute(
            "DELETE FROM verify_findings WHERE job = $1 AND file_key = $2 AND version = $3",
            values![job, key, version],
        )
        .await?;
        return Ok(());
    };
    tx.execute(
        "INSERT INTO verify_findings (job, file_key, version, drive_id, fault, detail, since, seen_at)
           VALUES ($1, $2, $3, $4, $5, $6, {now}, {now})
           ON CONFLICT (job, file_key, version) DO UPDATE SET
             since = CASE WHEN verify_findings.fault = excluded.fault AND verify_findings.drive_id = excluded.drive_id
               THEN verify_findings.since ELSE excluded.since END,
             drive_id = excluded.drive_id, fault = excluded.fault, detail = excluded.detail,
             seen_at = excluded.seen_at",
        values![job, key, version, file.drive_id.as_str(), fault.name(), detail.as_str()],
    )
    .await?;
    Ok(())
}

pub(super) fn fault(row: &Row) -> Result<Fault, StoreError> {
    let name = row.text("fault")?;
    Fault::from_name(&name).ok_or_else(|| StoreError::Corrupt(format!("finding {name}")))
}

fn finding(row: &Row) -> Result<VerifyFinding, StoreError> {
    Ok(VerifyFinding {
        job: JobId(row.integer("job")?),
        key: FileKey::new(row.text("file_key")?),
        version: rows::small(row.integer("version")?, "version")?,
        name: row.text("name")?,
        drive_id: row.text("drive_id")?,
        fault: fault(row)?,
        detail: row.text("detail")?,
        since: row.integer("since")?,
        seen_at: row.integer("seen_at")?,
    })
}

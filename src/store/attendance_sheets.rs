//! The attendance beside recordings: which file it is, how far it is written, and who is writing it.
//!
//! One row for each instance of a meeting. A spreadsheet's id cannot be reserved, so a nonce is stored before it is
//! created. A claim keeps the service and commands from writing at the same time. A worker's claim needs its lease:
//! whoever has the job's lease next takes the claim over. A command's claim ends by time.

use std::time::Duration;

use super::database::{Row, Tx, values};
use super::{FolderNames, Lease, Store, StoreError};
use crate::jobs::Millis;
use crate::recording::names::same_key;

/// The row of a meeting.
pub(in crate::store) const SHEET: &str =
    "SELECT uuid, form, nonce, drive_id, folder_id, name, digest, people, expected, absent, note, read_at
                   FROM attendance_sheets WHERE uuid = $1";

/// What is known of the attendance of one meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttendanceSheet {
    /// The instance of the meeting.
    pub uuid: String,
    /// The file; `None` before it is decided.
    pub file: Option<AttendanceFile>,
    /// SHA-256 of the cells in it; empty until it is written.
    pub digest: String,
    /// The number of people; unknown until it is counted.
    pub counts: Option<AttendanceCounts>,
    /// Why there is no file, or what is to be known of it.
    pub note: String,
    /// When its facts were read at Zoom.
    pub read_at: Option<Millis>,
}

/// Where it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttendanceFile {
    /// `sheet` or `csv`.
    pub form: String,
    /// The mark by which a spreadsheet is found whose id is unknown; empty for a plain file.
    pub nonce: String,
    /// The Drive id; empty while a spreadsheet is not known to exist.
    pub drive_id: String,
    /// Drive id of the folder.
    pub folder_id: String,
    /// File name in Drive.
    pub name: String,
}

/// The number of people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct AttendanceCounts {
    pub people: i64,
    /// Nothing without a roster.
    pub expected: Option<i64>,
    pub absent: Option<i64>,
}

/// The right to write the attendance of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceClaim {
    uuid: String,
    lease: Option<Lease>,
    until: Millis,
}

impl Store {
    /// What is known of a meeting's attendance; nothing before anybody has tried to write it.
    pub async fn attendance_sheet(&self, uuid: &str) -> Result<Option<AttendanceSheet>, StoreError> {
        let found = self.database.row(SHEET, values![uuid]).await?;
        found.map(|row| sheet(&row)).transpose()
    }

    /// Claims the writing of a meeting's attendance: for the job of this lease, or for a command. `None` while
    /// another has it.
    pub async fn claim_attendance(
        &self,
        lease: Option<&Lease>,
        uuid: &str,
        hold_for: Duration,
    ) -> Result<Option<AttendanceClaim>, StoreError> {
        let mut tx = self.begin_for(lease, "claim_attendance").await?;
        let job = lease.map(|lease| lease.job.0);
        tx.execute(
            "INSERT INTO attendance_sheets (uuid) VALUES ($1) ON CONFLICT (uuid) DO NOTHING",
            values![uuid],
        )
        .await?;
        let claimed = tx
            .row(
                "UPDATE attendance_sheets SET claimed_until = {now} + $3, claimed_by = $2, job_id = coalesce($2, job_id)
                   WHERE uuid = $1 AND (coalesce(claimed_until, 0) <= {now} OR claimed_by = $2)
                   RETURNING claimed_until",
                values![uuid, job, hold_for],
            )
            .await?;
        tx.commit().await?;
        let until = claimed.map(|row| row.integer("claimed_until")).transpose()?;
        Ok(until.map(|until| AttendanceClaim { uuid: uuid.to_owned(), lease: lease.cloned(), until }))
    }

    /// Extends a claim to this time from now, before a call that may take long. Fails with
    /// [`StoreError::LeaseLost`] if another has it, as every write under a claim does.
    pub async fn renew_attendance(
        &self,
        claim: &mut AttendanceClaim,
        hold_for: Duration,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_for(claim.lease.as_ref(), "renew_attendance").await?;
        keep(&mut tx, claim).await?;
        let renewed = tx
            .row(
                "UPDATE attendance_sheets SET claimed_until = {now} + $2 WHERE uuid = $1 RETURNING claimed_until",
                values![claim.uuid.as_str(), hold_for],
            )
            .await?;
        tx.commit().await?;
        if let Some(row) = renewed {
            claim.until = row.integer("claimed_until")?;
        }
        Ok(())
    }

    /// Decides the file, in place of an earlier one that is missing on Drive; it is not written yet. Fails with
    /// [`StoreError::NameTaken`] when a file with its name was planned into the folder and is not in `names`.
    pub async fn reserve_attendance(
        &self,
        claim: &AttendanceClaim,
        file: &AttendanceFile,
        names: &FolderNames,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_for(claim.lease.as_ref(), "reserve_attendance").await?;
        keep(&mut tx, claim).await?;
        tx.keep_out_others(&file.folder_id).await?;
        for row in tx.rows(crate::store::files::NAMES, values![file.folder_id.as_str()]).await? {
            let name = row.text("name")?;
            if same_key(&name) == same_key(&file.name) && !names.names.contains(&name) {
                return Err(StoreError::NameTaken);
            }
        }
        tx.execute(
            "UPDATE attendance_sheets SET form = $2, nonce = $3, drive_id = $4, folder_id = $5, name = $6,
               digest = '' WHERE uuid = $1",
            values![
                claim.uuid.as_str(),
                file.form.as_str(),
                file.nonce.as_str(),
                file.drive_id.as_str(),
                file.folder_id.as_str(),
                file.name.as_str(),
            ],
        )
        .await?;
        tx.commit().await
    }

    /// Records under which id the spreadsheet with this nonce exists.
    pub async fn attendance_made(
        &self,
        claim: &AttendanceClaim,
        nonce: &str,
        drive_id: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_for(claim.lease.as_ref(), "attendance_made").await?;
        keep(&mut tx, claim).await?;
        tx.execute(
            "UPDATE attendance_sheets SET drive_id = $3 WHERE uuid = $1 AND nonce = $2",
            values![claim.uuid.as_str(), nonce, drive_id],
        )
        .await?;
        tx.commit().await
    }

    /// Records that the file holds the cells with this digest, and the number of people in it.
    pub async fn attendance_written(
        &self,
        claim: &AttendanceClaim,
        digest: &str,
        counts: AttendanceCounts,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_for(claim.lease.as_ref(), "attendance_written").await?;
        keep(&mut tx, claim).await?;
        tx.execute(
            "UPDATE attendance_sheets SET digest = $2, people = $3, expected = $4, absent = $5, read_at = {now}
               WHERE uuid = $1",
            values![claim.uuid.as_str(), digest, counts.people, counts.expected, counts.absent],
        )
        .await?;
        tx.commit().await
    }

    /// Records how many people were there although no file is written.
    pub async fn attendance_counted(&self, claim: &AttendanceClaim, people: i64) -> Result<(), StoreError> {
        let mut tx = self.begin_for(claim.lease.as_ref(), "attendance_counted").await?;
        keep(&mut tx, claim).await?;
        tx.execute(
            "UPDATE attendance_sheets SET people = $2 WHERE uuid = $1",
            values![claim.uuid.as_str(), people],
        )
        .await?;
        tx.commit().await
    }

    /// Returns the claim, with a note for people. A note about facts that were read again also says when.
    pub async fn release_attendance(&self, claim: &AttendanceClaim, note: &str) -> Result<(), StoreError> {
        let mut tx = self.begin_for(claim.lease.as_ref(), "release_attendance").await?;
        keep(&mut tx, claim).await?;
        tx.execute(
            "UPDATE attendance_sheets SET claimed_until = NULL, claimed_by = NULL, note = $2,
               read_at = CASE WHEN digest = '' THEN read_at ELSE {now} END WHERE uuid = $1",
            values![claim.uuid.as_str(), note],
        )
        .await?;
        tx.commit().await
    }

    async fn begin_for(&self, lease: Option<&Lease>, call: &'static str) -> Result<Tx, StoreError> {
        match lease {
            Some(lease) => self.begin_under(lease, call).await,
            None => self.database.begin(call).await,
        }
    }
}

/// Fails unless the claim still stands. A worker's claim stands with its lease, which the transaction has checked.
async fn keep(tx: &mut Tx, claim: &AttendanceClaim) -> Result<(), StoreError> {
    let job = claim.lease.as_ref().map(|lease| lease.job.0);
    let kept = tx
        .execute(
            "UPDATE attendance_sheets SET claimed_until = claimed_until WHERE uuid = $1
               AND (claimed_by = $2 OR (CAST($2 AS BIGINT) IS NULL AND claimed_by IS NULL AND claimed_until = $3
               AND claimed_until > {now}))",
            values![claim.uuid.as_str(), job, claim.until],
        )
        .await?;
    if kept == 0 { Err(StoreError::LeaseLost) } else { Ok(()) }
}

fn sheet(row: &Row) -> Result<AttendanceSheet, StoreError> {
    let file = AttendanceFile {
        form: row.text("form")?,
        nonce: row.text("nonce")?,
        drive_id: row.text("drive_id")?,
        folder_id: row.text("folder_id")?,
        name: row.text("name")?,
    };
    let counts = match row.maybe_integer("people")? {
        Some(people) => Some(AttendanceCounts {
            people,
            expected: row.maybe_integer("expected")?,
            absent: row.maybe_integer("absent")?,
        }),
        None => None,
    };
    Ok(AttendanceSheet {
        uuid: row.text("uuid")?,
        file: Some(file).filter(|file| !file.form.is_empty()),
        digest: row.text("digest")?,
        counts,
        note: row.text("note")?,
        read_at: row.maybe_integer("read_at")?,
    })
}

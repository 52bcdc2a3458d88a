//! How far the verification is. Every write is under the singleton's lease: an instance that has lost it changes
//! nothing.

use super::super::database::{Tx, values};
use super::super::{SingletonLease, Store, StoreError, rows};
use super::findings;
use crate::jobs::verification::{Fault, LISTED_MAX, VerificationState, original, remedy};

/// The state of the pass.
pub(in crate::store) const PASS: &str =
    "SELECT began_at, looked, ended_at, files, failing_since, failure FROM verification WHERE id = 1";

impl Store {
    /// Begins a pass, or goes on with the one that was interrupted. Returns the last folder that was done.
    pub async fn begin_verification(&self, lease: &SingletonLease) -> Result<String, StoreError> {
        let mut tx = self.begin_as(lease, "begin_verification").await?;
        tx.execute("INSERT INTO verification (id) VALUES (1) ON CONFLICT (id) DO NOTHING", values![]).await?;
        tx.execute(
            "UPDATE verification SET after_folder = '', looked = 0, began_at = {now}
               WHERE id = 1 AND began_at IS NULL",
            values![],
        )
        .await?;
        let row = tx.row("SELECT after_folder FROM verification WHERE id = 1", values![]).await?;
        let after = row.map(|row| row.text("after_folder")).transpose()?.unwrap_or_default();
        tx.commit().await?;
        Ok(after)
    }

    /// Records that every file up to the end of this folder was asked about: `looked` more than before.
    pub async fn verified_up_to(
        &self,
        lease: &SingletonLease,
        folder: &str,
        looked: u64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_as(lease, "verified_up_to").await?;
        tx.execute(
            "UPDATE verification SET after_folder = $1, looked = looked + $2, failing_since = NULL, failure = ''
               WHERE id = 1",
            values![folder, rows::signed(looked)?],
        )
        .await?;
        tx.commit().await
    }

    /// Records the end of a pass. Findings about copies that the archive has no more are forgotten.
    pub async fn end_verification(&self, lease: &SingletonLease) -> Result<VerificationState, StoreError> {
        let mut tx = self.begin_as(lease, "end_verification").await?;
        tx.execute(
            "UPDATE verification SET began_at = NULL, after_folder = '', ended_at = {now}, files = looked,
               failing_since = NULL, failure = '' WHERE id = 1",
            values![],
        )
        .await?;
        tx.execute(
            "DELETE FROM verify_findings WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.job = verify_findings.job
               AND files.file_key = verify_findings.file_key AND files.version = verify_findings.version
               AND files.drive_id = verify_findings.drive_id AND files.state = 'verified')",
            values![],
        )
        .await?;
        tx.commit().await?;
        self.verification().await
    }

    /// Records that Drive could not be asked.
    pub async fn verification_failed(&self, lease: &SingletonLease, why: &str) -> Result<(), StoreError> {
        let mut tx = self.begin_as(lease, "verification_failed").await?;
        tx.execute(
            "UPDATE verification SET failing_since = coalesce(failing_since, {now}), failure = $1 WHERE id = 1",
            values![why],
        )
        .await?;
        tx.commit().await
    }

    /// What is known about the whole archive.
    pub async fn verification(&self) -> Result<VerificationState, StoreError> {
        let mut state = VerificationState::default();
        if let Some(row) = self.database.row(PASS, values![]).await? {
            state.began_at = row.maybe_integer("began_at")?;
            state.looked = rows::unsigned(row.integer("looked")?, "looked")?;
            state.ended_at = row.maybe_integer("ended_at")?;
            state.files = rows::unsigned(row.integer("files")?, "files")?;
            state.failing_since = row.maybe_integer("failing_since")?;
            state.failure = row.text("failure")?;
        }
        let mut counted = Vec::new();
        for row in self.database.rows(findings::COUNTED, values![]).await? {
            counted.push((findings::fault(&row)?, rows::unsigned(row.integer("files")?, "files")?));
        }
        counted.sort_by_key(|(fault, _): &(Fault, u64)| *fault);
        state.wrong = counted;
        if !state.wrong.is_empty() {
            state.listed = self.listed_findings().await?;
        }
        Ok(state)
    }

    /// The first findings, as lines for people.
    async fn listed_findings(&self) -> Result<Vec<String>, StoreError> {
        let now = self.now().await?;
        let mut lines = Vec::new();
        for finding in self.verify_findings(None).await?.into_iter().take(LISTED_MAX) {
            let job = self.job(finding.job).await?;
            let original = original(&job, self.zoom_trash_until(job.id).await?, now);
            let remedy = remedy(job.id, finding.fault, &finding.detail, original);
            lines.push(format!("job {}: {} {}: {remedy}", job.id, finding.fault, finding.name));
        }
        Ok(lines)
    }

    /// A transaction that fails unless the singleton's lease is still this one.
    async fn begin_as(&self, lease: &SingletonLease, call: &'static str) -> Result<Tx, StoreError> {
        let mut tx = self.database.begin(call).await?;
        let held = tx
            .execute(
                "UPDATE turns SET held_until = held_until WHERE name = $1 AND token = $2",
                values![lease.name.as_str(), lease.token.as_str()],
            )
            .await?;
        if held == 0 { Err(StoreError::LeaseLost) } else { Ok(tx) }
    }
}

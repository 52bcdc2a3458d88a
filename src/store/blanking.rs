//! Removes passcodes and links from rows: from new rows before they are written, from rows of earlier releases once,
//! in small steps. Each row is marked in the transaction that blanks it: a crash loses none, and the steps end.

use super::database::{Tx, values};
use super::{Store, StoreError, rows};
use crate::jobs::Job;
use crate::recording::blanking::{Blanked, Tokens, blank, without_passcodes};
use crate::recording::{Download, RecordingFile};
use crate::secret::SecretUrl;

/// Events of earlier releases, and whether their jobs have lost their tokens.
pub(in crate::store) const UNBLANKED_EVENTS: &str =
    "SELECT id, coalesce((SELECT wiped FROM jobs WHERE jobs.id = events.job), 0) AS is_wiped FROM events
                   WHERE blanked = 0 ORDER BY id LIMIT $1 {skip_locked}";

/// Jobs of earlier releases.
pub(in crate::store) const UNBLANKED_JOBS: &str =
    "SELECT {job} FROM jobs WHERE blanked = 0 ORDER BY id LIMIT $1 {skip_locked}";

/// The value of `events.blanked` for a body that is stored like this.
pub(super) fn mark(blanked: &Blanked) -> i64 {
    if blanked.has_tokens { 1 } else { 2 }
}

impl Store {
    /// Removes passcodes and links from rows that earlier releases wrote, each once, at most `at_most` of a kind.
    /// Returns the larger number of rows of the two kinds.
    pub async fn blank_old(&self, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("blank_old").await?;
        let events = tx.rows(UNBLANKED_EVENTS, values![at_most]).await?;
        for row in &events {
            // A job without tokens does not need those of its events.
            let tokens = if row.integer("is_wiped")? == 1 { Tokens::Blanked } else { Tokens::Kept };
            blank_event(&mut tx, row.integer("id")?, tokens).await?;
        }
        let jobs = tx.rows(UNBLANKED_JOBS, values![at_most]).await?;
        for row in &jobs {
            // An unreadable row is reported where it is needed; here it must not block the rows after it.
            if let Ok(job) = rows::job(row) {
                blank_job(&mut tx, job).await?;
            }
            tx.execute("UPDATE jobs SET blanked = 1 WHERE id = $1", values![row.integer("id")?]).await?;
        }
        tx.commit().await?;
        Ok(events.len().max(jobs.len()).try_into().unwrap_or(u64::MAX))
    }
}

/// Blanks one stored event. Bodies are read one at a time: each may have a megabyte.
pub(super) async fn blank_event(tx: &mut Tx, id: i64, tokens: Tokens) -> Result<(), StoreError> {
    let Some(row) = tx.row("SELECT body FROM events WHERE id = $1", values![id]).await? else {
        return Ok(());
    };
    let blanked = blank(&row.bytes("body")?, tokens);
    tx.execute(
        "UPDATE events SET body = $2, blanked = $3 WHERE id = $1",
        values![id, blanked.body.as_slice(), mark(&blanked)],
    )
    .await?;
    Ok(())
}

/// Removes passcodes from the download addresses of a job and of its files.
async fn blank_job(tx: &mut Tx, job: Job) -> Result<(), StoreError> {
    let mut recording = job.recording;
    recording.files.iter_mut().for_each(take_passcodes);
    tx.execute("UPDATE jobs SET recording = $1 WHERE id = $2", values![rows::to_json(&recording)?, job.id.0])
        .await?;
    let files = tx.rows("SELECT {file} FROM files WHERE job = $1", values![job.id.0]).await?;
    for record in files.iter().map(rows::file) {
        let Ok(mut record) = record else { continue };
        take_passcodes(&mut record.file);
        tx.execute(
            "UPDATE files SET file = $4 WHERE job = $1 AND file_key = $2 AND version = $3",
            values![job.id.0, record.key.as_str(), record.version, rows::to_json(&record.file)?],
        )
        .await?;
    }
    Ok(())
}

fn take_passcodes(file: &mut RecordingFile) {
    if let Some(Download { url, .. }) = &mut file.download {
        *url = SecretUrl::new(without_passcodes(url.expose()));
    }
}

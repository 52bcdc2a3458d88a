//! Rows lose what opens a recording or a meeting: new ones before they are written, those of earlier releases
//! once, in small steps. Each row is marked in the transaction that blanks it: a crash loses none, and the steps end.

use super::database::{Tx, values};
use super::{Store, StoreError, rows};
use crate::jobs::Job;
use crate::recording::blanking::{Blanked, Tokens, blank, without_passcodes};
use crate::recording::{Download, RecordingFile};
use crate::secret::SecretUrl;

/// Events of earlier releases, and whether their jobs hold tokens no more.
pub(in crate::store) const UNBLANKED_EVENTS: &str =
    "SELECT id, coalesce((SELECT wiped FROM jobs WHERE jobs.id = events.job), 0) AS is_wiped FROM events
                   WHERE blanked = 0 ORDER BY id LIMIT $1 {skip_locked}";

/// Jobs of earlier releases.
pub(in crate::store) const UNBLANKED_JOBS: &str =
    "SELECT {job} FROM jobs WHERE blanked = 0 ORDER BY id LIMIT $1 {skip_locked}";

/// What `events.blanked` says of a body that is stored like this.
pub(super) fn mark(blanked: &Blanked) -> i64 {
    if blanked.has_tokens { 1 } else { 2 }
}

impl Store {
    /// Takes passcodes and links out of rows that earlier releases wrote, each once: at most so many of a kind.
    /// Returns how many there were of the kind that had more.
    pub async fn blank_old(&self, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("blank_old").await?;
        let events = tx.rows(UNBLANKED_EVENTS, values![at_most]).await?;
        for row in &events {
            // A job that has lost its tokens has no use for its events'.
            let tokens = if row.integer("is_wiped")? == 1 { Tokens::Blanked } else { Tokens::Kept };
            blank_event(&mut tx, row.integer("id")?, tokens).await?;
        }
        let jobs = tx.rows(UNBLANKED_JOBS, values![at_most]).await?;
        for row in &jobs {
            // What cannot be read is told where it is needed; here it must not hold up all that comes after it.
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

/// Takes passcodes out of a job's download addresses, and out of its files'.
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

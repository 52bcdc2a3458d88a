//! Handles files that Zoom lists and cannot deliver yet: an empty body, or another length than listed.
//!
//! The observations are stored, so that their duration survives every restart; `jobs::readings` decides from them.
//! The other files continue in the meantime.

use std::time::Duration;

use tracing::warn;

use super::{Failure, Pipeline, Run};
use crate::jobs::readings::{self, Judgement, ODD_FOR, OddReading, OddStep, Readings};
use crate::jobs::{FileRecord, Job, SentFile, age};
use crate::recording::content::Body;

impl Pipeline {
    /// The effect of a failure, once its duration is known. `None` when the file can be tried again at once, because
    /// the facts about it have changed.
    pub(super) async fn judged(
        &self,
        job: &Job,
        run: &Run<'_>,
        record: &mut FileRecord,
        failure: Failure,
    ) -> Result<Option<Failure>, Failure> {
        match failure {
            Failure::Empty { cause } => Ok(Some(self.empty(job, run, record, cause).await?)),
            Failure::OtherLength { cause, announced } => {
                match self.other_length(job, run, record, announced).await {
                    Ok(None) => Ok(None),
                    Ok(Some(wait)) => Ok(Some(Failure::NotReady { cause, wait })),
                    Err(Failure::Empty { cause }) => Ok(Some(self.empty(job, run, record, cause).await?)),
                    Err(failure) => Ok(Some(failure)),
                }
            }
            failure => Ok(Some(failure)),
        }
    }

    /// Whether a body may be archived as it is.
    pub(super) async fn judge(&self, record: &FileRecord, body: Body) -> Result<(), Failure> {
        let now = self.store.now().await?;
        match self.judgement(record, body, now) {
            Judgement::Archive => Ok(()),
            Judgement::Wait(_) | Judgement::Person => Err(Failure::Empty {
                cause: match body.size {
                    0 => "Zoom sent an empty body".to_owned(),
                    size => format!("Zoom sent {size} bytes without content"),
                },
            }),
        }
    }

    fn judgement(&self, record: &FileRecord, body: Body, now: i64) -> Judgement {
        let waited = record.readings.empty_since.map_or(Duration::ZERO, |since| age(since, now));
        readings::judge(&record.file, body, waited, self.settle_for, self.relay.retry_wait)
    }

    /// Handles an empty body: waits, and parks the job after a day.
    pub(super) async fn empty(
        &self,
        job: &Job,
        run: &Run<'_>,
        record: &mut FileRecord,
        cause: String,
    ) -> Result<Failure, Failure> {
        let now = self.store.now().await?;
        if record.readings.empty_since.is_none() {
            self.note(run, record, |readings| readings.empty_since = Some(now)).await?;
        }
        warn!(job = %job.id, file = %record.key, %cause, "{} is not ready at Zoom", record.name);
        Ok(match self.judgement(record, NOTHING, now) {
            Judgement::Wait(wait) => Failure::NotReady { cause: format!("not ready at Zoom: {cause}"), wait },
            // Only a text without a listed size gets here: the next attempt archives it.
            Judgement::Archive => Failure::retry(cause),
            Judgement::Person => Failure::park(format!(
                "{cause}, for longer than a day. Check it in Zoom's portal: if it is empty there too, delete this \
                 file there; then `jobs retry {}` goes on. Zoom's copy is untouched",
                job.id
            )),
        })
    }

    /// Handles a video or audio with another length than listed. Returns the wait, or `None` once it may be archived
    /// so.
    async fn other_length(
        &self,
        job: &Job,
        run: &Run<'_>,
        record: &mut FileRecord,
        announced: Option<u64>,
    ) -> Result<Option<Duration>, Failure> {
        let now = self.store.now().await?;
        let (known, first) = (record.readings.odd.clone(), self.relay.retry_wait);
        let odd = match readings::odd_step(known.as_ref(), announced, now, first) {
            OddStep::Wait(wait) => return Ok(Some(wait)),
            OddStep::Note => {
                let streamed = SentFile { size: announced.unwrap_or_default(), sha256: String::new() };
                OddReading { since: now, streamed, accepted: false }
            }
            OddStep::Read => {
                let reading = self.read_any_length(job, run, record).await?;
                if Some(reading.size) == record.file.exact_size() {
                    return Err(Failure::retry("Zoom now sends it with the listed length"));
                }
                readings::after_reading(known.as_ref(), &reading, now, first)
            }
        };
        let (accepted, is_read) = (odd.accepted, !odd.streamed.sha256.is_empty());
        let (size, since) = (odd.streamed.size, odd.since);
        self.note(run, record, |readings| readings.odd = Some(odd)).await?;
        if accepted {
            warn!(job = %job.id, file = %record.key, size, listed = ?record.file.size, "{} has had another length than listed for a day, with the same bytes: it is archived so", record.name);
            return Ok(None);
        }
        let wait = readings::odd_wait(age(since, now), first);
        // The listing may be out of date: it is requested again soon.
        Ok(Some(if is_read { wait.min(ODD_FOR) } else { self.relay.retry_wait }))
    }

    /// Reads the whole file, whatever its length.
    async fn read_any_length(
        &self,
        job: &Job,
        run: &Run<'_>,
        record: &FileRecord,
    ) -> Result<SentFile, Failure> {
        let mut file = record.file.clone();
        file.size = None;
        let Some(download) = &record.file.download else {
            return Err(Failure::retry("no download address is known"));
        };
        self.reread(job, run, &file, download).await
    }

    async fn note(
        &self,
        run: &Run<'_>,
        record: &mut FileRecord,
        change: impl FnOnce(&mut Readings),
    ) -> Result<(), Failure> {
        let mut readings = record.readings.clone();
        change(&mut readings);
        self.store.note_readings(run.lease, record, &readings).await?;
        record.readings = readings;
        Ok(())
    }
}

/// A body without content.
const NOTHING: Body = Body { size: 0, is_empty: true };

//! What becomes of a file that Zoom lists and does not have yet: nothing in it, or another length than listed.
//!
//! What was seen is written down, so that the time over which it stays so survives every restart; `jobs::readings`
//! decides by it. The file's siblings go on meanwhile.

use std::time::Duration;

use tracing::warn;

use super::{Failure, Pipeline, Run};
use crate::jobs::readings::{self, Judgement, ODD_FOR, OddReading, OddStep, Readings};
use crate::jobs::{FileRecord, Job, SentFile, age};
use crate::recording::content::Body;

impl Pipeline {
    /// What a failure means, once it is known for how long it has been so. `None` when the file can be tried again
    /// at once, because what is known of it has changed.
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
                    0 => "Zoom sent not a byte of it".to_owned(),
                    size => format!("Zoom sent {size} bytes with nothing in them"),
                },
            }),
        }
    }

    fn judgement(&self, record: &FileRecord, body: Body, now: i64) -> Judgement {
        let waited = record.readings.empty_since.map_or(Duration::ZERO, |since| age(since, now));
        readings::judge(&record.file, body, waited, self.settle_for, self.relay.retry_wait)
    }

    /// Zoom's answer has nothing in it: the file is waited for, and then a person is called.
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
            // What may be archived in the end is a text whose size is not listed: the next try does.
            Judgement::Archive => Failure::retry(cause),
            Judgement::Person => Failure::park(format!(
                "{cause}, for longer than a day. Look at it in Zoom's portal: if it is empty there too, delete this \
                 file there; then `jobs retry {}` goes on. Zoom's copy is untouched",
                job.id
            )),
        })
    }

    /// A video or audio has another length than listed. How long to wait; nothing once it may be archived so.
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
                    return Err(Failure::retry("Zoom sends it at the listed length now"));
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
        // The listing may just be behind: it is looked at again soon.
        Ok(Some(if is_read { wait.min(ODD_FOR) } else { self.relay.retry_wait }))
    }

    /// Reads the whole of a file, however long it is.
    async fn read_any_length(
        &self,
        job: &Job,
        run: &Run<'_>,
        record: &FileRecord,
    ) -> Result<SentFile, Failure> {
        let mut file = record.file.clone();
        file.size = None;
        let Some(download) = &record.file.download else {
            return Err(Failure::retry("no address is known to read it at"));
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

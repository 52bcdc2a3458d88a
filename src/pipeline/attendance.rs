//! Writes who was at a meeting beside its recording, once, if the settings or rules say so.
//!
//! It is a part of settling: Zoom and Google Meet count for minutes to an hour, so each look for late files also asks
//! for the attendance, until it is complete. The last look writes what there is, or gives up. Attendance is no copy of a
//! recording: it never delays or fails the archive. Whatever goes wrong becomes a note on the job; only a lost lease,
//! a shutdown and a failing database end the run, as everywhere.
//!
//! What is written stays as it is, because people mark in it who was excused. The note says if the facts have
//! changed since; a command replaces it.

mod create;
pub mod file;
mod meet;
pub mod target;
mod zoom;

use std::sync::PoisonError;
use std::time::Duration;

use tracing::{info, warn};

use super::source::{MeetSource, RecordingSource};
use super::{Failure, Pipeline, Run};
use crate::attendance::{self, Facts, Meeting, Output, Row, Sheet, report};
use crate::jobs::meeting_file::{Attendance, file_link, home, spreadsheet_link};
use crate::jobs::{FileRecord, FileState, Job, Millis};
use crate::recording::{Recording, Source};
use crate::rules::Destination;
use crate::store::{AttendanceClaim, AttendanceSheet};
use crate::telemetry::meters::{self, Attended};
use crate::zoom::{Kind, Zoom};
use file::{Earlier, HOLD_FOR, NotWritten, Writer};
use target::Target;

pub use zoom::facts;

/// After a refusal of all attendance nothing is asked for this time: a person must change a setting first.
const REFUSED_FOR: Duration = Duration::from_secs(3600);

/// Who refuses all attendance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RefusedBy {
    /// Zoom tells nobody who was there: a scope or a plan is missing. Google Meet may still tell.
    Zoom,
    /// No file can be written.
    Drive,
}

/// Why no attendance can be written for any meeting.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    by: RefusedBy,
    since: Millis,
    why: String,
}

/// Why the attendance of one meeting is not written now.
enum NotNow {
    /// The run ends, as it does everywhere.
    Failure(Failure),
    /// The note for people.
    Note(String),
    /// The same, and it holds for all meetings.
    Refused(RefusedBy, String),
    /// It is in the file of another recording, or will be: the note for people.
    Elsewhere(String),
}

impl<E: Into<Failure>> From<E> for NotNow {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl From<NotWritten> for NotNow {
    fn from(error: NotWritten) -> Self {
        let why = error.to_string();
        match error {
            NotWritten::Store(error) => Self::Failure(error.into()),
            NotWritten::Stopping => Self::Failure(Failure::Stopping),
            NotWritten::Google(error) if error.is_about_all() => Self::Refused(RefusedBy::Drive, why),
            NotWritten::Google(_) | NotWritten::Removed(_) | NotWritten::Refused(_) => Self::Note(why),
        }
    }
}

/// Who tells of a meeting.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Zoom(&'a Zoom, Kind),
    Meet(&'a MeetSource),
}

/// What is told of a meeting.
struct Told {
    rows: Vec<Row>,
    /// Its times.
    meeting: Meeting,
    facts: Facts,
}

/// One look at a meeting's attendance.
struct Look<'a> {
    asked: Asked<'a>,
    job: &'a Job,
    run: &'a Run<'a>,
    place: Destination,
    output: Output,
    folder_id: String,
    /// No other look follows.
    is_last: bool,
}

impl Pipeline {
    /// Writes the attendance if it is wanted, complete, and not written yet. `is_last` says that no other look
    /// follows.
    pub(super) async fn attend(&self, job: &Job, run: &Run<'_>, is_last: bool) -> Result<(), Failure> {
        let place = self.rules.now().decide(&job.recording).place;
        let output = place.attendance.unwrap_or(self.attendance.output);
        let Some(asked) = self.asked(job).filter(|_| output != Output::No) else { return Ok(()) };
        let records = self.store.files(job.id).await?;
        let proved = records.iter().filter(|record| matches!(record.state, FileState::Verified(_)));
        let Some(folder_id) = home(proved).map(str::to_owned) else { return Ok(()) };
        let uuid = job.recording.uuid.as_str();
        let known = self.store.attendance_sheet(uuid).await?;
        if known.is_some_and(|known| is_up_to_date(&known, &records)) {
            return Ok(());
        }
        // A command is writing it.
        let Some(claim) = self.store.claim_attendance(Some(run.lease), uuid, HOLD_FOR).await? else {
            return Ok(());
        };
        // Read again under the claim: what a command has written in between counts.
        let known = self.store.attendance_sheet(uuid).await?.unwrap_or_default();
        let look = Look { asked, job, run, place, output, folder_id, is_last };
        let result = self.attend_once(&look, &known, &claim).await;
        let is_given_up = matches!(result, Err(NotNow::Note(_) | NotNow::Refused(..))) && is_last;
        if is_given_up && known.digest.is_empty() {
            meters::attended(Attended::GivenUp);
        }
        let note = match result {
            Ok(note) => note,
            Err(NotNow::Failure(failure)) => return Err(failure),
            Err(NotNow::Note(why) | NotNow::Elsewhere(why)) => why,
            Err(NotNow::Refused(by, why)) => {
                self.refuse_attendance(by, &why).await?;
                why
            }
        };
        self.store.release_attendance(&claim, &note).await?;
        if !note.is_empty() {
            info!(job = %job.id, meeting = %job.recording.uuid, note, "attendance");
        }
        if self.store.attendance_sheet(uuid).await?.is_some_and(|now| now.counts != known.counts) {
            self.link_attendance(job, run).await?;
        }
        Ok(())
    }

    /// Who tells of this meeting; nobody if there are no API credentials, or of an upload, which is no meeting.
    fn asked(&self, job: &Job) -> Option<Asked<'_>> {
        match self.source(&job.recording) {
            RecordingSource::Zoom(zoom) => Kind::of(job.recording.kind).map(|kind| Asked::Zoom(zoom, kind)),
            RecordingSource::ZoomEvents => None,
            RecordingSource::Meet(meet) => Some(Asked::Meet(meet)),
        }
    }

    /// Writes `meeting.json` again with the link. If that fails, the next step tries again.
    async fn link_attendance(&self, job: &Job, run: &Run<'_>) -> Result<(), Failure> {
        match self.write_meeting_file(job, run).await {
            Err(failure @ (Failure::LeaseLost | Failure::Stopping)) => Err(failure),
            Err(failure) => {
                warn!(job = %job.id, ?failure, "the meeting file does not tell of the attendance yet");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// What `meeting.json` tells of the attendance; nothing before it is known.
    pub(super) async fn known_attendance(&self, job: &Job) -> Result<Option<Attendance>, Failure> {
        let known = self.store.attendance_sheet(job.recording.uuid.as_str()).await?;
        Ok(known.as_ref().and_then(told))
    }

    /// Asks and writes. Returns the note for people, which is mostly empty.
    async fn attend_once(
        &self,
        look: &Look<'_>,
        known: &AttendanceSheet,
        claim: &AttendanceClaim,
    ) -> Result<String, NotNow> {
        if let Some(why) = self.attendance_refusal(look.asked).await? {
            return Err(NotNow::Note(why));
        }
        let told = match look.asked {
            Asked::Zoom(zoom, kind) => self.told_by_zoom(look, (zoom, kind), claim).await?,
            Asked::Meet(meet) => self.told_by_meet(look, meet).await?,
        };
        let sheet = self.sheet(&look.place, &told);
        if !known.digest.is_empty() {
            let has_changed = sheet.digest() != known.digest;
            return Ok(if has_changed { changed(&look.job.recording) } else { known.note.clone() });
        }
        let target = Target::meeting(&look.job.recording, &look.place.naming(&self.naming));
        let mut writer = Writer {
            store: &self.store,
            drive: &self.drive,
            stopping: look.run.stopping,
            retry_wait: self.relay.retry_wait,
            claim: claim.clone(),
            target: &target,
            folder_id: look.folder_id.clone(),
            output: look.output,
            earlier: Earlier::Keep,
        };
        let id = writer.write(known, &sheet).await?;
        let people = sheet.counts.people;
        info!(job = %look.job.id, meeting = %look.job.recording.uuid, drive_id = %id, people, "wrote the attendance");
        meters::attended(Attended::Written);
        Ok(String::new())
    }

    fn sheet(&self, place: &Destination, told: &Told) -> Sheet {
        let options = &self.attendance.options;
        let is_ignored = |name: &str| self.attendance.ignores(name);
        let report = report(&told.rows, &told.meeting, place.roster.as_deref(), options, is_ignored);
        attendance::sheet(&report, &told.facts, &told.meeting.zone, options.hides_emails)
    }

    /// Why nothing is asked now for any meeting of this source.
    async fn attendance_refusal(&self, asked: Asked<'_>) -> Result<Option<String>, Failure> {
        let now = self.store.now().await?;
        let refused = self.attendance_refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let holds = |refused: &Refused| crate::jobs::age(refused.since, now) < REFUSED_FOR;
        let concerns = |refused: &Refused| matches!(asked, Asked::Zoom(..)) || refused.by == RefusedBy::Drive;
        let mut refused = refused.into_iter().filter(|refused| holds(refused) && concerns(refused));
        Ok(refused.next().map(|refused| refused.why))
    }

    async fn refuse_attendance(&self, by: RefusedBy, why: &str) -> Result<(), Failure> {
        let since = self.store.now().await?;
        meters::attended(Attended::Refused);
        warn!(why, "no attendance can be written; trying again in an hour, or after a restart");
        let mut refused = self.attendance_refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|known| known.by != by);
        refused.push(Refused { by, since, why: why.to_owned() });
        Ok(())
    }
}

/// If it is written, and no file was archived since its facts were read. A late file may mean that Zoom knows more.
fn is_up_to_date(known: &AttendanceSheet, records: &[FileRecord]) -> bool {
    let last = records.iter().filter_map(|record| record.proved_at).max();
    !known.digest.is_empty() && known.read_at >= last
}

fn changed(recording: &Recording) -> String {
    let (source, uuid) = (recording.source(), &recording.uuid);
    let again = match source {
        Source::Zoom => format!("attendance write {uuid} --again"),
        Source::Meet => format!("meet attendance {uuid} --write --again"),
    };
    format!("{source}'s facts have changed since it was written; `{again}` replaces it")
}

/// The numbers and the link of what is known.
fn told(known: &AttendanceSheet) -> Option<Attendance> {
    let counts = known.counts?;
    let file = known.file.as_ref().filter(|_| !known.digest.is_empty());
    let link = file.map(|file| match file.form.as_str() {
        "csv" => file_link(&file.drive_id),
        _ => spreadsheet_link(&file.drive_id),
    });
    Some(Attendance { link, people: counts.people, expected: counts.expected, absent: counts.absent })
}

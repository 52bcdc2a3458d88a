//! Asks Zoom who was at a meeting.

use super::super::Pipeline;
use super::{Failure, Look, NotNow, RefusedBy, Told};
use crate::attendance::{Completeness, Facts};
use crate::recording::Recording;
use crate::store::AttendanceClaim;
use crate::zoom::participants::Unready;
use crate::zoom::{AttendedMeeting, BatchError, Kind, Schedule, Zoom, ZoomError};

/// Tries while Zoom does not answer; then the next look tries again.
const ZOOM_TRIES: u32 = 3;

impl Pipeline {
    /// What Zoom tells. Of a meeting of nobody but the host it is recorded that there is no more to tell.
    pub(super) async fn told_by_zoom(
        &self,
        look: &Look<'_>,
        asked: (&Zoom, Kind),
        claim: &AttendanceClaim,
    ) -> Result<Told, NotNow> {
        let attended = match self.read_attendance(look, asked).await {
            Ok(attended) => attended,
            Err(BatchError::OnlyHost) if look.is_last => {
                self.store.attendance_counted(claim, 1).await?;
                return Err(NotNow::Note(BatchError::OnlyHost.to_string()));
            }
            Err(_) if look.run.stopping.is_cancelled() => return Err(NotNow::Failure(Failure::Stopping)),
            Err(error) => return Err(refusal(error, look.is_last)),
        };
        let facts = facts(&look.job.recording, &attended);
        Ok(Told { rows: attended.batch.rows, meeting: attended.meeting, facts })
    }

    /// The rows of a meeting that are complete; at the last look also those that Zoom has not counted to the end.
    async fn read_attendance(
        &self,
        look: &Look<'_>,
        asked: (&Zoom, Kind),
    ) -> Result<AttendedMeeting, BatchError> {
        let wanted = if look.is_last { Completeness::Uncounted } else { Completeness::Whole };
        let attended = self.ask_zoom(look, asked, wanted).await?;
        if !look.is_last && is_more_expected(&attended) {
            return Err(BatchError::NotReady { why: Unready::NoReport, batch: None });
        }
        Ok(attended)
    }

    /// Zoom's answer, after some tries while it does not answer.
    async fn ask_zoom(
        &self,
        look: &Look<'_>,
        (zoom, kind): (&Zoom, Kind),
        wanted: Completeness,
    ) -> Result<AttendedMeeting, BatchError> {
        let (mut wait, uuid) = (self.relay.retry_wait, &look.job.recording.uuid);
        for attempt in 1.. {
            let mut schedule = Schedule::default();
            match zoom.attended(uuid, kind, &self.naming.zone, &mut schedule, wanted).await {
                Err(BatchError::Zoom(ZoomError::Unreachable { .. })) if attempt < ZOOM_TRIES => {}
                read => return read,
            }
            if look.run.pause(wait).await.is_err() {
                break;
            }
            wait *= 2;
        }
        Err(ZoomError::Unreachable { what: "interrupted by a shutdown".to_owned(), after: None }.into())
    }
}

/// Zoom counts more joins than it lists. Nobody documents what it counts, so this is only a reason to wait.
fn is_more_expected(attended: &AttendedMeeting) -> bool {
    let counted = attended.past.as_ref().and_then(|past| past.participants);
    counted.is_some_and(|counted| counted > attended.batch.joins() as u64)
}

/// The facts for the third tab.
pub fn facts(recording: &Recording, attended: &AttendedMeeting) -> Facts {
    let past = attended.past.as_ref();
    let host = past.map(|past| past.host.clone()).filter(|host| !host.is_empty());
    let host = host.unwrap_or_else(|| recording.host_email.clone());
    Facts {
        topic: recording.topic.clone(),
        number: recording.meeting_id.clone(),
        uuid: recording.uuid.to_string(),
        host: if host.is_empty() { recording.host_id.clone() } else { host },
        source: attended.batch.source.to_string(),
        remarks: attended.notes.clone(),
    }
}

fn refusal(error: BatchError, is_last: bool) -> NotNow {
    match error {
        BatchError::MissingScope(_)
        | BatchError::NoPlan(_)
        | BatchError::Zoom(ZoomError::Credentials(_) | ZoomError::MissingScope(_)) => {
            NotNow::Refused(RefusedBy::Zoom, error.to_string())
        }
        error if error.is_passing() && !is_last => {
            NotNow::Note(format!("{error}; the service does so by itself"))
        }
        error => NotNow::Note(format!("no attendance: {error}")),
    }
}

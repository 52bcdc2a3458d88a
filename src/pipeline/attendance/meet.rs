//! Asks Google Meet who was in a conference.
//!
//! Records of one room that follow each other are one meeting, and may have a recording each. One file tells of all:
//! it stands beside the recording of the first part that is archived.

use futures::FutureExt;
use jiff::Timestamp;

use super::super::Pipeline;
use super::super::source::MeetSource;
use super::{Failure, Look, NotNow, Told};
use crate::attendance::{Completeness, Facts};
use crate::google::{AttendedError, AttendedSitting};
use crate::meet::Sitting;
use crate::recording::{MeetingUuid, Recording, Source};

impl Pipeline {
    /// What Google tells of the whole meeting.
    pub(super) async fn told_by_meet(&self, look: &Look<'_>, meet: &MeetSource) -> Result<Told, NotNow> {
        let is_stopping = look.run.stopping;
        // Boxed: the compiler cannot see otherwise that it may move between threads.
        tokio::select! {
            told = self.ask_meet(look, meet).boxed() => told,
            () = is_stopping.cancelled() => Err(NotNow::Failure(Failure::Stopping)),
        }
    }

    async fn ask_meet(&self, look: &Look<'_>, meet: &MeetSource) -> Result<Told, NotNow> {
        let recording = &look.job.recording;
        let sitting = meet.sitting(recording).await.map_err(|error| refusal(error.into(), look.is_last))?;
        let sitting = sitting.ok_or_else(|| refusal(AttendedError::Forgotten, look.is_last))?;
        if let Some(other) = self.told_elsewhere(recording, &sitting).await? {
            return Err(NotNow::Elsewhere(format!(
                "it is in the file of {other}, which is the same meeting"
            )));
        }
        let now = Timestamp::from_millisecond(self.store.now().await?).unwrap_or(Timestamp::MAX);
        let attended = self.read_sitting(look, meet, &sitting, now).await;
        let attended = attended.map_err(|error| refusal(error, look.is_last))?;
        let facts = facts(recording, &attended, &sitting);
        Ok(Told { rows: attended.rows, meeting: attended.meeting, facts })
    }

    async fn read_sitting(
        &self,
        look: &Look<'_>,
        meet: &MeetSource,
        sitting: &Sitting,
        now: Timestamp,
    ) -> Result<AttendedSitting, AttendedError> {
        let wanted = if look.is_last { Completeness::Uncounted } else { Completeness::Whole };
        let code = look.job.recording.meeting_id.parse().ok();
        meet.attendances(&self.google, &look.job.recording)
            .read(sitting, code.as_ref(), (&self.naming.zone, now), wanted)
            .await
    }

    /// The part of the same meeting whose file tells of it: it has one, or it is earlier and will have one.
    async fn told_elsewhere(
        &self,
        recording: &Recording,
        sitting: &Sitting,
    ) -> Result<Option<MeetingUuid>, NotNow> {
        let names = sitting.parts.iter().map(|part| part.conference.name.as_str());
        let parts: Vec<MeetingUuid> = names.filter_map(MeetingUuid::of_conference).collect();
        for uuid in &parts {
            let known = self.store.attendance_sheet(uuid.as_str()).await?;
            if *uuid != recording.uuid && known.is_some_and(|known| !known.digest.is_empty()) {
                return Ok(Some(uuid.clone()));
            }
        }
        for uuid in parts {
            if uuid == recording.uuid {
                break;
            }
            if self.store.job_of(&uuid).await?.is_some() {
                return Ok(Some(uuid));
            }
        }
        Ok(None)
    }
}

/// The facts for the third tab.
fn facts(recording: &Recording, attended: &AttendedSitting, sitting: &Sitting) -> Facts {
    let parts = sitting.parts.len();
    let united = (parts > 1).then(|| format!("{parts} records of the room are counted together"));
    let first = sitting.parts.first().map(|part| part.conference.name.to_string());
    Facts {
        topic: recording.topic.clone(),
        number: recording.meeting_id.clone(),
        uuid: first.unwrap_or_else(|| recording.uuid.to_string()),
        host: recording.host_email.clone(),
        source: Source::Meet.to_string(),
        remarks: attended.notes.iter().cloned().chain(united).collect(),
    }
}

/// One user's rights concern one meeting, so nothing that Meet refuses holds for all.
fn refusal(error: AttendedError, is_last: bool) -> NotNow {
    if error.is_passing() && !is_last {
        return NotNow::Note(format!("{error}; the service does so by itself"));
    }
    NotNow::Note(format!("no attendance: {error}"))
}

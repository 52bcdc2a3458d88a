//! All that a report of attendance needs of one meeting: its rows, its times and its schedule.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::meetings::MeetingError;
use super::participants::{Batch, BatchError, Kind};
use super::past::PastMeeting;
use super::{Zoom, ZoomError};
use crate::attendance::{Completeness, Meeting, Window, WindowChoice};
use crate::meetings::{MeetingDetails, MeetingType, OccurrenceStatus};
use crate::recording::MeetingUuid;

/// A meeting that has ended, and who was there.
#[derive(Debug, Clone)]
pub struct AttendedMeeting {
    /// The rows.
    pub batch: Batch,
    /// The meeting's facts. Zoom tells none of a webinar.
    pub past: Option<PastMeeting>,
    /// Its times, for [`crate::attendance::report()`].
    pub meeting: Meeting,
    /// What the reader should know about the rows, without names of people.
    pub notes: Vec<String>,
}

/// The meetings of one number share a schedule: it is read once.
#[derive(Debug, Clone, Default)]
pub enum Schedule {
    /// It is not needed.
    NotWanted,
    /// Nobody has asked for it yet.
    #[default]
    NotRead,
    /// Zoom's answer; `None` where there is no schedule, or not any more.
    Read(Option<Box<MeetingDetails>>),
}

impl Schedule {
    /// If a schedule is needed for this choice.
    pub fn for_window(choice: WindowChoice) -> Self {
        match choice {
            WindowChoice::Auto | WindowChoice::Scheduled => Self::NotRead,
            WindowChoice::Actual | WindowChoice::Between(..) => Self::NotWanted,
        }
    }
}

impl Zoom {
    /// Reads who was at a meeting that has ended, with its times. `schedule` is read if it is wanted and was not read
    /// before.
    ///
    /// # Errors
    /// When there are no rows, or not all of them and all are wanted.
    pub async fn attended(
        &self,
        uuid: &MeetingUuid,
        kind: Kind,
        zone: &TimeZone,
        schedule: &mut Schedule,
        wanted: Completeness,
    ) -> Result<AttendedMeeting, BatchError> {
        let mut notes = Vec::new();
        let batch = match (self.participants(uuid, kind).await, wanted) {
            (Err(error @ BatchError::NotReady { batch: Some(_), .. }), Completeness::Uncounted)
            | (Err(error), Completeness::AsItIs) => {
                let what = error.to_string();
                let batch = error.into_batch()?;
                notes.push(what);
                batch
            }
            (read, _) => read?,
        };
        notes.extend(batch.fallback.map(|fallback| fallback.to_string()));
        let past = match self.past_meeting_of(uuid, &batch).await {
            Ok(past) => past,
            Err(BatchError::MissingScope(scope)) => {
                notes.push(format!("the meeting's start, end and topic are not known: {scope}"));
                None
            }
            Err(error) => return Err(error),
        };
        if let Some(told) = past.as_ref().and_then(|past| past.participants)
            && told > batch.joins() as u64
        {
            let got = batch.joins();
            notes.push(format!("Zoom counts {told} participants and lists {got}: it may still be counting"));
        }
        let scheduled = self.scheduled(past.as_ref(), schedule).await?;
        let actual = past.as_ref().map(PastMeeting::window);
        Ok(AttendedMeeting { batch, past, meeting: Meeting { actual, scheduled, zone: zone.clone() }, notes })
    }

    /// The facts of a meeting; `None` for a webinar, and for a meeting that Zoom has forgotten but for its rows.
    async fn past_meeting_of(
        &self,
        uuid: &MeetingUuid,
        batch: &Batch,
    ) -> Result<Option<PastMeeting>, BatchError> {
        if batch.source.is_webinar() {
            return Ok(None);
        }
        match self.past_meeting(uuid).await {
            Ok(past) => Ok(Some(past)),
            Err(BatchError::NoMeeting | BatchError::Gone | BatchError::NoPlan(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn scheduled(
        &self,
        past: Option<&PastMeeting>,
        schedule: &mut Schedule,
    ) -> Result<Option<Window>, ZoomError> {
        let Some(past) = past.filter(|past| past.number != 0) else { return Ok(None) };
        if matches!(schedule, Schedule::NotRead) {
            let read = match self.meeting(past.number, None).await {
                Ok(details) => Some(Box::new(details)),
                Err(MeetingError::Zoom(
                    error @ (ZoomError::Busy { .. }
                    | ZoomError::Unreachable { .. }
                    | ZoomError::Credentials(_)),
                )) => return Err(error),
                // It has expired, or the app lacks the scope: the meeting's own times count.
                Err(_) => None,
            };
            *schedule = Schedule::Read(read);
        }
        let Schedule::Read(Some(details)) = schedule else { return Ok(None) };
        Ok(planned(details, past.start))
    }
}

/// When this instance was planned for: of a recurring meeting the nearest occurrence.
fn planned(details: &MeetingDetails, start: Timestamp) -> Option<Window> {
    let distance = |planned: Timestamp| (planned.as_second() - start.as_second()).abs();
    let (start, minutes) = match details.kind {
        MeetingType::Scheduled => (details.start?, details.minutes?),
        MeetingType::Recurring => details
            .occurrences
            .iter()
            .filter(|occurrence| occurrence.status == OccurrenceStatus::Available)
            .map(|occurrence| (occurrence.start, occurrence.minutes))
            .min_by_key(|(planned, _)| distance(*planned))?,
        _ => return None,
    };
    let seconds = i64::try_from(minutes).ok()?.checked_mul(60)?;
    let end = Timestamp::from_second(start.as_second().checked_add(seconds)?).ok()?;
    Some(Window { start, end })
}

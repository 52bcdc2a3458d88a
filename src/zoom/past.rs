//! Meetings that have ended: the facts of one, and the instances of a number.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use reqwest::StatusCode;
use serde_json::Value;

use super::api::{self, Zoom};
use super::participants::{BatchError, MissingScope, Refusal, refusal};
use super::rate_limit::Category;
use crate::attendance::Window;
use crate::recording::MeetingUuid;
use crate::recording::listing::{number, text};

/// Most days of one question for instances: Zoom advises a month.
const DAYS_MAX: i32 = 30;

/// The scope of a past meeting's facts.
const PAST_MEETING: MissingScope =
    MissingScope { granular: "meeting:read:past_meeting:admin", classic: "meeting:read:admin" };

/// The scope of the instances of a number.
const INSTANCES: MissingScope =
    MissingScope { granular: "meeting:read:list_past_instances:admin", classic: "meeting:read:admin" };

/// The scope of the instances of a webinar's number.
const WEBINAR_INSTANCES: MissingScope =
    MissingScope { granular: "webinar:read:list_past_instances:admin", classic: "webinar:read:admin" };

/// A meeting that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMeeting {
    pub uuid: MeetingUuid,
    /// The meeting's number.
    pub number: u64,
    /// As the host wrote it; may be empty.
    pub topic: String,
    /// The host's display name; may be empty.
    pub host: String,
    /// The host's address; may be empty.
    pub host_email: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Zoom's type of meeting: 0 and 2 scheduled, 1 instant, 3 and 8 recurring, 4 a personal room.
    pub kind: u64,
    /// How many people were there, or how many joins: Zoom does not document which.
    pub participants: Option<u64>,
}

impl PastMeeting {
    /// From its start to its end.
    pub fn window(&self) -> Window {
        Window { start: self.start, end: self.end }
    }
}

/// One instance of a number, that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastInstance {
    pub uuid: MeetingUuid,
    pub start: Timestamp,
}

impl Zoom {
    /// Returns the facts of a meeting that has ended.
    ///
    /// # Errors
    /// `NoMeeting` for a webinar too: Zoom tells these facts of meetings only.
    pub async fn past_meeting(&self, uuid: &MeetingUuid) -> Result<PastMeeting, BatchError> {
        let path = format!("/past_meetings/{}", api::segment(uuid)?);
        let answer = self.ask(Category::Light, &path, "uuid").await?;
        let past = answer.map_err(|fault| refused(refusal(fault), PAST_MEETING))?;
        let moment = |field| text(&past, field).parse::<Timestamp>().ok();
        let start = moment("start_time").ok_or_else(|| odd("start_time"))?;
        let minutes = i64::try_from(number(&past, "duration").unwrap_or_default()).unwrap_or_default();
        let end = moment("end_time").or_else(|| start.checked_add(minutes.minutes()).ok());
        Ok(PastMeeting {
            uuid: uuid.clone(),
            number: number(&past, "id").unwrap_or_default(),
            topic: text(&past, "topic"),
            host: text(&past, "user_name"),
            host_email: text(&past, "user_email"),
            start,
            end: end.unwrap_or(start).max(start),
            kind: number(&past, "type").unwrap_or_default(),
            participants: number(&past, "participants_count"),
        })
    }

    /// Returns the instances of a number that have ended, in the order of their starts. Without days, all that Zoom
    /// knows: those of 15 months.
    ///
    /// # Errors
    /// `NoMeeting` when Zoom does not know the number.
    pub async fn instances(
        &self,
        meeting: u64,
        days: Option<(Date, Date)>,
    ) -> Result<Vec<PastInstance>, BatchError> {
        match self.instances_at("past_meetings", INSTANCES, meeting, days).await {
            Err(BatchError::NoMeeting) => {
                match self.instances_at("past_webinars", WEBINAR_INSTANCES, meeting, days).await {
                    // Most numbers are meetings, and most accounts and apps have no webinars.
                    Err(error) if !error.is_busy() => Err(BatchError::NoMeeting),
                    listed => listed,
                }
            }
            listed => listed,
        }
    }

    async fn instances_at(
        &self,
        list: &str,
        scope: MissingScope,
        meeting: u64,
        days: Option<(Date, Date)>,
    ) -> Result<Vec<PastInstance>, BatchError> {
        let path = format!("/{list}/{meeting}/instances");
        let mut instances = Vec::new();
        for window in windows(days) {
            let path =
                window.map_or_else(|| path.clone(), |(from, to)| format!("{path}?from={from}&to={to}"));
            let field = if list == "past_webinars" { "webinars" } else { "meetings" };
            let answer = self.ask(Category::Medium, &path, field).await?;
            let page = answer.map_err(|fault| refused(refusal(fault), scope))?;
            let Some(Value::Array(rows)) = page.get(field) else { return Err(odd(field)) };
            instances.extend(rows.iter().filter_map(instance));
        }
        // Zoom does not say if a day at the border of two windows is in both.
        instances.sort_by(|one, other| (one.start, &one.uuid).cmp(&(other.start, &other.uuid)));
        instances.dedup();
        Ok(instances)
    }
}

fn instance(row: &Value) -> Option<PastInstance> {
    let uuid = MeetingUuid::new(&text(row, "uuid"))?;
    Some(PastInstance { uuid, start: text(row, "start_time").parse().ok()? })
}

/// What a refusal means where one meeting is asked for.
fn refused(refusal: Refusal, scope: MissingScope) -> BatchError {
    match refusal {
        Refusal::Missing | Refusal::Webinar => BatchError::NoMeeting,
        Refusal::TooOld => BatchError::Gone,
        Refusal::Scope => BatchError::MissingScope(scope),
        Refusal::Other(error) => error,
    }
}

/// An answer without this field is none of Zoom's.
fn odd(field: &str) -> BatchError {
    let what = format!("an answer without `{field}` (status {})", StatusCode::OK.as_u16());
    super::ZoomError::Unreachable { what, after: None }.into()
}

/// The days in windows of at most a month; one question without days.
fn windows(days: Option<(Date, Date)>) -> Vec<Option<(Date, Date)>> {
    let Some((since, until)) = days else { return vec![None] };
    let (mut windows, mut from) = (Vec::new(), since);
    while from <= until {
        let to = from.saturating_add((DAYS_MAX - 1).days()).min(until);
        windows.push(Some((from, to)));
        if to == until {
            break;
        }
        from = to.saturating_add(1.day());
    }
    windows
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_year_is_asked_for_in_months_without_gap_or_overlap() {
        assert_eq!(windows(None), [None]);
        let day = date(2026, 3, 2);
        assert_eq!(windows(Some((day, day))), [Some((day, day))]);
        assert_eq!(windows(Some((day, date(2026, 3, 1)))), []);
        let year = windows(Some((date(2026, 1, 1), date(2026, 12, 31))));
        let year: Vec<_> = year.into_iter().flatten().collect();
        assert_eq!((year[0].0, year.last().unwrap().1), (date(2026, 1, 1), date(2026, 12, 31)));
        for pair in year.windows(2) {
            assert_eq!(pair[0].1.tomorrow().unwrap(), pair[1].0);
        }
        assert!(year.iter().all(|(from, to)| (*to - *from).get_days() < 31 && from <= to));
        assert_eq!(windows(Some((jiff::civil::Date::MAX, jiff::civil::Date::MAX))).len(), 1);
    }
}

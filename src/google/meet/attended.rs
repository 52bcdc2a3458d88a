//! All that a report of attendance needs of one meeting of Google Meet: its rows, its times and its calendar entry.

mod people;

use std::collections::HashMap;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tracing::debug;

use super::{Meet, MeetError};
use crate::attendance::{Completeness, Meeting, Row, Window};
use crate::google::calendar::Calendar;
use crate::google::directory::Directory;
use crate::meet::attendance::{accounts, rows, whole};
use crate::meet::{Event, EventTime, MeetingCode, Room, Sitting, title_of};
use people::{People, SIDE_BY_SIDE};

/// After its end Google counts for a while. Nobody documents how long; what is read earlier is read again.
const SETTLING: SignedDuration = SignedDuration::from_mins(5);

/// If Google lacks an end for this long, waiting for it is of no use.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// Longest wait before what is read too early is read again: somebody waits for the command.
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(10);

/// How far around a meeting its calendar entry is looked for.
const AROUND: SignedDuration = SignedDuration::from_hours(2);

/// Most users whose calendars are asked for one entry.
const CALENDARS_MAX: usize = 5;

/// A meeting, and who was there.
#[derive(Debug, Clone)]
pub struct AttendedSitting {
    pub rows: Vec<Row>,
    /// The room's code, if it is known.
    pub code: Option<MeetingCode>,
    /// The calendar entry of the meeting, if there is one.
    pub event: Option<Event>,
    /// Its times, for [`crate::attendance::report()`].
    pub meeting: Meeting,
    /// What the reader should know about the rows, without names of people.
    pub notes: Vec<String>,
    /// The same, and it will pass.
    pub passing: Vec<String>,
}

/// Why there are no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttendedError {
    /// It is still on.
    #[error("the meeting has not ended yet: ask again afterwards, or count what there is with --partial")]
    Running,
    /// Some rows are not complete.
    #[error(
        "Google is still counting ({0}): ask again in some minutes, or count what there is with --partial"
    )]
    Counting(String),
    /// The list is empty.
    #[error("Google lists nobody who was in this meeting")]
    Nobody,
    /// Google has forgotten it since it was found.
    #[error("Google no longer has this meeting: it keeps conferences for 30 days")]
    Forgotten,
    /// A call failed.
    #[error(transparent)]
    Meet(#[from] MeetError),
}

impl AttendedError {
    /// True if the same call may succeed later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Running | Self::Counting(_) | Self::Nobody => true,
            Self::Forgotten => false,
            Self::Meet(error) => error.may_pass(),
        }
    }
}

/// An account, and its address if it has one.
type LookedUp<'a> = (&'a str, Result<Option<String>, MeetError>);

/// Reads meetings with all their people.
#[derive(Debug)]
pub struct Attendances {
    meet: Meet,
    directory: Directory,
    calendar: Calendar,
    /// Wait before what is read too early is read again.
    again_after: Duration,
}

impl Attendances {
    /// Makes a reader of these clients. `retry_wait` is the wait of the settings.
    pub fn new(meet: Meet, directory: Directory, calendar: Calendar, retry_wait: Duration) -> Self {
        Self { meet, directory, calendar, again_after: retry_wait.min(AGAIN_AFTER_MAX) }
    }

    /// Reads who was at a meeting, with its times. `code` is the room's code, if it is known already.
    ///
    /// # Errors
    /// When there are no rows, or not all of them and all are wanted.
    pub async fn read(
        &self,
        sitting: &Sitting,
        code: Option<&MeetingCode>,
        (zone, now): (&TimeZone, Timestamp),
        wanted: Completeness,
    ) -> Result<AttendedSitting, AttendedError> {
        let end = sitting.end();
        if end.is_none() && wanted != Completeness::AsItIs {
            return Err(AttendedError::Running);
        }
        let people = self.people(sitting, now).await?;
        let age = end.map(|end| now.duration_since(end));
        if wanted == Completeness::Whole
            && age.is_some_and(|age| age < LATE)
            && let Some(lacks) = people.lacks()
        {
            return Err(AttendedError::Counting(lacks));
        }
        let (mut notes, mut passing) = (people.notes(), Vec::new());
        match age {
            None => notes.push("the meeting was still on".to_owned()),
            Some(age) if age < SETTLING => {
                passing.push("the meeting has just ended: Google may still be counting".to_owned());
            }
            Some(_) => {}
        }
        let addresses = self.addresses(&people, &mut notes).await?;
        let rows = rows(&people.attendees, &addresses);
        if rows.is_empty() && wanted != Completeness::AsItIs {
            return Err(AttendedError::Nobody);
        }
        let code = match code {
            Some(code) => Some(code.clone()),
            None => self.code(sitting).await?,
        };
        let event = match &code {
            Some(code) => self.event(sitting, code, &mut notes).await?,
            None => None,
        };
        let actual = Window { start: whole(sitting.start()), end: whole(end.unwrap_or(now)) };
        let scheduled = event.as_ref().and_then(planned);
        let meeting = Meeting { actual: Some(actual), scheduled, zone: zone.clone() };
        Ok(AttendedSitting { rows, code, event, meeting, notes, passing })
    }

    /// Reads the people, and once more if that may have been too early.
    async fn people(&self, sitting: &Sitting, now: Timestamp) -> Result<People, AttendedError> {
        let people = People::read(&self.meet, sitting).await?;
        let Some(end) = sitting.end() else { return Ok(people) };
        let is_early = now.duration_since(end) < SETTLING || people.lacks().is_some();
        if !is_early {
            return Ok(people);
        }
        tokio::time::sleep(self.again_after).await;
        people.again(&self.meet, sitting).await
    }

    /// The addresses of accounts. Without the directory the people are counted as well, by their accounts.
    async fn addresses(
        &self,
        people: &People,
        notes: &mut Vec<String>,
    ) -> Result<HashMap<String, String>, MeetError> {
        let accounts = accounts(&people.attendees).into_iter();
        let asked: Vec<BoxFuture<'_, LookedUp<'_>>> = accounts
            .map(|account| async move { (account, self.directory.address_of(account).await) }.boxed())
            .collect();
        let (mut addresses, mut answers) = (HashMap::new(), stream::iter(asked).buffered(SIDE_BY_SIDE));
        while let Some((account, answer)) = answers.next().await {
            match answer {
                Ok(Some(address)) => drop(addresses.insert(account.to_owned(), address)),
                Ok(None) => {}
                Err(error) if error.may_pass() => return Err(error),
                Err(error) => {
                    notes.push(format!("the e-mail addresses are not known: {error}"));
                    break;
                }
            }
        }
        Ok(addresses)
    }

    async fn code(&self, sitting: &Sitting) -> Result<Option<MeetingCode>, MeetError> {
        let (Some(space), Some(user)) = (sitting.space(), sitting.seen_by().into_iter().next()) else {
            return Ok(None);
        };
        self.meet.code(user, &Room::Space(space.clone())).await
    }

    /// The entry in the calendar of somebody who sees the meeting.
    async fn event(
        &self,
        sitting: &Sitting,
        code: &MeetingCode,
        notes: &mut Vec<String>,
    ) -> Result<Option<Event>, MeetError> {
        let (start, end) = (sitting.start(), sitting.end());
        let from = start.checked_sub(AROUND).unwrap_or(start);
        let to = end.unwrap_or(start).checked_add(AROUND).unwrap_or(start);
        let mut refused = None;
        for user in sitting.seen_by().into_iter().take(CALENDARS_MAX) {
            match self.calendar.events(user, from, to).await {
                Ok(events) => {
                    if let Some(event) = title_of(&events, code, start, end) {
                        return Ok(Some(event.clone()));
                    }
                }
                Err(error) if error.may_pass() => return Err(error),
                Err(error) => {
                    debug!(%error, "a calendar is not read");
                    let is_about_all = error.is_about_all();
                    refused.get_or_insert(error);
                    if is_about_all {
                        break;
                    }
                }
            }
        }
        notes.extend(refused.map(|error| format!("the title and the planned times are not known: {error}")));
        Ok(None)
    }
}

/// When an entry is planned for; nothing for a whole day.
fn planned(event: &Event) -> Option<Window> {
    match (event.start, event.end) {
        (EventTime::At(start), EventTime::At(end)) => Some(Window { start, end }),
        _ => None,
    }
}

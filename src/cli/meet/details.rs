//! What the list of conferences does not say: codes, titles, people, recordings. A detail that is missing fails no list.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::Session;
use crate::google::{AT_ONCE, MeetError};
use crate::meet::{ArtifactKind, ArtifactState, Event, MeetingCode, Room, Sitting, SpaceName, title_of};

/// Calendars are read for this much longer than the conferences lasted: people come early, and entries are moved.
const AROUND: SignedDuration = SignedDuration::from_hours(2);

/// One meeting with its details.
pub(crate) struct Detailed {
    pub sitting: Sitting,
    pub code: Option<MeetingCode>,
    /// The calendar's entry.
    pub event: Option<Event>,
    /// The organiser's address, if it is known.
    pub organizer: Option<String>,
    /// How many people were there; `None` if Google does not say.
    pub people: Option<usize>,
    pub recorded: Option<Recorded>,
}

/// If there is a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    Yes,
    NotReady,
    No,
}

impl Recorded {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NotReady => "not ready",
            Self::No => "no",
        }
    }
}

/// Meetings with their details, and what is told about those that are missing.
pub(crate) struct Details {
    pub meetings: Vec<Detailed>,
    pub notes: Vec<String>,
    /// True if a call failed that may succeed later.
    pub is_incomplete: bool,
}

/// Reads the details. `is_whole` says that every user of the company was asked. `is_brief` leaves out all but codes.
///
/// # Errors
/// When every further call would fail as well.
pub(crate) async fn read(
    session: &Session,
    sittings: Vec<Sitting>,
    is_whole: bool,
    is_brief: bool,
) -> Result<Details, MeetError> {
    let mut trouble = Trouble::default();
    let codes = codes(session, &sittings, &mut trouble).await?;
    let calendars =
        if is_brief { BTreeMap::new() } else { calendars(session, &sittings, &mut trouble).await };
    let counted = stream::iter(sittings.iter().map(|sitting| count(session, sitting, is_brief)));
    let counted: Vec<Result<Counted, MeetError>> = counted.buffered(AT_ONCE).collect().await;
    let mut meetings = Vec::with_capacity(sittings.len());
    for (sitting, counted) in sittings.into_iter().zip(counted) {
        let counted = match counted {
            Ok(counted) => counted,
            Err(error) => {
                trouble.add(error)?;
                Counted::default()
            }
        };
        let code = sitting.space().and_then(|space| codes.get(space)).cloned();
        let event = code.as_ref().and_then(|code| event_of(&sitting, code, &calendars)).cloned();
        let organizer = organizer(&sitting, event.as_ref(), is_whole);
        let Counted { people, recorded } = counted;
        meetings.push(Detailed { sitting, code, event, organizer, people, recorded });
    }
    Ok(Details { meetings, is_incomplete: trouble.is_passing, notes: trouble.notes() })
}

/// The code, the title and the organiser of one meeting. `code` is the room's, if it is known already.
///
/// # Errors
/// When every further call would fail as well.
pub(crate) async fn name(
    session: &Session,
    sitting: Sitting,
    code: Option<MeetingCode>,
) -> Result<(Detailed, Vec<String>), MeetError> {
    let mut trouble = Trouble::default();
    let sittings = [sitting];
    let code = match (code, sittings[0].space()) {
        (None, Some(space)) => codes(session, &sittings, &mut trouble).await?.remove(space),
        (code, _) => code,
    };
    let calendars = calendars(session, &sittings, &mut trouble).await;
    let event = code.as_ref().and_then(|code| event_of(&sittings[0], code, &calendars)).cloned();
    let [sitting] = sittings;
    let organizer = organizer(&sitting, event.as_ref(), false);
    let named = Detailed { sitting, code, event, organizer, people: None, recorded: None };
    Ok((named, trouble.notes()))
}

/// The calendar's organiser; else the only user of the whole company who sees the meeting. Never a guess.
fn organizer(sitting: &Sitting, event: Option<&Event>, is_whole: bool) -> Option<String> {
    let planned = event.map(|event| event.organizer.clone()).filter(|organizer| !organizer.is_empty());
    planned.or_else(|| match sitting.seen_by().as_slice() {
        [only] if is_whole => Some((*only).to_owned()),
        _ => None,
    })
}

/// The codes of the rooms, each asked once.
async fn codes(
    session: &Session,
    sittings: &[Sitting],
    trouble: &mut Trouble,
) -> Result<BTreeMap<SpaceName, MeetingCode>, MeetError> {
    let mut rooms: BTreeMap<SpaceName, String> = BTreeMap::new();
    for sitting in sittings {
        if let (Some(space), Some(user)) = (sitting.space(), sitting.seen_by().first()) {
            rooms.entry(space.clone()).or_insert_with(|| (*user).to_owned());
        }
    }
    let asked = rooms.into_iter().map(async |(space, user)| {
        let code = session.meet.code(&user, &Room::Space(space.clone())).await;
        (space, code)
    });
    let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let mut codes = BTreeMap::new();
    for (space, code) in answers {
        match code {
            Ok(Some(code)) => drop(codes.insert(space, code)),
            Ok(None) => {}
            Err(error) => trouble.add(error)?,
        }
    }
    Ok(codes)
}

/// The calendars of the users through whom the meetings were found. Without them codes stand for titles.
async fn calendars(
    session: &Session,
    sittings: &[Sitting],
    trouble: &mut Trouble,
) -> BTreeMap<String, Vec<Event>> {
    let users: BTreeSet<&str> =
        sittings.iter().filter_map(|sitting| sitting.seen_by().first().copied()).collect();
    let Some((from, to)) = span(sittings, session.now) else { return BTreeMap::new() };
    // After a refusal that is not about one user nobody else is asked.
    let is_off = AtomicBool::new(false);
    let asked = users.into_iter().map(async |user| {
        if is_off.load(Ordering::Relaxed) {
            return (user.to_owned(), Ok(Vec::new()));
        }
        let events = session.calendar.events(user, from, to).await;
        if events
            .as_ref()
            .is_err_and(|error| error.is_about_all() || matches!(error, MeetError::NotDelegated { .. }))
        {
            is_off.store(true, Ordering::Relaxed);
        }
        (user.to_owned(), events)
    });
    let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let mut calendars = BTreeMap::new();
    for (user, events) in answers {
        match events {
            Ok(events) => drop(calendars.insert(user, events)),
            Err(error) => trouble.no_title(&error),
        }
    }
    calendars
}

/// The time in which calendars are read.
fn span(sittings: &[Sitting], now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let from = sittings.iter().map(Sitting::start).min()?;
    let to = sittings.iter().map(|sitting| sitting.end().unwrap_or(now)).max()?;
    Some((from.checked_sub(AROUND).unwrap_or(from), to.checked_add(AROUND).unwrap_or(to)))
}

fn event_of<'c>(
    sitting: &Sitting,
    code: &MeetingCode,
    calendars: &'c BTreeMap<String, Vec<Event>>,
) -> Option<&'c Event> {
    let events = calendars.get(*sitting.seen_by().first()?)?;
    title_of(events, code, sitting.start(), sitting.end())
}

#[derive(Debug, Default)]
struct Counted {
    people: Option<usize>,
    recorded: Option<Recorded>,
}

/// People and recordings of a meeting. Somebody who was in two of its parts counts once.
async fn count(session: &Session, sitting: &Sitting, is_brief: bool) -> Result<Counted, MeetError> {
    let mut people: HashSet<String> = HashSet::new();
    let mut recorded = Recorded::No;
    if is_brief {
        return Ok(Counted::default());
    }
    for part in &sitting.parts {
        let (user, name) =
            (part.seen_by.first().map(String::as_str).unwrap_or_default(), &part.conference.name);
        let participants = session.meet.participants(user, name).await?;
        people.extend(participants.iter().map(|one| one.user().unwrap_or(&one.name).to_owned()));
        for recording in session.meet.artifacts_of(user, name, ArtifactKind::Recording).await? {
            let is_ready = recording.state == ArtifactState::Generated;
            recorded = match recorded {
                Recorded::No if !is_ready => Recorded::NotReady,
                _ if is_ready => Recorded::Yes,
                known => known,
            };
        }
    }
    Ok(Counted { people: Some(people.len()), recorded: Some(recorded) })
}

/// Failures that concern details only.
#[derive(Debug, Default)]
struct Trouble {
    gone: usize,
    others: BTreeSet<String>,
    no_titles: Option<String>,
    is_passing: bool,
}

impl Trouble {
    fn add(&mut self, error: MeetError) -> Result<(), MeetError> {
        match error {
            error if error.is_about_all() => return Err(error),
            // Its thirty days are over since the list was read.
            MeetError::Gone(_) => self.gone += 1,
            error => {
                self.is_passing = true;
                self.others.insert(error.to_string());
            }
        }
        Ok(())
    }

    fn no_title(&mut self, error: &MeetError) {
        self.no_titles.get_or_insert_with(|| error.to_string());
    }

    fn notes(self) -> Vec<String> {
        let gone = (self.gone > 0).then(|| {
            let count = self.gone;
            let plural = if count == 1 { "meeting" } else { "meetings" };
            format!(
                "people and recordings of {count} {plural} are not known: Google keeps conferences 30 days"
            )
        });
        let titles = self.no_titles.map(|why| format!("codes stand for some titles: {why}"));
        let others = self.others.into_iter().map(|why| format!("some details are missing: {why}"));
        gone.into_iter().chain(titles).chain(others).collect()
    }
}

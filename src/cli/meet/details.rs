//! What the list of conferences does not say: codes, titles, people, recordings. A detail that is missing fails no list.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::Session;
use super::trouble::Trouble;
use crate::google::{AT_ONCE, MeetError};
use crate::meet::{
    Artifact, ArtifactKind, ArtifactState, Event, MeetingCode, Participant, Room, SeenConference, Sitting,
    SpaceName, title_of,
};

/// Calendars are read for this much longer than the conferences lasted: people come early, and entries are moved.
const AROUND: SignedDuration = SignedDuration::from_hours(2);

/// After this many calendars in a row for which the scope is missing, no others are asked: it is granted to nobody.
const REFUSED_MAX: usize = 16;

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

/// What is known before, and what is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Every user of the company was asked.
    pub is_whole: bool,
    /// Only codes are wanted.
    pub is_brief: bool,
    /// The code by which all meetings were found.
    pub code: Option<&'a MeetingCode>,
}

/// Reads the details.
///
/// # Errors
/// When every further call would fail as well.
pub(crate) async fn read(
    session: &Session,
    sittings: Vec<Sitting>,
    wanted: Wanted<'_>,
) -> Result<Details, MeetError> {
    let Wanted { is_whole, is_brief, code: known } = wanted;
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
        let code = sitting.space().and_then(|space| codes.get(space)).or(known).cloned();
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

/// The calendars of the users who see the meetings. Without them codes stand for titles.
async fn calendars(
    session: &Session,
    sittings: &[Sitting],
    trouble: &mut Trouble,
) -> BTreeMap<String, Vec<Event>> {
    let users: BTreeSet<&str> = sittings.iter().flat_map(Sitting::seen_by).collect();
    let Some((from, to)) = span(sittings, session.now) else { return BTreeMap::new() };
    let refused = AtomicUsize::new(0);
    let asked = users.into_iter().map(async |user| {
        if refused.load(Ordering::Relaxed) >= REFUSED_MAX {
            return (user.to_owned(), Ok(Vec::new()));
        }
        let events = session.calendar.events(user, from, to).await;
        match &events {
            Ok(_) => refused.store(0, Ordering::Relaxed),
            Err(MeetError::NotDelegated { .. }) => drop(refused.fetch_add(1, Ordering::Relaxed)),
            Err(error) if error.is_about_all() => refused.store(REFUSED_MAX, Ordering::Relaxed),
            Err(_) => {}
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
    let read = sitting.seen_by().into_iter().filter_map(|user| calendars.get(user));
    let mut found = read.filter_map(|events| title_of(events, code, sitting.start(), sitting.end()));
    found.next()
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
        let (participants, recordings) = details_of(session, part).await?;
        people.extend(participants.iter().map(|one| one.user().unwrap_or(&one.name).to_owned()));
        for recording in recordings {
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

/// People and recordings of a conference, through the first user who may read them.
async fn details_of(
    session: &Session,
    part: &SeenConference,
) -> Result<(Vec<Participant>, Vec<Artifact>), MeetError> {
    let name = &part.conference.name;
    let mut refused = None;
    for user in &part.seen_by {
        let read = async {
            let participants = session.meet.participants(user, name).await?;
            let recordings = session.meet.artifacts_of(user, name, ArtifactKind::Recording).await?;
            Ok((participants, recordings))
        };
        match read.await {
            // Google may list a conference and refuse its people to the same user.
            Err(error @ MeetError::Denied { .. }) => refused = Some(error),
            read => return read,
        }
    }
    Err(refused.unwrap_or_else(|| MeetError::Gone(format!("conference {name}"))))
}

//! Finds one meeting by the name of a conference or by the code of a room, and reads who was in it.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};

use super::Session;
use crate::google::MeetError;
use crate::meet::{
    ConferenceFilter, ConferenceName, MeetingCode, Participant, Room, SeenConference, Sitting, sittings,
    unite,
};

/// Most calls at once about the participants of one meeting.
const AT_ONCE: usize = 4;

/// A meeting, as somebody named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeetReference {
    /// One conference.
    Record(ConferenceName),
    /// The last meeting in this room.
    Code(MeetingCode),
}

impl std::str::FromStr for MeetReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().starts_with("conferenceRecords/") {
            return text
                .parse()
                .map(Self::Record)
                .map_err(|error: crate::meet::NoConferenceName| error.to_string());
        }
        let code: Result<MeetingCode, _> = text.parse();
        code.map(Self::Code)
            .map_err(|error| format!("{error}, or a conference such as conferenceRecords/b4a5c6d7"))
    }
}

/// A meeting that was found.
#[derive(Debug, Clone)]
pub(crate) struct FoundMeeting {
    pub sitting: Sitting,
    /// The code by which it was found.
    pub code: Option<MeetingCode>,
    /// Older meetings in the same room.
    pub others: usize,
}

/// Finds the meeting. A conference stands for itself; a code for the last meeting in its room, with all its parts.
///
/// # Errors
/// `Gone` when there is none.
pub(crate) async fn find(
    session: &Session,
    user: &str,
    meeting: &MeetReference,
) -> Result<FoundMeeting, MeetError> {
    match meeting {
        MeetReference::Record(name) => {
            let conference = session.meet.record(user, name).await?;
            let seen = SeenConference { conference, seen_by: vec![user.to_owned()] };
            Ok(FoundMeeting { sitting: Sitting { parts: vec![seen] }, code: None, others: 0 })
        }
        MeetReference::Code(code) => {
            let filter = ConferenceFilter::of_room(Room::Code(code.clone()));
            let conferences = session.meet.records(user, &filter).await?;
            let mut found = sittings(unite([(user.to_owned(), conferences)]), false).into_iter();
            let sitting = found.next().ok_or_else(|| {
                MeetError::Gone(format!(
                    "conference in {code} that {user} sees: Google keeps conferences 30 days, and a code dies when it \
                     is unused for a year"
                ))
            })?;
            Ok(FoundMeeting { sitting, code: Some(code.clone()), others: found.count() })
        }
    }
}

/// One person of a meeting, with the joins of all its parts.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub participant: Participant,
    /// From the directory; `None` for somebody outside of the company.
    pub address: Option<String>,
    /// In the order of time.
    pub sessions: Vec<crate::meet::Session>,
}

/// The people of a meeting, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    pub people: Vec<Person>,
    /// For people: what is missing.
    pub notes: Vec<String>,
}

/// Reads who was in a meeting. A part that Google forgets in the meantime is told.
///
/// # Errors
/// When Google cannot be asked, or refuses.
pub(crate) async fn people(session: &Session, sitting: &Sitting) -> Result<People, MeetError> {
    let mut read = People::default();
    let mut places: HashMap<String, usize> = HashMap::new();
    for part in &sitting.parts {
        let user = part.seen_by.first().map(String::as_str).unwrap_or_default();
        let joined = match joined(session, user, &part.conference.name).await {
            Ok(joined) => joined,
            Err(MeetError::Gone(what)) => {
                read.notes.push(format!("a part is missing; Google knows no {what}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        for person in joined {
            // Only an account says that two participants are one person.
            match person.participant.user().and_then(|user| places.get(user)) {
                Some(place) => read.people[*place].sessions.extend(person.sessions),
                None => {
                    if let Some(user) = person.participant.user() {
                        places.insert(user.to_owned(), read.people.len());
                    }
                    read.people.push(person);
                }
            }
        }
    }
    read.notes.extend(addresses(session, &mut read.people).await?);
    for person in &mut read.people {
        person.sessions.sort_by_key(|joined| (joined.start, joined.end, joined.name.clone()));
    }
    read.people.sort_by_key(|person| {
        let first = person.sessions.first().map(|joined| joined.start).or(person.participant.earliest_start);
        (first, person.participant.display_name.clone(), person.participant.name.clone())
    });
    Ok(read)
}

async fn joined(session: &Session, user: &str, name: &ConferenceName) -> Result<Vec<Person>, MeetError> {
    let participants = session.meet.participants(user, name).await?;
    let read = participants.into_iter().map(async |participant| {
        let sessions = session.meet.sessions(user, &participant).await?;
        Ok(Person { participant, address: None, sessions })
    });
    stream::iter(read).buffered(AT_ONCE).try_collect().await
}

/// Asks the directory for the addresses of those who were signed in. It may be closed to us: then nobody has one.
async fn addresses(session: &Session, people: &mut [Person]) -> Result<Option<String>, MeetError> {
    let users: Vec<String> =
        people.iter().filter_map(|person| person.participant.user().map(str::to_owned)).collect();
    let mut users = users.into_iter();
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    // The first answer says if the directory may be read at all.
    if let Some(first) = users.next() {
        match session.directory.address_of(&first).await {
            Ok(address) => drop(known.insert(first, address)),
            Err(error) if error.may_pass() => return Err(error),
            Err(error) => return Ok(Some(format!("addresses are not known: {error}"))),
        }
    }
    let asked = users.map(async |user| {
        let address = session.directory.address_of(&user).await?;
        Ok::<_, MeetError>((user, address))
    });
    let asked: Vec<(String, Option<String>)> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    known.extend(asked);
    for person in people {
        let user = person.participant.user();
        person.address = user.and_then(|user| known.get(user)).cloned().flatten();
    }
    Ok(None)
}

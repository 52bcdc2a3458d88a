//! The people of a meeting with all their joins: every page, or an error.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use super::AttendedError;
use crate::google::meet::{Meet, MeetError};
use crate::meet::attendance::Attendee;
use crate::meet::{Participant, SeenConference, Sitting};

/// Calls about the people of one meeting that are made at the same time.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// The people of all parts of a meeting.
#[derive(Debug)]
pub(super) struct People {
    listed: Vec<Part>,
    pub(super) attendees: Vec<Attendee>,
    /// Participants whose joins Google no longer has.
    vanished: usize,
    /// Participants that have no join, and joins that have no end, in parts that have ended.
    timeless: usize,
    open: usize,
}

/// The participants of one part. `None` if Google no longer has it.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    user: String,
    has_ended: bool,
    participants: Option<Vec<Participant>>,
}

impl People {
    /// Reads them.
    ///
    /// # Errors
    /// When any page of any list fails, or Google has no part any more.
    pub(super) async fn read(meet: &Meet, sitting: &Sitting) -> Result<Self, AttendedError> {
        let listed = list(meet, sitting).await?;
        if listed.iter().all(|part| part.participants.is_none()) {
            return Err(AttendedError::Forgotten);
        }
        Ok(Self::of(meet, listed).await?)
    }

    /// Reads them again. If nobody is new and nobody has left in between, what is known stands.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn again(self, meet: &Meet, sitting: &Sitting) -> Result<Self, AttendedError> {
        if self.lacks().is_none() && list(meet, sitting).await? == self.listed {
            return Ok(self);
        }
        Self::read(meet, sitting).await
    }

    async fn of(meet: &Meet, listed: Vec<Part>) -> Result<Self, MeetError> {
        // Boxed, and without a closure over references: else the compiler cannot see that it may move between threads.
        let mut reads: Vec<BoxFuture<'_, Result<Joins, MeetError>>> = Vec::new();
        for part in &listed {
            for participant in part.participants.iter().flatten() {
                reads.push(joins(meet, part, participant).boxed());
            }
        }
        let read: Vec<Joins> = stream::iter(reads).buffered(SIDE_BY_SIDE).try_collect().await?;
        let vanished = read.iter().filter(|(_, attendee)| attendee.is_none()).count();
        let ended = || read.iter().filter(|(has_ended, _)| *has_ended).filter_map(|(_, read)| read.as_ref());
        let timeless = ended().filter(|attendee| attendee.sessions.is_empty()).count();
        let open = ended().flat_map(|attendee| &attendee.sessions).filter(|session| session.end.is_none());
        let open = open.count();
        let attendees = read.into_iter().filter_map(|(_, attendee)| attendee).collect();
        Ok(Self { listed, attendees, vanished, timeless, open })
    }

    /// What Google may still add, of the parts that have ended; `None` if all is complete.
    pub(super) fn lacks(&self) -> Option<String> {
        let open = counted(self.open, "join", "without an end");
        let timeless = counted(self.timeless, "participant", "without times");
        let lacks: Vec<String> = open.into_iter().chain(timeless).collect();
        Some(lacks.join(", ")).filter(|lacks| !lacks.is_empty())
    }

    /// What readers must know of rows with which this is missing.
    pub(super) fn notes(&self) -> Vec<String> {
        let gone = self.listed.iter().filter(|part| part.participants.is_none()).count();
        let of_all = format!("of {}: Google keeps conferences for 30 days", self.listed.len());
        let notes = [
            counted(gone, "part", &format!("not counted, {of_all}")),
            counted(self.vanished, "participant", "not counted: Google no longer has the times"),
            counted(self.timeless, "participant", "not counted: Google has no times"),
            counted(self.open, "join", "without an end: counted to the end of the meeting"),
        ];
        notes.into_iter().flatten().collect()
    }
}

/// `2 joins without an end`; nothing for none.
fn counted(count: usize, what: &str, said: &str) -> Option<String> {
    let plural = if count == 1 { "" } else { "s" };
    (count > 0).then(|| format!("{count} {what}{plural} {said}"))
}

/// If the part has ended, and a participant with all joins; `None` if Google has forgotten it since the list was read.
type Joins = (bool, Option<Attendee>);

async fn joins(meet: &Meet, part: &Part, participant: &Participant) -> Result<Joins, MeetError> {
    let attendee = match meet.sessions(&part.user, participant).await {
        Ok(sessions) => Some(Attendee { participant: participant.clone(), sessions }),
        Err(MeetError::Gone(_)) => None,
        Err(error) => return Err(error),
    };
    Ok((part.has_ended, attendee))
}

async fn list(meet: &Meet, sitting: &Sitting) -> Result<Vec<Part>, MeetError> {
    let mut parts = Vec::with_capacity(sitting.parts.len());
    for seen in &sitting.parts {
        parts.push(part(meet, seen).await?);
    }
    Ok(parts)
}

/// The participants of one part, as the first user who may read them.
async fn part(meet: &Meet, seen: &SeenConference) -> Result<Part, MeetError> {
    let has_ended = seen.conference.end.is_some();
    let (mut denied, mut last) = (None, String::new());
    for user in &seen.seen_by {
        match meet.participants(user, &seen.conference.name).await {
            Ok(participants) => {
                return Ok(Part { user: user.clone(), has_ended, participants: Some(participants) });
            }
            Err(MeetError::Gone(_)) => {}
            Err(error @ MeetError::Denied { .. }) => denied = Some(error),
            Err(error) => return Err(error),
        }
        last.clone_from(user);
    }
    match denied {
        Some(error) => Err(error),
        None => Ok(Part { user: last, has_ended, participants: None }),
    }
}

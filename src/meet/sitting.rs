//! Conferences of one room that follow each other are one meeting: people waited, or were cut off and came back.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::{Conference, SeenConference, SpaceName};

/// Conferences of one room that are at most this long apart are one meeting.
pub const GAP_MAX: SignedDuration = SignedDuration::from_mins(15);

/// Google ends a conference after this time.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// One meeting: conferences of one room, oldest first; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    pub parts: Vec<SeenConference>,
}

impl Sitting {
    /// The room.
    pub fn space(&self) -> Option<&SpaceName> {
        self.parts.first().and_then(|part| part.conference.space.as_ref())
    }

    /// When the first part started.
    pub fn start(&self) -> Timestamp {
        self.parts.iter().map(|part| part.conference.start).min().unwrap_or_default()
    }

    /// When the last part ended; `None` while one is on.
    pub fn end(&self) -> Option<Timestamp> {
        let ends: Option<Vec<Timestamp>> = self.parts.iter().map(|part| part.conference.end).collect();
        ends?.into_iter().max()
    }

    /// When Google forgets the first of its parts.
    pub fn expires(&self) -> Option<Timestamp> {
        self.parts.iter().filter_map(|part| part.conference.expires).min()
    }

    /// The users who see any part, each once.
    pub fn seen_by(&self) -> Vec<&str> {
        let mut users: Vec<&str> = Vec::new();
        for user in self.parts.iter().flat_map(|part| &part.seen_by) {
            if !users.contains(&user.as_str()) {
                users.push(user);
            }
        }
        users
    }
}

/// Groups conferences into meetings, newest first. `is_apart` leaves each by itself.
pub fn sittings(conferences: Vec<SeenConference>, is_apart: bool) -> Vec<Sitting> {
    let mut conferences = conferences;
    // Within one room, from the oldest to the newest.
    conferences.sort_by(|a, b| {
        let key = |seen: &SeenConference| {
            let Conference { space, start, name, .. } = &seen.conference;
            (space.clone(), *start, name.clone())
        };
        key(a).cmp(&key(b))
    });
    let mut sittings: Vec<Sitting> = Vec::new();
    for seen in conferences {
        match sittings.last_mut() {
            Some(last) if !is_apart && belongs(last, &seen) => last.parts.push(seen),
            _ => sittings.push(Sitting { parts: vec![seen] }),
        }
    }
    // Stable: meetings of one instant stay in the order of their rooms and names.
    sittings.sort_by_key(|sitting| Reverse(sitting.start()));
    sittings
}

/// True if this conference continues the meeting. A conference without a room belongs to no other one.
fn belongs(sitting: &Sitting, seen: &SeenConference) -> bool {
    let conference = &seen.conference;
    let is_same_room = conference.space.is_some() && sitting.space() == conference.space.as_ref();
    // One without an end may be on, or Google has not closed it.
    let end = |part: &SeenConference| {
        let Conference { start, end, .. } = &part.conference;
        end.unwrap_or_else(|| start.saturating_add(LONGEST).unwrap_or(*start))
    };
    let last = sitting.parts.iter().map(end).max();
    is_same_room && last.is_some_and(|last| conference.start.duration_since(last) <= GAP_MAX)
}

#[cfg(test)]
mod tests;

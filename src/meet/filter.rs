//! Which conferences are listed, in Google's grammar. Pure.
//!
//! Google documents `=`, `>=`, `<=`, `AND` and `IS NULL`, with values in double quotes. Nothing else is used. What
//! these cannot say is done by [`ConferenceFilter::keeps`].

use jiff::Timestamp;

use super::{Conference, MeetingCode, SpaceName};

/// A room, by its code or by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Room {
    Code(MeetingCode),
    Space(SpaceName),
}

/// Conferences that touch a span of time, of any room or of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConferenceFilter {
    pub room: Option<Room>,
    /// Those that ended before it are left out.
    pub since: Option<Timestamp>,
    /// Those that started then or later are left out.
    pub until: Option<Timestamp>,
}

impl ConferenceFilter {
    /// One conference's room, without a span of time.
    pub fn of_room(room: Room) -> Self {
        Self { room: Some(room), ..Self::default() }
    }

    /// The filters of the lists that are needed, those of conferences that are still on first: one that ends between
    /// the two calls is then in both lists, and not in none. An empty filter lists everything.
    pub fn queries(&self) -> Vec<String> {
        match self.since {
            Some(since) => {
                vec![self.running(), self.joined(Some(format!("end_time>=\"{}\"", written(since))))]
            }
            // Without it no condition leaves out conferences that are still on.
            None => vec![self.joined(None)],
        }
    }

    /// Those that are still on.
    fn running(&self) -> String {
        self.joined(Some("end_time IS NULL".to_owned()))
    }

    fn joined(&self, end: Option<String>) -> String {
        let room = self.room.as_ref().map(|room| match room {
            Room::Code(code) => format!("space.meeting_code = \"{code}\""),
            Room::Space(space) => format!("space.name = \"{space}\""),
        });
        let start = self.until.map(|until| format!("start_time<=\"{}\"", written(until)));
        room.into_iter().chain(end).chain(start).collect::<Vec<_>>().join(" AND ")
    }

    /// True for a conference that is meant. Google's `<=` also lists one that starts exactly at `until`.
    pub fn keeps(&self, conference: &Conference) -> bool {
        self.until.is_none_or(|until| conference.start < until)
    }
}

/// Whole seconds in UTC.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

//! Scheduled meetings: what `GET`, `POST`, `PATCH` and `DELETE` do with them.
//!
//! Strict where Zoom is: limits of lengths, 100 creates and updates a day, one write at a time per host. And silent where
//! Zoom is: an offset other than `Z` is read as UTC, an unknown zone becomes the account's, a start in the past makes an
//! instant meeting or changes nothing.

mod body;
mod dates;
mod listing;
mod model;
mod reading;
mod writing;
mod zones;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::Zoom;
use super::request::Endpoint;
use crate::sandbox::faults::Canned;

pub use model::{Occurrence, Scheduled};

/// The owner of the app, whom `me` means.
const OWNER: &str = "ada@example.com";

/// Creates and updates of one host in one day (UTC).
const WRITES_A_DAY: u32 = 100;

/// How Zoom treats meetings, apart from the meetings themselves.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Users who may not host.
    may_not_host: Vec<String>,
    /// Nobody may view meetings that are scheduled for others.
    hides_others: bool,
    /// An upcoming series is listed once for each of its dates.
    expands_series: bool,
    /// Shortest passcode that the account's rules allow.
    passcode_min: usize,
    /// Creates and updates, by host and day.
    writes: Vec<(String, Date)>,
    /// Hosts of which something is being written.
    in_flight: Vec<String>,
    /// The tokens in `start_url`: each opens a meeting as its host.
    pub(super) start_tokens: Vec<String>,
    /// The bodies of all creates and updates.
    bodies: Vec<Value>,
}

impl Zoom {
    /// Somebody scheduled a meeting in Zoom's client. Returns its number.
    pub fn schedule(&self, meeting: Scheduled) -> u64 {
        let id = meeting.id;
        self.world().scheduled.push(meeting);
        id
    }

    /// The scheduled meetings as they are now, in the order in which they were made.
    pub fn scheduled(&self) -> Vec<Scheduled> {
        self.world().scheduled.clone()
    }

    /// Changes a meeting behind the program's back.
    ///
    /// # Panics
    /// When there is no such meeting: a slip in the test that calls it.
    pub fn set_scheduled(&self, id: u64, change: impl FnOnce(&mut Scheduled)) {
        let mut world = self.world();
        let meeting = world.scheduled.iter_mut().find(|meeting| meeting.id == id);
        change(meeting.expect("the test names a meeting that it has scheduled"));
    }

    /// This user may not host meetings any more.
    pub fn forbid_hosting(&self, email: &str) {
        self.world().meeting_rules.may_not_host.push(email.to_owned());
    }

    /// Switches off "Display meetings scheduled for others".
    pub fn hide_others(&self) {
        self.world().meeting_rules.hides_others = true;
    }

    /// An upcoming series is listed once for each of its dates, from now on.
    pub fn expand_series(&self) {
        self.world().meeting_rules.expands_series = true;
    }

    /// The account demands passcodes of at least this length.
    pub fn demand_passcodes(&self, characters: usize) {
        self.world().meeting_rules.passcode_min = characters;
    }

    /// So many creates and updates were made today for this host.
    pub fn use_up_writes(&self, email: &str, count: usize) {
        let today = today();
        self.world().meeting_rules.writes.extend(std::iter::repeat_n((email.to_owned(), today), count));
    }

    /// The bodies of all creates and updates so far.
    pub fn meeting_bodies(&self) -> Vec<Value> {
        self.world().meeting_rules.bodies.clone()
    }

    /// Marks a write of this host as under way, or refuses it.
    pub(super) fn begin_write(
        &self,
        place: &Endpoint,
        is_write: bool,
    ) -> Result<Option<Writing<'_>>, Canned> {
        let mut world = self.world();
        let host = match place {
            Endpoint::UserMeetings(user) if is_write => self.host_of(user, &world)?,
            Endpoint::Meeting(id) if is_write => {
                let meeting = world.scheduled.iter().find(|meeting| meeting.id.to_string() == *id);
                let Some(meeting) = meeting else { return Ok(None) };
                meeting.host_email.clone()
            }
            _ => return Ok(None),
        };
        let in_flight = &mut world.meeting_rules.in_flight;
        if in_flight.contains(&host) {
            let text = "Too many concurrent requests. A request to change this user's meetings has already been made.";
            return Err(Canned::zoom(429, 429, text));
        }
        in_flight.push(host.clone());
        Ok(Some(Writing { zoom: self, host }))
    }

    /// Counts a create or an update, or refuses it until tomorrow.
    fn count_write(&self, host: &str) -> Result<(), Canned> {
        let (mut world, today) = (self.world(), today());
        let writes = &mut world.meeting_rules.writes;
        let made = writes.iter().filter(|(known, day)| known == host && *day == today).count();
        if made >= WRITES_A_DAY as usize {
            let text = "You have exceeded the daily rate limit of Meeting Create/Update API requests permitted \
                        for this user: 100 per day.";
            let midnight = today.tomorrow().map(|day| format!("{day}T00:00:00Z")).unwrap_or_default();
            return Err(Canned::zoom(429, 429, text).header("retry-after", &midnight));
        }
        writes.push((host.to_owned(), today));
        Ok(())
    }
}

/// A write under way; it ends when this is dropped, also if the caller goes away.
pub(super) struct Writing<'z> {
    zoom: &'z Zoom,
    host: String,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.zoom.world().meeting_rules.in_flight.retain(|host| *host != self.host);
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

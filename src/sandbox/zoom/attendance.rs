//! Who was at a meeting: the four lists of participants, past meetings and their instances, with all their oddities.

mod answers;
mod attendee;
mod model;
mod pages;

pub use attendee::Attendee;
pub use model::{Age, Attendance, Look, PageOddity};

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::super::faults::Canned;
use super::Zoom;

/// The span over which Zoom counts expensive calls.
const SECOND: Duration = Duration::from_secs(1);

/// What the lists of participants say beyond their rows, and the expensive calls.
#[derive(Debug, Default)]
pub(super) struct Reports {
    by_uuid: HashMap<String, Attendance>,
    heavy: Vec<Instant>,
    heavy_per_second: Option<usize>,
}

impl Zoom {
    /// Changes what Zoom says of who was at this meeting.
    pub fn set_attendance(&self, uuid: &str, change: impl FnOnce(&mut Attendance)) {
        change(self.world().reports.by_uuid.entry(uuid.to_owned()).or_default());
    }

    /// One more row in the lists of participants, later than the others.
    pub fn add_attendee(&self, uuid: &str, attendee: Attendee) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.meeting.attendance.push(attendee);
        }
    }

    /// The number of calls in Zoom's class HEAVY so far.
    pub fn heavy_calls(&self) -> usize {
        self.world().reports.heavy.len()
    }

    /// From now on more calls of class HEAVY within a second get a 429.
    pub fn set_heavy_per_second(&self, most: Option<usize>) {
        self.world().reports.heavy_per_second = most;
    }

    /// Counts an expensive call, and refuses it if there were too many within a second.
    fn count_heavy(&self) -> Result<(), Canned> {
        let reports = &mut self.world().reports;
        let now = Instant::now();
        let lately = reports.heavy.iter().filter(|at| now.duration_since(**at) < SECOND).count();
        reports.heavy.push(now);
        if reports.heavy_per_second.is_none_or(|most| lately < most) {
            return Ok(());
        }
        self.violation(format!("{} calls of class HEAVY within a second", lately + 1));
        let message = "You have reached the maximum per-second rate limit for this API. Try again later.";
        Err(Canned::zoom(429, 429, message)
            .header("x-ratelimit-category", "Heavy")
            .header("x-ratelimit-type", "QPS"))
    }
}

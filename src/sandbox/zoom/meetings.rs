//! Scheduled meetings: what `GET`, `POST`, `PATCH` and `DELETE` do with them.

mod model;
mod reading;

pub use model::{Occurrence, Scheduled};

use super::Zoom;

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
}

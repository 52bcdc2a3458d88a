//! Meetings as Zoom schedules them, and the plans that people make for them. Pure: no network, no clock.
//!
//! [`MeetingDetails`] is what Zoom knows about a meeting. [`start::instant`] turns a local time into an instant, and
//! [`zones::for_zoom`] a zone into one that Zoom knows. A [`Recurrence`] says when a meeting repeats. A [`Plan`] holds
//! the settings that somebody gave, and becomes the body of a call. [`overlap`] finds meetings at the same time. A
//! [`MeetingReference`] is what people call a meeting by.

mod details;
pub mod overlap;
mod plan;
mod recurrence;
mod reference;
pub mod start;
pub mod zones;

pub use details::{MeetingDetails, MeetingType, Occurrence, OccurrenceStatus};
pub use plan::{MINUTES_DEFAULT, Plan, PlanError, Recorded};
pub use recurrence::{End, Recurrence, Repeat};
pub use reference::{MeetingReference, NoMeetingReference, NotAMeeting, number};

//! Meetings as Zoom schedules them, and the plans that people make for them. Pure: no network, no clock.
//!
//! [`MeetingDetails`] is what Zoom knows about a meeting. [`start`] turns a local time into an instant, [`zones`] into a
//! zone that Zoom knows. [`Recurrence`] says when a meeting repeats. [`Plan`] holds the settings that somebody gave, and
//! becomes the body of a call. [`overlap`] finds meetings at the same time.

pub mod details;

pub use details::{MeetingDetails, MeetingType, Occurrence, OccurrenceStatus};

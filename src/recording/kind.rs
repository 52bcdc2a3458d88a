//! The kind of a recording: a meeting, a webinar, or an upload.

use serde::{Deserialize, Serialize};

/// The kind of a recording, from Zoom's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeetingKind {
    /// Any kind of meeting.
    Meeting,
    /// A webinar.
    Webinar,
    /// A file that a user uploaded in Zoom's portal.
    Upload,
}

impl MeetingKind {
    /// Every kind.
    pub const ALL: [MeetingKind; 3] = [MeetingKind::Meeting, MeetingKind::Webinar, MeetingKind::Upload];

    /// The kind's name, as rules write it.
    pub fn name(self) -> &'static str {
        match self {
            MeetingKind::Meeting => "meeting",
            MeetingKind::Webinar => "webinar",
            MeetingKind::Upload => "upload",
        }
    }

    /// Maps Zoom's number: 5, 6 and 9 are webinars, 99 is an upload, all others are meetings (Zoom's reference of
    /// `recording.completed`, field `type`).
    pub fn of_type(number: u64) -> Self {
        match number {
            5 | 6 | 9 => MeetingKind::Webinar,
            99 => MeetingKind::Upload,
            _ => MeetingKind::Meeting,
        }
    }
}

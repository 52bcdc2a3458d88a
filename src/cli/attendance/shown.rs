//! What is shown of one meeting, whatever the form.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::attendance::{Report, without_address};
use crate::meetings::MeetingReference;
use crate::recording::MeetingUuid;
use crate::zoom::AttendedMeeting;

/// One meeting with its report.
pub(in crate::cli) struct Shown<'a> {
    pub ids: Ids,
    /// The name under which people know it: a number, a code, or else the id.
    pub name: String,
    /// The topic; empty if it is not known.
    pub topic: String,
    /// The host: the name, or else the address if addresses are shown.
    pub host: String,
    /// The list that the rows are from.
    pub source: String,
    pub zone: &'a TimeZone,
    pub report: &'a Report,
    /// What the reader should know.
    pub notes: &'a [String],
}

/// What the service calls the meeting.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(in crate::cli) enum Ids {
    Zoom {
        uuid: String,
        number: Option<u64>,
    },
    Meet {
        /// The first of its records.
        record: String,
        code: Option<String>,
        /// The room; it stays when the code dies.
        space: Option<String>,
        /// All records that are counted together.
        records: Vec<String>,
    },
}

impl<'a> Shown<'a> {
    /// A meeting of Zoom.
    pub(super) fn zoom(
        reference: &MeetingReference,
        uuid: &MeetingUuid,
        attended: &'a AttendedMeeting,
        report: &'a Report,
        hides_emails: bool,
    ) -> Self {
        let past = attended.past.as_ref();
        let told = past.map(|past| past.number).filter(|number| *number != 0);
        let number = told.or(match reference {
            MeetingReference::Number(number) => Some(*number),
            MeetingReference::Instance(_) => None,
        });
        let hidden = |text: &str| if hides_emails { without_address(text) } else { text.to_owned() };
        let host = past.map_or("", |past| {
            if past.host.is_empty() && !hides_emails { past.host_email.as_str() } else { past.host.as_str() }
        });
        Self {
            name: number.map_or_else(|| uuid.to_string(), |number| number.to_string()),
            ids: Ids::Zoom { uuid: uuid.to_string(), number },
            // People write addresses into topics, too.
            topic: hidden(past.map_or("", |past| past.topic.as_str())),
            host: hidden(host),
            source: attended.batch.source.to_string(),
            zone: &attended.meeting.zone,
            report,
            notes: &attended.notes,
        }
    }
}

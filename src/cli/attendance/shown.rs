//! What is shown of one meeting, whatever the form.

use std::borrow::Cow;

use crate::attendance::{Report, without_address};
use crate::meetings::MeetingReference;
use crate::recording::MeetingUuid;
use crate::zoom::AttendedMeeting;

/// One meeting with its report.
pub(super) struct Shown<'a> {
    pub reference: &'a MeetingReference,
    pub uuid: &'a MeetingUuid,
    pub attended: &'a AttendedMeeting,
    pub report: &'a Report,
    pub hides_emails: bool,
}

impl Shown<'_> {
    /// The meeting's number, if it is known.
    pub(super) fn number(&self) -> Option<u64> {
        let told = self.attended.past.as_ref().map(|past| past.number).filter(|number| *number != 0);
        told.or(match self.reference {
            MeetingReference::Number(number) => Some(*number),
            MeetingReference::Instance(_) => None,
        })
    }

    /// The topic; empty if it is not known. People write addresses into topics, too.
    pub(super) fn topic(&self) -> Cow<'_, str> {
        self.hidden(self.attended.past.as_ref().map_or("", |past| past.topic.as_str()))
    }

    /// The host: the name, or else the address if addresses are shown.
    pub(super) fn host(&self) -> Cow<'_, str> {
        let Some(past) = &self.attended.past else { return Cow::Borrowed("") };
        let is_named = !past.host.is_empty();
        if is_named || self.hides_emails { self.hidden(&past.host) } else { Cow::Borrowed(&past.host_email) }
    }

    fn hidden<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.hides_emails { Cow::Owned(without_address(text)) } else { Cow::Borrowed(text) }
    }
}

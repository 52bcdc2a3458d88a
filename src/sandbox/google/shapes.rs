//! The parts of the answers of Meet, Directory and Calendar that a selection can name.

use super::fields::Shape::{self, Leaf, Object, Open};

const NAMED: Shape = Object(&[("displayName", Leaf)]);
const DRIVE_FILE: Shape = Object(&[("exportUri", Leaf), ("file", Leaf)]);
const DOCUMENT: Shape = Object(&[("document", Leaf), ("exportUri", Leaf)]);
const MADE: &[(&str, Shape)] = &[
    ("docsDestination", DOCUMENT),
    ("driveDestination", DRIVE_FILE),
    ("endTime", Leaf),
    ("name", Leaf),
    ("startTime", Leaf),
    ("state", Leaf),
];
const RECORD: &[(&str, Shape)] =
    &[("endTime", Leaf), ("expireTime", Leaf), ("name", Leaf), ("space", Leaf), ("startTime", Leaf)];
const PARTICIPANT: &[(&str, Shape)] = &[
    ("anonymousUser", NAMED),
    ("earliestStartTime", Leaf),
    ("latestEndTime", Leaf),
    ("name", Leaf),
    ("phoneUser", NAMED),
    ("signedinUser", Object(&[("displayName", Leaf), ("user", Leaf)])),
];
const SESSION: &[(&str, Shape)] = &[("endTime", Leaf), ("name", Leaf), ("startTime", Leaf)];

/// One thing in Meet's lists of this name.
pub(super) fn meet_row(list: &str) -> Shape {
    Object(match list {
        "conferenceRecords" => RECORD,
        "participants" => PARTICIPANT,
        "participantSessions" => SESSION,
        _ => MADE,
    })
}

/// A list of Meet's with this name.
pub(super) fn meet_list(list: &str) -> Shape {
    const NEXT: (&str, Shape) = ("nextPageToken", Leaf);
    match list {
        "conferenceRecords" => Object(&[("conferenceRecords", Object(RECORD)), NEXT]),
        "participants" => Object(&[NEXT, ("participants", Object(PARTICIPANT)), ("totalSize", Leaf)]),
        "participantSessions" => Object(&[NEXT, ("participantSessions", Object(SESSION))]),
        "recordings" => Object(&[NEXT, ("recordings", Object(MADE))]),
        "transcripts" => Object(&[NEXT, ("transcripts", Object(MADE))]),
        "smartNotes" => Object(&[NEXT, ("smartNotes", Object(MADE))]),
        _ => Object(&[NEXT, ("transcriptEntries", Open)]),
    }
}

/// A room.
pub(super) const SPACE: Shape = Object(&[
    ("activeConference", Object(&[("conferenceRecord", Leaf)])),
    ("config", Open),
    ("gatewaySipAccess", Open),
    ("meetingCode", Leaf),
    ("meetingUri", Leaf),
    ("name", Leaf),
    ("phoneAccess", Open),
]);

const NAME: Shape =
    Object(&[("displayName", Leaf), ("familyName", Leaf), ("fullName", Leaf), ("givenName", Leaf)]);
const USER_PARTS: &[(&str, Shape)] = &[
    ("agreedToTerms", Leaf),
    ("aliases", Leaf),
    ("archivalTime", Leaf),
    ("archived", Leaf),
    ("changePasswordAtNextLogin", Leaf),
    ("creationTime", Leaf),
    ("customerId", Leaf),
    ("deletionTime", Leaf),
    ("emails", Open),
    ("etag", Leaf),
    ("id", Leaf),
    ("includeInGlobalAddressList", Leaf),
    ("isAdmin", Leaf),
    ("isDelegatedAdmin", Leaf),
    ("isEnforcedIn2Sv", Leaf),
    ("isEnrolledIn2Sv", Leaf),
    ("isMailboxSetup", Leaf),
    ("kind", Leaf),
    ("lastLoginTime", Leaf),
    ("name", NAME),
    ("orgUnitPath", Leaf),
    ("primaryEmail", Leaf),
    ("suspended", Leaf),
    ("suspensionReason", Leaf),
];
/// A user in the Directory.
pub(super) const USER: Shape = Object(USER_PARTS);
/// A list of users.
pub(super) const USERS: Shape =
    Object(&[("etag", Leaf), ("kind", Leaf), ("nextPageToken", Leaf), ("users", Object(USER_PARTS))]);

const TIME: Shape = Object(&[("date", Leaf), ("dateTime", Leaf), ("timeZone", Leaf)]);
const ATTENDEE: Shape = Object(&[
    ("additionalGuests", Leaf),
    ("comment", Leaf),
    ("displayName", Leaf),
    ("email", Leaf),
    ("id", Leaf),
    ("optional", Leaf),
    ("organizer", Leaf),
    ("resource", Leaf),
    ("responseStatus", Leaf),
    ("self", Leaf),
]);
const PERSON: Shape = Object(&[("displayName", Leaf), ("email", Leaf), ("id", Leaf), ("self", Leaf)]);
const ENTRY_POINT: Shape = Object(&[
    ("accessCode", Leaf),
    ("entryPointFeatures", Leaf),
    ("entryPointType", Leaf),
    ("label", Leaf),
    ("meetingCode", Leaf),
    ("passcode", Leaf),
    ("password", Leaf),
    ("pin", Leaf),
    ("regionCode", Leaf),
    ("uri", Leaf),
]);
const KEY: Shape = Object(&[("type", Leaf)]);
const CREATE_REQUEST: Shape = Object(&[
    ("conferenceSolutionKey", KEY),
    ("requestId", Leaf),
    ("status", Object(&[("statusCode", Leaf)])),
]);
const CONFERENCE: Shape = Object(&[
    ("conferenceId", Leaf),
    ("conferenceSolution", Object(&[("iconUri", Leaf), ("key", KEY), ("name", Leaf)])),
    ("createRequest", CREATE_REQUEST),
    ("entryPoints", ENTRY_POINT),
    ("notes", Leaf),
    ("parameters", Open),
    ("signature", Leaf),
]);
const EVENT: Shape = Object(&[
    ("anyoneCanAddSelf", Leaf),
    ("attachments", Open),
    ("attendees", ATTENDEE),
    ("attendeesOmitted", Leaf),
    ("birthdayProperties", Open),
    ("colorId", Leaf),
    ("conferenceData", CONFERENCE),
    ("created", Leaf),
    ("creator", PERSON),
    ("description", Leaf),
    ("end", TIME),
    ("endTimeUnspecified", Leaf),
    ("etag", Leaf),
    ("eventType", Leaf),
    ("extendedProperties", Open),
    ("focusTimeProperties", Open),
    ("guestsCanInviteOthers", Leaf),
    ("guestsCanModify", Leaf),
    ("guestsCanSeeOtherGuests", Leaf),
    ("hangoutLink", Leaf),
    ("htmlLink", Leaf),
    ("iCalUID", Leaf),
    ("id", Leaf),
    ("kind", Leaf),
    ("location", Leaf),
    ("locked", Leaf),
    ("organizer", PERSON),
    ("originalStartTime", TIME),
    ("outOfOfficeProperties", Open),
    ("privateCopy", Leaf),
    ("recurrence", Leaf),
    ("recurringEventId", Leaf),
    ("reminders", Open),
    ("sequence", Leaf),
    ("source", Open),
    ("start", TIME),
    ("status", Leaf),
    ("summary", Leaf),
    ("transparency", Leaf),
    ("updated", Leaf),
    ("visibility", Leaf),
    ("workingLocationProperties", Open),
]);
/// A list of events.
pub(super) const EVENTS: Shape = Object(&[
    ("accessRole", Leaf),
    ("defaultReminders", Open),
    ("description", Leaf),
    ("etag", Leaf),
    ("items", EVENT),
    ("kind", Leaf),
    ("nextPageToken", Leaf),
    ("nextSyncToken", Leaf),
    ("summary", Leaf),
    ("timeZone", Leaf),
    ("updated", Leaf),
]);

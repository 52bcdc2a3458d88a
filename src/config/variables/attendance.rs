//! Settings of attendance.

use super::{SHOWN, Variable};

pub(super) const ATTENDANCE: &[Variable] = &[
    Variable {
        name: "ATTENDANCE",
        meaning: "Write who was at the meeting beside each recording: sheet (a Google spreadsheet), csv or no",
        note: "Needs the three ZOOM_* credentials; `sheet` needs the Sheets API. Whoever may read the folder may read it.",
        default: "no",
        example: "sheet",
        ..SHOWN
    },
    Variable {
        name: "ATTENDANCE_EMAILS",
        meaning: "Write e-mail addresses into it: yes or no",
        note: "With `no` they still tell who is who, and are written nowhere.",
        default: "yes",
        example: "no",
        ..SHOWN
    },
    Variable {
        name: "ATTENDANCE_LATE_AFTER",
        meaning: "Whoever joins later than this after the start was late; without it nobody is",
        example: "10m",
        ..SHOWN
    },
    Variable {
        name: "ATTENDANCE_LEAVE_EARLY",
        meaning: "Whoever leaves more than this before the end left early; without it nobody does",
        example: "15m",
        ..SHOWN
    },
    Variable {
        name: "ATTENDANCE_MIN_SHARE",
        meaning: "Percent of the meeting below which somebody was there too short; without it nobody is",
        example: "50",
        ..SHOWN
    },
    Variable {
        name: "ATTENDANCE_IGNORE",
        meaning: "Display names that are no people, as comma-separated patterns with `*`; none for no pattern",
        default: "*notetaker*,*otter.ai*,read.ai *",
        example: "*notetaker*,Room *",
        ..SHOWN
    },
    Variable {
        name: "ROSTER_ID_PATTERN",
        meaning: "Regular expression that finds a roster's id inside a display name; its first group is the id",
        example: "^([0-9]{8})",
        ..SHOWN
    },
];

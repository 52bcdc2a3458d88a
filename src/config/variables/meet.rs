//! Settings of Google Meet.

use super::{SHOWN, Variable};

pub(super) const MEET: &[Variable] = &[
    Variable {
        name: "MEET_BRING",
        meaning: "Archive the recordings of Google Meet too, on the rhythm of SWEEP_EVERY: yes or no",
        note: "Needs delegation for GOOGLE_SUBJECT's domain, or a login with `zoom2drive login --meet`.",
        default: "no",
        example: "yes",
        ..SHOWN
    },
    Variable {
        name: "MEET_USERS",
        meaning: "Whose meetings are read if the company's directory may not be read, comma-separated",
        note: "MEET_BRING reads the meetings of these users, if they are given, instead of the whole company's.",
        example: "ann@example.com,ben@example.com",
        ..SHOWN
    },
    Variable {
        name: "GOOGLE_ADMIN_SUBJECT",
        meaning: "User that lists the company's users, by domain-wide delegation; without it GOOGLE_SUBJECT",
        note: "An administrator sees all users; anybody else sees those whose contacts the company shares.",
        example: "admin@example.com",
        ..SHOWN
    },
    Variable {
        name: "MEET_API_URL",
        meaning: "Google's API: Meet",
        default: "https://meet.googleapis.com",
        example: "https://meet.googleapis.com",
        ..SHOWN
    },
    Variable {
        name: "ADMIN_API_URL",
        meaning: "Google's API: the directory of users",
        default: "https://admin.googleapis.com",
        example: "https://admin.googleapis.com",
        ..SHOWN
    },
];

//! The service itself: its addresses, its database, when it works, and its rules.

use super::{OPEN, Secrecy, Variable};

pub(super) const SERVICE: &[Variable] = &[
    Variable {
        name: "DATABASE_URL",
        meaning: "Where events and jobs are written down; postgres://user:password@host/database?sslmode=verify-full for several instances",
        default: "sqlite://data/zoom2drive.db",
        example: "sqlite:///var/lib/zoom2drive/zoom2drive.db",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "LISTEN_ADDR",
        meaning: "Address to listen on",
        default: "127.0.0.1:8080",
        example: "0.0.0.0:8080",
        ..OPEN
    },
    Variable {
        name: "PUBLIC_URL",
        meaning: "The address by which Zoom reaches this service, without a path; `doctor` calls it",
        example: "https://hooks.example.org",
        ..OPEN
    },
    Variable {
        name: "HEAD_TIMEOUT",
        meaning: "How long a client may take to send a request's head, idle, or leave an answer unread",
        default: "15s",
        example: "30s",
        ..OPEN
    },
    Variable {
        name: "ADMIN_TOKEN",
        meaning: "Bearer of the admin API; without it the API is off",
        note: "At least 16 characters.",
        example: "a-long-random-text-of-32-characters",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "AFTER_ARCHIVE",
        meaning: "What becomes of Zoom's copy once all is proved: keep, trash or delete",
        note: "trash and delete need the three ZOOM_* credentials.",
        default: "keep",
        example: "trash",
        ..OPEN
    },
    Variable {
        name: "SETTLE_FOR",
        meaning: "How long to wait for late files (transcripts) before the last look",
        note: "Units: ms, s, m, h, d.",
        default: "24h",
        example: "36h",
        ..OPEN
    },
    Variable {
        name: "SWEEP_EVERY",
        meaning: "How often Zoom is asked for recordings that no event announced; 0s for never",
        note: "Needs the three ZOOM_* credentials.",
        default: "1h",
        example: "30m",
        ..OPEN
    },
    Variable {
        name: "SWEEP_BACK",
        meaning: "How far back that look goes, by the day of the meeting",
        note: "Longer than the service is ever down.",
        default: "3d",
        example: "7d",
        ..OPEN
    },
    Variable {
        name: "KEEP_EVENTS",
        meaning: "How long events are kept once their jobs are done; 0s for ever",
        note: "Their bodies hold tokens and addresses. What is gone cannot be replayed.",
        default: "90d",
        example: "30d",
        ..OPEN
    },
];

pub(super) const FILES: &[Variable] = &[
    Variable {
        name: "RULES_FILE",
        meaning: "Path of the rules: which recordings are archived, which of their files, and where to",
        note: "Without it everything is archived. rules.example.toml explains them.",
        example: "rules.toml",
        ..OPEN
    },
    Variable {
        name: "ROTATE_EVERY",
        meaning: "How often files with secrets are looked at for a change; 0s for only on SIGHUP",
        note: "The files that NAME_FILE and GOOGLE_APPLICATION_CREDENTIALS name. This file is read at the start only.",
        default: "10s",
        example: "1m",
        ..OPEN
    },
];

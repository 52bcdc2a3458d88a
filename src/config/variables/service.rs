//! Settings of the service: its addresses, its database, its intervals, and its rules.

use super::{OPEN, SHOWN, Secrecy, Variable};

pub(super) const SERVICE: &[Variable] = &[
    Variable {
        name: "DATABASE_URL",
        meaning: "Database for events and jobs; postgres://user:password@host/database?sslmode=verify-full for several instances",
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
        ..SHOWN
    },
    Variable {
        name: "PUBLIC_URL",
        meaning: "The public address that Zoom calls, without the webhook's path; `doctor` calls it too",
        example: "https://hooks.example.org",
        ..SHOWN
    },
    Variable {
        name: "HEAD_TIMEOUT",
        meaning: "Time limit for a request's head, for an idle connection, and for an unread answer",
        default: "15s",
        example: "30s",
        ..SHOWN
    },
    Variable {
        name: "ADMIN_TOKEN",
        meaning: "Token of the admin API and password of the dashboard; without any token both are off",
        note: "At least 16 characters.",
        example: "a-long-random-text-of-32-characters",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "VIEWER_TOKEN",
        meaning: "Opens the admin API and the dashboard only to look: no button, no POST",
        note: "At least 16 characters, and not the ADMIN_TOKEN.",
        example: "another-long-random-text-of-characters",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "DASHBOARD_USER_HEADER",
        meaning: "Header in which a proxy that logs people in names them to the dashboard; needs DASHBOARD_PROXY_SECRET",
        note: "Who comes this way may look; who is in DASHBOARD_ADMINS may act. docs/dashboard.md says how.",
        example: "X-Forwarded-Email",
        ..OPEN
    },
    Variable {
        name: "DASHBOARD_PROXY_SECRET",
        meaning: "What this proxy sends in the header X-Zoom2drive-Proxy; without it the name counts for nothing",
        note: "At least 16 characters.",
        example: "a-long-random-text-that-the-proxy-knows",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "DASHBOARD_ADMINS",
        meaning: "People whom the proxy names and who may act, comma-separated, exactly as the proxy writes them",
        example: "ann@example.org,bo@example.org",
        ..OPEN
    },
    Variable {
        name: "DASHBOARD_URL",
        meaning: "Address under which people reach the dashboard; messages link there",
        note: "PUBLIC_URL if not set. Without a token there is no dashboard, and no link.",
        example: "https://archive.example.org",
        ..OPEN
    },
    Variable {
        name: "AFTER_ARCHIVE",
        meaning: "What to do with Zoom's copy once everything is proved: keep, trash or delete",
        note: "trash and delete need the three ZOOM_* credentials.",
        default: "keep",
        example: "trash",
        ..SHOWN
    },
    Variable {
        name: "SETTLE_FOR",
        meaning: "How long to wait for late files (transcripts) before the last check",
        note: "Units: ms, s, m, h, d.",
        default: "24h",
        example: "36h",
        ..SHOWN
    },
    Variable {
        name: "SWEEP_EVERY",
        meaning: "Interval of the sweep, which lists the account to find recordings without an event; 0s for no sweep",
        note: "Needs the three ZOOM_* credentials.",
        default: "1h",
        example: "30m",
        ..SHOWN
    },
    Variable {
        name: "SWEEP_BACK",
        meaning: "Age of the oldest recordings that the sweep lists, by the day of the meeting",
        note: "Set it longer than any downtime of the service.",
        default: "3d",
        example: "7d",
        ..SHOWN
    },
    Variable {
        name: "VERIFY_EVERY",
        meaning: "Interval of the verification, which asks Drive whether every archived file is still as it was proved; 0s for none",
        note: "The trash of Drive and that of Zoom keep 30 days: look more often than that.",
        default: "7d",
        example: "1d",
        ..OPEN
    },
    Variable {
        name: "KEEP_EVENTS",
        meaning: "How long events are kept once their jobs are done; 0s for ever",
        note: "Their bodies contain tokens and addresses. A deleted event cannot be replayed.",
        default: "90d",
        example: "30d",
        ..SHOWN
    },
];

pub(super) const FILES: &[Variable] = &[
    Variable {
        name: "RULES_FILE",
        meaning: "Path of the rules file, which selects recordings, files and folders",
        note: "Without it everything is archived. rules.example.toml explains them.",
        example: "rules.toml",
        ..SHOWN
    },
    Variable {
        name: "ROTATE_EVERY",
        meaning: "Interval of the check for changed secret files; 0s for a check on SIGHUP only",
        note: "The files in NAME_FILE, GOOGLE_APPLICATION_CREDENTIALS, RULES_FILE and its rosters. This file is read only at the start.",
        default: "10s",
        example: "1m",
        ..SHOWN
    },
];

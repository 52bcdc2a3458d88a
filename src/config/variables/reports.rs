//! What people learn of it: messages and logs.

use super::{OPEN, Secrecy, Variable};

pub(super) const MESSAGES: &[Variable] = &[
    Variable {
        name: "NOTIFY_EMAIL_TO",
        meaning: "Who hears of trouble by e-mail; by Gmail, or by SMTP_URL if it is given",
        note: "Gmail uses GOOGLE_APPLICATION_CREDENTIALS and needs the scope gmail.send.",
        example: "ann@example.com,bob@example.com",
        ..OPEN
    },
    Variable {
        name: "NOTIFY_EMAIL_FROM",
        meaning: "The sender's address; SMTP_URL needs one, Gmail sends as the account",
        example: "zoom2drive@example.com",
        ..OPEN
    },
    Variable {
        name: "NOTIFY_GOOGLE_SUBJECT",
        meaning: "Whose mailbox Gmail sends from, by domain-wide delegation; GOOGLE_SUBJECT unless it is given",
        note: "A service account has no mailbox of its own.",
        example: "archive@example.com",
        ..OPEN
    },
    Variable {
        name: "GMAIL_API_URL",
        meaning: "Gmail's API",
        default: "https://gmail.googleapis.com",
        example: "https://gmail.googleapis.com",
        ..OPEN
    },
    Variable {
        name: "SMTP_URL",
        meaning: "A mail server that sends in place of Gmail, by TLS: smtps://user:password@host:465",
        note: "Or smtp://user:password@host:587?tls=required. What is special in user or password is percent-encoded: @ is %40.",
        example: "smtps://user:password@mail.example.com:465",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "NOTIFY_WEBHOOK_URL",
        meaning: "Who hears of trouble by a webhook: Slack, Google Chat, Teams, or JSON; also when e-mail fails",
        example: "https://hooks.slack.com/services/T0/B0/x",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "NOTIFY_WEBHOOK_KIND",
        meaning: "What the webhook understands: slack, google_chat, teams or json; by its host unless it is given",
        example: "slack",
        ..OPEN
    },
    Variable {
        name: "NOTIFY_ARCHIVED",
        meaning: "Whether people hear of what was archived: off, each, or daily in one message",
        default: "off",
        example: "daily",
        ..OPEN
    },
    Variable {
        name: "NOTIFY_BACKLOG_AGE",
        meaning: "People hear of a recording that is still not archived so long after it happened; 0s for never",
        default: "24h",
        example: "2d",
        ..OPEN
    },
    Variable {
        name: "NOTIFY_SILENCE",
        meaning: "People hear of it when Zoom has not called for so long; 0s for never",
        default: "0s",
        example: "7d",
        ..OPEN
    },
];

pub(super) const LOGS: &[Variable] = &[
    Variable {
        name: "LOG",
        meaning: "What is logged: a level, or levels by module",
        default: "info",
        example: "zoom2drive=debug,info",
        ..OPEN
    },
    Variable {
        name: "LOG_FORMAT",
        meaning: "How it is logged: text or json",
        default: "text",
        example: "json",
        ..OPEN
    },
    Variable {
        name: "LOG_DIR",
        meaning: "A folder of its own for daily log files besides standard output; none without it",
        example: "/var/log/zoom2drive",
        ..OPEN
    },
    Variable {
        name: "LOG_DAYS",
        meaning: "Of how many days these files are kept, today included",
        default: "7",
        example: "30",
        ..OPEN
    },
    Variable {
        name: "LOG_SIZE",
        meaning: "What all these files together may take; then the oldest go",
        default: "256MiB",
        example: "1GiB",
        ..OPEN
    },
];

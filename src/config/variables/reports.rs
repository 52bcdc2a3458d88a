//! Settings of messages to people, and of logs.

use super::{OPEN, SHOWN, Secrecy, Variable};

pub(super) const MESSAGES: &[Variable] = &[
    Variable {
        name: "NOTIFY_EMAIL_TO",
        meaning: "Recipients of messages by email; sent by Gmail, or by SMTP_URL if it is set",
        note: "Gmail uses GOOGLE_APPLICATION_CREDENTIALS and needs the scope gmail.send.",
        example: "ann@example.com,bob@example.com",
        ..SHOWN
    },
    Variable {
        name: "NOTIFY_EMAIL_FROM",
        meaning: "Sender's address; SMTP_URL needs one, while Gmail uses the account's address",
        example: "zoom2drive@example.com",
        ..SHOWN
    },
    Variable {
        name: "NOTIFY_GOOGLE_SUBJECT",
        meaning: "User whose mailbox Gmail sends from, by domain-wide delegation; default is GOOGLE_SUBJECT",
        note: "A service account has no mailbox of its own.",
        example: "archive@example.com",
        ..SHOWN
    },
    Variable {
        name: "GMAIL_API_URL",
        meaning: "Gmail's API",
        default: "https://gmail.googleapis.com",
        example: "https://gmail.googleapis.com",
        ..SHOWN
    },
    Variable {
        name: "SMTP_URL",
        meaning: "Mail server to use instead of Gmail, by TLS: smtps://user:password@host:465",
        note: "Or smtp://user:password@host:587?tls=required. Percent-encode special characters in user and password: @ is %40.",
        example: "smtps://user:password@mail.example.com:465",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "NOTIFY_WEBHOOK_URL",
        meaning: "Webhook for messages: Slack, Google Chat, Teams, or JSON; also used when email fails",
        example: "https://hooks.slack.com/services/T0/B0/x",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "NOTIFY_WEBHOOK_KIND",
        meaning: "Format of the webhook: slack, google_chat, teams or json; by default it depends on the host",
        example: "slack",
        ..SHOWN
    },
    Variable {
        name: "NOTIFY_ARCHIVED",
        meaning: "Messages about archived recordings: off, each, or daily in one message",
        default: "off",
        example: "daily",
        ..SHOWN
    },
    Variable {
        name: "NOTIFY_BACKLOG_AGE",
        meaning: "Report a recording that is not archived after this time; 0s for never",
        default: "24h",
        example: "2d",
        ..SHOWN
    },
    Variable {
        name: "NOTIFY_SILENCE",
        meaning: "Report that no event has arrived for this time; 0s for never",
        default: "0s",
        example: "7d",
        ..SHOWN
    },
];

pub(super) const LOGS: &[Variable] = &[
    Variable {
        name: "LOG",
        meaning: "Log filter: a level, or levels by module",
        default: "info",
        example: "zoom2drive=debug,info",
        ..SHOWN
    },
    Variable {
        name: "LOG_FORMAT",
        meaning: "Log format: text or json",
        default: "text",
        example: "json",
        ..SHOWN
    },
    Variable {
        name: "LOG_DIR",
        meaning: "Separate folder for daily log files, beside standard output; without it there are no files",
        example: "/var/log/zoom2drive",
        ..SHOWN
    },
    Variable {
        name: "LOG_DAYS",
        meaning: "Days of log files that are kept, including today",
        default: "7",
        example: "30",
        ..SHOWN
    },
    Variable {
        name: "LOG_SIZE",
        meaning: "Most bytes of all log files together; then the oldest are deleted",
        default: "256MiB",
        example: "1GiB",
        ..SHOWN
    },
];

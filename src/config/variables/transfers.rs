//! Names in Drive, and how bytes are moved.

use super::{OPEN, Variable};

pub(super) const NAMES: &[Variable] = &[
    Variable {
        name: "FOLDER_TEMPLATE",
        meaning: "Folders below the root",
        note: "Words: {host} {host_name} {topic} {meeting_id} {year} {month} {day} {date} {time} {zone}.",
        default: "{host}/{year}/{date} {topic}",
        example: "{year}/{month}/{topic}",
        ..OPEN
    },
    Variable {
        name: "FILE_TEMPLATE",
        meaning: "File names, without extension",
        note: "As above, and {view} and {id}. A name that is taken gets the id added.",
        default: "{date} {time} {topic} {view}",
        example: "{date} {topic} {view} {id}",
        ..OPEN
    },
    Variable {
        name: "MEETING_FILE",
        meaning: "Whether a file beside each recording's files tells what is known of it: yes or no",
        note: "Topic, host, times, each file's size, SHA-256 and link, and what was left out and why. JSON, without secrets.",
        default: "yes",
        example: "no",
        ..OPEN
    },
    Variable {
        name: "TIMEZONE",
        meaning: "Zone of dates and times in names",
        default: "UTC",
        example: "Europe/Berlin",
        ..OPEN
    },
];

pub(super) const TRANSFERS: &[Variable] = &[
    Variable {
        name: "CHUNK_SIZE",
        meaning: "How often an upload is checkpointed; a multiple of 256KiB",
        note: "Units: KiB, MiB, GiB.",
        default: "32MiB",
        example: "64MiB",
        ..OPEN
    },
    Variable {
        name: "WINDOW_SIZE",
        meaning: "Recent bytes kept per transfer, to send again; bounds memory",
        note: "Memory is about TRANSFERS times this, and a little.",
        default: "8MiB",
        example: "16MiB",
        ..OPEN
    },
    Variable {
        name: "TRANSFERS",
        meaning: "Files that move at the same time",
        default: "4",
        example: "2",
        ..OPEN
    },
    Variable {
        name: "IDLE_TIMEOUT",
        meaning: "A connection on which nothing moves for so long is given up",
        default: "60s",
        example: "90s",
        ..OPEN
    },
    Variable {
        name: "RETRY_WAIT",
        meaning: "Wait after a first failure; doubled after each further one, up to an hour",
        default: "1s",
        example: "5s",
        ..OPEN
    },
    Variable {
        name: "LEASE_FOR",
        meaning: "How long a job stays claimed without a sign of life",
        default: "60s",
        example: "2m",
        ..OPEN
    },
    Variable {
        name: "STOP_WITHIN",
        meaning: "How long a stop waits for chunks to end before it cuts them",
        default: "20s",
        example: "60s",
        ..OPEN
    },
];

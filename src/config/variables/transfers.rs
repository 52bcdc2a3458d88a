//! Settings of names in Drive, and of transfers.

use super::{SHOWN, Variable};

pub(super) const NAMES: &[Variable] = &[
    Variable {
        name: "FOLDER_TEMPLATE",
        meaning: "Folders below the root",
        note: "Placeholders: {host} {host_name} {topic} {meeting_id} {year} {month} {day} {date} {time} {zone}.",
        default: "{host}/{year}/{date} {topic}",
        example: "{year}/{month}/{topic}",
        ..SHOWN
    },
    Variable {
        name: "FILE_TEMPLATE",
        meaning: "File names, without extension",
        note: "As above, and {view} and {id}. If a name is taken, the id is added.",
        default: "{date} {time} {topic} {view}",
        example: "{date} {topic} {view} {id}",
        ..SHOWN
    },
    Variable {
        name: "MEETING_FILE",
        meaning: "Put a meeting.json file with each recording's facts beside its files: yes or no",
        note: "Topic, host, times, each file's size, SHA-256 and link, and the files that were left out, with the reason. It contains no secrets.",
        default: "yes",
        example: "no",
        ..SHOWN
    },
    Variable {
        name: "TIMEZONE",
        meaning: "Time zone of dates and times in names",
        default: "UTC",
        example: "Europe/Berlin",
        ..SHOWN
    },
];

pub(super) const TRANSFERS: &[Variable] = &[
    Variable {
        name: "CHUNK_SIZE",
        meaning: "Bytes between two checkpoints of an upload; a multiple of 256KiB",
        note: "Units: KiB, MiB, GiB.",
        default: "32MiB",
        example: "64MiB",
        ..SHOWN
    },
    Variable {
        name: "REQUEST_SIZE",
        meaning: "Bytes per upload request: `adaptive` begins with 32 chunks, and grows while waiting for answers of Drive costs time; `fixed` is always CHUNK_SIZE",
        default: "adaptive",
        example: "fixed",
        ..SHOWN
    },
    Variable {
        name: "WINDOW_SIZE",
        meaning: "Recent bytes that are kept per transfer, to send them again; limits memory",
        note: "The memory is about TRANSFERS times this.",
        default: "4MiB",
        example: "16MiB",
        ..SHOWN
    },
    Variable {
        name: "TRANSFERS",
        meaning: "Files that are transferred at the same time",
        default: "4",
        example: "2",
        ..SHOWN
    },
    Variable {
        name: "IDLE_TIMEOUT",
        meaning: "A connection without progress for this time is closed",
        default: "60s",
        example: "90s",
        ..SHOWN
    },
    Variable {
        name: "RETRY_WAIT",
        meaning: "Wait after a first failure; doubled after each further one, up to an hour",
        default: "1s",
        example: "5s",
        ..SHOWN
    },
    Variable {
        name: "LEASE_FOR",
        meaning: "How long a worker's lease on a job lasts without a renewal",
        default: "60s",
        example: "2m",
        ..SHOWN
    },
    Variable {
        name: "STOP_WITHIN",
        meaning: "How long a stop waits for running chunks before it cuts them",
        default: "20s",
        example: "60s",
        ..SHOWN
    },
];

//! Settings of the accounts: Zoom and Google.

use super::{OPEN, SHOWN, Secrecy, Variable};

pub(super) const ZOOM: &[Variable] = &[
    Variable {
        name: "ZOOM_WEBHOOK_SECRET_TOKEN",
        meaning: "Secret Token of the Zoom app, required; several, comma-separated, during a rotation",
        example: "4fv1RkqGQUq5sWbEz6hA5A",
        is_required: true,
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "ZOOM_ACCOUNT_ID",
        meaning: "Server-to-Server OAuth app: account; all three ZOOM_* credentials or none",
        note: "Without them the service works from events alone: it cannot search for late files or trash recordings.",
        example: "Mt6sv4u0TAyPkwgsL2lxiA",
        ..OPEN
    },
    Variable {
        name: "ZOOM_CLIENT_ID",
        meaning: "Server-to-Server OAuth app: client id",
        example: "x1yCzABCDEfg23HiJKl4mN",
        ..OPEN
    },
    Variable {
        name: "ZOOM_CLIENT_SECRET",
        meaning: "Server-to-Server OAuth app: client secret",
        example: "abcdefghijklmnopqrstuvwxyz012345",
        secrecy: Secrecy::Secret,
        ..OPEN
    },
    Variable {
        name: "ZOOM_PLAN",
        meaning: "The account's plan, for its rate limits: free, pro or business (and above)",
        note: "The service uses at most half of Zoom's limits, because the account's other apps share them.",
        default: "pro",
        example: "business",
        ..SHOWN
    },
    Variable {
        name: "ZOOM_USER",
        meaning: "Whose meetings the command `meetings` lists and creates: an address, a user id, or me",
        note: "`me` is the owner of the Zoom app.",
        default: "me",
        example: "ann@example.com",
        ..SHOWN
    },
    Variable {
        name: "ZOOM_API_URL",
        meaning: "Zoom's API",
        default: "https://api.zoom.us/v2",
        example: "https://api.zoom.us/v2",
        ..SHOWN
    },
    Variable {
        name: "ZOOM_OAUTH_URL",
        meaning: "Zoom's token endpoint",
        default: "https://zoom.us/oauth/token",
        example: "https://zoom.us/oauth/token",
        ..SHOWN
    },
    Variable {
        name: "ZOOM_DOWNLOAD_HOSTS",
        meaning: "Hosts that recordings may be downloaded from; plain http only for loopback",
        // Zoom's own domains for recordings. Zoom's support pages list *.zoom.us and *.zoom.com for firewalls,
        // zoom.com.cn is its domain for China, zoomgov.com the one for governments. Resellers' domains, such as
        // zoom-x.de, are not Zoom's.
        default: "zoom.us,*.zoom.us,zoom.com,*.zoom.com,zoom.com.cn,*.zoom.com.cn,zoomgov.com,*.zoomgov.com",
        example: "zoom.us,*.zoom.us",
        ..SHOWN
    },
    Variable {
        name: "ZOOM_PRICE_PER_GB",
        meaning: "Price of a GB of Zoom's cloud storage a month, to show what the archive saves",
        note: "In dollars, or with another currency before it: EUR 0.09.",
        example: "0.10",
        ..SHOWN
    },
];

pub(super) const GOOGLE: &[Variable] = &[
    Variable {
        name: "GOOGLE_APPLICATION_CREDENTIALS",
        meaning: "Path of a service account's key or a person's login (`zoom2drive login`), required",
        example: "/run/secrets/google.json",
        is_required: true,
        secrecy: Secrecy::PathToSecret,
        ..OPEN
    },
    Variable {
        name: "GOOGLE_SUBJECT",
        meaning: "User that a service account acts for, by domain-wide delegation",
        example: "archive@example.com",
        ..SHOWN
    },
    Variable {
        name: "GOOGLE_API_URL",
        meaning: "Google's API: Drive and upload",
        default: "https://www.googleapis.com",
        example: "https://www.googleapis.com",
        ..SHOWN
    },
    Variable {
        name: "SHEETS_API_URL",
        meaning: "Google's API: Sheets, for ATTENDANCE=sheet",
        default: "https://sheets.googleapis.com",
        example: "https://sheets.googleapis.com",
        ..SHOWN
    },
    Variable {
        name: "DRIVE_FOLDER_ID",
        meaning: "The archive's root folder, in a shared drive or a My Drive, required",
        example: "1AbCdEfGhIjKlMnOpQrStUvWxYz",
        is_required: true,
        ..SHOWN
    },
    Variable {
        name: "DAILY_UPLOAD_LIMIT",
        meaning: "Bytes that Google accepts from one account within 24 hours; 0 for no limit",
        note: "A file that would exceed it does not start. Units: KiB, MiB, GiB; kB, MB, GB, TB.",
        default: "750GB",
        example: "750GB",
        ..SHOWN
    },
];

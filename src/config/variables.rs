//! Every variable that there is: its name, its default, an example, and what it means.

/// A variable as it is documented in the README and `.env.example`.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// What holds when it is not given; empty when nothing does.
    pub default: &'static str,
    /// A value that would be accepted.
    pub example: &'static str,
}

const fn variable(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Variable {
    Variable { name, meaning, default, example }
}

/// Every variable that the program reads. `.env.example` and the README are held against this list by a test.
pub const VARIABLES: &[Variable] = &[
    variable(
        "ZOOM_WEBHOOK_SECRET_TOKEN",
        "",
        "4fv1RkqGQUq5sWbEz6hA5A",
        "Secret Token of the Zoom app, required; several, comma-separated, while rotating",
    ),
    variable(
        "ZOOM_ACCOUNT_ID",
        "",
        "Mt6sv4u0TAyPkwgsL2lxiA",
        "Server-to-Server OAuth app: account; all three ZOOM_* credentials or none",
    ),
    variable("ZOOM_CLIENT_ID", "", "x1yCzABCDEfg23HiJKl4mN", "Server-to-Server OAuth app: client id"),
    variable(
        "ZOOM_CLIENT_SECRET",
        "",
        "abcdefghijklmnopqrstuvwxyz012345",
        "Server-to-Server OAuth app: client secret",
    ),
    variable(
        "ZOOM_PLAN",
        "pro",
        "business",
        "The account's plan, for its rate limits: free, pro or business (and above)",
    ),
    variable("ZOOM_API_URL", "https://api.zoom.us/v2", "https://api.zoom.us/v2", "Zoom's API"),
    variable(
        "ZOOM_OAUTH_URL",
        "https://zoom.us/oauth/token",
        "https://zoom.us/oauth/token",
        "Zoom's token endpoint",
    ),
    variable(
        "ZOOM_DOWNLOAD_HOSTS",
        // Domains that Zoom itself owns and serves recordings from. Zoom's support pages list *.zoom.us and *.zoom.com as
        // what firewalls must let through, zoom.com.cn is its domain for China, zoomgov.com the one for governments.
        // Resellers' domains, such as zoom-x.de, are not Zoom's.
        "zoom.us,*.zoom.us,zoom.com,*.zoom.com,zoom.com.cn,*.zoom.com.cn,zoomgov.com,*.zoomgov.com",
        "zoom.us,*.zoom.us",
        "Hosts that recordings may come from; plain http only for loopback",
    ),
    variable(
        "GOOGLE_APPLICATION_CREDENTIALS",
        "",
        "/run/secrets/google.json",
        "Path of a service-account key or authorized-user file, required",
    ),
    variable("GOOGLE_SUBJECT", "", "archive@example.com", "User to act for, by domain-wide delegation"),
    variable(
        "GOOGLE_API_URL",
        "https://www.googleapis.com",
        "https://www.googleapis.com",
        "Google's API: Drive and upload",
    ),
    variable(
        "DRIVE_FOLDER_ID",
        "",
        "1AbCdEfGhIjKlMnOpQrStUvWxYz",
        "The archive's root folder, in a shared drive or a My Drive, required",
    ),
    variable(
        "DAILY_UPLOAD_LIMIT",
        "750GB",
        "750GB",
        "Bytes that Google takes from one account within 24 hours; 0 for no limit",
    ),
    variable(
        "DATABASE_URL",
        "sqlite://data/zoom2drive.db",
        "sqlite:///var/lib/zoom2drive/zoom2drive.db",
        "Where events and jobs are written down; postgres://user:password@host/database?sslmode=verify-full for several instances",
    ),
    variable("LISTEN_ADDR", "127.0.0.1:8080", "0.0.0.0:8080", "Address to listen on"),
    variable(
        "PUBLIC_URL",
        "",
        "https://hooks.example.org",
        "The address by which Zoom reaches this service, without a path; `doctor` calls it",
    ),
    variable(
        "HEAD_TIMEOUT",
        "15s",
        "30s",
        "How long a client may take to send a request's head, idle, or leave an answer unread",
    ),
    variable(
        "ADMIN_TOKEN",
        "",
        "a-long-random-text-of-32-characters",
        "Bearer of the admin API; without it the API is off",
    ),
    variable(
        "AFTER_ARCHIVE",
        "keep",
        "trash",
        "What becomes of Zoom's copy once all is proved: keep, trash or delete",
    ),
    variable(
        "SETTLE_FOR",
        "24h",
        "36h",
        "How long to wait for late files (transcripts) before the last look",
    ),
    variable(
        "SWEEP_EVERY",
        "1h",
        "30m",
        "How often Zoom is asked for recordings that no event announced; 0s for never",
    ),
    variable("SWEEP_BACK", "3d", "7d", "How far back that look goes, by the day of the meeting"),
    variable("KEEP_EVENTS", "90d", "30d", "How long events are kept once their jobs are done; 0s for ever"),
    variable(
        "RULES_FILE",
        "",
        "rules.toml",
        "Path of the rules: which recordings are archived, which of their files, and where to",
    ),
    variable(
        "ROTATE_EVERY",
        "10s",
        "1m",
        "How often files with secrets are looked at for a change; 0s for only on SIGHUP",
    ),
    variable(
        "FOLDER_TEMPLATE",
        "{host}/{year}/{date} {topic}",
        "{year}/{month}/{topic}",
        "Folders below the root",
    ),
    variable(
        "FILE_TEMPLATE",
        "{date} {time} {topic} {view}",
        "{date} {topic} {view} {id}",
        "File names, without extension",
    ),
    variable(
        "MEETING_FILE",
        "yes",
        "no",
        "Whether a file beside each recording's files tells what is known of it: yes or no",
    ),
    variable("TIMEZONE", "UTC", "Europe/Berlin", "Zone of dates and times in names"),
    variable("CHUNK_SIZE", "32MiB", "64MiB", "How often an upload is checkpointed; a multiple of 256KiB"),
    variable("WINDOW_SIZE", "8MiB", "16MiB", "Recent bytes kept per transfer, to send again; bounds memory"),
    variable("TRANSFERS", "4", "2", "Files that move at the same time"),
    variable("IDLE_TIMEOUT", "60s", "90s", "A connection on which nothing moves for so long is given up"),
    variable(
        "RETRY_WAIT",
        "1s",
        "5s",
        "Wait after a first failure; doubled after each further one, up to an hour",
    ),
    variable("LEASE_FOR", "60s", "2m", "How long a job stays claimed without a sign of life"),
    variable("STOP_WITHIN", "20s", "60s", "How long a stop waits for chunks to end before it cuts them"),
    variable(
        "NOTIFY_EMAIL_TO",
        "",
        "ann@example.com,bob@example.com",
        "Who hears of trouble by e-mail; by Gmail, or by SMTP_URL if it is given",
    ),
    variable(
        "NOTIFY_EMAIL_FROM",
        "",
        "zoom2drive@example.com",
        "The sender's address; SMTP_URL needs one, Gmail sends as the account",
    ),
    variable(
        "NOTIFY_GOOGLE_SUBJECT",
        "",
        "archive@example.com",
        "Whose mailbox Gmail sends from, by domain-wide delegation; GOOGLE_SUBJECT unless it is given",
    ),
    variable("GMAIL_API_URL", "https://gmail.googleapis.com", "https://gmail.googleapis.com", "Gmail's API"),
    variable(
        "SMTP_URL",
        "",
        "smtps://user:password@mail.example.com:465",
        "A mail server that sends in place of Gmail, by TLS: smtps://user:password@host:465",
    ),
    variable(
        "NOTIFY_WEBHOOK_URL",
        "",
        "https://hooks.slack.com/services/T0/B0/x",
        "Who hears of trouble by a webhook: Slack, Google Chat, Teams, or JSON; also when e-mail fails",
    ),
    variable(
        "NOTIFY_WEBHOOK_KIND",
        "",
        "slack",
        "What the webhook understands: slack, google_chat, teams or json; by its host unless it is given",
    ),
    variable(
        "NOTIFY_ARCHIVED",
        "off",
        "daily",
        "Whether people hear of what was archived: off, each, or daily in one message",
    ),
    variable(
        "NOTIFY_BACKLOG_AGE",
        "24h",
        "2d",
        "People hear of a recording that is still not archived so long after it happened; 0s for never",
    ),
    variable(
        "NOTIFY_SILENCE",
        "0s",
        "7d",
        "People hear of it when Zoom has not called for so long; 0s for never",
    ),
    variable("LOG", "info", "zoom2drive=debug,info", "What is logged: a level, or levels by module"),
    variable("LOG_FORMAT", "text", "json", "How it is logged: text or json"),
    variable(
        "LOG_DIR",
        "",
        "/var/log/zoom2drive",
        "A folder of its own for daily log files besides standard output; none without it",
    ),
    variable("LOG_DAYS", "7", "30", "Of how many days these files are kept, today included"),
    variable("LOG_SIZE", "256MiB", "1GiB", "What all these files together may take; then the oldest go"),
];

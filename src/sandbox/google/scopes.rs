//! OAuth scopes: which of them open which API.

/// The beginning of all scopes that this Google knows.
pub(super) const SCOPES: &str = "https://www.googleapis.com/auth/";

/// The scopes with which files can be written.
pub(super) const DRIVE_WRITE: [&str; 2] =
    ["https://www.googleapis.com/auth/drive", "https://www.googleapis.com/auth/drive.file"];
/// The scopes with which files can be read.
pub(super) const DRIVE_READ: [&str; 4] = [
    "https://www.googleapis.com/auth/drive",
    OWN_FILES,
    "https://www.googleapis.com/auth/drive.readonly",
    MEET_FILES,
];
/// The scopes with which the account is described: what Meet has made does not tell whose it is.
pub(super) const DRIVE_ABOUT: [&str; 3] =
    ["https://www.googleapis.com/auth/drive", OWN_FILES, "https://www.googleapis.com/auth/drive.readonly"];
/// The scopes with which all files can be read that their owner sees.
pub(super) const DRIVE_READ_ALL: [&str; 2] =
    ["https://www.googleapis.com/auth/drive", "https://www.googleapis.com/auth/drive.readonly"];
/// The scope with which only files can be opened that the app has made.
pub(super) const OWN_FILES: &str = "https://www.googleapis.com/auth/drive.file";
/// The scope with which only files can be read that Meet has made.
pub(super) const MEET_FILES: &str = "https://www.googleapis.com/auth/drive.meet.readonly";
/// The scopes with which spreadsheets can be written.
pub(super) const SHEETS: [&str; 3] =
    ["https://www.googleapis.com/auth/drive", OWN_FILES, "https://www.googleapis.com/auth/spreadsheets"];
/// The scope with which mail can be sent.
pub(super) const GMAIL: [&str; 1] = ["https://www.googleapis.com/auth/gmail.send"];
/// The scopes with which conferences can be read.
pub(super) const MEET: [&str; 1] = ["https://www.googleapis.com/auth/meetings.space.readonly"];
/// The scopes with which the users of the Workspace can be read.
pub(super) const DIRECTORY: [&str; 2] = [
    "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "https://www.googleapis.com/auth/admin.directory.user",
];
/// The scopes with which events can be read.
pub(super) const CALENDAR: [&str; 4] = [
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.readonly",
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar",
];

/// All scopes that an admin can grant to a client, and that a consent screen can offer.
pub(super) fn is_known(scope: &str) -> bool {
    let read = [&DRIVE_READ[..], &SHEETS, &GMAIL, &MEET, &DIRECTORY, &CALENDAR];
    read.iter().any(|scopes| scopes.contains(&scope))
}

/// The scopes of one token.
#[derive(Debug, Clone)]
pub(super) struct Scopes(Vec<String>);

impl Scopes {
    pub(super) fn parse(text: &str) -> Self {
        Self(text.split(' ').map(str::to_owned).collect())
    }

    pub(super) fn has_one_of(&self, scopes: &[&str]) -> bool {
        self.0.iter().any(|scope| scopes.contains(&scope.as_str()))
    }

    /// Spreadsheets that the app has not made do not exist for such a token.
    pub(super) fn opens_only_own_sheets(&self) -> bool {
        !self.has_one_of(&[SHEETS[0], SHEETS[2]])
    }
}

//! The operations of this Google: which request asks for which, and which scopes open it.

use super::http::Ask;
use super::token::{Form, OWNER_EMAIL};
use super::{Google, scopes, session, sheets};
use crate::sandbox::faults::Route;

const FILES: &str = "/drive/v3/files";
const SEND_MAIL: &str = "/gmail/v1/users/me/messages/send";
pub(super) const SPREADSHEETS: &str = "/v4/spreadsheets";
pub(super) const UPLOAD: &str = "/upload/drive/v3/files";
const PERMISSIONS: &str = "/permissions";
const EXPORT: &str = "/export";
const MEET: &str = "/v2/";
const USERS: &str = "/admin/directory/v1/users";
const CALENDARS: &str = "/calendar/v3/calendars/";

/// The operation of a request.
pub(super) enum Operation {
    Consent,
    Token(Form),
    Revoke(Form),
    About,
    Drive(String),
    Ids,
    List,
    Create,
    Get(String),
    Media(String),
    Update(String),
    Delete(String),
    Start,
    SendMail,
    Replace(String),
    Permissions(String),
    Invite(String),
    Sheets(sheets::Operation),
    /// A Google document, in another format.
    Export(String),
    /// The path below `/v2/`.
    Meet(String),
    /// One user, or all of them.
    Directory(Option<String>),
    /// The events of a calendar.
    Calendar(String),
}

impl Operation {
    /// The operation of a request; nothing if there is no such one.
    pub(super) fn parse(ask: &Ask) -> Option<Self> {
        let (method, path) = (&ask.head.method, ask.head.uri.path());
        let within = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned);
        if path.starts_with(SPREADSHEETS) {
            return sheets::Operation::parse(method.as_str(), path).map(Self::Sheets);
        }
        if only_read(path).is_some() {
            return if method == "GET" { company(path) } else { None };
        }
        Some(match (method.as_str(), path) {
            ("GET", "/o/oauth2/auth") => Self::Consent,
            ("POST", "/revoke") => Self::Revoke(Form::parse(&ask.body)),
            ("POST", "/token") => Self::Token(Form::parse(&ask.body)),
            ("GET", "/drive/v3/about") => Self::About,
            ("GET", "/drive/v3/files/generateIds") => Self::Ids,
            ("GET", FILES) => Self::List,
            ("POST", FILES) => Self::Create,
            ("POST", UPLOAD) => Self::Start,
            ("POST", SEND_MAIL) => Self::SendMail,
            ("GET", _) if path.ends_with(PERMISSIONS) => Self::Permissions(shared(path)?),
            ("POST", _) if path.ends_with(PERMISSIONS) => Self::Invite(shared(path)?),
            ("GET", _) if path.starts_with("/drive/v3/drives/") => Self::Drive(within("/drive/v3/drives")?),
            ("GET", _) if path.ends_with(EXPORT) => {
                Self::Export(within(FILES)?.strip_suffix(EXPORT)?.to_owned())
            }
            ("GET", _) if ask.params.get("alt") == Some("media") => Self::Media(within(FILES)?),
            ("GET", _) => Self::Get(within(FILES)?),
            ("PATCH", _) if path.starts_with(UPLOAD) => Self::Replace(within(UPLOAD)?),
            ("PATCH", _) => Self::Update(within(FILES)?),
            ("DELETE", _) => Self::Delete(within(FILES)?),
            _ => return None,
        })
    }

    /// Whether it reads only.
    pub(super) fn is_read(&self) -> bool {
        matches!(
            self,
            Self::About
                | Self::Drive(_)
                | Self::List
                | Self::Get(_)
                | Self::Media(_)
                | Self::Export(_)
                | Self::Permissions(_)
                | Self::Meet(_)
                | Self::Directory(_)
                | Self::Calendar(_)
        )
    }

    /// Whether each user of a company is asked for it.
    pub(super) fn is_of_company(&self) -> bool {
        matches!(self, Self::Meet(_) | Self::Directory(_) | Self::Calendar(_))
    }

    /// The file or folder that it is about.
    pub(super) fn file(&self) -> Option<&str> {
        match self {
            Self::Get(id) | Self::Media(id) | Self::Export(id) | Self::Update(id) | Self::Delete(id) => {
                Some(id)
            }
            Self::Replace(id) | Self::Permissions(id) | Self::Invite(id) => Some(id),
            _ => None,
        }
    }

    /// The scopes of which a bearer needs one.
    pub(super) fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::SendMail => &scopes::GMAIL,
            Self::Sheets(_) => &scopes::SHEETS,
            Self::Meet(_) => &scopes::MEET,
            Self::Directory(_) => &scopes::DIRECTORY,
            Self::Calendar(_) => &scopes::CALENDAR,
            Self::About | Self::Drive(_) => &scopes::DRIVE_ABOUT,
            _ if self.is_read() => &scopes::DRIVE_READ,
            _ => &scopes::DRIVE_WRITE,
        }
    }

    /// The first word of the host of the API.
    pub(super) fn service(&self) -> &'static str {
        match self {
            Self::SendMail => "gmail",
            Self::Sheets(_) => "sheets",
            Self::Meet(_) => "meet",
            Self::Directory(_) => "admin",
            Self::Calendar(_) => "calendar-json",
            _ => "drive",
        }
    }
}

/// The API behind a path that only GET may reach.
pub(super) fn only_read(path: &str) -> Option<&'static str> {
    let is_below = |folder: &str| path.starts_with(folder);
    [(MEET, "Meet"), ("/admin/", "the Directory"), ("/calendar/", "Calendar")]
        .into_iter()
        .find_map(|(folder, name)| is_below(folder).then_some(name))
}

fn company(path: &str) -> Option<Operation> {
    if let Some(rest) = path.strip_prefix(MEET) {
        return Some(Operation::Meet(decoded(rest)?));
    }
    if let Some(rest) = path.strip_prefix(USERS) {
        let user = rest.strip_prefix('/').filter(|user| !user.is_empty() && !user.contains('/'));
        return if rest.is_empty() {
            Some(Operation::Directory(None))
        } else {
            Some(Operation::Directory(Some(decoded(user?)?)))
        };
    }
    let calendar = path.strip_prefix(CALENDARS)?.strip_suffix("/events")?;
    if calendar.contains('/') { None } else { decoded(calendar).map(Operation::Calendar) }
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_encoding::percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// The file or folder whose permissions a path names.
fn shared(path: &str) -> Option<String> {
    path.strip_prefix(FILES)?.strip_prefix('/')?.strip_suffix(PERMISSIONS).map(str::to_owned)
}

impl Google {
    /// The route and the subject of this request, which decide its faults.
    pub(super) fn subject(&self, operation: &Operation, ask: &Ask) -> (Route, String) {
        match operation {
            Operation::Consent => (Route::GoogleConsent, OWNER_EMAIL.to_owned()),
            Operation::Revoke(_) => (Route::GoogleRevoke, OWNER_EMAIL.to_owned()),
            Operation::Token(form) => (Route::GoogleToken, form.subject()),
            Operation::About => (Route::DriveAbout, "about".to_owned()),
            Operation::Drive(id) => (Route::DriveAbout, id.clone()),
            Operation::SendMail => (Route::GmailSend, String::new()),
            Operation::Ids => (Route::DriveIds, String::new()),
            Operation::List => (Route::DriveList, ask.params.get("q").unwrap_or_default().to_owned()),
            Operation::Create => (Route::DriveCreate, named(&ask.body, &["name"])),
            Operation::Start => (Route::UploadStart, named(&ask.body, &["id", "name"])),
            Operation::Permissions(id) => (Route::DrivePermissions, self.id_and_name(id)),
            Operation::Invite(id) => (Route::DriveShare, self.id_and_name(id)),
            Operation::Replace(id) => (Route::UploadSmall, self.id_and_name(id)),
            Operation::Get(id) => (Route::DriveGet, self.id_and_name(id)),
            Operation::Media(id) => (Route::DriveMedia, self.id_and_name(id)),
            Operation::Update(id) | Operation::Delete(id) => (Route::DriveUpdate, self.id_and_name(id)),
            Operation::Export(id) => (Route::DriveExport, self.id_and_name(id)),
            Operation::Meet(_) => (Route::Meet, self.by_whom(ask)),
            Operation::Directory(_) => (Route::Directory, self.by_whom(ask)),
            Operation::Calendar(_) => (Route::Calendar, self.by_whom(ask)),
            Operation::Sheets(operation) => (operation.route(), self.id_and_name(operation.id())),
        }
    }

    fn id_and_name(&self, id: &str) -> String {
        let state = self.state();
        let name = state.entries.get(id).map(|entry| entry.file.name.as_str());
        session::subject(Some(id), name)
    }

    /// Path and query, and the account of the bearer: faults of one user, or of one thing, are told apart by it.
    fn by_whom(&self, ask: &Ask) -> String {
        let who = self.tokens.behind(&ask.head).map(|(who, _)| self.address_of(who)).unwrap_or_default();
        format!("{} as {who}", ask.head.uri)
    }
}

/// Fields of a JSON body, for a subject.
fn named(body: &[u8], fields: &[&str]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    fields.iter().filter_map(|field| value[*field].as_str()).collect::<Vec<_>>().join(" ")
}

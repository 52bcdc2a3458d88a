//! Parses a request: its parts, its endpoint, and whether its UUID is encoded as Zoom requires.

use hyper::{HeaderMap, Method, Request};
use percent_encoding::percent_decode_str;

use super::super::faults::Route;

/// A request without its body.
#[derive(Debug)]
pub(super) struct Asked {
    pub method: Method,
    /// As received, not decoded.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
}

impl Asked {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: request.headers().clone(),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The request line for the transcript: nothing in it that opens a door.
    pub(super) fn line(&self, place: &Endpoint) -> String {
        let path = match place {
            // The last segment is a capability.
            Endpoint::Download { .. } => {
                self.path.rsplit_once('/').map_or_else(String::new, |(path, _)| format!("{path}/…"))
            }
            _ => self.path.clone(),
        };
        let shown: Vec<String> = self
            .query
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "Policy" | "Signature" | "Key-Pair-Id"))
            .map(|(name, value)| {
                let value = if name.contains("token") { "…" } else { value };
                format!("{name}={value}")
            })
            .collect();
        let query = if shown.is_empty() { String::new() } else { format!("?{}", shown.join("&")) };
        let range = self.header("range").map_or_else(String::new, |range| format!(" [{range}]"));
        format!("{} {path}{query}{range}", self.method)
    }
}

/// An endpoint and what the path says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Token,
    Users,
    User(String),
    UserRecordings(String),
    AccountRecordings,
    Recordings(Uuid),
    File(Uuid, String),
    Status(Uuid, Option<String>),
    PastMeeting(Uuid),
    Participants(ParticipantList, Uuid),
    /// A number, and if it is a webinar's.
    Instances(String, bool),
    Meeting(String),
    Invitation(String),
    UserMeetings(String),
    Download {
        opaque: String,
    },
    Media,
    Unknown,
}

/// The four lists of participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParticipantList {
    Report,
    Past,
    WebinarReport,
    PastWebinar,
}

impl ParticipantList {
    const ALL: [Self; 4] = [Self::Report, Self::Past, Self::WebinarReport, Self::PastWebinar];

    fn prefix(self) -> &'static str {
        match self {
            Self::Report => "report/meetings/",
            Self::Past => "past_meetings/",
            Self::WebinarReport => "report/webinars/",
            Self::PastWebinar => "past_webinars/",
        }
    }

    pub(super) fn is_report(self) -> bool {
        matches!(self, Self::Report | Self::WebinarReport)
    }

    pub(super) fn is_webinar(self) -> bool {
        matches!(self, Self::WebinarReport | Self::PastWebinar)
    }

    /// The scopes of which one is needed: granular, classic.
    pub(super) fn scopes(self) -> [&'static str; 2] {
        match self {
            Self::Report => ["report:read:list_meeting_participants:admin", "report:read:admin"],
            Self::WebinarReport => ["report:read:list_webinar_participants:admin", "report:read:admin"],
            Self::Past => ["meeting:read:list_past_participants:admin", "meeting:read:admin"],
            Self::PastWebinar => ["webinar:read:list_past_participants:admin", "webinar:read:admin"],
        }
    }
}

/// A meeting's uuid out of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uuid {
    pub text: String,
    /// Encoded twice, or in no need of it.
    pub is_encoded: bool,
}

impl Endpoint {
    pub(super) fn of(asked: &Asked) -> Self {
        let path = asked.path.as_str();
        if path == "/oauth/token" {
            return Self::Token;
        }
        if path.starts_with("/media/") {
            return Self::Media;
        }
        let link = path.strip_prefix("/rec/webhook_download/").or(path.strip_prefix("/rec/download/"));
        if let Some(opaque) = link {
            return Self::Download { opaque: opaque.to_owned() };
        }
        path.strip_prefix("/v2/").map_or(Self::Unknown, |path| Self::of_api(path, &asked.method))
    }

    /// The middle of a path may hold slashes: that is how a uuid that was not encoded arrives.
    fn of_api(path: &str, method: &Method) -> Self {
        if path == "users" {
            return Self::Users;
        }
        if let Some(user) = between(path, "users/", "/recordings") {
            return Self::UserRecordings(decode(user));
        }
        if let Some(user) = between(path, "users/", "/meetings") {
            return Self::UserMeetings(decode(user));
        }
        if path == "accounts/me/recordings" {
            return Self::AccountRecordings;
        }
        if let Some(user) = path.strip_prefix("users/").filter(|user| !user.contains('/')) {
            return Self::User(decode(user));
        }
        for list in ParticipantList::ALL {
            if let Some(uuid) = between(path, list.prefix(), "/participants") {
                return Self::Participants(list, Uuid::of(uuid));
            }
        }
        for (prefix, of_webinars) in [("past_meetings/", false), ("past_webinars/", true)] {
            if let Some(number) = between(path, prefix, "/instances") {
                return Self::Instances(decode(number), of_webinars);
            }
        }
        if let Some(uuid) = path.strip_prefix("past_meetings/") {
            return Self::PastMeeting(Uuid::of(uuid));
        }
        let Some(path) = path.strip_prefix("meetings/") else { return Self::Unknown };
        if let Some(uuid) = path.strip_suffix("/recordings") {
            return Self::Recordings(Uuid::of(uuid));
        }
        match path.rsplit_once("/recordings/") {
            Some((uuid, "status")) if method == Method::PUT => Self::Status(Uuid::of(uuid), None),
            Some((uuid, file)) => match file.strip_suffix("/status") {
                Some(file) => Self::Status(Uuid::of(uuid), Some(decode(file))),
                None => Self::File(Uuid::of(uuid), decode(file)),
            },
            None => match path.strip_suffix("/invitation") {
                Some(id) => Self::Invitation(decode(id)),
                None => Self::Meeting(decode(path)),
            },
        }
    }

    pub(super) fn route(&self, method: &Method) -> Route {
        match self {
            Self::Token => Route::ZoomToken,
            Self::Users => Route::ZoomUsers,
            Self::User(_) => Route::ZoomUser,
            Self::UserRecordings(_) => Route::ZoomUserRecordings,
            Self::AccountRecordings => Route::ZoomAccountRecordings,
            Self::Recordings(_) if method == Method::GET => Route::ZoomRecording,
            Self::Recordings(_) | Self::File(..) if method == Method::DELETE => Route::ZoomTrash,
            Self::UserMeetings(_) if method == Method::GET => Route::ZoomMeetings,
            Self::UserMeetings(_) => Route::ZoomMeetingCreate,
            Self::Meeting(_) if method != Method::GET => Route::ZoomMeetingChange,
            Self::Download { .. } => Route::ZoomDownload,
            Self::Media => Route::ZoomMedia,
            Self::Participants(list, _) if list.is_report() => Route::ZoomReport,
            Self::Participants(..) => Route::ZoomPastParticipants,
            Self::PastMeeting(_) => Route::ZoomPastMeeting,
            Self::Instances(..) => Route::ZoomInstances,
            _ => Route::ZoomOther,
        }
    }

    pub(super) fn uuid(&self) -> Option<&Uuid> {
        match self {
            Self::Recordings(uuid)
            | Self::File(uuid, _)
            | Self::Status(uuid, _)
            | Self::PastMeeting(uuid)
            | Self::Participants(_, uuid) => Some(uuid),
            _ => None,
        }
    }

    /// The query parameters that Zoom documents.
    pub(super) fn parameters(&self, method: &Method) -> &'static [&'static str] {
        let get = method == Method::GET;
        match self {
            Self::Token => &["grant_type", "account_id"],
            Self::Users => &[
                "status",
                "page_size",
                "role_id",
                "page_number",
                "include_fields",
                "next_page_token",
                "license",
            ],
            Self::UserRecordings(_) => {
                &["page_size", "next_page_token", "mc", "trash", "from", "to", "trash_type", "meeting_id"]
            }
            Self::AccountRecordings => &["page_size", "next_page_token", "from", "to"],
            Self::User(_) => &["login_type", "encrypted_email", "search_by_unique_id"],
            Self::Recordings(_) if get => &["include_fields", "ttl"],
            Self::Recordings(_) | Self::File(..) => &["action"],
            Self::Participants(list, _) if list.is_report() => {
                &["page_size", "next_page_token", "include_fields"]
            }
            Self::Participants(..) => &["page_size", "next_page_token"],
            Self::Instances(..) => &["from", "to"],
            Self::Meeting(_) if get => &["occurrence_id", "show_previous_occurrences"],
            Self::Meeting(_) if method == Method::DELETE => {
                &["occurrence_id", "schedule_for_reminder", "cancel_meeting_reminder"]
            }
            Self::Meeting(_) => &["occurrence_id"],
            Self::UserMeetings(_) if get => {
                &["type", "page_size", "next_page_token", "page_number", "from", "to", "timezone"]
            }
            Self::Media => &["Policy", "Signature", "Key-Pair-Id"],
            _ => &[],
        }
    }
}

impl Uuid {
    /// Zoom decodes a path twice: a uuid encoded once falls apart on the way, or is not found.
    fn of(segment: &str) -> Self {
        let once = decode(segment);
        let is_encoded = !segment.contains('/') && !once.contains(['/', '+', '=']);
        Self { text: decode(&once), is_encoded }
    }
}

fn between<'a>(path: &'a str, prefix: &str, suffix: &str) -> Option<&'a str> {
    path.strip_prefix(prefix)?.strip_suffix(suffix)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

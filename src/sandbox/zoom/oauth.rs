//! `POST /oauth/token`, and the rules about credentials that hold at every door.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use hyper::Method;
use hyper::body::Incoming;

use super::super::faults::Canned;
use super::Zoom;
use super::json::Json;
use super::reply::{self, Reply};
use super::request::{Asked, Endpoint};
use super::tokens::Verdict;

/// All that the sandbox's app may do at first. Granular names; the classic ones are accepted as well.
pub(super) fn all_scopes() -> Vec<String> {
    [
        "cloud_recording:read:recording:admin",
        "user:read:list_users:admin",
        "user:read:user:admin",
        "cloud_recording:read:list_user_recordings:admin",
        "cloud_recording:read:list_account_recordings:admin",
        "cloud_recording:read:list_recording_files:admin",
        "cloud_recording:delete:recording_file:admin",
        "cloud_recording:delete:meeting_recording:admin",
        "cloud_recording:update:recover_meeting_recordings:admin",
        "cloud_recording:update:recover_single_recording:admin",
        "report:read:list_meeting_participants:admin",
        "report:read:list_webinar_participants:admin",
        "meeting:read:list_past_participants:admin",
        "webinar:read:list_past_participants:admin",
        "meeting:read:list_past_instances:admin",
        "webinar:read:list_past_instances:admin",
        "meeting:read:past_meeting:admin",
        "meeting:read:meeting:admin",
        "meeting:read:list_meetings:admin",
        "meeting:read:invitation:admin",
        "meeting:write:meeting:admin",
        "meeting:update:meeting:admin",
        "meeting:delete:meeting:admin",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The scopes of which an endpoint demands one: granular, classic.
pub(super) fn scopes_for(place: &Endpoint, method: &Method) -> [&'static str; 2] {
    match place {
        Endpoint::Users => ["user:read:list_users:admin", "user:read:admin"],
        Endpoint::User(_) => ["user:read:user:admin", "user:read:admin"],
        Endpoint::AccountRecordings => {
            ["cloud_recording:read:list_account_recordings:admin", "account:read:admin"]
        }
        Endpoint::UserRecordings(_) => {
            ["cloud_recording:read:list_user_recordings:admin", "recording:read:admin"]
        }
        Endpoint::Recordings(_) if method == Method::GET => {
            ["cloud_recording:read:list_recording_files:admin", "recording:read:admin"]
        }
        Endpoint::Recordings(_) => {
            ["cloud_recording:delete:meeting_recording:admin", "recording:write:admin"]
        }
        Endpoint::File(..) => ["cloud_recording:delete:recording_file:admin", "recording:write:admin"],
        Endpoint::Status(_, None) => {
            ["cloud_recording:update:recover_meeting_recordings:admin", "recording:write:admin"]
        }
        Endpoint::Status(_, Some(_)) => {
            ["cloud_recording:update:recover_single_recording:admin", "recording:write:admin"]
        }
        Endpoint::PastMeeting(_) => ["meeting:read:past_meeting:admin", "meeting:read:admin"],
        Endpoint::Participants(list, _) => list.scopes(),
        Endpoint::Instances(_, false) => ["meeting:read:list_past_instances:admin", "meeting:read:admin"],
        Endpoint::Instances(_, true) => ["webinar:read:list_past_instances:admin", "webinar:read:admin"],
        Endpoint::UserMeetings(_) if method == Method::GET => {
            ["meeting:read:list_meetings:admin", "meeting:read:admin"]
        }
        Endpoint::UserMeetings(_) => ["meeting:write:meeting:admin", "meeting:write:admin"],
        Endpoint::Meeting(_) if method == Method::PATCH => {
            ["meeting:update:meeting:admin", "meeting:write:admin"]
        }
        Endpoint::Meeting(_) if method == Method::DELETE => {
            ["meeting:delete:meeting:admin", "meeting:write:admin"]
        }
        Endpoint::Invitation(_) => ["meeting:read:invitation:admin", "meeting:read:admin"],
        _ => ["meeting:read:meeting:admin", "meeting:read:admin"],
    }
}

impl Zoom {
    /// Notes what no caller may do, whatever the answer will be.
    pub(super) fn note_violations(&self, place: &Endpoint, asked: &Asked) {
        for (name, _) in &asked.query {
            if !place.parameters(&asked.method).contains(&name.as_str()) {
                self.violation(format!("undocumented query parameter `{name}` in {}", asked.line(place)));
            }
        }
        if let Some(uuid) = place.uuid()
            && !uuid.is_encoded
        {
            self.violation(format!("the uuid {} was not encoded twice in {}", uuid.text, asked.path));
        }
        let is_file = matches!(place, Endpoint::Download { .. } | Endpoint::Media);
        if is_file && asked.header("accept-encoding").is_some_and(|coding| coding != "identity") {
            self.violation("a recording was asked for in a compressed form");
        }
        if matches!(place, Endpoint::Media) {
            if asked.headers.contains_key("authorization") {
                self.violation("Authorization was sent on to the media host");
            }
        } else if let Some(token) = asked.bearer()
            && self.world().issuer.check(token) == Verdict::Foreign
        {
            self.violation(format!("a credential sent to the wrong host: {}", asked.line(place)));
        }
    }

    /// The scopes of the caller, or Zoom's 401.
    pub(super) fn authorized(&self, place: &Endpoint, asked: &Asked) -> Result<Vec<String>, Canned> {
        let invalid = Canned::zoom(401, 124, "Invalid access token.");
        let Some(token) = asked.bearer() else {
            self.violation(format!("no bearer token: {}", asked.line(place)));
            return Err(invalid);
        };
        match self.world().issuer.check(token) {
            Verdict::Access(scopes) => Ok(scopes),
            Verdict::Expired => Err(Canned::zoom(401, 124, "Access token is expired.")),
            // `note_violations` has noted it.
            Verdict::Foreign => Err(invalid),
            Verdict::Download => {
                self.violation("a download token was sent to the API");
                Err(invalid)
            }
        }
    }

    /// `POST /oauth/token`. Wrong credentials are the operator's slip, so they are no violation; a request
    /// that can never work is the program's.
    pub(super) async fn token(&self, asked: &Asked, body: Incoming) -> Reply {
        let form = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&form).into_owned().collect();
        for (name, _) in &form {
            if !["grant_type", "account_id"].contains(&name.as_str()) {
                self.violation(format!("undocumented form field `{name}` at the token endpoint"));
            }
        }
        let field = |name: &str| {
            let value = form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            value.or(asked.param(name))
        };
        if asked.method != Method::POST {
            self.violation("the token endpoint takes POST only");
            return Err(refusal("unsupported method", "invalid_request"));
        }
        let Some(basic) = asked.header("authorization").and_then(|value| value.strip_prefix("Basic ")) else {
            self.violation("the token endpoint wants HTTP Basic authentication");
            return Err(refusal("Invalid client_id or client_secret", "invalid_client"));
        };
        let right = format!("{}:{}", self.client_id(), self.world().client_secret);
        if STANDARD.decode(basic).ok().as_deref() != Some(right.as_bytes()) {
            return Err(refusal("Invalid client_id or client_secret", "invalid_client"));
        }
        if field("grant_type") != Some("account_credentials") {
            self.violation("the grant type of a Server-to-Server app is account_credentials");
            return Err(refusal("unsupported grant type", "unsupported_grant_type"));
        }
        if field("account_id") != Some(self.account_id()) || self.world().is_deactivated {
            return Err(refusal("Bad Request", "invalid_request"));
        }
        let mut world = self.world();
        let scopes = world.scopes.clone();
        let token = world.issuer.access(scopes.clone());
        let json = Json::object()
            .put("access_token", token)
            .put("token_type", "bearer")
            .put("expires_in", world.announced_life.unwrap_or(3599))
            .put("scope", scopes.join(" "))
            .put("api_url", world.base.clone());
        Ok(reply::json(&json))
    }
}

fn refusal(reason: &str, error: &str) -> Canned {
    let body = serde_json::json!({"reason": reason, "error": error});
    Canned::new(400, "application/json;charset=UTF-8", body.to_string())
}

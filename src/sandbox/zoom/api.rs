//! The API's door: token, scope, uuid, then the endpoint. And how lists are cut into pages.

use std::time::{Duration, Instant};

use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::HeaderName;
use serde_json::Value;

use super::super::faults::Canned;
use super::Zoom;
use super::json::Json;
use super::oauth::scopes_for;
use super::reply::{self, Reply};
use super::request::{Asked, Endpoint};
use super::world::{Page, World};

/// Lifetime of a page token.
const PAGE_TOKEN_FOR: Duration = Duration::from_mins(15);

/// Time that a write of a meeting takes.
const WRITE_TAKES: Duration = Duration::from_millis(5);

impl Zoom {
    pub(super) async fn api(&self, place: &Endpoint, asked: &Asked, body: Incoming) -> Reply {
        if *place == Endpoint::Unknown {
            self.violation(format!("no such endpoint: {} {}", asked.method, asked.path));
            return Err(Canned::zoom(404, 2300, "This API endpoint is not recognized."));
        }
        let scopes = self.authorized(place, asked)?;
        let wanted = scopes_for(place, &asked.method);
        if !wanted.iter().any(|wanted| scopes.iter().any(|scope| scope == wanted)) {
            let message = format!("Invalid access token, does not contain scopes:[{}].", wanted.join(", "));
            return Err(Canned::zoom(400, 4711, &message));
        }
        if let Some(uuid) = place.uuid()
            && !uuid.is_encoded
        {
            return Err(reply::no_meeting(&uuid.text));
        }
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let writing = self.begin_write(place, asked.method != "GET")?;
        if writing.is_some() {
            // Long enough that a second write of the same host meets the first one.
            tokio::time::sleep(WRITE_TAKES).await;
        }
        let mut response = self.endpoint(place, asked, &body)?;
        tracking(&mut response, place);
        Ok(response)
    }

    fn endpoint(&self, place: &Endpoint, asked: &Asked, body: &[u8]) -> Reply {
        match (place, asked.method.as_str()) {
            (Endpoint::Users, "GET") => self.users(asked),
            (Endpoint::User(user), "GET") => self.user(user),
            (Endpoint::AccountRecordings, "GET") => self.account_recordings(asked),
            (Endpoint::UserRecordings(user), "GET") => self.user_recordings(asked, user),
            (Endpoint::Recordings(uuid), "GET") => self.meeting_recordings(asked, &uuid.text),
            (Endpoint::Recordings(uuid), "DELETE") => self.trash(asked, &uuid.text, None),
            (Endpoint::File(uuid, file), "DELETE") => self.trash(asked, &uuid.text, Some(file)),
            (Endpoint::Status(uuid, file), "PUT") => self.recover(body, &uuid.text, file.as_deref()),
            (Endpoint::PastMeeting(uuid), "GET") => self.past_meeting(&uuid.text),
            (Endpoint::Participants(list, uuid), "GET") => self.participants(*list, asked, &uuid.text),
            (Endpoint::Instances(id, of_webinars), "GET") => self.instances(asked, id, *of_webinars),
            (Endpoint::Meeting(id), "GET") => self.meeting(asked, id),
            (Endpoint::Meeting(id), "PATCH") => self.change_meeting(asked, id, body),
            (Endpoint::Meeting(id), "DELETE") => self.delete_meeting(asked, id),
            (Endpoint::Invitation(id), "GET") => self.invitation(id),
            (Endpoint::UserMeetings(user), "GET") => self.list_meetings(asked, user),
            (Endpoint::UserMeetings(user), "POST") => self.create_meeting(asked, user, body),
            _ => {
                self.violation(format!("no such endpoint: {} {}", asked.method, asked.path));
                Err(Canned::zoom(404, 2300, "This API endpoint is not recognized."))
            }
        }
    }

    /// One page of a list: its frame, and which rows are on it. A page token is good for the parameters
    /// that it was made for, and for a quarter of an hour.
    pub(super) fn page<T>(
        &self,
        world: &mut World,
        asked: &Asked,
        rows: Vec<T>,
        max: usize,
    ) -> Result<(Json, Vec<T>), Canned> {
        let size = match asked.param("page_size").map(str::parse) {
            None => 30,
            Some(Ok(size)) if (1..=max).contains(&size) => size,
            Some(_) => {
                self.violation(format!("page_size must be a number up to {max}"));
                return Err(reply::invalid("Invalid field: page_size."));
            }
        };
        let size = world.rows_max.map_or(size, |rows| rows.min(size));
        let parameters = bound_parameters(asked);
        let offset = match asked.param("next_page_token").filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => {
                let page = world.pages.get(token);
                if page.is_none_or(|page| page.parameters != parameters) {
                    self.violation("a next_page_token was used with other parameters than it came with");
                }
                let good = |page: &&Page| page.parameters == parameters && page.expires > Instant::now();
                match page.filter(good) {
                    Some(page) => page.offset,
                    None => return Err(reply::invalid("The next page token is invalid or expired.")),
                }
            }
        };
        let total = rows.len();
        let on_page: Vec<T> = rows.into_iter().skip(offset).take(size).collect();
        let next = offset + on_page.len();
        let token = if next < total {
            let token = world.issuer.fresh("page");
            let expires = Instant::now() + PAGE_TOKEN_FOR;
            world.pages.insert(token.clone(), Page { parameters, offset: next, expires });
            token
        } else {
            String::new()
        };
        let frame = Json::object()
            .put("page_count", total.div_ceil(size))
            .put("page_size", size)
            .put("total_records", total)
            .put("next_page_token", token);
        Ok((frame, on_page))
    }
}

/// Everything that a page token is bound to: the path and the other parameters, in any order.
pub(super) fn bound_parameters(asked: &Asked) -> String {
    let mut parameters: Vec<_> = asked.query.iter().filter(|(name, _)| name != "next_page_token").collect();
    parameters.sort();
    format!("{} {parameters:?}", asked.path)
}

/// A number, or the same as text for the Zooms that send it so.
pub(super) fn number(value: u64, as_string: bool) -> Value {
    if as_string { Value::from(value.to_string()) } else { Value::from(value) }
}

/// The header that Zoom's support asks for, and the kind of limit that this call counts towards.
fn tracking(response: &mut Response<Body>, place: &Endpoint) {
    let category = match place {
        Endpoint::Participants(list, _) if list.is_report() => "HEAVY",
        Endpoint::Users
        | Endpoint::UserRecordings(_)
        | Endpoint::UserMeetings(_)
        | Endpoint::AccountRecordings
        | Endpoint::Participants(..)
        | Endpoint::Instances(..) => "MEDIUM",
        _ => "LIGHT",
    };
    reply::set(response, HeaderName::from_static("x-zm-trackingid"), "v=2.0;clid=us02;rid=WEB_sandbox");
    reply::set(response, HeaderName::from_static("x-ratelimit-category"), category);
}

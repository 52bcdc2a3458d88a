//! A user's meetings, all pages of them.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tracing::debug;

use super::patience::Resend;
use super::{MeetingError, Meetings, call, encoded};
use crate::meetings::MeetingDetails;
use crate::recording::listing;
use crate::zoom::account::Days;
use crate::zoom::answer::{CODE_INVALID, read_object};
use crate::zoom::rate_limit::Category;

/// Rows per page: Zoom's maximum.
const PAGE_SIZE: u32 = 300;

/// Most pages of one list. Guards against a list that does not end.
const PAGES_MAX: usize = 200;

/// Times that a list is begun again because its page token has expired.
const RESTARTS_MAX: usize = 3;

/// Which meetings to list. Zoom lists those that have not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// Those that are still to come, with those that are on.
    Upcoming,
    /// All of them.
    Scheduled,
    /// Those that are on.
    Live,
    /// Those whose scheduled end has passed.
    Previous,
}

impl ListType {
    fn name(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Scheduled => "scheduled",
            Self::Live => "live",
            Self::Previous => "previous_meetings",
        }
    }
}

/// One page; `None` when its token has expired.
type Page = Option<(Vec<MeetingDetails>, Option<String>)>;

impl Meetings<'_> {
    /// Lists a user's meetings: every page, or an error.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub async fn list(
        &self,
        user: &str,
        kind: ListType,
        days: Option<Days>,
    ) -> Result<Vec<MeetingDetails>, MeetingError> {
        let days = days.map(|days| format!("&from={}&to={}", days.from, days.to)).unwrap_or_default();
        let user = encoded(user)?;
        let path = format!("/users/{user}/meetings?type={}&page_size={PAGE_SIZE}{days}", kind.name());
        for _restart in 0..RESTARTS_MAX {
            match self.all_pages(&path).await? {
                Some(meetings) => return Ok(meetings),
                None => debug!("a page token of Zoom's has expired; the list is read again"),
            }
        }
        Err(MeetingError::unreadable("a list of meetings whose page tokens expire at once"))
    }

    async fn all_pages(&self, path: &str) -> Result<Option<Vec<MeetingDetails>>, MeetingError> {
        let (mut meetings, mut token): (Vec<MeetingDetails>, Option<String>) = (Vec::new(), None);
        for _page in 0..PAGES_MAX {
            let Some((rows, next)) = self.page(path, token.as_deref()).await? else { return Ok(None) };
            meetings.extend(rows);
            token = next;
            if token.is_none() {
                return Ok(Some(meetings));
            }
        }
        Err(MeetingError::unreadable("a list of meetings that does not end"))
    }

    async fn page(&self, path: &str, token: Option<&str>) -> Result<Page, MeetingError> {
        let next = match token {
            Some(token) => format!("&next_page_token={}", encoded(token)?),
            None => String::new(),
        };
        let call = call(Category::Medium, Method::GET, format!("{path}{next}"));
        let answer = match self.try_call(&call, Resend::Allowed).await? {
            Ok(body) => read_object(&body, "meetings")?,
            Err(fault) => Err(fault),
        };
        let object = match answer {
            Ok(object) => object,
            Err(fault) => {
                let is_expired =
                    token.is_some() && fault.status == StatusCode::BAD_REQUEST && fault.code == CODE_INVALID;
                return if is_expired { Ok(None) } else { Err(MeetingError::of(fault)) };
            }
        };
        let Some(rows) = object.get("meetings").and_then(Value::as_array) else {
            return Err(MeetingError::unreadable("an answer without `meetings`"));
        };
        let meetings = rows.iter().filter_map(MeetingDetails::read).collect();
        let next = listing::text(&object, "next_page_token");
        Ok(Some((meetings, Some(next).filter(|next| !next.is_empty()))))
    }
}

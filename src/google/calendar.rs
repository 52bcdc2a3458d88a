//! A user's calendar: what is planned, and the titles of what has been.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use super::auth::SCOPE_CALENDAR;
use super::meet::{Api, Asked, MeetError};
use super::users::GoogleUsers;
use crate::config::GoogleConfig;
use crate::meet::Event;

/// Entries per page: Google's default.
const EVENTS_PER_PAGE: &str = "250";

/// Client of the calendars, for any user.
#[derive(Debug)]
pub struct Calendar {
    users: Arc<GoogleUsers>,
    api_url: Url,
}

impl Calendar {
    /// Makes a client from the settings.
    pub fn new(users: Arc<GoogleUsers>, config: &GoogleConfig) -> Self {
        Self { users, api_url: config.api_url.clone() }
    }

    /// The entries of the user's own calendar that end after `from` and start before `to`, each date of a series by
    /// itself.
    ///
    /// # Errors
    /// See [`MeetError`].
    pub async fn events(&self, user: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, MeetError> {
        let base = self.api_url.as_str().trim_end_matches('/');
        let url = format!("{base}/calendar/v3/calendars/primary/events");
        let (from, to) = (written(from), written(to));
        let parameters = [
            ("timeMin", from.as_str()),
            ("timeMax", to.as_str()),
            ("singleEvents", "true"),
            ("orderBy", "startTime"),
            ("maxResults", EVENTS_PER_PAGE),
            ("eventTypes", "default"),
        ];
        let asked = Asked { api: Api::Calendar, user, scope: SCOPE_CALENDAR, what: "calendar", hint: "" };
        let rows = self.users.list(&url, &parameters, "items", asked).await?;
        Ok(rows.iter().filter_map(Event::read).collect())
    }
}

/// Google ignores fractions of seconds.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

//! The harmless calls with which `doctor` tries Google Meet, the directory, a calendar, and Drive. Only GET.

use jiff::{SignedDuration, Timestamp};
use reqwest::Client;

use super::meet_says;
use crate::config::GoogleConfig;
use crate::google::NoAnswer;
use crate::google::look::look;
use crate::secret::Secret;

/// An id that no file has: Drive's refusal proves that it answers this scope.
const NO_FILE: &str = "none";

/// Calls with one token.
pub(super) struct Calls<'a> {
    pub(super) client: &'a Client,
    pub(super) config: &'a GoogleConfig,
    pub(super) token: &'a Secret,
}

impl Calls<'_> {
    /// True if the user has had a meeting that Google remembers.
    pub(super) async fn has_met(&self) -> Result<bool, NoAnswer> {
        let base = &self.config.meet.api_url;
        let page = look(self.client, base, "/v2/conferenceRecords", &[("pageSize", "1")], self.token).await?;
        Ok(page["conferenceRecords"].as_array().is_some_and(|records| !records.is_empty()))
    }

    /// The next event of the user's calendar, within a day.
    pub(super) async fn next_event(&self, now: Timestamp) -> Result<(), NoAnswer> {
        let to = now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now);
        let (from, to) = (format!("{now:.0}"), format!("{to:.0}"));
        let parameters = [
            ("timeMin", from.as_str()),
            ("timeMax", to.as_str()),
            ("singleEvents", "true"),
            ("orderBy", "startTime"),
            ("eventTypes", "default"),
            ("maxResults", "1"),
        ];
        let path = "/calendar/v3/calendars/primary/events";
        look(self.client, &self.config.api_url, path, &parameters, self.token).await.map(|_| ())
    }

    /// Drive's refusal of an unknown file is as good as an answer.
    pub(super) async fn no_file(&self) -> Result<(), NoAnswer> {
        let path = format!("/drive/v3/files/{NO_FILE}");
        let parameters = [("fields", "id"), ("supportsAllDrives", "true")];
        match look(self.client, &self.config.api_url, &path, &parameters, self.token).await {
            Ok(_) => Ok(()),
            Err(answer) if meet_says::is_not_found(&answer) => Ok(()),
            Err(answer) => Err(answer),
        }
    }

    /// One user, as an admin sees them, or in this view.
    pub(super) async fn users(&self, view: Option<&'static str>) -> Result<(), NoAnswer> {
        let mut parameters = vec![
            ("customer", "my_customer"),
            ("query", "isSuspended=false"),
            ("orderBy", "email"),
            ("maxResults", "1"),
            ("fields", "nextPageToken,users(id,primaryEmail)"),
        ];
        parameters.extend(view.map(|view| ("viewType", view)));
        let base = &self.config.meet.admin_api_url;
        look(self.client, base, "/admin/directory/v1/users", &parameters, self.token).await.map(|_| ())
    }
}

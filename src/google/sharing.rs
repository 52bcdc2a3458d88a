//! Gives a person access to a file or folder, without an email from Google.

use serde_json::{Value, json};

use super::drive::Drive;
use super::{API, GoogleError};

/// Permissions per page of a list: Drive's maximum.
const PERMISSIONS_PER_PAGE: &str = "100";

impl Drive {
    /// True if this person has access already, directly or by a folder or drive above.
    ///
    /// # Errors
    /// See [`GoogleError`].
    pub async fn is_shared_with(&self, id: &str, email: &str) -> Result<bool, GoogleError> {
        let url = self.file_url(API, id, "/permissions")?;
        let parameters = [
            ("supportsAllDrives", "true"),
            ("pageSize", PERMISSIONS_PER_PAGE),
            ("fields", "nextPageToken,permissions(emailAddress)"),
        ];
        let permissions = self.google.pages(&url, &parameters, "permissions").await?;
        let mut emails = permissions.iter().filter_map(|permission| permission["emailAddress"].as_str());
        Ok(emails.any(|known| known.eq_ignore_ascii_case(email)))
    }

    /// Gives a person read access to a file, or to everything in a folder.
    ///
    /// # Errors
    /// See [`GoogleError`]; `Refused` when there is no such account.
    pub async fn share(&self, id: &str, email: &str) -> Result<(), GoogleError> {
        let url = self.file_url(API, id, "/permissions")?;
        let parameters =
            [("sendNotificationEmail", "false"), ("supportsAllDrives", "true"), ("fields", "id")];
        let reader: Value = json!({"type": "user", "role": "reader", "emailAddress": email});
        let response = self.google.send(|client| client.post(&url).query(&parameters).json(&reader)).await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(self.google.refusal(response, 0).await)
    }
}

//! Who may read what: a person is given access to one file or folder, without a mail from Google.

use serde_json::{Value, json};

use super::drive::Drive;
use super::{API, GoogleError};

/// Permissions on a page of a list: as many as Drive gives.
const PERMISSIONS_PER_PAGE: &str = "100";

impl Drive {
    /// Whether this person is named among those who have access already, here or by a folder or drive above.
    ///
    /// # Errors
    /// As Google's.
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

    /// Lets a person read a file, or all that is in a folder.
    ///
    /// # Errors
    /// As Google's; `Refused` when there is no such account.
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

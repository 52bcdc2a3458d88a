//! What operators get wrong at Google, and what admins do to them: a root that is no folder, an API that is not
//! enabled, a consent without Drive, a clock that differs.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::entry::DriveFile;
use super::state::{SHORTCUT, random};
use super::{Google, errors};
use crate::sandbox::faults::Canned;

impl Google {
    /// Makes a shortcut in the shared drive that leads to this file or folder, and gives its id.
    pub fn add_shortcut(&self, target: &str) -> String {
        self.add_to_drive("Recordings (shortcut)", SHORTCUT, Some(target))
    }

    /// Makes a file in the shared drive, and gives its id.
    pub fn add_file(&self, name: &str) -> String {
        self.add_to_drive(name, "text/plain", None)
    }

    pub(super) fn add_to_drive(&self, name: &str, mime_type: &str, target: Option<&str>) -> String {
        let mut state = self.state();
        let file = DriveFile {
            id: random("1", 32),
            name: name.to_owned(),
            mime_type: mime_type.to_owned(),
            parents: vec![state.drive.clone()],
            shortcut_target: target.map(str::to_owned),
            ..DriveFile::default()
        };
        let id = file.id.clone();
        state.insert(file, None, None);
        id
    }

    /// Makes the service account a member of the shared drive, or no member: then only the folders of it that
    /// are shared with the account can be seen, and here the root folder is.
    pub fn set_member(&self, is_member: bool) {
        self.state().is_member = is_member;
        self.transcript.changed();
    }

    /// Enables the Drive API in the project, or disables it.
    pub fn set_api_enabled(&self, is_enabled: bool) {
        self.api_disabled.store(!is_enabled, Ordering::Relaxed);
    }

    /// Sets the human's consent: the scopes of future tokens of the authorized user.
    pub fn set_consent(&self, scopes: &str) {
        self.consents().give(&self.tokens.refresh_token, scopes);
    }

    /// Revokes the human's consent: its refresh token is worth nothing.
    pub fn revoke_consent(&self) {
        self.revoke(&self.tokens.refresh_token);
    }

    /// How far Google's clock is ahead of ours, in seconds: the `Date` of answers shows it, and assertions are
    /// measured by it.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.clock_ahead.store(seconds, Ordering::Relaxed);
    }

    pub(super) fn clock_ahead(&self) -> i64 {
        self.clock_ahead.load(Ordering::Relaxed)
    }

    /// The refusal of a project in which the API is not enabled.
    pub(super) fn check_enabled(&self) -> Result<(), Canned> {
        if !self.api_disabled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let message = "Google Drive API has not been used in project 123456789 before or it is disabled. Enable it by \
            visiting https://console.developers.google.com/apis/api/drive.googleapis.com/overview?project=123456789 \
            then retry.";
        let body = json!({"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED",
            "errors": [{"domain": "usageLimits", "reason": "accessNotConfigured", "message": message}],
            "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
                "domain": "googleapis.com"}]}});
        Err(errors::json_answer(403, &body))
    }
}

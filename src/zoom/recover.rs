//! Takes a recording out of Zoom's trash.

use reqwest::Method;
use serde_json::json;

use super::answer::CODE_SCOPE;
use super::api::{Call, Zoom, segment};
use super::rate_limit::Category;
use super::{SCOPE_RECOVER, ZoomError};
use crate::recording::MeetingUuid;

/// "No storage": the account's cloud storage is full.
const CODE_NO_STORAGE: i64 = 3309;

/// Zoom's answer to a request to recover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoverAnswer {
    /// The recording is back, with all its files.
    Done,
    /// The trash has no such recording: it is 30 days over, somebody emptied it, or it never was there.
    NotInTrash,
    /// Zoom refuses: no scope, no storage, a role. The text says what to do.
    Denied(String),
}

impl Zoom {
    /// Takes a whole recording out of the trash. Only a person's command leads here.
    ///
    /// # Errors
    /// When the call fails. A denial is an answer, not an error.
    pub async fn recover_from_trash(&self, uuid: &MeetingUuid) -> Result<RecoverAnswer, ZoomError> {
        let path = format!("/meetings/{}/recordings/status", segment(uuid)?);
        let body = Some(json!({"action": "recover"}));
        let call = Call { category: Category::Light, method: Method::PUT, path, body };
        match self.send(&call).await? {
            Ok(_) => Ok(RecoverAnswer::Done),
            Err(fault) if fault.is_no_recording() => Ok(RecoverAnswer::NotInTrash),
            Err(fault) if fault.code == CODE_SCOPE => Ok(RecoverAnswer::Denied(format!(
                "the app lacks the scope {SCOPE_RECOVER} (in a classic app recording:write:admin), which only this needs. Add it \
                 at marketplace.zoom.us > Develop (Manage) > your Server-to-Server OAuth app > Scopes, and activate the app \
                 again ({})",
                fault.describe()
            ))),
            Err(fault) if fault.code == CODE_NO_STORAGE => Ok(RecoverAnswer::Denied(format!(
                "Zoom's cloud storage is full, so that nothing fits out of the trash: make room there first ({})",
                fault.describe()
            ))),
            Err(fault) => match fault.into_error() {
                error if error.is_about_this() => Ok(RecoverAnswer::Denied(error.to_string())),
                error => Err(error),
            },
        }
    }
}

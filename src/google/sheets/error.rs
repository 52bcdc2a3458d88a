//! Why a spreadsheet could not be written.

use crate::google::{ErrorResponse, GoogleError, Meaning};

/// Why a call about a spreadsheet failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// The Sheets API is not enabled in the project of the credentials.
    #[error("the Google Sheets API is off in the project of the credentials: enable it{}, then wait some minutes", at(.address))]
    ApiDisabled {
        /// Where it is enabled, if Google says so.
        address: Option<String>,
    },
    /// A service account has no place for a spreadsheet.
    #[error("a service account can make spreadsheets only in a shared drive")]
    NoPlace,
    /// The spreadsheet does not exist, or the account cannot see it.
    #[error("the spreadsheet is gone: {0}")]
    Gone(String),
    /// Any other failure.
    #[error(transparent)]
    Google(#[from] GoogleError),
}

fn at(address: &Option<String>) -> String {
    address.as_ref().map(|address| format!(" at {address}")).unwrap_or_default()
}

impl SheetError {
    /// Interprets an error answer.
    pub(super) fn of(fault: ErrorResponse) -> Self {
        match fault.meaning() {
            Meaning::Disabled => Self::ApiDisabled { address: fault.console_address() },
            Meaning::StorageFull if is_without_storage(&fault.message) => Self::NoPlace,
            // Sheets knows no sessions: every 404 is about the spreadsheet.
            Meaning::NotFound | Meaning::Gone => Self::Gone(fault.describe()),
            _ => Self::Google(fault.into_error()),
        }
    }

    /// An answer that is not one.
    pub(super) fn unclear(what: &str) -> Self {
        Self::Google(GoogleError::Unreachable { what: what.to_owned(), after: None })
    }

    /// True if the same call may succeed soon.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Google(GoogleError::Unreachable { .. } | GoogleError::Busy { .. }))
    }

    /// True if every spreadsheet is refused, until somebody changes a setting at Google.
    pub fn is_about_all(&self) -> bool {
        matches!(
            self,
            Self::ApiDisabled { .. }
                | Self::NoPlace
                | Self::Google(GoogleError::Credentials(_) | GoogleError::Stop { .. })
        )
    }
}

/// What Google says to a service account that would own a file.
fn is_without_storage(message: &str) -> bool {
    message.to_lowercase().contains("service accounts do not have storage quota")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> SheetError {
        SheetError::of(ErrorResponse::parse(status, None, body.as_bytes()))
    }

    #[test]
    fn refusals_of_the_whole_project_and_of_one_spreadsheet_are_told_apart() {
        let off = r#"{"error":{"code":403,"message":"Google Sheets API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=1 then retry.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}"#;
        let address =
            "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=1";
        let error = read(403, off);
        assert_eq!(error, SheetError::ApiDisabled { address: Some(address.to_owned()) });
        assert!(error.is_about_all() && error.to_string().contains(address), "{error}");
        let full = r#"{"error":{"errors":[{"domain":"usageLimits","reason":"storageQuotaExceeded"}],"message":"Service Accounts do not have storage quota. Leverage shared drives"}}"#;
        assert_eq!(read(403, full), SheetError::NoPlace);
        let gone =
            r#"{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}"#;
        assert!(matches!(read(404, gone), SheetError::Gone(_)));
        let busy = r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}"#;
        assert!(read(429, busy).may_pass() && !read(429, busy).is_about_all());
        assert!(read(503, "").may_pass());
        let ours = r#"{"error":{"code":400,"message":"Invalid requests[0]","status":"INVALID_ARGUMENT"}}"#;
        assert!(!read(400, ours).may_pass() && !read(400, ours).is_about_all());
    }
}

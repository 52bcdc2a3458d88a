//! What the API refuses, in the form of Google's newer APIs.

use serde_json::json;

use crate::sandbox::faults::Canned;
use crate::sandbox::google::rpc;
pub(super) use crate::sandbox::google::rpc::{invalid, not_found, refuse};

/// The refusal of a project in which the API is not enabled.
pub(super) fn disabled() -> Canned {
    rpc::disabled("sheets", "Google Sheets API")
}

pub(super) fn too_many(kind: &str) -> Canned {
    let message = format!(
        "Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute per user' of \
         service 'sheets.googleapis.com' for consumer 'project_number:123456789'."
    );
    let metadata = json!({"service": "sheets.googleapis.com", "consumer": "projects/123456789",
        "quota_limit": format!("{kind}RequestsPerMinutePerUser"), "quota_limit_value": "60"});
    rpc::with_cause(429, "RESOURCE_EXHAUSTED", &message, "RATE_LIMIT_EXCEEDED", metadata)
}

//! What the API refuses, in the form of Google's newer APIs.

use serde_json::json;

use crate::sandbox::faults::Canned;
use crate::sandbox::google::errors;

/// A refusal in the form of Google's newer APIs.
pub(super) fn refuse(status: u16, word: &str, message: &str) -> Canned {
    errors::json_answer(status, &json!({"error": {"code": status, "message": message, "status": word}}))
}

pub(super) fn invalid(message: impl AsRef<str>) -> Canned {
    refuse(400, "INVALID_ARGUMENT", message.as_ref())
}

pub(super) fn not_found() -> Canned {
    refuse(404, "NOT_FOUND", "Requested entity was not found.")
}

/// The refusal of a project in which the API is not enabled.
pub(super) fn disabled() -> Canned {
    let address =
        "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123456789";
    let message = format!(
        "Google Sheets API has not been used in project 123456789 before or it is disabled. Enable it by visiting \
         {address} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to \
         our systems and retry."
    );
    let metadata = json!({"service": "sheets.googleapis.com", "consumer": "projects/123456789",
        "containerInfo": "123456789", "serviceTitle": "Google Sheets API", "activationUrl": address});
    let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com", "metadata": metadata});
    let error = json!({"code": 403, "message": message, "status": "PERMISSION_DENIED", "details": [info]});
    errors::json_answer(403, &json!({"error": error}))
}

pub(super) fn too_many(kind: &str) -> Canned {
    let message = format!(
        "Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute per user' of \
         service 'sheets.googleapis.com' for consumer 'project_number:123456789'."
    );
    let metadata = json!({"service": "sheets.googleapis.com", "consumer": "projects/123456789",
        "quota_limit": format!("{kind}RequestsPerMinutePerUser"), "quota_limit_value": "60"});
    let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com", "metadata": metadata});
    let error = json!({"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": [info]});
    errors::json_answer(429, &json!({"error": error}))
}

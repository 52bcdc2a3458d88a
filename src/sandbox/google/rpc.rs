//! Refusals in the form of Google's newer APIs: a code, a word, a message, and sometimes a cause.

use serde_json::{Value, json};

use super::errors;
use crate::sandbox::faults::Canned;

/// A refusal without a cause.
pub(super) fn refuse(status: u16, word: &str, message: &str) -> Canned {
    errors::json_answer(status, &json!({"error": {"code": status, "message": message, "status": word}}))
}

/// What the caller asks for makes no sense.
pub(super) fn invalid(message: impl AsRef<str>) -> Canned {
    refuse(400, "INVALID_ARGUMENT", message.as_ref())
}

/// There is no such thing.
pub(super) fn not_found() -> Canned {
    refuse(404, "NOT_FOUND", "Requested entity was not found.")
}

/// There may be such a thing, but not for this caller.
pub(super) fn denied() -> Canned {
    refuse(403, "PERMISSION_DENIED", "The caller does not have permission")
}

/// The refusal of a project in which the API is not enabled: the first word of its host, and its name.
pub(super) fn disabled(service: &str, title: &str) -> Canned {
    let address = format!(
        "https://console.developers.google.com/apis/api/{service}.googleapis.com/overview?project=123456789"
    );
    let message = format!(
        "{title} has not been used in project 123456789 before or it is disabled. Enable it by visiting {address} \
         then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our \
         systems and retry."
    );
    let metadata = json!({"service": format!("{service}.googleapis.com"), "consumer": "projects/123456789",
        "containerInfo": "123456789", "serviceTitle": title, "activationUrl": address});
    with_cause(403, "PERMISSION_DENIED", &message, "SERVICE_DISABLED", metadata)
}

/// The same in the form of the older APIs, which tell the cause twice.
pub(super) fn disabled_in_old_form(service: &str, title: &str) -> Canned {
    let mut canned = disabled(service, title);
    if let Ok(mut body) = serde_json::from_str::<Value>(&canned.body) {
        let message = body["error"]["message"].clone();
        body["error"]["errors"] =
            json!([{"domain": "usageLimits", "reason": "accessNotConfigured", "message": message}]);
        canned.body = body.to_string();
    }
    canned
}

/// A refusal with a cause.
pub(super) fn with_cause(status: u16, word: &str, message: &str, reason: &str, metadata: Value) -> Canned {
    let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
        "domain": "googleapis.com", "metadata": metadata});
    let error = json!({"code": status, "message": message, "status": word, "details": [info]});
    errors::json_answer(status, &json!({"error": error}))
}

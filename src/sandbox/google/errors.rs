//! Google's refusals: the envelope, the reasons and, where they are known, the very words.

use serde_json::{Value, json};

use crate::sandbox::faults::Canned;

/// The location of an error: `locationType` and `location`.
pub(super) type At<'a> = (&'a str, &'a str);

/// A refusal of the `global` domain that points nowhere.
pub(super) fn refuse(status: u16, reason: &str, message: &str) -> Canned {
    envelope(status, "global", reason, message, None)
}

/// A refusal that names what is wrong in the request.
pub(super) fn refuse_at(status: u16, reason: &str, message: &str, at: At<'_>) -> Canned {
    envelope(status, "global", reason, message, Some(at))
}

fn envelope(status: u16, domain: &str, reason: &str, message: &str, at: Option<At<'_>>) -> Canned {
    let mut error = json!({"domain": domain, "reason": reason, "message": message});
    if let Some((kind, place)) = at {
        error["locationType"] = json!(kind);
        error["location"] = json!(place);
    }
    json_answer(status, &json!({"error": {"code": status, "message": message, "errors": [error]}}))
}

/// A JSON answer as the Drive API sends it.
pub(super) fn json_answer(status: u16, body: &Value) -> Canned {
    Canned::new(status, "application/json; charset=UTF-8", body.to_string())
}

/// The upload server answers in plain text.
pub(super) fn text(status: u16, message: impl Into<String>) -> Canned {
    Canned::new(status, "text/plain; charset=utf-8", message)
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Canned {
    Canned { status, headers: Vec::new(), body: String::new() }
}

/// Unknown, invisible, or on a shared drive and asked for without `supportsAllDrives`.
pub(super) fn not_found(id: &str) -> Canned {
    refuse_at(404, "notFound", &format!("File not found: {id}."), ("parameter", "fileId"))
}

/// The id of a create is in use already.
pub(super) fn id_in_use() -> Canned {
    refuse(409, "fileIdInUse", "A file already exists with the provided ID.")
}

/// The id of a create did not come from `generateIds`.
pub(super) fn id_not_usable() -> Canned {
    refuse_at(400, "invalid", "The provided file ID is not usable.", ("parameter", "file.id"))
}

/// A service account wants to own bytes.
pub(super) fn no_storage() -> Canned {
    let message = "Service Accounts do not have storage quota. Leverage shared drives \
        (https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth \
        delegation (http://support.google.com/a/answer/7281227) instead.";
    envelope(403, "usageLimits", "storageQuotaExceeded", message, None)
}

/// The role does not allow adding to this folder.
pub(super) fn no_parent_permission() -> Canned {
    refuse(403, "insufficientParentPermissions", "Insufficient permissions for the specified parent.")
}

/// The role does not allow this on this file.
pub(super) fn no_file_permission() -> Canned {
    let message = "The user does not have sufficient permissions for this file.";
    refuse(403, "insufficientFilePermissions", message)
}

/// A value that Drive cannot use: 400 with the parameter's name.
pub(super) fn invalid_value(parameter: &str) -> Canned {
    refuse_at(400, "invalid", "Invalid Value", ("parameter", parameter))
}

/// No bearer at all.
pub(super) fn login_required() -> Canned {
    unauthenticated("required", "Login Required.", "CREDENTIALS_MISSING")
}

/// A bearer that is unknown or has expired.
pub(super) fn invalid_credentials() -> Canned {
    unauthenticated("authError", "Invalid Credentials", "ACCESS_TOKEN_EXPIRED")
}

fn unauthenticated(reason: &str, message: &str, detail: &str) -> Canned {
    let body = json!({"error": {"code": 401, "message": message, "status": "UNAUTHENTICATED",
        "errors": [{"domain": "global", "reason": reason, "message": message,
            "locationType": "header", "location": "Authorization"}],
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": detail,
            "domain": "googleapis.com"}]}});
    json_answer(401, &body).header("www-authenticate", "Bearer realm=\"https://accounts.google.com/\"")
}

/// The token is good, but not for this service.
pub(super) fn scope_insufficient(service: &str) -> Canned {
    let message = "Request had insufficient authentication scopes.";
    let body = json!({"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED",
        "errors": [{"domain": "global", "reason": "insufficientPermissions",
            "message": "Insufficient Permission"}],
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com",
            "metadata": {"service": format!("{service}.googleapis.com")}}]}});
    json_answer(403, &body)
}

/// The token endpoint has an envelope of its own.
pub(super) fn token_error(status: u16, error: &str, description: &str) -> Canned {
    json_answer(status, &json!({"error": error, "error_description": description}))
}

/// A chunk begins behind the end of what is held.
pub(super) fn offset_gap(offset: u64, held: u64) -> Canned {
    let message = format!(
        "Invalid request.  According to the Content-Range header, the upload offset is {offset} byte(s), which \
         exceeds already uploaded size of {held} byte(s)."
    );
    text(503, message)
}

/// A chunk is smaller than one step, and not the last.
pub(super) fn chunk_too_small(length: u64) -> Canned {
    let message = format!(
        "Invalid request.  The number of bytes uploaded is required to be equal or greater than 262144, except \
         for the final request (it's recommended to be the exact multiple of 262144).  The received request \
         contained {length} bytes, which does not meet this requirement."
    );
    text(400, message)
}

/// The size of the file is not the one that was named before.
pub(super) fn other_total(total: u64, expected: u64) -> Canned {
    let message = format!(
        "Invalid request.  According to the Content-Range header, the final size of the upload is {total} \
         byte(s), which does not match the expected size of {expected} byte(s), which was specified in an \
         earlier request."
    );
    text(400, message)
}

//! Every form of refusal that Google has sent, and its meaning.

use serde_json::json;

use super::*;

const FULL: GoogleKind = GoogleKind::Stop(PauseCause::StorageFull);
const ITEMS: GoogleKind = GoogleKind::Stop(PauseCause::ItemsFull);
const DAY: GoogleKind = GoogleKind::Stop(PauseCause::DailyLimit);
const SCOPE: GoogleKind = GoogleKind::Stop(PauseCause::MissingScope);
const ROOT: GoogleKind = GoogleKind::Stop(PauseCause::RootUnusable);

/// A [`GoogleError`] without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoogleKind {
    Unreachable,
    Busy,
    BusyOrDaily,
    Credentials,
    Stop(PauseCause),
    NotFound,
    IdInUse,
    Refused,
}

fn kind(fault: ErrorResponse) -> GoogleKind {
    match fault.into_error() {
        GoogleError::Unreachable { .. } => GoogleKind::Unreachable,
        GoogleError::Busy { may_be_daily: false, .. } => GoogleKind::Busy,
        GoogleError::Busy { may_be_daily: true, .. } => GoogleKind::BusyOrDaily,
        GoogleError::Credentials(_) => GoogleKind::Credentials,
        GoogleError::Stop { cause, .. } => GoogleKind::Stop(cause),
        GoogleError::NotFound(_) => GoogleKind::NotFound,
        GoogleError::IdInUse => GoogleKind::IdInUse,
        GoogleError::Refused(_) => GoogleKind::Refused,
    }
}

/// `errors[].reason`, as Drive writes it.
fn old(status: u16, domain: &str, reason: &str, message: &str) -> String {
    json!({"error": {"code": status, "message": message,
        "errors": [{"domain": domain, "reason": reason, "message": message}]}})
    .to_string()
}

/// `details[].reason` and a status text, without `errors[]`.
fn new(status: u16, text: &str, reason: &str) -> String {
    json!({"error": {"code": status, "message": "m", "status": text, "details": [
        {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}]}})
    .to_string()
}

fn read(status: u16, body: &str) -> ErrorResponse {
    ErrorResponse::parse(status, None, body.as_bytes())
}

#[test]
fn reasons_of_the_older_form() {
    use GoogleKind::*;
    for (status, domain, reason, expected) in [
        (400, "global", "badRequest", Refused),
        (400, "global", "invalid", Refused),
        (400, "global", "invalidParameter", Refused),
        (400, "global", "required", Refused),
        (400, "global", "failedPrecondition", Refused),
        (400, "global", "invalidSharingRequest", Refused),
        (401, "global", "authError", Credentials),
        (401, "global", "required", Credentials),
        (403, "usageLimits", "rateLimitExceeded", BusyOrDaily),
        (403, "usageLimits", "userRateLimitExceeded", BusyOrDaily),
        (403, "usageLimits", "sharingRateLimitExceeded", BusyOrDaily),
        (403, "usageLimits", "somethingNewExceeded", BusyOrDaily),
        (403, "usageLimits", "dailyLimitExceeded", DAY),
        (403, "usageLimits", "storageQuotaExceeded", FULL),
        (403, "global", "storageQuotaExceeded", FULL),
        (403, "global", "teamDriveFileLimitExceeded", ITEMS),
        (403, "global", "activeItemCreationLimitExceeded", ITEMS),
        (403, "global", "numChildrenInNonRootLimitExceeded", ITEMS),
        (403, "global", "teamDriveHierarchyTooDeep", Refused),
        (403, "global", "teamDriveMembershipRequired", ROOT),
        (403, "global", "insufficientFilePermissions", Refused),
        (403, "global", "insufficientParentPermissions", Refused),
        (403, "global", "insufficientPermissions", SCOPE),
        (403, "global", "appNotAuthorizedToFile", SCOPE),
        (403, "global", "domainPolicy", SCOPE),
        (403, "usageLimits", "accessNotConfigured", SCOPE),
        (403, "global", "propertyLengthLimitExceeded", Refused),
        (403, "global", "forbidden", Refused),
        (404, "global", "notFound", NotFound),
        (409, "global", "fileIdInUse", IdInUse),
        (409, "global", "conflict", Refused),
        (413, "global", "uploadTooLarge", Refused),
        (429, "usageLimits", "rateLimitExceeded", Busy),
        (429, "usageLimits", "userRateLimitExceeded", Busy),
        (429, "usageLimits", "quotaExceeded", Busy),
        (429, "usageLimits", "dailyLimitExceeded", DAY),
        (429, "global", "whatever", Busy),
        (500, "global", "internalError", Unreachable),
        (503, "global", "backendError", Unreachable),
        (503, "global", "transientError", Unreachable),
        (403, "global", "backendError", Unreachable),
    ] {
        for body in [old(status, domain, reason, "m"), old(status, domain, &reason.to_uppercase(), "m")] {
            assert_eq!(kind(read(status, &body)), expected, "{status} {body}");
        }
    }
}

#[test]
fn reasons_and_texts_of_the_newer_form() {
    use GoogleKind::*;
    for (status, text, reason, expected) in [
        (403, "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED", BusyOrDaily),
        (403, "PERMISSION_DENIED", "rateLimitExceeded", BusyOrDaily),
        (429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", Busy),
        (403, "RESOURCE_EXHAUSTED", "SOMETHING_NEW", BusyOrDaily),
        (403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", SCOPE),
        (403, "PERMISSION_DENIED", "SERVICE_DISABLED", SCOPE),
        (403, "PERMISSION_DENIED", "BILLING_DISABLED", SCOPE),
        (403, "PERMISSION_DENIED", "CONSUMER_SUSPENDED", SCOPE),
        (403, "PERMISSION_DENIED", "SOMETHING_NEW", Refused),
        (403, "PERMISSION_DENIED", "", Refused),
        (401, "UNAUTHENTICATED", "CREDENTIALS_MISSING", Credentials),
        (401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", Credentials),
        (404, "NOT_FOUND", "", NotFound),
        (409, "ALREADY_EXISTS", "", IdInUse),
        (409, "ABORTED", "", Unreachable),
        (400, "INVALID_ARGUMENT", "", Refused),
        (400, "FAILED_PRECONDITION", "", Refused),
        (503, "UNAVAILABLE", "", Unreachable),
        (504, "DEADLINE_EXCEEDED", "", Unreachable),
    ] {
        let body = new(status, text, reason);
        assert_eq!(kind(read(status, &body)), expected, "{body}");
    }
}

#[test]
fn the_special_decides_before_the_general() {
    let both = json!({"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED",
        "errors": [{"domain": "global", "reason": "forbidden"}, {"domain": "global", "reason": "insufficientPermissions"}],
        "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}});
    assert_eq!(kind(read(403, &both.to_string())), SCOPE);
    let disabled = json!({"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED",
        "errors": [{"domain": "global", "reason": "forbidden"}], "details": [{"reason": "SERVICE_DISABLED"}]}});
    assert_eq!(kind(read(403, &disabled.to_string())), SCOPE);
}

#[test]
fn shapes_that_nobody_documents() {
    use GoogleKind::*;
    let rate = r#"{"code":403,"errors":[{"reason":"userRateLimitExceeded"}],"message":"m"}"#;
    for (status, body, expected) in [
        (403, format!(r#"[{{"error":{rate}}}]"#), BusyOrDaily),
        (403, format!(r#"{{"error":[{rate}]}}"#), BusyOrDaily),
        (403, rate.to_owned(), BusyOrDaily),
        (403, r#"{"error":{"errors":{"reason":"storageQuotaExceeded"}}}"#.to_owned(), FULL),
        (403, r#"{"error":{"code":403,"message":"Rate Limit Exceeded"}}"#.to_owned(), Busy),
        (
            403,
            r#"{"error":{"code":403,"message":"The user's Drive storage quota has been exceeded."}}"#
                .to_owned(),
            FULL,
        ),
        (403, r#"{"error":{"code":403,"message":7,"errors":"none","details":{}}}"#.to_owned(), Busy),
        (403, "Request rate higher than configured".to_owned(), Busy),
        (403, "<html><title>Sorry...</title>".to_owned(), Busy),
        (403, String::new(), Busy),
        (429, "quota exceeded".to_owned(), Busy),
        (503, "quota exceeded".to_owned(), Unreachable),
        (502, "<html>Bad gateway".to_owned(), Unreachable),
        (408, String::new(), Unreachable),
        (302, String::new(), Unreachable),
        (404, String::new(), Unreachable),
        (404, "Not Found".to_owned(), Unreachable),
        (404, "<html><title>Error 404 (Not Found)!!1</title>".to_owned(), Unreachable),
        (404, r#"{"error":{"code":404,"message":"File not found: 1AbC."}}"#.to_owned(), NotFound),
        (409, String::new(), IdInUse),
        (400, r#"{"error":"invalid_grant"}"#.to_owned(), Credentials),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#.to_owned(),
            Credentials,
        ),
        (401, r#"{"error":"invalid_client"}"#.to_owned(), Credentials),
        (400, r#"{"error":"temporarily_unavailable"}"#.to_owned(), Unreachable),
        (403, r#"{"error":"rate_limit_exceeded"}"#.to_owned(), BusyOrDaily),
        (418, "null".to_owned(), Refused),
        (400, "[]".to_owned(), Refused),
    ] {
        assert_eq!(kind(read(status, &body)), expected, "{status} {body}");
    }
}

#[test]
fn an_upload_session_that_has_ended_is_told_from_a_folder_that_is_not_found() {
    for (status, body) in [(404, ""), (404, "Not Found"), (404, "<html>"), (410, ""), (410, "{}")] {
        assert_eq!(read(status, body).meaning(), Meaning::Gone, "{status} {body}");
    }
    let folder = old(404, "global", "notFound", "File not found: 1AbC.");
    assert_eq!(read(404, &folder).meaning(), Meaning::NotFound);
    assert_eq!(read(404, &new(404, "NOT_FOUND", "")).meaning(), Meaning::NotFound);
    assert_eq!(read(400, "Failed to parse Content-Range header.").meaning(), Meaning::NotUnderstood);
}

#[test]
fn a_quota_without_a_name_is_storage_or_a_rate() {
    let room = |limit: Option<u64>, usage: u64| Some(StorageQuota { limit, usage });
    let storage = "The user has exceeded their Drive storage quota";
    let rate = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'";
    for (message, room, bytes, expected) in [
        (storage, None, 0, Meaning::StorageFull),
        (storage, room(Some(100), 0), 1, Meaning::StorageFull),
        ("Quota exceeded.", room(Some(100), 100), 0, Meaning::StorageFull),
        ("Quota exceeded.", room(Some(100), 101), 5, Meaning::StorageFull),
        ("Quota exceeded.", room(Some(100), 90), 11, Meaning::StorageFull),
        ("Quota exceeded.", room(Some(100), 90), 10, Meaning::Busy),
        ("Quota exceeded.", room(None, 90), 10, Meaning::Busy),
        ("Quota exceeded.", room(Some(0), 0), 10, Meaning::StorageFull),
        ("Quota exceeded.", None, 10, Meaning::Busy),
        (rate, room(Some(0), 0), 10, Meaning::Busy),
        (rate, room(Some(100), 100), 10, Meaning::StorageFull),
        (rate, None, 10, Meaning::Busy),
    ] {
        for body in
            [old(403, "usageLimits", "quotaExceeded", message), old(403, "global", "QUOTA_EXCEEDED", message)]
        {
            let fault = read(403, &body);
            assert_eq!(fault.settled(room, bytes), expected, "{message} {room:?} {bytes}");
        }
    }
}

#[test]
fn room_is_read_leniently() {
    let read = |quota: Value| StorageQuota::read(&json!({"storageQuota": quota}));
    assert_eq!(read(json!({"limit": "15", "usage": "7"})), Some(StorageQuota { limit: Some(15), usage: 7 }));
    assert_eq!(read(json!({"usage": 7})), Some(StorageQuota { limit: None, usage: 7 }));
    assert_eq!((read(json!({"limit": "15"})), StorageQuota::read(&json!({}))), (None, None));
}

#[test]
fn what_is_quoted_holds_no_session_and_no_page() {
    let page =
        "<!DOCTYPE html><title>Error 404</title>/upload/drive/v3/files?upload_id=hunter2 was not found";
    let text =
        "The requested URL /upload/drive/v3/files?uploadType=resumable&upload_id=hunter2 was not found";
    for body in [page, text] {
        let said = read(404, body).describe();
        assert!(!said.contains("hunter2") && said.starts_with("status 404"), "{said}");
    }
    let long = format!("{}é", "x".repeat(MESSAGE_BYTES_MAX - 1));
    assert_eq!(read(403, &long).message.len(), MESSAGE_BYTES_MAX - 1);
}

//! Each answer of Google's is told as what it is.

use reqwest::StatusCode;

use super::*;
use crate::google::auth::{SCOPE_CALENDAR, SCOPE_MEET_READ};

const SERVICE: Identity = Identity { is_person: false, client_id: String::new() };

fn service() -> Identity {
    Identity { client_id: "10987".to_owned(), ..SERVICE }
}

fn person() -> Identity {
    Identity { is_person: true, ..SERVICE }
}

fn asked() -> Asked<'static> {
    Asked {
        api: Api::Meet,
        user: "jan@x.pl",
        scope: SCOPE_MEET_READ,
        what: "conferences",
        hint: "Meet is off",
    }
}

fn answer(status: u16, body: &str) -> MeetError {
    MeetError::of_answer(&ErrorResponse::parse(status, None, body.as_bytes()), asked(), &service())
}

fn token(status: u16, body: &str, identity: &Identity) -> MeetError {
    let refusal = NoToken::Refused {
        status: StatusCode::from_u16(status).unwrap(),
        body: body.as_bytes().to_vec(),
        after: None,
        server_time: Some("Mon, 02 Nov 2026 09:00:00 GMT".to_owned()),
        skew: None,
    };
    MeetError::of_token(refusal, asked(), identity)
}

fn denied(what: &str) -> MeetError {
    MeetError::Denied { user: "jan@x.pl".to_owned(), what: what.to_owned() }
}

#[test]
fn refusals_of_one_user_and_of_the_project_are_told_apart() {
    let no_meet = r#"{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}"#;
    assert_eq!(answer(403, no_meet), denied("conferences: Meet is off"));
    assert_eq!(answer(403, no_meet).reason(), "may not read conferences: Meet is off");
    let bare = r#"{"error":{"code":403,"message":"Not Authorized to access this resource/api"}}"#;
    assert_eq!(answer(403, bare), denied("conferences: Meet is off"));
    assert!(answer(403, r#"{"error":{"code":403,"message":"Rate Limit Exceeded"}}"#).may_pass());
    let gone = r#"{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}"#;
    assert_eq!(answer(404, gone), MeetError::Gone("conferences: Meet is off".to_owned()));
    let off = r#"{"error":{"code":403,"message":"Google Meet API has not been used. Enable it by visiting https://console.developers.google.com/apis/api/meet.googleapis.com/overview?project=1 then retry.","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}"#;
    let error = answer(403, off);
    assert!(error.is_about_all() && error.to_string().contains("Google Meet API"), "{error}");
    assert!(error.to_string().contains("meet.googleapis.com/overview?project=1"), "{error}");
    let old = r#"{"error":{"errors":[{"domain":"usageLimits","reason":"accessNotConfigured"}],"code":403,"message":"off"}}"#;
    let error = answer(403, old);
    assert!(error.is_about_all() && error.to_string().contains("library/meet.googleapis.com"), "{error}");
    let ours = r#"{"error":{"code":400,"message":"Invalid filter","status":"INVALID_ARGUMENT"}}"#;
    assert!(matches!(answer(400, ours), MeetError::Refused(what) if what.contains("Invalid filter")));
}

#[test]
fn what_passes_may_be_tried_again() {
    let busy = r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}"#;
    assert!(answer(429, busy).may_pass() && !answer(429, busy).is_about_all());
    assert!(answer(503, "").may_pass() && answer(500, "<html>").may_pass());
    let rate = r#"{"error":{"errors":[{"domain":"usageLimits","reason":"rateLimitExceeded"}],"code":403}}"#;
    assert!(answer(403, rate).may_pass());
    assert!(token(429, "{}", &service()).may_pass());
}

#[test]
fn a_scope_that_is_missing_is_named_with_the_place_to_add_it() {
    let refused = r#"{"error":"unauthorized_client","error_description":"Client is unauthorized to retrieve access tokens"}"#;
    let error = token(401, refused, &service());
    let expected = MeetError::NotDelegated {
        user: "jan@x.pl".to_owned(),
        scope: SCOPE_MEET_READ,
        client_id: "10987".to_owned(),
    };
    assert_eq!(error, expected);
    let said = error.to_string();
    for part in [
        "jan@x.pl",
        SCOPE_MEET_READ,
        "client ID 10987",
        "Security, API controls, Domain-wide delegation",
        "24 hours",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let scope = r#"{"error":{"code":403,"message":"Insufficient scopes.","status":"PERMISSION_DENIED","details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}"#;
    assert_eq!(answer(403, scope), expected);
    let calendar = Asked { api: Api::Calendar, scope: SCOPE_CALENDAR, ..asked() };
    let fault = ErrorResponse::parse(403, None, scope.as_bytes());
    let error = MeetError::of_answer(&fault, calendar, &person());
    assert_eq!(error, MeetError::NotLoggedInFor(SCOPE_CALENDAR));
    assert!(error.to_string().contains("login --meet"));
}

#[test]
fn an_unknown_user_a_wrong_clock_and_a_lost_key_are_told_apart() {
    let grant = |text: &str| format!(r#"{{"error":"invalid_grant","error_description":"{text}"}}"#);
    let unknown = token(400, &grant("Invalid email or User ID"), &service());
    assert_eq!(unknown, MeetError::NoSuchUser("jan@x.pl".to_owned()));
    let clock = token(
        400,
        &grant("Invalid JWT: Token must be short-lived. Check your iat and exp values"),
        &service(),
    );
    assert!(clock.is_about_all() && clock.to_string().contains("02 Nov 2026 09:00:00 GMT"), "{clock}");
    let key = token(400, &grant("Invalid JWT Signature."), &service());
    assert!(key.is_about_all(), "{key}");
    let other = token(400, &grant("Account restricted"), &service());
    assert!(matches!(&other, MeetError::Denied { .. }) && !other.is_about_all(), "{other}");
    let ended = token(400, &grant("Token has been expired or revoked."), &person());
    assert!(ended.to_string().contains("log in again"), "{ended}");
}

//! The token endpoint and the bearers that it hands out.

use std::time::Duration;

use super::*;

async fn refusal(drive: &Drive, change: impl FnOnce(&mut Value)) -> (u16, String, String) {
    let answer = drive.grant(&drive.assertion(change)).await;
    let status = answer.status().as_u16();
    let error = body(answer).await;
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (status, text("error"), text("error_description"))
}

#[tokio::test]
async fn a_signed_assertion_is_exchanged_for_an_hour() {
    let drive = drive().await;
    let answer = body(drive.grant(&drive.assertion(|_| ())).await).await;
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(3599), &json!("Bearer")));
    assert!(answer.get("refresh_token").is_none());
    drive.assert_no_violations();
}

#[tokio::test]
async fn assertions_are_refused_as_google_refuses_them() {
    let drive = drive().await;
    let now = jiff::Timestamp::now().as_second();
    let (status, error, text) = refusal(&drive, |claims| claims["exp"] = json!(now + 7200)).await;
    assert_eq!((status, error.as_str()), (400, "invalid_grant"));
    assert!(text.starts_with("Invalid JWT: Token must be a short-lived token (60 minutes)"));
    assert_eq!(refusal(&drive, |claims| claims["iat"] = json!(now + 900)).await.0, 400);
    assert_eq!(refusal(&drive, |claims| claims["exp"] = json!(now - 1)).await.0, 400);
    let (status, error, _) = refusal(&drive, |claims| claims["sub"] = json!("eve@theatre.example")).await;
    assert_eq!((status, error.as_str()), (401, "unauthorized_client"));
    assert_eq!(refusal(&drive, |claims| claims["aud"] = json!("https://zoom.us/")).await.1, "invalid_grant");
    assert_eq!(refusal(&drive, |claims| claims["scope"] = json!("drive")).await.1, "invalid_scope");
    assert_eq!(refusal(&drive, |claims| claims["iss"] = json!("me@example.com")).await.1, "invalid_grant");
    let mut forged = drive.assertion(|_| ());
    let claims = forged.split('.').nth(1).unwrap().to_owned();
    let other =
        drive.assertion(|claims| claims["scope"] = json!("https://www.googleapis.com/auth/gmail.send"));
    forged = forged.replace(&claims, other.split('.').nth(1).unwrap());
    let answer = body(drive.grant(&forged).await).await;
    assert_eq!(answer["error_description"], "Invalid JWT Signature.");
    drive.assert_violation("the assertion was refused");
}

#[tokio::test]
async fn a_refresh_token_acts_for_the_human() {
    let mut drive = drive().await;
    let user = drive.google.authorized_user();
    let field = |name: &str| user[name].as_str().unwrap().to_owned();
    let form = [
        ("grant_type", "refresh_token".to_owned()),
        ("client_id", field("client_id")),
        ("client_secret", field("client_secret")),
        ("refresh_token", field("refresh_token")),
    ];
    let answer = drive.client.post(field("token_uri")).form(&form).send().await.unwrap();
    drive.token = body(answer).await["access_token"].as_str().unwrap().to_owned();
    let about = body(drive.get("/drive/v3/about?fields=user/emailAddress").await).await;
    assert_eq!(about["user"]["emailAddress"], drive.google.owner_email());
    drive.assert_no_violations();
    let mut wrong = form.clone();
    wrong[3].1 = "1//revoked".to_owned();
    let answer = drive.client.post(field("token_uri")).form(&wrong).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &body(answer).await["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn bearers_expire_are_missing_are_foreign_or_lack_the_scope() {
    let mut drive = drive().await;
    drive.google.expire_tokens();
    let path = "/drive/v3/files/generateIds";
    assert_eq!(reason(drive.get(path).await).await, (401, "authError".to_owned()));
    drive.google.set_token_lifetime(Duration::ZERO);
    drive.token = drive.service_token(None).await;
    assert_eq!(drive.get(path).await.status(), 401);
    drive.assert_no_violations();
    drive.google.set_token_lifetime(Duration::from_secs(60));
    let bare = drive.client.get(drive.google.url() + path).send().await.unwrap();
    assert_eq!(reason(bare).await, (401, "required".to_owned()));
    drive.token = "zoom-access-token".to_owned();
    assert_eq!(drive.get(path).await.status(), 401);
    drive.assert_violation("credential sent to the wrong host");
    let mail =
        drive.assertion(|claims| claims["scope"] = json!("https://www.googleapis.com/auth/gmail.send"));
    drive.token = body(drive.grant(&mail).await).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(reason(drive.get(path).await).await, (403, "insufficientPermissions".to_owned()));
}

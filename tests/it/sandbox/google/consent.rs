//! The sandbox's consent screen, codes and `revoke` are as strict as Google's.

use serde_json::{Value, json};
use url::Url;
use zoom2drive::sandbox::google::Person;

use super::{Drive, body, drive};

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
/// base64url(sha256(VERIFIER)), by another program.
const CHALLENGE: &str = "S6xMLfJrdwhXm9EJRqmQw6nyYWcpLlPsCEOqmhPUIcs";
const REDIRECT: &str = "http://127.0.0.1:4711";

fn question(drive: &Drive) -> Vec<(&'static str, String)> {
    let client = drive.google.desktop_client();
    vec![
        ("client_id", client["installed"]["client_id"].as_str().unwrap().to_owned()),
        ("redirect_uri", REDIRECT.to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", "https://www.googleapis.com/auth/drive".to_owned()),
        ("code_challenge", CHALLENGE.to_owned()),
        ("code_challenge_method", "S256".to_owned()),
        ("state", "a-state-that-is-long-enough".to_owned()),
        ("access_type", "offline".to_owned()),
    ]
}

fn with(mut pairs: Vec<(&'static str, String)>, name: &str, value: &str) -> Vec<(&'static str, String)> {
    pairs.iter_mut().filter(|(known, _)| *known == name).for_each(|pair| pair.1 = value.to_owned());
    pairs
}

/// The status, and the query that the browser takes along.
async fn ask(drive: &Drive, question: &[(&'static str, String)]) -> (u16, Vec<(String, String)>) {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let url = format!("{}/o/oauth2/auth", drive.google.url());
    let answer = client.build().unwrap().get(url).query(question).send().await.unwrap();
    let location = answer.headers().get("location").map(|to| Url::parse(to.to_str().unwrap()).unwrap());
    let query = location.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default();
    (answer.status().as_u16(), query)
}

async fn code(drive: &Drive) -> String {
    let (status, query) = ask(drive, &question(drive)).await;
    assert_eq!(status, 302);
    query.into_iter().find(|(name, _)| name == "code").unwrap().1
}

async fn exchange(drive: &Drive, code: &str, verifier: &str, redirect: &str) -> (u16, Value) {
    let client = &drive.google.desktop_client()["installed"];
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client["client_id"].as_str().unwrap()),
        ("client_secret", client["client_secret"].as_str().unwrap()),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", redirect),
    ];
    let url = format!("{}/token", drive.google.url());
    let answer = drive.client.post(url).form(&form).send().await.unwrap();
    (answer.status().as_u16(), body(answer).await)
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_shown_and_never_redirected() {
    let drive = drive().await;
    for (name, value) in [
        ("client_id", "another"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "http://127.0.0.1"),
        ("response_type", "token"),
        ("scope", "https://www.googleapis.com/auth/drive everything"),
        ("code_challenge", "short"),
        ("code_challenge_method", "plain"),
        ("state", "1"),
        ("access_type", "online"),
    ] {
        let (status, query) = ask(&drive, &with(question(&drive), name, value)).await;
        assert_eq!((status, query.len()), (400, 0), "{name}={value}");
        drive.assert_violation("consent: ");
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_only_with_its_verifier_and_redirect() {
    let drive = drive().await;
    let good = code(&drive).await;
    let (status, answer) = exchange(&drive, &good, VERIFIER, REDIRECT).await;
    assert_eq!((status, &answer["scope"]), (200, &json!("https://www.googleapis.com/auth/drive")));
    assert!(answer["refresh_token"].as_str().unwrap().starts_with("1//"));
    drive.assert_no_violations();
    for (code, verifier, redirect) in [
        (good, VERIFIER, REDIRECT),
        (code(&drive).await, &VERIFIER[1..], REDIRECT),
        (code(&drive).await, VERIFIER, "http://127.0.0.1:4712"),
    ] {
        assert_eq!(exchange(&drive, &code, verifier, redirect).await.0, 400);
        drive.assert_violation("token: ");
    }
}

#[tokio::test]
async fn a_consent_that_is_taken_back_takes_its_tokens_along() {
    let mut drive = drive().await;
    drive.google.set_person(Person::Allows);
    let code = code(&drive).await;
    let (_, answer) = exchange(&drive, &code, VERIFIER, REDIRECT).await;
    drive.token = answer["access_token"].as_str().unwrap().to_owned();
    let about = "/drive/v3/about?fields=user/emailAddress";
    assert_eq!(drive.get(about).await.status(), 200);
    let url = format!("{}/revoke", drive.google.url());
    for expected in [200, 400] {
        let form = [("token", answer["refresh_token"].as_str().unwrap())];
        assert_eq!(drive.client.post(&url).form(&form).send().await.unwrap().status(), expected);
    }
    assert_eq!(drive.get(about).await.status(), 401);
    drive.assert_no_violations();
}

#[tokio::test]
async fn a_login_has_the_scopes_that_the_person_allowed() {
    let mut drive = drive().await;
    let scopes = ["meetings.space.readonly", "calendar.events.readonly", "drive.meet.readonly"];
    let scopes = scopes.map(|scope| format!("https://www.googleapis.com/auth/{scope}"));
    drive.google.set_person(Person::Unticks(scopes[1].clone()));
    let (status, query) = ask(&drive, &with(question(&drive), "scope", &scopes.join(" "))).await;
    assert_eq!(status, 302);
    let given = query.iter().find(|(name, _)| name == "scope").unwrap().1.clone();
    assert_eq!(given, format!("{} {}", scopes[0], scopes[2]));
    drive.google.set_consent(&given);
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
    assert_eq!(drive.get("/v2/conferenceRecords").await.status(), 200);
    let refused = body(drive.get("/calendar/v3/calendars/primary/events").await).await;
    assert_eq!(refused["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    drive.assert_no_violations();
}

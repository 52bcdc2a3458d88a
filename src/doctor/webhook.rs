//! Checks that Zoom's calls arrive: the doctor calls the public address as Zoom does when it validates it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand::distr::{Alphanumeric, SampleString};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::finding::{Advice, Check, Finding, State};
use crate::config::ZoomConfig;
use crate::http::connect_error::{self, ConnectError};
use crate::http::{self, ERROR_BYTES_MAX};
use crate::jobs::Millis;
use crate::store::Store;
use crate::webhook::{PATH, signature};

/// Zoom's time limit for an answer.
const ZOOM_WAITS: Duration = Duration::from_secs(3);

/// The doctor waits longer, to distinguish a slow server from a dead one.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The length of Zoom's own tokens.
const TOKEN_CHARS: usize = 22;

/// After this time without an event a warning is given; the account may just be quiet.
const SILENT_DAYS: i64 = 7;

const MILLIS_PER_DAY: i64 = 24 * 3600 * 1000;

/// Where to switch on events.
const SUBSCRIPTION: &str = "marketplace.zoom.us > Develop (Manage) > your app > Feature > General Features > Event \
    Subscriptions";

/// An answer to the challenge.
#[derive(Debug)]
struct ChallengeResponse {
    status: StatusCode,
    body: Vec<u8>,
    after: Duration,
}

fn check(target: Option<&str>) -> Check {
    let target = target.unwrap_or("PUBLIC_URL");
    Check::new(
        "webhook.reached",
        format!("sending Zoom's signed challenge (endpoint.url_validation) to {target}"),
        format!("our own answer to it, within {}s", ZOOM_WAITS.as_secs()),
    )
}

/// The check as not tried.
pub(super) fn not_tried(why: &str) -> Finding {
    check(None).not_tried(why)
}

/// Calls the public address, if the settings name it.
pub(super) async fn call(
    zoom: Option<&ZoomConfig>,
    public_url: Option<&url::Url>,
    client: &Client,
) -> Finding {
    let target = public_url.map(|url| format!("{}{PATH}", url.as_str().trim_end_matches('/')));
    let check = check(target.as_deref());
    let Some(target) = target else {
        return check.warning(
            "PUBLIC_URL is not set: it was not checked if Zoom can reach this service",
            "Set PUBLIC_URL to the https address of your proxy, such as https://hooks.example.org, and run this again",
        );
    };
    let secrets = zoom.map(|zoom| zoom.webhook_secrets.now().current().to_vec()).unwrap_or_default();
    let Some(secret) = secrets.first() else {
        return check.not_tried("there is no ZOOM_WEBHOOK_SECRET_TOKEN to sign with");
    };
    let token = Alphanumeric.sample_string(&mut rand::rng(), TOKEN_CHARS);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let body = json!({"payload": {"plainToken": token}, "event_ts": since.as_millis() as u64,
        "event": "endpoint.url_validation"})
    .to_string();
    let timestamp = since.as_secs().to_string();
    let request = client
        .post(&target)
        .header("content-type", "application/json; charset=utf-8")
        .header(signature::TIMESTAMP_HEADER, &timestamp)
        .header(signature::SIGNATURE_HEADER, signature::signature(secret, &timestamp, body.as_bytes()))
        .timeout(ANSWER_WITHIN)
        .body(body);
    let began = Instant::now();
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return check.explained(State::Broken, unreached(&error)),
    };
    let status = response.status();
    let body = match http::read_at_most(response, ERROR_BYTES_MAX).await {
        Ok(body) => body,
        Err(error) => return check.explained(State::Broken, unreached(&error)),
    };
    let answer = ChallengeResponse { status, body, after: began.elapsed() };
    let expected: Vec<String> =
        secrets.iter().map(|secret| signature::encrypted_token(secret, &token)).collect();
    match judge(&answer, &token, &expected) {
        Ok(found) => check.ok(found),
        Err(said) => check.explained(State::Broken, said),
    }
}

fn unreached(error: &reqwest::Error) -> Advice {
    let home = "If only this machine cannot reach its own public address (some routers do not allow it), try from outside";
    let (what, mend) = match connect_error::obstacle(error) {
        ConnectError::Name => (
            "the name has no address (DNS)",
            "Enter an A or AAAA record for it at your DNS provider; `dig +short NAME` shows it",
        ),
        ConnectError::Refused => (
            "the connection is refused: no server listens there",
            "Start the proxy, make it listen on port 443, and open that port in the firewall",
        ),
        ConnectError::Tls => (
            "the TLS handshake fails",
            "Give the proxy a certificate of a public authority that contains this name, is not expired, and comes with \
             its whole chain (Caddy does it by itself); `openssl s_client -connect HOST:443 -servername HOST` shows it",
        ),
        ConnectError::Silence => (
            "no answer came in time",
            "Open port 443 in the firewall, and check that the proxy reaches the service at LISTEN_ADDR",
        ),
        ConnectError::Other => {
            ("the call failed", "Read the proxy's log, and check that it reaches the service at LISTEN_ADDR")
        }
    };
    Advice::new(format!("{what}: {}", http::describe(error)), format!("{mend}. {home}"))
}

/// Judges an answer: the right one in time, or an explanation.
fn judge(answer: &ChallengeResponse, token: &str, expected: &[String]) -> Result<String, Advice> {
    let ChallengeResponse { status, body, after } = answer;
    let seconds = format!("{:.1}s", after.as_secs_f64());
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    if status.is_success() && read["plainToken"] == token {
        let is_ours =
            read["encryptedToken"].as_str().is_some_and(|said| expected.iter().any(|one| one == said));
        if !is_ours {
            return Err(Advice::new(
                "it answers with another Secret Token than this service has",
                "Give the service that listens there the same ZOOM_WEBHOOK_SECRET_TOKEN, and restart it",
            ));
        }
        if *after > ZOOM_WAITS {
            return Err(Advice::new(
                format!("it is right, but took {seconds}: Zoom gives up after {}s", ZOOM_WAITS.as_secs()),
                "Check the proxy's filters and buffering, and this machine's load",
            ));
        }
        return Ok(format!("it answered the challenge with our secret in {seconds}"));
    }
    let says_html = body.trim_ascii_start().starts_with(b"<");
    let what = if says_html { "a web page" } else { "something else" };
    let mend = match status.as_u16() {
        200..=299 => {
            "That is not this service: configure the proxy to pass /webhooks/zoom to LISTEN_ADDR. Login pages, \
                     bot filters and challenges of the proxy must be off for this path"
        }
        300..=399 => {
            "Zoom follows no redirects: set PUBLIC_URL (and Zoom's endpoint) to the address that it leads to, with https, and \
                     with or without `www`"
        }
        401 | 403 if !says_html => {
            "The service there has another ZOOM_WEBHOOK_SECRET_TOKEN, its clock is wrong, or the \
                     proxy changes the body or removes headers (x-zm-signature, x-zm-request-timestamp)"
        }
        401 | 403 => "The proxy asks for a login or blocks the call: allow /webhooks/zoom without a login",
        404 | 405 => {
            "The proxy does not pass this path to the service, or another service listens: PUBLIC_URL is given without a \
                     path, and POST /webhooks/zoom must reach LISTEN_ADDR"
        }
        413 => "The proxy accepts only small bodies: allow 256 KiB (nginx: client_max_body_size 256k)",
        502..=504 => {
            "The proxy does not reach the service, or the service is stopping: check that it runs, and that the \
                     proxy passes requests to LISTEN_ADDR"
        }
        _ => "Read the logs of the proxy and of the service",
    };
    Err(Advice::new(format!("status {} with {what}, after {seconds}", status.as_u16()), mend))
}

/// The time of Zoom's last event, from the store.
pub(super) async fn last_event(store: Option<&Store>) -> Finding {
    let check = Check::new(
        "webhook.last-event",
        "asking the database for the last event that was accepted",
        format!("one within {SILENT_DAYS} days"),
    );
    let Some(store) = store else {
        return check.not_tried("the database cannot be read, or is not there yet");
    };
    match (store.backlog().await, store.now().await) {
        (Ok(backlog), Ok(now)) => judge_silence(check, backlog.last_event_at, now),
        (Err(error), _) | (_, Err(error)) => check.not_tried(error.to_string()),
    }
}

fn judge_silence(check: Check, last: Option<Millis>, now: Millis) -> Finding {
    let mend = format!(
        "{SUBSCRIPTION}: check that the subscription is on, with endpoint PUBLIC_URL/webhooks/zoom and the events `All Recordings \
         have completed` and `Recording Transcript files have completed`. Zoom switches it off after failed \
         validations: save it again. If no event comes then, deactivate and activate the app"
    );
    let Some(last) = last else {
        return check
            .warning("no event has ever come from Zoom", format!("Record a minute to the cloud. {mend}"));
    };
    let days = now.saturating_sub(last) / MILLIS_PER_DAY;
    let found = match days {
        0 => "the last one came within a day".to_owned(),
        days => format!("the last one came {days} days ago"),
    };
    if days < SILENT_DAYS { check.ok(found) } else { check.warning(found, mend) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str, seconds: u64) -> Result<String, String> {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = ChallengeResponse { status, body: body.into(), after: Duration::from_secs(seconds) };
        judge(&answer, "plain", &["ours".to_owned()]).map_err(|said| format!("{} {}", said.found, said.mend))
    }

    #[test]
    fn each_wrong_answer_has_its_own_mend() {
        let right = r#"{"plainToken":"plain","encryptedToken":"ours"}"#;
        assert!(said(200, right, 1).is_ok());
        let theirs = right.replace("ours", "theirs");
        let page = "<!DOCTYPE html>";
        for (status, body, seconds, part) in [
            (200, right, 4, "gives up after 3s"),
            (200, theirs.as_str(), 1, "another Secret Token"),
            (200, page, 1, "web page"),
            (200, "{}", 1, "not this service"),
            (301, "", 1, "no redirects"),
            (401, "", 1, "ZOOM_WEBHOOK_SECRET_TOKEN"),
            (403, page, 1, "login"),
            (404, page, 1, "pass this path to the service"),
            (413, page, 1, "client_max_body_size"),
            (502, page, 1, "LISTEN_ADDR"),
            (500, "", 1, "logs"),
        ] {
            let told = said(status, body, seconds).unwrap_err();
            assert!(told.contains(part), "{status} {body}: {told}");
        }
    }

    #[test]
    fn a_long_silence_is_told() {
        let state = |last| judge_silence(Check::new("x", "", ""), last, 30 * MILLIS_PER_DAY).state;
        assert_eq!(state(None), State::Warning);
        assert_eq!(state(Some(29 * MILLIS_PER_DAY)), State::Ok);
        assert_eq!(state(Some(20 * MILLIS_PER_DAY)), State::Warning);
    }
}

//! The sandbox's Zoom against a plain client: what it refuses, what it remembers, how it misbehaves.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails has failed the test")]

mod attendance;
mod contents;
mod downloads;
mod events;
mod listings;
mod meetings;
mod trash;

use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};
use zoom2drive::sandbox::faults::{Fault, Faults, Route, Rule};
use zoom2drive::sandbox::transcript::Transcript;
use zoom2drive::sandbox::zoom::{File, Meeting, Zoom};

/// A uuid with everything that goes wrong in a path.
const UUID: &str = "/UE+cApLTmOc6HZxOLFclQ==";
const ENCODED: &str = "%252FUE%252BcApLTmOc6HZxOLFclQ%253D%253D";

struct Stage {
    zoom: Arc<Zoom>,
    faults: Arc<Faults>,
    transcript: Arc<Transcript>,
    http: reqwest::Client,
    _stop: DropGuard,
}

impl Stage {
    async fn new() -> Self {
        let (faults, transcript): (Arc<Faults>, Arc<Transcript>) = Default::default();
        let stop = CancellationToken::new();
        let zoom = Zoom::start(faults.clone(), transcript.clone(), stop.clone()).await.unwrap();
        Self { zoom, faults, transcript, http: client(), _stop: stop.drop_guard() }
    }

    /// With one meeting: a video, a chat, and a participant's audio.
    async fn with_meeting() -> Self {
        let stage = Self::new().await;
        stage.zoom.add(meeting());
        stage
    }

    async fn token(&self) -> String {
        let form = [("grant_type", "account_credentials"), ("account_id", self.zoom.account_id())];
        let (status, body) = self.oauth(&form, self.zoom.client_secret()).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    async fn oauth(&self, form: &[(&str, &str)], secret: &str) -> (u16, Value) {
        let request = self.http.post(self.zoom.oauth_url()).form(form);
        let answer = request.basic_auth(self.zoom.client_id(), Some(secret)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// An API call with a token of its own.
    async fn api(&self, method: &str, path: &str) -> (u16, Value) {
        let token = self.token().await;
        self.api_with(&token, method, path).await
    }

    async fn api_with(&self, token: &str, method: &str, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.zoom.api_url());
        let request = self.http.request(method.parse().unwrap(), url).bearer_auth(token);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// The listing of the meeting, with its download token.
    async fn listing(&self) -> Value {
        let path = format!("/meetings/{ENCODED}/recordings?include_fields=download_access_token&ttl=3600");
        let (status, body) = self.api("GET", &path).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn get(&self, url: &str, bearer: &str) -> reqwest::Response {
        self.http.get(url).bearer_auth(bearer).send().await.unwrap()
    }

    /// Follows a download URL to the signed link.
    async fn signed(&self, url: &str, bearer: &str) -> String {
        let answer = self.get(url, bearer).await;
        assert_eq!(answer.status(), 302);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// The signed link of the meeting's video.
    async fn video(&self) -> String {
        let listing = self.listing().await;
        let url = listing["recording_files"][0]["download_url"].as_str().unwrap();
        self.signed(url, listing["download_access_token"].as_str().unwrap()).await
    }

    async fn range(&self, url: &str, range: &str) -> reqwest::Response {
        self.http.get(url).header("range", range).send().await.unwrap()
    }

    fn fault(&self, route: Route, subject: &str, fault: Fault) {
        self.faults.add(Rule { route, subject: subject.to_owned(), skip: 0, times: 1, fault });
    }

    #[track_caller]
    fn assert_good(&self) {
        assert_eq!(self.transcript.violations(), Vec::<String>::new());
    }

    #[track_caller]
    fn assert_violation(&self, text: &str) {
        let violations = self.transcript.violations();
        assert!(violations.iter().any(|violation| violation.contains(text)), "{violations:?}");
    }
}

const VIDEO: u64 = 300_000;

fn meeting() -> Meeting {
    let start = ("2026-01-15T10:00:00Z", "2026-01-15T10:59:00Z");
    Meeting::new(UUID, "Probe 🚒 – „Faust“")
        .file(File::mp4("video-1", VIDEO).recorded(start.0, start.1))
        .file(File::chat("chat-1", 500))
        .participant(File::m4a("voice-1", 4_000))
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

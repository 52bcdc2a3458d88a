//! The sandbox's Google, held to the facts by a plain HTTP client.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does: by a panic")]

mod calendar;
mod chunks;
mod consent;
mod contents_and_access;
mod faults;
mod files;
mod mail;
mod meet;
mod originals;
mod search;
mod sheets;
mod tokens;
mod upload;
mod workspace;

use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::{CancellationToken, DropGuard};
use zoom2drive::sandbox::faults::{Fault, Faults, Route};
use zoom2drive::sandbox::google::{DriveFile, Google};
use zoom2drive::sandbox::transcript::Transcript;

const STEP: usize = 256 * 1024;
const FOLDER: &str = "application/vnd.google-apps.folder";

/// One sandbox and a client that has a token for it.
struct Drive {
    google: Arc<Google>,
    faults: Arc<Faults>,
    transcript: Arc<Transcript>,
    client: Client,
    token: String,
    _stop: DropGuard,
}

async fn drive() -> Drive {
    let (faults, transcript) = (Arc::new(Faults::default()), Arc::new(Transcript::default()));
    let stop = CancellationToken::new();
    let google = Google::start(faults.clone(), transcript.clone(), stop.clone()).await.unwrap();
    let redirects = reqwest::redirect::Policy::none();
    let client = Client::builder().redirect(redirects).http1_only().no_proxy().build().unwrap();
    let mut drive =
        Drive { google, faults, transcript, client, token: String::new(), _stop: stop.drop_guard() };
    drive.token = drive.service_token(None).await;
    drive
}

/// Some bytes that are not all alike.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

async fn body(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default()
}

async fn reason(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let reason = body(response).await["error"]["errors"][0]["reason"].as_str().unwrap_or_default().to_owned();
    (status, reason)
}

fn range(response: &Response) -> Option<&str> {
    response.headers().get("range").map(|value| value.to_str().unwrap())
}

impl Drive {
    fn once(&self, route: Route, fault: Fault) {
        self.faults.once(route, fault);
    }

    async fn service_token(&self, subject: Option<&str>) -> String {
        let assertion = self.assertion(|claims| {
            if let Some(subject) = subject {
                claims["sub"] = json!(subject);
            }
        });
        let answer = self.grant(&assertion).await;
        assert_eq!(answer.status(), 200);
        body(answer).await["access_token"].as_str().unwrap().to_owned()
    }

    fn assertion(&self, change: impl FnOnce(&mut Value)) -> String {
        let key = self.google.service_account_key();
        let now = jiff::Timestamp::now().as_second();
        let mut claims = json!({"iss": key["client_email"], "aud": key["token_uri"], "iat": now - 10,
            "exp": now + 3500, "scope": "https://www.googleapis.com/auth/drive"});
        change(&mut claims);
        let pem = key["private_key"].as_str().unwrap();
        let signer = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
        header.kid = key["private_key_id"].as_str().map(str::to_owned);
        jsonwebtoken::encode(&header, &claims, &signer).unwrap()
    }

    async fn grant(&self, assertion: &str) -> Response {
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
        self.client.post(self.google.url() + "/token").form(&form).send().await.unwrap()
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.google.url() + path).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Response {
        self.call(Method::GET, path).send().await.unwrap()
    }

    async fn list(&self, q: &str) -> Vec<String> {
        let answer = self.search(q).await;
        assert_eq!(answer.status(), 200, "{q}");
        let files = body(answer).await["files"].clone();
        let mut names: Vec<String> =
            files.as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    async fn search(&self, q: &str) -> Response {
        let all = [("supportsAllDrives", "true"), ("includeItemsFromAllDrives", "true"), ("q", q)];
        self.call(Method::GET, "/drive/v3/files").query(&all).send().await.unwrap()
    }

    async fn mint(&self) -> String {
        let answer = body(self.get("/drive/v3/files/generateIds?count=1").await).await;
        answer["ids"][0].as_str().unwrap().to_owned()
    }

    async fn create(&self, metadata: &Value) -> Response {
        let path = "/drive/v3/files?supportsAllDrives=true&fields=*";
        self.call(Method::POST, path).json(metadata).send().await.unwrap()
    }

    async fn folder(&self, name: &str, parent: &str) -> String {
        let answer = self.create(&json!({"name": name, "mimeType": FOLDER, "parents": [parent]})).await;
        assert_eq!(answer.status(), 200);
        body(answer).await["id"].as_str().unwrap().to_owned()
    }

    async fn init(&self, metadata: &Value, total: Option<usize>) -> Response {
        let path = "/upload/drive/v3/files?uploadType=resumable&supportsAllDrives=true\
            &fields=id,size,md5Checksum,sha256Checksum";
        let mut request = self.call(Method::POST, path).json(metadata);
        if let Some(total) = total {
            request = request.header("x-upload-content-length", total);
        }
        request.send().await.unwrap()
    }

    /// A session for a file in the root folder.
    async fn session(&self, name: &str, total: Option<usize>) -> String {
        let metadata = json!({"name": name, "parents": [self.google.root_folder()]});
        location(&self.init(&metadata, total).await)
    }

    async fn put(&self, session: &str, range: &str, bytes: &[u8]) -> Response {
        self.try_put(session, range, bytes).await.unwrap()
    }

    async fn try_put(&self, session: &str, range: &str, bytes: &[u8]) -> reqwest::Result<Response> {
        self.client.put(session).header("content-range", range).body(bytes.to_vec()).send().await
    }

    async fn status(&self, session: &str, total: usize) -> Response {
        self.put(session, &format!("bytes */{total}"), &[]).await
    }

    /// Sends only a part of a body, then hangs up.
    async fn hang_up(&self, session: &str, range: &str, length: usize, part: &[u8]) {
        let address = self.google.url().trim_start_matches("http://").to_owned();
        let path = session.strip_prefix(&self.google.url()).unwrap();
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\ncontent-range: {range}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(part).await.unwrap();
        // An orderly end of our side: everything sent is read before the end is seen.
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }

    fn only_file(&self) -> DriveFile {
        let files = self.google.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    fn assert_no_violations(&self) {
        assert_eq!(self.transcript.violations(), Vec::<String>::new());
    }

    fn assert_violation(&self, part: &str) {
        let found = self.transcript.violations();
        assert!(found.iter().any(|violation| violation.contains(part)), "no {part:?} in {found:?}");
    }
}

fn location(response: &Response) -> String {
    assert_eq!(response.status(), StatusCode::OK);
    response.headers()["location"].to_str().unwrap().to_owned()
}

//! The receivers of messages: a webhook and a mail server of the tests' own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;
use zoom2drive::sandbox::google::Mail;
use zoom2drive::sandbox::transcript::Transcript;

use crate::support::server::TestServer;

/// Instead of a status: the letter is taken, and nothing is answered.
pub const STALL: u16 = 0;

#[derive(Clone)]
struct Got {
    letters: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    transcript: Arc<Transcript>,
}

/// A webhook's receiver.
pub struct Hook {
    http: TestServer,
    got: Got,
}

impl Hook {
    /// Who waits for the sandbox hears of letters, too.
    pub async fn open(transcript: Arc<Transcript>) -> Self {
        let got = Got { letters: Arc::default(), answers: Arc::default(), transcript };
        let routes = Router::new().route("/hook", post(take)).with_state(got.clone());
        Self { http: TestServer::open(routes).await, got }
    }

    pub fn url(&self) -> String {
        self.http.url("/hook")
    }

    /// What the next letters are answered; those after them are taken.
    pub fn answer(&self, statuses: &[u16]) {
        self.got.answers.lock().unwrap().extend(statuses);
    }

    /// Every letter that came, taken or not.
    pub fn letters(&self) -> Vec<Value> {
        self.got.letters.lock().unwrap().clone()
    }
}

async fn take(State(got): State<Got>, body: Bytes) -> StatusCode {
    got.letters.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    let answer = got.answers.lock().unwrap().pop_front().unwrap_or(200);
    got.transcript.changed();
    if answer == STALL {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(answer).unwrap()
}

/// A mail server.
pub struct Smtp {
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
    refusal: Arc<Mutex<Option<&'static str>>>,
    _serving: AbortOnDropHandle<()>,
}

impl Smtp {
    pub async fn open(transcript: Arc<Transcript>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mails, refusal) =
            (Arc::<Mutex<Vec<Mail>>>::default(), Arc::<Mutex<Option<&'static str>>>::default());
        let serving = tokio::spawn({
            let (mails, refusal) = (mails.clone(), refusal.clone());
            async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    // Whoever hangs up half-way has said enough.
                    let _ = talk(stream, &mails, &refusal).await;
                    transcript.changed();
                }
            }
        });
        Self { port, mails, refusal, _serving: AbortOnDropHandle::new(serving) }
    }

    /// Answers every recipient with this from now on.
    pub fn refuse(&self, answer: &'static str) {
        *self.refusal.lock().unwrap() = Some(answer);
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

/// RFC 5321, as far as one polite client needs it.
async fn talk(
    stream: TcpStream,
    mails: &Mutex<Vec<Mail>>,
    refusal: &Mutex<Option<&'static str>>,
) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 test\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let refused = *refusal.lock().unwrap();
        let answer = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME",
            "RCPT" => refused.unwrap_or("250 ok"),
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await?;
                let mut raw = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    raw.push_str("\r\n");
                }
                mails.lock().unwrap().push(Mail::parse("smtp", raw.as_bytes()).unwrap());
                "250 taken"
            }
            "QUIT" => return writing.write_all(b"221 bye\r\n").await,
            _ => "250 ok",
        };
        writing.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

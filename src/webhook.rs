//! `POST /webhooks/zoom`: checks the headers, reads the body, verifies the signature, stores the event, answers.
//!
//! Zoom waits three seconds for the answer. It repeats an event only after 5xx, never after 4xx. So the answer is
//! 200 only if the event is on disk or needs no work, 503 if Zoom must send it again, and 4xx only if it must not.
//! The handler makes no outgoing call; the worker does all other work later.

mod changes;
pub mod payload;
pub mod signature;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http_body::Body as _;
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::live::Live;
use crate::secret::Secret;
use crate::secret::keyring::Keyring;
use crate::store::{Repeated, Store, StoreError};
use crate::telemetry::burst::{BURST, Bursts};
use crate::telemetry::meters;
use payload::Event;
use signature::{Refusal, Signed};

/// The path that Zoom calls.
pub const PATH: &str = "/webhooks/zoom";

/// Largest body, in bytes. The largest real one had 6.5 KB, about 1 KB per file; the limit is enough for 250 files.
/// If Zoom sends a larger event, the sweep finds the recording.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// The buffer for a body grows in steps of this many bytes, so that a sender that stops holds little more memory
/// than it has sent.
const BODY_STEP_BYTES: usize = 8 * 1024;

/// Time limit for the store. Zoom waits three seconds, and must receive 503 before that.
pub const STORE_WITHIN: Duration = Duration::from_millis(2500);

/// Value of `Retry-After`, in seconds. Zoom has a schedule of its own (5, 25, 85 minutes); other senders and
/// proxies obey the header.
const RETRY_AFTER_SECONDS: &str = "60";

/// State of the webhook's handler.
#[derive(Clone)]
pub struct WebhookState {
    /// Secret Tokens that Zoom may sign with. Each one is tried.
    pub secrets: Live<Keyring>,
    pub store: Store,
    /// Number of requests without a valid signature.
    pub refused: Arc<AtomicU64>,
    /// Cancelled when the service stops. From then on each event is answered with 503.
    pub stopping: CancellationToken,
}

impl std::fmt::Debug for WebhookState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookState").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

/// The webhook's routes, to be merged with the other routers.
pub fn router(state: WebhookState) -> Router {
    let door = Intake { state, refusals: Arc::default() };
    Router::new().route(PATH, post(receive)).with_state(Arc::new(door))
}

/// The handler's state, and counters that keep refused requests from flooding the log.
struct Intake {
    state: WebhookState,
    refusals: Arc<Bursts>,
}

impl Intake {
    /// Logs a refused request. Anyone can send such requests, so a burst of them is one log line.
    fn refuses(&self, kind: &'static str, first: impl FnOnce()) {
        self.refusals.count(kind, first, async |counts| {
            if counts.has_more() {
                let refused = counts.total();
                tracing::warn!(refused, %counts, "webhooks refused within {}s", BURST.as_secs());
            }
        });
    }

    /// Answers a request without a valid signature. Only the log names the failed check: the answer must not help a
    /// forger.
    fn is_unsigned(&self, refusal: Refusal, bytes: Option<usize>) -> Response {
        self.state.refused.fetch_add(1, Ordering::Relaxed);
        self.refuses(refusal.kind(), || tracing::warn!(%refusal, bytes, "webhook refused"));
        closing(StatusCode::UNAUTHORIZED.into_response())
    }

    /// Answers an event for which there is no place. Others arrive with it, so they are one log line.
    fn is_overloaded(&self) -> Response {
        let first = || tracing::warn!("more events arrive than can be stored: Zoom will send them again");
        self.refuses("overload", first);
        again()
    }
}

async fn receive(State(door): State<Arc<Intake>>, request: Request) -> Response {
    let began = Instant::now();
    let answer = take_in(&door, request).await;
    meters::webhook_answered(answer.status().as_u16(), began.elapsed());
    answer
}

async fn take_in(door: &Intake, request: Request) -> Response {
    let state = &door.state;
    let (head, body) = request.into_parts();
    let now = Timestamp::now();
    let signed = match Signed::from_headers(&head.headers) {
        Ok(signed) => signed,
        Err(refusal) => return door.is_unsigned(refusal, None),
    };
    // Checked before the body is read: a sender with bad headers gets no memory.
    if let Err(refusal) = signed.check_headers(now) {
        return door.is_unsigned(refusal, None);
    }
    let body = match read_body(body).await {
        Ok(body) => body,
        Err(fault) => {
            door.refuses(fault.kind(), || tracing::warn!(%fault, "webhook refused"));
            return closing(fault.into_response());
        }
    };
    if state.stopping.is_cancelled() {
        tracing::info!("webhook answered with 503 because the service is stopping: Zoom will send it again");
        return again();
    }
    // Checked before the costly checks, so that a storm is answered quickly. The body has been read: if it had not,
    // the end of the connection could destroy the answer.
    if state.store.is_overloaded() {
        return door.is_overloaded();
    }
    let keyring = state.secrets.now();
    let secrets = keyring.accepted(now);
    let secret = match signed.verify(&body, &secrets, now) {
        Ok(secret) => secret,
        Err(refusal) => return door.is_unsigned(refusal, Some(body.len())),
    };
    if let Some(until) = keyring.former_until(secret) {
        tracing::info!(%until, "the webhook is signed with the former Secret Token, which is accepted until then");
    }
    match payload::read(&body) {
        Err(error) => {
            tracing::warn!(%error, bytes = body.len(), "webhook refused: it is signed, but its body is not JSON");
            (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response()
        }
        Ok(event) => match event.challenge() {
            Some(token) => answer_challenge(secret, token),
            None => store(door, event, &body).await,
        },
    }
}

/// Proves to Zoom that this endpoint knows the secret. Only signed requests get here.
fn answer_challenge(secret: &Secret, token: Option<&str>) -> Response {
    let Some(token) = token else {
        tracing::warn!("challenge refused: its plainToken is empty, too long or could sign an event");
        return (StatusCode::BAD_REQUEST, "plainToken is not usable\n").into_response();
    };
    tracing::info!("challenge answered: Zoom has validated this endpoint");
    let encrypted = signature::encrypted_token(secret, token);
    Json(json!({"plainToken": token, "encryptedToken": encrypted})).into_response()
}

async fn store(door: &Intake, event: Event, body: &[u8]) -> Response {
    let name = event.name.clone();
    let meeting = event.meeting.as_ref().map(ToString::to_string).unwrap_or_default();
    let new = event.with_body(body);
    match tokio::time::timeout(STORE_WITHIN, door.state.store.accept_now(&new)).await {
        Ok(Ok(accepted)) => {
            // Names and uuids are the sender's text. They are quoted, so that they cannot forge a log line.
            tracing::info!(
                name = ?name,
                meeting = ?meeting,
                event = accepted.event.0,
                job = accepted.job.map(|job| job.0),
                repeated = accepted.repeated == Repeated::Yes,
                "event accepted"
            );
            Json(json!({})).into_response()
        }
        Ok(Err(StoreError::Busy)) => door.is_overloaded(),
        Ok(Err(error)) => {
            tracing::error!(name = ?name, meeting = ?meeting, %error, "event not stored: Zoom will send it again");
            again()
        }
        Err(_elapsed) => {
            tracing::error!(name = ?name, meeting = ?meeting, "event not stored in time: Zoom will send it again");
            again()
        }
    }
}

/// Closes the connection after the answer: a sender of one refused request is likely to send more on it.
fn closing(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Answers 503: Zoom repeats an event only after 5xx.
fn again() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)]).into_response()
}

/// Why the body was not read.
#[derive(Debug, thiserror::Error)]
enum BodyFault {
    #[error("the body has more than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// The connection broke, the time limit passed, or memory ran out.
    #[error("{0}")]
    Unread(axum::Error),
}

impl BodyFault {
    fn kind(&self) -> &'static str {
        match self {
            BodyFault::TooLarge => "too large",
            BodyFault::Unread(_) => "unread",
        }
    }
}

impl IntoResponse for BodyFault {
    fn into_response(self) -> Response {
        match self {
            BodyFault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            BodyFault::Unread(_) => again(),
        }
    }
}

/// Reads at most [`BODY_BYTES_MAX`] bytes, whatever `Content-Length` claims. The server limits the time.
async fn read_body(mut body: Body) -> Result<Vec<u8>, BodyFault> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > BODY_BYTES_MAX {
        return Err(BodyFault::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(BodyFault::Unread)?.into_data() else { continue };
        if bytes.len() + data.len() > BODY_BYTES_MAX {
            return Err(BodyFault::TooLarge);
        }
        if bytes.capacity() - bytes.len() < data.len() {
            bytes.reserve_exact(data.len().max(BODY_STEP_BYTES));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

//! `POST /webhooks/zoom`: check the headers, take the body in, check the signature, read, write down, answer.
//!
//! Zoom waits three seconds and never repeats what was answered with 4xx, so: 200 only for what is on disk
//! (or concerns nobody), 503 whenever the event should come again, 4xx only for what must not. No call goes
//! out from here; the worker does everything else later.

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
use crate::store::{Repeated, Store};
use crate::telemetry::burst::{BURST, Bursts};
use crate::telemetry::meters;
use payload::Event;
use signature::{Refusal, Signed};

/// Where Zoom calls.
pub const PATH: &str = "/webhooks/zoom";

/// Largest body, in bytes. The largest real one seen had 6.5 KB, about 1 KB per file: this is one with 250 files.
/// What a larger one would have told, the sweep finds.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// By how much the memory for a body grows while it arrives, in bytes: so that a sender who stops holds little more
/// than was sent.
const BODY_STEP_BYTES: usize = 8 * 1024;

/// How long the store may take: Zoom waits three seconds for the answer, and should hear 503 before that.
pub const STORE_WITHIN: Duration = Duration::from_millis(2500);

/// What `Retry-After` says, in seconds. Zoom has a schedule of its own (5, 25, 85 minutes); other senders
/// and proxies obey.
const RETRY_AFTER_SECONDS: &str = "60";

/// What the intake needs.
#[derive(Clone)]
pub struct WebhookState {
    /// Secret Tokens that Zoom may sign with; each is tried.
    pub secrets: Live<Keyring>,
    /// Where events are written down.
    pub store: Store,
    /// Counts requests that bear no signature of Zoom's.
    pub refused: Arc<AtomicU64>,
    /// Cancelled when the service stops: from then on Zoom is asked to come again.
    pub stopping: CancellationToken,
}

impl std::fmt::Debug for WebhookState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookState").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

/// The intake as a router of its own, to be merged with the other doors.
pub fn router(state: WebhookState) -> Router {
    let door = Intake { state, refusals: Arc::default() };
    Router::new().route(PATH, post(receive)).with_state(Arc::new(door))
}

/// The intake, and what it has refused of late.
struct Intake {
    state: WebhookState,
    refusals: Arc<Bursts>,
}

impl Intake {
    /// Tells of a request that anybody could have sent, as one of a burst.
    fn refuses(&self, kind: &'static str, first: impl FnOnce()) {
        self.refusals.count(kind, first, async |counts| {
            if counts.has_more() {
                let refused = counts.total();
                tracing::warn!(refused, %counts, "webhooks refused within {}s", BURST.as_secs());
            }
        });
    }

    /// Answers a request that Zoom has not signed. Which check failed is for our log only: it would help a forger.
    fn is_unsigned(&self, refusal: Refusal, bytes: Option<usize>) -> Response {
        self.state.refused.fetch_add(1, Ordering::Relaxed);
        self.refuses(refusal.kind(), || tracing::warn!(%refusal, bytes, "webhook refused"));
        closing(StatusCode::UNAUTHORIZED.into_response())
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
    // Before a byte of the body is kept: whoever cannot even write the headers is not listened to.
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
        tracing::info!("webhook refused while stopping: Zoom will send it again");
        return again();
    }
    let keyring = state.secrets.now();
    let secrets = keyring.accepted(now);
    let secret = match signed.verify(&body, &secrets, now) {
        Ok(secret) => secret,
        Err(refusal) => return door.is_unsigned(refusal, Some(body.len())),
    };
    if let Some(until) = keyring.former_until(secret) {
        tracing::info!(%until, "signed with the secret that was replaced; it is accepted for a while");
    }
    match payload::read(&body) {
        Err(error) => {
            tracing::warn!(%error, bytes = body.len(), "webhook refused: signed, but not JSON");
            (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response()
        }
        Ok(event) => match event.challenge() {
            Some(token) => answer_challenge(secret, token),
            None => store(state, event, &body).await,
        },
    }
}

/// Proves to Zoom that this endpoint knows the secret. Only ever reached by signed requests.
fn answer_challenge(secret: &Secret, token: Option<&str>) -> Response {
    let Some(token) = token else {
        tracing::warn!("challenge refused: its plainToken is empty, too long or could sign an event");
        return (StatusCode::BAD_REQUEST, "plainToken is not usable\n").into_response();
    };
    tracing::info!("challenge answered: Zoom has validated this endpoint");
    let encrypted = signature::encrypted_token(secret, token);
    Json(json!({"plainToken": token, "encryptedToken": encrypted})).into_response()
}

async fn store(state: &WebhookState, event: Event, body: &[u8]) -> Response {
    let name = event.name.clone();
    let meeting = event.meeting.as_ref().map(ToString::to_string).unwrap_or_default();
    let new = event.with_body(body);
    match tokio::time::timeout(STORE_WITHIN, state.store.accept(&new)).await {
        Ok(Ok(accepted)) => {
            // Names and uuids are the sender's text: quoted, so that they cannot forge a line.
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

/// Ends the connection with this answer: whoever sends one request that is refused has sent more behind it, or will.
fn closing(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Zoom repeats an event only after 5xx.
fn again() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)]).into_response()
}

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
enum BodyFault {
    #[error("the body has more than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// It broke off, took too long, or there was no memory for it.
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

/// Takes the body in, at most [`BODY_BYTES_MAX`], whatever its length claims to be. The server limits its time.
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

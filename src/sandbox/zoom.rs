//! A Zoom on loopback: OAuth, the API, download links and the media host on one port.
//!
//! It is strict where Zoom is strict, remembers what was done to it, and misbehaves when told to. What
//! a caller must never do (a token in an address, a credential for another host, a uuid encoded once) is
//! noted as a violation and answered as Zoom would. It shares no code with the program: a common
//! misreading would stay unseen.
//!
//! The media host is the same port under another name (`localhost` instead of `127.0.0.1`), so that a
//! client sees a redirect across hosts.

mod api;
mod attendance;
mod control;
mod download;
mod events;
mod json;
mod media;
mod meetings;
mod model;
mod oauth;
mod people;
mod recordings;
mod render;
mod reply;
mod request;
mod tokens;
mod world;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Body;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio_util::sync::CancellationToken;

use super::faults::{Fault, Faults, Route};
use super::line::Line;
use super::serve::{Answer, Cut, dated, serve};
use super::transcript::{Call, Transcript};
use request::{Asked, Endpoint};
use world::{Listed, World};

pub use attendance::{Age, Attendance, Attendee, Look, PageOddity};
pub use meetings::{Occurrence, Scheduled};
pub use model::{File, Meeting};
pub use world::{FileState, Standing, State};

const CLIENT_SECRET: &str = "sandboxClientSecret";
const WEBHOOK_SECRET: &str = "sandboxWebhookSecret";

/// The sandbox's Zoom.
pub struct Zoom {
    world: Mutex<World>,
    faults: Arc<Faults>,
    transcript: Arc<Transcript>,
    sent: AtomicU64,
    line: Arc<Line>,
    /// Made at the first delivery: most sandboxes never deliver.
    client: OnceLock<reqwest::Client>,
}

impl Zoom {
    /// Starts a Zoom on a port of its own, until `stop` is cancelled.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(
        faults: Arc<Faults>,
        transcript: Arc<Transcript>,
        stop: CancellationToken,
    ) -> std::io::Result<Arc<Self>> {
        let mut world = World::default();
        world.scopes = oauth::all_scopes();
        world.client_secret = CLIENT_SECRET.to_owned();
        world.webhook_secret = WEBHOOK_SECRET.to_owned();
        let zoom = Arc::new(Self {
            world: Mutex::new(world),
            faults,
            transcript,
            sent: AtomicU64::new(0),
            line: Arc::default(),
            client: OnceLock::new(),
        });
        let address = serve(zoom.clone(), stop, handle).await?;
        let port = address.port();
        zoom.appear_as(&format!("http://127.0.0.1:{port}"), &format!("http://localhost:{port}"));
        Ok(zoom)
    }

    /// From now on the addresses in its answers begin so: with the names of a proxy in front of it. Both are scheme,
    /// host and port.
    pub fn appear_as(&self, base: &str, media: &str) {
        let mut world = self.world();
        (world.base, world.media) = (base.to_owned(), media.to_owned());
    }

    /// The line on which downloads leave.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The API's base: what `ZOOM_API_URL` is to say.
    pub fn api_url(&self) -> String {
        format!("{}/v2", self.world().base)
    }

    /// The token endpoint: what `ZOOM_OAUTH_URL` is to say.
    pub fn oauth_url(&self) -> String {
        format!("{}/oauth/token", self.world().base)
    }

    /// The hosts that bytes come from: what `ZOOM_DOWNLOAD_HOSTS` is to say.
    pub fn download_hosts(&self) -> String {
        let world = self.world();
        let host = |base: &str| {
            let authority = base.split_once("://").map_or(base, |(_, authority)| authority);
            authority.split(':').next().unwrap_or_default().to_owned()
        };
        format!("{},{}", host(&world.base), host(&world.media))
    }

    /// The account.
    pub fn account_id(&self) -> &'static str {
        "VjZoEArIT5y-HlWxkV-tVA"
    }

    /// The Server-to-Server app.
    pub fn client_id(&self) -> &'static str {
        "sandboxClientId"
    }

    /// The app's secret, as it is at first.
    pub fn client_secret(&self) -> &'static str {
        CLIENT_SECRET
    }

    /// The key of the webhook signatures, as it is at first.
    pub fn webhook_secret(&self) -> &'static str {
        WEBHOOK_SECRET
    }

    /// Number of recording bytes that the media host has sent.
    pub fn bytes_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // A panic in a test's closure leaves the world as it is: the other assertions still see it.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn violation(&self, what: impl Into<String>) {
        self.transcript.violation(format!("Zoom: {}", what.into()));
    }

    /// Counts bytes as they leave, and wakes tests that wait for a download to get somewhere. `listed` is whose
    /// bytes they are, if they go to somebody who came from a listing.
    fn count_sent(&self, start: u64, bytes: usize, listed: Option<&Listed>) {
        if let Some(file) = listed {
            self.world().note_sent(file, start..start + bytes as u64);
        }
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        self.transcript.changed();
    }

    /// Uuid and file id, as far as the request says: what faults are aimed by.
    fn subject(&self, place: &Endpoint, asked: &Asked) -> String {
        let world = self.world();
        let of = |uuid: &str, key| {
            let file = world.stored(uuid, key).map_or("", |(_, stored)| stored.file.handle());
            format!("{uuid} {file}")
        };
        match place {
            Endpoint::File(uuid, file) | Endpoint::Status(uuid, Some(file)) => {
                format!("{} {file}", uuid.text)
            }
            Endpoint::User(user) | Endpoint::UserRecordings(user) | Endpoint::UserMeetings(user) => {
                user.clone()
            }
            Endpoint::Meeting(id) | Endpoint::Invitation(id) | Endpoint::Instances(id, _) => id.clone(),
            Endpoint::Download { opaque } => {
                world.links.get(opaque).map_or_else(String::new, |link| of(&link.uuid, link.key))
            }
            Endpoint::Media => {
                let signed = asked.param("Signature").and_then(|signature| world.signed.get(signature));
                signed.map_or_else(String::new, |signed| of(&signed.uuid, signed.key))
            }
            _ => place.uuid().map_or_else(String::new, |uuid| uuid.text.clone()),
        }
    }

    async fn perform(
        self: &Arc<Self>,
        place: &Endpoint,
        asked: &Asked,
        body: Incoming,
        fault: Option<&Fault>,
    ) -> Response<Body> {
        let reply = match place {
            Endpoint::Token => self.token(asked, body).await,
            Endpoint::Download { opaque } => self.download(asked, opaque),
            Endpoint::Media => self.media(asked, fault),
            _ => self.api(place, asked, body).await,
        };
        reply.unwrap_or_else(|canned| reply::canned(&canned))
    }
}

impl fmt::Debug for Zoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zoom").field("base", &self.world().base).finish_non_exhaustive()
    }
}

/// One request: the rules that hold everywhere, then the fault if there is one, then the answer.
async fn handle(zoom: Arc<Zoom>, request: Request<Incoming>) -> Answer {
    let answer = answer(zoom.clone(), request).await;
    let ahead = zoom.world().clock_ahead;
    answer.map(|response| dated(response, ahead))
}

async fn answer(zoom: Arc<Zoom>, request: Request<Incoming>) -> Answer {
    let asked = Asked::of(&request);
    let place = Endpoint::of(&asked);
    let route = place.route(&asked.method);
    let subject = zoom.subject(&place, &asked);
    let line = asked.line(&place);
    let token = match &place {
        Endpoint::Download { .. } => zoom.token_kind(&asked),
        _ => "",
    };
    zoom.note_violations(&place, &asked);

    let fault = zoom.faults.next(route, &subject);
    let note = |answer: String| {
        zoom.transcript.note(Call { route, subject: subject.clone(), request: line.clone(), token, answer });
    };
    match &fault {
        Some(Fault::Answer(canned)) => {
            note(canned.status.to_string());
            return Ok(reply::canned(canned));
        }
        Some(Fault::Cut) => {
            note("cut".to_owned());
            return Err(Cut);
        }
        Some(Fault::Stall) => {
            note("stall".to_owned());
            return std::future::pending().await;
        }
        _ => {}
    }

    let response = zoom.perform(&place, &asked, request.into_body(), fault.as_ref()).await;
    let status = response.status().as_u16();
    match fault {
        Some(Fault::AnswerAfter(canned)) => {
            note(format!("{} after {status}", canned.status));
            Ok(reply::canned(&canned))
        }
        Some(Fault::CutAfter) => {
            note(format!("cut after {status}"));
            Err(Cut)
        }
        Some(fault) if route == Route::ZoomMedia && response.status().is_success() => {
            note(format!("{status}, {fault:?}"));
            Ok(response)
        }
        _ => {
            note(status.to_string());
            Ok(response)
        }
    }
}

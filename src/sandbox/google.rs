//! A Google on loopback: Drive v3, its upload server, Sheets v4, Gmail's sending, Meet v2, the Directory, Calendar v3
//! and the token endpoint, as strict as the real one.
//!
//! It keeps no contents, only their checksums, so that a gigabyte costs it no memory. What it refuses,
//! Google refuses; what Google merely dislikes is a *soft* rule, which foreign clients may break. Every
//! broken rule is written into the transcript.
//!
//! In the order of a call: `operation` finds out what is asked, `http` whether to misbehave; `consent`, `token`,
//! `files`, `list`, `start`, `upload`, `sheets`, `meet`, `directory`, `calendar` and `originals` answer; `state`,
//! `session`, `issued` and `workspace` remember.

mod calendar;
mod consent;
mod credentials;
mod crowd;
mod digests;
mod directory;
mod entry;
mod errors;
mod fields;
mod files;
mod homes;
mod http;
mod issued;
mod keys;
mod list;
mod mail;
mod meet;
mod metadata;
mod operation;
mod operator_mistakes;
mod originals;
mod pages;
mod params;
mod permissions;
mod query;
mod replace;
mod resource;
mod room;
mod rpc;
mod scopes;
mod session;
mod shapes;
mod sheets;
mod small;
mod span;
mod start;
mod state;
mod token;
mod upload;
mod workspace;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio_util::sync::CancellationToken;

use super::faults::Faults;
use super::line::Line;
use super::serve;
use super::transcript::Transcript;
use calendar::Calendars;
pub use calendar::{Attendee, Conferencing, Event, Response, Visibility, When};
use consent::Consents;
pub use consent::Person;
use crowd::Crowd;
use directory::Directory;
pub use entry::DriveFile;
use entry::Entry;
use issued::Tokens;
pub use mail::Mail;
use meet::Conferences;
pub use meet::{Artifact, ArtifactKind, ArtifactState, Conference, Identity, Participant, Seen};
pub use room::FullAt;
use session::Sessions;
use sheets::Sheets;
pub use sheets::{Content, Spreadsheet, Tab};
use state::State;
pub use workspace::User;
use workspace::Workspace;

/// Contents up to this size are kept, so that they can be read back.
const RETAIN_BYTES: usize = 1024 * 1024;

/// The sandbox's Google. Made by [`Google::start`].
pub struct Google {
    faults: Arc<Faults>,
    transcript: Arc<Transcript>,
    address: OnceLock<SocketAddr>,
    /// Scheme, host and port of a proxy in front of it.
    public: OnceLock<String>,
    state: Mutex<State>,
    sessions: Sessions,
    tokens: Tokens,
    consents: Mutex<Consents>,
    mails: Mutex<Vec<Mail>>,
    sheets: Mutex<Sheets>,
    workspace: Mutex<Workspace>,
    directory: Mutex<Directory>,
    conferences: Mutex<Conferences>,
    calendars: Mutex<Calendars>,
    crowd: Crowd,
    empty_pages: AtomicBool,
    lenient: AtomicBool,
    retain_all: AtomicBool,
    api_disabled: AtomicBool,
    page_limit: AtomicUsize,
    clock_ahead: AtomicI64,
    received: AtomicU64,
    line: Line,
}

impl Google {
    /// Serves on a loopback port until `stop` is cancelled.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(
        faults: Arc<Faults>,
        transcript: Arc<Transcript>,
        stop: CancellationToken,
    ) -> std::io::Result<Arc<Self>> {
        let (tokens, mut consents) = (Tokens::new(), Consents::default());
        consents.give(&tokens.refresh_token, "https://www.googleapis.com/auth/drive");
        let google = Arc::new(Self {
            faults,
            transcript,
            address: OnceLock::new(),
            public: OnceLock::new(),
            state: Mutex::new(State::new()),
            sessions: Sessions::default(),
            tokens,
            consents: Mutex::new(consents),
            mails: Mutex::default(),
            sheets: Mutex::default(),
            workspace: Mutex::default(),
            directory: Mutex::default(),
            conferences: Mutex::default(),
            calendars: Mutex::default(),
            crowd: Crowd::default(),
            empty_pages: AtomicBool::new(false),
            lenient: AtomicBool::new(false),
            retain_all: AtomicBool::new(false),
            api_disabled: AtomicBool::new(false),
            page_limit: AtomicUsize::new(usize::MAX),
            clock_ahead: AtomicI64::new(0),
            received: AtomicU64::new(0),
            line: Line::default(),
        });
        let address = serve::serve(google.clone(), stop, http::handle).await?;
        // The port is unknown before this function returns, so no request has arrived.
        google.address.set(address).expect("the address is set once, here");
        Ok(google)
    }

    /// `http://127.0.0.1:PORT`: Drive is under `/drive/v3`, upload under `/upload/drive/v3`, Sheets under
    /// `/v4/spreadsheets`, Meet under `/v2`, the Directory under `/admin/directory/v1`, Calendar under
    /// `/calendar/v3`, the token endpoint at `/token`. After [`Google::appear_as`] the address that was given there.
    pub fn url(&self) -> String {
        let address = self.address.get().expect("set before `start` returns");
        self.public.get().cloned().unwrap_or_else(|| format!("http://{address}"))
    }

    /// From now on its own addresses begin so: with the name of a proxy in front of it. Works once.
    pub fn appear_as(&self, base: &str) {
        self.public.get_or_init(|| base.to_owned());
    }

    /// A folder in a shared drive.
    pub fn root_folder(&self) -> String {
        self.state().root.clone()
    }

    /// A folder in the human's My Drive, shared with the service account, which can own no bytes there.
    pub fn my_drive_folder(&self) -> String {
        self.state().mine.clone()
    }

    /// The shared drive itself.
    pub fn shared_drive(&self) -> String {
        self.state().drive.clone()
    }

    /// The human.
    pub fn owner_email(&self) -> &'static str {
        token::OWNER_EMAIL
    }

    /// Everything that is no folder, trashed or not, in the order in which it was made; the originals of Meet, too.
    pub fn files(&self) -> Vec<DriveFile> {
        self.listed(|entry| !entry.file.is_folder)
    }

    /// The files that Meet has made, trashed or not.
    pub fn originals(&self) -> Vec<DriveFile> {
        self.listed(|entry| entry.original.is_some())
    }

    /// Every folder, trashed or not.
    pub fn folders(&self) -> Vec<DriveFile> {
        self.listed(|entry| entry.file.is_folder)
    }

    fn listed(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<DriveFile> {
        let state = self.state();
        let mut entries: Vec<_> = state.entries.values().filter(|entry| wanted(entry)).collect();
        entries.sort_by_key(|entry| entry.sequence);
        entries.into_iter().map(|entry| state.show(entry)).collect()
    }

    /// The names from the root folder down to this file: `host/2026/name`. Empty for the root folder.
    pub fn path_of(&self, id: &str) -> String {
        let state = self.state();
        let inside = state.lineage(id).take_while(|entry| entry.file.id != state.root);
        let mut names: Vec<&str> = inside.map(|entry| entry.file.name.as_str()).collect();
        names.reverse();
        names.join("/")
    }

    /// All bytes of upload bodies that arrived over upload sessions, those included that were not kept.
    pub fn bytes_received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// The line on which uploads come.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The content of a file, if it was kept.
    pub fn content_of(&self, id: &str) -> Option<Vec<u8>> {
        self.state().entries.get(id)?.content.as_ref().map(|content| content.to_vec())
    }

    /// Keeps all contents from now on, whatever their size.
    pub fn retain_all(&self) {
        self.retain_all.store(true, Ordering::Relaxed);
    }

    /// For clients that others wrote: soft rules may be broken.
    pub fn be_lenient(&self) {
        self.lenient.store(true, Ordering::Relaxed);
    }

    fn retain_limit(&self) -> usize {
        if self.retain_all.load(Ordering::Relaxed) { usize::MAX } else { RETAIN_BYTES }
    }

    fn consents(&self) -> MutexGuard<'_, Consents> {
        self.consents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes something that Google refuses.
    fn broken(&self, what: impl Into<String>) {
        self.transcript.violation(what);
    }

    /// Notes something that Google tolerates, though it says not to do it.
    fn soft(&self, what: impl Into<String>) {
        if !self.lenient.load(Ordering::Relaxed) {
            self.transcript.violation(what);
        }
    }

    fn lock_mails(&self) -> MutexGuard<'_, Vec<Mail>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sheets(&self) -> MutexGuard<'_, Sheets> {
        self.sheets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calendars(&self) -> MutexGuard<'_, Calendars> {
        self.calendars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn conferences(&self) -> MutexGuard<'_, Conferences> {
        self.conferences.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere must not hide its own message behind this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

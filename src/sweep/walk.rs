//! Traverses an account's recordings: every user, every window of days, every page. The sweep and the backfill use
//! the same traversal, and do different things with a recording.
//!
//! Memory holds one page at a time, and for its list a number per recording: a recording that is listed twice (a
//! list that was started again, days that overlap) is returned once.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::warn;

use super::days::{self, CUTS_MAX};
use super::pages::Pages;
use crate::jobs::retry;
use crate::recording::{FileStatus, Recording, listing};
use crate::store::NewEvent;
use crate::zoom::account::RecordingsPage;
use crate::zoom::{Days, ListError, User, UserStatus, Zoom, ZoomError};

/// Attempts for one page before the traversal is given up.
const TRIES_MAX: u32 = 5;

/// Longer waits are logged: an operator may be watching.
const WAIT_TOLD: Duration = Duration::from_secs(30);

/// A traversal of the account.
#[derive(Debug, Clone)]
pub struct Walk {
    zoom: Arc<Zoom>,
    retry_wait: Duration,
    patience: Duration,
}

/// A recording in a list.
#[derive(Debug)]
pub struct ListedRecording {
    /// Zoom's JSON, with the host's address added.
    pub row: Value,
    /// The same, parsed.
    pub recording: Recording,
}

/// The owner of a list.
#[derive(Debug, Clone, Copy)]
pub enum ListOwner<'w> {
    /// One user.
    User(&'w User),
    /// The whole account, including hosts that are not in the list of users: Zoom Rooms, deleted users,
    /// sub-accounts.
    Account,
}

impl ListOwner<'_> {
    /// For the log.
    fn name(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Account => "the whole account",
        }
    }
}

/// Recordings of some days, page by page.
#[derive(Debug)]
pub struct List<'w> {
    walk: &'w Walk,
    whose: ListOwner<'w>,
    /// Days that are still to be requested; the last ones are being read.
    left: Vec<Days>,
    pages: Pages,
    cuts: u32,
    seen: HashSet<u64>,
    /// When its first page was requested, or will be.
    pub began: Instant,
    /// Parts that could not be read; each was logged.
    pub unseen: u64,
}

/// A list that cannot be read, while others can.
#[derive(Debug)]
pub enum ListFailure {
    /// The user was removed after the list of users was read.
    Gone,
    /// Zoom refuses this user's list.
    Refused(ZoomError),
}

impl Walk {
    /// `retry_wait` is the wait after a first failed call. `patience` is the longest wait that Zoom may ask for.
    pub fn new(zoom: Arc<Zoom>, retry_wait: Duration, patience: Duration) -> Self {
        Self { zoom, retry_wait, patience }
    }

    /// The client that it asks.
    pub fn zoom(&self) -> Arc<Zoom> {
        self.zoom.clone()
    }

    /// Lists all users once, active or not. Only ids and addresses are kept, some hundred bytes each.
    ///
    /// # Errors
    /// When Zoom's list cannot be read to its end.
    pub async fn users(&self) -> Result<Vec<User>, ListError> {
        let (mut users, mut seen) = (Vec::new(), HashSet::new());
        for status in [UserStatus::Active, UserStatus::Inactive] {
            let mut pages = Pages::default();
            loop {
                let page = match self.ask(|| self.zoom.users(status, pages.token())).await {
                    Err(expired @ ListError::PageExpired(_)) => {
                        pages.restart(expired)?;
                        continue;
                    }
                    page => page?,
                };
                users.extend(page.rows.into_iter().filter(|user| seen.insert(user.id.clone())));
                if !pages.singleton(page.next)? {
                    break;
                }
            }
        }
        // The lookup of hosts uses the same list.
        self.zoom.note_users(&users).await;
        Ok(users)
    }

    /// The recordings of these days. If Zoom covers fewer days, the rest is requested again.
    pub fn list<'w>(&'w self, whose: ListOwner<'w>, days: Days) -> List<'w> {
        List {
            walk: self,
            whose,
            left: vec![days],
            pages: Pages::default(),
            cuts: 0,
            seen: HashSet::new(),
            began: Instant::now(),
            unseen: 0,
        }
    }

    async fn page(
        &self,
        whose: ListOwner<'_>,
        days: Days,
        page: Option<&str>,
    ) -> Result<RecordingsPage, ListError> {
        match whose {
            ListOwner::User(user) => self.zoom.recordings_of(&user.id, days, page).await,
            ListOwner::Account => self.zoom.account_recordings(days, page).await,
        }
    }

    /// Repeats a call a few times after temporary errors, if Zoom's wait is not longer than the patience.
    async fn ask<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, ListError>
    where
        F: Future<Output = Result<T, ListError>>,
    {
        let mut attempts = 0;
        loop {
            let after = match call().await {
                Err(ListError::Zoom(
                    ZoomError::Unreachable { after, .. } | ZoomError::Busy { after, .. },
                )) if attempts + 1 < TRIES_MAX && after.is_none_or(|after| after <= self.patience) => after,
                answer => return answer,
            };
            let wait = retry::wait(self.retry_wait, attempts, after, rand::rng().random());
            if wait > WAIT_TOLD {
                warn!("Zoom allows no lists now; continuing in {wait:?}");
            }
            tokio::time::sleep(wait).await;
            attempts += 1;
        }
    }
}

impl List<'_> {
    /// Returns the next page; `None` at the end. The caller must finish a page before it requests the next one.
    ///
    /// # Errors
    /// When Zoom does not return the page; see [`unlisted`].
    pub async fn next(&mut self) -> Result<Option<Vec<ListedRecording>>, ListError> {
        while let Some(asked) = self.left.last().copied() {
            let (walk, pages) = (self.walk, &self.pages);
            let call = || walk.page(self.whose, asked, pages.token());
            let answer = match walk.ask(call).await {
                Err(expired @ ListError::PageExpired(_)) => {
                    self.pages.restart(expired)?;
                    continue;
                }
                answer => answer?,
            };
            if !self.pages.singleton(answer.page.next)? {
                self.end(asked, answer.days);
            }
            let rows = answer.page.rows.into_iter();
            let listed: Vec<ListedRecording> = rows.filter_map(|row| self.read(row)).collect();
            if !listed.is_empty() {
                return Ok(Some(listed));
            }
        }
        Ok(None)
    }

    /// All pages of these days were read: checks which days Zoom has covered.
    fn end(&mut self, asked: Days, looked_at: Option<Days>) {
        self.left.pop();
        self.pages = Pages::default();
        let rest = days::unseen(asked, looked_at);
        self.cuts += u32::from(!rest.is_empty());
        if rest == [asked] || self.cuts > CUTS_MAX {
            warn!(whose = ?self.whose.name(), from = %asked.from, to = %asked.to, "Zoom does not cover the requested days");
            self.unseen += 1;
            self.left.clear();
            return;
        }
        self.left.extend(rest);
    }

    fn read(&mut self, mut row: Value) -> Option<ListedRecording> {
        if let ListOwner::User(user) = self.whose {
            name_host(&mut row, user);
        }
        match ListedRecording::read(row) {
            Ok(listed) => self.seen.insert(listed.tag()).then_some(listed),
            Err(error) => {
                warn!(whose = ?self.whose.name(), %error, "a listed recording cannot be read");
                self.unseen += 1;
                None
            }
        }
    }
}

/// Classifies an error: if it concerns only one user's list, the traversal continues with the next.
///
/// # Errors
/// The same error, if it concerns every list.
pub fn unlisted(error: ListError) -> Result<ListFailure, ListError> {
    match error {
        ListError::NoUser(_) => Ok(ListFailure::Gone),
        ListError::Zoom(error @ ZoomError::Refused(_)) => Ok(ListFailure::Refused(error)),
        error => Err(error),
    }
}

/// This listing has no host's address; the event has it, and folders are named after it.
fn name_host(row: &mut Value, user: &User) {
    for (field, value) in [("host_email", &user.email), ("host_id", &user.id)] {
        let is_named = !listing::text(row, field).is_empty();
        if let Some(row) = row.as_object_mut()
            && !is_named
        {
            row.insert(field.to_owned(), Value::String(value.clone()));
        }
    }
}

impl ListedRecording {
    /// Reads a row of a list.
    ///
    /// # Errors
    /// When it names no recording.
    pub fn read(row: Value) -> Result<Self, listing::ListingError> {
        let recording = listing::read(&row)?.listed_by_zoom(None);
        Ok(Self { row, recording })
    }

    /// Identifies the recording, equal in every list.
    pub fn tag(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.recording.uuid.hash(&mut hasher);
        hasher.finish()
    }

    /// Converts the row into an event of this name, so that it can be replayed. Equal files give an equal event,
    /// because the addresses, which differ each time, are left out.
    pub fn into_event(self, name: &str) -> NewEvent {
        let mut facts = format!("{name}\n{}", self.recording.uuid);
        for file in self.recording.files.iter().filter(|file| file.status == FileStatus::Completed) {
            facts.push_str(&format!("\n{} {:?}", file.key, file.size));
        }
        NewEvent {
            name: name.to_owned(),
            body: json!({"event": name, "payload": {"object": self.row}}).to_string().into_bytes(),
            body_sha256: hex::encode(Sha256::digest(facts)),
            recording: Some(self.recording),
            changes: Vec::new(),
            note: String::new(),
        }
    }
}

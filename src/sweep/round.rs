//! One look at the whole account: every user, every window of days, every recording.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use rand::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::Sweeper;
use super::days::{self, CUTS_MAX};
use super::missing::is_missing;
use super::pages::Pages;
use crate::jobs::{FOUND_EVENT, retry};
use crate::recording::{FileStatus, Recording, listing};
use crate::store::{NewEvent, Repeated, StoreError};
use crate::zoom::{Days, ListError, User, UserStatus, ZoomError};

/// How often one page is asked for before the sweep is given up.
const TRIES_MAX: u32 = 5;

/// Longest wait that Zoom may ask for within a sweep. A used-up daily limit asks for hours: that ends it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a sweep ended before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    /// Zoom could not be asked.
    #[error(transparent)]
    Zoom(#[from] ListError),
    /// What was found could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a sweep found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Users, active or not.
    pub users: usize,
    /// Recordings that Zoom lists for these days.
    pub recordings: u64,
    /// How many of them were not known, or not all of them.
    pub accepted: u64,
    /// What could not be looked at; each was logged.
    pub unseen: u64,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, recordings, accepted, unseen } = self;
        write!(f, "{users} user(s), {recordings} recording(s), {accepted} of them news")?;
        if *unseen > 0 {
            write!(f, "; {unseen} part(s) could not be seen, the log says which")
        } else {
            Ok(())
        }
    }
}

impl Sweeper {
    /// Looks at everything once.
    pub(super) async fn round(&self) -> Result<Found, RoundError> {
        let windows = days::windows(self.store.now().await?, self.back);
        let users = self.users().await?;
        let mut found = Found { users: users.len(), ..Found::default() };
        for user in &users {
            for window in &windows {
                match self.window(user, *window, &mut found).await {
                    Ok(()) => {}
                    // Gone since they were listed.
                    Err(RoundError::Zoom(ListError::NoUser(_))) => break,
                    // One user's matter: the others can still be seen.
                    Err(RoundError::Zoom(ListError::Zoom(error @ ZoomError::Refused(_)))) => {
                        warn!(user = ?user.id, %error, "cannot list a user's recordings");
                        found.unseen += 1;
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }

    /// Everybody, once. Only ids and addresses are kept, some hundred bytes each.
    async fn users(&self) -> Result<Vec<User>, RoundError> {
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
                if !pages.turn(page.next)? {
                    break;
                }
            }
        }
        Ok(users)
    }

    /// A user's recordings of these days; where Zoom looked at fewer, the rest is asked for again.
    async fn window(&self, user: &User, window: Days, found: &mut Found) -> Result<(), RoundError> {
        let mut left = vec![window];
        let mut cuts = 0;
        while let Some(asked) = left.pop() {
            let seen = self.days(user, asked, found).await?;
            let rest = days::unseen(asked, seen);
            cuts += u32::from(!rest.is_empty());
            if rest == [asked] || cuts > CUTS_MAX {
                warn!(user = ?user.id, from = %asked.from, to = %asked.to, "Zoom does not look at the days that were asked for");
                found.unseen += 1;
                return Ok(());
            }
            left.extend(rest);
        }
        Ok(())
    }

    /// Page by page; each is done with before the next is asked for. Returns the days that Zoom looked at.
    async fn days(&self, user: &User, asked: Days, found: &mut Found) -> Result<Option<Days>, RoundError> {
        let mut pages = Pages::default();
        let mut recordings = 0;
        loop {
            let answer = match self.ask(|| self.zoom.recordings_of(&user.id, asked, pages.token())).await {
                Err(expired @ ListError::PageExpired(_)) => {
                    pages.restart(expired)?;
                    recordings = 0;
                    continue;
                }
                answer => answer?,
            };
            for row in answer.page.rows {
                recordings += 1;
                self.take(user, row, found).await?;
            }
            if !pages.turn(answer.page.next)? {
                found.recordings += recordings;
                return Ok(answer.days);
            }
        }
    }

    /// One listed recording: accepted, through the same door as an event, if it is news.
    async fn take(&self, user: &User, mut row: Value, found: &mut Found) -> Result<(), RoundError> {
        name_host(&mut row, user);
        let recording = match listing::read(&row) {
            Ok(recording) => recording,
            Err(error) => {
                warn!(user = ?user.id, %error, "a listed recording cannot be read");
                found.unseen += 1;
                return Ok(());
            }
        };
        let job = self.store.job_of(&recording.uuid).await?;
        let files = match &job {
            Some(job) => self.store.files(job.id).await?,
            None => Vec::new(),
        };
        if !is_missing(job.as_ref().map(|job| (job, files.as_slice())), &recording) {
            return Ok(());
        }
        let meeting = recording.uuid.clone();
        let accepted = self.store.accept(&event(&row, recording)).await?;
        if accepted.repeated == Repeated::No {
            found.accepted += 1;
            let job = accepted.job.map(|job| job.0);
            info!(meeting = ?meeting.as_str(), event = accepted.event.0, job, "found what no event announced");
        }
        Ok(())
    }

    /// Asks again, a few times, when what went wrong passes and Zoom does not want us to stay away.
    async fn ask<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, ListError>
    where
        F: Future<Output = Result<T, ListError>>,
    {
        let mut attempts = 0;
        loop {
            let after = match call().await {
                Err(ListError::Zoom(
                    ZoomError::Unreachable { after, .. } | ZoomError::Busy { after, .. },
                )) if attempts + 1 < TRIES_MAX && after.is_none_or(|after| after <= PATIENCE) => after,
                answer => return answer,
            };
            let roll = rand::rng().random();
            tokio::time::sleep(retry::wait(self.retry_wait, attempts, after, roll)).await;
            attempts += 1;
        }
    }
}

/// This listing leaves the host's address out; the event has it, and folders are named after it.
fn name_host(row: &mut Value, user: &User) {
    let is_named = !listing::text(row, "host_email").is_empty();
    if let Some(row) = row.as_object_mut()
        && !is_named
    {
        row.insert("host_email".to_owned(), Value::String(user.email.clone()));
    }
}

/// The listing's row in the shape of an event, so that it can be replayed. It is recognised by what it lists:
/// addresses are other ones each time.
fn event(row: &Value, recording: Recording) -> NewEvent {
    let mut facts = format!("{FOUND_EVENT}\n{}", recording.uuid);
    for file in recording.files.iter().filter(|file| file.status == FileStatus::Completed) {
        facts.push_str(&format!("\n{} {:?}", file.key, file.size));
    }
    NewEvent {
        name: FOUND_EVENT.to_owned(),
        body: json!({"event": FOUND_EVENT, "payload": {"object": row}}).to_string().into_bytes(),
        body_sha256: hex::encode(Sha256::digest(facts)),
        recording: Some(recording),
        changes: Vec::new(),
        note: String::new(),
    }
}

//! Counts the account's recordings in a traversal that begins nothing and writes nothing.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::BackfillError;
use super::classification::{Classification, Reason, classification};
use super::estimate::Tally;
use super::kept::{KeptRows, Room};
use super::scope::Scope;
use crate::recording::Recording;
use crate::store::{Store, StoreError};
use crate::sweep::{
    List, ListFailure, ListOwner, ListedRecording, WHOM_NO_LIST_NAMES, Walk, unlisted, windows,
};
use crate::zoom::{Days, User, UserStatus};

/// A host's counts.
#[derive(Debug, Clone)]
pub struct UserTally {
    pub user: User,
    /// True if the account's list of users contains the host. Zoom Rooms, deleted users and sub-accounts' users are
    /// known only by their recordings.
    pub is_listed: bool,
    /// All recordings.
    pub all: Tally,
    /// Recordings that a backfill would begin.
    pub bring: Tally,
    /// Recordings that have a job, of any standing.
    pub known: u64,
    /// Recordings that are archived with all listed files.
    pub archived: u64,
    /// Why some recordings could not be listed; empty if all were.
    pub unlisted: String,
}

/// A list with recordings to archive or to wait for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Index in [`Survey::users`]; `None` for the whole account's list.
    pub user: Option<usize>,
    pub days: Days,
    /// Its rows, as far as they are kept.
    pub(super) rows: KeptRows,
}

/// The counts, and rows of a limited size.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The selected users, active or not.
    pub users: Vec<UserTally>,
    /// Selected users that the account does not have.
    pub unknown_users: Vec<String>,
    /// All recordings.
    pub all: Tally,
    /// Recordings that a backfill would begin.
    pub bring: Tally,
    /// Recordings with an active job.
    pub under_way: Tally,
    /// Recordings whose job waits for a person.
    pub parked: Tally,
    /// Recordings that are left out, by reason.
    pub skipped: BTreeMap<Reason, Tally>,
    /// Lists that could not be read; the log says which.
    pub unseen: u64,
    /// Why the whole account's list cannot be read; empty if it was read, or if users were selected. Recordings of
    /// hosts that are not users are unknown then.
    pub unlisted: String,
    /// The lists with recordings to archive or to wait for.
    pub targets: Vec<Target>,
    /// Recordings that only the whole account's list contains.
    pub strays: HashSet<u64>,
    /// Room for further rows.
    pub(super) room: Room,
}

impl Survey {
    /// Recordings to begin or to wait for, without the parked ones.
    pub fn to_do(&self) -> Tally {
        let mut sum = self.bring;
        sum.add(self.under_way);
        sum
    }
}

/// Progress of a survey.
#[derive(Debug, Clone, Copy)]
pub struct ListingAt<'a> {
    /// Number of lists read.
    pub read: u64,
    /// Total number of lists: users, and the whole account, by windows of days.
    pub lists: u64,
    /// Number of selected users.
    pub users: usize,
    /// The counts so far.
    pub survey: &'a Survey,
}

/// Reads every list of this scope once. `store`, if given, tells which recordings have jobs. `at` is called before
/// each list, and may stop the survey.
///
/// # Errors
/// When Zoom cannot be reached, or the store fails. A refusal of one user's list is not an error.
pub async fn survey(
    walk: &Walk,
    scope: &Scope,
    store: Option<&Store>,
    at: &mut dyn FnMut(ListingAt<'_>) -> ControlFlow<()>,
) -> Result<Survey, BackfillError> {
    let users = walk.users().await?;
    let mut survey = Survey {
        unknown_users: scope.unknown(&users).into_iter().map(str::to_owned).collect(),
        ..Survey::default()
    };
    let users: Vec<User> = users.into_iter().filter(|user| scope.includes(user)).collect();
    let windows = windows(scope.days);
    // A selected person who is not a user may still be a host.
    let with_account = scope.users.is_empty() || !survey.unknown_users.is_empty();
    let lists = (users.len() + usize::from(with_account)) * windows.len();
    let lists = u64::try_from(lists).unwrap_or(u64::MAX);
    let mut read = 0;
    let mut seen = HashSet::new();
    for (index, user) in users.iter().enumerate() {
        survey.users.push(UserTally::new(user.clone()));
        for window in &windows {
            if at(ListingAt { read, lists, users: users.len(), survey: &survey }).is_break() {
                return Err(BackfillError::Stopped);
            }
            read += 1;
            let target = (Some(index), *window);
            match count(
                walk.list(ListOwner::User(user), *window),
                scope,
                store,
                target,
                &mut survey,
                &mut seen,
            )
            .await
            {
                Ok(()) => {}
                Err(BackfillError::Zoom(error)) => {
                    let unlisted = unlisted(error)?;
                    // The remaining days of this user are not requested.
                    if let ListFailure::Refused(error) = unlisted {
                        survey.unseen += 1;
                        survey.users[index].unlisted = error.to_string();
                    }
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    for window in windows.iter().filter(|_| with_account) {
        if at(ListingAt { read, lists, users: users.len(), survey: &survey }).is_break() {
            return Err(BackfillError::Stopped);
        }
        read += 1;
        let (list, target) = (walk.list(ListOwner::Account, *window), (None, *window));
        match count(list, scope, store, target, &mut survey, &mut seen).await {
            Ok(()) => {}
            // An app may lack the scope, role or plan for this list. The users' recordings are archived all the
            // same.
            Err(BackfillError::Zoom(error)) => {
                survey.unlisted = format!("{WHOM_NO_LIST_NAMES}: {error}");
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(survey)
}

async fn count(
    mut list: List<'_>,
    scope: &Scope,
    store: Option<&Store>,
    (user, days): (Option<usize>, Days),
    survey: &mut Survey,
    seen: &mut HashSet<u64>,
) -> Result<(), BackfillError> {
    let (mut is_target, mut rows) = (false, KeptRows::new(list.began));
    while let Some(page) = list.next().await? {
        for listed in &page {
            // Windows do not overlap, so a repeated recording is in two lists.
            if !seen.insert(listed.tag()) {
                continue;
            }
            let index = match user {
                Some(user) => user,
                None if !scope.includes_host(&listed.recording) => continue,
                None => survey.stray(listed),
            };
            let (classification, is_known) = look_up(scope, store, listed).await?;
            if !matches!(classification, Classification::Skip(_)) {
                is_target = true;
                rows.keep(&listed.row, &mut survey.room);
            }
            survey.note(index, listed, classification, is_known);
        }
    }
    survey.unseen += list.unseen;
    if list.unseen > 0 {
        rows.drop_all(&mut survey.room);
    }
    if is_target {
        survey.targets.push(Target { user, days, rows });
    }
    Ok(())
}

/// The classification of a recording, and whether it has a job.
pub(super) async fn look_up(
    scope: &Scope,
    store: Option<&Store>,
    listed: &ListedRecording,
) -> Result<(Classification, bool), StoreError> {
    let job = match store {
        Some(store) => store.job_of(&listed.recording.uuid).await?,
        None => None,
    };
    let files = match (store, &job) {
        (Some(store), Some(job)) => store.files(job.id).await?,
        _ => Vec::new(),
    };
    let known = job.as_ref().map(|job| (job, files.as_slice()));
    Ok((classification(scope, &listed.recording, known), job.is_some()))
}

impl Survey {
    /// The index of a host who is not in the list of users.
    fn stray(&mut self, listed: &ListedRecording) -> usize {
        self.strays.insert(listed.tag());
        let Recording { host_id, host_email, .. } = &listed.recording;
        self.unknown_users.retain(|name| name != host_id && !name.eq_ignore_ascii_case(host_email));
        let is_theirs = |one: &UserTally| one.user.id == *host_id && one.user.email == *host_email;
        self.users.iter().position(is_theirs).unwrap_or_else(|| {
            let (id, email) = (host_id.clone(), host_email.clone());
            let user = User { id, email, is_licensed: false, status: UserStatus::Inactive };
            self.users.push(UserTally { is_listed: false, ..UserTally::new(user) });
            self.users.len() - 1
        })
    }

    fn note(
        &mut self,
        user: usize,
        listed: &ListedRecording,
        classification: Classification,
        is_known: bool,
    ) {
        let tally = Tally::of(&listed.recording);
        self.all.add(tally);
        let Some(theirs) = self.users.get_mut(user) else { return };
        theirs.all.add(tally);
        theirs.known += u64::from(is_known);
        match classification {
            Classification::Bring => {
                theirs.bring.add(tally);
                self.bring.add(tally);
            }
            Classification::UnderWay(_) => self.under_way.add(tally),
            Classification::Parked(_) => self.parked.add(tally),
            Classification::Skip(reason) => {
                theirs.archived += u64::from(reason == Reason::Archived);
                self.skipped.entry(reason).or_default().add(tally);
            }
        }
    }
}

impl UserTally {
    /// The status in a word or two.
    pub fn status(&self) -> &'static str {
        if self.is_listed { self.user.status.name() } else { "not a user" }
    }

    fn new(user: User) -> Self {
        let (all, bring) = (Tally::default(), Tally::default());
        Self { user, is_listed: true, all, bring, known: 0, archived: 0, unlisted: String::new() }
    }
}

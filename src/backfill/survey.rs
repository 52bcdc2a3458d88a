//! Counts what there is: a walk through the account that begins nothing and writes nothing.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::BackfillError;
use super::estimate::Tally;
use super::fate::{Fate, Reason, fate};
use super::scope::Scope;
use crate::store::{JobStore, StoreError};
use crate::sweep::{Listed, Unlisted, Walk, unlisted, windows};
use crate::zoom::{Days, User};

/// A user and what they have recorded.
#[derive(Debug, Clone)]
pub struct UserTally {
    /// Who.
    pub user: User,
    /// All of it.
    pub all: Tally,
    /// What a backfill would begin.
    pub bring: Tally,
    /// Recordings that have a job, whatever its standing.
    pub known: u64,
    /// Recordings that are archived, every file that Zoom lists.
    pub archived: u64,
    /// Why their recordings could not all be listed; empty when they could.
    pub unlisted: String,
}

/// A list that holds something to bring or to wait for: only these are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Which of [`Survey::users`].
    pub user: usize,
    /// Which days.
    pub days: Days,
}

/// What there is. Of recordings only counts are kept.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The users who were asked for, active or not.
    pub users: Vec<UserTally>,
    /// Named users whom the account does not have.
    pub unknown_users: Vec<String>,
    /// All recordings.
    pub all: Tally,
    /// What a backfill would begin.
    pub bring: Tally,
    /// What jobs are at already.
    pub under_way: Tally,
    /// What waits for a person.
    pub parked: Tally,
    /// What is passed over, and why.
    pub skipped: BTreeMap<Reason, Tally>,
    /// Parts that could not be looked at; the log says which.
    pub unseen: u64,
    /// The lists to read again.
    pub targets: Vec<Target>,
}

impl Survey {
    /// What there is to be done or waited for, the parked ones left aside.
    pub fn to_do(&self) -> Tally {
        let mut sum = self.bring;
        sum.add(self.under_way);
        sum
    }
}

/// How far a survey has come.
#[derive(Debug, Clone, Copy)]
pub struct ListingAt<'a> {
    /// Lists that were read.
    pub read: u64,
    /// Lists that there are: users by windows of days.
    pub lists: u64,
    /// Users who were asked for.
    pub users: usize,
    /// What was counted so far.
    pub survey: &'a Survey,
}

/// Walks every list of this scope once. `store`, if there is one, tells what is known. `at` hears of every list
/// before it is read, and may end the walk.
///
/// # Errors
/// When Zoom cannot be asked, or the store fails. One user's refused list is no error.
pub async fn survey(
    walk: &Walk,
    scope: &Scope,
    store: Option<&dyn JobStore>,
    at: &mut dyn FnMut(ListingAt<'_>) -> ControlFlow<()>,
) -> Result<Survey, BackfillError> {
    let users = walk.users().await?;
    let mut survey = Survey {
        unknown_users: scope.unknown(&users).into_iter().map(str::to_owned).collect(),
        ..Survey::default()
    };
    let users: Vec<User> = users.into_iter().filter(|user| scope.includes(user)).collect();
    let windows = windows(scope.days);
    let lists = u64::try_from(users.len() * windows.len()).unwrap_or(u64::MAX);
    let mut read = 0;
    for (index, user) in users.iter().enumerate() {
        survey.users.push(UserTally::new(user.clone()));
        for window in &windows {
            if at(ListingAt { read, lists, users: users.len(), survey: &survey }).is_break() {
                return Err(BackfillError::Stopped);
            }
            read += 1;
            match count(walk, scope, store, (index, *window), &mut survey, user).await {
                Ok(()) => {}
                Err(BackfillError::Zoom(error)) => {
                    let unlisted = unlisted(error)?;
                    // The days that are left of this user are not asked for.
                    if let Unlisted::Refused(error) = unlisted {
                        survey.unseen += 1;
                        survey.users[index].unlisted = error.to_string();
                    }
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(survey)
}

async fn count(
    walk: &Walk,
    scope: &Scope,
    store: Option<&dyn JobStore>,
    (user, days): (usize, Days),
    survey: &mut Survey,
    asked: &User,
) -> Result<(), BackfillError> {
    let mut list = walk.list(asked, days);
    let mut is_target = false;
    while let Some(page) = list.next().await? {
        for listed in &page {
            let (fate, is_known) = look_up(scope, store, listed).await?;
            is_target |= !matches!(fate, Fate::Skip(_));
            survey.note(user, listed, fate, is_known);
        }
    }
    survey.unseen += list.unseen;
    if is_target {
        survey.targets.push(Target { user, days });
    }
    Ok(())
}

/// What is to become of a recording, and whether it has a job.
pub(super) async fn look_up(
    scope: &Scope,
    store: Option<&dyn JobStore>,
    listed: &Listed,
) -> Result<(Fate, bool), StoreError> {
    let job = match store {
        Some(store) => store.job_of(&listed.recording.uuid).await?,
        None => None,
    };
    let files = match (store, &job) {
        (Some(store), Some(job)) => store.files(job.id).await?,
        _ => Vec::new(),
    };
    let known = job.as_ref().map(|job| (job, files.as_slice()));
    Ok((fate(scope, &listed.recording, known), job.is_some()))
}

impl Survey {
    fn note(&mut self, user: usize, listed: &Listed, fate: Fate, is_known: bool) {
        let tally = Tally::of(&listed.recording);
        self.all.add(tally);
        let Some(theirs) = self.users.get_mut(user) else { return };
        theirs.all.add(tally);
        theirs.known += u64::from(is_known);
        match fate {
            Fate::Bring => {
                theirs.bring.add(tally);
                self.bring.add(tally);
            }
            Fate::UnderWay(_) => self.under_way.add(tally),
            Fate::Parked(_) => self.parked.add(tally),
            Fate::Skip(reason) => {
                theirs.archived += u64::from(reason == Reason::Archived);
                self.skipped.entry(reason).or_default().add(tally);
            }
        }
    }
}

impl UserTally {
    fn new(user: User) -> Self {
        let (all, bring) = (Tally::default(), Tally::default());
        Self { user, all, bring, known: 0, archived: 0, unlisted: String::new() }
    }
}

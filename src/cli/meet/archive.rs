//! The conferences with recordings, and what the archive knows of each.

use std::fmt;
use std::process::ExitCode;

use super::scope::{Asking, LOGIN};
use super::{Common, ScopeArgs, Session};
use crate::config::Reader;
use crate::google::{Answers, MeetError};
use crate::jobs::{FileState, Job, JobId, Standing};
use crate::meet::ConferenceName;
use crate::store::{Store, StoreError};
use crate::sweep::meet::{Findings, FoundConference, Known, MeetFinder};

/// One run of a command about recordings.
pub(super) struct Archive {
    pub session: Session,
    finder: MeetFinder,
}

/// What the archive knows of a conference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// There is no database to look into.
    Unknown,
    /// No file is ready.
    NotReady,
    /// No job knows its files.
    Missing,
    /// It is being archived.
    UnderWay(JobId),
    /// Every file that is ready is archived.
    Archived(JobId),
    /// It is archived as far as its originals can be read; the text says what is missing.
    Incomplete(JobId, String),
    /// A person must act; the text says why.
    Parked(JobId, String),
    /// An operator has cancelled it.
    Cancelled(JobId),
}

impl State {
    /// What the archive knows.
    pub async fn of(found: &FoundConference, store: &Store) -> Result<Self, StoreError> {
        Ok(match found.known(store).await? {
            Known::NotReady => Self::NotReady,
            Known::Missing => Self::Missing,
            Known::Job(job) => Self::of_job(&job, store).await?,
        })
    }

    /// The state of a job.
    pub async fn of_job(job: &Job, store: &Store) -> Result<Self, StoreError> {
        let files = store.files(job.id).await?;
        let is_open = |state: &FileState| matches!(state, FileState::Wanted | FileState::Transferred(_));
        let is_verified = !files.is_empty() && !files.iter().any(|file| is_open(&file.state));
        let missing: Vec<String> = files
            .iter()
            .filter(|file| matches!(file.state, FileState::Skipped(_)) && !file.file.unavailable.is_empty())
            .map(|file| format!("{}: {}", file.name, file.file.unavailable))
            .collect();
        Ok(match job.standing {
            Standing::Parked => Self::Parked(job.id, job.reason.clone()),
            Standing::Cancelled => Self::Cancelled(job.id),
            Standing::Active if !is_verified || job.has_news() => Self::UnderWay(job.id),
            Standing::Active | Standing::Finished if missing.is_empty() => Self::Archived(job.id),
            Standing::Active | Standing::Finished => Self::Incomplete(job.id, missing.join("; ")),
        })
    }

    /// A word for scripts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotReady => "not-ready",
            Self::Missing => "missing",
            Self::UnderWay(_) => "under-way",
            Self::Archived(_) => "archived",
            Self::Incomplete(..) => "incomplete",
            Self::Parked(..) => "parked",
            Self::Cancelled(_) => "cancelled",
        }
    }

    /// Its job.
    pub fn job(&self) -> Option<i64> {
        match self {
            Self::Unknown | Self::NotReady | Self::Missing => None,
            Self::UnderWay(id)
            | Self::Archived(id)
            | Self::Incomplete(id, _)
            | Self::Parked(id, _)
            | Self::Cancelled(id) => Some(id.0),
        }
    }

    /// If a person must look at it.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Incomplete(..) | Self::Parked(..))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::NotReady => f.write_str("not ready"),
            Self::Missing => f.write_str("no"),
            Self::UnderWay(id) => write!(f, "under way (job {id})"),
            Self::Archived(id) => write!(f, "yes (job {id})"),
            Self::Incomplete(id, _) => write!(f, "not all of it (job {id})"),
            Self::Parked(id, _) => write!(f, "waits for a person (job {id})"),
            Self::Cancelled(id) => write!(f, "cancelled (job {id})"),
        }
    }
}

/// Conferences with recordings, and the users who could not be asked.
pub(super) struct Listed {
    pub rows: Vec<(FoundConference, State)>,
    pub users: usize,
    pub notes: Vec<String>,
    failures: Vec<(String, MeetError)>,
    others: Vec<(String, ())>,
}

impl Listed {
    /// The users, as the other commands print them.
    pub fn asked(&self) -> Answers<()> {
        Answers { answers: self.others.clone(), failures: self.failures.clone() }
    }

    /// True if every user who may use Meet could be asked, and there is one.
    pub fn is_everybody(&self) -> bool {
        let is_without = |(_, error): &(String, MeetError)| matches!(error, MeetError::Denied { .. });
        self.failures.iter().all(is_without) && self.failures.len() < self.users
    }

    /// 1 if any user could not be asked.
    pub fn exit_code(&self) -> ExitCode {
        self.asked().exit_code()
    }
}

impl Archive {
    /// Reads the settings. Makes no call.
    pub fn open(reader: &mut Reader, common: &Common) -> anyhow::Result<Self> {
        let session = Session::open(reader, common)?;
        let finder = MeetFinder::new(session.users.clone(), &session.access.google);
        Ok(Self { session, finder })
    }

    /// The conferences in this scope that have recordings, or only one.
    ///
    /// # Errors
    /// When the arguments are wrong, Google cannot be asked, or the store fails.
    pub async fn list(
        &self,
        scope: &ScopeArgs,
        only: Option<&ConferenceName>,
        store: Option<&Store>,
    ) -> anyhow::Result<Listed> {
        let Session { zone, now, .. } = &self.session;
        let filter = scope.filter(zone)?;
        let Asking { mut users, notes, .. } = scope.who.asking(&self.session).await?;
        if users == [LOGIN] {
            users = vec![self.session.users.login(&self.session.access.google).await?];
        }
        let found = match only {
            Some(name) => {
                let conferences = self.finder.find_one(&users, name).await?.into_iter().collect();
                Findings { conferences, users: users.len(), failures: Vec::new() }
            }
            None => self.finder.find(&users, &filter).await?,
        };
        let Findings { conferences, failures, .. } = found;
        let mut rows = Vec::with_capacity(conferences.len());
        for conference in conferences {
            let state = match store {
                Some(store) => State::of(&conference, store).await?,
                None => State::Unknown,
            };
            rows.push((conference, state));
        }
        let has_failed = |user: &String| failures.iter().any(|(failed, _)| failed == user);
        let others = users.iter().filter(|user| !has_failed(user)).map(|user| (user.clone(), ())).collect();
        let notes = notes.into_iter().chain(scope.note(zone, *now)).collect();
        Ok(Listed { rows, users: users.len(), notes, failures, others })
    }
}

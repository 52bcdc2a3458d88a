//! Google Meet: finds the conferences whose recordings are not archived, and begins their jobs like events.
//!
//! Google names no conference by an event that reaches this service, and forgets each after 30 days. So the
//! conferences are listed as each user, and their artifacts as one who sees them.

mod round;

use std::sync::Arc;

use futures::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::info;

use super::is_missing;
use crate::config::GoogleConfig;
use crate::google::{
    AT_ONCE, Answers, Calendar, ConferenceReader, Directory, GoogleUsers, Meet, MeetError, ask_all,
};
use crate::jobs::{Job, MEET_EVENT};
use crate::meet::{
    self, Artifact, ArtifactState, Conference, ConferenceFacts, ConferenceFilter, SeenConference, unite,
};
use crate::recording::{FileStatus, Recording};
use crate::store::{NewEvent, Store, StoreError};
pub use round::MeetSweeper;

/// Finds conferences with recordings.
pub struct MeetFinder {
    users: Arc<GoogleUsers>,
    meet: Meet,
    directory: Directory,
    facts: ConferenceReader,
    files_url: String,
}

/// A conference with at least one artifact.
#[derive(Debug, Clone)]
pub struct FoundConference {
    pub conference: Conference,
    pub facts: ConferenceFacts,
    pub artifacts: Vec<Artifact>,
    /// The same, as the archive knows recordings. Its files' sizes are not known yet.
    pub recording: Recording,
}

/// What the users' lists have.
#[derive(Debug, Default)]
pub struct Findings {
    /// Conferences with artifacts, newest first.
    pub conferences: Vec<FoundConference>,
    /// Number of users who were asked.
    pub users: usize,
    /// Users who could not be asked, or whose conferences could not be read.
    pub failures: Vec<(String, MeetError)>,
}

impl MeetFinder {
    /// Makes it for one run: what it has read of rooms and calendars is kept.
    pub fn new(users: Arc<GoogleUsers>, config: &GoogleConfig) -> Self {
        let meet = Meet::new(users.clone(), config);
        let calendar = Calendar::new(users.clone(), config);
        Self {
            directory: Directory::new(users.clone(), config),
            facts: ConferenceReader::new(meet.clone(), calendar),
            meet,
            users,
            files_url: format!("{}/drive/v3/files", config.api_url.as_str().trim_end_matches('/')),
        }
    }

    /// The company's directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The identities.
    pub fn users(&self) -> &GoogleUsers {
        &self.users
    }

    /// The conferences of these users that have artifacts.
    ///
    /// # Errors
    /// A failure that concerns every user.
    pub async fn find(&self, users: &[String], filter: &ConferenceFilter) -> Result<Findings, MeetError> {
        let meet = &self.meet;
        let asked =
            ask_all(users, |user: String| async move { meet.records(&user, filter).await }.boxed()).await?;
        let Answers { answers, failures } = asked;
        let mut findings = Findings { users: users.len(), failures, ..Findings::default() };
        let mut examined =
            stream::iter(unite(answers)).map(|seen| self.examine(seen).boxed()).buffered(AT_ONCE);
        while let Some(examined) = examined.next().await {
            match examined {
                Ok(found) => findings.conferences.extend(found),
                Err((_, error)) if error.is_about_all() => return Err(error),
                Err(failure) => findings.failures.push(failure),
            }
        }
        Ok(findings)
    }

    /// One conference, whatever its day.
    ///
    /// # Errors
    /// `Gone` when none of the users sees it.
    pub async fn find_one(
        &self,
        users: &[String],
        name: &meet::ConferenceName,
    ) -> Result<Option<FoundConference>, MeetError> {
        let mut refused = None;
        for user in users {
            match self.meet.record(user, name).await {
                Ok(conference) => {
                    let seen = SeenConference { conference, seen_by: vec![user.clone()] };
                    return self.examine(seen).await.map_err(|(_, error)| error);
                }
                Err(error) if error.is_about_all() || error.may_pass() => return Err(error),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| MeetError::Gone(format!("conference {name}"))))
    }

    /// The artifacts and facts of a conference; `None` without artifacts, or if Google has forgotten it meanwhile.
    async fn examine(&self, seen: SeenConference) -> Result<Option<FoundConference>, (String, MeetError)> {
        let SeenConference { conference, seen_by } = &seen;
        let mut artifacts = None;
        let mut refused = None;
        for user in seen_by {
            match self.meet.artifacts(user, &conference.name).await {
                Ok(found) => {
                    artifacts = Some(found);
                    break;
                }
                Err(MeetError::Gone(_)) => {}
                Err(error) => refused = Some((user.clone(), error)),
            }
        }
        let Some(artifacts) = artifacts else { return refused.map_or(Ok(None), Err) };
        if artifacts.is_empty() {
            return Ok(None);
        }
        let user = || seen_by.first().cloned().unwrap_or_default();
        let facts = self.facts.facts(&seen).await.map_err(|error| (user(), error))?;
        let files = meet::files(&artifacts, &self.files_url);
        let Some(recording) = Recording::of_conference(conference, &facts, files) else { return Ok(None) };
        let SeenConference { conference, .. } = seen;
        Ok(Some(FoundConference { conference, facts, artifacts, recording }))
    }
}

/// What the archive knows of a conference.
#[derive(Debug)]
pub enum Known {
    /// No file of it is ready.
    NotReady,
    /// It has files that are not archived, and no job knows them.
    Missing,
    /// It has a job.
    Job(Box<Job>),
}

impl FoundConference {
    /// What the archive knows of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn known(&self, store: &Store) -> Result<Known, StoreError> {
        let job = store.job_of(&self.recording.uuid).await?;
        let files = match &job {
            Some(job) => store.files(job.id).await?,
            None => Vec::new(),
        };
        if is_missing(job.as_ref().map(|job| (job, files.as_slice())), &self.recording) {
            return Ok(Known::Missing);
        }
        Ok(job.map_or(Known::NotReady, |job| Known::Job(Box::new(job))))
    }

    /// Begins its job, or wakes it, in the same way as an event.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn accept(&self, store: &Store) -> Result<crate::store::Accepted, StoreError> {
        let accepted = store.accept(&self.event()).await?;
        let (job, meeting) = (accepted.job.map(|job| job.0), &self.recording.uuid);
        info!(meeting = ?meeting.as_str(), event = accepted.event.0, job, "found a conference of Meet");
        Ok(accepted)
    }

    /// The event that the store keeps. It has no secret: an address at Google is useless without a token.
    fn event(&self) -> NewEvent {
        let Self { conference, recording, artifacts, .. } = self;
        let mut facts = format!("{MEET_EVENT}\n{}", recording.uuid);
        for file in recording.files.iter().filter(|file| file.status == FileStatus::Completed) {
            facts.push_str(&format!("\n{}", file.key));
        }
        let made: Vec<Value> = artifacts
            .iter()
            .map(|artifact| json!({"kind": artifact.kind.word(), "file": artifact.drive_id, "name": artifact.name}))
            .collect();
        let object = json!({
            "name": conference.name.as_str(),
            "code": recording.meeting_id,
            "start": conference.start.to_string(),
            "end": conference.end.map(|end| end.to_string()),
            "artifacts": made,
        });
        NewEvent {
            name: MEET_EVENT.to_owned(),
            body: json!({"event": MEET_EVENT, "payload": {"object": object}}).to_string().into_bytes(),
            body_sha256: hex::encode(Sha256::digest(facts)),
            recording: Some(recording.clone()),
            changes: Vec::new(),
            note: String::new(),
        }
    }

    /// Artifacts whose file is not ready.
    pub fn pending(&self) -> impl Iterator<Item = &Artifact> {
        self.artifacts.iter().filter(|artifact| artifact.state != ArtifactState::Generated)
    }
}

//! Gives the host read access to the archived files, if the rules say so.
//!
//! The recording's folder is shared if it can only contain this host's recordings: the template gives each host a
//! separate folder, the recording is where the template says, and no other host's files are there. Otherwise the
//! files are shared one by one: no host ever sees another's. The store records shared items, so that a thousand
//! recordings in one folder cost one call.
//!
//! The host comes from Zoom's API. An event's host gets access only if there are no API credentials and the rules
//! name the allowed domains. If access cannot be given (no Google account, a policy, a role that is too low, an
//! unknown host), the job's note says so; the recording is archived anyway.

use tracing::{info, warn};

use super::source::RecordingSource;
use super::{Failure, Pipeline, Run};
use crate::google::GoogleError;
use crate::jobs::{FileRecord, FileState, Job};
use crate::recording::{Origin, Recording};
use crate::rules::Destination;
use crate::zoom::{Host, Zoom};

/// Number of attempts while Google does not answer; then the recording continues without, until the next check.
const TRIES: u32 = 3;

/// Under this address the store keeps why nobody was given access; empty once somebody was.
const NOBODY: &str = "";

impl Pipeline {
    /// The destination of this recording according to the rules, if its host is to be given access.
    fn shared_place(&self, recording: &Recording) -> Option<Destination> {
        let place = self.rules.now().decide(recording).place;
        Some(place).filter(|place| place.share_with_host)
    }

    /// The address that gets access: from Zoom's API as of now or, without API credentials, from an event if the
    /// rules allow it. The inner error says why nobody does.
    async fn reader(&self, job: &Job) -> Result<String, String> {
        let recording = &job.recording;
        let (email, is_confirmed) = match self.source(recording) {
            RecordingSource::ZoomEvents => (recording.host_email.clone(), false),
            RecordingSource::Zoom(zoom) => (self.confirmed_reader(zoom, recording).await?, true),
            RecordingSource::Meet(_) if recording.host_email.is_empty() => {
                return Err("Google does not name its organiser".to_owned());
            }
            RecordingSource::Meet(_) => (recording.host_email.clone(), true),
        };
        let verdict = self.rules.now().may_share_with(&email, is_confirmed);
        verdict.map(|()| email).map_err(|withheld| withheld.to_string())
    }

    async fn confirmed_reader(&self, zoom: &Zoom, recording: &Recording) -> Result<String, String> {
        let listed;
        let by_zoom = match recording.host_origin {
            Origin::Listing => recording,
            // The plan used the event's host: Zoom may know it by now.
            Origin::Event => {
                let unlisted = |error| format!("Zoom does not name its host: {error}");
                listed = self.list(zoom, recording).await.map_err(unlisted)?.recording;
                &listed
            }
        };
        match self.host_of(zoom, by_zoom).await {
            Ok(Host::Active(email)) => Ok(email),
            Ok(Host::Former(_)) => Err("its host is no active user of the Zoom account".to_owned()),
            Ok(Host::Unknown(why)) => Err(format!("Zoom does not give the host's address: {why}")),
            Err(error) => Err(format!("Zoom does not give the host's address: {error}")),
        }
    }

    /// Gives the host access to all proved files. A refusal is stored, and tried again at the next check for late
    /// files.
    pub(super) async fn share(&self, job: &Job, run: &Run<'_>) -> Result<(), Failure> {
        let Some(place) = self.shared_place(&job.recording) else { return Ok(()) };
        let email = match self.reader(job).await {
            Ok(email) => email,
            Err(why) => return self.note_withheld(job, &place, &why).await,
        };
        for item in self.to_share(job, &place).await? {
            if self.store.share(&item, NOBODY).await?.is_some_and(|why| !why.is_empty()) {
                self.store.note_share(&item, NOBODY, "").await?;
            }
            let known = self.store.share(&item, &email).await?;
            if known.as_deref() == Some("") {
                continue;
            }
            let answer = self.share_one(&item, &email, run).await?;
            if let Err(GoogleError::NotFound(said)) = &answer {
                // It was created a moment ago.
                let cause = || format!("Drive does not know {item}, which is to be shared, yet ({said})");
                self.wait_for(&format!("share {item}"), cause).await?;
            }
            match answer {
                Ok(()) => {
                    self.is_known(&format!("share {item}"));
                    self.store.note_share(&item, &email, "").await?;
                    info!(job = %job.id, item, host = ?email, "shared with the host");
                }
                Err(error) => {
                    let refusal = error.to_string();
                    if known.as_deref() != Some(refusal.as_str()) {
                        warn!(job = %job.id, item, host = ?email, %refusal, "cannot be shared with the host");
                    }
                    self.store.note_share(&item, &email, &refusal).await?;
                }
            }
        }
        Ok(())
    }

    /// Stores why nobody is given access, if Zoom's API can be asked again.
    async fn note_withheld(&self, job: &Job, place: &Destination, why: &str) -> Result<(), Failure> {
        let items = self.to_share(job, place).await?;
        let Some(first) = items.first() else { return Ok(()) };
        if self.store.share(first, NOBODY).await?.as_deref() != Some(why) {
            warn!(job = %job.id, meeting = %job.recording.uuid, %why, "not shared with its host");
        }
        for item in &items {
            self.store.note_share(item, NOBODY, why).await?;
        }
        Ok(())
    }

    /// Google's answer, after retries of temporary failures.
    async fn share_one(
        &self,
        item: &str,
        email: &str,
        run: &Run<'_>,
    ) -> Result<Result<(), GoogleError>, Failure> {
        let mut wait = self.relay.retry_wait;
        for _try in 1..TRIES {
            match self.ask_to_share(item, email).await {
                Err(GoogleError::Unreachable { .. } | GoogleError::Busy { .. }) => run.pause(wait).await?,
                answer => return Ok(answer),
            }
            wait *= 2;
        }
        Ok(self.ask_to_share(item, email).await)
    }

    async fn ask_to_share(&self, item: &str, email: &str) -> Result<(), GoogleError> {
        // Members of the shared drive have access already.
        if self.drive.is_shared_with(item, email).await? {
            return Ok(());
        }
        self.drive.share(item, email).await
    }

    /// Why the host has no access, for people; empty if the host has access or needs none.
    pub(super) async fn share_note(&self, job: &Job) -> Result<String, Failure> {
        let Some(place) = self.shared_place(&job.recording) else { return Ok(String::new()) };
        let items = self.to_share(job, &place).await?;
        let Some(first) = items.first() else { return Ok(String::new()) };
        let email = match self.reader(job).await {
            Ok(email) => email,
            Err(now) => {
                // After the removal of Zoom's copy Zoom no longer names the host: then the stored reason is used.
                let why = self.store.share(first, NOBODY).await?.unwrap_or(now);
                return Ok(match why.is_empty() {
                    true => why,
                    false => format!("not shared with its host: {why}"),
                });
            }
        };
        for item in &items {
            let known = self.store.share(item, &email).await?;
            if let Some(refusal) = known.filter(|refusal| !refusal.is_empty()) {
                return Ok(format!("not shared with its host: {refusal}"));
            }
        }
        Ok(String::new())
    }

    /// The Drive ids of folders, and of files in folders that other hosts' files may be in.
    async fn to_share(&self, job: &Job, place: &Destination) -> Result<Vec<String>, Failure> {
        let records = self.store.files(job.id).await?;
        let mut items: Vec<String> = Vec::new();
        for record in records.iter().filter(|record| matches!(record.state, FileState::Verified(_))) {
            let item = if items.contains(&record.folder_id) || self.is_hosts_own(job, record, place).await? {
                &record.folder_id
            } else {
                &record.drive_id
            };
            if !items.contains(item) {
                items.push(item.clone());
            }
        }
        if let Some(file) = self.store.meeting_file(job.id).await?.filter(|file| !file.digest.is_empty())
            && !items.is_empty()
            && !items.contains(&file.folder_id)
        {
            items.push(file.drive_id);
        }
        Ok(items)
    }

    /// Whether the folder of a file can only contain recordings of this job's host.
    async fn is_hosts_own(
        &self,
        job: &Job,
        record: &FileRecord,
        place: &Destination,
    ) -> Result<bool, Failure> {
        let naming = place.naming(&self.naming);
        // An event named the host of its folder: it may be another host's.
        let is_guessed = self.zoom.is_some() && job.recording.host_origin == Origin::Event;
        if is_guessed || !naming.folder_is_hosts_own() {
            return Ok(false);
        }
        // Another template may have put it there, and may add other recordings later.
        let root = place.folder_id.as_ref().unwrap_or(&self.root);
        let known = self.known_folder(root, &naming.folders(&job.recording)).await?;
        let is_where_it_says = known.is_some_and(|folder| folder == record.folder_id);
        Ok(is_where_it_says
            && self.store.is_of_one_host(&record.folder_id, &job.recording.host_email).await?)
    }
}

//! Lets the host read what is archived of a recording, where that is wanted.
//!
//! The recording's folder is shared when it can only ever hold this host's recordings: the template gives each host
//! a folder of their own, the recording lies where the template says, and nobody else's files are there. Otherwise
//! the files are shared one by one: no host ever sees another's. What was shared is remembered, so that a thousand
//! recordings in one folder cost one call.
//!
//! That somebody cannot be given access (no Google account, a policy, a role that is too low) is told, and is no
//! reason not to archive.

use tracing::{info, warn};

use super::{Failure, Pipeline, Run};
use crate::google::GoogleError;
use crate::jobs::{FileRecord, FileState, Job};
use crate::recording::Recording;
use crate::rules::Place;

/// How often Google is asked when it cannot answer; then the recording goes on without, until the next look.
const TRIES: u32 = 3;

impl Pipeline {
    /// Where the rules have this recording go, if its host is to be given access.
    fn shared_place(&self, recording: &Recording) -> Option<Place> {
        let place = self.rules.now().decide(recording).place;
        Some(place).filter(|place| place.share_with_host && recording.host_email.contains('@'))
    }

    /// Gives the host access to all that is proved so far. What was refused is noted, and tried again at the next
    /// look for late files.
    pub(super) async fn share(&self, job: &Job, run: &Run<'_>) -> Result<(), Failure> {
        let Some(place) = self.shared_place(&job.recording) else { return Ok(()) };
        let email = job.recording.host_email.as_str();
        for item in self.to_share(job, &place).await? {
            let known = self.store.share(&item, email).await?;
            if known.as_deref() == Some("") {
                continue;
            }
            let answer = self.share_one(&item, email, run).await?;
            if let Err(GoogleError::NotFound(said)) = &answer {
                // It was made a moment ago.
                let cause = || format!("Drive does not know {item}, which is to be shared, yet ({said})");
                self.wait_for(&format!("share {item}"), cause).await?;
            }
            match answer {
                Ok(()) => {
                    self.is_known(&format!("share {item}"));
                    self.store.note_share(&item, email, "").await?;
                    info!(job = %job.id, item, host = ?email, "shared with the host");
                }
                Err(error) => {
                    let refusal = error.to_string();
                    if known.as_deref() != Some(refusal.as_str()) {
                        warn!(job = %job.id, item, host = ?email, %refusal, "cannot be shared with the host");
                    }
                    self.store.note_share(&item, email, &refusal).await?;
                }
            }
        }
        Ok(())
    }

    /// What Google says to it, after trouble that passes.
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
        // A member of the shared drive needs no more.
        if self.drive.is_shared_with(item, email).await? {
            return Ok(());
        }
        self.drive.share(item, email).await
    }

    /// Why the host has no access, for people; empty when they have, or need none.
    pub(super) async fn share_note(&self, job: &Job) -> Result<String, Failure> {
        let Some(place) = self.shared_place(&job.recording) else { return Ok(String::new()) };
        for item in self.to_share(job, &place).await? {
            let known = self.store.share(&item, &job.recording.host_email).await?;
            if let Some(refusal) = known.filter(|refusal| !refusal.is_empty()) {
                return Ok(format!("not shared with its host: {refusal}"));
            }
        }
        Ok(String::new())
    }

    /// The Drive ids of folders, and of files that lie where others' may lie, too.
    async fn to_share(&self, job: &Job, place: &Place) -> Result<Vec<String>, Failure> {
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

    /// Whether the folder that a file is in can only hold recordings of this job's host.
    async fn is_hosts_own(&self, job: &Job, record: &FileRecord, place: &Place) -> Result<bool, Failure> {
        let naming = place.naming(&self.naming);
        if !naming.folder_is_hosts_own() {
            return Ok(false);
        }
        // Another template may have put it there, and others beside it one day.
        let root = place.folder_id.as_ref().unwrap_or(&self.root);
        let known = self.known_folder(root, &naming.folders(&job.recording)).await?;
        let is_where_it_says = known.is_some_and(|folder| folder == record.folder_id);
        Ok(is_where_it_says
            && self.store.is_of_one_host(&record.folder_id, &job.recording.host_email).await?)
    }
}

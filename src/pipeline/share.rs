//! Lets the host read what is archived of a recording, where that is wanted.
//!
//! The recording's folder is shared when it can only ever hold this host's recordings: the template gives each host
//! a folder of their own, the recording lies where the template says, and nobody else's files are there. Otherwise
//! the files are shared one by one: no host ever sees another's. What was shared is remembered, so that a thousand
//! recordings in one folder cost one call.
//!
//! Who the host is, Zoom's own API says; an event's word gives nobody access, unless nobody can ask Zoom and the rules
//! name the domains that may be given access. That somebody cannot be given access (no Google account, a policy, a role
//! that is too low, a host whom Zoom does not name) is told, and is no reason not to archive.

use tracing::{info, warn};

use super::{Failure, Pipeline, Run};
use crate::google::GoogleError;
use crate::jobs::{FileRecord, FileState, Job};
use crate::recording::{Origin, Recording};
use crate::rules::Destination;
use crate::zoom::{Host, Zoom};

/// How often Google is asked when it cannot answer; then the recording goes on without, until the next look.
const TRIES: u32 = 3;

/// Under this address is remembered why nobody was given access; empty once somebody could be.
const NOBODY: &str = "";

impl Pipeline {
    /// Where the rules have this recording go, if its host is to be given access.
    fn shared_place(&self, recording: &Recording) -> Option<Destination> {
        let place = self.rules.now().decide(recording).place;
        Some(place).filter(|place| place.share_with_host)
    }

    /// The address that is given access: by Zoom's own word, as it is now, or, where nobody can ask Zoom, an event's
    /// that the rules allow. The inner error says why nobody is.
    async fn reader(&self, job: &Job) -> Result<String, String> {
        let recording = &job.recording;
        let (email, is_confirmed) = match &self.zoom {
            None => (recording.host_email.clone(), false),
            Some(zoom) => (self.confirmed_reader(zoom, recording).await?, true),
        };
        let verdict = self.rules.now().may_share_with(&email, is_confirmed);
        verdict.map(|()| email).map_err(|withheld| withheld.to_string())
    }

    async fn confirmed_reader(&self, zoom: &Zoom, recording: &Recording) -> Result<String, String> {
        let listed;
        let by_zoom = match recording.host_origin {
            Origin::Listing => recording,
            // Planned by an event's word: it may be known by now.
            Origin::Event => {
                let unlisted = |error| format!("Zoom does not tell who hosts it: {error}");
                listed = self.list(zoom, recording).await.map_err(unlisted)?.recording;
                &listed
            }
        };
        match self.host_of(zoom, by_zoom).await {
            Ok(Host::Active(email)) => Ok(email),
            Ok(Host::Former(_)) => Err("its host is no active user of the Zoom account".to_owned()),
            Ok(Host::Unknown(why)) => Err(format!("Zoom does not tell the host's address: {why}")),
            Err(error) => Err(format!("Zoom does not tell the host's address: {error}")),
        }
    }

    /// Gives the host access to all that is proved so far. What was refused is noted, and tried again at the next
    /// look for late files.
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
                // It was made a moment ago.
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

    /// Nobody is given access; why is remembered, as long as Zoom can be asked about it.
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
        let items = self.to_share(job, &place).await?;
        let Some(first) = items.first() else { return Ok(String::new()) };
        let email = match self.reader(job).await {
            Ok(email) => email,
            Err(now) => {
                // Once Zoom's copy is put away it is not told any more who hosts it: then what was said before is.
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

    /// The Drive ids of folders, and of files that lie where others' may lie, too.
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

    /// Whether the folder that a file is in can only hold recordings of this job's host.
    async fn is_hosts_own(
        &self,
        job: &Job,
        record: &FileRecord,
        place: &Destination,
    ) -> Result<bool, Failure> {
        let naming = place.naming(&self.naming);
        // Its folder was named by an event's word: it may be another host's.
        let is_guessed = self.zoom.is_some() && job.recording.host_origin == Origin::Event;
        if is_guessed || !naming.folder_is_hosts_own() {
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

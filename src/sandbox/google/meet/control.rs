//! Meetings as tests make, change and hide them.

use jiff::Timestamp;

use super::model::{ArtifactState, Conference};
use super::{Google, Room, Seen};
use crate::sandbox::google::state::random;

impl Google {
    /// Adds a conference, puts its files into the organiser's My Drive, and gives the record's name.
    ///
    /// Users of this Workspace who organise or take part are added before it.
    pub fn add_conference(&self, mut conference: Conference) -> String {
        if conference.name.is_empty() {
            conference.name = format!("conferenceRecords/{}", random("", 20));
        }
        let mut meet = self.conferences();
        let is_it = |room: &&Room| match conference.space.as_str() {
            "" => room.code == conference.code,
            name => room.name == name && room.code == conference.code,
        };
        let known = meet.rooms.iter().rfind(is_it).map(|room| room.name.clone());
        let is_new = known.is_none();
        let wanted = Some(conference.space.clone()).filter(|name| !name.is_empty());
        conference.space = known.or(wanted).unwrap_or_else(|| format!("spaces/{}", random("j", 11)));
        if is_new {
            let (name, code) = (conference.space.clone(), conference.code.clone());
            meet.rooms.push(Room { name, code, owner: conference.organizer.clone() });
        }
        drop(meet);
        self.settle_files(&mut conference);
        let name = conference.name.clone();
        self.conferences().held.push(conference);
        self.transcript.changed();
        name
    }

    /// Changes a conference: it ends, somebody leaves, a file is generated.
    pub fn edit_conference(&self, name: &str, edit: impl FnOnce(&mut Conference)) {
        let found = self.conference(name);
        if let Some(mut conference) = found {
            edit(&mut conference);
            self.settle_files(&mut conference);
            self.conferences().held.iter_mut().filter(|held| held.name == name).for_each(|held| {
                held.clone_from(&conference);
            });
            self.transcript.changed();
        }
    }

    /// The conference with this record's name.
    pub fn conference(&self, name: &str) -> Option<Conference> {
        self.conferences().held.iter().find(|held| held.name == name).cloned()
    }

    /// The ids in Drive of a conference's generated files, in their order.
    pub fn original_files(&self, name: &str) -> Vec<String> {
        let artifacts = self.conference(name).map(|conference| conference.artifacts).unwrap_or_default();
        artifacts.into_iter().filter_map(|artifact| artifact.file).collect()
    }

    /// Who sees conferences.
    pub fn set_seen(&self, seen: Seen) {
        self.conferences().seen = seen;
    }

    /// Enables the Meet API in the project, or disables it.
    pub fn set_meet_enabled(&self, is_enabled: bool) {
        self.conferences().is_disabled = !is_enabled;
    }

    /// Sets the time by which records vanish; it stands still then.
    pub fn set_meet_now(&self, now: Timestamp) {
        self.conferences().now = Some(now);
    }

    /// The time by which records vanish.
    pub(super) fn meet_now(&self) -> Timestamp {
        let ahead = jiff::SignedDuration::from_secs(self.clock_ahead());
        let now = self.conferences().now;
        now.unwrap_or_else(|| Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX))
    }

    /// Generated files are in Drive.
    fn settle_files(&self, conference: &mut Conference) {
        for artifact in &mut conference.artifacts {
            if artifact.state == ArtifactState::Generated && artifact.file.is_none() {
                artifact.file = Some(self.add_original(&conference.organizer, artifact));
            }
        }
    }
}

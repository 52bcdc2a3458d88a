//! Google Meet: conferences, participants, recordings and rooms, as one user sees them. It only reads.
//!
//! A list is complete, or it is an error. Every call names the user for whom it is made.

mod attended;
mod call;
mod error;

use std::sync::Arc;

use serde_json::Value;
use tracing::debug;
use url::Url;

use super::auth::SCOPE_MEET_READ;
use super::users::GoogleUsers;
use crate::config::GoogleConfig;
use crate::meet::{
    Artifact, ArtifactKind, Conference, ConferenceFilter, ConferenceName, MeetingCode, Participant, Room,
    Session, Space,
};

pub(crate) use error::{Api, Asked};

pub use attended::{Attendances, AttendedError, AttendedSitting};
pub use error::MeetError;

/// Conferences per page: Google's maximum.
const CONFERENCES_PER_PAGE: &str = "100";

/// Participants, sessions per page: Google's maximum.
const PEOPLE_PER_PAGE: &str = "250";

/// Recordings, transcripts, notes per page: Google's maximum.
const ARTIFACTS_PER_PAGE: &str = "100";

/// Why a conference is not there.
const FORGOTTEN: &str = "it is not theirs, or over for more than 30 days (Google keeps conferences 30 days)";

/// Client of Meet, for any user.
#[derive(Debug, Clone)]
pub struct Meet {
    users: Arc<GoogleUsers>,
    api_url: Url,
}

impl Meet {
    /// Makes a client from the settings.
    pub fn new(users: Arc<GoogleUsers>, config: &GoogleConfig) -> Self {
        Self { users, api_url: config.meet.api_url.clone() }
    }

    /// The identities.
    pub fn users(&self) -> &Arc<GoogleUsers> {
        &self.users
    }

    /// The conferences that the user sees and the filter means, each once, newest first.
    ///
    /// # Errors
    /// See [`MeetError`].
    pub async fn records(&self, user: &str, filter: &ConferenceFilter) -> Result<Vec<Conference>, MeetError> {
        let url = self.url("conferenceRecords");
        let mut found: Vec<Conference> = Vec::new();
        for query in filter.queries() {
            let filter = Some(("filter", query.as_str())).filter(|(_, query)| !query.is_empty());
            let parameters: Vec<(&str, &str)> =
                [("pageSize", CONFERENCES_PER_PAGE)].into_iter().chain(filter).collect();
            let asked = self.asked(user, "conferences").with("Meet is off for this user");
            let rows = self.users.list(&url, &parameters, "conferenceRecords", asked).await?;
            for row in &rows {
                let conference = Conference::read(row).ok_or_else(|| unclear("a conference"))?;
                match found.iter_mut().find(|known| known.name == conference.name) {
                    // It has ended between the two lists.
                    Some(known) => *known = conference,
                    None => found.push(conference),
                }
            }
        }
        found.retain(|conference| filter.keeps(conference));
        found.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| a.name.cmp(&b.name)));
        Ok(found)
    }

    /// One conference.
    ///
    /// # Errors
    /// `Gone` when Google has forgotten it, or the user does not see it.
    pub async fn record(&self, user: &str, name: &ConferenceName) -> Result<Conference, MeetError> {
        let what = conference(name);
        let asked = self.asked(user, &what).with(FORGOTTEN);
        let answer = self.users.get(&self.url(name.as_str()), &[], asked).await?;
        Conference::read(&answer).ok_or_else(|| unclear("a conference"))
    }

    /// Who was in a conference.
    ///
    /// # Errors
    /// `Gone` when Google has forgotten it, or the user does not see it.
    pub async fn participants(
        &self,
        user: &str,
        name: &ConferenceName,
    ) -> Result<Vec<Participant>, MeetError> {
        let url = self.url(&format!("{name}/participants"));
        let rows = self.people(user, &url, "participants", name).await?;
        rows.iter().map(|row| Participant::read(row).ok_or_else(|| unclear("a participant"))).collect()
    }

    /// The joins of one participant.
    ///
    /// # Errors
    /// As [`Self::participants`].
    pub async fn sessions(&self, user: &str, participant: &Participant) -> Result<Vec<Session>, MeetError> {
        let name = ConferenceName::of_part(&participant.name).ok_or_else(|| unclear("a participant"))?;
        let path = part_path(&participant.name).ok_or_else(|| unclear("a participant"))?;
        let url = self.url(&format!("{path}/participantSessions"));
        let rows = self.people(user, &url, "participantSessions", &name).await?;
        rows.iter().map(|row| Session::read(row).ok_or_else(|| unclear("a session"))).collect()
    }

    /// The recordings, transcripts and notes of a conference. An edition may have no transcripts or no notes: then it has
    /// none of them, and its recordings are read all the same.
    ///
    /// # Errors
    /// As [`Self::participants`].
    pub async fn artifacts(&self, user: &str, name: &ConferenceName) -> Result<Vec<Artifact>, MeetError> {
        let mut artifacts = self.artifacts_of(user, name, ArtifactKind::Recording).await?;
        for kind in [ArtifactKind::Transcript, ArtifactKind::Notes] {
            match self.artifacts_of(user, name, kind).await {
                Ok(found) => artifacts.extend(found),
                Err(error @ (MeetError::Gone(_) | MeetError::Denied { .. } | MeetError::Refused(_))) => {
                    debug!(conference = %name, kind = kind.word(), %error, "Google has none of this kind");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(artifacts)
    }

    /// Those of one kind.
    ///
    /// # Errors
    /// As [`Self::participants`].
    pub async fn artifacts_of(
        &self,
        user: &str,
        name: &ConferenceName,
        kind: ArtifactKind,
    ) -> Result<Vec<Artifact>, MeetError> {
        let url = self.url(&format!("{name}/{}", kind.collection()));
        let what = conference(name);
        let asked = self.asked(user, &what).with(FORGOTTEN);
        let rows =
            self.users.list(&url, &[("pageSize", ARTIFACTS_PER_PAGE)], kind.collection(), asked).await?;
        rows.iter().map(|row| Artifact::read(kind, row).ok_or_else(|| unclear("a recording"))).collect()
    }

    /// A room, by its code or its id.
    ///
    /// # Errors
    /// `Gone` when there is no such room, or its code has died.
    pub async fn space(&self, user: &str, room: &Room) -> Result<Space, MeetError> {
        let (path, what) = match room {
            Room::Code(code) => (format!("spaces/{code}"), format!("room {code}")),
            Room::Space(space) => (space.to_string(), format!("room {space}")),
        };
        let asked = self
            .asked(user, &what)
            .with("there is none, or its code died: that happens after a year without use");
        let answer = self.users.get(&self.url(&path), &[], asked).await?;
        Space::read(&answer).ok_or_else(|| unclear("a room"))
    }

    /// The code of a room, for lists; `None` if the user does not see it.
    ///
    /// # Errors
    /// When Google cannot be asked.
    pub async fn code(&self, user: &str, room: &Room) -> Result<Option<MeetingCode>, MeetError> {
        match self.space(user, room).await {
            Ok(space) => Ok(space.code),
            Err(MeetError::Gone(_) | MeetError::Denied { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn people(
        &self,
        user: &str,
        url: &str,
        field: &str,
        name: &ConferenceName,
    ) -> Result<Vec<Value>, MeetError> {
        let what = conference(name);
        let asked = self.asked(user, &what).with(FORGOTTEN);
        self.users.list(url, &[("pageSize", PEOPLE_PER_PAGE)], field, asked).await
    }

    fn asked<'a>(&self, user: &'a str, what: &'a str) -> Asked<'a> {
        Asked { api: Api::Meet, user, scope: SCOPE_MEET_READ, what, hint: "" }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v2/{path}", self.api_url.as_str().trim_end_matches('/'))
    }
}

fn conference(name: &ConferenceName) -> String {
    format!("conference {name}")
}

/// A name of Google's as a path; `None` if it would lead to another one.
fn part_path(name: &str) -> Option<&str> {
    let is_plain = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.split('/').all(is_plain).then_some(name)
}

fn unclear(what: &str) -> MeetError {
    MeetError::Unreachable { what: format!("the answer does not name {what}"), after: None }
}

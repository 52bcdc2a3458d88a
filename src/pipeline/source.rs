//! The two sources of recordings, behind what the steps need of one: a listing, and a ranged download.
//!
//! [`RecordingSource`] is matched where the sources differ, and nowhere else: for the listing (`plan`, `settle`), the
//! bytes (`transfer/source`, `reread`), the host and the end (`retire`). Deletion is no part of a source: it is Zoom's
//! alone, behind [`AllProved`](crate::jobs::AllProved).

use std::time::Duration;

use super::Pipeline;
use super::failure::Failure;
use super::tokens::DownloadOrFailure;
use crate::config::GoogleConfig;
use crate::download::{DownloadError, OpenDownload};
use crate::google::originals::{OriginalError, Originals};
use crate::google::{Attendances, Calendar, Directory, GoogleUsers, Meet, MeetError};
use crate::http::{self, ClientError};
use crate::meet::{self, ConferenceFilter, ConferenceName, Original, Room, Sitting, sittings, unite};
use crate::recording::{Recording, RecordingFile, Source};
use crate::zoom::Zoom;

/// Where a recording is listed, and where its bytes come from.
pub(super) enum RecordingSource<'a> {
    /// Zoom's API.
    Zoom(&'a Zoom),
    /// Zoom without API credentials: its events say what there is.
    ZoomEvents,
    /// Google Meet.
    Meet(&'a MeetSource),
}

impl Pipeline {
    /// The source of a recording.
    pub(super) fn source(&self, recording: &Recording) -> RecordingSource<'_> {
        match (recording.source(), self.zoom.as_deref()) {
            (Source::Meet, _) => RecordingSource::Meet(&self.meet),
            (Source::Zoom, Some(zoom)) => RecordingSource::Zoom(zoom),
            (Source::Zoom, None) => RecordingSource::ZoomEvents,
        }
    }
}

/// Google Meet as a source. Only GET reaches it.
pub(super) struct MeetSource {
    meet: Meet,
    originals: Originals,
}

impl MeetSource {
    /// Makes it from the settings. A connection without a byte for `idle_timeout` is closed.
    pub(super) fn new(config: &GoogleConfig, idle_timeout: Duration) -> Result<Self, ClientError> {
        let users = std::sync::Arc::new(GoogleUsers::new(http::client(Some(idle_timeout))?, config));
        let originals = Originals::new(users.clone(), config, idle_timeout)?;
        Ok(Self { meet: Meet::new(users, config), originals })
    }

    /// The meeting that a recording is of, with all its parts in the room; `None` when Google has forgotten it.
    pub(super) async fn sitting(&self, known: &Recording) -> Result<Option<Sitting>, MeetError> {
        let name: ConferenceName = known.uuid.as_str().parse().map_err(refused)?;
        let (mut denied, users) = (None, users(known).collect::<Vec<_>>());
        for user in users {
            match self.sitting_as(user, &name).await {
                Err(MeetError::Gone(_)) => {}
                Err(error) if is_about_user(&error) => denied = Some(error),
                found => return found.map(Some),
            }
        }
        denied.map_or(Ok(None), Err)
    }

    /// The same, as one user sees it.
    async fn sitting_as(&self, user: &str, name: &ConferenceName) -> Result<Sitting, MeetError> {
        let conference = self.meet.record(user, name).await?;
        let mut lists = vec![(user.to_owned(), vec![conference.clone()])];
        if let Some(space) = conference.space {
            let filter = ConferenceFilter::of_room(Room::Space(space));
            lists.push((user.to_owned(), self.meet.records(user, &filter).await?));
        }
        let has = |sitting: &Sitting| sitting.parts.iter().any(|part| part.conference.name == *name);
        let found = sittings(unite(lists), false).into_iter().find(has);
        found.ok_or_else(|| MeetError::Gone(format!("conference {name}")))
    }

    /// Reads who was in it. Without an administrator in the settings, the organiser reads the directory.
    pub(super) fn attendances(&self, config: &GoogleConfig, known: &Recording) -> Attendances {
        let identities = self.meet.users();
        let directory = Directory::new(identities.clone(), config);
        let directory = match users(known).next() {
            Some(user) => directory.or_as(user),
            None => directory,
        };
        let calendar = Calendar::new(identities.clone(), config);
        Attendances::new(self.meet.clone(), directory, calendar, config.meet.retry_wait)
    }

    /// The recording with its files as Google lists them now; `None` when Google has forgotten the conference, 30 days
    /// after its end. Its files may still be there.
    pub(super) async fn list(&self, known: &Recording) -> Result<Option<Recording>, MeetError> {
        let name: ConferenceName = known.uuid.as_str().parse().map_err(refused)?;
        let mut denied = None;
        for user in users(known) {
            match self.meet.artifacts(user, &name).await {
                Ok(artifacts) => {
                    let mut listed = Recording { files: Vec::new(), ..known.clone() };
                    for file in meet::files(&artifacts, &self.originals.url()) {
                        listed.files.push(self.examined(known, file).await?);
                    }
                    return Ok(Some(listed.keyed_like(&known.files)));
                }
                Err(MeetError::Gone(_)) => {}
                Err(error) if is_about_user(&error) => denied = Some(error),
                Err(error) => return Err(error),
            }
        }
        denied.map_or(Ok(None), Err)
    }

    /// The file with its size and checksum in Drive.
    async fn examined(&self, known: &Recording, file: RecordingFile) -> Result<RecordingFile, MeetError> {
        if file.download.is_none() {
            return Ok(file);
        }
        let mut denied = None;
        for user in users(known) {
            match self.originals.examine(user, &file.id).await {
                Ok(original) => return Ok(file.with_original(original)),
                Err(MeetError::Gone(_)) => {}
                Err(error) if is_about_user(&error) => denied = Some(error),
                Err(error) => return Err(error),
            }
        }
        match denied {
            Some(error) => Err(error),
            None => {
                Ok(file.with_original(Original { unavailable: DELETED.to_owned(), ..Original::default() }))
            }
        }
    }

    /// Opens a file from `offset` on, as the first user who may read it. `validator` is that of the earlier part.
    pub(super) async fn open(
        &self,
        known: &Recording,
        file: &RecordingFile,
        offset: u64,
        validator: &str,
    ) -> Result<OpenDownload, DownloadOrFailure> {
        let mut refused = Failure::retry("no user is known who sees this conference");
        for user in users(known) {
            match self.originals.open(user, file, offset, validator).await {
                Ok(open) => return Ok(open),
                Err(OriginalError::Download(DownloadError::OtherContent(why))) => {
                    return Err(DownloadOrFailure::OtherContent(why));
                }
                Err(OriginalError::Download(
                    error @ (DownloadError::Refused(_) | DownloadError::Unauthorized),
                )) => {
                    // It may have been deleted since: it is listed again.
                    let cause = format!("{user} cannot read the original: {error}");
                    refused = Failure::Stale { cause };
                }
                Err(OriginalError::Token(error)) if is_about_user(&error) => refused = error.into(),
                Err(OriginalError::Token(error)) => return Err(Failure::from(error).into()),
                Err(OriginalError::Download(error)) => return Err(Failure::of_original(error).into()),
            }
        }
        Err(refused.into())
    }
}

/// The reason why a listed file is not archived.
const DELETED: &str = "its file was deleted in Drive";

/// Whom to ask: the organiser, in whose Drive the files are, and then those who see the conference.
fn users(known: &Recording) -> impl Iterator<Item = &str> {
    let organiser = Some(known.host_email.as_str()).filter(|email| !email.is_empty());
    let others = known.seen_by.iter().map(String::as_str);
    organiser.into_iter().chain(others.filter(move |user| Some(*user) != organiser))
}

/// Another user may be allowed what this one is not.
fn is_about_user(error: &MeetError) -> bool {
    matches!(error, MeetError::Denied { .. } | MeetError::NotDelegated { .. } | MeetError::NoSuchUser(_))
}

fn refused(error: impl std::fmt::Display) -> MeetError {
    MeetError::Refused(error.to_string())
}

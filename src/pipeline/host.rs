//! Finds the host of a recording before rules and folder names use it: with API credentials, from Zoom's API.
//!
//! An event names a host as well, but anybody who can sign an event can name any host: rules, folders and readers
//! would follow. So the id comes from Zoom's listing and the address from the account's users. If Zoom does not give
//! the address, the event's address names the folder only if nothing is shared with hosts, and rules that need an
//! address wait for it.

use jiff::tz::TimeZone;
use tracing::warn;

use super::fresh::CurrentRecording;
use super::source::RecordingSource;
use super::{Failure, Pipeline};
use crate::jobs::{FileRecord, Job};
use crate::recording::{Origin, Recording};
use crate::zoom::{Host, Zoom, ZoomError};

impl Pipeline {
    /// The listing with the host according to Zoom. `job` has the host from events, `records` the existing plan.
    pub(super) async fn with_host(
        &self,
        job: &Job,
        records: &[FileRecord],
        mut fresh: CurrentRecording,
    ) -> Result<CurrentRecording, Failure> {
        let RecordingSource::Zoom(zoom) = self.source(&fresh.recording) else { return Ok(fresh) };
        let why = match fresh.recording.host_origin {
            Origin::Event => "Zoom's listing is not available, or names no host".to_owned(),
            Origin::Listing if !fresh.recording.host_email.is_empty() => return Ok(fresh),
            Origin::Listing => match self.host_of(zoom, &fresh.recording).await? {
                Host::Active(email) | Host::Former(email) => {
                    fresh.recording.host_email = email;
                    return Ok(fresh);
                }
                Host::Unknown(why) => {
                    self.refuse_to_guess(&fresh.recording, &why)?;
                    fresh.recording.host_origin = Origin::Event;
                    fresh.recording.host_email.clone_from(&job.recording.host_email);
                    why
                }
            },
        };
        warn!(job = %job.id, meeting = %fresh.recording.uuid, %why, "Zoom's API does not give the host's address");
        if self.rules.now().decide(&fresh.recording).skip.is_some() {
            // No file is skipped because of an event alone.
            self.refuse_to_guess(&fresh.recording, &why)?;
        }
        let is_placed = records.iter().any(|record| !record.folder_id.is_empty());
        if self.rules.now().shares() && !is_placed {
            // The folder that the event implies may be readable by another host.
            fresh.recording.host_email.clear();
        }
        Ok(fresh)
    }

    /// Stops when rules need the host's address: they are not applied to an address from an event.
    fn refuse_to_guess(&self, recording: &Recording, why: &str) -> Result<(), Failure> {
        if !self.rules.now().need_the_address_of(recording) {
            return Ok(());
        }
        Err(Failure::retry(format!(
            "the rules decide by hosts, and Zoom does not give the address of this one (id {:?}): {why}. Add the scope \
             user:read:list_users:admin to the Zoom app and activate it again, or name the host in the rules by this id",
            recording.host_id
        )))
    }

    /// The host of a recording that Zoom has listed.
    pub(super) async fn host_of(&self, zoom: &Zoom, recording: &Recording) -> Result<Host, ZoomError> {
        let day = recording.happened_at().map(|at| at.to_zoned(TimeZone::UTC).date());
        zoom.host(&recording.host_id, day).await
    }
}

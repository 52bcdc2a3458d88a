//! Where a file with attendance belongs: beside the recording, if the meeting is archived.

use crate::cli::CliError;
use crate::jobs::FileState;
use crate::jobs::meeting_file::home;
use crate::recording::{MeetingUuid, Recording};
use crate::store::Store;

/// The recording as the archive knows it, and the folder of the file; `None` if there is no job of this meeting.
/// `folder` is the one that somebody has named.
///
/// # Errors
/// When a folder is named although the recording is archived, or none is while it is not archived yet.
pub(in crate::cli) async fn archived(
    store: &Store,
    uuid: &MeetingUuid,
    folder: Option<&str>,
) -> anyhow::Result<Option<(Recording, String)>> {
    let Some(job) = store.job_of(uuid).await? else { return Ok(None) };
    let files = store.files(job.id).await?;
    let proved = files.iter().filter(|file| matches!(file.state, FileState::Verified(_)));
    match (home(proved), folder) {
        (Some(_), Some(_)) => {
            let told = "its recording is archived: the file goes beside it, so leave --folder out";
            Err(CliError::Usage(told.to_owned()).into())
        }
        (Some(home), None) => Ok(Some((job.recording, home.to_owned()))),
        (None, Some(folder)) => Ok(Some((job.recording, folder.to_owned()))),
        (None, None) => anyhow::bail!(
            "its recording is not archived yet (job {}), and the file goes beside it: try again later, or name a \
             folder with --folder",
            job.id
        ),
    }
}

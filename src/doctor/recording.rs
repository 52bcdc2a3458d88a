//! Checks that Zoom lists its recordings and sends them: users, one recent recording, its first bytes.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::finding::{Advice, Check, Finding, State};
use super::zoom::no_answer;
use crate::download::{DownloadError, Downloads};
use crate::recording::{FileStatus, Medium, MeetingUuid, Recording, RecordingFile, listing};
use crate::store::{JobFilter, Store};
use crate::zoom::{Days, ListError, User, UserStatus, Zoom, ZoomError};

/// Days to search for a recording. Zoom accepts a month at a time, and a month may be February.
const DAYS_BACK: i64 = 27;

/// Most users whose recordings are requested: each costs a call.
const USERS_MAX: usize = 20;

/// The findings, and the rate limit's refusal if there was one.
#[derive(Debug, Default)]
pub(super) struct RecordingFinding {
    pub(super) findings: Vec<Finding>,
    pub(super) busy: Option<ZoomError>,
}

impl RecordingFinding {
    fn refused(&mut self, check: Check, error: &ZoomError) {
        if matches!(error, ZoomError::Busy { .. }) {
            self.busy = Some(error.clone());
        }
        self.findings.push(check.explained(State::Broken, no_answer(error)));
    }
}

fn users_check() -> Check {
    Check::new("zoom.users", "listing the account's users", "a list with somebody who has a licence")
}

fn recording_check() -> Check {
    let tried = format!("searching for a recording of the last {DAYS_BACK} days, and listing its files");
    Check::new("zoom.recording", tried, "its files, with a token that opens them")
}

fn download_check() -> Check {
    let tried = "asking the download host for the first bytes of a file";
    Check::new("zoom.download", tried, "status 206 and bytes of the file's kind")
}

/// All three checks as not tried.
pub(super) fn not_tried(why: &str) -> Vec<Finding> {
    [users_check(), recording_check(), download_check()].map(|check| check.not_tried(why)).to_vec()
}

/// Runs the checks. `may_list` is false when the scopes for the account's lists are neither granted nor needed.
pub(super) async fn examine(
    zoom: &Zoom,
    downloads: &Downloads,
    store: Option<&Store>,
    now: Timestamp,
    may_list: bool,
) -> RecordingFinding {
    let mut looked = RecordingFinding::default();
    let mut users = Vec::new();
    if may_list {
        match zoom.users(UserStatus::Active, None).await {
            Ok(page) => {
                looked.findings.push(judge_users(&page.rows, page.next.is_some()));
                users = page.rows;
            }
            Err(error) => looked.refused(users_check(), &as_zoom(error)),
        }
    } else {
        let why = "SWEEP_EVERY is 0s and the app has no scope for it, so the service does not need it";
        looked.findings.push(users_check().not_tried(why));
    }
    let found = find(zoom, &users, now).await;
    let uuid = match found {
        Ok(Some(uuid)) => Some(uuid),
        Ok(None) => known(store).await,
        Err(error) => {
            looked.refused(recording_check(), &error);
            looked.findings.push(download_check().not_tried("no recording could be listed"));
            return looked;
        }
    };
    let Some(uuid) = uuid else {
        let none = if looked.busy.is_some() || users.is_empty() {
            "no recording is known to try this with"
        } else {
            "there is no recording to try this with, which is not a fault. Record a minute to the cloud and run this again"
        };
        looked.findings.push(recording_check().not_tried(none));
        looked.findings.push(download_check().not_tried(none));
        return looked;
    };
    list(zoom, downloads, &uuid, &mut looked).await;
    looked
}

fn as_zoom(error: ListError) -> ZoomError {
    match error {
        ListError::Zoom(error) => error,
        other => ZoomError::Refused(other.to_string()),
    }
}

fn judge_users(users: &[User], has_more: bool) -> Finding {
    let more = if has_more { " on the first page" } else { "" };
    let licensed = users.iter().filter(|user| user.is_licensed).count();
    let found = format!("active users{more}: {}, of them with a licence: {licensed}", users.len());
    if licensed > 0 || has_more {
        return users_check().ok(found);
    }
    users_check().warning(
        format!("{found}: no user can record to the cloud"),
        "zoom.us > Admin > User Management > Users: give the hosts a licence; on a free account set ZOOM_PLAN=free",
    )
}

/// The latest recording of the first user who has one.
async fn find(zoom: &Zoom, users: &[User], now: Timestamp) -> Result<Option<MeetingUuid>, ZoomError> {
    let to = now.to_zoned(TimeZone::UTC).date();
    let Ok(from) = to.checked_sub(DAYS_BACK.days()) else { return Ok(None) };
    for user in users.iter().take(USERS_MAX) {
        let listed = match zoom.recordings_of(&user.id, Days { from, to }, None).await {
            Ok(listed) => listed.page.rows,
            // The user was removed after the list was made.
            Err(ListError::NoUser(_)) => continue,
            Err(error) => return Err(as_zoom(error)),
        };
        let usable = listed.iter().filter_map(|row| listing::read(row).ok());
        let with_files =
            usable.filter(|recording| recording.files.iter().any(is_ready)).map(|found| found.uuid);
        if let Some(uuid) = with_files.into_iter().next() {
            return Ok(Some(uuid));
        }
    }
    Ok(None)
}

/// The recording of the newest job. Without the account's lists only the store knows recordings.
async fn known(store: Option<&Store>) -> Option<MeetingUuid> {
    let jobs = store?.jobs(JobFilter::default()).await.ok()?;
    jobs.into_iter().next().map(|job| job.recording.uuid)
}

async fn list(zoom: &Zoom, downloads: &Downloads, uuid: &MeetingUuid, looked: &mut RecordingFinding) {
    let recording = match zoom.recording(uuid).await {
        Ok(listing) => listing.recording,
        Err(error @ ZoomError::NoRecording(_)) => {
            // The service or a person has removed it at Zoom: this is not a fault.
            looked.findings.push(recording_check().not_tried(error.to_string()));
            looked.findings.push(download_check().not_tried("there is no recording to try this with"));
            return;
        }
        Err(error) => {
            looked.refused(recording_check(), &error);
            looked.findings.push(download_check().not_tried("no recording could be listed"));
            return;
        }
    };
    let has_token =
        recording.files.iter().filter_map(|file| file.download.as_ref()).any(|at| at.token.is_some());
    let found = format!("{:?} has {} file(s)", recording.topic, recording.files.len());
    looked.findings.push(if has_token {
        recording_check().ok(found)
    } else {
        let mend = "Nothing to do now: the account's own token is used instead. If zoom.download fails, write to Zoom's support";
        recording_check().warning(format!("{found}, and Zoom gave no token for them"), mend)
    });
    looked.findings.push(match choose(&recording) {
        None => download_check().not_tried("none of its files is ready for download"),
        Some(file) => download(zoom, downloads, file).await,
    });
}

fn is_ready(file: &RecordingFile) -> bool {
    file.status == FileStatus::Completed && file.download.is_some()
}

/// A video, whose beginning is recognisable; else any file.
fn choose(recording: &Recording) -> Option<&RecordingFile> {
    let ready = || recording.files.iter().filter(|file| is_ready(file));
    ready().find(|file| file.medium() == Medium::Video).or_else(|| ready().next())
}

async fn download(zoom: &Zoom, downloads: &Downloads, file: &RecordingFile) -> Finding {
    let Some(at) = &file.download else { return download_check().not_tried("the file has no address") };
    let token = match &at.token {
        Some(token) => token.clone(),
        None => match zoom.token().await {
            Ok(token) => token,
            Err(error) => return download_check().explained(State::Broken, no_answer(&error)),
        },
    };
    match downloads.preview(file, &at.url, Some(&token)).await {
        Err(error) => download_check().explained(State::Broken, no_bytes(&error)),
        Ok(preview) => {
            let total = preview.total.map_or_else(|| "?".to_owned(), |total| total.to_string());
            let found = format!(
                "status {} from {}: {} of {total} bytes, {:?}",
                preview.status, preview.host, preview.bytes, preview.content_type
            );
            if preview.status == 206 {
                return download_check().ok(found);
            }
            let mend = "Nothing to do: interrupted transfers of this file start again from the beginning";
            download_check().warning(format!("{found}; the host ignored Range"), mend)
        }
    }
}

/// Explains a failed download.
fn no_bytes(error: &DownloadError) -> Advice {
    let mend = match error {
        DownloadError::ForeignHost(host) => format!(
            "If {host} is Zoom's (your company may have an address of its own there), add it to ZOOM_DOWNLOAD_HOSTS"
        ),
        DownloadError::Unauthorized | DownloadError::Refused(_) => {
            "zoom.us > Admin > Account Management > Account Settings > Recording: cloud recordings must be allowed to \
             be downloaded, and `only authenticated users` must not exclude this app; check for IP ranges that are \
             allowed, too"
                .to_owned()
        }
        DownloadError::Failed { .. } => {
            "Check that this machine can reach Zoom's download hosts by https (ZOOM_DOWNLOAD_HOSTS; firewall, proxy, \
             DNS that answers with private addresses). Then try again"
                .to_owned()
        }
        DownloadError::OtherContent(_)
        | DownloadError::OtherSize { .. }
        | DownloadError::OtherEnd(_)
        | DownloadError::Empty(_) => {
            "Zoom may still be processing it: try again in an hour".to_owned()
        }
    };
    Advice::new(error.to_string(), mend)
}

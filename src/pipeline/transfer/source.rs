//! Opens a file at Zoom, by whatever token works.
//!
//! In this order: the token that came with the address (an event's `download_token`), the account's own
//! OAuth token, and then a fresh listing's address with its `download_access_token`. Tokens die after a day,
//! addresses when a sibling file is deleted; a listing is always at hand if there are API credentials.

use tracing::debug;

use super::super::fresh::successor;
use super::super::{Failure, Pipeline};
use crate::jobs::{FileRecord, Job};
use crate::recording::{Download, Recording};
use crate::zoom::{DownloadError, Source, Zoom, ZoomError};

/// The account's token is tried, and once more after it was renewed: it may have been revoked since.
const ACCOUNT_TOKENS: u32 = 2;

impl Pipeline {
    /// Opens the file from `offset` on. `validator` is what the earlier part of it showed.
    pub(super) async fn open_source(
        &self,
        job: &Job,
        record: &FileRecord,
        offset: u64,
        validator: &str,
    ) -> Result<Source, DownloadOrFailure> {
        let planned = record.file.download.as_ref();
        let mut refused = String::from("no address is known");
        if let Some(download) = planned {
            match self.try_tokens(record, download, offset, validator).await? {
                Ok(source) => return Ok(source),
                Err(why) => refused = why,
            }
        }
        let Some(zoom) = &self.zoom else {
            if let Some(removal) = job.removals.of(&record.file).or_else(|| job.removal()) {
                return Err(Failure::park(removal.advice()).into());
            }
            return Err(Failure::retry(format!(
                "{refused}. The event's token lives for 24 hours; with ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET a new one can be had"
            ))
            .into());
        };
        debug!(file = %record.key, %refused, "asking Zoom for a fresh address");
        let download = self.fresh_address(zoom, job, record).await?;
        match self.try_tokens(record, &download, offset, validator).await? {
            Ok(source) => Ok(source),
            Err(why) => Err(Failure::retry(format!("{why}, also with a fresh address and token")).into()),
        }
    }

    /// The address with its own token, then with the account's, the latter renewed once. The inner error
    /// says why all were refused; anything else than a refusal ends the attempt.
    async fn try_tokens(
        &self,
        record: &FileRecord,
        download: &Download,
        offset: u64,
        validator: &str,
    ) -> Result<Result<Source, String>, DownloadOrFailure> {
        let mut refused = String::new();
        if download.token.is_some() || self.zoom.is_none() {
            match self
                .downloads
                .open(&record.file, &download.url, download.token.as_ref(), offset, validator)
                .await
            {
                Ok(source) => return Ok(Ok(source)),
                Err(error) => refused = refusal(error)?,
            }
        }
        let Some(zoom) = &self.zoom else { return Ok(Err(refused)) };
        for _token in 0..ACCOUNT_TOKENS {
            let token = zoom.token().await.map_err(Failure::from)?;
            match self.downloads.open(&record.file, &download.url, Some(&token), offset, validator).await {
                Ok(source) => return Ok(Ok(source)),
                Err(DownloadError::Unauthorized) => zoom.discard_token(&token).await,
                Err(error) => return Ok(Err(refusal(error)?)),
            }
        }
        Ok(Err("the account's token is not valid for downloads".to_owned()))
    }

    async fn fresh_address(&self, zoom: &Zoom, job: &Job, record: &FileRecord) -> Result<Download, Failure> {
        let listing = match self.list(zoom, &job.recording.uuid).await {
            Ok(listing) => listing.recording,
            Err(error @ ZoomError::NoRecording(_)) => {
                return Err(job.removal().map_or(error.into(), |removal| Failure::park(removal.advice())));
            }
            Err(error) => return Err(error.into()),
        };
        let Some(file) = listing.files.iter().find(|file| file.key == record.key) else {
            return Err(vanished(job, record, &listing));
        };
        if !file.is_same_version(&record.file) {
            return Err(Failure::Stale { cause: "Zoom has made this file again".to_owned() });
        }
        file.download.clone().ok_or_else(|| Failure::retry("Zoom lists this file without an address"))
    }
}

/// What it means that Zoom lists other files of the recording, and not this one.
fn vanished(job: &Job, record: &FileRecord, listing: &Recording) -> Failure {
    match (job.removals.of(&record.file), successor(&record.file, listing)) {
        (Some(removal), _) if listing.files.is_empty() => Failure::park(removal.advice()),
        (Some(removal), _) => Failure::Vanished { cause: removal.in_short().to_owned(), is_told: true },
        (None, Some(file)) => Failure::Vanished {
            cause: format!(
                "Zoom no longer lists this file before it was copied; {} has taken its place",
                file.key
            ),
            is_told: false,
        },
        (None, None) => Failure::retry("Zoom no longer lists this file"),
    }
}

/// Why a source could not be opened: the relay treats a change of content by itself.
#[derive(Debug)]
pub(super) enum DownloadOrFailure {
    /// The content is not the one that was begun.
    OtherContent(String),
    /// All else.
    Failure(Failure),
}

impl From<Failure> for DownloadOrFailure {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Passes refusals on as text; everything else ends the attempt.
fn refusal(error: DownloadError) -> Result<String, DownloadOrFailure> {
    match error {
        DownloadError::Refused(why) => Ok(why),
        DownloadError::Unauthorized => Ok(error.to_string()),
        // A foreign address leads nowhere with any token; a fresh listing may have another.
        DownloadError::ForeignHost(_) => Ok(error.to_string()),
        DownloadError::OtherContent(why) => Err(DownloadOrFailure::OtherContent(why)),
        DownloadError::OtherSize { .. } | DownloadError::Failed { .. } => {
            Err(DownloadOrFailure::Failure(error.into()))
        }
    }
}

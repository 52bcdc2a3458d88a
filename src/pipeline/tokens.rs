//! Chooses the tokens for a download address.
//!
//! For an address of Zoom's listing: the token that came with it, then the account's own OAuth token, renewed once.
//! For an address from an event: only the event's own token. Anybody who can sign an event chooses that address, and
//! the account's token opens every recording of the account.

use super::{Failure, Pipeline};
use crate::download::{DownloadError, OpenDownload};
use crate::recording::{Download, Origin, RecordingFile};
use crate::secret::Secret;
use crate::zoom::Zoom;

/// The account's token is tried, and once more after a renewal: it may have been revoked since.
const ACCOUNT_TOKENS: u32 = 2;

/// Why a source could not be opened. The relay handles changed content itself.
#[derive(Debug)]
pub(super) enum DownloadOrFailure {
    /// The content differs from that of the transfer so far.
    OtherContent(String),
    /// Any other failure.
    Failure(Failure),
}

impl From<Failure> for DownloadOrFailure {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<DownloadOrFailure> for Failure {
    fn from(fault: DownloadOrFailure) -> Self {
        match fault {
            DownloadOrFailure::OtherContent(why) => Self::retry(format!("the file changed at Zoom: {why}")),
            DownloadOrFailure::Failure(failure) => failure,
        }
    }
}

impl Pipeline {
    /// Opens the address from `offset` on with its tokens. The inner error says why all were refused; any other
    /// failure ends the attempt.
    pub(super) async fn try_tokens(
        &self,
        file: &RecordingFile,
        download: &Download,
        offset: u64,
        validator: &str,
    ) -> Result<Result<OpenDownload, String>, DownloadOrFailure> {
        let mut refused = String::from("the event brought no token for its address");
        // Without API credentials the address may work without a token.
        if download.token.is_some() || self.zoom.is_none() {
            match self.downloads.open(file, &download.url, download.token.as_ref(), offset, validator).await {
                Ok(source) => return Ok(Ok(source)),
                Err(error) => refused = refusal(error)?,
            }
        }
        let Some(zoom) = self.account_for(download) else { return Ok(Err(refused)) };
        for _token in 0..ACCOUNT_TOKENS {
            let token: Secret = zoom.token().await.map_err(Failure::from)?;
            match self.downloads.open(file, &download.url, Some(&token), offset, validator).await {
                Ok(source) => return Ok(Ok(source)),
                Err(DownloadError::Unauthorized) => zoom.discard_token(&token).await,
                Err(error) => return Ok(Err(refusal(error)?)),
            }
        }
        Ok(Err("the account's token is not valid for downloads".to_owned()))
    }

    /// The account whose token may be sent to this address: only for addresses of Zoom's own listing.
    fn account_for(&self, download: &Download) -> Option<&Zoom> {
        match download.origin {
            Origin::Listing => self.zoom.as_deref(),
            Origin::Event => None,
        }
    }
}

/// Converts refusals to text; any other failure ends the attempt.
fn refusal(error: DownloadError) -> Result<String, DownloadOrFailure> {
    match error {
        DownloadError::Refused(why) => Ok(why),
        DownloadError::Unauthorized => Ok(error.to_string()),
        DownloadError::OtherContent(why) => Err(DownloadOrFailure::OtherContent(why)),
        // A foreign host fails with any token, at any time.
        DownloadError::ForeignHost(_)
        | DownloadError::OtherSize { .. }
        | DownloadError::OtherEnd(_)
        | DownloadError::Empty(_)
        | DownloadError::Failed { .. } => Err(DownloadOrFailure::Failure(error.into())),
    }
}

//! Which tokens a download address is tried with.
//!
//! An address of Zoom's listing: the token that came with it, then the account's own OAuth token, renewed once.
//! An address that an event named: the event's own token and no other. Whoever can sign an event chooses that
//! address, and the account's token opens every recording of the account.

use super::{Failure, Pipeline};
use crate::recording::{Download, Origin, RecordingFile};
use crate::secret::Secret;
use crate::zoom::{DownloadError, OpenDownload, Zoom};

/// The account's token is tried, and once more after it was renewed: it may have been revoked since.
const ACCOUNT_TOKENS: u32 = 2;

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

impl From<DownloadOrFailure> for Failure {
    fn from(fault: DownloadOrFailure) -> Self {
        match fault {
            DownloadOrFailure::OtherContent(why) => Self::retry(format!("the file changed at Zoom: {why}")),
            DownloadOrFailure::Failure(failure) => failure,
        }
    }
}

impl Pipeline {
    /// Opens the address from `offset` on with the tokens that it may see. The inner error says why all were
    /// refused; anything else than a refusal ends the attempt.
    pub(super) async fn try_tokens(
        &self,
        file: &RecordingFile,
        download: &Download,
        offset: u64,
        validator: &str,
    ) -> Result<Result<OpenDownload, String>, DownloadOrFailure> {
        let mut refused = String::from("the event brought no token for its address");
        // Without API credentials the address may work by itself.
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

    /// The account whose token may go to this address: only Zoom's own listing earns that.
    fn account_for(&self, download: &Download) -> Option<&Zoom> {
        match download.origin {
            Origin::Listing => self.zoom.as_deref(),
            Origin::Event => None,
        }
    }
}

/// Passes refusals on as text; everything else ends the attempt.
fn refusal(error: DownloadError) -> Result<String, DownloadOrFailure> {
    match error {
        DownloadError::Refused(why) => Ok(why),
        DownloadError::Unauthorized => Ok(error.to_string()),
        DownloadError::OtherContent(why) => Err(DownloadOrFailure::OtherContent(why)),
        // An address on a foreign host leads nowhere with any token, today or tomorrow.
        DownloadError::ForeignHost(_)
        | DownloadError::OtherSize { .. }
        | DownloadError::OtherEnd(_)
        | DownloadError::Empty(_)
        | DownloadError::Failed { .. } => Err(DownloadOrFailure::Failure(error.into())),
    }
}

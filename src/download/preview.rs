//! Reads the beginning of a recording file, to check that a download would work.

use reqwest::header::CONTENT_TYPE;

use super::content_check::{self, HEAD_BYTES};
use super::{DownloadError, Downloads};
use crate::recording::RecordingFile;
use crate::secret::{Secret, SecretUrl};

/// Result of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The host that sent the bytes: the last one of the redirects.
    pub host: String,
    /// 206, or 200 if the host ignores `Range`.
    pub status: u16,
    pub content_type: String,
    /// Number of bytes received.
    pub bytes: usize,
    /// The whole file's size, if the host announces it.
    pub total: Option<u64>,
}

impl Downloads {
    /// Requests the first bytes of a file, and checks them like those of a download.
    ///
    /// # Errors
    /// As [`Downloads::open`].
    pub async fn preview(
        &self,
        file: &RecordingFile,
        url: &SecretUrl,
        token: Option<&Secret>,
    ) -> Result<Preview, DownloadError> {
        let range = format!("bytes=0-{}", HEAD_BYTES - 1);
        let response = self.follow(url, token, Some(&range), "").await?;
        let host = response.url().host_str().unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        let content_type = super::header(response.headers(), CONTENT_TYPE.as_str()).to_owned();
        let (_, total) = super::placed(&response, 0)?;
        // The rest is not read: dropping it closes the connection.
        let (head, _rest) = super::read_head(response).await?;
        let first: Vec<u8> = head.iter().flatten().copied().take(HEAD_BYTES).collect();
        content_check::check(file, &content_type, &first, total)?;
        Ok(Preview { host, status, content_type, bytes: first.len(), total })
    }
}

//! Reads a small body whole before the first byte goes on: an export, which its source makes anew for each request.
//!
//! Its length is known only at its end, it cannot be asked for in parts, and two exports of one document may differ.
//! So the bytes are kept in memory, and their digest stands for the content: a transfer that continues with another
//! export would mix both.

use bytes::BytesMut;
use futures::{StreamExt, stream};
use reqwest::header::CONTENT_TYPE;
use sha2::{Digest, Sha256};

use super::{BodyStream, DownloadError, Downloads, OpenDownload, content_check, header, read_head};
use crate::recording::RecordingFile;
use crate::secret::{Secret, SecretUrl};

/// Largest export, in bytes. Drive exports no more than 10 MB (its guide to `files.export`).
const EXPORT_BYTES_MAX: usize = 10 * 1024 * 1024;

impl Downloads {
    /// Reads an export. `validator` is the digest of an earlier part of the same content, or empty.
    ///
    /// # Errors
    /// As [`Downloads::open`], and when the export is larger than Drive makes any.
    pub async fn open_whole(
        &self,
        file: &RecordingFile,
        url: &SecretUrl,
        token: &Secret,
        validator: &str,
    ) -> Result<OpenDownload, DownloadError> {
        let response = self.follow(url, Some(token), None, "").await?;
        let content_type = header(response.headers(), CONTENT_TYPE.as_str()).to_owned();
        content_check::check_resumed(file, &content_type)?;
        let announced = header(response.headers(), "content-length").parse::<usize>().ok();
        let (head, rest) = read_head(response).await?;
        let mut pieces: BodyStream = stream::iter(head.into_iter().map(Ok)).chain(rest).boxed();
        let mut body = BytesMut::new();
        while let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece?);
            if body.len() > EXPORT_BYTES_MAX {
                return Err(DownloadError::Refused(format!(
                    "the export has more than {EXPORT_BYTES_MAX} bytes"
                )));
            }
        }
        if announced.is_some_and(|announced| announced != body.len()) {
            return Err(DownloadError::failed(format!("{} bytes of the export came", body.len())));
        }
        if body.is_empty() {
            return Err(DownloadError::Empty("the export is empty".to_owned()));
        }
        let digest = hex::encode(Sha256::digest(&body));
        if !validator.is_empty() && validator != digest {
            return Err(DownloadError::OtherContent("it was exported with other bytes".to_owned()));
        }
        let total = u64::try_from(body.len()).ok();
        let bytes = stream::iter([Ok(body.freeze())]).boxed();
        Ok(OpenDownload { bytes, offset: 0, total, validator: digest, is_whole: true })
    }
}

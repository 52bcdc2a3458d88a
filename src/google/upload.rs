//! Drive's resumable uploads: sends one request and reads its answer. The caller decides the next step.
//!
//! Sources: Google's guide "Upload file data", and observation. The session's address is a credential: anyone who
//! has it can write the file.

use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use reqwest::{Body, Response, StatusCode};

use super::drive::{Drive, DriveFile, FILE_FIELDS, NewFile};
use super::{ErrorResponse, GoogleError, Meaning, unreachable};
use crate::http;
use crate::secret::SecretUrl;

/// "Resume Incomplete": 308, which HTTP libraries treat as a redirect.
const RESUME_INCOMPLETE: u16 = 308;

/// Drive's answer to a chunk or a status query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkResponse {
    /// Drive has the first `held` bytes, and its session may have moved.
    Holds {
        /// Bytes, counted from the beginning of the file.
        held: u64,
        /// A new address for the session, to be used from now on.
        moved: Option<SecretUrl>,
    },
    /// A 308 without `Range`. It means that Drive has nothing, but also occurs in the middle of healthy uploads:
    /// only a second one in a row counts.
    HoldsNothing,
    /// The file is complete. The metadata is there if the answer has it.
    Complete(Option<Box<DriveFile>>),
}

/// Why an upload request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The session is gone (404 or 410 without a reason). The file may be complete all the same.
    #[error("the upload session is gone")]
    SessionGone,
    /// Drive did not understand the request (400): a fault of ours, or a dead session.
    #[error("the upload request was not understood: {0}")]
    BadRequest(String),
    /// The token expired during the session (401). The next request fetches another one.
    #[error("the access token was refused")]
    TokenRefused,
    /// The session is at another origin than Drive's API. Nothing was sent to it.
    #[error("{0}")]
    OtherOrigin(String),
    /// Any other failure.
    #[error(transparent)]
    Google(#[from] GoogleError),
}

impl Drive {
    /// Opens a session for a file of exactly `total` bytes. The last answer contains the `fields` that are
    /// requested here.
    ///
    /// # Errors
    /// `IdInUse` when the file already exists.
    pub async fn open_session(&self, file: &NewFile, total: u64) -> Result<SecretUrl, UploadError> {
        let url = self.url("/upload/drive/v3/files");
        let parameters =
            [("uploadType", "resumable"), ("supportsAllDrives", "true"), ("fields", FILE_FIELDS)];
        let body = file.metadata().to_string();
        let response = self
            .google
            .send(|client| {
                client
                    .post(&url)
                    .query(&parameters)
                    .header(CONTENT_TYPE, "application/json; charset=UTF-8")
                    .header("X-Upload-Content-Type", &file.mime_type)
                    .header("X-Upload-Content-Length", total)
                    .body(body.clone())
            })
            .await?;
        if !response.status().is_success() {
            return Err(self.google.refusal(response, total).await.into());
        }
        self.session_in(response.headers())?.ok_or_else(|| {
            GoogleError::Unreachable { what: "the answer names no upload session".to_owned(), after: None }
                .into()
        })
    }

    /// Asks how many bytes of the file Drive has.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub async fn ask_position(&self, session: &SecretUrl, total: u64) -> Result<ChunkResponse, UploadError> {
        self.check_session(session)?;
        let range = format!("bytes */{total}");
        let response = self
            .google
            .send(|client| {
                client.put(session.expose()).header(CONTENT_LENGTH, 0).header(CONTENT_RANGE, &range)
            })
            .await?;
        self.read_answer(response, total).await
    }

    /// Sends bytes `start..end` of `total`. If no bytes are left, it asks Drive to finish with `bytes */N`; Drive
    /// refuses `bytes N-(N-1)/N`. The caller watches the body's progress and aborts a stalled request.
    ///
    /// # Errors
    /// See [`UploadError`]. After most errors the caller must ask Drive for its position.
    pub async fn send_chunk(
        &self,
        session: &SecretUrl,
        chunk: Chunk,
        total: u64,
    ) -> Result<ChunkResponse, UploadError> {
        self.check_session(session)?;
        let token = self.google.tokens.token().await?;
        let mut request =
            self.uploads.put(session.expose()).bearer_auth(token.expose()).timeout(CHUNK_TIMEOUT);
        request = if chunk.start == chunk.end {
            request.header(CONTENT_RANGE, format!("bytes */{total}")).header(CONTENT_LENGTH, 0)
        } else {
            request
                .header(CONTENT_RANGE, format!("bytes {}-{}/{total}", chunk.start, chunk.end - 1))
                .body(chunk.body)
        };
        let response = request.send().await.map_err(unreachable)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.google.tokens.discard(&token).await;
            return Err(UploadError::TokenRefused);
        }
        self.read_answer(response, total).await
    }

    async fn read_answer(&self, response: Response, total: u64) -> Result<ChunkResponse, UploadError> {
        let status = response.status();
        if status == StatusCode::OK || status == StatusCode::CREATED {
            // If the answer is lost or empty, the caller asks for the file by its id.
            let body = http::read_answer(response).await.unwrap_or_default();
            let file = serde_json::from_slice(&body).ok().and_then(|answer| DriveFile::read(&answer));
            return Ok(ChunkResponse::Complete(file.map(Box::new)));
        }
        if status.as_u16() == RESUME_INCOMPLETE {
            let moved = self.session_in(response.headers())?;
            let range = response.headers().get(RANGE).and_then(|range| range.to_str().ok());
            return match range {
                None => Ok(ChunkResponse::HoldsNothing),
                Some(range) => match held(range) {
                    Some(held) if held <= total => Ok(ChunkResponse::Holds { held, moved }),
                    _ => Err(GoogleError::Unreachable {
                        what: format!("a Range that is not valid: {range}"),
                        after: None,
                    }
                    .into()),
                },
            };
        }
        let fault = ErrorResponse::read(response).await;
        match fault.meaning() {
            Meaning::Gone => Err(UploadError::SessionGone),
            Meaning::NotUnderstood => Err(UploadError::BadRequest(fault.describe())),
            _ => Err(self.google.explain(fault, total).await.into()),
        }
    }
}

/// One chunk to send: bytes `start..end` of the file.
#[derive(Debug)]
pub struct Chunk {
    pub start: u64,
    pub end: u64,
    /// Exactly `end - start` bytes, of known length.
    pub body: Body,
}

/// Limit for one chunk: at 1 GiB this is 300 kB/s. The idle limit is much shorter.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(3600);

/// Parses `bytes=0-N` (or `0-N`, which Drive has sent too) as N+1 bytes. The first number must be 0: the range is
/// that of the file, never that of a chunk.
pub fn held(range: &str) -> Option<u64> {
    let range = range.trim();
    let last = range.strip_prefix("bytes=").unwrap_or(range).strip_prefix("0-")?;
    let all_digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    last.parse::<u64>().ok().filter(|_| all_digits)?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_absolute_and_strict() {
        assert_eq!(held("bytes=0-0"), Some(1));
        assert_eq!(held("bytes=0-262143"), Some(262_144));
        assert_eq!(held("0-9"), Some(10));
        for bad in [
            "",
            "bytes=",
            "bytes=5-9",
            "bytes=0-",
            "bytes=0-+1",
            "bytes=0-9/10",
            "bytes=0-18446744073709551615",
            "9",
        ] {
            assert_eq!(held(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_range_that_drive_sends_is_read(last in 0..u64::MAX) {
            prop_assert_eq!(held(&format!("bytes=0-{last}")), Some(last + 1));
        }

        #[test]
        fn no_range_breaks_it(range in any::<String>()) {
            let _either_is_fine = held(&range);
        }
    }
}

//! Opens a recording file at a byte offset. A token never goes to another host than its own.
//!
//! A source is Zoom or Google. Zoom answers a download URL with a redirect to a short-lived signed link on another host. The code follows
//! redirects itself: every hop must be an allowed host over https, and the token goes only to the host that it was
//! issued for.

pub mod content_check;
pub mod preview;
mod range;
mod whole;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, TRANSFER_ENCODING,
};
use reqwest::{Response, StatusCode, Version};
use url::Url;

use crate::config::HostRule;
use crate::http::download_client::DownloadClient;
use crate::http::{self, retry_after};
use crate::recording::RecordingFile;
use crate::secret::{Secret, SecretUrl};
use content_check::{HEAD_BYTES, NotTheFile};
pub use range::content_range;
use range::placed;

/// Most redirects that are followed. Zoom's downloads had one.
const REDIRECTS_MAX: usize = 5;

/// Downloads from the hosts that the settings allow.
#[derive(Debug)]
pub struct Downloads {
    client: DownloadClient,
    allowed: Vec<HostRule>,
    /// Limit for each answer's head. After that the client's read timeout applies.
    idle_timeout: Duration,
}

/// An open download.
pub struct OpenDownload {
    /// The bytes from `offset` on. Fails when the connection breaks, stalls, or ends before the announced length.
    pub bytes: BoxStream<'static, Result<Bytes, DownloadError>>,
    /// Position of the first byte in the file: the requested offset, or 0 when the host ignores `Range`.
    pub offset: u64,
    /// The whole file's size, when the host announces it.
    pub total: Option<u64>,
    /// Changes when the content does; empty when the host sends none.
    pub validator: String,
    /// All bytes are here already, so that `total` is certain.
    pub is_whole: bool,
}

/// Why a download failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DownloadError {
    /// The token is not valid (401). It may have been revoked.
    #[error("the download was refused: the token is not valid")]
    Unauthorized,
    /// The token does not open this address. Another token may.
    #[error("the download was refused: {0}")]
    Refused(String),
    /// The network failed, or the host answered with a temporary error.
    #[error("the download failed: {what}")]
    Failed {
        what: String,
        /// The value of `Retry-After`, if the host sent one.
        after: Option<Duration>,
    },
    /// The content differs from the part that was transferred before.
    #[error("the file changed at its source: {0}")]
    OtherContent(String),
    /// The content does not have the expected length.
    #[error("the file has {announced} bytes, and not {listed}")]
    OtherSize {
        /// Expected length: from the listing, or from an earlier answer.
        listed: u64,
        /// Length that the download announces.
        announced: u64,
    },
    /// The body ended properly and without an announced length, but not at the expected length.
    #[error("the file did not end at its expected length of {0} bytes")]
    OtherEnd(u64),
    /// The file is empty and must not be.
    #[error("{0}")]
    Empty(String),
    /// The address, or a redirect's target, is not on an allowed host. Nothing was sent there.
    #[error("the download leads to {0}, which ZOOM_DOWNLOAD_HOSTS does not allow")]
    ForeignHost(String),
}

impl From<NotTheFile> for DownloadError {
    fn from(error: NotTheFile) -> Self {
        match error {
            // A login page means that the token was refused.
            NotTheFile::Other(why) => Self::Refused(why),
            NotTheFile::Empty(_) => Self::Empty(error.to_string()),
        }
    }
}

impl DownloadError {
    fn failed(what: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), after: None }
    }
}

impl Downloads {
    /// Allows downloads from these hosts only.
    pub fn new(client: DownloadClient, allowed: Vec<HostRule>, idle_timeout: Duration) -> Self {
        Self { client, allowed, idle_timeout }
    }

    /// Opens a file from `offset` on. `validator` comes from an earlier part of the same content, or is empty. If
    /// the content has changed since, the result is an error.
    ///
    /// # Errors
    /// See [`DownloadError`].
    pub async fn open(
        &self,
        file: &RecordingFile,
        url: &SecretUrl,
        token: Option<&Secret>,
        offset: u64,
        validator: &str,
    ) -> Result<OpenDownload, DownloadError> {
        let range = (offset > 0).then(|| format!("bytes={offset}-"));
        let response = self.follow(url, token, range.as_deref(), validator).await?;
        let headers = response.headers().clone();
        let content_type = header(&headers, CONTENT_TYPE.as_str()).to_owned();
        if !matches!(header(&headers, CONTENT_ENCODING.as_str()), "" | "identity") {
            // The request accepts no compression. Compressed content has another length and other bytes.
            return Err(DownloadError::failed(
                "the file came compressed although the request does not allow it",
            ));
        }
        let (start, total) = placed(&response, offset)?;
        let is_marked = has_end_mark(&response);
        let (head, rest) = read_head(response).await?;
        // This check comes first: a login page has a length and an ETag too.
        if start == 0 {
            let first: Vec<u8> = head.iter().flatten().copied().take(HEAD_BYTES).collect();
            content_check::check(file, &content_type, &first, total)?;
        } else {
            content_check::check_resumed(file, &content_type)?;
        }
        let now_validator = read_validator(&headers);
        if !validator.is_empty() && !now_validator.is_empty() && validator != now_validator {
            return Err(DownloadError::OtherContent("its ETag is another one".to_owned()));
        }
        check_size(file, total)?;
        let bytes = stream::iter(head.into_iter().map(Ok)).chain(rest).boxed();
        let bytes =
            if total.is_some() || is_marked { bytes } else { up_to(bytes, start, file.listed_size()) };
        Ok(OpenDownload { bytes, offset: start, total, validator: now_validator, is_whole: false })
    }

    /// Follows redirects within the allowed hosts. The token goes to the first host only.
    async fn follow(
        &self,
        url: &SecretUrl,
        token: Option<&Secret>,
        range: Option<&str>,
        validator: &str,
    ) -> Result<Response, DownloadError> {
        let mut url = Url::parse(url.expose())
            .map_err(|_| DownloadError::ForeignHost("an address that cannot be used".to_owned()))?;
        let first = url.origin();
        for _hop in 0..=REDIRECTS_MAX {
            self.check_host(&url)?;
            let token = token.filter(|_| url.origin() == first);
            let headers = headers(token, range, validator)
                .ok_or_else(|| DownloadError::failed("the token or the ETag is not valid in a header"))?;
            let response = tokio::time::timeout(self.idle_timeout, self.client.get(&url, headers))
                .await
                .map_err(|_| DownloadError::failed("no answer in time"))?
                .map_err(|error| DownloadError::failed(error.to_string()))?;
            match response.status() {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => return Ok(response),
                status @ (StatusCode::ACCEPTED | StatusCode::NO_CONTENT) => {
                    return Err(DownloadError::Empty(format!(
                        "the file is not there yet (status {})",
                        status.as_u16()
                    )));
                }
                status if status.is_redirection() => url = target(&url, &response)?,
                status => return Err(refusal(status, response.headers())),
            }
        }
        Err(DownloadError::failed(format!("more than {REDIRECTS_MAX} redirects")))
    }

    fn check_host(&self, url: &Url) -> Result<(), DownloadError> {
        let host = url.host_str().unwrap_or_default();
        let is_allowed = self.allowed.iter().any(|rule| rule.allows(host));
        let is_plain = url.username().is_empty() && url.password().is_none();
        if is_allowed && is_plain && crate::config::is_safe_scheme(url) {
            return Ok(());
        }
        Err(DownloadError::ForeignHost(format!("{}://{host}", url.scheme())))
    }
}

/// A request's headers; `None` when a value is not valid in a header.
fn headers(token: Option<&Secret>, range: Option<&str>, validator: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    if let Some(token) = token {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    if let Some(range) = range {
        headers.insert(RANGE, range.parse().ok()?);
        if !validator.is_empty() {
            headers.insert(IF_RANGE, validator.parse().ok()?);
        }
    }
    Some(headers)
}

fn target(from: &Url, response: &Response) -> Result<Url, DownloadError> {
    let location = header(response.headers(), LOCATION.as_str());
    if location.is_empty() {
        return Err(DownloadError::failed(format!("status {} without a target", response.status())));
    }
    from.join(location).map_err(|_| DownloadError::failed("a redirect to an address that cannot be used"))
}

fn refusal(status: StatusCode, headers: &HeaderMap) -> DownloadError {
    match status {
        StatusCode::RANGE_NOT_SATISFIABLE => {
            DownloadError::OtherContent("it is shorter than the part that was transferred before".to_owned())
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => passing(status, headers),
        status if status.is_server_error() => passing(status, headers),
        StatusCode::UNAUTHORIZED => DownloadError::Unauthorized,
        // 403 refuses the token. 404 and 410 refuse the address; a fresh listing has another one.
        status => DownloadError::Refused(format!("status {}", status.as_u16())),
    }
}

fn passing(status: StatusCode, headers: &HeaderMap) -> DownloadError {
    let after = retry_after::read(headers, SystemTime::now());
    DownloadError::Failed { what: format!("status {}", status.as_u16()), after }
}

/// A strong ETag, or else the time of the last change. A weak ETag does not promise equal bytes.
fn read_validator(headers: &HeaderMap) -> String {
    let etag = header(headers, ETAG.as_str());
    if etag.starts_with('"') { etag.to_owned() } else { header(headers, LAST_MODIFIED.as_str()).to_owned() }
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn check_size(file: &RecordingFile, total: Option<u64>) -> Result<(), DownloadError> {
    match (file.exact_size(), total) {
        (Some(listed), Some(total)) if listed != total => {
            Err(DownloadError::OtherSize { listed, announced: total })
        }
        _ => Ok(()),
    }
}

/// True if the end of a body without a length differs from a broken connection (RFC 9112, 8).
fn has_end_mark(response: &Response) -> bool {
    let is_framed = !matches!(response.version(), Version::HTTP_09 | Version::HTTP_10 | Version::HTTP_11);
    let has_length = response.headers().contains_key(CONTENT_LENGTH);
    is_framed
        || has_length
        || header(response.headers(), TRANSFER_ENCODING.as_str()).to_ascii_lowercase().contains("chunked")
}

/// For a body whose end proves nothing: the stream ends properly only at the listed length.
fn up_to(bytes: BodyStream, start: u64, listed: Option<u64>) -> BodyStream {
    let step = move |(bytes, read): (Option<BodyStream>, u64)| async move {
        let mut bytes = bytes?;
        match bytes.next().await {
            Some(Ok(piece)) => {
                let read = read.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                Some((Ok(piece), (Some(bytes), read)))
            }
            Some(Err(error)) => Some((Err(error), (None, read))),
            None if listed == Some(read) => None,
            None => {
                let what =
                    format!("{read} bytes came with neither a length nor an end mark: perhaps not all");
                Some((Err(DownloadError::failed(what)), (None, read)))
            }
        }
    };
    stream::unfold((Some(bytes), start), step).boxed()
}

type BodyStream = BoxStream<'static, Result<Bytes, DownloadError>>;

/// Reads until the content check has enough bytes, or the body ends.
pub(super) async fn read_head(response: Response) -> Result<(Vec<Bytes>, BodyStream), DownloadError> {
    let broken = |error: reqwest::Error| DownloadError::failed(http::describe(&error));
    let mut rest = response.bytes_stream().map(move |piece| piece.map_err(broken)).boxed();
    let mut head: Vec<Bytes> = Vec::new();
    while head.iter().map(Bytes::len).sum::<usize>() < HEAD_BYTES {
        match rest.next().await {
            Some(piece) => head.push(piece?),
            None => break,
        }
    }
    Ok((head, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn content_ranges_are_read_strictly() {
        assert_eq!(content_range("bytes 5-99/100"), Some((5, Some(100))));
        assert_eq!(content_range("bytes 5-99/*"), Some((5, None)));
        for bad in [
            "",
            "bytes 5-99/+100",
            "bytes +5-99/*",
            "bytes 5-+99/*",
            "bytes */100",
            "bytes 5-99",
            "bytes 9-5/100",
            "bytes 5-100/100",
            "bytes -5/9",
            "5-99/100",
        ] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_content_range_breaks_it(text in "bytes ?[-0-9*/ ]{0,40}") {
            if let Some((start, Some(total))) = content_range(&text) {
                prop_assert!(start < total);
            }
        }
    }

    #[test]
    fn only_allowed_hosts_over_safe_schemes() {
        let rules = vec![
            HostRule::Exactly("zoom.us".into()),
            HostRule::Below("zoom.us".into()),
            HostRule::Exactly("127.0.0.1".into()),
        ];
        let patience = Duration::from_secs(1);
        let client = http::download_client(&rules, patience).unwrap();
        let downloads = Downloads::new(client, rules, patience);
        let allowed = |url: &str| downloads.check_host(&Url::parse(url).unwrap()).is_ok();
        assert!(
            allowed("https://us02web.zoom.us/rec/download/x")
                && allowed("https://ZOOM.us/")
                && allowed("http://127.0.0.1:9/")
        );
        for bad in [
            "http://us02web.zoom.us/",
            "https://zoom.us.evil.com/",
            "https://evilzoom.us/",
            "https://user@zoom.us/",
            "https://zoom.us@evil.com/",
            "file:///etc/passwd",
            "https://169.254.169.254/",
            "http://localhost/",
            "ftp://zoom.us/",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}

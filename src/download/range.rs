//! The part of a file that an answer carries.

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE};
use reqwest::{Response, StatusCode};

use super::{DownloadError, header};

/// Position of the body in the file, and the file's length.
pub(super) fn placed(response: &Response, offset: u64) -> Result<(u64, Option<u64>), DownloadError> {
    if response.status() == StatusCode::OK {
        let length = header(response.headers(), CONTENT_LENGTH.as_str()).parse().ok();
        return Ok((0, length));
    }
    match content_range(header(response.headers(), CONTENT_RANGE.as_str())) {
        Some((start, total)) if start == offset => Ok((start, total)),
        _ => Err(DownloadError::failed("Content-Range names a part that was not requested")),
    }
}

/// Parses `Content-Range` (RFC 9110, 14.4): `bytes 5-99/100` or `bytes 5-99/*`. Returns the first offset and the
/// total; `None` for any other text.
pub fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes")?.trim_start().split_once('/')?;
    let (start, end) = range.split_once('-')?;
    // `str::parse` would also accept `+100`.
    let number = |text: &str| {
        let text = text.trim();
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten()
    };
    let (start, end) = (number(start)?, number(end)?);
    let total = match total.trim() {
        "*" => None,
        total => Some(number(total)?),
    };
    (start <= end && total.is_none_or(|total| end < total)).then_some((start, total))
}

//! `Content-Range` of an upload, and `Range` of a download.

/// The part of the upload that a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// `bytes a-b/total`; a total of `*` is not known yet.
    Bytes { first: u64, last: u64, total: Option<u64> },
    /// `bytes */total`: no bytes, only the question how many are held.
    Question { total: Option<u64> },
}

impl Span {
    /// Reads the header strictly. Without it, the body is the whole file.
    pub(super) fn of(header: Option<&str>, length: Option<u64>) -> Option<Self> {
        match (header, length) {
            (Some(text), _) => Self::parse(text),
            (None, Some(0)) => Some(Self::Question { total: Some(0) }),
            (None, Some(length)) => Some(Self::Bytes { first: 0, last: length - 1, total: Some(length) }),
            (None, None) => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let total = if total == "*" { None } else { Some(number(total)?) };
        if range == "*" {
            return Some(Self::Question { total });
        }
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let fits = first <= last && total.is_none_or(|total| last < total);
        fits.then_some(Self::Bytes { first, last, total })
    }
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// First and last byte that a download's `Range` asks for. None when it asks for nothing that exists.
pub(super) fn wanted(header: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let end = size.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", suffix) => (size.saturating_sub(number(suffix)?), end),
        (first, "") => (number(first)?, end),
        (first, last) => (number(first)?, number(last)?.min(end)),
    };
    (first <= last && first < size).then_some((first, last))
}
